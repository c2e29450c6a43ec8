//! A pool many times as large as what runs through it. See `rules/pool-far-above-concurrency.md`.

use super::telling::{busiest, concurrency_labels, finding, number, place_of_setting, pool_label};
use super::{Context, Rule};
use crate::finding::{AtLimit, Finding, Verdict};
use crate::value::{Amount, Certainty, show_number};

/// The rule.
pub static RULE: Rule = Rule { id: "pool-far-above-concurrency", about_next: false, check };

/// How many times as large.
const TIMES: f64 = 10.0;

/// By how many connections, for small numbers.
const MORE: f64 = 100.0;

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (index, pool) in context.linked.resolved.iter().enumerate() {
        if pool.capacity.at_limit != AtLimit::Wait {
            continue;
        }
        let of_pool = || context.linked.cases.iter().filter(|case| case.pool == index);
        // All that reaches the pool must be known: a caller that is not may need the room.
        if of_pool().any(|case| case.verdict != Verdict::Ok || !case.route_is_known) {
            continue;
        }
        let Some(case) = busiest(context, index, |_| true) else { continue };
        let (Amount::One(wanted), Amount::One(limit)) = (&case.demand.amount, &case.supply.amount) else { continue };
        let (wanted, limit) = (*wanted, *limit);
        let is_declared = case.demand.certainty >= Certainty::Declared && case.supply.certainty >= Certainty::Declared;
        if !is_declared || wanted < 2.0 || limit < TIMES * wanted || limit < wanted + MORE {
            continue;
        }
        let Some(shown) = context.linked.pools.get(index) else { continue };
        let decided_by = &pool.capacity.decided_by;
        let message = format!("a pool of {} for {} at once (`{decided_by}`)", show_number(limit), number(&case.demand));
        let certainty = case.demand.certainty.min(case.supply.certainty);
        let mut found = finding(context, RULE.id, shown, decided_by, place_of_setting(shown, decided_by), certainty, message);
        found.label = "never reached".to_string();
        found.labels = concurrency_labels(context, case);
        found.labels.extend(pool_label(context, &found, shown));
        found.notes.push("a pool bounds what runs at once and starts nothing: the concurrency decides how much is under way".to_string());
        found.route = case.route.clone();
        findings.push(found);
    }
}
