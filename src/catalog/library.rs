//! What one library's TOML file says: the pools that it makes, their settings with defaults by version, and the calls that make and use them.
//!
//! These are the types that are parsed; the JSON Schema in `rules/schema/` is made from them. Facts only, no expressions and
//! no conditions: where behaviour is more than data, a [`Shape`] is named.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::queueing;
use crate::text::Language;

/// One library: `rules/libraries/<language>/<name>.toml`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Library {
    /// Name of the library; the file's stem.
    pub name: String,
    /// Language of the programs that use it.
    pub language: Language,
    /// One line on what it is.
    pub summary: String,
    /// Names under which lock files and requirements list it; the name itself where empty.
    #[serde(default)]
    pub packages: Vec<String>,
    /// Another library that this one repeats; its entries are taken over with the symbols renamed, and entries here replace those of the same name.
    pub base: Option<String>,
    /// With `base`: old symbol prefix → new symbol prefix.
    #[serde(default)]
    pub rename: std::collections::BTreeMap<String, String>,
    /// The newest version that the facts were read from.
    pub checked: String,
    /// Words whose presence in a file may mean a pool; each of 4 bytes or more. At most 64 a language together.
    #[serde(default)]
    pub words: Vec<String>,
    /// The kinds of pool that it makes.
    #[serde(default, rename = "pool")]
    pub pools: Vec<PoolKind>,
    /// Calls that make pools, objects that carry settings, and wrappers.
    #[serde(default, rename = "constructor")]
    pub constructors: Vec<Constructor>,
    /// Constants that programs import from the library (`botocore.endpoint.MAX_POOL_CONNECTIONS`).
    #[serde(default, rename = "constant")]
    pub constants: Vec<Constant>,
    /// Attribute reads that people misread as a measure of the pool.
    #[serde(default, rename = "misread")]
    pub misreads: Vec<Misread>,
}

/// A kind of pool: its settings and what happens at its limit.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PoolKind {
    /// Name within the library.
    pub name: String,
    /// What happens above the limit.
    pub at_limit: AtLimit,
    /// How the settings combine to a capacity.
    #[serde(default)]
    pub shape: Shape,
    /// Settings in the order in which they are shown; with `base`, those that differ.
    #[serde(default, rename = "setting")]
    pub settings: Vec<Setting>,
    /// What the user sees at the limit, as a sentence part: "requests wait inside the client, so …".
    pub symptom: String,
    /// The text of a log line or exception to search for.
    #[serde(default)]
    pub error_text: String,
    /// Methods of a client of this pool that send a request.
    #[serde(default)]
    pub sends: Vec<String>,
    /// Methods that send nothing, where any other does (`sends = ["*"]`).
    #[serde(default)]
    pub sends_not: Vec<String>,
    /// Methods of other objects that send through the pool which they are given as an argument (sqlx: `query.fetch_all(&pool)`).
    #[serde(default)]
    pub sends_by: Vec<String>,
    /// Whether it holds connections to a database, whose server has a budget of its own: such a pool is never sized to concurrency.
    #[serde(default)]
    pub database: bool,
    /// Whether a request sent over several hosts shares the total limit (`false`: every host has a pool of its own).
    #[serde(default = "yes")]
    pub shared_by_hosts: bool,
    /// Where it was read that a caller above the limit waits without a time-out, unless a setting of the pool or of the request bounds the wait.
    pub waits_for_ever: Option<String>,
    /// Parameters with which one request sets time-outs of its own in place of the pool's (`session.get(url, timeout=5)`).
    #[serde(default)]
    pub request_timeouts: Vec<Parameter>,
    /// Things to know that no number shows, each a sentence; printed by `explain`.
    #[serde(default)]
    pub caveats: Vec<String>,
    /// Ways in which some versions do not do what their settings say.
    #[serde(default, rename = "quirk")]
    pub quirks: Vec<Quirk>,
}

/// A known behaviour of some versions that changes what the pool's numbers mean.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Quirk {
    /// What it does.
    pub does: QuirkKind,
    /// The package whose version decides; the library itself where absent.
    pub package: Option<String>,
    /// First version that does it; all older ones too where absent.
    pub since: Option<String>,
    /// First version that no longer does it; still so where absent.
    pub until: Option<String>,
    /// Where it was read or measured.
    pub source: String,
}

/// What a quirk does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum QuirkKind {
    /// The idle cap is compared with all connections, busy ones too: above it, connections that are wanted are closed.
    IdleCapCountsBusy,
    /// The wait for a connection starts anew each time a waiter is woken, so its time-out bounds the gap between two releases only.
    AcquireTimeoutRestarts,
    /// A caller that gives a connection back may take it again before those who wait: some wait for the whole run.
    Unfair,
    /// Over several hosts more connections may be busy than the total says.
    TotalOvershoots,
    /// Time-outs of 5 s or more end at a whole second of the client's clock, up to 1 s late.
    TimeOutsEndAtWholeSeconds,
    /// After many time-outs at once next to nothing is sent any more.
    StallsAfterTimeOuts,
    /// With some hundred requests under way the client's own CPU decides how long they take.
    CpuBound,
}

