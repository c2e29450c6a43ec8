//! Which of a class and its heirs a program makes: what only the others say does not count for an object that may be any of them.

use super::eval::Evaluator;
use super::thing::{ExprRef, Frame, Possibles, ScopeRef, Thing};
use crate::facts::ExprKind;

/// Most heirs that are looked at.
const MAX_HEIRS: usize = 24;

impl Evaluator<'_> {
    /// What heirs say of a member that their base may have too, for any object of the base; and whether the base's own counts beside it.
    pub(super) fn of_heirs(&self, class: ScopeRef, name: &str, of: &Thing, frame: &Frame) -> (Possibles, bool) {
        let says = |heir: ScopeRef| self.project.tables(heir.file).binders_of(heir.scope, name).is_some();
        let heirs = self.subclasses(class);
        if !heirs.iter().any(|heir| says(*heir)) {
            return (Vec::new(), true);
        }
        let made: Vec<ScopeRef> = heirs.iter().copied().take(MAX_HEIRS).filter(|heir| self.is_made(*heir)).collect();
        let own_is_made = self.is_made(class);
        let counts = |heir: &ScopeRef| made.is_empty() && !own_is_made || made.iter().any(|made| self.derives(*made, *heir));
        let saying = heirs.iter().copied().filter(|heir| says(*heir)).filter(counts).take(MAX_HEIRS);
        let found = saying.filter_map(|heir| self.class_member(heir, name, of, frame)).flatten().collect();
        let is_replaced = |heir: &ScopeRef| self.ancestry(*heir).0.iter().take_while(|base| **base != class).any(|base| says(*base));
        (found, own_is_made || made.is_empty() || !made.iter().all(is_replaced))
    }

    /// Whether the program makes objects of exactly this class, as far as its files tell; tests say nothing about it.
    fn is_made(&self, class: ScopeRef) -> bool {
        let name = &*self.scope(class).name;
        self.want_name(name, class);
        if self.project.is_left_unread(name) {
            return true;
        }
        let counts = |file: u32| !self.project.is_test(file) || self.project.is_test(class.file);
        let is_it = |at: ExprRef| self.eval_open(at).iter().any(|possible| matches!(possible.thing, Thing::Class(found) if found == class));
        let called = self.project.calls_named(name).iter().chain(self.project.calls_named("cls")).any(|&(file, call)| {
            let ExprKind::Call { callee, .. } = self.project.facts(file).expr(call).kind else { return false };
            counts(file) && is_it(ExprRef { file, expr: callee })
        });
        called
            || self.project.mentions_of(name).iter().any(|&(file, mention)| {
                let mention = ExprRef { file, expr: mention };
                counts(file) && self.is_passed_on(mention) && !self.is_base(mention) && is_it(mention)
            })
    }

    /// Whether an expression names the base of a class.
    fn is_base(&self, at: ExprRef) -> bool {
        let facts = self.project.facts(at.file);
        facts.scope_ids().any(|scope| facts.scope(scope).bases.iter().any(|base| base.value == at.expr))
    }
}
