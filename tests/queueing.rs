//! The queueing model against its known values, against itself, and against figures measured with real clients.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use pool_advisor::queueing::erlang::Arrivals;
use pool_advisor::queueing::model::Note;
use pool_advisor::queueing::simulate::{
    ClientCpu, GoneClients, Keep, Order, Outcome, Retries, ServerLimit, Setup, TimeOuts, WhenFull, run,
};
use pool_advisor::queueing::{AtLimit, Burst, ClosedLoop, HandOver, Limits, Scenario, Service, retry, what_if};

const SEED: Burst = Burst { requests: 500, limit: Some(30) };

fn constant(mean: f64) -> Service {
    Service::new(mean, None).unwrap()
}

/// The spread of all lognormal figures here: p95 = 2.25 means.
fn varying(mean: f64) -> Service {
    Service::new(mean, Some(2.25 * mean)).unwrap()
}

fn total(timeout: f64) -> TimeOuts {
    TimeOuts { total: Some(timeout), ..TimeOuts::default() }
}

fn near(what: &str, got: f64, expected: f64, within: f64) {
    assert!((got - expected).abs() <= within, "{what}: {got}, expected {expected} ± {within}");
}

fn simulate(setup: &Setup) -> Outcome {
    run(setup).unwrap()
}

/// Means over seeds.
fn mean(setup: &Setup, seeds: u64, figure: impl Fn(&Outcome) -> f64) -> f64 {
    (0..seeds).map(|seed| figure(&simulate(&Setup { seed, ..setup.clone() }))).sum::<f64>() / seeds as f64
}

#[test]
fn the_seed_without_any_latency() {
    assert_eq!(SEED.waves(), Some(17));
    near("share that queues", SEED.queue_share(), 0.94, 1e-12);
    near("mean wait", SEED.mean_wait(), 7.84, 1e-9);
    assert_eq!(SEED.longest_wait(), 16.0);
    assert_eq!(SEED.wait_at(0.95), 15.0);
    near("break-even", SEED.break_even(120.0).unwrap(), 7.06, 0.005);
}

#[test]
fn success_by_service_time() {
    for (service, share) in [(5.0, 1.0), (7.1, 0.96), (10.0, 0.72), (20.0, 0.36), (40.0, 0.18), (60.0, 0.12)] {
        near("success", SEED.outcome(&constant(service), Some(120.0)).success, share, 1e-9);
    }
    let edge = SEED.edge(40.0, 120.0).unwrap();
    assert_eq!(edge.wave, 3);
    near("edge", edge.low, 0.12, 1e-9);
    near("edge", edge.high, 0.18, 1e-9);
    assert_eq!(SEED.edge(45.0, 120.0), None);
    // Waves beyond the last one have no edge.
    assert_eq!(Burst { requests: 500, limit: Some(500) }.edge(40.0, 120.0), None);
}

#[test]
fn the_seed_in_seconds() {
    let outcome = SEED.outcome(&constant(40.0), Some(120.0));
    near("mean", outcome.mean_wait, 313.6, 0.01);
    assert_eq!((outcome.p95_wait, outcome.max_wait, outcome.wall), (600.0, 640.0, 680.0));
    let simulated = simulate(&Setup::burst(500, Some(30), constant(40.0)));
    near("simulated mean", simulated.waits.mean, 313.6, 0.01);
    assert_eq!((simulated.waits.p95, simulated.waits.max, simulated.wall), (600.0, 640.0, 680.0));
    assert_eq!(simulate(&Setup { time_outs: total(120.0), ..Setup::burst(500, Some(30), constant(40.0)) }).ok, 90);
    let wide = Burst { requests: 500, limit: Some(600) }.outcome(&varying(40.0), Some(120.0));
    assert!(wide.success >= 0.981 && wide.success <= 0.9835, "{}", wide.success);
    near("one in a hundred against thirty", Burst { requests: 100, limit: Some(30) }.outcome(&constant(1.0), None).mean_wait, 1.2, 1e-9);
    let stress = simulate(&Setup::burst(100, Some(30), constant(1.0)));
    assert_eq!((stress.waits.mean, stress.waits.max, stress.wall), (1.2, 3.0, 4.0));
    assert_eq!(simulate(&Setup::burst(100, Some(120), constant(1.0))).wall, 1.0);
}

