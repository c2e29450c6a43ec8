//! More requests under way than the pool lets through: the rest wait inside the client. See `rules/pool-below-concurrency.md`.

use super::telling::{assumptions, concurrency_labels, decisive, finding, number, place_of_setting, pool_label};
use super::{Context, Rule, advice, edits, sums};
use crate::catalog::library::Role;
use crate::finding::{AtLimit, Case, Finding, Verdict};
use crate::link::bound_by_host_only;
use crate::resolve::ResolvedPool;
use crate::value::{Amount, Certainty, How};

/// The rule.
pub static RULE: Rule = Rule { id: "pool-below-concurrency", check };

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (index, pool) in context.linked.resolved.iter().enumerate() {
        if pool.capacity.at_limit != AtLimit::Wait {
            continue;
        }
        let cases = context.linked.cases.iter().filter(|case| case.pool == index && case.verdict == Verdict::TooSmall);
        if let Some(worst) =
            cases.max_by(|one, other| decisive(&one.demand).unwrap_or(0.0).total_cmp(&decisive(&other.demand).unwrap_or(0.0)))
        {
            findings.extend(tell(context, index, pool, worst));
        }
    }
}

fn tell(context: &Context<'_>, index: usize, pool: &ResolvedPool<'_>, case: &Case) -> Option<Finding> {
    let shown = context.linked.pools.get(index)?;
    let wanted = decisive(&case.demand)?;
    let decided_by = &pool.capacity.decided_by;
    let per_host = pool.role(Role::PerHost).is_some_and(|setting| setting.name == *decided_by);
    let whom = if per_host { " to one host" } else { "" };
    let default = if case.supply.how == How::Default { ", the library's default" } else { "" };
    let message = format!(
        "{} requests at once through a pool that lets {} through{whom} (`{decided_by}`{default})",
        number(&case.demand),
        number(&case.supply)
    );
    // That all goes to one host is taken for granted; where the total is too small as well, it does not matter.
    let is_sure = case.route_is_known && !bound_by_host_only(pool, &case.demand);
    let certainty = case.demand.certainty.min(case.supply.certainty).min(if is_sure { Certainty::Measured } else { Certainty::Assumed });
    let mut found = finding(context, RULE.id, shown, decided_by, place_of_setting(shown, decided_by), certainty, message);
    found.label = format!("{} at a time{whom}", number(&case.supply));
    found.labels = concurrency_labels(context, case);
    found.labels.extend(pool_label(context, &found, shown));
    found.notes = sums::burst_and_steady(context, case);
    found.notes.extend(masked(pool, decided_by, advice::to_carry(context, case, wanted)));
    found.notes.push(pool.kind.symptom.clone());
    if !pool.kind.error_text.is_empty() {
        found.notes.push(format!("what you may see: {}", pool.kind.error_text));
    }
    if pool.kind.database {
        found.notes.push("a database pool is not sized by concurrency: its share of the server's `max_connections` decides; a larger pool moves the queue into the database".to_string());
    }
    found.notes.extend(assumptions(case, per_host));
    found.route = case.route.clone();
    found.notes.extend(advice::notes(context, case, pool));
    found.suggestions = advice::suggestions(context, case, pool);
    found.fixes = edits::limits(context, pool, &found.suggestions);
    Some(found)
}

/// The other limit, where raising only the one that decides would not be enough.
fn masked(pool: &ResolvedPool<'_>, decided_by: &str, wanted: f64) -> Option<String> {
    let other = [Role::Total, Role::PerHost].into_iter().filter_map(|role| pool.role(role)).find(|setting| setting.name != decided_by)?;
    match other.value.amount {
        Amount::One(limit) if limit < wanted => Some(format!(
            "`{decided_by}={}` alone would still stop at `{}={}`",
            crate::value::show_number(wanted),
            other.name,
            crate::value::show_number(limit)
        )),
        _ => None,
    }
}
