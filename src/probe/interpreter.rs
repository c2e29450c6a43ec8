//! The Python whose libraries are probed: the one that was named, the active virtual environment, the project's own, the one on the path.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// An interpreter and why it was chosen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Interpreter {
    /// The program.
    pub path: PathBuf,
    /// Why this one.
    pub because: String,
    /// Packages with their versions, where it is a driver that was built, and no interpreter.
    pub built_from: Option<BTreeMap<String, String>>,
}

/// Reads the job and runs the program in it. Not the program itself, so that standard input stays open: its end is the driver's.
const BOOT: &str = "import sys, json\nif sys.version_info < (3, 8):\n    \
                    print(json.dumps({'error': {'kind': 'old', 'message': '%d.%d' % sys.version_info[:2]}}))\n    sys.exit(1)\n\
                    job = json.loads(sys.stdin.buffer.readline())\n\
                    scope = {'__name__': 'driver', 'LIBRARY': job['library']}\n\
                    exec(compile(job.pop('program'), '<driver>', 'exec'), scope)\nscope['main'](job)\n";

impl Interpreter {
    fn new(path: PathBuf, because: &str) -> Self {
        Self { path, because: because.into(), built_from: None }
    }

    /// How a driver is started: alone, in a folder that is nobody's.
    pub(super) fn arguments(&self) -> &'static [&'static str] {
        if self.built_from.is_some() { &[] } else { &["-I", "-c", BOOT] }
    }
}

/// Folders of a project that hold its virtual environment.
const ENVIRONMENTS: [&str; 3] = [".venv", "venv", "env"];

/// Finds it. `project` is the folder from which to look, upwards to the repository's root.
pub fn find(named: Option<&Path>, project: &Path) -> Interpreter {
    if let Some(path) = named {
        // The driver does not start in this folder; a bare name is looked for on the path.
        let is_bare = path.components().count() == 1 && !path.as_os_str().is_empty();
        let whole = if is_bare { path.into() } else { std::path::absolute(path).unwrap_or_else(|_| path.into()) };
        return Interpreter::new(whole, "named by --python");
    }
    if let Some(active) = std::env::var_os("VIRTUAL_ENV").map(PathBuf::from).and_then(|folder| program_in(&folder)) {
        return Interpreter::new(active, "of the active virtual environment");
    }
    for folder in project.ancestors() {
        if let Some((name, path)) = ENVIRONMENTS.iter().find_map(|name| Some((name, program_in(&folder.join(name))?))) {
            return Interpreter::new(path, &format!("of the project's `{name}`"));
        }
        if folder.join(".git").exists() {
            break;
        }
    }
    let path = if cfg!(windows) { "python" } else { "python3" };
    Interpreter::new(path.into(), "on the path; no virtual environment was found")
}

fn program_in(environment: &Path) -> Option<PathBuf> {
    let program = if cfg!(windows) { environment.join("Scripts/python.exe") } else { environment.join("bin/python") };
    program.is_file().then_some(program)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_nearest_environment_is_found() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("a/b");
        std::fs::create_dir_all(&inner).unwrap();
        let make = |folder: &Path| {
            let program = if cfg!(windows) { folder.join("Scripts/python.exe") } else { folder.join("bin/python") };
            std::fs::create_dir_all(program.parent().unwrap()).unwrap();
            std::fs::write(&program, "").unwrap();
            program
        };
        let outer = make(&root.path().join(".venv"));
        if std::env::var_os("VIRTUAL_ENV").is_none() {
            assert_eq!(find(None, &inner).path, outer);
            std::fs::create_dir(root.path().join("a/.git")).unwrap();
            assert!(find(None, &inner).because.contains("on the path"), "a repository is left for none");
            let own = make(&root.path().join("a/venv"));
            assert_eq!(find(None, &inner).path, own);
        }
        assert_eq!(find(Some(Path::new("/x/python")), &inner).path, Path::new("/x/python"));
    }
}
