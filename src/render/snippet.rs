//! The source lines that a diagnostic shows, made harmless: characters that act on a terminal are replaced by visible ones of one
//! column, and lines that are too long are cut to a window around what is marked.
//!
//! A [`Snippet`] holds only the lines that are needed but answers codespan with the line numbers and columns of the whole file.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use codespan_reporting::files::{Error, Files};

use super::escape;
use crate::text::{FileId, SourceFile, Sources, Span};

/// A span over more lines than this is marked on its first line only.
const MAX_LINES: usize = 30;

/// Columns kept before what is marked when a long line is cut.
const LEAD: usize = 30;

/// The lines of one diagnostic, by file.
#[derive(Debug, Default)]
pub struct Snippet {
    files: Vec<Excerpt>,
}

/// Lines of one file.
#[derive(Debug)]
struct Excerpt {
    id: FileId,
    name: String,
    text: String,
    /// Index of the line in the file, from 0, and its bytes in `text`; ascending.
    lines: Vec<(usize, Range<usize>)>,
    /// Where marks start in `text`, and their columns in the file.
    columns: BTreeMap<usize, usize>,
}

/// How much of a long line is shown.
#[derive(Clone, Copy)]
struct Window {
    /// Columns of a line.
    width: usize,
    /// Columns that a label needs after its marker.
    room: usize,
}

/// A span cut to what can be marked: bytes that exist, no line end at its end, not too many lines.
struct Mark {
    bytes: Range<usize>,
    lines: Range<usize>,
}

impl Snippet {
    /// The lines under `spans`, at most `width` columns each with `room` left beside what is marked, and where each span lies in them.
    pub fn new(sources: &Sources, spans: &[Span], width: usize, room: usize) -> (Self, Vec<Range<usize>>) {
        let window = Window { width, room: room.min(width / 2) };
        let mut snippet = Self::default();
        let marks: Vec<Mark> = spans.iter().map(|&span| mark(sources.get(span.file), span)).collect();
        let mut places = vec![0..0; spans.len()];
        let ids: BTreeSet<FileId> = spans.iter().map(|span| span.file).collect();
        for id in ids {
            let here: Vec<usize> = (0..spans.len()).filter(|&at| spans[at].file == id).collect();
            let excerpt = excerpt(sources.get(id), &marks, &here, window, &mut places);
            snippet.files.push(excerpt);
        }
        (snippet, places)
    }

    fn file(&self, id: FileId) -> Result<&Excerpt, Error> {
        self.files.iter().find(|file| file.id == id).ok_or(Error::FileMissing)
    }
}

