//! From the answer of the queueing model to the document.

use super::{
    Advice, Asked, Block, Column, Depth, Figures, InCalls, Limits, Moment, Number, Percentile, Picture, Plan, Range, SCHEMA, Size,
};
use super::{Step, Sweep, Target, TimeOuts, WithoutLatency, rates};
use crate::queueing::model::{Method, Note, Prediction, Shape, WaitsOf};
use crate::queueing::replay::{Ended, Replay};
use crate::queueing::simulate::WhenFull;
use crate::queueing::sizing::Reason;
use crate::queueing::what_if::{Answer, Change, Knee, Question};
use crate::queueing::{self, AtLimit, Burst, BurstOutcome, ClosedLoop, Scenario, model, tighter};
use crate::render::document::Tool;
use crate::value::{show_number, show_seconds, show_share};

/// Lanes of a picture at most.
const LANES: u64 = 24;
/// Points of the queue over time at most.
const POINTS: u32 = 120;
/// Shares of the requests whose wait and service are shown, in hundredths.
const PERCENTILES: [f64; 6] = [25.0, 50.0, 75.0, 90.0, 95.0, 100.0];

/// Where a question comes from.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Origin {
    /// The library.
    pub library: Option<String>,
    /// Its version, where one was given.
    pub version: Option<String>,
    /// Where its numbers and behaviours come from.
    pub said: Vec<String>,
    /// What the reader must know beyond the model's own notes.
    pub notes: Vec<String>,
}

/// The document of an answer.
pub fn document(question: &Question, answer: &Answer, origin: &Origin) -> Plan {
    let now = &question.now;
    let columns: Vec<Column> = answer.columns.iter().map(|one| column(one, question.rate_limit, answer.time_out)).collect();
    let mut notes = origin.notes.clone();
    for column in &answer.columns {
        for (of, prediction) in [("burst", Some(&column.burst)), ("closed loop", column.closed.as_ref())] {
            let too_large = prediction.and_then(|told| told.notes.iter().find(|note| matches!(note, Note::TooLarge { .. })));
            notes.extend(too_large.map(|note| format!("{}, {of}: {note}", name(column.change))));
        }
    }
    let pictured = answer.columns.iter().filter(|column| matches!(column.change, Change::Nothing | Change::AsAdvised));
    Plan {
        schema: SCHEMA,
        tool: Tool { name: "advisor".into(), version: env!("CARGO_PKG_VERSION").into() },
        asked: Asked {
            concurrency: now.concurrency,
            rounds: now.rounds,
            latency_s: now.latency.map(Number),
            latency_p95_s: now.latency_p95.map(Number),
            limits: limits(now.limits),
            at_limit: at_limit(now.at_limit),
            time_outs: time_outs(now),
            server_capacity: now.server.map(|server| server.capacity),
            server_rejects: now.server.is_some_and(|server| server.when_full == WhenFull::Reject),
            retries: now.retries.times,
            library: origin.library.clone(),
            version: origin.version.clone(),
            said: origin.said.clone(),
        },
        without_latency: without_latency(now),
        advice: answer.advice.as_ref().map(|advice| Advice {
            limits: limits(question.limits(advice)),
            floor: advice.floor.connections,
            floor_why: reason(advice.floor.reason, question),
            ceiling: advice.ceiling.map(|bound| bound.connections),
            ceiling_why: advice.ceiling.map(|bound| reason(bound.reason, question)),
            semaphore: advice.semaphore,
            semaphore_why: advice.semaphore.map(|_| bigger_pool(advice.floor.reason, now).to_string()),
            by_rate: advice.floor.reason == Reason::Rate,
            open_files: advice.open_files,
        }),
        sizes: answer
            .sizes
            .iter()
            .map(|size| Size {
                concurrency: size.concurrency,
                advised: limits(question.limits(&size.advice)),
                semaphore: size.advice.semaphore,
                sockets: size.sockets,
                waves_now: size.now.waves(),
                refused_now: size.concurrency.saturating_sub(size.now.requests),
                success_now: size.outcome.as_ref().map(successes),
            })
            .collect(),
        time_out_at_least_s: answer.time_out.map(Number),
        sweep: sweep(question, answer),
        arrivals: answer.staffing.as_ref().map(rates::arrivals),
        rate_limit: rates::rate_limit(question),
        share: rates::share(question),
        pictures: pictured
            .filter(|column| !is_paced(column))
            .filter_map(|column| picture(&name(column.change), &column.scenario, "seconds"))
            .collect(),
        notes,
        columns,
    }
}

