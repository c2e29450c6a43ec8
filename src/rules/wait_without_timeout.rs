//! More requests under way than the pool lets through, and nothing bounds the wait. See `rules/wait-without-timeout.md`.

use super::telling::{busiest, concurrency_labels, finding, number, place_of_setting, pool_label};
use super::{Context, Rule};
use crate::finding::{AtLimit, Finding, Verdict};
use crate::link::Patience;
use crate::value::Certainty;

/// The rule.
pub static RULE: Rule = Rule { id: "wait-without-timeout", about_next: false, check };

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (index, pool) in context.linked.resolved.iter().enumerate() {
        let Some(case) = busiest(context, index, |case| case.verdict == Verdict::TooSmall && case.route_is_known) else { continue };
        let Some(shown) = context.linked.pools.get(index) else { continue };
        let Some(why) = endless(context, index) else { continue };
        let decided_by = &pool.capacity.decided_by;
        let message =
            format!("{} at once share {} connections, and nothing bounds the wait for one", number(&case.demand), number(&case.supply));
        let certainty = case.demand.certainty.min(case.supply.certainty).min(Certainty::Declared);
        let mut found = finding(context, RULE.id, shown, "wait", place_of_setting(shown, decided_by), certainty, message);
        found.label = format!("{} at a time, the others wait without a time-out", number(&case.supply));
        found.labels = concurrency_labels(context, case);
        found.labels.extend(pool_label(context, &found, shown));
        found
            .notes
            .push(format!("one call that never ends keeps its connection, and those who wait behind it get no error either ({why})"));
        let settings = context.linked.patience.get(index).into_iter().flat_map(Patience::of_queue);
        let settings: Vec<String> = settings.map(|one| format!("`{}`", one.setting)).collect();
        found.notes.push(match settings.is_empty() {
            false => format!("set {}, or put a time-out around the whole call", settings.join(" or ")),
            true => "the library has no setting for it: put a time-out around the whole call".to_string(),
        });
        found.route = case.route.clone();
        findings.push(found);
    }
}

/// Why those who wait at a pool may wait without an end: where it was read of its library, or the settings that are none.
fn endless(context: &Context<'_>, index: usize) -> Option<String> {
    let (pool, patience) = (context.linked.resolved.get(index)?, context.linked.patience.get(index)?);
    if pool.capacity.at_limit != AtLimit::Wait || !patience.waits_for_ever() {
        return None;
    }
    let none: Vec<String> = patience.of_queue().map(|one| format!("`{}`", one.setting)).collect();
    match &pool.kind.waits_for_ever {
        Some(source) => Some(source.clone()),
        // What ends each call brings its connection back, so that the wait ends some time.
        None if none.is_empty() || patience.ends_calls() => None,
        None => Some(format!("{} {} none", none.join(" and "), if none.len() > 1 { "are" } else { "is" })),
    }
}
