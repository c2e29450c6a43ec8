//! Who calls a function of the project, directly or by handing it to something that will.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::beside::is_example;
use super::eval::Evaluator;
use super::index::Binder;
use super::thing::{Binding, ExprRef, Possible, ScopeRef, Thing};
use crate::catalog::concurrency::Starter;
use crate::facts::{ContextKind, ExprId, ExprKind, FileFacts, ScopeKind, StatementKind};

/// Most callers of one function that are followed.
pub(super) const MAX_CALLERS: usize = 48;

/// A name that is said so often at most is rare.
const RARE: usize = 12;

/// Most calls that are looked at for one that calls an object.
const MAX_OBJECT_CALLS: usize = 1500;

/// One place that makes a function run.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The call (`f(x)`, or `submit(f, x)` for a function that is handed on).
    pub call: ExprRef,
    /// Where its arguments come from.
    pub binding: Binding,
    /// Whether the function is handed to this call as an argument.
    pub handed_on: bool,
    /// Whether the call may as well mean another function: its object is not known, or may be of another class.
    pub assumed: bool,
    /// Functions that it was handed into on the way, each with the call that did: only through that call do they lead here.
    pub via: Vec<(ScopeRef, ExprRef)>,
}

/// Calls by `super().method(…)` of one name, by the method that they land in.
pub(super) type SuperCalls = FxHashMap<ScopeRef, Vec<ExprRef>>;

/// Whether an expression is a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Means {
    No,
    Perhaps,
    Surely,
}

