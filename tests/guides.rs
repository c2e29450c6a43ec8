//! What the README, the hooks of pre-commit and the example workflow tell people to write is run as they would run it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::Path;
use std::process::{Command, Stdio};

use support::{load, root};

/// A library as users write their own.
const OWN_LIBRARY: &str = r#"
name = "ourhttp"
language = "python"
summary = "the client of the house"
packages = ["ourhttp"]
checked = "1.0.0"
words = ["ourhttp"]

[[pool]]
name = "slots"
at-limit = "wait"
symptom = "requests wait for a free slot"
sends = ["get"]

[[pool.setting]]
name = "slots"
role = "total"
default = [{ value = 10, source = "its page" }]

[[constructor]]
symbols = ["ourhttp.Client"]
makes = "pool"
parameter = [{ name = "slots", sets = ["slots"] }]
"#;

/// A copy of an example project in a folder of its own.
fn copy(project: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in load(&root().join("fixtures/projects").join(project)).unwrap() {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

/// Runs `advisor …`, its arguments between blanks, and gives the exit code and all that was printed.
fn run(folder: &Path, line: &str) -> (i32, String) {
    let arguments = line.strip_prefix("advisor ").unwrap_or_else(|| panic!("{line} runs another program"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_advisor"));
    let output = command.args(arguments.split_whitespace()).current_dir(folder).env_clear().stdin(Stdio::null()).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// The values of a key in YAML of one line each, in their order.
fn values<'t>(yaml: &'t str, key: &str) -> Vec<&'t str> {
    let start = format!("{key}: ");
    yaml.lines().filter_map(|line| line.trim_start().trim_start_matches("- ").strip_prefix(&start)).collect()
}

/// The first block between fences of this language behind a line.
fn block(markdown: &str, behind: &str, language: &str) -> String {
    let rest = &markdown[markdown.find(behind).unwrap_or_else(|| panic!("no {behind}"))..];
    let start = format!("```{language}\n");
    let inside = &rest[rest.find(&start).unwrap() + start.len()..];
    inside[..inside.find("```").unwrap()].to_string()
}

#[test]
fn hooks_fail_on_a_finding_and_pass_without() {
    let hooks = text(".pre-commit-hooks.yaml");
    let count = values(&hooks, "id").len();
    // The two ends of a finding may stand in two files, and two runs at once would only do the same work twice.
    assert_eq!(values(&hooks, "pass_filenames"), vec!["false"; count]);
    assert_eq!(values(&hooks, "require_serial"), vec!["true"; count]);
    assert_eq!(values(&hooks, "language"), ["rust", "system"]);
    let entries = values(&hooks, "entry");
    assert_eq!(entries.len(), count);
    for entry in entries {
        assert_eq!(run(copy("llm-burst").path(), entry).0, 1, "{entry}");
        assert_eq!(run(copy("llm-burst-unlimited").path(), entry).0, 0, "{entry}");
    }
}

#[test]
fn the_workflow_fails_on_a_finding_and_leaves_its_reports() {
    let workflow = text(".github/examples/advisor.yml");
    let lines: Vec<&str> = values(&workflow, "run").into_iter().filter(|line| line.starts_with("advisor ")).collect();
    assert_eq!(lines.len(), 1);
    for (project, code) in [("llm-burst", 1), ("llm-burst-unlimited", 0)] {
        let folder = copy(project);
        let (exit, told) = run(folder.path(), lines[0]);
        assert_eq!((exit, told.contains("::warning file=app/llm.py,line=23,")), (code, code == 1), "{told}");
        for path in values(&workflow, "sarif_file").into_iter().chain(["advisor.txt"]) {
            assert!(!std::fs::read_to_string(folder.path().join(path)).unwrap().is_empty(), "{path}");
        }
    }
}

#[test]
fn the_readme_shows_what_the_main_job_prints() {
    let readme = text("README.md");
    let shown = block(&readme, "## Try it", "text");
    let (code, printed) = run(root(), "advisor scan fixtures/projects/llm-burst");
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        std::fs::write(root().join("README.md"), readme.replace(&shown, &printed)).unwrap();
        return;
    }
    assert_eq!((code, shown), (1, printed), "`UPDATE=1 cargo test --test guides` writes the README anew");
}

#[test]
fn the_readme_has_every_key_of_the_settings_and_they_hold() {
    let readme = block(&text("README.md"), "## Settings", "toml");
    let schema: serde_json::Value = serde_json::from_str(&text("rules/schema/settings.json")).unwrap();
    let defined = schema["$defs"].as_object().unwrap().values().chain([&schema]);
    let keys = defined.filter_map(|part| part["properties"].as_object()).flat_map(|keys| keys.keys());
    let is_told = |key: &str| {
        readme.lines().any(|line| {
            line.starts_with(&format!("{key} = ")) || line.starts_with(&format!("[{key}]")) || line.starts_with(&format!("[[{key}]]"))
        })
    };
    assert_eq!(keys.filter(|key| !is_told(key)).collect::<Vec<_>>(), Vec::<&String>::new());

    let folder = copy("llm-burst");
    std::fs::create_dir(folder.path().join("advisor")).unwrap();
    std::fs::write(folder.path().join("advisor/ourhttp.toml"), OWN_LIBRARY).unwrap();
    std::fs::write(folder.path().join("app/own.py"), "import ourhttp\n\nclient = ourhttp.Client(slots=7)\n").unwrap();
    std::fs::write(folder.path().join("advisor.toml"), &readme).unwrap();
    let (code, told) = run(folder.path(), "advisor scan --write-baseline known.json");
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("2 findings written to known.json\n"), "{told}");
    let (code, told) = run(folder.path(), "advisor scan --fail-on note");
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("no findings, 2 pools") && told.contains("2 silenced"), "{told}");
    let (_, told) = run(folder.path(), "advisor pools");
    assert!(told.contains("app/own.py:3:10  ourhttp.Client\n"), "{told}");
    let (_, told) = run(folder.path(), "advisor show settings");
    for line in ["concurrency = 500", "rounds = 3", "server-capacity = 64", "open-files-reserve = 50", "connections-churned = \"off\""] {
        assert!(told.lines().any(|told| told == line), "{line}\n{told}");
    }
}
