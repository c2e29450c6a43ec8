//! The report as JSON: fills the types of [`super::document`].

use super::document as doc;
use super::number::{self, Scalar};
use super::place::{self, Place};
use super::{RenderOptions, escape, summary};
use crate::finding::{Case, Concurrency, Edit, Finding, Fix, Pool, Report, Suggestion};
use crate::text::Sources;
use crate::value::{Amount, Step, Value};

/// The report as indented JSON with a line end.
pub fn text(report: &Report, options: &RenderOptions<'_>) -> String {
    write(&document(report, options))
}

/// The JSON Schema of the report, indented, with a line end; a test keeps `rules/schema/report.json` equal to it.
pub fn schema() -> String {
    schema_of::<doc::Document>()
}

/// The JSON Schema of what is written, indented, with a line end.
pub(crate) fn schema_of<T: schemars::JsonSchema>() -> String {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    write(&settings.into_generator().into_root_schema_for::<T>())
}

/// Our documents have text keys and finite numbers only, so serde has no reason to fail.
pub(crate) fn write(value: &impl serde::Serialize) -> String {
    let mut text = escape::json(serde_json::to_string_pretty(value).unwrap_or_default());
    text.push('\n');
    text
}

/// The report in its machine form.
pub fn document(report: &Report, options: &RenderOptions<'_>) -> doc::Document {
    let sources = &report.sources;
    let summary::Judged { judged, not_judged } = summary::judged(report);
    let pool_ids = place::ids(sources, report.pools.iter().map(|pool| pool.span));
    let site_ids = place::ids(sources, report.concurrency.iter().map(|site| site.span));
    doc::Document {
        schema: doc::SCHEMA,
        tool: doc::Tool { name: "advisor".into(), version: options.version.into() },
        summary: doc::Summary {
            files: report.counters.files,
            files_read: report.counters.files_parsed,
            pools: report.pools.len(),
            judged,
            not_judged,
            findings: report.findings.len(),
            silenced: report.silenced,
            counters: report.counters,
        },
        pools: report.pools.iter().zip(&pool_ids).map(|(pool, id)| pool_doc(sources, pool, id)).collect(),
        concurrency: report.concurrency.iter().zip(&site_ids).map(|(site, id)| site_doc(sources, site, id)).collect(),
        cases: report.cases.iter().map(|case| case_doc(sources, case, &pool_ids, &site_ids)).collect(),
        findings: report.findings.iter().map(|finding| finding_doc(sources, finding)).collect(),
        problems: report
            .problems
            .iter()
            .map(|problem| doc::Problem {
                path: problem.path.clone(),
                line: problem.at.map(|(line, _)| line),
                column: problem.at.map(|(_, column)| column),
                message: problem.message.clone(),
            })
            .collect(),
    }
}

fn pool_doc(sources: &Sources, pool: &Pool, id: &str) -> doc::Pool {
    let Place { path, start, .. } = place::place(sources, pool.span);
    let limit = |value: &Value| Scalar::limit(&value.amount);
    let capacity = &pool.capacity;
    doc::Pool {
        id: id.into(),
        path: path.into(),
        line: start.line,
        column: start.column,
        language: pool.language,
        library: pool.library.clone(),
        symbol: pool.symbol.clone(),
        version: pool.version.clone(),
        bound_to: Some(pool.bound_to.clone()).filter(|name| !name.is_empty()),
        owner: pool.owner.clone(),
        in_tests: pool.in_tests,
        also: pool.also.iter().map(|&span| place::place(sources, span).id()).collect(),
        settings: doc::Settings(
            pool.settings
                .iter()
                .map(|setting| (setting.name.clone(), value_doc(sources, &setting.value, Scalar::limit(&setting.value.amount))))
                .collect(),
        ),
        capacity: doc::Capacity {
            total: capacity.total.as_ref().map(limit),
            per_host: capacity.per_host.as_ref().map(limit),
            idle: capacity.idle.as_ref().map(limit),
            effective: limit(&capacity.effective),
            decided_by: capacity.decided_by.clone(),
            at_limit: capacity.at_limit,
            acquire_timeout_s: capacity.acquire_timeout.as_ref().map(limit),
        },
    }
}

