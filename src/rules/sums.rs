//! The sum written out: what the queueing model says of a burst and of the steady state, each named for what it is.

use super::Context;
use super::telling::{by_default, decisive, share};
use crate::catalog::concurrency::Statistic;
use crate::catalog::library::Role;
use crate::finding::Case;
use crate::link::{self, Patience, whole};
use crate::queueing::model::{Figures, Note};
use crate::queueing::{Burst, ClosedLoop, Range, Scenario, Service, tighter};
use crate::resolve::WrittenLatency;
use crate::settings::Load;
use crate::value::{show_number, show_percent_to, show_seconds as exact};

/// What so many requests through so few slots come to: the burst and the steady state, in service times or, with a latency, in seconds;
/// what the time-outs do to it; what else could be done, with its cost.
pub fn burst_and_steady(context: &Context<'_>, case: &Case) -> Vec<String> {
    let Some((wanted, slots)) = decisive(&case.demand).and_then(whole).zip(case.supply.amount.greatest().and_then(whole)) else {
        return Vec::new();
    };
    let burst = Burst { requests: wanted, limit: Some(slots) };
    if burst.waves().is_none() {
        return vec!["a limit of 0: nothing is ever served".to_string()];
    }
    let load = context.linked.loads.get(case.pool).copied().unwrap_or_default();
    let patience = context.linked.patience.get(case.pool).cloned().unwrap_or_default();
    let Some(pool) = context.linked.resolved.get(case.pool) else { return Vec::new() };
    let Some(scenario) = link::scenario(pool, wanted as f64, &load, &patience) else { return Vec::new() };
    match load.service().ok().flatten() {
        Some(service) => {
            let written = context.linked.written_latencies.get(case.pool).map_or(&[][..], Vec::as_slice);
            let mut notes: Vec<String> = written.iter().map(|one| as_written(context, one)).collect();
            notes.extend(in_seconds(&scenario, &service, &load, &patience));
            notes
        }
        None => {
            let mut notes = in_calls(burst, scenario.server_capacity());
            if let Some(sum) = break_even(&scenario, &patience) {
                notes.push(sum);
                notes.extend(retries(&scenario, &patience));
            }
            notes
        }
    }
}

fn in_calls(burst: Burst, server: Option<u64>) -> Vec<String> {
    let requests = burst.requests;
    // Behind a narrower server they wait there instead.
    let slots = tighter(burst.limit, server).unwrap_or(requests);
    let burst = Burst { limit: Some(slots), ..burst };
    let Some(waves) = burst.waves() else { return Vec::new() };
    let steady = ClosedLoop { workers: requests, limit: Some(slots), service: 1.0 };
    // With a connection for each they wait at the server, where that takes fewer.
    let at_server = Burst { requests, limit: server };
    let times = waves as f64 / at_server.slow_down();
    let why = match at_server.waves().filter(|waves| *waves > 1) {
        Some(at_server) => format!(" ({waves} waves against the {at_server} of the server)"),
        None => String::new(),
    };
    vec![
        format!(
            "burst: {requests} requests that start together need {waves} waves of {slots}; {} % wait, on average {} service times, the last one waits {} service times",
            show_percent_to(burst.queue_share(), 0),
            show_number(burst.mean_wait()),
            show_number(burst.longest_wait()),
        ),
        format!(
            "steady state: with {requests} always under way, each request waits {} service times on average ({requests} / {slots} - 1)",
            show_number(steady.mean_wait()),
        ),
        format!(
            "instead of a larger pool: with at most {slots} at once nobody waits in the pool, and the whole takes {} times as long as with a connection for each{why}",
            show_number(times)
        ),
    ]
}

/// What becomes of the ports of the client's machine where connections are closed after use; needs a latency.
pub fn ports(context: &Context<'_>, case: &Case) -> Option<String> {
    let (linked, at) = (context.linked, case.pool);
    let scenario = link::scenario(linked.resolved.get(at)?, decisive(&case.demand)?, linked.loads.get(at)?, linked.patience.get(at)?)?;
    let told = scenario.predict().ok()?;
    told.notes.iter().find(|note| matches!(note, Note::PortsRunOut { .. })).map(Note::to_string)
}

/// Up to which latency nobody in a burst meets a time-out; `None` where no time-out counts the wait.
pub fn break_even(scenario: &Scenario, patience: &Patience) -> Option<String> {
    let burst = Burst { requests: scenario.concurrency, limit: scenario.pool_limit() };
    let waves = burst.waves()?;
    let (binding, seconds) = binding(scenario, patience)?;
    let calls = if binding.role == Role::TotalTimeout { waves } else { waves.saturating_sub(1) };
    let sum = if scenario.time_outs.queue_restarts && binding.role == Role::AcquireTimeout {
        "each connection that comes back restarts it".to_string()
    } else {
        format!("{} / {calls} waves", about(binding.seconds()?))
    };
    // What is tried again may succeed later.
    let they_fail = if scenario.retries.times > 0 { "first attempts fail" } else { "requests fail" };
    Some(format!(
        "time-out: `{}` of {} runs while a request waits, so that in a burst of {} {they_fail} as soon as calls take longer than {} ({sum})",
        binding.setting,
        about(binding.seconds()?),
        burst.requests,
        about(seconds),
    ))
}

