//! The command line: one file for each subcommand, and what they share.
//!
//! Results go to standard output, everything else to standard error. The exit code is the same in every format: 0 nothing at or above
//! the threshold, 1 findings, 2 the job could not be done.

mod args;
mod configure;
mod effective;
mod explain;
mod library_page;
mod markdown;
mod mend;
#[cfg(feature = "probe")]
mod mock;
mod nearby;
mod outputs;
mod pages;
mod plan;
mod pools;
#[cfg(feature = "probe")]
mod probe;
mod scan;
mod show;
mod terminal;
mod write;

use std::process::ExitCode;

use clap::Parser as _;

use crate::finding::Outcome;
use crate::text::Problem;
use args::{Arguments, Command};
use terminal::Terminal;

/// Why the job could not be done: one message or more, each with its place where it has one.
#[derive(Debug)]
struct Failure(Vec<String>);

impl Failure {
    fn new(message: impl Into<String>) -> Self {
        Self(vec![message.into()])
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::new(problem.to_string())
    }
}

impl From<Vec<Problem>> for Failure {
    fn from(problems: Vec<Problem>) -> Self {
        Self(problems.iter().map(ToString::to_string).collect())
    }
}

/// Runs the command that the program's arguments ask for.
pub fn main() -> ExitCode {
    #[cfg(all(unix, feature = "probe"))]
    if let Some(code) = crate::probe::watch::asked(std::env::args_os()) {
        return code;
    }
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(why) => {
            // A closed pipe is no reason to complain about help that nobody reads.
            let _ = why.print();
            return ExitCode::from(u8::try_from(why.exit_code()).unwrap_or(2));
        }
    };
    let terminal = Terminal::new(&arguments.global);
    let outcome = match arguments.command {
        Command::Scan(arguments) => scan::run(&arguments, &terminal),
        Command::Pools(arguments) => pools::run(&arguments, &terminal),
        Command::Plan(arguments) => plan::run(&arguments, &terminal),
        Command::Explain(arguments) => explain::run(&arguments, &terminal),
        #[cfg(feature = "probe")]
        Command::Probe(arguments) => probe::run(&arguments, &terminal),
        #[cfg(feature = "probe")]
        Command::Mock(arguments) => mock::run(&arguments, &terminal),
        Command::Show(arguments) => show::run(&arguments, &terminal),
    };
    let outcome = outcome.unwrap_or_else(|Failure(messages)| {
        for message in messages {
            terminal.error(&message);
        }
        Outcome::Failed
    });
    ExitCode::from(outcome.exit_code())
}
