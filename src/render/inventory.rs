//! `advisor pools`: every pool with its limits and where each came from, every concurrency site, what feeds what, and why a pool
//! could not be judged.

use std::fmt::Write as _;

use clap::builder::styling::{AnsiColor, Style};

use super::{RenderOptions, concise, escape, human, place, summary};
use crate::finding::{AtLimit, Capacity, Case, Concurrency, ConcurrencyKind, Estimate, EstimateUnit, Pool, Report, Verdict};
use crate::text::Sources;
use crate::value::{Amount, Value, show_number, show_seconds};

/// Columns of the widest amount that stands in a column of its own.
const MAX_AMOUNT: usize = 24;

/// The inventory for people.
pub fn text(report: &Report, options: &RenderOptions<'_>) -> String {
    let mut out = String::new();
    let width = options.width.max(40);
    let leaves_out = options.without_tests && report.pools.iter().any(|pool| !pool.in_tests);
    let left_out = report.pools.iter().filter(|pool| leaves_out && pool.in_tests).count();
    for (index, pool) in report.pools.iter().enumerate().filter(|(_, pool)| !(leaves_out && pool.in_tests)) {
        let cases: Vec<_> = report.cases.iter().filter(|case| case.pool == index).collect();
        pool_text(&mut out, report, pool, &cases, options);
        out.push('\n');
    }
    if left_out > 0 {
        let _ = writeln!(out, "{} of tests left out; `--tests` lists them\n", summary::count(left_out, "pool"));
    }
    if !report.concurrency.is_empty() {
        let _ = writeln!(out, "{}", styled("concurrency", Style::new().bold(), options.color));
        sites_text(&mut out, report, width);
        out.push('\n');
    }
    for problem in &report.problems {
        let _ = writeln!(out, "{}", concise::problem_line(problem));
    }
    let _ = writeln!(out, "{}", summary::line(report));
    out
}

fn pool_text(out: &mut String, report: &Report, pool: &Pool, cases: &[&Case], options: &RenderOptions<'_>) {
    let (width, color) = (options.width.max(40), options.color);
    let sources = &report.sources;
    let symbol = styled(&escape::line(&pool.symbol), Style::new().bold(), color);
    let _ = writeln!(out, "{}  {symbol}", escape::line(&place::place(sources, pool.span).id()));
    let version = pool.version.as_ref().map_or_else(String::new, |version| format!(" {version}"));
    let bound = if pool.bound_to.is_empty() { String::new() } else { format!(", bound to {}", pool.bound_to) };
    paragraph(out, &format!("{}{version}{bound}, shared by: {}", pool.library, pool.owner), width, "  ");
    let names = pool.settings.iter().map(|setting| columns(&setting.name)).max().unwrap_or(0);
    let numbers =
        pool.settings.iter().map(|setting| columns(&setting.value.amount.to_string())).filter(|&c| c <= MAX_AMOUNT).max().unwrap_or(0);
    for setting in &pool.settings {
        let (name, amount) = (padded(&escape::line(&setting.name), names), setting.value.amount.to_string());
        let origin = origin(sources, &setting.value);
        // A long reason why a number is not known is text, no cell.
        let (first, said) = match columns(&amount) > MAX_AMOUNT {
            true => (format!("    {name}  "), format!("{amount}, {origin}")),
            false => (format!("    {name}  {}  ", padded(&escape::line(&amount), numbers)), origin),
        };
        let rest = " ".repeat(columns(&first).min(width / 2));
        lines(out, human::hang(&said, width, &first, &rest));
    }
    paragraph(out, &format!("lets through {}", capacity(&pool.capacity)), width, "  ");
    if cases.is_empty() {
        paragraph(out, "not judged: nothing was found that says how much runs through it", width, "  ");
    }
    for case in cases {
        let verdict = verdict_word(case.verdict);
        let mut told = human::wrap(&format!("{verdict}: {}", case.because), width, "  ");
        if let Some(first) = told.first_mut() {
            *first = first.replacen(verdict, &styled(verdict, verdict_style(case.verdict), color), 1);
        }
        lines(out, told);
        let fed: Vec<_> =
            case.concurrency.iter().filter_map(|&at| report.concurrency.get(at)).map(|site| site_name(sources, site)).collect();
        if !fed.is_empty() {
            paragraph(out, &format!("fed by {}", fed.join(", ")), width, "    ");
        }
        if let Some(estimate) = case.estimate.as_ref().filter(|_| case.verdict == Verdict::TooSmall) {
            for line in estimate_lines(estimate) {
                paragraph(out, &line, width, "    ");
            }
        }
    }
}

