//! A what-if: the present settings, the advised ones and what else could be done, side by side; and how it looks for other
//! concurrencies and other pool sizes.
//!
//! Each column is predicted as a burst and, where workers go round, as a closed loop: two predictions that are never mixed. The
//! table and the sweep are of bursts, by formula, so that they cost next to nothing.

use rayon::prelude::*;

use super::erlang::Arrivals;
use super::model::Scenario;
use super::renewal::Renewals;
use super::service::Impossible;
use super::simulate::{Drawn, Retries};
use super::sizing::{Advice, Demand, advise, round_up};
use super::staffing::Staffing;
use super::{AtLimit, Burst, BurstOutcome, Limits, Prediction, Service, tighter};

/// What is asked.
#[derive(Clone, PartialEq, Debug)]
pub struct Question {
    /// As it is now.
    pub now: Scenario,
    /// Whether pools of this kind are sized by concurrency; pools of database connections are not.
    pub sized_by_concurrency: bool,
    /// Whether the pool has a limit for each host.
    pub has_per_host: bool,
    /// Whether the pool has a limit over all hosts.
    pub has_total: bool,
    /// Reserve of the advised limits, a factor of at least 1.
    pub headroom: f64,
    /// Open files of the process, where known.
    pub open_files: Option<u64>,
    /// Open files besides connections.
    pub open_files_reserve: u64,
    /// Requests that arrive by themselves, per second, where that is asked.
    pub arrivals: Option<f64>,
    /// Requests per second that the servers take, where it is known.
    pub rate_limit: Option<f64>,
    /// Connections that the server takes from the program, and pools among which they are shared.
    pub shared: Option<(u64, u64)>,
}

/// What a column changes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Change {
    /// Nothing.
    Nothing,
    /// The limits as advised; where the server is the narrower place, a semaphore of its size too.
    AsAdvised,
    /// No more than so many under way, held back outside the time-outs.
    AtOnce(u64),
    /// A pool for the whole concurrency, though the server takes fewer.
    PoolAlone,
    /// Time-outs of so many seconds.
    TimeOut(f64),
    /// What fails is not tried again.
    NoRetries,
}

/// One column.
#[derive(Clone, PartialEq, Debug)]
pub struct Column {
    /// What it changes.
    pub change: Change,
    /// The scenario with all its rounds.
    pub scenario: Scenario,
    /// Its first round: N requests that start together.
    pub burst: Prediction,
    /// All rounds, where there are several.
    pub closed: Option<Prediction>,
}

/// What is advised for one concurrency, and what the present limits do to it.
#[derive(Clone, PartialEq, Debug)]
pub struct Size {
    /// Requests under way at once.
    pub concurrency: u64,
    /// What to write.
    pub advice: Advice,
    /// A burst of so many through the present limits.
    pub now: Burst,
    /// What becomes of it, where a latency is known and a formula covers it.
    pub outcome: Option<BurstOutcome>,
    /// Sockets that the advised limits may open.
    pub sockets: u64,
}

/// A burst through a pool of one size.
#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    /// Slots of the pool.
    pub slots: u64,
    /// The burst through the narrower of pool and server.
    pub burst: Burst,
    /// Its outcome in seconds, where a latency is known; in service times where not.
    pub outcome: BurstOutcome,
}

/// Where more slots stop to help much.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Knee {
    /// The fewest slots that give at least 99 of 100 of the successes that a slot for each request gives.
    Success,
    /// The fewest slots with which a request waits no longer than it is served, on average.
    Wait,
}

/// The answer.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    /// What to write; `None` for pools that are not sized by concurrency.
    pub advice: Option<Advice>,
    /// The present settings first, then the advised ones, then what else could be done.
    pub columns: Vec<Column>,
    /// For usual concurrencies and the present one.
    pub sizes: Vec<Size>,
    /// Pool sizes, ascending; empty where the pool does not make anybody wait.
    pub sweep: Vec<Step>,
    /// Slots at the knee, and what it is the knee of.
    pub knee: Option<(u64, Knee)>,
    /// The fewest slots with which these shares of a burst end within the time-out; `None` where no number does.
    pub targets: Vec<(f64, Option<u64>)>,
    /// What the arrivals come to, where they and a latency are known.
    pub staffing: Option<Staffing>,
}

