//! A cap on idle connections closes what is wanted a moment later. See `rules/connections-churned.md`.

use super::telling::{assumptions, busiest, by_default, decisive, finding_of_case, number};
use super::{Context, Rule, advice, sums};
use crate::catalog::library::{QuirkKind, Role};
use crate::finding::{AtLimit, Finding, Label, Verdict};
use crate::link::{Flow, goes_to_many_hosts};
use crate::resolve::ResolvedPool;
use crate::value::{Certainty, show_number};

/// The rule.
pub static RULE: Rule = Rule { id: "connections-churned", about_next: true, check };

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (index, pool) in context.linked.resolved.iter().enumerate() {
        if pool.capacity.at_limit == AtLimit::Churn {
            findings.extend(in_waves(context, index, pool));
            continue;
        }
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

/// A cap on idle connections alone closes nothing while all are busy, and little where one is wanted as soon as it comes back. Of a batch
/// that is waited for before the next begins, all come back at once.
fn in_waves(context: &Context<'_>, index: usize, pool: &ResolvedPool<'_>) -> Option<Finding> {
    let idle = pool.role(Role::Idle)?;
    let cap = idle.value.amount.greatest().filter(|cap| cap.is_finite() && *cap > 0.0)?;
    if idle.value.certainty == Certainty::Assumed || pool.multiplexed_by().is_some() {
        return None;
    }
    let exceeds = |flow: &&Flow| flow.pool == index && decisive(&flow.demand.value).is_some_and(|wanted| wanted > cap);
    let in_waves = context.linked.flows.iter().filter(exceeds).filter_map(|flow| Some((flow, flow.comes_in_waves()?)));
    let (flow, again) = in_waves.filter(|(flow, _)| !goes_to_many_hosts(context.evaluator, flow)).max_by(|(one, _), (other, _)| {
        decisive(&one.demand.value).unwrap_or(0.0).total_cmp(&decisive(&other.demand.value).unwrap_or(0.0))
    })?;
    let case = context.linked.cases.iter().find(|case| case.pool == index && case.demand.amount == flow.demand.value.amount)?;
    let default = by_default(&idle.value);
    let message = format!(
        "{} requests at once, again and again, over a pool that keeps {} idle connections (`{}`{default})",
        number(&case.demand),
        number(&idle.value),
        idle.name
    );
    let certainty = case.demand.certainty.min(idle.value.certainty);
    let label = format!("{} are kept", number(&idle.value));
    let mut found = finding_of_case(context, RULE.id, case, &idle.name, certainty, message, label)?;
    found.labels.push(Label { span: context.sources.first_line(again), message: "again from here, when all are done".to_string() });
    let wanted = decisive(&case.demand)?;
    found.notes.push(format!(
        "nobody waits, but of {} connections that come back {} are closed, and the next turn opens as many",
        show_number(wanted),
        show_number(wanted - cap)
    ));
    found.notes.push("with HTTP/2 one connection carries all requests to a host, and none is closed".to_string());
    found.notes.extend(sums::ports(context, case));
    found.notes.extend(assumptions(case, true));
    advice::put(context, case, pool, &mut found);
    Some(found)
}
