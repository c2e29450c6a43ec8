//! Configuration files that the program reads itself: which file, and what stands under a key of it.

use std::rc::Rc;

use super::eval::Evaluator;
use super::thing::{Document, ExprRef, FilePath, Frame, Made, Possible, Possibles, ScopeRef, Thing};
use super::trail::Trail;
use crate::catalog::origins::DocumentReader;
use crate::facts::config::{Entry, Scalar};
use crate::facts::{ExprKind, Name};
use crate::value::{Certainty, How, MAX_ALTERNATIVES, Step};

/// Largest file that is read for its keys; above, it is data.
const MAX_BYTES: u64 = 1 << 20;

/// Most calls that are looked at for the files which one object reads.
const MAX_READS: usize = 24;

impl Evaluator<'_> {
    /// `tomllib.load(file)`, `json.loads(path.read_text())`.
    pub(super) fn document_call(&self, reader: &DocumentReader, at: ExprRef, frame: &Frame) -> Possibles {
        let Some(given) = self.positional(at, 0) else { return vec![Possible::unknown("a configuration without a file")] };
        let read = self.eval(given, frame).into_iter().map(|possible| match self.path_of_source(&possible.thing, reader) {
            Ok(path) => match self.file_number(&path, at.file) {
                Ok(file) => {
                    let document = document(reader, vec![file]);
                    Possible { thing: Thing::Document(Rc::new(document)), ..possible }.after(self.span(at), self.snippet(self.span(at)))
                }
                Err(why) => Possible::unknown(why),
            },
            Err(why) => Possible::unknown(why),
        });
        read.collect()
    }

    /// The file that a reader is given.
    fn path_of_source(&self, thing: &Thing, reader: &DocumentReader) -> Result<Rc<FilePath>, Rc<str>> {
        match thing {
            Thing::Contents(path) => Ok(path.clone()),
            Thing::Path(path) if reader.takes_path => Ok(path.clone()),
            Thing::Text(text) if reader.takes_path => Ok(Rc::new(FilePath { text: text.to_string(), from_root: false })),
            Thing::Unknown(why) => Err(why.clone()),
            _ => Err("a configuration whose file is not known".into()),
        }
    }

    /// The number of the configuration file behind a path that a source file says; why there is none, if so.
    fn file_number(&self, path: &FilePath, file: u32) -> Result<u32, String> {
        let tree = self.project.tree;
        let entry = self.project.file_read(file, &path.text, path.from_root);
        let Some(entry) = entry.filter(|entry| !tree.entries()[*entry].kind.is_source()) else {
            return Err(format!("`{}` is not among the scanned files", path.text));
        };
        if tree.entries()[entry].size > MAX_BYTES {
            return Err(format!("`{}` is too large to be followed", path.text));
        }
        self.project.config_of(entry).ok_or_else(|| {
            self.wants.borrow_mut().configs.insert(entry);
            format!("`{}` is not read yet", path.text)
        })
    }

    /// A whole file as a configuration, where it is there and read.
    pub(super) fn plain_document(&self, path: &FilePath, file: u32) -> Option<Possible> {
        let number = self.file_number(path, file).ok()?;
        let document = Document { files: vec![number], path: Vec::new(), common_section: None, ignores_case: false };
        let at = crate::text::Span::new(self.project.configs().get(number as usize)?.file, 0, 0);
        Some(Possible::literal(Thing::Document(Rc::new(document)), at))
    }

    /// The objects of a class that derives from one which reads files, wherever they are made; empty for all other classes.
    pub(super) fn readers_of(&self, class: ScopeRef) -> Vec<Rc<Made>> {
        let reads = |symbol: &Rc<str>| self.project.catalog.document(symbol).is_some_and(|reader| !reader.reads.is_empty());
        if !self.ancestry(class).1.iter().any(reads) {
            return Vec::new();
        }
        let calls = self.constructions(class);
        let made = calls.iter().flat_map(|call| self.eval_open(*call)).filter_map(|possible| match possible.thing {
            Thing::Made(made) => made.class.is_some_and(|made| self.derives(made, class)).then_some(made),
            _ => None,
        });
        made.collect()
    }

    /// What an object has read that reads files by its methods (`ConfigParser().read("x.ini")`).
    pub(super) fn read_by(&self, made: &Made) -> Option<Possible> {
        let reader = self.project.catalog.document(&made.symbol).filter(|reader| !reader.reads.is_empty())?;
        let mut calls: Vec<ExprRef> = reader
            .reads
            .iter()
            .flat_map(|method| self.project.calls_named(method))
            .map(|&(file, expr)| ExprRef { file, expr })
            .filter(|call| self.receiver(*call).is_some_and(|object| self.is_made_at(object, made) || self.is_super_of(object, made)))
            .take(MAX_READS)
            .collect();
        calls.sort_by_key(|call| (call.file, self.span(*call).start));
        let (mut files, mut steps, mut certainty, mut why) = (Vec::new(), Vec::new(), Certainty::Declared, None);
        for call in calls {
            let Some(given) = self.positional(call, 0) else { continue };
            let several = match self.expr(given).kind {
                ExprKind::List(_) | ExprKind::Comprehension(_) => self.elements(given, &self.open_frame(self.scope_of(call))),
                _ => self.eval_open(given),
            };
            for possible in several {
                let number = self.path_of_source(&possible.thing, reader).map_err(|why| why.to_string());
                match number.and_then(|path| self.file_number(&path, call.file)) {
                    Ok(number) => files.push(number),
                    Err(missing) => {
                        // Files that are not there are passed over; one elsewhere may say something else.
                        why.get_or_insert(missing);
                        certainty = Certainty::Default;
                    }
                }
            }
            steps.push(Step { at: Some(self.span(call)), said: self.snippet(self.span(call)).to_string() });
        }
        if files.is_empty() {
            return Some(Possible::unknown(why.unwrap_or_else(|| "no file that it reads is found".into())));
        }
        let mut found = Possible::literal(Thing::Document(Rc::new(document(reader, files))), self.span(made.site)).at_most(certainty);
        found.trail = Trail::of(&steps);
        Some(found)
    }

    /// `config.getint("section", "key", fallback=5)` on an object that reads files.
    pub(super) fn value_read_by(&self, made: &Made, method: &str, at: ExprRef, frame: &Frame) -> Option<Possibles> {
        let reader = self.project.catalog.document(&made.symbol)?;
        if !reader.gets.iter().any(|name| name == method) {
            return None;
        }
        let whole = self.read_by(made)?;
        let mut found = vec![whole];
        for key in [self.positional(at, 0)?, self.positional(at, 1)?] {
            let keys = self.eval(key, frame);
            let Some(Thing::Text(key)) = keys.into_iter().next().map(|possible| possible.thing) else {
                return Some(vec![Possible::unknown("a key that is computed")]);
            };
            let values = found.iter().map(|possible| self.child(possible, &key)).collect::<Option<Vec<_>>>();
            let fallback = || Some(self.eval(self.keyword(at, "fallback")?, frame));
            match values {
                // What is read from elsewhere may say something else than the program itself does.
                Some(values) if values.iter().all(Possible::is_unknown) => {
                    let default =
                        fallback().map(|default| default.into_iter().map(|possible| possible.at_most(Certainty::Default)).collect());
                    return Some(default.unwrap_or(values));
                }
                Some(values) => found = values,
                None => return Some(fallback().unwrap_or_else(|| vec![Possible::unknown(format!("key `{key}` is not set"))])),
            }
        }
        Some(found)
    }

    /// What stands under a key of a configuration; `None` where nothing does.
    pub(super) fn child(&self, of: &Possible, key: &str) -> Option<Possible> {
        let document = match &of.thing {
            Thing::Document(document) => document,
            Thing::Unknown(why) => return Some(Possible::unknown(why.clone())),
            _ => return None,
        };
        let mut path = document.path.clone();
        path.push(key.into());
        if let Some(found) = self.at_path(of, document, &path) {
            return Some(found);
        }
        let section = document.common_section.as_ref().filter(|_| path.len() == 2)?;
        path[0] = section.clone();
        self.at_path(of, document, &path)
    }

    fn at_path(&self, of: &Possible, document: &Document, path: &[Name]) -> Option<Possible> {
        let same = |(depth, (one, other)): (usize, (&Name, &Name))| {
            one == other || (document.ignores_case && depth > 0 && one.eq_ignore_ascii_case(other))
        };
        let starts = |entry: &&Entry| entry.path.len() >= path.len() && entry.path.iter().zip(path).enumerate().all(same);
        let files = document.files.iter().rev().filter_map(|file| self.project.configs().get(*file as usize));
        let entry = files.flat_map(|config| &config.entries).find(starts)?;
        if entry.path.len() > path.len() {
            let inner = Document { path: path.to_vec(), ..document.clone() };
            return Some(Possible { thing: Thing::Document(Rc::new(inner)), ..of.clone() });
        }
        let thing = scalar_thing(&entry.value);
        let said = format!("`{}` in {}", path.join("."), self.project.sources.get(entry.span.file).path);
        let mut trail = of.trail.steps();
        trail.push(Step { at: Some(entry.span), said });
        let found = Possible {
            thing,
            certainty: of.certainty,
            how: How::Config,
            defined_at: Some(entry.span),
            trail: Trail::of(&trail),
            same_as: Rc::default(),
        };
        Some(found.through(entry.span))
    }

    /// What iterating over a part of a configuration gives: the elements of a list, the keys of a table.
    pub(super) fn elements_of(&self, document: &Document, of: &Possible) -> Possibles {
        let keys = self.keys_of(document);
        let is_list = keys.iter().enumerate().all(|(number, key)| **key == *number.to_string());
        let keys = keys.iter().take(MAX_ALTERNATIVES * 2);
        keys.filter_map(|key| match is_list {
            true => self.child(of, key),
            false => Some(Possible { thing: Thing::Text(Rc::from(&**key)), ..of.clone() }),
        })
        .collect()
    }

    /// The keys of a table, or the places of a list, in the order of the file.
    pub(super) fn keys_of(&self, document: &Document) -> Vec<Name> {
        let mut keys: Vec<Name> = Vec::new();
        let configs = document.files.iter().filter_map(|file| self.project.configs().get(*file as usize));
        for entry in configs.flat_map(|config| &config.entries) {
            if let Some(key) = entry.path.strip_prefix(document.path.as_slice()).and_then(<[Name]>::first)
                && keys.last() != Some(key)
            {
                keys.push(key.clone());
            }
        }
        keys
    }
}

fn document(reader: &DocumentReader, files: Vec<u32>) -> Document {
    Document {
        files,
        path: Vec::new(),
        common_section: reader.common_section.as_deref().map(Into::into),
        ignores_case: reader.ignores_case,
    }
}

/// What a value of a configuration file is to a program.
pub(super) fn scalar_thing(value: &Scalar) -> Thing {
    match value {
        Scalar::Number(number) => Thing::Number(*number),
        Scalar::Truth(truth) => Thing::Truth(*truth),
        Scalar::Text(text) => Thing::Text(Rc::from(&**text)),
        Scalar::Null => Thing::Nothing,
    }
}
