//! The light pass that cuts a file into blocks without parsing it, so that only the blocks that matter are parsed.

use std::ops::Range;

use super::lines::{Line, Lines};

/// What a block is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BlockKind {
    /// `def`, `async def`, with its decorators.
    Function,
    /// `class`, with its decorators.
    Class,
    /// `import …`, `from … import …`.
    Import,
    /// Any other statement, with the blocks under it.
    Statement,
}

/// A statement of the module, or of a class, with everything under it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block<'t> {
    /// What it is.
    pub kind: BlockKind,
    /// Name of the function or class; of a statement the name that it starts by binding (`name = …`, `name: …`), else empty.
    pub name: &'t str,
    /// Its bytes, in whole lines; comments that are indented under it included, those before it not.
    pub range: Range<usize>,
    /// For a class that is no one-liner: the statements of its body. What stands before the first of them is its head.
    pub parts: Vec<Block<'t>>,
}

/// Cuts a text into top-level blocks, and classes into their statements. Any text gives something; in order, disjoint.
pub fn outline(text: &str) -> Vec<Block<'_>> {
    let mut top = Level::default();
    let mut body = Level::default();
    for line in Lines::of(text) {
        if line.indent == 0 || top.blocks.is_empty() {
            if line.is_comment {
                continue;
            }
            if !top.continues(text, line) {
                top.close_class(&mut body);
            }
            top.take(text, line);
            continue;
        }
        top.extend(line);
        if !top.blocks.last().is_some_and(|block| block.kind == BlockKind::Class && !top.decorated) {
            continue;
        }
        // Comments stand where they like; the first statement says how far the body is indented.
        if line.is_comment {
            if body.indent.is_some_and(|under| line.indent > under) {
                body.extend(line);
            }
        } else if line.indent <= *body.indent.get_or_insert(line.indent) {
            body.take(text, line);
        } else {
            body.extend(line);
        }
    }
    top.close_class(&mut body);
    top.blocks
}

/// The blocks of one level of indentation.
#[derive(Default)]
struct Level<'t> {
    blocks: Vec<Block<'t>>,
    /// Columns before its lines, once known.
    indent: Option<usize>,
    /// Whether the last block is nothing but decorators so far.
    decorated: bool,
}

impl<'t> Level<'t> {
    /// Whether a line belongs to the last block although it is not indented.
    fn continues(&self, text: &str, line: Line) -> bool {
        let word = word_at(text, line.first);
        self.decorated || (!self.blocks.is_empty() && matches!(word, "else" | "elif" | "except" | "finally"))
    }

    /// Takes a line of this level in.
    fn take(&mut self, text: &'t str, line: Line) {
        let (kind, name) = head(text, line.first);
        let is_decorator = text.as_bytes().get(line.first) == Some(&b'@');
        if !self.continues(text, line) {
            self.blocks.push(Block { kind, name, range: line.start..line.end, parts: Vec::new() });
        } else if let Some(block) = self.blocks.last_mut() {
            block.range.end = line.end;
            if self.decorated {
                (block.kind, block.name) = (kind, name);
            }
        }
        self.decorated = is_decorator;
    }

    /// Takes a line in that stands under the last block.
    fn extend(&mut self, line: Line) {
        if let Some(block) = self.blocks.last_mut() {
            block.range.end = line.end;
        }
    }

    /// Gives the last block the statements of its body.
    fn close_class(&mut self, body: &mut Level<'t>) {
        let body = std::mem::take(body);
        if let Some(block) = self.blocks.last_mut() {
            block.parts = body.blocks;
        }
    }
}

/// The identifier at a place; empty where there is none.
fn word_at(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or("");
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
    rest.get(..rest.bytes().take_while(|byte| is_word(byte)).count()).unwrap_or("")
}

/// What a line starts, and its name.
fn head(text: &str, first: usize) -> (BlockKind, &str) {
    let after = |at: usize| text.get(at..).map_or(at, |rest| at + rest.len() - rest.trim_start_matches([' ', '\t']).len());
    let word = word_at(text, first);
    let next = after(first + word.len());
    match word {
        "def" => (BlockKind::Function, word_at(text, next)),
        "class" => (BlockKind::Class, word_at(text, next)),
        "async" if word_at(text, next) == "def" => (BlockKind::Function, word_at(text, after(next + "def".len()))),
        "import" | "from" => (BlockKind::Import, ""),
        "try" => (BlockKind::Statement, ""),
        _ => {
            let rest = text.as_bytes().get(next..).unwrap_or_default();
            let binds = matches!(rest, [b':', ..] | [b'=', ..]) && !rest.starts_with(b"==");
            (BlockKind::Statement, if binds { word } else { "" })
        }
    }
}
