//! The test harness's own tests: marks, pages and twists.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use pool_advisor::finding::Report;
use pool_advisor::value::Amount;
use support::marks::{Mark, differences, matches, of_line, stripped};
use support::twists::{cuts, ignoring, with_crlf};
use support::{Files, page};

#[test]
fn marks_are_read_and_stripped() {
    let line = "    c = TCPConnector(limit=5)  # five # = limit 5, limit_per_host unbounded # demand 9 or 12 # <- a-rule # <- b-rule";
    let setting = |name: &str, value: &str| Mark::Setting(name.into(), value.into());
    let wanted = [
        setting("limit", "5"),
        setting("limit_per_host", "unbounded"),
        Mark::Demand("9 or 12".into()),
        Mark::Finding("a-rule".into()),
        Mark::Finding("b-rule".into()),
    ];
    assert_eq!(of_line(line), wanted);
    assert_eq!(stripped(line), "    c = TCPConnector(limit=5)  # five");
    assert_eq!(stripped("x = '#'  # nothing"), "x = '#'  # nothing");
    assert_eq!(of_line("class Session:  # no pool"), [Mark::NoPool]);
    let rust = "    #[arg(long)] let c = Client::new(); // one // = timeout 30 // <- a-rule";
    assert_eq!(of_line(rust), [setting("timeout", "30"), Mark::Finding("a-rule".into())]);
    assert_eq!(stripped(rust), "    #[arg(long)] let c = Client::new(); // one");
    assert_eq!(of_line("x //= limit + 1"), []);
}

#[test]
fn a_mark_is_compared_with_the_amounts_own_text() {
    assert!(matches("5", &Amount::One(5.0)) && !matches("5", &Amount::One(50.0)));
    assert!(matches("unknown", &Amount::Unknown("why".into())) && !matches("unbounded", &Amount::One(0.0)));
    assert!(matches("20 or 500", &Amount::Several(vec![20.0, 500.0])));
}

#[test]
fn an_empty_report_misses_every_mark() {
    let files = vec![("a.py".to_string(), b"f()  # <- r\ng()  # = limit 3\nh()  # no pool\n".to_vec())];
    let wrong = differences(&files, &Report::default());
    assert_eq!(wrong, ["a.py:1: r is marked and was not reported", "a.py:2: no pool was found here"]);
}

#[test]
fn blocks_become_projects() {
    let text = "---\nsummary: a b\nsince: next\n---\n# t\n## Examples\n```python\n1\n```\n```python file=a/b.py project=p\n2\n```\n\
                ```sh file=run.sh project=p\n3\n```\n## How to fix\n```python\n4\n```\n";
    let page = page::parse(text).unwrap();
    assert_eq!(page.front["summary"], "a b");
    assert_eq!((page.title.as_str(), page.sections.len(), page.projects.len()), ("t", 2, 2));
    assert_eq!(page.projects[0].1[0].0, "example.py");
    assert_eq!(page.projects[1].1, [("a/b.py".into(), b"2\n".to_vec()), ("run.sh".into(), b"3\n".to_vec())]);
    assert!(page::parse("---\na: b\n---\n```python\n").is_err());
}

fn files() -> Files {
    vec![("a".into(), b"12\n3  # <- r\n".to_vec()), ("b".into(), b"".to_vec()), ("c".into(), b"xyz".to_vec())]
}

#[test]
fn cuts_reach_every_file_that_has_bytes() {
    let all: Vec<_> = cuts(&files(), 100).collect();
    assert_eq!(all.len(), 16);
    assert_eq!((all[0].0.as_str(), all[0].1), ("a", 0));
    assert_eq!((all[15].0.as_str(), all[15].1, all[15].2[2].1.as_slice()), ("c", 2, b"xy".as_slice()));
    assert_eq!(cuts(&files(), 4).count(), 4);
}

#[test]
fn the_comment_takes_the_place_of_the_mark() {
    let silent = ignoring(&files(), "a", 2, "r").unwrap();
    assert_eq!(silent[0].1, b"12\n3  # advisor: ignore[r] meant so\n");
    assert!(ignoring(&files(), "a", 9, "r").is_none() && ignoring(&files(), "z", 1, "r").is_none());
}

#[test]
fn line_ends_change_once() {
    let twice = with_crlf(&with_crlf(&files()));
    assert_eq!(twice[0].1, b"12\r\n3  # <- r\r\n");
}
