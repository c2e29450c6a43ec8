//! What frameworks hand to the functions that they call: dependencies, fixtures of tests, and the objects in which a program keeps what is shared.

use std::rc::Rc;

use super::eval::Evaluator;
use super::sites::says_much;
use super::thing::{ExprRef, Possible, Possibles, ScopeRef, Thing, dotted, last_part};
use crate::catalog::origins::{Provider, SharedState};
use crate::facts::{ExprKind, MODULE, StatementKind, Target};

/// Most places that are looked at for what an object keeps.
const MAX_SETS: usize = 48;

/// Deepest object in an object that is looked into for what a framework is given.
const MAX_DEPTH: u32 = 3;

impl Evaluator<'_> {
    /// What a parameter gets from a framework: by its annotation (`Annotated[Client, Depends(get_client)]`), by its name (a fixture of a test), or
    /// since its type is that of an object which the framework passes.
    pub(super) fn provided(&self, function: ScopeRef, number: usize) -> Option<Possibles> {
        let parameter = &self.scope(function).parameters[number];
        let annotation = parameter.annotation.map(|annotation| ExprRef { file: function.file, expr: annotation });
        let from_annotation = annotation.and_then(|annotation| self.provided_by_type(annotation));
        from_annotation.or_else(|| self.fixture(function.file, &parameter.name)).or_else(|| self.passed_state(function, number))
    }

    fn provided_by_type(&self, annotation: ExprRef) -> Option<Possibles> {
        for possible in self.eval_open(annotation) {
            match &possible.thing {
                Thing::Sequence(list, frame) => {
                    let ExprKind::List(items) = &self.expr(*list).kind else { continue };
                    let items = items.iter().map(|item| ExprRef { file: list.file, expr: *item });
                    let provider = items.skip(1).find(|item| self.provider_call(*item).is_some());
                    if let Some(provider) = provider {
                        return Some(self.eval(provider, frame));
                    }
                }
                Thing::Symbol(symbol) => {
                    let leads = |state: &SharedState| {
                        let owns = |path: &String| path.rsplit_once('.').is_some_and(|(owner, _)| owner == &**symbol);
                        state.types.iter().any(|known| **known == **symbol) || state.reached_by.iter().any(owns)
                    };
                    if self.project.catalog.shared_states().any(leads) {
                        return Some(vec![Possible::literal(Thing::Foreign(symbol.clone()), self.span(annotation))]);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// The provider that an expression calls (`Depends(get_client)`).
    fn provider_call(&self, at: ExprRef) -> Option<&Provider> {
        let ExprKind::Call { callee, .. } = self.expr(at).kind else { return None };
        self.eval_open(ExprRef { file: at.file, expr: callee }).iter().find_map(|possible| match &possible.thing {
            Thing::Symbol(symbol) => {
                self.project.catalog.providers().find(|provider| provider.symbols.iter().any(|known| **known == **symbol))
            }
            _ => None,
        })
    }

    /// Whether a symbol is a call that stands for what a function makes.
    pub fn is_provider(&self, symbol: &str) -> bool {
        self.project.catalog.providers().any(|provider| provider.symbols.iter().any(|known| known == symbol))
    }

    /// A function of this name that makes the value of parameters, in the file or in one that serves all files around it.
    fn fixture(&self, file: u32, name: &str) -> Option<Possibles> {
        for provider in self.project.catalog.providers().filter(|provider| !provider.decorators.is_empty()) {
            // Only files of tests have them; elsewhere a parameter costs nothing.
            if !self.project.is_test(file) {
                continue;
            }
            let beside = provider.files.iter().flat_map(|shared| self.project.files_around(file, shared));
            let others = beside.filter_map(|entry| match self.module_thing(entry, name).thing {
                Thing::Module(other) => Some(other),
                _ => None,
            });
            for stands_in in std::iter::once(file).chain(others) {
                let defined =
                    self.project.tables(stands_in).binders_of(MODULE, name).into_iter().flatten().find_map(|binder| match *binder {
                        super::index::Binder::Statement(scope, number) => {
                            match self.project.facts(stands_in).scope(scope).statements[number as usize].kind {
                                StatementKind::Define(defined) => Some(ScopeRef { file: stands_in, scope: defined }),
                                _ => None,
                            }
                        }
                        super::index::Binder::Parameter(..) => None,
                    });
                if let Some(function) = defined.filter(|function| self.is_decorated(*function, &provider.decorators)) {
                    return Some(self.results(function, &self.open_frame(function)));
                }
            }
        }
        None
    }

    /// Whether a function carries one of these decorators.
    fn is_decorated(&self, function: ScopeRef, symbols: &[String]) -> bool {
        self.scope(function).decorators.iter().any(|decorator| {
            let mut at = ExprRef { file: function.file, expr: *decorator };
            if let ExprKind::Call { callee, .. } = self.expr(at).kind {
                at.expr = callee;
            }
            self.eval_open(at)
                .iter()
                .any(|possible| matches!(&possible.thing, Thing::Symbol(symbol) if symbols.iter().any(|known| **known == **symbol)))
        })
    }

    /// The first parameter of a function that a decorator gives the object.
    fn passed_state(&self, function: ScopeRef, number: usize) -> Option<Possibles> {
        if number > 0 || self.scope(function).decorators.is_empty() {
            return None;
        }
        let state = self.project.catalog.shared_states().find(|state| self.is_decorated(function, &state.passed_by))?;
        Some(vec![Possible::literal(Thing::Foreign(Rc::from(state.types.first()?.as_str())), self.scope(function).parameters[0].span)])
    }

    /// The kind of shared state that a thing is.
    fn shared_state(&self, thing: &Thing) -> Option<&SharedState> {
        let path = match thing {
            Thing::Foreign(path) => path.clone(),
            Thing::Part(made, path) => dotted(&made.symbol, path),
            Thing::Made(made) => made.symbol.clone(),
            _ => return None,
        };
        self.project.catalog.shared_states().find(|state| {
            let owner = match &state.attribute {
                Some(attribute) => path.strip_suffix(attribute.as_str()).and_then(|owner| owner.strip_suffix('.')),
                None => Some(&*path),
            };
            owner.is_some_and(|owner| state.types.iter().chain(&state.reached_by).any(|known| known == owner))
        })
    }

    /// What a program keeps in a shared object under a name or key, read in a file; `None` for any other object, or where nothing is kept.
    ///
    /// A tree may hold several programs with such an object each: what is kept nearest to the reader is its own.
    pub(super) fn kept(&self, of: &Thing, name: &str, file: u32) -> Option<Possibles> {
        let state = self.shared_state(of)?;
        let is_it = |object: ExprRef| {
            let same = |possible: &Possible| self.shared_state(&possible.thing).is_some_and(|other| std::ptr::eq(other, state));
            self.eval_open(object).iter().any(same)
        };
        let mut sets: Vec<(usize, Possibles)> = Vec::new();
        for (stands_in, number) in self.sets_of(name).into_iter().take(MAX_SETS) {
            let statement = &self.scope(stands_in).statements[number as usize];
            let part = |expr| ExprRef { file: stands_in.file, expr };
            let StatementKind::Bind { target: Target::Attribute { object, .. } | Target::Subscript { object, .. }, value, .. } =
                statement.kind
            else {
                continue;
            };
            if is_it(part(object)) {
                let said = self.snippet(statement.span);
                let values = self.eval_open(part(value)).into_iter();
                let values = values.map(|possible| possible.through(statement.span).after(statement.span, said.clone()));
                sets.push((self.project.nearness(file, stands_in.file), values.collect()));
            }
        }
        let nearest = sets.iter().map(|(near, _)| *near).max();
        let found: Possibles = sets.into_iter().filter(|(near, _)| Some(*near) == nearest).flat_map(|(_, values)| values).collect();
        if found.is_empty() {
            self.want_anywhere(name);
        }
        (!found.is_empty()).then_some(found)
    }

    /// Calls that give a framework what its handlers share, each with the calls that made what they find in it.
    pub fn given_to_handlers(&self) -> Vec<(ExprRef, Vec<ExprRef>)> {
        let mut found = Vec::new();
        for state in self.project.catalog.shared_states() {
            let names = state.given_by.iter().map(|symbol| last_part(symbol)).chain(state.given_by_methods.iter().map(String::as_str));
            for name in names {
                for &(file, call) in self.project.calls_named(name) {
                    let call = ExprRef { file, expr: call };
                    if found.iter().all(|(known, _)| *known != call) && self.gives_state(state, call, name) {
                        let mut sites = Vec::new();
                        for argument in self.arguments(call) {
                            let given = ExprRef { file, expr: argument.value };
                            self.glance(given).iter().for_each(|possible| self.made_within(possible, given, 0, &mut sites));
                        }
                        found.push((call, sites));
                    }
                }
            }
        }
        found
    }

    /// Asks for the files in which a framework is given what its handlers share.
    pub fn want_given_to_handlers(&self) {
        for state in self.project.catalog.shared_states() {
            let methods = state.given_by_methods.iter().map(String::as_str).filter(says_much);
            let symbols = state.given_by.iter().filter_map(|symbol| symbol.rsplit('.').find(says_much));
            methods.chain(symbols).for_each(|name| self.want_anywhere(name));
        }
    }

    fn gives_state(&self, state: &SharedState, call: ExprRef, name: &str) -> bool {
        let ExprKind::Call { callee, .. } = self.expr(call).kind else { return false };
        let called = self.glance(ExprRef { file: call.file, expr: callee });
        let by_symbol = |thing: &Thing| match thing {
            Thing::Symbol(symbol) => state.given_by.iter().any(|known| **known == **symbol),
            Thing::Part(made, path) => state.given_by.contains(&format!("{}.{path}", made.symbol)),
            _ => false,
        };
        let of_program = |thing: &Thing| matches!(thing, Thing::Function(..) | Thing::Method(..) | Thing::Class(_));
        let by_method = self.method_name(call) == Some(name) && state.given_by_methods.iter().any(|known| known == name);
        called.iter().any(|possible| by_symbol(&possible.thing)) || by_method && !called.iter().any(|possible| of_program(&possible.thing))
    }

    /// The calls that made a library's object, or those that the fields of an object of the program hold.
    fn made_within(&self, possible: &Possible, at: ExprRef, depth: u32, found: &mut Vec<ExprRef>) {
        let mut all_within = |all: &[Possible]| all.iter().for_each(|held| self.made_within(held, at, depth + 1, found));
        match &possible.thing {
            Thing::Made(made) if self.project.catalog.constructor(&made.symbol).is_some() => found.push(made.site),
            // What a library puts around it: `GreeterServer::new(greeter)`.
            Thing::Made(made) if depth < MAX_DEPTH => self.arguments(made.site).iter().for_each(|argument| {
                all_within(&self.scout().eval(ExprRef { file: made.site.file, expr: argument.value }, &made.frame));
            }),
            // `move || pool.clone()`
            Thing::Function(function, frame) if depth < MAX_DEPTH => all_within(&self.scout().results(*function, frame)),
            Thing::Object(object) if depth < MAX_DEPTH => {
                let frame = self.open_frame(object.class);
                for (field, _) in self.fields_of(object.class) {
                    all_within(&self.scout().member(possible, field, at, &frame));
                }
            }
            _ => {}
        }
    }

    /// Statements that give an attribute or a constant key of this name a value.
    fn sets_of(&self, name: &str) -> Vec<(ScopeRef, u32)> {
        let attributes = self.project.attribute_sets(name).iter().map(|&(file, scope, number)| (ScopeRef { file, scope }, number));
        let mut all: Vec<_> = attributes.collect();
        for (file, loaded) in self.project.loaded().iter().enumerate() {
            for &(scope, number) in &loaded.index.subscript_sets {
                let StatementKind::Bind { target: Target::Subscript { index, .. }, .. } =
                    &loaded.facts.scope(scope).statements[number as usize].kind
                else {
                    continue;
                };
                if matches!(&loaded.facts.expr(*index).kind, ExprKind::Text(text) if **text == *name) {
                    all.push((ScopeRef { file: file as u32, scope }, number));
                }
            }
        }
        all
    }
}
