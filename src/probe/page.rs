//! A probe as a page: the figures of the text, with pictures of the requests under way and of the waits.
//!
//! Each measured figure carries the place of its number in the page's JSON (`data-figure`, a JSON pointer), as on the page of a plan.

use std::fmt::Write as _;

use super::report::{self, Column, Probe, Target};
use super::verdict::Verdict;
use super::words;
use crate::render::html::chart::{LEFT, RIGHT, Svg, across};
use crate::render::html::{escape, list, page as whole_page};
use crate::render::plan::figures::time;
use crate::value::show_number;

/// The page.
pub fn page(probe: &Probe) -> String {
    let conclusion = words::conclusion(probe);
    let mut body = format!("<h1>{}</h1>\n", escape(&conclusion));
    let case = probe.case.iter().map(|case| format!("{}:{}: {}: {}", case.path, case.line, case.symbol, case.because));
    let said: Vec<String> = words::who(&probe.client).into_iter().chain(case).collect();
    let _ = writeln!(body, "<div class=\"soft\">{}</div>", list(&said));
    if let Some(target) = &probe.target {
        factory(&mut body, target);
    }
    let longest = probe.columns.iter().filter_map(|column| Some(column.waits.last()?.to_s.0)).fold(0.0, f64::max);
    for (number, column) in probe.columns.iter().enumerate() {
        of_column(&mut body, column, number, longest);
    }
    let _ = write!(body, "<h2>To know</h2>\n{}", list(&words::to_know(probe)));
    whole_page(&conclusion, &body, &report::json(probe))
}

/// How the clients of a factory are set.
fn factory(body: &mut String, target: &Target) {
    let _ = writeln!(body, "<h2><code>{}</code>, imported from {}</h2>", escape(&target.named), escape(&target.imported));
    for client in &target.clients {
        let (said, rows) = words::live(client);
        let _ = writeln!(body, "<div class=\"soft\">{}</div>", list(&said));
        let verdicts = client.settings.iter().map(|setting| setting.verdict);
        table(body, &words::SETTINGS, rows.iter().map(|row| row.as_slice()).zip(verdicts), &|_| None);
    }
}

fn of_column(body: &mut String, column: &Column, number: usize, longest: f64) {
    let _ = writeln!(body, "<h2>{}</h2>", escape(&words::heading(column)));
    let said: Vec<String> = words::setup(column).into_iter().chain(words::mishaps(column)).collect();
    let _ = writeln!(body, "<div class=\"soft\">{}</div>", list(&said));
    let cells: Vec<_> = column.metrics.iter().map(words::cells).collect();
    let verdicts = column.metrics.iter().map(|metric| metric.verdict);
    let place = |row: usize| Some(format!("/columns/{number}/metrics/{row}/measured"));
    table(body, &words::METRICS, cells.iter().map(|row| row.as_slice()).zip(verdicts), &place);
    let _ = write!(
        body,
        "<div class=\"pair\">\n<figure>\n<figcaption>Requests under way at the server over time.</figcaption>\n{}</figure>\n\
         <figure>\n<figcaption>How long requests waited inside the client, of the run with the middle wall time.</figcaption>\n{}</figure>\n</div>\n\
         <div class=\"remarks\">{}</div>\n",
        in_flight(column),
        waits(column, longest),
        list(&column.notes),
    );
}

/// A table whose last cells are verdicts; `place` says where the figure of a row's third cell stands.
fn table<'r>(
    body: &mut String,
    heads: &[&str],
    rows: impl Iterator<Item = (&'r [String], Option<Verdict>)>,
    place: &dyn Fn(usize) -> Option<String>,
) {
    let heads: String = heads.iter().map(|head| format!("<th scope=\"col\">{head}</th>")).collect();
    let _ = write!(body, "<div class=\"wide\"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n");
    for (number, (row, verdict)) in rows.enumerate() {
        body.push_str("<tr>");
        for (column, cell) in row.iter().enumerate() {
            let cell = escape(cell);
            let _ = match (column, place(number)) {
                (0, _) => write!(body, "<th scope=\"row\">{cell}</th>"),
                (2, Some(place)) => write!(body, "<td data-figure=\"{place}\">{cell}</td>"),
                (last, _) if last + 1 == row.len() => write!(body, "<td class=\"{}\">{cell}</td>", class(verdict)),
                _ => write!(body, "<td>{cell}</td>"),
            };
        }
        body.push_str("</tr>\n");
    }
    body.push_str("</tbody></table></div>\n");
}

