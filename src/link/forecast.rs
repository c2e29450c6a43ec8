//! From a pool, what runs through it and the declared load to a scenario of the queueing model.

use super::judge::whole;
use super::patience::Patience;
use crate::catalog::library::{QuirkKind, Role};
use crate::queueing::retry::PAUSE;
use crate::queueing::simulate::{GoneClients, Keep, Retries, ServerLimit, TimeOuts, WhenFull};
use crate::queueing::{Behaviour, Limits, Scenario};
use crate::resolve::ResolvedPool;
use crate::settings::Load;

/// What the queueing model is asked about so many requests to one host through a pool: a burst, or a closed loop where the load says
/// how many requests follow each other. `None` where the limit is not a number.
pub fn scenario(pool: &ResolvedPool<'_>, wanted: f64, load: &Load, patience: &Patience) -> Option<Scenario> {
    let limit = pool.capacity.effective.amount.greatest()?;
    let limit = if limit.is_infinite() { None } else { Some(whole(limit)?) };
    let mut scenario = Scenario::new(whole(wanted)?, Limits { total: limit, per_host: None, hosts: 1 });
    scenario.at_limit = pool.capacity.at_limit.into();
    scenario.latency = load.latency;
    scenario.latency_p95 = load.latency_p95;
    scenario.rounds = load.rounds.and_then(whole).unwrap_or(1).max(1);
    scenario.server =
        load.server_capacity.and_then(whole).map(|capacity| ServerLimit { capacity, when_full: WhenFull::Queue, gone: GoneClients::Stops });
    let idle = pool.role(Role::Idle).and_then(|setting| setting.value.amount.greatest());
    let kept = pool.quirk(QuirkKind::IdleCapCountsBusy).and(idle.and_then(whole));
    scenario.keep = kept.filter(|idle| limit.is_none_or(|limit| *idle < limit)).map(Keep::Open);
    scenario.time_outs = time_outs(patience);
    // Each attempt takes a time of its own; what makes one slow is not known.
    let retries = patience.retries.as_ref().and_then(|(_, value)| value.amount.greatest()).and_then(whole).unwrap_or(0);
    scenario.retries = Retries { times: u32::try_from(retries).unwrap_or(0), backoff: PAUSE, repeats_service: false };
    let does = |kind| pool.quirk(kind).is_some();
    scenario.behave(Behaviour {
        unfair: does(QuirkKind::Unfair),
        queue_restarts: does(QuirkKind::AcquireTimeoutRestarts),
        whole_seconds: does(QuirkKind::TimeOutsEndAtWholeSeconds),
        cpu_bound: does(QuirkKind::CpuBound),
    });
    Some(scenario)
}

/// The time-outs as the model counts them: of several the shortest.
fn time_outs(patience: &Patience) -> TimeOuts {
    let mut time_outs = TimeOuts::default();
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
