//! Shell text to commands: words with their places, quotes and continuations resolved, variables of literals filled in.
//!
//! It knows lines, not control flow: bodies of loops and functions are read once, in order; a command that names a loop's
//! variable is given once for each of the loop's literals.

use rustc_hash::FxHashSet;

use super::excerpt::Excerpt;
use super::expand::{Dialect, Room, Variables};
use super::splitter::{Built, MAX_TURNS, Shell, Token};
use crate::facts::Name;
use crate::facts::config::{CommandLine, Word};
use crate::text::{FileId, Span};

/// Most commands that one file gives.
const MAX_COMMANDS: usize = 10_000;
/// Most exported variables that are handed on.
const MAX_EXPORTS: usize = 100;
/// Deepest command inside a command: `$(…)`, `sh -c '…'`.
const MAX_DEPTH: usize = 3;

/// Where commands go, and what holds for all of them.
#[derive(Debug)]
pub(super) struct Commands<'f> {
    pub(super) file: FileId,
    /// Text of the file.
    pub(super) text: &'f str,
    pub(super) out: Vec<CommandLine>,
    /// Environment that every following command gets.
    pub(super) environment: Vec<(Name, Word)>,
    /// What the file's variables may still add to its text.
    pub(super) room: Room,
}

impl<'f> Commands<'f> {
    pub(super) fn new(file: FileId, text: &'f str) -> Self {
        Self { file, text, out: Vec::new(), environment: Vec::new(), room: Room::default() }
    }

    /// Reads a text of shell.
    pub(super) fn read(&mut self, excerpt: &Excerpt<'_>, dialect: Dialect, variables: &mut Variables<'_>) {
        self.read_at_depth(excerpt, dialect, variables, 0);
    }

    fn read_at_depth(&mut self, excerpt: &Excerpt<'_>, dialect: Dialect, variables: &mut Variables<'_>, depth: usize) {
        let mut shell = Shell::new(&excerpt.text, dialect);
        while shell.at < shell.text.len() && self.out.len() < MAX_COMMANDS {
            let start = shell.at;
            (shell.turn, shell.turns) = (0, 1);
            let command = shell.command(variables);
            let (end, heredocs) = (shell.at, shell.heredocs.len());
            let inner = std::mem::take(&mut shell.inner);
            let first = self.out.len();
            self.keep(&command, excerpt, variables);
            for turn in 1..shell.turns.min(MAX_TURNS) {
                (shell.at, shell.turn) = (start, turn);
                let again = shell.command(variables);
                shell.heredocs.truncate(heredocs);
                self.keep(&again, excerpt, variables);
            }
            shell.at = end;
            shell.inner.clear();
            if shell.ended_line() {
                shell.skip_heredocs();
            }
            if depth >= MAX_DEPTH {
                continue;
            }
            for (from, to) in inner {
                let place = excerpt.place(from, to);
                // A command that cannot be located exactly is left out, not read as more than it is.
                if place.1 - place.0 == to - from {
                    self.read_at_depth(&Excerpt::exact(self.text, place.0, place.1), Dialect::Shell, variables, depth + 1);
                }
            }
            for at in first..self.out.len() {
                self.read_argument_of_shell(at, variables, depth);
            }
        }
    }

    /// `sh -c "…"`: the argument holds commands, which see the environment of the command that starts the shell.
    fn read_argument_of_shell(&mut self, at: usize, variables: &Variables<'_>, depth: usize) {
        let Some(outer) = self.out.get(at) else { return };
        let Some(script) = script_argument(&outer.words) else { return };
        let (environment, replicas) = (outer.environment.clone(), outer.replicas);
        let mut variables = Variables::inside(variables);
        for (name, word) in &environment {
            variables.set_text(name, Some(&word.text));
        }
        let before = std::mem::replace(&mut self.environment, environment);
        let (first, span) = (self.out.len(), script.span.range());
        let excerpt = Excerpt::decoded(&script.text, self.text, span.start, span.end);
        self.read_at_depth(&excerpt, Dialect::Shell, &mut variables, depth + 1);
        self.environment = before;
        for command in self.out.iter_mut().skip(first) {
            command.replicas = replicas;
        }
    }

