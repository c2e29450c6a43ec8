//! A probe on a terminal: predicted against measured, figure by figure, with the requests under way over time.

use std::fmt::Write as _;

use super::report::{Column, Metric, Moment, Probe, Target};
use super::verdict::{Unit, Verdict};
use crate::render::escape;
use crate::render::plan::figures::{share, shares, time, times};
use crate::render::plan::text::limits;
use crate::value::show_number;

/// Columns of the picture.
const WIDTH: usize = 60;
/// Share of a call above which it is said that the server was late.
const LATE: f64 = 0.01;
/// Rows of the picture.
const HEIGHT: usize = 6;

/// The probe as text. `ascii` draws with letters only.
pub fn text(probe: &Probe, ascii: bool) -> String {
    let mut out = String::new();
    let client = &probe.client;
    let version = client.packages.get(&client.library).map_or_else(String::new, |version| format!(" {version}"));
    let others: Vec<String> =
        client.packages.iter().filter(|(name, _)| **name != client.library).map(|(name, version)| format!("{name} {version}")).collect();
    let others = if others.is_empty() { String::new() } else { format!(" with {}", others.join(", ")) };
    let _ = writeln!(out, "probe: {}{version}{others} on Python {}", client.library, client.python);
    let _ = writeln!(out, "  {} ({})", client.interpreter, client.because);
    if let Some(case) = &probe.case {
        let _ = writeln!(out, "  {}:{}: {}: {}", case.path, case.line, case.symbol, case.because);
    }
    if let Some(target) = &probe.target {
        describe_target(&mut out, target);
    }
    for column in &probe.columns {
        describe(&mut out, column);
    }
    let machine = &probe.machine;
    let _ = writeln!(out, "\nto know");
    if let (Some(before), Some(after)) = (machine.load_before, machine.load_after) {
        let _ = writeln!(out, "- load of the machine: {} before, {} after", show_number(before.0), show_number(after.0));
    }
    for note in &probe.notes {
        let _ = writeln!(out, "- {note}");
    }
    let _ = writeln!(out, "- {}", probe.not_covered);
    let _ = writeln!(out, "\n{}", conclusion(probe));
    let text: Vec<String> = out.lines().map(|line| escape::line(line).to_string()).collect();
    let text = text.join("\n") + "\n";
    if ascii {
        text.replace('–', "-").replace('█', "#").replace('┄', ".").replace('≥', ">=").replace('×', "x").replace('·', ".")
    } else {
        text
    }
}

/// A verdict in words.
pub fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Confirmed => "confirmed",
        Verdict::Undecided => "undecided",
        Verdict::Inconclusive => "inconclusive",
        Verdict::NotConfirmed => "not confirmed",
    }
}

fn conclusion(probe: &Probe) -> String {
    if let Some(target) = probe.target.as_ref().filter(|target| probe.columns.is_empty() || target.verdict() == probe.verdict) {
        let is_read = target.clients.iter().any(|client| client.scanned_at.is_some());
        let what = match probe.verdict {
            Verdict::Confirmed => "the client is set as the source was read",
            Verdict::NotConfirmed => "the client is not set as the source was read",
            Verdict::Undecided | Verdict::Inconclusive if is_read => "what was read is not one number",
            Verdict::Undecided | Verdict::Inconclusive => "a scan finds no pool where the client was made",
        };
        return format!("{}: {what}", word(probe.verdict));
    }
    let what = match probe.verdict {
        Verdict::Confirmed => "the library does what was predicted",
        Verdict::Undecided => "the prediction is a range, and what was measured lies in it",
        Verdict::Inconclusive => "the runs differ too much, or the machine was busy: try again when it is quiet",
        Verdict::NotConfirmed => "what was measured is not what was predicted",
    };
    format!("{}: {what}", word(probe.verdict))
}

fn describe(out: &mut String, column: &Column) {
    let rounds = if column.rounds > 1 { format!(", {} each, one after the other", column.rounds) } else { String::new() };
    let gate = column.semaphore.map_or_else(String::new, |permits| format!(", semaphore {permits}"));
    let _ = writeln!(out, "\n{}: {}{gate}; {} requests at once{rounds}", column.name, limits(&column.limits), column.concurrency);
    let (latency, original) = (column.latency_s.0, column.original_latency_s.0);
    if (latency - original).abs() > 1e-9 {
        let _ = writeln!(out, "  calls of {} stand for {}, and all times are in proportion", time(latency), time(original));
    } else {
        let _ = writeln!(out, "  calls of {}", time(latency));
    }
    let settings: Vec<String> = column.settings.iter().map(|(name, value)| format!("{name} {}", shown(value))).collect();
    let _ = writeln!(out, "  {}", settings.join(", "));
    let cells: Vec<[String; 6]> = column.metrics.iter().map(cells).collect();
    table(out, &["", "predicted", "measured", "difference", "runs", "verdict"].map(String::from), &cells);
    if !column.errors.is_empty() {
        let errors: Vec<String> = column.errors.iter().map(|(error, count)| format!("{error} {count}×")).collect();
        let _ = writeln!(out, "  raised in all runs: {}", errors.join(", "));
    }
    if column.server_late_s.0 > LATE * latency {
        let _ = writeln!(out, "  the mock server was {} late with an answer on average", time(column.server_late_s.0));
    }
    picture(out, &column.timeline, column.limits.effective);
    for note in &column.notes {
        let _ = writeln!(out, "  - {note}");
    }
}