fn value_doc(sources: &Sources, value: &Value, scalar: Scalar) -> doc::Value {
    doc::Value {
        value: scalar,
        alternatives: number::alternatives(&value.amount),
        range: number::range(&value.amount),
        unknown_because: match &value.amount {
            Amount::Unknown(why) => Some(why.clone()),
            _ => None,
        },
        certainty: value.certainty,
        how: value.how,
        defined_at: value.defined_at.map(|span| sources.place(span)),
        trail: steps_doc(sources, &value.trail),
    }
}

fn steps_doc(sources: &Sources, steps: &[Step]) -> Vec<doc::Step> {
    steps.iter().map(|step| doc::Step { at: step.at.map(|span| sources.place(span)), said: step.said.clone() }).collect()
}

fn site_doc(sources: &Sources, site: &Concurrency, id: &str) -> doc::Concurrency {
    let Place { path, start, .. } = place::place(sources, site.span);
    doc::Concurrency {
        id: id.into(),
        path: path.into(),
        line: start.line,
        column: start.column,
        kind: site.kind,
        name: site.name.clone(),
        value: value_doc(sources, &site.value, Scalar::demand(&site.value.amount)),
    }
}

fn case_doc(sources: &Sources, case: &Case, pools: &[String], sites: &[String]) -> doc::Case {
    doc::Case {
        pool: pools.get(case.pool).cloned().unwrap_or_default(),
        concurrency: case.concurrency.iter().filter_map(|&index| sites.get(index).cloned()).collect(),
        demand: Scalar::case_demand(&case.demand.amount, case.verdict),
        supply: Scalar::case_supply(&case.supply.amount, case.verdict),
        verdict: case.verdict,
        because: case.because.clone(),
        route_is_known: case.route_is_known,
        route: steps_doc(sources, &case.route),
        estimate: case.estimate.as_ref().map(|estimate| doc::Estimate {
            waves: Scalar::of(estimate.waves),
            wait_mean: Scalar::of(estimate.wait_mean),
            wait_max: Scalar::of(estimate.wait_max),
            wait_steady: Scalar::of(estimate.wait_steady),
            unit: estimate.unit,
            timed_out: estimate.timed_out.map(Scalar::of),
        }),
    }
}

fn finding_doc(sources: &Sources, finding: &Finding) -> doc::Finding {
    let Place { path, start, end } = place::place(sources, finding.span);
    let suggestions: Vec<_> = finding.suggestions.iter().map(suggestion_doc).collect();
    let fixes: Vec<_> = finding.fixes.iter().map(|fix| fix_doc(sources, fix)).collect();
    doc::Finding {
        rule: finding.rule.into(),
        severity: finding.severity,
        certainty: finding.certainty,
        message: finding.message.clone(),
        path: path.into(),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        label: finding.label.clone(),
        labels: finding
            .labels
            .iter()
            .map(|label| {
                let Place { path, start, end } = place::place(sources, label.span);
                doc::Label {
                    path: path.into(),
                    line: start.line,
                    column: start.column,
                    end_line: end.line,
                    end_column: end.column,
                    message: label.message.clone(),
                }
            })
            .collect(),
        notes: finding.notes.clone(),
        route: steps_doc(sources, &finding.route),
        suggestion: suggestions.first().cloned(),
        suggestions,
        fix: fixes.first().cloned(),
        fixes,
        key: finding.key.clone(),
    }
}

fn suggestion_doc(suggestion: &Suggestion) -> doc::Suggestion {
    doc::Suggestion {
        setting: suggestion.setting.clone(),
        floor: Scalar::of(suggestion.floor),
        advised: Scalar::of(suggestion.advised),
        ceiling: suggestion.ceiling.map(Scalar::of),
        floor_why: suggestion.floor_why.clone(),
        ceiling_why: suggestion.ceiling_why.clone(),
    }
}

fn fix_doc(sources: &Sources, fix: &Fix) -> doc::Fix {
    let edit = |edit: &Edit| {
        let Place { path, start, end } = place::place(sources, edit.span);
        doc::Edit {
            path: path.into(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
            replacement: edit.replacement.clone(),
        }
    };
    doc::Fix { title: fix.title.clone(), safety: fix.safety, edits: fix.edits.iter().map(edit).collect() }
}
