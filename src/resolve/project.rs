//! The files that are loaded, as one project: look-ups by name over all of them, and where an import leads.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::index::Index;
use crate::catalog::Catalog;
use crate::discover::Tree;
use crate::facts::config::{CommandLine, ConfigFacts};
use crate::facts::{ExprId, FileFacts, Name, ScopeId, ScopeKind};
use crate::resolve::thing::ScopeRef;
use crate::text::{FileId, Sources, Span};

/// A source file that was read.
#[derive(Debug)]
pub struct Loaded {
    /// Its entry in the tree.
    pub entry: usize,
    /// Its path.
    pub path: Arc<str>,
    /// What it says.
    pub facts: FileFacts,
    /// Look-up tables.
    pub index: Index,
    /// Whether it is a test of the program, not a part of it.
    pub is_test: bool,
}

/// A value that a command line or environment file gives.
#[derive(Clone, Debug)]
pub struct Given {
    /// As written.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// Path of the file that says so.
    pub program: String,
}

/// All that was read.
pub struct Project<'a> {
    /// The knowledge base.
    pub catalog: &'a Catalog,
    /// The files there are.
    pub tree: &'a Tree,
    /// The texts.
    pub sources: Sources,
    loaded: Vec<Loaded>,
    configs: Vec<ConfigFacts>,
    /// Numbers of the configuration files by their entries in the tree.
    config_entries: FxHashMap<usize, u32>,
    by_entry: FxHashMap<usize, u32>,
    calls: FxHashMap<Name, Vec<(u32, ExprId)>>,
    mentions: FxHashMap<Name, Vec<(u32, ExprId)>>,
    /// Statements that assign an attribute of any object, by the attribute's name.
    attribute_sets: FxHashMap<Name, Vec<(u32, ScopeId, u32)>>,
    /// Names and attributes that an attribute is taken of, by name.
    objects: FxHashMap<Name, Vec<(u32, ExprId)>>,
    functions: FxHashMap<Name, u32>,
    /// Functions and classes with a parameter whose name means concurrency.
    with_concurrency: FxHashSet<Name>,
    classes: Vec<ScopeRef>,
    modules: super::modules::Modules,
    units: super::units::Units,
    crates: super::crates::Crates,
    class_names: FxHashMap<Name, Vec<ScopeRef>>,
    records: FxHashMap<Name, Vec<(u32, ExprId)>>,
    unread: rustc_hash::FxHashSet<Name>,
}

impl<'a> Project<'a> {
    /// A project with nothing read.
    pub fn new(tree: &'a Tree, catalog: &'a Catalog) -> Self {
        Self {
            catalog,
            tree,
            sources: Sources::default(),
            loaded: Vec::new(),
            configs: Vec::new(),
            config_entries: FxHashMap::default(),
            by_entry: FxHashMap::default(),
            calls: FxHashMap::default(),
            mentions: FxHashMap::default(),
            attribute_sets: FxHashMap::default(),
            objects: FxHashMap::default(),
            functions: FxHashMap::default(),
            with_concurrency: FxHashSet::default(),
            classes: Vec::new(),
            modules: super::modules::Modules::of(tree),
            units: super::units::Units::default(),
            crates: super::crates::Crates::default(),
            class_names: FxHashMap::default(),
            records: FxHashMap::default(),
            unread: rustc_hash::FxHashSet::default(),
        }
    }

    /// Takes in what a front end read, with its look-up tables.
    pub fn add(&mut self, entry: usize, facts: FileFacts, index: Index) {
        let number = self.loaded.len() as u32;
        let path = self.sources.get(facts.file).path.clone();
        for (name, calls) in &index.calls {
            self.calls.entry(name.clone()).or_default().extend(calls.iter().map(|call| (number, *call)));
        }
        for (name, mentions) in &index.mentions {
            self.mentions.entry(name.clone()).or_default().extend(mentions.iter().map(|mention| (number, *mention)));
        }
        for (name, sets) in &index.attribute_sets {
            self.attribute_sets.entry(name.clone()).or_default().extend(sets.iter().map(|(scope, at)| (number, *scope, *at)));
        }
        for (name, objects) in &index.objects {
            self.objects.entry(name.clone()).or_default().extend(objects.iter().map(|object| (number, *object)));
        }
        for id in facts.scope_ids() {
            let scope = facts.scope(id);
            match scope.kind {
                ScopeKind::Function => {
                    *self.functions.entry(scope.name.clone()).or_default() += 1;
                    if scope.parameters.iter().any(|parameter| self.catalog.means_concurrency(&parameter.name)) {
                        let is_init = &*scope.name == "__init__";
                        let class = scope.parent.filter(|_| is_init).map(|class| &facts.scope(class).name);
                        self.with_concurrency.insert(class.unwrap_or(&scope.name).clone());
                    }
                }
                ScopeKind::Class => {
                    self.classes.push(ScopeRef { file: number, scope: id });
                    self.class_names.entry(scope.name.clone()).or_default().push(ScopeRef { file: number, scope: id });
                }
                _ => {}
            }
        }
        for (name, records) in &index.records {
            for record in records {
                // `Self { … }` is named by the type whose `impl` block it stands in.
                let around = |scope: ScopeId| facts.scope_chain(scope).find(|at| facts.scope(*at).kind == ScopeKind::Class);
                let own =
                    if &**name == "Self" { around(facts.expr(*record).scope).map(|class| facts.scope(class).name.clone()) } else { None };
                self.records.entry(own.unwrap_or_else(|| name.clone())).or_default().push((number, *record));
            }
        }
        self.alias_calls(number, &facts, &index);
        self.units.add(super::modules::top_package(self.tree, &path), &facts);
        self.by_entry.insert(entry, number);
        let is_test = super::beside::is_test(&path);
        self.loaded.push(Loaded { entry, path, facts, index, is_test });
    }

