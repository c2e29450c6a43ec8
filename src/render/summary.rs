//! The counts that close a report and open its machine form.

use crate::finding::{Report, Verdict};

/// How many of the pools could be judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Judged {
    /// Pools with at least one case that has a verdict.
    pub judged: usize,
    /// The others.
    pub not_judged: usize,
}

/// Whether pool `index` has a case with a verdict.
pub fn is_judged(report: &Report, index: usize) -> bool {
    report.cases.iter().any(|case| case.pool == index && case.verdict != Verdict::CannotTell)
}

/// Counts the pools.
pub fn judged(report: &Report) -> Judged {
    let judged = (0..report.pools.len()).filter(|&index| is_judged(report, index)).count();
    Judged { judged, not_judged: report.pools.len() - judged }
}

/// `1 finding`, `2 findings`.
pub fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

/// What closes the human formats: where to read on, then, as the last line, the counts. Without the last line end.
pub fn text(report: &Report) -> String {
    match judged(report).not_judged {
        0 => line(report),
        number => format!("`advisor pools` says why {} could not be judged\n{}", count(number, "pool"), line(report)),
    }
}

/// The counts in one line, without its line end.
pub fn line(report: &Report) -> String {
    let Judged { judged, not_judged } = judged(report);
    let findings = if report.findings.is_empty() { "no findings".to_string() } else { count(report.findings.len(), "finding") };
    let mut pools = count(report.pools.len(), "pool");
    if !report.pools.is_empty() {
        pools.push_str(&format!(" ({judged} judged, {not_judged} not)"));
    }
    let mut parts = vec![findings, pools];
    parts.push(format!("{} read of {}", count(report.counters.files_parsed as usize, "file"), report.counters.files));
    if report.silenced > 0 {
        parts.push(format!("{} silenced", report.silenced));
    }
    if !report.problems.is_empty() {
        parts.push(count(report.problems.len(), "problem"));
    }
    parts.join(", ")
}
