//! Expressions that are no chains: literals, displays, operators, closures, struct literals.

use syn::{BinOp, Expr, ExprBinary, ExprCall, ExprClosure, ExprRange, ExprStruct, Member, Pat, RangeLimits, UnOp};

use super::edges::{expr_first, expr_last, member_span};
use super::literals::{last_two, literal};
use super::lower::{Lowerer, NEVER, TOO_DEEP, plain};
use super::statements::Tail;
use crate::facts::{Argument, ArgumentKind, ExprId, ExprKind, Name, Operator, ScopeKind};

/// An argument by position.
pub(super) fn positional(value: ExprId) -> Argument {
    Argument { kind: ArgumentKind::Positional, value }
}

impl Lowerer<'_> {
    /// An expression of the open scope.
    pub(super) fn expression(&mut self, expr: &Expr, parent: Option<ExprId>) -> ExprId {
        if !self.enter(expr_first(expr)) {
            let span = self.span(expr_first(expr), expr_last(expr));
            return self.make(ExprKind::Unknown(TOO_DEEP), span, parent);
        }
        let id = self.chain(expr, parent);
        self.leave();
        id
    }

    /// An expression that is neither a chain nor a wrapper around another.
    pub(super) fn single(&mut self, expr: &Expr, parent: Option<ExprId>) -> ExprId {
        let span = self.span(expr_first(expr), expr_last(expr));
        match expr {
            Expr::Lit(e) => self.make(literal(&e.lit), span, parent),
            Expr::Path(e) if e.qself.is_none() && e.path.is_ident("None") => self.make(ExprKind::None, span, parent),
            Expr::Path(e)
                if last_two(&e.path).is_some_and(|(owner, name)| name == "ZERO" && owner.is_some_and(|owner| owner == "Duration")) =>
            {
                self.make(ExprKind::Duration(0.0), span, parent)
            }
            Expr::Path(e) => self.path(e.qself.as_ref(), &e.path, parent),
            Expr::Tuple(e) if e.elems.is_empty() => self.make(ExprKind::None, span, parent),
            Expr::Tuple(e) => {
                let id = self.open(span, parent);
                let parts = e.elems.iter().map(|part| self.expression(part, Some(id))).collect();
                self.close(id, ExprKind::List(parts))
            }
            Expr::Array(e) => {
                let id = self.open(span, parent);
                let parts = e.elems.iter().map(|part| self.expression(part, Some(id))).collect();
                self.close(id, ExprKind::List(parts))
            }
            Expr::Repeat(e) => self.repeat(&e.expr, &e.len, span, parent),
            Expr::Range(e) => self.range(e, span, parent),
            Expr::Struct(e) => self.record(e, span, parent),
            Expr::Call(e) => self.error(e, span, parent),
            Expr::Unary(e) => {
                let id = self.open(span, parent);
                let inner = self.expression(&e.expr, Some(id));
                let kind = if matches!(e.op, UnOp::Neg(_)) { ExprKind::Negative(inner) } else { ExprKind::Not(inner) };
                self.close(id, kind)
            }
            Expr::Binary(e) if arithmetic(&e.op, true).is_some() => {
                self.augmented(e);
                self.make(ExprKind::None, span, parent)
            }
            Expr::Binary(e) => self.logical(e, span, parent),
            Expr::Closure(e) => self.closure(e, span, parent),
            Expr::Async(e) => {
                let id = self.open(span, parent);
                let start = self.token(e.async_token.span);
                let scope = self.add_scope(ScopeKind::Lambda, "", span, start);
                if let Some(lambda) = self.scope_mut(scope) {
                    lambda.is_async = true;
                }
                let outside = self.place();
                self.enter_scope(scope);
                self.body(&e.block);
                self.go_back(outside);
                self.close(id, ExprKind::Lambda(scope))
            }
            Expr::Block(e) => self.block_value(&e.block, parent),
            Expr::Unsafe(e) => self.block_value(&e.block, parent),
            Expr::Const(e) => self.block_value(&e.block, parent),
            Expr::TryBlock(e) => self.block_value(&e.block, parent),
            Expr::If(e) => self.if_value(e, expr, parent),
            Expr::Match(e) => self.match_value(e, parent),
            Expr::Macro(e) => self.macro_value(&e.mac, parent),
            Expr::Let(e) => {
                let value = self.expression(&e.expr, None);
                self.pattern_test(&e.pat, value, span, parent)
            }
            Expr::Loop(e) => {
                let id = self.open(span, parent);
                let values = self.endless_loop(e);
                let kind = if values.is_empty() { ExprKind::Unknown("the value of a loop") } else { ExprKind::Choice(values) };
                self.close(id, kind)
            }
            Expr::While(_) | Expr::ForLoop(_) => {
                self.effect(expr);
                self.make(ExprKind::Unknown("the value of a loop"), span, parent)
            }
            Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => {
                self.effect(expr);
                self.make(ExprKind::Unknown(NEVER), span, parent)
            }
            Expr::Assign(_) | Expr::Yield(_) => {
                self.effect(expr);
                self.make(ExprKind::None, span, parent)
            }
            _ => self.make(ExprKind::Unknown("syntax that is not followed"), span, parent),
        }
    }

    fn block_value(&mut self, block: &syn::Block, parent: Option<ExprId>) -> ExprId {
        let span = self.span(block.brace_token.span.open(), block.brace_token.span.close());
        let outcome = self.block(block, Tail::Value(parent));
        self.value_of(outcome, span, parent)
    }

    /// `[value; n]` and `vec![value; n]`: a call of `vec`, so that the number can be counted.
    pub(super) fn repeat(&mut self, value: &Expr, count: &Expr, span: crate::text::Span, parent: Option<ExprId>) -> ExprId {
        let id = self.open(span, parent);
        let head = crate::text::Span { end: span.start, ..span };
        let callee = self.make(ExprKind::Name("vec".into()), head, Some(id));
        let arguments = [value, count].map(|part| positional(self.expression(part, Some(id)))).into();
        self.close(id, ExprKind::Call { callee, arguments })
    }

    /// `a..b` as `range(a, b)`, `a..=b` as `range(a, b + 1)`; a range without an end is not followed.
    fn range(&mut self, e: &ExprRange, span: crate::text::Span, parent: Option<ExprId>) -> ExprId {
        let id = self.open(span, parent);
        let limits = match &e.limits {
            RangeLimits::HalfOpen(token) => self.span(token.spans[0], token.spans[1]),
            RangeLimits::Closed(token) => self.span(token.spans[0], token.spans[2]),
        };
        let callee = self.make(ExprKind::Name("range".into()), limits, Some(id));
        let mut arguments: Vec<Argument> = Vec::new();
        if let Some(start) = &e.start {
            arguments.push(positional(self.expression(start, Some(id))));
        }
        let Some(end) = &e.end else { return self.close(id, ExprKind::Unknown("a range without an end")) };
        if matches!(e.limits, RangeLimits::HalfOpen(_)) {
            arguments.push(positional(self.expression(end, Some(id))));
        } else {
            let end_span = self.span(expr_first(end), expr_last(end));
            let sum = self.open(crate::text::Span { start: limits.start, ..end_span }, Some(id));
            let left = self.expression(end, Some(sum));
            let right = self.make(ExprKind::Int(1), limits, Some(sum));
            arguments.push(positional(self.close(sum, ExprKind::Operator { operator: Operator::Add, left, right })));
        }
        self.close(id, ExprKind::Call { callee, arguments })
    }

    fn record(&mut self, e: &ExprStruct, span: crate::text::Span, parent: Option<ExprId>) -> ExprId {
        let id = self.open(span, parent);
        let path = self.path(e.qself.as_ref(), &e.path, Some(id));
        let mut fields = Vec::with_capacity(e.fields.len());
        for field in &e.fields {
            let value = self.expression(&field.expr, Some(id));
            fields.push((member_name(&field.member), value));
        }
        let rest = e.rest.as_ref().map(|rest| self.expression(rest, Some(id)));
        self.close(id, ExprKind::Record { path, fields, rest })
    }

    /// `Err(why)`: no value; what it says is evaluated.
    fn error(&mut self, e: &ExprCall, span: crate::text::Span, parent: Option<ExprId>) -> ExprId {
        for argument in &e.args {
            if !matches!(argument, Expr::Path(_) | Expr::Lit(_)) {
                self.effect(argument);
            }
        }
        self.make(ExprKind::Unknown(super::lower::ERROR), span, parent)
    }

    /// `a || b || c`, `a && b && c`.
    fn logical(&mut self, e: &ExprBinary, span: crate::text::Span, parent: Option<ExprId>) -> ExprId {
        let id = self.open(span, parent);
        let is_or = matches!(e.op, BinOp::Or(_));
        let mut parts = vec![&*e.right];
        let mut at = &*e.left;
        while let Expr::Binary(pair) = at
            && matches!((&pair.op, is_or), (BinOp::Or(_), true) | (BinOp::And(_), false))
        {
            parts.push(&pair.right);
            at = &pair.left;
        }
        parts.push(at);
        let parts = parts.into_iter().rev().map(|part| self.expression(part, Some(id))).collect();
        self.close(id, if is_or { ExprKind::Or(parts) } else { ExprKind::And(parts) })
    }

    fn closure(&mut self, e: &ExprClosure, span: crate::text::Span, parent: Option<ExprId>) -> ExprId {
        let id = self.open(span, parent);
        let mut patterns = Vec::new();
        let mut parameters = Vec::new();
        for input in &e.inputs {
            let (pat, annotation) = match input {
                Pat::Type(typed) => (&*typed.pat, Some(self.type_expression(&typed.ty, None))),
                other => (other, None),
            };
            parameters.push(self.parameter(pat, annotation, &mut patterns));
        }
        let start = self.token(e.inputs_begin.spans[0]);
        let scope = self.add_scope(ScopeKind::Lambda, "", span, start);
        if let Some(lambda) = self.scope_mut(scope) {
            lambda.parameters = parameters;
            lambda.is_async = e.asyncness.is_some();
        }
        let outside = self.place();
        self.enter_scope(scope);
        self.take_apart(&patterns);
        self.tail(&e.body, Tail::Return);
        self.go_back(outside);
        self.close(id, ExprKind::Lambda(scope))
    }
}

