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

/// `name` with a program beside it that reads it: configuration is read where a program asks for it.
fn asked_for(name: &str, load: &str, text: String) -> [(String, Vec<u8>); 2] {
    let program = format!(
        "import aiohttp, json, tomllib, yaml\n\nwith open(\"{name}\") as file:\n    CONFIG = {load}(file)\nx = aiohttp.TCPConnector(limit=CONFIG[\"a11\"])\n"
    );
    [(name.to_string(), text.into_bytes()), (format!("{}.py", name.replace('.', "_")), program.into_bytes())]
}

fn told_beside(files: &[(String, Vec<u8>)]) -> Vec<String> {
    problems(&files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect::<Vec<_>>(), |_| ())
}

/// Eleven lines, each of which says `next(line before)` nine times: 9¹¹ of what the first one holds.
fn bomb(first: &str, line: impl Fn(usize, &str) -> String, part: impl Fn(usize) -> String, joined: &str) -> String {
    let lines = (1..12).map(|at| line(at, &vec![part(at - 1); 9].join(joined)));
    std::iter::once(first.to_string()).chain(lines).collect()
}

#[test]
fn aliases_and_variables_that_stand_for_more_than_any_memory_holds_do_not_stop_the_others() {
    let lists = bomb("a0: &a0 [x, x]\n", |at, parts| format!("a{at}: &a{at} [{parts}]\n"), |at| format!("*a{at}"), ", ");
    let merged = bomb("a0: &a0 {x: 1}\n", |at, parts| format!("a{at}: &a{at} {{<<: [{parts}]}}\n"), |at| format!("*a{at}"), ", ");
    let services = format!("{lists}services:\n  app:\n    command: *a11\n    environment: *a11\n  other: *a11\n");
    let long = format!("b: &b '{}'\ns: &s {{command: *b, environment: [*b, *b]}}\nservices:\n", "x".repeat(1_000_000));
    let long: String = std::iter::once(long).chain((0..5_000).map(|at| format!("  a{at}: *s\n"))).collect();
    // What another program is started with says nothing of the good one.
    let run = "python -m other.main --concurrent";
    let shell = bomb("a0=x\n", |at, parts| format!("a{at}={parts}\n"), |at| format!("$a{at}"), "") + &format!("{run} $a11\n");
    let make =
        bomb("A0 = x\n", |at, parts| format!("A{at} = {parts}\n"), |at| format!("$(A{at})"), "") + &format!("all:\n\t{run} $(A11)\n");
    let files: Vec<(String, Vec<u8>)> = [
        asked_for("lists.yaml", "yaml.safe_load", lists).to_vec(),
        asked_for("merged.yaml", "yaml.safe_load", merged).to_vec(),
        asked_for("itself.yaml", "yaml.safe_load", "a11: &a {b: *a}\n".into()).to_vec(),
        [("compose.yaml", services), ("docker-compose.yml", long), ("grow.sh", format!("#!/bin/sh\n{shell}")), ("Makefile", make)]
            .map(|(name, text)| (name.to_string(), text.into_bytes()))
            .to_vec(),
    ]
    .concat();
    let told = told_beside(&files);
    assert!(told.iter().all(|problem| problem.contains(".yaml")), "{told:?}");
}

