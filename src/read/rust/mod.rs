//! The Rust front end: a file as facts, in the vocabulary that Python is read into.
//!
//! What becomes of Rust:
//! - **Paths** are attributes of a name: `a::b::C::new` is `a.b.C.new`; `crate`, `self`, `super` and `Self` are names like others, generic arguments
//!   are dropped. `<T as Trait>::f` is `T.f`. In types, references, pointers, `dyn` and `impl` are looked through and `Arc<T>` is `Arc[T]`.
//! - **`use`** is an import: `use a::b as c` binds `c` to path `a`, item `b`; `use a::b::*` binds `*` to path `a.b`; `self::` is level 1, `super::` level
//!   2 and so on, both counted from the file, so that `super::x` in an inline module is level 1; paths from `crate` start with `crate`. `mod x;` is an
//!   import of path `x`, level 1, without an item; with `#[path = "…"]` its path is that file name.
//! - **Inline modules** are class scopes whose only base is named `mod` ([`is_inline_module`]): `tests::f` is a member, and names inside are looked up
//!   in it.
//! - **Types** are class scopes. Fields are bound with their type as annotation; the value is the attribute that declares a setting about the
//!   field, as a call (`#[arg(long, default_value_t = 5)]`), else unknown; further attributes are evaluated beside it. Derives and supertraits are bases.
//!   Fields of tuple structs are named `0`, `1`, …; variants with fields are classes inside their enum's.
//! - **`impl` blocks**: methods join the class of the type where the file defines it. For a type from elsewhere they get a class of the same name
//!   that no statement defines, with the type's path as base `impl`. The trait of a trait `impl` is a base `trait`.
//! - **Functions**: attributes are decorators. A pattern as parameter is named by its own text and taken apart in the body. The last expression is
//!   returned, from each branch where it is an `if` or `match`.
//! - **Values**: `&x`, `*x`, `(x)`, `x as T`, `x?`, `unsafe { x }`, `Some(x)`, `Ok(x)` and `NonZeroUsize::new(x)` are `x`. `Err(…)`, `return`, `break` and
//!   panics have no value and are left out of the alternatives around them. `x.is_some()` and `if let Some(y) = x` test that `x is not none`.
//!   `Duration::from_millis(5)` with a literal is a duration. `a..b` is `range(a, b)`, `a..=b` is `range(a, b + 1)`, `[x; n]` and `vec![x; n]` are
//!   `vec(x, n)`, `vec![a, b]` is a list. Integer division is assumed for `/`.
//! - **Blocks**: a `match` is a choice of its arms, of an option a conditional; a block that binds names has a context of its own. Statements in a block
//!   that is a value stand before the statement that uses it. What follows `let permit = semaphore.acquire().await?` in its block, up to
//!   `drop(permit)`, is in a `with` context over `semaphore`.
//! - **Closures and `async` blocks** are lambdas.
//! - **Macros**: see `macros.rs`.

mod attributes;
mod chains;
mod control;
mod edges;
mod expressions;
mod imports;
mod items;
mod literals;
mod lower;
mod macros;
mod nesting;
mod patterns;
mod statements;
#[cfg(test)]
mod tests;
mod types;

use std::str::FromStr as _;

use proc_macro2::TokenStream;

use self::lower::{Lowerer, TOO_DEEP, empty_scope};
use crate::facts::{ArgumentKind, FileFacts, Language, Scope, ScopeKind};
use crate::text::{Problem, SourceFile, Span};

/// Deepest nesting of brackets that is parsed.
const MAX_GROUPS: u32 = 128;

/// Most levels of the tree that are parsed at all.
const MAX_LEVELS: u32 = 10_000;

/// Stack that one level of the tree takes at most while it is parsed, lowered or dropped, in bytes; measured over all forms of nesting.
const LEVEL_BYTES: usize = if cfg!(debug_assertions) { 40 * 1024 } else { 10 * 1024 };

/// Stack that is there on any thread, in bytes. Deeper files are read on a thread of their own.
const FREE_BYTES: usize = 768 * 1024;

