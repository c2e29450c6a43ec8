//! Speed of `advisor plan` end to end, as a process: `cargo bench --bench plan`.
//!
//! A plain timer instead of a benchmark crate: runs of milliseconds, of which the median and the slowest of 31 are printed.

use std::process::{Command, Stdio};
use std::time::Instant;

const SEED: &str =
    "plan --concurrency 500 --latency 40s --latency-p95 90s --timeout 120s --limit 100 --per-host 30 --library aiohttp@3.14.5";

fn main() {
    for (name, more) in [
        ("a burst", ""),
        ("108 rounds", "--rounds 108"),
        ("108 rounds, a server that takes 128", "--rounds 108 --server-capacity 128"),
        ("the same as a page", "--rounds 108 --server-capacity 128 --output html"),
    ] {
        let mut times: Vec<f64> = (0..31)
            .filter_map(|_| {
                let mut command = Command::new(env!("CARGO_BIN_EXE_advisor"));
                command.args(SEED.split(' ')).args(more.split_whitespace()).stdout(Stdio::null());
                let begin = Instant::now();
                let ended = command.status().ok()?;
                ended.success().then(|| begin.elapsed().as_secs_f64() * 1e3)
            })
            .collect();
        times.sort_by(f64::total_cmp);
        match (times.get(times.len() / 2), times.last()) {
            (Some(median), Some(slowest)) => println!("{name:<40} {median:>7.1} ms, the slowest {slowest:.1} ms"),
            _ => println!("{name:<40} did not run"),
        }
    }
}