/// Whether a limiter of the rate makes a column slower than its slots do: nothing draws that.
fn is_paced(column: &queueing::what_if::Column) -> bool {
    column.change == Change::AsAdvised && column.sends.is_some()
}

fn reason(reason: Reason, question: &Question) -> String {
    match (reason, question.open_files) {
        (Reason::OpenFiles, Some(files)) => format!("{files} open files less {} for the rest", question.open_files_reserve),
        (Reason::ServerCapacity, _) if question.now.refusing_servers().is_some() => {
            "the server takes no more at once, and refuses the rest".into()
        }
        (Reason::Concurrency, _) => match question.now.at_limit {
            AtLimit::Error => "with fewer connections than requests under way, requests fail".into(),
            AtLimit::Discard | AtLimit::Churn => "with fewer, connections that are wanted again are closed".into(),
            AtLimit::Wait | AtLimit::Unbounded => reason.text().into(),
        },
        _ => reason.text().to_string(),
    }
}

/// What a bigger pool does where requests are to be held back.
fn bigger_pool(reason: Reason, now: &Scenario) -> &'static str {
    match reason {
        Reason::Rate => "a bigger pool only sends faster what the server then refuses or lets wait",
        _ if now.refusing_servers().is_some() => "what comes on top of it the server refuses, and a bigger pool only sends more of that",
        _ => "a bigger pool only moves the queue to the server",
    }
}

fn limits(limits: queueing::Limits) -> Limits {
    Limits { total: limits.total, per_host: limits.per_host, hosts: limits.hosts, effective: limits.effective() }
}

fn time_outs(scenario: &Scenario) -> TimeOuts {
    let time_outs = &scenario.time_outs;
    TimeOuts {
        total_s: time_outs.total.map(Number),
        queue_s: time_outs.queue.map(Number),
        read_s: time_outs.read.map(Number),
        queue_restarts: time_outs.queue_restarts,
        whole_seconds: time_outs.whole_seconds,
    }
}

fn at_limit(at_limit: AtLimit) -> &'static str {
    match at_limit {
        AtLimit::Wait => "wait",
        AtLimit::Discard => "discard",
        AtLimit::Churn => "churn",
        AtLimit::Error => "error",
        AtLimit::Unbounded => "unbounded",
    }
}

fn without_latency(now: &Scenario) -> WithoutLatency {
    let burst = now.burst();
    let steady = ClosedLoop { workers: burst.requests, limit: burst.limit, service: 1.0 };
    WithoutLatency {
        slots: now.narrowest(),
        waves: burst.waves(),
        refused: now.concurrency.saturating_sub(burst.requests),
        queue_share: Number(burst.queued() as f64 / now.concurrency.max(1) as f64),
        wait_mean: Number(burst.mean_wait()),
        wait_longest: Number(burst.longest_wait()),
        wait_steady: Number(steady.mean_wait()),
        break_even_s: now.break_even().map(Number),
    }
}

fn name(change: Change) -> String {
    match change {
        Change::Nothing => "before".into(),
        Change::AsAdvised => "after".into(),
        Change::AtOnce(limit) => format!("{limit} at once"),
        Change::PoolAlone => "pool alone".into(),
        Change::TimeOut(seconds) => format!("time-out {}", show_seconds(seconds)),
        Change::NoRetries => "no retries".into(),
    }
}

