//! The rules: one file for each, with a page of the same name in `rules/`.
//!
//! A rule sees what was resolved and linked, no syntax; what it needs to know of a library is a property in the catalog.

pub mod page;

mod client_per_request;
mod connect_timeout_covers_queue;
mod connections_churned;
mod connections_discarded;
mod idle_cap_zero;
mod ineffective_setting;
mod keep_alive_disabled;
mod limiter_per_call;
mod limits_ignored;
mod misread_pool_metric;
mod per_host_above_total;
mod pool_below_concurrency;
mod pool_far_above_concurrency;
mod pool_raises_when_full;
mod pool_timeout_below_service_time;
mod timeout_shorter_than_queue;
mod timeout_without_total;
mod unused_ignore;
mod wait_without_timeout;

mod advice;
mod brackets;
mod carry;
mod edits;
mod headers;
mod shared;
mod sums;
mod telling;
mod visible;

use crate::finding::{Finding, Severity};
use crate::link::Linked;
use crate::resolve::Evaluator;
use crate::settings::{Level, Settings};
use crate::text::Sources;

/// One rule.
pub struct Rule {
    /// Its id: the stem of its page.
    pub id: &'static str,
    /// Whether it is about what becomes of connections when the next request wants one, so that a single burst shows nothing of it.
    pub about_next: bool,
    /// Adds what it finds.
    pub check: fn(&Context<'_>, &mut Vec<Finding>),
}

/// What rules judge by.
pub struct Context<'a> {
    /// Pools, concurrency and what flows between them.
    pub linked: &'a Linked<'a>,
    /// What was read and what it comes to, for fixes: they need the arguments of a call too.
    pub evaluator: &'a Evaluator<'a>,
    /// The texts, to quote from.
    pub sources: &'a Sources,
    /// Targets of the advice.
    pub settings: &'a Settings,
}

/// All rules, by id.
pub static RULES: &[&Rule] = &[
    &client_per_request::RULE,
    &connect_timeout_covers_queue::RULE,
    &connections_churned::RULE,
    &connections_discarded::RULE,
    &idle_cap_zero::RULE,
    &ineffective_setting::RULE,
    &keep_alive_disabled::RULE,
    &limiter_per_call::RULE,
    &limits_ignored::RULE,
    &misread_pool_metric::RULE,
    &per_host_above_total::RULE,
    &pool_below_concurrency::RULE,
    &pool_far_above_concurrency::RULE,
    &pool_raises_when_full::RULE,
    &pool_timeout_below_service_time::RULE,
    &timeout_shorter_than_queue::RULE,
    &timeout_without_total::RULE,
    &unused_ignore::RULE,
    &wait_without_timeout::RULE,
];

/// Ids of all rules, sorted.
pub fn ids() -> Vec<&'static str> {
    RULES.iter().map(|rule| rule.id).collect()
}

/// Whether a rule is about what becomes of connections when the next request wants one.
pub fn is_about_next(id: &str) -> bool {
    RULES.iter().any(|rule| rule.id == id && rule.about_next)
}

/// The severity of a rule after the settings had their say; `None` where it is off.
pub fn severity(id: &str, settings: &Settings) -> Option<Severity> {
    match settings.rules.get(id) {
        Some(Level::Off) => None,
        Some(Level::At(severity)) => Some(*severity),
        None => Some(page::of(id).map_or(Severity::Warning, |page| page.severity)),
    }
}

/// What all rules that are on find.
pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in RULES {
        let Some(severity) = severity(rule.id, context.settings) else { continue };
        let before = findings.len();
        (rule.check)(context, &mut findings);
        for finding in &mut findings[before..] {
            finding.severity = severity;
        }
    }
    findings
}
