//! Arguments and parameters: which argument reaches a parameter, and what the parameter is where no call is known.

use std::rc::Rc;

use super::eval::Evaluator;
use super::thing::{Binding, ExprRef, Frame, Made, Object, Possible, Possibles, ScopeRef, Thing};
use crate::catalog::library::Makes;
use crate::facts::{Argument, ArgumentKind, ExprKind, ParameterKind};
use crate::value::{Certainty, How};

impl Evaluator<'_> {
    /// The positional argument number `position` of a call, where no spread stands before it.
    pub fn positional(&self, call: ExprRef, position: usize) -> Option<ExprRef> {
        let ExprKind::Call { arguments, .. } = &self.expr(call).kind else { return None };
        let mut seen = 0;
        for argument in arguments {
            match argument.kind {
                ArgumentKind::Positional if seen == position => return Some(ExprRef { file: call.file, expr: argument.value }),
                ArgumentKind::Positional => seen += 1,
                ArgumentKind::Spread => return None,
                _ => {}
            }
        }
        None
    }

    /// The keyword argument of a call.
    pub fn keyword(&self, call: ExprRef, name: &str) -> Option<ExprRef> {
        if let ExprKind::Record { fields, .. } = &self.expr(call).kind {
            return fields.iter().find(|(field, _)| &**field == name).map(|(_, value)| ExprRef { file: call.file, expr: *value });
        }
        self.arguments(call).iter().find_map(|argument| match &argument.kind {
            ArgumentKind::Keyword(given) if &**given == name => Some(ExprRef { file: call.file, expr: argument.value }),
            _ => None,
        })
    }

    /// All arguments of a call.
    pub(super) fn arguments(&self, call: ExprRef) -> &[Argument] {
        match &self.expr(call).kind {
            ExprKind::Call { arguments, .. } => arguments,
            _ => &[],
        }
    }

    /// What the method of a call is called on.
    pub fn receiver(&self, call: ExprRef) -> Option<ExprRef> {
        let ExprKind::Call { callee, .. } = self.expr(call).kind else { return None };
        let ExprKind::Attribute { object, .. } = self.project.facts(call.file).expr(callee).kind else { return None };
        Some(ExprRef { file: call.file, expr: object })
    }

    /// The name of the method that a call is of; `None` for other calls, and for what is none.
    pub fn method_name(&self, call: ExprRef) -> Option<&str> {
        let ExprKind::Call { callee, .. } = self.expr(call).kind else { return None };
        match &self.project.facts(call.file).expr(callee).kind {
            ExprKind::Attribute { name, .. } => Some(name),
            _ => None,
        }
    }

    /// The argument of a call for a parameter, by name, position or inside `**`; `None` where the call does not give it.
    pub fn argument(&self, call: ExprRef, frame: &Frame, position: Option<usize>, name: &str) -> Option<Possibles> {
        if let Some(given) = self.keyword(call, name) {
            let said = format!("passed as `{name}={}`", self.project.sources.slice(self.span(given)).lines().next().unwrap_or(""));
            return Some(self.eval(given, frame).into_iter().map(|possible| possible.after(self.span(given), said.clone())).collect());
        }
        if let Some(given) = position.and_then(|position| self.positional(call, position)) {
            let said = format!("passed as {}", self.snippet(self.span(given)));
            return Some(self.eval(given, frame).into_iter().map(|possible| possible.after(self.span(given), said.clone())).collect());
        }
        for argument in self.arguments(call) {
            if argument.kind != ArgumentKind::KeywordSpread {
                continue;
            }
            let spread = ExprRef { file: call.file, expr: argument.value };
            for possible in self.eval(spread, frame) {
                if let Some(found) = self.under_key(&possible, name) {
                    return Some(
                        found
                            .into_iter()
                            .map(|possible| possible.after(self.span(spread), format!("unpacked from {}", self.snippet(self.span(spread)))))
                            .collect(),
                    );
                }
            }
        }
        None
    }

    /// What a parameter is in a frame: the argument of its call, else the arguments of all callers, else its default.
    pub(super) fn parameter(&self, function: ScopeRef, number: usize, frame: &Frame) -> Possibles {
        let scope = self.scope(function);
        let parameter = &scope.parameters[number];
        let is_method = self.takes_self(function);
        if is_method && number == 0 {
            let this = self.this_of(function, frame);
            let thing = match (&this, self.has_decorator(function, &["classmethod"])) {
                (Thing::Object(object), true) => Thing::Class(object.class),
                _ => this,
            };
            return vec![Possible::literal(thing, parameter.span)];
        }
        let position = number - usize::from(is_method);
        if let Some(binding) = &frame.0.call {
            if let Some(found) = self.bound_argument(binding, position, parameter.kind, &parameter.name) {
                let typed = if found.iter().all(is_opaque) { self.annotated(function, number) } else { None };
                return typed.unwrap_or_else(|| {
                    found.into_iter().map(|possible| possible.given_by(How::Parameter).through(parameter.span)).collect()
                });
            }
            return self.parameter_default(function, number, frame);
        }
        let callers = self.callers_of(function);
        let mut found = Vec::new();
        let mut left_out = callers.is_empty();
        let more = self.has_more_callers(function);
        for caller in callers.iter() {
            match self.bound_argument(&caller.binding, position, parameter.kind, &parameter.name) {
                Some(given) => found.extend(given.into_iter().map(|possible| possible.given_by(How::Parameter).through(parameter.span))),
                None => left_out = true,
            }
        }
        if !found.is_empty()
            && found.iter().all(is_opaque)
            && let Some(typed) = self.provided(function, number).or_else(|| self.annotated(function, number))
        {
            return typed;
        }
        if left_out || found.iter().all(Possible::is_unknown) {
            let default = self.parameter_default(function, number, frame);
            let default_is_known = default.iter().any(|possible| !possible.is_unknown());
            // A default of `None` says nothing of what callers give that is not known.
            if default_is_known && default.iter().any(|possible| !matches!(possible.thing, Thing::Nothing)) {
                found.retain(|possible| !possible.is_unknown());
            }
            if found.is_empty() || default_is_known {
                found.extend(default);
            }
        }
        if more {
            found.push(Possible::unknown("more callers than are followed"));
        }
        found
    }

    /// Whether the first parameter of a function is the object that it is called on.
    pub fn takes_self(&self, function: ScopeRef) -> bool {
        if self.is_rust(function.file) {
            return self.scope(function).parameters.first().is_some_and(|first| &*first.name == "self");
        }
        self.project.tables(function.file).class_of.contains_key(&function.scope) && !self.has_decorator(function, &["staticmethod"])
    }

    pub(super) fn bound_argument(&self, binding: &Binding, position: usize, kind: ParameterKind, name: &str) -> Option<Possibles> {
        match kind {
            ParameterKind::Rest => return None,
            ParameterKind::KeywordRest => {
                let span = self.span(binding.call);
                return Some(vec![Possible::literal(Thing::Mapping(binding.call, binding.caller.clone()), span)]);
            }
            _ => {}
        }
        if let Some(packed) = binding.packed {
            let ExprKind::List(items) = &self.expr(packed).kind else { return None };
            let item = ExprRef { file: packed.file, expr: *items.get(position)? };
            return Some(self.eval(item, &binding.caller));
        }
        let mut given_before = 0;
        if let Some(before) = &binding.before {
            let positionals = self.arguments(before.call).iter().filter(|argument| argument.kind == ArgumentKind::Positional).count();
            given_before = positionals.saturating_sub(before.skip);
            let own = if position < given_before { Some(position + before.skip) } else { None };
            let later = self.keyword(binding.call, name);
            if later.is_none()
                && let Some(found) = self.argument(before.call, &before.caller, own, name)
            {
                return Some(found);
            }
        }
        let own = (kind != ParameterKind::Keyword && position >= given_before).then(|| position - given_before + binding.skip);
        self.argument(binding.call, &binding.caller, own, name)
    }

    fn parameter_default(&self, function: ScopeRef, number: usize, frame: &Frame) -> Possibles {
        let scope = self.scope(function);
        let parameter = &scope.parameters[number];
        if let Some(found) = self.declared_option(function, &parameter.name) {
            return found;
        }
        match (parameter.default, parameter.kind) {
            (Some(default), _) => {
                let default = ExprRef { file: function.file, expr: default };
                let said = format!("default of `{}` in `{}`", parameter.name, scope.name);
                self.eval(default, frame)
                    .into_iter()
                    .map(|possible| {
                        possible
                            .given_by(How::Parameter)
                            .at_most(Certainty::Default)
                            .through(parameter.span)
                            .after(parameter.span, said.clone())
                    })
                    .collect()
            }
            (None, ParameterKind::KeywordRest | ParameterKind::Rest) => {
                vec![Possible::literal(Thing::Foreign("arguments".into()), parameter.span)]
            }
            (None, _) => {
                let annotated = self.provided(function, number).or_else(|| self.annotated(function, number));
                annotated.unwrap_or_else(|| {
                    vec![Possible::unknown(format!("nobody in the scanned files passes `{}` to `{}`", parameter.name, scope.name))]
                })
            }
        }
    }

    /// An object of the annotated class, where a parameter names a class of the project and nothing else is known.
    fn annotated(&self, function: ScopeRef, number: usize) -> Option<Possibles> {
        let annotation = self.scope(function).parameters[number].annotation?;
        self.typed(ExprRef { file: function.file, expr: annotation })
    }

    /// Any object of the class that a type names, looked for inside `Arc<T>`, `Optional[T]` and the like.
    pub(super) fn typed(&self, at: ExprRef) -> Option<Possibles> {
        if let ExprKind::Subscript { index, .. } = self.expr(at).kind
            && !matches!(self.expr(ExprRef { file: at.file, expr: index }).kind, ExprKind::List(_))
        {
            return self.typed(ExprRef { file: at.file, expr: index });
        }
        let named = self.eval_open(at);
        // `Annotated[T, …]` under a name of its own.
        if let [Possible { thing: Thing::Sequence(list, _), .. }] = named.as_slice() {
            let ExprKind::List(items) = &self.expr(*list).kind else { return None };
            return items.first().and_then(|first| self.typed(ExprRef { file: list.file, expr: *first }));
        }
        let any_of = |thing| Possible::literal(thing, self.span(at)).at_most(Certainty::Assumed);
        let makes_clients =
            |symbol: &str| self.project.catalog.constructor(symbol).is_some_and(|found| found.constructor.makes == Makes::Factory);
        let classes: Possibles = named
            .into_iter()
            .filter_map(|possible| match possible.thing {
                Thing::Class(class) => Some(any_of(Thing::Object(Rc::new(Object { class, site: None, from: None })))),
                // What owns nothing may be made anywhere: the clients that it makes are made here.
                Thing::Symbol(symbol) if makes_clients(&symbol) => {
                    let frame = self.open_frame(self.scope_of(at));
                    Some(any_of(Thing::Made(Rc::new(Made { symbol, site: at, frame, class: None, before: None }))))
                }
                _ => None,
            })
            .collect();
        (!classes.is_empty()).then_some(classes)
    }
}

/// Whether nothing is known of a thing but perhaps the library that it comes from.
pub(super) fn is_opaque(possible: &Possible) -> bool {
    matches!(possible.thing, Thing::Unknown(_) | Thing::Foreign(_) | Thing::Part(..))
}
