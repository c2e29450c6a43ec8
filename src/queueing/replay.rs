//! A burst call by call: which connection each request gets, when, and who gives up. For pictures and percentiles.
//!
//! First come, first served, one round, nothing retried: what is left is handing each request, in its turn, the slot that
//! becomes free first. The service times are the simulator's draws, so that both tell of the same calls; a test holds them
//! against each other.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::simulate::{Draws, TimeOuts};
use super::{Scenario, Service};

/// Requests above which nothing is replayed: a picture of more shows nothing.
pub const LARGEST: u64 = 20_000;

/// How the time of a call ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// By its answer.
    Answered,
    /// By a time-out, with the work half done.
    CutOff,
}

/// One request that was sent.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Call {
    /// The slot that carried it, from 0.
    pub slot: u64,
    /// When it got the slot, seconds.
    pub start: f64,
    /// When it gave it back, seconds.
    pub end: f64,
    /// How.
    pub ended: Ended,
}

/// A burst, call by call.
#[derive(Clone, PartialEq, Debug)]
pub struct Replay {
    /// Requests, N.
    pub requests: u64,
    /// Those that were refused at once, by the pool or by the servers.
    pub refused: u64,
    /// Slots that were used.
    pub slots: u64,
    /// The requests that were sent, in the order in which they were.
    pub calls: Vec<Call>,
    /// When those that were not sent gave up, seconds; `None` where all were sent.
    pub gave_up_at: Option<f64>,
}

/// Wait and service of one request, seconds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Parts {
    /// Until it got a slot.
    pub wait: f64,
    /// From there to its end.
    pub service: f64,
}

impl Replay {
    /// Replays the burst of a scenario: its first round. `None` without a latency, with no slots, or with too many requests.
    pub fn of(scenario: &Scenario) -> Option<Self> {
        let service = Service::new(scenario.latency?, scenario.latency_p95).ok()?;
        let burst = scenario.burst();
        let refused = scenario.concurrency.saturating_sub(burst.requests);
        let slots = super::tighter(burst.limit, scenario.semaphore).unwrap_or(burst.requests).min(burst.requests);
        if scenario.concurrency > LARGEST || slots == 0 {
            return None;
        }
        let gated = scenario.semaphore.is_some_and(|permits| permits <= burst.limit.unwrap_or(u64::MAX));
        let mut time_outs = scenario.time_outs;
        if scenario.server_capacity().is_some_and(|capacity| scenario.pool_limit().is_none_or(|limit| capacity < limit)) {
            // In the server's queue a request is sent already: what counts from sending counts the wait there too.
            time_outs.total = [time_outs.total, time_outs.read].into_iter().flatten().min_by(f64::total_cmp);
            time_outs.queue = None;
        }
        let draws = Draws::new(scenario.seed, service);
        let replay = Self::run(burst.requests, slots, &draws, &time_outs, gated);
        Some(Self { requests: scenario.concurrency, refused, ..replay })
    }

    fn run(requests: u64, slots: u64, draws: &Draws, time_outs: &TimeOuts, gated: bool) -> Self {
        let total = time_outs.total.map(nanoseconds);
        let read = time_outs.read.map(nanoseconds);
        let queue = if gated { None } else { time_outs.queue.map(nanoseconds) };
        let waits = |timeout: Option<u64>| timeout.filter(|_| !gated);
        let patience = [waits(total), queue.filter(|_| !time_outs.queue_restarts)].into_iter().flatten().min();
        let mut free: BinaryHeap<Reverse<(u64, u64)>> = (0..slots).map(|slot| Reverse((0, slot))).collect();
        let mut calls = Vec::new();
        let (mut gave_up_at, mut released) = (None, 0);
        for request in 0..requests {
            let Some(Reverse((start, slot))) = free.pop() else { break };
            let restarted = queue.filter(|_| time_outs.queue_restarts).map(|queue| released + queue);
            let deadline = [patience, restarted].into_iter().flatten().min();
            if let Some(deadline) = deadline.filter(|deadline| start > 0 && start >= *deadline) {
                gave_up_at = Some(seconds(deadline));
                break;
            }
            released = start;
            let full = start.saturating_add(nanoseconds(draws.service(request, 0)));
            let whole = total.map(|total| if gated { start.saturating_add(total) } else { total });
            let cut = [whole, read.map(|read| start.saturating_add(read))].into_iter().flatten().min();
            let (end, ended) = match cut.filter(|cut| *cut < full) {
                Some(cut) => (cut, Ended::CutOff),
                None => (full, Ended::Answered),
            };
            calls.push(Call { slot, start: seconds(start), end: seconds(end), ended });
            free.push(Reverse((end, slot)));
        }
        Self { requests, refused: 0, slots, calls, gave_up_at }
    }

    /// Requests that were answered.
    pub fn answered(&self) -> u64 {
        self.calls.iter().filter(|call| call.ended == Ended::Answered).count() as u64
    }

    /// Until nobody waits and nothing is under way, seconds.
    pub fn wall(&self) -> f64 {
        self.calls.iter().map(|call| call.end).chain(self.gave_up_at).fold(0.0, f64::max)
    }

    /// Requests that wait at a moment.
    pub fn waiting(&self, at: f64) -> u64 {
        // Calls are in the order of their starts.
        let sent = self.calls.partition_point(|call| call.start <= at) as u64;
        match self.gave_up_at {
            Some(gave_up) if at >= gave_up => (self.calls.len() as u64).saturating_sub(sent),
            _ => self.requests.saturating_sub(self.refused).saturating_sub(sent),
        }
    }