    /// `from m import make as build`: calls of `build` are calls of `make`.
    fn alias_calls(&mut self, number: u32, facts: &FileFacts, index: &Index) {
        for id in facts.scope_ids() {
            for statement in &facts.scope(id).statements {
                let crate::facts::StatementKind::Import(import) = &statement.kind else { continue };
                let Some(item) = import.item.as_ref().filter(|item| **item != import.local && &*import.local != "*") else { continue };
                for (table, all) in [(&index.calls, &mut self.calls), (&index.mentions, &mut self.mentions)] {
                    if let Some(found) = table.get(&import.local) {
                        all.entry(item.clone()).or_default().extend(found.iter().map(|call| (number, *call)));
                    }
                }
            }
        }
    }

    /// Takes in a configuration or command file.
    pub fn add_config(&mut self, entry: usize, facts: ConfigFacts) {
        self.config_entries.insert(entry, self.configs.len() as u32);
        self.configs.push(facts);
    }

    /// Learns the crates of the tree from the manifests that were read.
    pub fn learn_crates(&mut self) {
        self.crates = super::crates::Crates::of(self.tree, &self.configs, &self.sources);
    }

    /// All loaded files.
    pub fn loaded(&self) -> &[Loaded] {
        &self.loaded
    }

    /// All configuration and command files that were read.
    pub fn configs(&self) -> &[ConfigFacts] {
        &self.configs
    }

    /// The configuration file of an entry of the tree, where it was read.
    pub fn config_of(&self, entry: usize) -> Option<u32> {
        self.config_entries.get(&entry).copied()
    }

    /// The entry of a file that a program reads by this path: from the root of the tree where it is known to start there, else the only one that lies
    /// beside the source file or in a folder around it, since a program may be started in any of them.
    pub fn file_read(&self, file: u32, path: &str, from_root: bool) -> Option<usize> {
        let path = normal(path)?;
        if from_root {
            return self.tree.find(&path);
        }
        match self.files_around(file, &path).as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }

    /// How near two loaded files lie: the folders that they share, one more for the same file.
    pub fn nearness(&self, one: u32, other: u32) -> usize {
        shared_parts(self.path(one), self.path(other))
    }

    /// Entries of a name beside a loaded file and in the folders around it, nearest first.
    pub fn files_around(&self, file: u32, name: &str) -> Vec<usize> {
        let folders = std::iter::successors(folder_of(self.path(file)), |folder| folder_of(folder));
        folders.filter_map(|folder| self.tree.find(&format!("{folder}/{name}"))).chain(self.tree.find(name)).collect()
    }

    /// Facts of a loaded file.
    pub fn facts(&self, file: u32) -> &FileFacts {
        &self.loaded[file as usize].facts
    }

    /// Look-up tables of a loaded file.
    pub fn tables(&self, file: u32) -> &Index {
        &self.loaded[file as usize].index
    }

    /// Path of a loaded file.
    pub fn path(&self, file: u32) -> &str {
        &self.loaded[file as usize].path
    }

    /// Whether a loaded file is a test.
    pub fn is_test(&self, file: u32) -> bool {
        self.loaded[file as usize].is_test
    }

    /// The loaded file of an entry of the tree.
    pub fn loaded_entry(&self, entry: usize) -> Option<u32> {
        self.by_entry.get(&entry).copied()
    }

    /// Calls whose callee's last name is `name`.
    pub fn calls_named(&self, name: &str) -> &[(u32, ExprId)] {
        self.calls.get(name).map_or(&[], Vec::as_slice)
    }

