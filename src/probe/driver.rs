//! What is told to a driver, and what it may answer: everything else is an error message.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::clock::{Nanoseconds, seconds};
use super::interpreter::Interpreter;
use super::libraries::{self, Source};
use super::process::{self, Program, Said, Silence};

/// What stands before each program: guards, output, and how requests are made.
pub(super) const RUNNER: &str = include_str!("drivers/runner.py");
/// Difference of the clocks above which nothing is measured, nanoseconds.
const CLOCKS_APART: i64 = 1_000_000;

/// One run of a client.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Job {
    /// Settings by the names of the catalog; null is none.
    pub settings: Map<String, Value>,
    /// Where the hosts are.
    pub urls: Vec<String>,
    /// The database, where the user named one.
    pub server: Option<String>,
    /// How long the requests take by number, seconds; only for databases, for our own server knows.
    pub times: Vec<f64>,
    /// Workers; none only asks who is there.
    pub workers: u64,
    /// Requests of each, one after the other.
    pub rounds: u64,
    /// Pause of a worker between two requests, seconds.
    pub pause: f64,
    /// Semaphore around each request.
    pub semaphore: Option<u64>,
    /// How often all of it is done, each time with a client of its own.
    pub bursts: u64,
}

/// Who answers.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// Version of the library.
    pub version: String,
    /// Versions of all packages that matter.
    pub packages: BTreeMap<String, String>,
    /// What runs it: Python with its version, or Rust.
    pub runtime: String,
    /// The interpreter as it names itself.
    pub executable: String,
    /// Open files that the driver may have.
    pub open_files: Option<i64>,
    /// The handshake of the clocks; none where no server was named.
    pub clock: Option<Clock>,
}

/// The server's clock as the driver read it.
#[derive(Clone, Copy, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// Theirs less ours, nanoseconds.
    pub offset_ns: i64,
    /// The quickest round trip, nanoseconds: the offset is known to half of it.
    pub round_trip_ns: i64,
}

/// One request as the client saw it: its number, when it was to start, when it ended, and `ok` or the name of the exception.
pub type Request = (u64, Nanoseconds, Nanoseconds, String);

/// A request as a database saw it: its number, the connection, when the work on it began and when it ended.
pub type Served = (u64, i64, Nanoseconds, Nanoseconds);

/// A run as the client saw it.
#[derive(Clone, PartialEq, Debug)]
pub struct Run {
    /// Who ran.
    pub hello: Hello,
    /// Settings as the client object says they are.
    pub read_back: Map<String, Value>,
    /// All requests of the last burst, by number.
    pub requests: Vec<Request>,
    /// Those of them that reached a database.
    pub served: Vec<Served>,
    /// From the start to the end of the last request, seconds, of each burst.
    pub walls: Vec<f64>,
    /// CPU of the client's process during the last one, seconds.
    pub cpu: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    Hello(Hello),
    Settings(Map<String, Value>),
    Requests(Vec<Request>),
    Served(Vec<Served>),
    End(End),
    Error(Failed),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    begin: Nanoseconds,
    finish: Nanoseconds,
    cpu_s: f64,
}

/// Why a program of ours gave up.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Failed {
    pub(super) kind: String,
    pub(super) message: String,
}

/// Why there is no measurement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal(pub String);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}

/// Runs a job.
///
/// # Errors
/// When the interpreter or the library is missing, the driver does not end in time, or says something that is no result.
pub fn run(interpreter: &Interpreter, library: &str, job: &Job, patience: Duration) -> Result<Run, Refusal> {
    let Some(known) = libraries::find(library) else {
        let known: Vec<_> = libraries::names().collect();
        return Err(Refusal(format!("there is no driver for {library}; {} can be probed", known.join(", "))));
    };
    let (program, threads) = match &known.source {
        Source::Python(own) => (Some([&[RUNNER], *own].concat().join("\n\n")), None),
        Source::Rust(package) => (None, Some(package.threads)),
    };
    let text = json!({
        "program": program, "packages": interpreter.built_from, "library": library, "threads": threads,
        "settings": job.settings, "urls": job.urls, "server": job.server, "times": job.times, "workers": job.workers,
        "rounds": job.rounds, "pause": job.pause, "semaphore": job.semaphore, "bursts": job.bursts,
    });
    let said = hear(interpreter, &[], &format!("the driver for {library}"), &text, patience)?;
    understand(interpreter, library, job, said)
}

/// What a program says, run by an interpreter, which is run by the words `through` where there are any; `who` names it in messages.
pub(super) fn hear(interpreter: &Interpreter, through: &[&str], who: &str, job: &Value, patience: Duration) -> Result<Said, Refusal> {
    let folder = std::env::temp_dir();
    let own = interpreter.path.to_string_lossy();
    let words: Vec<&str> = through.iter().copied().chain([&*own]).chain(interpreter.arguments().iter().copied()).collect();
    let path = through.first().map_or(interpreter.path.as_path(), Path::new);
    let program = Program { path, arguments: words.get(1..).unwrap_or_default(), folder: &folder, whole_environment: false };
    process::run(&program, &job.to_string(), patience).map_err(|silence| {
        Refusal(match silence {
            Silence::NotStarted(why) => format!("{} ({}) cannot be run: {why}", interpreter.path.display(), interpreter.because),
            other => other.of(who),
        })
    })
}

