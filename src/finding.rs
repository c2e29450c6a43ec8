//! What a run says: findings with their labels, numbers and fixes, and the report that holds everything found.
//!
//! All of it is data: ids, spans and values. Words are joined in the rules, layout happens in `render`.

use serde::{Deserialize, Serialize};

pub use crate::catalog::AtLimit;
use crate::queueing::Scenario;
use crate::settings::Load;
pub use crate::settings::Severity;
use crate::text::{Language, Problem, Sources, Span};
use crate::value::{Certainty, Step, Value};

/// How safe a fix is to apply. The order is the order of caution.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Safety {
    /// Shown, never applied.
    ShowOnly,
    /// Changes load or behaviour: only on request.
    Unsafe,
    /// Changes nothing that runs.
    Safe,
}

/// One replacement in one file.
#[derive(Clone, PartialEq, Debug)]
pub struct Edit {
    /// What is replaced; an empty span inserts.
    pub span: Span,
    /// By what.
    pub replacement: String,
}

/// A text after edits in it, all of the same file; `None` where two overlap, insert at the same place, or do not fit the text.
pub fn edited<'e>(text: &str, edits: impl IntoIterator<Item = &'e Edit>) -> Option<String> {
    let mut edits: Vec<&Edit> = edits.into_iter().collect();
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut out = String::with_capacity(text.len() + 64);
    let mut done = 0;
    let mut before: Option<&Edit> = None;
    for edit in edits {
        if before.is_some_and(|before| before.touches(edit)) {
            return None;
        }
        out.push_str(text.get(done..edit.span.start as usize)?);
        out.push_str(&edit.replacement);
        done = edit.span.end as usize;
        before = Some(edit);
    }
    out.push_str(text.get(done..)?);
    Some(out)
}

impl Edit {
    /// Whether two edits cannot both be made: they change the same bytes, or insert at the same place.
    pub fn touches(&self, other: &Self) -> bool {
        let (one, two) = (self.span, other.span);
        one.file == two.file && ((one.start < two.end && two.start < one.end) || one.start == two.start)
    }
}

/// A way to mend a finding.
#[derive(Clone, PartialEq, Debug)]
pub struct Fix {
    /// What it does, in the imperative.
    pub title: String,
    /// Whether it may be applied unasked.
    pub safety: Safety,
    /// The edits; they do not overlap.
    pub edits: Vec<Edit>,
}

/// A second place that a finding speaks of.
#[derive(Clone, PartialEq, Debug)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What it contributes.
    pub message: String,
}

/// Limits that are advised, with the reasons for both ends. Counts of connections.
#[derive(Clone, PartialEq, Debug)]
pub struct Suggestion {
    /// The setting's own name (`limit_per_host`).
    pub setting: String,
    /// Why not less.
    pub floor: f64,
    /// What to write.
    pub advised: f64,
    /// Why not more; `None` where no ceiling is known.
    pub ceiling: Option<f64>,
    /// Reason for the floor.
    pub floor_why: String,
    /// Reason for the ceiling.
    pub ceiling_why: String,
}

/// One thing worth saying about the program.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    /// Id of the rule.
    pub rule: &'static str,
    /// How bad, after the settings had their say.
    pub severity: Severity,
    /// How sure: the least sure step of the trail.
    pub certainty: Certainty,
    /// One line, lower case, no full stop.
    pub message: String,
    /// The place that has to change.
    pub span: Span,
    /// What the place contributes, printed beside it.
    pub label: String,
    /// The other places, the concurrency's first.
    pub labels: Vec<Label>,
    /// The sum written out, the symptom, what was assumed.
    pub notes: Vec<String>,
    /// From the concurrency to the pool, hop by hop.
    pub route: Vec<Step>,
    /// What to write instead; the per-host limit first.
    pub suggestions: Vec<Suggestion>,
    /// Ways to mend it.
    pub fixes: Vec<Fix>,
    /// Names the finding without line numbers: rule, path, bound name, role.
    pub key: String,
}