#[test]
fn nesting_of_every_kind_does_not_stop_the_others() {
    let deep = |open: &str, inner: &str, close: &str| format!("{}{inner}{}", open.repeat(20_000), close.repeat(20_000));
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for (name, load, text) in [
        ("list.json", "json.load", format!("{{\"a11\": {}}}", deep("[", "1", "]"))),
        ("table.json", "json.load", format!("{{\"a11\": {}}}", deep("{\"a\":", "1", "}"))),
        ("list.toml", "tomllib.load", format!("a11 = {}\n", deep("[", "1", "]"))),
        ("inline.toml", "tomllib.load", format!("a11 = {}\n", deep("{a=", "1", "}"))),
        ("dotted.toml", "tomllib.load", format!("a11{} = 1\n", ".a".repeat(20_000))),
        ("header.toml", "tomllib.load", format!("[a11{}]\nx = 1\n", ".a".repeat(20_000))),
        ("flow.yaml", "yaml.safe_load", format!("a11: {}\n", deep("[", "1", "]"))),
        ("dashes.yaml", "yaml.safe_load", format!("{}1\n", "- ".repeat(20_000))),
        ("keys.yaml", "yaml.safe_load", format!("{}1\n", "? ".repeat(20_000))),
        ("levels.yaml", "yaml.safe_load", (0..1_000).map(|level| format!("{}a:\n", " ".repeat(level))).collect()),
    ] {
        files.extend(asked_for(name, load, text));
    }
    let python = |value: String| format!("import aiohttp\nx = aiohttp.TCPConnector(limit={value})\n");
    let rust = |value: String| format!("fn f() {{ reqwest::Client::builder(); let y = {value}; }}\n");
    for (name, text) in [
        ("not.py", python(deep("not ", "1", ""))),
        ("sum.py", python(deep("1 + ", "1", ""))),
        ("lambda.py", python(deep("lambda: ", "1", ""))),
        ("choice.py", python(deep("1 if x else ", "1", ""))),
        ("chain.py", python(deep("x", "", ".a()"))),
        ("levels.py", (0..1_000).map(|level| format!("{}if TCPConnector:\n", " ".repeat(level))).collect()),
        ("blocks.rs", rust(deep("{", "1", "}"))),
        ("groups.rs", rust(deep("(", "1", ")"))),
        ("branches.rs", rust(deep("if x {} else ", "{}", ""))),
        ("closures.rs", rust(deep("|a| ", "1", ""))),
        ("references.rs", rust(deep("&", "1", ""))),
        ("negated.rs", rust(deep("!", "1", ""))),
        ("sum.rs", rust(deep("1 + ", "1", ""))),
        ("macros.rs", rust(deep("vec![", "1", "]"))),
        ("types.rs", format!("fn f(x: {}) {{ reqwest::Client::builder(); }}\n", deep("Vec<", "u8", ">"))),
        ("modules.rs", deep("mod a {", "fn f() { reqwest::Client::builder(); }", "}")),
        ("commands.sh", format!("#!/bin/sh\n{}\n", deep("$(", "true", ")"))),
        ("defaults.sh", format!("#!/bin/sh\necho {}\n", deep("${a:-", "1", "}"))),
    ] {
        files.push((name.into(), text.into_bytes()));
    }
    let told = told_beside(&files);
    for name in ["lambda.py", "groups.rs", "sum.rs", "types.rs", "modules.rs"] {
        assert!(told.iter().any(|problem| problem.starts_with(name) && problem.ends_with("nested too deeply")), "{name}: {told:?}");
    }
}

