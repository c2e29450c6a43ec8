//! A time-out meant for dialling also counts the wait for a connection of the pool. See `rules/connect-timeout-covers-queue.md`.

use super::telling::{busiest, concurrency_labels, decisive, finding, number, place_of_timeout, pool_label, sure_of_latency};
use super::{Context, Rule};
use crate::catalog::library::Role;
use crate::finding::{AtLimit, Finding, Verdict};
use crate::link;
use crate::value::{How, show_seconds};

/// The rule.
pub static RULE: Rule = Rule { id: "connect-timeout-covers-queue", about_next: false, check };

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (index, pool) in context.linked.resolved.iter().enumerate() {
        let (Some(shown), Some(load), Some(patience)) =
            (context.linked.pools.get(index), context.linked.loads.get(index), context.linked.patience.get(index))
        else {
            continue;
        };
        let is_connect = |covers: bool| move |one: &&link::TimeOut| one.role == Role::ConnectTimeout && one.covers_queue == covers;
        let Some(connect) = patience.time_outs.iter().find(is_connect(true)).filter(|one| one.is_declared()) else { continue };
        let Some(dial) = patience.time_outs.iter().find(is_connect(false)) else { continue };
        let Some(seconds) = connect.seconds().filter(|_| dial.value.how == How::Default && pool.capacity.at_limit == AtLimit::Wait) else {
            continue;
        };
        let Some(case) = busiest(context, index, |case| case.verdict == Verdict::TooSmall) else { continue };
        let Some(scenario) = decisive(&case.demand).and_then(|wanted| link::scenario(pool, wanted, load, patience)) else { continue };
        let mut alone = scenario.clone();
        (alone.time_outs.total, alone.time_outs.read, alone.server) = (None, None, None);
        let Some(break_even) = alone.break_even() else { continue };
        // With a latency that keeps the wait below it, the time-out does no harm.
        if load.latency.is_some_and(|latency| load.latency_p95.unwrap_or(latency) <= break_even) {
            continue;
        }
        let message = format!(
            "`{}` of {} also counts the wait for a connection: {} at once share {}",
            connect.setting,
            show_seconds(seconds),
            number(&case.demand),
            number(&case.supply)
        );
        let certainty = case.demand.certainty.min(case.supply.certainty).min(connect.value.certainty).min(sure_of_latency(context, index));
        let mut found = finding(context, RULE.id, shown, &connect.setting, place_of_timeout(shown, connect), certainty, message);
        found.label = "runs while a request waits".to_string();
        found.labels = concurrency_labels(context, case);
        found.labels.extend(pool_label(context, &found, shown));
        found.notes.push(format!(
            "in a burst of {} requests fail as soon as calls take longer than {}, however quickly the server accepts connections",
            number(&case.demand),
            show_seconds(break_even)
        ));
        found.notes.push(format!("for the time of dialling alone there is `{}`", dial.setting));
        found.route = case.route.clone();
        findings.push(found);
    }
}