impl Evaluator<'_> {
    /// Whether a function has callers that are not followed: too many, or in files that were too many to read.
    pub(super) fn has_more_callers(&self, function: ScopeRef) -> bool {
        let class = self.project.tables(function.file).class_of.get(&function.scope);
        let name = match class.filter(|_| self.scope(function).name.starts_with("__")) {
            Some(class) => &self.project.facts(function.file).scope(*class).name,
            None => &self.scope(function).name,
        };
        self.project.is_left_unread(name) || self.more_callers.borrow().contains(&function)
    }

    /// All callers of a function; for an `__init__`, the calls that make objects of its class.
    pub fn callers_of(&self, function: ScopeRef) -> Rc<Vec<Caller>> {
        if let Some(known) = self.callers.borrow().get(&function) {
            return known.clone();
        }
        let begun = self.asking.borrow().get(&function).copied();
        if let Some(begun) = begun {
            self.memory.told_less(begun.saturating_sub(1));
            return Rc::default();
        }
        self.asking.borrow_mut().insert(function, self.memory.open_questions());
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
            self.project.tables(function.file).class_of.get(&function.scope).map(|class| ScopeRef { file: function.file, scope: *class });
        let mut found = Vec::new();
        match class {
            Some(class) if matches!(&*scope.name, "__init__" | "__new__" | "__post_init__") => {
                for call in self.constructions(class).iter().copied() {
                    found.push(self.direct(call));
                }
                found.extend(self.super_callers(&scope.name, function));
            }
            Some(class) if &*scope.name == "run" && self.starts_when_made(class).is_some() => {
                for call in self.constructions(class).iter().copied() {
                    found.push(Caller { handed_on: true, ..self.direct(call) });
                }
                found.extend(self.super_callers(&scope.name, function));
            }
            Some(class) if matches!(&*scope.name, "__aenter__" | "__enter__") => {
                self.want_name(&self.scope(class).name, class);
                self.entering(function, class, &mut found);
            }
            Some(class) if &*scope.name == "__call__" => {
                self.want_name(&self.scope(class).name, class);
                self.object_calls(function, class, &mut found);
            }
            Some(class) => {
                self.want_name(&scope.name, class);
                self.named_callers(&scope.name, function, &mut found);
                found.extend(self.super_callers(&scope.name, function));
            }
            None => {
                self.want_name(&scope.name, function);
                self.named_callers(&scope.name, function, &mut found);
            }
        }
        found.extend(self.kept_by_decorators(function));
        let mut known = FxHashSet::default();
        found.retain(|caller| known.insert((caller.call, caller.via.clone(), caller.handed_on)));
        // What tests pass says nothing about the program, unless the function stands in a test itself.
        if !self.is_in_test(function) {
            found.retain(|caller| !self.is_test_code(caller.call));
        }
        // Examples show the function to readers; the program itself says more.
        let from_example = |caller: &Caller| is_example(self.project.path(caller.call.file));
        if !is_example(self.project.path(function.file)) && !found.iter().all(from_example) {
            found.retain(|caller| !from_example(caller));
        }
        if found.len() > MAX_CALLERS {
            self.more_callers.borrow_mut().insert(function);
        }
        found.truncate(MAX_CALLERS);
        found
    }

    /// A caller that is a plain call.
    pub fn direct(&self, call: ExprRef) -> Caller {
        let caller = self.open_frame(self.scope_of(call));
        let binding = Binding { call, caller, skip: 0, before: None, packed: None };
        Caller { call, binding, handed_on: false, assumed: false, via: Vec::new() }
    }

    /// Calls whose callee evaluates to the function, and mentions of it as an argument.
    fn named_callers(&self, name: &str, function: ScopeRef, found: &mut Vec<Caller>) {
        let is_rare = self.project.calls_named(name).len() + self.project.mentions_of(name).len() <= RARE;
        let may_mean = |file: u32| is_rare || self.project.may_know(file, function.file);
        // What is handed on first: it leads to where many run at once, and only so many callers are kept.
        for &(file, mention) in self.project.mentions_of(name).iter().filter(|(file, _)| may_mean(*file)) {
            let mention = ExprRef { file, expr: mention };
            let means = self.means(mention, function, is_rare);
            if means == Means::No {
                continue;
            }
            let mut landings = self.landings(mention);
            if landings.is_empty() {
                landings.extend(self.handed_on(mention));
            }
            found.extend(landings.into_iter().map(|caller| Caller { assumed: means == Means::Perhaps, ..caller }));
        }
        for &(file, call) in self.project.calls_named(name).iter().filter(|(file, _)| may_mean(*file)) {
            let call = ExprRef { file, expr: call };
            let ExprKind::Call { callee, .. } = self.expr(call).kind else { continue };
            let means = self.means(ExprRef { file, expr: callee }, function, is_rare);
            if means != Means::No {
                found.push(Caller { assumed: means == Means::Perhaps, ..self.direct(call) });
            }
        }
    }

    /// `with X:` and `async with X:` where `X` is an object of a class with this method.
    fn entering(&self, function: ScopeRef, class: ScopeRef, found: &mut Vec<Caller>) {
        for (file, loaded) in self.project.loaded().iter().enumerate() {
            let contexts = loaded.facts.scopes.iter().flat_map(|scope| &scope.contexts);
            for context in contexts {
                let ContextKind::With { value, .. } = context.kind else { continue };
                let at = ExprRef { file: file as u32, expr: value };
                let enters = self.eval_open(at).iter().any(|possible| match &possible.thing {
                    Thing::Object(object) => self.reaches(object.class, object.site.is_some(), class, function),
                    _ => false,
                });
                if enters {
                    // It takes no argument; the expression itself stands for the call.
                    found.push(self.direct(at));
                }
            }
        }
    }

    /// Calls of an object of a class: `sampler(messages)`.
    fn object_calls(&self, function: ScopeRef, class: ScopeRef, found: &mut Vec<Caller>) {
        for base in self.ancestry(class).0.iter().skip(1) {
            self.want_name(&self.scope(*base).name, *base);
        }
        for &(file, call, callee) in self.calls_of_objects.get_or_init(|| self.calls_of_objects()) {
            let is_it = self.eval_open(ExprRef { file, expr: callee }).iter().any(|possible| match &possible.thing {
                Thing::Object(object) => self.reaches(object.class, object.site.is_some(), class, function),
                _ => false,
            });
            if is_it {
                found.push(self.direct(ExprRef { file, expr: call }));
            }
        }
        found.sort_by_key(|caller| (self.project.path(caller.call.file), self.span(caller.call).start));
    }

    /// Calls that may call an object, each with its callee: the same whatever class the object is of.
    fn calls_of_objects(&self) -> Vec<(u32, ExprId, ExprId)> {
        let all = self.project.loaded().iter().enumerate().flat_map(|(file, loaded)| {
            let calls = loaded.index.calls.iter().flat_map(|(name, calls)| calls.iter().map(move |call| (name, *call)));
            calls.filter_map(move |(name, call)| match loaded.facts.expr(call).kind {
                ExprKind::Call { callee, .. } => self.may_be_object(file as u32, callee, name).then_some((file as u32, call, callee)),
                _ => None,
            })
        });
        all.take(MAX_OBJECT_CALLS).collect()
    }

    /// Whether a method call on an object of a class may land in `function`, a method of `class`: the same class, one that inherits it, or,
    /// where the object's origin is not known, one that `class` derives from.
    fn reaches(&self, of: ScopeRef, made_here: bool, class: ScopeRef, function: ScopeRef) -> bool {
        let name = &self.scope(function).name;
        self.find_method(of, name) == Some(function) || (!made_here && of != class && self.ancestry(class).0.contains(&of))
    }

    /// Whether a callee can be an object: a parameter, a local or module variable, or an attribute of `self`; not a function or an import.
    fn may_be_object(&self, file: u32, callee: ExprId, name: &str) -> bool {
        if self.project.functions_named(name) > 0 {
            return false;
        }
        let facts = self.project.facts(file);
        match &facts.expr(callee).kind {
            ExprKind::Attribute { object, .. } => {
                self.project.tables(file).attribute_sets.contains_key(name) && matches!(facts.expr(*object).kind, ExprKind::Name(_))
            }
            ExprKind::Name(_) => {
                let mut at = Some(facts.expr(callee).scope);
                while let Some(id) = at {
                    if let Some(binders) = self.project.tables(file).binders_of(id, name) {
                        return binders.iter().any(|binder| match *binder {
                            Binder::Parameter(..) => true,
                            Binder::Statement(scope, number) => {
                                matches!(facts.scope(scope).statements[number as usize].kind, StatementKind::Bind { .. })
                            }
                        });
                    }
                    at = facts.scope(id).parent;
                }
                false
            }
            _ => false,
        }
    }

    /// The call that a function is handed to, when `mention` is one of its arguments.
    pub fn handed_on(&self, mention: ExprRef) -> Option<Caller> {
        let facts = self.project.facts(mention.file);
        let mut inner = mention.expr;
        let mut at = facts.expr(inner).parent?;
        loop {
            match &facts.expr(at).kind {
                ExprKind::Call { callee, .. } if *callee != inner => {
                    let call = ExprRef { file: mention.file, expr: at };
                    let skip = self.positional_after(call, ExprRef { file: mention.file, expr: inner });
                    let caller = self.open_frame(self.scope_of(call));
                    return Some(Caller {
                        call,
                        binding: Binding { call, caller, skip, before: None, packed: self.keyword(call, "args") },
                        handed_on: true,
                        assumed: false,
                        via: Vec::new(),
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
        let Some(maker) = self.project.tables(lambda.file).maker.get(&lambda.scope) else { return Vec::new() };
        let maker = ExprRef { file: lambda.file, expr: *maker };
        let landings = self.landings(maker);
        if landings.is_empty() { self.handed_on(maker).into_iter().collect() } else { landings }
    }

    /// Whether an expression can be the function: by evaluation, or by name alone where the object is not known and the name is unique. What a
    /// rare name is taken of is worth reading more for.
    fn means(&self, at: ExprRef, function: ScopeRef, is_rare: bool) -> Means {
        let mut possibles = self.scout().seen_open(at);
        if is_rare && possibles.iter().all(Possible::is_unknown) {
            possibles = self.seen_open(at);
        }
        let mut best = Means::No;
        for possible in possibles.iter() {
            let means = match &possible.thing {
                Thing::Function(found, _) if *found == function => Means::Surely,
                Thing::Method(_, found) if *found == function => Means::Surely,
                Thing::Method(this, found) => self.overrides(this, *found, function, at),
                Thing::Partial(inner, ..) if matches!(&**inner, Thing::Function(found, _) if *found == function) => Means::Surely,
                _ => Means::No,
            };
            match means {
                Means::Surely => return Means::Surely,
                Means::Perhaps => best = Means::Perhaps,
                Means::No => {}
            }
        }
        if best != Means::No {
            return best;
        }
        let all_unknown = possibles.iter().all(Possible::is_unknown);
        let ExprKind::Attribute { name, .. } = &self.expr(at).kind else { return Means::No };
        let is_method = self.project.tables(function.file).class_of.contains_key(&function.scope);
        let by_name = all_unknown && is_method && name.len() > 4 && self.project.functions_named(name) == 1;
        if by_name { Means::Perhaps } else { Means::No }
    }

    /// Whether a call of `found` on an object of unknown origin lands in `function`, which overrides it in a subclass: surely where it is the
    /// only implementation, or where an object calls its own method.
    fn overrides(&self, this: &Rc<Thing>, found: ScopeRef, function: ScopeRef, at: ExprRef) -> Means {
        let Thing::Object(object) = &**this else { return Means::No };
        let name = &self.scope(function).name;
        if object.site.is_some() || self.scope(found).name != *name {
            return Means::No;
        }
        let class = self.project.tables(function.file).class_of.get(&function.scope);
        let Some(class) = class.map(|class| ScopeRef { file: function.file, scope: *class }) else { return Means::No };
        if !self.ancestry(class).0.contains(&object.class) {
            return Means::No;
        }
        let others =
            self.subclasses(object.class).iter().filter(|other| **other != class && self.own_method(**other, name).is_some()).count();
        if (others == 0 && self.is_abstract(found)) || self.is_own_call(at) { Means::Surely } else { Means::Perhaps }
    }

    /// Whether a method does nothing but say that subclasses do.
    fn is_abstract(&self, method: ScopeRef) -> bool {
        let facts = self.project.facts(method.file);
        self.has_decorator(method, &["abstractmethod"])
            || self.scope(method).statements.iter().all(|statement| match statement.kind {
                StatementKind::Evaluate(value) => match &facts.expr(value).kind {
                    ExprKind::Call { callee, .. } => is_name(facts, *callee, "NotImplementedError"),
                    ExprKind::Name(_) => is_name(facts, value, "NotImplementedError"),
                    ExprKind::Text(_) | ExprKind::None | ExprKind::Unknown(_) => true,
                    _ => false,
                },
                _ => false,
            })
    }

    /// `self.method(…)` inside a method: the object is the one at hand.
    fn is_own_call(&self, at: ExprRef) -> bool {
        let ExprKind::Attribute { object, .. } = self.expr(at).kind else { return false };
        self.is_own_object(ExprRef { file: at.file, expr: object }, self.scope_of(at))
    }

    /// The call of a library that starts a thread or process, where a class derives from what it makes: its `run` then runs beside the rest.
    pub fn starts_when_made(&self, class: ScopeRef) -> Option<&Starter> {
        self.ancestry(class).1.iter().find_map(|symbol| self.project.catalog.starter(symbol))
    }

    /// `super().method(…)` in subclasses.
    fn super_callers(&self, name: &str, function: ScopeRef) -> Vec<Caller> {
        let known = self.super_calls.borrow().get(name).cloned();
        let all = known.unwrap_or_else(|| {
            let mut all = SuperCalls::default();
            for &(file, call) in self.project.calls_named(name) {
                let call = ExprRef { file, expr: call };
                if let Some(object) = self.receiver(call)
                    && let Some(Some((target, _))) = self.super_target(object, name)
                {
                    all.entry(target).or_default().push(call);
                }
            }
            let all = Rc::new(all);
            self.super_calls.borrow_mut().insert(name.into(), all.clone());
            all
        });
        all.get(&function).into_iter().flatten().map(|call| self.direct(*call)).collect()
    }

    /// Asks for the files that say a name, wherever they lie, where they are few.
    pub(super) fn want_anywhere(&self, name: &str) {
        self.wants.borrow_mut().names.entry(name.to_string()).or_default();
    }

    /// Asks for the files that say a name, next round.
    pub(super) fn want_name(&self, name: &str, near: ScopeRef) {
        if name.len() < 3 || name.starts_with("__") {
            return;
        }
        if !self.may_want() {
            return;
        }
        let mut companions = self.project.module_words(near.file);
        companions.extend(self.enclosing_method(near).map(|(_, class)| self.scope(class).name.to_string()));
        // Nothing is evaluated while the wants are open.
        self.wants.borrow_mut().names.entry(name.to_string()).or_default().extend(companions);
    }
}

fn is_name(facts: &FileFacts, at: ExprId, wanted: &str) -> bool {
    matches!(&facts.expr(at).kind, ExprKind::Name(name) if &**name == wanted)
}
