//! What the types cannot say about the knowledge base: names that must exist, roles that must be unique, versions that must be in order.

use std::collections::{BTreeMap, BTreeSet};

use super::concurrency::{Gives, Source};
use super::library::{Constructor, DefaultValue, Library, Makes, Parameter, PoolKind, Role, Shape};
use super::load::{Key, Written, locate, nearest, problem};
use super::version::Version;
use crate::text::Problem;

use Key::{Index, Name};

/// Least length of a seed word in bytes; shorter ones occur everywhere.
pub const LEAST_WORD: usize = 4;

/// Roles that several settings of one pool may have.
const SHARED_ROLES: [Role; 3] = [Role::ConnectTimeout, Role::ReadTimeout, Role::Other];

/// What is wrong with libraries; `whole` holds the same ones with their bases laid under them.
pub fn libraries(written: &[Written<Library>], whole: &[Library]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for (file, library) in written.iter().zip(whole) {
        let mut report =
            |path: &[Key<'_>], message: String| problems.push(problem(&file.path, &file.text, locate(&file.text, path), message));
        head(file, &mut report);
        for (at, pool) in file.entry.pools.iter().enumerate() {
            let merged = library.pools.iter().find(|whole| whole.name == pool.name).unwrap_or(pool);
            self::pool(at, pool, merged, &mut report);
        }
        for (at, constructor) in file.entry.constructors.iter().enumerate() {
            self::constructor(at, constructor, library, &mut report);
        }
        let mut own: BTreeSet<&str> = BTreeSet::new();
        for symbol in library.constructors.iter().flat_map(|constructor| &constructor.symbols) {
            let owner = owners.entry(symbol).or_insert(&library.name);
            if *owner != library.name {
                report(&place_of(symbol, &file.entry), format!("`{symbol}` already belongs to library `{owner}`"));
            } else if !own.insert(symbol) {
                report(&place_of(symbol, &file.entry), format!("two constructors claim `{symbol}`"));
            }
        }
    }
    problems
}

type Report<'a> = dyn FnMut(&[Key<'_>], String) + 'a;

/// Where a file writes a symbol last; its `base` where the symbol is inherited.
fn place_of<'a>(symbol: &str, library: &Library) -> Vec<Key<'a>> {
    for (at, constructor) in library.constructors.iter().enumerate().rev() {
        if let Some(index) = constructor.symbols.iter().rposition(|own| own == symbol) {
            return vec![Name("constructor"), Index(at), Name("symbols"), Index(index)];
        }
    }
    vec![Name("base")]
}

fn head(file: &Written<Library>, report: &mut Report<'_>) {
    let library = &file.entry;
    if library.name != file.stem {
        report(&[Name("name")], format!("the name `{}` differs from the file's, `{}`", library.name, file.stem));
    }
    if Version::parse(&library.checked).is_none() {
        report(&[Name("checked")], format!("`{}` is no version", library.checked));
    }
    for (at, word) in library.words.iter().enumerate() {
        if word.len() < LEAST_WORD {
            report(&[Name("words"), Index(at)], format!("`{word}` is too short to search for; {LEAST_WORD} bytes at least"));
        }
    }
}

fn pool(at: usize, pool: &PoolKind, merged: &PoolKind, report: &mut Report<'_>) {
    let mut roles: BTreeMap<String, &str> = BTreeMap::new();
    let mut names: Vec<&str> = Vec::new();
    for (index, setting) in pool.settings.iter().enumerate() {
        let place = [Name("pool"), Index(at), Name("setting"), Index(index)];
        let inside = |last: &'static str| [place[0], place[1], place[2], place[3], Name(last)];
        if names.contains(&setting.name.as_str()) {
            report(&inside("name"), format!("the setting `{}` stands here twice", setting.name));
        }
        names.push(&setting.name);
        if !SHARED_ROLES.contains(&setting.role)
            && let Some(other) = roles.insert(format!("{:?}", setting.role), &setting.name)
        {
            report(&inside("role"), format!("`{}` and `{other}` cannot both have this role", setting.name));
        }
        defaults(&setting.defaults, &place, report);
        if let Some(follows) = &setting.follows {
            let known: Vec<&str> = merged.settings.iter().map(|other| other.name.as_str()).filter(|other| *other != setting.name).collect();
            if !known.contains(&follows.as_str()) {
                report(&inside("follows"), unknown("setting", follows, &known));
            }
        }
    }
    if merged.settings.is_empty() {
        report(&[Name("pool"), Index(at)], "a pool needs a `[[pool.setting]]`".into());
    }
    let has = |role| merged.settings.iter().any(|setting| setting.role == role);
    let missing = match pool.shape {
        Shape::BlockingFlag if !has(Role::Block) => Some("block"),
        Shape::SizeAndOverflow if !has(Role::Overflow) => Some("overflow"),
        Shape::SizeAndOverflow if !has(Role::Total) => Some("total"),
        Shape::IdleOnly if !has(Role::Idle) => Some("idle"),
        _ => None,
    };
    if let Some(role) = missing {
        report(&[Name("pool"), Index(at), Name("shape")], format!("this shape needs a setting of role `{role}`"));
    }
    for (index, quirk) in pool.quirks.iter().enumerate() {
        for (key, version) in [("since", &quirk.since), ("until", &quirk.until)] {
            if let Some(version) = version.as_deref().filter(|version| Version::parse(version).is_none()) {
                report(&[Name("pool"), Index(at), Name("quirk"), Index(index), Name(key)], format!("`{version}` is no version"));
            }
        }
    }
}

