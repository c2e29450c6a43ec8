//! TOML text → [`Library`] or [`Source`], with errors that name the line, the column and the key that was probably meant.
//!
//! Built-in files come packed, and read the same way. The typed parse knows no places; where something is wrong, the text is
//! parsed once more as a tree with spans, and the place is looked up there.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};

use super::concurrency::Source;
use super::library::Library;
use crate::text::{Problem, Sources};

/// One file of the knowledge base as it was written.
#[derive(Clone, Debug)]
pub struct Written<T> {
    /// Stem of the file's name; the entry must bear it.
    pub stem: String,
    /// Path as messages show it.
    pub path: String,
    /// The text.
    pub text: String,
    /// What it says.
    pub entry: T,
}

/// What a file of the knowledge base describes.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A library that makes pools.
    Library(Box<Written<Library>>),
    /// A source of concurrency.
    Source(Box<Written<Source>>),
}

/// One step from the top of a TOML document to a place in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Key<'a> {
    /// An entry of a table.
    Name(&'a str),
    /// An element of an array.
    Index(usize),
}

/// Reads a library, from its packed form where there is one.
///
/// # Errors
/// What is wrong with the text, with places.
pub fn library(stem: &str, path: &str, text: &str, packed: Option<&[u8]>) -> Result<Written<Library>, Vec<Problem>> {
    let mut written: Written<Library> = typed(stem, path, text, packed)?;
    if written.entry.language == crate::text::Language::Rust {
        written.entry.for_each_symbol(|symbol| *symbol = symbol.replace("::", "."));
        // A setter of a builder gives the builder back.
        for constructor in &mut written.entry.constructors {
            let setters = constructor.setters.iter().map(|setter| &setter.method);
            let missing: Vec<String> = setters.filter(|method| !constructor.passes.contains(method)).cloned().collect();
            constructor.passes.extend(missing);
        }
    }
    Ok(written)
}

/// Reads a source of concurrency, from its packed form where there is one.
///
/// # Errors
/// What is wrong with the text, with places.
pub fn source(stem: &str, path: &str, text: &str, packed: Option<&[u8]>) -> Result<Written<Source>, Vec<Problem>> {
    let mut written: Written<Source> = typed(stem, path, text, packed)?;
    written.entry.for_each_symbol(|symbol| {
        if symbol.contains("::") {
            *symbol = symbol.replace("::", ".");
        }
    });
    Ok(written)
}

/// Reads a file that may be either; its keys tell which.
///
/// # Errors
/// What is wrong with the text, with places.
pub fn either(stem: &str, path: &str, text: &str) -> Result<Entry, Vec<Problem>> {
    const ONLY_IN_SOURCES: [&str; 16] = [
        "limiter",
        "executor",
        "fan-out",
        "starter",
        "parser",
        "option",
        "environment",
        "provider",
        "shared-state",
        "settings-module",
        "file",
        "document",
        "function",
        "method",
        "names",
        "not-names",
    ];
    let is_source =
        DeTable::parse(text).is_ok_and(|table| table.get_ref().keys().any(|key| ONLY_IN_SOURCES.contains(&key.get_ref().as_ref())));
    if is_source {
        source(stem, path, text, None).map(|written| Entry::Source(Box::new(written)))
    } else {
        library(stem, path, text, None).map(|written| Entry::Library(Box::new(written)))
    }
}

fn typed<T: DeserializeOwned>(stem: &str, path: &str, text: &str, packed: Option<&[u8]>) -> Result<Written<T>, Vec<Problem>> {
    // What is wrong with a packed file is told of its text.
    match packed.and_then(|packed| rmp_serde::from_slice(packed).ok()).map_or_else(|| toml::from_str(text), Ok) {
        Ok(entry) => Ok(Written { stem: stem.into(), path: path.into(), text: text.into(), entry }),
        Err(error) => {
            let (_, all) = DeTable::parse_recoverable(text);
            let all = if all.is_empty() { vec![error] } else { all };
            Err(all.iter().map(|error| problem(path, text, error.span().unwrap_or(0..0), say(error.message()))).collect())
        }
    }
}

/// A problem at a place of a text.
pub fn problem(path: &str, text: &str, span: Range<usize>, message: impl Into<String>) -> Problem {
    let mut sources = Sources::default();
    let id = sources.add(path, text);
    Problem::at(sources.get(id), span.start, message)
}

