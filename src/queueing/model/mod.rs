//! One entry point: a scenario in plain numbers → what will happen, with a range where it cannot be known.
//!
//! Which method answers: without a latency only what can be said in service times; a burst by formula; everything else by the
//! simulator, for each order of hand-over that is possible. What depends on a hair's breadth is given as a pair.

mod evaluate;

use std::fmt;

use super::limits::{EPHEMERAL_PORTS, Limits, TIME_WAIT};
use super::service::Impossible;
use super::simulate::{Drawn, Keep, Order, Point, Retries, ServerLimit, Setup, TimeOuts, WhenFull};
use super::{AtLimit, Behaviour, Burst, HandOver, Service, tighter};

/// Requests at once from which a client whose own CPU is the narrow place is slow. Measured: at 100 some 3 ms of CPU a request, at 500
/// 14 to 25 ms.
const MANY: u64 = 100;

/// What is to be predicted.
#[derive(Clone, PartialEq, Debug)]
pub struct Scenario {
    /// Requests under way at once, N.
    pub concurrency: u64,
    /// Limits of the pool.
    pub limits: Limits,
    /// What happens at the limit.
    pub at_limit: AtLimit,
    /// Connections kept after use, where it is not what `at_limit` implies.
    pub keep: Option<Keep>,
    /// Mean service time, seconds.
    pub latency: Option<f64>,
    /// Its 95th percentile, seconds; none means that it is constant.
    pub latency_p95: Option<f64>,
    /// Requests that each worker makes one after the other; 1 is a burst.
    pub rounds: u64,
    /// Time-outs of an attempt.
    pub time_outs: TimeOuts,
    /// Who gets a slot that becomes free.
    pub hand_over: HandOver,
    /// Pause of a worker between two requests, seconds. Any pause makes the hand-over first come, first served.
    pub pause: f64,
    /// Semaphore around each request, outside the time-outs.
    pub semaphore: Option<u64>,
    /// Limit of the server behind each host.
    pub server: Option<ServerLimit>,
    /// Whether it is unknown what the server does about clients that gave up; then both are tried, whatever `server` says.
    pub gone_unknown: bool,
    /// Retries of a failed attempt.
    pub retries: Retries,
    /// Whether the client's own CPU is the narrow place at this concurrency, so that times are only lower bounds.
    pub cpu_bound: bool,
    /// Seed of simulations.
    pub seed: u64,
}

impl Scenario {
    /// A burst of N requests through a pool, without time-outs and latency.
    pub fn new(concurrency: u64, limits: Limits) -> Self {
        Self {
            concurrency,
            limits,
            at_limit: AtLimit::Wait,
            keep: None,
            latency: None,
            latency_p95: None,
            rounds: 1,
            time_outs: TimeOuts::default(),
            hand_over: HandOver::Unknown,
            pause: 0.0,
            semaphore: None,
            server: None,
            gone_unknown: true,
            retries: Retries::default(),
            cpu_bound: false,
            seed: 1,
        }
    }

    /// Slots of the pool, where it bounds what is under way.
    pub fn pool_limit(&self) -> Option<u64> {
        if self.at_limit.bounds_concurrency() { self.limits.effective() } else { None }
    }

    /// Takes in how a client behaves, with the limits and the connections that it keeps as they are now.
    pub fn behave(&mut self, client: Behaviour) {
        // Where each connection is closed after use, a new one goes to the first who waits, and nobody is woken for one that came back.
        let closes_all = matches!(self.keep, Some(Keep::Open(idle)) if self.pool_limit().is_none_or(|limit| idle < limit));
        self.hand_over = if client.unfair && !closes_all { HandOver::Unknown } else { HandOver::Fifo };
        self.time_outs.queue_restarts = client.queue_restarts && !closes_all;
        self.time_outs.whole_seconds = client.whole_seconds;
        self.cpu_bound = client.cpu_bound && self.concurrency > MANY;
    }

    /// Requests that all servers together work on at once.
    pub fn server_capacity(&self) -> Option<u64> {
        self.server.map(|server| server.capacity.saturating_mul(self.limits.hosts.max(1)))
    }

    /// Slots of the narrowest place, whether it lets the rest wait or refuses it: the pool, the servers.
    pub fn narrowest(&self) -> Option<u64> {
        tighter(self.pool_limit(), self.server_capacity())
    }

