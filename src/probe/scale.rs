//! How small a probe may be: connections up to a bound, times down to where the client's own CPU begins to count.

use crate::queueing::simulate::Keep;
use crate::queueing::{Scenario, tighter};

/// Connections of a probe at most; above it requests, limits and capacity are cut by one factor.
pub const MOST_CONNECTIONS: u64 = 600;
/// Shortest mean time of a call, seconds.
pub const SHORTEST: f64 = 0.2;
/// Longest mean time of a call, seconds.
pub const LONGEST: f64 = 2.0;
/// Share of a call that the client's CPU may take: half of what the comparison tolerates.
const CPU_SHARE: f64 = 0.05;
/// Share of a round, from the first start to the last end, that it may take.
const WHOLE_SHARE: f64 = 0.10;
/// Seconds that one run should take at most, where fewer rounds or shorter calls can see to it.
const LONGEST_RUN: f64 = 40.0;

/// Longest time-out of a probe of a client that ends those of 5 s or more at a whole second, seconds.
const BELOW_WHOLE_SECONDS: f64 = 4.9;
/// How much longer than the 95th percentile a call may be, to bound the longest wait.
const TAIL: f64 = 4.0;

/// A scenario as it is probed.
#[derive(Clone, PartialEq, Debug)]
pub struct Scaled {
    /// With its times and counts as probed.
    pub scenario: Scenario,
    /// Seconds of the probe for one second of the original.
    pub time: f64,
    /// Requests of the probe for one of the original.
    pub count: f64,
    /// Rounds of the original, where fewer are probed.
    pub rounds_of: Option<u64>,
    /// Time of a call at which the client's CPU would be no matter, seconds; `None` where it is none already.
    pub wanted: Option<f64>,
}

/// Cuts the counts. Times stay.
pub fn count(scenario: &Scenario) -> Scaled {
    let mut small = scenario.clone();
    let factor = if scenario.concurrency > MOST_CONNECTIONS { MOST_CONNECTIONS as f64 / scenario.concurrency as f64 } else { 1.0 };
    if factor < 1.0 {
        let cut = |count: u64| ((count as f64 * factor).round() as u64).max(1);
        small.concurrency = cut(small.concurrency);
        small.limits.total = small.limits.total.map(cut);
        small.limits.per_host = small.limits.per_host.map(cut);
        small.semaphore = small.semaphore.map(cut);
        small.keep = small.keep.map(|keep| match keep {
            Keep::All => Keep::All,
            Keep::Idle(most) => Keep::Idle(cut(most)),
            Keep::IdlePerHost(most) => Keep::IdlePerHost(cut(most)),
            Keep::Open(most) => Keep::Open(cut(most)),
        });
        if let Some(server) = &mut small.server {
            server.capacity = cut(server.capacity);
        }
    }
    Scaled { scenario: small, time: 1.0, count: factor, rounds_of: None, wanted: None }
}

