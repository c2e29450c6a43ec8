//! Requirements of a `setup.py`: what the call of `setup` says in so many words, or in a constant that it names. The script is never run.

use super::packages::pin;
use super::requirements::requirement;
use crate::facts::config::Pin;
use crate::facts::{ArgumentKind, ExprId, ExprKind, FileFacts, Operator, StatementKind, Target};
use crate::text::SourceFile;

/// Deepest nesting of lists and names that is followed.
const MAX_DEPTH: u32 = 8;

/// Requirements in `install_requires` and `extras_require`.
pub(super) fn pins(file: &SourceFile) -> Vec<Pin> {
    if !file.text.contains("_require") {
        return Vec::new();
    }
    let facts = crate::read::python::read(file, None);
    let mut texts = Vec::new();
    for call in &facts.expressions {
        let ExprKind::Call { callee, arguments } = &call.kind else { continue };
        let (ExprKind::Name(name) | ExprKind::Attribute { name, .. }) = &facts.expr(*callee).kind else { continue };
        if &**name != "setup" {
            continue;
        }
        let wanted = arguments.iter().filter(
            |argument| matches!(&argument.kind, ArgumentKind::Keyword(name) if matches!(&**name, "install_requires" | "extras_require")),
        );
        wanted.for_each(|argument| collect(&facts, argument.value, 0, &mut texts));
    }
    texts.into_iter().flat_map(|text| of_text(&facts, text)).collect()
}

/// The texts that an expression holds, through lists, mappings, sums and constants.
fn collect(facts: &FileFacts, at: ExprId, depth: u32, texts: &mut Vec<ExprId>) {
    if depth > MAX_DEPTH {
        return;
    }
    let mut go = |at: ExprId| collect(facts, at, depth + 1, texts);
    match &facts.expr(at).kind {
        ExprKind::Text(_) => texts.push(at),
        ExprKind::List(items) => items.iter().copied().for_each(go),
        ExprKind::Mapping(items) => items.iter().for_each(|(_, value)| go(*value)),
        ExprKind::Spread(inner) => go(*inner),
        ExprKind::Operator { operator: Operator::Add, left, right } => {
            go(*left);
            go(*right);
        }
        ExprKind::Name(name) => {
            if let Some(value) = constant(facts, at, name) {
                go(value);
            }
        }
        _ => {}
    }
}

/// What a name is bound to, where that is one thing.
fn constant(facts: &FileFacts, at: ExprId, name: &str) -> Option<ExprId> {
    let values = |scope| {
        let statements = facts.scope(scope).statements.iter();
        let bound = statements.filter_map(|statement| match &statement.kind {
            StatementKind::Bind { target: Target::Name(bound), value, .. } if **bound == *name => Some(*value),
            _ => None,
        });
        bound.collect::<Vec<_>>()
    };
    let nearest = facts.scope_chain(facts.expr(at).scope).map(values).find(|values| !values.is_empty())?;
    match nearest.as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}

/// A text is one requirement, or one a line.
fn of_text(facts: &FileFacts, at: ExprId) -> Vec<Pin> {
    let ExprKind::Text(text) = &facts.expr(at).kind else { return Vec::new() };
    let of_line = |line: &str| {
        let (name, demand) = requirement(line.trim())?;
        Some(pin(name, &demand?, facts.expr(at).span))
    };
    text.lines().filter_map(of_line).collect()
}
