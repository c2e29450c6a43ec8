//! The page of a scan: each finding with its places, its sums, what to write, and a picture of the burst.
//!
//! The picture is made from the burst that the finding's sums are of. Without a latency all its calls have the length 1 and no time-out
//! counts: what it shows holds for any latency.

use std::fmt::Write as _;

use super::{escape, list, page as whole_page, pictures, with_code};
use crate::finding::{Case, EstimateUnit, Finding, Report, Suggestion};
use crate::queueing::Scenario;
use crate::render::plan::{Number, figures, picture};
use crate::render::{RenderOptions, concise, json, place, severity_word, summary};
use crate::text::Span;
use crate::value::{show_number, show_share};

/// Longest line of source that is shown; lines of generated code are longer than any screen.
const LINE: usize = 400;

/// The page.
pub fn page(report: &Report, options: &RenderOptions<'_>) -> String {
    let title = match report.findings.len() {
        0 => "advisor: no findings".to_string(),
        some => format!("advisor: {}", summary::count(some, "finding")),
    };
    let mut body = format!("<h1>{}</h1>\n<p class=\"soft\">{}</p>\n", escape(&title), with_code(&summary::line(report)));
    for (number, finding) in report.findings.iter().enumerate() {
        card(&mut body, report, finding, number);
    }
    if !report.problems.is_empty() {
        let problems: Vec<String> = report.problems.iter().map(concise::problem_line).collect();
        let _ = write!(body, "<h2>What could not be read</h2>\n{}", list(&problems));
    }
    whole_page(&title, &body, &json::text(report, options))
}

fn card(body: &mut String, report: &Report, finding: &Finding, number: usize) {
    let severity = severity_word(finding.severity);
    let _ = write!(
        body,
        "<article class=\"card\" id=\"finding-{number}\">\n<h3>{}</h3>\n<p><span class=\"badge {severity}\">{severity}</span><code>{}</code> \
         <span class=\"soft\">certainty: {}</span></p>\n",
        with_code(&finding.message),
        escape(finding.rule),
        concise::certainty_word(finding.certainty)
    );
    source(body, report, finding.span, &finding.label);
    for label in &finding.labels {
        source(body, report, label.span, &label.message);
    }
    body.push_str(&list(&finding.notes));
    suggestions(body, &finding.suggestions, number);
    for fix in &finding.fixes {
        let _ = writeln!(body, "<p class=\"soft\">possible change: {}</p>", with_code(&fix.title));
    }
    if !finding.route.is_empty() {
        let steps: Vec<String> = finding
            .route
            .iter()
            .map(|step| match step.at {
                Some(span) => format!("{}: {}", report.sources.place(span), step.said),
                None => step.said.clone(),
            })
            .collect();
        let _ = write!(body, "<details><summary>How the one reaches the other</summary>\n{}</details>\n", list(&steps));
    }
    if let Some((index, case)) = place::case_of(report, finding).and_then(|case| Some((position(report, case)?, case))) {
        waits(body, case, index);
    }
    body.push_str("</article>\n");
}

fn position(report: &Report, case: &Case) -> Option<usize> {
    report.cases.iter().position(|other| std::ptr::eq(other, case))
}

/// A place with its line of source.
fn source(body: &mut String, report: &Report, span: Span, label: &str) {
    let at = place::place(&report.sources, span);
    let text = report.sources.get(span.file).line(at.start.line);
    let shown: String = text.trim().chars().take(LINE).collect();
    let _ = write!(body, "<p class=\"place\">{}", escape(&at.id()));
    if !label.is_empty() {
        let _ = write!(body, " — {}", with_code(label));
    }
    body.push_str("</p>\n");
    if !shown.is_empty() {
        let _ = writeln!(body, "<pre><code>{}</code></pre>", escape(&shown));
    }
}

fn suggestions(body: &mut String, suggestions: &[Suggestion], finding: usize) {
    if suggestions.is_empty() {
        return;
    }
    let rows: String = suggestions
        .iter()
        .enumerate()
        .map(|(number, suggestion)| {
            let place = |key: &str| format!("data-figure=\"/findings/{finding}/suggestions/{number}/{key}\"");
            let ceiling = match suggestion.ceiling {
                Some(ceiling) => format!("<td {}>{}</td>", place("ceiling"), show_number(ceiling)),
                None => "<td>—</td>".into(),
            };
            format!(
                "<tr><th scope=\"row\"><code>{}</code></th><td {}><b>{}</b></td><td {}>{}</td>{ceiling}</tr>\n",
                escape(&suggestion.setting),
                place("advised"),
                show_number(suggestion.advised),
                place("floor"),
                show_number(suggestion.floor),
            )
        })
        .collect();
    let why: Vec<String> = suggestions
        .iter()
        .flat_map(|one| {
            [format!("`{}`, not less: {}", one.setting, one.floor_why), format!("`{}`, not more: {}", one.setting, one.ceiling_why)]
        })
        .collect();
    let _ = write!(
        body,
        "<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">write</th><th scope=\"col\">advised</th><th scope=\"col\">not less</th>\
         <th scope=\"col\">not more</th></tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n<div class=\"remarks\">{}</div>\n",
        list(&why)
    );
}

/// What becomes of a burst, where requests wait.
fn waits(body: &mut String, case: &Case, index: usize) {
    let Some((burst, estimate)) = case.burst.as_ref().zip(case.estimate.as_ref()) else { return };
    if burst.narrowest().is_none_or(|slots| slots >= burst.concurrency) {
        return;
    }
    let in_calls = estimate.unit == EstimateUnit::ServiceTimes;
    let unit = if in_calls { "calls" } else { "seconds" };
    let wait = |wait: f64| figures::in_unit(Number(wait), unit);
    let patient = if estimate.timed_out.is_some() { ", if nobody gave up" } else { "" };
    let mut cells = vec![
        ("waves", show_number(estimate.waves), "waves in a burst".to_string()),
        ("wait_mean", wait(estimate.wait_mean), format!("mean wait in a burst{patient}")),
        ("wait_max", wait(estimate.wait_max), format!("longest wait in a burst{patient}")),
        ("wait_steady", wait(estimate.wait_steady), format!("mean wait in the steady state{patient}")),
    ];
    if let Some(share) = estimate.timed_out {
        cells.insert(1, ("timed_out", show_share(share), "of a burst fail, at most".into()));
    }
    let cells: String = cells
        .iter()
        .map(|(key, value, what)| {
            format!("<div class=\"tile\"><b data-figure=\"/cases/{index}/estimate/{key}\">{}</b><span>{what}</span></div>\n", escape(value))
        })
        .collect();
    let _ = write!(body, "<div class=\"tiles\">\n{cells}</div>\n");
    let in_calls_alone = Scenario { latency: Some(1.0), ..Scenario::new(burst.concurrency, burst.limits) };
    if let Some(shown) = picture("now", if in_calls { &in_calls_alone } else { burst }, unit) {
        body.push_str(&pictures(&shown));
    }
}
