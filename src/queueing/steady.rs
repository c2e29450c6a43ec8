//! The closed loop without time-outs: N workers, each of which starts its next request when the last one ended.
//!
//! Sources: Little's law (N = throughput × time in the system) and, for the newcomer-first order, counting who is served in
//! which turn; held against a simulator and real clients (wall 8.08 s predicted, 8.13 s measured for 100 workers × 10 calls
//! of 0.2 s through 30 connections, longest wait 6.06 and 6.09 s).

use super::{Burst, HandOver};

/// N workers that share L slots.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ClosedLoop {
    /// Workers, N.
    pub workers: u64,
    /// Slots, L; `None` is no limit.
    pub limit: Option<u64>,
    /// Mean service time S, seconds, above 0.
    pub service: f64,
}

/// What a closed loop of R rounds comes to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LoopOutcome {
    /// Mean wait of one request, seconds.
    pub mean_wait: f64,
    /// Median wait, seconds.
    pub median_wait: f64,
    /// Longest wait of one request, seconds.
    pub max_wait: f64,
    /// Until the last worker is done, seconds.
    pub wall: f64,
}

impl ClosedLoop {
    /// Requests per second: min(N, L)/S.
    pub fn throughput(&self) -> f64 {
        match super::positive(self.service) {
            Some(service) => self.in_flight() as f64 / service,
            None => 0.0,
        }
    }

    /// Requests under way at once: min(N, L).
    pub fn in_flight(&self) -> u64 {
        self.limit.map_or(self.workers, |limit| limit.min(self.workers))
    }

    /// Mean wait in the steady state whatever the order, seconds: by Little's law N/throughput − S, that is (N/L − 1)·S.
    pub fn mean_wait(&self) -> f64 {
        match self.in_flight() {
            _ if self.workers == 0 => 0.0,
            0 => f64::INFINITY,
            slots => (self.workers as f64 / slots as f64 - 1.0) * self.service,
        }
    }

    /// Outcome of `rounds` requests per worker, for a known order; `None` for an unknown one (ask for both).
    ///
    /// First come, first served: each wait is the steady one but for the first turn, which waits less (the burst). Newcomer
    /// first: L workers do all their rounds, then the next L, so that the waits are those of a burst whose calls take R·S.
    pub fn outcome(&self, rounds: u64, order: HandOver) -> Option<LoopOutcome> {
        let turns = rounds as f64;
        let burst = Burst { requests: self.workers, limit: self.limit };
        if rounds == 0 || self.workers == 0 {
            return Some(LoopOutcome { mean_wait: 0.0, median_wait: 0.0, max_wait: 0.0, wall: 0.0 });
        }
        let slots = self.in_flight() as f64;
        match order {
            HandOver::Fifo => Some(LoopOutcome {
                mean_wait: ((turns - 1.0) * self.mean_wait() + burst.mean_wait() * self.service) / turns,
                median_wait: if rounds == 1 { burst.wait_at(0.5) * self.service } else { self.mean_wait() },
                max_wait: burst.longest_wait() * self.service,
                wall: if slots == 0.0 { f64::INFINITY } else { self.workers as f64 * turns / slots * self.service },
            }),
            HandOver::NewcomerFirst => Some(LoopOutcome {
                // Of R requests of a worker only the first waits, R times as long as in a burst.
                mean_wait: burst.mean_wait() * self.service,
                median_wait: if rounds == 1 { burst.wait_at(0.5) * self.service } else { 0.0 },
                max_wait: burst.longest_wait() * turns * self.service,
                wall: burst.slow_down() * turns * self.service,
            }),
            HandOver::Unknown => None,
        }
    }

    /// Bound on the share that succeeds within `timeout`: min(1, L·T/(N·S)). Newcomer first reaches it in many rounds.
    ///
    /// For a constant service time only: where times vary, those that are cut off are the long ones, and slots that drop them carry more.
    pub fn success_bound(&self, timeout: f64) -> f64 {
        match self.in_flight() {
            _ if self.workers == 0 => 1.0,
            slots if slots == self.workers => 1.0,
            slots => (slots as f64 * timeout.max(0.0) / (self.workers as f64 * self.service)).clamp(0.0, 1.0),
        }
    }
}

/// Little's law: requests in a system through which `throughput` per second go and in which each stays `time` seconds.
pub fn in_system(throughput: f64, time: f64) -> Option<f64> {
    Some(super::positive(throughput)? * super::positive(time)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const SEED: ClosedLoop = ClosedLoop { workers: 500, limit: Some(30), service: 40.0 };

    #[test]
    fn the_steady_state_of_the_seed() {
        assert!((SEED.mean_wait() - 626.67).abs() < 0.01);
        assert!((SEED.throughput() - 0.75).abs() < 1e-12);
        let fifo = SEED.outcome(108, HandOver::Fifo).unwrap();
        assert!((fifo.wall / 3600.0 - 20.0).abs() < 1e-9);
        assert!((fifo.mean_wait - 623.8).abs() < 0.1, "{}", fifo.mean_wait);
        let newcomer = SEED.outcome(108, HandOver::NewcomerFirst).unwrap();
        assert!((newcomer.wall / 3600.0 - 20.4).abs() < 1e-9);
        assert_eq!(newcomer.median_wait, 0.0);
        assert_eq!(newcomer.max_wait, 16.0 * 108.0 * 40.0);
        let after = ClosedLoop { limit: Some(600), ..SEED }.outcome(108, HandOver::Fifo).unwrap();
        assert_eq!(after.wall, 4320.0);
        assert_eq!(after.mean_wait, 0.0);
    }

    #[test]
    fn bounds_and_edges() {
        assert!((SEED.success_bound(120.0) - 0.18).abs() < 1e-12);
        assert_eq!(ClosedLoop { limit: Some(0), ..SEED }.mean_wait(), f64::INFINITY);
        assert_eq!(ClosedLoop { limit: Some(0), ..SEED }.throughput(), 0.0);
        assert_eq!(ClosedLoop { workers: 0, ..SEED }.mean_wait(), 0.0);
        assert_eq!(SEED.outcome(108, HandOver::Unknown), None);
        assert_eq!(in_system(12.5, 40.0), Some(500.0));
    }
}
