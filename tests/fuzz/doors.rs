//! The doors through which bytes of strangers come in, one for each fuzz target. What fell once is kept in `regressions/` and is put through
//! the same door by the ordinary tests (`tests/regressions.rs`).
#![allow(dead_code)] // Each target uses one of them.

#[path = "programs.rs"]
mod programs;

use std::path::Path;

use pool_advisor::catalog::{Catalog, load};
use pool_advisor::discover::{Kind, Tree, classify};
use pool_advisor::facts::config::Word;
use pool_advisor::facts::dump;
use pool_advisor::finding::{Edit, Finding, Fix, Report, Safety, Severity, edited};
use pool_advisor::fix;
use pool_advisor::read::{command, config, python, rust};
use pool_advisor::render::{Format, RenderOptions, render};
use pool_advisor::settings::raw::{Section, parse};
use pool_advisor::settings::{Settings, Written};
use pool_advisor::suppress::{self, baseline};
use pool_advisor::text::{SourceFile, Sources, Span, decode};
use pool_advisor::value::Certainty;

/// One kind of bytes' way through the program.
pub type Door = fn(&[u8]);

/// All doors with the names of their targets.
pub const DOORS: [(&str, Door); 10] = [
    ("catalog", catalog),
    ("command", command),
    ("config", config),
    ("edits", edits),
    ("program", program),
    ("python", python),
    ("resolver", resolver),
    ("rust", rust),
    ("settings", settings),
    ("suppress", suppress),
];

/// A name of each kind of file that is neither Python nor Rust.
const CONFIGURATION: [&str; 18] = [
    "a.toml",
    "a.yaml",
    "a.json",
    "a.ini",
    ".env",
    "a.sh",
    "Makefile",
    "justfile",
    "Dockerfile",
    "compose.yaml",
    "Procfile",
    ".github/workflows/a.yml",
    ".gitlab-ci.yml",
    "a.service",
    "uv.lock",
    "Pipfile.lock",
    "requirements.txt",
    "pyproject.toml",
];

/// Bytes as the program reads them from a file; `None` where it refuses them.
fn text(bytes: &[u8]) -> Option<String> {
    decode(bytes.to_vec()).ok()
}

fn with_file(path: &str, text: &str, look: impl FnOnce(&SourceFile)) {
    let mut sources = Sources::default();
    let id = sources.add(path, text);
    look(sources.get(id));
}

/// The Python reader: the file as a whole, and every other block of it.
pub fn python(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    with_file("a.py", &text, |file| {
        let whole = python::read(file, None);
        dump::facts(&whole, file);
        let blocks: Vec<_> = python::outline(&text).into_iter().step_by(2).map(|block| block.range).collect();
        dump::facts(&python::read(file, Some(&blocks)), file);
    });
}

/// The Rust reader.
pub fn rust(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    with_file("a.rs", &text, |file| drop(dump::facts(&rust::read(file), file)));
}

/// Each reader of configuration, on the same bytes.
pub fn config(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    for path in CONFIGURATION {
        let kind = classify(path);
        assert!(kind.is_some_and(|kind| !matches!(kind, Kind::Python | Kind::Rust)), "{path} is {kind:?}");
        with_file(path, &text, |file| drop(kind.map(|kind| config::read(file, kind))));
    }
}

/// Command lines: the words between blanks, and the commands of a shell script.
pub fn command(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    with_file("a.sh", &text, |file| {
        let place = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
        let word = |word: &str| Word { text: word.into(), span: Span::new(file.id, place(word), place(word) + word.len()) };
        let plain: Vec<Word> = text.split_whitespace().map(word).collect();
        let scripted = classify("a.sh").map(|kind| config::read(file, kind).commands).unwrap_or_default();
        for words in scripted.iter().map(|command| &command.words).chain([&plain]) {
            let arguments = command::program(words).map_or(words.as_slice(), |program| program.arguments);
            let names: Vec<&str> = arguments.iter().map(|word| &*word.text).take(4).collect();
            command::flag_values(arguments, &names);
            command::flag_value(words, &["-c", "--concurrency"]);
        }
    });
}

/// Settings, in the three places where they may stand.
pub fn settings(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    for path in ["advisor.toml", "pyproject.toml", "Cargo.toml"] {
        if let Ok(Some(raw)) = parse(path, &text, Section::of_file(path)) {
            let written = Written { path: path.into(), folder: "somewhere".into(), text: text.clone(), raw };
            if let Err(problems) = Settings::from_raw(&written, &pool_advisor::rules::ids()) {
                assert!(!problems.is_empty());
            }
        }
    }
}

