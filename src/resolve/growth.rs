//! Lengths that a display does not tell: lists that the program adds to later, and slices.

use super::eval::Evaluator;
use super::index::last_name;
use super::thing::{ExprRef, Frame, Possible, Thing};
use crate::facts::{ExprId, ExprKind, Operator, StatementKind, Target};

/// Most expressions that a slice is looked for in.
const MAX_SLICE: usize = 24;

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
            (Target::Name(name), ExprKind::Name(said)) => name == said && facts.sees(facts.expr(object).scope, scope),
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

    /// Whether an index is a slice.
    pub(super) fn is_slice(&self, index: ExprRef) -> bool {
        matches!(self.expr(index).kind, ExprKind::Unknown("slice"))
    }

    /// The `n` of an upper end that is the lower one and `n` more, or `min` of that and something else.
    pub(super) fn width_between(&self, file: u32, lower: ExprId, upper: ExprId) -> Option<ExprId> {
        let facts = self.project.facts(file);
        let is_lower = |id: ExprId| self.project.sources.slice(facts.expr(id).span) == self.project.sources.slice(facts.expr(lower).span);
        match &facts.expr(upper).kind {
            ExprKind::Operator { operator: Operator::Add, left, right } if is_lower(*left) => Some(*right),
            ExprKind::Operator { operator: Operator::Add, left, right } if is_lower(*right) => Some(*left),
            ExprKind::Call { callee, arguments } if last_name(facts, *callee).is_some_and(|name| &**name == "min") => {
                let sums = arguments.iter().filter(|argument| matches!(facts.expr(argument.value).kind, ExprKind::Operator { .. }));
                sums.into_iter().find_map(|argument| self.width_between(file, lower, argument.value))
            }
            _ => None,
        }
    }

    /// How many elements a slice has at most: `n` of `xs[i : i + n]` and of `xs[:n]`.
    pub(super) fn slice_width(&self, index: ExprRef, frame: &Frame) -> Possible {
        let facts = self.project.facts(index.file);
        let near = (index.expr.0 + 1..facts.expressions.len() as u32).take(MAX_SLICE).map(ExprId);
        let parts: Vec<ExprId> = near.filter(|id| facts.expr(*id).parent == Some(index.expr)).collect();
        let from_start = self.project.sources.slice(self.span(index)).trim_start().starts_with(':');
        let width = match parts.as_slice() {
            [upper] if from_start => Some(*upper),
            [lower, upper, ..] => self.width_between(index.file, *lower, *upper),
            _ => None,
        };
        let all = width.map(|width| self.eval(ExprRef { file: index.file, expr: width }, frame)).unwrap_or_default();
        // Several callers may give several widths: the largest decides.
        let numbers = all.into_iter().filter_map(|width| match width.thing {
            Thing::Number(number) => Some((number, width)),
            _ => None,
        });
        let known = numbers.max_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, width)| width);
        known.unwrap_or_else(|| Possible::unknown("the length of a slice"))
    }
}
