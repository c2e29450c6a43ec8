//! Tests of comments and the baseline, on reports made by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::finding::Label;

const RULES: [&str; 4] = ["client-per-request", "pool-below-concurrency", "limits-ignored", UNUSED_IGNORE];

/// A report on one file with a finding of the rule on each line that says `<rule>!`.
fn report(path: &str, text: &str) -> Report {
    let mut report = Report::default();
    let file = report.sources.add(path, text);
    for rule in RULES {
        for (at, found) in text.match_indices(&format!("{rule}!")) {
            let span = Span::new(file, at, at + found.len());
            report.findings.push(finding(rule, span));
        }
    }
    report
}

fn finding(rule: &'static str, span: Span) -> Finding {
    Finding {
        rule,
        severity: Severity::Warning,
        certainty: Certainty::Declared,
        message: "found".into(),
        span,
        label: String::new(),
        labels: Vec::new(),
        notes: Vec::new(),
        route: Vec::new(),
        suggestions: Vec::new(),
        fixes: Vec::new(),
        key: format!("{rule}:key"),
    }
}

fn told(report: &Report) -> Vec<String> {
    let line = |one: &Finding| report.sources.position(one.span).line;
    report.findings.iter().map(|one| format!("{} {} {}", line(one), one.rule, one.label)).collect()
}

/// What is left of the findings, and how many were silenced.
fn left(path: &str, text: &str) -> (Vec<String>, usize) {
    let mut report = report(path, text);
    silence(&mut report, &RULES, |_| Some(Severity::Note));
    (told(&report).into_iter().map(|line| line.trim_end().to_string()).collect(), report.silenced)
}

#[test]
fn a_comment_silences_its_rule_on_its_line() {
    let text = "x = 'client-per-request!'  # advisor: ignore[client-per-request] measured\ny = 'client-per-request!'\n";
    assert_eq!(left("a.py", text), (vec!["2 client-per-request".to_string()], 1));
    let other = "x = 'limits-ignored!'  # advisor: ignore[client-per-request]\n";
    let (told, silenced) = left("a.py", other);
    assert_eq!((told.len(), silenced), (2, 0));
    assert_eq!(told[1], "1 unused-ignore `client-per-request` finds nothing on this line");
}

#[test]
fn a_comment_that_fills_its_line_speaks_of_the_next_code() {
    let text = "# advisor: ignore[limits-ignored, client-per-request] the vendor allows 30,\n# see the ticket\nx = 'limits-ignored! client-per-request!'\n";
    assert_eq!(left("a.py", text), (vec![], 2));
    let apart = "# advisor: ignore[limits-ignored]\n\nx = 'limits-ignored!'\n";
    let (told, silenced) = left("a.py", apart);
    assert_eq!(silenced, 0);
    assert_eq!(told, ["1 unused-ignore `limits-ignored` finds nothing on the next line", "3 limits-ignored"]);
}

#[test]
fn a_comment_behind_code_does_not_reach_the_next_line() {
    let (told, silenced) = left("a.py", "a = 1  # advisor: ignore[limits-ignored]\nx = 'limits-ignored!'\n");
    assert_eq!((told.len(), silenced), (2, 0));
}

#[test]
fn whole_files() {
    let text = "x = 'limits-ignored!'\ny = 'limits-ignored!'\n# advisor: ignore-file[limits-ignored] generated\n";
    assert_eq!(left("a.py", text), (vec![], 2));
    let (told, _) = left("a.py", "# advisor: ignore-file[limits-ignored]\n");
    assert_eq!(told, ["1 unused-ignore `limits-ignored` finds nothing in this file"]);
}