/// A pool with its resolved settings, as the inventory shows it.
#[derive(Clone, PartialEq, Debug)]
pub struct Pool {
    /// The call that makes it.
    pub span: Span,
    /// Other lines that name the same pool: the client it is given to, the object that carries its limits.
    pub also: Vec<Span>,
    /// Language of the file.
    pub language: Language,
    /// Library by its catalog name.
    pub library: String,
    /// The constructor's symbol as the program reaches it (`aiohttp.TCPConnector`).
    pub symbol: String,
    /// The name it is bound to, for keys; empty where it has none.
    pub bound_to: String,
    /// Version of the library that the project pins, where it does.
    pub version: Option<String>,
    /// Settings by the library's own names, in the catalog's order.
    pub settings: Vec<Setting>,
    /// What it lets through.
    pub capacity: Capacity,
    /// Who shares it, in words (`module`, `instance of App`, `per call of fetch`).
    pub owner: String,
    /// Whether it stands in a test.
    pub in_tests: bool,
    /// What bounds the wait of its callers.
    pub waits: Waits,
    /// What is declared, or written in the program, of the requests through it.
    pub load: Load,
}

/// Time-outs that hold for the callers of a pool, by the library's own names and in the catalog's order.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Waits {
    /// Of the pool, with what its clients are given in the place of its own.
    pub of_clients: Vec<Setting>,
    /// The same, with what the requests bring in the place of both.
    pub of_requests: Vec<Setting>,
    /// Whether a time-out of the program's own stands around a request.
    pub is_bounded_outside: bool,
}

/// A resolved setting of a pool.
#[derive(Clone, PartialEq, Debug)]
pub struct Setting {
    /// The library's own name.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// Where the value is written at the pool, for labels and fixes; `None` for a default.
    pub written_at: Option<Span>,
}

/// What a pool lets through. Counts of connections; durations in seconds.
#[derive(Clone, PartialEq, Debug)]
pub struct Capacity {
    /// Over all hosts.
    pub total: Option<Value>,
    /// To one host.
    pub per_host: Option<Value>,
    /// Idle connections that are kept.
    pub idle: Option<Value>,
    /// What decides for one host: the smaller of total and per host, or what is kept where the rest is discarded.
    pub effective: Value,
    /// Name of the setting that decides.
    pub decided_by: String,
    /// What happens above it.
    pub at_limit: AtLimit,
    /// Longest wait for a connection, where the pool has one of its own.
    pub acquire_timeout: Option<Value>,
}

/// A place that declares how much runs at once.
#[derive(Clone, PartialEq, Debug)]
pub struct Concurrency {
    /// Where it is declared.
    pub span: Span,
    /// What kind of declaration.
    pub kind: ConcurrencyKind,
    /// The name the author gave it (`--concurrent`, `max_workers`).
    pub name: String,
    /// How much.
    pub value: Value,
}

/// Kinds of concurrency declaration.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConcurrencyKind {
    /// A command-line flag that feeds one of the others.
    Flag,
    /// A semaphore or capacity limiter.
    Semaphore,
    /// A thread or process pool.
    Executor,
    /// Tasks started together.
    FanOut,
    /// Worker loops or server processes.
    Workers,
    /// A configuration file or settings class.
    Config,
    /// A command line that sets a flag.
    CommandLine,
    /// Declared from outside: `--concurrency`, `[[workload]]`.
    Workload,
}

/// What was concluded about one pool and what runs through it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// More in flight than the pool lets through.
    TooSmall,
    /// Enough.
    Ok,
    /// A number is missing; `because` says which.
    CannotTell,
}

