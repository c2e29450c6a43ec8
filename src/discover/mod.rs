//! The scanned tree: which files there are, which say one of some words, and what is the text of one.
//!
//! [`Tree`] is the only room of the program that reads the scanned tree; it can also be made from memory.

mod kind;
mod walk;
mod words;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use kind::{CommandFormat, ConfigFormat, Kind, PackageFormat, classify, classify_content, is_setup_script};
pub use walk::WalkOptions;
pub use words::{Hit, Search, Words};

use crate::text::{self, LoadError, Problem};

/// One file that a front end can read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Path relative to the root of the report, with `/`; bytes that are no UTF-8 are shown as `�`.
    pub path: Arc<str>,
    /// What it is.
    pub kind: Kind,
    /// Bytes when the walk met it.
    pub size: u64,
}

/// Where the bytes of an entry are.
#[derive(Clone, Debug)]
enum Content {
    /// On disk, at the entry's path below the root.
    Below,
    /// On disk, at a path that the entry's path does not spell.
    At(PathBuf),
    /// Here.
    Memory(Arc<[u8]>),
}

/// The files of a scan, sorted by path.
#[derive(Clone, Debug)]
pub struct Tree {
    entries: Vec<Entry>,
    contents: Vec<Content>,
    root: PathBuf,
    root_prefix: String,
    problems: Vec<Problem>,
    seen: u64,
}

impl Tree {
    /// The files below `paths` (folders or files; all of `root` where there are none), relative to `root`, the folder in which the command runs.
    ///
    /// Paths in the report count from the git root above the scanned paths; without one, from `root` if it holds them, else from the folder
    /// that holds them all. Folders are walked as git sees them (`.gitignore`), without hidden files other than settings of pipelines and
    /// environments, and without installed packages and build output; links are not followed; pipes, sockets and devices are left out.
    /// A file given by its name is taken even where it is ignored.
    ///
    /// # Errors
    /// When a path does not exist or a glob to leave out is malformed.
    pub fn walk(root: &Path, paths: &[PathBuf], options: &WalkOptions) -> Result<Self, Problem> {
        walk::walk(root, paths, options)
    }

    /// A tree of texts that are at hand, for tests, editors and places without a file system. Paths are relative, with `/`; files that nothing reads are left out.
    pub fn from_memory(files: Vec<(String, Vec<u8>)>) -> Self {
        let seen = files.len() as u64;
        let mut found: Vec<(Entry, Content)> = files
            .into_iter()
            .filter_map(|(path, bytes)| {
                let kind = classify(&path).or_else(|| classify_content(&bytes))?;
                let entry = Entry { path: path.into(), kind, size: bytes.len() as u64 };
                Some((entry, Content::Memory(bytes.into())))
            })
            .collect();
        found.sort_by(|(a, _), (b, _)| a.path.cmp(&b.path));
        let (entries, contents) = found.into_iter().unzip();
        Self { entries, contents, root: PathBuf::new(), root_prefix: String::new(), problems: Vec::new(), seen }
    }

    /// The same tree with other texts in some of its files, by path; paths that it does not have are left out. Nothing is written.
    #[must_use]
    pub fn with_texts<'t>(&self, texts: impl IntoIterator<Item = (&'t str, &'t str)>) -> Self {
        let mut tree = self.clone();
        for (path, text) in texts {
            if let Some(at) = tree.find(path)
                && let (Some(entry), Some(content)) = (tree.entries.get_mut(at), tree.contents.get_mut(at))
            {
                entry.size = text.len() as u64;
                *content = Content::Memory(text.as_bytes().into());
            }
        }
        tree
    }

    /// All files that a front end can read, by path.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry with this path, relative to the root of the report.
    pub fn find(&self, path: &str) -> Option<usize> {
        self.entries.binary_search_by(|entry| (*entry.path).cmp(path)).ok()
    }

    /// The text of an entry.
    ///
    /// # Errors
    /// When the system refuses, or it is no text or too large; see [`crate::text::load`].
    pub fn text(&self, entry: usize) -> Result<String, LoadError> {
        match self.contents.get(entry) {
            Some(Content::Memory(bytes)) if bytes.len() as u64 > text::MAX_FILE_BYTES => {
                Err(LoadError::TooLarge { limit: text::MAX_FILE_BYTES })
            }
            Some(Content::Memory(bytes)) => text::decode(bytes.to_vec()),
            _ => text::load(&self.absolute(entry).ok_or(LoadError::NotAFile)?),
        }
    }

    /// Where an entry is on disk; `None` for a tree from memory.
    pub fn absolute(&self, entry: usize) -> Option<PathBuf> {
        match self.contents.get(entry)? {
            Content::Below => Some(self.root.join(&*self.entries.get(entry)?.path)),
            Content::At(path) => Some(path.clone()),
            Content::Memory(_) => None,
        }
    }

    /// The folder that paths in the report count from; empty for a tree from memory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Path from [`Tree::root`] to the folder in which the command runs, with `/`; empty where they are the same or apart.
    pub fn root_prefix(&self) -> &str {
        &self.root_prefix
    }

    /// What the walk could not read, by path.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Files that the walk met, those that nothing reads among them.
    pub fn seen(&self) -> u64 {
        self.seen
    }
}
