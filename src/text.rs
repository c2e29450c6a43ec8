//! The texts that were read: files by opaque id, byte spans in them, lines and columns at the edge, and what went wrong while reading.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A source language that has a front end.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Python 3.
    Python,
    /// Rust 2015 to 2024.
    Rust,
}

/// A file that was read in this run. Ids are dense and count from 0 in the order of [`Sources::add`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct FileId(pub u32);

/// A run of bytes of one file, end exclusive.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Span {
    /// The file the bytes stand in.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` to `end` (bytes) of `file`.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        let clip = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { file, start: clip(start), end: clip(end.max(start)) }
    }

    /// The bytes as a range for slicing.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// Line and column, both counted from 1; the column counts characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// One text with its path relative to the root of the scan, written with `/`.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Its id in [`Sources`].
    pub id: FileId,
    /// Path relative to the root of the report, with `/`.
    pub path: Arc<str>,
    /// The text, decoded; never changed after it was read.
    pub text: Arc<str>,
    line_starts: Arc<[u32]>,
}

impl SourceFile {
    /// Line and column of a byte offset; an offset past the end is the end.
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line_index(offset as usize);
        let start = self.line_starts[line] as usize;
        let mut end = (offset as usize).min(self.text.len()).max(start);
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        Position { line: line + 1, column: self.text[start..end].chars().count() + 1 }
    }

    /// The text of line `line` (from 1) without its line end; empty where there is no such line.
    pub fn line(&self, line: usize) -> &str {
        let Some(&start) = line.checked_sub(1).and_then(|at| self.line_starts.get(at)) else { return "" };
        let end = self.line_starts.get(line).map_or(self.text.len(), |&at| at as usize);
        self.text[start as usize..end].trim_end_matches(['\n', '\r'])
    }

    /// Number of lines; an empty text has one.
    pub fn line_count(&self) -> usize {
        self.line_starts.len()
    }

    /// Byte offset at which line `line` (from 1) starts.
    pub fn line_start(&self, line: usize) -> Option<usize> {
        self.line_starts.get(line.checked_sub(1)?).map(|&at| at as usize)
    }

    fn line_index(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|&start| start as usize <= offset).saturating_sub(1)
    }
}

/// All texts of a run, by id.
#[derive(Clone, Default, Debug)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Takes a text in and names it.
    pub fn add(&mut self, path: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        let text: Arc<str> = text.into();
        let mut starts = vec![0u32];
        starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32 + 1));
        self.files.push(SourceFile { id, path: path.into(), text, line_starts: starts.into() });
        id
    }

    /// The text behind an id. Ids come only from [`Sources::add`] of the same value.
    pub fn get(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// Gives every text another path, as a reader elsewhere sees it.
    pub fn rename(&mut self, path: impl Fn(&str) -> String) {
        for file in &mut self.files {
            file.path = path(&file.path).into();
        }
    }

    /// All texts in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter()
    }

    /// Start of a span as line and column.
    pub fn position(&self, span: Span) -> Position {
        self.get(span.file).position(span.start)
    }

    /// `path:line` of a span, as trails and notes print it.
    pub fn place(&self, span: Span) -> String {
        format!("{}:{}", self.get(span.file).path, self.position(span).line)
    }

    /// The text under a span; empty where the span does not fit its text.
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.file).text.get(span.range()).unwrap_or("")
    }

    /// The first line of a span.
    pub fn first_line(&self, span: Span) -> Span {
        Span { end: span.start + self.slice(span).lines().next().unwrap_or("").len() as u32, ..span }
    }
}

impl<'a> codespan_reporting::files::Files<'a> for Sources {
    type FileId = FileId;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: FileId) -> Result<&'a str, codespan_reporting::files::Error> {
        self.files.get(id.0 as usize).map(|file| &*file.path).ok_or(codespan_reporting::files::Error::FileMissing)
    }

    fn source(&'a self, id: FileId) -> Result<&'a str, codespan_reporting::files::Error> {
        self.files.get(id.0 as usize).map(|file| &*file.text).ok_or(codespan_reporting::files::Error::FileMissing)
    }

    fn line_index(&'a self, id: FileId, offset: usize) -> Result<usize, codespan_reporting::files::Error> {
        let file = self.files.get(id.0 as usize).ok_or(codespan_reporting::files::Error::FileMissing)?;
        Ok(file.line_index(offset))
    }

    fn line_range(&'a self, id: FileId, line: usize) -> Result<std::ops::Range<usize>, codespan_reporting::files::Error> {
        let file = self.files.get(id.0 as usize).ok_or(codespan_reporting::files::Error::FileMissing)?;
        let max = file.line_starts.len() - 1;
        let too_large = codespan_reporting::files::Error::LineTooLarge { given: line, max };
        let start = *file.line_starts.get(line).ok_or(too_large)? as usize;
        let end = file.line_starts.get(line + 1).map_or(file.text.len(), |&at| at as usize);
        Ok(start..end)
    }
}

