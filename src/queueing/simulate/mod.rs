//! A seeded discrete-event simulator of workers, a connection pool and a server, for what no formula gives: closed loops with
//! time-outs, both orders of hand-over, several hosts, retries, servers that queue or reject.
//!
//! It was held against real clients (97 of 100 rows within a few per cent). What it leaves out: TLS, name resolution, HTTP/2,
//! and clients whose own CPU is the narrow place. The same setup and seed give the same outcome on every platform.

mod engine;
mod pool;
mod random;
mod server;
pub mod timeline;
mod timers;

pub use random::{Drawn, Draws};
pub use timeline::Point;

use super::limits::Limits;
use super::service::Service;

/// Attempts above which [`run`] refuses: it would take seconds and memory.
pub const LARGEST: u64 = 10_000_000;

/// Who gets a slot that becomes free; the known cases of [`super::HandOver`].
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Debug)]
pub enum Order {
    /// The one who waits longest.
    #[default]
    Fifo,
    /// The worker that gave it back, if it asks again at once.
    NewcomerFirst,
}

/// Connections that are kept open after use.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum Keep {
    /// All.
    #[default]
    All,
    /// So many idle ones over all hosts.
    Idle(u64),
    /// So many idle ones for each host.
    IdlePerHost(u64),
    /// One is kept while no more than so many are open, idle or not (one client counts like that).
    Open(u64),
}

/// Time-outs of one attempt, seconds; `None` is none.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
pub struct TimeOuts {
    /// Counts everything from the start of the attempt, the queue included.
    pub total: Option<f64>,
    /// Counts the wait for a connection only.
    pub queue: Option<f64>,
    /// Whether each connection that comes back restarts the timers of all who wait, so that `queue` only fires in a gap between releases.
    pub queue_restarts: bool,
    /// Counts from the moment at which the request is sent; the queue in the client does not count, one in the server does.
    pub read: Option<f64>,
    /// Time-outs of 5 s or more end at a whole second of the client's clock.
    pub whole_seconds: bool,
    /// Where between two whole seconds that clock stands at the start, 0..1.
    pub clock_phase: f64,
}

impl TimeOuts {
    /// Those there are, whatever they count.
    pub fn all(&self) -> impl Iterator<Item = f64> {
        [self.total, self.queue, self.read].into_iter().flatten()
    }

    /// Whether there is any.
    pub fn any(&self) -> bool {
        self.all().next().is_some()
    }

    /// The same with other lengths.
    pub fn map(self, change: impl Fn(f64) -> f64) -> Self {
        Self { total: self.total.map(&change), queue: self.queue.map(&change), read: self.read.map(&change), ..self }
    }
}

/// What a server does with more requests than it works on at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhenFull {
    /// They wait in the server.
    Queue,
    /// They are refused at once (429, 503).
    Reject,
}

/// The limit of the server behind each host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ServerLimit {
    /// Requests that it works on at once.
    pub capacity: u64,
    /// What happens to further ones.
    pub when_full: WhenFull,
    /// What it does about clients that have gone.
    pub gone: GoneClients,
}

/// What a server does about a request whose client closed the connection.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum GoneClients {
    /// Drops it, begun or not.
    #[default]
    Stops,
    /// Drops it if it still waits, but ends what it has begun.
    EndsWhatItBegan,
    /// Works on it as if the client were there.
    NeverNotices,
}

/// Retries of failed attempts.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
pub struct Retries {
    /// Attempts after the first.
    pub times: u32,
    /// Pause before the first retry, seconds; it doubles with each one.
    pub backoff: f64,
    /// Whether a retried request takes as long as it would have the first time (the same prompt to a model), or a new draw.
    pub repeats_service: bool,
}

/// CPU that the client's only thread spends on a request, seconds; it delays all others.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
pub struct ClientCpu {
    /// Between getting a connection and sending.
    pub start: f64,
    /// In addition for a new connection.
    pub connect: f64,
    /// After the answer, before the connection is given back.
    pub end: f64,
}

/// What is simulated.
#[derive(Clone, PartialEq, Debug)]
pub struct Setup {
    /// Workers, N.
    pub workers: u64,
    /// Requests that each worker makes one after the other, R; 1 is a burst.
    pub rounds: u64,
    /// Limits of the pool; request `r` of worker `w` goes to host (w + r) mod hosts.
    pub limits: Limits,
    /// Whether a request that finds no connection fails at once instead of waiting.
    pub fails_at_limit: bool,
    /// Connections that are kept after use.
    pub keep: Keep,
    /// Who gets a slot.
    pub order: Order,
    /// A semaphore around each request with its retries, outside the time-outs; first come, first served.
    pub semaphore: Option<u64>,
    /// From the start of one worker to that of the next, seconds; 0 starts all at once. Workers in lockstep hide what a hair's
    /// breadth between their time-outs does.
    pub stagger: f64,
    /// Pause of a worker between two requests, seconds.
    pub pause: f64,
    /// Time that the server needs.
    pub service: Service,
    /// Time-outs of an attempt.
    pub time_outs: TimeOuts,
    /// Retries of a request.
    pub retries: Retries,
    /// Limit of each server.
    pub server: Option<ServerLimit>,
    /// CPU of the client.
    pub cpu: ClientCpu,
    /// Seed of the service times.
    pub seed: u64,
}

