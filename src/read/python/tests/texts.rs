//! Files as they come: byte order marks, line ends, tabs, broken syntax, cut anywhere.

use super::{assert_facts, read, shown};
use crate::text::Sources;

/// A bit of everything.
pub(super) const SAMPLE: &str = include_str!("sample.py");

#[test]
fn line_ends_and_marks_change_nothing_but_places() {
    let plain = shown(SAMPLE);
    assert_eq!(shown(&SAMPLE.replace('\n', "\r\n")).replace("\\r\\n", "\\n"), plain);
    assert_eq!(shown(&format!("\u{feff}{SAMPLE}")), plain);
    assert_eq!(shown(&SAMPLE.replace("    ", "\t")).replace("\\t", "    "), plain);
    assert_eq!(shown(SAMPLE.trim_end()), plain);
    assert!(!plain.contains("problem"), "{plain}");
}

#[test]
fn comments_change_nothing() {
    let mut commented = String::new();
    for line in SAMPLE.lines() {
        commented.push_str(line);
        commented.push('\n');
    }
    commented.push_str("# the end: é\n        # further in\n");
    assert_eq!(shown(&commented), shown(SAMPLE));
    assert_facts(
        "def f():  # one\n    # two\n    a  # three\n# four\n    b\n    # five\nc('''\n# six\n''')\n",
        "1 define #1 f
         7 evaluate c(\"\\n# six\\n\")
         function #1 f in #0, lines 1-5
         3 evaluate a
         5 evaluate b",
    );
}

#[test]
fn names_may_have_any_letters() {
    assert_facts("größe = café.naïve(数=1)\n", "1 größe = café.naïve(数=1)");
}

#[test]
fn an_error_stays_in_its_block() {
    assert_facts(
        "a = f(1)\ndef g(:\n    x = h(2)\nb = [1,\nclass C:\n    def d(self):\n        return e(3)\n",
        "1 a = f(1)
         2 define #1 g
         5 define #2 C
         function #1 g in #0, lines 2-3
         3 x = h(2)
         class #2 C in #0, lines 5-7
         6 define #3 d
         function #3 d in #2, lines 6-7
         parameter self
         7 return e(3)
         problem a.py:2:7: syntax error: ) is missing
         problem a.py:4:1: syntax error",
    );
}

#[test]
fn at_most_three_errors_are_told() {
    let (_, facts) = read(&"x = = 1\n".repeat(10));
    assert_eq!(facts.problems.len(), 3, "{:?}", facts.problems);
    assert!(facts.problems.iter().all(|problem| problem.message.starts_with("syntax error")));
}

#[test]
fn a_text_cut_anywhere_is_read() {
    for (end, _) in SAMPLE.char_indices() {
        read(&SAMPLE[..end]);
    }
    for (start, _) in SAMPLE.char_indices().step_by(7) {
        read(&SAMPLE[start..]);
    }
}

#[test]
fn an_empty_file_is_an_empty_module() {
    for source in ["", "\n", "# only this", "\u{feff}", "\\\n", "\0", "   "] {
        let (_, facts) = read(source);
        assert_eq!(facts.scopes.len(), 1);
        assert_eq!(facts.scopes[0].statements.len(), 0, "{source:?}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]

    #[test]
    fn any_text_is_read(source in "\\PC{0,60}") {
        read(&source);
    }

    #[test]
    fn any_mix_of_python_is_read(words in proptest::collection::vec(proptest::sample::select(WORDS), 0..60)) {
        let source = words.concat();
        let (sources, _) = read(&source);
        check_outline(&sources);
    }
}

const WORDS: &[&str] = &[
    "def f(",
    "class A:",
    "\n",
    "\n    ",
    "\n        ",
    ")",
    "(",
    "[",
    "]",
    "{",
    "}",
    ":",
    ",",
    "a",
    " = ",
    "1",
    "'",
    "\"",
    "'''",
    "f'",
    "f\"",
    "#",
    "\\",
    "\\\n",
    "if ",
    "else",
    "for x in ",
    "lambda ",
    "await ",
    "async ",
    "with ",
    " as ",
    "import ",
    "from ",
    ".",
    "*",
    "**",
    "@",
    "yield ",
    "return ",
    "match ",
    "case ",
    "try:",
    "except ",
    ":=",
    " or ",
    " not ",
    "é",
    "\t",
    "\r\n",
    "print ",
    ";",
    "global ",
    "->",
    "=",
    "+",
    "-",
    " < ",
];

fn check_outline(sources: &Sources) {
    for file in sources.iter() {
        let blocks = super::super::outline(&file.text);
        let mut end = 0;
        for block in &blocks {
            assert!(block.range.start >= end && block.range.end > block.range.start && file.text.get(block.range.clone()).is_some());
            end = block.range.end;
            let mut inner = block.range.start;
            for part in &block.parts {
                assert!(part.range.start >= inner && part.range.end <= block.range.end, "{blocks:?}");
                inner = part.range.end;
            }
        }
    }
}
