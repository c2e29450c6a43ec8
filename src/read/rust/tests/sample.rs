//! A bit of everything, read as text by the tests.
#![allow(dead_code)]
use std::sync::{Arc, LazyLock, OnceLock};
use std::{self as standard, collections::*, time::Duration};
use crate::settings::{self, Config as Settings};
use super::shared::limits as outer_limits;
use self::inner::deep;
extern crate alloc as memory;

mod client;
#[path = "generated/table.rs"]
mod table;

const MAX_IN_FLIGHT: usize = 5 * 10;
static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| reqwest::Client::builder().pool_max_idle_per_host(8).build().unwrap());
static ONCE: OnceLock<Vec<u8>> = OnceLock::new();

lazy_static! {
    /// Doc.
    pub static ref SHARED: reqwest::Client = reqwest::Client::new();
}

thread_local! {
    static LOCAL: Client = Client::new();
}

/// Arguments.
#[derive(Parser, Debug, Clone, serde::Deserialize)]
#[command(name = "tool", version)]
struct Args {
    /// How many.
    #[arg(short, long, default_value_t = 500, env = "IN_FLIGHT")]
    in_flight: usize,
    #[serde(default = "ten", rename = "n")]
    #[arg(long)]
    number: Option<u32>,
    plain: Vec<String>,
}

struct Pair(u32, pub Arc<str>);
struct Unit;

#[derive(Subcommand)]
enum Command {
    Run {
        #[arg(long, default_value = "7")]
        workers: usize,
    },
    Move(u32, u32),
    Stop = 3,
}

trait Fetch: Send {
    const LIMIT: usize = 4;
    fn url(&self) -> String;
    async fn fetch(&self, times: u32) -> Result<u32, Error> {
        Ok(times + 1)
    }
}

impl Args {
    pub fn new(in_flight: usize) -> Self {
        Self { in_flight, number: None, ..Default::default() }
    }
    async fn run(&mut self, (a, b): (u32, u32), _: bool, mut rest: Vec<u8>) -> anyhow::Result<()> {
        self.in_flight += a as usize;
        self.plain = vec![];
        rest[0] = 1;
        Ok(())
    }
}

impl Default for Args {
    fn default() -> Self {
        Args { in_flight: MAX_IN_FLIGHT, number: Some(3), plain: vec!["é".into(); 3] }
    }
}

impl fmt::Display for super::Foreign<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name())
    }
}

#[tokio::main(worker_threads = 4)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    let sem = Arc::new(Semaphore::new(args.in_flight));
    let timeout = Duration::from_millis(1_500);
    let client = if args.plain.is_empty() { Client::new() } else { Client::builder().timeout(timeout).build()? };
    let n = match std::env::var("N") { Ok(text) => text.parse::<usize>()?, Err(_) => 0x10 };
    let Some(first) = args.plain.first() else { return Err("none".into()) };
    let mut set = JoinSet::new();
    for (i, url) in urls.iter().enumerate() {
        let permit = sem.clone().acquire_owned().await?;
        let client = client.clone();
        set.spawn(async move {
            let body = client.get(url).send().await?.text().await?;
            drop(permit);
            println!("{i} {}", body.len());
            Ok::<_, Error>(body)
        });
    }
    while let Some(result) = set.join_next().await {
        result??;
    }
    let (left, right) = tokio::join!(fetch(&client, 1), async { 2 });
    tokio::select! {
        biased;
        Some(message) = receiver.recv(), if open => handle(message).await,
        _ = sleep(Duration::from_secs(5)) => return Ok(()),
        else => {}
    }
    let results: Vec<_> = stream::iter(0..n).map(|i| fetch(&client, i)).buffer_unordered(MAX_IN_FLIGHT).collect().await;
    if let Some(x) = first && n > 3 && !ready { return Ok(()) } else if let Mode::Fast { speed, .. } = mode { go(speed) }
    for _ in 0..=10 { loop { break } }
    let json = json!({ "a": [1, 2] });
    unsafe { *pointer = 1 };
    let nonzero = NonZeroUsize::new(5).unwrap();
    info!(target: "x", "no {}", call());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use super::Args as A;
    mod deeper { use super::super::Pair; fn f() -> u32 { super::super::g() } }
    #[test]
    fn it() { assert_eq!(ten().await, 10); }
}
