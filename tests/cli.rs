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

/// A program in which 80 tasks share a pool of 20.
const NARROW: &str = "import asyncio\nimport aiohttp\n\n\nasync def fetch(session, slots, item):\n    async with slots:\n        \
    async with session.get(f\"https://api.example.com/{item}\") as response:\n            return await response.read()\n\n\n\
    async def main(items):\n    slots = asyncio.Semaphore(80)\n    connector = aiohttp.TCPConnector(limit=20)\n    \
    async with aiohttp.ClientSession(connector=connector) as session:\n        \
    return await asyncio.gather(*(fetch(session, slots, item) for item in items))\n";

#[test]
fn a_baseline_silences_what_was_there_and_nothing_new() {
    let folder = project(&[("a.py", NARROW.as_bytes())]);
    let scan = |arguments: &[&str]| run(&mut advisor(folder.path(), &[&["scan", "-o", "concise"], arguments].concat()));
    let (code, out, _) = scan(&[]);
    assert_eq!((code, out.lines().count()), (1, 1), "{out}");
    assert!(out.starts_with("a.py:13:"), "{out}");
    let (code, out, told) = scan(&["--write-baseline", "known.json"]);
    assert_eq!((code, out.as_str(), told.as_str()), (0, "", "note: 1 finding written to known.json\n"));
    let known = || scan(&["--baseline", "known.json", "--fail-on", "note"]);
    assert_eq!(known(), (0, String::new(), String::new()));
    // Lines that move are no news, another file with the same fault is.
    std::fs::write(folder.path().join("a.py"), format!("# one line more\n\n{NARROW}")).unwrap();
    assert_eq!(known(), (0, String::new(), String::new()));
    std::fs::write(folder.path().join("b.py"), NARROW).unwrap();
    let (code, out, _) = known();
    assert_eq!((code, out.lines().count()), (1, 1), "{out}");
    assert!(out.starts_with("b.py:13:"), "{out}");
    // What was mended is told to those who ask.
    std::fs::remove_file(folder.path().join("b.py")).unwrap();
    std::fs::write(folder.path().join("a.py"), NARROW.replace("limit=20", "limit=100")).unwrap();
    let (code, out, told) = scan(&["--baseline", "known.json", "--verbose"]);
    assert_eq!((code, out.as_str()), (0, ""));
    assert_eq!(told.matches("info: in the baseline, but found no more: pool-below-concurrency").count(), 1, "{told}");
}

#[test]
fn the_exit_code_follows_the_severity_that_is_asked_for() {
    let folder = project(&[("a.py", NARROW.as_bytes())]);
    let code = |arguments: &[&str]| run(&mut advisor(folder.path(), &[&["scan", "-q"], arguments].concat())).0;
    assert_eq!([code(&[]), code(&["--fail-on", "note"]), code(&["--fail-on", "error"]), code(&["--exit-zero"])], [1, 1, 0, 0]);
    for format in ["human", "concise", "json", "sarif", "github"] {
        assert_eq!((code(&["-o", format]), code(&["-o", format, "--fail-on", "error"])), (1, 0), "{format}");
    }
    std::fs::write(folder.path().join("advisor.toml"), "[rules]\npool-below-concurrency = \"error\"\n").unwrap();
    assert_eq!(code(&["--fail-on", "error"]), 1);
    std::fs::write(folder.path().join("advisor.toml"), "fail-on = \"error\"\n").unwrap();
    assert_eq!([code(&[]), code(&["--fail-on", "warning"])], [0, 1]);
}

#[test]
fn people_get_paths_from_where_they_stand_and_machines_from_the_root() {
    let folder = project(&[("service/a.py", NARROW.as_bytes()), ("service/inner/b.py", b""), (".git/HEAD", b"ref: refs/heads/main\n")]);
    let first = |below: &str, format: &str| {
        run(&mut advisor(&folder.path().join(below), &["scan", "-o", format, ".", &"../".repeat(below.matches('/').count() + 1)])).1
    };
    assert!(first("service", "concise").starts_with("a.py:13:"));
    assert!(first("service/inner", "concise").starts_with("../a.py:13:"));
    assert!(first("service", "human").contains("┌─ a.py:13:"));
    assert!(first("service", "github").starts_with("::warning file=service/a.py,line=13,"));
    let (_, out, _) = run(&mut advisor(&folder.path().join("service"), &["pools"]));
    assert!(out.starts_with("a.py:13:17  aiohttp.TCPConnector\n"), "{out}");
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