/// Where a latency comes from that nobody declared.
fn as_written(context: &Context<'_>, one: &WrittenLatency) -> String {
    let what = match one.statistic {
        Statistic::Mean => "a call takes",
        Statistic::P95 => "95 of 100 calls stay below",
    };
    format!(
        "assumed: {what} {}, as `{}` says ({}); `--latency` takes its place",
        exact(one.seconds),
        one.name,
        context.sources.place(one.at)
    )
}

/// What the library's own retries make of time-outs.
fn retries(scenario: &Scenario, patience: &Patience) -> Option<String> {
    let (setting, value) = patience.retries.as_ref().filter(|_| scenario.retries.times > 0)?;
    let default = by_default(value);
    let (times, requests) = (scenario.retries.times, scenario.concurrency);
    Some(format!(
        "retries: what fails is tried again up to {times} times (`{setting}`{default}) and queues anew, so that {requests} requests become up to {} attempts; they do not make the pool wider",
        requests.saturating_mul(u64::from(times) + 1)
    ))
}

/// The time-out that the wait meets first, and the latency up to which nobody in a burst meets it, seconds.
pub fn binding<'p>(scenario: &Scenario, patience: &'p Patience) -> Option<(&'p link::TimeOut, f64)> {
    let alone = |one: &link::TimeOut| {
        let mut only = scenario.clone();
        let is_total = one.role == Role::TotalTimeout;
        only.time_outs.total = one.seconds().filter(|_| is_total);
        only.time_outs.queue = one.seconds().filter(|_| !is_total);
        only.time_outs.queue_restarts &= one.role == Role::AcquireTimeout;
        (only.time_outs.read, only.server) = (None, None);
        only.break_even()
    };
    let covering = patience.time_outs.iter().filter(|one| one.covers_queue);
    covering.filter_map(|one| Some((one, alone(one)?))).min_by(|(_, one), (_, other)| one.total_cmp(other))
}

fn in_seconds(scenario: &Scenario, service: &Service, load: &Load, patience: &Patience) -> Vec<String> {
    let requests = scenario.concurrency;
    let slots = scenario.pool_limit().unwrap_or(requests);
    let narrow = tighter(Some(slots), scenario.server_capacity()).unwrap_or(slots);
    let burst = Burst { requests, limit: Some(narrow) };
    let free = burst.outcome(service, None);
    let each = match load.latency_p95 {
        Some(p95) => format!("of {} each on average (95 of 100 within {})", about(service.mean()), about(p95)),
        None => format!("of {} each", about(service.mean())),
    };
    let mut notes = vec![format!(
        "burst: {requests} requests {each} that start together need {} waves of {narrow}; {} % wait, on average {}, the last one {}, if nobody gives up",
        show_number(burst.slow_down()),
        show_percent_to(burst.queue_share(), 0),
        about(free.mean_wait),
        about(free.max_wait),
    )];
    let once = Scenario { rounds: 1, ..scenario.clone() };
    let gives_up = scenario.time_outs.any();
    let figures = |scenario: &Scenario| scenario.predict().ok().and_then(|told| Some((told.figures?, told.notes)));
    if gives_up && let Some((told, why)) = figures(&once) {
        let within = limits_in_words(patience);
        notes.push(format!("burst: {} of the requests succeed{within}{}", share(told.success), reasons(&why, told.success)));
    }
    if scenario.rounds > 1
        && let Some((told, why)) = figures(scenario)
    {
        notes.push(format!(
            "steady state: {requests} workers with {} requests each: {} succeed and all is done after {}{}",
            scenario.rounds,
            share(told.success),
            span(told.wall),
            reasons(&why, told.success)
        ));
    } else {
        let steady = ClosedLoop { workers: requests, limit: Some(narrow), service: service.mean() };
        notes.push(format!(
            "steady state: with {requests} always under way and nobody giving up, each request waits {} on average ({requests} / {narrow} - 1 calls)",
            about(steady.mean_wait())
        ));
    }
    notes.extend(instead(&once, slots, figures));
    if scenario.server.is_none() {
        notes.push(format!("not known: how many requests the server takes at once; if fewer than {requests}, a larger pool moves the queue to it (`--server-capacity`)"));
    }
    if scenario.cpu_bound {
        notes.push("all times are lower bounds: with so many requests at once the client's own CPU is the narrow place".to_string());
    }
    notes
}

