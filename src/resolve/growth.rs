//! Lists that the program adds to after it made them: their display says nothing of their length.

use super::eval::Evaluator;
use super::thing::ExprRef;
use crate::facts::{ExprId, ExprKind, StatementKind, Target};

impl Evaluator<'_> {
    /// Whether something is added later to the list that a display makes.
    pub(super) fn grows(&self, list: ExprRef) -> bool {
        let facts = self.project.facts(list.file);
        let scope = facts.expr(list.expr).scope;
        let bound = facts.scope(scope).statements.iter().find_map(|statement| match &statement.kind {
            StatementKind::Bind { target, value, .. } if *value == list.expr => Some(target),
            _ => None,
        });
        let Some(target) = bound else { return false };
        let is_it = |object: ExprId| match (target, &facts.expr(object).kind) {
            (Target::Name(name), ExprKind::Name(said)) => {
                name == said && std::iter::successors(Some(facts.expr(object).scope), |at| facts.scope(*at).parent).any(|at| at == scope)
            }
            (Target::Attribute { name, .. }, ExprKind::Attribute { name: said, .. }) => name == said,
            _ => false,
        };
        let tables = self.project.tables(list.file);
        let adds = ["append", "extend", "insert", "add", "appendleft"];
        let calls = adds.iter().flat_map(|method| tables.calls.get(*method).into_iter().flatten());
        let added = calls.into_iter().any(|call| match facts.expr(*call).kind {
            ExprKind::Call { callee, .. } => match facts.expr(callee).kind {
                ExprKind::Attribute { object, .. } => is_it(object),
                _ => false,
            },
            _ => false,
        });
        added
            || facts.scope(scope).statements.iter().any(|statement| match &statement.kind {
                StatementKind::Bind { value, .. } => matches!(facts.expr(*value).kind, ExprKind::Augmented { old, .. } if is_it(old)),
                _ => false,
            })
    }
}
