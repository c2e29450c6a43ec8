//! The Python front end: a file, or some of its top-level blocks, as facts.

mod bindings;
mod comprehension;
mod definitions;
mod expressions;
mod grammar;
mod lines;
mod literals;
mod lower;
pub mod outline;
mod patterns;
mod regions;
mod statements;
#[cfg(test)]
mod tests;

use std::ops::Range;

use tree_sitter::{Node, Parser};

use self::grammar::Grammar;
use self::lower::{Lowerer, empty_scope};
pub use self::outline::{Block, BlockKind, outline};
use self::regions::Piece;
use crate::facts::{FileFacts, Language, ScopeKind};
use crate::text::{Problem, SourceFile, Span};

/// Most syntax errors that are told about one file: the first says enough, the rest often follows from it.
const MAX_ERRORS: usize = 3;

/// Reads a file, or only `regions` of it: byte ranges of top-level blocks, sorted and disjoint, as [`outline()`] gives them. Of a class its
/// head and some of its parts may be given as well. The facts of a block are the same however much is read around it.
pub fn read(file: &SourceFile, regions: Option<&[Range<usize>]>) -> FileFacts {
    let module = empty_scope(ScopeKind::Module, "".into(), Span::new(file.id, 0, file.text.len()), Span::new(file.id, 0, 0));
    let mut facts =
        FileFacts { file: file.id, language: Language::Python, scopes: vec![module], expressions: Vec::new(), problems: Vec::new() };
    let mut parser = Parser::new();
    if let Err(why) = parser.set_language(&Grammar::get().language) {
        facts.problems.push(Problem::of_file(&*file.path, why.to_string()));
        return facts;
    }
    let text = regions::without_comments(&file.text);
    let pieces = regions.map_or_else(|| vec![regions::piece_of(0..text.len())], |regions| regions::pieces(&text, regions));
    let mut reading = Reading { file, text: &text, parser, facts, errors: 0 };
    for piece in &pieces {
        reading.piece(piece, true);
    }
    reading.facts
}

/// A file while its pieces are read.
struct Reading<'a> {
    file: &'a SourceFile,
    /// Its text as the parser sees it.
    text: &'a str,
    parser: Parser,
    facts: FileFacts,
    /// Syntax errors told so far.
    errors: usize,
}

impl Reading<'_> {
    /// Reads one piece; where it has errors, block by block.
    fn piece(&mut self, piece: &Piece, may_split: bool) {
        let tree = regions::parse(&mut self.parser, self.file, self.text, piece);
        let broken = tree.as_ref().is_none_or(|tree| tree.root_node().has_error());
        if broken
            && may_split
            && let Some(blocks) = regions::split(self.text, piece)
        {
            blocks.iter().for_each(|block| self.piece(block, false));
            return;
        }
        match tree {
            Some(tree) => {
                self.tell_errors(tree.root_node());
                Lowerer::lower(self.file, &mut self.facts, tree.root_node());
            }
            None => self.tell(piece.first().map_or(0, |range| range.start), "too intricate to be parsed".to_owned()),
        }
    }

    fn tell(&mut self, at: usize, message: String) {
        if self.errors < MAX_ERRORS {
            self.facts.problems.push(Problem::at(self.file, at, message));
            self.errors += 1;
        }
    }

    /// Adds a problem for each of the first errors of a tree, going down only where there are any.
    fn tell_errors(&mut self, root: Node<'_>) {
        let mut cursor = root.walk();
        while self.errors < MAX_ERRORS {
            let node = cursor.node();
            if node.is_missing() {
                self.tell(node.start_byte(), format!("syntax error: {} is missing", node.kind()));
            } else if node.is_error() {
                self.tell(node.start_byte(), "syntax error".to_owned());
            } else if node.has_error() && cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
            }
        }
    }
}
