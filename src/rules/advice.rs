//! Limits to write instead, each with the reason for its floor and its ceiling.

use super::telling::decisive;
use super::{Context, edits};
use crate::catalog::library::Role;
use crate::finding::{Case, Finding, Safety, Suggestion};
use crate::link::whole;
use crate::queueing::Limits;
use crate::queueing::sizing::{Advice, Demand, Reason, advise};
use crate::resolve::ResolvedPool;
use crate::value::{Amount, Value};

/// What is advised for the demand of a case, with the server's capacity where it is declared; `None` for pools that are not sized by
/// concurrency.
fn advised(context: &Context<'_>, case: &Case, pool: &ResolvedPool<'_>) -> Option<(u64, Advice)> {
    let wanted = decisive(&case.demand).and_then(whole)?;
    if pool.kind.database {
        return None;
    }
    let targets = &context.settings.targets;
    let present = |role| pool.role(role).and_then(|setting| limit(&setting.value));
    let server = context.linked.loads.get(case.pool).and_then(|load| load.server_capacity).and_then(whole);
    let advice = advise(&Demand {
        headroom: targets.headroom,
        present: Some(Limits { total: present(Role::Total), per_host: present(Role::PerHost), hosts: 1 }),
        server_capacity: server,
        open_files: whole(targets.open_files),
        open_files_reserve: whole(targets.open_files_reserve).unwrap_or(50),
        ..Demand::single_host(wanted)
    });
    Some((wanted, advice))
}

/// What the pool has to carry of a demand: no more than the server takes.
pub fn to_carry(context: &Context<'_>, case: &Case, wanted: f64) -> f64 {
    context.linked.loads.get(case.pool).and_then(|load| load.server_capacity).map_or(wanted, |server| server.min(wanted))
}

/// What to do beside the pool, or instead of it.
pub fn notes(context: &Context<'_>, case: &Case, pool: &ResolvedPool<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    let Some((wanted, advice)) = advised(context, case, pool) else { return notes };
    if let Some(permits) = advice.semaphore {
        notes.push(format!(
            "the server takes {permits} at once: put a semaphore of {permits} around the requests, outside their time-out; a pool above it only moves the queue to the server"
        ));
    }
    if let Some(files) = advice.open_files {
        notes.push(format!(
            "{wanted} connections need {files} open files: raise the soft limit (`ulimit -n`), {} is assumed",
            context.settings.targets.open_files
        ));
    }
    notes
}

/// Puts the advice for a case, and the fixes that write it, into a finding.
pub fn put(context: &Context<'_>, case: &Case, pool: &ResolvedPool<'_>, found: &mut Finding) {
    found.suggestions = suggestions(context, case, pool);
    // A pool of what the server takes leaves the finding where it is: the semaphore mends it.
    let carries_all = found.suggestions.iter().all(|one| decisive(&case.demand).is_none_or(|wanted| one.advised >= wanted));
    found.fixes = edits::limits(context, pool, &found.suggestions);
    found.fixes.retain(|fix| carries_all || fix.safety == Safety::ShowOnly);
}

/// What to write at a pool so that the demand of a case fits; nothing for pools that are not sized by concurrency.
fn suggestions(context: &Context<'_>, case: &Case, pool: &ResolvedPool<'_>) -> Vec<Suggestion> {
    let Some((wanted, advice)) = advised(context, case, pool) else { return Vec::new() };
    let targets = &context.settings.targets;
    // Behind a narrower server the pool has to carry what the server takes, no more.
    let wanted = advice.semaphore.map_or(wanted, |permits| permits.min(wanted));
    // A ceiling below the floor bounds nothing: what has to change first is told beside.
    let ceiling = advice.ceiling.map(|bound| bound.connections as f64).filter(|ceiling| *ceiling >= wanted as f64);
    let ceiling_why = match advice.ceiling.map(|bound| bound.reason) {
        _ if ceiling.is_none() => format!("more than {} open files have to be allowed first", targets.open_files),
        Some(Reason::ServerCapacity) => "what the server takes at once".to_string(),
        _ => format!("{} open files less {} for the rest", targets.open_files, targets.open_files_reserve),
    };
    let floor_why = if advice.semaphore.is_some() { "what the server takes at once" } else { "as many as run at once" }.to_string();
    let suggestion = |setting: &str, advised: u64| Suggestion {
        setting: setting.to_string(),
        floor: wanted as f64,
        advised: advised as f64,
        ceiling,
        floor_why: floor_why.clone(),
        ceiling_why: ceiling_why.clone(),
    };
    let bounded = |role| pool.role(role).filter(|setting| limit(&setting.value).is_some_and(|limit| limit < wanted));
    let mut found = Vec::new();
    match (bounded(Role::PerHost), pool.role(Role::Total)) {
        (Some(per_host), total) => {
            found.push(suggestion(&per_host.name, advice.per_host));
            if let Some(total) = total.filter(|total| limit(&total.value).is_some_and(|limit| limit < advice.total)) {
                let mut of_total = suggestion(&total.name, advice.total);
                of_total.floor_why = format!("no less than `{}`, or it binds first", per_host.name);
                of_total.ceiling = None;
                of_total.ceiling_why = "what is really open at once is bounded by the concurrency".to_string();
                found.push(of_total);
            }
        }
        (None, _) => {
            // No more can be idle than the pool may have open.
            let open = pool.role(Role::Total).and_then(|total| limit(&total.value)).unwrap_or(u64::MAX);
            let total = bounded(Role::Total).map(|total| suggestion(&total.name, advice.per_host));
            found.extend(total.or_else(|| bounded(Role::Idle).map(|idle| suggestion(&idle.name, advice.per_host.min(open)))));
        }
    }
    // A cap on idle connections that stays below closes what the larger pool opens.
    if let Some(idle) = bounded(Role::Idle).filter(|idle| !found.iter().any(|other| other.setting == idle.name)) {
        let advised = found.first().map_or(advice.per_host, |first| first.advised as u64);
        let mut of_idle = suggestion(&idle.name, advised);
        of_idle.floor_why = "what runs at once is idle a moment later".to_string();
        found.push(of_idle);
    }
    found
}

/// A limit as the model takes it; `None` where there is none or it is not known.
fn limit(value: &Value) -> Option<u64> {
    match value.amount {
        Amount::Unknown(_) => None,
        ref amount => amount.greatest().and_then(whole),
    }
}
