//! How deep a parser and the reader would recurse into a text: told from its tokens before it is parsed, because a stack that overflows ends the
//! whole program.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree, token_stream};

/// How deep tokens go.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Nesting {
    /// Brackets inside brackets.
    pub(super) groups: u32,
    /// Upper bound for the levels of the tree over any one token: brackets, and the tokens of the statement or list element around each. A
    /// chain of n method calls is a tree n deep.
    pub(super) levels: u32,
    /// First byte of the first bracket that is deeper than `limit`.
    pub(super) beyond: Option<usize>,
}

/// The tokens of one bracket while they are walked.
struct Level {
    rest: token_stream::IntoIter,
    /// Levels above.
    above: u32,
    /// Tokens since the last `;` or `,` that a level of the tree may hang on.
    run: u32,
    /// Levels of angle brackets since the last `;` that may still be open: they are no groups.
    angles: u32,
    after_block: bool,
    after_arrow: bool,
    /// After a number, or a `<` after one: what follows is a comparison or shift.
    after_number: bool,
}

impl Level {
    fn new(tokens: TokenStream, above: u32) -> Self {
        Self { rest: tokens.into_iter(), above, run: 0, angles: 0, after_block: false, after_arrow: false, after_number: false }
    }
}

/// Levels that an angle bracket counts for: a type inside another takes more stack to parse than anything else.
const ANGLE: u32 = 2;

/// Words that go before what they belong to.
const PREFIXES: [&str; 22] = [
    "as", "async", "become", "box", "break", "const", "do", "dyn", "else", "fn", "for", "if", "impl", "in", "let", "match", "move", "mut",
    "ref", "return", "unsafe", "yield",
];

/// Words behind a block that go on with what the block belongs to.
const GOES_ON: [&str; 3] = ["as", "else", "in"];

/// Measures tokens; brackets nested deeper than `limit` are not entered.
pub(super) fn nesting(tokens: TokenStream, limit: u32) -> Nesting {
    let mut found = Nesting::default();
    let mut levels = vec![Level::new(tokens, 0)];
    while let Some(level) = levels.last_mut() {
        let Some(token) = level.rest.next() else {
            levels.pop();
            continue;
        };
        let after_block = std::mem::take(&mut level.after_block);
        let after_arrow = std::mem::take(&mut level.after_arrow);
        let after_number = std::mem::take(&mut level.after_number);
        level.run += u32::from(adds_level(&token));
        match token {
            TokenTree::Group(group) => {
                let above = level.above + level.run + level.angles;
                level.after_block = group.delimiter() == Delimiter::Brace;
                let depth = u32::try_from(levels.len()).unwrap_or(u32::MAX);
                found.groups = found.groups.max(depth);
                if depth > limit {
                    found.beyond = found.beyond.or(Some(group.span_open().byte_range().start));
                    return found;
                }
                levels.push(Level::new(group.stream(), above));
                found.levels = found.levels.max(above);
                continue;
            }
            TokenTree::Punct(punct) => match punct.as_char() {
                ';' => (level.run, level.angles) = (0, 0),
                '#' if after_block => (level.run, level.angles) = (1, 0),
                ',' => level.run = 0,
                '<' if after_number => level.after_number = true,
                '<' => level.angles += ANGLE,
                '>' if !after_arrow => level.angles = level.angles.saturating_sub(ANGLE),
                '-' | '=' => level.after_arrow = true,
                _ => {}
            },
            TokenTree::Ident(word) if after_block && !GOES_ON.iter().any(|other| word == other) => {
                (level.run, level.angles) = (1, 0);
            }
            TokenTree::Ident(_) => {}
            TokenTree::Literal(_) => level.after_number = true,
        }
        found.levels = found.levels.max(level.above + level.run + level.angles);
    }
    found
}

/// Whether one more level of the tree may hang on a token. Of `::`, `=>` and `==` the last half counts; of `&&` and `--` both may.
fn adds_level(token: &TokenTree) -> bool {
    match token {
        TokenTree::Group(_) => true,
        TokenTree::Punct(punct) => !(matches!(punct.as_char(), ':' | '=' | '\'') && punct.spacing() == Spacing::Joint),
        TokenTree::Ident(word) => PREFIXES.iter().any(|prefix| word == prefix),
        TokenTree::Literal(_) => false,
    }
}
