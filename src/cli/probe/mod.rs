//! `advisor probe`: the prediction, confirmed by the real client library.

mod cases;
mod progress;
mod target;

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueHint};

use super::Failure;
use super::args::{Output, Setting, limit, seconds, whole};
use super::plan::{self, library};
use super::terminal::Terminal;
use super::{configure, outputs, write};
use crate::catalog::Catalog;
use crate::catalog::library::Role;
use crate::finding::Outcome;
use crate::probe::driver::Refusal;
use crate::probe::interpreter::{self, Interpreter};
use crate::probe::verdict::Verdict;
use crate::probe::{self, Subject, build, libraries, page, report, text, words};
use crate::queueing::simulate::Keep;
use crate::queueing::what_if::{Change, Question, answer};
use crate::queueing::{AtLimit, Scenario};
use crate::render::Format;
use cases::Tasks;
use progress::Progress;
use report::Document;

/// Run the real client library, with the settings in question, against a server that takes its time, and compare what happens with what
/// was predicted; then the same with the advised limits.
///
/// With PATHS the cases that `advisor scan` finds too small are probed: the only one, that at PATH:LINE, or all of them with --all.
/// With --library no program is read. Nothing of the program is run, and nothing but this machine is connected to.
///
/// The exit code is 0 if all is confirmed, 1 if something is not, 2 if it could not be run. Where the machine is too busy to tell, it is 0
/// with a warning, or 1 with --strict.
#[derive(Args)]
pub(super) struct Arguments {
    /// Folders and files to scan for cases; PATH:LINE is the case of the pool there
    #[arg(value_name = "PATHS", value_hint = ValueHint::AnyPath)]
    paths: Vec<String>,
    /// Probe every case that is too small
    #[arg(long, conflicts_with = "library")]
    all: bool,
    /// Import the module, call the factory (or take the object of that name) and compare how its client is set with what a scan finds. This
    /// runs the module's code, held to loopback but otherwise free, with nothing of the environment; with --concurrency the settings
    /// that it has are probed too
    #[arg(long, value_name = "MODULE:FACTORY", conflicts_with_all = ["library", "all"])]
    target: Option<String>,
    /// Variable of the environment that the factory needs. May be given several times
    #[arg(long = "env", value_name = "NAME=VALUE", requires = "target")]
    environment: Vec<Variable>,
    /// Interpreter whose libraries are probed; the active virtual environment, the project's own, or `python3` where absent
    #[arg(long, value_name = "PROGRAM", value_hint = ValueHint::FilePath)]
    python: Option<PathBuf>,
    /// Redis or PostgreSQL on this machine, for libraries that speak to one; a Redis is started where one is installed
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// How often each set of settings is run
    #[arg(long, value_name = "N", default_value = "3", hide_default_value = true, value_parser = clap::value_parser!(u32).range(1..=100))]
    repeats: u32,
    /// Probe the present settings only
    #[arg(long)]
    only_now: bool,
    /// Exit with 1 where nothing could be concluded
    #[arg(long)]
    strict: bool,
    /// Format: human, json or html; with `=PATH` into a file. May be given several times
    #[arg(short, long = "output", value_name = "FORMAT[=PATH]")]
    outputs: Vec<Output>,
    /// Draw with letters only; so does a locale that is not UTF-8
    #[arg(long)]
    ascii: bool,
    #[command(flatten)]
    load: Load,
    #[command(flatten)]
    pool: Pool,
}

#[derive(Args)]
#[command(next_help_heading = "Load")]
struct Load {
    /// Requests that the program keeps under way at once
    #[arg(long, value_name = "N", value_parser = whole)]
    concurrency: Option<f64>,
    /// Time that the server takes for one request: `40s`, `250ms`, `2m`; without it times are in calls of 1 s, and time-outs are left out
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    latency: Option<f64>,
    /// Time that 95 of 100 requests stay below; without it all take equally long
    #[arg(long, value_name = "TIME", value_parser = seconds, requires = "latency")]
    latency_p95: Option<f64>,
    /// Requests that each worker makes one after the other; 1 is a burst
    #[arg(long, value_name = "N", value_parser = whole)]
    rounds: Option<f64>,
    /// Pause of a worker between two requests
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    pause: Option<f64>,
    /// Hosts among which the requests are spread
    #[arg(long, value_name = "N", value_parser = whole)]
    hosts: Option<f64>,
    /// Requests that each server takes at once
    #[arg(long, value_name = "N", value_parser = whole)]
    server_capacity: Option<f64>,
    /// Seed of the times
    #[arg(long, value_name = "N", default_value = "1", hide_default_value = true)]
    seed: u64,
}

