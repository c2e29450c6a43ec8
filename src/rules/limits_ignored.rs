//! Limits that are given to an object which does not use them. See `rules/limits-ignored.md`.

use super::telling::{finding, head};
use super::{Context, Rule, edits};
use crate::catalog::library::Role;
use crate::finding::{Finding, Label};
use crate::value::Certainty;

/// The rule.
pub static RULE: Rule = Rule { id: "limits-ignored", about_next: false, check };

/// Whether a setting of this role is a limit.
fn is_limit(role: Role) -> bool {
    matches!(role, Role::Total | Role::PerHost | Role::Idle | Role::Hosts | Role::Block | Role::Overflow | Role::Minimum)
}

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (pool, shown) in context.linked.resolved.iter().zip(&context.linked.pools) {
        let mut told = Vec::new();
        for ignored in &pool.ignored {
            let limits: Vec<&str> = ignored
                .settings
                .iter()
                .filter(|name| pool.settings.iter().any(|setting| setting.name == **name && is_limit(setting.role)))
                .map(String::as_str)
                .collect();
            if limits.is_empty() || told.contains(&ignored.written_at) {
                continue;
            }
            told.push(ignored.written_at);
            let message =
                format!("`{}` given here has no effect: the connections belong to an object with limits of its own", limits.join("`, `"));
            let mut found = finding(context, RULE.id, shown, &limits.join("+"), head(ignored.written_at), Certainty::Declared, message);
            found.label = "not used".to_string();
            if context.sources.place(ignored.because_of) != context.sources.place(ignored.written_at) {
                found.labels.push(Label { span: head(ignored.because_of), message: "this owns the connections".to_string() });
            }
            found.notes.push(format!("move the limits to the object that owns the connections: `{}`", shown.symbol));
            found.fixes.extend(edits::remove_ignored(context, pool, ignored));
            findings.push(found);
        }
        if pool.is_left_alone {
            let given: Vec<&str> = pool
                .settings
                .iter()
                .filter(|setting| setting.written_at.is_some() && is_limit(setting.role))
                .map(|setting| setting.name.as_str())
                .collect();
            if given.is_empty() {
                continue;
            }
            let message = format!("`{}` has no effect: nothing uses the object that it is given to", given.join("`, `"));
            let mut found = finding(context, RULE.id, shown, &given.join("+"), head(shown.span), Certainty::Declared, message);
            found.label = "made here, then left alone".to_string();
            found.notes.push("hand it to the client that sends the requests; until then the client's own limits hold".to_string());
            findings.push(found);
        }
    }
}
