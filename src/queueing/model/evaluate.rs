//! Picks the method and collects the figures.

use rayon::prelude::*;

use super::{Figures, Method, Note, Prediction, Range, Scenario, Shape, WaitsOf};
use crate::queueing::burst::EDGE;
use crate::queueing::capacity::server_binds as server_is_narrower;
use crate::queueing::limits::ports_used;
use crate::queueing::retry::amplification;
use crate::queueing::service::Impossible;
use crate::queueing::simulate::{Drawn, GoneClients, Keep, Order, Outcome, Retries, ServerLimit, Setup, WhenFull, run_sharing};
use crate::queueing::{AtLimit, Burst, ClosedLoop, Service, tighter};

/// Attempts that one simulation may make; above it workers and rounds are cut in proportion.
const BUDGET: u64 = 200_000;
/// Attempts that cannot be cut below this are not simulated: it would take more than a few tenths of a second.
const HEAVIEST: u64 = 500_000;
/// Rounds at least, where rounds are cut: enough for the first one not to decide.
const FEWEST_ROUNDS: u64 = 40;
/// Slots at least, where everything is cut in proportion.
const FEWEST_SLOTS: f64 = 10.0;
/// Most seeds over which a simulation with varying service times is averaged.
const SEEDS: u64 = 8;
/// Spread of nearly constant calls, as p95 / mean: enough to break lockstep.
const NEARLY: f64 = 1.01;
/// Share of too long calls above which it is said, queueing.md §4.
const TOO_LONG: f64 = 0.01;
/// Difference of shares below which two results are told as one.
const TOO_LITTLE: f64 = 0.000_5;
/// Time-outs from here on end at a whole second, where the client does that.
const WHOLE_SECONDS_FROM: f64 = 5.0;
/// Attempts per request from which retries are worth a word.
const WORTH_SAYING: f64 = 1.005;

pub(super) fn predict(scenario: &Scenario, drawn: &Drawn) -> Result<Prediction, Impossible> {
    let service = scenario.latency.map(|latency| Service::new(latency, scenario.latency_p95)).transpose()?;
    let mut notes = Vec::new();
    if let Some(capacity) = server_binds(scenario) {
        let refuses = scenario.refusing_servers().is_some();
        notes.push(if refuses { Note::ServerRefuses { capacity } } else { Note::ServerBinds { capacity } });
    }
    let figures = service.and_then(|service| figures(scenario, &service, drawn, &mut notes));
    if scenario.cpu_bound {
        notes.push(Note::CpuBound);
    }
    Ok(Prediction {
        shape: if scenario.rounds > 1 { Shape::ClosedLoop } else { Shape::Burst },
        burst: scenario.burst(),
        break_even: scenario.break_even(),
        figures,
        notes,
        lower_bound: scenario.cpu_bound,
    })
}

fn figures(scenario: &Scenario, service: &Service, drawn: &Drawn, notes: &mut Vec<Note>) -> Option<Figures> {
    let time_outs = &scenario.time_outs;
    let shortest = [time_outs.total, time_outs.read].into_iter().flatten().min_by(f64::total_cmp);
    if let Some(share) = shortest.map(|timeout| 1.0 - service.cdf(timeout)).filter(|share| *share > TOO_LONG) {
        let retries = scenario.retries;
        // A call that is as long the second time fails each time.
        let attempts = if retries.repeats_service { 1.0 + share * f64::from(retries.times) } else { amplification(share, retries.times) };
        notes.push(Note::TimeOutTooShort { share, attempts });
    }
    if time_outs.whole_seconds && time_outs.all().any(|timeout| timeout >= WHOLE_SECONDS_FROM) {
        notes.push(Note::WholeSeconds);
    }
    let mut figures =
        if by_formula(scenario) { burst(scenario, service, drawn, notes) } else { simulated(scenario, service, drawn, notes)? };
    if is_free(scenario) && figures.method != Method::Formula {
        figures = free(scenario, service, figures, notes);
    }
    if !is_free(scenario) && scenario.retries.times > 0 && figures.attempts.high >= WORTH_SAYING {
        let refused = scenario.burst().requests < scenario.concurrency;
        notes.push(Note::Retried { attempts: figures.attempts.high, refused });
    }
    if let Some(opened) = figures.opened {
        // Ports are taken for each destination by itself.
        let closed = (opened.high - figures.peak_in_flight as f64) / scenario.limits.hosts.max(1) as f64;
        if ports_used(closed, figures.wall.low) > 1.0 {
            notes.push(Note::PortsRunOut { per_second: closed / figures.wall.low });
        }
    }
    Some(figures)
}