    /// Slots behind which requests wait, in the pool or at the servers. What refuses makes nobody wait.
    pub fn waits_behind(&self) -> Option<u64> {
        tighter(self.waiting_pool(), self.queueing_servers())
    }

    /// Requests under way above which the pool or the servers refuse; `None` where none is refused, or what stands before lets no more
    /// through.
    pub fn refuses_above(&self) -> Option<u64> {
        let pool = self.limits.effective().filter(|_| self.at_limit == AtLimit::Error);
        let held = tighter(self.semaphore, self.waiting_pool());
        tighter(pool, self.refusing_servers()).filter(|most| held.is_none_or(|held| *most < held))
    }

    /// What all servers together work on at once, where they refuse the rest.
    pub fn refusing_servers(&self) -> Option<u64> {
        self.server_capacity().filter(|_| self.server.is_some_and(|server| server.when_full == WhenFull::Reject))
    }

    fn queueing_servers(&self) -> Option<u64> {
        self.server_capacity().filter(|_| self.server.is_some_and(|server| server.when_full == WhenFull::Queue))
    }

    fn waiting_pool(&self) -> Option<u64> {
        self.limits.effective().filter(|_| self.at_limit == AtLimit::Wait)
    }

    /// The burst of all requests: those that are not refused at once, and the slots behind which they wait. A semaphore is left out.
    pub fn burst(&self) -> Burst {
        self.burst_of(self.concurrency)
    }

    /// The same for another number of requests.
    pub fn burst_of(&self, requests: u64) -> Burst {
        let admitted = self.refuses_above().map_or(requests, |most| most.min(requests));
        Burst { requests: admitted, limit: self.waits_behind() }
    }

    /// The longest that a request waits for a connection, seconds; `None` where nothing bounds it.
    pub fn patience(&self) -> Option<f64> {
        [self.time_outs.total, self.time_outs.queue].into_iter().flatten().min_by(f64::total_cmp)
    }

    /// The orders of hand-over that are possible and make a difference.
    pub fn orders(&self) -> &'static [Order] {
        let all_fit = self.pool_limit().is_none_or(|limit| limit >= self.concurrency);
        let gated = self.semaphore.is_some();
        match self.hand_over {
            _ if all_fit || gated || self.rounds <= 1 || self.pause > 0.0 => &[Order::Fifo],
            HandOver::Fifo => &[Order::Fifo],
            HandOver::NewcomerFirst => &[Order::NewcomerFirst],
            HandOver::Unknown => &[Order::NewcomerFirst, Order::Fifo],
        }
    }

    /// The same as a simulation, for timelines; `None` without a latency or with an impossible one.
    pub fn setup(&self, order: Order) -> Option<Setup> {
        let service = Service::new(self.latency?, self.latency_p95).ok()?;
        let waits = self.at_limit.bounds_concurrency();
        let implied = match self.at_limit {
            AtLimit::Discard => self.limits.per_host.or(self.limits.total).map_or(Keep::All, Keep::IdlePerHost),
            AtLimit::Churn => self.limits.effective().map_or(Keep::All, Keep::Idle),
            AtLimit::Wait | AtLimit::Error | AtLimit::Unbounded => Keep::All,
        };
        Some(Setup {
            rounds: self.rounds,
            limits: if waits { self.limits } else { Limits { total: None, per_host: None, ..self.limits } },
            fails_at_limit: self.at_limit == AtLimit::Error,
            keep: self.keep.unwrap_or(implied),
            order,
            semaphore: self.semaphore,
            pause: self.pause,
            time_outs: self.time_outs,
            retries: self.retries,
            server: self.server,
            seed: self.seed,
            ..Setup::burst(self.concurrency, None, service)
        })
    }

    /// Break-even latency, seconds: while calls take at most this long, nobody in a burst meets a time-out. `None` without a time-out.
    ///
    /// A total time-out T gives T/W; one on the queue alone T/(W − 1), for the last wave waits W − 1 calls; one that each
    /// release restarts T, the gap between two releases; a read time-out T/W of the server's own queue.
    pub fn break_even(&self) -> Option<f64> {
        let over = |timeout: Option<f64>, calls: Option<u64>| Some(timeout? / calls.filter(|calls| *calls > 0)? as f64);
        let waves = |requests: u64, limit: Option<u64>| Burst { requests, limit }.waves();
        // What a semaphore holds back waits neither in the pool nor at the server, and what the pool holds back not at the server.
        let past_semaphore = self.semaphore.map_or(self.concurrency, |permits| permits.min(self.concurrency));
        let past_semaphore = self.burst_of(past_semaphore).requests;
        let past_pool = self.pool_limit().map_or(past_semaphore, |limit| limit.min(past_semaphore));
        let through = waves(past_semaphore, self.waits_behind());
        let behind = waves(past_semaphore, self.waiting_pool()).map(|waves| waves.saturating_sub(1));
        let at_server = waves(past_pool, self.queueing_servers());
        let queue = if self.time_outs.queue_restarts { behind.map(|calls| calls.min(1)) } else { behind };
        [over(self.time_outs.total, through), over(self.time_outs.queue, queue), over(self.time_outs.read, at_server)]
            .into_iter()
            .flatten()
            .min_by(f64::total_cmp)
    }

    /// What will happen.
    pub fn predict(&self) -> Result<Prediction, Impossible> {
        self.predict_sharing(&Drawn::default())
    }

    /// The same, with draws that are shared with other predictions.
    pub(super) fn predict_sharing(&self, drawn: &Drawn) -> Result<Prediction, Impossible> {
        evaluate::predict(self, drawn)
    }
}