/// What else could be done about a burst, with its cost.
fn instead(once: &Scenario, slots: u64, figures: impl Fn(&Scenario) -> Option<(Figures, Vec<Note>)> + Copy) -> Vec<String> {
    let mut notes = Vec::new();
    let requests = once.concurrency;
    let mut tell = |what: String, scenario: Scenario, cost: &str| {
        if let Some((told, _)) = figures(&scenario) {
            notes.push(format!("{what}: {} of the burst succeed, all is done after {}{cost}", share(told.success), span(told.wall)));
        }
    };
    let wide = Scenario { keep: None, limits: crate::queueing::Limits { total: Some(requests), ..once.limits }, ..once.clone() };
    match once.server_capacity().filter(|capacity| *capacity < requests) {
        Some(capacity) => {
            let held = Scenario {
                semaphore: Some(capacity),
                limits: crate::queueing::Limits { total: Some(slots.max(capacity)), ..once.limits },
                ..wide.clone()
            };
            tell(format!("with a semaphore of {capacity} around the requests, outside their time-out"), held, "");
            tell(format!("with a pool for all {requests} and no semaphore"), wide.clone(), ": the queue only moves to the server");
        }
        None => tell(format!("with a connection for each of the {requests}"), wide.clone(), ""),
    }
    if slots > 0 && once.server_capacity().is_none_or(|capacity| capacity >= slots) {
        let held = Scenario { semaphore: Some(slots), ..once.clone() };
        let cost = as_long(&held, &wide, &figures);
        tell(format!("with at most {slots} at once, held back before the time-out starts"), held, &cost);
    }
    notes
}

/// How many times as long as another a scenario takes: in waves, as where the work goes on, and in this burst where that differs.
fn as_long(slow: &Scenario, fast: &Scenario, figures: &impl Fn(&Scenario) -> Option<(Figures, Vec<Note>)>) -> String {
    let untimed = |scenario: &Scenario| Scenario { time_outs: Default::default(), ..scenario.clone() };
    let wall = |scenario: &Scenario| figures(&untimed(scenario)).map(|(told, _)| told.wall.high).filter(|wall| *wall > 0.0);
    let Some((slow_wall, fast_wall)) = wall(slow).zip(wall(fast)) else { return String::new() };
    let two_digits = |times: f64| show_number((times * 100.0).round() / 100.0);
    let waves = |limit| Burst { requests: fast.concurrency, limit }.slow_down();
    let (slow_waves, fast_waves) = (waves(slow.semaphore), waves(fast.server_capacity()));
    let (times, in_burst) = (slow_waves / fast_waves, slow_wall / fast_wall);
    let mut why = Vec::new();
    if fast_waves > 1.0 {
        why.push(format!("{} waves against the {} of the server", show_number(slow_waves), show_number(fast_waves)));
    }
    if (times - in_burst).abs() > 0.1 * times {
        why.push(format!("{} times in this burst, which ends with its slowest call", show_number((in_burst * 10.0).round() / 10.0)));
    }
    let why = if why.is_empty() { String::new() } else { format!(" ({})", why.join("; ")) };
    format!(", {} times as long as with a connection for each{why}", two_digits(times))
}

/// The time-outs that bound a request, in words.
fn limits_in_words(patience: &Patience) -> String {
    let told = patience.time_outs.iter().filter(|one| one.covers_queue || one.role != Role::ConnectTimeout);
    let told: Vec<String> = told.filter_map(|one| Some(format!("`{}` of {}", one.setting, about(one.seconds()?)))).collect();
    if told.is_empty() { String::new() } else { format!(" within {}", told.join(" and ")) }
}

/// Why a figure is a range, and what no pool changes.
fn reasons(notes: &[Note], success: Range) -> String {
    let is_range = !success.is_one_number();
    let told = notes.iter().filter(|note| match note {
        Note::HandOverUnknown | Note::Edge { .. } | Note::Lockstep | Note::GoneClientsUnknown | Note::WholeSeconds => is_range,
        Note::ServerBinds { .. }
        | Note::ServerRefuses { .. }
        | Note::TimeOutTooShort { .. }
        | Note::Scaled { .. }
        | Note::Retried { .. }
        | Note::PortsRunOut { .. } => true,
        Note::TooLarge { .. } | Note::CpuBound => false,
    });
    let told: Vec<String> = told.map(ToString::to_string).collect();
    if told.is_empty() { String::new() } else { format!(" ({})", told.join("; ")) }
}

/// A time with the digits that a model can vouch for: four.
fn about(seconds: f64) -> String {
    let digits = if seconds.is_finite() && seconds > 0.0 { libm::floor(libm::log10(seconds)) } else { 0.0 };
    let step = libm::pow(10.0, digits - 3.0);
    exact(if seconds.is_finite() { (seconds / step).round() * step } else { seconds })
}

fn span(range: Range) -> String {
    let (low, high) = (about(range.low), about(range.high));
    if low == high { low } else { format!("{low} to {high}") }
}