#[test]
fn the_pool_call_around_and_labels_count() {
    let text = "# advisor: ignore[limits-ignored]\nc = Pool(\n    limit=3,\n    per_host='limits-ignored!',\n)\nn = 500\n";
    let mut one = report("a.py", text);
    let pool = Span::new(FileId(0), text.find("Pool(").unwrap(), text.find(")\n").unwrap() + 1);
    one.pools.push(crate::finding::Pool {
        span: pool,
        also: Vec::new(),
        language: crate::text::Language::Python,
        library: String::new(),
        symbol: String::new(),
        bound_to: String::new(),
        version: None,
        settings: Vec::new(),
        capacity: crate::finding::Capacity {
            total: None,
            per_host: None,
            idle: None,
            effective: crate::value::Value::unknown(""),
            decided_by: String::new(),
            at_limit: crate::finding::AtLimit::Wait,
            acquire_timeout: None,
        },
        owner: String::new(),
        in_tests: false,
        waits: crate::finding::Waits::default(),
        load: crate::settings::Load::default(),
    });
    silence(&mut one, &RULES, |_| Some(Severity::Note));
    assert_eq!((told(&one), one.silenced), (vec![], 1));

    let mut two = report("a.py", "c = 'limits-ignored!'\nn = 500  # advisor: ignore[limits-ignored]\n");
    let at = two.sources.get(FileId(0)).line_start(2).unwrap();
    two.findings[0].labels.push(Label { span: Span::new(FileId(0), at, at + 1), message: String::new() });
    silence(&mut two, &RULES, |_| Some(Severity::Note));
    assert_eq!((told(&two), two.silenced), (vec![], 1));
}

#[test]
fn unknown_rules_and_broken_comments_are_told() {
    let (told, _) = left("a.py", "a = 1  # advisor: ignore[limits-ignoerd] why\n");
    assert_eq!(told, ["1 unused-ignore did you mean `limits-ignored`?"]);
    let (told, _) = left("a.py", "a = 1  # advisor: ignore[zzz]\n");
    assert_eq!(told, ["1 unused-ignore `advisor explain` lists the rules"]);
    for broken in ["ignore", "ignore[]", "ignore[ , ]", "ignore[limits-ignored", "ignore-line[limits-ignored]", "ignore limits-ignored"] {
        let (told, silenced) = left("a.py", &format!("a = 'limits-ignored!'  # advisor: {broken}\n"));
        assert_eq!((told.len(), silenced), (2, 0), "{broken}: {told:?}");
    }
    for other in ["# advisor: Ada Lovelace", "# advisor:", "# the advisor: ignore[x] is a comment", "# advisor: ignored[x]"] {
        assert_eq!(left("a.py", &format!("{other}\n")), (vec![], 0), "{other}");
    }
}

#[test]
fn other_comments_may_stand_beside_it() {
    let text = "x = 'limits-ignored!'  # noqa: E501  # advisor: ignore[limits-ignored] why  # type: ignore[arg-type]\n";
    assert_eq!(left("a.py", text), (vec![], 1));
}

#[test]
fn texts_in_strings_are_no_comments() {
    let strings = [
        "x = 'limits-ignored!' '# advisor: ignore[limits-ignored]'\n",
        "x = 'limits-ignored!' \"it's # advisor: ignore[limits-ignored]\"\n",
        "x = '''limits-ignored!\n# advisor: ignore[limits-ignored]\n'''\n",
        "x = 'limits-ignored!'; y = 'a\\'# advisor: ignore[limits-ignored]'\n",
    ];
    for text in strings {
        assert_eq!(left("a.py", text).1, 0, "{text}");
        assert_eq!(left("a.py", text).0.len(), 1, "{text}");
    }
    let after = "s = '''# quoted\n''' + \"\"\"x\"\"\" + 'it\\'s'\nx = 'limits-ignored!'  # advisor: ignore[limits-ignored]\n";
    assert_eq!(left("a.py", after), (vec![], 1));
}

#[test]
fn rust_comments() {
    let text = "let a: &'static str = \"limits-ignored!\"; // advisor: ignore[limits-ignored] why\n";
    assert_eq!(left("a.rs", text), (vec![], 1));
    let odd = "let c = ('é','\"','\\'','\\u{1F}', b'\"'); let s = r#\"// \"quoted\" \"#; /* \" /* ' */ */\nlet d = \"limits-ignored!\"; // advisor: ignore[limits-ignored]\n";
    assert_eq!(left("a.rs", odd), (vec![], 1));
    for text in [
        "let a = \"limits-ignored! // advisor: ignore[limits-ignored]\";\n",
        "let a = r\"limits-ignored!\\\"; let b = \"// advisor: ignore[limits-ignored]\";\n",
        "let a = \"limits-ignored!\"; /// advisor: ignore[limits-ignored]\n",
        "let a = \"limits-ignored!\"; # advisor: ignore[limits-ignored]\n",
    ] {
        assert_eq!(left("a.rs", text), (vec!["1 limits-ignored".to_string()], 0), "{text}");
    }
}

