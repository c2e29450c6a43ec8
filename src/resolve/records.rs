//! Struct literals of Rust, and methods of values whose result is known (`unwrap_or`, `min`, `clone`).

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::arguments::is_opaque;
use super::eval::{Evaluator, MAX_NESTING};
use super::numbers::{as_number, combine, extreme_of};
use super::thing::{ExprRef, Frame, Made, Object, Possible, Possibles, ScopeRef, Thing};
use crate::catalog::concurrency::{Gives, MethodGives};
use crate::facts::{ExprKind, Name, Operator, StatementKind, Target};
use crate::value::{Certainty, MAX_ALTERNATIVES};

/// Answers for a field of any object of a type; nothing for what is being asked.
pub(super) type OpenFields = FxHashMap<(ScopeRef, Rc<str>), Option<Rc<Possibles>>>;

impl Evaluator<'_> {
    /// `Path { field: value }`: an object of the project's type, or of a library's that the catalog knows.
    pub(super) fn record(&self, at: ExprRef, path: ExprRef, frame: &Frame) -> Possibles {
        let mut found = Vec::new();
        for possible in self.eval(path, frame) {
            let thing = match possible.thing {
                Thing::Class(class) => Thing::Object(Rc::new(Object { class, site: Some((at, frame.clone())), from: None })),
                Thing::Symbol(symbol) => Thing::Made(Rc::new(Made { symbol, site: at, frame: frame.clone(), class: None, before: None })),
                other => other,
            };
            found.push(Possible::literal(thing, self.span(at)));
        }
        found
    }

    /// A field of an object that struct literals make: of the one at hand, else of all that make its type.
    pub(super) fn record_field(&self, object: &Rc<Object>, name: &str) -> Possibles {
        // A method is none of its fields: it keeps the object that it is called on.
        if !self.is_rust(object.class.file) || !self.has_field(object.class, name) {
            return Vec::new();
        }
        if let Some((site, frame)) = &object.site
            && let ExprKind::Record { .. } = self.expr(*site).kind
        {
            return self.field_at(*site, frame, name);
        }
        if let Some((site, frame)) = &object.site
            && self.begins_builder(*site)
            && self.has_builder(object.class)
        {
            return self.built_field(*site, frame, name).unwrap_or_else(|| self.declared_field(object.class, name));
        }
        let key = (object.class, Rc::from(name));
        match self.open_fields.borrow().get(&key) {
            Some(Some(known)) => return (**known).clone(),
            // `Config { a: 1, ..config }`: what `config` has is among what all literals of the type say.
            Some(None) => {
                self.memory.told_less(0);
                return Vec::new();
            }
            None => {}
        }
        self.open_fields.borrow_mut().insert(key.clone(), None);
        let (found, is_whole) = self.memory.settled(|| self.open_field(object.class, name));
        match is_whole {
            true => self.open_fields.borrow_mut().insert(key, Some(Rc::new(found.clone()))),
            false => self.open_fields.borrow_mut().remove(&key),
        };
        found
    }

    /// Whether a type declares a field.
    pub(super) fn has_field(&self, class: ScopeRef, name: &str) -> bool {
        self.fields_of(class).any(|(field, _)| &**field == name)
    }

    /// The fields that a type declares, each with its type.
    pub(super) fn fields_of(&self, class: ScopeRef) -> impl Iterator<Item = (&Name, ExprRef)> {
        self.scope(class).statements.iter().filter_map(move |statement| match &statement.kind {
            StatementKind::Bind { target: Target::Name(name), annotation: Some(annotation), .. } => {
                Some((name, ExprRef { file: class.file, expr: *annotation }))
            }
            _ => None,
        })
    }

    /// A field of any object of a type: what each literal that makes one says.
    fn open_field(&self, class: ScopeRef, name: &str) -> Possibles {
        let class_name = &self.scope(class).name;
        let mut found = Vec::new();
        for (file, record) in self.project.records_of(class_name) {
            let record = ExprRef { file, expr: record };
            let ExprKind::Record { path, .. } = self.expr(record).kind else { continue };
            let makes = self
                .eval_open(ExprRef { file, expr: path })
                .iter()
                .any(|possible| matches!(possible.thing, Thing::Class(made) if made == class));
            let is_test = self.is_test_code(record) && !self.is_in_test(class);
            if makes && !is_test && found.len() < MAX_ALTERNATIVES * 2 {
                found.extend(self.field_at(record, &self.open_frame(self.scope_of(record)), name));
            }
        }
        for begins in self.builders_of(class) {
            let is_test = self.is_test_code(begins) && !self.is_in_test(class);
            if !is_test && found.len() < MAX_ALTERNATIVES * 2 {
                found.extend(self.built_field(begins, &self.open_frame(self.scope_of(begins)), name).unwrap_or_default());
            }
        }
        if found.iter().all(is_opaque) {
            let declared = self.declared_field(class, name);
            if !declared.iter().all(Possible::is_unknown) {
                return declared;
            }
            found.extend(declared);
        }
        found
    }

    /// A field whose attribute declares its value (`#[arg(default_value_t = 5)]`), for types that a parser fills.
    fn declared_field(&self, class: ScopeRef, name: &str) -> Possibles {
        let frame = self.open_frame(class);
        let declared = self.class_member(class, name, &Thing::Nothing, &frame).unwrap_or_default();
        if !declared.iter().all(Possible::is_unknown) {
            return declared;
        }
        let shipped = self.shipped(class, name);
        if !shipped.is_empty() {
            return shipped;
        }
        let typed = self.fields_of(class).find(|(field, _)| &***field == name).and_then(|(_, annotation)| self.typed(annotation));
        typed.unwrap_or(declared)
    }

    fn field_at(&self, record: ExprRef, frame: &Frame, name: &str) -> Possibles {
        // `..rest` of the same type, in a circle.
        if self.nesting.get() >= MAX_NESTING {
            return Vec::new();
        }
        self.nesting.set(self.nesting.get() + 1);
        let found = self.field_of(record, frame, name);
        self.nesting.set(self.nesting.get() - 1);
        found
    }

    fn field_of(&self, record: ExprRef, frame: &Frame, name: &str) -> Possibles {
        let ExprKind::Record { path, fields, rest } = &self.expr(record).kind else { return Vec::new() };
        let part = |id| ExprRef { file: record.file, expr: id };
        if let Some((_, value)) = fields.iter().find(|(field, _)| &**field == name) {
            let span = self.span(part(*value));
            return self
                .eval(part(*value), frame)
                .into_iter()
                .map(|possible| possible.through(span).after(span, format!("field `{name}`")))
                .collect();
        }
        let Some(rest) = rest else { return Vec::new() };
        for possible in self.eval(part(*rest), frame) {
            if let Thing::Object(object) = &possible.thing {
                return self.record_field(object, name);
            }
        }
        // `..Default::default()`: what the type's own `default` makes.
        for possible in self.eval(part(*path), frame) {
            if let Thing::Class(class) = possible.thing
                && let Some(default) = self.own_method(class, "default")
            {
                for made in self.results(default, &self.open_frame(default)) {
                    if let Thing::Object(object) = &made.thing
                        && object.site.as_ref().is_none_or(|(site, _)| *site != record)
                    {
                        return self.record_field(object, name).into_iter().map(|possible| possible.at_most(Certainty::Default)).collect();
                    }
                }
            }
        }
        Vec::new()
    }

    /// A method whose result the catalog knows from what it is called on, unless a type of the project has one of that name.
    pub(super) fn method_of_value(&self, object: ExprRef, name: &str, at: ExprRef, frame: &Frame) -> Option<Possibles> {
        let language = self.project.facts(at.file).language;
        let method = self.project.catalog.number_method(language, name)?;
        if method.arguments.is_some_and(|arguments| arguments != self.arguments(at).len()) {
            return None;
        }
        let receiver = self.eval(object, frame);
        let is_own = |thing: &Thing| match thing {
            Thing::Object(object) => self.find_method(object.class, name).is_some(),
            Thing::Class(_) | Thing::Module(_) | Thing::Symbol(_) => true,
            Thing::Made(made) => {
                let catalog = self.project.catalog;
                catalog.constructor(&made.symbol).is_some_and(|found| found.constructor.methods.contains_key(name))
                    || catalog.takes_place(&made.symbol, name)
            }
            _ => false,
        };
        if receiver.iter().any(|possible| is_own(&possible.thing)) {
            return None;
        }
        let argument = |position| self.positional(at, position);
        let span = self.span(at);
        let missing = |possible: &Possible| matches!(possible.thing, Thing::Nothing | Thing::Unknown(_));
        let or_else = |otherwise: Possibles| {
            let certain = receiver.iter().all(|possible| !missing(possible));
            let mut found: Possibles = receiver.iter().filter(|possible| !missing(possible)).cloned().map(as_number).collect();
            if !certain {
                found.extend(otherwise.into_iter().map(|possible| possible.at_most(Certainty::Default)));
            }
            if found.is_empty() {
                found.push(Possible::unknown("what it is called on is not known"));
            }
            found
        };
        let pairwise = |other: ExprRef, join: &dyn Fn(&Possible, &Possible) -> Possible| {
            let others = self.eval(other, frame);
            let pairs = receiver.iter().flat_map(|one| others.iter().map(move |other| (one, other)));
            pairs.take(MAX_ALTERNATIVES).map(|(one, other)| join(one, other)).collect::<Possibles>()
        };
        let arithmetic = |operator: Operator| argument(0).map(|other| pairwise(other, &|one, other| combine(operator, one, other, span)));
        match method.gives {
            MethodGives::Same => Some(receiver.into_iter().map(as_number).collect()),
            MethodGives::OrDefault => Some(or_else(self.eval(argument(0)?, frame))),
            MethodGives::OrResult => {
                let otherwise = argument(0)?;
                // `size().unwrap_or_else(|_| panic!())` gives up where there is none.
                let gives_up = |possible: &Possible| match possible.thing {
                    Thing::Function(function, _) => !self.project.tables(function.file).returns.contains_key(&function.scope),
                    _ => false,
                };
                let gives_up = self.eval(otherwise, frame).iter().all(gives_up);
                Some(or_else(if gives_up { Vec::new() } else { self.result_of(otherwise, frame) }))
            }
            MethodGives::OrZero => Some(or_else(vec![Possible::literal(Thing::Number(0.0), span)])),
            MethodGives::DefaultOrResult => {
                Some(self.eval(argument(0)?, frame).into_iter().map(|possible| possible.at_most(Certainty::Default)).collect())
            }
            MethodGives::Result => {
                if receiver.iter().any(|possible| matches!(possible.thing, Thing::Sequence(..))) {
                    return Some(receiver);
                }
                // What a closure makes of a number: its own result, where it has one without it.
                Some(self.result_of(argument(0)?, frame))
            }
            MethodGives::Least => argument(0).map(|other| pairwise(other, &|one, other| extreme_of(Gives::Least, one, other, span))),
            MethodGives::Greatest => argument(0).map(|other| pairwise(other, &|one, other| extreme_of(Gives::Greatest, one, other, span))),
            MethodGives::Clamp => {
                let (low, high) = (self.eval(argument(0)?, frame), self.eval(argument(1)?, frame));
                let (low, high) = (low.first()?, high.first()?);
                Some(
                    receiver.iter().map(|one| extreme_of(Gives::Least, &extreme_of(Gives::Greatest, one, low, span), high, span)).collect(),
                )
            }
            MethodGives::Add => arithmetic(Operator::Add),
            MethodGives::Subtract => arithmetic(Operator::Subtract),
            MethodGives::Multiply => arithmetic(Operator::Multiply),
            MethodGives::Divide => arithmetic(Operator::FloorDivide),
            MethodGives::Length => Some(vec![self.count(object, frame)]),
            MethodGives::SameLength => Some(receiver),
            MethodGives::FirstElements => {
                let most = self.eval(argument(0)?, frame).into_iter().map(as_number).next()?;
                Some(vec![Possible { thing: Thing::Sequence(at, frame.clone()), ..most }])
            }
            MethodGives::Groups => Some(vec![Possible::literal(Thing::Sequence(at, frame.clone()), span)]),
        }
    }

    /// What a closure or function gives when it is called.
    pub(super) fn result_of(&self, function: ExprRef, frame: &Frame) -> Possibles {
        let mut found = Vec::new();
        for possible in self.eval(function, frame) {
            match &possible.thing {
                Thing::Function(function, outer) => {
                    let given = self.results(*function, &self.frame_for(*function, outer));
                    found.extend(given.into_iter().flat_map(|possible| self.awaited(possible)));
                }
                Thing::Method(_, function) => found.extend(self.results(*function, &self.open_frame(*function))),
                Thing::Symbol(symbol) => {
                    match self.project.catalog.function(symbol).map(|function| (function.gives, function.low, function.high)) {
                        Some((Gives::Range, low, high)) => found.push(Possible::literal(Thing::Between(low, high), self.span(function))),
                        _ => found.push(Possible::unknown(format!("what `{symbol}` gives"))),
                    }
                }
                _ => found.push(Possible::unknown("the result of a function that is not followed")),
            }
        }
        found
    }

    /// What an `async` block gives that a closure has as its result: `|| async { connect().await }`.
    fn awaited(&self, result: Possible) -> Possibles {
        match &result.thing {
            Thing::Function(block, outer) if self.scope(*block).is_async && self.scope(*block).parameters.is_empty() => {
                self.results(*block, &self.frame_for(*block, outer))
            }
            _ => vec![result],
        }
    }
}