    /// Mentions of `name` that are not the callee of a call.
    pub fn mentions_of(&self, name: &str) -> &[(u32, ExprId)] {
        self.mentions.get(name).map_or(&[], Vec::as_slice)
    }

    /// Statements that assign an attribute `name` of any object, by file, scope and number.
    pub fn attribute_sets(&self, name: &str) -> &[(u32, ScopeId, u32)] {
        self.attribute_sets.get(name).map_or(&[], Vec::as_slice)
    }

    /// Names and attributes `name` that an attribute is taken of.
    pub fn objects_named(&self, name: &str) -> &[(u32, ExprId)] {
        self.objects.get(name).map_or(&[], Vec::as_slice)
    }

    /// Struct literals that may make a type of this name.
    pub fn records_of(&self, name: &str) -> Vec<(u32, ExprId)> {
        let mut found = self.records.get(name).cloned().unwrap_or_default();
        found.sort_unstable();
        found
    }

    /// The root file of a crate of the tree, by the name that `use` says.
    pub fn crate_root(&self, name: &str) -> Option<usize> {
        self.crates.root(name)
    }

    /// Notes that files which say a name are too many to read.
    pub fn leave_unread(&mut self, name: &str) {
        self.unread.insert(name.into());
    }

    /// Whether files that say a name were too many to read.
    pub fn is_left_unread(&self, name: &str) -> bool {
        self.unread.contains(name)
    }

    /// Whether a function or class of this name has a parameter whose name means concurrency.
    pub fn takes_concurrency(&self, name: &str) -> bool {
        self.with_concurrency.contains(name)
    }

    /// How many functions of this name the loaded files define.
    pub fn functions_named(&self, name: &str) -> u32 {
        self.functions.get(name).copied().unwrap_or(0)
    }

    /// Loaded classes with bases.
    pub fn derived_classes(&self) -> impl Iterator<Item = ScopeRef> {
        self.classes.iter().copied().filter(|class| !self.facts(class.file).scope(class.scope).bases.is_empty())
    }

    /// Loaded classes of a name.
    pub fn classes_named(&self, name: &str) -> &[ScopeRef] {
        self.class_names.get(name).map_or(&[], Vec::as_slice)
    }

    /// Loaded classes.
    pub fn classes(&self) -> &[ScopeRef] {
        &self.classes
    }

    /// Whether code of one loaded file may call what another defines, or the other way round.
    pub fn may_know(&self, one: u32, other: u32) -> bool {
        self.units.related(one, other)
    }

    /// The entry that an import of `path` in a loaded file leads to; `None` for what is not in the tree.
    pub fn find_module(&self, file: u32, path: &str, level: u32) -> Option<usize> {
        self.modules.find(self.tree, self.path(file), path, level, self.catalog.names_module(path))
    }

    /// The entry of a submodule of a package.
    pub fn submodule(&self, file: u32, name: &str) -> Option<usize> {
        let path = self.path(file);
        let folder = path.strip_suffix("/__init__.py").or_else(|| (path == "__init__.py").then_some(""))?;
        self.modules.below(self.tree, folder, name)
    }

    /// Names by which a file that uses this one may know it: its stem and its folder.
    pub fn module_words(&self, file: u32) -> Vec<String> {
        let path = self.path(file);
        let mut parts: Vec<&str> = path.split('/').collect();
        let stem = parts.pop().unwrap_or("").split('.').next().unwrap_or("");
        let folder = parts.pop().unwrap_or("");
        [stem, folder].into_iter().filter(|word| word.len() > 2 && *word != "__init__" && *word != "src").map(Into::into).collect()
    }

    /// Values that command lines of the project give a flag of a program to which `file` belongs.
    pub fn command_values(&self, file: u32, spellings: &[Name]) -> Vec<Given> {
        let names: Vec<&str> = spellings.iter().map(|spelling| &**spelling).filter(|spelling| spelling.starts_with('-')).collect();
        let mut found = Vec::new();
        for config in &self.configs {
            for command in &config.commands {
                // Most commands do not say the flag, and telling which program a command runs takes longer.
                if !command.words.iter().any(|word| names.iter().any(|name| word.text.starts_with(name))) {
                    continue;
                }
                let Some(program) = crate::read::command::program(&command.words) else { continue };
                let Some(word) = crate::read::command::flag_value(program.arguments, &names) else { continue };
                if self.runs(config.file, &program.kind, file) {
                    found.push(Given {
                        text: word.text.to_string(),
                        span: word.span,
                        program: self.sources.get(config.file).path.to_string(),
                    });
                }
            }
        }
        found
    }