#[test]
fn every_format_has_its_comments() {
    for path in ["run.sh", "Makefile", "deploy.yaml", "advisor.toml", "setup.cfg", "Dockerfile", "bin/tool"] {
        let text = "x = limits-ignored!  # advisor: ignore[limits-ignored] don't care\n";
        assert_eq!(left(path, text), (vec![], 1), "{path}");
        let quoted = "x = \"limits-ignored!  # advisor: ignore[limits-ignored]\"\n";
        assert_eq!(left(path, quoted), (vec!["1 limits-ignored".to_string()], 0), "{path}");
    }
    assert_eq!(left("a.json", "{\"x\": \"limits-ignored!\"} # advisor: ignore[limits-ignored]\n").1, 0);
    let windows = "x = 1\r\n# advisor: ignore[limits-ignored]\r\ny = 'limits-ignored!'\r\n";
    assert_eq!(left("a.py", windows), (vec![], 1));
}

#[test]
fn rules_that_did_not_run_are_not_called_unused() {
    let mut report = report("a.py", "x = 1  # advisor: ignore[limits-ignored, client-per-request]\n");
    silence(&mut report, &RULES, |rule| (rule != "limits-ignored").then_some(Severity::Note));
    assert_eq!(told(&report), ["1 unused-ignore `client-per-request` finds nothing on this line"]);
    let mut quiet = super::tests::report("a.py", "x = 1  # advisor: ignore[client-per-request]\n");
    silence(&mut quiet, &RULES, |rule| (rule != UNUSED_IGNORE).then_some(Severity::Note));
    assert!(quiet.findings.is_empty());
}

#[test]
fn the_rule_on_comments_can_be_silenced_by_one() {
    let text = "# advisor: ignore[unused-ignore] kept for the next release\nx = 1  # advisor: ignore[limits-ignored]\n";
    assert_eq!(left("a.py", text), (vec![], 1));
    assert_eq!(left("a.py", "x = 1  # advisor: ignore[unused-ignore]\n").0.len(), 1);
}

#[test]
fn a_cut_anywhere_does_no_harm() {
    let text = "x = '''é # advisor: ignore[limits-ignored, é] \\ '''  # advisor: ignore[limits-ignored] é\ny = r\"\\\" '\\u{1}' /* // */";
    for at in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
        for path in ["a.py", "a.rs", "a.toml", "a.sh"] {
            left(path, &text[..at]);
        }
    }
}

#[test]
fn a_baseline_silences_what_it_counts() {
    let text = "limits-ignored! limits-ignored! limits-ignored!\n";
    let base = baseline::Baseline::of(&report("a.txt", "limits-ignored! limits-ignored! client-per-request!"));
    assert_eq!((base.len(), base.is_empty()), (3, false));
    let again = baseline::parse("b.json", &base.to_text()).unwrap();
    assert_eq!(again, base);
    let mut report = report("a.txt", text);
    let stale = baseline::apply(&mut report, &again);
    assert_eq!((report.findings.len(), report.silenced, stale), (1, 2, vec!["client-per-request:key".to_string()]));
}

#[test]
fn broken_baselines_are_told_with_their_place() {
    let told = |text: &str| baseline::parse("b.json", text).unwrap_err().to_string();
    assert!(
        told("{\"schema\": 1,\n \"keys\": [1]}").starts_with("b.json:2:11: no baseline: invalid type"),
        "{}",
        told("{\"schema\": 1,\n \"keys\": [1]}")
    );
    assert!(told("").starts_with("b.json:1:1: no baseline: EOF"), "{}", told(""));
    assert!(told("{\"schema\": 2, \"keys\": []}").contains("schema 2"));
    assert!(told("{\"schema\": 1, \"keys\": [], \"more\": 1}").contains("unknown field `more`"));
    let missing = baseline::read(std::path::Path::new("no/such.json")).unwrap_err().to_string();
    assert!(missing.starts_with("no/such.json: cannot be read"), "{missing}");
}
