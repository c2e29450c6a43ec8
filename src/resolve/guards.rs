//! Guards: the branches around a place that decide whether it runs, by the value that is given there (`if n > 0 { b.max_connections(n) }`)
//! or by something else.

use super::alternatives::{all_same, same, truth};
use super::construct::{Construction, GivenSetting};
use super::eval::Evaluator;
use super::thing::{ExprRef, Frame, Possible, Thing};
use crate::facts::{ContextKind, ExprKind, StatementKind, Target};
use crate::value::Certainty;

/// A branch around a place.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Guard {
    /// What decides.
    test: ExprRef,
    /// The truth of it that leads to the place.
    when: bool,
}

/// An expression, and one of the things that it can be.
type Taken<'t> = (ExprRef, &'t Possible);

impl Evaluator<'_> {
    /// The branches around a place that are not around another one, as far as they are not known to be taken; `None` where one of them is
    /// known not to be.
    pub(super) fn guards(&self, at: ExprRef, beside: ExprRef, frame: &Frame) -> Option<Vec<Guard>> {
        let scope = self.scope(self.scope_of(at));
        let together = self.scope_of(at) == self.scope_of(beside);
        let mut open = Vec::new();
        for (id, context) in scope.context_chain(self.context_of(at)) {
            if together && scope.is_within(self.context_of(beside), id) {
                break;
            }
            let ContextKind::Branch { test: Some(test), when } = context.kind else { continue };
            let guard = Guard { test: ExprRef { file: at.file, expr: test }, when };
            match self.decide(guard.test, frame) {
                Some(truth) if truth == when => {}
                Some(_) => return None,
                None => open.push(guard),
            }
        }
        Some(open)
    }

    /// Takes over what is given behind guards: what fails one is never given, and what may not be given leaves what was there before, at
    /// first the library's default.
    pub(super) fn take_guarded(
        &self,
        result: &mut Construction,
        mut given: GivenSetting,
        value: Option<ExprRef>,
        guards: &[Guard],
        frame: &Frame,
    ) {
        let verdict = |possible: &Possible| {
            let taken = value.map(|value| (value, possible));
            all_known(guards.iter().map(|guard| self.holds(guard.test, frame, taken).map(|truth| truth == guard.when)))
        };
        let before = given.possibles.len();
        let mut is_sure = true;
        given.possibles.retain(|possible| {
            let passes = verdict(possible);
            is_sure &= passes == Some(true);
            passes != Some(false)
        });
        if given.possibles.is_empty() {
            return;
        }
        if !is_sure || given.possibles.len() < before {
            let earlier = result.given.iter().find(|earlier| earlier.name == given.name);
            given.beside = guards.first().copied().filter(|_| guards.len() == 1);
            let is_other_side = earlier
                .and_then(|earlier| earlier.beside)
                .zip(given.beside)
                .is_some_and(|(one, other)| one.test == other.test && one.when != other.when);
            let decides_itself = guards.iter().any(|guard| value.is_some_and(|value| self.is_about(guard.test, value)));
            let known = given.possibles.iter().all(|possible| !possible.is_unknown());
            let least = if known || decides_itself { Certainty::Default } else { Certainty::Assumed };
            match earlier {
                Some(_) if is_other_side => {}
                Some(earlier) => given.or_default = earlier.or_default.map(|sure| sure.min(least)),
                None => given.or_default = Some(least),
            }
            let earlier = earlier.map(|earlier| earlier.possibles.clone()).unwrap_or_default();
            // Where the value itself decides, one that is not known is one that need not be given.
            if decides_itself && earlier.iter().any(|possible| !possible.is_unknown()) {
                given.possibles.retain(|possible| !possible.is_unknown());
                given.possibles.extend(earlier.into_iter().map(|possible| possible.at_most(Certainty::Default)));
            } else {
                given.possibles.extend(earlier);
            }
        }
        result.put(given);
    }

    /// Whether a test holds, where its parts are known: truth, presence, comparisons of numbers and texts.
    pub(super) fn decide(&self, test: ExprRef, frame: &Frame) -> Option<bool> {
        self.holds(test, frame, None)
    }

    /// The same for one of the things that an expression can be.
    fn holds(&self, test: ExprRef, frame: &Frame, taken: Option<Taken<'_>>) -> Option<bool> {
        let part = |id| ExprRef { file: test.file, expr: id };
        let things = |at: ExprRef| match taken {
            Some((value, possible)) if self.is_same_value(at, value) => vec![possible.clone()],
            _ => self.eval(at, frame),
        };
        match &self.expr(test).kind {
            ExprKind::Not(inner) => self.holds(part(*inner), frame, taken).map(|truth| !truth),
            ExprKind::And(parts) => all_known(parts.iter().map(|inner| self.holds(part(*inner), frame, taken))),
            ExprKind::Or(parts) => {
                let fails = parts.iter().map(|inner| self.holds(part(*inner), frame, taken).map(|truth| !truth));
                all_known(fails).map(|truth| !truth)
            }
            ExprKind::Compare { operator, left, right } => {
                // What is compared with a pattern or a call is seldom known, and costs a question.
                let plain = |id| {
                    matches!(
                        self.expr(part(id)).kind,
                        ExprKind::None | ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Text(_) | ExprKind::Bool(_) | ExprKind::Name(_)
                    )
                };
                if !plain(*right) {
                    return None;
                }
                let rights = things(part(*right));
                let lefts = things(part(*left));
                all_same(lefts.iter().flat_map(|left| rights.iter().map(|right| compare(operator, &left.thing, &right.thing))))
            }
            _ => all_same(things(test).iter().map(|possible| truth(&possible.thing))),
        }
    }

    /// Whether two expressions are the same name or attribute, or one the name that a pattern takes from the other.
    fn is_same_value(&self, tested: ExprRef, value: ExprRef) -> bool {
        if tested.file != value.file {
            return false;
        }
        let facts = self.project.facts(tested.file);
        match (&facts.expr(tested.expr).kind, &facts.expr(value.expr).kind) {
            (ExprKind::Name(one), ExprKind::Name(other)) if one == other => true,
            (ExprKind::Attribute { object: one, name, .. }, ExprKind::Attribute { object: other, name: named, .. }) => {
                name == named
                    && self.is_same_value(ExprRef { expr: *one, ..tested }, ExprRef { expr: *other, ..value })
            }
            (_, ExprKind::Name(name)) => facts.scope(facts.expr(tested.expr).scope).statements.iter().any(|statement| {
                matches!(&statement.kind, StatementKind::Bind { target: Target::Name(bound), value, .. } if bound == name && *value == tested.expr)
            }),
            _ => false,
        }
    }

    /// Whether a test asks about a value, or about what the value is a part of.
    fn is_about(&self, test: ExprRef, value: ExprRef) -> bool {
        let facts = self.project.facts(test.file);
        let values: Vec<ExprRef> = std::iter::successors(Some(value), |at| match self.expr(*at).kind {
            ExprKind::Attribute { object, .. } => Some(ExprRef { expr: object, ..*at }),
            _ => None,
        })
        .collect();
        let is_it = |tested: ExprRef| values.iter().any(|value| self.is_same_value(tested, *value));
        let part = |expr| ExprRef { file: test.file, expr };
        match &facts.expr(test.expr).kind {
            ExprKind::Not(inner) => self.is_about(part(*inner), value),
            ExprKind::And(parts) | ExprKind::Or(parts) => parts.iter().any(|inner| self.is_about(part(*inner), value)),
            ExprKind::Compare { left, right, .. } => is_it(part(*left)) || is_it(part(*right)),
            _ => is_it(test),
        }
    }
}