/// Defaults must cover all versions, oldest first, and end with the one that holds today.
fn defaults(defaults: &[DefaultValue], setting: &[Key<'_>; 4], report: &mut Report<'_>) {
    let place = |index: usize, key: &'static str| {
        let mut place = setting.to_vec();
        place.extend([Name("default"), Index(index), Name(key)]);
        place
    };
    let mut before: Option<Version> = None;
    for (index, default) in defaults.iter().enumerate() {
        for (key, text) in [("since", &default.since), ("until", &default.until)] {
            let Some(text) = text else { continue };
            match Version::parse(text) {
                None => report(&place(index, key), format!("`{text}` is no version")),
                Some(version) if before.as_ref().is_some_and(|before| version < *before) => {
                    report(&place(index, key), format!("`{text}` is older than the version before it; the oldest default stands first"));
                }
                version => before = version,
            }
        }
    }
    match defaults.last() {
        None => report(setting, "a setting needs a default".into()),
        Some(last) if last.until.is_some() => {
            report(&place(defaults.len() - 1, "until"), "the last default holds today and has no `until`".into());
        }
        Some(_) => {}
    }
}

fn constructor(at: usize, constructor: &Constructor, library: &Library, report: &mut Report<'_>) {
    let place = |rest: &[Key<'static>]| [&[Name("constructor"), Index(at)], rest].concat();
    if constructor.symbols.is_empty() {
        report(&place(&[Name("symbols")]), "a constructor needs a symbol".into());
    }
    for (index, symbol) in constructor.symbols.iter().enumerate() {
        let parts_are_names = symbol.split('.').all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_'));
        if !symbol.contains('.') || !parts_are_names {
            report(&place(&[Name("symbols"), Index(index)]), format!("`{symbol}` is no dotted path from a top-level package"));
        }
    }
    let kinds: Vec<&str> = library.pools.iter().map(|pool| pool.name.as_str()).collect();
    let kind = match &constructor.pool {
        Some(name) => library.pools.iter().find(|pool| pool.name == *name),
        None => library.pools.first(),
    };
    match (&constructor.pool, kind) {
        (Some(name), None) => report(&place(&[Name("pool")]), unknown("pool", name, &kinds)),
        (None, None) if matches!(constructor.makes, Makes::Pool | Makes::Client | Makes::OneShot) => {
            report(&place(&[Name("makes")]), "a library that makes pools needs a `[[pool]]`".into());
        }
        _ => {}
    }
    for (index, parameter) in constructor.parameters.iter().enumerate() {
        for (symbol, name) in parameter.kinds.iter().filter(|(_, name)| !kinds.contains(&name.as_str())) {
            report(
                &[place(&[Name("parameter"), Index(index), Name("kinds")]).as_slice(), &[Name(symbol)]].concat(),
                unknown("pool", name, &kinds),
            );
        }
    }
    for (index, parameter) in constructor.parameters.iter().enumerate() {
        for (nth, url) in parameter.urls.iter().enumerate() {
            let inside = |key| place(&[Name("parameter"), Index(index), Name("urls"), Index(nth), Name(key)]);
            if !kinds.contains(&url.pool.as_str()) {
                report(&inside("pool"), unknown("pool", &url.pool, &kinds));
            }
            for (key, version) in [("since", &url.since), ("until", &url.until)] {
                if let Some(version) = version.as_deref().filter(|version| Version::parse(version).is_none()) {
                    report(&inside(key), format!("`{version}` is no version"));
                }
            }
        }
    }
    let settings: Vec<&str> = kind.map(|pool| pool.settings.iter().map(|setting| setting.name.as_str()).collect()).unwrap_or_default();
    let mut expect = |name: &str, path: Vec<Key<'_>>| {
        if kind.is_some() && !settings.contains(&name) {
            report(&path, unknown("setting", name, &settings));
        }
    };
    let mut parameters = |list: &[Parameter], path: Vec<Key<'static>>| {
        for (index, parameter) in list.iter().enumerate() {
            for (key, names) in
                [("sets", &parameter.sets), ("disables", &parameter.disables), ("query", &parameter.query), ("mapping", &parameter.mapping)]
            {
                for (nth, name) in names.iter().enumerate() {
                    expect(name, [path.as_slice(), &[Name("parameter"), Index(index), Name(key), Index(nth)]].concat());
                }
            }
        }
    };
    parameters(&constructor.parameters, place(&[]));
    for (index, setter) in constructor.setters.iter().enumerate() {
        parameters(&setter.parameters, place(&[Name("setter"), Index(index)]));
    }
    for (index, setter) in constructor.setters.iter().enumerate() {
        for name in setter.values.keys() {
            expect(name, [place(&[Name("setter"), Index(index), Name("values")]).as_slice(), &[Name(name)]].concat());
        }
    }
    for name in constructor.overrides.keys() {
        expect(name, [place(&[Name("overrides")]).as_slice(), &[Name(name)]].concat());
    }
    let is_parameter = |name: &String| constructor.parameters.iter().any(|parameter| parameter.name == *name);
    for (index, name) in constructor.assignable.iter().enumerate().filter(|(_, name)| !is_parameter(name)) {
        expect(name, place(&[Name("assignable"), Index(index)]));
    }
    let canonical: Vec<&str> = library.constructors.iter().filter_map(|other| other.symbols.first().map(String::as_str)).collect();
    for (method, target) in &constructor.methods {
        if !canonical.contains(&target.as_str()) {
            report(&[place(&[Name("methods")]).as_slice(), &[Name(method)]].concat(), unknown("constructor", target, &canonical));
        }
    }
}

fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(meant) => format!("there is no {what} `{name}`, did you mean `{meant}`?"),
        None => format!("there is no {what} `{name}`; known here: {}", known.join(", ")),
    }
}

/// What is wrong with sources of concurrency.
pub fn sources(written: &[Written<Source>]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut owners: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for file in written {
        let mut report =
            |path: &[Key<'_>], message: String| problems.push(problem(&file.path, &file.text, locate(&file.text, path), message));
        let source = &file.entry;
        if source.name != file.stem {
            report(&[Name("name")], format!("the name `{}` differs from the file's, `{}`", source.name, file.stem));
        }
        for (kind, at, symbols) in symbols(source) {
            for (index, symbol) in symbols.iter().enumerate() {
                if let Some(owner) = owners.insert((kind, symbol), &source.name) {
                    report(&[Name(kind), Index(at), Name("symbols"), Index(index)], format!("`{symbol}` already stands in `{owner}`"));
                }
            }
        }
        let nameless = |symbols: &[String], methods: &[String]| symbols.is_empty() && methods.is_empty();
        for (at, fan_out) in source.fan_outs.iter().enumerate() {
            if nameless(&fan_out.symbols, &fan_out.methods) {
                report(&[Name("fan-out"), Index(at)], "a fan-out needs a symbol or a method".into());
            }
        }
        for (at, starter) in source.starters.iter().enumerate() {
            if nameless(&starter.symbols, &starter.methods) {
                report(&[Name("starter"), Index(at)], "a starter needs a symbol or a method".into());
            }
        }
        let mut named: BTreeSet<&str> = BTreeSet::new();
        for (at, method) in source.methods.iter().enumerate() {
            for (index, name) in method.names.iter().enumerate().filter(|(_, name)| !named.insert(name)) {
                report(&[Name("method"), Index(at), Name("names"), Index(index)], format!("the method `{name}` stands here twice"));
            }
        }
        for (at, function) in source.functions.iter().enumerate() {
            if matches!(function.gives, Gives::Range | Gives::Constant) && function.low.is_none() {
                report(&[Name("function"), Index(at)], "`low` is missing: the least result".into());
            }
        }
        for (key, names) in [
            ("names", &source.names),
            ("not-names", &source.not_names),
            ("limiter-names", &source.limiter_names),
            ("latency-names", &source.latency_names),
            ("latency-p95-names", &source.latency_p95_names),
            ("latency-not-names", &source.latency_not_names),
        ] {
            for (at, name) in names.iter().enumerate() {
                if !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '*')
                    || name.trim_matches('*').is_empty()
                {
                    report(&[Name(key), Index(at)], format!("`{name}` is no snake_case name"));
                }
            }
        }
    }
    problems
}

/// The symbols of each entry with the entry's kind and number; one symbol may be of several kinds, but of each only once.
fn symbols(source: &Source) -> Vec<(&'static str, usize, &[String])> {
    fn of<'a, T>(
        kind: &'static str,
        entries: &'a [T],
        symbols: impl Fn(&'a T) -> &'a [String],
    ) -> Vec<(&'static str, usize, &'a [String])> {
        entries.iter().enumerate().map(|(at, entry)| (kind, at, symbols(entry))).collect()
    }
    [
        of("limiter", &source.limiters, |entry| &entry.symbols),
        of("executor", &source.executors, |entry| &entry.symbols),
        of("fan-out", &source.fan_outs, |entry| &entry.symbols),
        of("starter", &source.starters, |entry| &entry.symbols),
        of("parser", &source.parsers, |entry| &entry.symbols),
        of("option", &source.options, |entry| &entry.symbols),
        of("environment", &source.environment, |entry| &entry.symbols),
        of("function", &source.functions, |entry| &entry.symbols),
        of("file", &source.files, |entry| &entry.symbols),
        of("document", &source.documents, |entry| &entry.symbols),
    ]
    .concat()
}
