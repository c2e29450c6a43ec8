//! Reading by need: seeds first, then the files that a name, a caller or a flag leads to, round by round to a fixpoint.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::beside::is_test;
use super::eval::Wants;
use super::index::Index;
use super::project::Project;
use crate::catalog::Catalog;
use crate::discover::{Entry, Kind, Tree, Words, is_setup_script};
use crate::facts::{Scope, ScopeKind};
use crate::finding::{Counters, ReadReason};
use crate::text::{Language, Problem};

/// Most rounds of reading after the seeds.
const MAX_ROUNDS: u64 = 8;

/// How many questions may be answered before no further round begins. What a round asks is asked anew in the next, and what is wanted late is far
/// from any pool: it rarely decides anything, and in a large tree leads everywhere.
const MAX_QUESTIONS: u64 = 600_000;

/// A name that more files say than this leads only to those that also say where it comes from.
const COMMON: usize = 12;

/// Most files that one name leads to.
const MAX_FILES: usize = 60;

/// Most files that are read after the seeds, and most for each seed where there are many: in a tree of any size only so much is near a pool.
const MAX_READ: usize = 1_500;
const MAX_READ_PER_SEED: usize = 2;

/// What the reading did, and how far it got.
#[derive(Default, Debug)]
pub struct Reading {
    /// Exact counters.
    pub counters: Counters,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// Why each file was read.
    pub reads: Vec<ReadReason>,
    asked: Asked,
    /// How many files were read first.
    seeds: usize,
    /// Whether there was no room for files that a name leads to.
    is_short: bool,
    /// Whether another round can bring nothing.
    is_over: bool,
}

/// What was looked up already.
#[derive(Default, Debug)]
struct Asked {
    names: FxHashSet<String>,
    flags: FxHashSet<String>,
    configs: FxHashSet<usize>,
}

/// What a round reads.
#[derive(Debug)]
pub struct Round {
    /// Source files by entry, each with what led to it.
    files: Vec<(usize, String)>,
    /// Configuration and command files.
    configs: Vec<usize>,
    /// Names that more files say than are read.
    unread: Vec<String>,
}

/// Reads the seeds: files that may make a pool, and what the packages of the tree say.
pub fn read_seeds<'a>(tree: &'a Tree, catalog: &'a Catalog) -> (Project<'a>, Reading) {
    let mut project = Project::new(tree, catalog);
    let mut reading = Reading { problems: tree.problems().to_vec(), ..Reading::default() };
    reading.counters.entries = tree.seen();
    let seeds = seeds(tree, catalog, &mut reading);
    load(&mut project, seeds.into_iter().map(|entry| (entry, "a pool's constructor".to_string())).collect(), &mut reading);
    reading.seeds = project.loaded().len();
    if project.loaded().is_empty() {
        reading.is_over = true;
        return (project, reading);
    }
    let says_versions = |entry: &Entry| matches!(entry.kind, Kind::Packages(_)) || is_setup_script(&entry.path);
    let packages = (0..tree.entries().len()).filter(|entry| says_versions(&tree.entries()[*entry]));
    load_configs(&mut project, packages, &mut reading);
    project.learn_crates();
    (project, reading)
}

impl Reading {
    /// What to read for answers that took so many questions and wanted this; `None` where there is nothing more to read, so that the answers stand.
    pub fn next(&mut self, project: &Project<'_>, questions: u64, wants: Wants) -> Option<Round> {
        self.counters.questions += questions;
        if self.is_over {
            return None;
        }
        let round = self.wanted(project, wants)?;
        if self.counters.rounds >= MAX_ROUNDS || self.counters.questions > MAX_QUESTIONS {
            self.is_short = true;
            return None;
        }
        Some(round)
    }

