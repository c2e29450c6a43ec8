//! Alternatives side by side: which are the same, which are true, and where a binding gets its kind of origin.

use super::eval::Evaluator;
use super::thing::{ExprRef, Frame, Possible, Possibles, ScopeRef, Thing};
use crate::facts::{ContextId, ContextKind, ExprKind, Scope, ScopeKind, Statement, StatementKind};
use crate::value::{Certainty, How, MAX_ALTERNATIVES};

/// The truth of a thing, where it is known without running the program.
pub fn truth(thing: &Thing) -> Option<bool> {
    match thing {
        Thing::Number(number) | Thing::Seconds(number) => Some(*number != 0.0),
        Thing::Text(text) => Some(!text.is_empty()),
        Thing::Truth(truth) => Some(*truth),
        Thing::Nothing => Some(false),
        Thing::Between(Some(low), _) if *low > 0.0 => Some(true),
        Thing::Object(_) | Thing::Made(_) | Thing::Function(..) | Thing::Class(_) | Thing::Method(..) => Some(true),
        Thing::Path(_) | Thing::Document(_) => Some(true),
        _ => None,
    }
}

pub(super) fn all_same(mut truths: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let first = truths.next()??;
    truths.all(|truth| truth == Some(first)).then_some(first)
}

/// Whether two things are the same thing; unequal where that cannot be told.
pub fn same(left: &Thing, right: &Thing) -> bool {
    match (left, right) {
        (Thing::Number(a), Thing::Number(b)) | (Thing::Seconds(a), Thing::Seconds(b)) => a == b,
        (Thing::Text(a), Thing::Text(b))
        | (Thing::Symbol(a), Thing::Symbol(b))
        | (Thing::Foreign(a), Thing::Foreign(b))
        | (Thing::Unknown(a), Thing::Unknown(b)) => a == b,
        (Thing::Truth(a), Thing::Truth(b)) => a == b,
        (Thing::Nothing, Thing::Nothing) => true,
        (Thing::Module(a), Thing::Module(b)) => a == b,
        (Thing::Function(a, _), Thing::Function(b, _)) | (Thing::Class(a), Thing::Class(b)) => a == b,
        (Thing::Method(a, f), Thing::Method(b, g)) => f == g && same(a, b),
        (Thing::Object(a), Thing::Object(b)) => {
            a.class == b.class && a.site.as_ref().map(|site| site.0) == b.site.as_ref().map(|site| site.0)
        }
        (Thing::Made(a), Thing::Made(b)) => a.site == b.site && a.symbol == b.symbol,
        (Thing::Part(a, p), Thing::Part(b, q)) => a.site == b.site && p == q,
        (Thing::Sequence(a, _), Thing::Sequence(b, _))
        | (Thing::Mapping(a, _), Thing::Mapping(b, _))
        | (Thing::Options(a, _), Thing::Options(b, _)) => a == b,
        (Thing::Generator(a, _), Thing::Generator(b, _)) => a == b,
        (Thing::Path(a), Thing::Path(b)) | (Thing::Contents(a), Thing::Contents(b)) => a == b,
        (Thing::Document(a), Thing::Document(b)) => a == b,
        _ => false,
    }
}

/// Alternatives without repetition and without the unknown ones that say nothing beside known ones of the same width.
pub(super) fn merge(all: Possibles) -> Possibles {
    let mut kept: Possibles = Vec::with_capacity(all.len().min(MAX_ALTERNATIVES));
    let mut too_many = Vec::new();
    for possible in all {
        if let Some(twin) = kept.iter_mut().find(|twin| same(&twin.thing, &possible.thing)) {
            // Equal by construction only where every way to the value is.
            let shared: Vec<_> = twin.same_as.iter().filter(|span| possible.same_as.contains(span)).copied().collect();
            if possible.certainty > twin.certainty {
                *twin = possible;
            }
            twin.same_as = std::rc::Rc::new(shared);
        } else if kept.len() < MAX_ALTERNATIVES {
            kept.push(possible);
        } else {
            too_many.push(possible);
        }
    }
    if !too_many.is_empty() {
        kept = fold(kept, &too_many);
    }
    if kept.is_empty() {
        kept.push(Possible::unknown("no value"));
    }
    kept
}

/// More alternatives than are kept: numbers become a range, anything else leaves the rest unknown. Nothing is dropped in silence.
fn fold(mut kept: Possibles, rest: &Possibles) -> Possibles {
    let number = |possible: &Possible| match possible.thing {
        Thing::Number(number) => Some(number),
        _ => None,
    };
    let numbers: Option<Vec<f64>> = kept.iter().chain(rest).map(number).collect();
    match (numbers, kept.first_mut()) {
        (Some(numbers), Some(first)) => {
            let (low, high) =
                numbers.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), number| (low.min(*number), high.max(*number)));
            first.thing = Thing::Between(Some(low), Some(high));
            first.how = How::Expression;
            first.same_as = std::rc::Rc::default();
            kept.truncate(1);
        }
        _ => {
            kept.truncate(MAX_ALTERNATIVES - 1);
            kept.push(Possible::unknown("more alternatives than are followed"));
        }
    }
    kept
}

/// A kind of origin for a binding at this level.
pub(super) fn origin_of(scope: ScopeKind) -> How {
    match scope {
        ScopeKind::Module | ScopeKind::Class => How::Constant,
        _ => How::Literal,
    }
}

