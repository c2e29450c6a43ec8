//! The second half of a golden file: every pool with its settings, every place that declares concurrency, every case.

use std::fmt::Write as _;

use pool_advisor::finding::Report;
use pool_advisor::value::Value;

/// All values of a report, one a line.
pub fn listing(report: &Report) -> String {
    let mut out = String::new();
    for pool in &report.pools {
        let _ = writeln!(out, "pool {} {}", report.sources.place(pool.span), pool.symbol);
        for setting in &pool.settings {
            let _ = writeln!(out, "  {} = {}", setting.name, shown(report, &setting.value));
        }
        let effective = &pool.capacity.effective.amount;
        let _ = writeln!(out, "  lets through {effective} ({}), then {}", pool.capacity.decided_by, word(&pool.capacity.at_limit));
    }
    for place in &report.concurrency {
        let at = report.sources.place(place.span);
        let _ = writeln!(out, "concurrency {at} {} {} = {}", word(&place.kind), place.name, shown(report, &place.value));
    }
    for case in &report.cases {
        let pool = report.pools.get(case.pool).map_or_else(|| "no such pool".into(), |pool| report.sources.place(pool.span));
        let verdict = word(&case.verdict);
        let _ = writeln!(out, "case {pool} {} through {}: {verdict}, {}", case.demand.amount, case.supply.amount, case.because);
    }
    out
}

fn shown(report: &Report, value: &Value) -> String {
    let at = value.defined_at.map_or_else(String::new, |span| format!(" at {}", report.sources.place(span)));
    format!("{} ({}, {}{at})", value.amount, word(&value.certainty), word(&value.how))
}

/// The word under which a report writes an enumeration.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_string)).unwrap_or_default()
}
