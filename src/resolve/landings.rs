//! Where a function goes that is passed on as a value: names, attributes, registries and parameters of other functions, up to the calls
//! that run it.

use std::rc::Rc;

use super::callers::Caller;
use super::eval::Evaluator;
use super::thing::{Binding, ExprRef, ScopeRef, Thing};
use crate::facts::{ArgumentKind, ExprId, ExprKind, MODULE, ScopeId, ScopeKind, StatementKind, Target};

/// Most places that one function is followed through.
const MAX_PLACES: usize = 160;

/// Most places that one name or attribute leads to.
const MAX_USES: usize = 64;

/// What an expression is on the way of a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Holds {
    /// The function.
    It,
    /// A collection with the function in it.
    Several,
}

/// An expression that a function passes through.
#[derive(Clone, Debug)]
struct Place {
    at: ExprRef,
    holds: Holds,
    /// Arguments that `partial` gave it before.
    before: Option<Rc<Binding>>,
    /// Functions that it was handed into, each with the call that did.
    via: Vec<(ScopeRef, ExprRef)>,
}

impl Place {
    fn moved(&self, at: ExprRef, holds: Holds) -> Self {
        Self { at, holds, ..self.clone() }
    }
}

impl Evaluator<'_> {
    /// The calls that run the function which `from` is: those of it, and those that it is handed to.
    pub fn landings(&self, from: ExprRef) -> Vec<Caller> {
        self.follow_places(vec![Place { at: from, holds: Holds::It, before: None, via: Vec::new() }])
    }

    /// The calls that run a function which decorators of the project take: what they keep of it.
    pub(super) fn kept_by_decorators(&self, function: ScopeRef) -> Vec<Caller> {
        let mut places = Vec::new();
        for (decorator, number) in self.own_decorators(function) {
            places.extend(self.parameter_uses(decorator, number).map(|at| Place { at, holds: Holds::It, before: None, via: Vec::new() }));
        }
        // A wrapper that calls it is no other way in: calls of the decorated name are found by the name.
        places.retain(|place| {
            let parent = self.expr(place.at).parent.map(|parent| &self.project.facts(place.at.file).expr(parent).kind);
            !matches!(parent, Some(ExprKind::Call { callee, .. }) if *callee == place.at.expr)
        });
        self.follow_places(places)
    }

    /// Where the wrapper of a decorator of the project calls the function that it decorates.
    pub fn wrapped_call(&self, function: ScopeRef) -> Option<ExprRef> {
        self.own_decorators(function).into_iter().find_map(|(decorator, number)| {
            self.parameter_uses(decorator, number).find_map(|at| {
                let parent = self.expr(at).parent?;
                let call = ExprRef { file: at.file, expr: parent };
                let calls = matches!(self.expr(call).kind, ExprKind::Call { callee, .. } if callee == at.expr);
                (calls && self.scope_of(call) != decorator).then_some(call)
            })
        })
    }

    /// Functions of the project that decorate another, each with the number of the parameter that takes it.
    fn own_decorators(&self, function: ScopeRef) -> Vec<(ScopeRef, usize)> {
        let decorators = self.scope(function).decorators.iter().map(|decorator| ExprRef { file: function.file, expr: *decorator });
        decorators
            .flat_map(|decorator| self.eval_open(decorator))
            .filter_map(|possible| match possible.thing {
                Thing::Function(decorator, _) => Some((decorator, 0)),
                Thing::Method(_, decorator) => Some((decorator, 1)),
                _ => None,
            })
            .collect()
    }

    fn follow_places(&self, mut places: Vec<Place>) -> Vec<Caller> {
        let mut found: Vec<Caller> = Vec::new();
        let mut seen: Vec<(ExprRef, Holds)> = Vec::new();
        while let Some(place) = places.pop() {
            if seen.len() >= MAX_PLACES || seen.contains(&(place.at, place.holds)) {
                continue;
            }
            seen.push((place.at, place.holds));
            self.step(&place, &mut places, &mut found);
        }
        found.sort_by_key(|caller| (self.project.path(caller.call.file), self.span(caller.call).start));
        found
    }

    fn step(&self, place: &Place, places: &mut Vec<Place>, found: &mut Vec<Caller>) {
        let facts = self.project.facts(place.at.file);
        let Some(parent) = facts.expr(place.at.expr).parent else { return self.stored(place, places) };
        let outer = ExprRef { file: place.at.file, expr: parent };
        let holds = place.holds;
        match &facts.expr(parent).kind {
            ExprKind::Call { callee, .. } if *callee == place.at.expr && holds == Holds::It => {
                found.push(self.landing(place, outer, 0, false));
            }
            ExprKind::Call { .. } => self.handed(place, outer, places, found),
            ExprKind::Conditional { test, .. } if *test == place.at.expr => {}
            ExprKind::Await(_)
            | ExprKind::Entered(_)
            | ExprKind::Conditional { .. }
            | ExprKind::Or(_)
            | ExprKind::And(_)
            | ExprKind::Choice(_)
            | ExprKind::Spread(_) => {
                places.push(place.moved(outer, holds));
            }
            ExprKind::List(_) => places.push(place.moved(outer, Holds::Several)),
            ExprKind::Mapping(items) if items.iter().any(|(_, value)| *value == place.at.expr) => {
                places.push(place.moved(outer, Holds::Several));
            }
            ExprKind::Subscript { object, .. } if *object == place.at.expr && holds == Holds::Several => {
                places.push(place.moved(outer, Holds::It));
            }
            ExprKind::Element(_) if holds == Holds::Several => places.push(place.moved(outer, Holds::It)),
            ExprKind::Unpacked { .. } if holds == Holds::It => places.push(place.moved(outer, Holds::It)),
            // `pool.clone()`
            ExprKind::Attribute { name, object, .. }
                if *object == place.at.expr && self.is_rust(place.at.file) && self.gives_same(name) =>
            {
                let call = facts.expr(parent).parent.map(|call| ExprRef { file: place.at.file, expr: call });
                places.extend(call.map(|call| place.moved(call, holds)));
            }
            // `Store { pool }`
            ExprKind::Record { path, fields, .. } => {
                let class = self.classes_of(ExprRef { file: place.at.file, expr: *path });
                let filled = fields.iter().filter(|(_, value)| *value == place.at.expr);
                filled.for_each(|(name, _)| self.attributes_of(&class, name, place, places));
            }
            ExprKind::Attribute { name, .. } if holds == Holds::Several => {
                let taken = match &**name {
                    "get" | "pop" | "get_nowait" | "popleft" | "popitem" => Holds::It,
                    "values" | "items" | "copy" => Holds::Several,
                    _ => return,
                };
                let call = facts.expr(parent).parent.map(|call| ExprRef { file: place.at.file, expr: call });
                places.extend(call.map(|call| place.moved(call, taken)));
            }
            _ => {}
        }
    }

    fn landing(&self, place: &Place, call: ExprRef, skip: usize, handed_on: bool) -> Caller {
        let caller = self.open_frame(self.scope_of(call));
        let packed = if handed_on { self.keyword(call, "args") } else { None };
        Caller {
            call,
            binding: Binding { call, caller, skip, before: place.before.clone(), packed },
            handed_on,
            assumed: false,
            via: place.via.clone(),
        }
    }

    /// An argument of a call: it goes into the parameter of a function of the project, into a collection, or is run by what takes it.
    fn handed(&self, place: &Place, call: ExprRef, places: &mut Vec<Place>, found: &mut Vec<Caller>) {
        let ExprKind::Call { callee, .. } = self.expr(call).kind else { return };
        let callee = ExprRef { file: call.file, expr: callee };
        let mut goes_in = false;
        let mut called = self.eval_open(callee);
        // `super().__init__(callback)`
        if let ExprKind::Attribute { object, name, .. } = &self.expr(callee).kind
            && let Some(Some((method, within))) = self.super_target(ExprRef { file: call.file, expr: *object }, name)
        {
            let this = self.this_of(within, &self.open_frame(within));
            called = vec![super::thing::Possible::literal(Thing::Method(Rc::new(this), method), self.span(callee))];
        }
        for possible in called {
            let function = match &possible.thing {
                // `parser.set_defaults(run=command)`: `args.run(…)` calls it.
                Thing::Part(made, path)
                    if self.project.catalog.parser(&made.symbol).is_some() && super::thing::last_part(path) == "set_defaults" =>
                {
                    goes_in |= self.to_options(call, place, places);
                    None
                }
                // A method that a subclass adds to an executor runs it on the workers.
                Thing::Method(this, _) if matches!(&**this, Thing::Made(made) if self.project.catalog.executor(&made.symbol).is_some()) => {
                    continue;
                }
                Thing::Class(class) if self.find_method(*class, "__init__").is_none() => {
                    goes_in |= self.to_field(*class, call, place, places);
                    None
                }
                Thing::Function(function, _) | Thing::Method(_, function) => Some(*function),
                Thing::Class(class) => self.find_method(*class, "__init__"),
                Thing::Symbol(symbol) if self.project.catalog.is_partial(symbol) && place.holds == Holds::It => {
                    let before = Binding { call, caller: self.open_frame(self.scope_of(call)), skip: 1, before: None, packed: None };
                    places.push(Place { before: Some(Rc::new(before)), ..place.moved(call, Holds::It) });
                    goes_in = true;
                    None
                }
                Thing::Symbol(symbol) if self.project.catalog.function(symbol).is_some() || &**symbol == "dict" => {
                    goes_in = place.holds == Holds::Several;
                    places.extend(goes_in.then(|| place.moved(call, place.holds)));
                    None
                }
                _ => None,
            };
            if let Some(function) = function
                && let Some(number) = self.parameter_taking(function, &possible.thing, call, place.at)
            {
                let mut uses = self.parameter_uses(function, number).peekable();
                goes_in |= uses.peek().is_some();
                let mut via = place.via.clone();
                via.push((function, call));
                places.extend(uses.map(|at| Place { at, via: via.clone(), ..place.clone() }));
            }
        }
        if goes_in {
            return;
        }
        if let ExprKind::Attribute { object, name, .. } = &self.expr(callee).kind
            && matches!(&**name, "append" | "add" | "insert" | "setdefault" | "update" | "extend" | "appendleft" | "put" | "put_nowait")
        {
            let object = ExprRef { file: call.file, expr: *object };
            return self.siblings(object, &place.moved(object, Holds::Several), places);
        }
        if place.holds == Holds::It {
            let skip = self.positional_after(call, place.at);
            found.push(self.landing(place, call, skip, true));
        }
    }

    /// A default of a parser's options is what the attribute of the parsed options gives.
    fn to_options(&self, call: ExprRef, place: &Place, places: &mut Vec<Place>) -> bool {
        let given = self.arguments(call).iter().find(|given| given.value == place.at.expr);
        let Some(ArgumentKind::Keyword(name)) = given.map(|given| &given.kind) else { return false };
        let before = places.len();
        let of_options = |at: &ExprRef| match self.expr(*at).kind {
            ExprKind::Attribute { object, .. } => {
                let object = self.eval_open(ExprRef { file: at.file, expr: object });
                object.iter().any(|possible| matches!(possible.thing, Thing::Options(..)))
            }
            _ => false,
        };
        places.extend(self.attribute_places(name).into_iter().filter(of_options).map(|at| place.moved(at, Holds::It)));
        places.len() > before
    }

    /// An argument of a class without an `__init__` fills the field of its name.
    fn to_field(&self, class: ScopeRef, call: ExprRef, place: &Place, places: &mut Vec<Place>) -> bool {
        let given = self.arguments(call).iter().find(|given| given.value == place.at.expr);
        let Some(ArgumentKind::Keyword(name)) = given.map(|given| &given.kind) else { return false };
        let before = places.len();
        self.attributes_of(&[class], name, place, places);
        places.len() > before
    }

    /// How many positional arguments of a call stand up to and with one of them; all where it is given by name.
    pub(super) fn positional_after(&self, call: ExprRef, argument: ExprRef) -> usize {
        let positional = self.arguments(call).iter().filter(|given| given.kind == ArgumentKind::Positional);
        let all: Vec<_> = positional.map(|given| given.value).collect();
        all.iter().position(|value| *value == argument.expr).map_or(all.len(), |position| position + 1)
    }

    /// The number of the parameter that an argument of a call fills.
    fn parameter_taking(&self, function: ScopeRef, callee: &Thing, call: ExprRef, argument: ExprRef) -> Option<usize> {
        let takes_self = match callee {
            Thing::Function(..) => false,
            _ => !self.has_decorator(function, &["staticmethod"]),
        };
        let parameters = &self.scope(function).parameters;
        let given = self.arguments(call).iter().find(|given| given.value == argument.expr)?;
        match &given.kind {
            ArgumentKind::Positional => {
                let number = self.positional_after(call, argument) - 1 + usize::from(takes_self);
                (number < parameters.len()).then_some(number)
            }
            ArgumentKind::Keyword(name) => parameters.iter().position(|parameter| parameter.name == *name),
            _ => None,
        }
    }

    /// Where a parameter is used in its function and in the functions inside.
    fn parameter_uses(&self, function: ScopeRef, number: usize) -> impl Iterator<Item = ExprRef> {
        let name = self.scope(function).parameters.get(number).map(|parameter| parameter.name.clone()).unwrap_or_default();
        self.name_uses(function, &name).into_iter()
    }

    /// Uses of a name that a scope binds, in the same file; a scope inside that binds it too has its own.
    fn name_uses(&self, owner: ScopeRef, name: &str) -> Vec<ExprRef> {
        let facts = self.project.facts(owner.file);
        let index = self.project.tables(owner.file);
        let of_owner = |scope: ScopeId| {
            let mut at = Some(scope);
            while let Some(id) = at {
                if id == owner.scope {
                    return true;
                }
                if facts.scope(id).kind != ScopeKind::Class && index.binders_of(id, name).is_some() {
                    return false;
                }
                at = facts.scope(id).parent;
            }
            false
        };
        let called = index.calls.get(name).into_iter().flatten().filter_map(|call| match facts.expr(*call).kind {
            ExprKind::Call { callee, .. } => Some(callee),
            _ => None,
        });
        let all = index
            .mentions
            .get(name)
            .into_iter()
            .flatten()
            .copied()
            .chain(called)
            .chain(index.objects.get(name).into_iter().flatten().copied());
        all.filter(|id| matches!(facts.expr(*id).kind, ExprKind::Name(_)) && of_owner(facts.expr(*id).scope))
            .take(MAX_USES)
            .map(|expr| ExprRef { file: owner.file, expr })
            .collect()
    }

    /// A value that stands at the top of a statement: what it is bound to, or who gets what the function returns.
    fn stored(&self, place: &Place, places: &mut Vec<Place>) {
        let scope_at = self.scope_of(place.at);
        let scope = self.scope(scope_at);
        for statement in &scope.statements {
            match &statement.kind {
                // `for f in functions:`, `for name, f in registry.items():`
                StatementKind::Bind { target: Target::Name(name), value, .. }
                    if place.holds == Holds::Several && self.iterates(*value, place.at) =>
                {
                    // The variable is another one in another loop.
                    let uses = self.name_uses(scope_at, name).into_iter();
                    let in_turn =
                        uses.filter(|at| self.scope_of(*at) != scope_at || scope.is_within(self.context_of(*at), statement.context));
                    places.extend(in_turn.map(|at| place.moved(at, Holds::It)));
                }
                StatementKind::Bind { target, value, .. } if *value == place.at.expr => match target {
                    Target::Name(name) => self.names(scope_at, name, place, places),
                    Target::Attribute { object, name } => {
                        self.attributes(ExprRef { file: place.at.file, expr: *object }, name, place, places);
                    }
                    Target::Subscript { object, .. } => {
                        let object = ExprRef { file: place.at.file, expr: *object };
                        self.siblings(object, &place.moved(object, Holds::Several), places);
                    }
                },
                StatementKind::Yield(value) if *value == place.at.expr && scope.kind == ScopeKind::Comprehension => {
                    let maker = self.project.tables(place.at.file).maker.get(&scope_at.scope);
                    places.extend(maker.map(|maker| place.moved(ExprRef { file: place.at.file, expr: *maker }, Holds::Several)));
                }
                StatementKind::Return(value) | StatementKind::Yield(value)
                    if *value == place.at.expr && scope.kind == ScopeKind::Function =>
                {
                    let callers = self.callers_of(scope_at);
                    places.extend(callers.iter().filter(|caller| !caller.handed_on).map(|caller| place.moved(caller.call, place.holds)));
                }
                _ => {}
            }
        }
    }

    /// Whether a bound value is an element of what an expression is, or the last part of one.
    fn iterates(&self, value: ExprId, over: ExprRef) -> bool {
        let facts = self.project.facts(over.file);
        match facts.expr(value).kind {
            ExprKind::Element(inner) => inner == over.expr,
            ExprKind::Unpacked { value, index } => {
                index > 0 && matches!(facts.expr(value).kind, ExprKind::Element(inner) if inner == over.expr)
            }
            _ => false,
        }
    }

    /// Other uses of what an expression names.
    fn siblings(&self, at: ExprRef, place: &Place, places: &mut Vec<Place>) {
        match &self.expr(at).kind {
            ExprKind::Name(name) => self.names(self.scope_of(at), name, place, places),
            ExprKind::Attribute { object, name, .. } => self.attributes(ExprRef { file: at.file, expr: *object }, name, place, places),
            _ => {}
        }
    }

    /// All uses of a name, seen from a scope that says it.
    fn names(&self, seen_from: ScopeRef, name: &str, place: &Place, places: &mut Vec<Place>) {
        let facts = self.project.facts(seen_from.file);
        let index = self.project.tables(seen_from.file);
        let binds = |id: &ScopeId| index.binders_of(*id, name).is_some();
        let Some(owner) = facts.scope_chain(seen_from.scope).find(binds) else { return };
        let owner = ScopeRef { file: seen_from.file, scope: owner };
        places.extend(self.name_uses(owner, name).into_iter().filter(|at| *at != place.at).map(|at| place.moved(at, place.holds)));
        if owner.scope != MODULE {
            return;
        }
        self.want_name(name, owner);
        for file in (0..self.project.loaded().len() as u32).filter(|file| *file != owner.file) {
            if !self.imports(file, name, owner.file) {
                continue;
            }
            let uses = self.name_uses(ScopeRef { file, scope: MODULE }, name);
            places.extend(uses.into_iter().map(|at| place.moved(at, place.holds)));
        }
        // `registry.HANDLERS[…]`, by the module's name.
        let from_outside = |at: &ExprRef| match self.expr(*at).kind {
            ExprKind::Attribute { object, .. } => {
                let object = self.eval_open(ExprRef { file: at.file, expr: object });
                object.iter().any(|possible| matches!(possible.thing, Thing::Module(file) if file == owner.file))
            }
            _ => false,
        };
        places.extend(self.attribute_places(name).into_iter().filter(from_outside).map(|at| place.moved(at, place.holds)));
    }

    /// Whether a file imports a name from another, under the same name.
    fn imports(&self, file: u32, name: &str, from: u32) -> bool {
        let Some(binders) = self.project.tables(file).binders_of(MODULE, name) else { return false };
        binders.iter().any(|binder| {
            let super::index::Binder::Statement(scope, number) = *binder else { return false };
            let StatementKind::Import(import) = &self.project.facts(file).scope(scope).statements[number as usize].kind else {
                return false;
            };
            import.item.as_deref() == Some(name)
                && self.project.find_module(file, &import.path, import.level).and_then(|entry| self.project.loaded_entry(entry))
                    == Some(from)
        })
    }

    /// All uses of an attribute of objects of the same class.
    fn attributes(&self, object: ExprRef, name: &str, place: &Place, places: &mut Vec<Place>) {
        self.attributes_of(&self.classes_of(object), name, place, places);
    }

    fn attributes_of(&self, classes: &[ScopeRef], name: &str, place: &Place, places: &mut Vec<Place>) {
        if classes.is_empty() {
            return;
        }
        if let Some(class) = classes.first() {
            self.want_name(name, *class);
        }
        let related = |at: &ExprRef| {
            let ExprKind::Attribute { object, .. } = self.expr(*at).kind else { return false };
            let others = self.classes_of(ExprRef { file: at.file, expr: object });
            others
                .iter()
                .any(|other| classes.iter().any(|class| self.ancestry(*other).0.contains(class) || self.ancestry(*class).0.contains(other)))
        };
        let uses = self.attribute_places(name).into_iter().filter(|at| *at != place.at).filter(related);
        places.extend(uses.map(|at| place.moved(at, place.holds)));
    }

    /// Attributes of a name wherever they are read.
    fn attribute_places(&self, name: &str) -> Vec<ExprRef> {
        let called = self.project.calls_named(name).iter().filter_map(|&(file, call)| match self.project.facts(file).expr(call).kind {
            ExprKind::Call { callee, .. } => Some((file, callee)),
            _ => None,
        });
        let (mentions, objects) = (self.project.mentions_of(name), self.project.objects_named(name));
        let all = mentions.iter().copied().chain(called).chain(objects.iter().copied());
        all.map(|(file, expr)| ExprRef { file, expr })
            .filter(|at| matches!(self.expr(*at).kind, ExprKind::Attribute { .. }))
            .take(MAX_USES)
            .collect()
    }

    fn classes_of(&self, object: ExprRef) -> Vec<ScopeRef> {
        self.eval_open(object)
            .into_iter()
            .filter_map(|possible| match possible.thing {
                Thing::Object(object) => Some(object.class),
                Thing::Class(class) => Some(class),
                Thing::Made(made) => made.class,
                _ => None,
            })
            .collect()
    }
}
