//! The program never runs what it scans: traced from start to end over a hostile tree, it starts nothing, connects to nothing, writes nothing, and
//! opens nothing of the tree but what lies in it.
//!
//! Needs `strace`. Where there is none the test says so and passes, unless `ADVISOR_REQUIRE_STRACE=1` demands it.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::Path;
use std::process::{Command, Stdio};

use support::{load, root};

/// Calls that start a program, reach another machine or process, or change the file system.
const WATCHED: &str = "execve,execveat,fork,vfork,clone,clone3,socket,connect,bind,sendto,sendmsg,ptrace,open,openat,openat2,creat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,symlink,symlinkat,link,linkat,truncate,chmod,fchmodat,mknod,mknodat";

/// The calls of a run of a program, one a line; `None` where nothing can trace it.
fn calls(folder: &Path, program: &str, arguments: &[&str]) -> Option<Vec<String>> {
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-s", "4096", "-e", &format!("trace={WATCHED}"), "-o"]).arg(log.path());
    strace.arg(program).args(arguments);
    let run = strace.current_dir(folder).env("CARGO", "/nonexistent").stdin(Stdio::null()).output();
    let told = match run {
        Ok(output) if output.status.code().is_some_and(|code| code < 2) => {
            return Some(std::fs::read_to_string(log.path()).unwrap().lines().map(String::from).collect());
        }
        Ok(output) => format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr)),
        Err(why) => why.to_string(),
    };
    let needed = std::env::var_os("ADVISOR_REQUIRE_STRACE").is_some();
    assert!(!needed, "strace is demanded and does not run: {told}");
    eprintln!("not traced, strace does not run: {told}");
    None
}

/// A tree in which everything wants to be run.
fn hostile(folder: &Path) {
    let run = "import os\nos.system('touch owned')\n";
    let touch = "#!/bin/sh\ntouch owned\n";
    let files: [(&str, &str); 14] = [
        ("sitecustomize.py", run),
        ("conftest.py", run),
        ("setup.py", run),
        ("app/__init__.py", run),
        (
            "app/settings.py",
            "import aiohttp\nLIMIT = int(__import__('os').popen('touch owned').read())\nx = aiohttp.TCPConnector(limit=LIMIT)\n",
        ),
        (
            "app/config.py",
            "import aiohttp, json, yaml\nwith open('../outside.json') as f:\n    A = json.load(f)\nwith open('/etc/hostname') as f:\n    B = yaml.load(f)\nC = yaml.load(open('evil.yaml'))\nx = aiohttp.TCPConnector(limit=A['n'], limit_per_host=B['n'])\ny = aiohttp.TCPConnector(limit=C['n'])\n",
        ),
        ("evil.yaml", "n: !!python/object/apply:os.system ['touch owned']\n"),
        (
            "rust/Cargo.toml",
            "[package]\nname = \"evil\"\nversion = \"1.0.0\"\nbuild = \"build.rs\"\n\n[dependencies]\nreqwest = { git = \"https://example.invalid/x\" }\n",
        ),
        ("rust/build.rs", "fn main() { std::process::Command::new(\"touch\").arg(\"owned\").status().unwrap(); }\n"),
        ("rust/.cargo/config.toml", "[build]\nrustc-wrapper = \"./touch.sh\"\n"),
        (
            "rust/src/main.rs",
            "fn main() { let c = reqwest::Client::builder().pool_max_idle_per_host(env!(\"N\")).build(); include!(\"/etc/hostname\"); }\n",
        ),
        ("run.sh", "#!/bin/sh\nN=$(touch owned)\npython -m app.main --concurrent `touch owned` --n $N\n"),
        ("requirements.txt", "-r https://example.invalid/x.txt\n-e git+https://example.invalid/x#egg=x\naiohttp\n"),
        (".git/config", "[core]\n\tfsmonitor = touch owned\n\tsshCommand = touch owned\n[include]\n\tpath = /etc/hostname\n"),
    ];
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    for name in ["python", "python3", "git", "cargo", "rustc", "sh", ".git/hooks/post-checkout", "touch.sh"] {
        use std::os::unix::fs::PermissionsExt as _;
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, touch).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    for (path, bytes) in load(&root().join("fixtures/projects/llm-burst")).unwrap().into_iter().filter(|(path, _)| path != "run.sh") {
        let path = folder.join("burst").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

/// The name of a call and what follows it, without the process number.
fn call(line: &str) -> (&str, &str) {
    let line = line.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
    line.split_once('(').unwrap_or((line, ""))
}

#[test]
fn nothing_that_is_scanned_is_run() {
    let around = tempfile::tempdir().unwrap();
    std::fs::write(around.path().join("outside.json"), "{\"n\": 3}").unwrap();
    let tree = around.path().join("tree");
    std::fs::create_dir(&tree).unwrap();
    hostile(&tree);
    for arguments in [["scan"].as_slice(), &["scan", "--diff", "--unsafe-fixes"], &["pools"], &["show", "cases"]] {
        let Some(lines) = calls(&tree, env!("CARGO_BIN_EXE_advisor"), arguments) else { return };
        let started: Vec<&String> = lines.iter().filter(|line| call(line).0.starts_with("exec")).collect();
        assert_eq!(started.len(), 1, "only the program itself is started: {started:?}");
        let mut opened = 0;
        for line in &lines {
            let (name, rest) = call(line);
            match name {
                "execve" => {}
                // Threads share the memory of the program; a process does not.
                "clone" | "clone3" => assert!(rest.contains("CLONE_THREAD"), "a process: {line}"),
                "open" | "openat" => {
                    opened += 1;
                    assert!(!["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"].iter().any(|mode| rest.contains(mode)), "a write: {line}");
                    let outside = ["outside.json", "/etc/hostname"].iter().any(|path| rest.contains(path));
                    assert!(!outside, "a file that only the tree names: {line}");
                }
                _ if line.contains("+++") || line.contains("---") || line.contains("<... ") => {}
                _ => panic!("{arguments:?}: {line}"),
            }
        }
        assert!(opened > 10, "the trace is empty: {lines:?}");
    }
    assert!(!tree.join("owned").exists());
}

#[test]
fn the_trace_sees_what_is_started_and_written() {
    let folder = tempfile::tempdir().unwrap();
    let Some(lines) = calls(folder.path(), "sh", &["-c", "env true; echo x > owned"]) else { return };
    assert!(lines.iter().filter(|line| call(line).0 == "execve").count() > 1, "{lines:?}");
    assert!(lines.iter().any(|line| call(line).0.starts_with("open") && line.contains("owned") && line.contains("O_CREAT")), "{lines:?}");
}
