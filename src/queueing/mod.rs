//! Queueing arithmetic on plain numbers: what a pool of a given size does to a given number of requests.
//!
//! Units throughout: times in seconds (`f64`), counts of requests, connections and slots as `u64`, shares and probabilities
//! from 0 to 1. A limit is an `Option<u64>` whose `None` means "no limit". Nothing here knows a file or a library: a
//! library's behaviour arrives as a plain enum or flag. No function panics, and none returns NaN; a wait that never ends is
//! `f64::INFINITY`.
//!
//! A *burst* is N requests that start together, once. A *closed loop* is N workers of which each starts its next request when
//! the last one ended. The two have different waits and are never mixed.

pub mod burst;
pub mod capacity;
pub mod erlang;
pub mod limits;
pub mod model;
pub mod renewal;
pub mod replay;
pub mod retry;
pub mod service;
pub mod simulate;
pub mod sizing;
pub mod staffing;
pub mod steady;
pub mod what_if;

pub use burst::{Burst, BurstOutcome, Edge};
pub use limits::Limits;
pub use model::{Prediction, Range, Scenario};
pub use service::{Impossible, Lognormal, Service};
pub use steady::ClosedLoop;

/// What a client does when a request finds every connection in use.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Debug)]
pub enum AtLimit {
    /// The request waits in the client.
    #[default]
    Wait,
    /// A further connection is opened, and thrown away after use: nothing waits, the limit only bounds what is kept.
    Discard,
    /// Any number of connections is opened, and those beyond the idle cap are closed when they become idle: nothing waits.
    Churn,
    /// The request fails at once.
    Error,
    /// There is no limit.
    Unbounded,
}

impl AtLimit {
    /// Whether the limit bounds how many requests are under way.
    pub fn bounds_concurrency(self) -> bool {
        matches!(self, AtLimit::Wait | AtLimit::Error)
    }
}

/// Who gets a connection that becomes free.
///
/// Decisive in a closed loop: with time-outs the same settings give 18 % or less than 1 % success.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Debug)]
pub enum HandOver {
    /// The one who waits longest.
    Fifo,
    /// The worker that just gave it back, if it asks again at once; workers in the queue starve meanwhile.
    NewcomerFirst,
    /// It depends on something that is not known (the library's version, whether the worker awaits between two requests).
    #[default]
    Unknown,
}

/// What the code of a client does beside its settings.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Behaviour {
    /// A caller that gives a connection back may take it again before those who wait.
    pub unfair: bool,
    /// The time-out of the queue begins anew each time that a waiter is woken.
    pub queue_restarts: bool,
    /// Time-outs of some seconds end at a whole second of the client's clock.
    pub whole_seconds: bool,
    /// With many requests its own CPU is the narrow place.
    pub cpu_bound: bool,
}

/// The smaller of two limits, where `None` means no limit.
pub fn tighter(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Index (from 0) of the one among `count` sorted figures that a share (0..1) of them does not exceed: the nearest rank. 0 where there
/// are none.
pub fn nearest_rank(share: f64, count: u64) -> u64 {
    let rank = (share.clamp(0.0, 1.0) * count as f64 - 1e-9).ceil();
    (rank as u64).clamp(1, count.max(1)) - 1
}

/// A finite time above zero, or `None`: the gate through which every time from outside passes.
pub(crate) fn positive(seconds: f64) -> Option<f64> {
    (seconds.is_finite() && seconds > 0.0).then_some(seconds)
}