    /// What these wants lead to that is not read; `None` where that is nothing.
    fn wanted(&mut self, project: &Project<'_>, wants: Wants) -> Option<Round> {
        let names: FxHashMap<String, FxHashSet<String>> =
            wants.names.into_iter().filter(|(name, _)| self.asked.names.insert(name.clone())).collect();
        self.counters.names += names.len() as u64;
        let mut files: FxHashMap<usize, String> = wants.entries;
        let is_new = |entry: &usize| project.loaded_entry(*entry).is_none();
        files.retain(|entry, _| is_new(entry));
        let read = project.loaded().len().saturating_sub(self.seeds);
        let room = (self.seeds * MAX_READ_PER_SEED).max(MAX_READ).saturating_sub(read);
        let mut unread = Vec::new();
        for (name, mut entries) in files_that_say(project, &names) {
            let are_many = entries.len() > MAX_FILES;
            entries.retain(is_new);
            let more = entries.iter().filter(|entry| !files.contains_key(entry)).count();
            let has_room = more == 0 || files.len() + more <= room;
            self.is_short |= !has_room;
            if are_many || !has_room {
                unread.push(name);
                continue;
            }
            for entry in entries {
                files.entry(entry).or_insert_with(|| format!("`{name}`"));
            }
        }
        let flags: Vec<String> = wants.flags.into_iter().filter(|flag| flag.len() > 2 && self.asked.flags.insert(flag.clone())).collect();
        let mut configs = configs_that_say(project.tree, &flags);
        if !flags.is_empty() {
            // Short flags are too short to search for, and command files are few.
            let entries = project.tree.entries().iter().enumerate();
            configs.extend(entries.filter(|(_, entry)| matches!(entry.kind, Kind::Commands(_))).map(|(number, _)| number));
        }
        configs.extend(wants.configs);
        configs.retain(|entry| self.asked.configs.insert(*entry));
        let mut files: Vec<(usize, String)> = files.into_iter().collect();
        files.sort();
        self.is_short |= files.len() > room;
        files.truncate(room);
        let round = Round { files, configs, unread };
        (!round.files.is_empty() || !round.configs.is_empty() || !round.unread.is_empty()).then_some(round)
    }

    /// Whether more files could matter than are read.
    pub fn is_short(&self) -> bool {
        self.is_short
    }

    /// Reads what a round asks for.
    pub fn read(&mut self, project: &mut Project<'_>, round: Round) {
        for name in round.unread {
            project.leave_unread(&name);
        }
        let before = (project.loaded().len(), project.configs().len());
        self.counters.rounds += 1;
        load(project, round.files, self);
        load_configs(project, round.configs, self);
        if before == (project.loaded().len(), project.configs().len()) {
            self.counters.rounds -= 1;
            self.is_over = true;
        }
    }
}

/// Files that may make a pool.
fn seeds(tree: &Tree, catalog: &Catalog, reading: &mut Reading) -> Vec<usize> {
    let mut found = Vec::new();
    for language in [Language::Python, Language::Rust] {
        let words = catalog.words(language);
        let kind = kind_of(language);
        let Ok(words) = Words::new(&words) else { continue };
        if words.is_empty() {
            continue;
        }
        let search = tree.containing(&words, |candidate| candidate == kind);
        reading.counters.files += search.files;
        reading.counters.bytes += search.bytes;
        reading.counters.hits += search.hits.len() as u64;
        reading.problems.extend(search.problems);
        found.extend(search.hits.into_iter().map(|hit| hit.entry));
    }
    found
}

fn kind_of(language: Language) -> Kind {
    match language {
        Language::Python => Kind::Python,
        Language::Rust => Kind::Rust,
    }
}

fn language_of(kind: Kind) -> Language {
    if kind == Kind::Rust { Language::Rust } else { Language::Python }
}

