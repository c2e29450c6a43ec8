//! One run: the client's account and the server's, put together by the requests' numbers.

use std::collections::BTreeMap;
use std::time::Duration;

use rustc_hash::FxHashMap;

use super::clock::seconds;
use super::driver::{self, Hello, Job, Refusal, Served};
use super::interpreter::Interpreter;
use super::libraries;
use super::mock::{Capacity, Config, Figures, Latency, Life, Log, Outcome, Record, Server, Told};
use super::verdict::median;
use crate::queueing::Scenario;
use crate::queueing::simulate::WhenFull;

/// Requests of a run that are told one by one, at most.
const MOST_RECORDS: usize = 2000;

/// What a run was, seconds and counts.
#[derive(Clone, PartialEq, Debug)]
pub struct Measured {
    /// Requests that the client got an answer to.
    pub ok: u64,
    /// All of them.
    pub requests: u64,
    /// From the start to the end of the last one.
    pub wall: f64,
    /// From the moment at which a request was to start to its arrival at the server, of those that arrived; ascending.
    pub waits: Vec<f64>,
    /// What the client raised, with how often.
    pub errors: BTreeMap<String, u64>,
    /// By how much the server was late with an answer, on average.
    pub late: f64,
    /// The server's account.
    pub server: Figures,
    /// Its first requests, one by one.
    pub records: Vec<Told>,
    /// CPU of the client.
    pub cpu: f64,
    /// Who ran.
    pub hello: Hello,
    /// Settings as the client object says they are.
    pub read_back: serde_json::Map<String, serde_json::Value>,
}

impl Measured {
    /// Share of the requests that succeeded.
    pub fn success(&self) -> f64 {
        if self.requests == 0 { 1.0 } else { self.ok as f64 / self.requests as f64 }
    }

    /// Mean wait; 0 when nothing arrived.
    pub fn mean_wait(&self) -> f64 {
        if self.waits.is_empty() { 0.0 } else { self.waits.iter().sum::<f64>() / self.waits.len() as f64 }
    }

    /// A quantile of the wait, as the simulator takes it; 0 when nothing arrived.
    pub fn wait_at(&self, quantile: f64) -> f64 {
        let rank = crate::queueing::nearest_rank(quantile, self.waits.len() as u64);
        self.waits.get(rank as usize).copied().unwrap_or(0.0)
    }
}

/// Who is measured.
#[derive(Clone, Copy)]
pub struct Bench<'a> {
    /// Runs the library.
    pub interpreter: &'a Interpreter,
    /// Name of the library.
    pub library: &'a str,
    /// The database that it speaks to, where the user named one.
    pub server: Option<&'a str>,
}

impl Bench<'_> {
    /// Runs a job against our own server, or against the database that the library speaks to.
    fn run(&self, config: Config, times: &[f64], job: Job, patience: Duration) -> Result<(driver::Run, Log), Refusal> {
        if libraries::is_elsewhere(self.library) {
            let job = Job { server: self.server.map(String::from), times: times.to_vec(), ..job };
            let run = driver::run(self.interpreter, self.library, &job, patience)?;
            let log = log_of(&run.served);
            return Ok((run, log));
        }
        let server = Server::start(config).map_err(|why| Refusal(format!("the mock server cannot listen on loopback: {why}")))?;
        let urls = server.addresses().iter().map(|address| format!("http://{address}")).collect();
        let run = driver::run(self.interpreter, self.library, &Job { urls, ..job }, patience)?;
        Ok((run, server.stop()))
    }
}

/// What a database did, as our own server would have written it down: how long it kept a connection is not known.
fn log_of(served: &[Served]) -> Log {
    let mut served = served.to_vec();
    served.sort_unstable_by_key(|(_, _, began, _)| *began);
    let mut connections: FxHashMap<i64, (u64, u32)> = FxHashMap::default();
    let mut log = Log { stopped: served.iter().map(|(.., ended)| *ended).max().unwrap_or(0), ..Log::default() };
    for (number, connection, began, ended) in served {
        let next = connections.len() as u64;
        let (connection, nth) = connections.entry(connection).or_insert((next, 0));
        *nth += 1;
        if *nth == 1 {
            log.connections.push(Life { opened: began, closed: None, by_server: false });
        }
        let (connection, nth) = (*connection, *nth);
        let (began, ended) = (Some(began), Some(ended.max(began)));
        let arrived = began.unwrap_or_default();
        log.records.push(Record { id: Some(number), host: 0, connection, nth, arrived, began, ended, outcome: Outcome::Done });
    }
    log
}

