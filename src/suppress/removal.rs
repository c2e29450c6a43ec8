//! Edits that take away what a comment says to no effect: one rule of its list, or the comment.

use std::ops::Range;

use crate::discover::{Kind, classify};
use crate::finding::{Edit, Fix, Safety};
use crate::text::{SourceFile, Span};

/// The fix that removes one `rule` (its place) from the directive at `directive`, inside the comment at `comment`.
pub(super) fn of(file: &SourceFile, rule: Span, directive: Span, comment: &Range<usize>, opener: &str) -> Option<Fix> {
    let text = &file.text;
    let list = text.get(directive.range())?.find('[').map(|at| directive.start as usize + at + 1..directive.end as usize - 1)?;
    let others = text.get(list.clone())?.split(',').filter(|name| !name.trim().is_empty()).count() > 1;
    let (range, title) = if others {
        (from_list(text, rule.range(), list)?, format!("remove `{}` from the ignore comment", text.get(rule.range())?))
    } else {
        (whole(text, directive.range(), comment, opener)?, "remove the ignore comment".to_string())
    };
    // Only where strings are followed is a comment sure to be one.
    let safety = if matches!(classify(&file.path), Some(Kind::Python | Kind::Rust)) { Safety::Safe } else { Safety::Unsafe };
    let span = Span::new(file.id, range.start, range.end);
    Some(Fix { title, safety, edits: vec![Edit { span, replacement: String::new() }] })
}

/// The rule with one of the commas beside it.
fn from_list(text: &str, rule: Range<usize>, list: Range<usize>) -> Option<Range<usize>> {
    let after = text.get(rule.end..list.end)?;
    if let Some(comma) = after.find(',') {
        let next = after.get(comma + 1..)?;
        return Some(rule.start..rule.end + comma + 1 + (next.len() - next.trim_start().len()));
    }
    let before = text.get(list.start..rule.start)?;
    Some(list.start + before.rfind(',')?..rule.end)
}

/// The directive with its opener and its reason, up to the next comment on the line; the whole line where it fills it.
fn whole(text: &str, directive: Range<usize>, comment: &Range<usize>, opener: &str) -> Option<Range<usize>> {
    let start = comment.start + text.get(comment.start..directive.start)?.rfind(opener)?;
    let rest = text.get(directive.end..comment.end)?;
    if let Some(other) = rest.find(opener) {
        return Some(start..directive.end + other);
    }
    let end = directive.end + rest.trim_end_matches('\r').len();
    let line = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    let before = text.get(line..start)?;
    if !before.trim().is_empty() {
        return Some(line + before.trim_end().len()..end);
    }
    let after = text.get(end..)?;
    let line_end = if after.starts_with("\r\n") { 2 } else { usize::from(after.starts_with('\n')) };
    Some(line..end + line_end)
}