/// From the least to the most that must be expected.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Range {
    /// The least.
    pub low: f64,
    /// The most.
    pub high: f64,
}

impl Range {
    /// One number.
    pub fn exactly(value: f64) -> Self {
        Self { low: value, high: value }
    }

    /// The least range that holds both.
    pub fn and(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// Whether it is one number, for a reader who sees three digits.
    pub fn is_one_number(&self) -> bool {
        self.low == self.high || (self.high - self.low).abs() <= 5e-4 * self.high.abs()
    }
}

/// Whether the requests start together once, or workers go round.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// N requests that start together.
    Burst,
    /// N workers with several requests each.
    ClosedLoop,
}

/// What the waits are the waits of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitsOf {
    /// Of all requests, if nobody gave up.
    Everybody,
    /// Of the requests that were sent; those that gave up in the queue are left out.
    Sent,
}

/// How the figures came about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    /// Closed form.
    Formula,
    /// The simulator, beginning with this seed.
    Simulation {
        /// The first seed.
        seed: u64,
        /// Runs that were averaged for each order.
        runs: u64,
    },
}

/// What will happen, in seconds.
#[derive(Clone, PartialEq, Debug)]
pub struct Figures {
    /// Share of the requests that succeed, 0..1.
    pub success: Range,
    /// Mean wait for a connection, seconds.
    pub mean_wait: Range,
    /// 95th percentile of the wait, seconds.
    pub p95_wait: Range,
    /// Longest wait, seconds.
    pub max_wait: Range,
    /// What these waits are of.
    pub waits_of: WaitsOf,
    /// Until all is done, seconds.
    pub wall: Range,
    /// Most requests under way at once.
    pub peak_in_flight: u64,
    /// Most requests that wait, in the pool and at the servers.
    pub peak_queue: u64,
    /// Attempts per request.
    pub attempts: Range,
    /// Connections opened; `None` where only a simulation could tell and none was made.
    pub opened: Option<Range>,
    /// Queue and requests under way over time of the first simulation; empty where none was made.
    pub timeline: Vec<Point>,
    /// How the success and the waits came about.
    pub method: Method,
}

/// What will happen.
#[derive(Clone, PartialEq, Debug)]
pub struct Prediction {
    /// Burst or closed loop.
    pub shape: Shape,
    /// What is not refused of N, and the L behind which it waits: waves, shares and waits in service times, which need no latency.
    pub burst: Burst,
    /// Latency up to which nobody meets a time-out, seconds.
    pub break_even: Option<f64>,
    /// The figures in seconds; `None` without a latency.
    pub figures: Option<Figures>,
    /// What the reader must know about them.
    pub notes: Vec<Note>,
    /// Whether all times are lower bounds.
    pub lower_bound: bool,
}

