//! `advisor show values` and `advisor show cases`: the joints of the analysis in full, for people who ask where a number is from.

use std::fmt::Write as _;

use super::{concise, escape, inventory, place};
use crate::finding::Report;
use crate::text::Sources;
use crate::value::{How, Step, Value};

/// Every setting of every pool and every concurrency site, with each step of its trail.
pub fn values(report: &Report) -> String {
    let mut out = String::new();
    let sources = &report.sources;
    for pool in &report.pools {
        row(&mut out, 0, &format!("{} {}", place::place(sources, pool.span).id(), pool.symbol));
        for setting in &pool.settings {
            value(&mut out, sources, &setting.name, &setting.value);
        }
        let capacity = &pool.capacity;
        let parts = [("total", &capacity.total), ("per host", &capacity.per_host), ("idle", &capacity.idle)];
        for (name, part) in parts.iter().filter_map(|(name, part)| part.as_ref().map(|part| (name, part))) {
            value(&mut out, sources, &format!("capacity, {name}"), part);
        }
        value(&mut out, sources, "capacity, effective", &capacity.effective);
    }
    for site in &report.concurrency {
        row(&mut out, 0, &format!("{} {}", place::place(sources, site.span).id(), inventory::kind_word(site.kind)));
        value(&mut out, sources, &site.name, &site.value);
    }
    out
}

/// Every case: what runs through which pool, the verdict and why, the route step by step, the estimate.
pub fn cases(report: &Report) -> String {
    let mut out = String::new();
    let sources = &report.sources;
    for case in &report.cases {
        let pool = report.pools.get(case.pool).map(|pool| format!("{} {}", place::place(sources, pool.span).id(), pool.symbol));
        row(&mut out, 0, &pool.unwrap_or_else(|| "(no pool)".into()));
        let sites: Vec<_> =
            case.concurrency.iter().filter_map(|&at| report.concurrency.get(at)).map(|site| inventory::site_name(sources, site)).collect();
        row(&mut out, 1, &format!("verdict: {}, {}", inventory::verdict_word(case.verdict), case.because));
        if !sites.is_empty() {
            row(&mut out, 1, &format!("concurrency: {}", sites.join(" > ")));
        }
        value(&mut out, sources, "demand", &case.demand);
        value(&mut out, sources, "supply", &case.supply);
        row(
            &mut out,
            1,
            if case.route_is_known {
                "route"
            } else {
                "route (not found in the code: the only declared workload is assumed to reach the pool)"
            },
        );
        steps(&mut out, sources, &case.route);
        if let Some(estimate) = &case.estimate {
            for line in inventory::estimate_lines(estimate) {
                row(&mut out, 1, &line);
            }
        }
    }
    out
}

fn value(out: &mut String, sources: &Sources, name: &str, value: &Value) {
    let how = match value.how {
        How::Literal => "literal",
        How::Default => "library default",
        How::Constant => "constant",
        How::Parameter => "parameter",
        How::Flag => "flag",
        How::Environment => "environment",
        How::Config => "config",
        How::Expression => "expression",
        How::Unknown => "unknown",
    };
    let at = value.defined_at.map_or_else(String::new, |span| format!(" at {}", sources.place(span)));
    row(out, 1, &format!("{name} = {} ({}, {how}{at})", value.amount, concise::certainty_word(value.certainty)));
    steps(out, sources, &value.trail);
}

fn steps(out: &mut String, sources: &Sources, steps: &[Step]) {
    for step in steps {
        let place = step.at.map_or_else(|| "-".to_string(), |span| place::place(sources, span).id());
        row(out, 2, &format!("{place}  {}", step.said));
    }
}

fn row(out: &mut String, depth: usize, text: &str) {
    let _ = writeln!(out, "{}{}", "  ".repeat(depth), escape::line(text));
}
