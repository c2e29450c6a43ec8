//! Speed of the simulator and of a whole prediction: `cargo bench --bench simulator`.
//!
//! A plain timer instead of a benchmark crate: runs of milliseconds, of which the median of 21 is printed.

use std::time::Instant;

use pool_advisor::queueing::simulate::{Order, Retries, Setup, run};
use pool_advisor::queueing::{HandOver, Limits, Scenario, Service};

fn median(name: &str, mut work: impl FnMut() -> u64) {
    let mut times: Vec<(f64, u64)> = (0..21)
        .map(|_| {
            let begin = Instant::now();
            let count = work();
            (begin.elapsed().as_secs_f64(), count)
        })
        .collect();
    times.sort_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((seconds, count)) = times.get(10) {
        println!("{name:<44} {:>8.2} ms  {:>6.1} million events/s", seconds * 1e3, *count as f64 / seconds / 1e6);
    }
}

fn main() {
    let Ok(service) = Service::new(40.0, Some(90.0)) else { return };
    for (name, order, times) in [
        ("54,000 requests, first come first served", Order::Fifo, 0),
        ("54,000 requests, newcomer first", Order::NewcomerFirst, 0),
        ("54,000 requests, 2 retries, FIFO", Order::Fifo, 2),
    ] {
        let mut setup = Setup::closed_loop(500, 108, Some(30), service, order);
        setup.time_outs.total = Some(120.0);
        setup.retries = Retries { times, ..Retries::default() };
        median(name, || run(&setup).map_or(0, |outcome| outcome.events));
    }
    let mut scenario = Scenario::new(500, Limits { total: Some(100), per_host: Some(30), hosts: 1 });
    scenario.latency = Some(40.0);
    scenario.latency_p95 = Some(90.0);
    scenario.time_outs.total = Some(120.0);
    scenario.hand_over = HandOver::Unknown;
    median("prediction of a burst", || scenario.predict().map_or(0, |_| 1));
    scenario.rounds = 108;
    median("prediction of a closed loop, both orders", || scenario.predict().map_or(0, |_| 1));
    scenario.latency_p95 = None;
    median("the same with constant calls", || scenario.predict().map_or(0, |_| 1));
}
