//! More requests under way than the pool keeps connections: the extra ones are opened, used once and thrown away. See `rules/connections-discarded.md`.

use super::telling::{assumptions, busiest, by_default, decisive, finding_of_case, number, symptoms};
use super::{Context, Rule, advice, sums};
use crate::finding::{AtLimit, Finding, Verdict};
use crate::value::show_number;

/// The rule.
pub static RULE: Rule = Rule { id: "connections-discarded", about_next: true, check };

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (index, pool) in context.linked.resolved.iter().enumerate() {
        if pool.capacity.at_limit != AtLimit::Discard {
            continue;
        }
        let Some(case) = busiest(context, index, |case| case.verdict == Verdict::TooSmall) else { continue };
        let Some((wanted, kept)) = decisive(&case.demand).zip(case.supply.amount.greatest()) else { continue };
        let (decided_by, default) = (&pool.capacity.decided_by, by_default(&case.supply));
        let message = format!(
            "{} requests at once through a pool that keeps {} connections to a host (`{decided_by}`{default})",
            number(&case.demand),
            number(&case.supply)
        );
        let certainty = case.demand.certainty.min(case.supply.certainty);
        let label = format!("{} are kept", number(&case.supply));
        let Some(mut found) = finding_of_case(context, RULE.id, case, decided_by, certainty, message, label) else { continue };
        found.notes.push(format!(
            "nobody waits: above {} a connection is opened for each request and closed after it; {} of {} in each batch, fewer while all are busy all the time",
            show_number(kept),
            show_number(wanted - kept),
            show_number(wanted)
        ));
        found.notes.extend(sums::ports(context, case));
        found.notes.extend(symptoms(context, index));
        found.notes.extend(assumptions(case, true));
        advice::put(context, case, pool, &mut found);
        findings.push(found);
    }
}