/// Reads a file.
pub fn read(file: &SourceFile) -> FileFacts {
    let mut facts = nothing(file);
    let offset = start_of_code(&file.text);
    let deep = tokens(file, offset, &mut facts).and_then(|(tokens, levels)| {
        let stack = levels as usize * LEVEL_BYTES;
        if stack <= FREE_BYTES {
            parse(tokens, file, offset, &mut facts);
            return None;
        }
        Some(stack + FREE_BYTES)
    });
    proc_macro2::extra::invalidate_current_thread_spans();
    match deep.map(|stack| read_aside(file, offset, stack)) {
        None => facts,
        Some(Some(facts)) => facts,
        Some(None) => {
            facts.problems.push(Problem::of_file(&*file.path, TOO_DEEP));
            facts
        }
    }
}

/// Reads a file on a thread with so much stack. Tokens stay on their thread, so the text is cut into tokens again.
fn read_aside(file: &SourceFile, offset: usize, stack: usize) -> Option<FileFacts> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(stack).spawn_scoped(scope, || {
            let mut facts = nothing(file);
            if let Some((tokens, _)) = tokens(file, offset, &mut facts) {
                parse(tokens, file, offset, &mut facts);
            }
            facts
        });
        thread.ok()?.join().ok()
    })
}

/// Whether a class scope is an inline module.
pub fn is_inline_module(scope: &Scope) -> bool {
    let named = |base: &crate::facts::Argument| matches!(&base.kind, ArgumentKind::Keyword(name) if &**name == "mod");
    scope.kind == ScopeKind::Class && scope.bases.iter().any(named)
}

fn nothing(file: &SourceFile) -> FileFacts {
    let module = empty_scope(ScopeKind::Module, "".into(), Span::new(file.id, 0, file.text.len()), Span::new(file.id, 0, 0));
    FileFacts { file: file.id, language: Language::Rust, scopes: vec![module], expressions: Vec::new(), problems: Vec::new() }
}

/// The tokens of the code and the levels of its tree, where it may be parsed.
fn tokens(file: &SourceFile, offset: usize, facts: &mut FileFacts) -> Option<(TokenStream, u32)> {
    let problem = match TokenStream::from_str(file.text.get(offset..)?) {
        Err(why) => Problem::at(file, why.span().byte_range().start + offset, "syntax error: brackets or quotes do not match"),
        Ok(tokens) => {
            let found = nesting::nesting(tokens.clone(), MAX_GROUPS);
            match found.beyond {
                Some(at) => Problem::at(file, at + offset, TOO_DEEP),
                None if found.levels > MAX_LEVELS => Problem::of_file(&*file.path, TOO_DEEP),
                None => return Some((tokens, found.levels)),
            }
        }
    };
    facts.problems.push(problem);
    None
}

fn parse(tokens: TokenStream, file: &SourceFile, offset: usize, facts: &mut FileFacts) {
    match syn::parse2::<syn::File>(tokens) {
        Ok(tree) => Lowerer::new(file, facts, offset).items(&tree.items),
        Err(why) => {
            let at = why.span().byte_range().start + offset;
            facts.problems.push(Problem::at(file, at, syntax_error(&why)));
        }
    }
}

/// What the parser says, without the tail of a long list of what it expected.
fn syntax_error(why: &syn::Error) -> String {
    let said = why.to_string();
    match said.match_indices(", ").nth(3) {
        Some((end, _)) => format!("syntax error: {}, …", said.get(..end).unwrap_or("")),
        None => format!("syntax error: {said}"),
    }
}

/// Bytes before the code: a byte order mark, a `#!` line, and the frontmatter of a script between `---` lines.
fn start_of_code(text: &str) -> usize {
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(after) = rest.strip_prefix("#!")
        && !after.trim_start().starts_with('[')
    {
        rest = rest.find('\n').and_then(|end| rest.get(end..)).unwrap_or("");
    }
    let code = rest.trim_start();
    if code.starts_with("---") {
        let fence: String = code.chars().take_while(|letter| *letter == '-').collect();
        let end = code.match_indices('\n').map(|(at, _)| at + 1).find(|at| code.get(*at..).is_some_and(|line| line.starts_with(&fence)));
        if let Some(end) = end {
            let line = code.get(end..).unwrap_or("");
            rest = line.find('\n').and_then(|at| line.get(at..)).unwrap_or("");
        }
    }
    text.len() - rest.len()
}
