//! What a run of the probe should give, before it is made.
//!
//! By the simulator, with the very times that the mock server will take, for each possible order of hand-over; and where calls of
//! equal length end at about the time-out, for time-outs a little shorter and longer too. What that changes is a range.

use crate::queueing::model::Range;
use crate::queueing::simulate::{Draws, Order, Outcome, Setup, run};
use crate::queueing::{AtLimit, Scenario, Service};

/// Share of a time-out within which the end of a call may be before or after it.
const EDGE: f64 = 0.05;
/// Spread of nearly constant calls, as p95 / mean: enough to break lockstep.
const NEARLY: f64 = 1.01;

/// The figures of a run, seconds and counts.
#[derive(Clone, PartialEq, Debug)]
pub struct Predicted {
    /// Share of the requests that succeed.
    pub success: Range,
    /// Until all is done.
    pub wall: Range,
    /// Mean wait of the requests that are sent.
    pub wait_mean: Range,
    /// 95th percentile of it.
    pub wait_p95: Range,
    /// The longest.
    pub wait_longest: Range,
    /// Most requests under way at once.
    pub peak: Range,
    /// Connections opened; `None` where time-outs make it unknowable.
    pub opened: Option<Range>,
    /// Whether times are lower bounds only.
    pub lower_bound: bool,
    /// Whether a call ends at about the time-out.
    pub edge: bool,
}

/// Predicts a scenario of the probe's size; `None` without a latency.
pub fn predict(scenario: &Scenario) -> Option<Predicted> {
    let exact: Vec<Outcome> = setups(scenario)?.iter().map(run).collect::<Option<_>>()?;
    let is_constant = scenario.latency_p95.is_none_or(|high| scenario.latency == Some(high));
    let mut around = Vec::new();
    if is_constant && scenario.time_outs.any() {
        for factor in [1.0 - EDGE, 1.0 + EDGE] {
            let near = Scenario { time_outs: scenario.time_outs.map(|seconds| seconds * factor), ..scenario.clone() };
            around.extend(setups(&near)?.iter().map(run).collect::<Option<Vec<_>>>()?);
        }
    }
    let over = |all: &[&Outcome], figure: &dyn Fn(&Outcome) -> f64| {
        all.iter().map(|outcome| Range::exactly(figure(outcome))).reduce(Range::and).unwrap_or(Range::exactly(0.0))
    };
    let now: Vec<&Outcome> = exact.iter().collect();
    let both: Vec<&Outcome> = exact.iter().chain(&around).collect();
    // A longer time-out always changes the waits a little; only where it changes who succeeds it is an edge.
    let edge = !over(&both, &Outcome::success).is_one_number() && over(&now, &Outcome::success).is_one_number();
    let all = if edge { &both } else { &now };
    let slots = scenario.narrowest().unwrap_or(u64::MAX);
    let queues = slots < scenario.concurrency || scenario.semaphore.is_some_and(|permits| permits < scenario.concurrency);
    let peak = over(all, &|outcome| outcome.peak_in_flight as f64);
    let success = over(all, &Outcome::success);
    Some(Predicted {
        success,
        wall: over(all, &|outcome| outcome.wall),
        wait_mean: over(all, &|outcome| outcome.waits.mean),
        wait_p95: over(all, &|outcome| outcome.waits.p95),
        wait_longest: over(all, &|outcome| outcome.waits.max),
        // Without a queue the first calls may have ended before the client comes to the last.
        peak: if queues || is_constant { peak } else { Range { low: peak.low * 0.9, high: peak.high } },
        opened: (success.low >= 1.0 || scenario.at_limit == AtLimit::Discard).then(|| over(&now, &|outcome| outcome.opened as f64)),
        lower_bound: scenario.cpu_bound,
        edge,
    })
}

/// The simulations: one for each order of hand-over, and calls of slightly different length where lockstep would hide the truth.
fn setups(scenario: &Scenario) -> Option<Vec<Setup>> {
    let orders: &[Order] = scenario.orders();
    let mut setups: Vec<Setup> = orders.iter().map(|order| scenario.setup(*order)).collect::<Option<_>>()?;
    let queues = scenario.narrowest().is_some_and(|slots| slots < scenario.concurrency);
    if scenario.rounds > 1 && queues && scenario.time_outs.total.or(scenario.time_outs.queue).is_some() {
        let jittered: Vec<Setup> = setups
            .iter()
            .filter_map(|setup| match setup.service {
                Service::Constant(mean) => Some(Setup { service: Service::new(mean, Some(mean * NEARLY)).ok()?, ..setup.clone() }),
                Service::Lognormal(_) => None,
            })
            .collect();
        setups.extend(jittered);
    }
    Some(setups)
}

/// The times of the requests by number, as the simulator draws them: request r of worker w has number w·rounds + r.
pub fn times(scenario: &Scenario) -> Option<Vec<f64>> {
    let setup = scenario.setup(Order::Fifo)?;
    let draws = Draws::new(setup.seed, setup.service);
    let rounds = setup.rounds.max(1);
    Some((0..setup.workers * rounds).map(|number| draws.service(number / rounds, number % rounds)).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::queueing::Limits;

    fn burst(timeout: f64) -> Scenario {
        let mut burst = Scenario::new(500, Limits::single(Some(30)));
        (burst.latency, burst.time_outs.total) = (Some(0.4), Some(timeout));
        burst
    }

    #[test]
    fn an_edge_is_a_range_and_the_rest_is_a_number() {
        let clear = predict(&burst(1.0)).unwrap();
        assert_eq!((clear.success, clear.edge), (Range::exactly(60.0 / 500.0), false));
        let edge = predict(&burst(1.2)).unwrap();
        assert_eq!((edge.success, edge.edge), (Range { low: 60.0 / 500.0, high: 90.0 / 500.0 }, true));
        assert_eq!((edge.peak, edge.opened), (Range::exactly(30.0), None));
        // Whether the third wave ends or is given up decides when all is over, too.
        assert!(!edge.wall.is_one_number() && edge.wall.low <= 1.2 && edge.wall.high >= 1.2, "{:?}", edge.wall);
        assert_eq!(predict(&Scenario::new(5, Limits::default())), None);
    }

    #[test]
    fn the_server_takes_the_times_of_the_simulator() {
        let mut varying = burst(9.0);
        (varying.latency_p95, varying.rounds) = (Some(0.8), 3);
        let times = times(&varying).unwrap();
        assert_eq!(times.len(), 1500);
        let draws = Draws::new(varying.seed, Service::new(0.4, Some(0.8)).unwrap());
        assert_eq!((times[7], times[1499]), (draws.service(2, 1), draws.service(499, 2)));
    }
}
