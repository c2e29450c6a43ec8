//! The program as its users run it: arguments in, standard output, standard error, files and exit code out.
//!
//! The cases under `tests/cmd` are written as a terminal shows them; `TRYCMD=overwrite cargo test --test cli` writes the outputs anew.
//! What needs a pipe, a device or a look at single bytes is below.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// What the environment of the person who runs the tests must not change.
const SCRUBBED: [&str; 8] = ["NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI", "COLUMNS", "LINES", "RUST_BACKTRACE"];

#[test]
fn commands_and_their_output() {
    let cases = trycmd::TestCases::new();
    for name in SCRUBBED {
        cases.env(name, "");
    }
    cases.env("HOME", "/nonexistent").env("XDG_CONFIG_HOME", "/nonexistent").env("LC_ALL", "C.UTF-8");
    cases.case("tests/cmd/*.trycmd");
}

/// The program in a clean environment, in a folder.
fn advisor(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_advisor"));
    command.args(arguments).current_dir(folder).env_clear().stdin(Stdio::null());
    command
}

fn run(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

/// A folder with a program in it.
fn project(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

#[test]
fn colours_follow_the_arguments_then_the_environment() {
    let folder = project(&[]);
    let has_colours = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = advisor(folder.path(), &[&["explain", "unused-ignore"], arguments].concat());
        let (code, out, _) = run(command.envs(variables.iter().copied()));
        assert_eq!(code, 0);
        out.contains('\u{1b}')
    };
    assert!(!has_colours(&[], &[]), "a pipe is no terminal");
    assert!(has_colours(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(has_colours(&[], &[("FORCE_COLOR", "1")]));
    assert!(has_colours(&[], &[("CLICOLOR_FORCE", "1")]));
    for variables in [&[("FORCE_COLOR", "1"), ("NO_COLOR", "1")], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]] {
        assert!(!has_colours(&[], variables), "{variables:?}");
    }
    assert!(!has_colours(&[], &[("FORCE_COLOR", "0")]));
    assert!(!has_colours(&["--color", "never"], &[("FORCE_COLOR", "1")]));
}

#[test]
fn a_reader_that_closes_the_pipe_is_no_error() {
    let folder = project(&[]);
    let mut child =
        advisor(folder.path(), &["explain", "client-per-request"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!((child.wait().unwrap().code(), told.as_str()), (Some(0), ""));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let folder = project(&[("a.py", b"x = 1\n")]);
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let (code, _, told) = run(advisor(folder.path(), &["scan"]).stdout(full()));
    assert_eq!(code, 2);
    assert!(told.starts_with("error: standard output: cannot be written: "), "{told}");
    let (code, _, told) = run(&mut advisor(folder.path(), &["scan", "--output", "json=/dev/full"]));
    assert_eq!(code, 2);
    assert!(told.starts_with("error: /dev/full: cannot be written: "), "{told}");
}

#[test]
fn nothing_but_broken_files_is_a_failure_and_one_good_file_is_not() {
    for bytes in [b"\xFF\xFETCPConnector\x00\xD8".as_slice(), b"# TCPConnector\nx = '\xFF'\n"] {
        let bad = project(&[("a.py", bytes)]);
        for arguments in [["scan"].as_slice(), &["pools"], &["scan", "--exit-zero", "--output", "json"]] {
            let (code, _, told) = run(&mut advisor(bad.path(), arguments));
            assert_eq!((code, told.as_str()), (2, "error: none of the files could be read\n"), "{bytes:?} {arguments:?}");
        }
    }
    let mixed = project(&[("a.py", b"\xFFTCPConnector"), ("b.py", b"x = 1\n")]);
    let (code, out, told) = run(&mut advisor(mixed.path(), &["scan"]));
    assert_eq!((code, told.as_str()), (0, ""), "{out}");
    assert!(out.contains("a.py:1:1: problem: not UTF-8 text (byte 0)"), "{out}");
    let broken = project(&[("a.py", b"x = TCPConnector(\n")]);
    let (code, out, told) = run(&mut advisor(broken.path(), &["scan"]));
    assert_eq!((code, told.as_str()), (0, ""), "{out}");
    assert!(out.contains("a.py:1:1: problem: syntax error"), "{out}");
}

/// What a scan of a folder with a good file and others says of the others.
fn problems_beside_a_good_file(folder: &Path) -> Vec<String> {
    std::fs::write(folder.join("good.py"), "import aiohttp\nconnector = aiohttp.TCPConnector(limit=7)\n").unwrap();
    let (code, out, told) = run(&mut advisor(folder, &["pools"]));
    assert_eq!((code, told.as_str()), (0, ""), "{out}");
    assert!(out.contains("good.py:2:13  aiohttp.TCPConnector"), "{out}");
    out.lines().filter(|line| line.contains(": problem: ")).map(String::from).collect()
}

#[test]
fn large_and_deep_files_do_not_stop_the_others() {
    let line = format!("x = TCPConnector({})\n", "1, ".repeat(17_000_000));
    let deep = format!("import aiohttp\nx = {}aiohttp.TCPConnector(){}\n", "[".repeat(10_000), "]".repeat(10_000));
    let open = format!("x = TCPConnector{}\n", "(".repeat(10_000));
    let folder = project(&[("long.py", line.as_bytes()), ("deep.py", deep.as_bytes()), ("open.py", open.as_bytes())]);
    let problems = problems_beside_a_good_file(folder.path());
    assert!(problems.contains(&"long.py: problem: larger than 20 MB, not read".to_string()), "{problems:?}");
    assert!(problems.iter().any(|problem| problem.starts_with("open.py:1:")), "{problems:?}");
}

#[cfg(unix)]
#[test]
fn links_in_a_ring_and_closed_files_do_not_stop_the_others() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = project(&[("closed.py", b"x = TCPConnector()\n"), ("inner/a.py", b"")]);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("inner/ring")).unwrap();
    std::os::unix::fs::symlink("self.py", folder.path().join("self.py")).unwrap();
    let closed = folder.path().join("closed.py");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).unwrap();
    let problems = problems_beside_a_good_file(folder.path());
    // Nothing is closed to the superuser.
    if std::fs::read(&closed).is_err() {
        assert!(problems.len() == 1 && problems[0].starts_with("closed.py: problem: cannot be read"), "{problems:?}");
    }
    let (code, _, told) = run(&mut advisor(folder.path(), &["scan", "self.py"]));
    assert_eq!(code, 2);
    assert!(told.starts_with("error: self.py: cannot be read"), "{told}");
}

#[test]
fn messages_do_not_command_the_terminal() {
    let folder = project(&[]);
    let (code, _, told) = run(&mut advisor(folder.path(), &["scan", "no\u{1b}[31msuch"]));
    assert_eq!((code, told.as_str()), (2, "error: no\\u{1b}[31msuch: no such file or folder\n"));
}

#[test]
fn every_output_is_written_and_none_is_left_over() {
    let folder = project(&[("a.py", b"x = 1\n")]);
    let arguments = ["scan", "--output", "json=r.json", "-o", "sarif=r.sarif", "-o", "github=r.txt", "--output=concise", "-q"];
    let (code, out, told) = run(&mut advisor(folder.path(), &arguments));
    assert_eq!((code, out.as_str(), told.as_str()), (0, "", ""));
    for (name, key) in [("r.json", "schema"), ("r.sarif", "runs")] {
        let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(json.get(key).is_some(), "{name}: {text}");
    }
    let mut names: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["a.py", "r.json", "r.sarif", "r.txt"]);
}

#[test]
fn a_baseline_comes_back_as_it_was_written() {
    let folder = project(&[("a.py", b"x = 1  # advisor: ignore[client-per-request]\n")]);
    let (code, _, told) = run(&mut advisor(folder.path(), &["scan", "--write-baseline", "known.json"]));
    assert_eq!(code, 0);
    assert!(told.contains("written to known.json"), "{told}");
    let (code, _, told) = run(&mut advisor(folder.path(), &["scan", "--baseline", "known.json", "--fail-on", "note"]));
    assert_eq!((code, told.as_str()), (0, ""));
    std::fs::write(folder.path().join("known.json"), "{\"schema\": 1,\n  \"keys\": 3}").unwrap();
    let (code, _, told) = run(&mut advisor(folder.path(), &["scan", "--baseline", "known.json"]));
    assert_eq!(code, 2);
    assert!(told.starts_with("error: known.json:2:11: no baseline: invalid type"), "{told}");
}