/// Concurrencies of the table.
pub const SIZES: [u64; 6] = [50, 100, 200, 300, 500, 1000];
/// Pool sizes of the sweep as shares of the concurrency, in hundredths.
const SHARES: [u64; 12] = [2, 4, 6, 10, 15, 20, 30, 40, 60, 80, 100, 120];
/// Share of a burst that a longer time-out must let through.
const ALMOST_ALL: f64 = 0.99;
/// Shares of a burst for which the fewest slots are told.
const TARGETS: [f64; 4] = [0.90, 0.95, 0.97, 0.99];

/// Answers a question.
///
/// # Errors
/// When no service time has the latencies given.
pub fn answer(question: &Question) -> Result<Answer, Impossible> {
    let now = &question.now;
    let clock = Clock::new(now)?;
    let advice = question.sized_by_concurrency.then(|| advise(&question.demand(now.concurrency, Some(now.limits))));
    let mut changes = vec![(Change::Nothing, now.clone())];
    if let Some(advice) = &advice {
        changes.extend(question.alternatives(advice, &clock));
    } else {
        changes.extend(at_once(now));
    }
    // All columns have the same calls.
    let drawn = Drawn::default();
    let columns = changes
        .into_par_iter()
        .map(|(change, scenario)| {
            let once = Scenario { rounds: 1, ..scenario.clone() };
            let all_rounds = || (scenario.rounds > 1).then(|| scenario.predict_sharing(&drawn)).transpose();
            let (closed, burst) = rayon::join(all_rounds, || once.predict_sharing(&drawn));
            Ok(Column { burst: burst?, closed: closed?, change, scenario })
        })
        .collect::<Result<Vec<Column>, Impossible>>()?;
    let sizes = if question.sized_by_concurrency { question.sizes(&clock) } else { Vec::new() };
    let (sweep, knee) = if now.at_limit.bounds_concurrency() { question.sweep(&clock, advice.as_ref()) } else { (Vec::new(), None) };
    let targets = if sweep.is_empty() || now.retries.times > 0 { Vec::new() } else { question.targets(&clock) };
    let arrivals = question.arrivals.zip(now.latency).map(|(rate, service)| Arrivals { rate, service });
    let staffing = arrivals.map(|arrivals| Staffing::of(arrivals, now.narrowest(), now.patience()));
    Ok(Answer { advice, columns, sizes, sweep, knee, targets, staffing })
}

impl Question {
    /// A scenario and nothing else: a pool that is sized by concurrency, with both limits, and no bound of open files.
    pub fn of(now: Scenario) -> Self {
        Self {
            now,
            sized_by_concurrency: true,
            has_per_host: true,
            has_total: true,
            headroom: 1.2,
            open_files: None,
            open_files_reserve: 50,
            arrivals: None,
            rate_limit: None,
            shared: None,
        }
    }

    fn demand(&self, concurrency: u64, present: Option<Limits>) -> Demand {
        let hosts = self.now.limits.hosts.max(1);
        Demand {
            per_host: concurrency.div_ceil(hosts),
            total: concurrency,
            hosts,
            headroom: self.headroom,
            present,
            server_capacity: self.now.server.map(|server| server.capacity),
            open_files: self.open_files,
            open_files_reserve: self.open_files_reserve,
        }
    }

    /// The limits that an advice comes to for this kind of pool.
    pub fn limits(&self, advice: &Advice) -> Limits {
        let hosts = self.now.limits.hosts.max(1);
        if self.has_per_host {
            Limits { total: self.has_total.then_some(advice.total), per_host: Some(advice.per_host), hosts }
        } else {
            // A total that serves all hosts at once; twice of it is only of use where a limit per host stands below.
            let total = advice.per_host.saturating_mul(hosts).max(advice.semaphore.unwrap_or(0)).min(advice.total);
            Limits { total: Some(total.max(self.now.limits.total.unwrap_or(0))), per_host: None, hosts }
        }
    }

    fn alternatives(&self, advice: &Advice, clock: &Clock) -> Vec<(Change, Scenario)> {
        let now = &self.now;
        let queues = now.pool_limit().is_some_and(|limit| limit < now.concurrency);
        let is_kept_short = !now.at_limit.bounds_concurrency() && now.limits.effective().is_some_and(|limit| limit < now.concurrency);
        let mut changes = Vec::new();
        if queues || is_kept_short || advice.semaphore.is_some() {
            let semaphore = tighter(now.semaphore, advice.semaphore);
            changes.push((Change::AsAdvised, Scenario { semaphore, keep: None, ..self.with_limits(self.limits(advice)) }));
        }
        changes.extend(at_once(now));
        if advice.semaphore.is_some() && now.at_limit.bounds_concurrency() {
            let unaware = Demand { server_capacity: None, ..self.demand(now.concurrency, Some(now.limits)) };
            let wide = self.with_limits(self.limits(&advise(&unaware)));
            changes.push((Change::PoolAlone, Scenario { keep: None, ..wide }));
        }
        changes.extend(self.longer_time_out(clock));
        if now.retries.times > 0 && queues {
            changes.push((Change::NoRetries, Scenario { retries: Retries::default(), ..now.clone() }));
        }
        changes
    }

