//! One trial for each folder under `fixtures/` and each page under `rules/`; see `fixtures/README.md`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use libtest_mimic::{Arguments, Failed, Trial};
use pool_advisor::finding::Report;
use pool_advisor::render::Format;
use support::{Files, GOLDEN, check, first_difference, folders_in, formats, load, marks, page, root, said, twists, values};

/// Early ends tried for each fixture.
const CUTS: usize = 40;

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for group in folders_in(&root().join("fixtures")) {
        for folder in folders_in(&group) {
            let name = folder.strip_prefix(root()).unwrap_or(&folder).display().to_string().replace('\\', "/");
            let (first, second) = (folder.clone(), folder);
            trials.push(Trial::test(name.clone(), move || intent(&first)).with_kind("intent"));
            trials.push(Trial::test(name, move || invariants(&load(&second)?)).with_kind("invariants"));
        }
    }
    let mut pages: Vec<_> = std::fs::read_dir(root().join("rules")).expect("rules/").flatten().map(|entry| entry.path()).collect();
    pages.sort();
    for path in pages.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "md") && !path.ends_with("README.md")) {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        trials.push(Trial::test(format!("rules/{stem}.md"), move || examples(&path)).with_kind("examples"));
    }
    libtest_mimic::run(&arguments, trials).exit();
}

/// The report is what the marks and the golden file say.
fn intent(folder: &Path) -> Result<(), Failed> {
    let files = load(folder)?;
    let report = check(&files);
    let mut wrong = marks::differences(&files, &report);
    let got = format!("{}\n{}", formats::concise(&report), values::listing(&report));
    let golden = folder.join(GOLDEN);
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        std::fs::write(&golden, &got)?;
    }
    let wanted = std::fs::read_to_string(&golden).unwrap_or_default().replace("\r\n", "\n");
    wrong.extend(first_difference(&wanted, &got).map(|diff| format!("{GOLDEN} is out of date (UPDATE=1 writes it):\n{diff}")));
    outcome(wrong)
}

/// What must hold for every project, whatever it says.
fn invariants(files: &Files) -> Result<(), Failed> {
    let report = check(files);
    let text = |report: &Report| format!("{}{}", formats::rendered(report, Format::Json), values::listing(report));
    let first = text(&report);
    let mut wrong = formats::differences(&report);
    wrong.extend(first_difference(&first, &text(&check(files))).map(|diff| format!("a second run differs:\n{diff}")));
    for other in twists::reorderings(files) {
        wrong.extend(first_difference(&first, &text(&check(&other))).map(|diff| format!("another order of files differs:\n{diff}")));
    }
    let findings = said(&report);
    let crlf = said(&check(&twists::with_crlf(files)));
    if crlf != findings {
        wrong.push(format!("with CRLF line ends: {crlf:?} instead of {findings:?}"));
    }
    for (path, offset, cut) in twists::cuts(files, CUTS) {
        if catch_unwind(AssertUnwindSafe(|| check(&cut))).is_err() {
            wrong.push(format!("panics when {path} ends after {offset} bytes"));
        }
    }
    for finding in &findings {
        wrong.extend(silencing(files, finding, &findings, report.silenced));
    }
    outcome(wrong)
}

/// An ignore comment silences the findings of its rule on its line and nothing else.
fn silencing(files: &Files, finding: &(String, String, usize), all: &[(String, String, usize)], silenced: usize) -> Option<String> {
    let (rule, path, line) = finding;
    if rule == "unused-ignore" {
        return None;
    }
    let Some(silent) = twists::ignoring(files, path, *line, rule) else { return Some(format!("{path}:{line} is no line")) };
    let report = check(&silent);
    let rest: Vec<_> = all.iter().filter(|other| *other != finding).cloned().collect();
    let got = said(&report);
    if got != rest {
        return Some(format!("{path}:{line}: ignoring {rule} leaves {got:?} instead of {rest:?}"));
    }
    let wanted = silenced + all.len() - rest.len();
    (report.silenced != wanted).then(|| format!("{path}:{line}: {} counted as silenced instead of {wanted}", report.silenced))
}

/// The projects on a page report what their marks say; at least one fires and one is silent.
fn examples(path: &Path) -> Result<(), Failed> {
    let page = page::parse(&std::fs::read_to_string(path)?)?;
    let mut wrong = Vec::new();
    for (name, files) in &page.projects {
        wrong.extend(marks::differences(files, &check(files)).into_iter().map(|what| format!("{name}: {what}")));
    }
    outcome(wrong)
}

fn outcome(wrong: Vec<String>) -> Result<(), Failed> {
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}
