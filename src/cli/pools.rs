//! `advisor pools`: the inventory.

use clap::{Args, ValueEnum};

use super::args::{Load, Scope};
use super::configure::{self, Job};
use super::terminal::Terminal;
use super::{Failure, pages};
use crate::finding::Outcome;
use crate::render::{Format, RenderOptions, inventory, render};

/// List every pool with its limits and where each came from, every place that says how much runs at once, which feeds which, and why a
/// pool could not be judged.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    scope: Scope,
    /// Format of the list; `json` is the whole report, as `advisor scan` writes it
    #[arg(short, long, value_name = "human|json", default_value = "human", hide_possible_values = true, hide_default_value = true)]
    output: Shape,
    /// List the pools of tests too, which are only counted otherwise
    #[arg(long)]
    tests: bool,
    #[command(flatten)]
    load: Load,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Shape {
    /// For people at a terminal
    Human,
    /// The whole report, as `advisor scan --output json` writes it
    Json,
}

pub(super) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    let settings = configure::settings(&arguments.scope, &arguments.load, terminal)?.settings;
    let job = Job::new(&arguments.scope, settings, terminal)?;
    let report = job.check();
    let rules = pages::all();
    let (color, width, without_tests) = (terminal.color, terminal.width, !arguments.tests);
    let options = RenderOptions { color, width, without_tests, rules: &rules, ..RenderOptions::default() };
    terminal.print(&match arguments.output {
        Shape::Human => inventory::text(&job.standpoint().report(&report), &options),
        Shape::Json => render(Format::Json, &report, &options),
    })?;
    if job.read_nothing(&report) {
        return Err(Failure::new("none of the files could be read"));
    }
    Ok(Outcome::Clean)
}