    fn with_limits(&self, limits: Limits) -> Scenario {
        Scenario { limits, ..self.now.clone() }
    }

    /// The time-outs that nearly all of a burst through the present limits would keep to.
    fn longer_time_out(&self, clock: &Clock) -> Option<(Change, Scenario)> {
        let now = &self.now;
        let time_outs = &now.time_outs;
        let shortest = now.patience()?;
        let burst = Burst { requests: now.concurrency, limit: now.narrowest() };
        let needed = round_time(clock.time_out_for(&burst)?);
        let raised = |timeout: Option<f64>| timeout.map(|timeout| timeout.max(needed));
        let mut longer = now.clone();
        longer.time_outs.total = raised(time_outs.total);
        longer.time_outs.queue = raised(time_outs.queue);
        longer.time_outs.read = raised(time_outs.read);
        let waits = now.at_limit == AtLimit::Wait && burst.queued() > 0;
        (waits && needed > shortest).then_some((Change::TimeOut(needed), longer))
    }

    fn sizes(&self, clock: &Clock) -> Vec<Size> {
        let mut all: Vec<u64> = SIZES.into_iter().chain([self.now.concurrency]).collect();
        all.sort_unstable();
        all.dedup();
        let size = |concurrency: u64| {
            let advice = advise(&self.demand(concurrency, None));
            let now = Burst { requests: concurrency, limit: self.now.narrowest() };
            let at_once = advice.semaphore.unwrap_or(concurrency).min(concurrency);
            let sockets = Limits { per_host: Some(advice.per_host), ..self.limits(&advice) }.peak_sockets(at_once).min(at_once.max(1));
            let by_formula = self.now.at_limit == AtLimit::Wait && self.now.time_outs.queue.is_none() && self.now.retries.times == 0;
            Size { concurrency, advice, now, outcome: clock.outcome(&now).filter(|_| by_formula), sockets }
        };
        all.into_iter().map(size).collect()
    }

    fn sweep(&self, clock: &Clock, advice: Option<&Advice>) -> (Vec<Step>, Option<(u64, Knee)>) {
        let requests = self.now.concurrency;
        let knee = self.knee(clock);
        let shares = SHARES.into_iter().map(|share| round_slots(requests as f64 * share as f64 / 100.0, requests));
        let marked = [self.now.pool_limit(), knee.map(|(slots, _)| slots), advice.and_then(|advice| self.limits(advice).effective())];
        let mut sizes: Vec<u64> = shares.chain(marked.into_iter().flatten()).filter(|slots| *slots > 0).collect();
        sizes.sort_unstable();
        sizes.dedup();
        let step = |slots: u64| {
            let burst = self.through(slots);
            Some(Step { slots, burst, outcome: clock.outcome(&burst).unwrap_or_else(|| in_service_times(&burst)) })
        };
        (sizes.into_iter().filter_map(step).collect(), knee)
    }

    /// The burst through a pool of another size, or through the servers where those are narrower.
    fn through(&self, slots: u64) -> Burst {
        Burst { requests: self.now.concurrency, limit: tighter(Some(slots), self.now.server_capacity()) }
    }

    /// The fewest slots for each target share, where a time-out counts the wait.
    fn targets(&self, clock: &Clock) -> Vec<(f64, Option<u64>)> {
        if clock.timeout.is_none() || clock.service.is_none() {
            return Vec::new();
        }
        let requests = self.now.concurrency;
        let share = |slots| clock.outcome(&self.through(slots)).map_or(0.0, |outcome| outcome.sure());
        TARGETS.iter().map(|target| (*target, fewest(requests, |slots| share(slots) >= *target))).collect()
    }

