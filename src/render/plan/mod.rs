//! A plan as machines read it, the types behind `advisor plan --output json` and `rules/schema/plan.json`; and as people read it.
//!
//! Text and page are made from this document and from nothing else, so that all three say the same. The types are a contract:
//! adding a key is a minor change, removing one or changing its meaning is a new [`SCHEMA`] number.

pub mod figures;
mod fill;
pub mod lanes;
mod rates;
pub mod table;
pub mod text;

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

pub use fill::{Origin, document, picture};

use super::document::Tool;
use super::number::Scalar;

/// Number of the shape.
pub const SCHEMA: u32 = 1;

/// A finite number, rounded to six digits after the point, or `"unbounded"`. Times are seconds, shares go from 0 to 1.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Scalar::of(self.0).serialize(serializer)
    }
}

impl JsonSchema for Number {
    fn schema_name() -> Cow<'static, str> {
        "Number".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({
            "description": "A number, rounded to six digits after the point, or \"unbounded\".",
            "anyOf": [{ "type": "number" }, { "const": "unbounded" }]
        })
    }
}

/// From the least to the most that must be expected; both are the same where it is one number.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Range {
    /// The least.
    pub low: Number,
    /// The most.
    pub high: Number,
}

/// What `advisor plan` answers.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[schemars(title = "advisor plan")]
pub struct Plan {
    /// Number of this shape.
    pub schema: u32,
    /// The program that wrote it.
    pub tool: Tool,
    /// What was asked, with the library's defaults filled in.
    pub asked: Asked,
    /// What holds whatever the latency.
    pub without_latency: WithoutLatency,
    /// The limits to write; null for pools that are not sized by concurrency.
    pub advice: Option<Advice>,
    /// The time-out to write before anything else, seconds, where the present one is shorter than most calls; null where it is not.
    pub time_out_at_least_s: Option<Number>,
    /// The present settings first, then the advised ones, then what else could be done.
    pub columns: Vec<Column>,
    /// Bursts of usual sizes: what to write for each, and what the present limits do to it.
    pub sizes: Vec<Size>,
    /// Bursts through pools of other sizes; null where the pool makes nobody wait.
    pub sweep: Option<Sweep>,
    /// Requests that arrive by themselves; null where it is not asked.
    pub arrivals: Option<Arrivals>,
    /// What a limit of the rate comes to; null where none is known.
    pub rate_limit: Option<RateLimit>,
    /// What each pool may have of the server's connections; null where it is not asked.
    pub share: Option<Share>,
    /// One burst call by call for the present and the advised settings, where there is a latency.
    pub pictures: Vec<Picture>,
    /// What the reader must know about the figures.
    pub notes: Vec<String>,
}

/// What was asked.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Asked {
    /// Requests under way at once.
    pub concurrency: u64,
    /// Requests that each worker makes one after the other; 1 is a burst.
    pub rounds: u64,
    /// Mean time of a call, seconds.
    pub latency_s: Option<Number>,
    /// Time that 95 of 100 calls stay below, seconds.
    pub latency_p95_s: Option<Number>,
    /// Limits of the pool.
    pub limits: Limits,
    /// What happens above them.
    pub at_limit: &'static str,
    /// Time-outs.
    pub time_outs: TimeOuts,
    /// Requests that each server takes at once.
    pub server_capacity: Option<u64>,
    /// Whether it refuses what is more, instead of letting it wait.
    pub server_rejects: bool,
    /// Attempts that may follow a failed one.
    pub retries: u32,
    /// The library.
    pub library: Option<String>,
    /// Its version; null where none was given.
    pub version: Option<String>,
    /// Where the library's numbers and behaviours come from.
    pub said: Vec<String>,
}

/// Limits of a pool; null is no limit.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Limits {
    /// Connections over all hosts.
    pub total: Option<u64>,
    /// Connections to one host.
    pub per_host: Option<u64>,
    /// Hosts among which the requests are spread.
    pub hosts: u64,
    /// min(total, per host × hosts).
    pub effective: Option<u64>,
}

/// Time-outs of one attempt, seconds.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, JsonSchema)]
pub struct TimeOuts {
    /// From the call on, the wait for a connection included.
    pub total_s: Option<Number>,
    /// The wait for a connection alone.
    pub queue_s: Option<Number>,
    /// From the moment at which the request is sent.
    pub read_s: Option<Number>,
    /// Whether each connection that comes back restarts `queue_s`.
    pub queue_restarts: bool,
    /// Whether time-outs of 5 s or more end at a whole second, up to 1 s late.
    pub whole_seconds: bool,
}