    /// Takes a command whose words are given by the file's own list syntax.
    pub(super) fn push(&mut self, words: Vec<Word>, span: Span, environment: &[(Name, Word)], replicas: Option<(f64, Span)>) {
        if (words.is_empty() && environment.is_empty()) || self.out.len() >= MAX_COMMANDS {
            return;
        }
        self.out.push(CommandLine { span, words, environment: environment.to_vec(), replicas });
        self.read_argument_of_shell(self.out.len() - 1, &Variables::new(&self.room), 1);
    }

    /// The `NAME=value` words of a text that holds nothing else.
    pub(super) fn assignments(&self, excerpt: &Excerpt<'_>, variables: &mut Variables<'_>) -> Vec<(Name, Word)> {
        let built = Shell::new(&excerpt.text, Dialect::Shell).command(variables);
        let place = |token: &Token| excerpt.place(token.start, token.end);
        let word = |token: &Token| Word { text: token.text.as_str().into(), span: Span::new(self.file, place(token).0, place(token).1) };
        built.prefix.iter().map(|(name, token)| (name.clone(), word(token))).collect()
    }

    /// The words of a text that is split as a shell does but runs without one; separators are words to it, and are left out.
    pub(super) fn words(&self, excerpt: &Excerpt<'_>, variables: &mut Variables<'_>) -> Vec<Word> {
        let mut shell = Shell::new(&excerpt.text, Dialect::Shell);
        let mut words = Vec::new();
        for token in shell.list_until('\0', variables) {
            let (start, end) = excerpt.place(token.start, token.end);
            words.push(Word { text: token.text.into(), span: Span::new(self.file, start, end) });
        }
        words
    }

    fn keep(&mut self, command: &Built, excerpt: &Excerpt<'_>, variables: &mut Variables<'_>) {
        let word = |token: &Token| {
            let (start, end) = excerpt.place(token.start, token.end);
            Word { text: token.text.as_str().into(), span: Span::new(self.file, start, end) }
        };
        let declares =
            command.words.first().is_some_and(|word| matches!(&*word.text, "export" | "local" | "readonly" | "declare" | "typeset"));
        if declares {
            let exports = command.words.first().is_some_and(|word| word.text == "export");
            for token in command.words.iter().skip(1) {
                let Some((name, text)) = token.text.split_once('=') else { continue };
                variables.set_text(name, (!token.unknown).then_some(text));
                if exports && self.environment.len() < MAX_EXPORTS {
                    let mut word = word(token);
                    let raw = self.text.get(word.span.range()).unwrap_or_default();
                    if let Some(at) = raw.rfind(text) {
                        let start = word.span.start as usize + at;
                        word.span = Span::new(self.file, start, start + text.len());
                    }
                    word.text = text.into();
                    self.environment.push((name.into(), word));
                }
            }
            return;
        }
        if command.words.is_empty() {
            for (name, held) in &command.sets {
                match held {
                    Some(held) => variables.set(name, held.clone()),
                    None => variables.set_text(name, None),
                }
            }
            return;
        }
        let (Some(first), Some(last)) = (command.words.first(), command.words.last()) else { return };
        let start = command.start.unwrap_or(first.start);
        let (start, end) = excerpt.place(start, last.end);
        let mut environment = self.environment.clone();
        environment.extend(command.prefix.iter().map(|(name, token)| (name.clone(), word(token))));
        let words = command.words.iter().map(word).collect();
        self.out.push(CommandLine { span: Span::new(self.file, start, end), words, environment, replicas: None });
    }
}

/// The script of `sh -c script`, also behind `exec`, `env` and the like.
fn script_argument(words: &[Word]) -> Option<Word> {
    let shell = words
        .iter()
        .take(40)
        .position(|word| matches!(word.text.rsplit('/').next(), Some("sh" | "bash" | "zsh" | "dash" | "ash" | "ksh")))?;
    let rest = words.get(shell + 1..)?;
    let flag = rest
        .iter()
        .take_while(|word| word.text.starts_with(['-', '+']))
        .position(|word| !word.text.starts_with("--") && word.text.ends_with('c'))?;
    rest.get(flag + 1).cloned()
}

/// Names in the environment, each once, the last one given.
pub(super) fn last_of_each(mut environment: Vec<(Name, Word)>) -> Vec<(Name, Word)> {
    let mut seen = FxHashSet::default();
    environment.reverse();
    environment.retain(|(name, _)| seen.insert(name.clone()));
    environment.reverse();
    environment
}
