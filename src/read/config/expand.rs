//! Variables that a file sets by literals, and the words that name them: `$N`, `${N:-500}`, `$(N)` of make, `{{n}}` of just.

use std::cell::Cell;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::facts::Name;

/// Whose rules a command follows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Dialect {
    /// POSIX shell and bash.
    Shell,
    /// A recipe of make: `$(N)`, and `$$N` for the shell's own.
    Make,
    /// A Kubernetes manifest: `$(N)` and nothing else.
    Manifest,
    /// A recipe of just: `{{n}}` before the shell's own.
    Just,
}

/// What a variable holds.
#[derive(Clone, Debug)]
pub(super) enum Held {
    /// A text.
    One(Name),
    /// The words of an array: all of them at once.
    All(Vec<Name>),
    /// The values of a loop variable: one after the other.
    Each(Vec<Name>),
}

/// Bytes that variables may add to one file's text; what they hold is unknown after that. A few lines, each of which names the last one's
/// variable ten times, would stand for more text than any memory holds.
const MAX_FILLED: usize = 1 << 20;

/// How much the variables of one file may still add to its text.
#[derive(Clone, Debug)]
pub(super) struct Room(Rc<Cell<usize>>);

impl Default for Room {
    fn default() -> Self {
        Self(Rc::new(Cell::new(MAX_FILLED)))
    }
}

/// Variables that are known, innermost first.
#[derive(Debug, Default)]
pub(super) struct Variables<'o> {
    known: FxHashMap<Name, Held>,
    outer: Option<&'o Variables<'o>>,
    room: Room,
}

impl<'o> Variables<'o> {
    /// No variables, in a file with so much room.
    pub(super) fn new(room: &Room) -> Self {
        Self { room: room.clone(), ..Self::default() }
    }

    /// Variables that see those of `outer` and do not change them.
    pub(super) fn inside(outer: &'o Variables<'o>) -> Self {
        Self { known: FxHashMap::default(), outer: Some(outer), room: outer.room.clone() }
    }

    pub(super) fn set(&mut self, name: &str, held: Held) {
        self.known.insert(name.into(), held);
    }

    /// Sets a text, or forgets the variable where the text is not known.
    pub(super) fn set_text(&mut self, name: &str, text: Option<&str>) {
        match text {
            Some(text) => self.set(name, Held::One(text.into())),
            None => {
                self.known.remove(name);
            }
        }
    }

    /// What a variable holds, to be written out; `None` where it is not known, or there is no room for it.
    pub(super) fn written(&self, name: &str) -> Option<&Held> {
        let held = self.held(name)?;
        let size = match held {
            Held::One(text) => text.len() + 1,
            Held::All(texts) | Held::Each(texts) => texts.iter().map(|text| text.len() + 1).sum(),
        };
        self.room.0.set(self.room.0.get().checked_sub(size)?);
        Some(held)
    }

    /// What a variable holds, where that is known.
    pub(super) fn held(&self, name: &str) -> Option<&Held> {
        self.known.get(name).or_else(|| self.outer.and_then(|outer| outer.held(name)))
    }
}

/// What stands for a variable in a word.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Expansion {
    /// One text; `None` where it is not known and stays as written.
    Text(Option<String>),
    /// Several words.
    Words(Vec<String>),
    /// One of several texts: the loop's turn decides.
    Turn(Vec<String>),
}

/// A variable in a text, or a command inside of it.
#[derive(Debug)]
pub(super) struct Met {
    /// Bytes that it takes.
    pub(super) length: usize,
    pub(super) expansion: Expansion,
    /// Bytes, from the start of the variable, of a command whose output is meant.
    pub(super) command: Option<(usize, usize)>,
}

/// Deepest nesting of defaults inside defaults.
const MAX_DEPTH: usize = 4;

/// Reads the variable at the start of `text`, which starts with `$`, a back quote or `{{`; `None` where none starts there.
pub(super) fn variable(text: &str, dialect: Dialect, variables: &mut Variables<'_>) -> Option<Met> {
    variable_at_depth(text, dialect, variables, 0)
}

