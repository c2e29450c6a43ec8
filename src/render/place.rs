//! Places as formats print them: `path:line`, `path:line:column`, start and end of a span.

use crate::finding::{Case, Finding, Report, Verdict};
use crate::text::{Position, Sources, Span};

/// Start and end of a span; the end is exclusive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place<'a> {
    /// Path relative to the root of the report.
    pub path: &'a str,
    /// First character.
    pub start: Position,
    /// One past the last character.
    pub end: Position,
}

impl Place<'_> {
    /// `path:line:column`.
    pub fn id(&self) -> String {
        format!("{}:{}:{}", self.path, self.start.line, self.start.column)
    }
}

/// Looks a span up.
pub fn place(sources: &Sources, span: Span) -> Place<'_> {
    let file = sources.get(span.file);
    Place { path: &file.path, start: file.position(span.start), end: file.position(span.end.max(span.start)) }
}

/// `path:line:column` of each span; a place that comes again gets `#2`, `#3`.
pub fn ids(sources: &Sources, spans: impl IntoIterator<Item = Span>) -> Vec<String> {
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    spans
        .into_iter()
        .map(|span| {
            let id = place(sources, span).id();
            let count = seen.entry(id.clone()).or_default();
            *count += 1;
            if *count == 1 { id } else { format!("{id}#{count}") }
        })
        .collect()
}

/// The pool that a finding speaks of: the one whose setting stands there, else the innermost call or mention around the place.
pub fn pool_of(report: &Report, finding: &Finding) -> Option<usize> {
    let holds = |outer: Span| outer.file == finding.span.file && outer.start <= finding.span.start && finding.span.end <= outer.end;
    let rank = |index: &usize| {
        let pool = report.pools.get(*index)?;
        let written = pool.settings.iter().any(|setting| setting.written_at == Some(finding.span));
        let defined = pool.settings.iter().any(|setting| setting.value.defined_at == Some(finding.span));
        let around =
            std::iter::once(pool.span).chain(pool.also.iter().copied()).filter(|&span| holds(span)).map(|span| span.end - span.start);
        match (written, around.min(), defined) {
            (true, ..) => Some((0, 0)),
            (_, Some(size), _) => Some((1, size)),
            (.., true) => Some((2, 0)),
            _ => None,
        }
    };
    (0..report.pools.len()).filter_map(|index| Some((rank(&index)?, index))).min().map(|(_, index)| index)
}

/// The case that a finding was made from: the one with its route, else the worst one of its pool.
/// Findings that speak neither of a route nor of a better number have none.
pub fn case_of<'a>(report: &'a Report, finding: &Finding) -> Option<&'a Case> {
    if finding.route.is_empty() && finding.suggestions.is_empty() {
        return None;
    }
    let pool = pool_of(report, finding)?;
    let of_pool = || report.cases.iter().filter(|case| case.pool == pool);
    of_pool().find(|case| case.route == finding.route && case.verdict == Verdict::TooSmall).or_else(|| {
        let most = |case: &&Case| case.demand.amount.greatest().unwrap_or(0.0);
        of_pool().filter(|case| case.verdict == Verdict::TooSmall).max_by(|a, b| most(a).total_cmp(&most(b)))
    })
}
