//! What a probe says, sentence by sentence and cell by cell, for the terminal and the page.

use super::report::{Client, Column, LiveClient, Metric, Probe, Target};
use super::verdict::{Unit, Verdict};
use crate::render::plan::figures::{share, shares, time, times};
use crate::render::plan::text::limits;
use crate::value::show_number;

/// Share of a call above which it is said that the server was late.
const LATE: f64 = 0.01;
/// Heads of a column's table.
pub(super) const METRICS: [&str; 6] = ["", "predicted", "measured", "difference", "runs", "verdict"];
/// Heads of a live client's table.
pub(super) const SETTINGS: [&str; 4] = ["", "read", "live", "verdict"];

/// A verdict in words.
pub fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Confirmed => "confirmed",
        Verdict::Undecided => "undecided",
        Verdict::Inconclusive => "inconclusive",
        Verdict::NotConfirmed => "not confirmed",
    }
}

/// The conclusion over everything.
pub(super) fn conclusion(probe: &Probe) -> String {
    let asked = probe.target.as_ref().map(of_target);
    let ran = probe.columns.iter().map(|column| column.verdict).max().map(|verdict| match verdict {
        Verdict::Confirmed => "the library does what was predicted",
        Verdict::Undecided => "the prediction is a range, and what was measured lies in it",
        Verdict::Inconclusive => "the runs are too few or differ too much, or the machine was busy",
        Verdict::NotConfirmed => "what was measured is not what was predicted",
    });
    let said: Vec<&str> = asked.into_iter().chain(ran).collect();
    format!("{}: {}", word(probe.verdict), said.join("; "))
}

fn of_target(target: &Target) -> &'static str {
    let is_read = target.clients.iter().any(|client| client.scanned_at.is_some());
    match target.verdict() {
        Verdict::Confirmed => "the client is set as the source was read",
        Verdict::NotConfirmed => "the client is not set as the source was read",
        Verdict::Undecided | Verdict::Inconclusive if is_read => "what was read is not one number",
        Verdict::Undecided | Verdict::Inconclusive => "a scan finds no pool where the client was made",
    }
}

/// The library with its version, and the interpreter.
pub(super) fn who(client: &Client) -> [String; 2] {
    let version = client.packages.get(&client.library).map_or_else(String::new, |version| format!(" {version}"));
    let others = client.packages.iter().filter(|(name, _)| **name != client.library);
    let others: Vec<String> = others.map(|(name, version)| format!("{name} {version}")).collect();
    let others = if others.is_empty() { String::new() } else { format!(" with {}", others.join(", ")) };
    let library = format!("{}{version}{others} on {}", client.library, client.runtime);
    [library, format!("{} ({})", client.interpreter, client.because)]
}

/// What is probed in a column.
pub(super) fn heading(column: &Column) -> String {
    let rounds = if column.rounds > 1 { format!(", {} each, one after the other", column.rounds) } else { String::new() };
    let gate = column.semaphore.map_or_else(String::new, |permits| format!(", semaphore {permits}"));
    format!("{}: {}{gate}; {} requests at once{rounds}", column.name, limits(&column.limits), column.concurrency)
}

/// How it is probed.
pub(super) fn setup(column: &Column) -> [String; 2] {
    let (latency, original) = (column.latency_s.0, column.original_latency_s.0);
    let calls = if (latency - original).abs() > 1e-9 {
        format!("calls of {} stand for {}, and all times are in proportion; seed {}", time(latency), time(original), column.seed)
    } else {
        format!("calls of {}; seed {}", time(latency), column.seed)
    };
    let settings: Vec<String> = column.settings.iter().map(|(name, value)| format!("{name} {}", shown(value))).collect();
    [calls, settings.join(", ")]
}

/// What went wrong in a column.
pub(super) fn mishaps(column: &Column) -> Vec<String> {
    let mut said = Vec::new();
    if !column.errors.is_empty() {
        let errors: Vec<String> = column.errors.iter().map(|(error, count)| format!("{error} {count}×")).collect();
        said.push(format!("raised in all runs: {}", errors.join(", ")));
    }
    if column.server_late_s.0 > LATE * column.latency_s.0 {
        said.push(format!("the server was {} late with an answer on average", time(column.server_late_s.0)));
    }
    said
}

/// A client of the user's own: its class and place, where a scan read it, and its settings.
pub(super) fn live(client: &LiveClient) -> ([String; 2], Vec<[String; 4]>) {
    let made = if client.made_at.is_empty() { String::new() } else { format!(", made at {}", client.made_at.join(" and ")) };
    let scanned = client.scanned_at.as_ref().map_or("a scan finds no pool there".into(), |place| format!("read at {place}"));
    let rows = client.settings.iter().map(|setting| {
        let read = setting.scanned.clone().unwrap_or_default();
        [setting.name.clone(), read, shown(&setting.live), setting.verdict.map_or("", word).into()]
    });
    ([format!("{}{made}", client.kind), scanned], rows.collect())
}

/// What the reader must know.
pub(super) fn to_know(probe: &Probe) -> Vec<String> {
    let machine = &probe.machine;
    let load = machine.load_before.zip(machine.load_after);
    let load = load.map(|(before, after)| format!("load of the machine: {} before, {} after", show_number(before.0), show_number(after.0)));
    load.into_iter().chain(probe.notes.iter().cloned()).chain([probe.not_covered.to_string()]).collect()
}

fn shown(value: &serde_json::Value) -> String {
    if value.is_null() { "none".into() } else { value.as_f64().map_or_else(|| value.to_string(), show_number) }
}

/// A figure, cell by cell.
pub(super) fn cells(metric: &Metric) -> [String; 6] {
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
