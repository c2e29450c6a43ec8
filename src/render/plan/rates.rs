//! What a plan says by the second: requests that arrive by themselves, a limit of their rate, and the share of a server's connections.

use super::figures::share as percent;
use super::{Arrivals, Number, Plan, RateLimit, Share};
use crate::queueing::sizing::database_share;
use crate::queueing::staffing::{BUSY, Staffing};
use crate::queueing::steady::in_system;
use crate::queueing::what_if::Question;
use crate::value::{show_number, show_seconds};

pub(super) fn arrivals(staffing: &Staffing) -> Arrivals {
    let now = staffing.now;
    Arrivals {
        per_second: Number(staffing.arrivals.rate),
        in_use: Number(staffing.in_use),
        connections: now.map(|now| now.connections),
        utilisation: now.map(|now| Number(now.utilisation)),
        wait_share: now.map(|now| Number(now.wait)),
        wait_mean: now.map(|now| Number(now.mean_wait)),
        wait_p95: now.map(|now| Number(now.p95_wait)),
        give_up_share: now.and_then(|now| now.give_up).map(Number),
        few_wait: staffing.few_wait,
        rule_of_thumb: staffing.rule_of_thumb,
    }
}

pub(super) fn rate_limit(question: &Question) -> Option<RateLimit> {
    let (now, rate) = (&question.now, question.rate_limit?);
    let requests = now.concurrency as f64 * now.rounds as f64;
    let under_way = now.latency.and_then(|latency| in_system(rate, latency));
    Some(RateLimit { per_second: Number(rate), under_way: under_way.map(Number), wall_at_least: Number(requests / rate) })
}

pub(super) fn share(question: &Question) -> Option<Share> {
    let (connections, pools) = question.shared?;
    let now = question.now.limits.effective().map(|each| each.saturating_mul(pools));
    Some(Share { connections, pools, each: database_share(connections, pools), now })
}

/// What must be known of figures that leave a rate out.
pub(super) fn too_fast(sends: f64, rate: f64, wall: f64, requests: f64) -> String {
    let most = (rate * wall / requests).min(1.0);
    format!(
        "sends {} a second where the server takes {}, which these figures leave out: if it refuses the rest, {} succeed at most",
        two_digits(sends),
        show_number(rate),
        percent(most)
    )
}

/// All of it, line by line; nothing where nothing of it was asked.
pub fn lines(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(arrivals) = &plan.arrivals {
        of_arrivals(plan, arrivals, &mut lines);
    }
    if let Some(limit) = &plan.rate_limit {
        of_rate_limit(plan, limit, &mut lines);
    }
    if let Some(share) = &plan.share {
        of_share(plan, share, &mut lines);
    }
    lines
}

fn of_arrivals(plan: &Plan, arrivals: &Arrivals, lines: &mut Vec<String>) {
    let latency = plan.asked.latency_s.map_or(0.0, |latency| latency.0);
    lines.push(format!(
        "{} a second that arrive at random, each for {}: {} connections are in use on average",
        show_number(arrivals.per_second.0),
        show_seconds(latency),
        two_digits(arrivals.in_use.0)
    ));
    if let (Some(connections), Some(utilisation), Some(wait), Some(mean), Some(p95)) =
        (arrivals.connections, arrivals.utilisation, arrivals.wait_share, arrivals.wait_mean, arrivals.wait_p95)
    {
        if utilisation.0 >= 1.0 {
            lines.push(format!("now: {connections} connections never keep up, the queue grows without end"));
        } else {
            lines.push(format!(
                "now: {connections} connections, in use for {} of the time: {} wait, on average {} (over all), 95 of 100 at most {}",
                percent(utilisation.0),
                percent_of_two_digits(wait.0),
                show_seconds(rounded(mean.0)),
                show_seconds(rounded(p95.0))
            ));
            if utilisation.0 > BUSY {
                lines
                    .push("so near to full a little more load multiplies the waits: take the times as a warning, not as a forecast".into());
            }
            if let Some(share) = arrivals.give_up_share {
                lines.push(format!("{} wait longer than their time-out", percent_of_two_digits(share.0)));
            }
        }
    }
    if let Some(few) = arrivals.few_wait {
        lines.push(format!(
            "{few} connections let at most 5 of 100 wait (rule of thumb: the load and twice its root, {})",
            arrivals.rule_of_thumb
        ));
    }
    lines.push("by Erlang C, for calls that vary like an exponential distribution; arrivals in bursts wait longer".into());
}

fn of_rate_limit(plan: &Plan, limit: &RateLimit, lines: &mut Vec<String>) {
    let (rate, concurrency) = (show_number(limit.per_second.0), plan.asked.concurrency);
    let requests = concurrency.saturating_mul(plan.asked.rounds);
    lines.push(format!(
        "the server takes {rate} a second: {requests} requests last {} at least, whatever the pool",
        show_seconds(rounded_to(limit.wall_at_least.0, 4))
    ));
    let Some(under_way) = &limit.under_way else { return };
    if under_way.0 < concurrency as f64 {
        lines.push(format!(
            "at that rate {} are under way (Little's law): {concurrency} at once only meet its refusals; {} holds them back",
            two_digits(under_way.0),
            keeper(limit, (under_way.0 * (1.0 + 1e-9)).floor() as u64)
        ));
    } else {
        lines.push(format!("at that rate {} are under way (Little's law): {concurrency} at once stay below it", two_digits(under_way.0)));
    }
}

/// What keeps to a rate. A semaphore does where at least one request is always under way at that rate.
pub(super) fn keeper(limit: &RateLimit, permits: u64) -> String {
    let rate = show_number(limit.per_second.0);
    if limit.under_way.as_ref().is_some_and(|under_way| under_way.0 >= 1.0) {
        format!("a limiter of {rate} a second, or a semaphore of {permits},")
    } else {
        format!("a limiter of {rate} a second")
    }
}

fn of_share(plan: &Plan, share: &Share, lines: &mut Vec<String>) {
    let over = |count: u64| if count == 1 { "1 pool".to_string() } else { format!("{count} pools") };
    lines.push(format!("{} connections over {}: {} for each", share.connections, over(share.pools), share.each));
    match share.now {
        None => lines.push("the pool has no limit: it may take all of them, and more".into()),
        Some(now) if now > share.connections => {
            lines.push(format!("now they may open {now}: {} more than the server takes", now - share.connections));
        }
        Some(now) => lines.push(format!("now they may open {now}: that fits")),
    }
    if let Some(few) = plan.arrivals.as_ref().and_then(|arrivals| arrivals.few_wait).filter(|few| *few > share.each) {
        lines.push(format!(
            "the arrivals want {few}: shorten the time for which a connection is held, a larger pool moves the queue into the database"
        ));
    }
}

/// Two digits that count: more the model cannot vouch for.
fn rounded(number: f64) -> f64 {
    rounded_to(number, 2)
}

fn rounded_to(number: f64, digits: i32) -> f64 {
    if number <= 0.0 || !number.is_finite() {
        return number;
    }
    let step = libm::pow(10.0, libm::floor(libm::log10(number)) - f64::from(digits - 1));
    (number / step).round() * step
}

fn two_digits(number: f64) -> String {
    show_number(if number >= 10.0 { number.round() } else { rounded(number) })
}

fn percent_of_two_digits(share: f64) -> String {
    if share > 0.0 && share < 0.000_5 { "less than 0.1 %".into() } else { percent(rounded(share)) }
}
