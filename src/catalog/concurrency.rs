//! What one file of `rules/concurrency/` says: limiters, executors, fan-outs, task starters, flag frameworks, servers and the names that mean concurrency.

use schemars::JsonSchema;
use serde::Deserialize;

use super::library::Literal;
use super::origins::{DocumentReader, Environment, FileCall, FlagOption, Parser, Provider, SettingsModule, SharedState};
use crate::text::Language;

/// One source of concurrency: `rules/concurrency/<name>.toml`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Source {
    /// Its name; the file's stem.
    pub name: String,
    /// One line on what it is.
    pub summary: String,
    /// The language it is used from; both where absent.
    pub language: Option<Language>,
    /// Objects that let a number of holders in at a time.
    #[serde(default, rename = "limiter")]
    pub limiters: Vec<Limiter>,
    /// Objects that run submitted work on a number of workers.
    #[serde(default, rename = "executor")]
    pub executors: Vec<Executor>,
    /// Calls that run all that they are given at once.
    #[serde(default, rename = "fan-out")]
    pub fan_outs: Vec<FanOut>,
    /// Calls that start one task or thread.
    #[serde(default, rename = "starter")]
    pub starters: Vec<Starter>,
    /// What runs a function for each request of a server.
    #[serde(default, rename = "handler")]
    pub handlers: Vec<Handler>,
    /// Calls that prepare a request, to be sent later through a client that they are given.
    #[serde(default, rename = "prepares")]
    pub prepares: Vec<Prepares>,
    /// Methods of clients that send several requests at once by themselves.
    #[serde(default, rename = "hidden")]
    pub hidden: Vec<Hidden>,
    /// Command-line parsers.
    #[serde(default, rename = "parser")]
    pub parsers: Vec<Parser>,
    /// Decorators and default values that declare a flag on a parameter.
    #[serde(default, rename = "option")]
    pub options: Vec<FlagOption>,
    /// Calls that read the environment.
    #[serde(default, rename = "environment")]
    pub environment: Vec<Environment>,
    /// What gives a function its parameters when a framework calls it.
    #[serde(default, rename = "provider")]
    pub providers: Vec<Provider>,
    /// Objects of frameworks in which a program keeps what its functions share.
    #[serde(default, rename = "shared-state")]
    pub shared_states: Vec<SharedState>,
    /// Objects of frameworks whose attributes are the names of a module of the program.
    #[serde(default, rename = "settings-module")]
    pub settings_modules: Vec<SettingsModule>,
    /// Calls that give the path of a file, or its contents.
    #[serde(default, rename = "file")]
    pub files: Vec<FileCall>,
    /// Calls and objects that read a configuration file.
    #[serde(default, rename = "document")]
    pub documents: Vec<DocumentReader>,
    /// Calls whose value is a number known as a range (`os.cpu_count()`), or passes its argument through (`int`).
    #[serde(default, rename = "function")]
    pub functions: Vec<NumberFunction>,
    /// Methods of numbers, optional values and sequences whose result is known (Rust `unwrap_or`, `min`, `len`). They hold for the source's language only.
    #[serde(default, rename = "method")]
    pub methods: Vec<NumberMethod>,
    /// Objects whose attributes each thread or task has for itself (`threading.local`).
    #[serde(default)]
    pub per_thread: Vec<String>,
    /// What makes a cell that is empty at first and is filled once (Rust `OnceLock::new`).
    #[serde(default)]
    pub cells: Vec<String>,
    /// Derives that write a builder for a type (Rust `TypedBuilder`): `T::builder()`, a method for each field, `build()`.
    #[serde(default)]
    pub builders: Vec<String>,
    /// Calls that give a function with some of its arguments (`functools.partial`).
    #[serde(default)]
    pub partials: Vec<String>,
    /// Names that mean concurrency in flags, keys and constants: whole snake_case words or `*`-patterns.
    #[serde(default)]
    pub names: Vec<String>,
    /// Names that look alike and mean something else.
    #[serde(default)]
    pub not_names: Vec<String>,
    /// Names of what is entered (`with x.limit():`) that say it lets a number in at a time, for what nobody knows more of.
    #[serde(default)]
    pub limiter_names: Vec<String>,
    /// Names that say how long one call takes on average, without their unit (`_s`, `_ms`).
    #[serde(default)]
    pub latency_names: Vec<String>,
    /// The same of the time that 95 of 100 calls stay below.
    #[serde(default)]
    pub latency_p95_names: Vec<String>,
    /// Names that look like a latency and mean something else.
    #[serde(default)]
    pub latency_not_names: Vec<String>,
}

