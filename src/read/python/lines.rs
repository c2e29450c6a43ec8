//! Logical lines without a parser: strings, comments, brackets and continuations are skipped, so that what begins a line is known.
//!
//! One pass over the bytes; the only thing that is kept is the stack of nested f-strings.

use memchr::{memchr, memchr2, memchr3};

/// A logical line, or a line that is nothing but a comment. Lines without anything are not told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Line {
    /// First byte of its first physical line.
    pub(super) start: usize,
    /// First byte that is no indentation.
    pub(super) first: usize,
    /// After its last line end.
    pub(super) end: usize,
    /// Columns of indentation; a tab goes to the next multiple of 8.
    pub(super) indent: usize,
    /// Whether it is nothing but a comment.
    pub(super) is_comment: bool,
}

/// The logical lines of a text, in order.
pub(super) struct Lines<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl<'t> Lines<'t> {
    /// All lines of `text`.
    pub(super) fn of(text: &'t str) -> Self {
        Self { bytes: text.as_bytes(), at: 0 }
    }
}

impl Iterator for Lines<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        loop {
            let start = self.at;
            let (first, indent) = indentation(self.bytes, start);
            match self.bytes.get(first)? {
                b'\n' => self.at = first + 1,
                b'#' => {
                    self.at = line_end(self.bytes, first);
                    return Some(Line { start, first, end: self.at, indent, is_comment: true });
                }
                _ => {
                    self.at = statement_end(self.bytes, first);
                    return Some(Line { start, first, end: self.at, indent, is_comment: false });
                }
            }
        }
    }
}

/// What is special outside strings: all other bytes are stepped over.
const SPECIAL: [bool; 256] = {
    let mut table = [false; 256];
    let bytes = b"\n#\\\"'()[]{}:";
    let mut at = 0;
    while at < bytes.len() {
        table[bytes[at] as usize] = true;
        at += 1;
    }
    table
};

/// The next special byte at or after `at`, with its place.
fn next_special(bytes: &[u8], at: usize) -> Option<(usize, u8)> {
    let rest = bytes.get(at..)?;
    let step = rest.iter().position(|byte| SPECIAL[usize::from(*byte)])?;
    rest.get(step).map(|byte| (at + step, *byte))
}

/// Where the indentation of a line ends, and how wide it is. A form feed starts it anew; a byte order mark has no width.
fn indentation(bytes: &[u8], start: usize) -> (usize, usize) {
    let (mut at, mut width) = (start, 0);
    if at == 0 && bytes.starts_with("\u{feff}".as_bytes()) {
        at = "\u{feff}".len();
    }
    while let Some(byte) = bytes.get(at) {
        match byte {
            b' ' => width += 1,
            b'\t' => width = (width / 8 + 1) * 8,
            b'\x0c' | b'\r' => width = 0,
            _ => break,
        }
        at += 1;
    }
    (at, width)
}

/// After the next line end.
fn line_end(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..).and_then(|rest| memchr(b'\n', rest)).map_or(bytes.len(), |step| at + step + 1)
}

/// After a backslash and what it takes with it: a line end, else one byte where `eats` says so.
fn after_backslash(bytes: &[u8], at: usize, eats: bool) -> usize {
    match (bytes.get(at + 1), bytes.get(at + 2)) {
        (Some(b'\r'), Some(b'\n')) => at + 3,
        (Some(b'\n'), _) => at + 2,
        (Some(_), _) if eats => at + 2,
        _ => at + 1,
    }
}

/// Where the logical line that has `at` in it ends. A line inside brackets that starts a definition ends it as well: no expression has
/// one, so a bracket was left open, and the damage stays small.
fn statement_end(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0usize;
    while let Some((place, byte)) = next_special(bytes, at) {
        at = match byte {
            b'\n' if depth == 0 || starts_definition(bytes, place + 1) => return place + 1,
            // The line end itself is looked at next.
            b'#' => line_end(bytes, place).saturating_sub(1).max(place + 1),
            b'\\' => after_backslash(bytes, place, false),
            b'"' | b'\'' => string_end(bytes, place),
            b'(' | b'[' | b'{' => {
                depth += 1;
                place + 1
            }
            b')' | b']' | b'}' => {
                depth = depth.saturating_sub(1);
                place + 1
            }
            _ => place + 1,
        };
    }
    bytes.len()
}

/// Whether a physical line starts with `def`, `async def` or `class`.
fn starts_definition(bytes: &[u8], line: usize) -> bool {
    let (first, _) = indentation(bytes, line);
    let rest = bytes.get(first..).unwrap_or_default();
    [&b"def "[..], b"class ", b"async def "].iter().any(|word| rest.starts_with(word))
}

