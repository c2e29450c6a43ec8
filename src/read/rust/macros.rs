//! Macro calls: what stands in them is read as the first of these that it parses as: an expression list, statements, the arms of a
//! `select!`, `static ref` items, and else the groups inside, each in the same order. Templates and data are skipped.

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Attribute, Block, Expr, Ident, Macro, Pat, Stmt, Token, Type, Visibility};

use super::edges::{expr_first, expr_last, path_first};
use super::lower::{ERROR, Lowerer, NEVER, plain};
use super::statements::{Outcome, Tail};
use crate::facts::{ContextKind, ExprId, ExprKind, StatementKind, Target};
use crate::text::Span;

/// Deepest nesting of groups that are tried one by one.
const MAX_GROUPS: u32 = 8;

type List = Punctuated<Expr, Token![,]>;

/// What a macro's name says about its contents.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Contents {
    /// Code that is made, or data: not part of what this program does here.
    Template,
    /// A text with holes.
    Text,
    /// A text with holes that is written somewhere, or a check.
    Written,
    /// A text for the end of the program, or of this function with an error.
    Failure,
    /// A text for an error.
    Error,
    /// A list of elements.
    Elements,
    /// The value that it prints.
    Same,
    /// Arms of which the first that is ready runs.
    Select,
    /// Not known.
    Any,
}

fn contents(name: &str) -> Contents {
    match name {
        "json"
        | "quote"
        | "quote_spanned"
        | "parse_quote"
        | "parse_quote_spanned"
        | "macro_rules"
        | "stringify"
        | "concat"
        | "include"
        | "include_str"
        | "include_bytes"
        | "matches"
        | "assert_matches"
        | "debug_assert_matches"
        | "cfg"
        | "line"
        | "file"
        | "column"
        | "module_path"
        | "compile_error"
        | "env"
        | "option_env" => Contents::Template,
        "format" | "format_args" => Contents::Text,
        "print" | "println" | "eprint" | "eprintln" | "write" | "writeln" | "trace" | "debug" | "info" | "warn" | "error" | "log"
        | "event" | "assert" | "assert_eq" | "assert_ne" | "debug_assert" | "debug_assert_eq" | "debug_assert_ne" | "ensure" => {
            Contents::Written
        }
        "panic" | "todo" | "unimplemented" | "unreachable" | "bail" => Contents::Failure,
        "anyhow" | "eyre" => Contents::Error,
        "vec" => Contents::Elements,
        "dbg" | "try" => Contents::Same,
        _ if name.starts_with("select") => Contents::Select,
        _ => Contents::Any,
    }
}

/// One arm of a `select!`.
struct Arm {
    /// What the finished future is bound to, with the future; `None` for `else`, `default`, `complete`.
    waits: Option<(Pat, Expr)>,
    guard: Option<Expr>,
    body: Expr,
}

/// `static ref NAME: T = value;`
struct StaticRef {
    name: Ident,
    ty: Type,
    value: Expr,
}

