//! The settings as meant: what the command line and the settings file ask for, checked and complete.
//!
//! [`raw`] holds them as written, [`find()`] says where. Nothing after this module sees the raw ones.

mod find;
mod load;
pub mod raw;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use find::{Written, find, load};
use ignore::gitignore::GitignoreBuilder;
pub use load::Load;
use raw::{RawLevel, RawWorkload, located, suggestion};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::text::Problem;
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
    /// The load of what no workload describes.
    pub load: Load,
    /// Numbers that judgement and advice aim at.
    pub targets: Targets,
    /// Level of each rule that the user changed, by id.
    pub rules: BTreeMap<String, Level>,
    /// Findings below this certainty are not shown.
    pub min_certainty: Certainty,
    /// Findings at or above this severity make the command end with 1.
    pub fail_on: Severity,
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
            load: Load::default(),
            targets: Targets::default(),
            rules: BTreeMap::new(),
            min_certainty: Certainty::Assumed,
            fail_on: Severity::Warning,
            extend: Vec::new(),
            baseline: None,
        }
    }
}

impl Settings {
    /// Settings as meant from settings as written. `known_rules` are the ids of all rules.
    ///
    /// # Errors
    /// Everything that is wrong, each with its line and column, in the order of the text.
    pub fn from_raw(written: &Written, known_rules: &[&str]) -> Result<Self, Vec<Problem>> {
        let raw = &written.raw;
        let mut check = Check { written, problems: Vec::new() };
        let mut settings = Self { found_at: Some(written.folder.clone()), ..Self::default() };
        settings.exclude = raw.exclude.iter().filter_map(|glob| check.glob(glob)).collect();
        settings.workloads = raw.workload.iter().filter_map(|workload| check.workload(workload)).collect();
        let targets = &mut settings.targets;
        check.set(&mut targets.headroom, raw.targets.headroom.as_ref(), 1.0..=f64::MAX, "the headroom must be at least 1");
        check.set(&mut targets.open_files, raw.targets.open_files.as_ref(), POSITIVE, "open files must be above 0");
        check.set(&mut targets.open_files_reserve, raw.targets.open_files_reserve.as_ref(), 0.0..=f64::MAX, "a reserve cannot be negative");
        for (rule, level) in &raw.rules {
            let id = rule.get_ref();
            if !known_rules.contains(&id.as_str()) {
                check.problem(rule.span().start, format!("unknown rule `{id}`{}", suggestion(id, known_rules)));
            }
            let level = match level {
                RawLevel::Off => Level::Off,
                RawLevel::Note => Level::At(Severity::Note),
                RawLevel::Warning => Level::At(Severity::Warning),
                RawLevel::Error => Level::At(Severity::Error),
            };
            settings.rules.insert(id.clone(), level);
        }
        settings.min_certainty = raw.min_certainty.unwrap_or(settings.min_certainty);
        settings.fail_on = raw.fail_on.unwrap_or(settings.fail_on);
        settings.baseline = raw.baseline.as_ref().map(|path| written.folder.join(path));
        for glob in &raw.catalog.extend {
            match find::expand(&written.folder, glob.get_ref()) {
                // A file that two globs name is loaded once.
                Ok(files) => files.into_iter().for_each(|file| {
                    if !settings.extend.contains(&file) {
                        settings.extend.push(file);
                    }
                }),
                Err(why) => check.problem(glob.span().start, why),
            }
        }
        check.problems.sort();
        if check.problems.is_empty() { Ok(settings) } else { Err(check.problems) }
    }
}

/// Every number above 0 that is finite.
const POSITIVE: std::ops::RangeInclusive<f64> = f64::MIN_POSITIVE..=f64::MAX;

/// Collects what is wrong with settings as written.
struct Check<'w> {
    written: &'w Written,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn problem(&mut self, offset: usize, message: impl Into<String>) {
        self.problems.push(located(&self.written.path, &self.written.text, offset, message));
    }

    /// Sets a number that is written down, if it lies in its range; the others stay.
    fn set(&mut self, target: &mut f64, written: Option<&Spanned<f64>>, range: std::ops::RangeInclusive<f64>, otherwise: &str) {
        if let Some(number) = written {
            *target = self.number(number, range, otherwise).unwrap_or(*target);
        }
    }

    fn number(&mut self, written: &Spanned<f64>, range: std::ops::RangeInclusive<f64>, otherwise: &str) -> Option<f64> {
        let number = *written.get_ref();
        if range.contains(&number) {
            return Some(number);
        }
        self.problem(written.span().start, format!("{otherwise}, not {number}"));
        None
    }

    fn glob(&mut self, written: &Spanned<String>) -> Option<String> {
        let glob = written.get_ref();
        match GitignoreBuilder::new("").add_line(None, glob) {
            Ok(_) => Some(glob.clone()),
            Err(why) => {
                self.problem(written.span().start, format!("`{glob}` is no glob: {why}"));
                None
            }
        }
    }

    fn workload(&mut self, written: &Spanned<RawWorkload>) -> Option<Workload> {
        let raw = written.get_ref();
        let begin = raw.concurrency.as_ref().map_or(written.span().start, |concurrency| concurrency.span().start);
        let concurrency = match &raw.concurrency {
            Some(concurrency) => Some(self.number(concurrency, POSITIVE, "the concurrency must be above 0")?),
            None => None,
        };
        let rounds = raw.rounds.as_ref().and_then(|rounds| self.number(rounds, POSITIVE, "rounds must be above 0"));
        let server_capacity =
            raw.server_capacity.as_ref().and_then(|server| self.number(server, POSITIVE, "what a server takes must be above 0"));
        let load = Load {
            latency: raw.latency.map(raw::Seconds::seconds),
            latency_p95: raw.latency_p95.map(raw::Seconds::seconds),
            rounds,
            server_capacity,
        };
        if let Err(why) = load.service() {
            self.problem(begin, format!("the latency of this workload cannot be: {why}"));
        }
        if load.latency.is_none() && load.latency_p95.is_some() {
            self.problem(begin, "`latency-p95` says how much the latency varies, and there is none: add `latency`".to_string());
        }
        if concurrency.is_none() && load == Load::default() {
            self.problem(begin, "this workload says nothing: give it a `concurrency`, or what its requests take".to_string());
        }
        let paths = raw.paths.iter().filter_map(|glob| self.glob(glob)).collect();
        let line = self.written.text.get(..begin).unwrap_or_default().matches('\n').count() + 1;
        Some(Workload {
            name: raw.name.clone().unwrap_or_else(|| "default".into()),
            concurrency,
            load,
            paths,
            declared: Step { at: None, said: format!("{}:{line}", self.written.path) },
        })
    }
}

/// A load that is declared from outside the program.
#[derive(Clone, PartialEq, Debug)]
pub struct Workload {
    /// Its name.
    pub name: String,
    /// Requests under way at once; `None` where the code's own count holds.
    pub concurrency: Option<f64>,
    /// How long its requests take, and what the server takes.
    pub load: Load,
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