#[test]
fn varying_service_time_in_a_burst() {
    // Limit; mean, 95th percentile and longest wait; success.
    let rows = [
        (30, 304.0, 605.0, 637.0, 0.164),
        (60, 139.0, 288.0, 304.0, 0.328),
        (100, 73.0, 161.0, 171.0, 0.545),
        (167, 33.9, 85.0, 91.0, 0.878),
        (200, 24.7, 66.0, 71.0, 0.934),
        (300, 9.8, 35.0, 38.0, 0.973),
        (500, 0.0, 0.0, 0.0, 0.983),
    ];
    for (limit, mean_wait, p95, longest, success) in rows {
        let outcome = Burst { requests: 500, limit: Some(limit) }.outcome(&varying(40.0), Some(120.0));
        // Half a second is the rounding of the printed figures.
        for (what, got, expected) in
            [("mean", outcome.mean_wait, mean_wait), ("p95", outcome.p95_wait, p95), ("max", outcome.max_wait, longest)]
        {
            near(&format!("{what} at {limit}"), got, expected, 0.012 * expected + 0.5);
        }
        near(&format!("success at {limit}"), outcome.success, success, 0.005);
        let setup = Setup { time_outs: total(120.0), ..Setup::burst(500, Some(limit), varying(40.0)) };
        near(&format!("simulated success at {limit}"), mean(&setup, 20, Outcome::success), success, 0.012);
    }
    // Found by simulation in steps of 10.
    let mut now = Scenario::new(500, Limits::single(Some(30)));
    (now.latency, now.latency_p95, now.time_outs.total) = (Some(40.0), Some(90.0), Some(120.0));
    let targets = what_if::answer(&what_if::Question::of(now)).unwrap().targets;
    for ((target, slots), (asked, expected)) in targets.iter().zip([(0.90, 180.0), (0.95, 240.0), (0.97, 300.0)]) {
        assert_eq!(*target, asked);
        near("fewest slots", slots.unwrap() as f64, expected, 20.0);
    }
    assert_eq!(targets[3], (0.99, None));
}

#[test]
fn a_narrow_server() {
    let server = ServerLimit { capacity: 128, when_full: WhenFull::Queue, gone: GoneClients::Stops };
    let through_server = Setup { time_outs: total(120.0), server: Some(server), ..Setup::burst(500, Some(600), varying(40.0)) };
    // 68.5 % is one draw; the mean of many is 69.9 %.
    let share = mean(&through_server, 40, Outcome::success);
    near("burst through 128", share, 0.685, 0.018);
    near("formula", Burst { requests: 500, limit: Some(128) }.outcome(&varying(40.0), Some(120.0)).success, share, 0.01);
    let behind_semaphore = Setup { semaphore: Some(128), ..through_server.clone() };
    near("with a semaphore", mean(&behind_semaphore, 20, Outcome::success), 0.982, 0.003);
    let closed = Setup { rounds: 4, ..through_server };
    near("closed loop", mean(&closed, 20, Outcome::success), 0.605, 0.02);
}

#[test]
fn closed_loops_with_time_outs() {
    let share = |limit, rounds, service, order| {
        let setup = Setup { time_outs: total(120.0), ..Setup::closed_loop(500, rounds, Some(limit), service, order) };
        simulate(&setup).success()
    };
    near("newcomer first, constant", share(30, 108, constant(40.0), Order::NewcomerFirst), 0.18, 0.001);
    near("bound", ClosedLoop { workers: 500, limit: Some(30), service: 40.0 }.success_bound(120.0), 0.18, 1e-9);
    for (limit, expected) in [(30, 0.179), (60, 0.344), (100, 0.523), (150, 0.665)] {
        near("newcomer first", share(limit, 108, varying(40.0), Order::NewcomerFirst), expected, 0.01);
    }
    for (limit, expected) in [(30, 0.073), (60, 0.152), (100, 0.359), (150, 0.703)] {
        near("first come first served, 40 rounds", share(limit, 40, varying(40.0), Order::Fifo), expected, 0.012);
    }
    near("first come first served, 108 rounds", share(30, 108, varying(40.0), Order::Fifo), 0.051, 0.003);
    // In lockstep 18 %; with differences of a thousandth it collapses.
    let nearly = Service::new(40.0, Some(40.04)).unwrap();
    assert!(share(30, 108, nearly, Order::Fifo) < 0.02);
}

