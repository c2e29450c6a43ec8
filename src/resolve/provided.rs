//! What frameworks hand to the functions that they call: dependencies, fixtures of tests, and the objects in which a program keeps what is shared.

use std::rc::Rc;

use super::eval::Evaluator;
use super::thing::{ExprRef, Possible, Possibles, ScopeRef, Thing, dotted};
use crate::catalog::origins::{Provider, SharedState};
use crate::facts::{ExprKind, MODULE, StatementKind, Target};

/// Most places that are looked at for what an object keeps.
const MAX_SETS: usize = 48;

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
