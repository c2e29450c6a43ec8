//! Fields of data classes: what the constructor's arguments fill, and copies with other values.

use std::rc::Rc;

use super::eval::Evaluator;
use super::thing::{ExprRef, Frame, Object, Possible, Possibles, ScopeRef, Thing};
use crate::catalog::origins::OptionPlace;
use crate::facts::{ExprKind, Name, StatementKind, Target};
use crate::text::Span;
use crate::value::{Certainty, How};

impl Evaluator<'_> {
    /// Classes without an `__init__`: the field that a constructor's argument fills, by name or position.
    pub(super) fn field_argument(&self, object: &Rc<Object>, classes: &[ScopeRef], name: &str) -> Possibles {
        if self.is_rust(object.class.file) || classes.iter().any(|class| self.own_method(*class, "__init__").is_some()) {
            return Vec::new();
        }
        let tuple = classes.iter().find_map(|class| self.tuple_below(*class));
        let declared = tuple.iter().flat_map(|tuple| self.tuple_fields(tuple).into_iter().map(|field| (field, self.span(tuple.site))));
        let mut fields: Vec<(Name, Span)> = declared.collect();
        for class in classes.iter().rev() {
            for statement in &self.scope(*class).statements {
                if let StatementKind::Bind { target: Target::Name(field), annotation, value } = &statement.kind
                    && (annotation.is_some() || self.is_field(ExprRef { file: class.file, expr: *value }))
                {
                    fields.retain(|(known, _)| known != field);
                    fields.push((field.clone(), statement.span));
                }
            }
        }
        let Some(position) = fields.iter().position(|(field, _)| &**field == name) else { return Vec::new() };
        let sites: Vec<(ExprRef, Frame)> = match &object.site {
            Some(site) => vec![site.clone()],
            None => self.constructions(object.class).iter().map(|call| (*call, self.open_frame(self.scope_of(*call)))).collect(),
        };
        let definition = fields[position].1;
        let mut found = Vec::new();
        let mut left_out = false;
        for (call, frame) in sites {
            match self.argument(call, &frame, Some(position), name) {
                Some(given) => found.extend(given.into_iter().map(|possible| possible.given_by(How::Parameter).through(definition))),
                None => left_out = true,
            }
        }
        if left_out && let Some(default) = tuple.and_then(|tuple| self.tuple_default(&tuple, name)) {
            found.extend(default);
        } else if left_out && !found.is_empty() && object.site.is_none() {
            // Some calls leave it to the field's default: both count.
            if let Some(default) = self.class_member(object.class, name, &Thing::Nothing, &self.open_frame(object.class)) {
                found.extend(default.into_iter().map(|possible| possible.at_most(Certainty::Default)));
            }
        }
        found
    }

    /// Whether a value in a class body declares a field without an annotation (`size = attr.ib(default=5)`).
    fn is_field(&self, value: ExprRef) -> bool {
        let ExprKind::Call { callee, .. } = self.expr(value).kind else { return false };
        self.eval_open(ExprRef { file: value.file, expr: callee }).iter().any(|possible| match &possible.thing {
            Thing::Symbol(symbol) => self.project.catalog.option(symbol).is_some_and(|option| option.stands == OptionPlace::Field),
            _ => false,
        })
    }

    /// `replace(settings, limit=20)`: a copy in which a call gives some fields another value.
    pub(super) fn changed_copy(&self, of: Possible, at: ExprRef, frame: &Frame) -> Possible {
        let Thing::Object(object) = &of.thing else { return of };
        let copy = Object { class: object.class, site: Some((at, frame.clone())), from: Some(object.clone()) };
        Possible { thing: Thing::Object(Rc::new(copy)), ..of }
    }

    /// A member of a copy: what the call that made it gives, else what the object has that it was made from.
    pub(super) fn member_of_copy(&self, object: &Object, name: &str, at: ExprRef, frame: &Frame) -> Option<Possibles> {
        let (from, (site, inner)) = (object.from.as_ref()?, object.site.as_ref()?);
        let given = self.argument(*site, inner, None, name).or_else(|| {
            // `model_copy(update={…})`
            self.eval(self.keyword(*site, "update")?, inner).into_iter().find_map(|possible| match possible.thing {
                Thing::Mapping(mapping, around) => self.key(mapping, &around, name),
                _ => None,
            })
        });
        let of = Possible::literal(Thing::Object(from.clone()), self.span(*site));
        Some(given.unwrap_or_else(|| self.member(&of, name, at, frame)))
    }
}
