//! Arithmetic over alternatives, and functions whose result is known from their arguments.

use super::eval::Evaluator;
use super::memory::Asked;
use super::thing::{ExprRef, Frame, Possible, Possibles, Thing};
use crate::catalog::concurrency::{Gives, MethodGives, NumberFunction};
use crate::facts::{ArgumentKind, ExprKind, Operator};
use crate::text::Span;
use crate::value::{Certainty, How, MAX_ALTERNATIVES};

/// Longest text that is put together.
const MAX_TEXT: usize = 4096;

/// Most steps of a trail that arithmetic keeps.
const MAX_STEPS_SHOWN: usize = 24;

impl Evaluator<'_> {
    /// `left operator right`, alternative by alternative.
    pub(super) fn operate(&self, operator: Operator, left: &Possibles, right: &Possibles, at: Span) -> Possibles {
        let mut found = Vec::new();
        for one in left {
            for other in right {
                if found.len() >= MAX_ALTERNATIVES {
                    break;
                }
                found.push(combine(operator, one, other, at));
            }
        }
        found
    }

    /// A call of a function that the catalog knows as one on numbers.
    pub(super) fn number_call(&self, function: &NumberFunction, at: ExprRef, frame: &Frame) -> Possibles {
        let span = self.span(at);
        let first = self.positional(at, 0);
        match function.gives {
            Gives::Same => self.positional(at, function.position).map_or_else(
                || vec![Possible::unknown("a call without its argument")],
                |argument| self.eval(argument, frame).into_iter().map(as_number).collect(),
            ),
            Gives::Result => {
                first.map_or_else(|| vec![Possible::unknown("a call without its argument")], |function| self.result_of(function, frame))
            }
            Gives::Least | Gives::Greatest => self.extreme(function.gives, at, frame),
            Gives::Length => first
                .map_or_else(|| vec![Possible::unknown("a length of nothing")], |argument| vec![as_length(self.count(argument, frame))]),
            Gives::Count | Gives::SameLength => vec![Possible::literal(Thing::Sequence(at, frame.clone()), span)],
            Gives::Range => {
                let mut range = Possible::literal(Thing::Between(function.low, function.high), span).at_most(Certainty::Default);
                range.how = How::Expression;
                vec![range]
            }
            Gives::Constant => vec![Possible::literal(Thing::Number(function.low.unwrap_or(f64::INFINITY)), span)],
        }
    }

    fn extreme(&self, gives: Gives, at: ExprRef, frame: &Frame) -> Possibles {
        let arguments: Vec<_> = self.arguments(at).iter().filter(|argument| argument.kind == ArgumentKind::Positional).collect();
        if arguments.len() < 2 {
            return vec![Possible::unknown("the extreme of a sequence")];
        }
        let span = self.span(at);
        let mut all: Option<Possibles> = None;
        for argument in arguments {
            let next = self.eval(ExprRef { file: at.file, expr: argument.value }, frame);
            all = Some(match all {
                None => next,
                Some(before) => {
                    let mut found = Vec::new();
                    for one in &before {
                        for other in &next {
                            if found.len() < MAX_ALTERNATIVES {
                                found.push(extreme_of(gives, one, other, span));
                            }
                        }
                    }
                    found
                }
            });
        }
        all.unwrap_or_else(|| vec![Possible::unknown("the extreme of nothing")])
    }

    /// How many elements an iterable has.
    pub fn count(&self, iterable: ExprRef, frame: &Frame) -> Possible {
        // `xs = list(xs)`: a sequence may be made of itself.
        let counts = self.answer(Asked::Count, iterable, frame, |frame| vec![self.count_any(iterable, frame)]);
        counts.first().cloned().unwrap_or_else(|| Possible::unknown("a length that is not known"))
    }

    fn count_any(&self, iterable: ExprRef, frame: &Frame) -> Possible {
        let mut all: Vec<Possible> = self.eval(iterable, frame).into_iter().map(|possible| self.count_of(possible, iterable)).collect();
        if all.len() == 1 {
            return all.remove(0);
        }
        let known: Vec<&Possible> = all.iter().filter(|possible| !possible.is_unknown()).collect();
        match (known.len(), all.len()) {
            (known_count, total) if known_count == total => {
                let numbers: Option<Vec<f64>> = known
                    .iter()
                    .map(|possible| match possible.thing {
                        Thing::Number(number) => Some(number),
                        _ => None,
                    })
                    .collect();
                match numbers.as_deref() {
                    Some([first, rest @ ..]) if rest.iter().all(|number| number == first) => all.remove(0),
                    _ => Possible::unknown("one of several lengths"),
                }
            }
            _ => Possible::unknown("a length that is not known"),
        }
    }

    fn count_of(&self, possible: Possible, at: ExprRef) -> Possible {
        let span = self.span(at);
        match &possible.thing {
            Thing::Sequence(list, inner) => match &self.expr(*list).kind {
                ExprKind::List(_) if self.grows(*list) => Possible::unknown("a list that grows"),
                ExprKind::List(items) => {
                    let facts = self.project.facts(list.file);
                    let mut total = 0.0;
                    for item in items {
                        match facts.expr(*item).kind {
                            ExprKind::Spread(spread) => {
                                let part = self.count(ExprRef { file: list.file, expr: spread }, inner);
                                let Thing::Number(number) = part.thing else { return part };
                                total += number;
                            }
                            _ => total += 1.0,
                        }
                    }
                    counted(possible, total, span)
                }
                ExprKind::Subscript { index, .. } => self.slice_width(ExprRef { file: list.file, expr: *index }, inner),
                ExprKind::Comprehension(scope) => {
                    let scope = super::thing::ScopeRef { file: list.file, scope: *scope };
                    self.comprehension_count(scope, inner)
                }
                ExprKind::Call { callee, .. } => {
                    let callee = ExprRef { file: list.file, expr: *callee };
                    let known = self.eval(callee, inner).into_iter().find_map(|possible| match possible.thing {
                        Thing::Symbol(symbol) => self.project.catalog.function(&symbol).map(|function| function.gives),
                        _ => None,
                    });
                    match known {
                        Some(Gives::Count) => self.range_count(*list, inner),
                        Some(Gives::SameLength) => match self.positional(*list, 0) {
                            Some(argument) => self.count(argument, inner),
                            None => counted(possible, 0.0, span),
                        },
                        _ => self.size_of_group(*list, inner),
                    }
                }
                _ => self.size_of_group(*list, inner),
            },
            Thing::Text(text) => {
                let length = text.chars().count() as f64;
                counted(possible, length, span)
            }
            Thing::Mapping(mapping, _) => match &self.expr(*mapping).kind {
                ExprKind::Mapping(items) if items.iter().all(|(key, _)| key.is_some()) => {
                    let length = items.len() as f64;
                    counted(possible, length, span)
                }
                _ => Possible::unknown("the size of a mapping"),
            },
            Thing::Document(document) => {
                let length = self.keys_of(document).len() as f64;
                counted(possible, length, span)
            }
            Thing::Unknown(why) => Possible::unknown(why.clone()),
            _ => Possible::unknown("a length that is not known"),
        }
    }

    /// One of the groups that a call makes of a sequence (`items.chunks(20)`): all of it where that is less, else known by the expression of
    /// its size alone.
    pub(super) fn group_of(&self, groups: ExprRef, frame: &Frame) -> Option<Possible> {
        let language = self.project.facts(groups.file).language;
        let method = self.project.catalog.number_method(language, self.method_name(groups)?)?;
        let (whole, size) = (self.receiver(groups)?, self.positional(groups, 0).filter(|_| method.gives == MethodGives::Groups)?);
        let most = self.eval(size, frame).into_iter().map(as_number).filter_map(|possible| ends(&possible.thing)?.1).reduce(f64::max);
        let of = match self.count(whole, frame).thing {
            Thing::Number(all) if most.is_some_and(|most| all < most) => whole,
            _ => size,
        };
        Some(Possible::literal(Thing::Sequence(of, frame.clone()), self.span(groups)))
    }

    /// The length of a sequence that is known by the expression of its size.
    fn size_of_group(&self, size: ExprRef, frame: &Frame) -> Possible {
        let mut sizes = self.eval(size, frame).into_iter().map(as_number).filter(|size| ends(&size.thing).is_some());
        sizes.next().unwrap_or_else(|| Possible::unknown("a length that is not known"))
    }

    /// Elements of a comprehension: the product of its loops, where all lengths are known and nothing is left out.
    fn comprehension_count(&self, scope: super::thing::ScopeRef, frame: &Frame) -> Possible {
        let facts = self.project.facts(scope.file);
        let mut total: Option<Possible> = None;
        for context in &facts.scope(scope.scope).contexts {
            match context.kind {
                crate::facts::ContextKind::For { over, .. } => {
                    let next = self.count(ExprRef { file: scope.file, expr: over }, frame);
                    total = Some(match total {
                        None => next,
                        Some(before) => combine(Operator::Multiply, &before, &next, context.span),
                    });
                }
                crate::facts::ContextKind::Branch { .. } => return Possible::unknown("a filtered sequence"),
                _ => {}
            }
        }
        total.unwrap_or_else(|| Possible::unknown("a length that is not known"))
    }

    /// `range(stop)`, `range(start, stop[, step])`.
    fn range_count(&self, call: ExprRef, frame: &Frame) -> Possible {
        let span = self.span(call);
        let largest = |argument: ExprRef| {
            let all: Vec<_> = self.eval(argument, frame).into_iter().map(as_number).collect();
            // Several command lines may give several counts: the largest decides.
            let numbers = all.iter().filter_map(|possible| match possible.thing {
                Thing::Number(number) => Some((number, possible.clone())),
                _ => None,
            });
            numbers.max_by(|a, b| a.0.total_cmp(&b.0)).map_or_else(|| all[0].clone(), |(_, possible)| possible)
        };
        let only = |position| self.positional(call, position).map(largest);
        // `range(start, start + n)` in a loop over the starts.
        if let (Some(start), Some(stop), None) = (self.positional(call, 0), self.positional(call, 1), self.positional(call, 2))
            && let Some(width) = self.width_between(call.file, start.expr, stop.expr)
        {
            return largest(ExprRef { file: call.file, expr: width });
        }
        match (only(0), only(1), only(2)) {
            (Some(stop), None, _) => stop,
            (Some(start), Some(stop), step) => {
                let width = combine(Operator::Subtract, &stop, &start, span);
                match step {
                    None => width,
                    Some(step) => {
                        let mut parts = combine(Operator::Divide, &width, &step, span);
                        if let Thing::Number(number) = &mut parts.thing {
                            *number = number.ceil();
                        }
                        parts
                    }
                }
            }
            _ => Possible::unknown("a range without an end"),
        }
    }
}

