//! Headers that a program gives to a client or to its requests, where they are written down.

use super::Context;
use crate::facts::{ArgumentKind, ContextId, ContextKind, ExprId, ExprKind, Scope, StatementKind, Target};
use crate::resolve::{Evaluator, ExprRef, Possible, Thing, last_name};
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
    let evaluator = context.evaluator;
    let requests: Vec<ExprRef> = context.linked.flows.iter().filter(|flow| flow.pool == pool).map(|flow| flow.call).collect();
    let made = std::iter::once(resolved.made.site).chain(resolved.clients.iter().copied());
    let mut calls: Vec<ExprRef> = made.chain(requests.iter().copied()).collect();
    calls.sort();
    calls.dedup();
    let mut found: Vec<Header> = Vec::new();
    for call in calls {
        let ExprKind::Call { arguments, .. } = &evaluator.expr(call).kind else { continue };
        for argument in arguments.iter().filter(|one| matches!(&one.kind, ArgumentKind::Keyword(name) if &**name == "headers")) {
            for possible in evaluator.eval_open(ExprRef { file: call.file, expr: argument.value }) {
                let Thing::Mapping(at, _) = possible.thing else { continue };
                found.extend(in_mapping(evaluator, at, name, value));
            }
        }
    }
    let sites: Vec<ExprRef> = std::iter::once(resolved.made.site).chain(resolved.clients.iter().copied()).collect();
    found.extend(set_later(evaluator, &sites, name, value));
    found.extend(in_chains(evaluator, &requests, name, value));
    found.sort_by_key(|header| header.span);
    found.dedup_by_key(|header| header.span);
    found
}

/// `client.get(url).header("Connection", "close").send()`: a call in the chain of a request.
fn in_chains(evaluator: &Evaluator<'_>, requests: &[ExprRef], name: &str, value: &str) -> Vec<Header> {
    let mut found = Vec::new();
    for &(file, call) in evaluator.project.calls_named("header") {
        let facts = evaluator.project.facts(file);
        let in_chain =
            |request: &ExprRef| request.file == file && (facts.is_part_of(call, request.expr) || facts.is_part_of(request.expr, call));
        let ExprKind::Call { arguments, .. } = &facts.expr(call).kind else { continue };
        let [key, said] = arguments.as_slice() else { continue };
        let is_text = |at: ExprId, wanted: &str| matches!(&facts.expr(at).kind, ExprKind::Text(text) if text.eq_ignore_ascii_case(wanted));
        // A constant of the library is named as the header is: `header::CONNECTION`.
        let is_key =
            is_text(key.value, name) || last_name(facts, key.value).is_some_and(|last| last.replace('_', "-").eq_ignore_ascii_case(name));
        // `HeaderValue::from_static("close")`
        let is_value = match &facts.expr(said.value).kind {
            ExprKind::Call { arguments, .. } => arguments.iter().any(|argument| is_text(argument.value, value)),
            _ => is_text(said.value, value),
        };
        if is_key && is_value && requests.iter().any(in_chain) {
            found.push(Header { span: facts.expr(key.value).span, is_a_browsers: false });
        }
    }
    found
}

/// `session.headers["Connection"] = "close"`, `session.headers.update({…})`: on every way through the function that says so.
fn set_later(evaluator: &Evaluator<'_>, sites: &[ExprRef], name: &str, value: &str) -> Vec<Header> {
    let is_one = |possible: &Possible| matches!(&possible.thing, Thing::Made(made) if sites.contains(&made.site));
    let of_client = |headers: ExprRef| match &evaluator.expr(headers).kind {
        ExprKind::Attribute { object, name, .. } if &**name == "headers" => {
            evaluator.eval_open(ExprRef { file: headers.file, expr: *object }).iter().any(is_one)
        }
        _ => false,
    };
    let mut found = Vec::new();
    for &(file, call) in evaluator.project.calls_named("update") {
        let call = ExprRef { file, expr: call };
        let scope = evaluator.scope(evaluator.scope_of(call));
        let (Some(headers), Some(given)) = (evaluator.receiver(call), evaluator.positional(call, 0)) else { continue };
        if always(scope, evaluator.context_of(call)) && of_client(headers) {
            found.extend(evaluator.eval_open(given).into_iter().filter_map(|possible| match possible.thing {
                Thing::Mapping(at, _) => in_mapping(evaluator, at, name, value),
                _ => None,
            }));
        }
    }
    for (file, loaded) in evaluator.project.loaded().iter().enumerate() {
        let part = |expr| ExprRef { file: file as u32, expr };
        let sets = loaded.index.key_sets.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).flat_map(|(_, sets)| sets);
        for (stands_in, number) in sets {
            let scope = loaded.facts.scope(*stands_in);
            let statement = &scope.statements[*number as usize];
            let StatementKind::Bind { target: Target::Subscript { object, index }, value: said, .. } = &statement.kind else { continue };
            let says = matches!(&loaded.facts.expr(*said).kind, ExprKind::Text(text) if text.eq_ignore_ascii_case(value));
            if says && always(scope, statement.context) && of_client(part(*object)) {
                found.push(Header { span: loaded.facts.expr(*index).span, is_a_browsers: false });
            }
        }
    }
    found
}

/// Whether no test and no failure decides that a place runs.
fn always(scope: &Scope, context: ContextId) -> bool {
    !scope.context_chain(context).any(|(_, context)| matches!(context.kind, ContextKind::Branch { .. } | ContextKind::Handler))
}

fn in_mapping(evaluator: &Evaluator<'_>, at: ExprRef, name: &str, value: &str) -> Option<Header> {
    let ExprKind::Mapping(items) = &evaluator.expr(at).kind else { return None };
    let facts = evaluator.project.facts(at.file);
    let says = |id: ExprId, wanted: &str| matches!(&facts.expr(id).kind, ExprKind::Text(text) if text.eq_ignore_ascii_case(wanted));
    let (key, _) = items.iter().find(|(key, item)| key.is_some_and(|key| says(key, name)) && says(*item, value))?;
    let is_a_browsers = items.iter().any(|(key, _)| key.is_some_and(|key| says(key, "user-agent")));
    Some(Header { span: facts.expr((*key)?).span, is_a_browsers })
}
