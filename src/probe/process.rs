//! A driver's process: started alone and with nothing of the user's environment, heard out with patience that ends, and never left behind.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

/// What a driver's environment keeps: enough for an interpreter to find itself.
const KEPT: [&str; 8] = ["PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "SYSTEMROOT", "PYENV_ROOT"];
/// Bytes of a line at most. The longest that a driver of ours prints has some 200 kB.
const LONGEST_LINE: u64 = 4 << 20;
/// Lines at most.
const MOST_LINES: usize = 100_000;
/// Bytes of standard error that are kept, the last ones.
const ERROR_TAIL: usize = 2000;
/// Time to end after the last line.
const LEAVE: Duration = Duration::from_secs(3);
const TICK: Duration = Duration::from_millis(10);

/// Why there is no result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Silence {
    /// It could not be started.
    NotStarted(String),
    /// It did not end in time and was killed.
    TooLate(Duration),
    /// It says more than any driver would.
    TooMuch,
    /// A line is no text.
    NoText,
}

impl Silence {
    /// The same in words, of whoever was to speak.
    pub fn of(&self, who: &str) -> String {
        match self {
            Self::NotStarted(why) => format!("{who} cannot be run: {why}"),
            Self::TooLate(patience) => format!("{who} did not end within {} s and was killed", patience.as_secs()),
            Self::TooMuch => format!("{who} said more than any run can have to say, and was killed"),
            Self::NoText => format!("{who} said something that is no text, and was killed"),
        }
    }
}

/// What a driver said.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Said {
    /// Lines of standard output.
    pub lines: Vec<String>,
    /// The end of standard error.
    pub errors: String,
    /// How it ended, in words, where that was not a success.
    pub status: Option<String>,
}

enum Heard {
    Line(String),
    TooMuch,
    NoText,
    End,
}

/// What is started.
#[derive(Clone, Copy)]
pub struct Program<'a> {
    /// The file, or a name on the path.
    pub path: &'a Path,
    /// Its arguments.
    pub arguments: &'a [&'a str],
    /// Where it starts.
    pub folder: &'a Path,
    /// Whether it gets all of the user's environment, and not only what an interpreter needs.
    pub whole_environment: bool,
}

/// Runs a program and hears what it says. `job` is one line for its standard input, which stays open until the end.
///
/// # Errors
/// When it cannot be started, does not end in time, or says too much. Whatever happens, no process is left.
pub fn run(program: &Program<'_>, job: &str, patience: Duration) -> Result<Said, Silence> {
    let deadline = Instant::now() + patience;
    let mut driver = Driver::start(program).map_err(|why| Silence::NotStarted(why.to_string()))?;
    let (stdin, stdout, stderr) = (driver.child.stdin.take(), driver.child.stdout.take(), driver.child.stderr.take());
    let (Some(mut stdin), Some(stdout), Some(stderr)) = (stdin, stdout, stderr) else {
        return Err(Silence::NotStarted("it has no standard streams".into()));
    };
    let (sender, lines) = sync_channel(1000);
    // The threads end when the process does, for then both streams close; the killing of its group sees to children too.
    std::thread::spawn(move || {
        let mut reader = BufReader::new(stdout);
        loop {
            let heard = next_line(&mut reader);
            let is_last = !matches!(heard, Heard::Line(_));
            if sender.send(heard).is_err() || is_last {
                return;
            }
        }
    });
    let (error_sender, errors) = sync_channel(1);
    std::thread::spawn(move || error_sender.send(tail(stderr)));
    let job = format!("{job}\n");
    let writer = std::thread::spawn(move || {
        // A driver that does not read will say nothing either, which is told.
        let _ = stdin.write_all(job.as_bytes()).and_then(|()| stdin.flush());
        stdin
    });
    let lines = listen(&lines, deadline, patience)?;
    let status = driver.leave(deadline.min(Instant::now() + LEAVE));
    driver.kill();
    drop(writer);
    let errors = errors.recv_timeout(LEAVE).unwrap_or_default();
    #[cfg(unix)]
    if let Some(why) = errors.strip_prefix(super::watch::NOT_STARTED).filter(|_| driver.code == Some(super::watch::CANNOT)) {
        return Err(Silence::NotStarted(why.trim_end().into()));
    }
    Ok(Said { lines, errors, status })
}

fn listen(heard: &Receiver<Heard>, deadline: Instant, patience: Duration) -> Result<Vec<String>, Silence> {
    let mut lines = Vec::new();
    loop {
        match heard.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Heard::Line(line)) if lines.len() < MOST_LINES => lines.push(line),
            Ok(Heard::Line(_) | Heard::TooMuch) => return Err(Silence::TooMuch),
            Ok(Heard::NoText) => return Err(Silence::NoText),
            Ok(Heard::End) | Err(RecvTimeoutError::Disconnected) => return Ok(lines),
            Err(RecvTimeoutError::Timeout) => return Err(Silence::TooLate(patience)),
        }
    }
}

