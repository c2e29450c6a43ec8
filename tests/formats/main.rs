//! Every output format: golden texts, schemas, hostile input, odd places. `UPDATE=1 cargo test --test formats` rewrites the goldens and the schema.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod hostile;
mod program;
mod story;

use std::path::Path;

use clap::ValueEnum;
use pool_advisor::finding::{Report, Severity};
use pool_advisor::render::{Format, RenderOptions, RulePage, inventory, json, render, show};
use story::{on, story};

const RULES: &[RulePage<'static>] = &[
    RulePage {
        id: "pool-below-concurrency",
        summary: "more requests in flight than the pool lets through: they wait in the client",
        severity: Severity::Warning,
        category: "performance",
        page_markdown: "+++\nsummary = \"…\"\n+++\n\n# pool-below-concurrency\n\nThe program keeps more requests in flight than `{limit}` lets through.\n",
    },
    RulePage {
        id: "connections-discarded",
        summary: "extra connections are opened and thrown away",
        severity: Severity::Warning,
        category: "performance",
        page_markdown: "# connections-discarded\n\nConnection pool is full, discarding connection.\n",
    },
];

fn options() -> RenderOptions<'static> {
    RenderOptions { version: "0.0.0", rules: RULES, ..RenderOptions::default() }
}

fn all_formats() -> impl Iterator<Item = Format> {
    Format::value_variants().iter().copied()
}

fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        kept == text,
        "{name} is not current (UPDATE=1 rewrites it):\n{}",
        similar::TextDiff::from_lines(kept.as_str(), text).unified_diff()
    );
}

/// The schema of SARIF 2.1.0. Its pattern of language tags is no regular expression; Errata 01 mends it as here.
fn sarif_schema() -> serde_json::Value {
    let broken = "^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$";
    let text = include_str!("../data/sarif-schema-2.1.0.json");
    assert_eq!(text.matches(broken).count(), 2);
    serde_json::from_str(&text.replace(broken, "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$")).unwrap()
}

fn report_schema() -> serde_json::Value {
    serde_json::from_str(&json::schema()).unwrap()
}

fn assert_valid(schema: serde_json::Value, instance: &str) -> serde_json::Value {
    let instance: serde_json::Value = serde_json::from_str(instance).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(&instance).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    instance
}

fn assert_sarif(text: &str) -> serde_json::Value {
    assert_valid(sarif_schema(), text)
}

#[test]
fn the_story_in_every_format() {
    let report = story();
    for (format, name) in all_formats().zip(["human.txt", "concise.txt", "report.json", "report.sarif", "github.txt"]) {
        golden(&format!("tests/data/formats/{name}"), &render(format, &report, &options()));
    }
    golden("tests/data/formats/pools.txt", &inventory::text(&report, &options()));
    golden("tests/data/formats/values.txt", &show::values(&report));
    golden("tests/data/formats/cases.txt", &show::cases(&report));
}

#[test]
fn an_empty_report_in_every_format() {
    let report = Report::default();
    let shown: Vec<String> = all_formats().map(|format| render(format, &report, &options())).collect();
    assert_eq!(shown[0], "no findings, 0 pools, 0 files read of 0\n");
    assert_eq!((shown[1].as_str(), shown[4].as_str()), ("", ""));
    assert_valid(report_schema(), &shown[2]);
    let log = assert_sarif(&shown[3]);
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(
        rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect::<Vec<_>>(),
        ["connections-discarded", "pool-below-concurrency"]
    );
}

#[test]
fn the_schema_is_current() {
    golden("rules/schema/report.json", &json::schema());
}