    /// Values that command lines, containers and `.env` files give an environment variable.
    pub fn environment_values(&self, file: u32, variable: &str) -> Vec<Given> {
        let mut found = Vec::new();
        let path = self.path(file);
        for config in &self.configs {
            // What a container or script beside another program sets is not this program's.
            let folder = self.sources.get(config.file).path.rsplit_once('/').map_or("", |(folder, _)| folder);
            if !folder.is_empty() && !path.starts_with(&format!("{folder}/")) {
                continue;
            }
            for command in &config.commands {
                found.extend(self.environment_of(command, variable, config.file));
            }
        }
        found
    }

    fn environment_of(&self, command: &CommandLine, variable: &str, file: FileId) -> Option<Given> {
        let (_, word) = command.environment.iter().find(|(name, _)| &**name == variable)?;
        let plain = !word.text.contains('$');
        plain.then(|| Given { text: word.text.to_string(), span: word.span, program: self.sources.get(file).path.to_string() })
    }

    /// Whether a command runs the program that a loaded file belongs to: the file itself, or one that shares its package.
    fn runs(&self, config: FileId, program: &crate::read::command::ProgramKind, file: u32) -> bool {
        use crate::read::command::ProgramKind;
        let path = self.path(file);
        let entry = match program {
            ProgramKind::Module(module) => self
                .modules
                .find(self.tree, path, module, 0, false)
                .or_else(|| self.modules.find(self.tree, &self.sources.get(config).path, module, 0, false))
                .and_then(|entry| match &self.tree.entries()[entry].path {
                    init if init.ends_with("__init__.py") => {
                        self.modules.below(self.tree, init.trim_end_matches("/__init__.py"), "__main__").or(Some(entry))
                    }
                    _ => Some(entry),
                }),
            ProgramKind::Script(script) => {
                let script = script.trim_start_matches("./");
                let config = &self.sources.get(config).path;
                let beside = config.rsplit_once('/').map_or_else(|| script.to_string(), |(folder, _)| format!("{folder}/{script}"));
                let others = || {
                    let mut ends = self
                        .tree
                        .entries()
                        .iter()
                        .enumerate()
                        .filter(|(_, entry)| entry.path.ends_with(&format!("/{script}")))
                        .map(|(number, _)| number);
                    ends.next().filter(|_| ends.next().is_none())
                };
                self.tree.find(&beside).or_else(|| self.tree.find(script)).or_else(others)
            }
            ProgramKind::Cargo { .. } => return path.ends_with(".rs"),
            ProgramKind::Name(name) if self.console_script(name).is_some() => {
                self.console_script(name).and_then(|module| self.modules.find(self.tree, path, &module, 0, false))
            }
            ProgramKind::Name(name) => {
                return path.split('/').any(|part| part.replace('-', "_").trim_end_matches(".py") == name.replace('-', "_"));
            }
        };
        let Some(entry) = entry else { return false };
        let started = &self.tree.entries()[entry].path;
        if **started == *path {
            return true;
        }
        // Flags are often declared beside the file that is started, in the same package.
        let package = |path: &str| path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_string());
        let (one, other) = (package(started), package(path));
        !one.is_empty() && (other == one || other.starts_with(&format!("{one}/")))
    }

    /// The module that a console script of the project starts (`[project.scripts] name = "pkg.mod:main"`).
    fn console_script(&self, name: &str) -> Option<String> {
        self.console_scripts().find(|(script, _)| *script == name).and_then(|(_, target)| target.split(':').next().map(Into::into))
    }

    /// Whether a function of this name is what a console script of the project starts.
    pub fn is_script(&self, function: &str) -> bool {
        self.console_scripts().any(|(_, target)| target.rsplit(':').next() == Some(function))
    }

    /// Console scripts of the project: each name, and the module and function that it starts.
    fn console_scripts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.configs.iter().flat_map(|config| &config.entries).filter_map(|entry| match &entry.value {
            crate::facts::config::Scalar::Text(target) => {
                let is_script = entry.path.iter().any(|key| matches!(&**key, "scripts" | "console_scripts"));
                is_script.then_some((&**entry.path.last()?, &**target))
            }
            _ => None,
        })
    }
}

/// How many parts two paths of the tree begin with alike.
pub(super) fn shared_parts(one: &str, other: &str) -> usize {
    one.split('/').zip(other.split('/')).take_while(|(one, other)| one == other).count()
}

/// The folder that a path of the tree lies in; `None` at the root.
pub(super) fn folder_of(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(folder, _)| folder)
}

/// A relative path without `.` and `..`; `None` for one that leads out of the tree.
fn normal(path: &str) -> Option<String> {
    if path.starts_with(['/', '~']) {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