fn next_line(reader: &mut impl std::io::BufRead) -> Heard {
    let mut line = Vec::new();
    match reader.take(LONGEST_LINE).read_until(b'\n', &mut line) {
        Ok(0) | Err(_) => Heard::End,
        Ok(_) if line.len() as u64 >= LONGEST_LINE => Heard::TooMuch,
        Ok(_) => String::from_utf8(line).map_or(Heard::NoText, Heard::Line),
    }
}

/// The last bytes of a stream, as text.
fn tail(mut stream: impl std::io::Read) -> String {
    let (mut kept, mut piece) = (Vec::new(), [0; 4096]);
    while let Ok(length) = stream.read(&mut piece) {
        if length == 0 {
            break;
        }
        kept.extend_from_slice(piece.get(..length).unwrap_or_default());
        if kept.len() > 2 * ERROR_TAIL {
            kept.drain(..kept.len() - ERROR_TAIL);
        }
    }
    String::from_utf8_lossy(kept.get(kept.len().saturating_sub(ERROR_TAIL)..).unwrap_or_default()).into_owned()
}

/// A child that is killed with all its own when it goes out of scope.
struct Driver {
    child: Child,
    /// The code with which it ended by itself.
    code: Option<i32>,
}

impl Driver {
    fn start(program: &Program<'_>) -> std::io::Result<Self> {
        #[cfg(unix)]
        let watched = super::watch::command().map(|mut command| {
            command.arg(program.path);
            command
        });
        #[cfg(not(unix))]
        let watched = None;
        let mut command = watched.unwrap_or_else(|| Command::new(program.path));
        command.args(program.arguments).current_dir(program.folder);
        if !program.whole_environment {
            command.env_clear().envs(KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        Ok(Self { child: command.spawn()?, code: None })
    }

    /// Waits for it to end by itself; says how it failed.
    fn leave(&mut self, deadline: Instant) -> Option<String> {
        while Instant::now() < deadline {
            match self.child.try_wait() {
                Ok(Some(status)) => {
                    self.code = status.code();
                    return (!status.success()).then(|| status.to_string());
                }
                Ok(None) => std::thread::sleep(TICK),
                Err(why) => return Some(why.to_string()),
            }
        }
        Some("it closed its output and did not end".into())
    }

    fn kill(&mut self) {
        // The group first: it outlives its leader while a child of it runs.
        #[cfg(unix)]
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    /// A program that stands in for an interpreter.
    fn script(folder: &Path, text: &str) -> std::path::PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let path = folder.join("python");
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn alone(path: &Path) -> Program<'_> {
        Program { path, arguments: &[], folder: Path::new("/"), whole_environment: false }
    }

    fn outcome(text: &str, patience: f64) -> Result<Said, Silence> {
        let folder = tempfile::tempdir().unwrap();
        run(&alone(&script(folder.path(), text)), "{}", Duration::from_secs_f64(patience))
    }

    #[test]
    fn what_is_said_is_heard() {
        let said = outcome("echo one; echo two; echo oh >&2; exit 3", 20.0).unwrap();
        assert_eq!((said.lines, said.errors.as_str()), (vec!["one\n".to_string(), "two\n".to_string()], "oh\n"));
        assert!(said.status.unwrap().contains('3'));
        assert_eq!(outcome("cat > /dev/null", 0.3), Err(Silence::TooLate(Duration::from_secs_f64(0.3))), "its input stays open");
        assert_eq!(outcome("exit 0", 20.0), Ok(Said::default()));
        assert!(matches!(run(&alone(Path::new("/no/such/python")), "{}", LEAVE), Err(Silence::NotStarted(_))));
    }

    #[test]
    fn nobody_is_listened_to_for_ever() {
        assert_eq!(outcome("yes", 60.0), Err(Silence::TooMuch));
        assert_eq!(outcome("tr '\\0' a < /dev/zero", 60.0), Err(Silence::TooMuch));
        assert_eq!(outcome("printf '\\377\\376\\n'; sleep 60", 60.0), Err(Silence::NoText));
        assert!(outcome("yes >&2 & sleep 0.3; kill $!", 60.0).unwrap().errors.len() <= ERROR_TAIL);
    }

    #[test]
    fn children_of_a_driver_end_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let pid_file = folder.path().join("pid");
        let text = format!("sleep 1000 & echo $! > {}; wait", pid_file.display());
        assert!(matches!(run(&alone(&script(folder.path(), &text)), "{}", Duration::from_secs(1)), Err(Silence::TooLate(_))));
        let pid = std::fs::read_to_string(&pid_file).unwrap().trim().parse().ok().and_then(rustix::process::Pid::from_raw).unwrap();
        let is_gone = || rustix::process::test_kill_process(pid).is_err() || is_zombie(pid);
        assert!(
            (0..100).any(|_| is_gone() || {
                std::thread::sleep(TICK);
                false
            }),
            "{pid:?} still runs"
        );
    }

    /// Killed, and not yet collected by whoever inherited it.
    fn is_zombie(pid: rustix::process::Pid) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
        stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
    }
}
