//! A virtual environment with pinned client libraries below the build's own folder: made the first time, used from then on.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

const REQUIREMENTS: &str = include_str!("requirements.txt");

/// Its interpreter. Without Python, or without a package index the first time, the test fails and says so.
pub fn python() -> &'static Path {
    static MADE: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match MADE.get_or_init(make) {
        Ok(python) => python,
        Err(why) => panic!("the tests of the probe need Python 3 with `venv`, and a package index the first time: {why}"),
    }
}

/// The build's own folder.
pub fn built() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_advisor")).parent().and_then(Path::parent).expect("a program lies in a folder of the build")
}

fn make() -> Result<PathBuf, String> {
    let folder = built().join("probe-venv");
    let python = if cfg!(windows) { folder.join("Scripts/python.exe") } else { folder.join("bin/python") };
    let stamp = folder.join("made-from.txt");
    if std::fs::read_to_string(&stamp).is_ok_and(|made| made == REQUIREMENTS) {
        return Ok(python);
    }
    let system = if cfg!(windows) { "python" } else { "python3" };
    run(Command::new(system).args(["-m", "venv", "--clear"]).arg(&folder))?;
    let wanted = folder.join("requirements.txt");
    std::fs::write(&wanted, REQUIREMENTS).map_err(|why| why.to_string())?;
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(&wanted))?;
    std::fs::write(&stamp, REQUIREMENTS).map_err(|why| why.to_string())?;
    Ok(python)
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output().map_err(|why| format!("{command:?}: {why}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(format!("{command:?}: {said}")) }
}
