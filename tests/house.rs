//! The rules of the house, held by tests: which way imports point, what belongs together, how long a file may be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use support::marks::{self, Mark};
use support::{files_below, load, page, root};

/// The modules from left to right; a module may name only those before it. `lib.rs` and `main.rs` may name all.
const ORDER: [&str; 18] = [
    "text", "queueing", "value", "catalog", "settings", "facts", "finding", "discover", "read", "resolve", "link", "suppress", "rules",
    "render", "fix", "probe", "lsp", "cli",
];

/// What stands at the top, beside entries whose names start with a dot and the build's own folder.
const TOP: [&str; 10] =
    ["Cargo.toml", "Cargo.lock", "README.md", "LICENSE", "CHANGELOG.md", "src", "rules", "tests", "fixtures", "benches"];

const LONGEST_FILE: usize = 500;
const LONGEST_GUIDE: usize = 60;

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let below = files_below(&root().join(folder)).unwrap();
    let rust = below.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "rs"));
    rust.map(|path| (path.strip_prefix(root()).unwrap().to_path_buf(), std::fs::read_to_string(&path).unwrap())).collect()
}

fn stems(folder: &str, ending: &str) -> BTreeSet<String> {
    let Ok(entries) = std::fs::read_dir(root().join(folder)) else { return BTreeSet::new() };
    let paths = entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == ending));
    paths.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

fn rule_ids() -> BTreeSet<String> {
    let mut ids = stems("rules", "md");
    ids.remove("README");
    ids
}

/// The room a file belongs to and how deep its module lies; `None` for the two roots.
fn room(path: &Path) -> Option<(String, usize)> {
    let parts: Vec<String> = path.with_extension("").iter().skip(1).map(|part| part.to_string_lossy().into_owned()).collect();
    match parts.as_slice() {
        [only] if only == "lib" || only == "main" => None,
        [.., last] => Some((parts[0].clone(), parts.len() - usize::from(last == "mod"))),
        [] => None,
    }
}

/// The rooms that a text names through `crate::…` or through enough `super::`, with the lines.
fn named_rooms(text: &str, depth: usize) -> Vec<(usize, String)> {
    let mut named = Vec::new();
    let code: String =
        text.lines().map(|line| if line.trim_start().starts_with("//") { "\n".into() } else { format!("{line}\n") }).collect();
    for start in ["crate::".to_string(), "super::".repeat(depth)] {
        for (at, _) in code.match_indices(&start) {
            let line = code[..at].matches('\n').count() + 1;
            let rest = code[at + start.len()..].trim_start();
            let group = rest.strip_prefix('{').map(first_names);
            let names = group.unwrap_or_else(|| vec![identifier(rest)]);
            named.extend(names.into_iter().filter(|name| ORDER.contains(&name.as_str())).map(|name| (line, name)));
        }
    }
    named
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// First names of the parts of a `{a, b::{c, d}, e}` group whose brace was just opened.
fn first_names(text: &str) -> Vec<String> {
    let mut depth = 1;
    let (mut names, mut part) = (Vec::new(), String::new());
    for c in text.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => names.push(identifier(std::mem::take(&mut part).trim())),
            _ if depth == 1 => part.push(c),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names.push(identifier(part.trim()));
    names
}

#[test]
fn imports_are_found_in_all_their_spellings() {
    let text = "use crate::{text::{Span, Sources}, value};\n// crate::cli\nlet x = crate::rules::all();\nuse super::render::json;\n";
    let names: BTreeSet<String> = named_rooms(text, 1).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["render", "rules", "text", "value"].map(String::from).into());
    assert!(named_rooms("use super::render;", 2).is_empty());
    assert_eq!(room(Path::new("src/read/python/mod.rs")), Some(("read".into(), 2)));
    assert_eq!(room(Path::new("src/text.rs")), Some(("text".into(), 1)));
    assert_eq!(room(Path::new("src/main.rs")), None);
}

