//! Answers to what-if questions.
#![allow(clippy::unwrap_used)]
use super::*;
use crate::queueing::simulate::{GoneClients, ServerLimit, WhenFull};

fn seed(p95: Option<f64>) -> Question {
    let mut now = Scenario::new(500, Limits { total: Some(100), per_host: Some(30), hosts: 1 });
    now.latency = Some(40.0);
    now.latency_p95 = p95;
    now.time_outs = TimeOuts { total: Some(120.0), ..TimeOuts::default() };
    Question::of(now)
}

fn success(answer: &Answer, change: impl Fn(&Change) -> bool) -> f64 {
    answer.columns.iter().find(|column| change(&column.change)).unwrap().burst.figures.as_ref().unwrap().success.high
}

#[test]
fn before_after_and_what_else() {
    let answer = answer(&seed(Some(90.0))).unwrap();
    let changes: Vec<Change> = answer.columns.iter().map(|column| column.change).collect();
    assert!(matches!(changes[..], [Change::Nothing, Change::AsAdvised, Change::AtOnce(30), Change::TimeOut(_)]), "{changes:?}");
    assert!((success(&answer, |change| *change == Change::Nothing) - 0.163).abs() < 0.005);
    assert!((success(&answer, |change| *change == Change::AsAdvised) - 0.982).abs() < 0.002);
    assert!(success(&answer, |change| matches!(change, Change::TimeOut(_))) >= ALMOST_ALL);
    let (slots, knee) = answer.knee.unwrap();
    assert!(knee == Knee::Success && (250..350).contains(&slots), "{slots}");
    assert!(answer.sweep.windows(2).all(|pair| pair[0].slots < pair[1].slots && pair[0].outcome.success <= pair[1].outcome.success));
}

#[test]
fn a_longer_time_out_stays_away_from_the_edge() {
    let answer = answer(&seed(None)).unwrap();
    let column = answer.columns.iter().find(|column| matches!(column.change, Change::TimeOut(_))).unwrap();
    assert_eq!(column.scenario.time_outs.total, Some(720.0));
    let figures = column.burst.figures.as_ref().unwrap();
    assert_eq!((figures.success.low, figures.wall.high), (1.0, 680.0));
}

#[test]
fn behind_a_narrow_server_the_pool_alone_does_not_help() {
    let mut question = seed(Some(90.0));
    question.now.server = Some(ServerLimit { capacity: 128, when_full: WhenFull::Queue, gone: GoneClients::Stops });
    let answer = answer(&question).unwrap();
    assert_eq!(answer.advice.unwrap().semaphore, Some(128));
    assert!(success(&answer, |change| *change == Change::AsAdvised) > 0.97);
    let alone = success(&answer, |change| *change == Change::PoolAlone);
    assert!((alone - 0.69).abs() < 0.02, "{alone}");
    assert!(answer.knee.unwrap().0 <= 128);
}

#[test]
fn without_a_latency_the_knee_is_of_the_wait() {
    let mut question = seed(None);
    question.now.latency = None;
    let answer = answer(&question).unwrap();
    let (slots, knee) = answer.knee.unwrap();
    assert_eq!(knee, Knee::Wait);
    let wait = |limit| Burst { requests: 500, limit: Some(limit) }.mean_wait();
    assert!(wait(slots) <= 1.0 && wait(slots - 1) > 1.0, "{slots}");
    assert!(answer.columns.iter().all(|column| column.burst.figures.is_none()));
}

#[test]
fn a_database_pool_is_not_sized_by_concurrency() {
    let answer = answer(&Question { sized_by_concurrency: false, ..seed(None) }).unwrap();
    assert!(answer.advice.is_none() && answer.sizes.is_empty());
    assert!(answer.columns.iter().all(|column| column.change != Change::AsAdvised));
}

#[test]
fn huge_figures_are_answered() {
    let mut question = seed(Some(90.0));
    question.now.concurrency = 1_000_000_000;
    question.now.rounds = 1_000_000;
    assert!(answer(&question).is_ok());
    question.now.limits = Limits { total: Some(0), per_host: Some(0), hosts: 3 };
    assert!(answer(&question).is_ok());
}

#[test]
fn times_are_rounded_up_to_two_digits() {
    for (seconds, rounded) in [(715.8, 720.0), (680.0, 680.0), (0.123, 0.13), (7.2, 7.2)] {
        assert!((round_time(seconds) - rounded).abs() < 1e-9, "{seconds}");
    }
}
