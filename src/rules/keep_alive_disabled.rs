//! Connections are closed after each request though requests follow one another. See `rules/keep-alive-disabled.md`.

use super::telling::{finding, head, place_of_setting, pool_label, repeated};
use super::{Context, Rule, headers};
use crate::catalog::library::Role;
use crate::finding::{Finding, Label};
use crate::value::{Amount, Certainty, How};

/// The rule.
pub static RULE: Rule = Rule { id: "keep-alive-disabled", about_next: true, check };

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (index, pool) in context.linked.resolved.iter().enumerate() {
        let (Some(flow), Some(shown)) = (repeated(context, index), context.linked.pools.get(index)) else { continue };
        let again = Label { span: head(flow.span), message: "sent again and again".to_string() };
        let cost = "each request pays for a connection and its TLS handshake, and the pool's limits only bound how many are open";
        if let Some(closes) = pool.role(Role::CloseAfterUse)
            && closes.value.amount == Amount::Truth(true)
            && closes.value.how != How::Default
        {
            let message = format!("`{}` closes each connection after one request, and requests follow one another", closes.name);
            let at = place_of_setting(shown, &closes.name);
            let mut found = finding(context, RULE.id, shown, &closes.name, at, closes.value.certainty, message);
            found.label = "nothing is kept".to_string();
            found.labels.push(again.clone());
            found.labels.extend(pool_label(context, &found, shown));
            found.notes.push(cost.to_string());
            findings.push(found);
        }
        for at in headers::saying(context, index, "connection", "close") {
            let message =
                "the header `Connection: close` ends each connection after one request, and requests follow one another".to_string();
            let mut found = finding(context, RULE.id, shown, "Connection", at.span, Certainty::Declared, message);
            found.label = "nothing is kept".to_string();
            found.labels.push(again.clone());
            found.labels.extend(pool_label(context, &found, shown));
            found.notes.push(cost.to_string());
            findings.push(found);
        }
    }
}