fn what(change: Change, scenario: &Scenario, time_out: Option<f64>, is_paced: bool) -> String {
    match change {
        Change::Nothing => "as it is".into(),
        Change::AsAdvised => {
            let longer = time_out.map_or_else(String::new, |seconds| format!(" with a time-out of {}", show_seconds(seconds)));
            match scenario.semaphore {
                Some(permits) => {
                    let paced = if is_paced { " and a limiter of the rate" } else { "" };
                    format!(
                        "the advised limits{longer}, and a semaphore of {permits}{paced} outside the time-outs: the server takes no more"
                    )
                }
                None => format!("the advised limits{longer}"),
            }
        }
        Change::TimeOut(seconds) if time_out == Some(seconds) => {
            format!("the present limits with a time-out of {}: nearly all calls keep to it by themselves", show_seconds(seconds))
        }
        Change::AtOnce(limit) => {
            let turns = |limit| Burst { requests: scenario.concurrency, limit }.slow_down();
            format!(
                "the concurrency lowered to the limit: no more than {limit} under way, held back before the time-outs begin; takes {} times as long as all at once",
                show_number(turns(Some(limit)) / turns(scenario.server_capacity()))
            )
        }
        Change::PoolAlone if scenario.refusing_servers().is_some() => {
            "a pool for all, without a semaphore: the server refuses what is more than it takes".into()
        }
        Change::PoolAlone => "a pool for all, without a semaphore: the queue moves to the server".into(),
        Change::TimeOut(seconds) => {
            format!("the present limits with time-outs of {}: nearly all of a burst keep to it", show_seconds(seconds))
        }
        Change::NoRetries => "as it is, but what fails is not tried again".into(),
    }
}

fn column(column: &queueing::what_if::Column, rate: Option<f64>, time_out: Option<f64>) -> Column {
    let scenario = &column.scenario;
    let at_pool = scenario.burst();
    let all = Burst { limit: tighter(at_pool.limit, scenario.semaphore), ..at_pool };
    // What a semaphore holds back has not begun: it waits nowhere that a time-out counts.
    let waits = scenario.semaphore.is_none_or(|permits| permits > at_pool.limit.unwrap_or(u64::MAX));
    let of = |prediction: &Prediction, rounds: u64| {
        let mut figures = figures(prediction)?;
        let too_fast = column.sends.zip(rate).filter(|_| column.change != Change::AsAdvised);
        if let Some((sends, rate)) = too_fast {
            let requests = scenario.concurrency as f64 * rounds as f64;
            figures.notes.push(rates::too_fast(sends, rate, figures.wall.high.0, requests));
        }
        Some(figures)
    };
    let wait = |calls: f64| Number(if waits { calls } else { 0.0 });
    Column {
        name: name(column.change),
        what: what(column.change, scenario, time_out, is_paced(column)),
        limits: limits(scenario.limits),
        semaphore: scenario.semaphore,
        time_outs: time_outs(scenario),
        burst: of(&column.burst, 1),
        closed_loop: column.closed.as_ref().and_then(|closed| of(closed, scenario.rounds)),
        in_calls: InCalls {
            wait_mean: wait(at_pool.mean_wait()),
            wait_p95: wait(at_pool.wait_at(0.95)),
            wait_longest: wait(at_pool.longest_wait()),
            wall: Number(all.slow_down()),
            peak_in_flight: tighter(scenario.pool_limit(), scenario.semaphore).unwrap_or(u64::MAX).min(all.requests),
            peak_queue: if waits { at_pool.queued() } else { 0 },
        },
    }
}

fn range(range: model::Range) -> Range {
    Range { low: Number(range.low), high: Number(range.high) }
}

/// Both results where a wave ends about when the time-out does.
fn successes(outcome: &BurstOutcome) -> Range {
    let high = outcome.edge.map_or(outcome.success, |edge| edge.high);
    Range { low: Number(outcome.sure()), high: Number(high) }
}

