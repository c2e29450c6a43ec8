//! From the path of an import to the file of the tree that it names.

use rustc_hash::FxHashMap;

use crate::discover::{Kind, Tree};

/// Python files by their last name: `llm` for `app/llm.py`, `app` for `app/__init__.py`.
#[derive(Debug, Default)]
pub struct Modules {
    by_name: FxHashMap<String, Vec<usize>>,
    /// Names of the folders above the root of the tree, innermost last: a scan that starts inside a package still finds it.
    above: Vec<String>,
}

/// The folder of the outermost package that a file lies in; `None` for one that lies in none.
pub fn top_package<'p>(tree: &Tree, path: &'p str) -> Option<&'p str> {
    let folders = path.match_indices('/').map(|(end, _)| &path[..end]);
    folders.into_iter().find(|folder| tree.find(&format!("{folder}/__init__.py")).is_some())
}

impl Modules {
    /// The table of a tree.
    pub fn of(tree: &Tree) -> Self {
        let mut by_name: FxHashMap<String, Vec<usize>> = FxHashMap::default();
        let above: Vec<String> = tree
            .root()
            .components()
            .filter_map(|part| match part {
                std::path::Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
                _ => None,
            })
            .collect();
        for (number, entry) in tree.entries().iter().enumerate() {
            if entry.kind != Kind::Python {
                continue;
            }
            let dotted = stem(&entry.path);
            let last = dotted.rsplit('/').next().unwrap_or(dotted);
            let last = if last.is_empty() { above.last().map_or("", String::as_str) } else { last };
            by_name.entry(last.to_string()).or_default().push(number);
        }
        Self { by_name, above }
    }

    /// The entry that `import path` (or `from path import …` with `level` leading dots) means in the file at `from`.
    ///
    /// Folders of packages are no roots of imports, yet programs are started inside them: those around the importing file
    /// count where nothing better is found, but not for a name that is a library's (`is_library`).
    pub fn find(&self, tree: &Tree, from: &str, path: &str, level: u32, is_library: bool) -> Option<usize> {
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        if level > 0 {
            let mut base = folder;
            for _ in 1..level {
                base = match base.rsplit_once('/') {
                    Some((outer, _)) => outer,
                    None if base.is_empty() => return None,
                    None => "",
                };
            }
            return self.below(tree, base, path);
        }
        if path.is_empty() {
            return None;
        }
        let wanted = path.replace('.', "/");
        let last = wanted.rsplit('/').next()?;
        let candidates = self.by_name.get(last)?;
        let single = !wanted.contains('/');
        candidates
            .iter()
            .copied()
            .filter_map(|entry| {
                let stem = stem(&tree.entries()[entry].path);
                let prefix = self.prefix(stem, &wanted)?;
                let rank = match prefix {
                    Prefix::Above => Some(2),
                    Prefix::Folder(prefix) => {
                        let is_package = tree.find(&join(prefix, "__init__.py")).is_some();
                        let around = prefix.is_empty() || folder == prefix || folder.starts_with(&format!("{prefix}/"));
                        let is_root = matches!(prefix.rsplit('/').next().unwrap_or(""), "src" | "lib" | "python" | "");
                        let strict = !is_package && (!single || folder == prefix || around || is_root);
                        let loose = around && !is_library && (!single || folder == prefix);
                        if strict { Some(1) } else { loose.then_some(0) }
                    }
                };
                let is_stub = tree.entries()[entry].path.ends_with(".pyi");
                rank.map(|rank| {
                    (rank, shared_folders(folder, stem), !is_stub, std::cmp::Reverse(stem.len()), std::cmp::Reverse(entry), entry)
                })
            })
            .max()
            .map(|(.., entry)| entry)
    }

    /// The entry of `path` below a folder.
    pub fn below(&self, tree: &Tree, folder: &str, path: &str) -> Option<usize> {
        let base = if path.is_empty() { folder.to_string() } else { join(folder, &path.replace('.', "/")) };
        let file = if path.is_empty() { None } else { tree.find(&format!("{base}.py")) };
        file.or_else(|| tree.find(&join(&base, "__init__.py"))).or_else(|| tree.find(&format!("{base}.pyi")))
    }

    /// What stands before `wanted` in a path, where the path ends with it.
    fn prefix<'p>(&self, stem: &'p str, wanted: &str) -> Option<Prefix<'p>> {
        if let Some(prefix) = stem.strip_suffix(wanted) {
            return if prefix.is_empty() { Some(Prefix::Folder("")) } else { prefix.strip_suffix('/').map(Prefix::Folder) };
        }
        // `pkg.mod` in a scan of the folder `pkg` itself.
        let mut rest = wanted;
        while let Some((first, tail)) = rest.split_once('/') {
            if self.above.iter().rev().take(3).any(|name| name == first) && (tail == stem) {
                return Some(Prefix::Above);
            }
            rest = tail;
        }
        (stem.is_empty() && self.above.last().is_some_and(|name| name == wanted)).then_some(Prefix::Above)
    }
}

enum Prefix<'p> {
    Folder(&'p str),
    Above,
}

/// A path without its ending; a package's `__init__` is its folder.
fn stem(path: &str) -> &str {
    let path = path.strip_suffix(".pyi").or_else(|| path.strip_suffix(".py")).unwrap_or(path);
    path.strip_suffix("/__init__").unwrap_or(if path == "__init__" { "" } else { path })
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_string() } else { format!("{folder}/{name}") }
}

/// How many leading folders two paths share.
fn shared_folders(one: &str, other: &str) -> usize {
    one.split('/').zip(other.split('/')).take_while(|(a, b)| a == b && !a.is_empty()).count()
}
