//! A setting that the library or the protocol ignores. See `rules/ineffective-setting.md`.

use super::telling::{finding, pool_label};
use super::{Context, Rule, carry, headers};
use crate::catalog::library::Parameter;
use crate::facts::{ArgumentKind, ExprKind};
use crate::finding::Finding;
use crate::resolve::{Evaluator, ExprRef, ResolvedPool};
use crate::value::Certainty;

/// The rule.
pub static RULE: Rule = Rule { id: "ineffective-setting", about_next: false, check };

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let evaluator = context.evaluator;
    for (index, pool) in context.linked.resolved.iter().enumerate() {
        let Some(shown) = context.linked.pools.get(index) else { continue };
        let calls = pool.clients.iter().chain(&pool.carriers).copied().chain([pool.made.site]);
        for (call, parameter) in calls.flat_map(|call| ignored(evaluator, pool, call)) {
            let message = format!("`{}` has no effect: {}", parameter.name, parameter.ignored_why);
            let mut found = finding(context, RULE.id, shown, &parameter.name, evaluator.span(call), Certainty::Declared, message);
            found.label = "ignored".to_string();
            found.labels.extend(pool_label(context, &found, shown));
            found.notes.push("leave it out".to_string());
            findings.push(found);
        }
        for header in headers::saying(context, index, "connection", "keep-alive").into_iter().filter(|header| !header.is_a_browsers) {
            let message = "the header `Connection: keep-alive` has no effect: connections of HTTP/1.1 are kept without it".to_string();
            let mut found = finding(context, RULE.id, shown, "Connection", header.span, Certainty::Declared, message);
            found.label = "changes nothing".to_string();
            found.labels.extend(pool_label(context, &found, shown));
            found.notes.push("how many connections are kept, and for how long, the pool's settings say".to_string());
            findings.push(found);
        }
    }
}

/// Arguments of a call that the library takes and ignores in the versions that the project demands.
fn ignored<'c>(evaluator: &Evaluator<'c>, pool: &ResolvedPool<'_>, call: ExprRef) -> Vec<(ExprRef, &'c Parameter)> {
    let ExprKind::Call { arguments, .. } = &evaluator.expr(call).kind else { return Vec::new() };
    let Some(constructor) = carry::constructor_of(evaluator, call) else { return Vec::new() };
    let mut found = Vec::new();
    for argument in arguments {
        let ArgumentKind::Keyword(name) = &argument.kind else { continue };
        let Some(parameter) = constructor.parameters.iter().find(|known| known.ignored && *known.name == **name) else { continue };
        let value = ExprRef { file: call.file, expr: argument.value };
        let asks_for_it = !matches!(evaluator.expr(value).kind, ExprKind::Bool(false) | ExprKind::None);
        if asks_for_it && evaluator.project.ignores(parameter, &pool.demanded.versions) {
            found.push((value, parameter));
        }
    }
    found
}
