//! One comment's text → what it asks for.

use super::comments::Comment;
use crate::text::{SourceFile, Span};

/// The word that opens every directive.
pub(super) const MARK: &str = "advisor:";

/// Where a directive holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reach {
    /// On the comment's own line and on another one; the same twice where the comment stands behind code.
    Lines(usize, usize),
    /// In the whole file.
    File,
}

/// One `ignore[…]`.
#[derive(Debug)]
pub(super) struct Directive {
    /// The named rules, each with its place.
    pub rules: Vec<(String, Span)>,
    /// From the mark to the end of the list.
    pub span: Span,
    /// Where it holds.
    pub reach: Reach,
    /// Why it cannot be understood.
    pub fault: Option<&'static str>,
}

/// All directives of a comment. Other tools' comments may stand before and behind them on the line, each with an opener of its own.
pub(super) fn parse(file: &SourceFile, comment: &Comment) -> Vec<Directive> {
    let Some(text) = file.text.get(comment.range.clone()) else { return Vec::new() };
    // `///` is documentation, not a comment.
    let opened = |at: usize| text.get(..at).map(str::trim_end).is_some_and(|it| it.ends_with(comment.opener) && !it.ends_with("///"));
    text.match_indices(MARK)
        .filter(|(at, _)| opened(*at))
        .filter_map(|(at, _)| one(file, comment, comment.range.start + at, text.get(at..)?))
        .collect()
}

/// The directive that starts at byte `start` of the file with `text`; `None` for a comment that only looks like one.
fn one(file: &SourceFile, comment: &Comment, start: usize, text: &str) -> Option<Directive> {
    let rest = text.strip_prefix(MARK)?;
    let word_at = MARK.len() + (rest.len() - rest.trim_start().len());
    let word: String = text.get(word_at..)?.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let reach = match word.as_str() {
        "ignore-file" => Reach::File,
        "ignore" => Reach::Lines(comment.line, comment.holds_for),
        other if other.starts_with("ignore-") => {
            let span = Span::new(file.id, start, start + word_at + word.len());
            let fault = Some("only `ignore[…]` and `ignore-file[…]` are known");
            return Some(Directive { rules: Vec::new(), span, reach: Reach::File, fault });
        }
        _ => return None,
    };
    let list_at = word_at + word.len();
    let list = text.get(list_at..)?;
    let faulty = |fault| {
        let span = Span::new(file.id, start, start + list_at);
        Some(Directive { rules: Vec::new(), span, reach, fault: Some(fault) })
    };
    let Some(inner) = list.strip_prefix('[') else { return faulty("name the rules: `ignore[rule] reason`") };
    let Some(close) = inner.find(']') else { return faulty("the list of rules has no `]`") };
    let mut rules = Vec::new();
    let mut at = start + list_at + 1;
    for part in inner.get(..close)?.split(',') {
        let name = part.trim();
        if !name.is_empty() {
            let from = at + (part.len() - part.trim_start().len());
            rules.push((name.to_string(), Span::new(file.id, from, from + name.len())));
        }
        at += part.len() + 1;
    }
    if rules.is_empty() {
        return faulty("name the rules: `ignore[rule] reason`");
    }
    Some(Directive { rules, span: Span::new(file.id, start, start + list_at + close + 2), reach, fault: None })
}
