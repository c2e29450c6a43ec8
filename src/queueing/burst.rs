//! A burst: N requests that start together and share L slots.
//!
//! Without any latency all of it can be said in service times. With a constant service time the figures are exact whatever the
//! order of hand-over; with a lognormal one they are means by [`super::renewal`], within 3 % on waits and one point on
//! success of the simulator. All sums are taken in closed form: 10⁹ requests cost what 10 cost.

use super::renewal::Renewals;
use super::service::{Lognormal, Service};

/// N requests that start together and share L slots.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Burst {
    /// Requests, N.
    pub requests: u64,
    /// Slots, L; `None` is no limit. With 0 nothing is ever served.
    pub limit: Option<u64>,
}

/// A multiple of the service time that falls so close to the time-out that no model can say on which side it ends.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Edge {
    /// The wave whose end falls nearest to the time-out.
    pub wave: u64,
    /// Share that succeeds if the waves near the time-out miss it, 0..1.
    pub low: f64,
    /// Share that succeeds if they make it, 0..1.
    pub high: f64,
}

/// What a burst comes to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BurstOutcome {
    /// Share of the requests that end within the time-out, 0..1; 1 without one.
    pub success: f64,
    /// Given when the time-out is about a multiple of the (constant) service time.
    pub edge: Option<Edge>,
    /// Mean wait for a slot if nobody gave up, seconds.
    pub mean_wait: f64,
    /// 95th percentile of the wait, seconds.
    pub p95_wait: f64,
    /// Longest wait, seconds.
    pub max_wait: f64,
    /// Until the last request ended if nobody gave up, seconds; for a varying service time a lower bound (the work divided by the slots).
    pub wall: f64,
}

/// Share of the time-out within which a multiple of the service time counts as an edge.
pub const EDGE: f64 = 0.05;

impl BurstOutcome {
    /// Share that succeeds however the waves fall that end about when the time-out does.
    pub fn sure(&self) -> f64 {
        self.edge.map_or(self.success, |edge| edge.low)
    }

    /// The same as seen by all `requests`, of which only `admitted` were not refused: shares are of all, waits of those that were let in.
    pub fn of(self, admitted: u64, requests: u64) -> Self {
        if admitted >= requests {
            return self;
        }
        let share = admitted as f64 / requests as f64;
        let edge = self.edge.map(|edge| Edge { low: edge.low * share, high: edge.high * share, ..edge });
        Self { success: self.success * share, edge, ..self }
    }
}

impl Burst {
    fn slots(&self) -> u64 {
        self.limit.map_or(self.requests, |limit| limit.min(self.requests))
    }

    /// Waves, ⌈N/L⌉: how many turns it takes until all have had a slot. `None` when there are requests and no slots.
    pub fn waves(&self) -> Option<u64> {
        match (self.requests, self.slots()) {
            (0, _) => Some(0),
            (_, 0) => None,
            (requests, slots) => Some(requests.div_ceil(slots)),
        }
    }

    /// How many times as long as with enough slots the whole takes: the number of waves.
    pub fn slow_down(&self) -> f64 {
        self.waves().map_or(f64::INFINITY, |waves| waves as f64)
    }

    /// Requests that find no slot at first: N − L.
    pub fn queued(&self) -> u64 {
        self.requests - self.slots()
    }

    /// Share of the requests that find no slot at first: 1 − L/N.
    pub fn queue_share(&self) -> f64 {
        if self.requests == 0 { 0.0 } else { self.queued() as f64 / self.requests as f64 }
    }

    /// Mean wait in service times: Σ⌊i/L⌋/N.
    pub fn mean_wait(&self) -> f64 {
        match (self.requests, self.slots()) {
            (0, _) => 0.0,
            (_, 0) => f64::INFINITY,
            (requests, slots) => {
                let (full, rest) = ((requests / slots) as f64, (requests % slots) as f64);
                (slots as f64 * full * (full - 1.0) / 2.0 + rest * full) / requests as f64
            }
        }
    }

    /// Longest wait in service times: ⌊(N−1)/L⌋.
    pub fn longest_wait(&self) -> f64 {
        self.wait_of(self.requests.saturating_sub(1))
    }

    /// Wait in service times that a share `quantile` (0..1) of the requests does not exceed (nearest rank).
    pub fn wait_at(&self, quantile: f64) -> f64 {
        self.wait_of(super::nearest_rank(quantile, self.requests))
    }

    /// Wait of the request with this index (from 0) in service times: ⌊i/L⌋.
    fn wait_of(&self, index: u64) -> f64 {
        match (self.requests, self.slots()) {
            (0, _) => 0.0,
            (_, 0) => f64::INFINITY,
            (_, slots) => (index / slots) as f64,
        }
    }