/// The name of a field: a word or a number.
fn member_name(member: &Member) -> Name {
    match member {
        Member::Named(name) => plain(name).into(),
        Member::Unnamed(index) => index.index.to_string().into(),
    }
}

/// The name of a field with its place.
pub(super) fn member(member: &Member) -> (Name, proc_macro2::Span) {
    (member_name(member), member_span(member))
}

/// The arithmetic operator behind a token: of those that assign, or of those that do not. Integer division is what `/` most often is in Rust.
pub(super) fn arithmetic(op: &BinOp, assigns: bool) -> Option<Operator> {
    let (operator, assigning) = match op {
        BinOp::Add(_) => (Operator::Add, false),
        BinOp::Sub(_) => (Operator::Subtract, false),
        BinOp::Mul(_) => (Operator::Multiply, false),
        BinOp::Div(_) => (Operator::FloorDivide, false),
        BinOp::Rem(_) => (Operator::Remainder, false),
        BinOp::BitXor(_) | BinOp::BitAnd(_) | BinOp::BitOr(_) | BinOp::Shl(_) | BinOp::Shr(_) => (Operator::Other, false),
        BinOp::AddAssign(_) => (Operator::Add, true),
        BinOp::SubAssign(_) => (Operator::Subtract, true),
        BinOp::MulAssign(_) => (Operator::Multiply, true),
        BinOp::DivAssign(_) => (Operator::FloorDivide, true),
        BinOp::RemAssign(_) => (Operator::Remainder, true),
        BinOp::BitXorAssign(_) | BinOp::BitAndAssign(_) | BinOp::BitOrAssign(_) => (Operator::Other, true),
        BinOp::ShlAssign(_) | BinOp::ShrAssign(_) => (Operator::Other, true),
        _ => return None,
    };
    (assigning == assigns).then_some(operator)
}
