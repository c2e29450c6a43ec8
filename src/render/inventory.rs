//! `advisor pools`: every pool with its limits and where each came from, every concurrency site, what feeds what, and why a pool
//! could not be judged.

use std::fmt::Write as _;

use super::{RenderOptions, concise, escape, human, place, summary};
use crate::finding::{AtLimit, Capacity, Case, Concurrency, ConcurrencyKind, Estimate, EstimateUnit, Pool, Report, Verdict};
use crate::text::Sources;
use crate::value::{Amount, Value, show_number, show_seconds};

/// The inventory for people.
pub fn text(report: &Report, options: &RenderOptions<'_>) -> String {
    let mut out = String::new();
    let width = options.width.max(40);
    for (index, pool) in report.pools.iter().enumerate() {
        let cases: Vec<_> = report.cases.iter().filter(|case| case.pool == index).collect();
        pool_text(&mut out, report, pool, &cases, width);
        out.push('\n');
    }
    if !report.concurrency.is_empty() {
        out.push_str("concurrency\n");
        sites_text(&mut out, report);
        out.push('\n');
    }
    for problem in &report.problems {
        let _ = writeln!(out, "{}", concise::problem_line(problem));
    }
    let summary = summary::line(report);
    let _ = writeln!(out, "{}", summary.lines().next().unwrap_or_default());
    out
}

fn pool_text(out: &mut String, report: &Report, pool: &Pool, cases: &[&Case], width: usize) {
    let sources = &report.sources;
    let _ = writeln!(out, "{}  {}", escape::line(&place::place(sources, pool.span).id()), escape::line(&pool.symbol));
    let version = pool.version.as_ref().map_or_else(String::new, |version| format!(" {version}"));
    let bound = if pool.bound_to.is_empty() { String::new() } else { format!(", bound to {}", pool.bound_to) };
    paragraph(out, &format!("{}{version}{bound}, shared by: {}", pool.library, pool.owner), width, "  ");
    let names = pool.settings.iter().map(|setting| columns(&setting.name)).max().unwrap_or(0);
    let numbers = pool.settings.iter().map(|setting| columns(&setting.value.amount.to_string())).filter(|&c| c <= 24).max().unwrap_or(0);
    for setting in &pool.settings {
        let amount = setting.value.amount.to_string();
        let (name, amount) = (padded(&setting.name, names), padded(&amount, numbers));
        paragraph(out, &format!("{name}  {amount}  {}", origin(sources, &setting.value)), width, "    ");
    }
    paragraph(out, &format!("lets through {}", capacity(&pool.capacity)), width, "  ");
    if cases.is_empty() {
        paragraph(out, "not judged: nothing was found that says how much runs through it", width, "  ");
    }
    for case in cases {
        let fed: Vec<_> =
            case.concurrency.iter().filter_map(|&at| report.concurrency.get(at)).map(|site| site_name(sources, site)).collect();
        let fed = if fed.is_empty() { String::new() } else { format!(", fed by {}", fed.join(" > ")) };
        let verdict = verdict_word(case.verdict);
        paragraph(out, &format!("{verdict}: {} at once over {}{fed}", short(&case.demand.amount), short(&case.supply.amount)), width, "  ");
        paragraph(out, &case.because, width, "    ");
        if let Some(estimate) = &case.estimate {
            paragraph(out, &estimate_text(estimate), width, "    ");
        }
    }
}

fn sites_text(out: &mut String, report: &Report) {
    let rows: Vec<_> = report
        .concurrency
        .iter()
        .map(|site| {
            let place = place::place(&report.sources, site.span).id();
            [place, kind_word(site.kind).to_string(), site.name.clone(), site.value.amount.to_string()]
                .map(|cell| escape::line(&cell).into_owned())
        })
        .collect();
    let widths = [0, 1, 2, 3].map(|column| rows.iter().filter_map(|row| row.get(column)).map(|cell| columns(cell)).max().unwrap_or(0));
    for (row, site) in rows.iter().zip(&report.concurrency) {
        let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| padded(cell, width)).collect();
        let _ = writeln!(out, "  {}  {}", cells.join("  "), escape::line(&origin(&report.sources, &site.value)));
    }
}

