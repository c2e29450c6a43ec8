//! `advisor plan`: what-if, without any source.

pub(in crate::cli) mod library;

use clap::Args;

use super::Failure;
use super::args::{Output, Setting, limit, positive, seconds, whole};
use super::terminal::Terminal;
use super::{configure, outputs};
use crate::finding::Outcome;
use crate::queueing::simulate::{GoneClients, Retries, ServerLimit, WhenFull};
use crate::queueing::what_if::{Question, answer};
use crate::queueing::{self, Limits, Scenario};
use crate::render::plan::{self, Origin, Plan, text};
use crate::render::{Format, html};
use crate::settings::Targets;

/// Widest text; wider terminals get no wider pictures.
const WIDEST: usize = 80;

/// Say what happens to so many requests at once, what to write instead, and what else could be done; no program is read.
///
/// Without a latency it says what holds for any. Limits and time-outs that are not given are the library's defaults, or none.
#[derive(Args)]
pub(super) struct Arguments {
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
    #[arg(long, value_name = "N", value_parser = whole, allow_hyphen_values = true)]
    concurrency: f64,
    /// Time that the server takes for one request: `40s`, `250ms`, `2m`
    #[arg(long, value_name = "TIME", value_parser = seconds, allow_hyphen_values = true)]
    latency: Option<f64>,
    /// Time that 95 of 100 requests stay below; without it all take equally long
    #[arg(long, value_name = "TIME", value_parser = seconds, allow_hyphen_values = true, requires = "latency")]
    latency_p95: Option<f64>,
    /// Requests that each worker makes one after the other; 1 is a burst
    #[arg(long, value_name = "N", value_parser = whole, allow_hyphen_values = true, default_value = "1", hide_default_value = true)]
    rounds: f64,
    /// Hosts among which the requests are spread
    #[arg(long, value_name = "N", value_parser = whole, allow_hyphen_values = true, default_value = "1", hide_default_value = true)]
    hosts: f64,
    /// Requests that each server takes at once
    #[arg(long, value_name = "N", value_parser = whole, allow_hyphen_values = true)]
    server_capacity: Option<f64>,
    /// The server refuses what is more (429, 503) instead of letting it wait
    #[arg(long, requires = "server_capacity")]
    server_rejects: bool,
    /// Attempts that follow one that failed
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=100), allow_hyphen_values = true)]
    retries: Option<u32>,
    /// Pause before the first of them; it doubles with each
    #[arg(long, value_name = "TIME", value_parser = seconds, allow_hyphen_values = true)]
    backoff: Option<f64>,
    /// Requests per second that arrive by themselves: how many connections do they need? For databases
    #[arg(long, value_name = "RATE", value_parser = positive, allow_hyphen_values = true, requires = "latency")]
    arrivals: Option<f64>,
    /// Requests per second that the servers take
    #[arg(long, value_name = "RATE", value_parser = positive, allow_hyphen_values = true)]
    rate_limit: Option<f64>,
    /// Connections that the server takes from the program, as a database's `max_connections` less what others use
    #[arg(long, value_name = "N", value_parser = whole, allow_hyphen_values = true)]
    max_connections: Option<f64>,
    /// Pools that share them: processes, times replicas
    #[arg(long, value_name = "N", value_parser = whole, allow_hyphen_values = true, requires = "max_connections")]
    processes: Option<f64>,
}

#[derive(Args)]
#[command(next_help_heading = "Pool")]
struct Pool {
    /// Connections over all hosts; `none` or 0 is no limit
    #[arg(long, value_name = "N", value_parser = limit, allow_hyphen_values = true)]
    limit: Option<f64>,
    /// Connections to one host; `none` or 0 is no limit
    #[arg(long, value_name = "N", value_parser = limit, allow_hyphen_values = true)]
    per_host: Option<f64>,
    /// Time-out of a request, as the library's own `timeout` counts it; without a library from the call on, the queue included
    #[arg(long, value_name = "TIME", value_parser = seconds, allow_hyphen_values = true)]
    timeout: Option<f64>,
    /// Library with its version: defaults, what happens at the limit and what time-outs count are taken from the catalog
    #[arg(long, value_name = "NAME[:POOL][@VERSION]")]
    library: Option<String>,
    /// Another setting by the library's own name, as `advisor explain LIBRARY` lists them: a number, a time, `none`, `true` or `false`. May
    /// be given several times
    #[arg(long, value_name = "NAME=VALUE", requires = "library")]
    set: Vec<Setting>,
}

