//! For people at a terminal: per finding the source lines of both ends, the sum, the trails, the advice; then one line of counts.

use std::fmt::Write as _;

use codespan_reporting::diagnostic::{self, Diagnostic};
use codespan_reporting::term::{self, termcolor};

use super::snippet::Snippet;
use super::{RenderOptions, concise, escape, patch, place, summary};
use crate::finding::{Finding, Report, Safety, Severity, Suggestion};
use crate::text::{FileId, Sources, Span};
use crate::value::{Amount, Certainty, Step, Value, show_number};

/// Columns of the widest place that still stands in one line with what is said of it.
const MAX_PLACE: usize = 32;

/// The whole report.
pub fn text(report: &Report, options: &RenderOptions<'_>) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        out.push_str(&one(report, finding, options));
    }
    for problem in &report.problems {
        let _ = writeln!(out, "{}", concise::problem_line(problem));
    }
    if !report.problems.is_empty() {
        out.push('\n');
    }
    let _ = writeln!(out, "{}", summary::text(report));
    out
}

/// One finding with its source lines and notes; ends with an empty line.
pub fn one(report: &Report, finding: &Finding, options: &RenderOptions<'_>) -> String {
    let spans: Vec<Span> = std::iter::once(finding.span).chain(finding.labels.iter().map(|label| label.span)).collect();
    let last = spans.iter().map(|&span| place::place(&report.sources, span).end.line).max().unwrap_or(1);
    // The gutter of codespan: line number, blanks and border.
    let gutter = last.to_string().len() + 4;
    let width = options.width.max(40).saturating_sub(gutter);
    let messages = || std::iter::once(&finding.label).chain(finding.labels.iter().map(|label| &label.message));
    let room = messages().map(|message| textwrap::core::display_width(&escape::line(message)) + 1).max().unwrap_or(0);
    let (snippet, places) = Snippet::new(&report.sources, &spans, width, room);
    let mut labels = Vec::new();
    for (index, ((span, range), message)) in spans.iter().zip(places).zip(messages()).enumerate() {
        let style = if index == 0 { diagnostic::LabelStyle::Primary } else { diagnostic::LabelStyle::Secondary };
        labels.push(diagnostic::Label::new(style, span.file, range).with_message(escape::line(message)));
    }
    let severity = match finding.severity {
        Severity::Note => diagnostic::Severity::Note,
        Severity::Warning => diagnostic::Severity::Warning,
        Severity::Error => diagnostic::Severity::Error,
    };
    let diagnostic = Diagnostic::new(severity)
        .with_code(finding.rule)
        .with_message(escape::line(&finding.message))
        .with_labels(labels)
        .with_notes(notes(report, finding, width));
    emit(&snippet, &diagnostic, options.color).unwrap_or_else(|| format!("{}\n\n", concise::line(&report.sources, finding)))
}

fn emit(snippet: &Snippet, diagnostic: &Diagnostic<FileId>, color: bool) -> Option<String> {
    let config = term::Config::default();
    if !color {
        return term::emit_into_string(&config, snippet, diagnostic).ok();
    }
    let mut writer = termcolor::Ansi::new(Vec::new());
    term::emit_to_write_style(&mut writer, &config, snippet, diagnostic).ok()?;
    String::from_utf8(writer.into_inner()).ok()
}

/// What stands below the source lines: the rule's own notes, the trails, the advice, the certainty.
fn notes(report: &Report, finding: &Finding, width: usize) -> Vec<String> {
    let mut notes: Vec<String> = finding.notes.iter().map(|note| one_note(note, width)).collect();
    notes.extend(trails(report, finding, width));
    if !finding.suggestions.is_empty() {
        notes.push(advice(&finding.suggestions, width));
    }
    for fix in &finding.fixes {
        let safety = match fix.safety {
            Safety::ShowOnly => "possible change",
            Safety::Unsafe => "fix (unsafe: it changes load)",
            Safety::Safe => "fix (safe)",
        };
        let title = one_note(&format!("{safety}: {}", fix.title), width);
        notes.push(std::iter::once(title).chain(patch::lines(&report.sources, fix, width)).collect::<Vec<_>>().join("\n"));
    }
    let because = match finding.certainty {
        Certainty::Assumed => "a part of it is taken for granted",
        Certainty::Default => "a part of it is a default",
        Certainty::Declared => "all of it is written down",
        Certainty::Measured => "it was seen in a running client",
    };
    let certainty = concise::certainty_word(finding.certainty);
    notes.push(one_note(&format!("certainty: {certainty}, {because}"), width));
    notes.push(one_note(&format!("more: `advisor explain {}`", finding.rule), width));
    notes
}

