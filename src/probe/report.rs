//! A probe as machines read it, the types behind `advisor probe --output json` and `rules/schema/probe.json`.
//!
//! Text is made from this document and from nothing else. The types are a contract: adding a key is a minor change, removing one or
//! changing its meaning is a new [`SCHEMA`] number.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::interpreter::Interpreter;
use super::mock::Told;
use super::session::{self, Outcome};
use super::target::Live;
use super::verdict::{self, Unit, Verdict};
use crate::catalog::version::Version;
use crate::render::document::Tool;
use crate::render::json;
use crate::render::plan::{Limits, Number, Range};
use crate::value::Certainty;

/// Number of the shape.
pub const SCHEMA: u32 = 1;

/// What a verdict says nothing about.
pub const NOT_COVERED: &str = "the verdict is about waiting in this version of the library at scaled times on loopback; it does not cover TLS, \
                               name resolution, HTTP/2, proxies, and what the real server takes at once";

/// What the verdict on a factory's settings says nothing about.
pub const NOTHING_SENT: &str = "the verdict is about how the client is set, not about what it does: no request was sent, and what the factory does \
                                with another environment or other arguments is not known";

/// What `advisor probe` answers.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Probe {
    /// Number of this shape.
    pub schema: u32,
    /// The program that wrote it.
    pub tool: Tool,
    /// The conclusion over all columns.
    pub verdict: Verdict,
    /// What was probed.
    pub client: Client,
    /// The machine.
    pub machine: Machine,
    /// The case of a program that was probed; null without a program.
    pub case: Option<Case>,
    /// The factory of the user's own that was asked for its client; null without one.
    pub target: Option<Target>,
    /// The present settings first, then the advised ones; none where only a factory was asked.
    pub columns: Vec<Column>,
    /// What the reader must know.
    pub notes: Vec<String>,
    /// What the verdict says nothing about.
    pub not_covered: &'static str,
}

/// Several cases of a program, each probed by itself.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Probes {
    /// Number of this shape.
    pub schema: u32,
    /// The program that wrote it.
    pub tool: Tool,
    /// The conclusion over all of them.
    pub verdict: Verdict,
    /// Each of them, in the order of their places.
    pub probes: Vec<Probe>,
}

/// What is written: one probe, or with `--all` as many as there are cases.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(title = "advisor probe")]
pub enum Document {
    /// One.
    One(Box<Probe>),
    /// Several.
    Several(Probes),
}

/// Puts several together.
pub fn several(probes: Vec<Probe>) -> Probes {
    let verdict = probes.iter().map(|probe| probe.verdict).max().unwrap_or(Verdict::Undecided);
    Probes { schema: SCHEMA, tool: tool(), verdict, probes }
}

/// Where the settings and the concurrency come from.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Case {
    /// File of the pool.
    pub path: String,
    /// Its line, from 1.
    pub line: usize,
    /// The call that makes it.
    pub symbol: String,
    /// Why it was found too small.
    pub because: String,
}

/// A factory of the user's own, and how what it gives is set.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Target {
    /// The factory, as `module:name`.
    pub named: String,
    /// The file that was imported.
    pub imported: String,
    /// The clients in what it gave, outer ones first.
    pub clients: Vec<LiveClient>,
}

/// A client as it says of itself, beside what was read in the source.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct LiveClient {
    /// Its class.
    pub kind: String,
    /// Version of its library.
    pub version: Option<String>,
    /// Version that the project pins; null where it pins none, or no pool was found.
    pub pinned: Option<String>,
    /// Where it and its pool were made, as `path:line`; empty where that was not in the user's own files.
    pub made_at: Vec<String>,
    /// The pool that a scan found there, as `path:line`; null for none.
    pub scanned_at: Option<String>,
    /// The conclusion over all settings.
    pub verdict: Verdict,
    /// Its settings.
    pub settings: Vec<LiveSetting>,
}

/// A setting that was read in the source, and what it is.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct LiveSetting {
    /// Name in the catalog.
    pub name: String,
    /// What was read; null where nothing was.
    pub scanned: Option<String>,
    /// How sure that was.
    pub certainty: Option<Certainty>,
    /// What it is; null is none.
    pub live: serde_json::Value,
    /// The conclusion; null where nothing was read.
    pub verdict: Option<Verdict>,
}

/// The client library.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Client {
    /// Name in the catalog.
    pub library: String,
    /// Versions of all packages that matter, as installed.
    pub packages: BTreeMap<String, String>,
    /// Version that the project pins; null where it pins none.
    pub pinned: Option<String>,
    /// The interpreter, as it was started.
    pub interpreter: String,
    /// Why this one.
    pub because: String,
    /// What runs it: Python with its version, or Rust.
    pub runtime: String,
}