#[test]
fn closed_loops_without_time_outs() {
    let seed = ClosedLoop { workers: 500, limit: Some(30), service: 40.0 };
    for (order, hand_over, hours) in [(Order::Fifo, HandOver::Fifo, 20.0), (Order::NewcomerFirst, HandOver::NewcomerFirst, 20.4)] {
        let formula = seed.outcome(108, hand_over).unwrap();
        let simulated = simulate(&Setup::closed_loop(500, 108, Some(30), constant(40.0), order));
        near("wall", formula.wall / 3600.0, hours, 0.001);
        near("simulated wall", simulated.wall / formula.wall, 1.0, 0.001);
        near("mean", simulated.waits.mean / formula.mean_wait, 1.0, 0.002);
        near("longest", simulated.waits.max / formula.max_wait, 1.0, 0.001);
    }
    let after = simulate(&Setup::closed_loop(500, 108, Some(600), constant(40.0), Order::Fifo));
    assert_eq!((after.wall, after.ok), (4320.0, 54_000));
    let slowest = simulate(&Setup::closed_loop(500, 108, Some(600), varying(40.0), Order::Fifo));
    near("the slowest worker, minutes", slowest.wall / 60.0, 86.5, 2.0);
    let retried = Setup {
        time_outs: total(120.0),
        retries: Retries { times: 2, backoff: 0.0, repeats_service: false },
        ..Setup::closed_loop(500, 108, Some(30), varying(40.0), Order::NewcomerFirst)
    };
    let retried = simulate(&retried);
    near("attempts", retried.attempts as f64, 112_000.0, 2_500.0);
    near("hours", retried.wall / 3600.0, 9.5, 0.1);
    near("success", retried.success(), 0.465, 0.012);
}

/// Client CPU of the measured rows.
const CPU: ClientCpu = ClientCpu { start: 0.000_12, connect: 0.000_2, end: 0.000_1 };

#[test]
fn rows_of_the_measurements_with_constant_times() {
    let burst = |workers, limit, service| Setup { cpu: CPU, ..Setup::burst(workers, Some(limit), constant(service)) };
    let server = |when_full| Some(ServerLimit { capacity: 50, when_full, gone: GoneClients::Stops });
    // Name, setup; predicted wall, ok, mean wait, longest wait, most in flight.
    let rows = [
        ("A1", burst(500, 30, 0.4), 6.84, 500, 3.157, 6.439, 30),
        ("A2", Setup { time_outs: total(1.25), ..burst(500, 30, 0.4) }, 1.25, 90, 0.608, 1.215, 30),
        ("A6", Setup { time_outs: total(1.2), ..burst(500, 600, 0.4) }, 0.561, 500, 0.08, 0.16, 500),
        ("A7", burst(100, 30, 1.0), 4.01, 100, 1.207, 3.009, 30),
        ("A8", burst(100, 120, 1.0), 1.033, 100, 0.016, 0.032, 100),
        ("A11", Setup { rounds: 10, order: Order::NewcomerFirst, ..burst(100, 30, 0.2) }, 8.082, 1000, 0.244, 6.063, 30),
        ("A15", Setup { time_outs: total(1.2), server: server(WhenFull::Queue), ..burst(500, 600, 0.4) }, 1.2, 100, 0.08, 0.16, 500),
        ("A16", Setup { server: server(WhenFull::Queue), ..burst(500, 600, 0.4) }, 4.017, 500, 0.08, 0.16, 500),
        ("A17", Setup { server: server(WhenFull::Queue), ..burst(500, 60, 0.4) }, 4.017, 500, 1.738, 3.615, 60),
        ("A20", Setup { semaphore: Some(120), time_outs: total(1.2), ..burst(500, 600, 0.4) }, 2.016, 500, 0.005, 0.038, 120),
        (
            "A22",
            Setup { limits: Limits { total: Some(40), per_host: Some(20), hosts: 3 }, ..burst(300, 20, 0.4) },
            3.222,
            300,
            1.32,
            2.821,
            40,
        ),
        ("V1", Setup { semaphore: Some(30), time_outs: total(1.3), ..burst(500, 600, 0.4) }, 6.84, 500, 0.001, 0.01, 30),
        ("V2", Setup { time_outs: total(1.3), ..burst(500, 100, 0.4) }, 1.3, 300, 0.619, 1.238, 100),
        ("V11", Setup { rounds: 4, order: Order::NewcomerFirst, ..burst(500, 500, 0.4) }, 1.767, 2000, 0.021, 0.16, 500),
    ];
    for (name, setup, wall, ok, wait, longest, in_flight) in rows {
        let outcome = simulate(&setup);
        near(&format!("{name} wall"), outcome.wall, wall, 0.02 * wall);
        assert_eq!(outcome.ok, ok, "{name}");
        near(&format!("{name} mean"), outcome.waits.mean, wait, 0.02 * wait + 0.001);
        near(&format!("{name} longest"), outcome.waits.max, longest, 0.02 * longest + 0.001);
        assert_eq!(outcome.peak_in_flight, in_flight, "{name}");
    }
    // Rejected: three waves of 50 between pauses of 0.2, 0.4 and 0.8 s.
    let rejecting = Setup {
        server: server(WhenFull::Reject),
        retries: Retries { times: 3, backoff: 0.2, repeats_service: true },
        ..Setup::burst(300, Some(600), constant(0.4))
    };
    let outcome = simulate(&rejecting);
    assert_eq!((outcome.ok, outcome.attempts, outcome.wall), (150, 1000, 1.8));
}

