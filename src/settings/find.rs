//! Finds the settings that hold for a scan: the nearest file from the scanned folder upward to the git root.

use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use ignore::overrides::OverrideBuilder;

use super::raw::{RawSettings, Section, parse};
use crate::text::{self, LoadError, Problem};

/// Settings with the file that they were written in.
#[derive(Clone, Debug)]
pub struct Written {
    /// The file as messages show it.
    pub path: String,
    /// Its folder; paths in the settings count from it.
    pub folder: PathBuf,
    /// Its text.
    pub text: String,
    /// What it says.
    pub raw: RawSettings,
}

/// Files that may hold settings, the first wins in a folder.
const NAMES: [&str; 3] = ["advisor.toml", "pyproject.toml", "Cargo.toml"];

/// The settings that are nearest to `start` (a folder or file), not above the git root. `here` is the folder that messages count from.
///
/// # Errors
/// When a settings file cannot be read or is malformed. Manifests without a section for the advisor are passed by, broken ones too.
pub fn find(start: &Path, here: &Path) -> Result<Option<Written>, Problem> {
    let absolute = std::fs::canonicalize(start).unwrap_or_else(|_| start.to_path_buf());
    let first = if absolute.is_dir() { Some(absolute.as_path()) } else { absolute.parent() };
    for folder in first.into_iter().flat_map(Path::ancestors) {
        for name in NAMES {
            let path = folder.join(name);
            if path.is_file()
                && let Some(written) = load_section(&path, here)?
            {
                return Ok(Some(written));
            }
        }
        if folder.join(".git").exists() {
            break;
        }
    }
    Ok(None)
}

/// The settings of a file that was named.
///
/// # Errors
/// When it cannot be read, is malformed, or is a manifest without a section for the advisor.
pub fn load(path: &Path, here: &Path) -> Result<Written, Problem> {
    load_section(path, here)?.ok_or_else(|| Problem::of_file(shown(path, here), "holds no settings of the advisor"))
}

fn load_section(path: &Path, here: &Path) -> Result<Option<Written>, Problem> {
    let section = Section::of_file(&path.file_name().unwrap_or_default().to_string_lossy());
    let shown = shown(path, here);
    let text = match text::load(path) {
        Ok(text) => text,
        // A manifest that is not ours to judge.
        Err(LoadError::NotText { .. } | LoadError::TooLarge { .. }) if section != Section::Whole => return Ok(None),
        Err(LoadError::Io(why)) if why.kind() == std::io::ErrorKind::NotFound => return Err(Problem::of_file(shown, "no such file")),
        Err(why) => return Err(Problem::of_file(shown, why.to_string())),
    };
    if section != Section::Whole && !text.contains("advisor") {
        return Ok(None);
    }
    let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
    Ok(parse(&shown, &text, section)?.map(|raw| Written { path: shown, folder, text, raw }))
}

fn shown(path: &Path, here: &Path) -> String {
    let near = std::fs::canonicalize(here).ok().and_then(|here| path.strip_prefix(here).ok().map(Path::to_path_buf));
    let path = near.unwrap_or_else(|| path.strip_prefix(here).unwrap_or(path).to_path_buf());
    path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}

/// Files below a folder that a glob names, sorted.
///
/// # Errors
/// A message when the glob is malformed or names no file.
pub(super) fn expand(folder: &Path, glob: &str) -> Result<Vec<PathBuf>, String> {
    if !glob.contains(['*', '?', '[', '{']) {
        let path = folder.join(glob);
        return if path.is_file() { Ok(vec![path]) } else { Err(format!("no file `{glob}`")) };
    }
    let mut globs = OverrideBuilder::new(folder);
    let globs = globs.add(glob).and_then(|globs| globs.build()).map_err(|why| format!("`{glob}` is no glob: {why}"))?;
    // Only the folder that the glob spells out is walked.
    let fixed =
        glob.split('/').take_while(|part| !part.contains(['*', '?', '[', '{'])).fold(folder.to_path_buf(), |path, part| path.join(part));
    let walk = WalkBuilder::new(fixed).standard_filters(false).build();
    let mut files: Vec<PathBuf> = walk
        .flatten()
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()) && globs.matched(entry.path(), false).is_whitelist())
        .map(ignore::DirEntry::into_path)
        .collect();
    files.sort();
    if files.is_empty() { Err(format!("no file matches `{glob}`")) } else { Ok(files) }
}
