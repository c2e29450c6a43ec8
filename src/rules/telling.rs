//! The parts that findings about a pool and its concurrency share: places, labels, keys.

use super::Context;
use crate::finding::{AtLimit, Case, Finding, Label, Pool, Severity};
use crate::link::{Flow, TimeOut};
use crate::queueing::Range;
use crate::text::Span;
use crate::value::{Amount, Certainty, How, Value, show_number, show_percent};

/// A finding with nothing but its place and message.
pub fn finding(
    context: &Context<'_>,
    rule: &'static str,
    pool: &Pool,
    role: &str,
    span: Span,
    certainty: Certainty,
    message: String,
) -> Finding {
    let path = &context.sources.get(pool.span.file).path;
    Finding {
        rule,
        severity: Severity::Warning,
        certainty,
        message,
        span,
        label: String::new(),
        labels: Vec::new(),
        notes: Vec::new(),
        route: Vec::new(),
        suggestions: Vec::new(),
        fixes: Vec::new(),
        key: format!("{rule}|{path}|{}|{role}", if pool.bound_to.is_empty() { &pool.symbol } else { &pool.bound_to }),
    }
}

/// A finding about a pool that a case overruns: at the setting that decides, with the concurrency, the pool and the route.
pub fn finding_of_case(
    context: &Context<'_>,
    rule: &'static str,
    case: &Case,
    setting: &str,
    certainty: Certainty,
    message: String,
    label: String,
) -> Option<Finding> {
    let pool = context.linked.pools.get(case.pool)?;
    let mut found = finding(context, rule, pool, setting, place_of_setting(pool, setting), certainty, message);
    found.label = label;
    found.labels = concurrency_labels(context, case);
    found.labels.extend(pool_label(context, &found, pool));
    found.route = case.route.clone();
    Some(found)
}

/// What the user of a pool sees at its limit: what the library says of it where the settings leave it so.
pub fn symptoms(context: &Context<'_>, index: usize) -> Vec<String> {
    let Some(pool) = context.linked.resolved.get(index) else { return Vec::new() };
    let endless =
        context.linked.patience.get(index).is_some_and(|patience| patience.waits_for_ever() && patience.of_queue().next().is_some());
    if pool.capacity.at_limit == AtLimit::Wait && (pool.kind.at_limit != AtLimit::Wait || endless) {
        let end = if endless { ", and no time-out ends the wait" } else { "" };
        return vec![format!("requests wait inside the client for a free connection{end}")];
    }
    let text = &pool.kind.error_text;
    let seen = (!text.is_empty()).then(|| format!("what you may see: {text}"));
    std::iter::once(pool.kind.symptom.clone()).chain(seen).collect()
}

/// What stands behind a number that the program does not say.
pub fn by_default(value: &Value) -> &'static str {
    if value.how == How::Default { ", the library's default" } else { "" }
}

/// The same where the sentence goes on.
pub fn by_default_within(value: &Value) -> &'static str {
    if value.how == How::Default { ", the library's default," } else { "" }
}

/// The place of a setting: where the construction writes it, else the construction.
pub fn place_of_setting(pool: &Pool, name: &str) -> Span {
    let written = pool.settings.iter().find(|setting| setting.name == name).and_then(|setting| setting.written_at);
    written.filter(|at| at.file == pool.span.file).unwrap_or_else(|| head(pool.span))
}

/// The place of a time-out: where a client or request writes it, else the pool.
pub fn place_of_timeout(pool: &Pool, timeout: &TimeOut) -> Span {
    timeout.written_at.unwrap_or_else(|| head(pool.span))
}

/// The case of a pool with the most at once among those that pass a test.
pub fn busiest<'a>(context: &Context<'a>, pool: usize, test: impl Fn(&Case) -> bool) -> Option<&'a Case> {
    let size = |case: &Case| decisive(&case.demand).unwrap_or(0.0);
    let cases = context.linked.cases.iter().filter(|case| case.pool == pool && test(case));
    cases.max_by(|one, other| size(one).total_cmp(&size(other)))
}

/// A request that one life of the pool sends again and again.
pub fn repeated<'a>(context: &Context<'a>, pool: usize) -> Option<&'a Flow> {
    let flows = context.linked.flows.iter().filter(|flow| flow.pool == pool);
    flows.into_iter().find(|flow| flow.repeats_at_home && !flow.route.assumed)
}

/// How sure a statement is that stands on the latency of a pool's calls: one that the program only mentions is taken for granted.
pub fn sure_of_latency(context: &Context<'_>, pool: usize) -> Certainty {
    let is_written = context.linked.written_latencies.get(pool).is_some_and(|written| !written.is_empty());
    if is_written { Certainty::Assumed } else { Certainty::Measured }
}

/// A share in per cent, one digit after the point at most; a pair where it is a range.
pub fn share(range: Range) -> String {
    let (low, high) = (show_percent(range.low), show_percent(range.high));
    if low == high { format!("{low} %") } else { format!("{low} to {high} %") }
}

/// The beginning of a call that may go over many lines.
pub fn head(span: Span) -> Span {
    Span { end: span.end.min(span.start.saturating_add(120)).max(span.start), ..span }
}

/// A number in words: `30`, or `15 or 60` with the one that decides.
pub fn number(value: &Value) -> String {
    match &value.amount {
        Amount::Several(all) => all.last().map_or_else(|| value.amount.to_string(), |most| show_number(*most)),
        Amount::Range { low: Some(low), .. } => format!("at least {}", show_number(*low)),
        other => other.to_string(),
    }
}

/// The number that decides: the greatest alternative of a demand, the lower end of a range.
pub fn decisive(value: &Value) -> Option<f64> {
    match &value.amount {
        Amount::Range { low, .. } => *low,
        other => other.greatest(),
    }
    .filter(|number| number.is_finite())
}

/// Labels for both ends of the concurrency: where its number stands, and the limiters and fan-outs that it feeds.
pub fn concurrency_labels(context: &Context<'_>, case: &Case) -> Vec<Label> {
    let mut labels: Vec<Label> = Vec::new();
    let mut add = |span: Span, message: String| {
        let place = context.sources.place(span);
        if !labels.iter().any(|label| context.sources.place(label.span) == place) {
            labels.push(Label { span: head(span), message });
        }
    };
    if let Some(at) = case.demand.defined_at {
        add(at, format!("{} at once", number(&case.demand)));
    }
    for site in case.concurrency.iter().filter_map(|at| context.linked.concurrency.get(*at)) {
        let what = match site.value.amount.greatest() {
            Some(most) if most.is_finite() => format!("{} here", site.value.amount),
            _ => "started together here".to_string(),
        };
        add(site.span, what);
    }
    labels
}

/// The label of the pool itself, where the finding's own place is on another line.
pub fn pool_label(context: &Context<'_>, finding: &Finding, pool: &Pool) -> Option<Label> {
    let same_line = context.sources.place(finding.span) == context.sources.place(pool.span);
    (!same_line).then(|| Label { span: context.sources.first_line(pool.span), message: "the pool".to_string() })
}

/// What was taken for granted.
pub fn assumptions(case: &Case, per_host: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if !case.route_is_known {
        notes.push("assumed: the declared workload runs through this pool; no route to it was found in the code".to_string());
    }
    if per_host {
        notes.push("assumed: the requests go to one host; a limit per host holds for each host alone".to_string());
    }
    if let Amount::Several(all) = &case.demand.amount {
        let all: Vec<String> = all.iter().map(|number| show_number(*number)).collect();
        notes.push(format!("{} are given in different places; the largest decides", all.join(" and ")));
    }
    notes
}
