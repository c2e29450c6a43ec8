//! The loaded knowledge base with look-ups by name, built once.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};

use super::concurrency::{Executor, FanOut, Handler, Hidden, Limiter, NumberFunction, NumberMethod, Source, Starter, Statistic};
use super::library::{Constant, Constructor, DefaultValue, Library, Literal, PoolKind, Setting};
use super::load::{self, Entry, Written};
use super::names::Names;
use super::origins::{DocumentReader, Environment, FileCall, FlagOption, Parser, Provider, SettingsModule, SharedState};
use super::version::Versions;
use super::{base, check, embedded};
use crate::text::{Language, Problem};

/// The knowledge base. Symbols are dotted paths in both languages.
#[derive(Debug, Default)]
pub struct Catalog {
    libraries: Vec<Library>,
    sources: Vec<Source>,
    constructors: Places,
    constants: Places,
    limiters: Places,
    executors: Places,
    fan_outs: Places,
    fan_out_methods: Places,
    /// Last names of all fan-outs, symbols and methods.
    fan_out_names: FxHashSet<Box<str>>,
    starters: Places,
    starter_methods: Places,
    parsers: Places,
    options: Places,
    environment: Places,
    functions: Places,
    files: Places,
    file_methods: Places,
    documents: Places,
    methods: [Places; 2],
    modules: FxHashSet<Box<str>>,
    names: Names,
    limiters_by_name: Names,
    latency: Names,
    latency_p95: Names,
}

/// Symbol → which file, which entry of it.
type Places = FxHashMap<Box<str>, (u32, u32)>;

/// A constructor with the library and the pool kind that it belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// The library.
    pub library: &'a Library,
    /// The constructor.
    pub constructor: &'a Constructor,
    /// The pool whose settings it takes; `None` where the library makes none.
    pub pool: Option<&'a PoolKind>,
}