/// Files that say each wanted name, of a common name only those that also say where it comes from; what few say comes first.
fn files_that_say(project: &Project<'_>, names: &FxHashMap<String, FxHashSet<String>>) -> Vec<(String, Vec<usize>)> {
    if names.is_empty() {
        return Default::default();
    }
    let mut words: Vec<&str> = names.keys().map(String::as_str).chain(names.values().flatten().map(String::as_str)).collect();
    words.sort_unstable();
    words.dedup();
    let Ok(needles) = Words::identifiers(&words) else { return Default::default() };
    let search = project.tree.containing(&needles, Kind::is_source);
    let mut by_word: FxHashMap<&str, FxHashSet<usize>> = FxHashMap::default();
    for hit in &search.hits {
        for word in &hit.words {
            if let Some(word) = words.get(*word as usize) {
                by_word.entry(word).or_default().insert(hit.entry);
            }
        }
    }
    let mut found = Vec::new();
    for (name, companions) in names {
        let Some(entries) = by_word.get(name.as_str()) else { continue };
        let mut entries: Vec<usize> = entries.iter().copied().filter(|entry| !is_test(&project.tree.entries()[*entry].path)).collect();
        entries.sort_unstable();
        if entries.len() > COMMON {
            entries.retain(|entry| {
                companions.iter().any(|companion| by_word.get(companion.as_str()).is_some_and(|says| says.contains(entry)))
            });
        }
        found.push((companions.is_empty(), entries.len(), name.clone(), entries));
    }
    // A file that several lead to is read for what says more: a name that also says where it comes from.
    found.sort_unstable();
    found.into_iter().map(|(_, _, name, entries)| (name, entries)).collect()
}

/// Command and configuration files that say a flag or variable.
fn configs_that_say(tree: &Tree, flags: &[String]) -> Vec<usize> {
    if flags.is_empty() {
        return Vec::new();
    }
    let words: Vec<&str> = flags.iter().map(String::as_str).collect();
    let Ok(needles) = Words::new(&words) else { return Vec::new() };
    tree.containing(&needles, |kind| matches!(kind, Kind::Commands(_) | Kind::Config(_))).hits.into_iter().map(|hit| hit.entry).collect()
}

/// Reads source files in parallel, and takes them in by entry.
fn load(project: &mut Project<'_>, mut files: Vec<(usize, String)>, reading: &mut Reading) {
    files.sort();
    let round = reading.counters.rounds as u32;
    let mut ids = Vec::new();
    for (entry, because) in files {
        let path = project.tree.entries()[entry].path.clone();
        match project.tree.text(entry) {
            Ok(text) => {
                reading.counters.files_parsed += 1;
                reading.counters.bytes_parsed += text.len() as u64;
                reading.reads.push(ReadReason { path: path.to_string(), round, because });
                ids.push((entry, project.sources.add(path, text)));
            }
            Err(why) => reading.problems.push(Problem::of_file(&*path, why.to_string())),
        }
    }
    let (sources, tree) = (&project.sources, project.tree);
    let read: Vec<_> = ids
        .par_iter()
        .map(|(entry, id)| {
            let facts = crate::read::source(sources.get(*id), language_of(tree.entries()[*entry].kind), None);
            let index = Index::of(&facts);
            (*entry, facts, index)
        })
        .collect();
    for (entry, facts, index) in read {
        reading.problems.extend(facts.problems.iter().cloned());
        let is_function = |scope: &&Scope| matches!(scope.kind, ScopeKind::Function | ScopeKind::Lambda);
        reading.counters.functions += facts.scopes.iter().filter(is_function).count() as u64;
        reading.counters.calls += index.calls.values().map(|calls| calls.len() as u64).sum::<u64>();
        project.add(entry, facts, index);
    }
}

/// Reads configuration, command and package files.
fn load_configs(project: &mut Project<'_>, entries: impl IntoIterator<Item = usize>, reading: &mut Reading) {
    for entry in entries {
        let (path, kind) = (project.tree.entries()[entry].path.clone(), project.tree.entries()[entry].kind);
        match project.tree.text(entry) {
            Ok(text) => {
                let id = project.sources.add(path, text);
                let facts = crate::read::config::read(project.sources.get(id), kind);
                reading.problems.extend(facts.problems.iter().cloned());
                project.add_config(entry, facts);
            }
            Err(why) => reading.problems.push(Problem::of_file(&*path, why.to_string())),
        }
    }
}
