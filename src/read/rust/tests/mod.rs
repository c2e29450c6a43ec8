//! The front end's tests: small sources and the text of their facts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod depth;
mod expressions;
mod items;
mod macros;
mod statements;
mod texts;

use crate::facts::{FileFacts, dump};
use crate::text::{FileId, Sources};

/// The facts of a source, with the texts that they point into.
fn read(source: &str) -> (Sources, FileFacts) {
    let mut sources = Sources::default();
    let id: FileId = sources.add("a.rs", source);
    let facts = super::read(sources.get(id));
    check_links(&facts, source);
    (sources, facts)
}

/// The facts of a source as text.
fn shown(source: &str) -> String {
    let (sources, facts) = read(source);
    dump::facts(&facts, sources.get(facts.file))
}

/// The facts of a source, without the line of the module.
#[track_caller]
fn assert_facts(source: &str, expected: &str) {
    let shown = shown(source);
    let shown = shown.strip_prefix("module #0\n").unwrap_or(&shown);
    let lines = |text: &str| text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(lines(shown), lines(expected), "facts of\n{source}\nare\n{shown}");
}

/// The facts of the body of a function: each line of the body from line 2 on.
#[track_caller]
fn assert_body(body: &str, expected: &str) {
    let lines = 2 + body.trim_end().lines().count();
    let source = format!("fn f() {{\n{}\n;}}\n", body.trim_end());
    assert_facts(&source, &format!("1 define #1 f\nfunction #1 f in #0, lines 1-{lines}\n{expected}"));
}

/// Each expression is given by its text; the expected text is what it lowers to.
#[track_caller]
fn assert_expressions(table: &[(&str, &str)]) {
    for (source, expected) in table {
        assert_facts(&format!("const X: T = {source};\n"), &format!("1 X: T = {expected}"));
    }
}

/// What holds for all facts: ids and spans fit, parents stand around their parts and in the same scope.
#[track_caller]
fn check_links(facts: &FileFacts, source: &str) {
    for id in facts.expr_ids() {
        let expression = facts.expr(id);
        assert!(source.get(expression.span.range()).is_some(), "span of {expression:?}");
        let scope = facts.scope(expression.scope);
        assert!((expression.context.0 as usize) < scope.contexts.len());
        assert!(expression.kind != crate::facts::ExprKind::Unknown("not lowered"), "{expression:?}");
        if let Some(parent) = expression.parent {
            let parent = facts.expr(parent);
            assert_eq!(parent.scope, expression.scope, "{expression:?} in {parent:?}");
            let inside = parent.span.start <= expression.span.start && expression.span.end <= parent.span.end;
            assert!(inside, "{expression:?} in {parent:?}");
        }
    }
    for id in facts.scope_ids() {
        let scope = facts.scope(id);
        assert!(source.get(scope.span.range()).is_some() && source.get(scope.name_span.range()).is_some());
        if let Some(parent) = scope.parent {
            assert!(parent < id && (scope.parent_context.0 as usize) < facts.scope(parent).contexts.len());
        }
        for statement in &scope.statements {
            assert!(source.get(statement.span.range()).is_some());
            assert!((statement.context.0 as usize) < scope.contexts.len());
        }
        for (index, context) in scope.contexts.iter().enumerate() {
            assert!(source.get(context.span.range()).is_some());
            assert_eq!(context.parent.is_none(), index == 0);
            assert!(context.parent.is_none_or(|parent| (parent.0 as usize) < index));
        }
    }
}
