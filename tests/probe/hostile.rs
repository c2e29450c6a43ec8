//! Interpreters that are none, that lack the library, and drivers that say what no driver says: each is one clear error.

use std::os::unix::fs::PermissionsExt as _;

use crate::environment::python;
use crate::{advisor, outcome};

fn with_interpreter(text: &str) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("python");
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = advisor(folder.path());
    command.args("probe --library aiohttp --concurrency 10 --latency 1s --python ./python".split(' '));
    let (code, stdout, stderr) = outcome(&mut command);
    assert_eq!(stdout, "", "{stderr}");
    (code, stderr)
}

#[test]
fn what_is_no_result_is_an_error() {
    let hello = r#"echo '{"hello":{"version":"1","packages":{},"runtime":"Python 3.11.7","executable":"x","open_files":1,"clock":null}}'"#;
    let lies = |end: &str| format!("{hello}\necho '{end}'");
    let cases = [
        ("echo garbage".to_string(), "said something that is no result: `garbage`"),
        ("printf '\\377\\n'".into(), "said something that is no text"),
        ("echo 'Unknown option: -I' >&2; exit 2".into(), "is Python 2, and the drivers need 3.8 or newer"),
        (r#"echo '{"error":{"kind":"old","message":"3.6"}}'; exit 1"#.into(), "is Python 3.6, and the drivers need 3.8 or newer"),
        ("yes".into(), "said more than any run can have to say"),
        ("exit 0".into(), "ended without a result"),
        ("echo oh no >&2; exit 7".into(), "ended without a result (exit status: 7): `oh no`"),
        (lies(r#"{"end":{"begin":5,"finish":3,"cpu_s":0}}"#), "are not the 0 it was to make"),
        (lies(r#"{"requests":[[0,1,2,"ok"]]}"#), "ended without a result"),
        (
            format!("{}\necho '{{\"end\":{{\"begin\":0,\"finish\":1,\"cpu_s\":0}}}}'", lies(r#"{"requests":[[0,1,2,"ok"]]}"#)),
            "are not the 0",
        ),
        (r#"echo '{"error":{"kind":"failed","message":"\u001b[31mred"}}'"#.into(), "failed: `"),
    ];
    for (script, message) in cases {
        let (code, stderr) = with_interpreter(&script);
        assert!(code == 2 && stderr.contains(message) && !stderr.contains('\u{1b}'), "{script}: {code} {stderr}");
    }
}

#[test]
fn what_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let ask = |library: &str, python: &str| {
        let mut command = advisor(folder.path());
        command.args(["probe", "--concurrency", "10", "--latency", "1s", "--library", library, "--python", python]);
        let (code, _, stderr) = outcome(&mut command);
        assert_eq!(code, 2, "{stderr}");
        stderr
    };
    let real = python().to_str().unwrap();
    assert!(ask("aiohttp", "/no/such/python").contains("/no/such/python (named by --python) cannot be run"));
    // An interpreter without any site has no libraries.
    let bare = folder.path().join("bare");
    std::fs::write(&bare, format!("#!/bin/sh\nexec {real} -S \"$@\"\n")).unwrap();
    std::fs::set_permissions(&bare, std::fs::Permissions::from_mode(0o755)).unwrap();
    let missing = ask("aiohttp", bare.to_str().unwrap());
    assert!(missing.contains("aiohttp cannot be imported by"), "{missing}");
    assert!(ask("aiohttp@3.9.5", real).contains("aiohttp 3.9.5 was asked for, and"));
    assert!(ask("peewee", real).contains("there is no driver for peewee"));
}
