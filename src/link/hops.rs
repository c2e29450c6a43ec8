//! What one scope does to what runs inside it: limiters that are held, tasks that are started together.

use std::rc::Rc;

use super::chosen::Choice;
use crate::catalog::concurrency::{FanOut, Hidden};
use crate::catalog::library::Literal;
use crate::finding::ConcurrencyKind;
use crate::resolve::{Evaluator, ExprRef, Frame, Made, Possible, Site, Thing, value_of};
use crate::text::Span;
use crate::value::{Amount, Certainty, How, Step, Value, show_number};

/// One thing on the way from a request outward that changes how many run at once.
#[derive(Clone, Debug)]
pub struct Hop {
    /// What it does.
    pub kind: HopKind,
    /// Where.
    pub at: Span,
    /// How much.
    pub value: Value,
    /// In words, for the route.
    pub said: String,
}

impl Hop {
    /// Whether what stands inside runs more than once.
    pub fn repeats(&self) -> bool {
        matches!(self.kind, HopKind::FanOut { of_one_kind: false, .. } | HopKind::Loop)
    }
}

/// What a hop does.
#[derive(Clone, Debug)]
pub enum HopKind {
    /// So many run at once.
    FanOut {
        /// Whether they are the elements of one kind among several: nothing says that there is more than one of them.
        of_one_kind: bool,
        /// Whether it is a server that decides how many.
        served: bool,
    },
    /// At most so many hold it at a time; by the call that made it.
    Limiter {
        /// The limiter or executor.
        site: ExprRef,
        /// Which.
        kind: ConcurrencyKind,
        /// Whether the program has it without making it: its default executor.
        of_program: bool,
    },
    /// Something is held that is not known, by the expression that it is: it may be a limiter.
    MayHold(ExprRef),
    /// Runs in processes of their own, each with a copy of everything.
    Processes,
    /// A call that runs inline.
    Call,
    /// One after the other.
    Loop,
}

/// A hop whose numbers are not looked up yet: they may hang on the call that leads there.
#[derive(Clone, Debug)]
pub struct Draft<'c> {
    /// What it will be.
    pub what: What<'c>,
    /// Where.
    pub at: Span,
    /// In words, for the route.
    pub said: String,
}

