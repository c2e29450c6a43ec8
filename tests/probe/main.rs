//! `advisor probe` with real client libraries, with drivers that lie, and killed in the middle.
#![cfg(feature = "probe")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod databases;
mod environment;
#[cfg(unix)]
mod hostile;
#[cfg(unix)]
mod instrument;
#[cfg(target_os = "linux")]
mod killed;
mod real;
mod rust;
mod target;

use std::path::Path;
use std::process::{Command, Stdio};

/// `advisor` in a folder of its own, without the environment's virtual environment.
pub fn advisor(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_advisor"));
    command.current_dir(folder).stdin(Stdio::null()).env_remove("VIRTUAL_ENV");
    command
}

/// Exit code, standard output, standard error.
pub fn outcome(command: &mut Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}