fn figures(prediction: &Prediction) -> Option<Figures> {
    let figures = prediction.figures.as_ref()?;
    let (method, seed) = match figures.method {
        Method::Formula => ("formula", None),
        Method::Simulation { seed, .. } => ("simulation", Some(seed)),
    };
    // The picture of a burst is its own, call by call.
    let is_loop = prediction.shape == Shape::ClosedLoop;
    let moment = |point: &queueing::simulate::Point| Moment {
        at: Number(point.at),
        waiting: Number(point.queued + point.server_queue),
        in_flight: Number(point.in_flight),
    };
    Some(Figures {
        success: range(figures.success),
        wait_mean: range(figures.mean_wait),
        wait_p95: range(figures.p95_wait),
        wait_longest: range(figures.max_wait),
        waits_of: match figures.waits_of {
            WaitsOf::Everybody => "everybody",
            WaitsOf::Sent => "sent",
        },
        wall: range(figures.wall),
        peak_in_flight: figures.peak_in_flight,
        peak_queue: figures.peak_queue,
        attempts: range(figures.attempts),
        opened: figures.opened.map(range),
        method,
        seed,
        lower_bound: prediction.lower_bound,
        notes: prediction.notes.iter().map(Note::to_string).collect(),
        timeline: if is_loop { figures.timeline.iter().map(moment).collect() } else { Vec::new() },
    })
}

fn sweep(question: &Question, answer: &Answer) -> Option<Sweep> {
    let now = &question.now;
    let advised = answer.advice.as_ref().and_then(|advice| question.limits(advice).effective());
    let knee = answer.knee.map(|(slots, _)| slots);
    let marks = |slots: u64| {
        let all = [("before", now.pool_limit()), ("after", advised), ("knee", knee)];
        all.into_iter().filter(|(_, at)| *at == Some(slots)).map(|(mark, _)| mark).collect()
    };
    let steps: Vec<Step> = answer
        .sweep
        .iter()
        .map(|step| Step {
            slots: step.slots,
            success: successes(&step.outcome),
            wait_mean: Number(step.outcome.mean_wait),
            wait_longest: Number(step.outcome.max_wait),
            marks: marks(step.slots),
        })
        .collect();
    let timed = now.latency.and(now.time_outs.total);
    (!steps.is_empty()).then(|| Sweep {
        unit: if now.latency.is_some() { "seconds" } else { "calls" },
        time_out_s: timed.map(Number),
        steps,
        knee,
        targets: answer.targets.iter().map(|(success, slots)| Target { success: Number(*success), slots: *slots }).collect(),
        knee_why: answer.knee.map(|(slots, of)| match of {
            Knee::Success => format!("{slots} are the fewest that give 99 of 100 of the successes that any number gives"),
            Knee::Wait => {
                let calls = if now.latency.is_some() { " (for calls of equal length)" } else { "" };
                format!("from {slots} on a request waits no longer than it is served, on average{calls}")
            }
        }),
    })
}

/// The burst of a scenario as a picture; `None` where it cannot be replayed. `unit` names what its times are.
pub fn picture(name: &str, scenario: &Scenario, unit: &'static str) -> Option<Picture> {
    let replay = Replay::of(scenario)?;
    let mut patient = scenario.clone();
    patient.time_outs = queueing::simulate::TimeOuts::default();
    let shares: Vec<f64> = PERCENTILES.iter().map(|of_100| of_100 / 100.0).collect();
    let parts = Replay::of(&patient)?.percentiles(&shares);
    let mut lanes: Vec<Vec<Block>> = vec![Vec::new(); replay.slots.min(LANES) as usize];
    for call in &replay.calls {
        if let Some(lane) = lanes.get_mut(call.slot as usize) {
            lane.push(Block { start: Number(call.start), end: Number(call.end), cut_off: call.ended == Ended::CutOff });
        }
    }
    let wall = replay.wall();
    let mut depth: Vec<Depth> = (0..=POINTS)
        .map(|point| wall * f64::from(point) / f64::from(POINTS))
        .map(|at| Depth { at: Number(at), waiting: replay.waiting(at) })
        .collect();
    depth.dedup_by_key(|depth| depth.waiting);
    Some(Picture {
        name: name.to_string(),
        unit,
        requests: replay.requests,
        slots: replay.slots,
        answered: replay.answered(),
        refused: replay.refused,
        first_attempts_only: scenario.retries.times > 0,
        gave_up_at: replay.gave_up_at.map(Number),
        wall: Number(wall),
        lanes,
        depth,
        percentiles: PERCENTILES
            .iter()
            .zip(parts)
            .map(|(of_100, parts)| Percentile { of_100: Number(*of_100), wait: Number(parts.wait), service: Number(parts.service) })
            .collect(),
    })
}

