//! Tuples with names that a call declares: `Sizes = namedtuple("Sizes", "total per_host", defaults=(100,))`.

use super::eval::Evaluator;
use super::thing::{ExprRef, Frame, Made, Possible, Possibles, ScopeRef, Thing};
use crate::facts::{ExprKind, Name};
use crate::value::Certainty;

/// The calls that declare one.
const DECLARED_BY: [&str; 2] = ["collections.namedtuple", "typing.NamedTuple"];

impl Evaluator<'_> {
    /// Whether calling a library's object makes a tuple with names.
    pub(super) fn is_named_tuple(&self, made: &Made) -> bool {
        DECLARED_BY.contains(&&*made.symbol)
    }

    /// A field of a tuple that a call makes: what the call gives it, else its default; `None` where the callee declares no such field.
    pub(super) fn field_of_tuple(&self, call: ExprRef, frame: &Frame, name: &str) -> Option<Possibles> {
        let ExprKind::Call { callee, .. } = self.expr(call).kind else { return None };
        let callees = self.eval(ExprRef { file: call.file, expr: callee }, frame);
        let declared = callees.into_iter().find_map(|possible| match possible.thing {
            Thing::Made(made) if self.is_named_tuple(&made) => Some(made),
            _ => None,
        })?;
        let position = self.tuple_fields(&declared).iter().position(|field| **field == *name)?;
        self.argument(call, frame, Some(position), name).or_else(|| self.tuple_default(&declared, name))
    }

    /// The tuple that a class derives from (`class Sizes(namedtuple("Sizes", "total per_host"))`).
    pub(super) fn tuple_below(&self, class: ScopeRef) -> Option<Made> {
        self.scope(class).bases.iter().find_map(|base| {
            let base = ExprRef { file: class.file, expr: base.value };
            let declared = matches!(self.expr(base).kind, ExprKind::Call { .. }).then(|| self.eval_open(base))?;
            declared.into_iter().find_map(|possible| match &possible.thing {
                Thing::Made(made) if self.is_named_tuple(made) => {
                    Some(Made { symbol: made.symbol.clone(), site: made.site, frame: made.frame.clone(), class: None, before: None })
                }
                _ => None,
            })
        })
    }

    /// The fields in their order: `"total per_host"`, `["total", "per_host"]` or `[("total", int), ("per_host", int)]`.
    pub(super) fn tuple_fields(&self, declared: &Made) -> Vec<Name> {
        let given = self.positional(declared.site, 1).or_else(|| self.keyword(declared.site, "field_names"));
        let Some(given) = given.map(|given| self.eval(given, &declared.frame)) else { return Vec::new() };
        match given.first().map(|possible| &possible.thing) {
            Some(Thing::Text(names)) => names.split([',', ' ', '\n']).filter(|name| !name.is_empty()).map(Name::from).collect(),
            Some(Thing::Sequence(list, frame)) => self.items(*list).into_iter().filter_map(|item| self.name_in(item, frame)).collect(),
            _ => Vec::new(),
        }
    }

    /// The default of a field: `defaults` belong to the last ones.
    pub(super) fn tuple_default(&self, declared: &Made, name: &str) -> Option<Possibles> {
        let fields = self.tuple_fields(declared);
        let behind = fields.len() - fields.iter().position(|field| **field == *name)?;
        let given = self.eval(self.keyword(declared.site, "defaults")?, &declared.frame).into_iter().next()?;
        let Thing::Sequence(list, frame) = &given.thing else { return None };
        let items = self.items(*list);
        let default = items.len().checked_sub(behind).and_then(|number| items.get(number))?;
        Some(self.eval(*default, frame).into_iter().map(|possible: Possible| possible.at_most(Certainty::Default)).collect())
    }

    fn items(&self, list: ExprRef) -> Vec<ExprRef> {
        match &self.expr(list).kind {
            ExprKind::List(items) => items.iter().map(|item| ExprRef { file: list.file, expr: *item }).collect(),
            _ => Vec::new(),
        }
    }

    /// A text, or the first one of a pair.
    fn name_in(&self, item: ExprRef, frame: &Frame) -> Option<Name> {
        let item = self.items(item).first().copied().unwrap_or(item);
        self.eval(item, frame).into_iter().find_map(|possible| match possible.thing {
            Thing::Text(name) => Some(Name::from(&*name)),
            _ => None,
        })
    }
}
