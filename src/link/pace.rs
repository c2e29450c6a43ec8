//! Whether a loop that starts tasks runs free, or waits for some of them before it starts the next.

use super::starts::fan_out_of;
use crate::facts::{ContextId, ExprId, ExprKind, FileFacts};
use crate::resolve::{Evaluator, ExprRef};

/// How a loop goes on after it started a task.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pace {
    /// It starts the next at once.
    Free,
    /// It waits now and then, so that fewer run than it has turns.
    Window,
    /// It waits for each before the next.
    OneByOne,
}

/// The pace of the loop `around` that starts a task at `at`.
pub fn pace(evaluator: &Evaluator<'_>, at: ExprRef, around: ContextId) -> Pace {
    let facts = evaluator.project.facts(at.file);
    let start = facts.expr(at.expr);
    let scope = facts.scope(start.scope);
    if result_is_taken(facts, at.expr) {
        return Pace::OneByOne;
    }
    let mut found = Pace::Free;
    for id in facts.expr_ids() {
        let expr = facts.expr(id);
        let in_loop = expr.scope == start.scope && scope.is_within(expr.context, around);
        if !in_loop || !waits(evaluator, facts, at.file, id, at.expr) {
            continue;
        }
        // In the same block as the start it always waits; in a branch or inner loop only now and then.
        if expr.span.start >= start.span.end && scope.is_within(start.context, expr.context) && waits_for_one(facts, id) {
            return Pace::OneByOne;
        }
        found = Pace::Window;
    }
    found
}

/// `executor.submit(f).result()`: the result is waited for right there.
fn result_is_taken(facts: &FileFacts, started: ExprId) -> bool {
    let attribute = facts.expr(started).parent.map(|parent| (parent, &facts.expr(parent).kind));
    match attribute {
        Some((id, ExprKind::Attribute { name, object, .. })) if *object == started && matches!(&**name, "result" | "join") => {
            facts.expr(id).parent.is_some_and(|call| matches!(facts.expr(call).kind, ExprKind::Call { callee, .. } if callee == id))
        }
        _ => false,
    }
}

/// Whether an expression waits for tasks: `await task`, `future.result()`, `wait(pending)`, `sleep` in a loop of its own.
fn waits(evaluator: &Evaluator<'_>, facts: &FileFacts, file: u32, id: ExprId, started: ExprId) -> bool {
    let around_start = std::iter::successors(Some(started), |at| facts.expr(*at).parent).any(|at| at == id);
    match &facts.expr(id).kind {
        _ if around_start => false,
        ExprKind::Await(inner) => match facts.expr(*inner).kind {
            ExprKind::Name(_) | ExprKind::Subscript { .. } => true,
            ExprKind::Call { .. } => {
                fan_out_of(evaluator, ExprRef { file, expr: *inner }).is_some()
                    || takes_named_task(facts, *inner)
                    || is_inner_loop(facts, id, started)
            }
            _ => false,
        },
        ExprKind::Call { .. } => waits_for_one(facts, id) || fan_out_of(evaluator, ExprRef { file, expr: id }).is_some(),
        _ => false,
    }
}

/// `task.result()`, `thread.join()`, `await task`, `await wait_for(task, 5)`.
fn waits_for_one(facts: &FileFacts, id: ExprId) -> bool {
    match &facts.expr(id).kind {
        ExprKind::Await(inner) => {
            matches!(facts.expr(*inner).kind, ExprKind::Name(_) | ExprKind::Subscript { .. }) || takes_named_task(facts, *inner)
        }
        ExprKind::Call { callee, arguments } => match &facts.expr(*callee).kind {
            ExprKind::Attribute { name, object, .. } => {
                matches!(&**name, "result" | "join") && arguments.len() <= 1 && !matches!(facts.expr(*object).kind, ExprKind::Text(_))
            }
            _ => false,
        },
        _ => false,
    }
}

/// `wait_for(task, 5)`, `shield(task)`: a call whose first argument is a name.
fn takes_named_task(facts: &FileFacts, call: ExprId) -> bool {
    let ExprKind::Call { callee, arguments } = &facts.expr(call).kind else { return false };
    let name = match &facts.expr(*callee).kind {
        ExprKind::Name(name) | ExprKind::Attribute { name, .. } => &**name,
        _ => return false,
    };
    matches!(name, "wait_for" | "shield" | "wait" | "timeout")
        && arguments.first().is_some_and(|first| matches!(facts.expr(first.value).kind, ExprKind::Name(_)))
}

/// Whether an expression stands in a loop of its own inside the loop that starts tasks: `while too_many(): await sleep(0.1)`.
fn is_inner_loop(facts: &FileFacts, id: ExprId, started: ExprId) -> bool {
    let (expr, start) = (facts.expr(id), facts.expr(started));
    let scope = facts.scope(expr.scope);
    scope
        .context_chain(expr.context)
        .take_while(|(at, _)| !scope.is_within(start.context, *at))
        .any(|(_, context)| matches!(context.kind, crate::facts::ContextKind::While { .. }))
}
