//! More requests under way than the pool lets through: the rest wait inside the client. See `rules/pool-below-concurrency.md`.

use super::telling::{assumptions, busiest, by_default, decisive, finding_of_case, number, symptoms};
use super::{Context, Rule, advice, sums};
use crate::catalog::library::Role;
use crate::finding::{AtLimit, Case, Finding, Verdict};
use crate::link::bound_by_host_only;
use crate::resolve::ResolvedPool;
use crate::value::{Amount, Certainty};

/// The rule.
pub static RULE: Rule = Rule { id: "pool-below-concurrency", about_next: false, check };

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (index, pool) in context.linked.resolved.iter().enumerate() {
        if pool.capacity.at_limit != AtLimit::Wait {
            continue;
        }
        if let Some(worst) = busiest(context, index, |case| case.verdict == Verdict::TooSmall) {
            findings.extend(tell(context, pool, worst));
        }
    }
}

fn tell(context: &Context<'_>, pool: &ResolvedPool<'_>, case: &Case) -> Option<Finding> {
    let wanted = decisive(&case.demand)?;
    let decided_by = &pool.capacity.decided_by;
    let per_host = pool.role(Role::PerHost).is_some_and(|setting| setting.name == *decided_by);
    let whom = if per_host { " to one host" } else { "" };
    let default = by_default(&case.supply);
    let message = format!(
        "{} requests at once through a pool that lets {} through{whom} (`{decided_by}`{default})",
        number(&case.demand),
        number(&case.supply)
    );
    // That all goes to one host is taken for granted; where the total is too small as well, it does not matter.
    let is_sure = case.route_is_known && !bound_by_host_only(pool, &case.demand);
    let certainty = case.demand.certainty.min(case.supply.certainty).min(if is_sure { Certainty::Measured } else { Certainty::Assumed });
    let label = format!("{} at a time{whom}", number(&case.supply));
    let mut found = finding_of_case(context, RULE.id, case, decided_by, certainty, message, label)?;
    found.notes = sums::burst_and_steady(context, case);
    found.notes.extend(masked(pool, decided_by, advice::to_carry(context, case, wanted)));
    found.notes.extend(symptoms(context, case.pool));
    if pool.kind.database {
        let decides = match is_local(context, pool) {
            true => "an SQLite file lets one writer in at a time: a larger pool helps those who read, and no other",
            false => {
                "a database pool is not sized by concurrency: its share of the server's `max_connections` decides; a larger pool moves the queue into the database"
            }
        };
        found.notes.push(decides.to_string());
    }
    found.notes.extend(assumptions(case, per_host));
    found.notes.extend(advice::notes(context, case, pool));
    advice::put(context, case, pool, &mut found);
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

/// Whether a pool is one of connections to a file instead of a server: what makes it says so, by a name or an address.
fn is_local(context: &Context<'_>, pool: &ResolvedPool<'_>) -> bool {
    let facts = context.evaluator.project.facts(pool.made.site.file);
    let whole = std::iter::successors(Some(pool.made.site.expr), |at| facts.expr(*at).parent).last();
    let text = whole.map_or("", |whole| context.sources.slice(facts.expr(whole).span));
    [text, &pool.made.symbol].iter().any(|said| said.to_ascii_lowercase().contains("sqlite"))
}