    /// The fewest slots, up to one for each request, that are nearly as good as any number.
    fn knee(&self, clock: &Clock) -> Option<(u64, Knee)> {
        let requests = self.now.concurrency;
        let best = clock.outcome(&self.through(requests)).filter(|_| clock.timeout.is_some()).map(|outcome| outcome.sure());
        match best {
            Some(best) if best > 0.0 => {
                let fits = |slots| clock.outcome(&self.through(slots)).is_some_and(|outcome| outcome.sure() >= ALMOST_ALL * best);
                Some((fewest(requests, fits)?, Knee::Success))
            }
            Some(_) => None,
            None => Some((fewest(requests, |slots| self.through(slots).mean_wait() <= 1.0)?, Knee::Wait)),
        }
    }
}

/// No more under way than the pool lets through, held back before the clock starts.
fn at_once(now: &Scenario) -> Option<(Change, Scenario)> {
    let limit = now.limits.effective().filter(|limit| *limit > 0 && *limit < now.concurrency)?;
    let held = tighter(now.semaphore, Some(limit));
    let server_is_wider = now.server_capacity().is_none_or(|capacity| capacity >= limit);
    server_is_wider.then(|| (Change::AtOnce(limit), Scenario { semaphore: held, ..now.clone() }))
}

/// The fewest of 1..=most for which it holds; more never holds less.
fn fewest(most: u64, holds: impl Fn(u64) -> bool) -> Option<u64> {
    if most == 0 || !holds(most) {
        return None;
    }
    let (mut short, mut fits) = (0, most);
    while short + 1 < fits {
        let middle = short + (fits - short) / 2;
        if holds(middle) { fits = middle } else { short = middle }
    }
    Some(fits)
}

/// Outcomes of bursts for one service time and time-out; the costly table is made once.
struct Clock {
    service: Option<Service>,
    table: Option<Renewals>,
    timeout: Option<f64>,
}

impl Clock {
    fn new(now: &Scenario) -> Result<Self, Impossible> {
        let service = now.latency.map(|latency| Service::new(latency, now.latency_p95)).transpose()?;
        let table = match &service {
            Some(Service::Lognormal(distribution)) => Some(Renewals::new(distribution)),
            _ => None,
        };
        Ok(Self { service, table, timeout: now.time_outs.total })
    }

    fn outcome(&self, burst: &Burst) -> Option<BurstOutcome> {
        self.outcome_within(burst, self.timeout)
    }

    fn outcome_within(&self, burst: &Burst, timeout: Option<f64>) -> Option<BurstOutcome> {
        Some(match (self.service.as_ref()?, &self.table) {
            (Service::Lognormal(distribution), Some(table)) => burst.varying(table, distribution, timeout),
            (service, _) => burst.outcome(service, timeout),
        })
    }

    /// The time-out that nearly all of a burst keep to, seconds; away from the edge where calls are of equal length.
    fn time_out_for(&self, burst: &Burst) -> Option<f64> {
        let free = self.outcome_within(burst, None)?;
        if matches!(self.service, Some(Service::Constant(_))) {
            return Some(free.wall / (1.0 - super::burst::EDGE)).filter(|seconds| seconds.is_finite());
        }
        let enough = |timeout: f64| self.outcome_within(burst, Some(timeout)).is_some_and(|outcome| outcome.success >= ALMOST_ALL);
        let (mut short, mut fits) = (0.0, Some(free.max_wait).filter(|wait| wait.is_finite())? + 20.0 * self.service.as_ref()?.mean());
        if !enough(fits) {
            return None;
        }
        for _ in 0..40 {
            let middle = (short + fits) / 2.0;
            if enough(middle) { fits = middle } else { short = middle }
        }
        Some(fits)
    }
}

/// A burst of constant calls with the length of a call as the unit of time.
fn in_service_times(burst: &Burst) -> BurstOutcome {
    BurstOutcome {
        success: 1.0,
        edge: None,
        mean_wait: burst.mean_wait(),
        p95_wait: burst.wait_at(0.95),
        max_wait: burst.longest_wait(),
        wall: burst.slow_down(),
    }
}

/// A pool size that people write.
fn round_slots(slots: f64, requests: u64) -> u64 {
    if requests < 100 { slots.ceil() as u64 } else { round_up(slots) }
}

/// A time that people write, rounded up to two digits.
fn round_time(seconds: f64) -> f64 {
    let step = libm::pow(10.0, libm::floor(libm::log10(seconds)) - 1.0);
    (seconds / step - 1e-9).ceil() * step
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::queueing::simulate::{GoneClients, ServerLimit, TimeOuts, WhenFull};

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
}