/// Whether the string whose quote stands at `quote` has holes: its prefix has an `f` or `t`.
fn has_holes(bytes: &[u8], quote: usize) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
    let before = bytes.get(quote.saturating_sub(3)..quote).unwrap_or_default();
    let length = before.iter().rev().take_while(|byte| is_word(byte)).count();
    let prefix = before.get(before.len() - length..).unwrap_or_default();
    length <= 2 && prefix.iter().all(|byte| b"rRbBuUfFtT".contains(byte)) && prefix.iter().any(|byte| b"fFtT".contains(byte))
}

/// Whether three of the same quote stand at `at`.
fn is_triple(bytes: &[u8], at: usize, quote: u8) -> bool {
    bytes.get(at..at + 3) == Some(&[quote; 3])
}

/// After the string whose first quote stands at `at`; one that is not closed ends before its line end, a triple one with the text.
fn string_end(bytes: &[u8], at: usize) -> usize {
    if has_holes(bytes, at) { format_end(bytes, at) } else { plain_end(bytes, at) }
}

fn plain_end(bytes: &[u8], start: usize) -> usize {
    let Some(&quote) = bytes.get(start) else { return start };
    let triple = is_triple(bytes, start, quote);
    let mut at = start + if triple { 3 } else { 1 };
    while let Some(rest) = bytes.get(at..) {
        let found = if triple { memchr2(quote, b'\\', rest) } else { memchr3(quote, b'\\', b'\n', rest) };
        let Some(place) = found.map(|step| at + step) else { break };
        at = match bytes.get(place) {
            Some(b'\\') => after_backslash(bytes, place, true),
            Some(b'\n') if !triple => return place,
            _ if !triple => return place + 1,
            _ if is_triple(bytes, place, quote) => return place + 3,
            _ => place + 1,
        };
    }
    bytes.len()
}

/// What an f-string is made of.
enum Part {
    Text { quote: u8, triple: bool },
    Hole { depth: usize },
    Format,
}

/// The end of an f-string: its holes are Python again, with strings of the same quote where they like (PEP 701).
fn format_end(bytes: &[u8], start: usize) -> usize {
    let open = |at: usize| {
        let quote = bytes.get(at).copied().unwrap_or(b'"');
        let triple = is_triple(bytes, at, quote);
        (Part::Text { quote, triple }, at + if triple { 3 } else { 1 })
    };
    let spans_lines = bytes.get(start).is_some_and(|quote| is_triple(bytes, start, *quote));
    let (part, mut at) = open(start);
    let mut parts = vec![part];
    while let Some((place, byte)) = next_special(bytes, at) {
        at = place + 1;
        let next = bytes.get(at).copied();
        match parts.last_mut() {
            None => return place,
            Some(Part::Text { quote, triple }) => match byte {
                b'\\' if !matches!(next, Some(b'{' | b'}')) => at = after_backslash(bytes, place, true),
                b'{' if next == Some(b'{') => at += 1,
                b'{' => parts.push(Part::Hole { depth: 0 }),
                b'\n' if !*triple => return place,
                _ if byte == *quote && (!*triple || is_triple(bytes, place, byte)) => {
                    at = place + if *triple { 3 } else { 1 };
                    parts.pop();
                    if parts.is_empty() {
                        return at;
                    }
                }
                _ => {}
            },
            Some(Part::Hole { depth }) => match byte {
                b'\n' if starts_definition(bytes, at) => return place,
                b'#' => at = line_end(bytes, place).saturating_sub(1).max(at),
                b'\\' => at = after_backslash(bytes, place, false),
                b'"' | b'\'' if has_holes(bytes, place) => {
                    let (part, after) = open(place);
                    parts.push(part);
                    at = after;
                }
                b'"' | b'\'' => at = plain_end(bytes, place),
                b'(' | b'[' | b'{' => *depth += 1,
                b'}' if *depth == 0 => {
                    parts.pop();
                }
                b')' | b']' | b'}' => *depth = depth.saturating_sub(1),
                b':' if *depth == 0 => parts.push(Part::Format),
                _ => {}
            },
            Some(Part::Format) => match byte {
                b'{' => parts.push(Part::Hole { depth: 0 }),
                // The end of the format is the end of its hole.
                b'}' => parts.truncate(parts.len().saturating_sub(2)),
                // Only in a triple string a format may go on after the line; strings that are nested there are taken for such as well.
                b'\n' if !spans_lines => return place,
                _ => {}
            },
        }
    }
    bytes.len()
}
