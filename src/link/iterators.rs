//! Iterators of Rust: a closure that `map` or `for_each` is given runs once for each element. What it starts runs side by side where all of
//! it is started before anything is waited for.

use super::joins::{fan_out_around, join_of};
use crate::facts::{ExprId, ExprKind, Language, StatementKind};
use crate::resolve::{Evaluator, ExprRef, ScopeRef, Thing};
use crate::text::Span;

/// Longest chain of methods that is looked at.
const MAX_CHAIN: usize = 24;

/// Methods that make an iterator of a collection.
const ITERATES: [&str; 12] =
    ["iter", "iter_mut", "into_iter", "chunks", "drain", "values", "keys", "into_values", "into_keys", "windows", "lines", "split"];

/// Methods that run a closure for each element when the iterator is asked for the next.
const LAZY: [&str; 6] = ["map", "filter_map", "flat_map", "map_while", "inspect", "scan"];

/// Methods that run it for all elements at once.
const EAGER: [&str; 2] = ["for_each", "try_for_each"];

/// Methods that ask an iterator for all it has.
const TAKES_ALL: [&str; 7] = ["collect", "try_collect", "collect_vec", "count", "last", "for_each", "fold"];

/// Collections that run all futures they hold.
const RUNS_ALL: [&str; 3] = ["FuturesUnordered", "FuturesOrdered", "JoinSet"];

/// How an iterator runs a closure.
pub enum Each {
    /// What the closure starts runs side by side, once for each element of this.
    SideBySide(ExprRef),
    /// One element after the other.
    InTurn,
}

/// How the iterator whose method a call is runs the function that it is given; `None` where it is no iterator. `starts` tells whether a call
/// starts a task.
pub fn each(evaluator: &Evaluator<'_>, call: ExprRef, starts: impl Fn(ExprRef) -> bool) -> Option<Each> {
    let facts = evaluator.project.facts(call.file);
    if facts.language != Language::Rust {
        return None;
    }
    let elements = evaluator.receiver(call)?;
    let name = evaluator.method_name(call)?;
    let is_eager = EAGER.contains(&name);
    if !is_eager && !LAZY.contains(&name) || !is_iterator(evaluator, elements) {
        return None;
    }
    let function = evaluator.positional(call, 0).and_then(|given| {
        evaluator.glance(given).into_iter().find_map(|possible| match possible.thing {
            Thing::Function(function, _) | Thing::Method(_, function) => Some(function),
            _ => None,
        })
    })?;
    let taken = is_eager.then_some(call).or_else(|| taken_by(evaluator, call));
    let spawns = evaluator
        .project
        .facts(function.file)
        .expr_ids()
        .map(|expr| ExprRef { file: function.file, expr })
        .any(|at| evaluator.scope_of(at) == function && matches!(evaluator.expr(at).kind, ExprKind::Call { .. }) && starts(at));
    let is_joined = fan_out_around(evaluator, call).is_some() || gives_future(evaluator, function) && joined_later(evaluator, call);
    let side_by_side = is_joined || taken.is_some_and(|taken| spawns || runs_all(evaluator, taken));
    Some(if side_by_side { Each::SideBySide(elements) } else { Each::InTurn })
}

/// Whether an expression is an iterator: made of a collection by one of its methods, or a sequence by itself.
fn is_iterator(evaluator: &Evaluator<'_>, at: ExprRef) -> bool {
    let chain = std::iter::successors(Some(at), |at| evaluator.receiver(*at)).take(MAX_CHAIN);
    let by_method = chain.filter_map(|at| evaluator.method_name(at)).any(|name| ITERATES.contains(&name));
    by_method || evaluator.glance(at).iter().any(|possible| matches!(possible.thing, Thing::Sequence(..)))
}

/// The method further on in a chain that asks for all elements.
fn taken_by(evaluator: &Evaluator<'_>, call: ExprRef) -> Option<ExprRef> {
    let facts = evaluator.project.facts(call.file);
    let next = |at: &ExprId| {
        let attribute = facts.expr(*at).parent?;
        let outer = facts.expr(attribute).parent?;
        matches!(facts.expr(outer).kind, ExprKind::Call { callee, .. } if callee == attribute).then_some(outer)
    };
    let chain = std::iter::successors(next(&call.expr), next).take(MAX_CHAIN).map(|expr| ExprRef { file: call.file, expr });
    let mut chain = chain.filter(|at| evaluator.method_name(*at).is_some_and(|name| TAKES_ALL.contains(&name)));
    chain.next()
}

/// Whether what takes the elements is a collection that runs them all, by what is written behind the method or beside the name that is bound.
fn runs_all(evaluator: &Evaluator<'_>, taken: ExprRef) -> bool {
    let facts = evaluator.project.facts(taken.file);
    let says = |span: Span| {
        let text = evaluator.project.sources.slice(span);
        RUNS_ALL.iter().any(|name| text.contains(name))
    };
    let ExprKind::Call { callee, .. } = facts.expr(taken.expr).kind else { return false };
    let whole = facts.expr(taken.expr).span;
    let annotated = facts.scope(facts.expr(taken.expr).scope).statements.iter().any(|statement| match statement.kind {
        StatementKind::Bind { value, annotation: Some(annotation), .. } if facts.is_part_of(taken.expr, value) => {
            says(facts.expr(annotation).span)
        }
        _ => false,
    });
    annotated || says(Span { start: facts.expr(callee).span.end, ..whole })
}

fn joined_later(evaluator: &Evaluator<'_>, call: ExprRef) -> bool {
    join_of(evaluator, call).is_some_and(|join| join.call.is_some())
}

/// Whether a function gives something that runs only when it is waited for.
fn gives_future(evaluator: &Evaluator<'_>, function: ScopeRef) -> bool {
    let facts = evaluator.project.facts(function.file);
    let scope = evaluator.scope(function);
    let is_future = |value: ExprId| match facts.expr(value).kind {
        ExprKind::Lambda(inner) => facts.scope(inner).is_async,
        ExprKind::Call { .. } => true,
        _ => false,
    };
    scope.is_async || scope.statements.iter().any(|statement| matches!(statement.kind, StatementKind::Return(value) if is_future(value)))
}