/// The machine.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Machine {
    /// Load average before; null where the system does not say.
    pub load_before: Option<Number>,
    /// Load average after.
    pub load_after: Option<Number>,
    /// Soft limit of open files as it was found; the probe raises it for itself.
    pub open_files: Option<u64>,
    /// Server's clock less the client's, nanoseconds.
    pub clock_offset_ns: Option<i64>,
}

/// One set of settings.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Column {
    /// `now` or `as advised`.
    pub name: String,
    /// The conclusion.
    pub verdict: Verdict,
    /// Settings of the client by the library's names, times as probed; null is none.
    pub settings: BTreeMap<String, serde_json::Value>,
    /// Limits of the pool.
    pub limits: Limits,
    /// Requests at once.
    pub concurrency: u64,
    /// Requests of each worker, one after the other.
    pub rounds: u64,
    /// Semaphore around each request; null is none.
    pub semaphore: Option<u64>,
    /// Mean time of a call, seconds.
    pub latency_s: Number,
    /// Mean time of a call in the case that is probed, seconds.
    pub original_latency_s: Number,
    /// Seconds of the probe for one second of the case.
    pub time_scale: Number,
    /// Requests of the probe for one of the case.
    pub count_scale: Number,
    /// Seed of the times.
    pub seed: u64,
    /// What a request costs the client's CPU, seconds, before the runs.
    pub cost_before_s: Number,
    /// The same after the runs.
    pub cost_after_s: Number,
    /// Share of the machine's processors that others took during the runs; null where the system does not say.
    pub others: Option<Number>,
    /// The figures.
    pub metrics: Vec<Metric>,
    /// What the client raised, with how often in all runs.
    pub errors: BTreeMap<String, u64>,
    /// By how much the mock server was late with an answer, on average, seconds.
    pub server_late_s: Number,
    /// Requests under way over time, of the run with the middle wall time.
    pub timeline: Vec<Moment>,
    /// Waits of that run.
    pub waits: Vec<Bar>,
    /// Requests of that run as the server saw them, in the order of arrival.
    pub records: Vec<Told>,
    /// Requests behind the last that stands there.
    pub records_left_out: u64,
    /// What the reader must know.
    pub notes: Vec<String>,
}

/// One figure.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// The prediction for the probe.
    pub predicted: Range,
    /// The median of the runs.
    pub measured: Number,
    /// Measured less predicted; 0 within a range.
    pub difference: Number,
    /// All runs.
    pub runs: Vec<Number>,
    /// Between the least and the most of them.
    pub spread: Number,
    /// By how much it may differ.
    pub tolerance: Number,
    /// Whether the prediction is a lower bound only.
    pub lower_bound: bool,
    /// The conclusion; null where the figure is only shown.
    pub verdict: Option<Verdict>,
}

/// Requests under way during a span of time.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Moment {
    /// Begin of the span, seconds after the first arrival.
    pub at_s: Number,
    /// Under way, on average.
    pub in_flight: Number,
    /// Most of them.
    pub most: u64,
    /// Connections open, on average.
    pub connections: Number,
}

/// Requests that waited so long.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Bar {
    /// From, seconds.
    pub from_s: Number,
    /// To, seconds.
    pub to_s: Number,
    /// How many.
    pub requests: u64,
}

/// Bars of a histogram.
const BARS: usize = 10;

/// The document of a factory that was asked, and of nothing else.
pub fn of_target(target: Target, live: &Live, interpreter: &Interpreter, notes: Vec<String>) -> Probe {
    let packages: BTreeMap<String, String> =
        live.clients.iter().filter_map(|client| Some((client.library.clone(), client.version.clone()?))).collect();
    Probe {
        schema: SCHEMA,
        tool: tool(),
        verdict: target.verdict(),
        client: Client {
            library: live.clients.first().map_or_else(String::new, |client| client.library.clone()),
            packages,
            pinned: target.clients.first().and_then(|client| client.pinned.clone()),
            interpreter: interpreter.path.display().to_string(),
            because: interpreter.because.clone(),
            runtime: live.runtime.clone(),
        },
        machine: Machine { load_before: None, load_after: None, open_files: None, clock_offset_ns: None },
        case: None,
        target: Some(target),
        columns: Vec::new(),
        notes,
        not_covered: NOTHING_SENT,
    }
}

/// Whether two texts say one version.
pub(super) fn is_same_version(one: &str, other: &str) -> bool {
    one == other || Version::parse(one).is_some_and(|one| Version::parse(other) == Some(one))
}

fn tool() -> Tool {
    Tool { name: "advisor".into(), version: env!("CARGO_PKG_VERSION").into() }
}