impl Lowerer<'_> {
    fn macro_span(&self, mac: &Macro) -> Span {
        self.span(path_first(&mac.path), mac.delimiter.span().close())
    }

    /// A macro call among items.
    pub(super) fn macro_statement(&mut self, mac: &Macro) {
        self.macro_effect(mac);
    }

    /// A macro call for its effect.
    pub(super) fn macro_effect(&mut self, mac: &Macro) -> Outcome {
        let value = self.macro_value(mac, None);
        let span = self.macro_span(mac);
        if !matches!(self.kind(value), ExprKind::None | ExprKind::Unknown("a macro")) {
            self.state(StatementKind::Evaluate(value), span);
        }
        if self.is_never(value) { Outcome::Never } else { Outcome::Done }
    }

    /// A macro call at the end of a block.
    pub(super) fn macro_tail(&mut self, mac: &Macro, tail: Tail) -> Outcome {
        match tail {
            Tail::Effect => self.macro_effect(mac),
            Tail::Return => {
                let value = self.macro_value(mac, None);
                let span = self.macro_span(mac);
                if *self.kind(value) == ExprKind::None { Outcome::Done } else { self.result(value, span) }
            }
            Tail::Value(parent) => {
                let value = self.macro_value(mac, parent);
                if self.is_never(value) { Outcome::Never } else { Outcome::Value(value) }
            }
        }
    }

    /// A macro call as a value.
    pub(super) fn macro_value(&mut self, mac: &Macro, parent: Option<ExprId>) -> ExprId {
        let span = self.macro_span(mac);
        let name = mac.path.segments.last().map(|segment| plain(&segment.ident)).unwrap_or_default();
        match contents(&name) {
            Contents::Template => self.make(ExprKind::Unknown("a macro"), span, parent),
            Contents::Text => {
                let id = self.open(span, parent);
                let list = expressions(&mac.tokens).unwrap_or_default();
                let holes = list.iter().skip(1).map(|hole| self.expression(hole_value(hole), Some(id))).collect();
                self.close(id, ExprKind::Format(holes))
            }
            Contents::Written => self.written(mac, ExprKind::None, span, parent),
            Contents::Failure => self.written(mac, ExprKind::Unknown(NEVER), span, parent),
            Contents::Error => self.written(mac, ExprKind::Unknown(ERROR), span, parent),
            Contents::Elements => self.elements(mac, span, parent),
            Contents::Same => match expressions(&mac.tokens).as_ref().and_then(Punctuated::first) {
                Some(first) => self.expression(first, parent),
                None => self.make(ExprKind::None, span, parent),
            },
            Contents::Select => match arms.parse2(mac.tokens.clone()) {
                Ok(arms) => self.select(&arms, span, parent),
                Err(_) => self.unnamed(mac, span, parent),
            },
            Contents::Any => self.unnamed(mac, span, parent),
        }
    }

    /// What is written out: only the holes that do something are kept.
    fn written(&mut self, mac: &Macro, kind: ExprKind, span: Span, parent: Option<ExprId>) -> ExprId {
        for hole in expressions(&mac.tokens).iter().flatten().map(hole_value) {
            if does_something(hole) {
                self.effect(hole);
            }
        }
        self.make(kind, span, parent)
    }

    fn elements(&mut self, mac: &Macro, span: Span, parent: Option<ExprId>) -> ExprId {
        if let Ok((value, count)) = repeated.parse2(mac.tokens.clone()) {
            return self.repeat(&value, &count, span, parent);
        }
        let id = self.open(span, parent);
        let list = expressions(&mac.tokens).unwrap_or_default();
        let parts = list.iter().map(|part| self.expression(part, Some(id))).collect();
        self.close(id, ExprKind::List(parts))
    }

    fn unnamed(&mut self, mac: &Macro, span: Span, parent: Option<ExprId>) -> ExprId {
        if let Some(list) = expressions(&mac.tokens) {
            let id = self.open(span, parent);
            let callee = self.path(None, &mac.path, Some(id));
            let arguments = self.arguments(&list, id);
            return self.close(id, ExprKind::Call { callee, arguments });
        }
        if let Some(statements) = statements(&mac.tokens) {
            let outside = self.place();
            // Items, as in `thread_local!`, are seen by all that stands around them.
            if statements.iter().any(|statement| matches!(statement, Stmt::Local(_))) {
                self.enter_context(ContextKind::Branch { test: None, when: true }, span);
            }
            let outcome = self.statements(&statements, mac.delimiter.span().close(), Tail::Value(parent));
            self.go_back(outside);
            return match outcome {
                Outcome::Done => self.make(ExprKind::Unknown("a macro"), span, parent),
                other => self.value_of(other, span, parent),
            };
        }
        match arms.parse2(mac.tokens.clone()) {
            Ok(arms) => self.select(&arms, span, parent),
            Err(_) => {
                if !self.statics(&mac.tokens) {
                    self.groups(&mac.tokens, 0);
                }
                self.make(ExprKind::Unknown("a macro"), span, parent)
            }
        }
    }

    /// The groups in the tokens of a macro that is not understood as a whole.
    fn groups(&mut self, tokens: &TokenStream, depth: u32) {
        for token in tokens.clone() {
            let TokenTree::Group(group) = token else { continue };
            let inner = group.stream();
            if let Some(list) = expressions(&inner) {
                list.iter().filter(|part| does_something(part)).for_each(|part| {
                    self.effect(part);
                });
            } else if let Some(list) = statements(&inner) {
                self.statements(&list, group.span_close(), Tail::Effect);
            } else if let Ok(list) = arms.parse2(inner.clone()) {
                let span = self.span(group.span_open(), group.span_close());
                self.select(&list, span, None);
            } else if !self.statics(&inner) && depth < MAX_GROUPS {
                self.groups(&inner, depth + 1);
            }
        }
    }

    /// One of the arms runs: each is a branch, its future is waited for, and the value is that of one of the bodies.
    fn select(&mut self, arms: &[Arm], span: Span, parent: Option<ExprId>) -> ExprId {
        let id = self.open(span, parent);
        let mut values = Vec::new();
        for arm in arms {
            let outside = self.place();
            let body_span = self.span(expr_first(&arm.body), expr_last(&arm.body));
            self.enter_context(ContextKind::Branch { test: None, when: true }, body_span);
            if let Some(condition) = &arm.guard {
                let test = self.expression(condition, None);
                self.enter_context(ContextKind::Branch { test: Some(test), when: true }, body_span);
            }
            if let Some((pat, future)) = &arm.waits {
                let at = self.span(expr_first(future), expr_last(future));
                let awaited = self.open(at, None);
                let inner = self.expression(future, Some(awaited));
                self.close(awaited, ExprKind::Await(inner));
                self.state(StatementKind::Evaluate(awaited), at);
                self.bind(pat, awaited, None, at);
            }
            let value = self.expression(&arm.body, Some(id));
            self.go_back(outside);
            if !self.is_never(value) {
                values.push(value);
            }
        }
        let kind = if values.is_empty() && !arms.is_empty() { ExprKind::Unknown(NEVER) } else { ExprKind::Choice(values) };
        self.close(id, kind)
    }

    /// `static ref NAME: T = value;` items, as `lazy_static!` has them.
    fn statics(&mut self, tokens: &TokenStream) -> bool {
        let Ok(items) = static_refs.parse2(tokens.clone()) else { return false };
        for item in &items {
            let annotation = Some(self.type_expression(&item.ty, None));
            let value = self.expression(&item.value, None);
            let span = self.span(item.name.span(), expr_last(&item.value));
            self.state(StatementKind::Bind { target: Target::Name(plain(&item.name).into()), value, annotation }, span);
        }
        !items.is_empty()
    }
}