/// Why the length of something is not known.
const A_LENGTH: &str = "the length of something that is not known";

fn counted(mut from: Possible, number: f64, at: Span) -> Possible {
    from.thing = Thing::Number(number);
    from.defined_at = Some(from.defined_at.unwrap_or(at));
    from
}

/// A text that is a number as that number; anything else unchanged.
pub fn as_number(mut possible: Possible) -> Possible {
    if let Thing::Text(text) = &possible.thing
        && let Ok(number) = text.trim().replace('_', "").parse::<f64>()
    {
        possible.thing = Thing::Number(number);
    }
    if let Thing::Truth(truth) = possible.thing {
        possible.thing = Thing::Number(f64::from(u8::from(truth)));
    }
    possible
}

/// Two ends of a thing that is a number; a text is none.
fn ends(thing: &Thing) -> Option<(Option<f64>, Option<f64>)> {
    match thing {
        Thing::Number(number) | Thing::Seconds(number) => Some((Some(*number), Some(*number))),
        Thing::Between(low, high) => Some((*low, *high)),
        _ => None,
    }
}

fn rejoin(one: &Possible, other: &Possible, thing: Thing, at: Span) -> Possible {
    let mut trail = one.trail.steps();
    let more: Vec<_> = other.trail.steps().into_iter().filter(|step| !trail.contains(step)).collect();
    trail.extend(more);
    trail.truncate(MAX_STEPS_SHOWN);
    let only_one_moves = one.trail.is_empty() != other.trail.is_empty();
    let defined_at = match only_one_moves {
        true if one.trail.is_empty() => other.defined_at,
        true => one.defined_at,
        false => Some(at),
    };
    Possible {
        thing,
        certainty: one.certainty.min(other.certainty),
        how: How::Expression,
        defined_at: defined_at.or(Some(at)),
        trail: super::trail::Trail::of(&trail),
        same_as: std::rc::Rc::default(),
    }
}

