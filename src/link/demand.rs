//! How many requests a route has under way at once: fan-outs multiply, limiters take the minimum as far out as they are shared.

use rustc_hash::FxHashMap;

use super::homes::{Home, homes};
use super::hops::{Hop, HopKind};
use super::route::Route;
use crate::finding::ConcurrencyKind;
use crate::resolve::{Evaluator, ExprRef, ScopeRef};
use crate::text::Span;
use crate::value::{Amount, Certainty, How, Step, Value, show_number};

/// The demand of a route on one pool.
#[derive(Clone, Debug)]
pub struct Demand {
    /// Most requests under way at once.
    pub value: Value,
    /// The limiter or fan-out that decides, where there is one.
    pub decided_by: Option<Decider>,
    /// Limiters that are made anew below the fan-out that they should bound.
    pub made_per_task: Vec<ExprRef>,
    /// Whether anything runs side by side on this route.
    pub fans_out: bool,
}

/// What decides a demand.
#[derive(Clone, Debug)]
pub struct Decider {
    /// Where it stands.
    pub at: Span,
    /// The call that makes the limiter, where it is one.
    pub site: Option<ExprRef>,
    /// What it is.
    pub kind: ConcurrencyKind,
}

/// A cap that holds as far out as its limiter is shared.
struct Cap {
    /// How many hold it.
    holders: Value,
    /// How many requests that are: each holder may send several.
    value: Value,
    site: ExprRef,
    kind: ConcurrencyKind,
    at: Span,
    homes: Vec<Home>,
    /// Whether a fan-out was met while it held.
    used: bool,
}

/// What a route asks of one pool.
pub fn demand(evaluator: &Evaluator<'_>, route: &Route, known_homes: &mut FxHashMap<ExprRef, Vec<Home>>) -> Demand {
    let mut current = one();
    let mut decided_by = None;
    let mut caps: Vec<Cap> = Vec::new();
    let mut made_per_task = Vec::new();
    let mut fans_out = false;
    // Whether the demand so far is a limit that an unknown number of tasks is taken to fill.
    let mut filled = false;
    let mut last_scope: Option<ScopeRef> = None;
    for (hop, scope) in &route.hops {
        if last_scope != Some(*scope) {
            if let Some(left) = last_scope {
                leave(left, &mut caps, &mut made_per_task, route);
            }
            last_scope = Some(*scope);
        }
        match &hop.kind {
            HopKind::FanOut { served, .. } => {
                fans_out = true;
                current = times(&current, hop);
                if !is_one(&current) && !served {
                    decided_by = Some(Decider { at: hop.at, site: None, kind: ConcurrencyKind::FanOut });
                }
                filled |= apply(&mut current, &mut caps, &mut decided_by);
            }
            HopKind::Limiter { site, kind, of_program } => {
                let homes = match of_program {
                    true => vec![Home::Program],
                    false => known_homes.entry(*site).or_insert_with(|| homes(evaluator, *site)).clone(),
                };
                let value = match is_one(&current) {
                    true => hop.value.clone(),
                    false if filled => full_at_once(&current, hop),
                    false => times(&current, hop),
                };
                caps.push(Cap { holders: hop.value.clone(), value, site: *site, kind: *kind, at: hop.at, homes, used: false });
            }
            HopKind::MayHold(site) => {
                let (site, kind, homes) = (*site, ConcurrencyKind::Semaphore, vec![Home::Program]);
                caps.push(Cap { holders: hop.value.clone(), value: hop.value.clone(), site, kind, at: hop.at, homes, used: false });
            }
            HopKind::Processes => {
                // What runs in another process has its own copy of the pool.
                break;
            }
            HopKind::Call | HopKind::Loop => {}
        }
    }
    if let Some(left) = last_scope {
        leave(left, &mut caps, &mut made_per_task, route);
    }
    if route.open.is_some() && !fans_out {
        fill(&mut current, &caps, &mut decided_by);
    }
    if route.one_of_several {
        current.certainty = Certainty::Assumed;
    }
    Demand { value: current, decided_by, made_per_task, fans_out }
}

/// What nothing in the scanned files calls, and what still has a limiter or an executor that outlives it, is meant to be called many times at
/// once: as many as that lets through.
fn fill(current: &mut Value, caps: &[Cap], decided_by: &mut Option<Decider>) {
    let known = caps.iter().filter_map(|cap| cap.value.amount.greatest().filter(|most| most.is_finite()).map(|most| (cap, most)));
    let Some((cap, most)) = known.min_by(|one, other| one.1.total_cmp(&other.1)) else { return };
    if most <= 1.0 {
        return;
    }
    let mut value = cap.value.clone();
    value.certainty = Certainty::Assumed;
    value.trail.insert(
        0,
        Step { at: Some(cap.at), said: format!("at most {} at a time; nobody here says how many ask", number_of(&cap.holders)) },
    );
    *current = value;
    *decided_by = Some(Decider { at: cap.at, site: Some(cap.site), kind: cap.kind });
}

