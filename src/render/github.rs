//! Workflow commands of GitHub Actions: each finding and each problem becomes an annotation of the pull request.
//!
//! A command is one line that starts with `::`; data and properties are percent-escaped as the runner's toolkit does it, so that
//! no text of the scanned code can end a command or start another.

use std::fmt::Write as _;

use super::{RenderOptions, escape, place};
use crate::finding::{Report, Severity};

/// One command a finding, then one a problem; empty where there are none.
pub fn text(report: &Report, options: &RenderOptions<'_>) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        let level = match finding.severity {
            Severity::Note => "notice",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        let place::Place { path, start, end } = place::place(&report.sources, finding.span);
        let mut properties = vec![("file", file(path, options)), ("line", start.line.to_string())];
        // The service refuses columns of an annotation that spans lines.
        if start.line == end.line {
            properties.push(("col", start.column.to_string()));
            properties.push(("endLine", end.line.to_string()));
            properties.push(("endColumn", end.column.to_string()));
        } else {
            properties.push(("endLine", end.line.to_string()));
        }
        properties.push(("title", format!("advisor: {}", finding.rule)));
        let mut lines = vec![finding.message.clone()];
        lines.extend(finding.notes.iter().cloned());
        lines.extend(
            finding
                .suggestions
                .iter()
                .map(|suggestion| format!("advised: {} {}", suggestion.setting, crate::value::show_number(suggestion.advised))),
        );
        lines.extend(finding.labels.iter().map(|label| format!("{}: {}", report.sources.place(label.span), label.message)));
        command(&mut out, level, &properties, &lines);
    }
    for problem in &report.problems {
        let mut properties = vec![("file", file(&problem.path, options))];
        if let Some((line, column)) = problem.at {
            properties.extend([("line", line.to_string()), ("col", column.to_string())]);
        }
        properties.push(("title", "advisor: not read".to_string()));
        command(&mut out, "warning", &properties, std::slice::from_ref(&problem.message));
    }
    out
}

fn file(path: &str, options: &RenderOptions<'_>) -> String {
    if path.starts_with('/') { path.to_string() } else { format!("{}{path}", options.prefix) }
}

/// Lines are joined as the runner shows them: an escaped line feed is a line feed inside the annotation.
fn command(out: &mut String, level: &str, properties: &[(&str, String)], lines: &[String]) {
    let properties: Vec<_> = properties.iter().map(|(name, value)| format!("{name}={}", property(value))).collect();
    let message: Vec<_> = lines.iter().map(|line| data(&escape::line(line))).collect();
    let _ = writeln!(out, "::{level} {}::{}", properties.join(","), message.join("%0A"));
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(&escape::line(text)).replace(':', "%3A").replace(',', "%2C")
}
