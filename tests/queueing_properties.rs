//! What must hold of the queueing model for any numbers, formula against simulator over a grid, and the predictions of scenarios.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use pool_advisor::queueing::erlang::{Arrivals, erlang_c};
use pool_advisor::queueing::model::{Method, Note, Shape, WaitsOf};
use pool_advisor::queueing::renewal::Renewals;
use pool_advisor::queueing::simulate::{Draws, GoneClients, Order, Retries, ServerLimit, Setup, WhenFull, run};
use pool_advisor::queueing::{AtLimit, Burst, HandOver, Limits, Range, Scenario, Service, retry, sizing};
use proptest::prelude::*;
use rayon::prelude::*;

/// Time-outs of the grid in mean service times.
const TIME_OUTS: [f64; 8] = [0.9, 1.3, 1.7, 2.4, 3.2, 5.3, 9.7, 14.5];

#[test]
fn formula_and_simulator_agree_over_a_grid() {
    let mut cells = Vec::new();
    for ratio in [1.0, 1.3, 1.8, 2.25, 3.0] {
        for requests in [150_u64, 400] {
            for waves in [1.3, 1.7, 2.0, 3.0, 5.5, 10.0, 16.7] {
                cells.push((ratio, requests, (requests as f64 / waves).round() as u64));
            }
        }
    }
    assert!(cells.len() * TIME_OUTS.len() >= 500);
    let wrong: Vec<String> = cells.par_iter().flat_map_iter(|(ratio, requests, slots)| disagreements(*ratio, *requests, *slots)).collect();
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Where formula and simulator differ by more than 3 % of a wait (or 1 % of a call) or a point of success.
fn disagreements(ratio: f64, requests: u64, slots: u64) -> Vec<String> {
    let service = Service::new(40.0, Some(40.0 * ratio)).unwrap();
    let burst = Burst { requests, limit: Some(slots) };
    // One table for all draws; it is most of the cost.
    let table = if let Service::Lognormal(distribution) = service { Some((Renewals::new(&distribution), distribution)) } else { None };
    let by_formula = |time_out: Option<f64>| match &table {
        Some((renewals, distribution)) => burst.varying(renewals, distribution, time_out),
        None => burst.outcome(&service, time_out),
    };
    let seeds = if ratio == 1.0 { 1 } else { 12_000 / requests };
    // Three waits, then success by time-out.
    let mut formula = [0.0; 3 + TIME_OUTS.len()];
    let mut simulated = formula;
    for seed in 0..seeds {
        // The draws of so few requests are a few per cent longer or shorter than 40 s: the formula is asked for their own mean,
        // which is the same as for a time-out that is as much shorter or longer.
        let draws = Draws::new(seed, service);
        let mean = (0..requests).map(|worker| draws.service(worker, 0)).sum::<f64>() / requests as f64;
        let scale = mean / 40.0;
        let mut setup = Setup { seed, ..Setup::burst(requests, Some(slots), service) };
        let (outcome, waits) = (by_formula(None), run(&setup).unwrap().waits);
        let mut add = |index: usize, by_formula: f64, by_simulation: f64| {
            formula[index] += by_formula / seeds as f64;
            simulated[index] += by_simulation / seeds as f64;
        };
        add(0, outcome.mean_wait * scale, waits.mean);
        add(1, outcome.p95_wait * scale, waits.p95);
        add(2, outcome.max_wait * scale, waits.max);
        for (index, time_out) in TIME_OUTS.into_iter().enumerate() {
            setup.time_outs.total = Some(40.0 * time_out);
            add(3 + index, by_formula(Some(40.0 * time_out / scale)).success, run(&setup).unwrap().success());
        }
    }
    let allowed = |index: usize| if index < 3 { 0.03 * simulated[index] + 0.4 } else { 0.01 };
    let figures = formula.iter().zip(&simulated).enumerate();
    figures
        .filter(|(index, (formula, simulated))| (*formula - *simulated).abs() > allowed(*index))
        .map(|(index, (formula, simulated))| {
            format!("p95/mean {ratio}, {requests} through {slots}, figure {index}: {formula:.3} {simulated:.3}")
        })
        .collect()
}

fn services() -> impl Strategy<Value = Service> {
    (1e-3..1e6_f64, 1.001..3.8_f64, any::<bool>())
        .prop_map(|(mean, ratio, constant)| Service::new(mean, (!constant).then_some(mean * ratio)).unwrap())
}

fn counts() -> impl Strategy<Value = u64> {
    prop_oneof![0..3_u64, 1..2000_u64, 1..=1_000_000_000_u64, Just(u64::MAX)]
}

fn limits() -> impl Strategy<Value = Option<u64>> {
    prop_oneof![Just(None), counts().prop_map(Some)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn more_slots_never_wait_longer(requests in counts(), slots in counts(), more in 1..1000_u64, service in services(), time_out in 1e-3..1e7_f64) {
        let fewer = Burst { requests, limit: Some(slots) }.outcome(&service, Some(time_out));
        let wider = Burst { requests, limit: Some(slots.saturating_add(more)) }.outcome(&service, Some(time_out));
        let slack = 1e-9 * fewer.max_wait.min(1e300);
        for (fewer, wider) in [(fewer.mean_wait, wider.mean_wait), (fewer.p95_wait, wider.p95_wait), (fewer.max_wait, wider.max_wait), (fewer.wall, wider.wall)] {
            prop_assert!(wider <= fewer + slack, "{} {}", fewer, wider);
        }
        prop_assert!(wider.success >= fewer.success - 1e-9);
    }

    #[test]
    fn figures_are_figures(requests in counts(), limit in limits(), service in services(), time_out in prop_oneof![Just(None), (0.0..1e12_f64).prop_map(Some)]) {
        let burst = Burst { requests, limit };
        let outcome = burst.outcome(&service, time_out);
        prop_assert!((0.0..=1.0).contains(&outcome.success));
        prop_assert!((0.0..=1.0).contains(&burst.queue_share()));
        for wait in [outcome.mean_wait, outcome.p95_wait, outcome.max_wait, outcome.wall, burst.mean_wait(), burst.longest_wait(), burst.slow_down()] {
            prop_assert!(!wait.is_nan() && wait >= 0.0);
            prop_assert!(wait.is_finite() || limit == Some(0));
        }
        prop_assert!(outcome.mean_wait <= outcome.max_wait * (1.0 + 1e-9));
        prop_assert!(outcome.p95_wait <= outcome.max_wait * (1.0 + 1e-9));
        if let (Some(edge), Service::Constant(_)) = (outcome.edge, service) {
            prop_assert!(edge.low <= outcome.success + 1e-12 && outcome.success <= edge.high + 1e-12);
        }
        if limit.is_none_or(|limit| limit >= requests) {
            prop_assert_eq!(outcome.max_wait, 0.0);
        }
    }

    #[test]
    fn times_scale(requests in 1..1000_u64, slots in 1..1000_u64, factor in 1e-3..1e3_f64) {
        // Seconds or hours: a burst does not know the unit.
        let burst = Burst { requests, limit: Some(slots) };
        let (one, scaled) = (Service::new(1.0, Some(2.0)).unwrap(), Service::new(factor, Some(2.0 * factor)).unwrap());
        let (one, scaled) = (burst.outcome(&one, Some(3.0)), burst.outcome(&scaled, Some(3.0 * factor)));
        prop_assert!((one.mean_wait * factor - scaled.mean_wait).abs() <= 1e-6 * scaled.mean_wait);
        prop_assert!((one.success - scaled.success).abs() <= 1e-6);
    }

    #[test]
    fn the_simulator_keeps_count(
        workers in 0..40_u64, rounds in 0..6_u64, total in prop_oneof![Just(None), (0..30_u64).prop_map(Some)],
        per_host in prop_oneof![Just(None), (0..10_u64).prop_map(Some)], hosts in 1..4_u64, newcomer in any::<bool>(),
        semaphore in prop_oneof![Just(None), (1..20_u64).prop_map(Some)], capacity in prop_oneof![Just(None), (1..10_u64).prop_map(Some)],
        rejects in any::<bool>(), gone in 0..3_u8, time_out in prop_oneof![Just(None), (0.1..8.0_f64).prop_map(Some)],
        queue in prop_oneof![Just(None), (0.1..4.0_f64).prop_map(Some)], read in prop_oneof![Just(None), (0.1..4.0_f64).prop_map(Some)],
        flags in 0..16_u8, retries in 0..3_u32, pause in prop_oneof![Just(0.0), 0.0..1.0_f64], seed in any::<u64>(),
    ) {
        let mut setup = Setup::closed_loop(workers, rounds, None, Service::new(1.0, Some(2.0)).unwrap(), if newcomer { Order::NewcomerFirst } else { Order::Fifo });
        setup.limits = Limits { total, per_host, hosts };
        setup.semaphore = semaphore;
        setup.server = capacity.map(|capacity| ServerLimit {
            capacity,
            when_full: if rejects { WhenFull::Reject } else { WhenFull::Queue },
            gone: [GoneClients::Stops, GoneClients::EndsWhatItBegan, GoneClients::NeverNotices][usize::from(gone)],
        });
        setup.time_outs.total = time_out;
        setup.time_outs.queue = queue;
        setup.time_outs.queue_restarts = flags & 1 != 0;
        setup.time_outs.whole_seconds = flags & 2 != 0;
        setup.fails_at_limit = flags & 4 != 0;
        setup.time_outs.read = read;
        setup.retries = Retries { times: retries, backoff: 0.1, repeats_service: flags & 8 != 0 };
        setup.pause = pause;
        setup.seed = seed;
        let outcome = run(&setup).unwrap();
        prop_assert_eq!(outcome.ok + outcome.failed + outcome.stuck, workers * rounds);
        prop_assert!(outcome.attempts <= workers * rounds * (u64::from(retries) + 1));
        prop_assert_eq!(outcome.wall.is_infinite(), outcome.stuck > 0);
        // Only without a slot and without an end to waiting is anybody stuck.
        if setup.limits.effective() != Some(0) { prop_assert_eq!(outcome.stuck, 0); }
        if let Some(limit) = setup.limits.effective() { prop_assert!(outcome.peak_in_flight <= limit); }
        if let Some(permits) = semaphore { prop_assert!(outcome.peak_in_flight <= permits); }
        if let Some(time_out) = time_out { prop_assert!(outcome.waits.max <= time_out + 1.0); }
        prop_assert!(outcome.waits.mean <= outcome.waits.max + 1e-9 && outcome.waits.median <= outcome.waits.p95);
        prop_assert_eq!(&outcome, &run(&setup).unwrap());
    }

    #[test]
    fn little_s_law_holds_in_the_simulator(workers in 1..60_u64, slots in 1..60_u64, newcomer in any::<bool>(), seed in any::<u64>()) {
        let order = if newcomer { Order::NewcomerFirst } else { Order::Fifo };
        let outcome = run(&Setup { seed, ..Setup::closed_loop(workers, 20, Some(slots), Service::new(1.0, Some(2.0)).unwrap(), order) }).unwrap();
        let queued: f64 = outcome.timeline.windows(2).map(|pair| pair[0].queued * (pair[1].at - pair[0].at)).sum::<f64>()
            + outcome.timeline.last().map_or(0.0, |last| last.queued * (outcome.wall - last.at));
        let waited = outcome.waits.mean * outcome.ok as f64;
        prop_assert!((queued - waited).abs() <= 1e-6 * waited.max(1.0), "{} {}", queued, waited);
    }

    #[test]
    fn erlang_c_falls_with_connections(load in 1e-3..5e3_f64, connections in 0..6000_u64) {
        let (fewer, more) = (erlang_c(load, connections), erlang_c(load, connections + 1));
        prop_assert!((0.0..=1.0).contains(&fewer) && more <= fewer + 1e-12);
        let arrivals = Arrivals { rate: load, service: 1.0 };
        let needed = arrivals.connections_for(0.05, 0.0).unwrap();
        prop_assert!(arrivals.wait_probability(needed) <= 0.05);
        prop_assert!(arrivals.wait_probability(needed - 1) > 0.05);
    }

    #[test]
    fn retries_stay_within_their_number(failure in -1.0..2.0_f64, retries in 0..100_u32) {
        let attempts = retry::amplification(failure, retries);
        prop_assert!(attempts >= 1.0 && attempts <= f64::from(retries) + 1.0);
    }

    #[test]
    fn advice_is_never_below_the_floor(concurrency in 1..1_000_000_000_u64, capacity in limits(), present in limits()) {
        let advice = sizing::advise(&sizing::Demand {
            server_capacity: capacity,
            present: present.map(|limit| Limits::single(Some(limit))),
            open_files: Some(1024),
            ..sizing::Demand::single_host(concurrency)
        });
        prop_assert!(advice.per_host >= advice.floor.connections && advice.total >= advice.per_host);
        prop_assert_eq!(advice.semaphore.is_some(), capacity.is_some_and(|capacity| capacity < concurrency));
    }

    #[test]
    fn any_scenario_is_predicted(
        concurrency in prop_oneof![9 => 0..300_u64, 1 => Just(1_000_000_000_u64)], limit in limits(), rounds in 0..5_u64,
        latency in prop_oneof![Just(None), (1e-3..1e3_f64).prop_map(Some)], ratio in prop_oneof![Just(None), (1.01..3.8_f64).prop_map(Some)],
        time_out in prop_oneof![Just(None), (1e-3..1e4_f64).prop_map(Some)], kind in 0..3_u8, capacity in prop_oneof![Just(None), (0..700_u64).prop_map(Some)],
        at_limit in 0..5_u8,
    ) {
        let mut scenario = Scenario::new(concurrency, Limits::single(limit));
        scenario.latency = latency;
        scenario.latency_p95 = latency.and_then(|latency| ratio.map(|ratio| latency * ratio));
        scenario.rounds = rounds;
        match kind { 0 => scenario.time_outs.total = time_out, 1 => scenario.time_outs.queue = time_out, _ => scenario.time_outs.read = time_out }
        scenario.time_outs.whole_seconds = true;
        scenario.at_limit = [AtLimit::Wait, AtLimit::Discard, AtLimit::Churn, AtLimit::Error, AtLimit::Unbounded][usize::from(at_limit)];
        scenario.server = capacity.map(|capacity| ServerLimit { capacity, when_full: WhenFull::Queue, gone: GoneClients::Stops });
        let prediction = scenario.predict().unwrap();
        if let Some(figures) = prediction.figures {
            for Range { low, high } in [figures.success, figures.mean_wait, figures.p95_wait, figures.max_wait, figures.wall, figures.attempts] {
                prop_assert!(!low.is_nan() && !high.is_nan() && low <= high && low >= 0.0);
            }
            prop_assert!(figures.success.high <= 1.0);
        } else {
            let is_too_large = prediction.notes.iter().any(|note| matches!(note, Note::TooLarge { .. }));
            prop_assert!(latency.is_none() || is_too_large);
        }
    }
}

/// The program that began it: 500 tasks, 30 connections a host, 40 s calls, 120 s time-out.
fn seed() -> Scenario {
    let mut scenario = Scenario::new(500, Limits { total: Some(100), per_host: Some(30), hosts: 1 });
    scenario.latency = Some(40.0);
    scenario.time_outs.total = Some(120.0);
    scenario
}

#[test]
fn without_a_latency_only_service_times_are_said() {
    let prediction = Scenario { latency: None, ..seed() }.predict().unwrap();
    assert_eq!(prediction.burst.waves(), Some(17));
    assert!((prediction.break_even.unwrap() - 7.06).abs() < 0.005);
    assert_eq!(prediction.figures, None);
}

#[test]
fn the_seed_is_an_edge() {
    let prediction = seed().predict().unwrap();
    let figures = prediction.figures.unwrap();
    assert_eq!((prediction.shape, figures.method, figures.waits_of), (Shape::Burst, Method::Formula, WaitsOf::Everybody));
    assert!((figures.success.low - 0.12).abs() < 1e-9 && (figures.success.high - 0.18).abs() < 1e-9);
    assert_eq!(prediction.notes[0], Note::Edge { wave: 3 });
    assert_eq!((figures.peak_in_flight, figures.peak_queue), (30, 470));
    let varying = Scenario { latency_p95: Some(90.0), ..seed() }.predict().unwrap();
    let figures = varying.figures.unwrap();
    assert!((figures.success.low - 0.163).abs() < 0.005 && figures.success.is_one_number());
    assert_eq!(varying.notes, [Note::TimeOutTooShort { share: 1.0 - Service::new(40.0, Some(90.0)).unwrap().cdf(120.0), attempts: 1.0 }]);
    assert!(!figures.timeline.is_empty());
}

#[test]
fn rounding_of_long_time_outs_widens_the_range() {
    let mut scenario = Scenario { latency_p95: Some(90.0), ..seed() };
    scenario.time_outs.whole_seconds = true;
    let prediction = scenario.predict().unwrap();
    assert!(prediction.notes.contains(&Note::WholeSeconds));
    let success = prediction.figures.unwrap().success;
    assert!(success.high > success.low && success.high - success.low < 0.005);
}

#[test]
fn an_unknown_hand_over_gives_a_range_with_its_reason() {
    let scenario = Scenario { rounds: 108, latency_p95: Some(90.0), ..seed() };
    let prediction = scenario.predict().unwrap();
    let figures = prediction.figures.unwrap();
    assert_eq!(prediction.shape, Shape::ClosedLoop);
    assert!(prediction.notes.contains(&Note::HandOverUnknown));
    assert!((figures.success.low - 0.051).abs() < 0.005, "{:?}", figures.success);
    assert!((figures.success.high - 0.178).abs() < 0.005, "{:?}", figures.success);
    let known = Scenario { hand_over: HandOver::NewcomerFirst, ..scenario.clone() }.predict().unwrap();
    assert!(!known.notes.contains(&Note::HandOverUnknown));
    assert!(known.figures.unwrap().success.low > 0.17);
    // A pause between two requests makes it first come, first served.
    assert_eq!(Scenario { pause: 0.005, ..scenario.clone() }.orders(), [Order::Fifo]);
    // So many slots that the order does not matter.
    assert_eq!(Scenario { limits: Limits::single(Some(600)), ..scenario }.orders(), [Order::Fifo]);
    let lockstep = Scenario { rounds: 108, hand_over: HandOver::Fifo, ..seed() }.predict().unwrap();
    assert!(lockstep.notes.contains(&Note::Lockstep));
    let success = lockstep.figures.unwrap().success;
    assert!(success.low < 0.02 && success.high > 0.17, "{success:?}");
}

#[test]
fn a_server_that_is_the_narrower_place_is_named() {
    let server = Some(ServerLimit { capacity: 128, when_full: WhenFull::Queue, gone: GoneClients::Stops });
    let wide = Scenario { limits: Limits::single(Some(600)), latency_p95: Some(90.0), server, ..seed() };
    let prediction = wide.predict().unwrap();
    assert!(prediction.notes.contains(&Note::ServerBinds { capacity: 128 }));
    assert!((prediction.figures.unwrap().success.low - 0.699).abs() < 0.01);
    // In a closed loop it decides whether the server goes on working for clients that have gone.
    let closed = Scenario { rounds: 20, ..wide.clone() };
    let unknown = closed.predict().unwrap();
    assert!(unknown.notes.contains(&Note::GoneClientsUnknown));
    let success = unknown.figures.unwrap().success;
    assert!(success.low < 0.1 && success.high > 0.5, "{success:?}");
    let known = Scenario { gone_unknown: false, ..closed }.predict().unwrap();
    assert!(!known.notes.contains(&Note::GoneClientsUnknown) && known.figures.unwrap().success.low > 0.5);
    let behind = Scenario { semaphore: Some(128), ..wide }.predict().unwrap();
    assert!(!behind.notes.iter().any(|note| matches!(note, Note::ServerBinds { .. })));
    assert!((behind.figures.unwrap().success.low - 0.982).abs() < 0.006);
}

#[test]
fn time_outs_break_even_by_what_they_count() {
    let with = |change: fn(&mut Scenario)| {
        let mut scenario = seed();
        scenario.time_outs.total = None;
        change(&mut scenario);
        scenario.break_even()
    };
    assert_eq!(with(|_| ()), None);
    assert_eq!(with(|scenario| scenario.time_outs.queue = Some(120.0)), Some(7.5));
    assert_eq!(with(|scenario| scenario.time_outs.read = Some(120.0)), Some(120.0));
    assert_eq!(
        with(|scenario| {
            scenario.time_outs.queue = Some(5.0);
            scenario.time_outs.queue_restarts = true;
        }),
        Some(5.0)
    );
    assert_eq!(
        with(|scenario| {
            scenario.time_outs.total = Some(120.0);
            scenario.semaphore = Some(30);
        }),
        Some(120.0)
    );
}

#[test]
fn large_loops_are_simulated_in_proportion() {
    let scenario = Scenario {
        concurrency: 50_000,
        limits: Limits::single(Some(3000)),
        rounds: 108,
        latency_p95: Some(90.0),
        hand_over: HandOver::NewcomerFirst,
        ..seed()
    };
    let prediction = scenario.predict().unwrap();
    assert!(prediction.notes.iter().any(|note| matches!(note, Note::Scaled { .. })));
    let figures = prediction.figures.unwrap();
    assert!((figures.success.low - 0.178).abs() < 0.01, "{:?}", figures.success);
    assert!((figures.wall.low / 12_960.0 - 1.0).abs() < 0.02, "{:?}", figures.wall);
    assert_eq!(figures.peak_in_flight, 3000);
}