#[derive(Args)]
#[command(next_help_heading = "Pool without a program")]
struct Pool {
    /// Library, with a version where another one must not be taken
    #[arg(long, value_name = "NAME[:POOL][@VERSION]", conflicts_with = "paths")]
    library: Option<String>,
    /// Connections over all hosts; `none` or 0 is no limit
    #[arg(long, value_name = "N", value_parser = limit, requires = "library")]
    limit: Option<f64>,
    /// Connections to one host; `none` or 0 is no limit
    #[arg(long, value_name = "N", value_parser = limit, requires = "library")]
    per_host: Option<f64>,
    /// Time-out of a request, as the library's own `timeout` counts it
    #[arg(long, value_name = "TIME", value_parser = seconds, requires = "library")]
    timeout: Option<f64>,
    /// Another setting by the library's own name, as `advisor explain LIBRARY` lists them: a number, a time, or `none`. May be given several
    /// times
    #[arg(long, value_name = "NAME=VALUE", requires = "library")]
    set: Vec<Setting>,
    /// Let requests above the limit wait, for libraries that open more connections instead
    #[arg(long, requires = "library")]
    block: bool,
}

#[derive(Clone)]
struct Variable(String, String);

impl FromStr for Variable {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or("write NAME=VALUE")?;
        Ok(Self(name.to_string(), value.to_string()))
    }
}

/// One thing to probe, before the library's version is known.
struct Task {
    /// `NAME:POOL` of the catalog.
    library: String,
    /// Version that must be installed.
    wanted: Option<String>,
    /// Version that the project pins.
    pinned: Option<String>,
    question: Question,
    written: library::Written,
    block: bool,
    /// Whether somebody says how many requests follow each other.
    rounds_known: bool,
    case: Option<report::Case>,
    notes: Vec<String>,
}

pub(super) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    #[cfg(unix)]
    probe::watch::enable();
    let outputs = outputs::asked(&arguments.outputs, false)?;
    if outputs.iter().any(|output| !matches!(output.format, Format::Human | Format::Json | Format::Html)) {
        return Err(Failure::new("--output: a probe is no report of findings: there are human, json and html"));
    }
    // Before the minutes that it takes, and not after them.
    outputs.iter().filter_map(|output| output.path.as_deref()).try_for_each(write::is_possible)?;
    let here = std::env::current_dir().map_err(|why| Failure::new(format!("the current folder cannot be read: {why}")))?;
    if let Some(named) = &arguments.target {
        let document = target::document(arguments, named, &here, terminal)?;
        let verdict = document.verdict;
        deliver(&Document::One(Box::new(document)), &outputs, arguments.ascii, terminal)?;
        return Ok(ended(verdict, arguments.strict, terminal));
    }
    let Tasks { tasks, project } = if arguments.pool.library.is_some() {
        Tasks { tasks: vec![written(arguments)?], project: here }
    } else {
        cases::tasks(arguments, &here, terminal)?
    };
    let is_list = arguments.all || tasks.len() > 1;
    if is_list && outputs.iter().any(|output| output.format == Format::Html) {
        return Err(Failure::new("--output html: a page is of one case; probe them one by one, by PATH:LINE"));
    }
    let interpreter = interpreter::find(arguments.python.as_deref(), &project);
    let catalog = configure::catalog_here(terminal);
    // What cannot be probed keeps nobody from the rest.
    let (mut probes, mut failures) = (Vec::new(), Vec::new());
    for task in tasks {
        match one(arguments, task, catalog, &interpreter, terminal) {
            Ok(document) => probes.push(document),
            Err(Failure(messages)) => failures.extend(messages),
        }
    }
    let worst = probes.iter().map(|probe| probe.verdict).max();
    if !probes.is_empty() {
        let document = match probes.pop() {
            Some(only) if !is_list => Document::One(Box::new(only)),
            last => Document::Several(report::several(probes.into_iter().chain(last).collect())),
        };
        deliver(&document, &outputs, arguments.ascii, terminal)?;
    }
    match worst {
        Some(worst) if failures.is_empty() => Ok(ended(worst, arguments.strict, terminal)),
        _ => Err(Failure(failures)),
    }
}

