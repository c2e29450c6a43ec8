//! `advisor show`: the joints of the analysis, for people who ask how it came to what it says.

use std::fmt::Write as _;

use clap::{Args, Subcommand};

use super::args::{Load, Scope};
use super::configure::{self, Job};
use super::terminal::Terminal;
use super::{Failure, effective};
use crate::discover::Kind;
use crate::facts::dump;
use crate::finding::{Outcome, Report};
use crate::read::python;
use crate::render::{concise, escape, show};
use crate::text::{Problem, Sources};

/// Show what the analysis saw, step by step.
#[derive(Subcommand)]
pub(super) enum Command {
    /// The files that were parsed, and the word that led to each
    Files(Arguments),
    /// What the front end read from each source file
    Facts(Arguments),
    /// Every number with the steps that led to it
    Values(Arguments),
    /// What runs through which pool, by what way, and the verdict
    Cases(Arguments),
    /// The settings that hold, and where they were found
    Settings(Arguments),
}

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    load: Load,
}

pub(super) fn run(command: &Command, terminal: &Terminal) -> Result<Outcome, Failure> {
    let (Command::Files(arguments)
    | Command::Facts(arguments)
    | Command::Values(arguments)
    | Command::Cases(arguments)
    | Command::Settings(arguments)) = command;
    let configuration = configure::settings(&arguments.scope, &arguments.load, terminal)?;
    if matches!(command, Command::Settings(_)) {
        terminal.print(&effective::text(&configuration))?;
        return Ok(Outcome::Clean);
    }
    let job = Job::new(&arguments.scope, configuration.settings, terminal)?;
    let report = || job.standpoint().report(&job.check());
    terminal.print(&match command {
        Command::Files(_) => files(&report()),
        Command::Values(_) => show::values(&report()),
        Command::Cases(_) => show::cases(&report()),
        Command::Facts(_) | Command::Settings(_) => facts(&job),
    })?;
    Ok(Outcome::Clean)
}

/// One line a file: the round it was read in, its path, the word that led to it.
fn files(report: &Report) -> String {
    let mut out = String::new();
    for read in &report.reads {
        let round = if read.round == 0 { "seed".into() } else { format!("round {}", read.round) };
        let _ = writeln!(out, "{}: {round}: {}", escape::line(&read.path), escape::line(&read.because));
    }
    let counters = &report.counters;
    let _ = writeln!(
        out,
        "{} entries, {} source files ({} bytes), {} parsed ({} bytes), {} rounds, {} names looked up, {} questions answered",
        counters.entries,
        counters.files,
        counters.bytes,
        counters.files_parsed,
        counters.bytes_parsed,
        counters.rounds,
        counters.names,
        counters.questions
    );
    out
}

fn facts(job: &Job) -> String {
    let mut out = String::new();
    let mut sources = Sources::default();
    for (index, entry) in job.tree.entries().iter().enumerate().filter(|(_, entry)| entry.kind == Kind::Python) {
        let path = job.standpoint().path(&entry.path);
        let text = match job.tree.text(index) {
            Ok(text) => text,
            Err(why) => {
                let _ = writeln!(out, "{}", concise::problem_line(&Problem::of_file(path, why.to_string())));
                continue;
            }
        };
        let id = sources.add(path, text);
        let file = sources.get(id);
        let _ = writeln!(out, "file {}", escape::line(&file.path));
        for line in dump::facts(&python::read(file, None), file).lines() {
            let _ = writeln!(out, "{}", escape::line(line));
        }
    }
    out
}