    /// Break-even latency T/W, seconds: all succeed while calls take at most this long. `None` when nothing is served or there
    /// is nothing to serve.
    pub fn break_even(&self, timeout: f64) -> Option<f64> {
        let waves = self.waves().filter(|waves| *waves > 0)?;
        Some(super::positive(timeout)? / waves as f64)
    }

    /// Outcome for a service time, with or without a time-out (seconds) that counts the wait.
    pub fn outcome(&self, service: &Service, timeout: Option<f64>) -> BurstOutcome {
        match service {
            Service::Constant(seconds) => self.constant(*seconds, timeout),
            Service::Lognormal(distribution) => self.varying(&Renewals::new(distribution), distribution, timeout),
        }
    }

    /// wᵢ = ⌊i/L⌋·S; success = #{i : wᵢ + S ≤ T}/N. Exact.
    fn constant(&self, service: f64, timeout: Option<f64>) -> BurstOutcome {
        BurstOutcome {
            success: timeout.map_or(1.0, |timeout| self.share_of_waves(timeout / service * (1.0 + 1e-9))),
            edge: timeout.and_then(|timeout| self.edge(service, timeout)),
            mean_wait: self.mean_wait() * service,
            p95_wait: self.wait_at(0.95) * service,
            max_wait: self.longest_wait() * service,
            wall: self.slow_down() * service,
        }
    }

    /// The pair of results where |k·S − T| < 5 % of T for some wave k. Only a constant service time has edges.
    pub fn edge(&self, service: f64, timeout: f64) -> Option<Edge> {
        let (service, timeout) = (super::positive(service)?, super::positive(timeout)?);
        let waves = self.waves().filter(|waves| *waves > 0)? as f64;
        let ratio = timeout / service;
        let nearest = ratio.round().clamp(1.0, waves);
        // The least k with k·S > 0.95·T, and the greatest with k·S < 1.05·T; a hair inside, for the bounds are open.
        let first = (ratio * (1.0 - EDGE) * (1.0 + 1e-9)).floor() + 1.0;
        let last = (ratio * (1.0 + EDGE) * (1.0 - 1e-9)).floor();
        (first <= last && first <= waves).then(|| Edge {
            wave: nearest as u64,
            low: self.share_of_waves(first - 1.0),
            high: self.share_of_waves(last),
        })
    }

    /// Share of the requests in the first ⌊`waves`⌋ waves.
    fn share_of_waves(&self, waves: f64) -> f64 {
        match (self.requests, self.slots()) {
            (0, _) => 1.0,
            (_, 0) => 0.0,
            (requests, slots) => (waves.max(0.0).floor() * slots as f64 / requests as f64).clamp(0.0, 1.0),
        }
    }

    /// By the renewal function: wᵢ from m(wᵢ) = (i + ½)/L − 1 for i ≥ L, 0 below; success (1/N)·Σ F(T − wᵢ).
    pub fn varying(&self, renewals: &Renewals, service: &Lognormal, timeout: Option<f64>) -> BurstOutcome {
        if self.requests == 0 {
            return BurstOutcome { success: 1.0, edge: None, mean_wait: 0.0, p95_wait: 0.0, max_wait: 0.0, wall: 0.0 };
        }
        if self.slots() == 0 {
            let never = f64::INFINITY;
            return BurstOutcome { success: 0.0, edge: None, mean_wait: never, p95_wait: never, max_wait: never, wall: never };
        }
        let (mean, requests, slots) = (service.mean(), self.requests as f64, self.slots() as f64);
        let (mean_wait, success) = renewals.burst(requests, slots, timeout);
        BurstOutcome {
            success,
            edge: None,
            mean_wait,
            p95_wait: renewals.wait(super::nearest_rank(0.95, self.requests) as f64, slots),
            max_wait: renewals.wait(requests - 1.0, slots),
            wall: (mean * requests / slots).max(mean),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_slots_and_no_requests() {
        let none = Burst { requests: 500, limit: Some(0) };
        assert_eq!(none.waves(), None);
        assert_eq!(none.mean_wait(), f64::INFINITY);
        assert_eq!(none.queue_share(), 1.0);
        assert_eq!(none.break_even(120.0), None);
        assert_eq!(none.outcome(&Service::Constant(1.0), Some(120.0)).success, 0.0);
        let idle = Burst { requests: 0, limit: Some(0) };
        assert_eq!(idle.waves(), Some(0));
        assert_eq!(idle.mean_wait(), 0.0);
        assert_eq!(idle.outcome(&Service::Constant(1.0), Some(120.0)).success, 1.0);
    }
}
