//! What is assigned to attributes: by the methods of a class, and by others.

use std::rc::Rc;

use super::eval::Evaluator;
use super::thing::{ExprRef, Frame, Object, Possible, Possibles, ScopeRef, Thing};
use crate::facts::{ScopeKind, Statement, StatementKind, Target};

/// Most assignments of one attribute that are looked at.
const MAX_SETS: usize = 24;

impl Evaluator<'_> {
    /// What a struct literal gives a field, and what is known of what is assigned to it later: `None` at first says nothing then.
    pub(super) fn recorded_and_set(&self, recorded: Possibles, object: &Rc<Object>, name: &str, of: &Thing, frame: &Frame) -> Possibles {
        let mut set = self.assigned(&[object.class], name, of, frame);
        let site = object.site.as_ref().map(|(site, _)| *site);
        let (outside, replaces) = self.assigned_outside(name, object.class, site, |thing| match thing {
            Thing::Object(other) => other.class == object.class && other.site.as_ref().map(|(site, _)| *site) == site,
            _ => false,
        });
        if replaces {
            return outside;
        }
        set.extend(outside);
        set.retain(|possible| !matches!(possible.thing, Thing::Unknown(_) | Thing::Nothing));
        if set.is_empty() {
            return recorded;
        }
        let kept = recorded.into_iter().filter(|possible| !matches!(possible.thing, Thing::Nothing));
        kept.chain(set).collect()
    }

    /// What others assign: `settings.limit = 50` outside the class or module that `is_it` tells; and whether one of them always runs behind the
    /// place that makes the object, so that nothing else is left.
    pub(super) fn assigned_outside(
        &self,
        name: &str,
        near: ScopeRef,
        made_at: Option<ExprRef>,
        is_it: impl Fn(&Thing) -> bool,
    ) -> (Possibles, bool) {
        let mut found = Vec::new();
        let mut replaces = false;
        let mut taken = 0;
        for &(file, scope, number) in self.project.attribute_sets(name) {
            if self.is_in_test(ScopeRef { file, scope }) && !self.is_in_test(near) {
                continue;
            }
            let facts = self.project.facts(file);
            let statement = &facts.scope(scope).statements[number as usize];
            let StatementKind::Bind { target: Target::Attribute { object, .. }, value, .. } = &statement.kind else { continue };
            let receiver = ExprRef { file, expr: *object };
            if self.enclosing_method(ScopeRef { file, scope }).is_some_and(|(method, _)| self.is_receiver(receiver, method)) {
                continue;
            }
            taken += 1;
            if taken > MAX_SETS {
                found.push(Possible::unknown("assigned in more places than are followed"));
                return (found, false);
            }
            if self.eval_open(receiver).iter().any(|possible| is_it(&possible.thing)) {
                let said = self.snippet(statement.span);
                let given: Possibles = self
                    .eval_open(ExprRef { file, expr: *value })
                    .into_iter()
                    .map(|possible| possible.after(statement.span, said.clone()))
                    .collect();
                if made_at.is_some_and(|made| self.always_follows(made, ScopeRef { file, scope }, statement)) {
                    replaces = true;
                    found.clear();
                }
                found.extend(given);
            }
        }
        (found, replaces)
    }

    /// Whether a statement runs whenever something before it in the same scope does.
    fn always_follows(&self, made: ExprRef, stands_in: ScopeRef, statement: &Statement) -> bool {
        self.scope_of(made) == stands_in
            && self.span(made).start < statement.span.start
            && self.scope(stands_in).is_within(self.context_of(made), statement.context)
    }

    /// What `self.name = …` in the methods of these classes gives.
    pub(super) fn assigned(&self, classes: &[ScopeRef], name: &str, of: &Thing, frame: &Frame) -> Possibles {
        self.assigned_by(classes, name, of, frame, |_| true)
    }

    /// The same of those methods that count.
    pub(super) fn assigned_by(
        &self,
        classes: &[ScopeRef],
        name: &str,
        of: &Thing,
        frame: &Frame,
        counts: impl Fn(ScopeRef) -> bool,
    ) -> Possibles {
        let mut found = Vec::new();
        for class in classes {
            let facts = self.project.facts(class.file);
            let index = self.project.tables(class.file);
            let Some(sets) = index.attribute_sets.get(name) else { continue };
            let mut taken = 0;
            for (scope, number) in sets {
                let Some(method) = self.method_around(class.file, *scope, *class) else { continue };
                let statement = &facts.scope(*scope).statements[*number as usize];
                let StatementKind::Bind { target: Target::Attribute { object, .. }, value, .. } = &statement.kind else { continue };
                if !self.is_receiver(ExprRef { file: class.file, expr: *object }, method) || !counts(method) || taken >= MAX_SETS {
                    continue;
                }
                taken += 1;
                let inner = self.method_frame(method, of.clone(), self.construction(of, method), frame);
                if self.is_never_set(ScopeRef { file: class.file, scope: *scope }, statement, method, &inner) {
                    continue;
                }
                let said = self.snippet(statement.span);
                let value = ExprRef { file: class.file, expr: *value };
                found.extend(
                    self.eval(value, &inner)
                        .into_iter()
                        .map(|possible| possible.through(statement.span).after(statement.span, said.clone())),
                );
            }
        }
        found
    }

    /// The method of `class` in which a scope stands (itself, or around a closure).
    pub(super) fn method_around(&self, file: u32, scope: crate::facts::ScopeId, class: ScopeRef) -> Option<ScopeRef> {
        let facts = self.project.facts(file);
        let mut at = Some(scope);
        while let Some(id) = at {
            if facts.scope(id).parent == Some(class.scope) && facts.scope(id).kind == ScopeKind::Function {
                return Some(ScopeRef { file, scope: id });
            }
            at = facts.scope(id).parent;
        }
        None
    }

    /// The call that made the object, where `method` is its `__init__`.
    pub(super) fn construction(&self, of: &Thing, method: ScopeRef) -> Option<(ExprRef, Frame)> {
        let Thing::Object(object) = of else { return None };
        let is_init = matches!(&*self.scope(method).name, "__init__" | "__post_init__" | "__attrs_post_init__");
        let own = self.find_method(object.class, "__init__") == Some(method);
        if is_init && own { object.site.clone() } else { None }
    }
}