/// Something that could not be read or understood; the run goes on without it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// Path as it is shown to the user.
    pub path: String,
    /// Line and column from 1, where the place is known.
    pub at: Option<(usize, usize)>,
    /// What is wrong, in lower case without a full stop.
    pub message: String,
}

impl Problem {
    /// A problem of a whole file.
    pub fn of_file(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), at: None, message: message.into() }
    }

    /// A problem at a place in a text that was read.
    pub fn at(file: &SourceFile, offset: usize, message: impl Into<String>) -> Self {
        let position = file.position(u32::try_from(offset).unwrap_or(u32::MAX));
        Self { path: file.path.to_string(), at: Some((position.line, position.column)), message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some((line, column)) => write!(out, "{}:{line}:{column}: {}", self.path, self.message),
            None => write!(out, "{}: {}", self.path, self.message),
        }
    }
}

/// Why a file gave no text.
#[derive(Debug)]
pub enum LoadError {
    /// The system refused, with its own words.
    Io(std::io::Error),
    /// Larger than `limit` bytes.
    TooLarge {
        /// The limit that holds, in bytes.
        limit: u64,
    },
    /// Not UTF-8 and not UTF-16 with a byte order mark; the offset of the first bad byte.
    NotText {
        /// Bytes that were good before it.
        offset: usize,
    },
    /// A byte order mark of UTF-16, but half of a pair of surrogates behind it; the offset of its first byte.
    NotUtf16 {
        /// Bytes that were good before it.
        offset: usize,
    },
    /// A directory, socket, pipe or device.
    NotAFile,
}

impl fmt::Display for LoadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(why) => write!(out, "cannot be read: {why}"),
            Self::TooLarge { limit } => write!(out, "larger than {} MB, not read", limit / 1_000_000),
            Self::NotText { offset } => write!(out, "not UTF-8 text (byte {offset})"),
            Self::NotUtf16 { offset } => write!(out, "not UTF-16 text (byte {offset})"),
            Self::NotAFile => write!(out, "not a regular file"),
        }
    }
}

impl std::error::Error for LoadError {}

/// Largest file that is read, in bytes. Sources above it are data in disguise.
pub const MAX_FILE_BYTES: u64 = 20_000_000;

/// Reads one named file whole: settings, users' catalog entries, and what `discover` walks.
///
/// # Errors
/// When the system refuses, the file is no regular file or too large.
pub fn load_bytes(path: &Path) -> Result<Vec<u8>, LoadError> {
    let meta = std::fs::metadata(path).map_err(LoadError::Io)?;
    if !meta.is_file() {
        return Err(LoadError::NotAFile);
    }
    if meta.len() > MAX_FILE_BYTES {
        return Err(LoadError::TooLarge { limit: MAX_FILE_BYTES });
    }
    std::fs::read(path).map_err(LoadError::Io)
}

/// Reads one named file as text; see [`load_bytes`] and [`decode`].
///
/// # Errors
/// As the two.
pub fn load(path: &Path) -> Result<String, LoadError> {
    decode(load_bytes(path)?)
}

/// Bytes as text: UTF-8 (a byte order mark is kept as the reader's first character), or UTF-16 with a byte order mark.
///
/// # Errors
/// [`LoadError::NotText`] and [`LoadError::NotUtf16`] with the offset of the first bad byte.
pub fn decode(bytes: Vec<u8>) -> Result<String, LoadError> {
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = rest.as_chunks::<2>().0.iter().map(|pair| unit(*pair));
        let mut text = String::with_capacity(rest.len() / 2);
        let mut offset = 2;
        for character in char::decode_utf16(units) {
            let character = character.map_err(|_| LoadError::NotUtf16 { offset })?;
            offset += 2 * character.len_utf16();
            text.push(character);
        }
        Ok(text)
    };
    match bytes.as_slice() {
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
        _ => String::from_utf8(bytes).map_err(|why| LoadError::NotText { offset: why.utf8_error().valid_up_to() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_from_one() {
        let mut sources = Sources::default();
        let id = sources.add("a.py", "é = 1\nx = 2\n");
        let file = sources.get(id);
        assert_eq!(file.position(0), Position { line: 1, column: 1 });
        assert_eq!(file.position(3), Position { line: 1, column: 3 });
        assert_eq!(file.position(7), Position { line: 2, column: 1 });
        assert_eq!(file.line(2), "x = 2");
        assert_eq!(file.position(999).line, 3);
    }

    #[test]
    fn utf16_is_decoded_and_garbage_is_located() {
        assert_eq!(decode(vec![0xFF, 0xFE, b'a', 0]).ok().as_deref(), Some("a"));
        assert!(matches!(decode(vec![b'a', 0xFF]), Err(LoadError::NotText { offset: 1 })));
        assert!(matches!(decode(vec![0xFE, 0xFF, 0, b'a', 0xD8, 0x3D, 0xDE, 0, 0xD8, 0]), Err(LoadError::NotUtf16 { offset: 8 })));
    }
}
