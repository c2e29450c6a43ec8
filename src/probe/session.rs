//! A probe from begin to end: for the present settings and the advised ones, calibrate, run several times, calibrate again, compare.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use super::driver::{self, Hello, Job, Refusal};
use super::interpreter::Interpreter;
use super::machine::{self, Machine};
use super::measure::{self, Bench, Measured};
use super::predict::{Predicted, predict, times};
use super::scale::{self, Scaled};
use super::verdict::{Cost, FEWEST, Metric, Verdict, compare, overall};
use super::{client, mock};
use crate::catalog::library::PoolKind;
use crate::queueing::simulate::TimeOuts;
use crate::queueing::{Scenario, tighter};
use crate::render::plan::figures::share;

/// Patience with a driver that only says who it is.
const PATIENCE: Duration = Duration::from_secs(60);
/// Patience with a run: so many times its prediction, and so much more.
const PATIENCE_FACTOR: f64 = 2.0;
const PATIENCE_MORE: f64 = 10.0;
/// What a request may cost a client whose CPU is known to be the narrow place, seconds, to count as noise: more is the finding.
const CHEAP: f64 = 0.000_6;
/// Change of the client's cost above which the machine was too busy for any verdict.
const BUSY: f64 = 1.5;
/// Share of the wall time below which such a change does not matter.
const QUIET: f64 = 0.05;

/// Share of the machine's processors that others may take while something is measured. The client and the server need one each.
const OTHERS: f64 = 0.25;

/// What is probed.
pub struct Subject<'a> {
    /// Name of the library.
    pub library: &'a str,
    /// Its pool.
    pub kind: &'a PoolKind,
    /// The database that it speaks to, where the user named one.
    pub server: Option<&'a str>,
    /// Whether the client is known to leave slots empty or to open more connections than it is told: then times are lower bounds only.
    pub is_loose: bool,
    /// Named scenarios with their original counts and times, the present one first. Each needs a latency.
    pub columns: Vec<(String, Scenario)>,
    /// How often each is run.
    pub repeats: u32,
}

/// What became of one scenario.
#[derive(Clone, PartialEq, Debug)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// As it was.
    pub original: Scenario,
    /// As it was probed.
    pub scaled: Scaled,
    /// Settings of the client, times as probed.
    pub settings: Map<String, Value>,
    /// The prediction.
    pub predicted: Predicted,
    /// What a request costs the client, seconds: before the runs and after them.
    pub cost: (f64, f64),
    /// What the comparison made of it.
    pub allowed: Cost,
    /// The figures.
    pub metrics: Vec<Metric>,
    /// Share of the machine's processors that others took during the runs, where the system says it.
    pub others: Option<f64>,
    /// What the client raised, in all runs.
    pub errors: BTreeMap<String, u64>,
    /// By how much the server was late with an answer, on average, seconds.
    pub late: f64,
    /// The server's account of the run with the middle wall time.
    pub server: mock::Figures,
    /// Its first requests, one by one.
    pub records: Vec<mock::Told>,
    /// Waits of that run, ascending, seconds.
    pub waits: Vec<f64>,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// What a probe comes to.
#[derive(Clone, PartialEq, Debug)]
pub struct Outcome {
    /// Who answered.
    pub hello: Hello,
    /// One for each scenario.
    pub columns: Vec<Column>,
    /// The conclusion.
    pub verdict: Verdict,
    /// Load of the machine before and after, where the system says it.
    pub load: (Option<f64>, Option<f64>),
    /// Open files that this process was allowed, where the system says it.
    pub open_files: Option<u64>,
}

/// Asks the interpreter for the library without running anything.
///
/// # Errors
/// When it cannot be run or does not have the library.
pub fn hello(interpreter: &Interpreter, library: &str) -> Result<Hello, Refusal> {
    driver::run(interpreter, library, &Job { rounds: 1, bursts: 1, ..Job::default() }, PATIENCE).map(|run| run.hello)
}

/// Probes. `progress` hears what is being done, as share of the whole and in words.
///
/// # Errors
/// When there is no driver, no interpreter, no library, no latency, or a run gives no result.
pub fn probe(subject: &Subject<'_>, interpreter: &Interpreter, progress: &mut dyn FnMut(f64, &str)) -> Result<Outcome, Refusal> {
    let open_files = mock::open_files();
    let load = machine::load();
    let mut columns = Vec::new();
    let mut hello = None;
    let share = 1.0 / subject.columns.len().max(1) as f64;
    for (number, (name, scenario)) in subject.columns.iter().enumerate() {
        let mut say = |part: f64, what: &str| progress((number as f64 + part) * share, &format!("{name}: {what}"));
        let (column, who) = one(subject, interpreter, name, scenario, &mut say)?;
        columns.push(column);
        hello = Some(who);
    }
    progress(1.0, "done");
    let Some(hello) = hello else { return Err(Refusal("there is nothing to probe".into())) };
    let verdict = overall(columns.iter().flat_map(|column: &Column| &column.metrics));
    Ok(Outcome { hello, columns, verdict, load: (load, machine::load()), open_files })
}

