//! A time-out that runs while requests wait ends before their turn comes. See `rules/timeout-shorter-than-queue.md`.

use super::telling::{
    busiest, by_default_within, concurrency_labels, decisive, finding, number, place_of_timeout, pool_label, share, sure_of_latency,
};
use super::{Context, Rule, sums};
use crate::catalog::library::Role;
use crate::finding::{AtLimit, Case, Finding, Pool, Verdict};
use crate::link::{self, TimeOut};
use crate::queueing::{Range, Scenario};
use crate::value::{Amount, Certainty, show_number, show_seconds};

/// The rule.
pub static RULE: Rule = Rule { id: "timeout-shorter-than-queue", about_next: false, check };

/// Share of a burst whose failure is worth a word, beside those whose call alone is too long.
const WORTH: f64 = 0.01;

/// Without a latency: latency in seconds below which no call over a network can be counted on to stay.
const QUICK: f64 = 1.0;

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (index, pool) in context.linked.resolved.iter().enumerate() {
        let (Some(shown), Some(load), Some(patience)) =
            (context.linked.pools.get(index), context.linked.loads.get(index), context.linked.patience.get(index))
        else {
            continue;
        };
        let Some(case) = busiest(context, index, |case| case.verdict == Verdict::TooSmall) else {
            findings.extend(at_server(context, index));
            continue;
        };
        let Some(scenario) = decisive(&case.demand).and_then(|wanted| link::scenario(pool, wanted, load, patience)) else { continue };
        if pool.capacity.at_limit != AtLimit::Wait {
            continue;
        }
        let Some((binding, break_even)) = sums::binding(&scenario, patience) else { continue };
        let seconds = binding.seconds().unwrap_or(0.0);
        let told = match load.service().ok().flatten() {
            Some(_) if is_of_the_other_rule(binding, load.latency) => continue,
            Some(service) => {
                let once = Scenario { rounds: 1, ..scenario.clone() };
                let Some(figures) = once.predict().ok().and_then(|told| told.figures) else { continue };
                let possible = if binding.role == Role::TotalTimeout { service.cdf(seconds) } else { 1.0 };
                if figures.success.high > possible - WORTH {
                    continue;
                }
                let failed = Range { low: 1.0 - figures.success.high, high: 1.0 - figures.success.low };
                format!("{} of a burst fail", share(failed))
            }
            None if binding.is_declared() && break_even < QUICK => {
                format!("every call slower than {} makes some of them fail", show_seconds(break_even))
            }
            None => continue,
        };
        let default = by_default_within(&binding.value);
        let message = format!(
            "`{}` of {}{default} runs while {} requests wait for {} connections: {told}",
            binding.setting,
            show_seconds(seconds),
            number(&case.demand),
            number(&case.supply)
        );
        let certainty = case.demand.certainty.min(case.supply.certainty).min(binding.value.certainty).min(sure_of_latency(context, index));
        let mut found = told_of(context, shown, case, binding, certainty, message);
        found.label = format!("{} with the wait", show_seconds(seconds));
        found.notes.extend(sums::break_even(&scenario, patience));
        found.notes.push(format!(
            "a larger pool, or at most {} at once, held back outside the time-out; a longer time-out alone keeps the wait",
            number(&case.supply)
        ));
        let inner = patience.time_outs.iter().find(|one| !one.covers_queue && one.role == Role::ReadTimeout);
        if let Some(inner) = inner.filter(|_| binding.role == Role::TotalTimeout) {
            found.notes.push(format!(
                "`{}` does not run while a request waits: it bounds a silent server without counting the queue",
                inner.setting
            ));
        }
        findings.push(found);
    }
}

/// A pool that is large enough for more than the server takes: the requests wait there, and the time-out runs.
fn at_server(context: &Context<'_>, index: usize) -> Option<Finding> {
    let (pool, shown) = (context.linked.resolved.get(index)?, context.linked.pools.get(index)?);
    let (load, patience) = (context.linked.loads.get(index)?, context.linked.patience.get(index)?);
    let (server, service) = (load.server_capacity?, load.service().ok()??);
    let case = busiest(context, index, |case| case.verdict == Verdict::Ok && decisive(&case.demand).is_some_and(|wanted| wanted > server))?;
    let wanted = decisive(&case.demand)?;
    let total = patience.shortest(|one| one.role == Role::TotalTimeout)?;
    let seconds = total.seconds()?;
    // Whatever the pool lets through, up to all of them.
    let scenario = link::scenario(pool, wanted, load, patience).or_else(|| {
        let mut unlimited = pool.clone();
        unlimited.capacity.effective.amount = Amount::Unbounded;
        link::scenario(&unlimited, wanted, load, patience)
    })?;
    let figures = Scenario { rounds: 1, ..scenario }.predict().ok()?.figures?;
    if figures.success.high > service.cdf(seconds) - WORTH {
        return None;
    }
    let failed = Range { low: 1.0 - figures.success.high, high: 1.0 - figures.success.low };
    let default = by_default_within(&total.value);
    let message = format!(
        "`{}` of {}{default} runs while {} requests wait for a server that takes {} at once: {} of a burst fail",
        total.setting,
        show_seconds(seconds),
        number(&case.demand),
        show_number(server),
        share(failed)
    );
    let certainty = case.demand.certainty.min(total.value.certainty).min(sure_of_latency(context, index));
    let mut found = told_of(context, shown, case, total, certainty, message);
    found.label = format!("{} with the wait at the server", show_seconds(seconds));
    found.notes.push(format!(
        "the server takes {0} at once: put a semaphore of {0} around the requests, outside their time-out; a larger pool only moves the queue to the server",
        show_number(server)
    ));
    Some(found)
}

/// A finding at a time-out, with the concurrency, the pool and the route.
fn told_of(context: &Context<'_>, pool: &Pool, case: &Case, time_out: &TimeOut, certainty: Certainty, message: String) -> Finding {
    let mut found = finding(context, RULE.id, pool, &time_out.setting, place_of_timeout(pool, time_out), certainty, message);
    found.labels = concurrency_labels(context, case);
    found.labels.extend(pool_label(context, &found, pool));
    found.route = case.route.clone();
    found
}

/// Whether the time-out of the wait is shorter than a call: a rule of its own.
fn is_of_the_other_rule(binding: &TimeOut, latency: Option<f64>) -> bool {
    binding.role == Role::AcquireTimeout && binding.seconds().zip(latency).is_some_and(|(seconds, latency)| seconds < latency)
}
