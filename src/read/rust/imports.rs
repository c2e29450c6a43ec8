//! `use`, `mod name;` and `extern crate` as imports, relative to the file.

use syn::{ItemExternCrate, ItemUse, UseTree};

use super::lower::{Lowerer, plain};
use crate::facts::{Import, StatementKind};
use crate::text::Span;

impl Lowerer<'_> {
    /// `use a::{b, c as d, e::*};`, one import for each leaf.
    pub(super) fn import(&mut self, item: &ItemUse) {
        let span = self.span(item.use_token.span, item.semi_token.spans[0]);
        self.use_tree(&item.tree, &mut Vec::new(), span);
    }

    fn use_tree(&mut self, mut tree: &UseTree, path: &mut Vec<String>, span: Span) {
        let before = path.len();
        while let UseTree::Path(step) = tree {
            path.push(plain(&step.ident));
            tree = &step.tree;
        }
        match tree {
            UseTree::Name(leaf) => self.leaf(path, &plain(&leaf.ident), None, span),
            UseTree::Rename(leaf) => self.leaf(path, &plain(&leaf.ident), Some(plain(&leaf.rename)), span),
            UseTree::Glob(_) => {
                let (level, path) = self.relative(path);
                self.imported("*", path, level, None, span);
            }
            UseTree::Group(group) => group.items.iter().for_each(|inner| self.use_tree(inner, path, span)),
            _ => {}
        }
        path.truncate(before);
    }

    fn leaf(&mut self, path: &[String], name: &str, rename: Option<String>, span: Span) {
        // `use a::{self}` is `use a`.
        let (path, name) = match (name, path.split_last()) {
            ("self", Some((last, rest))) => (rest, last.as_str()),
            _ => (path, name),
        };
        let local = rename.unwrap_or_else(|| name.to_owned());
        if matches!(name, "super" | "self" | "crate") {
            let mut whole = path.to_vec();
            whole.push(name.to_owned());
            let (level, path) = self.relative(&whole);
            self.imported(&local, path, level, None, span);
            return;
        }
        let (level, path) = self.relative(path);
        if level == 0 && path.is_empty() {
            self.imported(&local, vec![name.to_owned()], 0, None, span);
        } else {
            self.imported(&local, path, level, Some(name), span);
        }
    }

    /// The level and the rest of a path. `self` and `super` count from the inline module in which they stand; what they lead to inside the
    /// file is said from the file's own module.
    fn relative(&self, path: &[String]) -> (u32, Vec<String>) {
        let leading = path.iter().take_while(|name| matches!(name.as_str(), "self" | "super")).count();
        let (steps, rest) = path.split_at(leading);
        if steps.is_empty() {
            return (0, rest.to_vec());
        }
        let up = steps.iter().filter(|name| *name == "super").count();
        let inside = self.modules.len();
        let mut whole = self.modules.get(..inside.saturating_sub(up)).unwrap_or_default().to_vec();
        whole.extend(rest.iter().cloned());
        (1 + u32::try_from(up.saturating_sub(inside)).unwrap_or(0), whole)
    }

    /// `mod name;`: the file of that name beside or below this one.
    pub(super) fn file_module(&mut self, name: &str, file: Option<String>, span: Span) {
        let mut path = self.modules.clone();
        path.push(file.unwrap_or_else(|| name.to_owned()));
        self.imported(name, path, 1, None, span);
    }

    /// `extern crate a as b;`
    pub(super) fn extern_crate(&mut self, item: &ItemExternCrate) {
        let name = plain(&item.ident);
        let local = item.rename.as_ref().map_or_else(|| name.clone(), |(_, rename)| plain(rename));
        let span = self.span(item.extern_token.span, item.semi_token.spans[0]);
        let path = if name == "self" { "crate".to_owned() } else { name };
        self.imported(&local, vec![path], 0, None, span);
    }

    fn imported(&mut self, local: &str, path: Vec<String>, level: u32, item: Option<&str>, span: Span) {
        // `use Trait as _` brings in methods, no name.
        if local != "_" {
            let import = Import { local: local.into(), path: path.join(".").into(), level, item: item.map(Into::into) };
            self.state(StatementKind::Import(import), span);
        }
    }
}