impl Catalog {
    /// The knowledge base that comes with the program, parsed at the first call.
    pub fn built_in() -> &'static Self {
        static BUILT_IN: OnceLock<Catalog> = OnceLock::new();
        BUILT_IN.get_or_init(|| {
            // The files were checked when this version was built; what cannot be read here is left out.
            let (libraries, sources, _) = built_in_files();
            let whole = base::resolve(&libraries).unwrap_or_else(|_| libraries.into_iter().map(|file| file.entry).collect());
            Self::index(whole, sources.into_iter().map(|file| file.entry).collect())
        })
    }

    /// The built-in knowledge base with users' files added. A library or source of a built-in's name takes its place.
    ///
    /// # Errors
    /// Everything that is wrong with the files, in their order.
    pub fn with_files(paths: &[PathBuf]) -> Result<Self, Vec<Problem>> {
        let (mut libraries, mut sources, mut problems) = built_in_files();
        for path in paths {
            match read(path) {
                Ok(Entry::Library(file)) => put(&mut libraries, *file, |library| &library.name),
                Ok(Entry::Source(file)) => put(&mut sources, *file, |source| &source.name),
                Err(more) => problems.extend(more),
            }
        }
        Self::checked(&libraries, sources, problems)
    }

    fn checked(libraries: &[Written<Library>], sources: Vec<Written<Source>>, mut problems: Vec<Problem>) -> Result<Self, Vec<Problem>> {
        match base::resolve(libraries) {
            Ok(whole) => {
                problems.extend(check::libraries(libraries, &whole));
                problems.extend(check::sources(&sources));
                if problems.is_empty() {
                    return Ok(Self::index(whole, sources.into_iter().map(|file| file.entry).collect()));
                }
            }
            Err(more) => problems.extend(more),
        }
        Err(problems)
    }

    fn index(mut libraries: Vec<Library>, sources: Vec<Source>) -> Self {
        libraries.sort_by(|a, b| (a.language, &a.name).cmp(&(b.language, &b.name)));
        let mut catalog = Self::default();
        let modules = &mut catalog.modules;
        for (file, library) in libraries.iter().enumerate() {
            add(&mut catalog.constructors, modules, file, library.constructors.iter().map(|entry| &entry.symbols));
            add(&mut catalog.constants, modules, file, library.constants.iter().map(|entry| &entry.symbols));
        }
        for (file, source) in sources.iter().enumerate() {
            add(&mut catalog.limiters, modules, file, source.limiters.iter().map(|entry| &entry.symbols));
            add(&mut catalog.executors, modules, file, source.executors.iter().map(|entry| &entry.symbols));
            add(&mut catalog.fan_outs, modules, file, source.fan_outs.iter().map(|entry| &entry.symbols));
            add(&mut catalog.fan_out_methods, modules, file, source.fan_outs.iter().map(|entry| &entry.methods));
            for fan_out in &source.fan_outs {
                let last = |symbol: &String| symbol.rsplit('.').next().unwrap_or("").into();
                catalog.fan_out_names.extend(fan_out.symbols.iter().map(last));
                catalog.fan_out_names.extend(fan_out.methods.iter().map(|method| method.as_str().into()));
            }
            add(&mut catalog.starters, modules, file, source.starters.iter().map(|entry| &entry.symbols));
            add(&mut catalog.starter_methods, modules, file, source.starters.iter().map(|entry| &entry.methods));
            add(&mut catalog.parsers, modules, file, source.parsers.iter().map(|entry| &entry.symbols));
            add(&mut catalog.options, modules, file, source.options.iter().map(|entry| &entry.symbols));
            add(&mut catalog.environment, modules, file, source.environment.iter().map(|entry| &entry.symbols));
            add(&mut catalog.functions, modules, file, source.functions.iter().map(|entry| &entry.symbols));
            add(&mut catalog.files, modules, file, source.files.iter().map(|entry| &entry.symbols));
            add(&mut catalog.file_methods, modules, file, source.files.iter().map(|entry| &entry.methods));
            add(&mut catalog.documents, modules, file, source.documents.iter().map(|entry| &entry.symbols));
            for (language, methods) in [Language::Python, Language::Rust].into_iter().zip(&mut catalog.methods) {
                if source.language.is_none_or(|only| only == language) {
                    for (entry, method) in source.methods.iter().enumerate() {
                        for name in &method.names {
                            methods.entry(name.as_str().into()).or_insert((file as u32, entry as u32));
                        }
                    }
                }
            }
            catalog.names.add(&source.names, &source.not_names);
            catalog.limiters_by_name.add(&source.limiter_names, &[]);
            catalog.latency.add(&source.latency_names, &source.latency_not_names);
            catalog.latency_p95.add(&source.latency_p95_names, &source.latency_not_names);
        }
        Self { libraries, sources, ..catalog }
    }

    /// The constructor that programs reach under a symbol.
    pub fn constructor(&self, symbol: &str) -> Option<Found<'_>> {
        let &(file, entry) = self.constructors.get(symbol)?;
        let library = self.libraries.get(file as usize)?;
        let constructor = library.constructors.get(entry as usize)?;
        let pool = match &constructor.pool {
            Some(name) => library.pools.iter().find(|pool| pool.name == *name),
            None => library.pools.first(),
        };
        Some(Found { library, constructor, pool })
    }

    /// The constant of a library that a symbol names.
    pub fn constant(&self, symbol: &str) -> Option<&Constant> {
        let &(file, entry) = self.constants.get(symbol)?;
        self.libraries.get(file as usize)?.constants.get(entry as usize)
    }

    /// The semaphore or capacity limiter that a symbol makes.
    pub fn limiter(&self, symbol: &str) -> Option<&Limiter> {
        self.entry(&self.limiters, symbol, |source| &source.limiters)
    }

    /// Whether a method takes a place of the limiter that a symbol makes.
    pub fn takes_place(&self, symbol: &str, method: &str) -> bool {
        self.limiter(symbol).is_some_and(|limiter| limiter.acquires.iter().any(|known| known == method))
    }

    /// The executor that a symbol makes.
    pub fn executor(&self, symbol: &str) -> Option<&Executor> {
        self.entry(&self.executors, symbol, |source| &source.executors)
    }

    /// The fan-out call that a symbol names.
    pub fn fan_out(&self, symbol: &str) -> Option<&FanOut> {
        self.entry(&self.fan_outs, symbol, |source| &source.fan_outs)
    }

    /// The fan-out that a method of this name is, whatever it is called on.
    pub fn fan_out_method(&self, name: &str) -> Option<&FanOut> {
        self.entry(&self.fan_out_methods, name, |source| &source.fan_outs)
    }

    /// The call that starts a task, by symbol.
    pub fn starter(&self, symbol: &str) -> Option<&Starter> {
        self.entry(&self.starters, symbol, |source| &source.starters)
    }

    /// The call that starts a task, by the method's name, whatever it is called on.
    pub fn starter_method(&self, name: &str) -> Option<&Starter> {
        self.entry(&self.starter_methods, name, |source| &source.starters)
    }

    /// Whether a symbol makes nothing that is known here.
    pub fn is_unknown(&self, symbol: &str) -> bool {
        self.constructor(symbol).is_none()
            && self.limiter(symbol).is_none()
            && self.executor(symbol).is_none()
            && self.parser(symbol).is_none()
            && self.document(symbol).is_none()
    }

    /// How servers are told of the functions that they run for each request.
    pub fn handlers(&self) -> impl Iterator<Item = &Handler> {
        self.sources.iter().flat_map(|source| &source.handlers)
    }

    /// The method of a client, by the client's constructor, that sends several requests at once.
    pub fn hidden(&self, client: &str, method: &str) -> Option<&Hidden> {
        let all = self.sources.iter().flat_map(|source| &source.hidden);
        all.into_iter()
            .find(|hidden| hidden.clients.iter().any(|known| known == client) && hidden.methods.iter().any(|known| known == method))
    }

    /// The command-line parser that a symbol makes.
    pub fn parser(&self, symbol: &str) -> Option<&Parser> {
        self.entry(&self.parsers, symbol, |source| &source.parsers)
    }

    /// The parser for which a function declares flags.
    pub fn parser_defined_by(&self, symbol: &str) -> Option<&Parser> {
        self.sources.iter().flat_map(|source| &source.parsers).find(|parser| parser.defines.iter().any(|known| known == symbol))
    }

    /// The decorator or default value that declares a flag.
    pub fn option(&self, symbol: &str) -> Option<&FlagOption> {
        self.entry(&self.options, symbol, |source| &source.options)
    }

    /// The call or mapping that reads the environment.
    pub fn environment(&self, symbol: &str) -> Option<&Environment> {
        self.entry(&self.environment, symbol, |source| &source.environment)
    }

    /// The function or constant of the language whose number is known. Built-in functions are plain names (`int`).
    pub fn function(&self, symbol: &str) -> Option<&NumberFunction> {
        self.entry(&self.functions, symbol, |source| &source.functions)
    }

    /// What gives functions their parameters when a framework calls them.
    pub fn providers(&self) -> impl Iterator<Item = &Provider> {
        self.sources.iter().flat_map(|source| &source.providers)
    }

    /// Objects of frameworks in which programs keep what their functions share.
    pub fn shared_states(&self) -> impl Iterator<Item = &SharedState> {
        self.sources.iter().flat_map(|source| &source.shared_states)
    }

    /// The object of a framework whose attributes are the names of a module of the program.
    pub fn settings_module(&self, symbol: &str) -> Option<&SettingsModule> {
        let mut all = self.sources.iter().flat_map(|source| &source.settings_modules);
        all.find(|object| object.symbols.iter().any(|known| known == symbol))
    }

    /// The call or constant that gives a file's path or contents.
    pub fn file(&self, symbol: &str) -> Option<&FileCall> {
        self.entry(&self.files, symbol, |source| &source.files)
    }

    /// The same for a method of paths and opened files.
    pub fn file_method(&self, name: &str) -> Option<&FileCall> {
        self.entry(&self.file_methods, name, |source| &source.files)
    }

    /// The call or constructor that reads configuration files.
    pub fn document(&self, symbol: &str) -> Option<&DocumentReader> {
        self.entry(&self.documents, symbol, |source| &source.documents)
    }

    /// The method of numbers, optional values or sequences of this name in a language, whatever it is called on.
    pub fn number_method(&self, language: Language, name: &str) -> Option<&NumberMethod> {
        let [python, rust] = &self.methods;
        let places = if language == Language::Python { python } else { rust };
        self.entry(places, name, |source| &source.methods)
    }

    /// Whether a symbol makes a cell that is filled once.
    pub fn is_cell(&self, symbol: &str) -> bool {
        self.sources.iter().any(|source| source.cells.iter().any(|known| known == symbol))
    }

    /// Whether a symbol makes an object whose attributes each thread has for itself.
    pub fn is_per_thread(&self, symbol: &str) -> bool {
        self.sources.iter().any(|source| source.per_thread.iter().any(|known| known == symbol))
    }

    /// Whether a derive writes a builder for a type.
    pub fn is_builder(&self, symbol: &str) -> bool {
        self.sources.iter().any(|source| source.builders.iter().any(|known| known == symbol))
    }

    /// Whether a symbol gives a function with some of its arguments.
    pub fn is_partial(&self, symbol: &str) -> bool {
        self.sources.iter().any(|source| source.partials.iter().any(|known| known == symbol))
    }

    /// Whether a call of this last name may be a fan-out.
    pub fn is_fan_out_name(&self, name: &str) -> bool {
        self.fan_out_names.contains(name)
    }

    fn entry<'a, T>(&'a self, places: &Places, symbol: &str, list: impl Fn(&'a Source) -> &'a Vec<T>) -> Option<&'a T> {
        let &(file, entry) = places.get(symbol)?;
        list(self.sources.get(file as usize)?).get(entry as usize)
    }

    /// A library by name.
    pub fn library(&self, name: &str) -> Option<&Library> {
        self.libraries.iter().find(|library| library.name == name)
    }

    /// All libraries, by language and name.
    pub fn libraries(&self) -> &[Library] {
        &self.libraries
    }

    /// All sources of concurrency: the built-in ones by name, then the users'.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The words of which one at least stands in any file that makes a pool: sorted, none inside another.
    pub fn words(&self, language: Language) -> Vec<&str> {
        let mut all: Vec<&str> = self
            .libraries
            .iter()
            .filter(|library| library.language == language)
            .flat_map(|library| &library.words)
            .map(String::as_str)
            .collect();
        all.sort_unstable();
        all.dedup();
        // Where the shorter is found, the longer adds nothing but work.
        let needed = |word: &str| !all.iter().any(|other| *other != word && word.contains(other));
        all.iter().copied().filter(|word| needed(word)).collect()
    }

    /// Whether the name of a flag, key or constant says that its number is a number of things done at once.
    pub fn means_concurrency(&self, name: &str) -> bool {
        self.names.contain(name)
    }

    /// Whether the name of something that is entered says that it lets a number in at a time.
    pub fn means_limiter(&self, name: &str) -> bool {
        self.limiters_by_name.contain(name)
    }

    /// Which figure of a latency the name of a flag, key or constant says its number is; the name without its unit.
    pub fn means_latency(&self, name: &str) -> Option<Statistic> {
        if self.latency_p95.contain(name) {
            return Some(Statistic::P95);
        }
        self.latency.contain(name).then_some(Statistic::Mean)
    }

    /// Whether a dotted path is a module or package (or class) below which a known symbol stands.
    pub fn names_module(&self, path: &str) -> bool {
        self.modules.contains(path)
    }
}