/// Whether no place is narrower than what can come to it: nothing waits, except for a semaphore outside the time-outs, and nothing is
/// refused.
fn is_free(scenario: &Scenario) -> bool {
    let at_once = scenario.concurrency.min(scenario.semaphore.unwrap_or(u64::MAX));
    // Only requests that start together are spread evenly; later ones may meet at one host.
    let is_even = scenario.rounds <= 1 && at_once == scenario.concurrency;
    let to_one_host = if is_even { at_once.div_ceil(scenario.limits.hosts.max(1)) } else { at_once };
    let in_pool = |limit: Option<u64>, most: u64| !scenario.at_limit.bounds_concurrency() || limit.is_none_or(|limit| limit >= most);
    in_pool(scenario.limits.total, at_once)
        && in_pool(scenario.limits.per_host, to_one_host)
        && scenario.server.is_none_or(|server| server.capacity >= to_one_host)
}

/// Whether the burst formulas hold: one round, one attempt, everybody waits in one queue, and only the total time-out counts.
fn by_formula(scenario: &Scenario) -> bool {
    scenario.rounds <= 1
        && (scenario.retries.times == 0 || scenario.time_outs.total.is_none())
        && scenario.semaphore.is_none()
        && scenario.at_limit != AtLimit::Error
        && scenario.time_outs.queue.is_none()
        && scenario.time_outs.read.is_none()
        && scenario.server.is_none_or(|server| server.when_full == WhenFull::Queue)
}

fn burst(scenario: &Scenario, service: &Service, drawn: &Drawn, notes: &mut Vec<Note>) -> Figures {
    let burst = scenario.burst();
    let timeout = scenario.time_outs.total;
    let sure = burst.outcome(service, timeout);
    let mut success = Range::exactly(sure.success);
    if let (Some(timeout), true) = (timeout, scenario.time_outs.whole_seconds)
        && timeout >= WHOLE_SECONDS_FROM
    {
        success = success.and(Range::exactly(burst.outcome(service, Some(timeout + 1.0)).success));
    }
    if let Some(edge) = sure.edge
        && edge.high - edge.low > TOO_LITTLE
    {
        notes.push(Note::Edge { wave: edge.wave });
        success = success.and(Range { low: edge.low, high: edge.high });
    }
    // No formula gives the end of the last call of varying length, nor a picture.
    let simulation = if scenario.rounds == 1 && scenario.concurrency <= BUDGET / 10 {
        scenario.setup(Order::Fifo).and_then(|setup| averaged(&setup, drawn))
    } else {
        None
    };
    let until_given_up = |seconds: f64| timeout.map_or(seconds, |timeout| seconds.min(timeout));
    let wall = match (service, &simulation) {
        (Service::Lognormal(_), Some(average)) => average.wall,
        _ => until_given_up(sure.wall),
    };
    let slots = scenario.pool_limit().unwrap_or(u64::MAX).min(scenario.concurrency);
    Figures {
        success,
        mean_wait: Range::exactly(sure.mean_wait),
        p95_wait: Range::exactly(sure.p95_wait),
        max_wait: Range::exactly(sure.max_wait),
        waits_of: WaitsOf::Everybody,
        wall: Range::exactly(wall),
        peak_in_flight: slots,
        peak_queue: burst.queued(),
        attempts: Range::exactly(1.0),
        opened: Some(Range::exactly(slots as f64)),
        timeline: simulation.map(|average| average.first.timeline).unwrap_or_default(),
        method: Method::Formula,
    }
}