/// A figure of a latency.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Statistic {
    /// The mean.
    Mean,
    /// What 95 of 100 stay below.
    P95,
}

/// A semaphore or capacity limiter.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limiter {
    /// Names of the constructor, the canonical one first.
    pub symbols: Vec<String>,
    /// Parameter that holds the number.
    pub parameter: String,
    /// Its position.
    pub position: usize,
    /// Its default.
    pub default: Option<Literal>,
    /// Method of a builder that gives the number, where the constructor does not take it.
    pub method: Option<String>,
    /// Methods that take a place; entering it as a context manager always does.
    #[serde(default)]
    pub acquires: Vec<String>,
    /// Methods that give it back.
    #[serde(default)]
    pub releases: Vec<String>,
}

/// A pool of threads, processes or green threads.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Executor {
    /// Names of the constructor, the canonical one first.
    pub symbols: Vec<String>,
    /// Parameter that holds the number of workers.
    pub parameter: String,
    /// Its position.
    pub position: usize,
    /// Number of workers without it: a number, or `cpus`, `cpus-plus-4-at-most-32`.
    pub default: Option<Literal>,
    /// Method of the builder that gives the number, where the constructor does not take it (`num_threads`, `workers`).
    pub method: Option<String>,
    /// Position of a function that each worker calls once for itself: what it makes, every worker has for itself (actix `HttpServer::new`).
    pub per_worker: Option<usize>,
    /// Parameter by which another executor is given, which then runs everything.
    pub given: Option<String>,
    /// Whether each worker is a process with a copy of everything (pools are then per process).
    #[serde(default)]
    pub processes: bool,
    /// Methods that run a function on the workers: the function is argument `function`, `many` tells whether once per element.
    #[serde(default, rename = "submits")]
    pub submits: Vec<Submit>,
    /// Method that makes it the executor of the whole program.
    pub made_global_by: Option<String>,
}

impl Executor {
    /// Whether a method runs a function on the workers.
    pub fn submits_by(&self, method: &str) -> bool {
        self.submits.iter().any(|submit| submit.method == method)
    }
}

/// A method of an executor that runs a function.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Submit {
    /// The method.
    pub method: String,
    /// Position of the function.
    #[serde(default)]
    pub function: usize,
    /// Whether it runs once for each element of the next argument.
    #[serde(default)]
    pub many: bool,
}

/// A call that runs many tasks at once.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FanOut {
    /// Names of the call.
    pub symbols: Vec<String>,
    /// Method names, where it is a method of a stream or group (Rust `buffer_unordered`).
    #[serde(default)]
    pub methods: Vec<String>,
    /// How the tasks are given.
    pub takes: Takes,
    /// Parameter that bounds how many run at once, where there is one.
    pub limit: Option<String>,
    /// Position of that parameter.
    pub limit_position: Option<usize>,
    /// Limit where it is not given.
    pub default: Option<Literal>,
    /// Written limits that mean "no limit".
    #[serde(default)]
    pub unlimited: Vec<Literal>,
    /// Position of a function that runs once for each element, where the receiver gives elements and not tasks (`for_each_concurrent`).
    pub function: Option<usize>,
    /// Executor on which it runs, by its constructor: the one around it, or the program's (`build_global`).
    pub runs_on: Option<String>,
}

/// How a fan-out is given its tasks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Takes {
    /// Each argument is one task; `*iterable` gives many.
    Arguments,
    /// The first argument is an iterable of tasks.
    Iterable,
    /// The object that the method is called on is a stream of tasks.
    Receiver,
    /// The first argument is a function, the second an iterable: one task per element.
    FunctionAndIterable,
}

/// A call that starts one task, thread or process.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Starter {
    /// Names of the call.
    #[serde(default)]
    pub symbols: Vec<String>,
    /// Method names (`create_task` of a task group, `start_soon`).
    #[serde(default)]
    pub methods: Vec<String>,
    /// Position of what is started: a coroutine call or a function.
    pub argument: usize,
    /// Its name, where it may be given by name (`target`).
    pub name: Option<String>,
    /// Position of an executor that it runs on; the loop's default where it is `None`.
    pub executor: Option<usize>,
    /// The executor's name, where it may be given by name.
    pub executor_name: Option<String>,
    /// Method that puts another executor in the place of the default one (`set_default_executor`).
    pub replaced_by: Option<String>,
    /// Number of workers of the default executor, where it runs on one: as [`Executor::default`].
    pub workers: Option<Literal>,
    /// Whether it starts a process, with a copy of everything.
    #[serde(default)]
    pub processes: bool,
    /// Whether the call returns before the task ends (`false`: `to_thread`, which is awaited).
    #[serde(default = "yes")]
    pub detached: bool,
}

