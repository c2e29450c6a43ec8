//! A block read alone says the same as in its file.

use std::ops::Range;

use super::super::{BlockKind, outline, read};
use super::texts::SAMPLE;
use crate::facts::{FileFacts, Scope, dump};
use crate::text::{SourceFile, Sources};

/// Everything that the facts say between two bytes, without ids.
fn said(facts: &FileFacts, range: &Range<usize>) -> Vec<String> {
    let inside = |span: crate::text::Span| range.start <= span.start as usize && span.end as usize <= range.end;
    let contexts = |scope: &Scope, id| {
        let spans: Vec<_> = scope.context_chain(id).map(|(_, context)| context.span).collect();
        // The module is as long as its file, however much of it was read.
        spans.iter().rev().skip(1).map(|span| format!("{}-{}", span.start, span.end)).collect::<Vec<_>>().join(",")
    };
    let without_ids = |text: String| {
        let pieces = text.split('#').map(|piece| piece.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned());
        pieces.collect::<Vec<_>>().join("#")
    };
    let mut said = Vec::new();
    for id in facts.expr_ids().filter(|id| inside(facts.expr(*id).span)) {
        let expression = facts.expr(id);
        let scope = facts.scope(expression.scope);
        let parent = expression.parent.map(|parent| facts.expr(parent).span.range());
        let text = without_ids(dump::expression(facts, id));
        said.push(format!(
            "{:?} {text} of {parent:?} in {} {:?}",
            expression.span.range(),
            contexts(scope, expression.context),
            scope.kind
        ));
    }
    for scope in facts.scope_ids().map(|id| facts.scope(id)) {
        if scope.parent.is_some() && inside(scope.span) {
            let (kind, name, span) = (scope.kind, &scope.name, scope.span.range());
            said.push(format!("{span:?} {kind:?} {name} {:?} {:?} {:?}", scope.parameters, scope.outer_names, scope.name_span));
        }
        for statement in scope.statements.iter().filter(|statement| inside(statement.span)) {
            let kind = std::mem::discriminant(&statement.kind);
            said.push(format!("{:?} {kind:?} in {}", statement.span.range(), contexts(scope, statement.context)));
        }
    }
    // Parameters name their defaults by id.
    let mut said: Vec<_> = said.into_iter().map(|line| strip_expr_ids(&line)).collect();
    said.sort();
    said
}

fn strip_expr_ids(line: &str) -> String {
    let mut pieces = line.split("ExprId(");
    let first = pieces.next().unwrap_or("").to_owned();
    pieces.fold(first, |text, piece| text + "ExprId(" + piece.trim_start_matches(|c: char| c.is_ascii_digit()))
}

fn check(file: &SourceFile) {
    let whole = read(file, None);
    let blocks = outline(&file.text);
    assert!(blocks.len() > 3);
    let mut total = 0;
    for block in &blocks {
        let alone = read(file, Some(std::slice::from_ref(&block.range)));
        let expected = said(&whole, &block.range);
        total += expected.len();
        assert_eq!(said(&alone, &block.range), expected, "{block:?}");
        assert_eq!(alone.problems, []);
    }
    let statements: usize = whole.scopes.iter().map(|scope| scope.statements.len()).sum();
    assert_eq!(total, whole.expressions.len() + whole.scopes.len() - 1 + statements, "every fact stands in a block");
    for step in [2, 3] {
        let some: Vec<_> = blocks.iter().step_by(step).map(|block| block.range.clone()).collect();
        let facts = read(file, Some(&some));
        for range in &some {
            assert_eq!(said(&facts, range), said(&whole, range));
        }
    }
    let all: Vec<_> = blocks.iter().map(|block| block.range.clone()).collect();
    let facts = read(file, Some(&all));
    assert_eq!(facts.expressions.len(), whole.expressions.len());
    assert_eq!(read(file, Some(&[])).expressions.len(), 0);
}

#[test]
fn a_block_alone_says_the_same_as_in_its_file() {
    let mut sources = Sources::default();
    sources.add("plain.py", SAMPLE);
    sources.add("windows.py", SAMPLE.replace('\n', "\r\n"));
    sources.add("marked.py", format!("\u{feff}{SAMPLE}"));
    sources.add("tabs.py", SAMPLE.replace("    ", "\t"));
    sources.add("unended.py", SAMPLE.trim_end());
    sources.iter().for_each(check);
}

#[test]
fn a_class_may_be_read_with_some_of_its_methods() {
    let mut sources = Sources::default();
    let id = sources.add("a.py", SAMPLE);
    let file = sources.get(id);
    let whole = read(file, None);
    let blocks = outline(SAMPLE);
    let class = blocks.iter().find(|block| block.kind == BlockKind::Class).unwrap();
    assert_eq!(class.parts.iter().map(|part| part.name).collect::<Vec<_>>(), ["retries", "__init__", "fetch", "size"]);
    let head = class.range.start..class.parts[0].range.start;
    for part in &class.parts {
        let facts = read(file, Some(&[head.clone(), part.range.clone()]));
        assert_eq!(said(&facts, &part.range), said(&whole, &part.range));
        let scope = &facts.scopes[1];
        assert_eq!((&*scope.name, scope.bases.len(), scope.statements.len()), ("Client", 2, 1), "{part:?}");
        assert_eq!(facts.problems, []);
    }
}

#[test]
fn an_error_elsewhere_changes_nothing() {
    let mut sources = Sources::default();
    let good = sources.add("good.py", "a = f(1)\ndef g(x):\n    return h(x)\nb = 2\n");
    let bad = sources.add("bad.py", "a = f(1,\ndef g(x):\n    return h(x)\nb = )\n");
    let (good, bad) = (sources.get(good), sources.get(bad));
    assert_eq!(outline(&good.text).len(), 3);
    assert_eq!(said(&read(good, None), &(9..36)), strip_file(said(&read(bad, None), &(9..36))));
}

/// The same with the number of the first file.
fn strip_file(said: Vec<String>) -> Vec<String> {
    said.into_iter().map(|line| line.replace("FileId(1)", "FileId(0)")).collect()
}

#[test]
fn regions_are_widened_to_whole_lines_and_clipped_to_the_file() {
    let mut sources = Sources::default();
    let id = sources.add("a.py", "a = 1\nb = 2\nc = 3\n");
    let file = sources.get(id);
    for (regions, count) in [
        (&[(7, 8)][..], 1),
        (&[(0, 1), (13, 14)], 2),
        (&[(0, 6), (6, 12)], 2),
        (&[(5, 6)], 1),
        (&[(3, 7)], 2),
        (&[(3, 3)], 0),
        (&[(0, usize::MAX)], 3),
        (&[(100, 200)], 0),
    ] {
        let regions: Vec<_> = regions.iter().map(|(start, end)| *start..*end).collect();
        let facts = read(file, Some(&regions));
        assert_eq!((facts.scopes[0].statements.len(), facts.problems.len()), (count, 0), "{regions:?}");
    }
}
