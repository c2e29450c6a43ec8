//! Attributes as calls: `#[tokio::main(worker_threads = 4)]`, `#[arg(long, default_value_t = 500)]`; derives as bases.

use proc_macro2::TokenStream;
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Ident, Meta, Path, Token};

use super::edges::{expr_last, path_first, path_last};
use super::expressions::positional;
use super::lower::{Lowerer, plain};
use crate::facts::{Argument, ArgumentKind, ExprId, ExprKind, StatementKind};
use crate::text::Span;

/// Attributes of the language that say nothing about what a program does.
const SILENT: [&str; 14] = [
    "allow",
    "cold",
    "deny",
    "derive",
    "doc",
    "expect",
    "forbid",
    "inline",
    "macro_use",
    "must_use",
    "non_exhaustive",
    "path",
    "repr",
    "warn",
];

/// Keys by which an attribute declares a setting from outside.
const DECLARES: [&str; 6] = ["default", "default_value", "default_value_t", "env", "long", "short"];

/// One part of an attribute's list.
enum Part {
    Keyword(Ident, Expr),
    Value(Expr),
}

impl Lowerer<'_> {
    /// The attributes of an item that may matter, as expressions of the open scope.
    pub(super) fn decorators(&mut self, attributes: &[Attribute]) -> Vec<ExprId> {
        attributes.iter().filter_map(|attribute| self.attribute(attribute)).collect()
    }

    fn attribute(&mut self, attribute: &Attribute) -> Option<ExprId> {
        let path = attribute.path();
        if path.get_ident().is_some_and(|name| SILENT.iter().any(|silent| name == silent)) {
            return None;
        }
        match &attribute.meta {
            Meta::Path(path) => Some(self.path(None, path, None)),
            Meta::NameValue(pair) => {
                let span = self.span(path_first(&pair.path), expr_last(&pair.value));
                let id = self.open(span, None);
                let callee = self.path(None, &pair.path, Some(id));
                let value = self.expression(&pair.value, Some(id));
                Some(self.close(id, ExprKind::Call { callee, arguments: vec![positional(value)] }))
            }
            Meta::List(list) => {
                let span = self.span(path_first(&list.path), list.delimiter.span().close());
                let id = self.open(span, None);
                let callee = self.path(None, &list.path, Some(id));
                let parts = parts.parse2(list.tokens.clone()).unwrap_or_default();
                let arguments = parts.iter().map(|part| self.part(part, id)).collect();
                Some(self.close(id, ExprKind::Call { callee, arguments }))
            }
        }
    }

    fn part(&mut self, part: &Part, parent: ExprId) -> Argument {
        match part {
            Part::Keyword(name, value) => {
                Argument { kind: ArgumentKind::Keyword(plain(name).into()), value: self.expression(value, Some(parent)) }
            }
            Part::Value(value) => positional(self.expression(value, Some(parent))),
        }
    }

    /// The value of a field: the attribute that declares most about it, else that nothing is said. Further attributes are evaluated beside it.
    pub(super) fn field_value(&mut self, attributes: &[Attribute], span: Span) -> ExprId {
        let calls: Vec<ExprId> = self.decorators(attributes);
        let mut best: Option<(usize, ExprId)> = None;
        for call in &calls {
            let ExprKind::Call { callee, arguments } = self.kind(*call) else { continue };
            if matches!(self.kind(*callee), ExprKind::Name(name) if matches!(&**name, "cfg" | "cfg_attr")) {
                continue;
            }
            let said = arguments.iter().filter(|argument| self.declares(argument)).count();
            if best.is_none_or(|(most, _)| said > most) {
                best = Some((said, *call));
            }
        }
        let value = best.map(|(_, call)| call);
        for call in calls.into_iter().filter(|call| Some(*call) != value) {
            let span = self.facts.expr(call).span;
            self.state(StatementKind::Evaluate(call), span);
        }
        value.unwrap_or_else(|| self.make(ExprKind::Unknown("declared without a value"), span, None))
    }

    fn declares(&self, argument: &Argument) -> bool {
        let name = match (&argument.kind, self.kind(argument.value)) {
            (ArgumentKind::Keyword(name), _) | (ArgumentKind::Positional, ExprKind::Name(name)) => name,
            _ => return false,
        };
        DECLARES.contains(&&**name)
    }

    /// The traits that a type derives.
    pub(super) fn derives(&mut self, attributes: &[Attribute]) -> Vec<Argument> {
        let mut bases = Vec::new();
        for attribute in attributes {
            let Meta::List(list) = &attribute.meta else { continue };
            if !list.path.is_ident("derive") {
                continue;
            }
            let paths = Punctuated::<Path, Token![,]>::parse_terminated.parse2(list.tokens.clone()).unwrap_or_default();
            bases.extend(paths.iter().map(|path| positional(self.path(None, path, None))));
        }
        bases
    }

    /// Adds `name = path` to the bases of a class: how a Rust type came by its methods.
    pub(super) fn named_base(&mut self, class: crate::facts::ScopeId, name: &str, path: &Path) {
        let span = self.span(path_first(path), path_last(path));
        let value = self.path(None, path, None);
        if self.facts.expr(value).span.start > span.start {
            return;
        }
        if let Some(scope) = self.scope_mut(class) {
            scope.bases.push(Argument { kind: ArgumentKind::Keyword(name.into()), value });
        }
    }
}

/// The file that `#[path = "…"]` names.
pub(super) fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(lit) => match &lit.lit {
                syn::Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    })
}

/// The parts of a list up to the first that is not understood.
fn parts(input: ParseStream<'_>) -> syn::Result<Vec<Part>> {
    let mut parts = Vec::new();
    while !input.is_empty() {
        let Ok(part) = part(input) else { break };
        parts.push(part);
        if !input.is_empty() && input.parse::<Token![,]>().is_err() {
            break;
        }
    }
    input.parse::<TokenStream>()?;
    Ok(parts)
}

fn part(input: ParseStream<'_>) -> syn::Result<Part> {
    let has_key = input.peek(Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==]) && !input.peek2(Token![=>]);
    if has_key {
        let name = Ident::parse_any(input)?;
        input.parse::<Token![=]>()?;
        return Ok(Part::Keyword(name, input.parse()?));
    }
    Ok(Part::Value(input.parse()?))
}
