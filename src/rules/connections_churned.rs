//! A cap on idle connections closes what is wanted a moment later. See `rules/connections-churned.md`.

use super::telling::{assumptions, busiest, by_default, decisive, finding_of_case, number};
use super::{Context, Rule, advice, sums};
use crate::catalog::library::{QuirkKind, Role};
use crate::finding::{Finding, Verdict};
use crate::value::Certainty;

/// The rule.
pub static RULE: Rule = Rule { id: "connections-churned", check };

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (index, pool) in context.linked.resolved.iter().enumerate() {
        // Only where the cap counts busy connections too: a cap on idle ones alone closes nothing while all are busy.
        let Some(quirk) = pool.quirk(QuirkKind::IdleCapCountsBusy) else { continue };
        let Some(idle) = pool.role(Role::Idle) else { continue };
        let Some(cap) = idle.value.amount.greatest().filter(|cap| cap.is_finite()) else { continue };
        if idle.value.certainty == Certainty::Assumed || pool.multiplexed_by().is_some() {
            continue;
        }
        // Where requests wait, that is the finding; the churn is a part of it.
        if context.linked.cases.iter().any(|case| case.pool == index && case.verdict == Verdict::TooSmall) {
            continue;
        }
        let Some(case) = busiest(context, index, |case| decisive(&case.demand).is_some_and(|wanted| wanted > cap)) else { continue };
        let default = by_default(&idle.value);
        let message = format!(
            "{} requests at once over a pool that closes a connection whenever more than {} are open (`{}`{default})",
            number(&case.demand),
            number(&idle.value),
            idle.name
        );
        let certainty = case.demand.certainty.min(idle.value.certainty);
        let label = format!("{} are kept", number(&idle.value));
        let Some(mut found) = finding_of_case(context, RULE.id, case, &idle.name, certainty, message, label) else { continue };
        found.notes.push(format!("nobody waits, but nearly every request opens a connection of its own: {quirk}"));
        found.notes.extend(sums::ports(context, case));
        found.notes.extend(assumptions(case, false));
        advice::put(context, case, pool, &mut found);
        findings.push(found);
    }
}
