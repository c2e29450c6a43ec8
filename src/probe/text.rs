//! A probe on a terminal: predicted against measured, figure by figure, with the requests under way over time.

use std::fmt::Write as _;

use super::report::{Column, Moment, Probe, Target};
use super::words;
use crate::render::escape;
use crate::render::plan::figures::time;
use crate::value::show_number;

/// Columns of the picture.
const WIDTH: usize = 60;
/// Rows of the picture.
const HEIGHT: usize = 6;

/// The probe as text. `ascii` draws with letters only.
pub fn text(probe: &Probe, ascii: bool) -> String {
    let mut out = String::new();
    let [library, interpreter] = words::who(&probe.client);
    let _ = writeln!(out, "probe: {library}\n  {interpreter}");
    if let Some(case) = &probe.case {
        let _ = writeln!(out, "  {}:{}: {}: {}", case.path, case.line, case.symbol, case.because);
    }
    if let Some(target) = &probe.target {
        describe_target(&mut out, target);
    }
    for column in &probe.columns {
        describe(&mut out, column);
    }
    let _ = writeln!(out, "\nto know");
    for note in words::to_know(probe) {
        let _ = writeln!(out, "- {note}");
    }
    let _ = writeln!(out, "\n{}", words::conclusion(probe));
    let text: Vec<String> = out.lines().map(|line| escape::line(line).to_string()).collect();
    let text = text.join("\n") + "\n";
    if ascii {
        text.replace('–', "-").replace('█', "#").replace('┄', ".").replace('≥', ">=").replace('×', "x").replace('·', ".")
    } else {
        text
    }
}

fn describe(out: &mut String, column: &Column) {
    let _ = writeln!(out, "\n{}", words::heading(column));
    for line in words::setup(column) {
        let _ = writeln!(out, "  {line}");
    }
    let cells: Vec<[String; 6]> = column.metrics.iter().map(words::cells).collect();
    table(out, words::METRICS, &cells);
    for line in words::mishaps(column) {
        let _ = writeln!(out, "  {line}");
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
        let ([made, read], rows) = words::live(client);
        let _ = writeln!(out, "  {made}\n  {read}");
        table(out, words::SETTINGS, &rows);
    }
}

/// Rows below a head: the first and the last column begin at the left, the others end at the right.
fn table<const N: usize>(out: &mut String, head: [&str; N], rows: &[[String; N]]) {
    let (mut widths, head) = ([0; N], head.map(String::from));
    for row in std::iter::once(&head).chain(rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in std::iter::once(&head).chain(rows) {
        let mut line = String::new();
        for (number, (cell, width)) in row.iter().zip(widths).enumerate() {
            let pad = " ".repeat(width - cell.chars().count());
            let _ = if number == 0 || number + 1 == N { write!(line, "  {cell}{pad}") } else { write!(line, "  {pad}{cell}") };
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
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