/// All concurrency sites: a table; where it is wider than the terminal, two lines a site.
fn sites_text(out: &mut String, report: &Report, width: usize) {
    let rows: Vec<[String; 5]> = report
        .concurrency
        .iter()
        .map(|site| {
            let place = place::place(&report.sources, site.span).id();
            let amount = site.value.amount.to_string();
            let origin = origin(&report.sources, &site.value);
            [place, kind_word(site.kind).to_string(), site.name.clone(), amount, origin].map(|cell| escape::line(&cell).into_owned())
        })
        .collect();
    let widest = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| columns(cell)).max().unwrap_or(0);
    let widths = [widest(0), widest(1), widest(2), widest(3), 0];
    if widths.iter().sum::<usize>() + widest(4) + 10 <= width {
        for row in &rows {
            let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| padded(cell, width)).collect();
            let _ = writeln!(out, "  {}", cells.join("  "));
        }
        return;
    }
    for [place, kind, name, amount, origin] in &rows {
        let _ = writeln!(out, "  {place}");
        let name = if name == kind { String::new() } else { format!(" {name}") };
        paragraph(out, &format!("{kind}{name}: {amount}, {origin}"), width, "    ");
    }
}

/// `declared at app/llm.py:9`, `default: 15 s by default (source)`: where a number is from, in one line.
fn origin(sources: &Sources, value: &Value) -> String {
    let certainty = concise::certainty_word(value.certainty);
    match (value.defined_at, value.trail.last()) {
        (Some(span), _) => format!("{certainty} at {}", sources.place(span)),
        (None, Some(last)) if last.said.starts_with(certainty) => last.said.clone(),
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
    let effective = &capacity.effective.amount;
    let mut text = short(effective);
    // What is kept may be less than what is lent out: a pool may overflow.
    let overflow = match (effective, capacity.total.as_ref().map(|total| &total.amount)) {
        (Amount::One(most), Some(Amount::One(kept))) if most > kept => Some((kept, most - kept)),
        _ => None,
    };
    match overflow {
        Some((kept, more)) => {
            let _ = write!(text, " ({} {}, and {} beyond it)", capacity.decided_by, show_number(*kept), show_number(more));
        }
        None if !capacity.decided_by.is_empty() => {
            let _ = write!(text, " ({} decides)", capacity.decided_by);
        }
        None => {}
    }
    let total = if overflow.is_some() { &None } else { &capacity.total };
    let parts = [("in total", total), ("to one host", &capacity.per_host), ("kept idle", &capacity.idle)];
    let parts: Vec<_> =
        parts.iter().filter_map(|(said, value)| value.as_ref().map(|value| format!("{} {said}", short(&value.amount)))).collect();
    if !parts.is_empty() {
        let _ = write!(text, "; {}", parts.join(", "));
    }
    if *effective == Amount::Unbounded {
        text.push_str("; there is no limit");
        return text;
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
        let _ = match seconds {
            Some(seconds) if seconds.is_infinite() => write!(text, ", for as long as it takes"),
            Some(seconds) => write!(text, ", for {} at most", show_seconds(seconds)),
            None => write!(text, ", for {} at most", wait.amount),
        };
    }
    text
}

/// `burst: 17 waves, mean wait 7.8 service times, longest wait 16 service times`, then the statement for a steady state, then the time-outs.
pub(super) fn estimate_lines(estimate: &Estimate) -> Vec<String> {
    let time = |number: f64| match estimate.unit {
        EstimateUnit::ServiceTimes => format!("{} service times", show_number((number * 10.0).round() / 10.0)),
        EstimateUnit::Seconds => show_seconds(number),
    };
    let (mean, longest, steady) = (time(estimate.wait_mean), time(estimate.wait_max), time(estimate.wait_steady));
    let waves = if estimate.waves == 1.0 { "1 wave".to_string() } else { format!("{} waves", show_number(estimate.waves)) };
    let mut lines = vec![format!("burst: {waves}, mean wait {mean}, longest wait {longest}"), format!("steady state: mean wait {steady}")];
    if let Some(share) = estimate.timed_out {
        lines.push(format!("time-outs: {} % of a burst", show_number((share * 1000.0).round() / 10.0)));
    }
    lines
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

fn verdict_style(verdict: Verdict) -> Style {
    let colour = match verdict {
        Verdict::TooSmall => AnsiColor::Yellow,
        Verdict::Ok => AnsiColor::Green,
        Verdict::CannotTell => AnsiColor::Cyan,
    };
    colour.on_default().bold()
}

fn styled(text: &str, style: Style, color: bool) -> String {
    if color { format!("{style}{text}{style:#}") } else { text.to_string() }
}

fn paragraph(out: &mut String, text: &str, width: usize, indent: &str) {
    lines(out, human::wrap(text, width, indent));
}

fn lines(out: &mut String, lines: Vec<String>) {
    for line in lines {
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
