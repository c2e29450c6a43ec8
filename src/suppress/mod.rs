//! What silences findings: comments in the scanned files, and a baseline of known findings.
//!
//! `# advisor: ignore[rule-a, rule-b] reason` (`//` in Rust) silences these rules on its own line; where the comment fills its line,
//! on the next line that is no comment too. `# advisor: ignore-file[rule] reason` silences them in the whole file. A finding is on
//! the lines where its place and the pool call around it start and end, and on the lines where its labels start. What silences nothing
//! is a finding of its own, [`UNUSED_IGNORE`].

pub mod baseline;
mod comments;
mod directive;
mod removal;

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::load::nearest;
use crate::finding::{Finding, Fix, Report, Severity};
use crate::text::{FileId, SourceFile, Span};
use crate::value::Certainty;
use directive::{Directive, Reach};

/// The rule that tells of comments which silence nothing.
pub const UNUSED_IGNORE: &str = "unused-ignore";

/// One rule named by one comment.
struct Entry {
    rule: String,
    /// The name in the comment, or the comment itself where it names no rule.
    span: Span,
    reach: Reach,
    /// What is wrong with the comment, where it cannot be understood.
    fault: Option<&'static str>,
    used: bool,
    /// What takes it away.
    removal: Option<Fix>,
}

/// Drops the findings that comments silence, counts them in [`Report::silenced`], and adds a finding for each rule in a comment that
/// silences nothing or does not exist.
///
/// `level` gives the severity of a rule, `None` where it is off: a comment about a rule that did not run is not called unused. Only
/// files in [`Report::sources`] are looked at.
pub fn silence(report: &mut Report, known_rules: &[&'static str], level: impl Fn(&str) -> Option<Severity>) {
    let mut entries: Vec<Entry> = report.sources.iter().flat_map(read).collect();
    if entries.is_empty() {
        return;
    }
    drop_silenced(report, &mut entries, None);
    if let Some(severity) = level(UNUSED_IGNORE) {
        let unused: Vec<Finding> = entries
            .iter()
            .filter(|entry| !entry.used && entry.rule != UNUSED_IGNORE)
            .filter_map(|entry| tell(report, entry, known_rules, severity, &level))
            .collect();
        let from = report.findings.len();
        report.findings.extend(unused);
        // Comments that keep the others quiet: they come last, so that they can see what the others caused.
        drop_silenced(report, &mut entries, Some(from));
        let idle: Vec<Finding> = entries
            .iter()
            .filter(|entry| !entry.used && entry.rule == UNUSED_IGNORE)
            .filter_map(|entry| tell(report, entry, known_rules, severity, &level))
            .collect();
        report.findings.extend(idle);
    }
    let (findings, sources) = (&mut report.findings, &report.sources);
    findings.sort_by(|a, b| {
        let key = |one: &Finding| (sources.get(one.span.file).path.clone(), one.span.start, one.rule, one.span.end);
        key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
    });
}

fn read(file: &SourceFile) -> Vec<Entry> {
    let mut entries = Vec::new();
    for comment in comments::with_directives(file) {
        for Directive { rules, span: whole, reach, fault } in directive::parse(file, &comment) {
            if rules.is_empty() {
                entries.push(Entry { rule: String::new(), span: whole, reach, fault, used: false, removal: None });
                continue;
            }
            for (rule, span) in rules {
                let removal = removal::of(file, span, whole, &comment.range, comment.opener);
                entries.push(Entry { rule, span, reach, fault, used: false, removal });
            }
        }
    }
    entries
}

/// Drops what the entries silence among the findings from index `from` on (all where absent).
fn drop_silenced(report: &mut Report, entries: &mut [Entry], from: Option<usize>) {
    let mut by_rule: BTreeMap<(FileId, &str), Vec<usize>> = BTreeMap::new();
    let names: Vec<(FileId, String)> = entries.iter().map(|entry| (entry.span.file, entry.rule.clone())).collect();
    for (index, (file, rule)) in names.iter().enumerate() {
        by_rule.entry((*file, rule)).or_default().push(index);
    }
    let mut keep = Vec::with_capacity(report.findings.len());
    let mut silenced = 0;
    for (index, finding) in std::mem::take(&mut report.findings).into_iter().enumerate() {
        let mut hit = false;
        if from.is_none_or(|from| index >= from) {
            let lines = lines_of(report, &finding);
            let files: BTreeSet<FileId> = lines.iter().map(|(file, _)| *file).collect();
            for file in files {
                for &at in by_rule.get(&(file, finding.rule)).into_iter().flatten() {
                    let Some(entry) = entries.get_mut(at) else { continue };
                    let reached = match entry.reach {
                        Reach::File => file == finding.span.file,
                        Reach::Lines(own, next) => lines.contains(&(file, own)) || lines.contains(&(file, next)),
                    };
                    entry.used |= reached;
                    hit |= reached;
                }
            }
        }
        if hit {
            silenced += 1;
        } else {
            keep.push(finding);
        }
    }
    report.findings = keep;
    report.silenced += silenced;
}

/// The lines on which a comment may speak of a finding.
fn lines_of(report: &Report, finding: &Finding) -> BTreeSet<(FileId, usize)> {
    let sources = &report.sources;
    let line = |span: Span, offset: u32| (span.file, sources.get(span.file).position(offset).line);
    let around = |outer: &Span| outer.file == finding.span.file && outer.start <= finding.span.start && finding.span.end <= outer.end;
    // A call that formatters spread over many lines is one thing to its author.
    let pool = report.pools.iter().map(|pool| pool.span).filter(around).min_by_key(|span| span.end - span.start);
    let ends = std::iter::once(finding.span).chain(pool).flat_map(|span| [line(span, span.start), line(span, span.end)]);
    let labels = finding.labels.iter().map(|label| line(label.span, label.span.start));
    ends.chain(labels).collect()
}

/// The finding that an entry is of no use; `None` where its rule did not run.
fn tell(
    report: &Report,
    entry: &Entry,
    known_rules: &[&'static str],
    severity: Severity,
    level: &impl Fn(&str) -> Option<Severity>,
) -> Option<Finding> {
    let rule = &entry.rule;
    let (message, label) = if let Some(fault) = entry.fault {
        ("the ignore comment cannot be understood".to_string(), fault.to_string())
    } else if known_rules.contains(&rule.as_str()) {
        level(rule)?;
        let place = match entry.reach {
            Reach::File => "in this file",
            Reach::Lines(own, next) if own == next => "on this line",
            Reach::Lines(..) => "on the next line",
        };
        (format!("the ignore comment for `{rule}` silences nothing"), format!("`{rule}` finds nothing {place}"))
    } else {
        let near = nearest(rule, known_rules);
        let label = near.map_or_else(|| "`advisor explain` lists the rules".to_string(), |near| format!("did you mean `{near}`?"));
        (format!("the ignore comment names `{rule}`, which is no rule"), label)
    };
    // A name that was meant otherwise is the author's to mend.
    let fix = entry.removal.clone().filter(|_| known_rules.contains(&rule.as_str()) || nearest(rule, known_rules).is_none());
    let path = &report.sources.get(entry.span.file).path;
    Some(Finding {
        rule: UNUSED_IGNORE,
        severity,
        certainty: Certainty::Declared,
        message,
        span: entry.span,
        label,
        labels: Vec::new(),
        notes: Vec::new(),
        route: Vec::new(),
        suggestions: Vec::new(),
        fixes: fix.into_iter().collect(),
        key: format!("{UNUSED_IGNORE}:{path}:{rule}"),
    })
}

#[cfg(test)]
mod tests;
