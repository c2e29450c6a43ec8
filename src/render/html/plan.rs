//! The page of a plan.
//!
//! Each figure of a table carries the place of its number in the page's JSON (`data-figure`, a JSON pointer): a test compares the two.

use std::fmt::Write as _;

use super::{chart, escape, list, page as whole_page, pictures};
use crate::render::plan::figures::{self, Of, Row};
use crate::render::plan::{Plan, json, text};

/// The page.
pub fn page(plan: &Plan) -> String {
    let headline = text::headline(plan);
    let mut body = format!("<h1>{}</h1>\n", escape(&headline));
    let said: Vec<String> = text::asked(plan).into_iter().chain(plan.asked.said.iter().cloned()).collect();
    let _ = write!(body, "<div class=\"soft\">{}</div>\n{}", list(&said), tiles(plan));
    let _ = write!(body, "<h2>Without any latency</h2>\n{}", list(&text::latency_free(plan)));
    for of in [Of::Burst, Of::ClosedLoop] {
        if plan.columns.iter().any(|column| of.of(column).is_some()) {
            section(&mut body, plan, &figures::title(plan, of), figures::outcomes(plan, of));
            let _ = writeln!(body, "<div class=\"remarks\">{}</div>", list(&figures::remarks(plan, of)));
        }
    }
    if plan.asked.latency_s.is_none() {
        let title = format!("{}; in calls, exact for calls of equal length", figures::title(plan, Of::Burst));
        section(&mut body, plan, &title, figures::in_calls(plan));
    }
    let columns: Vec<String> = plan.columns.iter().map(|column| format!("{}: {}", column.name, column.what)).collect();
    let _ = writeln!(body, "<div class=\"remarks\">{}</div>", list(&columns));
    if !plan.pictures.is_empty() {
        let all: String = plan.pictures.iter().map(pictures).collect();
        let _ = write!(body, "<h2>A burst, call by call</h2>\n<div class=\"pair\">\n{all}</div>\n");
    }
    closed_loops(&mut body, plan);
    let _ = write!(body, "<h2>What to write</h2>\n{}", list(&text::advice(plan)));
    sizes(&mut body, plan);
    let rates = text::rates(plan);
    if !rates.is_empty() {
        let _ = write!(body, "<h2>By the second</h2>\n{}", list(&rates));
    }
    sweep(&mut body, plan);
    if !plan.notes.is_empty() {
        let _ = write!(body, "<h2>To know</h2>\n{}", list(&plan.notes));
    }
    whole_page(&headline, &body, &json(plan))
}

/// The few figures that matter most.
fn tiles(plan: &Plan) -> String {
    let mut tiles = String::new();
    for (number, column) in plan.columns.iter().enumerate().take(2) {
        if let Some(burst) = &column.burst {
            let (success, wait) = (figures::shares(burst.success), figures::times(burst.wait_longest));
            let places = [format!("/columns/{number}/burst/success"), format!("/columns/{number}/burst/wait_longest")];
            for ((value, what), place) in [(success, "of a burst succeed"), (wait, "longest wait in a burst")].into_iter().zip(places) {
                let _ = writeln!(
                    tiles,
                    "<div class=\"tile\"><b data-figure=\"{place}\">{}</b><span>{}: {what}</span></div>",
                    escape(&value),
                    escape(&column.name)
                );
            }
        }
    }
    if tiles.is_empty() {
        let without = &plan.without_latency;
        let waves = without.waves.map_or_else(|| "—".to_string(), |waves| waves.to_string());
        let wait = figures::calls(without.wait_longest.0);
        for (value, what, place) in [(waves, "waves in a burst", "waves"), (wait, "longest wait in a burst", "wait_longest")] {
            let place = format!("/without_latency/{place}");
            let _ = writeln!(tiles, "<div class=\"tile\"><b data-figure=\"{place}\">{}</b><span>{what}</span></div>", escape(&value));
        }
    }
    format!("<div class=\"tiles\">\n{tiles}</div>\n")
}

