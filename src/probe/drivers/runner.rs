//! Runs requests of one client library against loopback and prints when each began and ended: the driver for Rust programs.
//!
//! Built as a package of its own with the version of the library that the project has. The job is one JSON line on standard input, which
//! stays open as long as the probe lives: when it closes, this process ends. Results are JSON lines, as those of the Python drivers.
//! The module `client` is the library's; each library has its own.

mod client;
mod connection;

use std::io::{BufRead as _, Read as _, Write as _};
use std::sync::{Arc, Barrier, OnceLock};
use std::time::Duration;

use client::Client;
use connection::Connection;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use tokio::runtime::Handle;

type Failure = Box<dyn std::error::Error + Send + Sync>;
/// For what is served in this process: the connection, and when it began to work on a request and ended.
type Stamps = (i64, u64, u64);
/// What a request came to: the name of the error where it failed.
type Sent = Result<Option<Stamps>, String>;

/// Readings of the server's clock.
const READINGS: usize = 20;
/// Requests in a line of results.
const LINE: usize = 2000;
/// Stack of a worker's thread, bytes.
const STACK: usize = 512 << 10;

/// What a client is opened with.
struct Job {
    settings: Value,
    urls: Vec<String>,
    /// How long the requests take by number, seconds, where no server knows.
    #[allow(dead_code, reason = "for what is served in this process")]
    times: Vec<f64>,
}