/// That a process ended and said nothing of use, with the last that it wrote to standard error.
pub(super) fn no_result(interpreter: &Interpreter, said: &Said) -> Refusal {
    // Python 2 knows no isolation.
    if said.errors.to_lowercase().contains("unknown option: -i") {
        return too_old(interpreter, "2");
    }
    let status = said.status.as_ref().map_or_else(String::new, |status| format!(" ({status})"));
    let last = said.errors.lines().rev().find(|line| !line.trim().is_empty());
    let last = last.map_or_else(String::new, |line| format!(": {}", excerpt(line)));
    Refusal(format!("{} ({}) ended without a result{status}{last}", interpreter.path.display(), interpreter.because))
}

/// That an interpreter is older than the drivers.
pub(super) fn too_old(interpreter: &Interpreter, version: &str) -> Refusal {
    Refusal(format!(
        "{} ({}) is Python {}, and the drivers need 3.8 or newer: name another interpreter with --python",
        interpreter.path.display(),
        interpreter.because,
        excerpt(version).trim_matches('`')
    ))
}

fn understand(interpreter: &Interpreter, library: &str, job: &Job, said: Said) -> Result<Run, Refusal> {
    let program = interpreter.path.display();
    let (mut hello, mut read_back, mut bursts) = (None, Map::new(), Vec::new());
    let mut requests: Vec<Request> = Vec::new();
    let mut served: Vec<Served> = Vec::new();
    for line in &said.lines {
        match serde_json::from_str(line) {
            Ok(Line::Hello(who)) => hello = Some(who),
            Ok(Line::Settings(settings)) => read_back = settings,
            Ok(Line::Requests(more)) => requests.extend(more),
            Ok(Line::Served(more)) => served.extend(more),
            Ok(Line::End(end)) => bursts.push(burst(library, job, std::mem::take(&mut requests), &end)?),
            Ok(Line::Error(Failed { kind, message })) if kind == "missing" => {
                return Err(Refusal(format!(
                    "{library} cannot be imported by {program} ({}): {}; name another interpreter with --python",
                    interpreter.because,
                    excerpt(&message)
                )));
            }
            Ok(Line::Error(Failed { kind, message })) if kind == "old" => return Err(too_old(interpreter, &message)),
            Ok(Line::Error(Failed { message, .. })) => {
                return Err(Refusal(format!("the driver for {library} failed: {}", excerpt(&message))));
            }
            Err(_) => return Err(Refusal(format!("the driver for {library} said something that is no result: {}", excerpt(line)))),
        }
    }
    let is_whole = bursts.len() as u64 == job.bursts.max(1) && requests.is_empty();
    let (Some(hello), true, Some((requests, _, cpu))) = (hello, is_whole, bursts.last().cloned()) else {
        return Err(no_result(interpreter, &said));
    };
    if let Some(clock) = hello.clock.filter(|clock| clock.offset_ns.saturating_abs() > CLOCKS_APART) {
        return Err(Refusal(format!(
            "the clocks of server and client are {:.1} ms apart: waits cannot be measured on this machine",
            clock.offset_ns as f64 / 1e6
        )));
    }
    Ok(Run { hello, read_back, requests, served, walls: bursts.iter().map(|(_, wall, _)| *wall).collect(), cpu })
}

/// The requests of a burst by number, its wall time and its CPU, where they are those that were asked for.
fn burst(library: &str, job: &Job, mut requests: Vec<Request>, end: &End) -> Result<(Vec<Request>, f64, f64), Refusal> {
    requests.sort_unstable_by_key(|(number, ..)| *number);
    let wanted = job.workers.saturating_mul(job.rounds);
    let in_order = requests.iter().zip(0..).all(|((number, start, end, _), nth)| *number == nth && start <= end);
    if requests.len() as u64 != wanted || !in_order || end.finish < end.begin || !end.cpu_s.is_finite() {
        let count = requests.len();
        return Err(Refusal(format!("the driver for {library} reported {count} requests that are not the {wanted} it was to make")));
    }
    Ok((requests, seconds(end.begin, end.finish), end.cpu_s.max(0.0)))
}

/// The begin of a text, fit for a message.
pub(super) fn excerpt(text: &str) -> String {
    const LENGTH: usize = 120;
    let text = text.trim();
    let begin: String = text.chars().take(LENGTH).collect();
    if begin.len() < text.len() { format!("`{begin}…`") } else { format!("`{begin}`") }
}