/// What the reader must know about the sweep.
pub fn sweep_remarks(plan: &Plan) -> Vec<String> {
    let Some(sweep) = &plan.sweep else { return Vec::new() };
    let mut all: Vec<String> = sweep.knee_why.iter().map(|why| format!("knee: {why}")).collect();
    let reached = sweep.targets.iter().filter_map(|target| Some(format!("{} with {}", show_share(target.success.0), target.slots?)));
    let reached: Vec<String> = reached.collect();
    if !reached.is_empty() {
        all.push(format!("connections with which at least so many succeed: {}", reached.join(", ")));
    }
    if let Some(target) = sweep.targets.iter().find(|target| target.slots.is_none()) {
        all.push(format!("no pool of any size lets {} succeed", show_share(target.success.0)));
    }
    if plan.asked.retries > 0 && sweep.tells_success() {
        all.push("success: of the first attempts".into());
    }
    all.push("waits: mean / longest, if nobody gave up".into());
    if let Some(under_way) = plan.rate_limit.as_ref().and_then(|limit| limit.under_way)
        && sweep.steps.last().is_some_and(|step| step.slots as f64 > under_way.0)
    {
        all.push(format!("above {} more is sent a second than the server takes, which these figures leave out", show_number(under_way.0)));
    }
    let widest = sweep.steps.last().map_or(0, |step| step.slots);
    if let Some(capacity) = plan.asked.server_capacity.map(|capacity| capacity.saturating_mul(plan.asked.limits.hosts))
        && capacity < widest
    {
        all.push(if plan.asked.server_rejects {
            format!("above {capacity} the server refuses what is more")
        } else {
            format!("above {capacity} the server is the narrower place: the queue moves there")
        });
    }
    all
}

/// A sentence on what a burst comes to without any latency, and one on the steady state.
pub fn latency_free(plan: &Plan) -> Vec<String> {
    let without = &plan.without_latency;
    let concurrency = plan.asked.concurrency;
    let Some(waves) = without.waves else {
        return vec!["a limit of 0: nothing is ever served".into()];
    };
    let mut all = Vec::new();
    let limit = plan.asked.limits.effective.filter(|limit| *limit < concurrency);
    match (plan.asked.at_limit, limit) {
        ("error", Some(limit)) if without.refused > 0 && limit == concurrency - without.refused => {
            all.push(format!("burst: {limit} of {concurrency} get a connection, {} fail at once", without.refused));
        }
        ("discard" | "churn", Some(limit)) => {
            all.push(format!("burst: nothing waits in the client: {concurrency} connections are opened, and {limit} kept"));
        }
        _ => {}
    }
    if without.refused > 0 && all.is_empty() {
        let again = if plan.asked.retries > 0 { " and tried again" } else { "" };
        all.push(format!(
            "burst: the server takes {} of {concurrency}, {} are refused at once{again}: nothing waits",
            concurrency - without.refused,
            without.refused
        ));
    }
    match without.slots.filter(|_| waves > 1) {
        Some(slots) => {
            let workers = concurrency - without.refused;
            all.push(format!(
                "burst: {waves} waves of {slots}, so that all of it takes {waves} times as long; {} queue, for {} calls on average and {} at most",
                show_share(without.queue_share.0),
                show_number(without.wait_mean.0),
                show_number(without.wait_longest.0),
            ));
            all.push(format!(
                "steady state: with {workers} always under way each request waits {} calls on average ({workers} / {slots} - 1)",
                show_number(without.wait_steady.0),
            ));
        }
        None if all.is_empty() => all.push(match concurrency {
            1 => "burst: nothing waits, there is one request".into(),
            _ => format!("burst: nothing waits, all {concurrency} fit at once"),
        }),
        None => {}
    }
    if let Some(latency) = without.break_even_s {
        all.push(format!("break-even: nobody in a burst meets a time-out while calls take at most {}", show_seconds(latency.0)));
    }
    all
}
