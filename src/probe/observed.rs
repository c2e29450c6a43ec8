//! A probe's report as evidence for a scan: findings about the case that was measured say so, with the figures.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::report::is_same_version;
use super::verdict::{Unit, Verdict};
use super::{libraries, words};
use crate::finding::{Finding, Pool, Report};
use crate::render::plan::figures::{share, time};
use crate::rules;
use crate::text::{Problem, Span, load};
use crate::value::{Amount, Certainty, Value, show_number};

/// What of a report is evidence. Other keys may stand there.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Observed {
    schema: u32,
    client: Client,
    case: Option<Case>,
    columns: Vec<Column>,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
struct Client {
    library: String,
    packages: BTreeMap<String, String>,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
struct Case {
    path: String,
    line: usize,
    symbol: String,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
struct Column {
    verdict: Verdict,
    limits: Limits,
    concurrency: f64,
    count_scale: f64,
    time_scale: f64,
    rounds: u64,
    latency_s: f64,
    original_latency_s: f64,
    settings: BTreeMap<String, serde_json::Value>,
    metrics: Vec<Metric>,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
struct Limits {
    total: Option<f64>,
    per_host: Option<f64>,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
struct Metric {
    name: String,
    unit: Unit,
    predicted: Range,
    measured: f64,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
struct Range {
    low: f64,
    high: f64,
}

/// Reads a report that `advisor probe --output json` wrote about a case of a program.
///
/// # Errors
/// When it cannot be read or is no such report.
pub fn read(path: &Path) -> Result<Vec<Observed>, Problem> {
    #[derive(Deserialize)]
    struct Several {
        probes: Vec<Observed>,
    }
    let shown = path.display().to_string();
    let wrong = |message: String| Problem::of_file(&shown, message);
    let text = load(path).map_err(|why| wrong(why.to_string()))?;
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|why| wrong(format!("is no report of a probe: {why}")))?;
    let all = if value.get("probes").is_some() {
        serde_json::from_value(value).map(|several: Several| several.probes)
    } else {
        serde_json::from_value(value).map(|one| vec![one])
    };
    let all = all.map_err(|why| wrong(format!("is no report of a probe: {why}")))?;
    if let Some(observed) = all.iter().find(|observed| observed.schema != super::report::SCHEMA) {
        return Err(wrong(format!("has the schema {} of another version; this one reads {}", observed.schema, super::report::SCHEMA)));
    }
    if all.iter().any(|observed| observed.case.is_none() || observed.columns.is_empty()) {
        return Err(wrong("is of no case of a program: probe with `PATH:LINE`".into()));
    }
    Ok(all)
}

impl Observed {
    /// Puts the evidence beside the findings of its case. `near` is a path of the report as it was typed when the probe was made.
    ///
    /// # Errors
    /// Why it is no evidence for this program.
    pub fn apply(&self, report: &mut Report, near: &dyn Fn(&str) -> String) -> Result<usize, String> {
        let (Some(case), Some(column)) = (&self.case, self.columns.first()) else { return Ok(0) };
        let sources = &report.sources;
        let is_there = |pool: &Pool| {
            let source = sources.get(pool.span.file);
            let path: &str = &source.path;
            (path == case.path || near(path) == case.path)
                && source.position(pool.span.start).line == case.line
                && pool.symbol == case.symbol
        };
        let place = format!("{}:{}", case.path, case.line);
        let Some(number) = report.pools.iter().position(is_there) else {
            return Err(format!("there is no {} at {place} any more", case.symbol));
        };
        let Some(pool) = report.pools.get(number) else { return Ok(0) };
        let demands = || report.cases.iter().filter(|case| case.pool == number).filter_map(|case| case.demand.amount.least());
        let is_same = demands().any(|demand| (demand * column.count_scale).round() == column.concurrency)
            && column.limits.are_of(pool, column)
            && column.waits_as(pool);
        if !is_same {
            return Err(format!("the numbers at {place} are others than those that were measured"));
        }
        let note = self.note(column);
        let other_version = self.other_version(pool);
        let spans: Vec<Span> = std::iter::once(pool.span)
            .chain(pool.also.iter().copied())
            .chain(pool.settings.iter().filter_map(|setting| setting.written_at))
            .collect();
        let concerns = |finding: &Finding| {
            let inside =
                |outer: &Span| outer.file == finding.span.file && outer.start <= finding.span.start && finding.span.end <= outer.end;
            // What is said of a pool without a way to it was not measured.
            !finding.route.is_empty() && spans.iter().any(inside)
        };
        let mut count = 0;
        for finding in report.findings.iter_mut().filter(|finding| concerns(finding)) {
            finding.notes.push(note.clone());
            // A burst wants no connection again, whatever becomes of them.
            let is_untested = column.rounds < 2 && rules::is_about_next(finding.rule);
            if is_untested {
                finding.notes.push("requests followed no others in the probe, so that nothing of this was measured".into());
            }
            finding.notes.extend(other_version.clone());
            if column.verdict == Verdict::Confirmed && !is_untested && other_version.is_none() {
                finding.certainty = Certainty::Measured;
            }
            count += 1;
        }
        Ok(count)
    }

