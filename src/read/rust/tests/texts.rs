//! Files as they come: byte order marks, `#!` lines, line ends, broken syntax, cut anywhere.

use super::{assert_facts, read, shown};
use crate::text::Sources;

/// A bit of everything.
const SAMPLE: &str = include_str!("sample.rs");

#[test]
fn line_ends_and_marks_change_nothing_but_places() {
    let plain = shown(SAMPLE);
    assert_eq!(shown(&SAMPLE.replace('\n', "\r\n")), plain);
    assert_eq!(shown(&format!("\u{feff}{SAMPLE}")), plain);
    assert!(!plain.contains("problem"), "{plain}");
}

#[test]
fn places_count_what_stands_before_the_code() {
    for before in ["\u{feff}", "#!/usr/bin/env x\n", "\u{feff}#!/bin/x é\n", "#!/x\n---cargo\n[dependencies]\n---\n", "---\na = 1\n---\n\n"]
    {
        let source = format!("{before}const A: u8 = f(é);\n");
        let (_, facts) = read(&source);
        let texts: Vec<&str> = facts.expressions.iter().map(|expression| &source[expression.span.range()]).collect();
        assert_eq!((texts, facts.problems.len()), (vec!["u8", "f(é)", "f", "é"], 0), "{before:?}");
    }
    assert_facts("#![allow(x)]\nconst A: u8 = 1;\n", "2 A: u8 = 1");
}

#[test]
fn errors_are_told_with_their_place() {
    assert_facts("fn f() {}\nfn g( {}\n", "problem a.rs:2:5: syntax error: brackets or quotes do not match");
    assert_facts("fn f() {}\nlet x = é 1;\n", "problem a.rs:2:1: syntax error: expected one of: `fn`, `extern`, `use`, `static`, …");
    assert_facts("\u{feff}fn f() { é + }\n", "problem a.rs:1:15: syntax error: unexpected end of input, expected an expression");
    assert_facts("", "");
    assert_facts("// nothing", "");
}

#[test]
fn a_file_cut_anywhere_is_read_or_told() {
    let mut told = 0;
    for end in (0..=SAMPLE.len()).filter(|end| SAMPLE.is_char_boundary(*end)) {
        let mut sources = Sources::default();
        let id = sources.add("a.rs", &SAMPLE[..end]);
        told += super::super::read(sources.get(id)).problems.len();
    }
    assert!(told > SAMPLE.len() / 2);
}

#[test]
fn rubbish_is_told() {
    for rubbish in
        ["#!", "#![", "---", "---\n", "\u{feff}", "'", "\"", "r#\"", "/*", "b'", "0x", "1e", "é", "\u{0}", "#!/x\n---\n", "a\u{202e}b"]
    {
        read(rubbish);
        read(&rubbish.repeat(300));
        read(&format!("fn f() {{ {rubbish} }}"));
    }
}
