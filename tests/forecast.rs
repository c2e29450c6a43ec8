//! Known values of the queueing model through the whole pipeline: the story of the README with a latency from outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use pool_advisor::catalog::Catalog;
use pool_advisor::discover::Tree;
use pool_advisor::finding::{EstimateUnit, Finding, Report, Severity};
use pool_advisor::settings::{Load, Settings};

/// 500 at once through 30 connections, `total=120`, with a load from outside and no concurrency from there.
fn story(load: Load) -> Report {
    let files = support::load(&support::root().join("fixtures/projects/llm-burst")).unwrap();
    pool_advisor::check(&Tree::from_memory(files), Catalog::built_in(), &Settings { load, ..Settings::default() })
}

fn of<'r>(report: &'r Report, rule: &str) -> &'r Finding {
    report.findings.iter().find(|finding| finding.rule == rule).unwrap_or_else(|| panic!("{rule}: {:?}", report.findings))
}

fn says(finding: &Finding, text: &str) -> bool {
    finding.notes.iter().any(|note| note.contains(text))
}

const CALLS: Load = Load { latency: Some(40.0), latency_p95: Some(90.0), rounds: None, server_capacity: None };

#[test]
fn without_a_latency_the_break_even_is_said() {
    let report = story(Load::default());
    assert_eq!(report.findings.len(), 1, "{:?}", report.findings);
    let finding = of(&report, "pool-below-concurrency");
    assert!(says(finding, "longer than 7.06 s (120 s / 17 waves)"), "{:?}", finding.notes);
    assert!(says(finding, "takes 17 times as long"), "{:?}", finding.notes);
    let estimate = report.cases[0].estimate.as_ref().unwrap();
    assert_eq!((estimate.waves, estimate.wait_max, estimate.unit), (17.0, 16.0, EstimateUnit::ServiceTimes));
    assert!((estimate.wait_mean - 7.84).abs() < 1e-9 && estimate.timed_out.is_none());
}

#[test]
fn calls_of_equal_length() {
    let report = story(Load { latency_p95: None, ..CALLS });
    let estimate = report.cases[0].estimate.as_ref().unwrap();
    assert_eq!((estimate.waves, estimate.wait_max, estimate.unit), (17.0, 640.0, EstimateUnit::Seconds));
    assert!((estimate.wait_mean - 313.6).abs() < 1e-9);
    assert!((estimate.wait_steady - 626.666_666).abs() < 1e-3);
    // The third wave ends when the time-out does: the worse of the two is given.
    assert!((estimate.timed_out.unwrap() - 0.88).abs() < 1e-9);
    let finding = of(&report, "pool-below-concurrency");
    assert!(says(finding, "burst: 12 to 18 % of the requests succeed within `total` of 120 s"), "{:?}", finding.notes);
    assert!(says(finding, "wave 3 ends about when the time-out does"), "{:?}", finding.notes);
    assert!(says(finding, "680 s, 17 times as long"), "{:?}", finding.notes);
    let late = of(&report, "timeout-shorter-than-queue");
    assert!(late.message.ends_with("82 to 88 % of a burst fail"), "{}", late.message);
    assert_eq!(late.severity, Severity::Warning);
}

#[test]
fn calls_that_vary() {
    let report = story(CALLS);
    let timed_out = report.cases[0].estimate.as_ref().unwrap().timed_out.unwrap();
    assert!((timed_out - (1.0 - 0.163)).abs() < 0.01, "{timed_out}");
    let finding = of(&report, "pool-below-concurrency");
    assert!(says(finding, "burst: 16.3 to 16.5 % of the requests succeed"), "{:?}", finding.notes);
    assert!(says(finding, "1.7 % of the calls take longer than the time-out, whatever the pool"), "{:?}", finding.notes);
    assert!(says(finding, "with a connection for each of the 500: 98.3 to 98.4 % of the burst succeed"), "{:?}", finding.notes);
}

#[test]
fn rounds_give_a_range_with_its_reason() {
    let report = story(Load { rounds: Some(108.0), ..CALLS });
    let finding = of(&report, "pool-below-concurrency");
    let steady = finding.notes.iter().find(|note| note.starts_with("steady state: 500 workers with 108 requests each")).unwrap();
    assert!(steady.contains("5.2 to 17.8 % succeed") && steady.contains("who gets a freed connection depends"), "{steady}");
    assert!(finding.notes.iter().any(|note| note.starts_with("burst: ")));
}

#[test]
fn a_narrower_server_wants_a_semaphore_and_no_larger_pool() {
    let report = story(Load { server_capacity: Some(128.0), ..CALLS });
    let finding = of(&report, "pool-below-concurrency");
    assert!(says(finding, "put a semaphore of 128 around the requests, outside their time-out"), "{:?}", finding.notes);
    assert!(finding.suggestions.iter().all(|one| one.advised == 128.0 && one.floor == 128.0), "{:?}", finding.suggestions);
    let alone = finding.notes.iter().find(|note| note.starts_with("with a pool for all 500 and no semaphore: ")).unwrap();
    let share: f64 = alone.split(": ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!((share - 69.0).abs() < 1.5 && alone.ends_with("the queue only moves to the server"), "{alone}");
    let wider = story(Load { server_capacity: Some(800.0), ..CALLS });
    assert_eq!(of(&wider, "pool-below-concurrency").suggestions[0].advised, 600.0);
}

#[test]
fn impossible_figures_do_no_harm() {
    for load in [Load { latency: Some(0.0), ..CALLS }, Load { latency_p95: Some(1e9), ..CALLS }, Load { rounds: Some(1e15), ..CALLS }] {
        assert!(!story(load).findings.is_empty());
    }
}

/// httpx closes each connection after use where its idle cap is below what is open: its pool time-out then counts from the call (measured with
/// 0.28.1: 200 of 300 succeed). With a cap as large as the pool the time-out begins anew each time that a connection comes back.
#[test]
fn the_pool_time_out_of_httpx_counts_from_the_call_where_connections_are_closed() {
    let program = |limits: &str| {
        format!(
            "import asyncio\nimport httpx\n\n\nasync def ask(client, slots, n):\n    async with slots:\n        \
             return await client.get(f\"https://shop.example.com/{{n}}\", timeout=httpx.Timeout(60, pool=5))\n\n\n\
             async def main():\n    slots = asyncio.Semaphore(300)\n    async with httpx.AsyncClient({limits}) as client:\n        \
             await asyncio.gather(*(ask(client, slots, n) for n in range(300)))\n\n\nasyncio.run(main())\n"
        )
    };
    let failing = |limits: &str| {
        let tree = Tree::from_memory(vec![("app.py".into(), program(limits).into_bytes())]);
        let load = Load { latency: Some(3.0), ..Load::default() };
        let report = pool_advisor::check(&tree, Catalog::built_in(), &Settings { load, ..Settings::default() });
        report.cases[0].estimate.as_ref().unwrap().timed_out.unwrap()
    };
    assert!((failing("") - 1.0 / 3.0).abs() < 1e-9, "{}", failing(""));
    assert!(failing("limits=httpx.Limits(max_connections=100, max_keepalive_connections=100)") < 1e-9);
}