/// Where the demand comes from, how it gets to the pool, where the pool's number comes from; no step twice, and no number whose only
/// step is a line that is shown above.
fn trails(report: &Report, finding: &Finding, width: usize) -> Vec<String> {
    let sources = &report.sources;
    let shown: Vec<String> =
        std::iter::once(finding.span).chain(finding.labels.iter().map(|label| label.span)).map(|span| sources.place(span)).collect();
    let is_shown = |step: &Step| step.at.is_some_and(|at| shown.contains(&sources.place(at)));
    let case = place::case_of(report, finding);
    let from = |amount: &Amount| format!("{amount} comes from");
    let number = |value: &'_ Value| value.trail.len() > 1 || !value.trail.iter().all(is_shown);
    let demand = case.map(|case| &case.demand).filter(|value| number(value));
    let supply = case.map(|case| &case.supply).filter(|value| number(value));
    let route = ("from the concurrency to the pool".to_string(), &finding.route);
    let trails =
        [demand.map(|value| (from(&value.amount), &value.trail)), Some(route), supply.map(|value| (from(&value.amount), &value.trail))];
    let mut told: Vec<&Step> = Vec::new();
    let mut out = Vec::new();
    for (title, trail) in trails.into_iter().flatten() {
        let new: Vec<&Step> = trail.iter().filter(|step| !told.contains(step)).collect();
        told.extend(&new);
        if !new.is_empty() {
            out.push(format!("{}\n{}", one_note(&title, width), steps(sources, &new, "  ", width).join("\n")));
        }
    }
    out
}

/// The advised numbers, then floor and ceiling of each with the reasons.
fn advice(suggestions: &[Suggestion], width: usize) -> String {
    let written: Vec<_> = suggestions.iter().map(|one| format!("{} {}", one.setting, show_number(one.advised))).collect();
    let mut lines = vec![one_note(&format!("advised: {}", written.join(", ")), width)];
    let rows = suggestions.iter().map(|Suggestion { setting, floor, ceiling, floor_why, ceiling_why, .. }| {
        let floor = format!("at least {} ({floor_why})", show_number(*floor));
        let ceiling = match ceiling {
            Some(ceiling) => format!(", at most {} ({ceiling_why})", show_number(*ceiling)),
            None if !ceiling_why.is_empty() => format!(", no ceiling is known ({ceiling_why})"),
            None => String::new(),
        };
        (escape::line(setting).into_owned(), format!("{floor}{ceiling}"))
    });
    lines.extend(table(rows.collect(), "  ", width));
    lines.join("\n")
}

/// Steps as `path:line  what`. Where paths are long, each stands once above its steps, which then start with the line number.
/// A step without a place starts where the others say theirs.
fn steps(sources: &Sources, steps: &[&Step], indent: &str, width: usize) -> Vec<String> {
    let place = |step: &Step| step.at.map(|at| escape::line(&sources.place(at)).into_owned()).unwrap_or_default();
    let rows: Vec<_> = steps.iter().map(|step| (place(step), step.said.clone())).collect();
    if rows.iter().all(|(place, _)| columns(place) <= MAX_PLACE.min(width / 2)) {
        return table(rows, indent, width);
    }
    let line = |step: &Step| step.at.map_or_else(String::new, |at| sources.position(at).line.to_string());
    let digits = steps.iter().map(|step| line(step).len()).max().unwrap_or(0);
    let below = format!("{indent}  ");
    let mut out = Vec::new();
    for chunk in steps.chunk_by(|one, other| one.at.map(|at| at.file) == other.at.map(|at| at.file)) {
        let path = chunk.first().and_then(|step| step.at).map(|at| escape::line(&sources.get(at.file).path).into_owned());
        out.extend(path.map(|path| format!("{indent}{path}")));
        let rows = chunk.iter().map(|step| (format!("{:>digits$}", line(step)), step.said.clone()));
        out.extend(table(rows.collect(), &below, width));
    }
    out
}

/// Two columns, the first aligned, the second wrapped.
fn table(rows: Vec<(String, String)>, indent: &str, width: usize) -> Vec<String> {
    let widest = rows.iter().map(|(cell, _)| columns(cell)).max().unwrap_or(0);
    let gap = if widest == 0 { "" } else { "  " };
    let rest = " ".repeat(indent.len() + widest + gap.len());
    let line = |(cell, said): (String, String)| {
        let pad = " ".repeat(widest - columns(&cell));
        hang(&said, width, &format!("{indent}{cell}{pad}{gap}"), &rest)
    };
    rows.into_iter().flat_map(line).collect()
}

fn columns(text: &str) -> usize {
    textwrap::core::display_width(text)
}

/// One paragraph, harmless, wrapped to `width`.
fn one_note(text: &str, width: usize) -> String {
    hang(text, width, "", "").join("\n")
}

/// One paragraph, harmless, wrapped to `width`; lines after the first are indented by two more.
pub(super) fn wrap(text: &str, width: usize, indent: &str) -> Vec<String> {
    hang(text, width, indent, &format!("{indent}  "))
}

/// One paragraph, harmless, wrapped to `width`, with what stands before its first line and before the others.
pub fn hang(text: &str, width: usize, first: &str, rest: &str) -> Vec<String> {
    let text = escape::line(text);
    let options = textwrap::Options::new(width).initial_indent(first).subsequent_indent(rest).break_words(false);
    let options = options.word_separator(textwrap::WordSeparator::AsciiSpace).word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::wrap(&text, options).into_iter().map(|line| line.trim_end().to_string()).collect()
}