/// What succeeds where nothing waits and nothing is refused: the calls that are shorter than their time-out, F(T), whatever a semaphore
/// outside of it lets through. Only the walls and counts remain the simulator's.
fn free(scenario: &Scenario, service: &Service, simulated: Figures, notes: &mut Vec<Note>) -> Figures {
    let mut within = Range::exactly(1.0);
    if let Some(timeout) = [scenario.time_outs.total, scenario.time_outs.read].into_iter().flatten().min_by(f64::total_cmp) {
        within = Range::exactly(service.cdf(timeout));
        if scenario.time_outs.whole_seconds && timeout >= WHOLE_SECONDS_FROM {
            within = within.and(Range::exactly(service.cdf(timeout + 1.0)));
        }
        let alone = Burst { requests: 1, limit: None };
        if let Some(edge) = alone.edge(service.mean(), timeout).filter(|_| matches!(service, Service::Constant(_))) {
            notes.push(Note::Edge { wave: edge.wave });
            within = within.and(Range { low: edge.low, high: edge.high });
        }
    }
    let Retries { times, repeats_service, .. } = scenario.retries;
    let succeeds = |share: f64| if repeats_service { share } else { 1.0 - libm::pow(1.0 - share, f64::from(times) + 1.0) };
    let attempts = |share: f64| {
        let failure = 1.0 - share;
        if repeats_service { 1.0 + failure * f64::from(times) } else { amplification(failure, times) }
    };
    let nobody = Range::exactly(0.0);
    Figures {
        success: Range { low: succeeds(within.low), high: succeeds(within.high) },
        attempts: Range { low: attempts(within.high), high: attempts(within.low) },
        mean_wait: nobody,
        p95_wait: nobody,
        max_wait: nobody,
        waits_of: WaitsOf::Everybody,
        method: Method::Formula,
        ..simulated
    }
}

/// The wave that ends within [`EDGE`] of a time-out, in a burst of calls of equal length.
fn wave_at_edge(scenario: &Scenario, service: &Service) -> Option<u64> {
    let Service::Constant(seconds) = service else { return None };
    let waves = scenario.burst().waves().filter(|waves| *waves > 0 && scenario.rounds <= 1)?;
    let nearest = |timeout: f64| (timeout / seconds).round().clamp(1.0, waves as f64);
    let at_edge = |timeout: &f64| (nearest(*timeout) * seconds - timeout).abs() < EDGE * timeout;
    scenario.time_outs.all().find(at_edge).map(|timeout| nearest(timeout) as u64)
}