/// A file of the knowledge base, and where it is sound the knowledge base with it.
pub fn catalog(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let named = text.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    let stem = named.filter(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')).unwrap_or("a");
    if load::either(stem, "a.toml", &text).is_err() {
        return;
    }
    let Ok(folder) = tempfile::tempdir() else { return };
    let path = folder.path().join(format!("{stem}.toml"));
    if std::fs::write(&path, &text).is_ok() {
        let _ = Catalog::with_files(&[path]);
    }
}

/// Comments that silence, in each syntax of comments, and the same bytes as a baseline.
pub fn suppress(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    for path in ["a.py", "a.rs", "a.toml", "a.yaml"] {
        let mut report = Report::default();
        let file = report.sources.add(path, text.as_str());
        for at in (0..text.len()).step_by(text.len() / 3 + 1) {
            report.findings.push(finding(Span::new(file, at, at + 1), Vec::new()));
        }
        suppress::silence(&mut report, &pool_advisor::rules::ids(), |_| Some(Severity::Warning));
        for finding in &report.findings {
            for fix in &finding.fixes {
                assert!(edited(&text, &fix.edits).is_some(), "{path}: {:?} does not fit", fix.edits);
            }
        }
    }
    if let Ok(known) = baseline::parse("a.json", &text) {
        let again = baseline::parse("b.json", &known.to_text());
        assert!(again.is_ok_and(|again| again.len() == known.len()));
    }
}

/// Edits wherever they come to stand: up to eight, four bytes each (start, length, replacement, finding), in front of a text.
pub fn edits(bytes: &[u8]) {
    let Some((&count, rest)) = bytes.split_first() else { return };
    let (head, rest) = rest.split_at(rest.len().min(usize::from(count % 9) * 4));
    let Some(text) = text(rest) else { return };
    let mut report = Report::default();
    let file = report.sources.add("a.py", text.as_str());
    for edit in head.chunks_exact(4) {
        let start = usize::from(edit[0]);
        let span = Span::new(file, start, start + usize::from(edit[1] % 16));
        let replacement = ["", "1", "\n", "(", "é", "limit=5"][usize::from(edit[2] % 6)].to_string();
        let edit_of_it = Edit { span, replacement };
        if edit[3] % 2 == 0 || report.findings.is_empty() {
            report.findings.push(finding(span, vec![edit_of_it]));
        } else if let Some(fix) = report.findings.last_mut().and_then(|finding| finding.fixes.last_mut()) {
            fix.edits.push(edit_of_it);
        }
    }
    let plan = fix::plan(&report, Safety::Unsafe, |changes| {
        let mut after = Report::default();
        for change in changes {
            after.sources.add(change.path.clone(), change.after.clone());
        }
        after
    });
    fix::unified(&plan.changes);
}

fn finding(span: Span, edits: Vec<Edit>) -> Finding {
    Finding {
        rule: "limits-ignored",
        severity: Severity::Warning,
        certainty: Certainty::Declared,
        message: "a message".into(),
        span,
        label: "a label".into(),
        labels: Vec::new(),
        notes: Vec::new(),
        route: Vec::new(),
        suggestions: Vec::new(),
        fixes: vec![Fix { title: "mend it".into(), safety: Safety::Safe, edits }],
        key: format!("{}", span.start),
    }
}

/// What follows values: two files of each language, made from one half of the bytes each.
pub fn resolver(bytes: &[u8]) {
    let (one, other) = bytes.split_at(bytes.len() / 2);
    let files = [
        ("a.py", programs::python(one)),
        ("b.py", programs::python(other)),
        ("src/main.rs", programs::rust(one)),
        ("src/b.rs", programs::rust(other)),
    ];
    for (path, text) in &files {
        let report = check(&[(path, text)]);
        assert!(report.problems.is_empty(), "{path} is not what it should be: {:?}\n{text}", report.problems);
    }
    let all: Vec<(&str, &String)> = files.iter().map(|(path, text)| (*path, text)).collect();
    check(&all);
}

fn check(files: &[(&str, &String)]) -> Report {
    let files = files.iter().map(|(path, text)| (path.to_string(), text.as_bytes().to_vec())).collect();
    pool_advisor::check(&Tree::from_memory(files), Catalog::built_in(), &Settings::default())
}

/// Ends a file of a project in the bytes for [`program`], and names the next.
const NEXT_FILE: &str = "#=== ";

/// A whole program. Bytes without a line that names a file are `a.py` and `a.rs` at once.
pub fn program(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for line in text.split_inclusive('\n') {
        if let Some(name) = line.strip_prefix(NEXT_FILE) {
            files.push((name.trim().to_string(), Vec::new()));
        } else if let Some((_, content)) = files.last_mut() {
            content.extend(line.bytes());
        }
    }
    files.truncate(8);
    if files.is_empty() {
        files = ["a.py", "a.rs"].map(|path| (path.to_string(), bytes.to_vec())).into();
    }
    files.retain(|(path, _)| !Path::new(path).has_root());
    let tree = Tree::from_memory(files);
    let settings = Settings::default();
    let check = |tree: &Tree| pool_advisor::check(tree, Catalog::built_in(), &settings);
    let report = check(&tree);
    for format in [Format::Human, Format::Concise, Format::Json, Format::Sarif, Format::Github, Format::Html] {
        render(format, &report, &RenderOptions::default());
    }
    let texts =
        |changes: &[fix::FileChange]| changes.iter().map(|change| (change.path.to_string(), change.after.to_string())).collect::<Vec<_>>();
    fix::plan(&report, Safety::Unsafe, |changes| {
        let changed = texts(changes);
        check(&tree.with_texts(changed.iter().map(|(path, text)| (path.as_str(), text.as_str()))))
    });
}
