//! Attributes that `setattr` sets: by a text, or in a loop over the keys of a mapping.

use super::eval::Evaluator;
use super::thing::{ExprRef, Frame, Possibles, ScopeRef, Thing};
use crate::facts::{ContextKind, ExprId, ExprKind, Name, StatementKind, Target};
use crate::value::Certainty;

/// Most calls of `setattr` in one class that are looked at.
const MAX_CALLS: usize = 24;

/// A loop over the keys of a mapping.
struct KeyLoop {
    /// What is iterated: the mapping, or a call of its `items` or `keys`.
    over: ExprRef,
    /// The name of the value, where the loop gives it one.
    value: Option<Name>,
}

impl Evaluator<'_> {
    /// What `setattr(self, …)` in the methods of these classes gives an attribute; and whether it does so whenever an object is made.
    pub(super) fn set_by_name(&self, classes: &[ScopeRef], name: &str, of: &Thing, frame: &Frame) -> (Possibles, bool) {
        let (mut found, mut replaces) = (Vec::new(), false);
        for class in classes {
            let calls = self.project.tables(class.file).calls.get("setattr").into_iter().flatten();
            for call in calls.take(MAX_CALLS).map(|call| ExprRef { file: class.file, expr: *call }) {
                let Some(method) = self.method_around(class.file, self.expr(call).scope, *class) else { continue };
                let arguments = (self.positional(call, 0), self.positional(call, 1), self.positional(call, 2));
                let (Some(receiver), Some(key), Some(value)) = arguments else { continue };
                if !self.is_receiver(receiver, method) {
                    continue;
                }
                let site = self.construction(of, method);
                let is_made_here = site.is_some();
                let inner = self.method_frame(method, of.clone(), site, frame);
                let given = match &self.expr(key).kind {
                    ExprKind::Text(text) => (**text == *name).then(|| self.eval(value, &inner)),
                    _ => self.set_in_loop(call, key, value, name, &inner),
                };
                let Some(given) = given else { continue };
                replaces |= is_made_here && self.always_runs(call);
                let said = self.snippet(self.span(call));
                found.extend(given.into_iter().map(|possible| possible.after(self.span(call), said.clone())));
            }
        }
        (found, replaces)
    }

    /// Whether nothing but loops stands around a call in its function.
    fn always_runs(&self, call: ExprRef) -> bool {
        let scope = self.scope(self.scope_of(call));
        scope.context_chain(self.context_of(call)).all(|(_, context)| matches!(context.kind, ContextKind::Body | ContextKind::For { .. }))
    }

    /// `for key, value in mapping.items(): setattr(self, key, value)`: what stands under the key that gives this name.
    fn set_in_loop(&self, call: ExprRef, key: ExprRef, value: ExprRef, name: &str, frame: &Frame) -> Option<Possibles> {
        let part = |expr: ExprId| ExprRef { file: call.file, expr };
        // `key.lower()`: a key in capitals gives the name too.
        let (key, other) = match self.receiver(key).zip(self.method_name(key)) {
            Some((object, "lower")) if !name.chars().any(char::is_uppercase) => (object, Some(name.to_uppercase())),
            Some((object, "upper")) if !name.chars().any(char::is_lowercase) => (object, Some(name.to_lowercase())),
            Some(_) => return None,
            None => (key, None),
        };
        let ExprKind::Name(key) = &self.expr(key).kind else { return None };
        let looped = self.key_loop(call, key)?;
        let items = self.receiver(looped.over).filter(|_| matches!(self.method_name(looped.over), Some("items" | "keys")));
        let mapping = items.unwrap_or(looped.over);
        let (given, is_loop_value) = match (&self.expr(value).kind, &looped.value) {
            (ExprKind::Name(value), Some(bound)) => (mapping, value == bound),
            // `setattr(self, key, options[key])`
            (ExprKind::Subscript { object, index }, _) => {
                (part(*object), matches!(&self.expr(part(*index)).kind, ExprKind::Name(index) if index == key))
            }
            _ => return None,
        };
        if !is_loop_value {
            return None;
        }
        let possibles = self.eval(given, frame);
        let of_key = |key: &str| {
            let found: Possibles = possibles.iter().filter_map(|possible| self.under_key(possible, key)).flatten().collect();
            (!found.is_empty()).then_some(found)
        };
        let mut found = of_key(name).or_else(|| other.as_deref().and_then(of_key))?;
        // The name of the value has another one in some turns (`if variable: value = convert(variable)`).
        if looped.value.as_ref().is_some_and(|value| self.times_bound(call, value) > 1) {
            found = found.into_iter().map(|possible| possible.at_most(Certainty::Default)).collect();
        }
        Some(found)
    }

    /// The loop around a call that binds a name to the keys of a mapping.
    fn key_loop(&self, call: ExprRef, key: &str) -> Option<KeyLoop> {
        let facts = self.project.facts(call.file);
        let scope = self.scope(self.scope_of(call));
        let around: Vec<_> = scope.context_chain(self.context_of(call)).map(|(id, _)| id).collect();
        let bound =
            scope.statements.iter().filter(|statement| around.contains(&statement.context)).filter_map(|statement| match &statement.kind {
                StatementKind::Bind { target: Target::Name(name), value, .. } => Some((name, &facts.expr(*value).kind)),
                _ => None,
            });
        // The whole that is taken apart is an expression of its own for each of its names.
        let element = |value: ExprId| match facts.expr(value).kind {
            ExprKind::Element(over) => Some(over),
            _ => None,
        };
        let part = |expr| ExprRef { file: call.file, expr };
        let keys = bound.clone().find_map(|(name, kind)| match kind {
            _ if **name != *key => None,
            ExprKind::Element(over) => Some((*over, false)),
            ExprKind::Unpacked { value, index: 0 } => Some((element(*value)?, true)),
            _ => None,
        });
        let (over, are_pairs) = keys?;
        let value = bound.into_iter().find_map(|(name, kind)| match kind {
            ExprKind::Unpacked { value, index: 1 }
                if element(*value).is_some_and(|other| facts.expr(other).span == facts.expr(over).span) =>
            {
                Some(name.clone())
            }
            _ => None,
        });
        (!are_pairs || self.method_name(part(over)) == Some("items")).then(|| KeyLoop { over: part(over), value })
    }

    fn times_bound(&self, call: ExprRef, name: &str) -> usize {
        let statements = self.scope(self.scope_of(call)).statements.iter();
        statements
            .filter(|statement| matches!(&statement.kind, StatementKind::Bind { target: Target::Name(bound), .. } if **bound == *name))
            .count()
    }
}
