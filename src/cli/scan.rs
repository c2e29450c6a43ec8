//! `advisor scan`: the main job.

use std::path::PathBuf;
use std::time::Instant;

use clap::{Args, ValueHint};

use super::args::{Load, Output, Scope};
use super::configure::{self, Job};
use super::mend::{Mended, Mending};
use super::terminal::Terminal;
use super::{Failure, outputs, pages, write};
use crate::finding::{Outcome, Report, Severity};
use crate::render::summary::count;
use crate::render::{Format, RenderOptions, RulePage, concise, human, render};
use crate::suppress::baseline::{self, Baseline};
use crate::value::Certainty;

/// Check programs and report findings.
///
/// The exit code is 0 without findings, 1 with findings from `--fail-on` on, 2 where the job could not be done.
#[derive(Args)]
pub(super) struct Arguments {
    /// Format of the report: human, concise, json, sarif, github or html; with `=PATH` into a file. May be given several times
    #[arg(short, long = "output", value_name = "FORMAT[=PATH]")]
    outputs: Vec<Output>,
    /// Exit with 1 from this severity on; `warning` where nothing else is set
    #[arg(long, value_name = "note|warning|error", hide_possible_values = true)]
    fail_on: Option<Severity>,
    /// Exit with 0 even with findings
    #[arg(long)]
    exit_zero: bool,
    /// Print the counters of the work done to standard error
    #[arg(long)]
    stats: bool,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    choice: Choice,
    #[command(flatten)]
    mending: Mending,
    #[command(flatten)]
    load: Load,
}

/// What is told.
#[derive(Args)]
#[command(next_help_heading = "Findings")]
struct Choice {
    /// Only these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    select: Vec<String>,
    /// All rules but these
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Only findings that are at least this sure
    #[arg(long, value_name = "assumed|default|declared|measured", hide_possible_values = true)]
    min_certainty: Option<Certainty>,
    /// Report of a probe, `advisor probe PATH:LINE --output json`: what it confirmed is measured. May be given several times
    #[cfg(feature = "probe")]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    observed: Vec<PathBuf>,
    /// Keep silent about the findings in this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    baseline: Option<PathBuf>,
    /// Write the present findings into a baseline
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "baseline")]
    write_baseline: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    let started = Instant::now();
    let outputs = outputs::asked(&arguments.outputs, arguments.mending.diff)?;
    arguments.mending.check()?;
    let choice = &arguments.choice;
    let mut settings = configure::settings(&arguments.scope, &arguments.load, terminal)?.settings;
    configure::choose_rules(&mut settings, &choice.select, &choice.ignore)?;
    settings.min_certainty = choice.min_certainty.unwrap_or(settings.min_certainty);
    let fail_on = arguments.fail_on.unwrap_or(settings.fail_on);
    // A new baseline holds everything, what an old one keeps silent about too.
    let known = match choice.baseline.as_ref().or(settings.baseline.as_ref()) {
        Some(path) if choice.write_baseline.is_none() => Some(baseline::read(path)?),
        _ => None,
    };
    let mut job = Job::new(&arguments.scope, settings, terminal)?;
    let mut report = choice.checked(&mut job, terminal)?;
    let known = match &choice.write_baseline {
        Some(path) => {
            let present = Baseline::of(&report);
            write::file(path, &present.to_text())?;
            terminal.note(&format!("{} written to {}", count(present.len(), "finding"), path.display()));
            Some(present)
        }
        None => known,
    };
    if let Some(known) = &known {
        for stale in baseline::apply(&mut report, known) {
            terminal.detail(&format!("in the baseline, but found no more: {stale}"));
        }
    }
    let Mended { report, diff, failures } = arguments.mending.run(&job, report, known.as_ref(), terminal);
    deliver(&outputs, &report, &job.standpoint().report(&report), terminal)?;
    if let Some(diff) = diff {
        terminal.print_diff(&diff)?;
    }
    if arguments.stats {
        stats(&report, started, terminal);
    }
    if job.read_nothing(&report) {
        return Err(Failure::new("none of the files could be read"));
    }
    if !failures.is_empty() {
        return Err(Failure(failures));
    }
    let is_bad = report.findings.iter().any(|finding| finding.severity >= fail_on);
    Ok(if is_bad && !arguments.exit_zero { Outcome::Findings } else { Outcome::Clean })
}

impl Choice {
    /// Checks, with what probes have measured.
    #[cfg(feature = "probe")]
    fn checked(&self, job: &mut Job, terminal: &Terminal) -> Result<Report, Failure> {
        use crate::probe::observed;

        let observed = self.observed.iter().map(|file| observed::read(file)).collect::<Result<Vec<_>, _>>()?;
        if observed.is_empty() {
            return Ok(job.check());
        }
        // What was confirmed is surer than what was read, so that the rest is left out afterwards.
        let wanted = std::mem::replace(&mut job.settings.min_certainty, Certainty::Assumed);
        let mut report = job.check();
        job.settings.min_certainty = wanted;
        for (file, observed) in self.observed.iter().zip(observed).flat_map(|(file, all)| all.into_iter().map(move |one| (file, one))) {
            let file = file.display();
            match observed.apply(&mut report, &|path| job.standpoint().path(path)) {
                Ok(0) => terminal.note(&format!("{file}: no finding is about the case that was measured")),
                Ok(findings) => terminal.detail(&format!("{file}: {}", count(findings, "finding"))),
                Err(why) => terminal.note(&format!("{file}: {why}: probe it again")),
            }
        }
        report.findings.retain(|finding| finding.certainty >= wanted);
        Ok(report)
    }

    #[cfg(not(feature = "probe"))]
    fn checked(&self, job: &mut Job, _: &Terminal) -> Result<Report, Failure> {
        Ok(job.check())
    }
}

/// Formats for people get the report as it is seen from `near`.
fn deliver(outputs: &[Output], report: &Report, near: &Report, terminal: &Terminal) -> Result<(), Failure> {
    let rules = pages::all();
    outputs::deliver(outputs, terminal, |format, to_file| {
        let report = if matches!(format, Format::Human | Format::Concise) { near } else { report };
        if to_file {
            render(format, report, &RenderOptions { rules: &rules, ..RenderOptions::default() })
        } else {
            on_terminal(format, report, &rules, terminal)
        }
    })
}

fn on_terminal(format: Format, report: &Report, rules: &[RulePage<'_>], terminal: &Terminal) -> String {
    let options = RenderOptions { color: terminal.color, width: terminal.width, rules, ..RenderOptions::default() };
    if format == Format::Human && terminal.quiet {
        let findings = report.findings.iter().map(|finding| human::one(report, finding, &options));
        let problems = report.problems.iter().map(|problem| concise::problem_line(problem) + "\n");
        return findings.chain(problems).collect();
    }
    render(format, report, &options)
}

fn stats(report: &Report, started: Instant, terminal: &Terminal) {
    let counters = &report.counters;
    let rows = [
        ("entries", counters.entries),
        ("files", counters.files),
        ("bytes", counters.bytes),
        ("hit files", counters.hits),
        ("files parsed", counters.files_parsed),
        ("bytes parsed", counters.bytes_parsed),
        ("functions", counters.functions),
        ("calls", counters.calls),
        ("rounds", counters.rounds),
        ("names looked up", counters.names),
        ("questions answered", counters.questions),
    ];
    for (name, number) in rows {
        terminal.stat(name, &number.to_string());
    }
    terminal.stat("milliseconds", &started.elapsed().as_millis().to_string());
}
