//! Under which name a library's symbol can be written at a call, and what to add to an import that brings its neighbours.

use super::Context;
use crate::facts::{BODY, ExprKind, FileFacts, Import, ScopeId, Statement, StatementKind, Target};
use crate::finding::Edit;
use crate::resolve::{Evaluator, ExprRef};
use crate::text::Span;

/// A name for one of the symbols at a call, with the edits that make it known there; `None` where no import leads to it.
pub fn name(context: &Context<'_>, evaluator: &Evaluator<'_>, call: ExprRef, symbols: &[String]) -> Option<(String, Vec<Edit>)> {
    let facts = context.evaluator.project.facts(call.file);
    let callee = match evaluator.expr(call).kind {
        ExprKind::Call { callee, .. } => context.sources.slice(facts.expr(callee).span),
        _ => "",
    };
    let imports: Vec<(&Statement, &Import)> =
        facts.scope_chain(facts.expr(call.expr).scope).flat_map(|scope| imports(facts, scope)).collect();
    let mut found: Vec<String> = Vec::new();
    for symbol in symbols {
        for (_, import) in &imports {
            let path = match &import.item {
                Some(item) if import.path.is_empty() => item.to_string(),
                Some(item) => format!("{}.{item}", import.path),
                None => import.path.to_string(),
            };
            let rest = if *symbol == path { Some("") } else { symbol.strip_prefix(&path).and_then(|rest| rest.strip_prefix('.')) };
            match rest {
                Some("") => found.push(import.local.to_string()),
                // A module does not always have its submodules as attributes.
                Some(rest) if !rest.contains('.') => found.push(format!("{}.{rest}", import.local)),
                _ => {}
            }
        }
    }
    let first = |name: &str| name.split('.').next().unwrap_or("").to_string();
    let like_the_callee = found.iter().find(|name| callee.contains('.') && first(name) == first(callee));
    if let Some(name) = like_the_callee.or(found.first()) {
        return Some((name.clone(), Vec::new()));
    }
    symbols.iter().find_map(|symbol| extended(context, facts, &imports, symbol))
}

/// Imports of a scope that always run, absolute ones.
fn imports(facts: &FileFacts, scope: ScopeId) -> impl Iterator<Item = (&Statement, &Import)> {
    facts.scope(scope).statements.iter().filter(|statement| statement.context == BODY).filter_map(|statement| match &statement.kind {
        StatementKind::Import(import) if import.level == 0 => Some((statement, import)),
        _ => None,
    })
}

/// `from library import Client` → `from library import Client, Limits`.
fn extended(context: &Context<'_>, facts: &FileFacts, imports: &[(&Statement, &Import)], symbol: &str) -> Option<(String, Vec<Edit>)> {
    let (module, new) = symbol.rsplit_once('.')?;
    let neighbours =
        || imports.iter().filter(|(_, import)| *import.path == *module && import.item.as_ref().is_some_and(|item| **item != *"*"));
    // Where names are in order, the new one goes to its place.
    let in_order = neighbours().rfind(|(_, import)| import.item.as_deref().is_some_and(|item| item < new));
    let (after, _) = in_order.or(neighbours().next())?;
    if is_taken(facts, new) {
        return None;
    }
    let span = after.span;
    let text = &context.sources.get(span.file).text;
    let line = text.get(..span.start as usize)?.rfind('\n').map_or(0, |at| at + 1);
    let indent = text.get(line..span.start as usize)?;
    let gap = match indent.chars().all(|c| matches!(c, ' ' | '\t')) && !indent.is_empty() {
        true => format!("{}{indent}", super::brackets::line_ending(text)),
        false => " ".to_string(),
    };
    let span = Span { start: span.end, ..span };
    Some((new.to_string(), vec![Edit { span, replacement: format!(",{gap}{new}") }]))
}

/// Whether a file says a name already, with another meaning.
fn is_taken(facts: &FileFacts, name: &str) -> bool {
    let bound = |statement: &Statement| match &statement.kind {
        StatementKind::Bind { target: Target::Name(bound), .. } => **bound == *name,
        StatementKind::Import(import) => *import.local == *name,
        StatementKind::Define(scope) => *facts.scope(*scope).name == *name,
        _ => false,
    };
    facts.expressions.iter().any(|expr| matches!(&expr.kind, ExprKind::Name(said) if **said == *name))
        || facts.scopes.iter().any(|scope| scope.statements.iter().any(bound) || scope.parameters.iter().any(|one| *one.name == *name))
}