fn yes() -> bool {
    true
}

/// What a client library does above its limit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AtLimit {
    /// Requests wait inside the client.
    Wait,
    /// Extra connections are opened and thrown away after use.
    Discard,
    /// Connections beyond an idle cap are closed and opened anew.
    Churn,
    /// An exception at once.
    Error,
    /// There is no limit.
    Unbounded,
}

impl From<AtLimit> for queueing::AtLimit {
    fn from(at_limit: AtLimit) -> Self {
        match at_limit {
            AtLimit::Wait => Self::Wait,
            AtLimit::Discard => Self::Discard,
            AtLimit::Churn => Self::Churn,
            AtLimit::Error => Self::Error,
            AtLimit::Unbounded => Self::Unbounded,
        }
    }
}

/// How settings combine to what a pool lets through.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// The smaller of total and per-host; `at-limit` as given.
    #[default]
    Fixed,
    /// A truth setting of role `block` turns discarding into waiting.
    BlockingFlag,
    /// `total` + `overflow` connections at most.
    SizeAndOverflow,
    /// Only idle connections are capped, open ones never.
    IdleOnly,
}

/// One setting of a pool.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Setting {
    /// The library's own name (`limit_per_host`).
    pub name: String,
    /// What it decides.
    pub role: Role,
    /// Defaults with the versions they hold for, oldest first; the last without `until` holds today.
    #[serde(rename = "default")]
    pub defaults: Vec<DefaultValue>,
    /// Written values that mean "no limit".
    #[serde(default)]
    pub unlimited: Vec<Literal>,
    /// Whether the setting is only listed when the program gives it (`true`), or always.
    #[serde(default)]
    pub quiet: bool,
    /// For time-outs: whether the wait for a free connection counts.
    #[serde(default)]
    pub covers_queue: bool,
    /// Whether programs write it in milliseconds; defaults here are in seconds all the same.
    #[serde(default)]
    pub milliseconds: bool,
    /// Another setting of the pool: where this one is left out and that one is given, this one has its value (psycopg_pool: `max_size` is `min_size`).
    pub follows: Option<String>,
}

/// What a setting decides.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Connections over all hosts.
    Total,
    /// Connections to one host.
    PerHost,
    /// Idle connections that are kept.
    Idle,
    /// Hosts for which a pool is kept.
    Hosts,
    /// Connections beyond the size.
    Overflow,
    /// Connections that are opened ahead.
    Minimum,
    /// Whether a caller above the limit waits.
    Block,
    /// Longest wait for a connection.
    AcquireTimeout,
    /// Time-out of the whole request, from the call.
    TotalTimeout,
    /// Time-out of the connect phase.
    ConnectTimeout,
    /// Time-out between reads.
    ReadTimeout,
    /// Life of an idle connection.
    KeepAlive,
    /// Whether connections are closed after one use.
    CloseAfterUse,
    /// Whether one connection carries many requests at once (HTTP/2): where it does, a number of connections bounds no requests.
    Multiplexed,
    /// Attempts that follow a failed one, a time-out among them.
    Retries,
    /// Listed, but without influence on the pool.
    Other,
}

/// A default and the versions it holds for.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DefaultValue {
    /// The value.
    pub value: Literal,
    /// First version with this value; all older ones where absent.
    pub since: Option<String>,
    /// First version that no longer has it.
    pub until: Option<String>,
    /// Where it was read: `aiohttp 3.14.5 connector.py:287`.
    pub source: String,
}

/// A value as the catalog writes it: a number, a truth, or one of the words `none`, `unlimited`, `unknown`.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Literal {
    /// `true`, `false`.
    Truth(bool),
    /// A number; durations in seconds.
    Number(f64),
    /// `none`, `unlimited`, `unknown`, or a text.
    Word(String),
}

/// A call that makes something.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Constructor {
    /// All names under which programs reach it, the canonical one first. Rust paths are written with `::`.
    pub symbols: Vec<String>,
    /// What comes out.
    pub makes: Makes,
    /// The pool kind whose settings it takes. The library's first where absent.
    pub pool: Option<String>,
    /// Parameters in positional order.
    #[serde(default, rename = "parameter")]
    pub parameters: Vec<Parameter>,
    /// Whether all parameters are by name only.
    #[serde(default)]
    pub keyword_only: bool,
    /// Defaults that differ from the pool kind's when this constructor is used: setting → value (`Limits()` alone is unlimited).
    #[serde(default)]
    pub overrides: std::collections::BTreeMap<String, Override>,
    /// Methods on the result that change a setting or hand a pool over (`mount`, builder setters, `resize`).
    #[serde(default, rename = "setter")]
    pub setters: Vec<Setter>,
    /// Methods on the result that give the same object or another handle on the same pool (`build`, `with_options`, `session`). In Rust every setter is one too.
    #[serde(default)]
    pub passes: Vec<String>,
    /// Attributes of the result that may be assigned later: settings (`max_pool_connections`), or parameters, to which assigning is giving.
    #[serde(default)]
    pub assignable: Vec<String>,
    /// Methods on the result that are themselves constructors: method → canonical symbol (`boto3.Session.client`); `__call__` is calling it.
    #[serde(default)]
    pub methods: std::collections::BTreeMap<String, String>,
    /// Where it is a method: whether the object that it is called on carries settings for what it makes (`config.create_pool()`), or gives it
    /// its pool.
    #[serde(default)]
    pub receiver_carries: bool,
    /// Whether making it anew for each request is harmless (it carries no connections).
    #[serde(default)]
    pub cheap: bool,
    /// Whether what its methods give sends requests too (`resource.Bucket(name).upload_file(…)`), so that one call is seldom the only request.
    #[serde(default)]
    pub gives_senders: bool,
}