    /// That another version was measured than the project pins.
    fn other_version(&self, pool: &Pool) -> Option<String> {
        let measured = self.client.packages.get(&self.client.library);
        let is_it = |pinned: &str| measured.is_some_and(|measured| is_same_version(measured, pinned));
        let pinned = pool.version.as_ref().filter(|pinned| !is_it(pinned))?;
        let measured = measured.map_or("an unknown version", String::as_str);
        Some(format!("the project pins {} {pinned}, and {measured} was measured: the certainty stays as it is", self.client.library))
    }

    fn note(&self, column: &Column) -> String {
        let client = &self.client;
        let version = client.packages.get(&client.library).map_or_else(String::new, |version| format!(" {version}"));
        let told = ["wall time", "success", "longest wait", "connections opened"];
        let figure = |metric: &Metric| {
            let one = |number: f64| match metric.unit {
                Unit::Seconds => time(number),
                Unit::Share => share(number),
                Unit::Count => show_number(number.round()),
            };
            let Range { low, high } = metric.predicted;
            let predicted = if one(low) == one(high) { one(high) } else { format!("{} to {}", one(low), one(high)) };
            format!("{} {} (predicted {predicted})", metric.name, one(metric.measured))
        };
        let figures: Vec<String> = column.metrics.iter().filter(|metric| told.contains(&metric.name.as_str())).map(figure).collect();
        format!(
            "measured with {}{version}, {} at once and calls of {}: {}: {}",
            client.library,
            show_number(column.concurrency),
            time(column.latency_s),
            figures.join(", "),
            words::word(column.verdict)
        )
    }
}

impl Column {
    /// Whether the pool's callers wait as long as those in the probe, as far as both say it, and calls take as long.
    fn waits_as(&self, pool: &Pool) -> bool {
        let is_near = |one: f64, other: f64| (one - other).abs() <= 1e-6 * one.abs().max(other.abs());
        let numbers = || {
            pool.waits.of_requests.iter().filter_map(|time_out| match time_out.value.amount {
                Amount::One(seconds) => Some(seconds * self.time_scale),
                _ => None,
            })
        };
        // The shortest of those that count the same is set for all of them.
        let is = |time_out: &crate::finding::Setting| match (&time_out.value.amount, self.settings.get(&time_out.name)) {
            (Amount::One(_) | Amount::Unbounded, Some(serde_json::Value::Number(measured))) => {
                numbers().any(|seconds| measured.as_f64().is_some_and(|measured| is_near(seconds, measured)))
            }
            // Without a latency, and where a pool only lends, time-outs are left out.
            (Amount::One(_), Some(serde_json::Value::Null)) => pool.load.latency.is_none() || libraries::lends(&pool.library),
            _ => true,
        };
        pool.waits.of_requests.iter().all(is) && pool.load.latency.is_none_or(|latency| is_near(latency, self.original_latency_s))
    }
}

impl Limits {
    /// Whether the pool has these limits, as far as it says them and they were not cut for the probe.
    fn are_of(&self, pool: &Pool, column: &Column) -> bool {
        let is = |read: &Option<Value>, measured: Option<f64>| match read.as_ref().map(|value| &value.amount) {
            Some(Amount::One(number)) => measured.is_none_or(|measured| (number * column.count_scale).round() == measured),
            Some(Amount::Unbounded) => measured.is_none(),
            _ => true,
        };
        is(&pool.capacity.total, self.total) && is(&pool.capacity.per_host, self.per_host)
    }
}
