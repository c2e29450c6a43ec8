//! A fix as the lines that it takes away and puts in, for people.

use super::escape;
use crate::finding::{Edit, Fix, edited};
use crate::text::{FileId, SourceFile, Sources};

/// Most lines of one fix that are shown.
const MAX_LINES: usize = 12;

/// The changed lines of a fix, file by file: the place, then `- old` and `+ new`, cut to `width` columns, without their common indent.
pub fn lines(sources: &Sources, fix: &Fix, width: usize) -> Vec<String> {
    let mut files: Vec<FileId> = fix.edits.iter().map(|edit| edit.span.file).collect();
    files.sort();
    files.dedup();
    let mut out: Vec<String> = Vec::new();
    for file in files {
        let edits: Vec<&Edit> = fix.edits.iter().filter(|edit| edit.span.file == file).collect();
        out.extend(of_file(sources.get(file), &edits, width));
    }
    if out.len() > MAX_LINES {
        let more = out.len() - (MAX_LINES - 1);
        out.truncate(MAX_LINES - 1);
        out.push(format!("({more} more lines)"));
    }
    out
}

fn of_file(file: &SourceFile, edits: &[&Edit], width: usize) -> Vec<String> {
    let Some(after) = edited(&file.text, edits.iter().copied()) else { return Vec::new() };
    let first = edits.iter().map(|edit| edit.span.start).min().unwrap_or(0);
    // Far from the edits the texts are the same: only the lines around them are compared.
    let start = file.line_start(file.position(first).line).unwrap_or(0);
    let last = edits.iter().map(|edit| edit.span.end as usize).max().unwrap_or(0);
    let rest = file.text.get(last..).and_then(|rest| rest.find('\n')).map_or(0, |at| file.text.len() - last - at - 1);
    let window = |text: &'_ str| -> String { text.get(start..text.len().saturating_sub(rest)).unwrap_or("").to_string() };
    let (old, new) = (window(&file.text), window(&after));
    let diff = similar::TextDiff::from_lines(&old, &new);
    let mut shown: Vec<(char, String)> = Vec::new();
    let mut at = None;
    for change in diff.iter_all_changes() {
        let sign = match change.tag() {
            similar::ChangeTag::Equal => continue,
            similar::ChangeTag::Delete => '-',
            similar::ChangeTag::Insert => '+',
        };
        at = at.or(change.old_index().or(change.new_index()));
        shown.push((sign, change.value().trim_end().to_string()));
    }
    let blanks = |line: &String| line.len() - line.trim_start_matches([' ', '\t']).len();
    let indent = shown.iter().filter(|(_, line)| !line.is_empty()).map(|(_, line)| blanks(line)).min().unwrap_or(0);
    let line = file.position(first).line + at.unwrap_or(0);
    let place = escape::line(&format!("{}:{line}", file.path)).into_owned();
    let cut = |(sign, line): (char, String)| {
        let line = escape::line(line.get(indent..).unwrap_or("")).replace("\\t", "    ");
        let room = width.saturating_sub(6).max(20);
        let whole = line.chars().count() <= room;
        let line: String = if whole { line } else { line.chars().take(room - 1).chain(['…']).collect() };
        format!("  {sign} {line}")
    };
    std::iter::once(place).chain(shown.into_iter().map(cut)).collect()
}
