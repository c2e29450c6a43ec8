//! Bad input: whatever lies in a folder, it is told with its place, the exit code is right, and the other files are reported.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use support::{load, root};

/// Exit code, standard output and standard error of the program in a folder.
fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_advisor"));
    let Output { status, stdout, stderr } = command.args(arguments).current_dir(folder).env_clear().stdin(Stdio::null()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

fn write(folder: &Path, files: &[(&str, &[u8])]) {
    for (path, bytes) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

/// The lines about problems after a scan of a folder in which a program with one finding lies as well. The finding must be told.
fn problems(bad: &[(&str, &[u8])], more: impl Fn(&Path)) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let good = load(&root().join("fixtures/projects/llm-burst")).unwrap();
    write(folder.path(), &good.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect::<Vec<_>>());
    write(folder.path(), bad);
    more(folder.path());
    let (code, out, told) = run(folder.path(), &["scan", "--output", "concise"]);
    assert_eq!((code, told.as_str()), (1, ""), "{out}");
    let (problems, findings): (Vec<&str>, Vec<&str>) = out.lines().partition(|line| line.contains(": problem: "));
    assert_eq!(findings.len(), 1, "{out}");
    assert!(findings[0].starts_with("app/llm.py:23:68: warning[pool-below-concurrency]"), "{out}");
    problems.into_iter().map(String::from).collect()
}

/// Bytes without order, the same in each run.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..length).map(|_| next()).collect()
}

fn utf_16(text: &str, bytes: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(bytes).collect()
}

#[test]
fn random_bytes_do_not_stop_the_others() {
    let told = [noise(5_000), b"TCPConnector".to_vec(), noise(5_000)].concat();
    let problems = problems(&[("noise.py", &told), ("run-noise.sh", &noise(9_000)), ("noise.yaml", &noise(9_000))], |_| ());
    assert!(problems.iter().any(|problem| problem.starts_with("noise.py:1:") && problem.contains("not UTF-8 text (byte ")), "{problems:?}");
}

#[test]
fn utf_16_is_read_and_told_where_it_is_broken() {
    let text = "import aiohttp\nx = aiohttp.TCPConnector()\n";
    let (little, big) = (utf_16(text, u16::to_le_bytes), utf_16(text, u16::to_be_bytes));
    // Half of a pair of surrogates, and half of a unit.
    let (half, cut) = ([little.as_slice(), &[0x00, 0xd8]].concat(), [little.as_slice(), &[0x20]].concat());
    let bad: [(&str, &[u8]); 4] = [("little.py", &little), ("big.py", &big), ("half.py", &half), ("cut.py", &cut)];
    let pools = |folder: &Path| {
        let (_, out, _) = run(folder, &["pools"]);
        for name in ["little.py", "big.py"] {
            assert!(out.contains(&format!("{name}:2:5  aiohttp.TCPConnector\n")), "{out}");
        }
    };
    let problems = problems(&bad, pools);
    assert!(problems.iter().any(|problem| problem == "half.py: problem: not UTF-16 text (byte 86)"), "{problems:?}");
    assert!(problems.iter().all(|problem| problem.starts_with("half.py:") || problem.starts_with("cut.py:")), "{problems:?}");
}

#[test]
fn a_line_of_50_megabytes_does_not_stop_the_others() {
    let line = format!("x = TCPConnector({})\n", "1, ".repeat(17_000_000));
    assert!(line.len() > 50_000_000);
    assert_eq!(problems(&[("long.py", line.as_bytes())], |_| ()), ["long.py: problem: larger than 20 MB, not read"]);
}

#[test]
fn ten_thousand_brackets_do_not_stop_the_others() {
    let deep = format!("import aiohttp\nx = {}aiohttp.TCPConnector(){}\n", "[".repeat(10_000), "]".repeat(10_000));
    let open = format!("x = TCPConnector{}\n", "(".repeat(10_000));
    let calls = format!("x = {}TCPConnector(){}\n", "f(".repeat(10_000), ")".repeat(10_000));
    let problems = problems(&[("deep.py", deep.as_bytes()), ("open.py", open.as_bytes()), ("calls.py", calls.as_bytes())], |_| ());
    assert!(problems.iter().any(|problem| problem.starts_with("open.py:1:")), "{problems:?}");
}

