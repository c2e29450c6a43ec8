//! The comments of a file that may hold a directive.
//!
//! A light lexer, not a parser: it knows strings, so that a directive inside one is no comment, and it must do for files that
//! do not parse. Python, TOML and Rust are followed from the first byte on (their strings may span lines); in all other formats
//! a `#` counts that stands outside quotes on its line, at the start or behind a blank.

use std::ops::Range;

use super::directive::MARK;
use crate::discover::{ConfigFormat, Kind, PackageFormat, classify};
use crate::text::SourceFile;

/// A comment with the mark of a directive in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Comment {
    /// From the opener to the end of the line, in bytes.
    pub range: Range<usize>,
    /// What opens comments in this file.
    pub opener: &'static str,
    /// The line it stands on, from 1.
    pub line: usize,
    /// The line it speaks of: its own, or where it fills its line the next one that is no comment.
    pub holds_for: usize,
}

/// How a format writes strings and comments.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Syntax {
    Python,
    Toml,
    Rust,
    Lines,
}

/// Comments that contain the mark, in their order.
pub(super) fn with_directives(file: &SourceFile) -> Vec<Comment> {
    // Most files have none, and a search is far cheaper than the lexer.
    if memchr::memmem::find(file.text.as_bytes(), MARK.as_bytes()).is_none() {
        return Vec::new();
    }
    let syntax = match classify(&file.path) {
        Some(Kind::Config(ConfigFormat::Json) | Kind::Packages(PackageFormat::PipfileLock)) => return Vec::new(),
        Some(Kind::Rust) => Syntax::Rust,
        Some(Kind::Python) => Syntax::Python,
        Some(Kind::Config(ConfigFormat::Toml)) => Syntax::Toml,
        Some(Kind::Packages(PackageFormat::Pyproject | PackageFormat::CargoToml | PackageFormat::Pipfile | PackageFormat::LockTables)) => {
            Syntax::Toml
        }
        // Without a telling name it was classified by its `#!` line: Python or a shell.
        None if file.line(1).contains("python") => Syntax::Python,
        _ => Syntax::Lines,
    };
    let opener = if syntax == Syntax::Rust { "//" } else { "#" };
    let ranges = if syntax == Syntax::Lines { by_lines(file) } else { lexed(&file.text, syntax) };
    ranges
        .into_iter()
        .filter(|range| file.text.get(range.clone()).is_some_and(|text| text.contains(MARK)))
        .map(|range| {
            let line = file.position(u32::try_from(range.start).unwrap_or(u32::MAX)).line;
            let fills = file.line(line).trim_start().starts_with(opener);
            let next = || (line + 1..=file.line_count()).find(|&at| !file.line(at).trim_start().starts_with(opener)).unwrap_or(line);
            Comment { range, opener, line, holds_for: if fills { next() } else { line } }
        })
        .collect()
}

fn by_lines(file: &SourceFile) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for number in 1..=file.line_count() {
        let (line, Some(start)) = (file.line(number), file.line_start(number)) else { continue };
        if !line.contains(MARK) {
            continue;
        }
        let mut quote = None;
        let mut before = ' ';
        for (at, c) in line.char_indices() {
            match (quote, c) {
                (None, '#') if before.is_whitespace() => {
                    found.push(start + at..start + line.len());
                    break;
                }
                // An apostrophe inside a word opens nothing.
                (None, '\'' | '"') if !before.is_alphanumeric() => quote = Some(c),
                (Some(open), _) if open == c && before != '\\' => quote = None,
                _ => {}
            }
            before = c;
        }
    }
    found
}

/// Comments of a text with strings that may span lines.
fn lexed(text: &str, syntax: Syntax) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let line_end = |at: usize| memchr::memchr(b'\n', bytes.get(at..).unwrap_or_default()).map_or(bytes.len(), |more| at + more);
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        at = match (byte(at), syntax) {
            (b'#', Syntax::Python | Syntax::Toml) => {
                let end = line_end(at);
                found.push(at..end);
                end
            }
            (b'/', Syntax::Rust) if byte(at + 1) == b'/' => {
                let end = line_end(at);
                found.push(at..end);
                end
            }
            (b'/', Syntax::Rust) if byte(at + 1) == b'*' => after_block_comment(bytes, at),
            (b'"', Syntax::Rust) => after_rust_string(bytes, at),
            (b'\'', Syntax::Rust) => after_rust_quote(bytes, at),
            (quote @ (b'"' | b'\''), _) => after_string(bytes, at, quote, syntax == Syntax::Python || quote == b'"'),
            _ => at + 1,
        };
    }
    found
}

/// One past a Python or TOML string that starts at `at`; a string of one line that is not closed ends with its line.
fn after_string(bytes: &[u8], at: usize, quote: u8, escapes: bool) -> usize {
    let triple = [quote; 3];
    let long = bytes.get(at..).is_some_and(|rest| rest.starts_with(&triple));
    let mut at = at + if long { 3 } else { 1 };
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if escapes => at += 2,
            b'\n' if !long => return at,
            _ if byte == quote && !long => return at + 1,
            _ if byte == quote && bytes.get(at..).is_some_and(|rest| rest.starts_with(&triple)) => return at + 3,
            _ => at += 1,
        }
    }
    at
}

/// One past a Rust string whose quote is at `at`, raw where `r` and `#` stand before it.
fn after_rust_string(bytes: &[u8], quote: usize) -> usize {
    let before = bytes.get(..quote).unwrap_or_default();
    let hashes = before.iter().rev().take_while(|&&byte| byte == b'#').count();
    let raw = before.iter().rev().nth(hashes) == Some(&b'r');
    let mut at = quote + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if !raw => at += 2,
            b'"' if !raw => return at + 1,
            b'"' if bytes.get(at + 1..).unwrap_or_default().iter().take(hashes).filter(|&&byte| byte == b'#').count() == hashes => {
                return at + 1 + hashes;
            }
            _ => at += 1,
        }
    }
    at
}

/// One past a character that starts at `at`; past the quote alone where it is a lifetime's.
fn after_rust_quote(bytes: &[u8], at: usize) -> usize {
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let width = match byte(at + 1) {
        b'\\' => {
            let rest = bytes.get(at + 3..).unwrap_or_default();
            return memchr::memchr(b'\'', rest).map_or(bytes.len(), |more| at + more + 4);
        }
        0..0x80 => 1,
        0x80..0xE0 => 2,
        0xE0..0xF0 => 3,
        _ => 4,
    };
    if byte(at + 1 + width) == b'\'' { at + width + 2 } else { at + 1 }
}

/// One past a Rust block comment; they nest.
fn after_block_comment(bytes: &[u8], start: usize) -> usize {
    let (mut depth, mut at) = (0usize, start);
    while let Some(pair) = bytes.get(at..at + 2) {
        match pair {
            b"/*" => {
                depth += 1;
                at += 2;
            }
            b"*/" => {
                depth = depth.saturating_sub(1);
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    bytes.len()
}
