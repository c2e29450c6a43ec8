//! The settings that hold, written as a settings file.

use std::fmt::Write as _;

use toml::Value;

use super::configure::Configuration;
use crate::render::concise::certainty_word;
use crate::render::{escape, severity_word};
use crate::settings::{Level, Workload};

/// The settings as TOML that means the same when it is read.
pub(super) fn text(configuration: &Configuration) -> String {
    let settings = &configuration.settings;
    let mut out = match &configuration.path {
        Some(path) => format!("# from {}\n", escape::line(path)),
        None => "# no settings file: the defaults\n".into(),
    };
    put(&mut out, "exclude", list(&settings.exclude));
    put(&mut out, "min-certainty", Value::from(certainty_word(settings.min_certainty)));
    put(&mut out, "fail-on", Value::from(word(Level::At(settings.fail_on))));
    if let Some(path) = &settings.baseline {
        put(&mut out, "baseline", Value::from(path.display().to_string()));
    }
    out.push_str("\n[targets]\n");
    put(&mut out, "headroom", number(settings.targets.headroom));
    put(&mut out, "open-files", number(settings.targets.open_files));
    put(&mut out, "open-files-reserve", number(settings.targets.open_files_reserve));
    if !settings.rules.is_empty() {
        out.push_str("\n[rules]\n");
    }
    for (rule, level) in &settings.rules {
        put(&mut out, rule, Value::from(word(*level)));
    }
    if !settings.extend.is_empty() {
        out.push_str("\n[catalog]\n");
        put(&mut out, "extend", list(&settings.extend.iter().map(|path| path.display().to_string()).collect::<Vec<_>>()));
    }
    for workload in &settings.workloads {
        workload_text(&mut out, workload);
    }
    out
}

fn workload_text(out: &mut String, workload: &Workload) {
    let _ = writeln!(out, "\n# from {}\n[[workload]]", workload.declared.said);
    put(out, "name", Value::from(workload.name.as_str()));
    if let Some(concurrency) = workload.concurrency {
        put(out, "concurrency", number(concurrency));
    }
    let times = [("latency", workload.load.latency), ("latency-p95", workload.load.latency_p95)];
    for (name, seconds) in times.iter().filter_map(|(name, seconds)| seconds.map(|seconds| (name, seconds))) {
        put(out, name, Value::from(format!("{seconds}s")));
    }
    let numbers = [("rounds", workload.load.rounds), ("server-capacity", workload.load.server_capacity)];
    for (name, amount) in numbers.iter().filter_map(|(name, amount)| amount.map(|amount| (name, amount))) {
        put(out, name, number(amount));
    }
    if !workload.paths.is_empty() {
        put(out, "paths", list(&workload.paths));
    }
}

fn put(out: &mut String, key: &str, value: Value) {
    let _ = writeln!(out, "{key} = {value}");
}

fn list(texts: &[String]) -> Value {
    Value::Array(texts.iter().map(|text| Value::from(text.as_str())).collect())
}

/// A whole number where it is one.
fn number(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 9e15 { Value::from(number as i64) } else { Value::from(number) }
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Off => "off",
        Level::At(severity) => severity_word(severity),
    }
}