/// What holds whatever the latency. Waits in calls.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct WithoutLatency {
    /// Slots of the narrowest place; null is no limit.
    pub slots: Option<u64>,
    /// Turns that a burst needs, which is how many times as long it takes; null when nothing is ever served.
    pub waves: Option<u64>,
    /// Requests of a burst that are refused at once; they wait nowhere.
    pub refused: u64,
    /// Share of a burst that waits for a slot.
    pub queue_share: Number,
    /// Mean wait in a burst, calls.
    pub wait_mean: Number,
    /// Longest wait in a burst, calls.
    pub wait_longest: Number,
    /// Mean wait when the concurrency is always busy (steady state), calls.
    pub wait_steady: Number,
    /// Latency up to which nobody in a burst meets a time-out, seconds.
    pub break_even_s: Option<Number>,
}

/// The limits to write.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Advice {
    /// Limits.
    pub limits: Limits,
    /// Not less.
    pub floor: u64,
    /// Why not.
    pub floor_why: String,
    /// Not more; null where nothing is known.
    pub ceiling: Option<u64>,
    /// Why not.
    pub ceiling_why: Option<String>,
    /// Hold requests back with a semaphore of this size, outside the time-outs.
    pub semaphore: Option<u64>,
    /// What a bigger pool would do instead.
    pub semaphore_why: Option<String>,
    /// Whether it is the rate that the server takes, not its capacity, that the semaphore keeps to.
    pub by_rate: bool,
    /// Soft limit of open files that is needed, where the present one is too low.
    pub open_files: Option<u64>,
}

/// One set of settings and what becomes of the requests.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Column {
    /// `before`, `after`, or what the alternative does.
    pub name: String,
    /// In a sentence.
    pub what: String,
    /// Limits of the pool.
    pub limits: Limits,
    /// Semaphore outside the time-outs.
    pub semaphore: Option<u64>,
    /// Time-outs.
    pub time_outs: TimeOuts,
    /// Requests that start together, once; null without a latency.
    pub burst: Option<Figures>,
    /// Workers that go round; null without a latency, with one round, and where it cannot be said.
    pub closed_loop: Option<Figures>,
    /// The burst without a latency, waits in calls.
    pub in_calls: InCalls,
}

/// A burst in calls: exact for calls of equal length.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, JsonSchema)]
pub struct InCalls {
    /// Mean wait.
    pub wait_mean: Number,
    /// 95 of 100 waits are at most this.
    pub wait_p95: Number,
    /// Longest wait.
    pub wait_longest: Number,
    /// Until all is done.
    pub wall: Number,
    /// Most requests under way at once.
    pub peak_in_flight: u64,
    /// Most requests that wait.
    pub peak_queue: u64,
}

/// What will happen, in seconds.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Figures {
    /// Share of the requests that succeed.
    pub success: Range,
    /// Mean wait for a connection.
    pub wait_mean: Range,
    /// 95 of 100 waits are at most this.
    pub wait_p95: Range,
    /// Longest wait.
    pub wait_longest: Range,
    /// `everybody`: if nobody gave up; `sent`: of the requests that were sent.
    pub waits_of: &'static str,
    /// Until all is done.
    pub wall: Range,
    /// Most requests under way at once.
    pub peak_in_flight: u64,
    /// Most requests that wait, in the pool and at the servers.
    pub peak_queue: u64,
    /// Attempts per request.
    pub attempts: Range,
    /// Connections opened.
    pub opened: Option<Range>,
    /// `formula` or `simulation`.
    pub method: &'static str,
    /// First seed of the simulations.
    pub seed: Option<u64>,
    /// Whether all times are lower bounds.
    pub lower_bound: bool,
    /// Why a figure is a range, or what it leaves out.
    pub notes: Vec<String>,
    /// Queue and requests under way over time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub timeline: Vec<Moment>,
}

/// One moment of a simulation: means over a short span.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Moment {
    /// Begin of the span, seconds.
    pub at: Number,
    /// Requests that wait in the pool.
    pub waiting: Number,
    /// Requests under way.
    pub in_flight: Number,
}

/// A burst of one size.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Size {
    /// Requests that start together.
    pub concurrency: u64,
    /// Limits to write.
    pub advised: Limits,
    /// Semaphore to hold requests back with.
    pub semaphore: Option<u64>,
    /// Sockets that are open then.
    pub sockets: u64,
    /// Turns that it needs through the present limits.
    pub waves_now: Option<u64>,
    /// Requests of it that are refused at once.
    pub refused_now: u64,
    /// Share of it that succeeds through the present limits.
    pub success_now: Option<Range>,
}