/// Sets the time of a call by what a request costs the client, seconds; all other times follow.
pub fn time(counted: &Scaled, cost: f64) -> Option<Scaled> {
    let mut scaled = counted.clone();
    let scenario = &mut scaled.scenario;
    let latency = scenario.latency?;
    let slots = tighter(tighter(scenario.narrowest(), scenario.semaphore), Some(scenario.concurrency)).unwrap_or(scenario.concurrency);
    let wanted = cost * slots as f64 / CPU_SHARE;
    let waves = (scenario.concurrency as f64 / slots.max(1) as f64).max(1.0);
    // A client that ends long time-outs at whole seconds would show by the scale what it does not do at the original times.
    // A time-out that nobody reaches never ends anything, at whatever scale.
    let worst = waves.ceil() * scenario.rounds.max(1) as f64 * scenario.latency_p95.map_or(1.0, |high| TAIL * high / latency) + 1.0;
    let binding = scenario.time_outs.all().map(|timeout| timeout / latency).filter(|calls| *calls <= worst);
    let most_calls = binding.fold(0.0, f64::max);
    let below = if scenario.time_outs.whole_seconds && most_calls > 0.0 { BELOW_WHOLE_SECONDS / most_calls } else { LONGEST };
    let longest = LONGEST.min(LONGEST_RUN / waves).min(below).max(SHORTEST);
    // Where all give up after a few calls, those few carry what the start of all of them costs.
    let calls = if most_calls > 0.0 { waves.min(most_calls.max(1.0)) } else { waves };
    let whole = cost * scenario.concurrency as f64 / (WHOLE_SHARE * calls);
    let call = wanted.max(whole).clamp(SHORTEST, longest);
    scaled.wanted = (wanted > call).then_some(wanted);
    scaled.time = call / latency;
    let times = |seconds: f64| seconds * scaled.time;
    scenario.latency = Some(call);
    scenario.latency_p95 = scenario.latency_p95.map(times);
    scenario.pause = times(scenario.pause);
    scenario.time_outs = scenario.time_outs.map(times);
    let most = (LONGEST_RUN / (call * waves).max(f64::MIN_POSITIVE)).floor().max(2.0);
    if (scenario.rounds as f64) > most {
        scaled.rounds_of = Some(scenario.rounds);
        scenario.rounds = most as u64;
    }
    Some(scaled)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::queueing::Limits;

    fn seed() -> Scenario {
        let mut seed = Scenario::new(500, Limits { total: Some(100), per_host: Some(30), hosts: 1 });
        (seed.latency, seed.latency_p95, seed.time_outs.total) = (Some(40.0), Some(90.0), Some(120.0));
        seed
    }

    #[test]
    fn a_call_is_as_short_as_the_client_allows() {
        let narrow = time(&count(&seed()), 0.000_3).unwrap();
        // Nobody waits for more than three calls, in which 500 requests are started: 0.15 s are a tenth of 1.5 s.
        assert!(narrow.wanted.is_none() && (narrow.scenario.latency.unwrap() - 0.5).abs() < 1e-9);
        assert!((narrow.scenario.time_outs.total.unwrap() - 1.5).abs() < 1e-9 && (narrow.time - 0.012_5).abs() < 1e-9);
        let mut patient = seed();
        patient.time_outs.total = None;
        assert_eq!(time(&count(&patient), 0.000_3).unwrap().scenario.latency, Some(0.2));
        let slow = time(&count(&patient), 0.001).unwrap();
        assert!((slow.scenario.latency.unwrap() - 0.6).abs() < 1e-9);
        let mut wide = seed();
        wide.limits.per_host = None;
        wide.limits.total = None;
        let wide = time(&count(&wide), 0.000_3).unwrap();
        assert_eq!(wide.scenario.latency, Some(2.0));
        assert!((wide.wanted.unwrap() - 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_time_out_that_nobody_reaches_shortens_no_calls() {
        let mut wide = seed();
        wide.limits = Limits::default();
        (wide.latency, wide.latency_p95, wide.time_outs.total, wide.time_outs.whole_seconds) = (Some(0.2), None, Some(300.0), true);
        let free = time(&count(&wide), 0.000_3).unwrap();
        assert_eq!(free.scenario.latency, Some(2.0));
        wide.time_outs.total = Some(0.4);
        assert_eq!(time(&count(&wide), 0.000_3).unwrap().scenario.latency, Some(2.0));
        // Two calls long and within reach: two calls have to be below 4.9 s. Ten are shorter.
        wide.limits.total = Some(50);
        wide.time_outs.total = Some(2.0);
        assert!((time(&count(&wide), 0.003).unwrap().scenario.latency.unwrap() - 0.49).abs() < 1e-9);
    }

    #[test]
    fn large_cases_keep_their_proportions() {
        let mut large = seed();
        large.concurrency = 6000;
        large.rounds = 10_000;
        let small = count(&large);
        assert_eq!((small.scenario.concurrency, small.scenario.limits.total, small.scenario.limits.per_host), (600, Some(10), Some(3)));
        let small = time(&small, 0.000_3).unwrap();
        assert_eq!((small.rounds_of, small.scenario.rounds), (Some(10_000), 2));
        assert_eq!(time(&count(&Scenario::new(5, Limits::default())), 0.001), None, "without a latency there is nothing to scale");
    }
}