#[cfg(unix)]
#[test]
fn links_in_a_ring_do_not_stop_the_others() {
    let ring = |folder: &Path| {
        std::os::unix::fs::symlink(folder, folder.join("app/ring")).unwrap();
        std::os::unix::fs::symlink("self.py", folder.join("self.py")).unwrap();
        let (code, _, told) = run(folder, &["scan", "self.py"]);
        assert_eq!(code, 2);
        assert!(told.starts_with("error: self.py: cannot be read"), "{told}");
    };
    assert_eq!(problems(&[], ring), Vec::<String>::new());
}

#[cfg(unix)]
#[test]
fn closed_files_and_folders_do_not_stop_the_others() {
    use std::os::unix::fs::PermissionsExt as _;
    let close = |folder: &Path| {
        for path in ["closed.py", "closed"] {
            std::fs::set_permissions(folder.join(path), std::fs::Permissions::from_mode(0o000)).unwrap();
        }
    };
    let problems = problems(&[("closed.py", b"x = TCPConnector()\n"), ("closed/a.py", b"x = TCPConnector()\n")], close);
    // Nothing is closed to the superuser.
    if !problems.is_empty() {
        assert!(problems.iter().any(|problem| problem.starts_with("closed.py: problem: cannot be read")), "{problems:?}");
        assert!(problems.iter().any(|problem| problem.starts_with("closed: problem: cannot be read")), "{problems:?}");
    }
}

#[test]
fn an_empty_folder_and_a_path_that_does_not_exist_are_failures() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    for command in [["scan", "empty"].as_slice(), &["pools", "empty"], &["show", "facts", "empty"], &["scan", "empty", "--exit-zero"]] {
        let told = "error: no Python or Rust files found under empty\n".to_string();
        assert_eq!(run(folder.path(), command), (2, String::new(), told), "{command:?}");
    }
    for command in [["scan", "empty", "none/a.py"].as_slice(), &["pools", "none/a.py"], &["show", "cases", "none/a.py"]] {
        let told = "error: none/a.py: no such file or folder\n".to_string();
        assert_eq!(run(folder.path(), command), (2, String::new(), told), "{command:?}");
    }
}

#[test]
fn broken_settings_are_told_with_their_place_before_anything_is_read() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("a.py", b"x = 1\n")]);
    let told = |settings: &[u8]| {
        write(folder.path(), &[("advisor.toml", settings)]);
        let (code, out, told) = run(folder.path(), &["scan"]);
        assert_eq!((code, out.as_str()), (2, ""), "{told}");
        told
    };
    assert!(told(b"[targets]\nheadroom = \n").starts_with("error: advisor.toml:2:"));
    assert_eq!(told(b"[targets]\nheadrom = 2\n"), "error: advisor.toml:2:1: unknown key `headrom`: did you mean `headroom`?\n");
    assert!(told(b"fail-on = \"\xff\"\n").starts_with("error: advisor.toml: "));
    assert!(told(&noise(3_000)).starts_with("error: advisor.toml"));
    assert!(told("exclude = ".repeat(3).as_bytes()).starts_with("error: advisor.toml:1:"));
    assert!(told(format!("exclude = {}", "[".repeat(10_000)).as_bytes()).starts_with("error: advisor.toml:1:"));
}

#[test]
fn nothing_but_broken_files_is_a_failure_and_one_good_file_is_not() {
    for bytes in [b"\xFF\xFETCPConnector\x00\xD8".as_slice(), b"# TCPConnector\nx = '\xFF'\n"] {
        let bad = tempfile::tempdir().unwrap();
        write(bad.path(), &[("a.py", bytes)]);
        for arguments in [["scan"].as_slice(), &["pools"], &["scan", "--exit-zero", "--output", "json"]] {
            let (code, _, told) = run(bad.path(), arguments);
            assert_eq!((code, told.as_str()), (2, "error: none of the files could be read\n"), "{bytes:?} {arguments:?}");
        }
    }
    let mixed = tempfile::tempdir().unwrap();
    write(mixed.path(), &[("a.py", b"\xFFTCPConnector"), ("b.py", b"x = 1\n")]);
    let (code, out, told) = run(mixed.path(), &["scan"]);
    assert_eq!((code, told.as_str()), (0, ""), "{out}");
    assert!(out.contains("a.py:1:1: problem: not UTF-8 text (byte 0)"), "{out}");
    let broken = tempfile::tempdir().unwrap();
    write(broken.path(), &[("a.py", b"x = TCPConnector(\n")]);
    let (code, out, told) = run(broken.path(), &["scan"]);
    assert_eq!((code, told.as_str()), (0, ""), "{out}");
    assert!(out.contains("a.py:1:1: problem: syntax error"), "{out}");
}
