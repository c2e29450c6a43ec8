//! The arguments that subcommands share, and how their values are written.

use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::PossibleValue;
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

use super::{explain, plan, pools, scan, show};
#[cfg(feature = "probe")]
use super::{mock, probe};
use crate::render::Format;
use crate::value::parse_seconds;

/// Finds client connection pools that are too small for the concurrency that runs through them, and says what to write instead.
#[derive(Parser)]
#[command(name = "advisor", version, arg_required_else_help = true)]
#[command(after_help = "Start with `advisor scan` in the folder of a program.")]
pub(super) struct Arguments {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Check programs and report findings
    Scan(scan::Arguments),
    /// List every pool with its limits and where each came from
    Pools(pools::Arguments),
    /// Say what becomes of so many requests at once, and what to write: what-if, without a program
    Plan(plan::Arguments),
    /// Confirm a prediction with the real client library, on this machine
    #[cfg(feature = "probe")]
    Probe(probe::Arguments),
    /// Be a slow server, and say what came in
    #[cfg(feature = "probe")]
    Mock(mock::Arguments),
    /// Explain a rule or a library
    Explain(explain::Arguments),
    /// Show what the analysis saw, step by step
    #[command(subcommand)]
    Show(show::Command),
}

/// What holds for every subcommand.
#[derive(Args)]
pub(super) struct Global {
    /// When to use colours; `auto` does on a terminal and heeds NO_COLOR, FORCE_COLOR and CLICOLOR_FORCE
    #[arg(
        long,
        global = true,
        value_name = "auto|always|never",
        default_value = "auto",
        hide_possible_values = true,
        hide_default_value = true,
        help_heading = "Global options"
    )]
    pub color: ColorWhen,
    /// Print the result and errors, nothing else
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Global options")]
    pub quiet: bool,
    /// Say on standard error what is read and from where
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub verbose: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorWhen {
    Auto,
    Always,
    Never,
}

/// What is looked at.
#[derive(Args)]
pub(super) struct Scope {
    /// Folders and files; the current folder where there are none
    #[arg(value_name = "PATHS", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
    /// Leave out what matches, in gitignore syntax
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Settings file to use instead of the one that is found
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "no_config")]
    pub config: Option<PathBuf>,
    /// Use no settings file
    #[arg(long)]
    pub no_config: bool,
    /// Threads to work with; as many as there are processors where absent
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

/// A load that is declared on the command line.
#[derive(Args, Default)]
#[command(next_help_heading = "Load")]
pub(super) struct Load {
    /// Requests that the program keeps under way at once; takes the place of the workloads in the settings
    #[arg(long, value_name = "N", value_parser = whole)]
    pub concurrency: Option<f64>,
    /// Time that the server takes for one request: `40s`, `250ms`, `2m`
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    pub latency: Option<f64>,
    /// Time that 95 of 100 requests stay below
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    pub latency_p95: Option<f64>,
    /// Requests that each task makes one after the other
    #[arg(long, value_name = "N", value_parser = whole)]
    pub rounds: Option<f64>,
    /// Requests that the server takes at once
    #[arg(long, value_name = "N", value_parser = whole)]
    pub server_capacity: Option<f64>,
}

/// A format and where it is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Output {
    pub format: Format,
    /// Standard output where absent.
    pub path: Option<PathBuf>,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, path) = text.split_once('=').map_or((text, None), |(format, path)| (format, Some(path)));
        let format = Format::from_str(format, false).map_err(|_| {
            let known: Vec<_> = Format::value_variants().iter().filter_map(ValueEnum::to_possible_value).collect();
            let known: Vec<_> = known.iter().map(PossibleValue::get_name).collect();
            format!("no such format; there are {}", known.join(", "))
        })?;
        match path {
            Some("") => Err("a path is missing behind `=`".into()),
            Some("-") | None => Ok(Self { format, path: None }),
            Some(path) => Ok(Self { format, path: Some(path.into()) }),
        }
    }
}

/// A setting by the library's own name.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Setting(pub String, pub Set);

/// What a setting is set to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Set {
    /// No limit, no time-out.
    Nothing,
    /// A number, or a time in seconds.
    Number(f64),
    /// Something is switched on or off.
    Truth(bool),
}

impl From<Option<f64>> for Set {
    fn from(number: Option<f64>) -> Self {
        number.map_or(Self::Nothing, Self::Number)
    }
}

impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
        let value = match value {
            "none" | "None" => Set::Nothing,
            "true" | "True" => Set::Truth(true),
            "false" | "False" => Set::Truth(false),
            _ => Set::Number(parse_seconds(value)?),
        };
        Ok(Self(name.trim().to_string(), value))
    }
}

/// A number above 0.
pub(super) fn positive(text: &str) -> Result<f64, String> {
    let number = text.replace('_', "").parse::<f64>().ok();
    number.filter(|number| number.is_finite() && *number > 0.0).ok_or_else(|| "a number above 0 is wanted".into())
}

/// A whole number from 1 on, up to where numbers are exact.
pub(super) fn whole(text: &str) -> Result<f64, String> {
    match text.replace('_', "").parse::<u32>() {
        Ok(number) if number > 0 => Ok(f64::from(number)),
        _ => Err("a whole number from 1 on is wanted".into()),
    }
}

/// A limit: a whole number from 1 on; `none` and 0 are none, which is infinite.
pub(super) fn limit(text: &str) -> Result<f64, String> {
    match text {
        "none" | "0" => Ok(f64::INFINITY),
        _ => whole(text).map_err(|_| "a whole number from 1 on is wanted, or `none`".into()),
    }
}

/// A time in seconds, above 0.
pub(super) fn seconds(text: &str) -> Result<f64, String> {
    match parse_seconds(text) {
        Ok(seconds) if seconds > 0.0 => Ok(seconds),
        Ok(_) => Err("a time above 0 is wanted".into()),
        Err(why) => Err(why),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definitions_hold_together() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn times_have_units() {
        assert_eq!(seconds("250ms"), Ok(0.25));
        for text in ["", "0", "0ms", "-1s", "∞"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn counts_are_whole() {
        assert_eq!(whole("1_000"), Ok(1000.0));
        for text in ["0", "-1", "1.5", "", "x", "99999999999"] {
            assert!(whole(text).is_err(), "{text}");
        }
    }

    #[test]
    fn outputs_have_a_format_and_perhaps_a_path() {
        let parsed = |text: &str| text.parse::<Output>();
        assert_eq!(parsed("json"), Ok(Output { format: Format::Json, path: None }));
        assert_eq!(parsed("json=-"), parsed("json"));
        assert_eq!(parsed("sarif=a=b.sarif"), Ok(Output { format: Format::Sarif, path: Some("a=b.sarif".into()) }));
        assert_eq!(parsed("xml").unwrap_err(), "no such format; there are human, concise, json, sarif, github, html");
        assert!(parsed("json=").is_err());
    }
}