/// Bursts through pools of other sizes.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Sweep {
    /// Unit of the waits: `seconds` or `calls`.
    pub unit: &'static str,
    /// The time-out that `success` counts, seconds; null where there is none.
    pub time_out_s: Option<Number>,
    /// Pool sizes, ascending.
    pub steps: Vec<Step>,
    /// Where more slots stop to help much.
    pub knee: Option<u64>,
    /// What that means.
    pub knee_why: Option<String>,
    /// The fewest connections for a share of successes.
    pub targets: Vec<Target>,
}

impl Sweep {
    /// Whether some pool lets less than all succeed for sure: by a time-out, or because a server refuses.
    pub fn tells_success(&self) -> bool {
        self.time_out_s.is_some() || self.steps.iter().any(|step| step.success.low.0 < 1.0)
    }
}

/// The fewest connections for a share of successes.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Target {
    /// Share that succeeds.
    pub success: Number,
    /// Connections; null where no number is enough.
    pub slots: Option<u64>,
}

/// A burst through a pool of one size.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Step {
    /// Slots of the pool.
    pub slots: u64,
    /// Share that succeeds; a range where a wave ends about when the time-out does.
    pub success: Range,
    /// Mean wait.
    pub wait_mean: Number,
    /// Longest wait.
    pub wait_longest: Number,
    /// `before`, `after`, `knee`, in this order.
    pub marks: Vec<&'static str>,
}

/// Requests that arrive at random by themselves, by Erlang C. Times in seconds.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Arrivals {
    /// Per second.
    pub per_second: Number,
    /// Connections in use on average.
    pub in_use: Number,
    /// Connections of the pool at hand; null where it has no limit.
    pub connections: Option<u64>,
    /// Share of the time in which they are in use; from 1 on the queue grows without end.
    pub utilisation: Option<Number>,
    /// Share of the requests that wait.
    pub wait_share: Option<Number>,
    /// Mean wait of all.
    pub wait_mean: Option<Number>,
    /// 95 of 100 wait at most this.
    pub wait_p95: Option<Number>,
    /// Share that waits longer than its time-out.
    pub give_up_share: Option<Number>,
    /// The fewest connections with which at most 5 of 100 wait.
    pub few_wait: Option<u64>,
    /// The load plus twice its root: the rule of thumb for the same.
    pub rule_of_thumb: u64,
}

/// What a limit of the rate comes to.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct RateLimit {
    /// Requests per second.
    pub per_second: Number,
    /// Requests under way at that rate, by Little's law; null without a latency.
    pub under_way: Option<Number>,
    /// All requests at that rate, seconds.
    pub wall_at_least: Number,
}

/// What each pool may have of the server's connections.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Share {
    /// Connections that the server takes from the program.
    pub connections: u64,
    /// Pools among which they are shared.
    pub pools: u64,
    /// Connections for each.
    pub each: u64,
    /// Connections that all of them may open now; null where there is no limit.
    pub now: Option<u64>,
}

/// A burst, call by call; one draw, first come, first served.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Picture {
    /// The column that it shows.
    pub name: String,
    /// Unit of the times: `seconds` or `calls`.
    pub unit: &'static str,
    /// Requests.
    pub requests: u64,
    /// Slots: connections, or places at the server where that is the narrower place.
    pub slots: u64,
    /// Requests that were answered.
    pub answered: u64,
    /// Requests that were refused at once.
    pub refused: u64,
    /// Whether what failed would be tried again, which the picture leaves out.
    pub first_attempts_only: bool,
    /// When those that were never sent gave up.
    pub gave_up_at: Option<Number>,
    /// Until all is done.
    pub wall: Number,
    /// The calls of the first slots.
    pub lanes: Vec<Vec<Block>>,
    /// Requests that wait, over time.
    pub depth: Vec<Depth>,
    /// Wait and service at shares of all requests, if nobody gave up.
    pub percentiles: Vec<Percentile>,
}

/// One call on a lane.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Block {
    /// When it begins.
    pub start: Number,
    /// When it ends.
    pub end: Number,
    /// Whether it ends by a time-out.
    pub cut_off: bool,
}

/// Requests that wait from a moment on.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Depth {
    /// The moment.
    pub at: Number,
    /// Requests.
    pub waiting: u64,
}

/// The request that so many of 100 are not slower than.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Percentile {
    /// So many of 100.
    pub of_100: Number,
    /// Its wait.
    pub wait: Number,
    /// Its service.
    pub service: Number,
}

/// The plan as indented JSON with a line end.
pub fn json(plan: &Plan) -> String {
    super::json::write(plan)
}

/// The JSON Schema of a plan, indented, with a line end; a test keeps `rules/schema/plan.json` equal to it.
pub fn schema() -> String {
    super::json::schema_of::<Plan>()
}