#[test]
fn rows_of_the_measurements_with_varying_times() {
    let burst = |limit| Setup { cpu: CPU, ..Setup::burst(500, Some(limit), varying(0.4)) };
    let worked_on = Some(ServerLimit { capacity: 50, when_full: WhenFull::Queue, gone: GoneClients::EndsWhatItBegan });
    let closed = |workers, rounds, service, timeout, order| Setup {
        cpu: CPU,
        time_outs: total(timeout),
        ..Setup::closed_loop(workers, rounds, Some(30), varying(service), order)
    };
    let narrow = Some(ServerLimit { capacity: 128, when_full: WhenFull::Queue, gone: GoneClients::Stops });
    let retry = |backoff| Retries { times: 2, backoff, repeats_service: true };
    // Each row was one draw of service times; what must hold is that it lies among ours.
    let rows = [
        ("A3", Setup { time_outs: total(1.2), ..burst(30) }, 82),
        ("A4", burst(30), 500),
        ("A5", Setup { time_outs: total(1.2), ..burst(600) }, 493),
        ("A9", Setup { time_outs: TimeOuts { queue: Some(1.2), ..TimeOuts::default() }, ..burst(30) }, 112),
        ("A10", Setup { time_outs: TimeOuts { read: Some(1.0), ..TimeOuts::default() }, ..burst(30) }, 487),
        ("A13", closed(100, 10, 0.2, 0.6, Order::NewcomerFirst), 658),
        ("A14", Setup { workers: 300, time_outs: total(1.2), retries: retry(0.2), ..burst(30) }, 217),
        ("A18", Setup { time_outs: total(1.2), retries: retry(0.2), server: worked_on, ..burst(600) }, 340),
        ("V3", Setup { time_outs: total(1.3), ..burst(100) }, 278),
        ("V5", Setup { time_outs: total(1.3), ..burst(200) }, 475),
        ("V6", Setup { time_outs: total(1.3), ..burst(500) }, 488),
        ("V8", Setup { retries: retry(0.1), ..closed(500, 8, 0.4, 1.3, Order::NewcomerFirst) }, 2024),
        ("V9", Setup { limits: Limits::single(Some(600)), server: narrow, ..closed(500, 8, 0.4, 1.3, Order::NewcomerFirst) }, 2561),
        ("no await", closed(500, 8, 0.4, 1.3, Order::NewcomerFirst), 748),
        ("await", closed(500, 8, 0.4, 1.3, Order::Fifo), 537),
        (
            "V10",
            Setup { limits: Limits::single(None), server: narrow, semaphore: Some(128), ..closed(500, 8, 0.4, 1.3, Order::Fifo) },
            3954,
        ),
    ];
    for (name, setup, ok) in rows {
        let all: Vec<u64> = (0..60).map(|seed| simulate(&Setup { seed, ..setup.clone() }).ok).collect();
        let (least, most) = (all.iter().min().unwrap(), all.iter().max().unwrap());
        // A tenth more on both sides, for sixty draws are not all.
        let slack = (most - least) / 10;
        assert!(least - slack.min(*least) <= ok && ok <= most + slack, "{name}: {ok} is not in {least}–{most}");
        assert!(*most as f64 <= *least as f64 * 1.5, "{name}: {least}–{most} says nothing");
    }
}