fn section(body: &mut String, plan: &Plan, title: &str, outcomes: Vec<Row>) {
    let head: String = plan.columns.iter().map(|column| format!("<th scope=\"col\">{}</th>", escape(&column.name))).collect();
    let _ = write!(body, "<h2>{}</h2>\n<div class=\"wide\"><table>\n<thead><tr><th></th>{head}</tr></thead>\n<tbody>\n", escape(title));
    let settings = figures::settings(plan).into_iter().map(|row| (row, "setting"));
    let outcomes = outcomes.into_iter().enumerate().map(|(number, row)| {
        let class = match (number, row.title) {
            (0, "success") => "first success",
            (0, _) => "first",
            _ => "",
        };
        (row, class)
    });
    for (row, class) in settings.chain(outcomes) {
        let _ = write!(body, "<tr class=\"{class}\"><th scope=\"row\">{}</th>", escape(row.title));
        for (number, cell) in row.cells.iter().enumerate() {
            let place = if row.pointer.is_empty() || cell == "—" {
                String::new()
            } else {
                format!(" data-figure=\"/columns/{number}/{}\"", row.pointer)
            };
            let _ = write!(body, "<td{place}>{}</td>", escape(cell));
        }
        body.push_str("</tr>\n");
    }
    body.push_str("</tbody></table></div>\n");
}

fn closed_loops(body: &mut String, plan: &Plan) {
    let mut all = String::new();
    for column in plan.columns.iter().take(2) {
        if let Some(figures) = column.closed_loop.as_ref().filter(|figures| !figures.timeline.is_empty()) {
            let _ = write!(
                all,
                "<figure>\n<figcaption><b>{}</b>: of {} requests at once, how many are under way and how many wait, in the first of the simulations.</figcaption>\n{}\
                 <p class=\"legend\"><span><i class=\"call\"></i>under way</span><span><i class=\"wait\"></i>waiting</span></p>\n</figure>\n",
                escape(&column.name),
                plan.asked.concurrency,
                chart::over_time(&column.name, &figures.timeline, figures.wall.high.0),
            );
        }
    }
    if !all.is_empty() {
        let _ = write!(body, "<h2>The closed loop over time</h2>\n<div class=\"pair\">\n{all}</div>\n");
    }
}

fn sizes(body: &mut String, plan: &Plan) {
    let (head, rows) = text::sizes(plan);
    if rows.is_empty() {
        return;
    }
    let head: String = head.iter().map(|name| format!("<th scope=\"col\">{}</th>", escape(name))).collect();
    let _ = write!(
        body,
        "<h2>What to write for so many at once, and what a burst of them does now</h2>\n<div class=\"wide\"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n"
    );
    for row in rows {
        let mut cells = row.iter();
        let first = cells.next().map_or("", String::as_str);
        let rest: String = cells.map(|cell| format!("<td>{}</td>", escape(cell))).collect();
        let _ = writeln!(body, "<tr><th scope=\"row\">{}</th>{rest}</tr>", escape(first));
    }
    body.push_str("</tbody></table></div>\n");
}

fn sweep(body: &mut String, plan: &Plan) {
    let Some(sweep) = &plan.sweep else { return };
    let title = match sweep.time_out_s {
        Some(timeout) => format!("Pool sizes: success of a burst within {}, and its mean wait", figures::time(timeout.0)),
        None if sweep.tells_success() => "Pool sizes: success of a burst, and its mean wait".into(),
        None => "Pool sizes: the mean wait in a burst".into(),
    };
    let rows: String = sweep
        .steps
        .iter()
        .enumerate()
        .map(|(number, step)| {
            let cell = |key: &str, text: &str| format!("<td data-figure=\"/sweep/steps/{number}/{key}\">{}</td>", escape(text));
            let success = if sweep.tells_success() { cell("success", &figures::shares(step.success)) } else { String::new() };
            format!(
                "<tr><th scope=\"row\">{}</th>{success}{}{}<td>{}</td></tr>\n",
                step.slots,
                cell("wait_mean", &figures::in_unit(step.wait_mean, sweep.unit)),
                cell("wait_longest", &figures::in_unit(step.wait_longest, sweep.unit)),
                step.marks.join(", ")
            )
        })
        .collect();
    let (legend, head) =
        if sweep.tells_success() { ("<span><i class=\"call\"></i>success</span>", "<th scope=\"col\">success</th>") } else { ("", "") };
    let _ = write!(
        body,
        "<h2>{}</h2>\n<div class=\"pair\">\n<figure>\n{}<p class=\"legend\">{legend}<span><i class=\"wait\"></i>mean wait</span></p>\n\
         <div class=\"remarks\">{}</div>\n</figure>\n<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">connections</th>{head}\
         <th scope=\"col\">mean wait</th><th scope=\"col\">longest wait</th><th></th></tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n</div>\n",
        escape(&title),
        chart::sweep(sweep),
        list(&text::sweep_remarks(plan)),
    );
}
