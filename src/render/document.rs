//! The report as machines read it: the types behind `--output json` and `rules/schema/report.json`.
//!
//! They are a contract. Adding a key is a minor change; removing one or changing its meaning is a new [`SCHEMA`] number.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::number::Scalar;
use crate::finding::{AtLimit, ConcurrencyKind, Counters, EstimateUnit, Safety, Severity, Verdict};
use crate::text::Language;
use crate::value::{Certainty, How};

/// Number of the shape.
pub const SCHEMA: u32 = 1;

/// Everything that a run of `advisor` found. Lines and columns count from 1, columns in characters, ends are exclusive; paths use `/`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "advisor report")]
pub struct Document {
    /// Number of this shape.
    pub schema: u32,
    /// The program that wrote it.
    pub tool: Tool,
    /// Counts.
    pub summary: Summary,
    /// All pools, by path and line.
    pub pools: Vec<Pool>,
    /// All places that declare concurrency, by path and line.
    pub concurrency: Vec<Concurrency>,
    /// What runs through which pool.
    pub cases: Vec<Case>,
    /// What is worth saying, by path, place and rule.
    pub findings: Vec<Finding>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// The program that wrote the report.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Tool {
    /// `advisor`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// Counts.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Summary {
    /// Source files looked at.
    pub files: u64,
    /// Source files parsed.
    pub files_read: u64,
    /// Pools found.
    pub pools: usize,
    /// Pools with a verdict.
    pub judged: usize,
    /// Pools without one; their cases say why.
    pub not_judged: usize,
    /// Findings.
    pub findings: usize,
    /// Findings that a comment or the baseline silenced.
    pub silenced: usize,
    /// Exact counters of the work done.
    pub counters: Counters,
}

/// A number with its origin.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Value {
    /// A number, `"unbounded"`, `"unknown"`, a truth value or a text. Of several alternatives the one that decides: the greatest,
    /// of a setting and of a concurrency alike. A range is `"unknown"`, but for a concurrency with a known upper end.
    pub value: Scalar,
    /// All alternatives, ascending, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alternatives: Option<Vec<Scalar>>,
    /// Lower and upper end, where only a range is known; null for an end that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<[Option<Scalar>; 2]>,
    /// Why nothing is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown_because: Option<String>,
    /// How sure the value is.
    pub certainty: Certainty,
    /// The kind of line that gives it.
    pub how: How,
    /// `path:line` where the number itself stands.
    pub defined_at: Option<String>,
    /// From the use to the definition.
    pub trail: Vec<Step>,
}

/// One hop.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Step {
    /// `path:line`; null for the catalog and for the command line of the advisor itself.
    pub at: Option<String>,
    /// What this place says.
    pub said: String,
}

/// Settings by name, in the catalog's order.
#[derive(Debug, JsonSchema)]
pub struct Settings(#[schemars(with = "BTreeMap<String, Value>")] pub Vec<(String, Value)>);

impl Serialize for Settings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// A pool.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Pool {
    /// `path:line:column`, unique among the pools.
    pub id: String,
    /// File of the call that makes it.
    pub path: String,
    /// Line of the call.
    pub line: usize,
    /// Column of the call.
    pub column: usize,
    /// Language of the file.
    pub language: Language,
    /// Library by its catalog name.
    pub library: String,
    /// The constructor.
    pub symbol: String,
    /// Version of the library that the project pins.
    pub version: Option<String>,
    /// The name it is bound to.
    pub bound_to: Option<String>,
    /// Who shares it, in words.
    pub owner: String,
    /// Whether it stands in a test.
    pub in_tests: bool,
    /// `path:line:column` of other calls that name the same pool.
    pub also: Vec<String>,
    /// Its settings.
    pub settings: Settings,
    /// What it lets through.
    pub capacity: Capacity,
}

/// What a pool lets through: counts, `"unbounded"`, `"unknown"`, or null where the pool has no such limit.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Capacity {
    /// Over all hosts.
    pub total: Option<Scalar>,
    /// To one host.
    pub per_host: Option<Scalar>,
    /// Idle connections that are kept.
    pub idle: Option<Scalar>,
    /// What decides for one host.
    pub effective: Scalar,
    /// The setting that decides.
    pub decided_by: String,
    /// What happens above it.
    pub at_limit: AtLimit,
    /// Longest wait for a connection, seconds.
    pub acquire_timeout_s: Option<Scalar>,
}