impl Evaluator<'_> {
    /// Whether a place in a function can be reached in a frame, as far as comparisons of known texts tell: `if url.startswith("redis"):`.
    pub(super) fn may_run(&self, scope: &Scope, at: ContextId, file: u32, frame: &Frame) -> bool {
        !scope.context_chain(at).any(|(_, context)| match context.kind {
            ContextKind::Branch { test: Some(test), when } => {
                self.compares_texts(ExprRef { file, expr: test }, frame).is_some_and(|truth| truth != when)
            }
            _ => false,
        })
    }

    /// Whether the arguments of an activation rule out that a call in it runs: `if not parallel:` where the caller passes `parallel=True`, or
    /// what stands after `if not parallel: return` where it passes `False`.
    pub fn is_ruled_out(&self, call: ExprRef, frame: &Frame) -> bool {
        !frame.is_open() && self.is_passed_over(self.scope_of(call), self.context_of(call), self.span(call).start, frame)
    }

    /// Whether what the known callers of a method pass rules out that a statement in it runs: `else: self.slots = Semaphore()` after `if slots:`
    /// where all of them pass one.
    pub(super) fn is_never_set(&self, stands_in: ScopeRef, statement: &Statement, method: ScopeRef, frame: &Frame) -> bool {
        // What nobody passes is what somebody else may.
        let is_called = || frame.0.call.is_some() || !self.callers_of(method).is_empty();
        self.is_passed_over(stands_in, statement.context, statement.span.start, frame) && is_called()
    }

    fn is_passed_over(&self, stands_in: ScopeRef, context: ContextId, start: u32, frame: &Frame) -> bool {
        self.tests_at(stands_in, context, start, |_| false).any(|(test, says)| self.decide_by_names(test, frame) == Some(!says))
    }

    /// The tests that decide whether something runs where it stands, each with what it has to say: those of the branches around it, and those
    /// before it whose other side has returned, at once or from within such blocks.
    pub fn tests_at(
        &self,
        stands_in: ScopeRef,
        context: ContextId,
        start: u32,
        within: impl Fn(ContextKind) -> bool,
    ) -> impl Iterator<Item = (ExprRef, bool)> {
        let scope = self.scope(stands_in);
        let branch = move |id: ContextId| match scope.context(id).kind {
            ContextKind::Branch { test: Some(test), when } => Some((ExprRef { file: stands_in.file, expr: test }, when)),
            _ => None,
        };
        let around = scope.context_chain(context).filter_map(move |(id, _)| branch(id));
        let returned = scope.statements.iter().filter(move |it| matches!(it.kind, StatementKind::Return(_)) && it.span.end <= start);
        let left = returned.filter_map(move |it| {
            let (id, side) = scope.context_chain(it.context).find(|(_, context)| !within(context.kind))?;
            let (test, when) = branch(id)?;
            side.parent.is_some_and(|outer| scope.is_within(context, outer)).then_some((test, !when))
        });
        around.chain(left)
    }

    /// The truth of a test, as far as parameters and constants in it tell: what they are in a frame is what its caller passed. What only a
    /// default says, of a flag or a setting, may be another when the program runs.
    fn decide_by_names(&self, test: ExprRef, frame: &Frame) -> Option<bool> {
        let part = |id| ExprRef { file: test.file, expr: id };
        let is_passed = |at: ExprRef| match &self.expr(at).kind {
            ExprKind::Name(name) => {
                let is_parameter = self.scope(self.scope_of(at)).parameters.iter().any(|parameter| parameter.name == *name);
                is_parameter && self.eval(at, frame).iter().all(|possible| possible.certainty >= Certainty::Declared)
            }
            kind => matches!(kind, ExprKind::None | ExprKind::Bool(_)),
        };
        match &self.expr(test).kind {
            ExprKind::Not(inner) => self.decide_by_names(part(*inner), frame).map(|truth| !truth),
            ExprKind::Or(parts) | ExprKind::And(parts) => {
                let decides = matches!(self.expr(test).kind, ExprKind::Or(_));
                let truths: Vec<_> = parts.iter().map(|inner| self.decide_by_names(part(*inner), frame)).collect();
                if truths.contains(&Some(decides)) { Some(decides) } else { all_same(truths.into_iter()) }
            }
            ExprKind::Compare { left, right, .. } if is_passed(part(*left)) && is_passed(part(*right)) => self.decide(test, frame),
            ExprKind::Name(_) | ExprKind::Bool(_) if is_passed(test) => self.decide(test, frame),
            _ => None,
        }
    }

    /// The truth of a comparison of texts, where both are known and all alternatives agree.
    fn compares_texts(&self, test: ExprRef, frame: &Frame) -> Option<bool> {
        let part = |id| ExprRef { file: test.file, expr: id };
        let holds: fn(&str, &str) -> bool;
        let (left, right) = match &self.expr(test).kind {
            ExprKind::Compare { operator, left, right } => {
                holds = match &**operator {
                    "==" => |one, other| one == other,
                    "!=" => |one, other| one != other,
                    _ => return None,
                };
                (part(*left), part(*right))
            }
            ExprKind::Call { callee, .. } => {
                let ExprKind::Attribute { object, name, .. } = &self.expr(part(*callee)).kind else { return None };
                holds = match &**name {
                    "startswith" => |one, other| one.starts_with(other),
                    "endswith" => |one, other| one.ends_with(other),
                    _ => return None,
                };
                (part(*object), self.positional(test, 0)?)
            }
            _ => return None,
        };
        // Only a plain text to compare with: anything else is seldom known and costs a question.
        let ExprKind::Text(wanted) = &self.expr(right).kind else { return None };
        all_same(self.eval(left, frame).iter().map(|possible| match &possible.thing {
            Thing::Text(text) => Some(holds(text, wanted)),
            _ => None,
        }))
    }
}
