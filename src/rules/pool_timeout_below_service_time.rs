//! The time-out of the wait for a connection is shorter than a call. See `rules/pool-timeout-below-service-time.md`.

use super::telling::{
    busiest, by_default_within, concurrency_labels, decisive, finding, number, place_of_timeout, pool_label, share, sure_of_latency,
};
use super::{Context, Rule};
use crate::catalog::library::Role;
use crate::finding::{AtLimit, Finding, Verdict};
use crate::link;
use crate::queueing::Scenario;
use crate::value::show_seconds;

/// The rule.
pub static RULE: Rule = Rule { id: "pool-timeout-below-service-time", about_next: false, check };

/// Share of a burst whose failure is worth a word.
const WORTH: f64 = 0.01;

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (index, pool) in context.linked.resolved.iter().enumerate() {
        let (Some(shown), Some(load), Some(patience)) =
            (context.linked.pools.get(index), context.linked.loads.get(index), context.linked.patience.get(index))
        else {
            continue;
        };
        let Some(latency) = load.latency.filter(|_| pool.capacity.at_limit == AtLimit::Wait) else { continue };
        let Some(case) = busiest(context, index, |case| case.verdict == Verdict::TooSmall) else { continue };
        let Some(acquire) = patience.shortest(|one| one.role == Role::AcquireTimeout) else { continue };
        let Some(seconds) = acquire.seconds().filter(|seconds| *seconds < latency) else { continue };
        let once = decisive(&case.demand)
            .and_then(|wanted| link::scenario(pool, wanted, load, patience))
            .map(|scenario| Scenario { rounds: 1, ..scenario });
        let Some(figures) = once.and_then(|scenario| scenario.predict().ok()).and_then(|told| told.figures) else { continue };
        if figures.success.high > 1.0 - WORTH {
            continue;
        }
        let default = by_default_within(&acquire.value);
        let message = format!(
            "`{}` of {}{default} is shorter than a call of {}: {} at once share {} connections, and who finds none free gives up before one is",
            acquire.setting,
            show_seconds(seconds),
            show_seconds(latency),
            number(&case.demand),
            number(&case.supply)
        );
        let certainty = case.demand.certainty.min(case.supply.certainty).min(acquire.value.certainty).min(sure_of_latency(context, index));
        let mut found = finding(context, RULE.id, shown, &acquire.setting, place_of_timeout(shown, acquire), certainty, message);
        found.label = format!("waits {} for a connection", show_seconds(seconds));
        found.labels = concurrency_labels(context, case);
        found.labels.extend(pool_label(context, &found, shown));
        found.notes.push(format!("burst: {} of the requests succeed", share(figures.success)));
        found.notes.push(format!(
            "a larger pool, or a semaphore of {} around the requests, outside this time-out; a longer time-out alone only makes them wait",
            number(&case.supply)
        ));
        found.route = case.route.clone();
        findings.push(found);
    }
}