/// How a run with this conclusion ends.
fn ended(verdict: Verdict, strict: bool, terminal: &Terminal) -> Outcome {
    match verdict {
        Verdict::Confirmed => Outcome::Clean,
        Verdict::NotConfirmed => Outcome::Findings,
        Verdict::Undecided | Verdict::Inconclusive => {
            terminal.note(&format!("{}: neither confirmed nor refuted", words::word(verdict)));
            if strict { Outcome::Findings } else { Outcome::Clean }
        }
    }
}

fn one(
    arguments: &Arguments,
    task: Task,
    catalog: &Catalog,
    interpreter: &Interpreter,
    terminal: &Terminal,
) -> Result<report::Probe, Failure> {
    let refused = |Refusal(why): Refusal| Failure::new(why);
    let name = task.library.split(':').next().unwrap_or_default().to_string();
    if libraries::is_built(&name) {
        refuse_unlimited(&task, catalog)?;
    }
    let built = if libraries::is_built(&name) {
        let version = task.wanted.as_deref().or(task.pinned.as_deref());
        let version = version.map(|version| build::exactly(&name, version)).transpose().map_err(refused)?;
        let version = version.as_ref();
        if !build::program(&name, version).exists() {
            terminal.note(&format!("building a driver with {name}, this once: that takes a minute"));
        }
        Some(build::build(&name, version).map_err(refused)?)
    } else {
        None
    };
    let interpreter = built.as_ref().unwrap_or(interpreter);
    let hello = probe::hello(interpreter, &name).map_err(refused)?;
    if let Some(wanted) = task.wanted.filter(|wanted| *wanted != hello.version) {
        return Err(Failure::new(format!(
            "--library: {name} {wanted} was asked for, and {} has {}",
            interpreter.path.display(),
            hello.version
        )));
    }
    let server = arguments.server.as_deref();
    if server.is_some() && !libraries::is_of_database(&name) {
        return Err(Failure::new(format!("--server: {name} is probed against a server of our own; only databases can be named")));
    }
    if !libraries::is_served(&name, server) {
        return Err(Failure::new(format!(
            "--server: {name} needs a PostgreSQL or Redis of its own kind on this machine: name it by its URL"
        )));
    }
    let mut notes = task.notes;
    notes.extend(libraries::stand_in(&name).map(String::from));
    if let Some(pinned) = task.pinned.as_ref().filter(|pinned| **pinned != hello.version) {
        let told = format!(
            "the project pins {name} {pinned}, and {} has {}: the verdict is about {}",
            interpreter.path.display(),
            hello.version,
            hello.version
        );
        terminal.note(&told);
        notes.push(told);
    }
    let named = format!("{}@{}", task.library, hello.version);
    let known = library::find(catalog, &named)?;
    let mut question = task.question;
    let origin = known.apply(&mut question, &task.written)?;
    notes.extend(origin.notes);
    let now = &mut question.now;
    if task.block {
        now.at_limit = AtLimit::Wait;
    }
    if now.latency.is_none() {
        now.latency = Some(1.0);
        now.time_outs = crate::queueing::simulate::TimeOuts::default();
        notes.push("no latency is known: calls of 1 s are taken, and time-outs are left out".into());
    }
    if !task.rounds_known {
        notes.extend(with_rounds(now));
    }
    let columns = columns(&question, arguments.only_now)?;
    let is_loose = known.is_loose(question.now.limits.hosts);
    let subject = Subject { library: &name, kind: known.kind(), server, is_loose, columns, repeats: arguments.repeats };
    let mut progress = Progress::new(terminal);
    let outcome = probe::probe(&subject, interpreter, &mut |part, what| progress.tell(part, what));
    progress.clear();
    let outcome = outcome.map_err(refused)?;
    Ok(report::document(&name, interpreter, &outcome, task.pinned, task.case, notes))
}