impl Setup {
    /// A burst of `workers` requests through `limit` connections to one host, with nothing else.
    pub fn burst(workers: u64, limit: Option<u64>, service: Service) -> Self {
        Self {
            workers,
            rounds: 1,
            limits: Limits::single(limit),
            fails_at_limit: false,
            keep: Keep::All,
            order: Order::Fifo,
            semaphore: None,
            stagger: 0.0,
            pause: 0.0,
            service,
            time_outs: TimeOuts::default(),
            retries: Retries::default(),
            server: None,
            cpu: ClientCpu::default(),
            seed: 1,
        }
    }

    /// The same for a closed loop.
    pub fn closed_loop(workers: u64, rounds: u64, limit: Option<u64>, service: Service, order: Order) -> Self {
        Self { rounds, order, ..Self::burst(workers, limit, service) }
    }
}

/// How a simulation ended.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Outcome {
    /// Until the last worker was done, seconds; infinite when some request never ended.
    pub wall: f64,
    /// Requests that succeeded, retries included.
    pub ok: u64,
    /// Requests that failed for good.
    pub failed: u64,
    /// Requests that never ended: no slot and no time-out.
    pub stuck: u64,
    /// Attempts.
    pub attempts: u64,
    /// Attempts that ended by a time-out.
    pub timed_out: u64,
    /// Attempts that the server or the pool refused.
    pub refused: u64,
    /// Waits of the attempts that were sent: from the start of the attempt until it was sent.
    pub waits: Waits,
    /// Most requests under way at once.
    pub peak_in_flight: u64,
    /// Most requests in the pool's queue.
    pub peak_queue: u64,
    /// Most requests in the servers' queues.
    pub peak_server_queue: u64,
    /// Connections opened. After mass time-outs real clients open up to twice as many.
    pub opened: u64,
    /// Queue and requests under way over time; at most [`timeline::POINTS`] points.
    pub timeline: Vec<Point>,
    /// Events that were handled.
    pub events: u64,
}

impl Outcome {
    /// Share of the requests that succeeded, 0..1; 1 when there was none.
    pub fn success(&self) -> f64 {
        match self.ok + self.failed + self.stuck {
            0 => 1.0,
            requests => self.ok as f64 / requests as f64,
        }
    }
}

/// Summary of waits, seconds; all 0 when nothing was sent.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
pub struct Waits {
    /// Mean.
    pub mean: f64,
    /// Half of the waits were at most this.
    pub median: f64,
    /// 95 % of the waits were at most this.
    pub p95: f64,
    /// Longest.
    pub max: f64,
}

impl Waits {
    fn of(waits: &mut [Time]) -> Self {
        let count = waits.len();
        if count == 0 {
            return Self::default();
        }
        let sum: f64 = waits.iter().map(|wait| *wait as f64).sum();
        let mut rank = |quantile: f64| {
            let index = super::nearest_rank(quantile, count as u64) as usize;
            seconds(*waits.select_nth_unstable(index).1)
        };
        Self { mean: sum / count as f64 / 1e9, median: rank(0.5), p95: rank(0.95), max: rank(1.0) }
    }
}

/// Runs a simulation. `None` when it would need more than [`LARGEST`] attempts, or more than 2³² workers or hosts.
pub fn run(setup: &Setup) -> Option<Outcome> {
    run_sharing(setup, None)
}

/// The same, with draws that are shared with other simulations.
pub(super) fn run_sharing(setup: &Setup, drawn: Option<&Drawn>) -> Option<Outcome> {
    let attempts = setup.workers.checked_mul(setup.rounds)?.checked_mul(u64::from(setup.retries.times) + 1)?;
    let small = attempts <= LARGEST && setup.workers <= LARGEST && setup.limits.hosts <= LARGEST;
    small.then(|| {
        let numbers = if setup.retries.repeats_service { setup.rounds } else { setup.rounds * (u64::from(setup.retries.times) + 1) };
        let draws = match drawn {
            Some(drawn) => drawn.draws(setup.seed, setup.service, (setup.workers, numbers)),
            None => Draws::new(setup.seed, setup.service),
        };
        engine::Engine::new(setup, draws).run()
    })
}

/// Nanoseconds since the start. Whole numbers: three times 0.4 s is 1.2 s, which floating point denies.
type Time = u64;

/// Longest time that is told apart from "never", about 146 years.
const NEVER: Time = u64::MAX / 4;

fn time(seconds: f64) -> Time {
    // The cast saturates and cuts off, which after a half is rounding, without the call that `round` is on older processors; NaN and
    // negative times become 0.
    ((seconds * 1e9 + 0.5) as Time).min(NEVER)
}

fn seconds(time: Time) -> f64 {
    time as f64 / 1e9
}
