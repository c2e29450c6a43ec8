//! Calls: functions of the project are followed into, library calls give objects, arguments find their parameters.

use std::rc::Rc;

use super::eval::{Evaluator, MAX_FRAMES};
use super::thing::{Binding, ExprRef, Frame, Made, Object, Possible, Possibles, ScopeRef, Thing, dotted};
use crate::catalog::library::Makes;
use crate::facts::{ExprKind, ScopeKind, StatementKind};
use crate::value::Certainty;

/// Name of an attribute that the program computes.
pub const COMPUTED: &str = "<computed>";

/// The method that calling an object is.
const CALLED: &str = "__call__";

impl Evaluator<'_> {
    /// What a call gives.
    pub(super) fn call(&self, at: ExprRef, frame: &Frame) -> Possibles {
        let ExprKind::Call { callee, .. } = &self.expr(at).kind else { return vec![Possible::unknown("not a call")] };
        let callee = ExprRef { file: at.file, expr: *callee };
        if let ExprKind::Attribute { object, name, .. } = &self.expr(callee).kind {
            let object = ExprRef { file: at.file, expr: *object };
            if let Some(found) = self.super_call(object, name, at, frame) {
                return found;
            }
            if let Some(found) = self.container_call(object, name, at, frame) {
                return found;
            }
            if let Some(found) = self.builder_call(object, name, frame) {
                return found;
            }
            if let Some(found) = self.file_method(object, name, at, frame) {
                return found;
            }
            if let Some(found) = self.cell_call(object, name, at, frame) {
                return found;
            }
            if let Some(found) = self.method_of_value(object, name, at, frame) {
                return found;
            }
        }
        let mut found = Vec::new();
        for possible in self.eval(callee, frame) {
            found.extend(self.call_thing(&possible, at, frame));
        }
        found
    }

    fn call_thing(&self, callee: &Possible, at: ExprRef, frame: &Frame) -> Possibles {
        let span = self.span(at);
        match &callee.thing {
            Thing::Symbol(symbol) => self.symbol_call(symbol, at, frame),
            Thing::Function(function, outer) => self.follow(
                *function,
                outer.clone(),
                None,
                Binding { call: at, caller: frame.clone(), skip: 0, before: None, packed: None },
            ),
            Thing::Method(this, function) => {
                let this = (**this).clone();
                self.follow(
                    *function,
                    self.open_frame(*function),
                    Some(this),
                    Binding { call: at, caller: frame.clone(), skip: 0, before: None, packed: None },
                )
            }
            Thing::Partial(inner, before, before_frame) => {
                let earlier = Binding { call: *before, caller: before_frame.clone(), skip: 1, before: None, packed: None };
                let earlier = Rc::new(earlier);
                let binding = Binding { call: at, caller: frame.clone(), skip: 0, before: Some(earlier.clone()), packed: None };
                match &**inner {
                    Thing::Function(function, outer) => self.follow(*function, outer.clone(), None, binding),
                    Thing::Method(this, function) => self.follow(*function, self.open_frame(*function), Some((**this).clone()), binding),
                    Thing::Symbol(symbol) if self.project.catalog.constructor(symbol).is_some() => {
                        let symbol = symbol.clone();
                        // Without arguments of its own the call makes what the partial says.
                        let made = if self.arguments(at).is_empty() {
                            Made { symbol, site: *before, frame: before_frame.clone(), class: None, before: None }
                        } else {
                            Made { symbol, site: at, frame: frame.clone(), class: None, before: Some(earlier) }
                        };
                        vec![Possible::literal(Thing::Made(Rc::new(made)), span)]
                    }
                    _ => vec![Possible::unknown("a partial of what is not followed")],
                }
            }
            Thing::Class(class) => vec![Possible::literal(self.instance(*class, at, frame), span)],
            Thing::Object(object) => match self.find_method(object.class, CALLED) {
                Some(method) => self.follow(
                    method,
                    self.open_frame(method),
                    Some(callee.thing.clone()),
                    Binding { call: at, caller: frame.clone(), skip: 0, before: None, packed: None },
                ),
                None => vec![Possible::unknown("the result of calling an object")],
            },
            Thing::Part(made, path) => self.part_call(made, path, at, frame),
            Thing::Made(made) if self.is_named_tuple(made) => vec![Possible::literal(Thing::Mapping(at, frame.clone()), span)],
            Thing::Made(made) if self.makes_when_called(made) => self.part_call(made, &Rc::from(CALLED), at, frame),
            Thing::Made(made) => match self.project.catalog.environment(&dotted(&made.symbol, CALLED)) {
                Some(read) => self.environment_call(read, at, frame),
                None => vec![Possible::literal(Thing::Foreign(made.symbol.clone()), span)],
            },
            Thing::Foreign(symbol) => vec![Possible::literal(Thing::Foreign(symbol.clone()), span)],
            Thing::Unknown(why) => vec![Possible::unknown(why.clone())],
            _ => vec![Possible::unknown("the result of calling what is not a function")],
        }
    }

    /// What calling a class gives: an object of the project, or a library's object where the class derives from one that the catalog knows.
    fn instance(&self, class: ScopeRef, at: ExprRef, frame: &Frame) -> Thing {
        let ancestry = self.ancestry(class);
        let known = ancestry.1.iter().find(|symbol| {
            self.project.catalog.constructor(symbol).is_some()
                || self.project.catalog.limiter(symbol).is_some()
                || self.project.catalog.executor(symbol).is_some()
                || self.project.catalog.document(symbol).is_some_and(|reader| !reader.reads.is_empty())
        });
        match known {
            Some(symbol) => {
                Thing::Made(Rc::new(Made { symbol: symbol.clone(), site: at, frame: frame.clone(), class: Some(class), before: None }))
            }
            None => Thing::Object(Rc::new(Object { class, site: Some((at, frame.clone())), from: None })),
        }
    }

    /// Whether calling a library's object makes another one (`Session = sessionmaker(engine)`).
    pub(super) fn makes_when_called(&self, made: &Made) -> bool {
        self.project.catalog.constructor(&made.symbol).is_some_and(|found| found.constructor.methods.contains_key(CALLED))
    }

    fn symbol_call(&self, symbol: &Rc<str>, at: ExprRef, frame: &Frame) -> Possibles {
        let catalog = self.project.catalog;
        let span = self.span(at);
        let made = || {
            vec![Possible::literal(
                Thing::Made(Rc::new(Made { symbol: symbol.clone(), site: at, frame: frame.clone(), class: None, before: None })),
                span,
            )]
        };
        if let Some(found) = catalog.constructor(symbol) {
            return match found.constructor.makes {
                Makes::OneShot => vec![Possible::literal(Thing::Foreign(symbol.clone()), span)],
                _ => made(),
            };
        }
        if catalog.limiter(symbol).is_some() || catalog.executor(symbol).is_some() || catalog.parser(symbol).is_some() {
            return made();
        }
        if let Some(function) = catalog.function(symbol) {
            return self.number_call(function, at, frame);
        }
        if let Some(read) = catalog.environment(symbol) {
            return self.environment_call(read, at, frame);
        }
        if let Some(parser) = catalog.parser_defined_by(symbol) {
            return self.defined_flag(parser, at);
        }
        if let Some(option) = catalog.option(symbol) {
            return self.option_default(option, at, frame);
        }
        if self.is_provider(symbol) {
            let function = self.positional(at, 0).map(|function| self.eval(function, frame)).unwrap_or_default();
            return function.iter().flat_map(|possible| self.made_by(possible, at, frame)).collect();
        }
        if let Some(call) = catalog.file(symbol) {
            return self.file_call(call, at, frame);
        }
        if let Some(reader) = catalog.document(symbol).filter(|reader| reader.reads.is_empty()) {
            return self.document_call(reader, at, frame);
        }
        match &**symbol {
            "dict" => vec![Possible::literal(Thing::Mapping(at, frame.clone()), span)],
            "functools.partial" => self.partial(at, frame),
            "vars" | "copy.copy" | "copy.deepcopy" | "typing.cast" | "contextlib.closing" | "contextlib.aclosing" => {
                let position = usize::from(&**symbol == "typing.cast");
                self.positional(at, position)
                    .map_or_else(|| vec![Possible::unknown("a call without its argument")], |argument| self.eval(argument, frame))
            }
            "dataclasses.replace" | "attr.evolve" | "attrs.evolve" | "copy.replace" => match self.positional(at, 0) {
                Some(object) => self.eval(object, frame).into_iter().map(|possible| self.changed_copy(possible, at, frame)).collect(),
                None => vec![Possible::unknown("a call without its argument")],
            },
            "getattr" => self.getattr(at, frame),
            _ => made(),
        }
    }

    fn partial(&self, at: ExprRef, frame: &Frame) -> Possibles {
        let Some(function) = self.positional(at, 0) else { return vec![Possible::unknown("a partial of nothing")] };
        self.eval(function, frame)
            .into_iter()
            .map(|possible| match possible.thing {
                Thing::Unknown(_) => possible,
                thing => Possible::literal(Thing::Partial(Rc::new(thing), at, frame.clone()), self.span(at)),
            })
            .collect()
    }

    fn getattr(&self, at: ExprRef, frame: &Frame) -> Possibles {
        let (Some(object), Some(name)) = (self.positional(at, 0), self.positional(at, 1)) else {
            return vec![Possible::unknown("`getattr` without arguments")];
        };
        let mut found = Vec::new();
        for name in self.eval(name, frame) {
            let Thing::Text(name) = name.thing else {
                // Whatever it is called: a part of the same client.
                let parts = self.eval(object, frame).into_iter().filter_map(|possible| match possible.thing {
                    Thing::Made(made) if self.project.catalog.constructor(&made.symbol).is_some() => {
                        Some(Possible::literal(Thing::Part(made, Rc::from(COMPUTED)), self.span(at)))
                    }
                    _ => None,
                });
                found.extend(parts);
                continue;
            };
            for possible in self.eval(object, frame) {
                found.extend(self.member(&possible, &name, at, frame));
            }
        }
        if found.is_empty() {
            found.push(Possible::unknown("an attribute whose name is computed"));
        }
        if found.iter().all(Possible::is_unknown)
            && let Some(default) = self.positional(at, 2)
        {
            return self.eval(default, frame).into_iter().map(|possible| possible.at_most(Certainty::Default)).collect();
        }
        found
    }

    /// A method call on a library's object.
    fn part_call(&self, made: &Rc<Made>, path: &Rc<str>, at: ExprRef, frame: &Frame) -> Possibles {
        let catalog = self.project.catalog;
        let span = self.span(at);
        let whole = dotted(&made.symbol, path);
        if let Some(found) = catalog.constructor(&made.symbol) {
            let is_setter = || self.is_rust(at.file) && found.constructor.setters.iter().any(|setter| *setter.method == **path);
            if found.constructor.passes.iter().any(|method| **method == **path) || is_setter() {
                return vec![Possible::literal(Thing::Made(made.clone()), span)];
            }
            if let Some(target) = found.constructor.methods.get(&**path) {
                let target: Rc<str> = Rc::from(target.replace("::", "."));
                return vec![Possible::literal(
                    Thing::Made(Rc::new(Made { symbol: target, site: at, frame: frame.clone(), class: None, before: None })),
                    span,
                )];
            }
        }
        // A builder of an executor goes on with the same one: `ThreadPoolBuilder::new().num_threads(8).build()`.
        if self.is_rust(at.file)
            && catalog.executor(&made.symbol).is_some_and(|executor| executor.method.is_some() && !executor.submits_by(path))
        {
            return vec![Possible::literal(Thing::Made(made.clone()), span)];
        }
        // A place that is taken stands for what it is taken of.
        if catalog.takes_place(&made.symbol, path) {
            return vec![Possible::literal(Thing::Part(made.clone(), path.clone()), span)];
        }
        if let Some(parser) = catalog.parser(&made.symbol) {
            let method = super::thing::last_part(path);
            if parser.parses.iter().any(|name| name == method) {
                return vec![Possible::literal(Thing::Options(made.site, made.frame.clone()), span)];
            }
            if parser.passes.iter().any(|name| name == method) {
                return vec![Possible::literal(Thing::Made(made.clone()), span)];
            }
        }
        if let Some(found) = self.value_read_by(made, path, at, frame) {
            return found;
        }
        if matches!(super::thing::last_part(path), "__aenter__" | "__enter__" | "start" | "open") && !path.contains('.') {
            return vec![Possible::literal(Thing::Made(made.clone()), span)];
        }
        self.symbol_call(&whole, at, frame)
            .into_iter()
            .map(|possible| match possible.thing {
                Thing::Made(inner) if catalog.constructor(&inner.symbol).is_none() && catalog.limiter(&inner.symbol).is_none() => {
                    Possible::literal(Thing::Foreign(whole.clone()), span)
                }
                _ => possible,
            })
            .collect()
    }

    /// `super().name(…)`: the base's method on the same object.
    fn super_call(&self, object: ExprRef, name: &str, at: ExprRef, frame: &Frame) -> Option<Possibles> {
        let method = self.super_target(object, name)?;
        let Some((method, this_scope)) = method else { return Some(vec![Possible::unknown("a method of a library's base class")]) };
        let this = self.this_of(this_scope, frame);
        Some(self.follow(
            method,
            self.open_frame(method),
            Some(this),
            Binding { call: at, caller: frame.clone(), skip: 0, before: None, packed: None },
        ))
    }

    /// What `super().name` names: the base's method and the method that says `super`. `Some(None)`: a base outside the project.
    #[allow(clippy::type_complexity)]
    pub(super) fn super_target(&self, object: ExprRef, name: &str) -> Option<Option<(ScopeRef, ScopeRef)>> {
        if !self.is_super(object) {
            return None;
        }
        let (method, class) = self.enclosing_method(self.scope_of(object))?;
        Some(self.ancestry(class).0.iter().skip(1).find_map(|base| self.own_method(*base, name)).map(|found| (found, method)))
    }

    /// Whether an expression is `super()`.
    pub(super) fn is_super(&self, at: ExprRef) -> bool {
        let ExprKind::Call { callee, .. } = &self.expr(at).kind else { return false };
        matches!(&self.project.facts(at.file).expr(*callee).kind, ExprKind::Name(called) if &**called == "super")
    }

    /// The method and class around a scope.
    pub fn enclosing_method(&self, scope: ScopeRef) -> Option<(ScopeRef, ScopeRef)> {
        let index = self.project.tables(scope.file);
        let mut at = Some(scope.scope);
        while let Some(id) = at {
            if let Some(class) = index.class_of.get(&id) {
                let class = self.whole_class(ScopeRef { file: scope.file, scope: *class });
                return Some((ScopeRef { file: scope.file, scope: id }, class));
            }
            at = self.project.facts(scope.file).scope(id).parent;
        }
        None
    }

    /// Whether an expression is the first parameter of a method by name: the object that the method is called on.
    pub(super) fn is_receiver(&self, at: ExprRef, method: ScopeRef) -> bool {
        let first = self.scope(method).parameters.first();
        matches!((&self.expr(at).kind, first), (ExprKind::Name(name), Some(first)) if *name == first.name)
    }

    /// Whether an expression is the object whose method runs in a scope.
    pub fn is_own_object(&self, at: ExprRef, scope: ScopeRef) -> bool {
        self.enclosing_method(scope).is_some_and(|(method, _)| self.is_receiver(at, method))
    }

    /// What the first parameter of a method is in a frame.
    pub(super) fn this_of(&self, method: ScopeRef, frame: &Frame) -> Thing {
        let frame = self.frame_for(method, frame);
        if let Some(this) = &frame.0.this {
            return this.clone();
        }
        match self.enclosing_method(method) {
            Some((_, class)) => Thing::Object(Rc::new(Object { class, site: None, from: None })),
            None => Thing::Unknown("no object".into()),
        }
    }

    /// A frame of a method with its object, and its arguments where a call is known.
    pub(super) fn method_frame(&self, method: ScopeRef, this: Thing, call: Option<(ExprRef, Frame)>, near: &Frame) -> Frame {
        let unbound = matches!(&this, Thing::Object(object) if object.site.is_none()) && call.is_none();
        if unbound || near.0.depth >= MAX_FRAMES {
            return self.open_frame(method);
        }
        let outer = self.open_frame(method).0.outer.clone();
        let call = call.map(|(call, caller)| Binding { call, caller, skip: 0, before: None, packed: None });
        self.frame(method, outer, call, Some(this), near.0.depth + 1)
    }

    /// The activation of a function by a call, with the object it is called on.
    pub fn activation(&self, function: ScopeRef, call: Binding, this: Option<Thing>) -> Frame {
        let open = self.open_frame(function);
        // A closure sees the activation of the function around it, where the caller stands in that.
        let outer = self.scope(function).parent.map(|parent| self.frame_for(ScopeRef { file: function.file, scope: parent }, &call.caller));
        let depth = call.caller.0.depth + 1;
        if depth > MAX_FRAMES {
            return open;
        }
        self.frame(function, outer, Some(call), this, depth)
    }

    /// Follows a call into a function of the project.
    fn follow(&self, function: ScopeRef, outer: Frame, this: Option<Thing>, call: Binding) -> Possibles {
        let at = self.span(call.call);
        let depth = call.caller.0.depth + 1;
        if depth > MAX_FRAMES {
            return vec![Possible::unknown("calls nested too deeply")];
        }
        // Functions that call each other could be followed in as many ways as their calls can be put in a row.
        if call.callers().any(|frame| frame.scope() == function) {
            return vec![Possible::unknown("depends on itself")];
        }
        let scope = self.scope(function);
        let outer = match this {
            Some(_) => self.open_frame(function).0.outer.clone(),
            None if outer.scope() == function => outer.0.outer.clone(),
            None => Some(outer),
        };
        let this = if self.has_decorator(function, &["staticmethod"]) { None } else { this };
        let known = self.activations();
        let frame = self.frame(function, outer, Some(call), this, depth);
        if self.activations() > known && !self.memory.may_enter(function) {
            self.memory.told_less(0);
            return vec![Possible::unknown("called in more ways than are followed")];
        }
        let yields = scope.statements.iter().any(|statement| matches!(statement.kind, StatementKind::Yield(_)));
        if yields && scope.kind == ScopeKind::Function {
            return vec![Possible::literal(Thing::Generator(function, frame), at)];
        }
        self.results(function, &frame)
    }
}