fn nanoseconds(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

fn now() -> u64 {
    nanoseconds(ClockId::Monotonic)
}

fn say(kind: &str, what: Value) {
    let mut line = json!({ kind: what }).to_string();
    line.push('\n');
    // Nobody is left to tell when the probe has gone.
    let _ = std::io::stdout().write_all(line.as_bytes());
}

fn main() {
    let mut line = String::new();
    let mut stdin = std::io::stdin().lock();
    let job: Value = match stdin.read_line(&mut line).map_err(Failure::from).and_then(|_| Ok(serde_json::from_str(&line)?)) {
        Ok(job) => job,
        Err(_) => std::process::exit(3),
    };
    drop(stdin);
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(3);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = runtime.map_err(Failure::from).and_then(|runtime| runtime.block_on(run(&job)));
    if let Err(why) = outcome {
        say("error", json!({ "kind": "failed", "message": why.to_string() }));
        std::process::exit(1);
    }
    std::process::exit(0);
}

async fn run(told: &Value) -> Result<(), Failure> {
    let whole = |name: &str| told[name].as_u64().ok_or_else(|| format!("the job has no {name}"));
    let (workers, rounds, bursts) = (whole("workers")?, whole("rounds")?, whole("bursts")?);
    let (urls, times) = (serde_json::from_value(told["urls"].clone())?, serde_json::from_value(told["times"].clone())?);
    let job = Job { settings: told["settings"].clone(), urls, times };
    hello(told, job.urls.first()).await?;
    if workers == 0 {
        say("end", json!({ "begin": 0, "finish": 0, "cpu_s": 0.0 }));
        return Ok(());
    }
    for _ in 0..bursts {
        // The first request of a process builds what later ones find; it is sent by a client of its own and counts nowhere.
        let first = job.urls.first().map(String::as_str).unwrap_or_default();
        let _ = Client::open(&job).await?.send(first, workers * rounds).await;
        burst(told, &job, workers, rounds).await?;
    }
    Ok(())
}

async fn hello(told: &Value, url: Option<&String>) -> Result<(), Failure> {
    let mut clock = None;
    if let Some(url) = url {
        let mut connection = Connection::open(url).await?;
        let mut best: Option<(i64, i64)> = None;
        for _ in 0..READINGS {
            let before = now();
            let answer = connection.get("/__now").await?;
            let after = now();
            let theirs = serde_json::from_slice::<Value>(&answer.body)?["now"].as_u64().ok_or("the server says no time")?;
            let trip = (after - before) as i64;
            if best.is_none_or(|(_, least)| trip < least) {
                best = Some((theirs as i64 - (before as i64 + trip / 2), trip));
            }
        }
        clock = best.map(|(offset, trip)| json!({ "offset_ns": offset, "round_trip_ns": trip }));
    }
    let open_files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let library = told["library"].as_str().ok_or("the job has no library")?;
    say(
        "hello",
        json!({
            "version": told["packages"][library], "packages": told["packages"], "runtime": "Rust",
            "executable": std::env::current_exe()?.display().to_string(), "open_files": open_files, "clock": clock,
        }),
    );
    Ok(())
}

/// What the workers of a burst share.
struct Burst {
    client: Client,
    gate: Option<tokio::sync::Semaphore>,
    urls: Vec<String>,
    rounds: u64,
    pause: Duration,
    begin: OnceLock<u64>,
}

/// The requests of one worker, and those of them that were served in this process.
type Worked = (Vec<(u64, u64, u64, String)>, Vec<(u64, i64, u64, u64)>);

impl Burst {
    fn begin(&self) -> u64 {
        *self.begin.get_or_init(now)
    }

    async fn work(&self, which: u64) -> Worked {
        let (mut mine, mut served) = (Vec::new(), Vec::new());
        for turn in 0..self.rounds {
            let number = which * self.rounds + turn;
            let url = if self.urls.is_empty() { "" } else { &self.urls[(which + turn) as usize % self.urls.len()] };
            let permit = match &self.gate {
                Some(gate) => gate.acquire().await.ok(),
                None => None,
            };
            let start = if permit.is_some() || turn > 0 { now() } else { self.begin() };
            let outcome = self.client.send(url, number).await;
            let end = now();
            if let Ok(Some((connection, began, ended))) = outcome {
                served.push((number, connection, began, ended));
            }
            mine.push((number, start, end, outcome.err().unwrap_or_else(|| "ok".into())));
            drop(permit);
            if !self.pause.is_zero() && turn + 1 < self.rounds {
                tokio::time::sleep(self.pause).await;
            }
        }
        (mine, served)
    }
}

async fn burst(told: &Value, job: &Job, workers: u64, rounds: u64) -> Result<(), Failure> {
    let burst = Arc::new(Burst {
        client: Client::open(job).await?,
        gate: told["semaphore"].as_u64().map(|permits| tokio::sync::Semaphore::new(permits as usize)),
        urls: job.urls.clone(),
        rounds,
        pause: Duration::from_secs_f64(told["pause"].as_f64().unwrap_or(0.0)),
        begin: OnceLock::new(),
    });
    say("settings", burst.client.read_back());
    let (cpu, worked) = if told["threads"] == true { on_threads(&burst, workers)? } else { in_tasks(&burst, workers).await? };
    let (finish, cpu) = (now(), nanoseconds(ClockId::ProcessCPUTime) - cpu);
    let (requests, served): (Vec<_>, Vec<_>) = worked.into_iter().unzip();
    for part in requests.concat().chunks(LINE) {
        say("requests", json!(part));
    }
    for part in served.concat().chunks(LINE) {
        say("served", json!(part));
    }
    say("end", json!({ "begin": burst.begin(), "finish": finish, "cpu_s": cpu as f64 / 1e9 }));
    Ok(())
}

/// All workers as tasks; also the CPU time at their start.
async fn in_tasks(burst: &Arc<Burst>, workers: u64) -> Result<(u64, Vec<Worked>), Failure> {
    let cpu = nanoseconds(ClockId::ProcessCPUTime);
    burst.begin();
    let spawn = |which| {
        let burst = Arc::clone(burst);
        tokio::spawn(async move { burst.work(which).await })
    };
    let tasks: Vec<_> = (0..workers).map(spawn).collect();
    let mut worked = Vec::new();
    for task in tasks {
        worked.push(task.await?);
    }
    Ok((cpu, worked))
}

/// All workers on threads of their own, which start together; also the CPU time at their start.
fn on_threads(burst: &Arc<Burst>, workers: u64) -> Result<(u64, Vec<Worked>), Failure> {
    let start = Arc::new(Barrier::new(workers as usize + 1));
    let spawn = |which| {
        let (burst, start, runtime) = (Arc::clone(burst), Arc::clone(&start), Handle::current());
        std::thread::Builder::new().stack_size(STACK).spawn(move || {
            start.wait();
            start.wait();
            runtime.block_on(burst.work(which))
        })
    };
    let threads: Vec<_> = (0..workers).map(spawn).collect::<Result<_, _>>()?;
    start.wait();
    let cpu = nanoseconds(ClockId::ProcessCPUTime);
    burst.begin();
    start.wait();
    let worked = threads.into_iter().map(|thread| thread.join().map_err(|_| "a worker came to an end")).collect::<Result<_, _>>()?;
    Ok((cpu, worked))
}