pub fn combine(operator: Operator, one: &Possible, other: &Possible, at: Span) -> Possible {
    if operator == Operator::Divide && [one, other].iter().any(|side| matches!(side.thing, Thing::Path(_))) {
        return super::paths::join(one, other);
    }
    if let (Thing::Text(left), Thing::Text(right), Operator::Add) = (&one.thing, &other.thing, operator) {
        if left.len() + right.len() > MAX_TEXT {
            return rejoin(one, other, Thing::Unknown("a text that grows".into()), at);
        }
        return rejoin(one, other, Thing::Text(format!("{left}{right}").into()), at);
    }
    let (Some(left), Some(right)) = (ends(&one.thing), ends(&other.thing)) else {
        let missing = if ends(&one.thing).is_none() { one } else { other };
        let why = match &missing.thing {
            Thing::Unknown(why) => why.to_string(),
            _ => "arithmetic on what is no number".into(),
        };
        return rejoin(one, other, Thing::Unknown(why.into()), at).at_most(Certainty::Assumed);
    };
    let number = |a: f64, b: f64| -> Option<f64> {
        let result = match operator {
            Operator::Add => a + b,
            Operator::Subtract => a - b,
            Operator::Multiply => a * b,
            Operator::Divide => a / b,
            Operator::FloorDivide => (a / b).floor(),
            Operator::Remainder => a.rem_euclid(b),
            Operator::Power => a.powf(b),
            Operator::Other => f64::NAN,
        };
        (!result.is_nan()).then_some(result)
    };
    let thing = match (left, right) {
        ((Some(a), Some(b)), (Some(c), Some(d))) if a == b && c == d => match number(a, c) {
            Some(result) if matches!(one.thing, Thing::Seconds(_)) || matches!(other.thing, Thing::Seconds(_)) => Thing::Seconds(result),
            Some(result) => Thing::Number(result),
            None => Thing::Unknown("not a number".into()),
        },
        ((low, high), (low_right, high_right)) => {
            let both = |a: Option<f64>, b: Option<f64>| a.zip(b).and_then(|(a, b)| number(a, b));
            let positive = |ends: (Option<f64>, Option<f64>)| ends.0.is_some_and(|low| low >= 0.0);
            match operator {
                Operator::Add => Thing::Between(both(low, low_right), both(high, high_right)),
                Operator::Subtract => Thing::Between(both(low, high_right), both(high, low_right)),
                Operator::Multiply if positive(left) && positive(right) => Thing::Between(both(low, low_right), both(high, high_right)),
                Operator::Divide | Operator::FloorDivide if positive(left) && low_right.is_some_and(|low| low > 0.0) => {
                    Thing::Between(both(low, high_right), both(high, low_right))
                }
                _ => Thing::Unknown("arithmetic on a range".into()),
            }
        }
    };
    let thing = match thing {
        Thing::Between(None, None) => Thing::Unknown("a range without ends".into()),
        thing => thing,
    };
    rejoin(one, other, thing, at)
}

