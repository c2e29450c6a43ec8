//! More requests under way than the pool keeps connections: the extra ones are opened, used once and thrown away. See `rules/connections-discarded.md`.

use super::telling::{assumptions, busiest, concurrency_labels, decisive, finding, number, place_of_setting, pool_label};
use super::{Context, Rule, advice, edits};
use crate::finding::{AtLimit, Finding, Verdict};
use crate::value::{How, show_number};

/// The rule.
pub static RULE: Rule = Rule { id: "connections-discarded", check };

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (index, pool) in context.linked.resolved.iter().enumerate() {
        if pool.capacity.at_limit != AtLimit::Discard {
            continue;
        }
        let Some(case) = busiest(context, index, |case| case.verdict == Verdict::TooSmall) else { continue };
        let (Some(wanted), Some(kept), Some(shown)) =
            (decisive(&case.demand), case.supply.amount.greatest(), context.linked.pools.get(index))
        else {
            continue;
        };
        let decided_by = &pool.capacity.decided_by;
        let default = if case.supply.how == How::Default { ", the library's default" } else { "" };
        let message = format!(
            "{} requests at once through a pool that keeps {} connections to a host (`{decided_by}`{default})",
            number(&case.demand),
            number(&case.supply)
        );
        let certainty = case.demand.certainty.min(case.supply.certainty);
        let mut found = finding(context, RULE.id, shown, decided_by, place_of_setting(shown, decided_by), certainty, message);
        found.label = format!("{} are kept", number(&case.supply));
        found.labels = concurrency_labels(context, case);
        found.labels.extend(pool_label(context, &found, shown));
        found.notes.push(format!(
            "nobody waits: above {} a connection is opened for each request and closed after it; {} of {} in each batch, fewer while all are busy all the time",
            show_number(kept),
            show_number(wanted - kept),
            show_number(wanted)
        ));
        found.notes.push(pool.kind.symptom.clone());
        if !pool.kind.error_text.is_empty() {
            found.notes.push(format!("what you may see: {}", pool.kind.error_text));
        }
        found.notes.extend(assumptions(case, true));
        found.route = case.route.clone();
        found.suggestions = advice::suggestions(context, case, pool);
        found.fixes = edits::limits(context, pool, &found.suggestions);
        findings.push(found);
    }
}
