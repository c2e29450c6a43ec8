//! A [`Report`] as text: one file per format, all of them pure and deterministic.
//!
//! Names and strings of the scanned code reach every format, so every format escapes them in its own way: see [`escape`].

pub mod concise;
pub mod document;
pub mod escape;
pub mod github;
pub mod html;
pub mod human;
pub mod inventory;
pub mod json;
pub mod number;
pub mod patch;
pub mod place;
pub mod plan;
pub mod sarif;
pub mod show;
pub mod snippet;
pub mod summary;

use crate::finding::{Report, Severity};

/// The formats of `--output`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Format {
    /// For people at a terminal: source lines, sums, trails and advice.
    Human,
    /// One line a finding, as compilers write them.
    Concise,
    /// The whole report; its shape is `rules/schema/report.json`.
    Json,
    /// SARIF 2.1.0 for code scanning.
    Sarif,
    /// Workflow commands of GitHub Actions, which become annotations.
    Github,
    /// One page that needs nothing else: findings with pictures of what they say.
    Html,
}

/// What a rule says of itself, as far as formats show it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RulePage<'a> {
    /// Its id.
    pub id: &'a str,
    /// One line on what it finds.
    pub summary: &'a str,
    /// Severity where the settings do not change it.
    pub severity: Severity,
    /// `performance`, `reliability`, `correctness`, `capacity`.
    pub category: &'a str,
    /// Its page in Markdown, with or without front matter.
    pub page_markdown: &'a str,
}

/// How to render.
#[derive(Clone, Copy, Debug)]
pub struct RenderOptions<'a> {
    /// Whether terminal colours are written. Human format only.
    pub color: bool,
    /// Columns of the terminal; notes are wrapped and long source lines cut to it. Human formats only.
    pub width: usize,
    /// Version of the tool.
    pub version: &'a str,
    /// Path from the root of the repository to the root of the report, empty or ending in `/`. SARIF and GitHub count paths from the repository.
    pub prefix: &'a str,
    /// Whether the list of pools leaves out those of tests, where there are others.
    pub without_tests: bool,
    /// All rules there are, in any order, for formats that list them.
    pub rules: &'a [RulePage<'a>],
}

impl Default for RenderOptions<'_> {
    fn default() -> Self {
        Self { color: false, width: 100, version: env!("CARGO_PKG_VERSION"), prefix: "", without_tests: false, rules: &[] }
    }
}

/// The report in a format. The text ends with a line end unless it is empty.
pub fn render(format: Format, report: &Report, options: &RenderOptions<'_>) -> String {
    match format {
        Format::Human => human::text(report, options),
        Format::Concise => concise::text(report),
        Format::Json => json::text(report, options),
        Format::Sarif => sarif::text(report, options),
        Format::Github => github::text(report, options),
        Format::Html => html::scan::page(report, options),
    }
}

/// The word for a severity, as compilers write it.
pub(crate) fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}