/// A limiter that is made in the scope that is left bounds nothing beyond it.
fn leave(scope: ScopeRef, caps: &mut Vec<Cap>, made_per_task: &mut Vec<ExprRef>, route: &Route) {
    let beyond_fans_out = |scope: ScopeRef| {
        let from = route.hops.iter().rposition(|(_, at)| *at == scope).map_or(0, |at| at + 1);
        route.hops[from..].iter().any(|(hop, _)| matches!(hop.kind, HopKind::FanOut { .. }))
    };
    caps.retain(|cap| {
        let gone = cap.homes.len() == 1 && cap.homes[0] == Home::Activation(scope);
        if gone && !cap.used && cap.kind == ConcurrencyKind::Semaphore && beyond_fans_out(scope) {
            made_per_task.push(cap.site);
        }
        !gone
    });
}

fn is_one(value: &Value) -> bool {
    matches!(value.amount, Amount::One(number) if number == 1.0)
}

fn one() -> Value {
    Value {
        amount: Amount::One(1.0),
        certainty: Certainty::Declared,
        how: How::Expression,
        defined_at: None,
        trail: Vec::new(),
        same_as: Vec::new(),
    }
}

fn times(current: &Value, hop: &Hop) -> Value {
    if is_one(current) {
        let mut value = hop.value.clone();
        value.trail.insert(0, Step { at: Some(hop.at), said: hop.said.clone() });
        return value;
    }
    let (Some(low), Some(high)) =
        (product(current.amount.least(), hop.value.amount.least()), product(current.amount.greatest(), hop.value.amount.greatest()))
    else {
        // One factor is not known: the other is a lower end at best, and a loop may run no times.
        return Value::unknown(match (&current.amount, &hop.value.amount) {
            (Amount::Unknown(why), _) | (_, Amount::Unknown(why)) => why.clone(),
            _ => "a factor is not known".into(),
        });
    };
    let amount = if low == high { Amount::of(vec![low]) } else { Amount::Range { low: Some(low), high: Some(high) } };
    let mut trail = current.trail.clone();
    trail.push(Step { at: Some(hop.at), said: format!("times {}", hop.value.amount) });
    trail.extend(hop.value.trail.iter().cloned());
    Value {
        amount,
        certainty: current.certainty.min(hop.value.certainty),
        how: How::Expression,
        defined_at: hop.value.defined_at,
        trail,
        same_as: Vec::new(),
    }
}

/// Limits inside limits, each filled by an unknown number of tasks: all of them full at the same time is the most there can be, and the
/// larger of the two what is to be counted on.
fn full_at_once(current: &Value, hop: &Hop) -> Value {
    let mut value = times(current, hop);
    if let (Some(one), Some(other), Some(high)) = (current.amount.least(), hop.value.amount.least(), value.amount.greatest()) {
        value.amount = Amount::Range { low: Some(one.max(other)), high: Some(high) };
    }
    value
}

fn product(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    a.zip(b).map(|(a, b)| if a == 0.0 || b == 0.0 { 0.0 } else { a * b })
}

/// Bounds the demand by the caps that hold here: the smallest decides, and an unknown number of tasks is taken to fill it.
///
/// Whether an unknown number was taken to fill one.
fn apply(current: &mut Value, caps: &mut [Cap], decided_by: &mut Option<Decider>) -> bool {
    let mut filled = false;
    for cap in caps.iter_mut() {
        cap.used = true;
        let tighter = match (cap.value.amount.greatest(), current.amount.greatest()) {
            (Some(cap), Some(current)) => cap < current,
            (Some(_), None) => true,
            // A limiter of unknown size: it may be the tighter one.
            (None, _) => !matches!(current.amount, Amount::One(number) if number <= 1.0),
        };
        if tighter {
            let mut value = cap.value.clone();
            if let (Amount::Range { low, .. }, Some(most)) = (&value.amount, current.amount.greatest())
                && low.is_some_and(|low| low >= most)
            {
                continue;
            }
            value.trail.insert(0, Step { at: Some(cap.at), said: format!("at most {} at a time", number_of(&cap.holders)) });
            filled |= current.amount.greatest().is_none();
            *current = value;
            *decided_by = Some(Decider { at: cap.at, site: Some(cap.site), kind: cap.kind });
        }
    }
    filled
}

fn number_of(value: &Value) -> String {
    match value.amount {
        Amount::One(number) => show_number(number),
        _ => value.amount.to_string(),
    }
}