fn simulated(scenario: &Scenario, service: &Service, drawn: &Drawn, notes: &mut Vec<Note>) -> Option<Figures> {
    let full = scenario.setup(Order::Fifo)?;
    let (base, stretch) = cut(&full);
    if base.workers.saturating_mul(base.rounds.max(1)) > HEAVIEST / (u64::from(base.retries.times) + 1) {
        notes.push(Note::TooLarge { at_best: at_best(scenario, service) });
        return None;
    }
    if (base.workers, base.rounds) != (full.workers, full.rounds) {
        notes.push(Note::Scaled { workers: base.workers, rounds: base.rounds });
    }
    let orders = scenario.orders();
    if orders.len() > 1 {
        notes.push(Note::HandOverUnknown);
    }
    let constant = matches!(service, Service::Constant(_));
    let mut setups = Vec::new();
    for order in orders {
        // The clock's phase only decides where all calls end at the same moment.
        let phases: &[f64] = if !base.time_outs.whole_seconds {
            &[0.0]
        } else if constant {
            &[0.0, 0.999]
        } else {
            &[0.5]
        };
        for phase in phases {
            let mut setup = Setup { order: *order, ..base.clone() };
            setup.time_outs.clock_phase = *phase;
            setups.push(setup);
        }
    }
    let queues = scenario.narrowest().is_some_and(|slots| slots < scenario.concurrency);
    let gives_up = scenario.time_outs.any();
    let in_lockstep = constant && queues && gives_up && scenario.rounds > 1;
    if in_lockstep {
        let jittered = Service::new(service.mean(), Some(service.mean() * NEARLY)).ok()?;
        let more: Vec<Setup> = setups.iter().map(|setup| Setup { service: jittered, ..setup.clone() }).collect();
        setups.extend(more);
    }
    if scenario.gone_unknown && server_binds(scenario).is_some() && gives_up && (scenario.rounds > 1 || scenario.retries.times > 0) {
        setups =
            setups.iter().flat_map(|setup| [GoneClients::Stops, GoneClients::EndsWhatItBegan].map(|gone| with_gone(setup, gone))).collect();
        notes.push(Note::GoneClientsUnknown);
    }
    let at_edge = wave_at_edge(scenario, service).filter(|_| !is_free(scenario));
    if at_edge.is_some() {
        // A hair inside, for the bounds are open.
        let bounds = [1.0, 1.0 - EDGE * (1.0 - 1e-6), 1.0 + EDGE * (1.0 - 1e-6)];
        let moved =
            |setup: &Setup| bounds.map(|factor| Setup { time_outs: setup.time_outs.map(|timeout| timeout * factor), ..setup.clone() });
        setups = setups.iter().flat_map(moved).collect();
    }
    let averages = setups.par_iter().map(|setup| averaged(setup, drawn)).collect::<Option<Vec<Average>>>()?;
    let range = |figure: fn(&Average) -> f64| averages.iter().map(|average| Range::exactly(figure(average))).reduce(Range::and);
    let scale = full.workers as f64 / base.workers.max(1) as f64;
    let count = |figure: fn(&Average) -> u64| {
        let most = averages.iter().map(figure).max().unwrap_or(0);
        if scale == 1.0 { most } else { (most as f64 * scale) as u64 }
    };
    let opened = range(|average| average.opened)?;
    let wall = range(|average| average.wall)?;
    let success = range(|average| average.success)?;
    if in_lockstep && success.high - success.low > TOO_LITTLE {
        notes.push(Note::Lockstep);
    }
    if let Some(wave) = at_edge.filter(|_| success.high - success.low > TOO_LITTLE) {
        notes.push(Note::Edge { wave });
    }
    let attempts = range(|average| average.attempts)?;
    let all_sent = (success.low == 1.0 && attempts.high == 1.0) || !(gives_up || scenario.at_limit == AtLimit::Error);
    let peak_in_flight = count(|average| average.first.peak_in_flight);
    // Those that are open at once are opened once; what comes on top goes on with the rounds.
    let all_opened = |opened: f64| {
        let (opened, open_at_once) = (opened * scale, peak_in_flight as f64);
        open_at_once.min(opened) + (opened - open_at_once).max(0.0) * stretch
    };
    Some(Figures {
        success,
        mean_wait: range(|average| average.mean)?,
        p95_wait: range(|average| average.p95)?,
        max_wait: range(|average| average.max)?,
        waits_of: if all_sent { WaitsOf::Everybody } else { WaitsOf::Sent },
        wall: Range { low: wall.low * stretch, high: wall.high * stretch },
        peak_in_flight,
        peak_queue: count(|average| average.first.peak_queue.saturating_add(average.first.peak_server_queue)),
        attempts,
        opened: Some(Range { low: all_opened(opened.low), high: all_opened(opened.high) }),
        timeline: averages.first().map(|average| average.first.timeline.clone()).unwrap_or_default(),
        method: Method::Simulation { seed: scenario.seed, runs: averages.first().map_or(0, |average| average.runs) },
    })
}

/// The share that can succeed at best, where calls are of equal length and each is tried once within a total time-out.
fn at_best(scenario: &Scenario, service: &Service) -> Option<f64> {
    let late = |timeout: f64| if scenario.time_outs.whole_seconds && timeout >= WHOLE_SECONDS_FROM { timeout + 1.0 } else { timeout };
    let timeout = scenario.time_outs.total.map(late)?;
    let all = ClosedLoop { workers: scenario.concurrency, limit: scenario.narrowest(), service: service.mean() };
    let applies = matches!(service, Service::Constant(_)) && scenario.semaphore.is_none() && scenario.retries.times == 0;
    applies.then(|| all.success_bound(timeout))
}

/// The servers' capacity, if requests queue there rather than in the pool or at the semaphore.
fn server_binds(scenario: &Scenario) -> Option<u64> {
    let before = tighter(scenario.pool_limit(), scenario.semaphore);
    scenario.server_capacity().filter(|_| server_is_narrower(scenario.concurrency, before, scenario.server_capacity()))
}