fn class(verdict: Option<Verdict>) -> &'static str {
    match verdict {
        Some(Verdict::Confirmed) => "good",
        Some(Verdict::NotConfirmed) => "bad",
        _ => "soft",
    }
}

/// Top and bottom of a picture.
const TOP: f64 = 20.0;
const FLOOR: f64 = 140.0;

fn up(share: f64) -> f64 {
    FLOOR - (FLOOR - TOP) * if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 }
}

/// Requests under way over time, with the limit as a line.
fn in_flight(column: &Column) -> String {
    let timeline = &column.timeline;
    let most = timeline.iter().map(|moment| moment.most).max().unwrap_or(0);
    let limit = column.limits.effective;
    // A limit far above the picture is no part of it.
    let shown = limit.filter(|limit| *limit <= 2 * most.max(1));
    let top = shown.unwrap_or(0).max(most).max(1) as f64;
    let span = timeline.get(1).map_or(0.0, |second| second.at_s.0);
    let end = timeline.last().map_or(0.0, |last| last.at_s.0 + span).max(f64::MIN_POSITIVE);
    let limit_said = limit.map_or_else(|| "no limit".into(), |limit| format!("a limit of {limit}"));
    let says = format!("{}: at most {most} requests under way over {}, with {limit_said}", column.name, time(end));
    let mut svg = Svg::new(FLOOR + 20.0, &says);
    let points: Vec<(f64, f64)> = timeline
        .iter()
        .flat_map(|moment| {
            let y = up(moment.in_flight.0 / top);
            [(across(moment.at_s.0 / end), y), (across((moment.at_s.0 + span) / end), y)]
        })
        .collect();
    svg.path("call", &points, Some(FLOOR));
    svg.text("", "end", LEFT - 6.0, TOP + 8.0, &show_number(top));
    if let Some(limit) = shown {
        let y = up(limit as f64 / top);
        svg.line("mark", (LEFT, y), (RIGHT, y));
        svg.text("marked", "end", RIGHT, y - 5.0, &format!("limit {limit}"));
    }
    axis(&mut svg, end);
    svg.end()
}

/// Waits as bars; all columns share one axis.
fn waits(column: &Column, longest: f64) -> String {
    let most = column.waits.iter().map(|bar| bar.requests).max().unwrap_or(0);
    let said: Vec<String> =
        column.waits.iter().map(|bar| format!("{} to {}: {}", time(bar.from_s.0), time(bar.to_s.0), bar.requests)).collect();
    let mut svg = Svg::new(FLOOR + 20.0, &format!("{}: requests by their wait: {}", column.name, said.join("; ")));
    let span = longest.max(f64::MIN_POSITIVE);
    for bar in &column.waits {
        let (from, to) = (across(bar.from_s.0.max(0.0) / span), across(bar.to_s.0 / span));
        let y = up(bar.requests as f64 / most.max(1) as f64);
        svg.rect("wait", from, y, (to - from - 0.6).max(1.0), FLOOR - y);
    }
    svg.text("", "end", LEFT - 6.0, TOP + 8.0, &most.to_string());
    axis(&mut svg, longest);
    svg.end()
}

fn axis(svg: &mut Svg, end: f64) {
    svg.line("axis", (LEFT, FLOOR + 0.5), (RIGHT, FLOOR + 0.5));
    svg.text("", "start", LEFT, FLOOR + 15.0, "0");
    svg.text("", "end", RIGHT, FLOOR + 15.0, &time(end));
}