impl Target {
    /// That what was asked has another version than the project pins, in words.
    pub fn other_versions(&self) -> Vec<String> {
        let others = self.clients.iter().filter_map(|client| {
            let (version, pinned) = (client.version.as_ref()?, client.pinned.as_ref()?);
            let name = client.kind.split('.').next().unwrap_or_default();
            let said = format!("the project pins {name} {pinned}, and the interpreter has {version}: what is said is about {version}");
            (!is_same_version(version, pinned)).then_some(said)
        });
        others.collect()
    }

    /// The conclusion over all its clients.
    pub fn verdict(&self) -> Verdict {
        self.clients.iter().map(|client| client.verdict).max().unwrap_or(Verdict::Undecided)
    }
}

impl Probe {
    /// Adds the factory that the settings come from.
    pub fn with_target(self, target: Target) -> Self {
        Self { verdict: self.verdict.max(target.verdict()), target: Some(target), ..self }
    }
}

/// Puts a document together.
pub fn document(
    library: &str,
    interpreter: &Interpreter,
    outcome: &Outcome,
    pinned: Option<String>,
    case: Option<Case>,
    notes: Vec<String>,
) -> Probe {
    let hello = &outcome.hello;
    Probe {
        schema: SCHEMA,
        tool: tool(),
        verdict: outcome.verdict,
        client: Client {
            library: library.into(),
            packages: hello.packages.clone(),
            pinned,
            interpreter: interpreter.path.display().to_string(),
            because: interpreter.because.clone(),
            runtime: hello.runtime.clone(),
        },
        machine: Machine {
            load_before: outcome.load.0.map(Number),
            load_after: outcome.load.1.map(Number),
            open_files: outcome.open_files,
            clock_offset_ns: hello.clock.map(|clock| clock.offset_ns),
        },
        case,
        target: None,
        columns: outcome.columns.iter().map(column).collect(),
        notes,
        not_covered: NOT_COVERED,
    }
}

fn column(column: &session::Column) -> Column {
    let scenario = &column.scaled.scenario;
    let limits = &scenario.limits;
    Column {
        name: column.name.clone(),
        verdict: verdict::overall(&column.metrics),
        settings: column.settings.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        limits: Limits { total: limits.total, per_host: limits.per_host, hosts: limits.hosts, effective: scenario.pool_limit() },
        concurrency: scenario.concurrency,
        rounds: scenario.rounds,
        semaphore: scenario.semaphore,
        latency_s: Number(scenario.latency.unwrap_or(0.0)),
        original_latency_s: Number(column.original.latency.unwrap_or(0.0)),
        time_scale: Number(column.scaled.time),
        count_scale: Number(column.scaled.count),
        seed: scenario.seed,
        cost_before_s: Number(column.cost.0),
        cost_after_s: Number(column.cost.1),
        others: column.others.map(Number),
        metrics: column.metrics.iter().map(metric).collect(),
        errors: column.errors.clone(),
        server_late_s: Number(column.late),
        timeline: column
            .server
            .timeline
            .iter()
            .map(|moment| Moment {
                at_s: Number(moment.at),
                in_flight: Number(moment.in_flight),
                most: moment.most,
                connections: Number(moment.connections),
            })
            .collect(),
        waits: histogram(&column.waits),
        records: column.records.clone(),
        records_left_out: column.server.requests.saturating_sub(column.records.len() as u64),
        notes: column.notes.clone(),
    }
}

fn metric(metric: &verdict::Metric) -> Metric {
    Metric {
        name: metric.name,
        unit: metric.unit,
        predicted: Range { low: Number(metric.predicted.low), high: Number(metric.predicted.high) },
        measured: Number(metric.measured),
        difference: Number(metric.difference()),
        runs: metric.runs.iter().copied().map(Number).collect(),
        spread: Number(metric.spread()),
        tolerance: Number(metric.tolerance),
        lower_bound: metric.lower_bound,
        verdict: metric.verdict,
    }
}

/// Waits in bars of equal width.
fn histogram(waits: &[f64]) -> Vec<Bar> {
    let (Some(least), Some(most)) = (waits.first().map(|wait| wait.min(0.0)), waits.last()) else { return Vec::new() };
    let width = (most - least) / BARS as f64;
    let edge = |bar: usize| least + width * bar as f64;
    let below = |limit: f64| waits.partition_point(|wait| *wait < limit);
    let count = |bar: usize| if bar + 1 == BARS { waits.len() - below(edge(bar)) } else { below(edge(bar + 1)) - below(edge(bar)) };
    let bar = |bar| Bar { from_s: Number(edge(bar)), to_s: Number(edge(bar + 1)), requests: count(bar) as u64 };
    (0..BARS).map(bar).collect()
}

/// The document as JSON, indented, with a line end.
pub fn json(document: &impl Serialize) -> String {
    json::write(document)
}

/// The JSON Schema of a probe, indented, with a line end; a test keeps `rules/schema/probe.json` equal to it.
pub fn schema() -> String {
    json::schema_of::<Document>()
}