/// `declared at app/llm.py:9`, `default: 15 s by default (source)`: where a number is from, in one line.
fn origin(sources: &Sources, value: &Value) -> String {
    let certainty = concise::certainty_word(value.certainty);
    match (value.defined_at, value.trail.last()) {
        (Some(span), _) => format!("{certainty} at {}", sources.place(span)),
        (None, Some(last)) => format!("{certainty}: {}", last.said),
        (None, None) => certainty.to_string(),
    }
}

/// `--concurrent (run.sh:2)`.
pub(super) fn site_name(sources: &Sources, site: &Concurrency) -> String {
    format!("{} ({})", site.name, sources.place(site.span))
}

/// `30 (limit_per_host decides); 100 in total, 30 to one host; above it requests wait in the client`.
fn capacity(capacity: &Capacity) -> String {
    let mut text = short(&capacity.effective.amount);
    if !capacity.decided_by.is_empty() {
        let _ = write!(text, " ({} decides)", capacity.decided_by);
    }
    let parts = [("in total", &capacity.total), ("to one host", &capacity.per_host), ("kept idle", &capacity.idle)];
    let parts: Vec<_> =
        parts.iter().filter_map(|(said, value)| value.as_ref().map(|value| format!("{} {said}", short(&value.amount)))).collect();
    if !parts.is_empty() {
        let _ = write!(text, "; {}", parts.join(", "));
    }
    let above = match capacity.at_limit {
        AtLimit::Wait => "above it requests wait in the client",
        AtLimit::Discard => "above it connections are opened and thrown away after use",
        AtLimit::Churn => "above it connections are closed after use and opened anew",
        AtLimit::Error => "above it the client raises at once",
        AtLimit::Unbounded => "there is no limit",
    };
    let _ = write!(text, "; {above}");
    if let Some(wait) = &capacity.acquire_timeout {
        let seconds = wait.amount.least().filter(|_| wait.amount.least() == wait.amount.greatest());
        let _ = write!(text, ", for {} at most", seconds.map_or_else(|| wait.amount.to_string(), show_seconds));
    }
    text
}

/// `burst: 17 waves, mean wait 7.8, longest wait 16 service times; steady state: mean wait 15.7 service times`.
pub(super) fn estimate_text(estimate: &Estimate) -> String {
    let time = |number: f64| match estimate.unit {
        EstimateUnit::ServiceTimes => format!("{} service times", show_number((number * 10.0).round() / 10.0)),
        EstimateUnit::Seconds => show_seconds(number),
    };
    let (mean, longest, steady) = (time(estimate.wait_mean), time(estimate.wait_max), time(estimate.wait_steady));
    let waves = show_number(estimate.waves);
    let mut text = format!("burst: {waves} waves, mean wait {mean}, longest wait {longest}; steady state: mean wait {steady}");
    if let Some(share) = estimate.timed_out {
        let _ = write!(text, "; {} % of a burst time out", show_number((share * 1000.0).round() / 10.0));
    }
    text
}

/// An amount without the reason why it is not known, which stands elsewhere.
fn short(amount: &Amount) -> String {
    if amount.is_unknown() { "unknown".into() } else { amount.to_string() }
}

pub(super) fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::TooSmall => "too small",
        Verdict::Ok => "ok",
        Verdict::CannotTell => "not judged",
    }
}

pub(super) fn kind_word(kind: ConcurrencyKind) -> &'static str {
    match kind {
        ConcurrencyKind::Flag => "flag",
        ConcurrencyKind::Semaphore => "semaphore",
        ConcurrencyKind::Executor => "executor",
        ConcurrencyKind::FanOut => "fan-out",
        ConcurrencyKind::Workers => "workers",
        ConcurrencyKind::Config => "config",
        ConcurrencyKind::CommandLine => "command line",
        ConcurrencyKind::Workload => "workload",
    }
}

fn paragraph(out: &mut String, text: &str, width: usize, indent: &str) {
    for line in human::wrap(text, width, indent) {
        out.push_str(&line);
        out.push('\n');
    }
}

fn columns(text: &str) -> usize {
    textwrap::core::display_width(text)
}

fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}