/// Refuses a pool that always has a limit where none is known, before its driver is built.
fn refuse_unlimited(task: &Task, catalog: &Catalog) -> Result<(), Failure> {
    let known = library::find(catalog, &task.library)?;
    let mut question = task.question.clone();
    known.apply(&mut question, &task.written)?;
    let total = known.kind().settings.iter().find(|setting| setting.role == Role::Total);
    match total.filter(|total| total.unlimited.is_empty() && question.now.limits.effective().is_none()) {
        Some(total) => {
            let name = task.library.split(':').next().unwrap_or_default();
            Err(Failure::new(format!("a pool of {name} always has a `{}`: name it with --limit", total.name)))
        }
        None => Ok(()),
    }
}

/// Lets requests follow each other where the present settings close connections that are wanted again: a single burst wants none again.
fn with_rounds(now: &mut Scenario) -> Option<String> {
    const ROUNDS: u64 = 3;
    let keeps = match now.keep {
        Some(Keep::Idle(most) | Keep::IdlePerHost(most) | Keep::Open(most)) => Some(most.saturating_mul(now.limits.hosts)),
        Some(Keep::All) => None,
        None if matches!(now.at_limit, AtLimit::Discard | AtLimit::Churn) => now.limits.effective(),
        None => None,
    };
    let at_once = now.pool_limit().map_or(now.concurrency, |limit| limit.min(now.concurrency));
    keeps.filter(|keeps| *keeps < at_once)?;
    now.rounds = ROUNDS;
    let pause = now.latency.filter(|_| now.pause == 0.0).map(|latency| latency / 2.0);
    now.pause = pause.unwrap_or(now.pause);
    Some(format!(
        "each worker makes {ROUNDS} requests with a pause of {} between them, for in one burst no connection is wanted again; --rounds and --pause set both",
        crate::render::plan::figures::time(now.pause)
    ))
}

/// The present settings, and the advised ones where something else is advised.
fn columns(question: &Question, only_now: bool) -> Result<Vec<(String, Scenario)>, Failure> {
    let mut columns = vec![("now".to_string(), question.now.clone())];
    if !only_now {
        let answer = answer(question).map_err(|why| Failure::new(format!("--latency, --latency-p95: {why}")))?;
        let advised = answer.columns.into_iter().find(|column| column.change == Change::AsAdvised);
        columns.extend(advised.map(|column| ("as advised".to_string(), column.scenario)));
    }
    Ok(columns)
}

/// What the command line says, without a program.
fn written(arguments: &Arguments) -> Result<Task, Failure> {
    let Arguments { load, pool, .. } = arguments;
    let named = pool.library.clone().unwrap_or_default();
    let (library, wanted) = match named.split_once('@') {
        Some((library, version)) => (library.to_string(), Some(version.to_string())),
        None => (named, None),
    };
    let Some(concurrency) = load.concurrency else {
        return Err(Failure::new("--concurrency: how many requests are under way at once?"));
    };
    let mut question = plan::question(concurrency, load.hosts.unwrap_or(1.0), pool.limit, pool.per_host);
    load.put_into(&mut question.now);
    question.now.time_outs.total = pool.timeout;
    let set = pool.set.iter().cloned().map(|Setting(name, value)| (name, value)).collect();
    Ok(Task {
        library,
        wanted,
        pinned: None,
        question,
        written: library::Written { limit: pool.limit, per_host: pool.per_host, timeout: pool.timeout, set },
        block: pool.block,
        rounds_known: load.rounds.is_some(),
        case: None,
        notes: Vec::new(),
    })
}

impl Load {
    fn put_into(&self, now: &mut Scenario) {
        now.latency = self.latency;
        now.latency_p95 = self.latency_p95;
        now.rounds = self.rounds.map_or(1, |rounds| rounds as u64);
        now.pause = self.pause.unwrap_or(0.0);
        now.server = self.server_capacity.map(plan::server);
        now.seed = self.seed;
    }
}

fn deliver(document: &Document, outputs: &[Output], ascii: bool, terminal: &Terminal) -> Result<(), Failure> {
    let probes = match document {
        Document::One(probe) => std::slice::from_ref(&**probe),
        Document::Several(all) => &all.probes,
    };
    let ascii = ascii || !plan::locale_is_utf8(|name| std::env::var(name).ok());
    outputs::deliver(outputs, terminal, |format, _| match format {
        Format::Json => report::json(document),
        Format::Html => probes.iter().map(page::page).collect(),
        _ => probes.iter().map(|probe| text::text(probe, ascii)).collect::<Vec<_>>().join("\n\n"),
    })
}
