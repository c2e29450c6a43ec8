//! `advisor mock`: the server that takes its time, for clients of the user's own.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use serde::Serialize;
use signal_hook::consts::TERM_SIGNALS;

use super::Failure;
use super::args::{seconds, whole};
use super::terminal::Terminal;
use crate::finding::Outcome;
use crate::probe::mock::{Capacity, Config, Fault, Figures, Latency, Log, Server, Told};
use crate::queueing::Service;
use crate::render::plan::figures::time;
use crate::value::parse_seconds;

/// How often the end is looked for.
const TICK: Duration = Duration::from_millis(50);

/// Answer every request after a set time, as slow servers and language models do, and say at the end what came in.
///
/// Any path is answered; `/v1/chat/completions` in the form of OpenAI and `/v1/messages` in that of Anthropic, in events where the
/// request asks for a stream. The n-th request takes the n-th time: n is the header `X-Advisor-Id`, else a number at the end of the
/// path, else the order of arrival.
#[derive(Args)]
pub(super) struct Arguments {
    /// Port to listen on; 0 takes a free one, and the address is printed
    #[arg(long, value_name = "PORT", default_value = "0", hide_default_value = true)]
    port: u16,
    /// Address to listen on instead of 127.0.0.1. Anything but a loopback address opens the server to other machines: it answers everybody
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<IpAddr>,
    /// Stop after this time; without it Ctrl-C ends it
    #[arg(long = "for", value_name = "TIME", value_parser = seconds)]
    duration: Option<f64>,
    /// Format of the figures at the end
    #[arg(short, long, value_name = "human|json", default_value = "human", hide_possible_values = true, hide_default_value = true)]
    output: Shape,
    #[command(flatten)]
    work: Work,
}

#[derive(Args)]
#[command(next_help_heading = "Work")]
struct Work {
    /// Time that a request takes: `400ms`, `40s`
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    latency: Option<f64>,
    /// Time that 95 of 100 requests stay below; without it all take equally long
    #[arg(long, value_name = "TIME", value_parser = seconds, requires = "latency")]
    latency_p95: Option<f64>,
    /// Times of the requests by their numbers, from 0; from the beginning again after the last
    #[arg(long, value_name = "TIME,…", value_delimiter = ',', value_parser = parse_seconds, conflicts_with = "latency")]
    latencies: Vec<f64>,
    /// Seed of the times that are drawn
    #[arg(long, value_name = "N", default_value = "1", hide_default_value = true)]
    seed: u64,
    /// Requests that are worked on at once; further ones wait
    #[arg(long, value_name = "N", value_parser = whole)]
    capacity: Option<f64>,
    /// Refuse what is above the capacity with 429, to be tried again after this many seconds
    #[arg(long, value_name = "SECONDS", requires = "capacity")]
    retry_after: Option<u64>,
    /// Send every answer as this many server-sent events, spread over its time
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    events: Option<u32>,
    /// What goes wrong with every N-th request: `reset:N`, `slow-close:N` or `stall:N`. May be given several times
    #[arg(long = "fault", value_name = "FAULT:N")]
    faults: Vec<Every>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Shape {
    Human,
    Json,
}

#[derive(Clone, Copy)]
struct Every(Fault, u64);

impl FromStr for Every {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, number) = text.split_once(':').unwrap_or((text, "1"));
        let fault = match name {
            "reset" => Fault::Reset,
            "slow-close" => Fault::SlowClose,
            "stall" => Fault::Stall,
            _ => return Err("no such fault; there are reset, slow-close and stall".into()),
        };
        let number = number.parse().ok().filter(|number| *number > 0);
        number.map(|number| Self(fault, number)).ok_or_else(|| "a whole number from 1 on is wanted behind `:`".into())
    }
}

pub(super) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    let address = arguments.listen.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let config = Config { address, port: arguments.port, ..arguments.work.config()? };
    let stop = Arc::new(AtomicBool::new(false));
    for signal in TERM_SIGNALS {
        // Where a signal cannot be caught it ends the program without figures.
        let _ = signal_hook::flag::register(*signal, Arc::clone(&stop));
    }
    let server = Server::start(config).map_err(|why| Failure::new(format!("{address} port {}: cannot listen: {why}", arguments.port)))?;
    let listening = server.addresses().first().map(|address| format!("http://{address}")).unwrap_or_default();
    if !address.is_loopback() {
        terminal.note("other machines can reach this server; it answers everybody");
    }
    match arguments.output {
        Shape::Human => terminal.print(&format!("listening on {listening}\n"))?,
        Shape::Json => terminal.print(&format!("{}\n", serde_json::json!({ "listening": listening })))?,
    }
    let begin = Instant::now();
    let is_over = || arguments.duration.is_some_and(|duration| begin.elapsed().as_secs_f64() >= duration);
    while !stop.load(Ordering::Acquire) && !is_over() {
        std::thread::sleep(TICK);
    }
    let log = server.stop();
    terminal.print(&match arguments.output {
        Shape::Human => text(&Figures::of(&log)),
        Shape::Json => json(&log),
    })?;
    Ok(Outcome::Clean)
}

impl Work {
    fn config(&self) -> Result<Config, Failure> {
        let latency = match self.latency {
            Some(latency) => {
                let service = Service::new(latency, self.latency_p95);
                let service = service.map_err(|why| Failure::new(format!("--latency, --latency-p95: {why}")))?;
                Latency::Drawn { service, seed: self.seed }
            }
            None if self.latencies.is_empty() => Latency::None,
            None => Latency::Listed(self.latencies.clone()),
        };
        let capacity = self.capacity.map(|capacity| Capacity { requests: capacity as u64, refuse_for: self.retry_after });
        let faults = self.faults.iter().map(|Every(fault, number)| (*fault, *number)).collect();
        Ok(Config { latency, capacity, events: self.events, faults, ..Config::default() })
    }
}

fn text(figures: &Figures) -> String {
    let mut text = String::new();
    let rows = [
        ("arrived", figures.requests),
        ("answered", figures.done),
        ("given up by clients", figures.aborted),
        ("refused", figures.refused),
        ("hit by a fault", figures.faulty),
        ("most at once", figures.most_in_flight),
        ("connections opened", figures.opened),
        ("closed by clients", figures.closed),
        ("closed by the server", figures.closed_by_server),
        ("most open at once", figures.most_connections),
    ];
    for (name, number) in rows {
        let _ = writeln!(text, "{name:<20} {number}");
    }
    if figures.done > 0 {
        let _ = writeln!(text, "{:<20} {}", "mean time", time(figures.mean_service));
        let _ = writeln!(text, "{:<20} {}", "first to last", time(figures.wall));
    }
    text
}

/// Requests that are written one by one, at most.
const MOST_RECORDS: usize = 10_000;

fn json(log: &Log) -> String {
    #[derive(Serialize)]
    struct Account {
        #[serde(flatten)]
        figures: Figures,
        records: Vec<Told>,
        /// Requests behind the last that is written.
        records_left_out: usize,
    }
    let (figures, records) = (Figures::of(log), log.told(MOST_RECORDS));
    let records_left_out = log.records.len() - records.len();
    // Plain numbers can always be written.
    let mut text = serde_json::to_string(&Account { figures, records, records_left_out }).unwrap_or_default();
    text.push('\n');
    text
}