#[test]
fn json_and_sarif_keep_their_schemas() {
    let report = assert_valid(report_schema(), &render(Format::Json, &story(), &options()));
    assert_eq!(report["summary"]["judged"], 1);
    assert_eq!(report["pools"][1]["capacity"]["effective"], 30);
    assert_eq!(report["pools"][0]["capacity"]["effective"], "unknown");
    assert_eq!(report["concurrency"][0]["value"], 500);
    let log = assert_sarif(&render(Format::Sarif, &story(), &options()));
    let result = &log["runs"][0]["results"][0];
    let hops = result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().unwrap();
    let uris: Vec<_> = hops.iter().map(|hop| hop["location"]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap()).collect();
    assert_eq!((uris.first(), uris.last()), (Some(&"run.sh"), Some(&"app/llm.py")));
    assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize]["id"], result["ruleId"]);
}

#[test]
fn the_validators_can_say_no() {
    let json = (report_schema(), render(Format::Json, &story(), &options()), "findings");
    let sarif = (sarif_schema(), render(Format::Sarif, &story(), &options()), "version");
    for (schema, text, key) in [json, sarif] {
        let mut document: serde_json::Value = serde_json::from_str(&text).unwrap();
        document.as_object_mut().unwrap().remove(key);
        assert!(!jsonschema::is_valid(&schema, &document), "{key}");
    }
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    for format in all_formats() {
        assert_eq!(render(format, &story(), &options()), render(format, &story(), &options()));
    }
}

