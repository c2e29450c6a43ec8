//! `advisor scan --fix`, `--diff` and `--unsafe-fixes` as a user runs them.

use std::path::Path;
use std::process::{Command, Output};

use super::support::{load, root};

/// A copy of a fixture with a comment that silences nothing.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in load(&root().join("fixtures/projects/llm-burst")).unwrap() {
        let place = folder.path().join(&path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, bytes).unwrap();
    }
    let llm = folder.path().join("app/llm.py");
    let text = std::fs::read_to_string(&llm).unwrap();
    std::fs::write(&llm, format!("{text}\n\nunused = 1  # advisor: ignore[limits-ignored] was once\n")).unwrap();
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_advisor")).arg("scan").args(arguments).current_dir(folder).env("NO_COLOR", "1").output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

fn llm(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("app/llm.py")).unwrap()
}

#[test]
fn a_diff_changes_nothing_and_applies() {
    let folder = project();
    let before = llm(folder.path());
    let (code, out, told) = run(folder.path(), &["--diff"]);
    assert_eq!(code, 1);
    assert!(out.starts_with("--- a/app/llm.py\n+++ b/app/llm.py\n@@ "), "{out}");
    assert!(out.contains("\n-unused = 1  # advisor: ignore[limits-ignored] was once\n+unused = 1\n"), "{out}");
    assert!(!out.contains("limit_per_host=600"));
    assert_eq!(told, "note: 1 fix in 1 file; 1 fix more with --unsafe-fixes\n");
    let (_, out, told) = run(folder.path(), &["--diff", "--unsafe-fixes"]);
    assert!(out.contains("TCPConnector(limit=1000, limit_per_host=600)"), "{out}");
    assert_eq!(told, "note: 2 fixes in 1 file\n");
    assert_eq!(llm(folder.path()), before);
    // What `git apply` makes of the diff is what --fix makes of the file.
    std::fs::write(folder.path().join("fixes.diff"), &out).unwrap();
    let applied = Command::new("git").args(["apply", "fixes.diff"]).current_dir(folder.path()).status();
    let by_git = llm(folder.path());
    std::fs::write(folder.path().join("app/llm.py"), &before).unwrap();
    let (code, _, _) = run(folder.path(), &["--fix", "--unsafe-fixes"]);
    assert_eq!(code, 0);
    if applied.is_ok_and(|status| status.success()) {
        assert_eq!(by_git, llm(folder.path()));
    }
}

#[test]
fn safe_fixes_are_made_and_the_rest_is_told() {
    let folder = project();
    let (code, out, told) = run(folder.path(), &["--fix", "--output", "concise"]);
    assert_eq!(code, 1);
    assert_eq!(told, "note: 1 fix made, changed app/llm.py; 1 fix more with --unsafe-fixes\n");
    assert!(out.contains("pool-below-concurrency") && !out.contains("unused-ignore"), "{out}");
    assert!(llm(folder.path()).ends_with("unused = 1\n") && llm(folder.path()).contains("limit_per_host=30)"));
    let (code, _, told) = run(folder.path(), &["--fix", "--unsafe-fixes", "--output", "concise"]);
    assert_eq!((code, told.as_str()), (0, "note: 1 fix made, changed app/llm.py\n"));
    assert!(llm(folder.path()).contains("TCPConnector(limit=1000, limit_per_host=600)"));
    let (code, _, told) = run(folder.path(), &["--fix", "--unsafe-fixes", "--output", "concise"]);
    assert_eq!((code, told.as_str()), (0, "note: nothing was changed\n"));
}

#[test]
fn a_baseline_keeps_its_findings_from_being_fixed() {
    let folder = project();
    run(folder.path(), &["--write-baseline", "known.json"]);
    let before = llm(folder.path());
    let (code, out, _) = run(folder.path(), &["--diff", "--unsafe-fixes", "--baseline", "known.json"]);
    assert_eq!((code, out.as_str()), (0, ""));
    assert_eq!(llm(folder.path()), before);
}

#[cfg(unix)]
#[test]
fn a_read_only_file_is_told_and_its_findings_stay() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = project();
    std::fs::set_permissions(folder.path().join("app/llm.py"), std::fs::Permissions::from_mode(0o444)).unwrap();
    let (code, out, told) = run(folder.path(), &["--fix", "--output", "concise"]);
    assert_eq!(code, 1);
    assert!(told.starts_with("note: app/llm.py: read-only, left alone\nnote: nothing was changed"), "{told}");
    assert!(out.contains("unused-ignore"), "{out}");
}

#[test]
fn flags_that_contradict_each_other_are_refused() {
    let folder = project();
    for arguments in
        [&["--fix", "--diff"][..], &["--unsafe-fixes"], &["--fix", "--write-baseline", "b.json"], &["--diff", "--output", "json"]]
    {
        let (code, out, told) = run(folder.path(), arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(told.starts_with("error: "), "{told}");
    }
    let (code, out, _) = run(folder.path(), &["--diff", "--output", "json=report.json"]);
    assert!(code == 1 && out.starts_with("---") && folder.path().join("report.json").exists());
}