/// Makes one run of a scenario of the probe's size. `times` are the requests' times by number, seconds.
pub fn run(
    bench: &Bench<'_>,
    settings: &serde_json::Map<String, serde_json::Value>,
    scenario: &Scenario,
    times: &[f64],
    patience: Duration,
) -> Result<Measured, Refusal> {
    let capacity = scenario
        .server
        .map(|server| Capacity { requests: server.capacity, refuse_for: matches!(server.when_full, WhenFull::Reject).then_some(1) });
    // The last entry is for the request that only warms the client up.
    let latency = Latency::Listed(times.iter().copied().chain([0.0]).collect());
    let config = Config { hosts: scenario.limits.hosts, latency, capacity, ..Config::default() };
    let job = Job {
        settings: settings.clone(),
        workers: scenario.concurrency,
        rounds: scenario.rounds,
        pause: scenario.pause,
        semaphore: scenario.semaphore,
        bursts: 1,
        ..Job::default()
    };
    let (run, mut log) = bench.run(config, times, job, patience)?;
    log.records.retain(|record| record.id.is_some_and(|id| id < times.len() as u64));
    Ok(put_together(run, &log, times))
}

/// What one request costs the client, seconds: the middle of some waves of requests that all begin at once, each on a connection of its
/// own and spread over as many hosts as in a run, less the time that the server takes for them. Without any such time the first would have ended before the last began, and
/// fewer connections been opened than in a run.
pub fn cost(
    bench: &Bench<'_>,
    settings: &serde_json::Map<String, serde_json::Value>,
    (at_once, hosts): (u64, u64),
) -> Result<f64, Refusal> {
    let times: Vec<f64> = (0..at_once.max(1)).map(|_| WAVE).collect();
    let latency = Latency::Listed(times.iter().copied().chain([0.0]).collect());
    let config = Config { hosts, latency, ..Config::default() };
    // A wave of few requests says little about one of them.
    let bursts = (MANY / at_once.max(1)).clamp(WAVES.0, WAVES.1);
    let workers = at_once.max(1);
    let job = Job { settings: settings.clone(), workers, rounds: 1, bursts, ..Job::default() };
    let longest = bursts as f64 * (WAVE + workers as f64 * DEAREST);
    let patience = Duration::from_secs_f64(2.0 * longest + 10.0);
    let (run, _) = bench.run(config, &times, job, patience)?;
    if let Some((_, _, _, error)) = run.requests.iter().find(|(_, _, _, outcome)| outcome != "ok") {
        return Err(Refusal(format!("without a time-out a request failed with {error}: nothing can be measured")));
    }
    Ok(((median(&run.walls) - WAVE) / workers as f64).max(0.0))
}

/// What a request may cost a client at most, seconds. The dearest that was measured, 500 at once, cost half of it.
const DEAREST: f64 = 0.05;
/// Waves of a calibration, at least and at most.
const WAVES: (u64, u64) = (3, 7);
/// Requests that they should have together.
const MANY: u64 = 300;
/// Time of a call in it, seconds.
const WAVE: f64 = 0.2;

fn put_together(run: driver::Run, log: &Log, times: &[f64]) -> Measured {
    let mut arrivals: FxHashMap<u64, u64> = FxHashMap::default();
    for record in &log.records {
        if let Some(id) = record.id {
            // A library that repeats a request by itself starts to wait anew; the first arrival ends the wait.
            arrivals.entry(id).or_insert(record.arrived);
        }
    }
    let mut waits: Vec<f64> =
        run.requests.iter().filter_map(|(number, start, ..)| arrivals.get(number).map(|arrived| seconds(*start, *arrived))).collect();
    waits.sort_unstable_by(f64::total_cmp);
    let mut errors = BTreeMap::new();
    for (_, _, _, outcome) in run.requests.iter().filter(|(_, _, _, outcome)| outcome != "ok") {
        *errors.entry(outcome.clone()).or_insert(0) += 1;
    }
    let lateness = |record: &Record| {
        let wanted = times.get(usize::try_from(record.id?).ok()?)?;
        (record.outcome == Outcome::Done).then_some(seconds(record.began?, record.ended?) - wanted)
    };
    let late: Vec<f64> = log.records.iter().filter_map(lateness).collect();
    let requests = run.requests.len() as u64;
    let failed: u64 = errors.values().sum();
    Measured {
        ok: requests - failed,
        requests,
        wall: median(&run.walls),
        waits,
        errors,
        late: late.iter().sum::<f64>() / late.len().max(1) as f64,
        server: Figures::of(log),
        records: log.told(MOST_RECORDS),
        cpu: run.cpu,
        hello: run.hello,
        read_back: run.read_back,
    }
}