fn mark(file: &SourceFile, span: Span) -> Mark {
    let floor = |mut at: usize| {
        at = at.min(file.text.len());
        while !file.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let (start, mut end) = (floor(span.start as usize), floor(span.end.max(span.start) as usize));
    while end > start && file.text[..end].ends_with(['\n', '\r']) {
        end -= 1;
    }
    let line_of = |at: usize| file.position(u32::try_from(at).unwrap_or(u32::MAX)).line;
    let (first, mut last) = (line_of(start), line_of(end));
    if last - first >= MAX_LINES {
        last = first;
        end = file.line_start(first).unwrap_or(start) + file.line(first).len();
    }
    Mark { bytes: start..end.max(start), lines: first..last + 1 }
}

fn excerpt(file: &SourceFile, marks: &[Mark], here: &[usize], window: Window, places: &mut [Range<usize>]) -> Excerpt {
    let mut wanted: BTreeSet<usize> = here.iter().flat_map(|&at| marks[at].lines.clone()).collect();
    // A single line between two shown ones is shown as well: codespan asks for it.
    let gaps: Vec<usize> =
        wanted.iter().map(|line| line + 1).filter(|line| !wanted.contains(line) && wanted.contains(&(line + 1))).collect();
    wanted.extend(gaps);
    let mut excerpt = Excerpt {
        id: file.id,
        name: escape::line(&file.path).into_owned(),
        text: String::new(),
        lines: Vec::new(),
        columns: BTreeMap::new(),
    };
    for line in wanted {
        let start = excerpt.text.len();
        let from = file.line_start(line).unwrap_or(file.text.len());
        let text = file.line(line);
        let inside = |at: usize| (from..=from + text.len()).contains(&at);
        let ends: Vec<usize> = here.iter().flat_map(|&at| [marks[at].bytes.start, marks[at].bytes.end]).filter(|&at| inside(at)).collect();
        let shown = cut(text, &ends.iter().map(|at| at - from).collect::<Vec<_>>(), window, line == 1);
        for &at in here {
            let Mark { bytes, lines } = &marks[at];
            if lines.start == line {
                places[at].start = start + shown.find(bytes.start - from);
                excerpt.columns.insert(places[at].start, file.position(u32::try_from(bytes.start).unwrap_or(u32::MAX)).column);
            }
            if lines.end == line + 1 {
                // Of a mark over more columns than there are, as much is marked as leaves room for the label.
                let last = if lines.len() == 1 { start + shown.last } else { usize::MAX };
                places[at].end = (start + shown.find(bytes.end.saturating_sub(from))).min(last.max(places[at].start));
            }
        }
        excerpt.text.push_str(&shown.text);
        excerpt.text.push('\n');
        excerpt.lines.push((line - 1, start..excerpt.text.len()));
    }
    excerpt
}

/// A line as it is shown, and for each character where it stood.
struct Shown {
    text: String,
    /// (byte in the line, byte in `text`) of each shown character, ascending.
    map: Vec<(usize, usize)>,
    /// Byte in `text` behind which a label would not fit the line; the end of the text where the line is short.
    last: usize,
}

impl Shown {
    /// Where a byte of the line is shown; the nearest end of the window where it is not.
    fn find(&self, byte: usize) -> usize {
        let next = self.map.partition_point(|&(from, _)| from < byte);
        self.map.get(next).map_or_else(|| self.map.last().map_or(0, |&(_, to)| to), |&(_, to)| to)
    }
}

/// Replaces what acts and keeps at most a window of characters around the marked bytes. A byte order mark is left out.
fn cut(line: &str, marks: &[usize], Window { width, room }: Window, is_first: bool) -> Shown {
    let mark = is_first && line.starts_with('\u{feff}');
    let characters = || line.char_indices().skip(usize::from(mark));
    let column = |byte: usize| characters().take_while(|&(at, _)| at < byte).count();
    let length = characters().take(width + 1).count();
    let end = marks.iter().max().map_or(0, |&byte| column(byte));
    let (mut first, mut last) = (0, usize::MAX);
    if length > width || end + room > width {
        let start = marks.iter().min().map_or(0, |&byte| column(byte));
        // As much as possible of what stands before, so that the label still fits.
        first = (end + room).saturating_sub(width).min(start.saturating_sub(LEAD));
        last = first + width;
    }
    let mut shown = Shown { text: String::new(), map: Vec::new(), last: 0 };
    if first > 0 {
        shown.text.push('…');
    }
    let mut rest = characters().skip(first);
    for (at, character) in rest.by_ref().take(last - first) {
        shown.map.push((at, shown.text.len()));
        shown.text.push(escape::stand_in(character));
    }
    let end = rest.next();
    shown.map.push((end.map_or(line.len(), |(at, _)| at), shown.text.len()));
    if end.is_some() {
        shown.text.push('…');
    }
    let cut_before = usize::from(first > 0);
    shown.last = shown.text.char_indices().nth(width - room + cut_before).map_or(shown.text.len(), |(at, _)| at);
    shown
}

impl<'a> Files<'a> for Snippet {
    type FileId = FileId;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: FileId) -> Result<&'a str, Error> {
        Ok(&self.file(id)?.name)
    }

    fn source(&'a self, id: FileId) -> Result<&'a str, Error> {
        Ok(&self.file(id)?.text)
    }

    fn line_index(&'a self, id: FileId, byte: usize) -> Result<usize, Error> {
        let lines = &self.file(id)?.lines;
        let next = lines.partition_point(|(_, range)| range.start <= byte);
        lines.get(next.saturating_sub(1)).map(|&(index, _)| index).ok_or(Error::IndexTooLarge { given: byte, max: 0 })
    }

    fn line_range(&'a self, id: FileId, line: usize) -> Result<Range<usize>, Error> {
        let lines = &self.file(id)?.lines;
        let max = lines.last().map_or(0, |&(index, _)| index);
        let at = lines.binary_search_by_key(&line, |&(index, _)| index).map_err(|_| Error::LineTooLarge { given: line, max })?;
        lines.get(at).map(|(_, range)| range.clone()).ok_or(Error::LineTooLarge { given: line, max })
    }

    fn column_number(&'a self, id: FileId, line: usize, byte: usize) -> Result<usize, Error> {
        let file = self.file(id)?;
        let range = self.line_range(id, line)?;
        let shown = || file.text.get(range.start..byte).map_or(1, |before| before.chars().count() + 1);
        Ok(file.columns.get(&byte).copied().unwrap_or_else(shown))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str, start: usize, end: usize, width: usize) -> (String, String) {
        let mut sources = Sources::default();
        let id = sources.add("a.py", text);
        let (snippet, places) = Snippet::new(&sources, &[Span::new(id, start, end)], width, 10);
        let shown = &snippet.files[0].text;
        (shown.clone(), shown[places[0].clone()].to_string())
    }

    #[test]
    fn a_long_line_is_cut_around_the_mark() {
        let text = format!("{}limit=30{}", "x".repeat(5_000), "y".repeat(5_000));
        let (shown, marked) = one(&text, 5_006, 5_008, 80);
        assert_eq!(marked, "30");
        assert!(shown.chars().count() <= 83 && shown.starts_with('…') && shown.ends_with("…\n"), "{shown}");
    }

    #[test]
    fn a_mark_over_a_whole_long_line_leaves_room_for_its_label() {
        let text = format!("    tasks = [{}]", "start(row), ".repeat(40));
        let (shown, marked) = one(&text, 4, text.len(), 80);
        assert!(shown.starts_with("    tasks = [start(row)") && shown.ends_with("…\n"), "{shown}");
        assert_eq!((4 + marked.chars().count(), marked.starts_with("tasks = [")), (70, true), "{marked}");
    }

    #[test]
    fn what_acts_is_replaced_in_place() {
        let text = "\u{feff}a = '\u{1b}[31m' ; b = 30\r\n";
        let at = text.find("30").unwrap_or_default();
        let (shown, marked) = one(text, at, at + 2, 80);
        assert_eq!((shown.as_str(), marked.as_str()), ("a = '␛[31m' ; b = 30\n", "30"));
    }

    #[test]
    fn every_span_of_an_odd_text_has_a_place() {
        let text = "é\n\n  ünï(\r\n)\n\u{0}漢";
        for start in 0..=text.len() + 2 {
            for end in start..=text.len() + 2 {
                let (shown, _) = one(text, start, end, 5);
                assert!(shown.ends_with('\n'), "{start}..{end}");
            }
        }
    }

    #[test]
    fn a_span_over_very_many_lines_marks_its_first() {
        let (shown, marked) = one(&"call(\n".repeat(500), 0, 2_000, 80);
        assert_eq!((shown.as_str(), marked.as_str()), ("call(\n", "call("));
    }
}