/// Whether all hold: one that does not is enough to tell.
fn all_known(truths: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut is_known = true;
    for truth in truths {
        match truth {
            Some(true) => {}
            Some(false) => return Some(false),
            None => is_known = false,
        }
    }
    is_known.then_some(true)
}

/// The truth of a comparison of two things, where it is known.
fn compare(operator: &str, left: &Thing, right: &Thing) -> Option<bool> {
    let is_open = |thing: &Thing| matches!(thing, Thing::Unknown(_) | Thing::Foreign(_) | Thing::Symbol(_));
    if is_open(left) || is_open(right) {
        return None;
    }
    if matches!(right, Thing::Nothing) {
        let nothing = matches!(left, Thing::Nothing);
        return match operator {
            "is" | "==" => Some(nothing),
            "is not" | "!=" => Some(!nothing),
            _ => None,
        };
    }
    let ((low, high), (least, most)) = match (ends(left), ends(right)) {
        (Some(left), Some(right)) => (left, right),
        _ => {
            let plain = |thing: &Thing| matches!(thing, Thing::Text(_) | Thing::Truth(_));
            return match operator {
                "==" if plain(left) && plain(right) => Some(same(left, right)),
                "!=" if plain(left) && plain(right) => Some(!same(left, right)),
                _ => None,
            };
        }
    };
    let sure = |holds: bool, fails: bool| {
        if holds {
            Some(true)
        } else if fails {
            Some(false)
        } else {
            None
        }
    };
    match operator {
        ">" => sure(low > most, high <= least),
        ">=" => sure(low >= most, high < least),
        "<" => sure(high < least, low >= most),
        "<=" => sure(high <= least, low > most),
        "==" => sure(low == high && least == most && low == least, low > most || high < least),
        "!=" => sure(low > most || high < least, low == high && least == most && low == least),
        _ => None,
    }
}

/// The least and the greatest that a number can be.
fn ends(thing: &Thing) -> Option<(f64, f64)> {
    match thing {
        Thing::Number(number) => Some((*number, *number)),
        Thing::Between(low, high) => Some((low.unwrap_or(f64::NEG_INFINITY), high.unwrap_or(f64::INFINITY))),
        _ => None,
    }
}
