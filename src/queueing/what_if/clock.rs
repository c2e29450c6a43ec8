//! What becomes of bursts for one service time and time-out.

use super::ALMOST_ALL;
use crate::queueing::burst::EDGE;
use crate::queueing::renewal::Renewals;
use crate::queueing::service::Impossible;
use crate::queueing::{Burst, BurstOutcome, Scenario, Service};

/// Outcomes of bursts for one service time and time-out; the costly table is made once.
pub(super) struct Clock {
    pub(super) service: Option<Service>,
    table: Option<Renewals>,
    pub(super) timeout: Option<f64>,
}

impl Clock {
    pub(super) fn new(now: &Scenario) -> Result<Self, Impossible> {
        let service = now.latency.map(|latency| Service::new(latency, now.latency_p95)).transpose()?;
        let table = match &service {
            Some(Service::Lognormal(distribution)) => Some(Renewals::new(distribution)),
            _ => None,
        };
        Ok(Self { service, table, timeout: now.time_outs.total })
    }

    pub(super) fn outcome(&self, burst: &Burst) -> Option<BurstOutcome> {
        self.outcome_within(burst, self.timeout)
    }

    pub(super) fn outcome_within(&self, burst: &Burst, timeout: Option<f64>) -> Option<BurstOutcome> {
        Some(match (self.service.as_ref()?, &self.table) {
            (Service::Lognormal(distribution), Some(table)) => burst.varying(table, distribution, timeout),
            (service, _) => burst.outcome(service, timeout),
        })
    }

    /// The time-out that nearly all of a burst keep to, seconds; away from the edge where calls are of equal length.
    pub(super) fn time_out_for(&self, burst: &Burst) -> Option<f64> {
        let free = self.outcome_within(burst, None)?;
        if matches!(self.service, Some(Service::Constant(_))) {
            return Some(free.wall / (1.0 - EDGE)).filter(|seconds| seconds.is_finite());
        }
        let enough = |timeout: f64| self.outcome_within(burst, Some(timeout)).is_some_and(|outcome| outcome.success >= ALMOST_ALL);
        let (mut short, mut fits) = (0.0, Some(free.max_wait).filter(|wait| wait.is_finite())? + 20.0 * self.service.as_ref()?.mean());
        if !enough(fits) {
            return None;
        }
        for _ in 0..40 {
            let middle = (short + fits) / 2.0;
            if enough(middle) { fits = middle } else { short = middle }
        }
        Some(fits)
    }
}

/// A burst of constant calls with the length of a call as the unit of time.
pub(super) fn in_service_times(burst: &Burst) -> BurstOutcome {
    BurstOutcome {
        success: 1.0,
        edge: None,
        mean_wait: burst.mean_wait(),
        p95_wait: burst.wait_at(0.95),
        max_wait: burst.longest_wait(),
        wall: burst.slow_down(),
    }
}
