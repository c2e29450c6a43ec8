//! A process between the probe and a driver, so that neither outlives the other, whatever ends the probe and whatever the driver is doing.
//!
//! A driver ends by itself when its input closes, but not while the code that it runs holds the interpreter. This process is the program itself,
//! called again: it starts the driver in its own process group, looks whether its parent is still the probe, and kills the group when it is not.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, ExitCode, ExitStatus};
use std::sync::OnceLock;
use std::time::Duration;

use rustix::process::{Pid, Signal, getpgrp, getpid, getppid, kill_process, kill_process_group};

/// First argument of the program where it is to watch.
const WATCH: &str = "__watch";
/// How often it is looked whether the probe is still there.
const TICK: Duration = Duration::from_millis(50);
/// Exit code where the program cannot be started; standard error then begins with [`NOT_STARTED`].
pub(super) const CANNOT: i32 = 125;
/// Begin of the message that says why.
pub(super) const NOT_STARTED: &str = "advisor: not started: ";

static WATCHMAN: OnceLock<PathBuf> = OnceLock::new();

/// From now on drivers are watched by this program, where it knows its own file.
pub fn enable() {
    if let Ok(program) = std::env::current_exe() {
        // Set once: the file does not change.
        let _ = WATCHMAN.set(program);
    }
}

/// The command that watches what is added to it; `None` where nobody does.
pub(super) fn command() -> Option<Command> {
    let mut command = Command::new(WATCHMAN.get()?);
    command.arg(WATCH).arg(std::process::id().to_string());
    Some(command)
}

/// Watches, where that is what the arguments ask for.
pub fn asked(mut arguments: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    if arguments.nth(1)? != WATCH {
        return None;
    }
    let parent = arguments.next()?.to_str()?.parse().ok().and_then(Pid::from_raw)?;
    Some(watch(parent, &arguments.next()?, arguments))
}

fn watch(parent: Pid, program: &OsString, arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let mut driver = match Command::new(program).args(arguments).spawn() {
        Ok(driver) => driver,
        Err(why) => {
            eprintln!("{NOT_STARTED}{why}");
            return ExitCode::from(CANNOT as u8);
        }
    };
    std::thread::spawn(move || {
        while getppid() == Some(parent) {
            std::thread::sleep(TICK);
        }
        end_group();
    });
    match driver.wait() {
        Ok(status) => as_it_ended(status),
        Err(_) => ExitCode::FAILURE,
    }
}

/// Kills all of the group that this process leads, itself among them.
fn end_group() {
    if getpgrp() == getpid() {
        let _ = kill_process_group(getpgrp(), Signal::KILL);
    }
    std::process::exit(1);
}

/// Ends as the driver did, so that the probe sees what became of it.
fn as_it_ended(status: ExitStatus) -> ExitCode {
    use std::os::unix::process::ExitStatusExt as _;
    if let Some(signal) = status.signal().and_then(Signal::from_named_raw) {
        let _ = kill_process(getpid(), signal);
        std::thread::sleep(Duration::from_secs(1));
    }
    status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}
