//! Loops that repeat a request only until it succeeds, and requests of which one run sends only one.

use super::starts::fan_out_of;
use super::turns::names_within;
use crate::catalog::concurrency::Gives;
use crate::facts::{ContextId, ContextKind, ExprId, ExprKind, FileFacts, Scope, StatementKind, Target};
use crate::resolve::{Evaluator, ExprRef};
use crate::text::Span;

/// Whether a loop around an expression ends as soon as the expression went well: a retry, not a series.
pub fn is_retry(evaluator: &Evaluator<'_>, at: ExprRef, inside: ContextId) -> bool {
    let facts = evaluator.project.facts(at.file);
    let scope = facts.scope(facts.expr(at.expr).scope);
    ends_with(facts, at, inside, counts_tries(evaluator, facts, scope, at, inside))
}

/// Whether a loop around an expression is left behind it in any case, so that it runs once at most.
pub fn is_left_after(evaluator: &Evaluator<'_>, at: ExprRef, inside: ContextId) -> bool {
    ends_with(evaluator.project.facts(at.file), at, inside, false)
}

/// Whether an expression may run again in its own scope before it ends, in a loop that does not begin at one of these places: one that
/// looks at what came back may ask many times.
pub fn may_go_again(evaluator: &Evaluator<'_>, at: ExprRef, apart: &[u32]) -> bool {
    let facts = evaluator.project.facts(at.file);
    let expr = facts.expr(at.expr);
    let loops = facts.scope(expr.scope).context_chain(expr.context).filter(|(_, context)| match context.kind {
        ContextKind::For { over, .. } => !facts.is_part_of(at.expr, over),
        ContextKind::While { .. } => true,
        _ => false,
    });
    loops.filter(|(_, context)| !apart.contains(&context.span.start)).any(|(id, _)| !ends_with(facts, at, id, false))
}

/// Whether a loop is left after an expression in it went well, in any case or (`perhaps`) where the program is content with it.
fn ends_with(facts: &FileFacts, at: ExprRef, inside: ContextId, perhaps: bool) -> bool {
    let expr = facts.expr(at.expr);
    let scope = facts.scope(expr.scope);
    scope.statements.iter().any(|statement| {
        let leaves = match statement.kind {
            StatementKind::Return(_) => true,
            StatementKind::Break => innermost_loop(scope, statement.context) == Some(inside),
            _ => false,
        };
        leaves
            && statement.span.end >= expr.span.end
            && scope.is_within(statement.context, inside)
            && !in_handler_of(scope, statement.context, inside, expr.context)
            && (perhaps || is_unconditional(scope, statement.context, expr.context))
    })
}

/// Whether what stands in `at` runs whenever an expression in `before` did: in the same block or one around it, `with` blocks aside.
fn is_unconditional(scope: &Scope, at: ContextId, before: ContextId) -> bool {
    let mut context = at;
    loop {
        if scope.is_within(before, context) {
            return true;
        }
        match (scope.context(context).kind, scope.context(context).parent) {
            (ContextKind::With { .. }, Some(parent)) => context = parent,
            _ => return false,
        }
    }
}

fn innermost_loop(scope: &Scope, at: ContextId) -> Option<ContextId> {
    scope
        .context_chain(at)
        .find(|(_, context)| matches!(context.kind, ContextKind::For { .. } | ContextKind::While { .. }))
        .map(|(id, _)| id)
}

/// Whether something in a loop runs only where something else failed, which an expression of the loop is not the answer to itself.
fn in_handler_of(scope: &Scope, at: ContextId, turns: ContextId, expr: ContextId) -> bool {
    let mut between = scope.context_chain(at).take_while(|(id, _)| *id != turns);
    between.any(|(id, context)| matches!(context.kind, ContextKind::Handler) && !scope.is_within(expr, id))
}

/// `for attempt in range(n)` whose number the expression does not use.
fn counts_tries(evaluator: &Evaluator<'_>, facts: &FileFacts, scope: &Scope, at: ExprRef, inside: ContextId) -> bool {
    let ContextKind::For { over, .. } = scope.context(inside).kind else { return false };
    let ExprKind::Call { callee, .. } = facts.expr(over).kind else { return false };
    let ExprKind::Name(called) = &facts.expr(callee).kind else { return false };
    if evaluator.project.catalog.function(called).is_none_or(|function| function.gives != Gives::Count) {
        return false;
    }
    let numbers = scope.statements.iter().filter(|statement| statement.context == inside).find_map(|statement| match &statement.kind {
        StatementKind::Bind { target: Target::Name(name), value, .. } if is_element(facts, *value, over) => Some(name),
        _ => None,
    });
    numbers.is_none_or(|number| !names_within(facts, facts.expr(at.expr).span).any(|(name, _)| name == number))
}

fn is_element(facts: &FileFacts, value: ExprId, over: ExprId) -> bool {
    matches!(facts.expr(value).kind, ExprKind::Element(inner) if inner == over)
}

/// Whether a loop sleeps or waits for a time in each turn.
pub fn is_periodic(evaluator: &Evaluator<'_>, at: ExprRef, turns: Span) -> bool {
    let facts = evaluator.project.facts(at.file);
    let calls = &evaluator.project.tables(at.file).calls;
    ["sleep", "wait", "tick"].iter().flat_map(|name| calls.get(*name).into_iter().flatten()).any(|id| {
        let call = facts.expr(*id);
        fan_out_of(evaluator, ExprRef { file: at.file, expr: *id }).is_none()
            && call.scope == facts.expr(at.expr).scope
            && call.span.start >= turns.start
            && call.span.end <= turns.end
    })
}

/// Whether one run of a function sends at most one of these requests, which stand in it: they lie on different sides of an `if`, after a
/// return, or in the handler of the other.
pub fn at_most_one(evaluator: &Evaluator<'_>, requests: &[ExprRef]) -> bool {
    requests.iter().enumerate().all(|(number, one)| requests[number + 1..].iter().all(|other| are_alternatives(evaluator, *one, *other)))
}

fn are_alternatives(evaluator: &Evaluator<'_>, one: ExprRef, other: ExprRef) -> bool {
    if evaluator.scope_of(one) != evaluator.scope_of(other) {
        return false;
    }
    let facts = evaluator.project.facts(one.file);
    let (first, second) = if facts.expr(one.expr).span.start <= facts.expr(other.expr).span.start { (one, other) } else { (other, one) };
    let (first, second) = (facts.expr(first.expr), facts.expr(second.expr));
    let scope = facts.scope(first.scope);
    let returned = scope.statements.iter().any(|statement| {
        matches!(statement.kind, StatementKind::Return(_))
            && statement.span.end >= first.span.end
            && statement.span.end <= second.span.start
            && is_unconditional(scope, statement.context, first.context)
    });
    let handles = scope.context_chain(second.context).any(|(id, context)| {
        matches!(context.kind, ContextKind::Handler) && !scope.is_within(first.context, id) && context.span.start >= first.span.end
    });
    returned || handles || scope.excludes(first.context, second.context)
}