/// A default of one constructor that differs from the pool kind's.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Override {
    /// The value.
    pub value: Literal,
    /// Where it was read.
    pub source: String,
}

/// What a constructor gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Makes {
    /// An object that owns connections.
    Pool,
    /// A client that uses the pool it is given, or else makes its own.
    Client,
    /// An object that only carries settings (`Limits`, `Config`, `ClientTimeout`).
    Carrier,
    /// A request with a client of its own, made for this one call (`requests.get`).
    OneShot,
    /// An object that makes clients and owns nothing (`boto3.Session`).
    Factory,
    /// An object that takes one connection of the pool it is given, with its first request, and holds it until it is left: however many
    /// requests it sends, what counts is how many of it there are. Without a pool it is nothing.
    Session,
    /// Something that opens no connection (a mock transport).
    Nothing,
}

impl Constructor {
    /// Whether one of its parameters may be given by position.
    pub fn takes_by_position(&self, parameter: &Parameter) -> bool {
        !self.keyword_only && !parameter.keyword_only
    }
}

impl Makes {
    /// Whether what comes out has connections of its own, unless it is given a pool.
    pub fn owns_a_pool(self) -> bool {
        matches!(self, Self::Pool | Self::Client)
    }
}

/// One parameter of a constructor.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Settings that a plain value here sets; later parameters win over earlier ones.
    #[serde(default)]
    pub sets: Vec<String>,
    /// Whether an object that carries settings may be given.
    #[serde(default)]
    pub carrier: bool,
    /// Whether an object that owns the pool (or a client of one) may be given; the settings given beside it then do nothing.
    #[serde(default)]
    pub gives_pool: bool,
    /// Whether the argument maps names to pools (`mounts=`).
    #[serde(default)]
    pub gives_pools: bool,
    /// Settings given to this constructor that have no effect once this parameter is given.
    #[serde(default)]
    pub disables: Vec<String>,
    /// Symbols that make another kind of pool when they are given here, with that kind: `poolclass=NullPool`.
    #[serde(default)]
    pub kinds: std::collections::BTreeMap<String, String>,
    /// Where it is a URL: the kinds of pool that some URLs make; the first that fits holds, and a later parameter wins over it.
    #[serde(default)]
    pub urls: Vec<UrlKind>,
    /// Where it is a URL: settings that its query may give, under their own names in any case (`redis://host?max_connections=20`). Parameters win over it.
    #[serde(default)]
    pub query: Vec<String>,
    /// Where it is a mapping: settings that its keys give, under their own names (`engine_options={"pool_size": 20}`).
    #[serde(default)]
    pub mapping: Vec<String>,
    /// Whether the library accepts and ignores it.
    #[serde(default)]
    pub ignored: bool,
    /// Where `ignored` holds for some versions only.
    pub ignored_from: Option<IgnoredFrom>,
    /// Why it is ignored, as the rest of a sentence that begins with the parameter.
    #[serde(default)]
    pub ignored_why: String,
    /// By name only, where the others are not.
    #[serde(default)]
    pub keyword_only: bool,
}

/// The kind of pool that some URLs make.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct UrlKind {
    /// What the URLs look like; `*` stands for any text.
    pub like: Vec<String>,
    /// The pool kind.
    pub pool: String,
    /// First version with which it is so; with all older ones too where absent.
    pub since: Option<String>,
    /// First version with which it is no longer so; still so where absent.
    pub until: Option<String>,
    /// Where it was read.
    pub source: String,
}

/// The first versions with which a parameter is ignored.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct IgnoredFrom {
    /// Of the library; the newest counts where the project pins none.
    pub library: Option<String>,
    /// Of Python: only where the project demands at least this one.
    pub python: Option<String>,
}

/// A method that changes a setting of the object it is called on.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Setter {
    /// The method.
    pub method: String,
    /// Parameters in positional order.
    #[serde(default, rename = "parameter")]
    pub parameters: Vec<Parameter>,
    /// Settings that the call itself gives a value, whatever its arguments (`http2_prior_knowledge()`).
    #[serde(default)]
    pub values: std::collections::BTreeMap<String, Literal>,
}

/// A constant of the library.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Constant {
    /// Names under which it is reached.
    pub symbols: Vec<String>,
    /// Its value.
    pub value: Literal,
    /// Where it was read.
    pub source: String,
}

/// An attribute that does not measure what its name suggests.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Misread {
    /// The attribute (`_conns`).
    pub attribute: String,
    /// What it really is.
    pub is: String,
    /// What to read instead.
    pub instead: String,
}