    /// Wait and service of the requests that stand at these shares (0..1) when all sent ones are sorted by their whole time.
    pub fn percentiles(&self, shares: &[f64]) -> Vec<Parts> {
        let mut all: Vec<Parts> = self.calls.iter().map(|call| Parts { wait: call.start, service: call.end - call.start }).collect();
        all.sort_by(|a, b| (a.wait + a.service).total_cmp(&(b.wait + b.service)).then(a.wait.total_cmp(&b.wait)));
        let at = |share: f64| super::nearest_rank(share, all.len() as u64) as usize;
        shares.iter().filter_map(|share| all.get(at(*share)).copied()).collect()
    }
}

/// Whole numbers, as in the simulator: three times 0.4 s is 1.2 s.
fn nanoseconds(seconds: f64) -> u64 {
    (seconds * 1e9).round() as u64
}

fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::queueing::simulate::{GoneClients, Order, ServerLimit, WhenFull, run};
    use crate::queueing::{AtLimit, Limits};

    fn scenario(requests: u64, limit: u64, p95: Option<f64>) -> Scenario {
        Scenario { latency: Some(40.0), latency_p95: p95, ..Scenario::new(requests, Limits::single(Some(limit))) }
    }

    #[test]
    fn it_is_the_simulators_burst() {
        for p95 in [None, Some(90.0)] {
            for (requests, limit) in [(500, 30), (500, 100), (100, 100), (7, 3), (1, 1)] {
                for total in [None, Some(120.0), Some(30.0)] {
                    for read in [None, Some(50.0)] {
                        let mut scenario = scenario(requests, limit, p95);
                        scenario.time_outs = TimeOuts { total, read, ..TimeOuts::default() };
                        let (replay, simulated) = (Replay::of(&scenario).unwrap(), run(&scenario.setup(Order::Fifo).unwrap()).unwrap());
                        assert_eq!(replay.answered(), simulated.ok, "{scenario:?}");
                        assert!((replay.wall() - simulated.wall).abs() < 1e-6, "{} {}", replay.wall(), simulated.wall);
                    }
                }
            }
        }
    }

    #[test]
    fn a_semaphore_keeps_the_queue_out_of_the_time_out() {
        let mut scenario = scenario(500, 100, None);
        scenario.semaphore = Some(30);
        scenario.time_outs.total = Some(120.0);
        let replay = Replay::of(&scenario).unwrap();
        assert_eq!((replay.answered(), replay.slots, replay.wall()), (500, 30, 680.0));
    }

    #[test]
    fn a_timer_that_restarts_fires_in_a_gap_only() {
        let mut scenario = scenario(90, 30, None);
        scenario.time_outs.queue = Some(50.0);
        assert_eq!(Replay::of(&scenario).unwrap().answered(), 60);
        scenario.time_outs.queue_restarts = true;
        assert_eq!(Replay::of(&scenario).unwrap().answered(), 90);
        scenario.time_outs.queue = Some(30.0);
        let replay = Replay::of(&scenario).unwrap();
        assert_eq!((replay.answered(), replay.gave_up_at), (30, Some(30.0)));
    }

    #[test]
    fn the_queue_over_time() {
        let mut scenario = scenario(500, 30, None);
        scenario.time_outs.total = Some(120.0);
        let replay = Replay::of(&scenario).unwrap();
        assert_eq!([0.0, 39.9, 40.0, 119.9, 120.0, 500.0].map(|at| replay.waiting(at)), [470, 470, 440, 410, 0, 0]);
        assert_eq!(replay.wall(), 120.0);
        scenario.time_outs.total = None;
        let parts = Replay::of(&scenario).unwrap().percentiles(&[0.5, 1.0]);
        assert_eq!(parts, [Parts { wait: 320.0, service: 40.0 }, Parts { wait: 640.0, service: 40.0 }]);
    }

    #[test]
    fn what_refuses_does_not_wait() {
        let refusing = Scenario { at_limit: AtLimit::Error, ..scenario(60, 20, None) };
        let replay = Replay::of(&refusing).unwrap();
        assert_eq!((replay.answered(), replay.calls.len(), replay.waiting(0.0), replay.refused), (20, 20, 0, 40));
        let capacity = |capacity, when_full| Some(ServerLimit { capacity, when_full, gone: GoneClients::Stops });
        // A server that refuses makes nobody wait, as far as the pool lets more through than it takes.
        let server = |limit| Scenario { server: capacity(100, WhenFull::Reject), ..scenario(500, limit, None) };
        let replay = Replay::of(&server(500)).unwrap();
        assert_eq!((replay.answered(), replay.slots, replay.waiting(0.0), replay.refused, replay.wall()), (100, 100, 0, 400, 40.0));
        let replay = Replay::of(&server(100)).unwrap();
        assert_eq!((replay.answered(), replay.waiting(0.0), replay.refused, replay.wall()), (500, 400, 0, 200.0));
        // What such a pool lets through may wait at the server.
        let behind = Scenario { server: capacity(10, WhenFull::Queue), ..refusing.clone() };
        let replay = Replay::of(&behind).unwrap();
        assert_eq!((replay.answered(), replay.waiting(0.0), replay.refused, replay.wall()), (20, 10, 40, 80.0));
        assert_eq!(Replay::of(&scenario(60, 0, None)), None);
        assert_eq!(Replay::of(&scenario(LARGEST + 1, 1, None)), None);
    }
}
