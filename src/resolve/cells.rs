//! Cells that are filled once and read from anywhere: `CELL.set(value)`, `CELL.get_or_init(|| value)`, `CELL.get()`.

use super::eval::Evaluator;
use super::thing::{ExprRef, Frame, Possibles, Thing};
use crate::catalog::concurrency::Gives;
use crate::facts::ExprKind;

/// Methods that fill a cell where it is empty, with what their function gives.
const FILLS: [&str; 2] = ["get_or_init", "get_or_try_init"];

/// Most calls that fill cells which are looked at.
const MAX_SETS: usize = 24;

impl Evaluator<'_> {
    /// What a method of a cell gives.
    pub(super) fn cell_call(&self, object: ExprRef, name: &str, at: ExprRef, frame: &Frame) -> Option<Possibles> {
        if !self.is_rust(at.file) || !(FILLS.contains(&name) || matches!(name, "get" | "wait" | "get_mut") && self.arguments(at).is_empty())
        {
            return None;
        }
        if FILLS.contains(&name) {
            return self.positional(at, 0).map(|function| self.result_of(function, frame));
        }
        let cell = self.eval(object, frame).into_iter().find_map(|possible| match possible.thing {
            Thing::Made(made) if self.project.catalog.is_cell(&made.symbol) => Some(made),
            _ => None,
        })?;
        let calls = |name: &str| self.project.calls_named(name).iter().take(MAX_SETS);
        let sets = calls("set").map(|call| (call, false));
        let fills = FILLS.iter().flat_map(|name| calls(name)).map(|call| (call, true));
        let mut found = Vec::new();
        for (&(file, expr), is_function) in sets.chain(fills) {
            let call = ExprRef { file, expr };
            if !self.receiver(call).is_some_and(|receiver| self.is_made_at(receiver, &cell)) {
                continue;
            }
            let Some(given) = self.positional(call, 0) else { continue };
            let inner = self.open_frame(self.scope_of(call));
            found.extend(if is_function { self.result_of(given, &inner) } else { self.eval(given, &inner) });
        }
        (!found.is_empty()).then_some(found)
    }

    /// The cell that a closure fills, by the expression that it is: what it makes lives as long as the cell. A static is nobody's.
    pub fn filled_by(&self, closure: ExprRef) -> Option<Option<ExprRef>> {
        let parent = self.expr(closure).parent?;
        let call = ExprRef { file: closure.file, expr: parent };
        if self.positional(call, 0) != Some(closure) {
            return None;
        }
        let ExprKind::Call { callee, .. } = self.expr(call).kind else { return None };
        let callee = ExprRef { file: call.file, expr: callee };
        if let ExprKind::Attribute { name, .. } = &self.expr(callee).kind
            && FILLS.contains(&&**name)
        {
            return Some(self.receiver(call));
        }
        let is_lazy = |symbol: &str| self.project.catalog.function(symbol).is_some_and(|function| function.gives == Gives::Result);
        let made_once = self.glance(callee).iter().any(|possible| matches!(&possible.thing, Thing::Symbol(symbol) if is_lazy(symbol)));
        made_once.then_some(None)
    }
}
