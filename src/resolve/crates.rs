//! Modules of Rust: from `mod x;`, `crate::…`, `super::…` and the names of workspace crates to files of the tree.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::eval::Evaluator;
use super::thing::{Possible, Possibles, ScopeRef, Thing, dotted};
use crate::discover::Tree;
use crate::facts::config::{ConfigFacts, Scalar};
use crate::facts::{Import, MODULE, StatementKind};
use crate::text::{Language, Sources, Span};

/// Most re-exports that are followed one after the other.
const MAX_IMPORTS: u32 = 24;

/// Crates of the tree by the name that `use` says.
#[derive(Debug, Default)]
pub struct Crates {
    by_name: FxHashMap<String, usize>,
}

impl Crates {
    /// The crates that the manifests of a tree name.
    pub fn of(tree: &Tree, configs: &[ConfigFacts], sources: &Sources) -> Self {
        let mut by_name = FxHashMap::default();
        for config in configs {
            let path = &sources.get(config.file).path;
            let folder = match path.strip_suffix("Cargo.toml") {
                Some(folder) => folder.trim_end_matches('/'),
                None => continue,
            };
            for entry in &config.entries {
                let keys: Vec<&str> = entry.path.iter().map(|key| &**key).collect();
                let Scalar::Text(name) = &entry.value else { continue };
                if !matches!(keys.as_slice(), ["package" | "lib", "name"]) {
                    continue;
                }
                let roots = ["src/lib.rs", "lib.rs", "src/main.rs", "main.rs"].map(|root| join(folder, root));
                if let Some(root) = roots.iter().find_map(|root| tree.find(root)) {
                    by_name.insert(name.replace('-', "_"), root);
                }
            }
        }
        Self { by_name }
    }

    /// The root file of a crate.
    pub fn root(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }
}

/// The root file of the crate that a file belongs to: the nearest `lib.rs` or `main.rs` upward; itself for a program of its own.
pub fn root_of(tree: &Tree, path: &str) -> Option<usize> {
    let (mut folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    if matches!(name, "main.rs" | "lib.rs") || matches!(folder.rsplit('/').next(), Some("bin" | "examples" | "tests" | "benches")) {
        return tree.find(path);
    }
    loop {
        let found = tree.find(&join(folder, "lib.rs")).or_else(|| tree.find(&join(folder, "main.rs")));
        if found.is_some() {
            return found;
        }
        folder = match folder.rsplit_once('/') {
            Some((outer, _)) => outer,
            None if folder.is_empty() => return None,
            None => "",
        };
    }
}

/// The file of `mod name;` in a file; `name` may be a file name given by `#[path = "…"]`.
fn child_of(tree: &Tree, path: &str, name: &str) -> Option<usize> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    if name.ends_with(".rs") {
        return tree.find(&join(folder, name));
    }
    let stem = file.trim_end_matches(".rs");
    let own = join(folder, stem);
    let folders: &[&str] = if matches!(stem, "mod" | "lib" | "main") { &[folder] } else { &[&own, folder] };
    folders
        .iter()
        .find_map(|folder| tree.find(&join(folder, &format!("{name}.rs"))).or_else(|| tree.find(&join(folder, &format!("{name}/mod.rs")))))
}

/// The file of the module around a file's own.
fn parent_of(tree: &Tree, path: &str) -> Option<usize> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let around = if file == "mod.rs" { folder.rsplit_once('/').map_or("", |(outer, _)| outer) } else { folder };
    let beside = ["mod.rs", "lib.rs", "main.rs"].map(|name| join(around, name));
    let named = format!("{around}.rs");
    beside.iter().find_map(|path| tree.find(path)).or_else(|| tree.find(&named))
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_string() } else { format!("{folder}/{name}") }
}

