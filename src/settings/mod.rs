//! The settings as meant: what the command line and the settings file ask for, checked and complete.
//!
//! [`raw`] holds them as written. Nothing after this module sees the raw ones.

pub mod raw;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::value::{Certainty, Step};

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, schemars::JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Will hurt under the declared load.
    Warning,
    /// Fails.
    Error,
}

/// What a rule may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    /// The rule is silent.
    Off,
    /// Its findings get this severity.
    At(Severity),
}

/// Settings as meant.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where `advisor.toml` or the like was found; paths in it count from its folder.
    pub found_at: Option<PathBuf>,
    /// Globs (gitignore syntax) of files to leave out, relative to the root.
    pub exclude: Vec<String>,
    /// Concurrency declared from outside.
    pub workloads: Vec<Workload>,
    /// Numbers that judgement and advice aim at.
    pub targets: Targets,
    /// Level of each rule that the user changed, by id.
    pub rules: BTreeMap<String, Level>,
    /// Findings below this certainty are not shown.
    pub min_certainty: Certainty,
    /// Users' own catalog files.
    pub extend: Vec<PathBuf>,
    /// A file of finding keys to keep silent about.
    pub baseline: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            found_at: None,
            exclude: Vec::new(),
            workloads: Vec::new(),
            targets: Targets::default(),
            rules: BTreeMap::new(),
            min_certainty: Certainty::Assumed,
            extend: Vec::new(),
            baseline: None,
        }
    }
}

/// A load that is declared from outside the program.
#[derive(Clone, PartialEq, Debug)]
pub struct Workload {
    /// Its name.
    pub name: String,
    /// Requests under way at once.
    pub concurrency: f64,
    /// Service time of one request, seconds.
    pub latency: Option<f64>,
    /// 95th percentile of the service time, seconds.
    pub latency_p95: Option<f64>,
    /// Requests that each task makes one after the other.
    pub rounds: Option<f64>,
    /// Requests that the server takes at once.
    pub server_capacity: Option<f64>,
    /// Globs of the files whose pools it runs through; all where empty.
    pub paths: Vec<String>,
    /// Where it was declared, for trails: `--concurrency 500`, `advisor.toml:4`.
    pub declared: Step,
}

/// Numbers that judgement and advice aim at.
#[derive(Clone, PartialEq, Debug)]
pub struct Targets {
    /// A pool is advised this many times the concurrency. 1.2 by default.
    pub headroom: f64,
    /// Open files that one process may have; the ceiling of connections. 1024 by default, the usual soft limit of a Linux login.
    pub open_files: f64,
    /// Files that a process has open beside its connections. 50 by default.
    pub open_files_reserve: f64,
}

impl Default for Targets {
    fn default() -> Self {
        Self { headroom: 1.2, open_files: 1024.0, open_files_reserve: 50.0 }
    }
}