fn variable_at_depth(text: &str, dialect: Dialect, variables: &mut Variables<'_>, depth: usize) -> Option<Met> {
    let unknown = |length| Some(Met { length, expansion: Expansion::Text(None), command: None });
    if dialect == Dialect::Just && text.starts_with("{{") {
        // Close by, or not at all: brackets that never close must not be searched for again and again.
        let end = text.as_bytes().windows(2).take(200).position(|pair| pair == b"}}")?;
        let expansion = look_up(text.get(2..end)?.trim(), variables);
        return Some(Met { length: end + 2, expansion, command: None });
    }
    if let Some(rest) = text.strip_prefix('`') {
        let end = rest.find('`').unwrap_or(rest.len());
        return Some(Met { length: (end + 2).min(text.len()), expansion: Expansion::Text(None), command: Some((1, 1 + end)) });
    }
    let rest = text.strip_prefix('$')?;
    if dialect == Dialect::Make && rest.starts_with('$') {
        let mut met = variable_at_depth(rest, Dialect::Shell, variables, depth)?;
        met.length += 1;
        met.command = met.command.map(|(start, end)| (start + 1, end + 1));
        return Some(met);
    }
    if dialect == Dialect::Manifest && !rest.starts_with('(') {
        return None;
    }
    if rest.starts_with("{{") {
        // A pipeline's own expression, which the pipeline fills in.
        return unknown(1 + rest.find("}}").map_or(rest.len(), |end| end + 2));
    }
    if rest.starts_with("((") {
        return unknown(1 + balanced(rest, '(', ')'));
    }
    if rest.starts_with('(') {
        let length = 1 + balanced(rest, '(', ')');
        let inner = text.get(2..length.saturating_sub(1)).unwrap_or_default();
        if matches!(dialect, Dialect::Make | Dialect::Manifest) {
            return Some(Met { length, expansion: look_up(inner.trim(), variables), command: None });
        }
        return Some(Met { length, expansion: Expansion::Text(None), command: Some((2, 2 + inner.len())) });
    }
    if rest.starts_with('{') {
        let length = 1 + balanced(rest, '{', '}');
        let inner = text.get(2..length.saturating_sub(1)).unwrap_or_default();
        return Some(Met { length, expansion: braced(inner, dialect, variables, depth), command: None });
    }
    let end = rest.find(|c: char| !(c == '_' || c.is_ascii_alphanumeric())).unwrap_or(rest.len());
    let name = rest.get(..end).unwrap_or_default();
    match name.chars().next() {
        // `$<`, `$^`, `$+`, `$|`, `$%` are make's own.
        None => {
            let of_make = |c: &char| dialect == Dialect::Make && matches!(c, '<' | '^' | '+' | '|' | '%');
            rest.chars().next().filter(|c| matches!(c, '@' | '*' | '#' | '?' | '!' | '-' | '$') || of_make(c)).and_then(|_| unknown(2))
        }
        Some(digit) if digit.is_ascii_digit() => unknown(2),
        Some(_) => Some(Met { length: 1 + end, expansion: look_up(name, variables), command: None }),
    }
}

/// What stands between `${` and `}`.
fn braced(inner: &str, dialect: Dialect, variables: &mut Variables<'_>, depth: usize) -> Expansion {
    let end = inner.find(|c: char| !(c == '_' || c.is_ascii_alphanumeric())).unwrap_or(inner.len());
    let (name, operation) = inner.split_at(end);
    if matches!(operation, "" | "[@]" | "[*]") || operation.starts_with([':', '?']) && operation.trim_start_matches(':').starts_with('?') {
        return look_up(name, variables);
    }
    let sets = operation.starts_with(":=") || operation.starts_with('=');
    let default = operation.strip_prefix(":-").or_else(|| operation.strip_prefix(":=")).or_else(|| operation.strip_prefix(['-', '=']));
    let Some(default) = default else { return Expansion::Text(None) };
    match look_up(name, variables) {
        Expansion::Text(None) if depth < MAX_DEPTH => {
            let text = expand_at_depth(default.trim_matches(['"', '\'']), dialect, variables, depth + 1);
            if sets {
                variables.set_text(name, text.as_deref());
            }
            Expansion::Text(text)
        }
        known => known,
    }
}