fn with_gone(setup: &Setup, gone: GoneClients) -> Setup {
    Setup { server: setup.server.map(|server| ServerLimit { gone, ..server }), ..setup.clone() }
}

/// A setup that fits the budget, and the factor by which its wall time is too short. Workers, limits and capacities are cut by
/// one factor, which leaves waits and shares as they are as long as a few slots remain; rounds are cut where a loop has more
/// than enough to be steady, and further where the slots forbid to cut the workers.
fn cut(full: &Setup) -> (Setup, f64) {
    let mut setup = full.clone();
    let attempts = u64::from(full.retries.times) + 1;
    let requests = (BUDGET / attempts).max(1);
    if full.workers.saturating_mul(full.rounds) <= requests {
        return (setup, 1.0);
    }
    let limits = [full.limits.total, full.limits.per_host, full.semaphore, full.server.map(|server| server.capacity)];
    let narrowest = limits.into_iter().flatten().filter(|limit| *limit > 0).min().unwrap_or(full.workers);
    let rounds = (requests / full.workers.max(1)).max(FEWEST_ROUNDS).min(full.rounds);
    let wanted = full.workers as f64 / (requests / rounds).max(1) as f64;
    let factor = wanted.min(narrowest as f64 / FEWEST_SLOTS).max(1.0);
    let workers = (full.workers as f64 / factor).ceil() as u64;
    setup.rounds = (requests / workers.max(1)).clamp(2, rounds.max(2)).min(full.rounds);
    if factor > 1.0 {
        let fewer = |count: u64| if count == 0 { 0 } else { ((count as f64 / factor).round() as u64).max(1) };
        setup.workers = workers;
        setup.limits.total = setup.limits.total.map(fewer);
        setup.limits.per_host = setup.limits.per_host.map(fewer);
        setup.semaphore = setup.semaphore.map(fewer);
        setup.keep = match setup.keep {
            Keep::All => Keep::All,
            Keep::Idle(most) => Keep::Idle(fewer(most)),
            Keep::IdlePerHost(most) => Keep::IdlePerHost(fewer(most)),
            Keep::Open(most) => Keep::Open(fewer(most)),
        };
        if let Some(server) = &mut setup.server {
            server.capacity = fewer(server.capacity);
        }
    }
    let stretch = full.rounds as f64 / setup.rounds.max(1) as f64;
    (setup, stretch)
}

struct Average {
    first: Outcome,
    runs: u64,
    success: f64,
    mean: f64,
    p95: f64,
    max: f64,
    wall: f64,
    attempts: f64,
    opened: f64,
}

/// Means over as many seeds as the budget allows; one for a constant service time, where nothing is drawn.
fn averaged(setup: &Setup, drawn: &Drawn) -> Option<Average> {
    let requests = setup.workers.saturating_mul(setup.rounds);
    let size = requests.saturating_mul(u64::from(setup.retries.times) + 1).max(1);
    let runs = if matches!(setup.service, Service::Constant(_)) { 1 } else { (BUDGET / 10 / size).clamp(1, SEEDS) };
    let mut average =
        Average { first: Outcome::default(), runs, success: 0.0, mean: 0.0, p95: 0.0, max: 0.0, wall: 0.0, attempts: 0.0, opened: 0.0 };
    let simulate = |number| run_sharing(&Setup { seed: setup.seed.wrapping_add(number), ..setup.clone() }, Some(drawn));
    let outcomes = (0..runs).into_par_iter().map(simulate).collect::<Option<Vec<Outcome>>>()?;
    for (number, outcome) in outcomes.into_iter().enumerate() {
        let weight = 1.0 / runs as f64;
        average.success += outcome.success() * weight;
        average.mean += outcome.waits.mean * weight;
        average.p95 += outcome.waits.p95 * weight;
        average.max += outcome.waits.max * weight;
        average.wall += outcome.wall * weight;
        average.attempts += outcome.attempts as f64 / requests.max(1) as f64 * weight;
        average.opened += outcome.opened as f64 * weight;
        if number == 0 {
            average.first = outcome;
        }
    }
    Some(average)
}