fn one(
    subject: &Subject<'_>,
    interpreter: &Interpreter,
    name: &str,
    original: &Scenario,
    progress: &mut dyn FnMut(f64, &str),
) -> Result<(Column, Hello), Refusal> {
    let bench = Bench { interpreter, library: subject.library, server: subject.server };
    let counted = scale::count(&client::as_driven(subject.library, subject.kind, original));
    let calibrate = || calibrate(subject, &bench, &counted.scenario);
    progress(0.0, "measuring what a request costs the client");
    let before = calibrate()?;
    let no_latency = || Refusal("without a latency there is nothing to measure".into());
    let scaled = scale::time(&counted, before).ok_or_else(no_latency)?;
    let scenario = &scaled.scenario;
    let mut predicted = predict(scenario).ok_or_else(no_latency)?;
    if subject.is_loose {
        (predicted.lower_bound, predicted.opened) = (true, None);
    }
    let settings = client::settings(subject.library, subject.kind, scenario);
    let times = times(scenario).ok_or_else(no_latency)?;
    let requests = scenario.concurrency.saturating_mul(scenario.rounds) as f64;
    let longest = predicted.wall.high.min(3600.0) + before * requests;
    let patience = Duration::from_secs_f64(PATIENCE_FACTOR * longest + PATIENCE_MORE);
    let repeats = subject.repeats.max(1);
    let mut runs: Vec<Measured> = Vec::new();
    let machine = Machine::now();
    for turn in 0..repeats {
        progress(f64::from(turn + 1) / f64::from(repeats + 2), &format!("run {} of {repeats}", turn + 1));
        runs.push(measure::run(&bench, &settings, scenario, &times, patience)?);
    }
    let others = machine.and_then(Machine::others);
    progress(f64::from(repeats + 1) / f64::from(repeats + 2), "measuring once more what a request costs");
    let after = calibrate()?;
    let (less, more) = (before.min(after), before.max(after));
    let changed = more > BUSY * less && (more - less) * requests.min(600.0) > QUIET * predicted.wall.high;
    let busy = changed || others.is_some_and(|others| others > OTHERS);
    let cost = (before + after) / 2.0;
    let added = if scaled.wanted.is_some() && !scenario.cpu_bound { cost * scenario.concurrency as f64 } else { 0.0 };
    let noise = if scenario.cpu_bound { more.min(CHEAP) } else { more };
    let allowed = Cost { noise, added, busy, call: scenario.latency.unwrap_or(0.0) };
    let metrics = compare(&predicted, &runs, &allowed);
    let mut errors = BTreeMap::new();
    for (error, count) in runs.iter().flat_map(|run| &run.errors) {
        *errors.entry(error.clone()).or_insert(0) += count;
    }
    let mut notes = notes(original, &scaled, &settings, &runs, &allowed);
    if changed {
        notes.push("what a request costs the client changed by half during the probe: the machine is too busy for a verdict".into());
    }
    if let Some(others) = others.filter(|others| *others > OTHERS) {
        notes.push(format!(
            "others took {} of the machine's processors during the runs: it is too busy for a verdict on times",
            share(others)
        ));
    }
    if runs.len() < FEWEST {
        notes.push(format!("runs: {}, too few for a verdict, which takes {FEWEST}", runs.len()));
    }
    runs.sort_by(|one, other| one.wall.total_cmp(&other.wall));
    let middle = runs.len() / 2;
    if middle >= runs.len() {
        return Err(Refusal("no run was made".into()));
    }
    let run = runs.swap_remove(middle);
    let column = Column {
        name: name.into(),
        original: original.clone(),
        settings,
        predicted,
        cost: (before, after),
        allowed,
        others,
        metrics,
        errors,
        late: run.late,
        server: run.server,
        records: run.records,
        waits: run.waits,
        notes,
        scaled,
    };
    Ok((column, run.hello))
}

/// What one request costs the client, seconds.
fn calibrate(subject: &Subject<'_>, bench: &Bench<'_>, scenario: &Scenario) -> Result<f64, Refusal> {
    let free = Scenario { time_outs: TimeOuts::default(), ..scenario.clone() };
    let settings = client::settings(subject.library, subject.kind, &free);
    let slots = tighter(tighter(scenario.pool_limit(), scenario.semaphore), Some(scenario.concurrency)).unwrap_or(1);
    measure::cost(bench, &settings, (slots, scenario.limits.hosts))
}

fn notes(original: &Scenario, scaled: &Scaled, settings: &Map<String, Value>, runs: &[Measured], allowed: &Cost) -> Vec<String> {
    let mut notes = Vec::new();
    for (name, value) in runs.first().map(|run| &run.read_back).into_iter().flatten() {
        if let Some(wanted) = settings.get(name).filter(|wanted| !is_same(wanted, value)) {
            notes.push(format!("`{name}` was to be {wanted}, and the client object says {value}"));
        }
    }
    if original.time_outs.any() && !scaled.scenario.time_outs.any() {
        notes.push("the time-outs of the queries themselves are left out".into());
    }
    if scaled.count < 1.0 {
        let (now, was) = (scaled.scenario.concurrency, (scaled.scenario.concurrency as f64 / scaled.count).round());
        notes.push(format!("probed with {now} requests at once instead of {was}, and limits in proportion"));
    }
    if let Some(rounds) = scaled.rounds_of {
        notes.push(format!("probed with {} rounds instead of {rounds}", scaled.scenario.rounds));
    }
    if let Some(wanted) = scaled.wanted {
        let added = if allowed.added > 0.0 {
            format!("; {:.2} s for it are added to the predicted wall time", allowed.added)
        } else {
            String::new()
        };
        notes.push(format!("calls would have to take {wanted:.1} s for the client's own CPU not to matter{added}"));
    }
    notes
}

/// Whether two settings are one, whatever became of a number on the way.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => (one - other).abs() <= 1e-9 * one.abs().max(other.abs()),
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_is_the_same_however_it_was_written() {
        assert!(
            is_same(&json!(0.30000000000000004), &json!(0.3)) && is_same(&json!(5), &json!(5.0)) && is_same(&Value::Null, &Value::Null)
        );
        assert!(!is_same(&json!(5), &json!(6)) && !is_same(&Value::Null, &json!(80)));
    }
}
