//! A what-if: the present settings, the advised ones and what else could be done, side by side; and how it looks for other
//! concurrencies and other pool sizes.
//!
//! Each column is predicted as a burst and, where workers go round, as a closed loop: two predictions that are never mixed. The
//! table and the sweep are of bursts, by formula, so that they cost next to nothing.

mod clock;

use rayon::prelude::*;

use self::clock::{Clock, in_service_times};
use super::erlang::Arrivals;
use super::model::Scenario;
use super::service::Impossible;
use super::simulate::{Drawn, Retries, TimeOuts};
use super::sizing::{Advice, Demand, Reason, advise, round_up};
use super::staffing::Staffing;
use super::steady::in_system;
use super::{AtLimit, Burst, BurstOutcome, Limits, Prediction, Range, tighter};

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
    /// Requests per second that it sends while all of it is busy, where that is more than the servers take.
    pub sends: Option<f64>,
}

impl Column {
    /// Where the advice is a limiter of the rate, it decides how long all takes; it holds back outside the time-outs.
    fn hold_to(&mut self, rate: Option<f64>) {
        let Some(rate) = rate.filter(|_| self.change == Change::AsAdvised) else { return };
        let rounds = [(1, Some(&mut self.burst)), (self.scenario.rounds, self.closed.as_mut())];
        for (rounds, prediction) in rounds {
            let least = self.scenario.concurrency as f64 * rounds as f64 / rate;
            if let Some(figures) = prediction.and_then(|prediction| prediction.figures.as_mut()) {
                figures.wall = Range { low: figures.wall.low.max(least), high: figures.wall.high.max(least) };
            }
        }
    }
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
    /// The time-out to write first, seconds, where the present one is shorter than most calls.
    pub time_out: Option<f64>,
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

/// Share of the calls that a time-out must let end for a pool to matter.
const MOST: f64 = 0.5;

/// Answers a question.
///
/// # Errors
/// When no service time has the latencies given.
pub fn answer(question: &Question) -> Result<Answer, Impossible> {
    let now = &question.now;
    let clock = Clock::new(now)?;
    let advice = question.sized_by_concurrency.then(|| advise(&question.demand(now.concurrency, Some(now.limits))));
    let time_out = question.time_out_needed(&clock);
    let mut changes = vec![(Change::Nothing, now.clone())];
    if let Some(advice) = &advice {
        changes.extend(question.alternatives(advice, &clock));
    } else if let Some(needed) = time_out {
        changes.push((Change::TimeOut(needed), within(now.clone(), needed)));
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
            let mut column = Column { burst: burst?, closed: closed?, sends: question.sends_too_fast(&scenario), change, scenario };
            column.hold_to(question.rate_limit);
            Ok(column)
        })
        .collect::<Result<Vec<Column>, Impossible>>()?;
    let sizes = if question.sized_by_concurrency { question.sizes(&clock) } else { Vec::new() };
    let (sweep, knee) = if now.at_limit == AtLimit::Wait { question.sweep(&clock, advice.as_ref()) } else { (Vec::new(), None) };
    let targets = if sweep.is_empty() || now.retries.times > 0 { Vec::new() } else { question.targets(&clock) };
    let arrivals = question.arrivals.zip(now.latency).map(|(rate, service)| Arrivals { rate, service });
    let staffing = arrivals.map(|arrivals| Staffing::of(arrivals, now.narrowest(), now.patience()));
    Ok(Answer { advice, time_out, columns, sizes, sweep, knee, targets, staffing })
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
            at_rate: self.at_rate(),
            open_files: self.open_files,
            open_files_reserve: self.open_files_reserve,
        }
    }

    /// Requests under way at once at the rate that the servers take; at least one.
    fn at_rate(&self) -> Option<u64> {
        // A whole number must not become the next lower one by its last bit.
        Some((in_system(self.rate_limit?, self.now.latency?)? * (1.0 + 1e-9)).floor().max(1.0) as u64)
    }

    /// Requests per second that a scenario sends while all of it is busy, where that is more than the servers take.
    fn sends_too_fast(&self, scenario: &Scenario) -> Option<f64> {
        let under_way = tighter(tighter(scenario.narrowest(), scenario.semaphore), Some(scenario.concurrency))?;
        let sends = under_way as f64 / scenario.latency?;
        (sends > self.rate_limit? * (1.0 + 1e-9)).then_some(sends)
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
        let needed = self.time_out_needed(clock);
        let mut changes = Vec::new();
        if queues || is_kept_short || advice.semaphore.is_some() || needed.is_some() {
            let semaphore = tighter(now.semaphore, advice.semaphore);
            let after = Scenario { semaphore, keep: None, ..self.with_limits(self.limits(advice)) };
            changes.push((Change::AsAdvised, needed.map_or(after.clone(), |seconds| within(after, seconds))));
        }
        let by_rate = advice.floor.reason == Reason::Rate;
        // Below its service time no call ends, whatever else is changed.
        if needed.is_none() {
            changes.extend(at_once(now).filter(|(_, held)| self.sends_too_fast(held).is_none()));
        }
        if needed.is_none() && advice.semaphore.is_some() && now.at_limit.bounds_concurrency() && !by_rate {
            let unaware = Demand { server_capacity: None, ..self.demand(now.concurrency, Some(now.limits)) };
            let wide = self.with_limits(self.limits(&advise(&unaware)));
            changes.push((Change::PoolAlone, Scenario { keep: None, ..wide }));
        }
        changes.extend(self.longer_time_out(clock).filter(|(_, longer)| self.sends_too_fast(longer).is_none()));
        if needed.is_none() && now.retries.times > 0 && queues {
            changes.push((Change::NoRetries, Scenario { retries: Retries::default(), ..now.clone() }));
        }
        changes
    }

    /// The time-out that nearly all calls keep to by themselves, seconds, where the present one is shorter than most of them: no pool
    /// helps there.
    fn time_out_needed(&self, clock: &Clock) -> Option<f64> {
        let time_outs = &self.now.time_outs;
        let shortest = [time_outs.total, time_outs.read].into_iter().flatten().min_by(f64::total_cmp)?;
        let is_too_short = clock.service.as_ref()?.cdf(shortest) < MOST;
        clock.time_out_for(&Burst { requests: 1, limit: None }).filter(|_| is_too_short).map(round_time)
    }

    fn with_limits(&self, limits: Limits) -> Scenario {
        Scenario { limits, ..self.now.clone() }
    }

    /// The time-outs that nearly all of a burst through the present limits would keep to.
    fn longer_time_out(&self, clock: &Clock) -> Option<(Change, Scenario)> {
        let now = &self.now;
        let time_outs = &now.time_outs;
        let shortest = now.patience()?;
        let burst = now.burst();
        let needed = round_time(clock.time_out_for(&burst)?);
        let mut longer = within(now.clone(), needed);
        longer.time_outs.queue = time_outs.queue.map(|timeout| timeout.max(needed));
        let waits = now.at_limit == AtLimit::Wait && burst.queued() > 0;
        (waits && needed > shortest).then_some((Change::TimeOut(needed), longer))
    }

    fn sizes(&self, clock: &Clock) -> Vec<Size> {
        let mut all: Vec<u64> = SIZES.into_iter().chain([self.now.concurrency]).collect();
        all.sort_unstable();
        all.dedup();
        let size = |concurrency: u64| {
            let advice = advise(&self.demand(concurrency, None));
            let now = self.now.burst_of(concurrency);
            let at_once = advice.semaphore.unwrap_or(concurrency).min(concurrency);
            let sockets = Limits { per_host: Some(advice.per_host), ..self.limits(&advice) }.peak_sockets(at_once).min(at_once.max(1));
            let time_outs = &self.now.time_outs;
            let waits_are_told = now.queued() == 0 || (time_outs.queue.is_none() && time_outs.read.is_none());
            let by_formula = self.now.at_limit.bounds_concurrency() && waits_are_told && self.now.retries.times == 0;
            let timeout = [time_outs.total, time_outs.read].into_iter().flatten().min_by(f64::total_cmp);
            let outcome = clock.outcome_within(&now, timeout).filter(|_| by_formula);
            Size { concurrency, advice, now, outcome: outcome.map(|outcome| outcome.of(now.requests, concurrency)), sockets }
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
            let outcome = self.outcome(clock, slots).unwrap_or_else(|| in_service_times(&burst).of(burst.requests, requests));
            Step { slots, burst, outcome }
        };
        (sizes.into_iter().map(step).collect(), knee)
    }

    /// The burst through a pool of another size, or through the servers where those are narrower.
    fn through(&self, slots: u64) -> Burst {
        let limits = Limits { per_host: None, ..self.now.limits };
        self.with_limits(Limits { total: Some(slots), ..limits }).burst()
    }

    /// What becomes of all requests through a pool of another size, where a latency is known.
    fn outcome(&self, clock: &Clock, slots: u64) -> Option<BurstOutcome> {
        let burst = self.through(slots);
        Some(clock.outcome(&burst)?.of(burst.requests, self.now.concurrency))
    }

    /// The most slots up to which more never do harm: one for each request, and no more than servers take that refuse the rest.
    fn most_useful(&self) -> u64 {
        tighter(self.now.refusing_servers(), Some(self.now.concurrency)).unwrap_or(self.now.concurrency)
    }

    /// The fewest slots for each target share, where a time-out counts the wait.
    fn targets(&self, clock: &Clock) -> Vec<(f64, Option<u64>)> {
        if clock.timeout.is_none() || clock.service.is_none() {
            return Vec::new();
        }
        let most = self.most_useful();
        let share = |slots| self.outcome(clock, slots).map_or(0.0, |outcome| outcome.sure());
        TARGETS.iter().map(|target| (*target, fewest(most, |slots| share(slots) >= *target))).collect()
    }

    /// The fewest slots that are nearly as good as any number.
    fn knee(&self, clock: &Clock) -> Option<(u64, Knee)> {
        let most = self.most_useful();
        let sure = |slots| self.outcome(clock, slots).map(|outcome| outcome.sure());
        match sure(most).filter(|_| clock.timeout.is_some()) {
            Some(best) if best > 0.0 => {
                Some((fewest(most, |slots| sure(slots).is_some_and(|share| share >= ALMOST_ALL * best))?, Knee::Success))
            }
            Some(_) => None,
            None => Some((fewest(most, |slots| self.through(slots).mean_wait() <= 1.0)?, Knee::Wait)),
        }
    }
}

/// With time-outs of at least so many seconds once a request has a connection.
fn within(scenario: Scenario, seconds: f64) -> Scenario {
    let TimeOuts { total, read, .. } = scenario.time_outs;
    let raised = |timeout: Option<f64>| timeout.map(|timeout| timeout.max(seconds));
    Scenario { time_outs: TimeOuts { total: raised(total), read: raised(read), ..scenario.time_outs }, ..scenario }
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
mod tests;