/// Why a figure is a range, or what it leaves out.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Note {
    /// It is not known who gets a slot that becomes free.
    HandOverUnknown,
    /// A wave ends so close to the time-out that either result must be expected.
    Edge {
        /// The wave.
        wave: u64,
    },
    /// The client ends long time-outs at a whole second: up to 1 s later than written.
    WholeSeconds,
    /// With calls of equal length first come, first served turns on differences far below any measurement.
    Lockstep,
    /// The server takes fewer than the pool lets through: the queue stands there.
    ServerBinds {
        /// Requests that the servers take at once.
        capacity: u64,
    },
    /// The server refuses what is more than it works on.
    ServerRefuses {
        /// Requests that the servers take at once.
        capacity: u64,
    },
    /// It is not known whether the server stops working for clients that gave up; if not, work is done for nobody.
    GoneClientsUnknown,
    /// This share of the calls is longer than the time-out, whatever the pool.
    TimeOutTooShort {
        /// 0..1.
        share: f64,
        /// Attempts per request that this alone makes; 1 without retries.
        attempts: f64,
    },
    /// So many attempts are made of each request, because what waits too long, or is refused, is tried again.
    Retried {
        /// Attempts per request.
        attempts: f64,
        /// Whether they follow refusals.
        refused: bool,
    },
    /// Connections are closed faster than the ports of the client's machine become free again.
    PortsRunOut {
        /// Connections to one destination that are closed per second.
        per_second: f64,
    },
    /// Only so many workers and rounds were simulated; the rest is in proportion.
    Scaled {
        /// Simulated workers.
        workers: u64,
        /// Simulated rounds.
        rounds: u64,
    },
    /// Too many requests to simulate, and no formula covers the case.
    TooLarge {
        /// Share that can succeed at best, where it is known.
        at_best: Option<f64>,
    },
    /// The client's own CPU is the narrow place.
    CpuBound,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::HandOverUnknown => {
                write!(
                    f,
                    "who gets a freed connection depends on the library's version and on whether the worker awaits between two requests"
                )
            }
            Note::Edge { wave } => write!(f, "wave {wave} ends about when the time-out does: either result must be expected"),
            Note::WholeSeconds => write!(f, "the client ends time-outs of 5 s or more at a whole second, up to 1 s late"),
            Note::Lockstep => {
                write!(
                    f,
                    "with calls of equal length, served first come, first served, differences of microseconds decide how many meet the time-out"
                )
            }
            Note::ServerBinds { capacity } => write!(f, "the server takes {capacity} at once: the queue stands there, not in the pool"),
            Note::ServerRefuses { capacity } => {
                write!(f, "the server takes {capacity} at once and refuses what is more: nothing waits there")
            }
            Note::GoneClientsUnknown => {
                write!(f, "it is not known whether the server stops working for clients that gave up; if it goes on, its work is wasted")
            }
            Note::TimeOutTooShort { share, attempts } => {
                match *share {
                    all if all >= 1.0 - 1e-9 => write!(f, "all calls")?,
                    most if most >= 0.9995 => write!(f, "nearly all calls")?,
                    share => write!(f, "{:.1} % of the calls", share * 100.0)?,
                }
                write!(f, " take longer than the time-out, whatever the pool")?;
                if *attempts > 1.0 {
                    write!(
                        f,
                        "; their retries alone make {attempts:.2} attempts of a request, if each attempt takes a time of its own (what is slow each time fails each time)"
                    )
                } else {
                    Ok(())
                }
            }
            Note::Retried { attempts, refused: true } => {
                write!(f, "what is refused is tried again: {attempts:.2} attempts of a request; the place does not become wider")
            }
            Note::Retried { attempts, refused: false } => write!(
                f,
                "what waits too long is tried again and queues anew: {attempts:.2} attempts of a request; they last longer and send more, but do not make the place wider"
            ),
            Note::PortsRunOut { per_second } => write!(
                f,
                "{per_second:.0} connections to one destination are closed per second: more than a client's ports last for (Linux has {EPHEMERAL_PORTS}, and keeps each for {TIME_WAIT} s after its end: {:.0} per second)",
                EPHEMERAL_PORTS as f64 / TIME_WAIT
            ),
            Note::Scaled { workers, rounds } => write!(f, "simulated with {workers} workers and {rounds} rounds, in proportion"),
            Note::TooLarge { at_best: None } => write!(f, "too many requests to simulate"),
            Note::TooLarge { at_best: Some(share) } => {
                write!(
                    f,
                    "too many requests to simulate; at best {:.1} % succeed (slots × time-out / (requests at once × call))",
                    share * 100.0
                )
            }
            Note::CpuBound => write!(f, "the client's own CPU is the narrow place: times are lower bounds"),
        }
    }
}
