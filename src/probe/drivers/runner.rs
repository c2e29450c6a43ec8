//! Runs requests of one client library against loopback and prints when each began and ended: the driver for Rust programs.
//!
//! Built as a package of its own with the version of the library that the project has. The job is one JSON line on standard input, which
//! stays open as long as the probe lives: when it closes, this process ends. Results are JSON lines, as those of the Python drivers.
//! The module `client` is the library's; each library has its own.

mod client;
mod connection;

use std::io::{BufRead as _, Read as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use client::Client;
use connection::Connection;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error + Send + Sync>;
/// For what is served in this process: the connection, and when it began to work on a request and ended.
type Stamps = (i64, u64, u64);
/// What a request came to: the name of the error where it failed.
type Sent = Result<Option<Stamps>, String>;

/// Readings of the server's clock.
const READINGS: usize = 20;
/// Requests in a line of results.
const LINE: usize = 2000;
/// Threads for libraries that block them: as many as tasks in the largest probe, and some more.
const THREADS: usize = 1024;

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
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().max_blocking_threads(THREADS).build();
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

async fn burst(told: &Value, job: &Job, workers: u64, rounds: u64) -> Result<(), Failure> {
    let client = Arc::new(Client::open(job).await?);
    say("settings", client.read_back());
    let gate = told["semaphore"].as_u64().map(|permits| Arc::new(tokio::sync::Semaphore::new(permits as usize)));
    let pause = Duration::from_secs_f64(told["pause"].as_f64().unwrap_or(0.0));
    let urls: Arc<[String]> = if job.urls.is_empty() { vec![String::new()].into() } else { job.urls.clone().into() };
    let (begin, cpu) = (now(), nanoseconds(ClockId::ProcessCPUTime));
    let mut tasks = Vec::new();
    for which in 0..workers {
        let (client, gate, urls) = (Arc::clone(&client), gate.clone(), Arc::clone(&urls));
        tasks.push(tokio::spawn(async move {
            let (mut mine, mut served) = (Vec::new(), Vec::new());
            for turn in 0..rounds {
                let (number, url) = (which * rounds + turn, &urls[(which + turn) as usize % urls.len()]);
                let permit = match &gate {
                    Some(gate) => gate.acquire().await.ok(),
                    None => None,
                };
                let start = if permit.is_some() || turn > 0 { now() } else { begin };
                let outcome = client.send(url, number).await;
                let end = now();
                if let Ok(Some((connection, began, ended))) = outcome {
                    served.push((number, connection, began, ended));
                }
                mine.push((number, start, end, outcome.err().unwrap_or_else(|| "ok".into())));
                drop(permit);
                if !pause.is_zero() && turn + 1 < rounds {
                    tokio::time::sleep(pause).await;
                }
            }
            (mine, served)
        }));
    }
    let (mut results, mut served) = (Vec::new(), Vec::new());
    for task in tasks {
        let (more, stamps) = task.await?;
        results.extend(more);
        served.extend(stamps);
    }
    let (finish, cpu) = (now(), nanoseconds(ClockId::ProcessCPUTime) - cpu);
    for part in results.chunks(LINE) {
        say("requests", json!(part));
    }
    for part in served.chunks(LINE) {
        say("served", json!(part));
    }
    say("end", json!({ "begin": begin, "finish": finish, "cpu_s": cpu as f64 / 1e9 }));
    Ok(())
}
