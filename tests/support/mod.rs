//! What the fixtures and the rules' pages say they want, read from their own text, and how a report is held against it.
#![allow(dead_code)] // Each test binary uses a part of it.

pub mod formats;
pub mod marks;
pub mod page;
pub mod twists;
pub mod values;

use std::path::{Path, PathBuf};

use pool_advisor::catalog::Catalog;
use pool_advisor::discover::Tree;
use pool_advisor::finding::Report;
use pool_advisor::settings::raw::{Section, parse};
use pool_advisor::settings::{Settings, Written};

/// The files of a project: path with `/`, bytes.
pub type Files = Vec<(String, Vec<u8>)>;

/// Name of the golden file, which is not part of the project.
pub const GOLDEN: &str = "expected.txt";

/// Name of a project's settings.
pub const SETTINGS: &str = "advisor.toml";

/// The package's own folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs the whole pipeline on files in memory, with the settings of an `advisor.toml` among them.
pub fn check(files: &Files) -> Report {
    pool_advisor::check(&Tree::from_memory(files.clone()), Catalog::built_in(), &settings(files))
}

/// The settings that a project brings; the defaults where it brings none, or a damaged file.
pub fn settings(files: &Files) -> Settings {
    let text = files.iter().find(|(path, _)| path == SETTINGS).and_then(|(_, text)| std::str::from_utf8(text).ok());
    let raw = text.and_then(|text| parse(SETTINGS, text, Section::Whole).ok().flatten().map(|raw| (text.to_string(), raw)));
    raw.and_then(|(text, raw)| {
        let written = Written { path: SETTINGS.into(), folder: std::path::PathBuf::new(), text, raw };
        Settings::from_raw(&written, &pool_advisor::rules::ids()).ok()
    })
    .unwrap_or_default()
}

/// Rule, path and line of each finding, in the order of the report.
pub fn said(report: &Report) -> Vec<(String, String, usize)> {
    report
        .findings
        .iter()
        .map(|finding| {
            let path = report.sources.get(finding.span.file).path.to_string();
            (finding.rule.to_string(), path, report.sources.position(finding.span).line)
        })
        .collect()
}

/// All files under a folder, by path; the golden file and what Python leaves behind are left out.
pub fn load(folder: &Path) -> std::io::Result<Files> {
    let mut files = Files::new();
    for path in files_below(folder)? {
        let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        if name != GOLDEN && !name.ends_with(".pyc") {
            files.push((name, std::fs::read(&path)?));
        }
    }
    Ok(files)
}

/// Paths of all files under a folder, sorted.
pub fn files_below(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    Ok(found)
}

/// The folders directly under a folder, sorted; none where it does not exist.
pub fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect())
        .unwrap_or_default();
    found.sort();
    found
}

/// First line in which two texts differ, for messages; `None` where they are equal.
pub fn first_difference(wanted: &str, got: &str) -> Option<String> {
    if wanted == got {
        return None;
    }
    let diff = similar::TextDiff::from_lines(wanted, got);
    Some(diff.unified_diff().context_radius(2).header("expected", "got").to_string())
}
