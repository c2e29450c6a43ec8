//! Who calls a function of the project, directly or by handing it to something that will.

use std::rc::Rc;

use super::eval::Evaluator;
use super::thing::{Binding, ExprRef, Possible, ScopeRef, Thing};
use crate::facts::{ArgumentKind, ExprKind, ScopeKind};

/// Most callers of one function that are followed.
const MAX_CALLERS: usize = 48;

/// One place that makes a function run.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The call (`f(x)`, or `submit(f, x)` for a function that is handed on).
    pub call: ExprRef,
    /// Where its arguments come from.
    pub binding: Binding,
    /// Whether the function is handed to this call as an argument.
    pub handed_on: bool,
}

impl Evaluator<'_> {
    /// All callers of a function; for an `__init__`, the calls that make objects of its class.
    pub fn callers_of(&self, function: ScopeRef) -> Rc<Vec<Caller>> {
        if let Some(known) = self.callers.borrow().get(&function) {
            return known.clone();
        }
        if !self.asking.borrow_mut().insert(function) {
            return Rc::default();
        }
        let found = Rc::new(self.find_callers(function));
        self.asking.borrow_mut().remove(&function);
        self.callers.borrow_mut().insert(function, found.clone());
        found
    }

    fn find_callers(&self, function: ScopeRef) -> Vec<Caller> {
        let scope = self.scope(function);
        if scope.kind == ScopeKind::Lambda || scope.kind == ScopeKind::Comprehension {
            return self.lambda_callers(function);
        }
        let class =
            self.project.index(function.file).class_of.get(&function.scope).map(|class| ScopeRef { file: function.file, scope: *class });
        let mut found = Vec::new();
        match class {
            Some(class) if matches!(&*scope.name, "__init__" | "__new__" | "__post_init__") => {
                for call in self.constructions(class) {
                    found.push(self.direct(call));
                }
                found.extend(self.super_callers(&scope.name, function, class));
            }
            Some(class) if matches!(&*scope.name, "__aenter__" | "__enter__" | "__call__") => {
                self.want_name(&self.scope(class).name, class);
            }
            Some(class) => {
                self.want_name(&scope.name, class);
                self.named_callers(&scope.name, function, &mut found);
                found.extend(self.super_callers(&scope.name, function, class));
            }
            None => {
                self.want_name(&scope.name, function);
                self.named_callers(&scope.name, function, &mut found);
            }
        }
        // What tests pass says nothing about the program, unless the function stands in a test itself.
        if !self.project.is_test(function.file) && found.iter().any(|caller| !self.project.is_test(caller.call.file)) {
            found.retain(|caller| !self.project.is_test(caller.call.file));
        } else if !self.project.is_test(function.file) {
            found.clear();
        }
        found.truncate(MAX_CALLERS);
        found
    }

    fn direct(&self, call: ExprRef) -> Caller {
        let caller = self.open_frame(self.scope_of(call));
        Caller { call, binding: Binding { call, caller, skip: 0, before: None, packed: None }, handed_on: false }
    }

    /// Calls whose callee evaluates to the function, and mentions of it as an argument.
    fn named_callers(&self, name: &str, function: ScopeRef, found: &mut Vec<Caller>) {
        for (file, call) in self.project.calls_named(name) {
            let call = ExprRef { file, expr: call };
            if self.calls_function(call, function) {
                found.push(self.direct(call));
            }
        }
        for (file, mention) in self.project.mentions_of(name) {
            let mention = ExprRef { file, expr: mention };
            if !self.means(mention, function) {
                continue;
            }
            if let Some(caller) = self.handed_on(mention) {
                found.push(caller);
            }
        }
    }

    /// The call that a function is handed to, when `mention` is one of its arguments.
    pub fn handed_on(&self, mention: ExprRef) -> Option<Caller> {
        let facts = self.project.facts(mention.file);
        let mut inner = mention.expr;
        let mut at = facts.expr(inner).parent?;
        loop {
            match &facts.expr(at).kind {
                ExprKind::Call { callee, arguments } if *callee != inner => {
                    let call = ExprRef { file: mention.file, expr: at };
                    let positional: Vec<_> = arguments
                        .iter()
                        .filter(|argument| argument.kind == ArgumentKind::Positional)
                        .map(|argument| argument.value)
                        .collect();
                    let skip = positional.iter().position(|value| *value == inner).map_or(positional.len(), |position| position + 1);
                    let caller = self.open_frame(self.scope_of(call));
                    return Some(Caller {
                        call,
                        binding: Binding { call, caller, skip, before: None, packed: self.keyword(call, "args") },
                        handed_on: true,
                    });
                }
                ExprKind::List(_) | ExprKind::Spread(_) | ExprKind::Conditional { .. } | ExprKind::Or(_) => {
                    inner = at;
                    at = facts.expr(inner).parent?;
                }
                _ => return None,
            }
        }
    }

    fn lambda_callers(&self, lambda: ScopeRef) -> Vec<Caller> {
        let Some(maker) = self.project.index(lambda.file).maker.get(&lambda.scope) else { return Vec::new() };
        self.handed_on(ExprRef { file: lambda.file, expr: *maker }).into_iter().collect()
    }

    fn calls_function(&self, call: ExprRef, function: ScopeRef) -> bool {
        let ExprKind::Call { callee, .. } = self.expr(call).kind else { return false };
        self.means(ExprRef { file: call.file, expr: callee }, function)
    }

    /// Whether an expression can be the function: by evaluation, or by name alone where the object is not known and the name is unique.
    fn means(&self, at: ExprRef, function: ScopeRef) -> bool {
        let possibles = self.eval_open(at);
        let is_it = |possible: &Possible| match &possible.thing {
            Thing::Function(found, _) => *found == function,
            Thing::Method(this, found) => *found == function || self.overrides(this, *found, function),
            Thing::Partial(inner, ..) => matches!(&**inner, Thing::Function(found, _) if *found == function),
            _ => false,
        };
        if possibles.iter().any(is_it) {
            return true;
        }
        let all_unknown = possibles.iter().all(Possible::is_unknown);
        let ExprKind::Attribute { name, .. } = &self.expr(at).kind else { return false };
        let is_method = self.project.index(function.file).class_of.contains_key(&function.scope);
        all_unknown && is_method && name.len() > 4 && self.project.functions_named(name) == 1
    }

    /// Whether a call of `found` on an object of unknown origin may land in `function`, which overrides it in a subclass.
    fn overrides(&self, this: &Rc<Thing>, found: ScopeRef, function: ScopeRef) -> bool {
        let Thing::Object(object) = &**this else { return false };
        if object.site.is_some() || self.scope(found).name != self.scope(function).name {
            return false;
        }
        let class = self.project.index(function.file).class_of.get(&function.scope);
        class.is_some_and(|class| self.ancestry(ScopeRef { file: function.file, scope: *class }).0.contains(&object.class))
    }

    /// Calls that make objects of a class or of a subclass that keeps its `__init__`.
    pub fn constructions(&self, class: ScopeRef) -> Vec<ExprRef> {
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
        let mut names: Vec<String> = vec![self.scope(class).name.to_string()];
        for subclass in self.subclasses(class).iter().copied() {
            if self.find_method(subclass, "__init__") == own {
                self.want_name(&self.scope(subclass).name, subclass);
                names.push(self.scope(subclass).name.to_string());
            }
        }
        names.push("cls".into());
        let mut found = Vec::new();
        for name in names {
            for (file, call) in self.project.calls_named(&name) {
                let call = ExprRef { file, expr: call };
                let ExprKind::Call { callee, .. } = self.expr(call).kind else { continue };
                let makes = self.eval_open(ExprRef { file, expr: callee }).iter().any(|possible| match possible.thing {
                    Thing::Class(made) => {
                        made == class || (self.ancestry(made).0.contains(&class) && self.find_method(made, "__init__") == own)
                    }
                    _ => false,
                });
                if makes && !found.contains(&call) {
                    found.push(call);
                }
            }
        }
        if !self.project.is_test(class.file) && found.iter().any(|call| !self.project.is_test(call.file)) {
            found.retain(|call| !self.project.is_test(call.file));
        }
        found.truncate(MAX_CALLERS);
        found
    }

    /// `super().method(…)` in subclasses.
    fn super_callers(&self, name: &str, function: ScopeRef, class: ScopeRef) -> Vec<Caller> {
        let mut found = Vec::new();
        for (file, call) in self.project.calls_named(name) {
            let call = ExprRef { file, expr: call };
            let ExprKind::Call { callee, .. } = self.expr(call).kind else { continue };
            let ExprKind::Attribute { object, .. } = self.project.facts(file).expr(callee).kind else { continue };
            if let Some(Some((target, _))) = self.super_target(ExprRef { file, expr: object }, name)
                && target == function
            {
                found.push(self.direct(call));
            }
        }
        let _ = class;
        found
    }

    /// Asks for the files that say a name, next round.
    pub(super) fn want_name(&self, name: &str, near: ScopeRef) {
        if name.len() < 3 || name.starts_with("__") {
            return;
        }
        let mut wants = self.wants.borrow_mut();
        let companions = wants.names.entry(name.to_string()).or_default();
        companions.extend(self.project.module_words(near.file));
        if let Some((_, class)) = self.enclosing_method(near) {
            companions.insert(self.scope(class).name.to_string());
        }
    }
}
