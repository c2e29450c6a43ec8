//! A factory of the user's own: imported and called by the project's interpreter, and how the clients that it gives are set.
//!
//! The only part of the advisor that runs a program of the user's, and only where that was asked for by name. No request is sent.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::driver::{self, Failed, RUNNER, Refusal, excerpt};
use super::interpreter::Interpreter;

const OWN: &str = include_str!("drivers/target.py");
/// Patience with the import and the call.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is imported and called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// Folder from which the module's name counts.
    pub root: PathBuf,
    /// The module, with dots.
    pub module: String,
    /// The factory in it, with dots.
    pub name: String,
    /// Its file.
    pub file: PathBuf,
}

impl Target {
    /// Finds the file of `MODULE:NAME` below one of the folders; nothing is run.
    ///
    /// # Errors
    /// When it is written otherwise, or no folder holds such a module.
    pub fn find(text: &str, folders: &[PathBuf]) -> Result<Self, Refusal> {
        let is_name = |text: &str| !text.is_empty() && text.split('.').all(is_identifier);
        let Some((module, name)) = text.split_once(':').filter(|(module, name)| is_name(module) && is_name(name)) else {
            return Err(Refusal(format!("`{text}` is no target: write `package.module:factory`")));
        };
        let below = module.replace('.', std::path::MAIN_SEPARATOR_STR);
        for root in folders {
            let files = [root.join(format!("{below}.py")), root.join(&below).join("__init__.py")];
            if let Some(file) = files.into_iter().find(|file| file.is_file()) {
                return Ok(Self { root: root.clone(), module: module.into(), name: name.into(), file });
            }
        }
        let folders: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
        Err(Refusal(format!("there is no module `{module}` below {}", folders.join(" or "))))
    }
}

fn is_identifier(text: &str) -> bool {
    text.chars().enumerate().all(|(at, letter)| letter == '_' || if at == 0 { letter.is_alphabetic() } else { letter.is_alphanumeric() })
        && !text.is_empty()
}

/// What the factory gave.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Live {
    /// Python with its version.
    pub runtime: String,
    /// The file that was imported.
    pub file: PathBuf,
    /// The clients in it, outer ones first.
    pub clients: Vec<Client>,
}

/// A client as it says of itself.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Its class, as the library calls it.
    pub kind: String,
    /// The library by its name in the catalog.
    pub library: String,
    /// Its version, as installed.
    pub version: Option<String>,
    /// Settings by the catalog's names; null is no limit.
    pub settings: Map<String, Value>,
    /// Where it and its pool were made: files of the user's own with their lines, from 1.
    pub made: Vec<(PathBuf, usize)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    Target(Live),
    Error(Failed),
}

/// What starts a program in a network of its own, of which only loopback is there.
const ALONE: [&str; 5] = ["unshare", "--map-root-user", "--user", "--net", "--"];

/// Whether this system gives a network of its own to whoever asks.
pub fn is_alone() -> bool {
    use std::process::{Command, Stdio};
    let mut command = Command::new(ALONE[0]);
    command.args(ALONE.iter().skip(1)).arg("true").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// What holds the module back, in words.
pub fn held_back(is_alone: bool) -> &'static str {
    if is_alone {
        "the module ran in a network of its own with nothing but a loopback in it: neither it nor what it started reached anything else, and no \
         server on this machine either; files were not guarded"
    } else {
        "no network of its own could be made for the module (`unshare --user --net`): Python's own sockets were held to loopback and programs \
         refused, but C libraries that connect by themselves (libpq) and ways around the guards were not held back; files were not guarded"
    }
}

/// Imports the module, calls the factory and asks what it gave. `is_alone` gives it a network of its own.
///
/// # Errors
/// When the interpreter cannot be run, the module or the factory fails, or no client of a known library comes of it.
pub fn run(interpreter: &Interpreter, target: &Target, environment: &BTreeMap<String, String>, is_alone: bool) -> Result<Live, Refusal> {
    let named = format!("{}:{}", target.module, target.name);
    let job = json!({
        "program": format!("{RUNNER}\n\n{OWN}"), "library": "", "root": target.root, "module": target.module, "name": target.name,
        "environment": environment, "alone": is_alone,
    });
    let through: &[&str] = if is_alone { &ALONE } else { &[] };
    let said = driver::hear(interpreter, through, &format!("`{named}`"), &job, PATIENCE)?;
    match said.lines.first().map(|line| (line, serde_json::from_str(line))) {
        Some((_, Ok(Line::Target(live)))) => Ok(live),
        Some((_, Ok(Line::Error(Failed { kind, message })))) if kind == "old" => Err(driver::too_old(interpreter, &message)),
        Some((_, Ok(Line::Error(Failed { message, .. })))) => Err(Refusal(format!("`{named}`: {}", excerpt(&message)))),
        Some((line, Err(_))) => Err(Refusal(format!("`{named}` said something that is no result: {}", excerpt(line)))),
        None => Err(driver::no_result(interpreter, &said)),
    }
}

/// Whether two files are one, whatever links lead to them.
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    whole(one) == whole(other)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn modules_are_found_without_running_them() {
        let root = tempfile::tempdir().unwrap();
        let (here, src) = (root.path().to_path_buf(), root.path().join("src"));
        std::fs::create_dir_all(src.join("pkg/inner")).unwrap();
        std::fs::write(src.join("pkg/inner/__init__.py"), "").unwrap();
        std::fs::write(here.join("app.py"), "").unwrap();
        let folders = [here.clone(), src.clone()];
        let found = |text: &str| Target::find(text, &folders);
        assert_eq!(found("app:make").unwrap().root, here);
        let inner = found("pkg.inner:Maker.make").unwrap();
        assert_eq!((inner.root, inner.name.as_str(), inner.file), (src.clone(), "Maker.make", src.join("pkg/inner/__init__.py")));
        for text in ["app", "app:", ":make", "../app:make", "app:make()", "a..b:c", "1a:b"] {
            assert!(found(text).unwrap_err().0.contains("is no target"), "{text}");
        }
        assert!(found("pkg.other:make").unwrap_err().0.contains("no module `pkg.other`"));
    }
}
