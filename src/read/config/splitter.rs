//! The splitter: shell text to commands of words, with quotes, continuations, redirections, here documents and variables resolved.
//!
//! `shlex` splits words but gives no places and knows no operators, so this is our own.

use super::expand::{Dialect, Expansion, Held, Variables, variable};
use crate::facts::Name;

/// Most words of an array, and bytes of a text, that `+=` builds up.
const MAX_LIST: usize = 1_000;
const MAX_TEXT: usize = 10_000;
/// Most turns of a loop that are told apart.
pub(super) const MAX_TURNS: usize = 8;
/// A word with its bytes in the excerpt.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether part of it is a variable that is not known.
    pub(super) unknown: bool,
    /// Whether it was written without quotes, so that it may be a word of the grammar.
    bare: bool,
}

/// One command as it was met.
#[derive(Default, Debug)]
pub(super) struct Built {
    pub(super) words: Vec<Token>,
    /// Where the first `NAME=value` before the words starts.
    pub(super) start: Option<usize>,
    /// `NAME=value` before the words.
    pub(super) prefix: Vec<(Name, Token)>,
    /// The same for a line without words; `None` for a value that is not known.
    pub(super) sets: Vec<(Name, Option<Held>)>,
}

pub(super) struct Shell<'e> {
    pub(super) text: &'e str,
    dialect: Dialect,
    pub(super) at: usize,
    /// The turn of a loop that is read, and how many there are.
    pub(super) turn: usize,
    pub(super) turns: usize,
    /// Commands inside of words.
    pub(super) inner: Vec<(usize, usize)>,
    pub(super) heredocs: Vec<String>,
}

