//! What is given to the parser: whole lines of the file in pieces that are parsed one by one, and a bound on the work of each.

use std::borrow::Cow;
use std::ops::{ControlFlow, Range};

use tree_sitter::{ParseOptions, Parser, Point, Tree};

use super::lines::Lines;
use super::outline::outline;
use crate::text::SourceFile;

/// Ranges that are parsed together: one block, or the head of a class with some of its methods.
pub(super) type Piece = Vec<Range<usize>>;

/// Bytes that the parser gets at a time.
const CHUNK: usize = 4096;

/// How many times the parser may read a piece over, and how many bytes more: broken or hostile text could keep it busy for hours.
const MAX_PASSES: usize = 16;
const FREE_BYTES: usize = 4_000_000;

/// The regions in whole lines, joined where they touch. An indented region belongs to the one before it.
pub(super) fn pieces(text: &str, regions: &[Range<usize>]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for region in regions {
        let lines = whole_lines(text, region);
        if lines.is_empty() {
            continue;
        }
        let last = pieces.last_mut();
        match last {
            Some(piece) if piece.last().is_some_and(|before| before.end >= lines.start) => {
                if let Some(before) = piece.last_mut() {
                    before.end = before.end.max(lines.end);
                }
            }
            Some(piece) if is_indented(text, &lines) => piece.push(lines),
            _ => pieces.push(piece_of(lines)),
        }
    }
    pieces
}

/// One range by itself.
pub(super) fn piece_of(range: Range<usize>) -> Piece {
    std::iter::once(range).collect()
}

fn whole_lines(text: &str, region: &Range<usize>) -> Range<usize> {
    let bytes = text.as_bytes();
    let (start, end) = (region.start.min(bytes.len()), region.end.min(bytes.len()));
    if start >= end {
        return start..start;
    }
    let start = memchr::memrchr(b'\n', bytes.get(..start).unwrap_or_default()).map_or(0, |at| at + 1);
    let rest = bytes.get(end - 1..).unwrap_or_default();
    start..memchr::memchr(b'\n', rest).map_or(bytes.len(), |step| end + step)
}

fn is_indented(text: &str, lines: &Range<usize>) -> bool {
    let first = text.get(lines.clone()).and_then(|text| Lines::of(text).find(|line| !line.is_comment));
    first.is_some_and(|line| line.indent > 0)
}

/// A piece cut into its blocks, so that an error in one of them does not reach the others; `None` where it is one block.
pub(super) fn split(text: &str, piece: &Piece) -> Option<Vec<Piece>> {
    let mut pieces: Vec<Piece> = Vec::new();
    for range in piece {
        if !pieces.is_empty() && is_indented(text, range) {
            pieces.last_mut()?.push(range.clone());
            continue;
        }
        let blocks = outline(text.get(range.clone())?);
        let moved = |at: Range<usize>| range.start + at.start..range.start + at.end;
        pieces.extend(blocks.into_iter().map(|block| piece_of(moved(block.range))));
    }
    (pieces.len() > 1).then_some(pieces)
}

/// The text with blanks for lines that are nothing but a comment, byte for byte. The parser's scanner looks through all comments that follow
/// at each of them, so that a thousand in a row would cost a million; and a block ends with its last statement, whatever is said after it.
pub(super) fn without_comments(text: &str) -> Cow<'_, str> {
    let mut copy = String::new();
    let mut at = 0;
    for line in Lines::of(text).filter(|line| line.is_comment) {
        let comment = text.get(line.first..line.end).unwrap_or("");
        copy.reserve(text.len() - copy.len());
        copy.push_str(text.get(at..line.first).unwrap_or(""));
        copy.extend(std::iter::repeat_n(' ', comment.trim_end_matches(['\r', '\n']).len()));
        at = line.first + comment.trim_end_matches(['\r', '\n']).len();
    }
    if at == 0 {
        return Cow::Borrowed(text);
    }
    copy.push_str(text.get(at..).unwrap_or(""));
    Cow::Owned(copy)
}

/// Parses one piece of `text`, which is the text of `file` with comments blanked. `None` where the work exceeds its bound.
pub(super) fn parse(parser: &mut Parser, file: &SourceFile, text: &str, piece: &Piece) -> Option<Tree> {
    let point = |at: usize| Point { row: file.position(u32::try_from(at).unwrap_or(u32::MAX)).line - 1, column: 0 };
    let ranges: Vec<_> = piece
        .iter()
        .map(|range| tree_sitter::Range {
            start_byte: range.start,
            end_byte: range.end,
            start_point: point(range.start),
            end_point: point(range.end),
        })
        .collect();
    parser.set_included_ranges(&ranges).ok()?;
    let length: usize = piece.iter().map(Range::len).sum();
    let left = std::cell::Cell::new(length.saturating_mul(MAX_PASSES).saturating_add(FREE_BYTES));
    let mut give = |at: usize, _: Point| {
        let chunk = text.as_bytes().get(at..).unwrap_or_default();
        let chunk = chunk.get(..CHUNK).unwrap_or(chunk);
        left.set(left.get().saturating_sub(CHUNK));
        if left.get() == 0 { &[][..] } else { chunk }
    };
    let mut watch = |_: &tree_sitter::ParseState| if left.get() == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let tree = parser.parse_with_options(&mut give, None, Some(ParseOptions::new().progress_callback(&mut watch)));
    if left.get() == 0 {
        parser.reset();
        return None;
    }
    tree
}