/// The default of a setting in the newest of some versions of its library.
pub fn default_for<'a>(setting: &'a Setting, versions: &Versions) -> &'a DefaultValue {
    static NONE: DefaultValue = DefaultValue { value: Literal::Word(String::new()), since: None, until: None, source: String::new() };
    let holds = |default: &&DefaultValue| versions.newest_is_within(default.since.as_deref(), default.until.as_deref());
    setting.defaults.iter().find(holds).or(setting.defaults.last()).unwrap_or(&NONE)
}

/// The default of a setting in an older one of some versions, where it is another than in the newest.
pub fn other_default_for<'a>(setting: &'a Setting, versions: &Versions) -> Option<&'a DefaultValue> {
    let newest = &default_for(setting, versions).value;
    let mut defaults = setting.defaults.iter().rev();
    defaults.find(|default| default.value != *newest && versions.may_be_within(default.since.as_deref(), default.until.as_deref()))
}

/// Names → places, and every prefix of each name → the modules. The first to claim a name keeps it.
fn add<'a>(places: &mut Places, modules: &mut FxHashSet<Box<str>>, file: usize, names: impl Iterator<Item = &'a Vec<String>>) {
    for (entry, names) in names.enumerate() {
        for name in names {
            places.entry(name.as_str().into()).or_insert((file as u32, entry as u32));
            for (dot, _) in name.match_indices('.') {
                if !modules.contains(&name[..dot]) {
                    modules.insert(name[..dot].into());
                }
            }
        }
    }
}