/// A pool with the concurrency that reaches it.
#[derive(Clone, PartialEq, Debug)]
pub struct Case {
    /// Index into [`Report::pools`].
    pub pool: usize,
    /// Indexes into [`Report::concurrency`], outermost first.
    pub concurrency: Vec<usize>,
    /// Most requests under way at once on this pool.
    pub demand: Value,
    /// What the pool lets through.
    pub supply: Value,
    /// The conclusion.
    pub verdict: Verdict,
    /// Why, in words.
    pub because: String,
    /// From the concurrency to the pool.
    pub route: Vec<Step>,
    /// Whether the route was found in the code (`false`: the only declared workload was assumed to reach the pool).
    pub route_is_known: bool,
    /// What will happen; absent where a number is missing.
    pub estimate: Option<Estimate>,
    /// The burst that the estimate is of, for pictures of it.
    pub burst: Option<Scenario>,
}

/// What the queueing model says of a case without a latency, in service times, or with one, in seconds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Estimate {
    /// Full turns of the pool that a burst needs.
    pub waves: f64,
    /// Mean wait in a burst.
    pub wait_mean: f64,
    /// Longest wait in a burst.
    pub wait_max: f64,
    /// Mean wait when the concurrency is always busy (steady state).
    pub wait_steady: f64,
    /// `service-times` or `seconds`.
    pub unit: EstimateUnit,
    /// Share of a burst that times out, from 0 to 1; absent without a latency and a time-out.
    pub timed_out: Option<f64>,
}

/// Unit of an [`Estimate`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EstimateUnit {
    /// Multiples of one request's service time.
    ServiceTimes,
    /// Seconds.
    Seconds,
}

/// Exact counters of the work done; they know no noise.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Counters {
    /// Entries that the walk gave.
    pub entries: u64,
    /// Source files looked at.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Those among them that say a word which may mean a pool.
    pub hits: u64,
    /// Files parsed.
    pub files_parsed: u64,
    /// Bytes parsed.
    pub bytes_parsed: u64,
    /// Functions, methods, lambdas and closures in what was parsed.
    pub functions: u64,
    /// Calls in it.
    pub calls: u64,
    /// Rounds of reading by name.
    pub rounds: u64,
    /// Names looked up in all files.
    pub names: u64,
    /// Questions about values and callers that were answered, those of all rounds together.
    pub questions: u64,
}

/// Everything a run found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The texts that spans point into.
    pub sources: Sources,
    /// Exact counters.
    pub counters: Counters,
    /// All pools, by path and line.
    pub pools: Vec<Pool>,
    /// All places that declare concurrency, by path and line.
    pub concurrency: Vec<Concurrency>,
    /// What reaches what.
    pub cases: Vec<Case>,
    /// Findings by path, start and rule.
    pub findings: Vec<Finding>,
    /// Findings that a comment or the baseline silenced.
    pub silenced: usize,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// What was read beyond the seeds, and why: `show files` prints it.
    pub reads: Vec<ReadReason>,
}

impl Report {
    /// Findings by path, start and rule; problems by path; so that output never depends on timing.
    pub fn sort(&mut self) {
        let sources = &self.sources;
        self.findings.sort_by(|one, other| {
            let key = |finding: &Finding| (sources.get(finding.span.file).path.clone(), finding.span.start, finding.rule);
            key(one).cmp(&key(other)).then_with(|| one.key.cmp(&other.key))
        });
        self.findings.dedup_by(|one, other| one.rule == other.rule && one.span == other.span && one.key == other.key);
        self.problems.sort();
        self.problems.dedup();
    }
}

/// Why a file was parsed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ReadReason {
    /// The file.
    pub path: String,
    /// The round: 0 for seeds.
    pub round: u32,
    /// The word that led to it.
    pub because: String,
}

/// How a run ended. See [`Outcome::exit_code`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Nothing at or above the threshold.
    Clean,
    /// Findings at or above the threshold.
    Findings,
    /// The job could not be done.
    Failed,
}

impl Outcome {
    /// 0, 1 or 2; the same in every format.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Failed => 2,
        }
    }
}
