//! Streams and iterators of Rust: a closure in a chain of methods runs once for each element, as many at a time as a method of the chain says.

use super::hops::{Draft, What};
use crate::catalog::concurrency::{FanOut, Takes};
use crate::facts::ExprKind;
use crate::resolve::{Evaluator, ExprRef, ScopeRef};

/// Longest chain of methods that is looked at.
const MAX_CHAIN: usize = 24;

/// What a chain of methods does to a closure that one of its calls is given.
pub struct Stream<'c> {
    /// The limit and the number of elements, innermost first.
    pub drafts: Vec<(Draft<'c>, ScopeRef)>,
    /// The call that runs the closure.
    pub runs: ExprRef,
}

/// The stream that a call which is given a closure belongs to; `None` where nothing in its chain runs elements side by side.
pub fn stream<'c>(evaluator: &Evaluator<'c>, call: ExprRef) -> Option<Stream<'c>> {
    let (fan_out, runs) = own(evaluator, call).or_else(|| behind(evaluator, call)).or_else(|| before(evaluator, call))?;
    let scope = evaluator.scope_of(call);
    let at = evaluator.method_span(runs);
    let mut drafts = Vec::new();
    if fan_out.limit.is_some() {
        drafts.push((Draft::silent(What::Bound(runs, fan_out), at), scope));
    }
    if let Some(elements) = evaluator.receiver(call) {
        drafts.push((Draft::silent(What::Elements(elements), at), scope));
    }
    Some(Stream { drafts, runs })
}

/// The call itself runs it (`for_each_concurrent(n, f)`).
fn own<'c>(evaluator: &Evaluator<'c>, call: ExprRef) -> Option<(&'c FanOut, ExprRef)> {
    let fan_out = method(evaluator, call)?;
    fan_out.function.is_some().then_some((fan_out, call))
}

/// A method behind it does (`.map(f).buffer_unordered(n)`).
fn behind<'c>(evaluator: &Evaluator<'c>, call: ExprRef) -> Option<(&'c FanOut, ExprRef)> {
    let facts = evaluator.project.facts(call.file);
    let mut at = call.expr;
    for _ in 0..MAX_CHAIN {
        let attribute = facts.expr(at).parent?;
        let ExprKind::Attribute { object, .. } = facts.expr(attribute).kind else { return None };
        let outer = facts.expr(attribute).parent?;
        let ExprKind::Call { callee, .. } = facts.expr(outer).kind else { return None };
        if object != at || callee != attribute {
            return None;
        }
        at = outer;
        let outer = ExprRef { file: call.file, expr: outer };
        if let Some(fan_out) = method(evaluator, outer).filter(|fan_out| fan_out.function.is_none()) {
            return Some((fan_out, outer));
        }
    }
    None
}

/// A method before it does (`.par_iter().map(f)`).
fn before<'c>(evaluator: &Evaluator<'c>, call: ExprRef) -> Option<(&'c FanOut, ExprRef)> {
    let mut at = call;
    for _ in 0..MAX_CHAIN {
        at = evaluator.receiver(at)?;
        let ExprKind::Call { .. } = evaluator.expr(at).kind else { return None };
        // A limit that is an argument belongs to a stream, and what comes behind it is given results, not elements.
        if let Some(fan_out) = method(evaluator, at) {
            return fan_out.limit_position.is_none().then_some((fan_out, at));
        }
    }
    None
}

/// The fan-out that the method of a call is.
fn method<'c>(evaluator: &Evaluator<'c>, call: ExprRef) -> Option<&'c FanOut> {
    let ExprKind::Call { callee, .. } = evaluator.expr(call).kind else { return None };
    let ExprKind::Attribute { name, .. } = &evaluator.project.facts(call.file).expr(callee).kind else { return None };
    evaluator.project.catalog.fan_out_method(name).filter(|fan_out| fan_out.takes == Takes::Receiver)
}
