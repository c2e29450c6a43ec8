//! From a pool, what runs through it and the declared load to a scenario of the queueing model.

use super::judge::whole;
use super::patience::Patience;
use crate::catalog::library::{QuirkKind, Role};
use crate::finding::AtLimit;
use crate::queueing::retry::PAUSE;
use crate::queueing::simulate::{GoneClients, Keep, Retries, ServerLimit, TimeOuts, WhenFull};
use crate::queueing::{self, HandOver, Limits, Scenario};
use crate::resolve::ResolvedPool;
use crate::settings::Load;

/// Requests at once from which a client whose own CPU is the narrow place is slow.
const MANY: u64 = 100;

/// What the queueing model is asked about so many requests to one host through a pool: a burst, or a closed loop where the load says
/// how many requests follow each other. `None` where the limit is not a number.
pub fn scenario(pool: &ResolvedPool<'_>, wanted: f64, load: &Load, patience: &Patience) -> Option<Scenario> {
    let limit = pool.capacity.effective.amount.greatest()?;
    let limit = if limit.is_infinite() { None } else { Some(whole(limit)?) };
    let mut scenario = Scenario::new(whole(wanted)?, Limits { total: limit, per_host: None, hosts: 1 });
    scenario.at_limit = match pool.capacity.at_limit {
        AtLimit::Wait => queueing::AtLimit::Wait,
        AtLimit::Discard => queueing::AtLimit::Discard,
        AtLimit::Churn => queueing::AtLimit::Churn,
        AtLimit::Error => queueing::AtLimit::Error,
        AtLimit::Unbounded => queueing::AtLimit::Unbounded,
    };
    scenario.latency = load.latency;
    scenario.latency_p95 = load.latency_p95;
    scenario.rounds = load.rounds.and_then(whole).unwrap_or(1).max(1);
    scenario.server =
        load.server_capacity.and_then(whole).map(|capacity| ServerLimit { capacity, when_full: WhenFull::Queue, gone: GoneClients::Stops });
    let idle = pool.role(Role::Idle).and_then(|setting| setting.value.amount.greatest());
    let closes_all =
        pool.quirk(QuirkKind::IdleCapCountsBusy).and(idle.and_then(whole)).filter(|idle| limit.is_none_or(|limit| *idle < limit));
    scenario.time_outs = time_outs(pool, patience);
    // Where each connection is closed after use, nobody is woken for one that came back: the time-out counts from the call.
    scenario.time_outs.queue_restarts = closes_all.is_none() && pool.quirk(QuirkKind::AcquireTimeoutRestarts).is_some();
    // A call that took too long takes as long the next time.
    let retries = patience.retries.as_ref().and_then(|(_, value)| value.amount.greatest()).and_then(whole).unwrap_or(0);
    scenario.retries = Retries { times: u32::try_from(retries).unwrap_or(0), backoff: PAUSE, repeats_service: true };
    scenario.keep = closes_all.map(Keep::Open);
    scenario.hand_over = match pool.quirk(QuirkKind::Unfair) {
        // Where each connection is closed after use, a new one goes to the first who waits.
        Some(_) if closes_all.is_none() => HandOver::Unknown,
        _ => HandOver::Fifo,
    };
    scenario.cpu_bound = scenario.concurrency > MANY && pool.quirk(QuirkKind::CpuBound).is_some();
    Some(scenario)
}

/// The time-outs as the model counts them: of several the shortest.
fn time_outs(pool: &ResolvedPool<'_>, patience: &Patience) -> TimeOuts {
    let mut time_outs = TimeOuts { whole_seconds: pool.quirk(QuirkKind::TimeOutsEndAtWholeSeconds).is_some(), ..TimeOuts::default() };
    for one in &patience.time_outs {
        let place = match one.role {
            Role::TotalTimeout if one.covers_queue => &mut time_outs.total,
            Role::TotalTimeout | Role::ReadTimeout => &mut time_outs.read,
            Role::AcquireTimeout => &mut time_outs.queue,
            Role::ConnectTimeout if one.covers_queue => &mut time_outs.queue,
            _ => continue,
        };
        *place = [*place, one.seconds()].into_iter().flatten().min_by(f64::total_cmp);
    }
    time_outs
}
