//! Paths of files as programs put them together: `Path(__file__).parent / "settings.toml"`.

use std::rc::Rc;

use super::eval::Evaluator;
use super::thing::{ExprRef, FilePath, Frame, Possible, Possibles, Thing};
use crate::catalog::origins::{FileCall, FileGives};
use crate::facts::ExprKind;

/// Longest path that is put together.
const MAX_PATH: usize = 1024;

impl Evaluator<'_> {
    /// A call that gives a path or the contents of a file, by its arguments.
    pub(super) fn file_call(&self, call: &FileCall, at: ExprRef, frame: &Frame) -> Possibles {
        if call.in_package {
            return self.file_in_package(call.gives, at, frame);
        }
        let Some(first) = self.positional(at, 0) else { return vec![Possible::unknown("a file without a path")] };
        self.eval(first, frame).into_iter().flat_map(|possible| self.file_gives(call.gives, possible, at, 1, frame)).collect()
    }

    /// `files("app")`, `read_text("app.conf", "app.toml")`: a package's folder, or what lies in it under a name.
    fn file_in_package(&self, gives: FileGives, at: ExprRef, frame: &Frame) -> Possibles {
        let folders = match self.positional(at, 0) {
            Some(package) => self.eval(package, frame).into_iter().map(|possible| self.folder_of_package(possible, at.file)).collect(),
            None => vec![Possible::literal(Thing::Path(Rc::new(parent_of(self.project.path(at.file)))), self.span(at))],
        };
        let files = folders.into_iter().flat_map(|folder| self.file_gives(FileGives::Join, folder, at, 1, frame));
        match gives {
            FileGives::Contents => files.flat_map(|file| self.file_gives(gives, file, at, 1, frame)).collect(),
            _ => files.collect(),
        }
    }

    /// The folder of a package that is given by its name or as a module.
    fn folder_of_package(&self, package: Possible, file: u32) -> Possible {
        let folder = match &package.thing {
            Thing::Module(module) => parent_of(self.project.path(*module)),
            Thing::Symbol(name) if matches!(&**name, "__package__" | "__name__") => parent_of(self.project.path(file)),
            Thing::Text(name) | Thing::Symbol(name) => match self.project.find_module(file, name, 0) {
                Some(entry) => parent_of(&self.project.tree.entries()[entry].path),
                // Folders of data are packages too, without a module in them.
                None => FilePath { text: name.replace('.', "/"), from_root: false },
            },
            Thing::Unknown(_) => return package,
            _ => return Possible::unknown("a package that is not known"),
        };
        Possible { thing: Thing::Path(Rc::new(folder)), ..package }
    }

    /// A method of a path or an opened file; `None` where the object is neither.
    pub(super) fn file_method(&self, object: ExprRef, name: &str, at: ExprRef, frame: &Frame) -> Option<Possibles> {
        let call = self.project.catalog.file_method(name)?;
        let objects = self.eval(object, frame);
        let is_file = |possible: &Possible| matches!(possible.thing, Thing::Path(_) | Thing::Contents(_));
        objects
            .iter()
            .any(is_file)
            .then(|| objects.into_iter().flat_map(|possible| self.file_gives(call.gives, possible, at, 0, frame)).collect())
    }

    /// What a call makes of a path; further parts of it are the arguments from `rest` on.
    fn file_gives(&self, gives: FileGives, from: Possible, at: ExprRef, rest: usize, frame: &Frame) -> Possibles {
        if let (Thing::Contents(_), FileGives::Contents) = (&from.thing, gives) {
            return vec![from];
        }
        let Some(path) = path_of(&from.thing) else {
            return vec![match from.thing {
                Thing::Unknown(_) => from,
                _ => Possible::unknown("a path that is not known"),
            }];
        };
        match gives {
            FileGives::Own | FileGives::Path | FileGives::Join => {
                let mut whole = vec![Possible { thing: Thing::Path(path), ..from }];
                for position in rest.. {
                    let Some(part) = self.positional(at, position) else { break };
                    let parts = self.eval(part, frame);
                    whole = whole.iter().flat_map(|one| parts.iter().map(move |other| join(one, other))).collect();
                }
                whole
            }
            FileGives::Parent => vec![above(&Possible { thing: Thing::Path(path), ..from })],
            FileGives::Contents => vec![Possible { thing: Thing::Contents(path), ..from }],
        }
    }

    /// `path.parents[1]`; `None` for any other element.
    pub(super) fn folder_above(&self, object: ExprRef, keys: &Possibles, frame: &Frame) -> Option<Possibles> {
        let ExprKind::Attribute { object: inner, name, .. } = &self.expr(object).kind else { return None };
        let levels = keys.first().and_then(|key| match key.thing {
            Thing::Number(number) if &**name == "parents" && (0.0..16.0).contains(&number) => Some(number as usize + 1),
            _ => None,
        })?;
        let paths = self.eval(ExprRef { file: object.file, expr: *inner }, frame);
        let is_path = paths.iter().all(|possible| matches!(possible.thing, Thing::Path(_)));
        is_path.then(|| paths.into_iter().map(|path| (0..levels).fold(path, |path, _| above(&path))).collect())
    }
}

/// The folder of a file of the tree.
fn parent_of(path: &str) -> FilePath {
    FilePath { text: path.rsplit_once('/').map_or("", |(folder, _)| folder).to_string(), from_root: true }
}

/// The folder that a path lies in.
pub(super) fn above(of: &Possible) -> Possible {
    let Thing::Path(path) = &of.thing else { return of.clone() };
    let text = match path.text.trim_end_matches('/').rsplit_once('/') {
        Some((folder, last)) if last != ".." => folder.to_string(),
        None if !path.text.is_empty() && path.text != ".." => String::new(),
        _ => format!("{}/..", path.text),
    };
    Possible { thing: Thing::Path(Rc::new(FilePath { text, from_root: path.from_root })), ..of.clone() }
}

/// Two parts of a path, one behind the other; an absolute second part stands alone.
pub(super) fn join(one: &Possible, other: &Possible) -> Possible {
    let (Some(left), Some(right)) = (path_of(&one.thing), path_of(&other.thing)) else {
        return Possible::unknown("a path that is not known");
    };
    let path = match () {
        () if right.from_root || right.text.starts_with('/') => right,
        () if left.text.len() + right.text.len() > MAX_PATH => return Possible::unknown("a path that grows"),
        () if left.text.is_empty() => Rc::new(FilePath { text: right.text.clone(), from_root: left.from_root }),
        () => Rc::new(FilePath { text: format!("{}/{}", left.text, right.text), from_root: left.from_root }),
    };
    Possible { thing: Thing::Path(path), certainty: one.certainty.min(other.certainty), ..one.clone() }
}

fn path_of(thing: &Thing) -> Option<Rc<FilePath>> {
    match thing {
        Thing::Path(path) => Some(path.clone()),
        Thing::Text(text) => Some(Rc::new(FilePath { text: text.to_string(), from_root: false })),
        _ => None,
    }
}
