//! More requests under way than a pool has connections that raises at its limit. See `rules/pool-raises-when-full.md`.

use super::telling::{assumptions, busiest, concurrency_labels, decisive, finding, number, place_of_setting, pool_label};
use super::{Context, Rule, advice, edits};
use crate::finding::{AtLimit, Finding, Verdict};
use crate::value::{How, show_number};

/// The rule.
pub static RULE: Rule = Rule { id: "pool-raises-when-full", check };

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (index, pool) in context.linked.resolved.iter().enumerate() {
        if pool.capacity.at_limit != AtLimit::Error {
            continue;
        }
        let Some(case) = busiest(context, index, |case| case.verdict == Verdict::TooSmall) else { continue };
        let (Some(wanted), Some(limit), Some(shown)) =
            (decisive(&case.demand), case.supply.amount.greatest(), context.linked.pools.get(index))
        else {
            continue;
        };
        let decided_by = &pool.capacity.decided_by;
        let default = if case.supply.how == How::Default { ", the library's default" } else { "" };
        let message = format!(
            "{} at once through a pool of {} that raises when it is full (`{decided_by}`{default})",
            number(&case.demand),
            number(&case.supply)
        );
        let certainty = case.demand.certainty.min(case.supply.certainty);
        let mut found = finding(context, RULE.id, shown, decided_by, place_of_setting(shown, decided_by), certainty, message);
        found.label = format!("{} at a time, then an exception", number(&case.supply));
        found.labels = concurrency_labels(context, case);
        found.labels.extend(pool_label(context, &found, shown));
        found.notes.push(format!(
            "burst: of {} that start together {} fail at once, while the others are still at work",
            show_number(wanted),
            show_number(wanted - limit)
        ));
        found.notes.push(pool.kind.symptom.clone());
        if !pool.kind.error_text.is_empty() {
            found.notes.push(format!("what you may see: {}", pool.kind.error_text));
        }
        found.notes.push(format!(
            "put a semaphore of {} around what takes a connection, or use a pool that waits, with a time-out",
            show_number(limit)
        ));
        found.notes.extend(assumptions(case, false));
        found.route = case.route.clone();
        found.suggestions = advice::suggestions(context, case, pool);
        found.fixes = edits::limits(context, pool, &found.suggestions);
        findings.push(found);
    }
}