fn look_up(name: &str, variables: &Variables<'_>) -> Expansion {
    let texts = |names: &[Name]| names.iter().map(|name| name.to_string()).collect();
    match variables.written(name) {
        None => Expansion::Text(None),
        Some(Held::One(text)) => Expansion::Text(Some(text.to_string())),
        Some(Held::All(words)) => Expansion::Words(texts(words)),
        Some(Held::Each(turns)) => Expansion::Turn(texts(turns)),
    }
}

/// A text with its variables filled in; `None` where one is not known.
pub(super) fn expand(text: &str, dialect: Dialect, variables: &mut Variables<'_>) -> Option<String> {
    expand_at_depth(text, dialect, variables, 0)
}

fn expand_at_depth(text: &str, dialect: Dialect, variables: &mut Variables<'_>, depth: usize) -> Option<String> {
    let mut out = String::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..)
        && let Some(next) = rest.chars().next()
    {
        if matches!(next, '$' | '`' | '{')
            && let Some(met) = variable_at_depth(rest, dialect, variables, depth)
        {
            match met.expansion {
                Expansion::Text(Some(text)) => out.push_str(&text),
                Expansion::Words(words) => out.push_str(&words.join(" ")),
                _ => return None,
            }
            at += met.length;
            continue;
        }
        out.push(next);
        at += next.len_utf8();
    }
    Some(out)
}

/// Length of the bracket that opens `text`, with what it holds; all of the text where it never closes, so that no text is read twice.
fn balanced(text: &str, open: char, close: char) -> usize {
    let (mut depth, mut escaped, mut quote) = (0usize, false, None);
    for (at, letter) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if letter == '\\' {
            escaped = true;
        } else if let Some(end) = quote {
            quote = quote.filter(|_| letter != end);
        } else if matches!(letter, '\'' | '"') {
            quote = Some(letter);
        } else if letter == open {
            depth += 1;
        } else if letter == close {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return at + letter.len_utf8();
            }
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str, dialect: Dialect) -> Option<String> {
        let mut variables = Variables::default();
        variables.set_text("N", Some("500"));
        expand(text, dialect, &mut variables)
    }

    #[test]
    fn variables_are_filled_in_and_unknown_ones_are_not_guessed() {
        assert_eq!(filled("-c=$N ${N} ${M:-7} ${M:-$N} ${M:=3} $M", Dialect::Shell).as_deref(), Some("-c=500 500 7 500 3 3"));
        assert_eq!(filled("$(N) ${N} $$N", Dialect::Make).as_deref(), Some("500 500 500"));
        assert_eq!(filled("{{ N }} $N", Dialect::Just).as_deref(), Some("500 500"));
        for text in ["$M", "${M}", "$(date)", "${N%0}", "$1", "${{ inputs.n }}", "$((N+1))"] {
            assert_eq!(filled(text, Dialect::Shell), None, "{text}");
        }
        assert_eq!(filled("a $ b", Dialect::Shell).as_deref(), Some("a $ b"));
    }

    #[test]
    fn what_variables_stand_for_is_bounded() {
        let mut variables = Variables::default();
        variables.set_text("A", Some("x"));
        let mut lengths = Vec::new();
        for _ in 0..12 {
            let text = expand(&"$A".repeat(10), Dialect::Shell, &mut variables);
            lengths.push(text.as_ref().map(String::len));
            variables.set_text("A", text.as_deref());
        }
        assert_eq!(lengths.iter().flatten().max(), Some(&100_000), "{lengths:?}");
        assert_eq!(lengths.last(), Some(&None));
    }

    #[test]
    fn nested_and_unclosed_brackets_end() {
        assert_eq!(filled(&"${M:-".repeat(50_000), Dialect::Shell), None);
        assert_eq!(filled(&"$(".repeat(50_000), Dialect::Shell), None);
    }
}