/// A length that is not known, said in a way that [`is_length`] knows again.
fn as_length(possible: Possible) -> Possible {
    match possible.thing {
        Thing::Unknown(_) => Possible { thing: Thing::Unknown(A_LENGTH.into()), ..possible },
        _ => possible,
    }
}

/// Whether a thing is a length that is not known, or comes from one by arithmetic.
fn is_length(thing: &Thing) -> bool {
    matches!(thing, Thing::Unknown(why) if &**why == A_LENGTH)
}

/// `min` and `max`: one unknown side still leaves a bound.
pub fn extreme_of(gives: Gives, one: &Possible, other: &Possible, at: Span) -> Possible {
    let least = matches!(gives, Gives::Least);
    // `min(8, len(jobs))`, `max(1, len(jobs))`: how much there is to do is not known and taken to be enough; the number beside it decides.
    if is_length(&one.thing) != is_length(&other.thing) {
        let (length, number) = if is_length(&one.thing) { (one, other) } else { (other, one) };
        match ends(&number.thing) {
            Some(_) if least => return rejoin(number, length, number.thing.clone(), at),
            Some((_, Some(most))) if most <= 1.0 => return rejoin(length, number, length.thing.clone(), at),
            _ => {}
        }
    }
    let pick = |a: Option<f64>, b: Option<f64>, both_needed: bool| match (a, b) {
        (Some(a), Some(b)) => Some(if least { a.min(b) } else { a.max(b) }),
        (one, other) if !both_needed => one.or(other),
        _ => None,
    };
    let (left, right) = (ends(&one.thing).unwrap_or((None, None)), ends(&other.thing).unwrap_or((None, None)));
    let (low, high) = if least {
        (pick(left.0, right.0, true), pick(left.1, right.1, false))
    } else {
        (pick(left.0, right.0, false), pick(left.1, right.1, true))
    };
    let thing = match (low, high) {
        (None, None) => Thing::Unknown("an extreme of what is not known".into()),
        (Some(low), Some(high)) if low == high => Thing::Number(low),
        (low, high) => Thing::Between(low, high),
    };
    let mut found = rejoin(one, other, thing, at);
    // `max(10, threads)` is never below `threads`: it stays equal by construction with what it came from.
    let mut same = (*one.same_as).clone();
    same.extend(other.same_as.iter().filter(|span| !one.same_as.contains(span)));
    same.truncate(MAX_STEPS_SHOWN);
    if !least {
        found.same_as = std::rc::Rc::new(same);
    }
    if ends(&one.thing).is_none() || ends(&other.thing).is_none() {
        found.certainty = found.certainty.max(Certainty::Default).min(one.certainty.max(other.certainty));
    }
    found
}
