//! Settings from each place they may stand in, and what is said about bad ones.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;

use super::raw::{RawSettings, Section};
use super::*;

const RULES: &[&str] = &["pool-below-concurrency", "connections-discarded"];

fn read(text: &str) -> Result<Settings, Vec<String>> {
    let shown = |problems: Vec<Problem>| problems.iter().map(ToString::to_string).collect::<Vec<_>>();
    let raw = raw::parse("advisor.toml", text, Section::Whole).map_err(|why| shown(vec![why]))?.unwrap();
    let written = Written { path: "advisor.toml".into(), folder: "/none".into(), text: text.into(), raw };
    Settings::from_raw(&written, RULES).map_err(shown)
}

#[test]
fn settings_are_read_as_meant() {
    let text = r#"
exclude = ["gen/", "*_pb2.py"]
min-certainty = "declared"
fail-on = "error"
baseline = "known.txt"

[[workload]]
name = "batch"
concurrency = 500
latency = "40s"
latency-p95 = 90
rounds = 7
server-capacity = 1000.5
paths = ["src/"]

[[workload]]
concurrency = 20

[targets]
headroom = 1.5
open-files = 65536

[rules]
connections-discarded = "off"
pool-below-concurrency = "error"
"#;
    let settings = read(text).unwrap();
    assert_eq!(settings.exclude, ["gen/", "*_pb2.py"]);
    assert_eq!((settings.min_certainty, settings.fail_on), (Certainty::Declared, Severity::Error));
    assert_eq!(settings.baseline.as_deref(), Some(Path::new("/none/known.txt")));
    assert_eq!(settings.targets, Targets { headroom: 1.5, open_files: 65_536.0, open_files_reserve: 50.0 });
    assert_eq!(settings.rules["connections-discarded"], Level::Off);
    assert_eq!(settings.rules["pool-below-concurrency"], Level::At(Severity::Error));
    let [batch, other] = settings.workloads.as_slice() else { panic!("two workloads") };
    assert_eq!(
        (batch.name.as_str(), batch.concurrency, batch.load.latency, batch.load.latency_p95),
        ("batch", Some(500.0), Some(40.0), Some(90.0))
    );
    assert_eq!((batch.load.rounds, batch.load.server_capacity), (Some(7.0), Some(1000.5)));
    assert_eq!((batch.paths.as_slice(), batch.declared.said.as_str()), (&["src/".to_string()][..], "advisor.toml:9"));
    assert_eq!((other.name.as_str(), other.load.latency), ("default", None));
}

#[test]
fn nothing_written_is_the_default() {
    let settings = read("").unwrap();
    assert_eq!((settings.fail_on, settings.min_certainty), (Severity::Warning, Certainty::Assumed));
    assert!(settings.workloads.is_empty());
}

#[test]
fn bad_settings_are_located_and_explained() {
    let cases = [
        ("\nexlude = []", "advisor.toml:2:1: unknown key `exlude`: did you mean `exclude`?"),
        ("min_certainty = 'default'", "advisor.toml:1:1: unknown key `min_certainty`: did you mean `min-certainty`?"),
        ("[[workload]]\nconcurency = 5", "advisor.toml:2:1: unknown key `concurency`: did you mean `concurrency`?"),
        ("[targets]\nzzz = 5", "advisor.toml:2:1: unknown key `zzz`: known are `headroom`, `open-files`, `open-files-reserve`"),
        (
            "[rules]\npool-below-concurency = 'off'",
            "advisor.toml:2:1: unknown rule `pool-below-concurency`: did you mean `pool-below-concurrency`?",
        ),
        ("[rules]\nconnections-discarded = 'warn'", "advisor.toml:2:25: unknown value `warn`: did you mean `warning`?"),
        ("[[workload]]\nconcurrency = 0", "advisor.toml:2:15: the concurrency must be above 0, not 0"),
        ("[[workload]]\nconcurrency = inf", "advisor.toml:2:15: the concurrency must be above 0, not inf"),
        ("[[workload]]\nconcurrency = 5\nrounds = -1", "advisor.toml:3:10: rounds must be above 0, not -1"),
        ("[[workload]]\nconcurrency = 5\nlatency = '40x'", "advisor.toml:3:11: `40x` is no duration: write `400ms`, `40s`, `2m` or `1h`"),
        ("[[workload]]\nconcurrency = 5\nlatency = -4", "advisor.toml:3:11: `-4` is negative: a duration cannot be"),
        (
            "[[workload]]\nconcurrency = 5\nlatency = 40\nlatency-p95 = 160",
            "advisor.toml:2:15: the latency of this workload cannot be: the 95th percentile must be above the mean and at most 3.87 times the mean",
        ),
        ("[targets]\nheadroom = 0.5", "advisor.toml:2:12: the headroom must be at least 1, not 0.5"),
        ("exclude = ['a{b']", "advisor.toml:1:12: `a{b` is no glob: "),
        ("[catalog]\nextend = ['own/*.toml']", "advisor.toml:2:11: no file matches `own/*.toml`"),
        ("fail-on = 'never'", "advisor.toml:1:11: unknown value `never`: known are `note`, `warning`, `error`"),
        ("[[workload]]\nname = 'x'", "advisor.toml:1:1: this workload says nothing: give it a `concurrency`, or what its requests take"),
        (
            "[[workload]]\nconcurrency = 5\nlatency-p95 = 160",
            "advisor.toml:2:15: `latency-p95` says how much the latency varies, and there is none: add `latency`",
        ),
        ("[[workload]]\nconcurrency = '5'", "advisor.toml:2:15: invalid type: string \"5\", expected f64"),
        ("exclude = [", "advisor.toml:1:"),
    ];
    for (text, expected) in cases {
        let found = read(text).unwrap_err();
        assert!(found.len() == 1 && found[0].starts_with(expected), "{text}\n{found:#?}\n{expected}");
    }
    let all = read("exclude = ['a{']\n[targets]\nheadroom = 0\n[rules]\nx = 'off'").unwrap_err();
    assert_eq!(all.len(), 3, "all of them are told");
}