#[test]
fn other_clients() {
    let threads = |pause| Setup {
        limits: Limits::single(None),
        keep: Keep::IdlePerHost(10),
        pause,
        ..Setup::closed_loop(100, 5, None, constant(0.4), Order::NewcomerFirst)
    };
    // Without a pause each thread takes its own connection back; discarding shows at the end only.
    assert_eq!(simulate(&threads(0.0)).opened, 100);
    let between = simulate(&threads(0.1));
    assert_eq!((between.opened, between.peak_in_flight, between.peak_queue), (460, 100, 0));
    let nothing_kept = Setup { keep: Keep::Idle(0), ..threads(0.0) };
    assert_eq!(simulate(&nothing_kept).opened, 500);
    let by_open_ones = Setup { keep: Keep::Open(20), ..Setup::closed_loop(100, 10, Some(100), constant(0.1), Order::NewcomerFirst) };
    assert!(simulate(&by_open_ones).opened > 950);
    let raising = Setup { fails_at_limit: true, ..Setup::burst(60, Some(20), constant(0.2)) };
    let outcome = simulate(&raising);
    assert_eq!((outcome.ok, outcome.failed, outcome.refused), (20, 40, 40));
    let blocking =
        |queue| Setup { time_outs: TimeOuts { queue: Some(queue), ..TimeOuts::default() }, ..Setup::burst(60, Some(20), constant(0.2)) };
    assert_eq!(simulate(&blocking(0.3)).ok, 40);
    let patient = simulate(&blocking(20.0));
    assert_eq!((patient.ok, patient.wall), (60, 0.6));
    // A timer that each release restarts only fires in a gap between releases.
    let mut restarting = blocking(0.3);
    restarting.time_outs.queue_restarts = true;
    assert_eq!(simulate(&restarting).ok, 60);
    restarting.time_outs.queue = Some(0.15);
    assert_eq!(simulate(&restarting).ok, 20);
}

#[test]
fn database_pools() {
    // Rate, service time, connections; P(wait), mean wait and its 95th percentile, ms.
    let rows = [(80.0, 10, 0.409, 20.5, 105.0), (90.0, 10, 0.669, 67.0, 259.0), (40.0, 5, 0.554, 55.0, 241.0)];
    for (rate, connections, wait, mean_ms, p95_ms) in rows {
        let arrivals = Arrivals { rate, service: 0.1 };
        near("P(wait)", arrivals.wait_probability(connections), wait, 0.0006);
        near("mean", arrivals.mean_wait(connections) * 1000.0, mean_ms, 0.5);
        near("p95", arrivals.wait_quantile(0.95, connections) * 1000.0, p95_ms, 0.6);
    }
}

#[test]
fn retries_by_formula_where_the_failures_do_not_depend_on_the_load() {
    // A slot for each, so that nobody waits: an attempt fails when the call alone is too long.
    let service = varying(40.0);
    for (time_out, times) in [(30.0, 1), (30.0, 3), (60.0, 2), (90.0, 5)] {
        let setup = Setup {
            time_outs: total(time_out),
            retries: Retries { times, backoff: 0.5, repeats_service: false },
            ..Setup::burst(20_000, None, service)
        };
        let outcome = simulate(&setup);
        let failure = 1.0 - service.cdf(time_out);
        near("attempts", outcome.attempts as f64 / 20_000.0, retry::amplification(failure, times), 0.02);
    }
}

#[test]
fn connections_that_are_closed_too_fast_run_out_of_ports() {
    let churning = |latency: f64, rounds: u64| {
        let mut scenario = Scenario::new(100, Limits::single(Some(0)));
        (scenario.at_limit, scenario.latency, scenario.rounds, scenario.pause) = (AtLimit::Churn, Some(latency), rounds, 0.0);
        scenario.predict().unwrap().notes.iter().any(|note| matches!(note, Note::PortsRunOut { .. }))
    };
    // 100 workers that open a connection for each call: 500 a second for two minutes, 100 a second, and 500 a second for ten seconds.
    assert!(churning(0.2, 600));
    assert!(!churning(1.0, 600));
    assert!(!churning(0.2, 50));
}

#[test]
fn what_is_too_large_to_simulate_is_bounded() {
    let mut scenario = Scenario::new(1_000_000_000, Limits::single(Some(30)));
    (scenario.latency, scenario.time_outs.total, scenario.rounds) = (Some(40.0), Some(120.0), 100);
    let prediction = scenario.predict().unwrap();
    assert_eq!(prediction.figures, None);
    assert!(prediction.notes.contains(&Note::TooLarge { at_best: Some(30.0 * 120.0 / (1e9 * 40.0)) }));
    // Where calls vary, the long ones are cut off and no such bound holds.
    scenario.latency_p95 = Some(90.0);
    assert!(scenario.predict().unwrap().notes.contains(&Note::TooLarge { at_best: None }));
}
