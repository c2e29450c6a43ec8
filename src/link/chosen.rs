//! Starts that a loop makes for some of its elements only: a branch inside it, which tests the element, chooses.

use crate::facts::{ContextId, ContextKind, ExprId, ExprKind, FileFacts, Scope, ScopeId, StatementKind, Target};
use crate::resolve::{Evaluator, ExprRef};

/// What chooses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
    /// A condition, which most elements may well meet.
    Condition,
    /// An arm of a `match`, or the handler of what failed: the elements are of several kinds, and one of them starts something.
    Arm,
}

/// What chooses the elements of the loop `around` for which something is started at `at`; `None` where each turn starts it.
pub fn chosen(evaluator: &Evaluator<'_>, at: ExprRef, around: ContextId) -> Option<Choice> {
    let facts = evaluator.project.facts(at.file);
    let (scope_id, context) = (facts.expr(at.expr).scope, facts.expr(at.expr).context);
    let scope = facts.scope(scope_id);
    let inside = || scope.context_chain(context).take_while(|(id, _)| *id != around);
    let failed = inside().any(|(_, context)| matches!(context.kind, ContextKind::Handler));
    let tests = inside().filter_map(|(_, context)| match context.kind {
        ContextKind::Branch { test: Some(test), .. } => Some(test),
        _ => None,
    });
    let tests: Vec<ExprId> = tests.filter(|test| asks_about_turn(facts, scope_id, scope, around, *test)).collect();
    let is_arm = |test: &ExprId| matches!(&facts.expr(*test).kind, ExprKind::Compare { operator, .. } if &**operator == "matches");
    match failed || tests.iter().any(is_arm) {
        true => Some(Choice::Arm),
        false if tests.is_empty() => None,
        false => Some(Choice::Condition),
    }
}

/// Whether a name in a test is bound in the loop, so that each turn may answer differently.
fn asks_about_turn(facts: &FileFacts, scope_id: ScopeId, scope: &Scope, around: ContextId, test: ExprId) -> bool {
    let bound: Vec<&str> = scope
        .statements
        .iter()
        .filter(|statement| scope.is_within(statement.context, around))
        .filter_map(|statement| match &statement.kind {
            StatementKind::Bind { target: Target::Name(name), .. } => Some(&**name),
            _ => None,
        })
        .collect();
    // What a pattern is matched with is no part of the test in the facts.
    let subject = match &facts.expr(test).kind {
        ExprKind::Compare { left, .. } => Some(*left),
        _ => None,
    };
    facts.expr_ids().any(|id| {
        let expr = facts.expr(id);
        expr.scope == scope_id
            && matches!(&expr.kind, ExprKind::Name(name) if bound.contains(&&**name))
            && (facts.is_part_of(id, test) || subject.is_some_and(|subject| facts.is_part_of(id, subject)))
    })
}