fn yes() -> bool {
    true
}

/// How a server is told to run a function for each request that it gets.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Handler {
    /// Constructors of the application, router or table of routes.
    #[serde(default)]
    pub objects: Vec<String>,
    /// Methods of these objects that decorate a handler.
    #[serde(default)]
    pub decorators: Vec<String>,
    /// Methods of these objects, or of a part of them (`app.router`), that take a handler as an argument.
    #[serde(default)]
    pub adds: Vec<String>,
    /// Decorators and calls that take a handler, by their own names.
    #[serde(default)]
    pub symbols: Vec<String>,
}

/// A call that prepares a request for a client that it is given by name.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Prepares {
    /// Names of the call.
    pub symbols: Vec<String>,
    /// The parameter that takes the client.
    pub client: String,
}

/// A method of a client that splits its work into several requests at once.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Hidden {
    /// Constructors of the client.
    pub clients: Vec<String>,
    /// The methods.
    pub methods: Vec<String>,
    /// Parameter of the method that takes an object with the number, where there is one.
    pub config: Option<String>,
    /// Constructors of that object.
    #[serde(default)]
    pub configs: Vec<String>,
    /// Parameter of that object's constructor, or of the method, that is the number.
    pub limit: String,
    /// Its default: as many at most; one where there is little to send.
    pub default: f64,
    /// Where that was read.
    pub source: String,
}

/// A function whose result is known from its arguments or as a range.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NumberFunction {
    /// Names of the call.
    pub symbols: Vec<String>,
    /// What it does.
    pub gives: Gives,
    /// Position of the argument that it gives, for `same`.
    #[serde(default)]
    pub position: usize,
    /// Least result, for ranges.
    pub low: Option<f64>,
    /// Greatest result, for ranges.
    pub high: Option<f64>,
}

/// What a number function gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Gives {
    /// One of its arguments, the first unless `position` says another.
    Same,
    /// What its first argument, a function, gives when it is called: once, however often the value is used.
    Result,
    /// The smallest of its arguments.
    Least,
    /// The greatest of its arguments.
    Greatest,
    /// The length of its first argument.
    Length,
    /// As many elements as the arguments say (`range`).
    Count,
    /// As many elements as its first argument (`enumerate`, `list`, `zip`, `reversed`).
    SameLength,
    /// A number of processors: `low` to `high`.
    Range,
    /// A fixed number: `low`.
    Constant,
}

/// A method whose result is known from what it is called on and its arguments.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NumberMethod {
    /// Names of the method.
    pub names: Vec<String>,
    /// What it does.
    pub gives: MethodGives,
    /// How many arguments it has; with another number of them the name means something else.
    pub arguments: Option<usize>,
}

/// What a method gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MethodGives {
    /// What it is called on (`into`, `unwrap`, `clone`).
    Same,
    /// What it is called on, or its first argument where that is not there (`unwrap_or`).
    OrDefault,
    /// What it is called on, or the result of its first argument where that is not there (`unwrap_or_else`).
    OrResult,
    /// What it is called on, or nought where that is not there (`unwrap_or_default`).
    OrZero,
    /// Its first argument, or the result of its second for what it is called on (`map_or`).
    DefaultOrResult,
    /// The result of its first argument for what it is called on (`map`, `and_then`); for a sequence as many elements.
    Result,
    /// The smaller of what it is called on and its argument.
    Least,
    /// The greater of what it is called on and its argument.
    Greatest,
    /// What it is called on, but not below its first argument and not above its second.
    Clamp,
    /// Sum with its argument.
    Add,
    /// Difference to its argument.
    Subtract,
    /// Product with its argument.
    Multiply,
    /// Quotient by its argument.
    Divide,
    /// The number of elements of what it is called on.
    Length,
    /// As many elements as what it is called on.
    SameLength,
    /// As many elements as what it is called on, but not more than its first argument (`take`).
    FirstElements,
    /// Its elements in groups of as many as its first argument says (`chunks`): what is made of one group has that many.
    Groups,
}