#[test]
fn imports_point_one_way() {
    let mut wrong = Vec::new();
    for (path, text) in sources("src") {
        let Some((room, depth)) = room(&path) else { continue };
        let Some(own) = ORDER.iter().position(|name| *name == room) else {
            wrong.push(format!("{}: {room} is no room of the house", path.display()));
            continue;
        };
        for (line, name) in named_rooms(&text, depth) {
            if ORDER.iter().position(|other| *other == name).is_some_and(|other| other > own) {
                wrong.push(format!("{}:{line}: {room} names {name}, which stands to its right", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_opens_with_its_purpose_and_is_short() {
    let mut wrong = Vec::new();
    for (path, text) in [sources("src"), sources("tests")].concat() {
        if !text.starts_with("//!") {
            wrong.push(format!("{} does not open with //!", path.display()));
        }
        let lines = text.lines().count();
        if lines > LONGEST_FILE {
            wrong.push(format!("{} has {lines} lines", path.display()));
        }
        for part in path.with_extension("").iter() {
            if ["utils", "util", "helpers", "helper", "common", "misc"].iter().any(|name| part == *name) {
                wrong.push(format!("{}: the name says nothing", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn libraries_are_data() {
    let names: BTreeSet<String> =
        ["python", "rust"].iter().flat_map(|folder| stems(&format!("rules/libraries/{folder}"), "toml")).collect();
    let mut wrong = Vec::new();
    let is_test = |path: &Path| path.with_extension("").iter().any(|part| part == "tests");
    for (path, text) in sources("src").into_iter().filter(|(path, _)| !path.starts_with("src/probe") && !is_test(path)) {
        let code = text.split("#[cfg(test)]").next().unwrap_or("");
        for (at, line) in code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            let named = names.iter().find(|name| ["\"", ".", "::"].iter().any(|end| line.contains(&format!("\"{name}{end}"))));
            wrong.extend(named.map(|name| format!("{}:{}: names the library {name}", path.display(), at + 1)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_has_a_page_and_code() {
    let pages: BTreeSet<String> = rule_ids().iter().map(|id| id.replace('-', "_")).collect();
    let rules = sources("src/rules").into_iter().filter(|(_, text)| text.lines().any(|line| line.contains("static RULE: Rule")));
    let code: BTreeSet<String> = rules.map(|(path, _)| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(pages, code, "pages under rules/ on the left, files under src/rules/ on the right");
}

#[test]
fn every_page_is_complete() {
    let mut wrong = Vec::new();
    for id in rule_ids() {
        let text = std::fs::read_to_string(root().join(format!("rules/{id}.md"))).unwrap();
        let page = page::parse(&text).unwrap_or_else(|why| panic!("{id}: {why}"));
        let keys: BTreeSet<&str> = page.front.keys().map(String::as_str).collect();
        let fires = |files: &support::Files| marks::of_files(files).iter().any(|(_, _, mark)| *mark == Mark::Finding(id.clone()));
        let quiet = |files: &support::Files| !marks::of_files(files).iter().any(|(_, _, mark)| matches!(mark, Mark::Finding(_)));
        let facts = [
            ("its title is its id", page.title == id),
            ("it has exactly the keys of a page", keys == page::KEYS.into()),
            ("it has the sections of a page in their order", page.sections == page::SECTIONS),
            ("its severity is known", ["error", "warning", "note"].contains(&page.front["severity"].as_str())),
            ("its category is known", ["performance", "reliability", "correctness", "capacity"].contains(&page.front["category"].as_str())),
            ("an example fires", page.projects.iter().any(|(_, files)| fires(files))),
            ("an example is silent", page.projects.iter().any(|(_, files)| quiet(files))),
        ];
        wrong.extend(facts.iter().filter(|(_, holds)| !holds).map(|(fact, _)| format!("{id}: not true that {fact}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_library_has_a_fixture_that_names_all_it_makes() {
    let mut wrong = Vec::new();
    for stem in stems("rules/libraries/python", "toml") {
        let toml = std::fs::read_to_string(root().join(format!("rules/libraries/python/{stem}.toml"))).unwrap();
        let library: toml::Table = toml.parse().unwrap();
        let fixture = root().join(format!("fixtures/libraries/{stem}"));
        let texts: Vec<String> =
            load(&fixture).unwrap_or_default().into_iter().map(|(_, bytes)| String::from_utf8_lossy(&bytes).into()).collect();
        let constructors = library.get("constructor").and_then(|all| all.as_array()).cloned().unwrap_or_default();
        let symbols = constructors.iter().filter_map(|one| one.get("symbols")?.get(0)?.as_str());
        for symbol in symbols {
            let last = symbol.rsplit(['.', ':']).next().unwrap_or(symbol);
            let named = |text: &String| text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == last);
            if !texts.iter().any(named) {
                wrong.push(format!("fixtures/libraries/{stem} does not use {symbol}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn marks_name_rules_that_exist() {
    let ids = rule_ids();
    let mut wrong = Vec::new();
    for (path, line, mark) in marks::of_files(&load(&root().join("fixtures")).unwrap()) {
        match mark {
            Mark::Finding(rule) if !ids.contains(&rule) && !path.ends_with(".md") => {
                wrong.push(format!("fixtures/{path}:{line}: no rule {rule}"))
            }
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_top_is_tidy_and_the_guides_are_short() {
    let is_stray = |name: &String| !name.starts_with('.') && name != "target" && !TOP.contains(&name.as_str());
    let entries = std::fs::read_dir(root()).unwrap().flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    assert_eq!(entries.filter(is_stray).collect::<Vec<_>>(), Vec::<String>::new());
    let guide = std::fs::read_to_string(root().join("fixtures/README.md")).unwrap();
    assert!(guide.lines().count() < LONGEST_GUIDE, "fixtures/README.md is a guide, not a book");
}

#[test]
fn the_readme_and_the_pipeline_run_the_same_tests() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let pipeline = std::fs::read_to_string(root().join(".ci/run")).unwrap();
    assert!(readme.lines().any(|line| line == "cargo test") && pipeline.lines().any(|line| line.starts_with("cargo test --locked")));
    assert!(readme.lines().any(|line| line == "cargo run --release -- scan fixtures/projects/llm-burst"));
}

#[test]
fn the_readme_names_every_rule_and_counts_the_dependencies() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let missing: Vec<String> = rule_ids().into_iter().filter(|id| !readme.contains(&format!("[`{id}`](rules/{id}.md)"))).collect();
    assert_eq!(missing, Vec::<String>::new());
    let manifest: toml::Table = std::fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    let direct = manifest["dependencies"].as_table().unwrap().len();
    assert!(readme.contains(&format!(" {direct} direct dependencies")), "there are {direct}");
}