/// `name = value` among the arguments of a text is `value`.
fn hole_value(hole: &Expr) -> &Expr {
    match hole {
        Expr::Assign(pair) => &pair.right,
        other => other,
    }
}

/// Whether evaluating an expression can matter: a call is in it, or something else than names, fields and literals.
fn does_something(mut expr: &Expr) -> bool {
    loop {
        expr = match expr {
            Expr::Reference(inner) => &inner.expr,
            Expr::Paren(inner) => &inner.expr,
            Expr::Field(inner) => &inner.base,
            Expr::Unary(inner) => &inner.expr,
            Expr::Path(_) | Expr::Lit(_) => return false,
            _ => return true,
        };
    }
}

fn expressions(tokens: &TokenStream) -> Option<List> {
    List::parse_terminated.parse2(tokens.clone()).ok()
}

fn statements(tokens: &TokenStream) -> Option<Vec<Stmt>> {
    Block::parse_within.parse2(tokens.clone()).ok()
}

fn repeated(input: ParseStream<'_>) -> syn::Result<(Expr, Expr)> {
    let value = input.parse()?;
    input.parse::<Token![;]>()?;
    Ok((value, input.parse()?))
}

fn arms(input: ParseStream<'_>) -> syn::Result<Vec<Arm>> {
    if input.peek(Ident) && input.peek2(Token![;]) {
        input.parse::<Ident>()?;
        input.parse::<Token![;]>()?;
    }
    let mut arms = Vec::new();
    while !input.is_empty() {
        let waits = if input.peek(Token![else]) {
            input.parse::<Token![else]>()?;
            None
        } else if input.peek(Ident) && input.peek2(Token![=>]) {
            let word: Ident = input.parse()?;
            if word != "default" && word != "complete" {
                return Err(syn::Error::new(word.span(), "not an arm"));
            }
            None
        } else {
            let pat = Pat::parse_multi_with_leading_vert(input)?;
            input.parse::<Token![=]>()?;
            Some((pat, input.parse()?))
        };
        let mut guard = None;
        if input.peek(Token![,]) && input.peek2(Token![if]) {
            input.parse::<Token![,]>()?;
            input.parse::<Token![if]>()?;
            guard = Some(input.parse()?);
        }
        input.parse::<Token![=>]>()?;
        let body = Expr::parse_with_earlier_boundary_rule(input)?;
        if input.peek(Token![,]) {
            input.parse::<Token![,]>()?;
        }
        arms.push(Arm { waits, guard, body });
    }
    Ok(arms)
}

fn static_refs(input: ParseStream<'_>) -> syn::Result<Vec<StaticRef>> {
    let mut items = Vec::new();
    while !input.is_empty() {
        Attribute::parse_outer(input)?;
        input.parse::<Visibility>()?;
        input.parse::<Token![static]>()?;
        input.parse::<Token![ref]>()?;
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        let ty = input.parse()?;
        input.parse::<Token![=]>()?;
        let value = input.parse()?;
        input.parse::<Token![;]>()?;
        items.push(StaticRef { name, ty, value });
    }
    Ok(items)
}
