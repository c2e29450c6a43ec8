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
    let near = |text: &'_ str| -> String { text.get(start..text.len().saturating_sub(rest)).unwrap_or("").to_string() };
    let (old, new) = (near(&file.text), near(&after));
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
    let room = width.saturating_sub(6).max(20);
    let dedented: Vec<(char, Vec<char>)> = shown
        .into_iter()
        .map(|(sign, line)| (sign, escape::line(line.get(indent..).unwrap_or("")).replace("\\t", "    ").chars().collect()))
        .collect();
    let side = |sign: char| dedented.iter().filter(move |(of, _)| *of == sign).map(|(_, line)| line);
    // Where a line and the one in its place begin to differ, which must be in sight.
    let differ: Vec<usize> = side('-').zip(side('+')).map(|(old, new)| old.iter().zip(new).take_while(|(a, b)| a == b).count()).collect();
    let (mut olds, mut news) = (differ.iter(), differ.iter());
    let lines = dedented.iter().map(|(sign, line)| {
        let at = if *sign == '-' { olds.next() } else { news.next() };
        format!("  {sign} {}", window(line, at.copied().unwrap_or(0), room))
    });
    std::iter::once(place).chain(lines).collect()
}

/// `room` columns of a line, so that `at` is among them; what is cut off shows as `…`.
fn window(line: &[char], at: usize, room: usize) -> String {
    if line.len() <= room {
        return line.iter().collect();
    }
    let start = if at + room / 3 < room { 0 } else { (at - room / 3).min(line.len() - room) };
    let end = (start + room).min(line.len());
    let mut shown: Vec<char> = line.get(start..end).unwrap_or_default().to_vec();
    if let Some(first) = shown.first_mut().filter(|_| start > 0) {
        *first = '…';
    }
    if let Some(last) = shown.last_mut().filter(|_| end < line.len()) {
        *last = '…';
    }
    shown.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_in_sight() {
        let line: Vec<char> = ('a'..='z').collect();
        assert_eq!(window(&line, 25, 30), "abcdefghijklmnopqrstuvwxyz");
        assert_eq!(window(&line, 0, 9), "abcdefgh…");
        assert_eq!(window(&line, 12, 9), "…klmnopq…");
        assert_eq!(window(&line, 25, 9), "…stuvwxyz");
    }
}