/// The clients of a factory, setting by setting.
fn describe_target(out: &mut String, target: &Target) {
    let _ = writeln!(out, "\n`{}`, imported from {}", target.named, target.imported);
    for client in &target.clients {
        let made = if client.made_at.is_empty() { String::new() } else { format!(", made at {}", client.made_at.join(" and ")) };
        let _ = writeln!(out, "  {}{made}", client.kind);
        let scanned = client.scanned_at.as_ref();
        let _ = writeln!(out, "  {}", scanned.map_or("a scan finds no pool there".into(), |place| format!("read at {place}")));
        let cells: Vec<[String; 4]> = client
            .settings
            .iter()
            .map(|setting| {
                let read = setting.scanned.clone().unwrap_or_default();
                [setting.name.clone(), read, shown(&setting.live), setting.verdict.map_or("", word).into()]
            })
            .collect();
        table(out, &["", "read", "live", "verdict"].map(String::from), &cells);
    }
}

/// Rows below a head: the first and the last column begin at the left, the others end at the right.
fn table<const N: usize>(out: &mut String, head: &[String; N], rows: &[[String; N]]) {
    let mut widths = [0; N];
    for row in std::iter::once(head).chain(rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in std::iter::once(head).chain(rows) {
        let mut line = String::new();
        for (number, (cell, width)) in row.iter().zip(widths).enumerate() {
            let pad = " ".repeat(width - cell.chars().count());
            let _ = if number == 0 || number + 1 == N { write!(line, "  {cell}{pad}") } else { write!(line, "  {pad}{cell}") };
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

fn shown(value: &serde_json::Value) -> String {
    if value.is_null() { "none".into() } else { value.as_f64().map_or_else(|| value.to_string(), show_number) }
}

fn cells(metric: &Metric) -> [String; 6] {
    let (low, high) = (metric.predicted.low.0, metric.predicted.high.0);
    let one = |number: f64| match metric.unit {
        Unit::Seconds => time(number),
        Unit::Share => share(number),
        Unit::Count => show_number(number.round()),
    };
    let range = |low: f64, high: f64| if one(low) == one(high) { one(high) } else { format!("{}–{}", one(low), one(high)) };
    let predicted = match metric.unit {
        Unit::Seconds => times(metric.predicted),
        Unit::Share => shares(metric.predicted),
        Unit::Count => range(low, high),
    };
    let predicted = if metric.lower_bound && high > 0.0 { format!("≥ {predicted}") } else { predicted };
    let difference = metric.difference.0;
    let sign = if difference > 0.0 { "+" } else { "-" };
    let difference = if difference == 0.0 { "0".to_string() } else { format!("{sign}{}", one(difference.abs())) };
    let runs = metric.runs.iter().map(|run| run.0);
    let runs = range(runs.clone().fold(f64::INFINITY, f64::min), runs.fold(0.0, f64::max));
    let verdict = metric.verdict.map_or("", word);
    let above = metric.lower_bound && metric.difference.0 > 0.0 && metric.verdict == Some(Verdict::NotConfirmed);
    let verdict = if above { format!("{verdict}: above the lower bound") } else { verdict.to_string() };
    [metric.name.to_string(), predicted, one(metric.measured.0), difference, runs, verdict]
}

/// Requests under way over time, with the limit as a line.
fn picture(out: &mut String, timeline: &[Moment], limit: Option<u64>) {
    let Some(last) = timeline.last() else { return };
    let most = timeline.iter().map(|moment| moment.most).max().unwrap_or(0).max(1);
    // A limit far above the picture is no part of it.
    let limit = limit.filter(|limit| *limit <= 2 * most);
    let top = limit.unwrap_or(0).max(most) as f64;
    let end = last.at_s.0 + timeline.get(1).map_or(0.0, |second| second.at_s.0);
    let label = limit.map_or_else(String::new, |limit| format!(", ┄ the limit of {limit}"));
    let _ = writeln!(out, "  in flight at the server, from 0 to {}{label}", time(end));
    let height = |count: f64| (count / top * HEIGHT as f64).ceil() as usize;
    let columns: Vec<usize> = (0..WIDTH.min(timeline.len()))
        .filter_map(|number| timeline.get(number * timeline.len() / WIDTH.min(timeline.len())))
        .map(|moment| height(moment.in_flight.0 - 0.005 * top))
        .collect();
    let limit_row = limit.map(|limit| height(limit as f64));
    for row in (1..=HEIGHT).rev() {
        let axis = if row == HEIGHT { show_number(top) } else { String::new() };
        let blank = if limit_row == Some(row) { '┄' } else { ' ' };
        let line: String = columns.iter().map(|filled| if *filled >= row { '█' } else { blank }).collect();
        let _ = writeln!(out, "  {axis:>5} {}", line.trim_end());
    }
}
