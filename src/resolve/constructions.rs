//! Which calls make objects of a class of the project.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::beside::is_example;
use super::callers::MAX_CALLERS;
use super::eval::Evaluator;
use super::thing::{ExprRef, Possible, ScopeRef, Thing};
use crate::facts::{ExprKind, StatementKind};

/// Calls that make an object of the class at hand (`cls(…)`), numbered, by the class.
pub(super) type ClassCalls = FxHashMap<ScopeRef, Vec<(usize, ExprRef)>>;

impl Evaluator<'_> {
    /// Calls that make objects of a class or of a subclass that keeps its `__init__`.
    pub fn constructions(&self, class: ScopeRef) -> Rc<Vec<ExprRef>> {
        if let Some(known) = self.made_by.borrow().get(&class) {
            return known.clone();
        }
        let (found, holds) = self.memory.settled(|| Rc::new(self.find_constructions(class)));
        if holds {
            self.made_by.borrow_mut().insert(class, found.clone());
        }
        found
    }

    fn find_constructions(&self, class: ScopeRef) -> Vec<ExprRef> {
        self.want_name(&self.scope(class).name, class);
        if self.is_rust(class.file) {
            let records = self.project.records_of(&self.scope(class).name).into_iter().map(|(file, expr)| ExprRef { file, expr });
            return records
                .filter(|record| {
                    self.eval_open(*record).iter().any(|possible| matches!(&possible.thing, Thing::Object(object) if object.class == class))
                })
                .take(MAX_CALLERS)
                .collect();
        }
        let own = self.find_method(class, "__init__");
        let mut names = vec![self.scope(class).name.clone()];
        let mut alike = vec![class];
        for subclass in self.subclasses(class).iter().copied() {
            if self.find_method(subclass, "__init__") == own {
                self.want_name(&self.scope(subclass).name, subclass);
                alike.push(subclass);
                if !names.contains(&self.scope(subclass).name) {
                    names.push(self.scope(subclass).name.clone());
                }
            }
        }
        let makes = |possible: &Possible| match possible.thing {
            Thing::Class(made) => made == class || (self.ancestry(made).0.contains(&class) && self.find_method(made, "__init__") == own),
            _ => false,
        };
        let mut found = Vec::new();
        let mut known = FxHashSet::default();
        for name in &names {
            for &(file, call) in self.project.calls_named(name) {
                let call = ExprRef { file, expr: call };
                let ExprKind::Call { callee, .. } = self.expr(call).kind else { continue };
                if self.seen_open(ExprRef { file, expr: callee }).iter().any(makes) && known.insert(call) {
                    found.push(call);
                }
            }
        }
        let own_class = self.own_class_calls();
        let mut of_class: Vec<(usize, ExprRef)> = alike.iter().filter_map(|made| own_class.get(made)).flatten().copied().collect();
        of_class.sort_unstable();
        found.extend(of_class.into_iter().map(|(_, call)| call).filter(|call| known.insert(*call)));
        names.push("cls".into());
        for &(file, mention) in names.iter().flat_map(|name| self.project.mentions_of(name)) {
            let mention = ExprRef { file, expr: mention };
            if !self.is_passed_on(mention) || !self.seen_open(mention).iter().any(makes) {
                continue;
            }
            for caller in self.landings(mention).into_iter().filter(|caller| !caller.handed_on) {
                if known.insert(caller.call) {
                    found.push(caller.call);
                }
            }
        }
        if !self.is_in_test(class) && found.iter().any(|call| !self.is_test_code(*call)) {
            found.retain(|call| !self.is_test_code(*call));
        }
        let from_example = |call: &ExprRef| is_example(self.project.path(call.file));
        if !is_example(self.project.path(class.file)) && !found.iter().all(from_example) {
            found.retain(|call| !from_example(call));
        }
        found.truncate(MAX_CALLERS);
        found
    }

    /// Calls of `cls`, by what it is.
    fn own_class_calls(&self) -> Rc<ClassCalls> {
        if let Some(known) = &*self.own_class_calls.borrow() {
            return known.clone();
        }
        let (all, holds) = self.memory.settled(|| {
            let mut all = ClassCalls::default();
            for (number, &(file, call)) in self.project.calls_named("cls").iter().enumerate() {
                let ExprKind::Call { callee, .. } = self.project.facts(file).expr(call).kind else { continue };
                for possible in self.seen_open(ExprRef { file, expr: callee }).iter() {
                    if let Thing::Class(made) = possible.thing {
                        all.entry(made).or_default().push((number, ExprRef { file, expr: call }));
                    }
                }
            }
            Rc::new(all)
        });
        if holds {
            *self.own_class_calls.borrow_mut() = Some(all.clone());
        }
        all
    }

    /// Whether a mention stands in a collection, an argument or on its own: not in an annotation's subscript or a base list.
    pub(super) fn is_passed_on(&self, mention: ExprRef) -> bool {
        let facts = self.project.facts(mention.file);
        match facts.expr(mention.expr).parent.map(|parent| &facts.expr(parent).kind) {
            Some(ExprKind::List(_) | ExprKind::Mapping(_) | ExprKind::Call { .. }) => true,
            Some(_) => false,
            None => self.scope(self.scope_of(mention)).statements.iter().any(|statement| match statement.kind {
                StatementKind::Bind { value, .. } | StatementKind::Return(value) => value == mention.expr,
                _ => false,
            }),
        }
    }
}