#[test]
fn the_nearest_settings_below_the_git_root_hold() {
    let outside = tempfile::tempdir().unwrap();
    let root = outside.path().join("repo");
    for folder in ["repo/.git", "repo/py/src", "repo/rs", "repo/own", "repo/broken"] {
        fs::create_dir_all(outside.path().join(folder)).unwrap();
    }
    fs::write(outside.path().join("advisor.toml"), "this is not read").unwrap();
    assert!(find(&root.join("own"), &root).unwrap().is_none());
    fs::write(root.join("advisor.toml"), "fail-on = 'note'\n[catalog]\nextend = ['own/*.toml', 'own/a.toml']").unwrap();
    fs::write(root.join("own/b.toml"), "").unwrap();
    fs::write(root.join("own/a.toml"), "").unwrap();
    fs::write(root.join("py/pyproject.toml"), "[project]\nname = 'x'\n[tool.other]\n[tool.advisor]\nfail-on = 'error'").unwrap();
    fs::write(root.join("py/src/x.py"), "").unwrap();
    fs::write(root.join("rs/Cargo.toml"), "[package]\nname = 'advisor-user'\n[workspace.metadata.advisor]\nfail-on = 'warning'").unwrap();
    fs::write(root.join("broken/pyproject.toml"), "[tool.advisor]\nfail-one = 'error'").unwrap();

    let found = find(&root.join("py/src/x.py"), &root).unwrap().unwrap();
    assert_eq!((found.path.as_str(), found.raw.fail_on), ("py/pyproject.toml", Some(Severity::Error)));
    assert_eq!(find(&root.join("rs"), &root).unwrap().unwrap().raw.fail_on, Some(Severity::Warning));
    let why = find(&root.join("broken"), &root).unwrap_err().to_string();
    assert_eq!(why, "broken/pyproject.toml:2:1: unknown key `fail-one`: did you mean `fail-on`?");

    let found = find(&root.join("own"), &root).unwrap().unwrap();
    assert_eq!(found.path, "advisor.toml");
    let settings = Settings::from_raw(&found, RULES).unwrap();
    let names: Vec<_> = settings.extend.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(names, ["a.toml", "b.toml"]);

    assert_eq!(load(&root.join("none.toml"), &root).unwrap_err().to_string(), "none.toml: no such file");
    fs::write(root.join("own/pyproject.toml"), "[project]\n").unwrap();
    assert_eq!(
        load(&root.join("own/pyproject.toml"), &root).unwrap_err().to_string(),
        "own/pyproject.toml: holds no settings of the advisor"
    );
    fs::write(root.join("rs/advisor.toml"), [0xFF, 0x00, 0xFE]).unwrap();
    assert!(find(&root.join("rs"), &root).unwrap_err().to_string().starts_with("rs/advisor.toml: not UTF-8"));
}

#[test]
fn the_schema_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/schema/settings.json");
    let mut schema = serde_json::to_string_pretty(&schemars::schema_for!(RawSettings)).unwrap();
    schema.push('\n');
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &schema).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), schema, "run the tests with UPDATE=1");
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let good = serde_json::json!({"workload": [{"concurrency": 5, "latency": "40s", "latency-p95": 90}], "rules": {"x": "off"}, "fail-on": "note"});
    assert!(validator.is_valid(&good));
    for bad in [
        serde_json::json!({"exlude": []}),
        serde_json::json!({"workload": [{"concurrency": 0}]}),
        serde_json::json!({"rules": {"x": "loud"}}),
    ] {
        assert!(!validator.is_valid(&bad), "{bad}");
    }
}
