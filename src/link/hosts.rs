//! Whether the requests of one call go to one host.

use rustc_hash::FxHashSet;

use super::turns::argument_for;
use crate::facts::{Argument, ArgumentKind, ExprId, ExprKind, FileFacts, ScopeId, ScopeKind, StatementKind, Target};
use crate::resolve::{Evaluator, ExprRef, ScopeRef, Thing};

/// How far a URL is followed to the texts that it is made of.
const MAX_STEPS: u32 = 8;

/// Whether the host changes from request to request: it is put together from something that changes (`f"https://h{i}.example.com/"`), or
/// the URLs that are known name several.
pub fn vary(evaluator: &Evaluator<'_>, call: ExprRef) -> bool {
    let ExprKind::Call { arguments, .. } = &evaluator.expr(call).kind else { return false };
    let part = |argument: &Argument| ExprRef { file: call.file, expr: argument.value };
    arguments.iter().any(|argument| is_of_many(evaluator, part(argument), 0))
        || arguments.iter().filter(|argument| may_be_url(argument)).any(|argument| is_of_entries(evaluator, part(argument), 0))
}

/// Whether an argument of a request may be its URL: the first ones, or one that is called so.
fn may_be_url(argument: &Argument) -> bool {
    match &argument.kind {
        ArgumentKind::Keyword(name) => says_where(name),
        _ => true,
    }
}

/// Whether a name says that what it stands for leads to a host.
fn says_where(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["url", "uri", "host", "domain", "site", "endpoint"].iter().any(|word| name.contains(word))
}

/// Whether a URL is made of what each entry of a loop says itself (`for site in sites: get(site["url"])`): entries of sites, not pages of one.
fn is_of_entries(evaluator: &Evaluator<'_>, at: ExprRef, steps: u32) -> bool {
    if steps > MAX_STEPS {
        return false;
    }
    let facts = evaluator.project.facts(at.file);
    let go = |expr: ExprId| is_of_entries(evaluator, ExprRef { file: at.file, expr }, steps + 1);
    let is_text = |id: ExprId| matches!(&facts.expr(id).kind, ExprKind::Text(key) if says_where(key));
    match &facts.expr(at.expr).kind {
        ExprKind::Subscript { object, index } => is_text(*index) && is_entry(facts, *object),
        ExprKind::Call { callee, arguments } => {
            let by_key = match &facts.expr(*callee).kind {
                ExprKind::Attribute { object, name, .. } if &**name == "get" => {
                    arguments.first().is_some_and(|key| is_text(key.value)) && is_entry(facts, *object)
                }
                _ => false,
            };
            by_key || arguments.iter().any(|argument| go(argument.value))
        }
        ExprKind::Operator { left, .. } => go(*left),
        ExprKind::Or(parts) => parts.iter().any(|part| go(*part)),
        ExprKind::Name(name) => facts
            .scope_chain(facts.expr(at.expr).scope)
            .find_map(|scope| {
                let bound = |value: ExprId| (value != at.expr).then(|| go(value));
                let values = values_of(facts, scope, name).filter_map(bound).collect::<Vec<_>>();
                (!values.is_empty()).then(|| values.into_iter().any(|is_it| is_it))
            })
            .unwrap_or(false),
        _ => false,
    }
}

/// Whether a name is bound to what a loop goes over, or to a part of it (`for name, entry in entries.items()`).
fn is_entry(facts: &FileFacts, at: ExprId) -> bool {
    let ExprKind::Name(name) = &facts.expr(at).kind else { return false };
    facts.scope_chain(facts.expr(at).scope).any(|scope| {
        values_of(facts, scope, name).any(|value| match facts.expr(value).kind {
            ExprKind::Element(_) => true,
            ExprKind::Unpacked { value, .. } => matches!(facts.expr(value).kind, ExprKind::Element(_)),
            _ => false,
        })
    })
}

/// What a name is bound to in a scope.
fn values_of<'f>(facts: &'f FileFacts, scope: ScopeId, name: &'f str) -> impl Iterator<Item = ExprId> + 'f {
    facts.scope(scope).statements.iter().filter_map(move |statement| match &statement.kind {
        StatementKind::Bind { target: Target::Name(bound), value, .. } if **bound == *name => Some(*value),
        _ => None,
    })
}

