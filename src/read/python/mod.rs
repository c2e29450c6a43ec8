//! The Python front end: a file, or some of its top-level blocks, as facts.

mod bindings;
mod comprehension;
mod definitions;
mod expressions;
mod grammar;
mod literals;
mod lower;
mod patterns;
mod statements;

use std::ops::Range;

use tree_sitter::{Node, Parser, Point, Tree};

use self::grammar::Grammar;
use self::lower::{Lowerer, empty_scope};
use crate::facts::{FileFacts, Language, ScopeKind};
use crate::text::{Problem, SourceFile, Span};

/// Most syntax errors that are told about one file: the first says enough, the rest often follows from it.
const MAX_ERRORS: usize = 3;

/// Reads a file, or only `regions` of it: byte ranges of whole lines that hold whole top-level blocks, sorted and disjoint.
pub fn read(file: &SourceFile, regions: Option<&[Range<usize>]>) -> FileFacts {
    let module = empty_scope(ScopeKind::Module, "".into(), Span::new(file.id, 0, file.text.len()), Span::new(file.id, 0, 0));
    let mut facts =
        FileFacts { file: file.id, language: Language::Python, scopes: vec![module], expressions: Vec::new(), problems: Vec::new() };
    let mut parser = Parser::new();
    if let Err(why) = parser.set_language(&Grammar::get().language) {
        facts.problems.push(Problem::of_file(&*file.path, why.to_string()));
        return facts;
    }
    if let Some(tree) = parse(&mut parser, file, regions) {
        tell_errors(file, tree.root_node(), &mut facts);
        Lowerer::lower(file, &mut facts, tree.root_node());
    }
    facts
}

fn parse(parser: &mut Parser, file: &SourceFile, regions: Option<&[Range<usize>]>) -> Option<Tree> {
    let point = |at: usize| Point { row: file.position(at as u32).line - 1, column: 0 };
    let ranges: Vec<_> = regions
        .unwrap_or_default()
        .iter()
        .map(|range| tree_sitter::Range {
            start_byte: range.start,
            end_byte: range.end,
            start_point: point(range.start),
            end_point: point(range.end),
        })
        .collect();
    parser.set_included_ranges(&ranges).ok()?;
    parser.parse(&*file.text, None)
}

/// Adds a problem for each of the first errors of a tree, going down only where there are any.
fn tell_errors(file: &SourceFile, root: Node<'_>, facts: &mut FileFacts) {
    let mut cursor = root.walk();
    let mut told = 0;
    loop {
        let node = cursor.node();
        let broken = node.is_error() || node.is_missing();
        if broken {
            let message = if node.is_missing() { format!("syntax error: {} is missing", node.kind()) } else { "syntax error".to_owned() };
            facts.problems.push(Problem::at(file, node.start_byte(), message));
            told += 1;
            if told == MAX_ERRORS {
                return;
            }
        }
        if !broken && node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}