#[test]
fn human_lines_fit_the_terminal() {
    for width in [60, 80, 100, 140] {
        let text = render(Format::Human, &story(), &RenderOptions { width, ..options() });
        // Source lines carry their labels; only the notes are wrapped.
        for line in text.lines().filter(|line| line.starts_with("   ") && !line.contains('│')) {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
    }
}

#[test]
fn a_long_path_stands_once_above_its_steps() {
    let mut report = story();
    report.sources.rename(|path| format!("services/payments/gateway/client/{path}"));
    let text = render(Format::Human, &report, &options());
    let steps = "500 comes from\n       services/payments/gateway/client/app/main.py\n          7  asyncio.Semaphore(args.concurrent)\n";
    assert!(text.contains(steps), "{text}");
    let wide = text.lines().filter(|line| line.starts_with("   ") && !line.contains('│')).filter(|line| line.chars().count() > 100);
    assert_eq!(wide.collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn the_inventory_fits_the_terminal_and_has_the_same_text_in_colour() {
    for width in [60, 80, 120] {
        let plain = inventory::text(&story(), &RenderOptions { width, ..options() });
        let coloured = inventory::text(&story(), &RenderOptions { width, color: true, ..options() });
        assert_eq!((anstream::adapter::strip_str(&coloured).to_string(), coloured != plain), (plain.clone(), true));
        let notes = |line: &&str| line.starts_with(' ') || line.starts_with("concurrency");
        assert!(plain.lines().filter(notes).all(|line| line.chars().count() <= width), "{width}:\n{plain}");
    }
}

#[test]
fn colour_only_when_asked_and_only_around_the_same_text() {
    let plain = render(Format::Human, &story(), &options());
    let coloured = render(Format::Human, &story(), &RenderOptions { color: true, ..options() });
    assert!(!plain.contains('\u{1b}') && coloured.contains("\u{1b}["));
    let stripped: String = anstream::adapter::strip_str(&coloured).to_string();
    assert_eq!(stripped, plain);
}

#[test]
fn fingerprints_know_no_line_numbers_and_no_duplicates() {
    let prints = |report: &Report| -> Vec<String> {
        let log: serde_json::Value = serde_json::from_str(&render(Format::Sarif, report, &options())).unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap();
        results.iter().map(|result| result["partialFingerprints"]["advisorKey/v1"].as_str().unwrap().to_string()).collect()
    };
    let mut moved = on("a.py", "\n\npool(30)\n", 7..9);
    let first = prints(&on("a.py", "pool(30)\n", 5..7));
    assert_eq!(first, prints(&moved));
    moved.findings.push(moved.findings[0].clone());
    assert_eq!(prints(&moved), [first[0].clone(), format!("{}:2", first[0])]);
}

#[test]
fn sarif_counts_paths_from_the_repository() {
    let options = RenderOptions { prefix: "services/a b/", ..options() };
    let log = assert_sarif(&render(Format::Sarif, &on("é.py", "pool(30)", 5..7), &options));
    let artifact = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!((artifact["uri"].as_str(), artifact["uriBaseId"].as_str()), (Some("services/a%20b/%C3%A9.py"), Some("%SRCROOT%")));
    let commands = render(Format::Github, &on("é.py", "pool(30)", 5..7), &options);
    assert!(commands.starts_with("::warning file=services/a b/é.py,line=1,col=6,endLine=1,endColumn=8,"), "{commands}");
}

/// Start and end of the first finding in JSON, SARIF and concise.
fn places(report: &Report) -> [[u64; 4]; 2] {
    let json: serde_json::Value = serde_json::from_str(&render(Format::Json, report, &options())).unwrap();
    let sarif: serde_json::Value = serde_json::from_str(&render(Format::Sarif, report, &options())).unwrap();
    let region = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"];
    let four = |from: &serde_json::Value, names: [&str; 4]| names.map(|name| from[name].as_u64().unwrap());
    [
        four(&json["findings"][0], ["line", "column", "end_line", "end_column"]),
        four(region, ["startLine", "startColumn", "endLine", "endColumn"]),
    ]
}

#[test]
fn odd_places_have_lines_and_columns() {
    let text = "ü = 'é漢'; pool(30)";
    let thirty = text.find("30").unwrap();
    for (text, bytes, expected, concise) in [
        (text, thirty..thirty + 2, [1, 16, 1, 18], "a.py:1:16: "),
        ("", 0..0, [1, 1, 1, 1], "a.py:1:1: "),
        ("pool(\n  30,\n)\n", 0..13, [1, 1, 3, 2], "a.py:1:1: "),
        ("x\n", 2..2, [2, 1, 2, 1], "a.py:2:1: "),
        ("x", 1..1, [1, 2, 1, 2], "a.py:1:2: "),
        ("a\r\nb\r\n", 3..4, [2, 1, 2, 2], "a.py:2:1: "),
    ] {
        let report = on("a.py", text, bytes);
        assert_eq!(places(&report), [expected, expected], "{text:?}");
        assert!(render(Format::Concise, &report, &options()).starts_with(concise), "{text:?}");
        assert_sarif(&render(Format::Sarif, &report, &options()));
        let human = render(Format::Human, &report, &options());
        assert!(human.contains(&format!("┌─ {}", concise.trim_end_matches(": "))), "{text:?}\n{human}");
    }
}

#[test]
fn markers_stand_under_what_they_mark() {
    let text = "é = '\u{1b}[1m漢\u{202e}'; pool(30)";
    let at = text.find("30").unwrap();
    let human = render(Format::Human, &on("a.py", text, at..at + 2), &options());
    let lines: Vec<&str> = human.lines().collect();
    let source = lines.iter().position(|line| line.contains("pool(30)")).unwrap();
    let columns = |line: &str, needle: &str| textwrap::core::display_width(&line[..line.find(needle).unwrap()]);
    assert_eq!(columns(lines[source], "30)"), columns(lines[source + 1], "^^"), "{human}");
}

#[test]
fn a_line_of_megabytes_is_cut() {
    let text = format!("x = [{}pool(30){}", "1, ".repeat(700_000), " ".repeat(2_000_000));
    let at = text.find("30").unwrap();
    let human = render(Format::Human, &on("a.py", &text, at..at + 2), &options());
    assert!(human.len() < 6_000 && human.contains("pool(30)"), "{}", human.len());
}

proptest::proptest! {
    #[test]
    fn no_text_and_no_span_breaks_a_format(text in "(?s).{0,60}", path in ".{0,12}", start in 0usize..80, length in 0usize..80, width in 0usize..120) {
        let report = on(&path, &text, start..start + length);
        for format in all_formats() {
            let shown = render(format, &report, &RenderOptions { width, ..options() });
            proptest::prop_assert!(shown.ends_with('\n'));
        }
    }
}