/// Where a key path stands; the nearest table around it where the path does not lead on.
pub fn locate(text: &str, path: &[Key<'_>]) -> Range<usize> {
    let Ok(root) = DeTable::parse(text) else { return 0..0 };
    let mut found = 0..0;
    let Some((Key::Name(first), rest)) = path.split_first() else { return found };
    let Some(mut at) = root.get_ref().get(*first) else { return found };
    found = at.span();
    for key in rest {
        let next = match (key, at.get_ref()) {
            (Key::Name(name), DeValue::Table(table)) => table.get(*name),
            (Key::Index(index), DeValue::Array(array)) => array.get(*index),
            _ => None,
        };
        let Some(next) = next else { break };
        at = next;
        found = at.span();
    }
    found
}

/// The parser's message in our words: what is wrong, and what was probably meant.
fn say(message: &str) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let (what, wrong) = match quoted.first() {
        Some(wrong) if message.starts_with("unknown field") => ("key", *wrong),
        Some(wrong) if message.starts_with("unknown variant") => ("word", *wrong),
        Some(wrong) if message.starts_with("missing field") => return format!("the key `{wrong}` is missing"),
        _ if message.contains("untagged enum Literal") => return "expected a number, `true`, `false` or a text".into(),
        _ => return message.trim_end().replace('\n', ", "),
    };
    let known = quoted.get(1..).unwrap_or_default();
    match nearest(wrong, known) {
        Some(meant) => format!("unknown {what} `{wrong}`, did you mean `{meant}`?"),
        None => format!("unknown {what} `{wrong}`; known here: {}", known.join(", ")),
    }
}

/// The candidate that is most like a word, where one is like it at all.
pub fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let likeness = |candidate: &&str| strsim::jaro_winkler(word, candidate);
    candidates.iter().copied().max_by(|a, b| likeness(a).total_cmp(&likeness(b))).filter(|best| likeness(best) > 0.8)
}

impl Library {
    /// Visits every dotted name that programs may write.
    pub(super) fn for_each_symbol(&mut self, mut visit: impl FnMut(&mut String)) {
        for constructor in &mut self.constructors {
            constructor.symbols.iter_mut().for_each(&mut visit);
            constructor.methods.values_mut().for_each(&mut visit);
            let setters = constructor.setters.iter_mut().flat_map(|setter| &mut setter.parameters);
            for parameter in constructor.parameters.iter_mut().chain(setters) {
                parameter.kinds = std::mem::take(&mut parameter.kinds)
                    .into_iter()
                    .map(|(mut symbol, kind)| {
                        visit(&mut symbol);
                        (symbol, kind)
                    })
                    .collect();
            }
        }
        for constant in &mut self.constants {
            constant.symbols.iter_mut().for_each(&mut visit);
        }
    }
}

impl Source {
    /// Visits every dotted name that programs may write.
    pub(super) fn for_each_symbol(&mut self, mut visit: impl FnMut(&mut String)) {
        let limiters = self.limiters.iter_mut().map(|entry| &mut entry.symbols);
        let executors = self.executors.iter_mut().map(|entry| &mut entry.symbols);
        self.fan_outs.iter_mut().filter_map(|entry| entry.runs_on.as_mut()).for_each(&mut visit);
        let fan_outs = self.fan_outs.iter_mut().map(|entry| &mut entry.symbols);
        let starters = self.starters.iter_mut().map(|entry| &mut entry.symbols);
        let parsers = self.parsers.iter_mut().map(|entry| &mut entry.symbols);
        let options = self.options.iter_mut().map(|entry| &mut entry.symbols);
        let environment = self.environment.iter_mut().map(|entry| &mut entry.symbols);
        let functions = self.functions.iter_mut().map(|entry| &mut entry.symbols);
        let named = [&mut self.per_thread, &mut self.cells, &mut self.partials, &mut self.builders].into_iter();
        let files = self.files.iter_mut().map(|entry| &mut entry.symbols);
        let documents = self.documents.iter_mut().map(|entry| &mut entry.symbols);
        let handlers = self.handlers.iter_mut().flat_map(|entry| [&mut entry.objects, &mut entry.symbols]);
        let given = self.shared_states.iter_mut().map(|entry| &mut entry.given_by);
        let run = limiters.chain(executors).chain(fan_outs).chain(starters);
        let told = parsers.chain(options).chain(environment).chain(functions).chain(files).chain(documents);
        run.chain(told).chain(named).chain(handlers).chain(given).flatten().for_each(visit);
    }
}