/// A place that declares how much runs at once.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Concurrency {
    /// `path:line:column`, unique among the concurrency sites.
    pub id: String,
    /// File.
    pub path: String,
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
    /// What kind of declaration.
    pub kind: ConcurrencyKind,
    /// The name the author gave it.
    pub name: String,
    /// How much.
    #[serde(flatten)]
    pub value: Value,
}

/// A pool with the concurrency that reaches it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Case {
    /// Id of the pool.
    pub pool: String,
    /// Ids of the concurrency sites, outermost first.
    pub concurrency: Vec<String>,
    /// Most requests under way at once; where only a lower bound is known, that bound if it was enough for the verdict.
    pub demand: Scalar,
    /// What the pool lets through; where only a bound is known, that bound if it was enough for the verdict.
    pub supply: Scalar,
    /// The conclusion.
    pub verdict: Verdict,
    /// Why.
    pub because: String,
    /// Whether the route was found in the code.
    pub route_is_known: bool,
    /// From the concurrency to the pool.
    pub route: Vec<Step>,
    /// What will happen; null where a number is missing.
    pub estimate: Option<Estimate>,
}

/// What the queueing model says of a case.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Estimate {
    /// Full turns of the pool that a burst needs.
    pub waves: Scalar,
    /// Mean wait in a burst.
    pub wait_mean: Scalar,
    /// Longest wait in a burst.
    pub wait_max: Scalar,
    /// Mean wait when the concurrency is always busy.
    pub wait_steady: Scalar,
    /// Unit of the waits.
    pub unit: EstimateUnit,
    /// Share of a burst that times out, from 0 to 1; null without a latency and a time-out.
    pub timed_out: Option<Scalar>,
}

/// One thing worth saying.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Finding {
    /// Id of the rule.
    pub rule: String,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub certainty: Certainty,
    /// One line, lower case, no full stop.
    pub message: String,
    /// File of the place that has to change.
    pub path: String,
    /// First line.
    pub line: usize,
    /// First column.
    pub column: usize,
    /// Last line.
    pub end_line: usize,
    /// One past the last column.
    pub end_column: usize,
    /// What the place contributes.
    pub label: String,
    /// The other places, the concurrency's first.
    pub labels: Vec<Label>,
    /// The sum written out, the symptom, what was assumed.
    pub notes: Vec<String>,
    /// From the concurrency to the pool.
    pub route: Vec<Step>,
    /// The first of `suggestions`.
    pub suggestion: Option<Suggestion>,
    /// What to write instead.
    pub suggestions: Vec<Suggestion>,
    /// The first of `fixes`.
    pub fix: Option<Fix>,
    /// Ways to mend it.
    pub fixes: Vec<Fix>,
    /// Names the finding without line numbers.
    pub key: String,
}

/// A second place.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Label {
    /// File.
    pub path: String,
    /// First line.
    pub line: usize,
    /// First column.
    pub column: usize,
    /// Last line.
    pub end_line: usize,
    /// One past the last column.
    pub end_column: usize,
    /// What the place contributes.
    pub message: String,
}

/// An advised limit.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Suggestion {
    /// The setting.
    pub setting: String,
    /// Why not less.
    pub floor: Scalar,
    /// What to write.
    pub advised: Scalar,
    /// Why not more; null where no ceiling is known.
    pub ceiling: Option<Scalar>,
    /// Reason for the floor.
    pub floor_why: String,
    /// Reason for the ceiling.
    pub ceiling_why: String,
}

/// A way to mend a finding.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Fix {
    /// What it does.
    pub title: String,
    /// Whether it may be applied unasked.
    pub safety: Safety,
    /// The edits; they do not overlap.
    pub edits: Vec<Edit>,
}

/// One replacement.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Edit {
    /// File.
    pub path: String,
    /// First line.
    pub line: usize,
    /// First column.
    pub column: usize,
    /// Last line.
    pub end_line: usize,
    /// One past the last column.
    pub end_column: usize,
    /// What stands there afterwards.
    pub replacement: String,
}

/// Something that could not be read.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Problem {
    /// File as the user knows it.
    pub path: String,
    /// Line, where it is known.
    pub line: Option<usize>,
    /// Column, where it is known.
    pub column: Option<usize>,
    /// What is wrong.
    pub message: String,
}