pub(super) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    let outputs = outputs::asked(&arguments.outputs, false)?;
    if let Some(other) = outputs.iter().find(|output| !matches!(output.format, Format::Human | Format::Json | Format::Html)) {
        let name = clap::ValueEnum::to_possible_value(&other.format).map_or_else(String::new, |value| value.get_name().to_string());
        return Err(Failure::new(format!("--output: a plan is no report of findings: there are human, json and html, not {name}")));
    }
    let plan = plan(arguments, terminal)?;
    outputs::deliver(&outputs, terminal, |format, _| match format {
        Format::Json => plan::json(&plan),
        Format::Html => html::plan::page(&plan),
        _ => {
            let ascii = arguments.ascii || !locale_is_utf8(|name| std::env::var(name).ok());
            text::text(&plan, text::Options { width: terminal.width.min(WIDEST), ascii, color: terminal.color })
        }
    })?;
    Ok(Outcome::Clean)
}

fn plan(arguments: &Arguments, terminal: &Terminal) -> Result<Plan, Failure> {
    let Arguments { load, pool, .. } = arguments;
    let mut question = question(load.concurrency, load.hosts, pool.limit, pool.per_host);
    let now = &mut question.now;
    now.latency = load.latency;
    now.latency_p95 = load.latency_p95;
    now.rounds = count(load.rounds);
    now.time_outs.total = pool.timeout;
    now.server = load.server_capacity.map(server);
    if let Some(server) = now.server.as_mut().filter(|_| load.server_rejects) {
        server.when_full = WhenFull::Reject;
    }
    question.arrivals = load.arrivals;
    question.rate_limit = load.rate_limit;
    question.shared = load.max_connections.map(|connections| (count(connections), load.processes.map_or(1, count)));
    let mut retries = load.retries.unwrap_or(0);
    let mut origin = Origin::default();
    if let Some(name) = &pool.library {
        let catalog = configure::catalog_here(terminal);
        let found = library::find(catalog, name)?;
        let set = pool.set.iter().cloned().map(|Setting(name, value)| (name, value)).collect();
        let written = library::Written { limit: pool.limit, per_host: pool.per_host, timeout: pool.timeout, set };
        origin = found.apply(&mut question, &written)?;
        origin.notes.extend(found.unused(&written));
        retries = load.retries.unwrap_or_else(|| found.retries(&written, &mut origin));
    }
    question.now.retries = Retries { times: retries, backoff: load.backoff.unwrap_or(queueing::retry::PAUSE), repeats_service: false };
    let answer = answer(&question).map_err(|why| Failure::new(format!("--latency, --latency-p95: {why}")))?;
    Ok(plan::document(&question, &answer, &origin))
}

/// So many requests at once through a pool with these limits, as the parsers give them, and nothing else known.
pub(in crate::cli) fn question(concurrency: f64, hosts: f64, total: Option<f64>, per_host: Option<f64>) -> Question {
    let limits = Limits { total: given(total), per_host: given(per_host), hosts: count(hosts) };
    let targets = Targets::default();
    Question {
        headroom: targets.headroom,
        open_files: Some(targets.open_files as u64),
        open_files_reserve: targets.open_files_reserve as u64,
        ..Question::of(Scenario::new(count(concurrency), limits))
    }
}

/// A server that works on so many requests at once, as the parser gives them.
pub(in crate::cli) fn server(capacity: f64) -> ServerLimit {
    ServerLimit { capacity: count(capacity), when_full: WhenFull::Queue, gone: GoneClients::Stops }
}

/// A limit of the command line; infinite is none.
fn given(limit: Option<f64>) -> Option<u64> {
    limit.filter(|limit| limit.is_finite()).map(count)
}

/// The parsers let whole numbers through only, up to 2³².
fn count(number: f64) -> u64 {
    number as u64
}

/// Whether the terminal can be written to in Unicode. Where no locale is set, as on systems that have none, it is.
pub(in crate::cli) fn locale_is_utf8(variable: impl Fn(&str) -> Option<String>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
    locale.is_none_or(|locale| locale.to_ascii_lowercase().replace('-', "").contains("utf8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_locale_that_is_set_decides() {
        let with = |set: &[(&str, &str)]| {
            locale_is_utf8(|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_string()))
        };
        assert!(with(&[]));
        assert!(with(&[("LANG", "de_DE.UTF-8")]) && with(&[("LC_ALL", "C.utf8"), ("LANG", "C")]));
        assert!(!with(&[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")]) && !with(&[("LC_ALL", ""), ("LC_CTYPE", "de_DE.ISO-8859-1")]));
    }
}
