//! Starts that stand behind a count of what is under way: `if len(tasks) >= n: continue` before them, `while len(tasks) < n:` around them.

use super::hops::{Draft, What};
use crate::facts::{ContextId, ContextKind, ExprId, ExprKind, FileFacts, Scope, StatementKind, Target};
use crate::resolve::{Evaluator, ExprRef};

/// The bound of a loop that starts something at `at` only while fewer are kept in the collection that the start goes to.
pub fn counted<'c>(evaluator: &Evaluator<'c>, at: ExprRef) -> Option<Draft<'c>> {
    let facts = evaluator.project.facts(at.file);
    let start = facts.expr(at.expr);
    let scope = facts.scope(start.scope);
    let text = |id: ExprId| evaluator.project.sources.slice(facts.expr(id).span);
    let kept: Vec<&str> = kept_in(facts, at.expr).into_iter().map(text).collect();
    if kept.is_empty() {
        return None;
    }
    conditions(scope, start.context, start.span.start).into_iter().find_map(|(test, holds)| {
        let (counted, bound) = at_most(facts, test, holds)?;
        kept.contains(&text(counted)).then(|| Draft::silent(What::Window(ExprRef { file: at.file, expr: bound }), facts.expr(test).span))
    })
}

/// Tests of the innermost loop around a place whose outcome is known when the program gets there.
fn conditions(scope: &Scope, place: ContextId, start: u32) -> Vec<(ExprId, bool)> {
    let mut found = Vec::new();
    let mut turns = None;
    for (id, context) in scope.context_chain(place) {
        match context.kind {
            ContextKind::Branch { test: Some(test), when } => found.push((test, when)),
            ContextKind::While { test } => found.extend(test.map(|test| (test, true))),
            _ => {}
        }
        if matches!(context.kind, ContextKind::For { .. } | ContextKind::While { .. }) {
            turns = Some(id);
            break;
        }
    }
    let Some(turns) = turns else { return Vec::new() };
    // What is left, or waited out, earlier in the same turn.
    for (number, context) in scope.contexts.iter().enumerate() {
        let id = ContextId(number as u32);
        let passed = context.span.end <= start && context.parent.is_some_and(|around| scope.is_within(place, around));
        if !passed || !scope.is_within(id, turns) {
            continue;
        }
        let mut inside = scope.statements.iter().filter(|statement| scope.is_within(statement.context, id));
        match context.kind {
            ContextKind::Branch { test: Some(test), when } => {
                let leaves =
                    |kind: &StatementKind| matches!(kind, StatementKind::Continue | StatementKind::Break | StatementKind::Return(_));
                if inside.any(|statement| statement.context == id && leaves(&statement.kind)) {
                    found.push((test, !when));
                }
            }
            // One that is left by `break` may end before its test fails.
            ContextKind::While { test: Some(test) } if !inside.any(|statement| matches!(statement.kind, StatementKind::Break)) => {
                found.push((test, false));
            }
            _ => {}
        }
    }
    found
}

/// The collection whose length a test keeps below a bound, with the bound, where the outcome of the test is known.
fn at_most(facts: &FileFacts, test: ExprId, holds: bool) -> Option<(ExprId, ExprId)> {
    match &facts.expr(test).kind {
        ExprKind::Not(inner) => at_most(facts, *inner, !holds),
        ExprKind::And(parts) if holds => parts.iter().find_map(|part| at_most(facts, *part, true)),
        ExprKind::Or(parts) if !holds => parts.iter().find_map(|part| at_most(facts, *part, false)),
        ExprKind::Compare { operator, left, right } => {
            let below = if holds { matches!(&**operator, "<" | "<=") } else { matches!(&**operator, ">=" | ">" | "==") };
            below.then(|| Some((length_of(facts, *left)?, *right))).flatten()
        }
        _ => None,
    }
}

/// What `len(…)` is asked of.
fn length_of(facts: &FileFacts, at: ExprId) -> Option<ExprId> {
    match &facts.expr(at).kind {
        ExprKind::Call { callee, arguments } if matches!(&facts.expr(*callee).kind, ExprKind::Name(name) if &**name == "len") => {
            arguments.first().map(|argument| argument.value)
        }
        _ => None,
    }
}

/// The collections that what is started at `at` goes to: by itself, or by the name that it gets.
fn kept_in(facts: &FileFacts, at: ExprId) -> Vec<ExprId> {
    let mut found = Vec::new();
    let scope = facts.expr(at).scope;
    let mut whole = at;
    while let Some(parent) = facts.expr(whole).parent {
        found.extend(added_to(facts, parent, whole));
        whole = parent;
    }
    for statement in &facts.scope(scope).statements {
        match &statement.kind {
            StatementKind::Bind { target: Target::Subscript { object, .. }, value, .. } if *value == whole => found.push(*object),
            StatementKind::Bind { target: Target::Name(name), value, .. } if *value == whole => {
                let uses = facts.expr_ids().filter(|id| {
                    let used = facts.expr(*id);
                    used.scope == scope && matches!(&used.kind, ExprKind::Name(other) if other == name)
                });
                found.extend(uses.filter_map(|id| added_to(facts, facts.expr(id).parent?, id)));
                found.extend(facts.scope(scope).statements.iter().filter_map(|statement| match &statement.kind {
                    StatementKind::Bind { target: Target::Subscript { object, .. }, value, .. } => {
                        matches!(&facts.expr(*value).kind, ExprKind::Name(other) if other == name).then_some(*object)
                    }
                    _ => None,
                }));
            }
            _ => {}
        }
    }
    found
}

/// The collection that a call puts one of its arguments in: `tasks.add(task)`.
fn added_to(facts: &FileFacts, call: ExprId, argument: ExprId) -> Option<ExprId> {
    let ExprKind::Call { callee, arguments } = &facts.expr(call).kind else { return None };
    let ExprKind::Attribute { object, name, .. } = &facts.expr(*callee).kind else { return None };
    (matches!(&**name, "append" | "add" | "appendleft") && arguments.iter().any(|given| given.value == argument)).then_some(*object)
}
