//! Headers that a program gives to a client or to its requests, where they are written down.

use super::Context;
use crate::facts::{ArgumentKind, ExprId, ExprKind};
use crate::resolve::{Evaluator, ExprRef, Thing};
use crate::text::Span;

/// A header that is written down.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    /// Its name in the mapping.
    pub span: Span,
    /// Whether it stands among those that a browser sends: then it is a copy, not a choice.
    pub is_a_browsers: bool,
}

/// Places where a pool's clients or requests are given a header of this name and value, both in any case.
pub fn saying(context: &Context<'_>, pool: usize, name: &str, value: &str) -> Vec<Header> {
    let Some(resolved) = context.linked.resolved.get(pool) else { return Vec::new() };
    let evaluator = Evaluator::new(context.project);
    let requests = context.linked.flows.iter().filter(|flow| flow.pool == pool).map(|flow| flow.call);
    let mut calls: Vec<ExprRef> = std::iter::once(resolved.made.site).chain(resolved.clients.iter().copied()).chain(requests).collect();
    calls.sort();
    calls.dedup();
    let mut found: Vec<Header> = Vec::new();
    for call in calls {
        let ExprKind::Call { arguments, .. } = &evaluator.expr(call).kind else { continue };
        for argument in arguments.iter().filter(|one| matches!(&one.kind, ArgumentKind::Keyword(name) if &**name == "headers")) {
            for possible in evaluator.eval_open(ExprRef { file: call.file, expr: argument.value }) {
                let Thing::Mapping(at, _) = possible.thing else { continue };
                found.extend(in_mapping(&evaluator, at, name, value));
            }
        }
    }
    found.sort_by_key(|header| header.span);
    found.dedup_by_key(|header| header.span);
    found
}

fn in_mapping(evaluator: &Evaluator<'_>, at: ExprRef, name: &str, value: &str) -> Option<Header> {
    let ExprKind::Mapping(items) = &evaluator.expr(at).kind else { return None };
    let facts = evaluator.project.facts(at.file);
    let says = |id: ExprId, wanted: &str| matches!(&facts.expr(id).kind, ExprKind::Text(text) if text.eq_ignore_ascii_case(wanted));
    let (key, _) = items.iter().find(|(key, item)| key.is_some_and(|key| says(key, name)) && says(*item, value))?;
    let is_a_browsers = items.iter().any(|(key, _)| key.is_some_and(|key| says(key, "user-agent")));
    Some(Header { span: facts.expr((*key)?).span, is_a_browsers })
}
