//! More requests under way than a pool has connections that raises at its limit. See `rules/pool-raises-when-full.md`.

use super::telling::{assumptions, busiest, by_default, decisive, finding_of_case, number, symptoms};
use super::{Context, Rule, advice};
use crate::finding::{AtLimit, Finding, Verdict};
use crate::value::show_number;

/// The rule.
pub static RULE: Rule = Rule { id: "pool-raises-when-full", about_next: false, check };

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (index, pool) in context.linked.resolved.iter().enumerate() {
        if pool.capacity.at_limit != AtLimit::Error {
            continue;
        }
        let Some(case) = busiest(context, index, |case| case.verdict == Verdict::TooSmall) else { continue };
        let Some((wanted, limit)) = decisive(&case.demand).zip(case.supply.amount.greatest()) else { continue };
        let (decided_by, default) = (&pool.capacity.decided_by, by_default(&case.supply));
        let message = format!(
            "{} at once through a pool of {} that raises when it is full (`{decided_by}`{default})",
            number(&case.demand),
            number(&case.supply)
        );
        let certainty = case.demand.certainty.min(case.supply.certainty);
        let label = format!("{} at a time, then an exception", number(&case.supply));
        let Some(mut found) = finding_of_case(context, RULE.id, case, decided_by, certainty, message, label) else { continue };
        found.notes.push(format!(
            "burst: of {} that start together {} fail at once, while the others are still at work",
            show_number(wanted),
            show_number(wanted - limit)
        ));
        found.notes.extend(symptoms(context, index));
        found.notes.push(format!(
            "put a semaphore of {} around what takes a connection, or use a pool that waits, with a time-out",
            show_number(limit)
        ));
        found.notes.extend(assumptions(case, false));
        advice::put(context, case, pool, &mut found);
        findings.push(found);
    }
}
