//! One line a finding: `path:line:column: severity[rule] message (certainty)`, as editors and `grep` like it.

use std::fmt::Write as _;

use super::{escape, place, severity_word};
use crate::finding::{Finding, Report};
use crate::text::{Problem, Sources};
use crate::value::Certainty;

/// All findings, then all problems; empty where there are none.
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        let _ = writeln!(out, "{}", line(&report.sources, finding));
    }
    for problem in &report.problems {
        let _ = writeln!(out, "{}", problem_line(problem));
    }
    out
}

/// One finding, without a line end.
pub fn line(sources: &Sources, finding: &Finding) -> String {
    let at = place::place(sources, finding.span).id();
    let (at, message) = (escape::line(&at), escape::line(&finding.message));
    format!("{at}: {}[{}] {message} ({})", severity_word(finding.severity), finding.rule, certainty_word(finding.certainty))
}

/// One problem, without a line end.
pub fn problem_line(problem: &Problem) -> String {
    let (path, message) = (escape::line(&problem.path), escape::line(&problem.message));
    match problem.at {
        Some((line, column)) => format!("{path}:{line}:{column}: problem: {message}"),
        None => format!("{path}: problem: {message}"),
    }
}

/// The word for a certainty, as `--min-certainty` takes it.
pub fn certainty_word(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Assumed => "assumed",
        Certainty::Default => "default",
        Certainty::Declared => "declared",
        Certainty::Measured => "measured",
    }
}