impl<'e> Shell<'e> {
    pub(super) fn new(text: &'e str, dialect: Dialect) -> Self {
        Shell { text, dialect, at: 0, turn: 0, turns: 1, inner: Vec::new(), heredocs: Vec::new() }
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn ended_line(&self) -> bool {
        self.text.get(..self.at).is_some_and(|read| read.ends_with('\n'))
    }

    /// Reads to the end of one command, the separator included.
    pub(super) fn command(&mut self, variables: &mut Variables<'_>) -> Built {
        let mut built = Built::default();
        while let Some(next) = self.peek() {
            match next {
                ' ' | '\t' | '\r' => self.at += 1,
                '\\' if self.rest().starts_with("\\\n") => self.at += 2,
                '\\' if self.rest().starts_with("\\\r\n") => self.at += 3,
                '#' => self.at += self.rest().find('\n').unwrap_or(self.rest().len()),
                '&' if self.rest().starts_with("&>") => self.redirection(variables),
                '\n' | ';' | '&' | '|' => {
                    self.at += 1;
                    break;
                }
                '(' => {
                    self.at += 1;
                    // `name() {`: no command but a name.
                    if built.words.len() == 1 && self.rest().trim_start().starts_with(')') {
                        built.words.clear();
                    }
                    break;
                }
                ')' => {
                    self.at += 1;
                    // A pattern of `case`.
                    if built.words.len() == 1 && built.words.iter().all(|word| !word.text.contains('/')) {
                        built.words.clear();
                    }
                    break;
                }
                '<' | '>' => self.redirection(variables),
                _ => self.word_or_assignment(&mut built, variables),
            }
        }
        built
    }

    fn word_or_assignment(&mut self, built: &mut Built, variables: &mut Variables<'_>) {
        if built.words.is_empty()
            && let Some((name, length)) = assignment(self.rest())
        {
            let (name, appends): (Name, bool) = (name.into(), length > name.len() + 1);
            built.start.get_or_insert(self.at);
            self.at += length;
            return self.assign(name, appends, built, variables);
        }
        let tokens = self.word(variables, false);
        if tokens.iter().any(|token| token.bare && token.text.bytes().all(|byte| byte.is_ascii_digit()))
            && self.rest().starts_with(['<', '>'])
        {
            return self.redirection(variables);
        }
        for token in tokens {
            let word = if token.bare { token.text.as_str() } else { "" };
            match word {
                "if" | "then" | "else" | "elif" | "do" | "while" | "until" | "!" | "{" | "fi" | "esac" | "}" | "done"
                    if built.words.is_empty() => {}
                "for" | "select" if built.words.is_empty() => return self.loop_header(variables),
                "case" if built.words.is_empty() => return self.case_header(variables),
                "function" if built.words.is_empty() => {
                    self.blanks();
                    self.word(variables, false);
                }
                _ => built.words.push(token),
            }
        }
    }

    fn assign(&mut self, name: Name, appends: bool, built: &mut Built, variables: &mut Variables<'_>) {
        let before = if appends { variables.written(&name).cloned() } else { None };
        // What there is no room for must not be taken for nothing.
        let lost = appends && before.is_none() && variables.held(&name).is_some();
        if self.peek() == Some('(') {
            self.at += 1;
            let words = self.list_until(')', variables);
            let known = !lost && words.iter().all(|token| !token.unknown);
            let more = words.into_iter().map(|token| token.text.into());
            let held = match before {
                Some(Held::All(before)) => before.into_iter().chain(more).take(MAX_LIST).collect(),
                _ => more.collect(),
            };
            built.sets.push((name, known.then_some(Held::All(held))));
            return;
        }
        let start = self.at;
        let value = self.word_unless_end(variables);
        let mut token = value.unwrap_or(Token { text: String::new(), start, end: start, unknown: false, bare: true });
        token.unknown |= lost;
        if let Some(Held::One(before)) = before {
            token.text.insert_str(0, before.get(..before.len().min(MAX_TEXT)).unwrap_or_default());
        }
        built.sets.push((name.clone(), (!token.unknown).then(|| Held::One(token.text.as_str().into()))));
        built.prefix.push((name, token));
    }

    /// The value of an assignment, which may be empty.
    fn word_unless_end(&mut self, variables: &mut Variables<'_>) -> Option<Token> {
        let ends = |next: char| next.is_whitespace() || matches!(next, ';' | '&' | '|' | ')' | '(' | '<' | '>');
        if self.peek().is_none_or(ends) { None } else { self.word(variables, true).into_iter().next() }
    }

    /// `for NAME in words`: the header sets the variable and is no command.
    fn loop_header(&mut self, variables: &mut Variables<'_>) {
        self.blanks();
        let name = self.word(variables, false).into_iter().next();
        self.blanks();
        if !(self.rest().starts_with("in") && self.rest().get(2..).is_some_and(|rest| rest.starts_with([' ', '\t', '\\']))) {
            return;
        }
        self.at += 2;
        let words = self.list_until('\n', variables);
        let Some(name) = name else { return };
        let known = !words.is_empty() && words.iter().all(|token| !token.unknown && !token.text.contains(['*', '?', '{']));
        if known {
            variables.set(&name.text, Held::Each(words.into_iter().take(MAX_TURNS).map(|token| token.text.into()).collect()));
        } else {
            variables.set_text(&name.text, None);
        }
    }

    fn case_header(&mut self, variables: &mut Variables<'_>) {
        self.blanks();
        self.word(variables, false);
        self.blanks();
        if self.rest().starts_with("in") {
            self.at += 2;
        }
    }

    /// Words up to a closing letter, which is taken; a `;` or line end closes a list without brackets.
    pub(super) fn list_until(&mut self, close: char, variables: &mut Variables<'_>) -> Vec<Token> {
        let mut words = Vec::new();
        while let Some(next) = self.peek() {
            match next {
                '\\' if self.rest().starts_with("\\\n") => self.at += 2,
                _ if next == close || (close == '\n' && matches!(next, ';' | '&' | '|' | ')')) => {
                    self.at += 1;
                    break;
                }
                _ if next.is_whitespace() => self.at += next.len_utf8(),
                '#' => self.at += self.rest().find('\n').unwrap_or(self.rest().len()),
                ';' | '&' | '|' | '(' | ')' | '<' | '>' => self.at += 1,
                _ => words.extend(self.word(variables, false)),
            }
        }
        words
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t']).len();
    }

    /// A redirection with its target; a here document is remembered until the line ends.
    fn redirection(&mut self, variables: &mut Variables<'_>) {
        let operator = self.rest().find(|c: char| !matches!(c, '<' | '>' | '&' | '|')).unwrap_or(self.rest().len());
        let here = self.rest().starts_with("<<") && operator == 2;
        let process = self.rest().get(..operator).is_some_and(|text| text.ends_with(['<', '>']))
            && self.rest().get(operator..).is_some_and(|rest| rest.starts_with('('));
        self.at += operator;
        if process {
            // `<(command)` is an argument that is a command.
            return;
        }
        if here && self.peek() == Some('-') {
            self.at += 1;
        }
        self.blanks();
        if self.peek().is_some_and(|next| !matches!(next, '\n' | ';' | '&' | '|' | '(' | ')' | '<' | '>')) {
            let target = self.word(variables, true).into_iter().next();
            if here {
                self.heredocs.extend(target.map(|token| token.text));
            }
        }
    }

    pub(super) fn skip_heredocs(&mut self) {
        for end in std::mem::take(&mut self.heredocs) {
            while self.at < self.text.len() {
                let length = self.rest().find('\n').map_or(self.rest().len(), |at| at + 1);
                let is_end = self.rest().get(..length).is_some_and(|line| line.trim() == end);
                self.at += length;
                if is_end {
                    break;
                }
            }
        }
    }

    /// Reads one word; a variable that holds several gives several. `whole`: never split (the value of an assignment).
    fn word(&mut self, variables: &mut Variables<'_>, whole: bool) -> Vec<Token> {
        let start = self.at;
        let mut texts: Vec<String> = Vec::new();
        let (mut open, mut unknown, mut bare) = (false, false, true);
        let mut add = |texts: &mut Vec<String>, text: &str| {
            if !open {
                texts.push(String::new());
                open = true;
            }
            if let Some(last) = texts.last_mut() {
                last.push_str(text);
            }
        };
        let mut quote = None;
        while let Some(next) = self.peek() {
            let length = next.len_utf8();
            match (next, quote) {
                ('\'', Some('\'')) | ('"', Some('"')) => (self.at, quote) = (self.at + 1, None),
                (_, Some('\'')) => {
                    let end = self.rest().find('\'').unwrap_or(self.rest().len());
                    let inside = self.rest().get(..end).unwrap_or_default().to_string();
                    add(&mut texts, &inside);
                    self.at += end;
                }
                ('\'' | '"', None) => {
                    add(&mut texts, "");
                    (self.at, quote, bare) = (self.at + 1, Some(next), false);
                }
                ('\\', _) => {
                    let escaped = self.rest().chars().nth(1);
                    match escaped {
                        Some('\n') => {}
                        Some(letter) if quote.is_none() || matches!(letter, '"' | '\\' | '$' | '`') => {
                            add(&mut texts, letter.encode_utf8(&mut [0; 4]))
                        }
                        Some(letter) => add(&mut texts, &format!("\\{letter}")),
                        None => add(&mut texts, "\\"),
                    }
                    self.at += 1 + escaped.map_or(0, char::len_utf8);
                    bare = false;
                }
                ('$' | '`' | '{', _) => {
                    let Some(met) = variable(self.rest(), self.dialect, variables) else {
                        add(&mut texts, next.encode_utf8(&mut [0; 4]));
                        self.at += length;
                        continue;
                    };
                    bare = false;
                    self.inner.extend(met.command.map(|(from, to)| (self.at + from, self.at + to)));
                    let written = self.rest().get(..met.length).unwrap_or_default().to_string();
                    self.at += met.length;
                    match met.expansion {
                        Expansion::Text(None) => {
                            unknown = true;
                            add(&mut texts, &written);
                        }
                        Expansion::Turn(turns) => {
                            self.turns = self.turns.max(turns.len());
                            let text = turns.get(self.turn % turns.len().max(1)).map_or("", String::as_str);
                            add(&mut texts, text);
                        }
                        Expansion::Text(Some(text)) if whole || quote.is_some() => add(&mut texts, &text),
                        Expansion::Text(Some(text)) => {
                            for (index, part) in text.split_whitespace().enumerate() {
                                if index > 0 {
                                    texts.push(String::new());
                                }
                                add(&mut texts, part);
                            }
                        }
                        Expansion::Words(words) => {
                            for (index, word) in words.iter().enumerate() {
                                if index > 0 && !whole {
                                    texts.push(String::new());
                                }
                                add(&mut texts, word);
                            }
                        }
                    }
                }
                (' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' | '(' | ')' | '<' | '>', None) => break,
                _ => {
                    add(&mut texts, next.encode_utf8(&mut [0; 4]));
                    self.at += length;
                }
            }
        }
        if self.at == start {
            // A letter that no rule takes must not hold the reader up.
            self.at += self.peek().map_or(0, char::len_utf8);
        }
        let (start, end) = if bare { (start, self.at) } else { unquoted(self.text, start, self.at) };
        texts.into_iter().map(|text| Token { text, start, end, unknown, bare }).collect()
    }
}

/// A word that is one quoted text is placed without its quotes.
fn unquoted(text: &str, start: usize, end: usize) -> (usize, usize) {
    let raw = text.get(start..end).unwrap_or_default();
    for quote in ['"', '\''] {
        if let Some(inner) = raw.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote))
            && !inner.contains(quote)
        {
            return (start + 1, end - 1);
        }
    }
    (start, end)
}

/// The name of `NAME=` at the start of a text, and the length up to the value.
fn assignment(text: &str) -> Option<(&str, usize)> {
    let end = text.find(|c: char| !(c == '_' || c.is_ascii_alphanumeric()))?;
    let name = text.get(..end).filter(|name| name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic()))?;
    let rest = text.get(end..)?;
    let operator = if rest.starts_with("+=") { 2 } else { usize::from(rest.starts_with('=')) };
    (operator > 0).then_some((name, end + operator))
}