impl Evaluator<'_> {
    /// Whether a loaded file is Rust.
    pub(super) fn is_rust(&self, file: u32) -> bool {
        self.project.facts(file).language == Language::Rust
    }

    /// What a `use` or `mod` binds.
    pub(super) fn used(&self, import: &Import, file: u32, span: Span) -> Possibles {
        if self.importing.get() >= MAX_IMPORTS {
            return vec![Possible::unknown("a name that is imported in a circle")];
        }
        self.importing.set(self.importing.get() + 1);
        let mut parts: Vec<&str> = import.path.split('.').filter(|part| !part.is_empty()).collect();
        parts.extend(import.item.as_deref());
        let is_mod = import.item.is_none() && import.level == 1;
        let child = || child_of(self.project.tree, self.project.path(file), &import.path);
        let found = match is_mod.then(child).flatten() {
            Some(entry) => vec![self.module_thing(entry, &import.path)],
            None => self.path(&parts, import.level, file, span, Some(&import.local)),
        };
        self.importing.set(self.importing.get() - 1);
        found
    }

    /// The modules and types that statement `number` of a scope, a `use …::*;`, opens.
    pub(super) fn glob(&self, owner: ScopeRef, number: u32) -> Rc<Possibles> {
        if let Some(known) = self.globs.borrow().get(&(owner, number)) {
            return known.clone();
        }
        // Its path may be looked up through itself (`use self::a::*;` where nothing here is named `a`): there it opens nothing.
        self.globs.borrow_mut().insert((owner, number), Rc::default());
        let statement = &self.scope(owner).statements[number as usize];
        let StatementKind::Import(import) = &statement.kind else { return Rc::default() };
        let parts: Vec<&str> = import.path.split('.').filter(|part| !part.is_empty()).collect();
        let found = Rc::new(self.path(&parts, import.level, owner.file, statement.span, None));
        self.globs.borrow_mut().insert((owner, number), found.clone());
        found
    }

    /// What a path names in a file. `not` is a name of the file that is being bound by this very path.
    pub(super) fn path(&self, parts: &[&str], level: u32, file: u32, span: Span, not: Option<&str>) -> Possibles {
        let tree = self.project.tree;
        let own = self.project.path(file);
        let (start, rest) = match level {
            0 => {
                let Some((first, rest)) = parts.split_first() else { return vec![Possible::unknown("an empty path")] };
                if *first == "crate" {
                    (root_of(tree, own).map(|entry| self.module_thing(entry, "crate")), rest)
                } else {
                    let declared = Some(*first) != not || rest.is_empty();
                    let module = declared.then(|| self.declared_module(file, first)).flatten();
                    match module.or_else(|| self.project.crate_root(first).map(|entry| self.module_thing(entry, first))) {
                        Some(module) => (Some(module), rest),
                        None => {
                            let whole = parts.iter().fold(Rc::from(""), |path: Rc<str>, part| dotted(&path, part));
                            return vec![self.symbol(whole, span)];
                        }
                    }
                }
            }
            1 => (Some(Possible::literal(Thing::Module(file), span)), parts),
            _ => {
                let mut path = own.to_string();
                let mut entry = None;
                for _ in 1..level {
                    entry = parent_of(tree, &path);
                    match entry {
                        Some(found) => path = tree.entries()[found].path.to_string(),
                        None => break,
                    }
                }
                (entry.map(|entry| self.module_thing(entry, "super")), parts)
            }
        };
        let Some(start) = start else {
            return vec![Possible::unknown(format!("`{}` comes from a file that is not here", parts.join("::")))];
        };
        let mut found = vec![start];
        for part in rest {
            found = found.iter().flat_map(|possible| self.rust_member(possible, part, span)).collect();
        }
        found
    }

    /// `mod name;` or an inline module of the file itself.
    fn declared_module(&self, file: u32, name: &str) -> Option<Possible> {
        let binders = self.project.tables(file).binders_of(MODULE, name)?;
        let scope = self.scope(ScopeRef { file, scope: MODULE });
        binders.iter().find_map(|binder| {
            let super::index::Binder::Statement(MODULE, number) = *binder else { return None };
            match &scope.statements[number as usize].kind {
                StatementKind::Import(import) if import.item.is_none() && import.level == 1 => {
                    child_of(self.project.tree, self.project.path(file), &import.path).map(|entry| self.module_thing(entry, name))
                }
                StatementKind::Define(defined) if crate::read::rust::is_inline_module(self.project.facts(file).scope(*defined)) => {
                    Some(Possible::literal(Thing::Class(ScopeRef { file, scope: *defined }), scope.span))
                }
                _ => None,
            }
        })
    }

    fn rust_member(&self, of: &Possible, name: &str, span: Span) -> Possibles {
        match &of.thing {
            Thing::Module(file) => self
                .module_member(*file, name)
                .unwrap_or_else(|| vec![Possible::unknown(format!("`{name}` is not found in {}", self.project.path(*file)))]),
            Thing::Class(class) => {
                let frame = self.open_frame(*class);
                self.class_member(*class, name, &of.thing, &frame)
                    .unwrap_or_else(|| vec![Possible::unknown(format!("`{name}` is not found"))])
            }
            Thing::Symbol(path) => vec![self.symbol(dotted(path, name), span)],
            Thing::Unknown(why) => vec![Possible::unknown(why.clone())],
            _ => vec![Possible::unknown(format!("`{name}` of what is not a module"))],
        }
    }

    /// The module that a name like `crate`, `super` or a workspace crate stands for.
    pub(super) fn path_root(&self, name: &str, scope: ScopeRef, span: Span) -> Option<Possible> {
        let tree = self.project.tree;
        let path = self.project.path(scope.file);
        match name {
            "crate" => root_of(tree, path).map(|entry| self.module_thing(entry, name)),
            "super" => parent_of(tree, path).map(|entry| self.module_thing(entry, name)),
            "self" => Some(Possible::literal(Thing::Module(scope.file), span)),
            "Self" => self.enclosing_class(scope).map(|class| Possible::literal(Thing::Class(class), span)),
            _ => self.project.crate_root(name).map(|entry| self.module_thing(entry, name)),
        }
    }

    /// The type whose `impl` block a scope stands in.
    fn enclosing_class(&self, scope: ScopeRef) -> Option<ScopeRef> {
        let facts = self.project.facts(scope.file);
        let mut at = Some(scope.scope);
        while let Some(id) = at {
            let candidate = facts.scope(id);
            if candidate.kind == crate::facts::ScopeKind::Class && !crate::read::rust::is_inline_module(candidate) {
                return Some(self.whole_class(ScopeRef { file: scope.file, scope: id }));
            }
            at = candidate.parent;
        }
        None
    }

    /// The class that defines a type, where `class` only holds an `impl` block of it.
    pub(super) fn whole_class(&self, class: ScopeRef) -> ScopeRef {
        if !self.is_rust(class.file) {
            return class;
        }
        let Some(of) = self.impl_base(class) else { return class };
        if let Some(known) = self.whole_classes.borrow().get(&class) {
            return *known;
        }
        self.whole_classes.borrow_mut().insert(class, class);
        let found = self.eval_open(of).into_iter().find_map(|possible| match possible.thing {
            Thing::Class(whole) if whole != class => Some(whole),
            _ => None,
        });
        let whole = found.unwrap_or(class);
        self.whole_classes.borrow_mut().insert(class, whole);
        whole
    }

    /// The path of the type that an `impl` block elsewhere is for.
    fn impl_base(&self, class: ScopeRef) -> Option<super::thing::ExprRef> {
        self.scope(class).bases.iter().find_map(|base| match &base.kind {
            crate::facts::ArgumentKind::Keyword(name) if &**name == "impl" => {
                Some(super::thing::ExprRef { file: class.file, expr: base.value })
            }
            _ => None,
        })
    }

    /// A class and the `impl` blocks of it that stand in other files.
    pub(super) fn parts_of(&self, class: ScopeRef) -> Vec<ScopeRef> {
        if !self.is_rust(class.file) {
            return vec![class];
        }
        if let Some(known) = self.impl_parts.borrow().get(&class) {
            return (**known).clone();
        }
        let mut parts = vec![class];
        self.impl_parts.borrow_mut().insert(class, Rc::new(parts.clone()));
        let others = self.project.classes_named(&self.scope(class).name);
        let others = others.iter().copied().filter(|other| *other != class && self.is_rust(other.file));
        parts.extend(others.filter(|other| self.impl_base(*other).is_some() && self.whole_class(*other) == class));
        self.impl_parts.borrow_mut().insert(class, Rc::new(parts.clone()));
        parts
    }
}
