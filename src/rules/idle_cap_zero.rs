//! A pool that is told to keep no idle connection. See `rules/idle-cap-zero.md`.

use super::telling::{finding, head, place_of_setting, pool_label, repeated};
use super::{Context, Rule};
use crate::catalog::library::{Role, Shape};
use crate::finding::{Finding, Label};
use crate::value::{Amount, How};

/// The rule.
pub static RULE: Rule = Rule { id: "idle-cap-zero", about_next: true, check };

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (index, pool) in context.linked.resolved.iter().enumerate() {
        let Some(idle) = pool.role(Role::Idle).filter(|_| pool.kind.shape == Shape::IdleOnly) else { continue };
        if idle.value.amount != Amount::One(0.0) || idle.value.how == How::Default || pool.multiplexed_by().is_some() {
            continue;
        }
        let (Some(flow), Some(shown)) = (repeated(context, index), context.linked.pools.get(index)) else { continue };
        let message = format!("`{}` of 0 closes each connection after one request, and requests follow one another", idle.name);
        let mut found = finding(context, RULE.id, shown, &idle.name, place_of_setting(shown, &idle.name), idle.value.certainty, message);
        found.label = "nothing is kept".to_string();
        found.labels.push(Label { span: head(flow.span), message: "sent again and again".to_string() });
        found.labels.extend(pool_label(context, &found, shown));
        found.notes.push("each request pays for a TCP and TLS handshake, and leaves a port in TIME_WAIT behind".to_string());
        found
            .notes
            .push(format!("leave `{}` out, or set the time for which an idle connection is kept below that of the server", idle.name));
        findings.push(found);
    }
}