/// Whether what an expression gives are URLs of several hosts.
fn is_of_many(evaluator: &Evaluator<'_>, at: ExprRef, steps: u32) -> bool {
    if steps > MAX_STEPS {
        return false;
    }
    let go = |expr: ExprId| is_of_many(evaluator, ExprRef { file: at.file, expr }, steps + 1);
    let facts = evaluator.project.facts(at.file);
    match &facts.expr(at.expr).kind {
        ExprKind::Format(holes) => {
            let text = evaluator.project.sources.slice(facts.expr(at.expr).span);
            let starts_with_hole = text.trim_start_matches(|c: char| c.is_alphabetic()).trim_start_matches(['"', '\'']).starts_with('{');
            host_has_holes(text) || (starts_with_hole && holes.first().is_some_and(|first| go(*first)))
        }
        ExprKind::Operator { left, .. } => go(*left),
        ExprKind::Element(over) => elements_are(evaluator, ExprRef { file: at.file, expr: *over }, steps + 1),
        ExprKind::Name(name) => bound_to_many(evaluator, at, name, steps),
        _ => false,
    }
}

/// Whether the elements of what is iterated are URLs of several hosts. One of two hosts that a test decides between is one host.
fn elements_are(evaluator: &Evaluator<'_>, over: ExprRef, steps: u32) -> bool {
    evaluator.glance(over).into_iter().any(|possible| {
        let Thing::Sequence(list, _) = possible.thing else { return false };
        let part = |expr| ExprRef { file: list.file, expr };
        match &evaluator.expr(list).kind {
            ExprKind::List(items) => {
                let texts = items.iter().filter_map(|item| match &evaluator.expr(part(*item)).kind {
                    ExprKind::Text(text) => Some(text.split_once("://")?.1.split(['/', '?', '#']).next()?.to_string()),
                    _ => None,
                });
                let hosts: FxHashSet<String> = texts.collect();
                hosts.len() > 1
            }
            ExprKind::Comprehension(scope) => {
                let scope = evaluator.scope(ScopeRef { file: list.file, scope: *scope });
                scope.statements.iter().any(|statement| match statement.kind {
                    StatementKind::Yield(value) => is_of_many(evaluator, part(value), steps),
                    _ => false,
                })
            }
            _ => false,
        }
    })
}

/// Whether what a name is bound to, or what callers pass for it, are URLs of several hosts.
fn bound_to_many(evaluator: &Evaluator<'_>, at: ExprRef, name: &str, steps: u32) -> bool {
    let facts = evaluator.project.facts(at.file);
    for scope in facts.scope_chain(facts.expr(at.expr).scope) {
        let mut bound = values_of(facts, scope, name);
        if let Some(value) = bound.next() {
            return bound.next().is_none() && is_of_many(evaluator, ExprRef { file: at.file, expr: value }, steps + 1);
        }
        let parameter = facts.scope(scope).parameters.iter().position(|parameter| *parameter.name == *name);
        if let Some(number) = parameter.filter(|_| facts.scope(scope).kind == ScopeKind::Function) {
            let function = ScopeRef { file: at.file, scope };
            let callers = evaluator.callers_of(function);
            let given = callers.iter().filter_map(|caller| argument_for(evaluator, function, number, caller));
            return given.into_iter().any(|given| is_of_many(evaluator, given, steps + 1));
        }
    }
    false
}

/// Whether the host of a URL with holes has a hole beside fixed text. A hole that is all of the host may be one host.
fn host_has_holes(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else { return false };
    let host = rest.split(['/', '"', '\'', '?']).next().unwrap_or("");
    let Some(open) = host.find('{') else { return false };
    let close = host.rfind('}').unwrap_or(open);
    let named = |text: &str| text.chars().any(char::is_alphanumeric) && !text.starts_with(':');
    let (before, after) = (host.get(..open).unwrap_or(""), host.get(close + 1..).unwrap_or(""));
    // `https://site.example.com{path}`: the host is whole before the hole.
    let whole_before = before.contains('.') && after.is_empty();
    !whole_before && (named(before) || named(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_beside_fixed_text_is_many_hosts() {
        assert!(host_has_holes("f\"https://h{i}.example.com/x\""));
        assert!(host_has_holes("f\"https://{region}.example.com\""));
        assert!(!host_has_holes("f\"https://{host}/x/{i}\""));
        assert!(!host_has_holes("f\"https://{host}:8080/x\""));
        assert!(!host_has_holes("f\"https://example.com/{i}\""));
        assert!(!host_has_holes("f\"{base}/v1\""));
        assert!(!host_has_holes("f\"https://site.example.com{path}\""));
    }
}