#[test]
fn odd_bytes_and_line_ends_leave_lines_where_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let code = "import aiohttp\nx = aiohttp.TCPConnector(limit=3)\n";
    write(
        folder.path(),
        &[
            ("bom.py", format!("\u{feff}{code}").as_bytes()),
            ("crlf.py", code.replace('\n', "\r\n").as_bytes()),
            ("mixed.py", b"import aiohttp\r\ny = 1\n\r\nx = aiohttp.TCPConnector(limit=3)\r\n"),
            ("nul.py", b"import aiohttp\ny = '\0'\nx = aiohttp.TCPConnector(limit=3)\n"),
            ("bom.rs", "\u{feff}fn f() { let c = reqwest::Client::builder().pool_max_idle_per_host(3).build(); }\r\n".as_bytes()),
        ],
    );
    let (code, out, told) = run(folder.path(), &["pools"]);
    assert_eq!((code, told.as_str()), (0, ""), "{out}");
    for place in ["bom.py:2:5 ", "crlf.py:2:5 ", "mixed.py:4:5 ", "nul.py:3:5 ", "bom.rs:1:"] {
        assert!(out.contains(place), "{place}: {out}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn pipes_devices_odd_names_and_links_out_of_the_tree_are_passed_over() {
    use std::os::unix::ffi::OsStrExt as _;
    let outside = tempfile::tempdir().unwrap();
    write(outside.path(), &[("secret.py", b"import aiohttp\nx = aiohttp.TCPConnector(limit=1)\n"), ("links.json", b"{\"a11\": 3}")]);
    let odd = |folder: &Path| {
        assert!(Command::new("mkfifo").arg(folder.join("pipe.py")).arg(folder.join("run.fifo")).status().unwrap().success());
        for (to, name) in [(outside.path(), "out"), (Path::new("/dev/zero"), "zero.py"), (Path::new("/dev/tty"), "tty.sh")] {
            std::os::unix::fs::symlink(to, folder.join(name)).unwrap();
        }
        std::os::unix::fs::symlink(outside.path().join("secret.py"), folder.join("secret.py")).unwrap();
        std::os::unix::fs::symlink(outside.path().join("links.json"), folder.join("linked.json")).unwrap();
        let name = std::ffi::OsStr::from_bytes(b"caf\xe9 \x1b[31m\n.py");
        std::fs::write(folder.join(name), "import aiohttp\nx = aiohttp.TCPConnector(limit=4)\n").unwrap();
        let (_, out, _) = run(folder, &["pools"]);
        assert!(!out.contains("secret") && !out.contains('\u{1b}') && out.contains("caf\u{fffd} \\u{1b}[31m\\n.py:2:5 "), "{out}");
        assert!(!out.contains("limit 3 "), "a file outside the tree was read: {out}");
        // Given by name a pipe must not be waited for.
        let (_, out, told) = run(folder, &["scan", "--output=concise", "pipe.py", "zero.py", "app"]);
        for name in ["pipe.py", "/dev/zero"] {
            assert!(out.contains(&format!("{name}: problem: not a regular file")), "{name}: {out}{told}");
        }
    };
    let [(_, _), (name, program)] = asked_for("linked.json", "json.load", String::new());
    assert_eq!(problems(&[(&name, &program)], odd), Vec::<String>::new());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_and_a_closed_folder_are_failures_with_a_message() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("a.py", b"import aiohttp\nx = aiohttp.TCPConnector(limit=3)\n")]);
    for format in ["human", "concise", "json", "sarif", "github", "html"] {
        let output = format!("--output={format}=/dev/full");
        let (code, out, told) = run(folder.path(), &["scan", &output]);
        // Nothing to say is nothing to write.
        let empty = matches!(format, "concise" | "github");
        let message = "error: /dev/full: cannot be written: No space left on device (os error 28)\n";
        assert_eq!((code, out.as_str(), told.as_str()), if empty { (0, "", "") } else { (2, "", message) }, "{format}");
    }
    for arguments in [["scan"].as_slice(), &["pools"], &["show", "facts", "a.py"], &["explain", "pool-below-concurrency"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_advisor"));
        let output = command.args(arguments).current_dir(folder.path()).env_clear().stdin(Stdio::null()).stdout(full).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
        assert_eq!(told, "error: standard output: cannot be written: No space left on device (os error 28)\n", "{arguments:?}");
    }
    let (code, _, told) = run(folder.path(), &["scan", "--write-baseline", "none/here.json"]);
    assert!(code == 2 && told.starts_with("error: none/here.json: cannot be written"), "{told}");
}

#[cfg(unix)]
#[test]
fn a_read_only_file_is_not_mended_and_the_others_are() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let code = b"x = 1  # advisor: ignore[limits-ignored] not any more\ny = TCPConnector\n";
    write(folder.path(), &[("closed.py", code), ("open.py", code)]);
    std::fs::set_permissions(folder.path().join("closed.py"), std::fs::Permissions::from_mode(0o444)).unwrap();
    let (status, out, told) = run(folder.path(), &["scan", "--fix"]);
    assert!(out.contains("unused-ignore") && out.contains("closed.py:1:26") && !out.contains("open.py"), "{out}");
    assert_eq!((status, told.as_str()), (0, "note: closed.py: read-only, left alone\nnote: changed open.py\n"), "{out}");
    assert_eq!(std::fs::read(folder.path().join("closed.py")).unwrap(), code);
    assert_eq!(std::fs::read_to_string(folder.path().join("open.py")).unwrap(), "x = 1\ny = TCPConnector\n");
}
