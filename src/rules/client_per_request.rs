//! A client is made for each request, so that nothing is reused. See `rules/client-per-request.md`.

use super::telling::{finding, head};
use super::{Context, Rule};
use crate::finding::{Finding, Label};
use crate::link::{Flow, Home};
use crate::value::Certainty;

/// The rule.
pub static RULE: Rule = Rule { id: "client-per-request", about_next: false, check };

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (index, pool) in context.linked.resolved.iter().enumerate() {
        let owns = pool.constructor.makes.owns_a_pool() && !pool.constructor.cheap && !pool.constructor.gives_senders;
        let lives_in_a_call = context
            .linked
            .homes
            .get(index)
            .is_some_and(|homes| !homes.is_empty() && homes.iter().all(|home| matches!(home, Home::Activation(_))));
        if !owns || !lives_in_a_call || context.evaluator.is_test_code(pool.made.site) {
            continue;
        }
        let flows: Vec<&Flow> = context.linked.flows.iter().filter(|flow| flow.pool == index).collect();
        let one_request = context.linked.one_request.get(index).copied().unwrap_or(false);
        let Some((repeated, again)) = flows.iter().find_map(|flow| Some((flow, flow.made_again?))) else { continue };
        let Some(shown) = context.linked.pools.get(index) else { continue };
        if !one_request {
            continue;
        }
        // An example shows what the program is for.
        let certainty = if repeated.route.assumed { Certainty::Assumed } else { Certainty::Declared };
        let message = format!("a `{}` is made for each request, so that no connection is used twice", shown.symbol);
        let mut found = finding(context, RULE.id, shown, "client", head(shown.span), certainty, message);
        found.label = "made for one request, then thrown away".to_string();
        found.labels.push(Label { span: head(repeated.span), message: "the only request through it".to_string() });
        found.labels.push(Label { span: context.sources.first_line(again), message: "again and again from here".to_string() });
        found.notes.push("each time pays for a connection, and its limits hold for one request only".to_string());
        found.notes.push("make it once and hand it in".to_string());
        findings.push(found);
    }
}
