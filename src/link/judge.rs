//! From demand and supply to a verdict, with the reason in words and the estimate where both numbers are known.

use super::forecast::scenario;
use super::patience::Patience;
use crate::finding::{AtLimit, Case, Estimate, EstimateUnit, Verdict};
use crate::queueing::{Burst, ClosedLoop, Scenario};
use crate::resolve::ResolvedPool;
use crate::settings::Load;
use crate::value::{Amount, Certainty, How, Value, show_number};

/// The verdict on a demand and a supply, and why.
pub fn verdict(demand: &Value, pool: &ResolvedPool<'_>) -> (Verdict, String) {
    let supply = &pool.capacity.effective;
    if demand.same_as.iter().any(|span| supply.same_as.contains(span)) {
        return (Verdict::Ok, "both numbers come from the same place, so that they cannot differ".into());
    }
    if pool.opens_nothing {
        return (Verdict::Ok, "it opens no connection".into());
    }
    if supply.amount == Amount::Unbounded {
        return (Verdict::Ok, "the pool has no limit".into());
    }
    if let Amount::Unknown(why) = &demand.amount {
        return (Verdict::CannotTell, format!("how much runs at once is not known: {why}"));
    }
    if let Amount::Unknown(why) = &supply.amount {
        return (Verdict::CannotTell, format!("the limit `{}` is not known: {why}", pool.capacity.decided_by));
    }
    // Of several command lines the largest decides; of a range the end that is certain.
    let wanted_at_least = match &demand.amount {
        Amount::Several(all) => all.last().copied(),
        other => other.least(),
    };
    let (Some(wanted), Some(most)) = (wanted_at_least, supply.amount.greatest()) else {
        return match (demand.amount.greatest(), supply.amount.least()) {
            (Some(wanted), Some(least)) if wanted <= least => {
                (Verdict::Ok, format!("at most {} at once, at least {} connections", show_number(wanted), show_number(least)))
            }
            _ => (Verdict::CannotTell, "only bounds of the two numbers are known".into()),
        };
    };
    if wanted > most {
        // A pool that lets nothing through would serve nobody: nobody runs a program with such a number.
        if most <= 0.0 && pool.capacity.at_limit == AtLimit::Wait {
            return (Verdict::CannotTell, format!("a limit of 0 (`{}`) lets nothing through", pool.capacity.decided_by));
        }
        if let Some(setting) = pool.multiplexed_by() {
            let why = format!(
                "with HTTP/2 (`{}`) one connection carries many requests: only a server without it lets each have one",
                setting.name
            );
            return (Verdict::CannotTell, format!("{} at once over {} connections, but {why}", show_number(wanted), show_number(most)));
        }
        if supply.certainty == Certainty::Assumed {
            let why = if pool.is_on_some_ways {
                "on other ways through the program the client is handed another pool"
            } else if supply.how == How::Default && !pool.may_be_given_more {
                "it is the default of the newest version, and the project may run with an older one"
            } else {
                "the program may pass what is not known"
            };
            return (
                Verdict::CannotTell,
                format!("{} at once, but the limit of {} may be another: {why}", show_number(wanted), show_number(most)),
            );
        }
        return (Verdict::TooSmall, format!("{} at once against {}", show_number(wanted), show_number(most)));
    }
    match (demand.amount.greatest(), supply.amount.least()) {
        (Some(wanted), Some(least)) if wanted <= least => {
            (Verdict::Ok, format!("{} at once, {} connections", show_number(wanted), show_number(least)))
        }
        _ => (Verdict::CannotTell, "the numbers overlap".into()),
    }
}

/// What the queueing model says of a pool whose callers wait: in service times without a latency, in seconds with one. The waits are
/// those of a burst in which nobody gives up; the share that times out is the larger one where the model gives two.
pub fn estimate(case: &Case, pool: &ResolvedPool<'_>, load: &Load, patience: &Patience) -> Option<Estimate> {
    let (wanted, limit) = (whole(case.demand.amount.greatest()?)?, whole(pool.capacity.effective.amount.greatest()?)?);
    if pool.capacity.at_limit != AtLimit::Wait || limit == 0 {
        return None;
    }
    let slots = load
        .server_capacity
        .and_then(whole)
        .filter(|server| load.latency.is_some() && *server > 0)
        .map_or(limit, |server| server.min(limit));
    let burst = Burst { requests: wanted, limit: Some(slots) };
    let waves = burst.waves()? as f64;
    let Some(service) = load.service().ok().flatten() else {
        let steady = ClosedLoop { workers: wanted, limit: Some(slots), service: 1.0 };
        return Some(Estimate {
            waves,
            wait_mean: burst.mean_wait(),
            wait_max: burst.longest_wait(),
            wait_steady: steady.mean_wait(),
            unit: EstimateUnit::ServiceTimes,
            timed_out: None,
        });
    };
    let in_time = burst.outcome(&service, None);
    let scenario = Scenario { rounds: 1, ..scenario(pool, wanted as f64, load, patience)? };
    let gives_up = scenario.time_outs.any();
    let figures = if gives_up { scenario.predict().ok().and_then(|prediction| prediction.figures) } else { None };
    Some(Estimate {
        waves,
        wait_mean: in_time.mean_wait,
        wait_max: in_time.max_wait,
        wait_steady: ClosedLoop { workers: wanted, limit: Some(slots), service: service.mean() }.mean_wait(),
        unit: EstimateUnit::Seconds,
        timed_out: figures.map(|figures| (1.0 - figures.success.low).clamp(0.0, 1.0)),
    })
}

/// A count as the model takes it.
pub fn whole(number: f64) -> Option<u64> {
    (number.is_finite() && (0.0..=1e12).contains(&number)).then_some(number.ceil() as u64)
}
