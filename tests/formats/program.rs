//! The example project through the real binary: every format at once, held against the schemas and against each other.

use std::path::Path;
use std::process::Command;

use super::{assert_sarif, assert_valid, report_schema};

#[test]
fn the_example_in_all_formats_of_one_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let mut command = Command::new(env!("CARGO_BIN_EXE_advisor"));
    command.current_dir(root.join("fixtures/projects/llm-burst")).env_clear().arg("scan");
    for (format, name) in [("json", "r.json"), ("sarif", "r.sarif"), ("github", "r.txt"), ("human", "r.human")] {
        command.arg("--output").arg(format!("{format}={}", at(name).display()));
    }
    let output = command.arg("--output=concise").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = |name: &str| std::fs::read_to_string(at(name)).unwrap();

    let report = assert_valid(report_schema(), &text("r.json"));
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1);
    let finding = &findings[0];
    assert_eq!((finding["rule"].as_str(), finding["certainty"].as_str()), (Some("pool-below-concurrency"), Some("declared")));
    let case = &report["cases"][0];
    assert_eq!((&case["demand"], &case["supply"], &case["verdict"]), (&500.into(), &30.into(), &"too-small".into()));
    assert_eq!((&case["estimate"]["waves"], &case["estimate"]["wait_max"]), (&17.into(), &16.into()));

    let log = assert_sarif(&text("r.sarif"));
    let run = &log["runs"][0];
    let pages = std::fs::read_dir(root.join("rules")).unwrap().flatten().map(|entry| entry.file_name().into_string().unwrap());
    let pages = pages.filter(|name| name.ends_with(".md") && name != "README.md").count();
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert!(rules.len() == pages && rules.iter().all(|rule| !rule["help"]["markdown"].as_str().unwrap().is_empty()));
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 1);
    let result = &results[0];
    assert_eq!(result["ruleId"], finding["rule"]);
    let uri = |location: &serde_json::Value| location["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap().to_string();
    // Where it is reported, the other end beside it, and both as the ends of the flow.
    let (llm, script) = (finding["path"].as_str().unwrap(), "run.sh");
    assert!(llm.ends_with("app/llm.py"));
    assert_eq!(uri(&result["locations"][0]), llm);
    let related: Vec<String> = result["relatedLocations"].as_array().unwrap().iter().map(uri).collect();
    assert!(related.iter().any(|uri| uri.ends_with(script)), "{related:?}");
    let hops = result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().unwrap();
    let hops: Vec<String> = hops.iter().map(|hop| uri(&hop["location"])).collect();
    assert!(hops.iter().any(|uri| uri.ends_with(script)) && hops.last().unwrap() == llm, "{hops:?}");
    let print = result["partialFingerprints"]["advisorKey/v1"].as_str().unwrap();
    assert!(!print.is_empty() && !print.contains("23"), "{print}");

    let place = format!("{}:{}", finding["line"], finding["column"]);
    assert!(String::from_utf8(output.stdout).unwrap().starts_with(&format!("app/llm.py:{place}: warning[pool-below-concurrency] 500 ")));
    assert!(text("r.human").contains(&format!("┌─ app/llm.py:{place}\n")));
    assert!(text("r.txt").starts_with(&format!("::warning file={llm},line={},col={},", finding["line"], finding["column"])));
}
