//! Runs requests of reqwest against loopback and prints when each began and ended: the driver for Rust programs.
//!
//! Built as a package of its own with the version of reqwest that the project has. The job is one JSON line on standard input, which stays
//! open as long as the probe lives: when it closes, this process ends. Results are JSON lines, as those of the Python drivers.

use std::io::{BufRead as _, Read as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Readings of the server's clock.
const READINGS: usize = 20;
/// Requests in a line of results.
const LINE: usize = 2000;

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
    let outcome = runtime.map_err(Failure::from).and_then(|runtime| runtime.block_on(run(Arc::new(job))));
    if let Err(why) = outcome {
        say("error", json!({ "kind": "failed", "message": why.to_string() }));
        std::process::exit(1);
    }
    std::process::exit(0);
}

async fn run(job: Arc<Value>) -> Result<(), Failure> {
    let urls: Vec<String> = serde_json::from_value(job["urls"].clone())?;
    let whole = |name: &str| job[name].as_u64().ok_or_else(|| format!("the job has no {name}"));
    let (workers, rounds, bursts) = (whole("workers")?, whole("rounds")?, whole("bursts")?);
    hello(&job, urls.first()).await?;
    if workers == 0 {
        say("end", json!({ "begin": 0, "finish": 0, "cpu_s": 0.0 }));
        return Ok(());
    }
    for _ in 0..bursts {
        // The first request of a process builds what later ones find; it is sent by a client of its own and counts nowhere.
        let _ = send(&client(&job["settings"])?, &urls[0], workers * rounds).await;
        burst(&job, &urls, workers, rounds).await?;
    }
    Ok(())
}

async fn hello(job: &Value, url: Option<&String>) -> Result<(), Failure> {
    let mut clock = None;
    if let Some(url) = url {
        let client = client(&json!({}))?;
        let mut best: Option<(i64, i64)> = None;
        for _ in 0..READINGS {
            let before = now();
            let answer = client.get(format!("{url}/__now")).send().await?.bytes().await?;
            let after = now();
            let theirs = serde_json::from_slice::<Value>(&answer)?["now"].as_u64().ok_or("the server says no time")?;
            let trip = (after - before) as i64;
            if best.is_none_or(|(_, least)| trip < least) {
                best = Some((theirs as i64 - (before as i64 + trip / 2), trip));
            }
        }
        clock = best.map(|(offset, trip)| json!({ "offset_ns": offset, "round_trip_ns": trip }));
    }
    let open_files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    say(
        "hello",
        json!({
            "version": job["packages"]["reqwest"], "packages": job["packages"], "runtime": "Rust",
            "executable": std::env::current_exe()?.display().to_string(), "open_files": open_files, "clock": clock,
        }),
    );
    Ok(())
}

fn client(settings: &Value) -> Result<reqwest::Client, Failure> {
    let mut builder = reqwest::Client::builder().no_proxy();
    if let Some(most) = settings["pool_max_idle_per_host"].as_u64() {
        builder = builder.pool_max_idle_per_host(usize::try_from(most)?);
    }
    if let Some(seconds) = settings["timeout"].as_f64() {
        builder = builder.timeout(Duration::from_secs_f64(seconds));
    }
    if settings["read_timeout"].is_number() {
        return Err("read_timeout cannot be probed: not every version has it".into());
    }
    Ok(builder.build()?)
}

async fn send(client: &reqwest::Client, url: &str, number: u64) -> Result<(), &'static str> {
    let kind = |why: reqwest::Error| match (why.is_timeout(), why.is_connect()) {
        (true, _) => "timeout",
        (_, true) => "connect",
        _ => "request",
    };
    let answer = client.get(format!("{url}/r/{number}")).send().await.map_err(kind)?;
    let status = answer.status();
    // The connection goes back to the pool when the body has been read.
    answer.bytes().await.map_err(kind)?;
    if status.is_success() { Ok(()) } else { Err("refused") }
}

async fn burst(job: &Value, urls: &[String], workers: u64, rounds: u64) -> Result<(), Failure> {
    let client = client(&job["settings"])?;
    let gate = job["semaphore"].as_u64().map(|permits| Arc::new(tokio::sync::Semaphore::new(permits as usize)));
    let pause = Duration::from_secs_f64(job["pause"].as_f64().unwrap_or(0.0));
    let urls: Arc<[String]> = urls.into();
    let (begin, cpu) = (now(), nanoseconds(ClockId::ProcessCPUTime));
    let mut tasks = Vec::new();
    for which in 0..workers {
        let (client, gate, urls) = (client.clone(), gate.clone(), Arc::clone(&urls));
        tasks.push(tokio::spawn(async move {
            let mut mine = Vec::new();
            for turn in 0..rounds {
                let (number, url) = (which * rounds + turn, &urls[(which + turn) as usize % urls.len()]);
                let permit = match &gate {
                    Some(gate) => gate.acquire().await.ok(),
                    None => None,
                };
                let start = if permit.is_some() || turn > 0 { now() } else { begin };
                let outcome = send(&client, url, number).await.err().unwrap_or("ok");
                mine.push((number, start, now(), outcome));
                drop(permit);
                if !pause.is_zero() && turn + 1 < rounds {
                    tokio::time::sleep(pause).await;
                }
            }
            mine
        }));
    }
    let mut results = Vec::new();
    for task in tasks {
        results.extend(task.await?);
    }
    let (finish, cpu) = (now(), nanoseconds(ClockId::ProcessCPUTime) - cpu);
    for part in results.chunks(LINE) {
        say("requests", json!(part));
    }
    say("end", json!({ "begin": begin, "finish": finish, "cpu_s": cpu as f64 / 1e9 }));
    Ok(())
}
