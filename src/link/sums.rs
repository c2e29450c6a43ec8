//! Tasks of several kinds that run together over one pool: what each asks of it adds up.

use super::{Flow, HopKind};
use crate::resolve::{Evaluator, ExprRef};
use crate::text::Span;
use crate::value::{Amount, Step, Value, show_number};

/// One kind of task with the most that it asks.
struct Part<'f> {
    start: ExprRef,
    most: f64,
    flow: &'f Flow,
}

/// The demand of tasks that one call waits for together, where at least two kinds of them use the pool and each asks a known number; the
/// largest such sum, with the flows in it. Tasks that stand behind the same limiter share it and count once.
pub fn together<'f>(evaluator: &Evaluator<'_>, flows: &[&'f Flow]) -> Option<(Value, Vec<&'f Flow>)> {
    let mut joins: Vec<ExprRef> = flows.iter().flat_map(|flow| flow.route.starts.iter().map(|(join, _)| *join)).collect();
    joins.sort();
    joins.dedup();
    let sums = joins.into_iter().filter_map(|join| sum_at(evaluator, join, flows));
    sums.max_by(|one, other| one.0.amount.greatest().unwrap_or(0.0).total_cmp(&other.0.amount.greatest().unwrap_or(0.0)))
}

fn sum_at<'f>(evaluator: &Evaluator<'_>, join: ExprRef, flows: &[&'f Flow]) -> Option<(Value, Vec<&'f Flow>)> {
    let mut parts: Vec<Part<'f>> = Vec::new();
    let decider = |flow: &Flow| -> Option<Span> {
        flow.demand.decided_by.as_ref().map(|decider| decider.site.map_or(decider.at, |site| evaluator.span(site)))
    };
    for flow in flows.iter().copied().filter(|flow| flow.route.is_sure()) {
        let Some((_, start)) = flow.route.starts.iter().find(|(known, _)| *known == join) else { continue };
        let Amount::One(most) = flow.demand.value.amount else { continue };
        if !most.is_finite() || most < 1.0 {
            continue;
        }
        let same = |part: &Part<'_>| part.start == *start || (decider(flow).is_some() && decider(part.flow) == decider(flow));
        match parts.iter().position(same) {
            Some(at) if parts[at].most < most => parts[at] = Part { start: parts[at].start, most, flow },
            Some(_) => {}
            None if parts.iter().any(|part| are_alternatives(evaluator, part.start, *start)) => {}
            None => parts.push(Part { start: *start, most, flow }),
        }
    }
    if parts.len() < 2 {
        return None;
    }
    let first = &parts[0].flow.demand.value;
    let total = shared_limits(&parts).fold(parts.iter().map(|part| part.most).sum(), f64::min);
    let numbers: Vec<String> = parts.iter().map(|part| show_number(part.most)).collect();
    let mut trail = vec![Step { at: Some(evaluator.span(join)), said: format!("run together: {}", numbers.join(" + ")) }];
    trail.extend(parts.iter().flat_map(|part| part.flow.demand.value.trail.iter().cloned()));
    let certainty = parts.iter().map(|part| part.flow.demand.value.certainty).min().unwrap_or(first.certainty);
    let value = Value {
        amount: Amount::One(total),
        certainty,
        how: crate::value::How::Expression,
        defined_at: first.defined_at,
        trail,
        same_as: Vec::new(),
    };
    Some((value, parts.into_iter().map(|part| part.flow).collect()))
}

/// Limiters that all of them go through.
fn shared_limits(parts: &[Part<'_>]) -> impl Iterator<Item = f64> {
    let of = |part: &Part<'_>| {
        let limits = part.flow.route.hops.iter().filter_map(|(hop, _)| match hop.kind {
            HopKind::Limiter { site, .. } => Some((site, hop.value.amount.greatest().unwrap_or(f64::INFINITY))),
            _ => None,
        });
        limits.collect::<Vec<_>>()
    };
    let mut shared = parts.first().map(of).unwrap_or_default();
    for part in parts {
        let own = of(part);
        shared.retain(|(site, _)| own.iter().any(|(other, _)| other == site));
    }
    shared.into_iter().map(|(_, most)| most)
}

/// Whether two starts stand on different sides of an `if`.
pub fn are_alternatives(evaluator: &Evaluator<'_>, one: ExprRef, other: ExprRef) -> bool {
    evaluator.scope_of(one) == evaluator.scope_of(other)
        && evaluator.scope(evaluator.scope_of(one)).excludes(evaluator.context_of(one), evaluator.context_of(other))
}
