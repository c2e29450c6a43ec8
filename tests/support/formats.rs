//! The report in every format, and the shape that the machine-readable ones must have.

use pool_advisor::finding::Report;
use pool_advisor::render::{Format, RenderOptions, render};

/// Wide enough that no message is wrapped.
const WIDTH: usize = 1000;

/// The report in one format, without colour.
pub fn rendered(report: &Report, format: Format) -> String {
    render(format, report, &RenderOptions { width: WIDTH, ..RenderOptions::default() })
}

/// The report as one line a finding.
pub fn concise(report: &Report) -> String {
    rendered(report, Format::Concise)
}

/// What is wrong with any of the formats.
pub fn differences(report: &Report) -> Vec<String> {
    let mut wrong = Vec::new();
    let findings = report.findings.len();
    let mut counted = |format: &str, wanted: usize, got: Option<usize>| {
        if got != Some(wanted) {
            wrong.push(format!("{format} gives {got:?} results instead of {wanted}"));
        }
    };
    let json = serde_json::from_str::<serde_json::Value>(&rendered(report, Format::Json)).ok();
    counted("json", findings, json.and_then(|json| json["findings"].as_array().map(Vec::len)));
    let sarif = serde_json::from_str::<serde_json::Value>(&rendered(report, Format::Sarif)).ok();
    counted("sarif", findings, sarif.and_then(|sarif| sarif["runs"][0]["results"].as_array().map(Vec::len)));
    let github = rendered(report, Format::Github);
    let annotation = |line: &&str| ["::error ", "::warning ", "::notice "].iter().any(|start| line.starts_with(start));
    counted("github", findings + report.problems.len(), Some(github.lines().filter(annotation).count()));
    let human = rendered(report, Format::Human);
    counted("human", findings, Some(report.findings.iter().filter(|finding| human.contains(&finding.message)).count()));
    wrong
}
