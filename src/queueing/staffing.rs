//! Open arrivals: requests come by themselves, so many a second, however many are under way already. What the pool at hand does to
//! them, and how many connections they need.
//!
//! The sums are those of [`super::erlang`]: for arrivals at random and calls that vary like an exponential distribution.

use super::erlang::Arrivals;
use super::steady::in_system;

/// Share of the requests that may find all connections in use.
const FEW: f64 = 0.05;
/// Deviations of the rule of thumb a + β√a: about 5 % wait.
const BETA: f64 = 2.0;
/// Utilisation above which small changes of the load multiply the waits, so that no figure is a forecast.
pub const BUSY: f64 = 0.9;

/// What open arrivals come to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Staffing {
    /// The arrivals.
    pub arrivals: Arrivals,
    /// Connections in use on average, by Little's law.
    pub in_use: f64,
    /// With the pool at hand; `None` where it has no limit.
    pub now: Option<Now>,
    /// The fewest connections with which at most 5 of 100 requests wait.
    pub few_wait: Option<u64>,
    /// The rule of thumb for the same.
    pub rule_of_thumb: u64,
}

/// Arrivals through so many connections.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Now {
    /// Connections.
    pub connections: u64,
    /// Share of their time in which they are in use; at 1 and above the queue grows without end.
    pub utilisation: f64,
    /// Share of the requests that wait.
    pub wait: f64,
    /// Mean wait of all, seconds.
    pub mean_wait: f64,
    /// 95 of 100 wait at most this long, seconds.
    pub p95_wait: f64,
    /// Share that waits longer than it may; `None` where nothing bounds the wait.
    pub give_up: Option<f64>,
}

impl Staffing {
    /// Arrivals through a pool of so many connections, of which each request waits at most `patience` seconds.
    pub fn of(arrivals: Arrivals, connections: Option<u64>, patience: Option<f64>) -> Self {
        let now = connections.map(|connections| Now {
            connections,
            utilisation: arrivals.utilisation(connections),
            wait: arrivals.wait_probability(connections),
            mean_wait: arrivals.mean_wait(connections),
            p95_wait: arrivals.wait_quantile(0.95, connections),
            give_up: patience.map(|seconds| arrivals.wait_longer_than(seconds, connections)),
        });
        Self {
            arrivals,
            in_use: in_system(arrivals.rate, arrivals.service).unwrap_or(0.0),
            now,
            few_wait: arrivals.connections_for(FEW, 0.0),
            rule_of_thumb: arrivals.square_root_staffing(BETA),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn eighty_a_second_through_ten() {
        let staffing = Staffing::of(Arrivals { rate: 80.0, service: 0.1 }, Some(10), Some(0.3));
        let now = staffing.now.unwrap();
        assert_eq!((staffing.in_use, staffing.few_wait, staffing.rule_of_thumb), (8.0, Some(14), 14));
        assert!((now.wait - 0.409).abs() < 0.001 && (now.mean_wait - 0.0205).abs() < 0.0001 && (now.p95_wait - 0.105).abs() < 0.001);
        // 0.409 · e^(−2 · 0.3 / 0.1)
        assert!((now.give_up.unwrap() - 0.409 * libm::exp(-6.0)).abs() < 1e-5);
    }

    #[test]
    fn too_few_connections_never_catch_up() {
        let now = Staffing::of(Arrivals { rate: 80.0, service: 0.1 }, Some(8), None).now.unwrap();
        assert_eq!((now.utilisation, now.wait, now.mean_wait, now.p95_wait), (1.0, 1.0, f64::INFINITY, f64::INFINITY));
        assert_eq!(Staffing::of(Arrivals { rate: 80.0, service: 0.1 }, None, None).now, None);
    }
}
