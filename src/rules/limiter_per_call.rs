//! A limiter that each call makes anew limits nothing. See `rules/limiter-per-call.md`.

use super::telling::head;
use super::{Context, Rule};
use crate::finding::{Finding, Label, Severity};
use crate::value::Certainty;

/// The rule.
pub static RULE: Rule = Rule { id: "limiter-per-call", about_next: false, check };

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (limiter, fan_out) in &context.linked.limiters_per_task {
        let text = context.sources.slice(*limiter).lines().next().unwrap_or("").to_string();
        let path = &context.sources.get(limiter.file).path;
        findings.push(Finding {
            rule: RULE.id,
            severity: Severity::Warning,
            certainty: Certainty::Declared,
            message: "each task makes a limiter of its own, so that nothing is limited".to_string(),
            span: head(*limiter),
            label: "made anew in each call".to_string(),
            labels: vec![Label { span: head(*fan_out), message: "the calls are started together here".to_string() }],
            notes: vec!["make it once, outside the function that it should limit, and hand it in".to_string()],
            route: Vec::new(),
            suggestions: Vec::new(),
            fixes: Vec::new(),
            key: format!("{}|{path}|{text}", RULE.id),
        });
    }
}
