//! The instrument itself: the probe takes a request's wait to end with its arrival at the server, because the client's own events of the
//! queue fire several times for one request. Both are looked at here, against the moment at which the client sent the request.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use pool_advisor::probe::mock::{Config, Latency, Server};
use serde::Deserialize;

use crate::environment::python;
use crate::real::alone;

const WORKERS: u64 = 24;
const ROUNDS: u64 = 4;
const LIMIT: u64 = 6;
/// Time of a call, seconds.
const CALL: f64 = 0.1;

#[derive(Deserialize)]
struct Seen {
    start: u64,
    queued: Vec<u64>,
    freed: Vec<u64>,
    sent: u64,
}

fn seconds(from: u64, to: u64) -> f64 {
    (to as f64 - from as f64) / 1e9
}

#[test]
fn arrivals_are_the_truth_and_queue_events_are_not() {
    let python = python();
    let _alone = alone();
    let server = Server::start(Config { latency: Latency::Listed(vec![CALL]), ..Config::default() }).unwrap();
    let url = format!("http://{}", server.addresses()[0]);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/probe/instrument.py");
    let mut command = Command::new(python);
    command.args(["-I", script, &url]).args([WORKERS, ROUNDS, LIMIT].map(|number| number.to_string()));
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let seen: BTreeMap<u64, Seen> = serde_json::from_slice(&output.stdout).unwrap();
    let log = server.stop();
    assert_eq!((seen.len() as u64, log.records.len() as u64), (WORKERS * ROUNDS, WORKERS * ROUNDS));

    let arrived = |number: u64| log.records.iter().find(|record| record.id == Some(number)).unwrap().arrived;
    let mut apart: Vec<f64> = seen.iter().map(|(number, one)| seconds(one.sent, arrived(*number))).collect();
    // The client notes that it has sent a request after the system took it, so that the server may be first by a moment.
    apart.sort_by(f64::total_cmp);
    let middle = apart[apart.len() / 2];
    assert!(middle.abs() < CALL / 10.0, "from sending to arrival in the middle {middle} s");
    let mean = |wait: &dyn Fn(u64, &Seen) -> f64| seen.iter().map(|(number, one)| wait(*number, one)).sum::<f64>() / seen.len() as f64;
    let by_server = mean(&|number, one| seconds(one.start, arrived(number)));
    let by_client = mean(&|_, one| seconds(one.start, one.sent));
    assert!((by_server - by_client).abs() < CALL / 4.0, "{by_server} and {by_client}");

    // Woken, passed by the worker that gave the connection back, and queued again.
    let again: Vec<&Seen> = seen.values().filter(|one| one.queued.len() > 1).collect();
    assert!(!again.is_empty(), "the queue's events fire once for each request: the probe could listen to them");
    assert!(again.iter().all(|one| one.queued.len() == one.freed.len()));
    let worst = again.iter().map(|one| seconds(one.freed[0], one.sent)).fold(0.0, f64::max);
    assert!(worst > CALL / 2.0, "the first of them ends {worst} s before the request is sent");
}