/// What a draft will be.
#[derive(Clone, Debug)]
pub enum What<'c> {
    /// As many at once as an iterable has elements.
    Elements(ExprRef),
    /// For those elements of an iterable that the loop chooses.
    Chosen(ExprRef, Choice),
    /// A known number at once.
    Known(f64),
    /// A number at once that is not known, and why.
    Many(&'static str),
    /// The limiter that an expression is.
    Held(ExprRef),
    /// What an expression is that nobody knows; it may be a limiter.
    MayHold(ExprRef),
    /// The limiter that an expression would be where it is not: it is not known that none is held.
    Missing(ExprRef),
    /// The executor that an expression is.
    Runs(ExprRef),
    /// The number of workers of a default executor, by the call that uses it, and the executor that the program puts in its place.
    Workers(ExprRef, &'c Literal, Option<ExprRef>),
    /// The limit of a fan-out call itself.
    Bound(ExprRef, &'c FanOut),
    /// At most as many as an expression says: the program waits when it has started so many.
    Window(ExprRef),
    /// As many at once as a client makes of one call.
    Hidden(ExprRef, &'c Hidden),
    /// Once for each request that a server gets.
    Served,
    /// Runs in processes of their own.
    Processes,
    /// A call that runs inline.
    Call,
    /// One after the other.
    Loop,
}

impl<'c> Draft<'c> {
    /// A draft without words.
    pub fn silent(what: What<'c>, at: Span) -> Self {
        Self { what, at, said: String::new() }
    }

    /// The hop, with its numbers as they are in a frame; `None` where it turns out to be none.
    pub fn hop(&self, evaluator: &Evaluator<'_>, frame: &Frame) -> Option<Hop> {
        let plain = |kind, value| Some(Hop { kind, at: self.at, value, said: self.said.clone() });
        let fan_out = |value: Value| {
            let said = match value.amount.greatest() {
                Some(_) => format!("{} started together", value.amount),
                None => "started together, one for each element".to_string(),
            };
            Some(Hop { kind: HopKind::FanOut { of_one_kind: false, served: false }, at: self.at, value, said })
        };
        match &self.what {
            What::Elements(iterable) => fan_out(value_of(&vec![evaluator.count(*iterable, frame)], &[])),
            What::Chosen(iterable, choice) => {
                let mut value = value_of(&vec![evaluator.count(*iterable, frame)], &[]);
                let said = match value.amount.greatest() {
                    Some(most) => {
                        value.amount = Amount::Range { low: Some(most.min(1.0)), high: Some(most) };
                        value.same_as.clear();
                        format!("at most {} started together: a test chooses the elements", show_number(most))
                    }
                    None => "started together, for those elements that a test chooses".to_string(),
                };
                Some(Hop { kind: HopKind::FanOut { of_one_kind: *choice == Choice::Arm, served: false }, at: self.at, value, said })
            }
            What::Known(number) => fan_out(value_of(&vec![Possible::literal(Thing::Number(*number), self.at)], &[])),
            What::Many(why) => fan_out(Value::unknown(*why)),
            What::Held(limiter) => {
                let mut sites = made_at(evaluator, *limiter, frame)
                    .filter_map(|made| evaluator.site_of(&made).filter(|site| site.kind == ConcurrencyKind::Semaphore));
                let mut site = sites.next()?;
                for other in sites {
                    site.value = either(site.value, &other.value);
                }
                Some(limiter_hop(evaluator, &site, self.at, "held here"))
            }
            What::Runs(executor) => {
                let site = made_at(evaluator, *executor, frame).find_map(|made| evaluator.site_of(&made))?;
                Some(limiter_hop(evaluator, &site, self.at, "runs it"))
            }
            What::Workers(call, literal, replaced) => {
                let other = replaced.and_then(|other| made_at(evaluator, other, frame).find_map(|made| evaluator.site_of(&made)));
                let (site, value) = match other {
                    Some(other) => (other.made.site, other.value),
                    None => {
                        let made = Made { symbol: "".into(), site: *call, frame: frame.clone(), class: None, before: None };
                        (*call, value_of(&vec![evaluator.workers_default(Some(literal), &made)], &[]))
                    }
                };
                Some(Hop {
                    kind: HopKind::Limiter { site, kind: ConcurrencyKind::Executor, of_program: true },
                    at: self.at,
                    value,
                    said: "runs on the default executor".into(),
                })
            }
            What::Bound(call, fan_out) => {
                let name = fan_out.limit.as_deref()?;
                let runs_on = fan_out.runs_on.as_deref().and_then(|constructor| evaluator.runs_on(*call, constructor));
                if let Some(site) = runs_on {
                    return Some(limiter_hop(evaluator, &site, self.at, "runs it"));
                }
                let value = match evaluator.argument(*call, frame, fan_out.limit_position, name) {
                    Some(given) => value_of(&given, &[]),
                    None => {
                        let made = Made { symbol: "".into(), site: *call, frame: frame.clone(), class: None, before: None };
                        value_of(&vec![evaluator.workers_default(Some(fan_out.default.as_ref()?), &made)], &[])
                    }
                };
                Some(Hop {
                    kind: HopKind::Limiter { site: *call, kind: ConcurrencyKind::FanOut, of_program: false },
                    at: self.at,
                    value,
                    said: format!("`{name}` bounds it"),
                })
            }
            What::Window(number) => {
                let value = value_of(&evaluator.eval(*number, frame), &[]);
                let said = "waits when so many are under way".to_string();
                Some(Hop {
                    kind: HopKind::Limiter { site: *number, kind: ConcurrencyKind::FanOut, of_program: false },
                    at: self.at,
                    value,
                    said,
                })
            }
            What::Hidden(call, hidden) => {
                let value = hidden_count(evaluator, *call, hidden, frame);
                let said = format!("the client itself sends {} at once", value.amount);
                Some(Hop { kind: HopKind::FanOut { of_one_kind: false, served: false }, at: self.at, value, said })
            }
            What::Served => Some(Hop {
                kind: HopKind::FanOut { of_one_kind: false, served: true },
                at: self.at,
                value: Value::unknown("the server decides how many requests it runs at once"),
                said: "runs for each request that the server gets".to_string(),
            }),
            What::MayHold(held) => {
                let name = evaluator.project.sources.slice(evaluator.span(*held)).lines().next().unwrap_or("");
                plain(HopKind::MayHold(*held), Value::unknown(format!("`{name}` is held, and may be a limiter")))
            }
            // Where the caller surely passes none, nothing is held.
            What::Missing(limiter) => {
                let catalog = evaluator.project.catalog;
                made_at(evaluator, *limiter, frame).find(|made| catalog.limiter(&made.symbol).is_some())?;
                let name = evaluator.project.sources.slice(evaluator.span(*limiter));
                plain(HopKind::MayHold(*limiter), Value::unknown(format!("`{name}` is a limiter where it is set")))
            }
            What::Processes => plain(HopKind::Processes, Value::unknown("processes")),
            What::Call => plain(HopKind::Call, Value::unknown("a call")),
            What::Loop => plain(HopKind::Loop, Value::unknown("one after the other")),
        }
    }
}

/// The value of one limiter or another.
fn either(one: Value, other: &Value) -> Value {
    let (Some(low), Some(low_other)) = (one.amount.least(), other.amount.least()) else {
        return Value::unknown("one of several limiters");
    };
    let (Some(high), Some(high_other)) = (one.amount.greatest(), other.amount.greatest()) else {
        return Value::unknown("one of several limiters");
    };
    let amount = Amount::Range { low: Some(low.min(low_other)), high: Some(high.max(high_other)) };
    Value { amount, certainty: one.certainty.min(other.certainty), same_as: Vec::new(), ..one }
}

/// Objects of libraries that an expression can be in a frame.
fn made_at(evaluator: &Evaluator<'_>, at: ExprRef, frame: &Frame) -> impl Iterator<Item = Rc<Made>> {
    evaluator.eval(at, frame).into_iter().filter_map(|possible| match possible.thing {
        Thing::Made(made) | Thing::Part(made, _) => Some(made),
        _ => None,
    })
}

/// A limiter or executor as a hop.
pub fn limiter_hop(evaluator: &Evaluator<'_>, site: &Site, at: Span, said: &str) -> Hop {
    let name = evaluator.project.sources.slice(evaluator.span(site.made.site)).lines().next().unwrap_or("").to_string();
    Hop {
        kind: HopKind::Limiter { site: site.made.site, kind: site.kind, of_program: false },
        at,
        value: site.value.clone(),
        said: format!("`{name}` {said}"),
    }
}

/// How many requests a client makes of one call: what its configuration says, else anything between one and the library's default.
fn hidden_count(evaluator: &Evaluator<'_>, call: ExprRef, hidden: &Hidden, frame: &Frame) -> Value {
    let given = match &hidden.config {
        Some(config) => evaluator.argument(call, frame, None, config).and_then(|configs| {
            configs.into_iter().find_map(|possible| match possible.thing {
                Thing::Made(made) => evaluator.argument(made.site, &made.frame, None, &hidden.limit),
                _ => None,
            })
        }),
        None => evaluator.argument(call, frame, None, &hidden.limit),
    };
    match given {
        Some(given) => value_of(&given, &[]),
        None => {
            let mut value = Value::unknown("the size of what is sent decides");
            value.amount = Amount::Range { low: Some(1.0), high: Some(hidden.default) };
            value.certainty = Certainty::Default;
            value.how = How::Default;
            value.trail.push(Step { at: None, said: format!("up to {} at once: {}", hidden.default, hidden.source) });
            value
        }
    }
}