/// The embedded files, and what is wrong with them (nothing, in a program that passed its tests).
fn built_in_files() -> (Vec<Written<Library>>, Vec<Written<Source>>, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut libraries = Vec::new();
    for (stem, path, text, packed) in embedded::LIBRARIES.iter().chain(embedded::RUST_LIBRARIES) {
        match load::library(stem, path, text, Some(packed)) {
            Ok(file) => libraries.push(file),
            Err(more) => problems.extend(more),
        }
    }
    let mut sources = Vec::new();
    for (stem, path, text, packed) in embedded::CONCURRENCY {
        match load::source(stem, path, text, Some(packed)) {
            Ok(file) => sources.push(file),
            Err(more) => problems.extend(more),
        }
    }
    (libraries, sources, problems)
}

fn read(path: &Path) -> Result<Entry, Vec<Problem>> {
    let shown = path.display().to_string().replace('\\', "/");
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    match crate::text::load(path) {
        Ok(text) => load::either(&stem, &shown, &text),
        Err(why) => Err(vec![Problem::of_file(shown, why.to_string())]),
    }
}

fn put<T>(all: &mut Vec<Written<T>>, new: Written<T>, name: impl Fn(&T) -> &String) {
    match all.iter_mut().find(|old| name(&old.entry) == name(&new.entry)) {
        Some(old) => *old = new,
        None => all.push(new),
    }
}
