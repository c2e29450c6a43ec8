//! Chains: `a.b(c)?.d[e].await + f`, lowered without recursion along the chain, and the wrappers that are looked through.

use proc_macro2::Span as Mark;
use syn::punctuated::Punctuated;
use syn::{BinOp, Expr, ExprAwait, ExprBinary, ExprCall, ExprField, ExprIndex, ExprMethodCall, Token, UnOp};

use super::edges::{expr_first, expr_last};
use super::expressions::{arithmetic, member, positional};
use super::literals::{duration, last_two};
use super::lower::{Lowerer, plain};
use crate::facts::{Argument, ArgumentKind, ExprId, ExprKind, Operator};

/// One link of a chain; what it hangs on is its left part.
enum Link<'e> {
    Method(&'e ExprMethodCall),
    Presence(&'e ExprMethodCall),
    Call(&'e ExprCall),
    Field(&'e ExprField),
    Index(&'e ExprIndex),
    Await(&'e ExprAwait),
    Binary(&'e ExprBinary),
}

impl Link<'_> {
    fn last(&self) -> Mark {
        match self {
            Self::Method(e) | Self::Presence(e) => e.paren_token.span.close(),
            Self::Call(e) => e.paren_token.span.close(),
            Self::Field(e) => member(&e.member).1,
            Self::Index(e) => e.bracket_token.span.close(),
            Self::Await(e) => e.await_token.span,
            Self::Binary(e) => expr_last(&e.right),
        }
    }
}

/// A link with its first token and, once they are taken in, its expressions.
struct Step<'e> {
    link: Link<'e>,
    /// The first token of a wrapper around the left part.
    wrapper: Option<Mark>,
    id: Option<ExprId>,
    callee: Option<ExprId>,
}

impl Lowerer<'_> {
    /// A chain of any length, or what is no chain.
    pub(super) fn chain(&mut self, expr: &Expr, parent: Option<ExprId>) -> ExprId {
        let (mut steps, base) = unroll(expr);
        let mut firsts = Vec::with_capacity(steps.len());
        let mut first = expr_first(base);
        for step in steps.iter().rev() {
            first = step.wrapper.unwrap_or(first);
            firsts.push(first);
        }
        let mut around = parent;
        for (step, first) in steps.iter_mut().zip(firsts.into_iter().rev()) {
            let span = self.span(first, step.link.last());
            let id = self.open(span, around);
            step.id = Some(id);
            around = Some(id);
            if let Link::Method(call) = &step.link {
                let span = self.span(first, call.method.span());
                step.callee = Some(self.open(span, around));
                around = step.callee;
            }
        }
        let mut value = match base {
            Expr::Call(call) if !is_error(call) => {
                let span = self.span(expr_first(base), expr_last(base));
                self.make(duration(call).map_or(ExprKind::Unknown("a duration"), ExprKind::Duration), span, around)
            }
            other => self.single(other, around),
        };
        while let Some(step) = steps.pop() {
            value = self.link(&step, value);
        }
        value
    }

    fn link(&mut self, step: &Step<'_>, object: ExprId) -> ExprId {
        let Some(id) = step.id else { return object };
        let kind = match &step.link {
            Link::Method(e) => {
                let name_span = self.token(e.method.span());
                let attribute = ExprKind::Attribute { object, name: plain(&e.method).into(), name_span };
                let callee = step.callee.map_or(object, |callee| self.close(callee, attribute));
                ExprKind::Call { callee, arguments: self.arguments(&e.args, id) }
            }
            Link::Presence(e) => {
                let operator = if e.method == "is_some" { "is not" } else { "is" };
                let at = self.span(e.method.span(), e.paren_token.span.close());
                let right = self.make(ExprKind::None, at, Some(id));
                ExprKind::Compare { operator: operator.into(), left: object, right }
            }
            Link::Call(e) => ExprKind::Call { callee: object, arguments: self.arguments(&e.args, id) },
            Link::Field(e) => {
                let (name, mark) = member(&e.member);
                ExprKind::Attribute { object, name, name_span: self.token(mark) }
            }
            Link::Index(e) => ExprKind::Subscript { object, index: self.expression(&e.index, Some(id)) },
            Link::Await(_) => ExprKind::Await(object),
            Link::Binary(e) => {
                let right = self.expression(&e.right, Some(id));
                match comparison(&e.op) {
                    Some(operator) => ExprKind::Compare { operator: operator.into(), left: object, right },
                    None => ExprKind::Operator { operator: arithmetic(&e.op, false).unwrap_or(Operator::Other), left: object, right },
                }
            }
        };
        self.close(id, kind)
    }

    /// Arguments of a call; `name = value`, which macros and attributes have, is one by name.
    pub(super) fn arguments(&mut self, arguments: &Punctuated<Expr, Token![,]>, call: ExprId) -> Vec<Argument> {
        let argument = |argument: &Expr| match argument {
            Expr::Assign(pair) => match named(&pair.left) {
                Some(name) => Argument { kind: ArgumentKind::Keyword(name.into()), value: self.within(&pair.right, call) },
                None => positional(self.within(argument, call)),
            },
            other => positional(self.within(other, call)),
        };
        arguments.iter().map(argument).collect()
    }

    fn within(&mut self, expr: &Expr, parent: ExprId) -> ExprId {
        self.expression(expr, Some(parent))
    }
}

fn named(left: &Expr) -> Option<String> {
    match left {
        Expr::Path(path) => path.path.get_ident().map(plain),
        _ => None,
    }
}

/// The links of an expression from the outermost inward, and what the innermost hangs on.
fn unroll(expr: &Expr) -> (Vec<Step<'_>>, &Expr) {
    let mut steps: Vec<Step<'_>> = Vec::new();
    let mut at = expr;
    loop {
        let (next, link) = match at {
            Expr::Paren(e) => (&*e.expr, None),
            Expr::Group(e) => (&*e.expr, None),
            Expr::Reference(e) => (&*e.expr, None),
            Expr::RawAddr(e) => (&*e.expr, None),
            Expr::Unary(e) if matches!(e.op, UnOp::Deref(_)) => (&*e.expr, None),
            Expr::Cast(e) => (&*e.expr, None),
            Expr::Try(e) => (&*e.expr, None),
            Expr::Call(e) => match looked_through(e) {
                Some(inner) => (inner, None),
                None if is_error(e) || duration(e).is_some() => return (steps, at),
                None => (&*e.func, Some(Link::Call(e))),
            },
            Expr::MethodCall(e) if e.args.is_empty() && (e.method == "is_some" || e.method == "is_none") => {
                (&*e.receiver, Some(Link::Presence(e)))
            }
            Expr::MethodCall(e) => (&*e.receiver, Some(Link::Method(e))),
            Expr::Field(e) => (&*e.base, Some(Link::Field(e))),
            Expr::Index(e) => (&*e.expr, Some(Link::Index(e))),
            Expr::Await(e) => (&*e.base, Some(Link::Await(e))),
            Expr::Binary(e) if arithmetic(&e.op, true).is_none() && !matches!(e.op, BinOp::And(_) | BinOp::Or(_)) => {
                (&*e.left, Some(Link::Binary(e)))
            }
            _ => return (steps, at),
        };
        match (link, steps.last_mut()) {
            (Some(link), _) => steps.push(Step { link, wrapper: None, id: None, callee: None }),
            (None, Some(outer)) if outer.wrapper.is_none() && !matches!(at, Expr::Try(_) | Expr::Cast(_) | Expr::Group(_)) => {
                outer.wrapper = Some(expr_first(at));
            }
            (None, _) => {}
        }
        at = next;
    }
}

/// The argument of a call that passes it on: `Some(x)`, `Ok(x)`, `NonZeroUsize::new(x)`.
fn looked_through(call: &ExprCall) -> Option<&Expr> {
    let (Expr::Path(callee), Some(only), 1) = (&*call.func, call.args.first(), call.args.len()) else { return None };
    let (owner, name) = last_two(&callee.path)?;
    let passes = name == "Some"
        || name == "Ok"
        || (name == "new" || name == "new_unchecked") && owner.is_some_and(|owner| owner.to_string().starts_with("NonZero"));
    passes.then_some(only)
}

/// `Err(…)`.
fn is_error(call: &ExprCall) -> bool {
    matches!(&*call.func, Expr::Path(callee) if callee.path.segments.last().is_some_and(|segment| segment.ident == "Err"))
}

fn comparison(op: &BinOp) -> Option<&'static str> {
    Some(match op {
        BinOp::Eq(_) => "==",
        BinOp::Ne(_) => "!=",
        BinOp::Lt(_) => "<",
        BinOp::Le(_) => "<=",
        BinOp::Gt(_) => ">",
        BinOp::Ge(_) => ">=",
        _ => return None,
    })
}
