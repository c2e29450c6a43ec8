//! The load that is declared from outside beside the concurrency: how long requests take, how many follow each other, what the server takes.

use crate::queueing::{Impossible, Service};

/// What is known of the load; the concurrency it runs with comes from the code or from a workload.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
pub struct Load {
    /// Mean service time of one request, seconds.
    pub latency: Option<f64>,
    /// 95th percentile of the service time, seconds.
    pub latency_p95: Option<f64>,
    /// Requests that each task makes one after the other.
    pub rounds: Option<f64>,
    /// Requests that the server takes at once.
    pub server_capacity: Option<f64>,
}

impl Load {
    /// This load, and of `other` what it leaves open.
    pub fn or(self, other: Self) -> Self {
        Self {
            latency: self.latency.or(other.latency),
            latency_p95: self.latency_p95.or(other.latency_p95),
            rounds: self.rounds.or(other.rounds),
            server_capacity: self.server_capacity.or(other.server_capacity),
        }
    }

    /// How long requests take; `None` where no latency is known.
    ///
    /// # Errors
    /// When no service time has such figures.
    pub fn service(&self) -> Result<Option<Service>, Impossible> {
        self.latency.map(|mean| Service::new(mean, self.latency_p95)).transpose()
    }
}
