//! The picture on a terminal: lanes of connections with their calls, the requests that wait below, the queue over time.

use std::fmt::Write as _;

use super::figures::in_unit;
use super::{Block, Picture};

/// Lanes that are shown.
const LANES: usize = 6;
/// Lines of the queue.
const LINES: usize = 4;
/// Columns before the chart.
const MARGIN: usize = 12;
/// Eighths of a cell, from nothing on.
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A picture of at most `width` columns.
pub fn picture(picture: &Picture, width: usize) -> String {
    let columns = width.saturating_sub(MARGIN + 1).clamp(20, 100);
    let span = picture.wall.0;
    let mut out = String::new();
    let cut = if picture.lanes.iter().flatten().any(|block| block.cut_off) { "   ░ ended by a time-out" } else { "" };
    let lanes = if picture.slots == 1 { "lane" } else { "lanes" };
    let _ = writeln!(out, "  {}: {} {lanes}   █▓ calls, by turns{cut}", picture.name, picture.slots);
    if !span.is_finite() || span <= 0.0 {
        return out;
    }
    let shown = if picture.lanes.len() > LANES { LANES - 1 } else { picture.lanes.len() };
    for (number, lane) in picture.lanes.iter().take(shown).enumerate() {
        let cells: String = (0..columns).map(|column| cell(lane, (column as f64 + 0.5) / columns as f64 * span)).collect();
        line(&mut out, &format!("lane {}", number + 1), &cells);
    }
    if picture.slots > shown as u64 {
        line(&mut out, "", &format!("… and {} more lanes", picture.slots - shown as u64));
    }
    let most = picture.depth.iter().map(|depth| depth.waiting).max().unwrap_or(0);
    if most == 0 {
        line(&mut out, "waiting", "nobody");
    } else {
        let each = most.div_ceil(columns.min(60) as u64);
        let dots = "●".repeat(most.div_ceil(each) as usize);
        let scale = if each == 1 { String::new() } else { format!(" (● = {each})") };
        line(&mut out, &format!("{most} wait"), &format!("{dots}{scale}"));
        queue(&mut out, picture, columns, most);
    }
    let end = in_unit(picture.wall, picture.unit);
    let axis = format!("0{}{end}", " ".repeat(columns.saturating_sub(1 + end.chars().count())));
    line(&mut out, "", &axis);
    out
}

fn line(out: &mut String, title: &str, cells: &str) {
    let text = format!("  {title:>width$} {cells}", width = MARGIN - 3);
    out.push_str(text.trim_end());
    out.push('\n');
}

/// What a lane does at a moment.
fn cell(lane: &[Block], at: f64) -> char {
    match lane.iter().enumerate().find(|(_, block)| block.start.0 <= at && at < block.end.0) {
        Some((_, block)) if block.cut_off => '░',
        Some((number, _)) if number % 2 == 0 => '█',
        Some(_) => '▓',
        None => ' ',
    }
}

/// The queue over time as a chart of a few lines.
fn queue(out: &mut String, picture: &Picture, columns: usize, most: u64) {
    let waiting = |column: usize| {
        let at = (column as f64 + 0.5) / columns as f64 * picture.wall.0;
        picture.depth.iter().take_while(|depth| depth.at.0 <= at).last().map_or(0, |depth| depth.waiting)
    };
    let heights: Vec<usize> = (0..columns)
        .map(|column| match waiting(column) {
            0 => 0,
            // Somebody who waits is seen.
            some => ((some as f64 / most as f64 * (LINES * 8) as f64).round() as usize).max(1),
        })
        .collect();
    for row in (0..LINES).rev() {
        let title = match row {
            _ if row + 1 == LINES => most.to_string(),
            0 => "queue".to_string(),
            _ => String::new(),
        };
        let cells: String =
            heights.iter().map(|height| EIGHTHS.get(height.saturating_sub(row * 8).min(8)).copied().unwrap_or('█')).collect();
        line(out, &title, &cells);
    }
}

/// The same text in ASCII: blocks, dashes and dots as letters that stand for them. No column moves.
pub fn ascii(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '█' | '▇' => '#',
            '▓' => '=',
            '░' => 'x',
            '▅' | '▆' | '▄' => ':',
            '▁' | '▂' | '▃' => '.',
            '●' => 'o',
            '–' | '—' => '-',
            '…' => '.',
            '≥' => '>',
            '×' => 'x',
            'µ' => 'u',
            '←' => '<',
            other if other.is_ascii() => other,
            _ => '?',
        })
        .collect()
}
