//! A cap on idle connections closes what is wanted a moment later. See `rules/connections-churned.md`.

use super::telling::{assumptions, busiest, concurrency_labels, decisive, finding, number, place_of_setting, pool_label};
use super::{Context, Rule, advice, edits};
use crate::catalog::library::{QuirkKind, Role};
use crate::finding::{Finding, Verdict};
use crate::value::{Amount, Certainty, How};

/// The rule.
pub static RULE: Rule = Rule { id: "connections-churned", check };

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (index, pool) in context.linked.resolved.iter().enumerate() {
        // Only where the cap counts busy connections too: a cap on idle ones alone closes nothing while all are busy.
        let Some(quirk) = pool.quirk(QuirkKind::IdleCapCountsBusy) else { continue };
        let Some(idle) = pool.role(Role::Idle) else { continue };
        let Some(cap) = idle.value.amount.greatest().filter(|cap| cap.is_finite()) else { continue };
        if idle.value.certainty == Certainty::Assumed
            || pool.role(Role::Multiplexed).is_some_and(|setting| setting.value.amount == Amount::Truth(true))
        {
            continue;
        }
        // Where requests wait, that is the finding; the churn is a part of it.
        if context.linked.cases.iter().any(|case| case.pool == index && case.verdict == Verdict::TooSmall) {
            continue;
        }
        let Some(case) = busiest(context, index, |case| decisive(&case.demand).is_some_and(|wanted| wanted > cap)) else { continue };
        let Some(shown) = context.linked.pools.get(index) else { continue };
        let default = if idle.value.how == How::Default { ", the library's default" } else { "" };
        let message = format!(
            "{} requests at once over a pool that closes a connection whenever more than {} are open (`{}`{default})",
            number(&case.demand),
            number(&idle.value),
            idle.name
        );
        let certainty = case.demand.certainty.min(idle.value.certainty);
        let mut found = finding(context, RULE.id, shown, &idle.name, place_of_setting(shown, &idle.name), certainty, message);
        found.label = format!("{} are kept", number(&idle.value));
        found.labels = concurrency_labels(context, case);
        found.labels.extend(pool_label(context, &found, shown));
        found.notes.push(format!("nobody waits, but nearly every request opens a connection of its own: {quirk}"));
        found.notes.extend(assumptions(case, false));
        found.route = case.route.clone();
        found.suggestions = advice::suggestions(context, case, pool);
        found.fixes = edits::limits(context, pool, &found.suggestions);
        findings.push(found);
    }
}
