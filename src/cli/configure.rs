//! From arguments and a settings file to what a run works on: the tree, the knowledge base, the settings.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::args::{Load, Scope};
use super::nearby::Standpoint;
use super::terminal::Terminal;
use super::{Failure, pages};
use crate::catalog::Catalog;
use crate::catalog::load::nearest;
use crate::discover::{Tree, WalkOptions};
use crate::finding::Report;
use crate::settings::{self, Level, Settings, Workload};
use crate::text::Problem;
use crate::value::{Step, show_number};

/// What a run works on.
pub(super) struct Job {
    pub tree: Tree,
    pub catalog: &'static Catalog,
    pub settings: Settings,
    here: PathBuf,
}

impl Job {
    /// Reads the settings and finds the files.
    ///
    /// # Errors
    /// When the settings are wrong, a path does not exist, or there is no program to read.
    pub(super) fn new(scope: &Scope, settings: Settings, terminal: &Terminal) -> Result<Self, Failure> {
        if let Some(threads) = scope.threads {
            // Only the first call of a process counts, and this is it.
            let _ = rayon::ThreadPoolBuilder::new().num_threads(usize::from(threads)).build_global();
        }
        let catalog = catalog(&settings)?;
        let here = here()?;
        let tree = Tree::walk(&here, &scope.paths, &walk_options(&here, scope, &settings))?;
        // The tree knows its root without links.
        let here = std::fs::canonicalize(&here).unwrap_or(here);
        terminal.detail(&format!("{} files below {} can be read", tree.entries().len(), tree.root().display()));
        if !tree.entries().iter().any(|entry| entry.kind.is_source()) {
            let near = Standpoint { here: &here, root: tree.root() };
            let problems = tree.problems().iter().map(|problem| Problem { path: near.path(&problem.path), ..problem.clone() });
            let mut messages: Vec<String> = problems.map(|problem| problem.to_string()).collect();
            let named: Vec<_> = scope.paths.iter().map(|path| path.display().to_string()).collect();
            let below = if named.is_empty() { here.display().to_string() } else { named.join(", ") };
            messages.push(format!("no Python or Rust files found under {below}"));
            return Err(Failure(messages));
        }
        Ok(Self { tree, catalog, settings, here })
    }

    /// From where the user looks at the report.
    pub(super) fn standpoint(&self) -> Standpoint<'_> {
        Standpoint { here: &self.here, root: self.tree.root() }
    }

    /// Checks the programs.
    pub(super) fn check(&self) -> Report {
        crate::check(&self.tree, self.catalog, &self.settings)
    }

    /// Whether the text of no program could be read: then nothing was checked.
    pub(super) fn read_nothing(&self, report: &Report) -> bool {
        let has_problem = |path: &str| report.problems.iter().any(|problem| problem.path == path);
        let sources = || self.tree.entries().iter().enumerate().filter(|(_, entry)| entry.kind.is_source());
        // Files are read once more only where all of them have a problem; a syntax error is one, and no reason.
        sources().all(|(_, entry)| has_problem(&entry.path)) && sources().all(|(index, _)| self.tree.text(index).is_err())
    }
}

/// Settings with the file that they are from.
pub(super) struct Configuration {
    pub settings: Settings,
    /// The file as messages show it; `None` where there is none.
    pub path: Option<String>,
}

/// The settings that hold for a run: the file's, changed by the command line.
///
/// # Errors
/// When the file cannot be read or is wrong.
pub(super) fn settings(scope: &Scope, load: &Load, terminal: &Terminal) -> Result<Configuration, Failure> {
    let mut configuration = from_file(scope)?;
    terminal.detail(&match &configuration.path {
        Some(path) => format!("settings from {path}"),
        None => "no settings file".into(),
    });
    declare(&mut configuration.settings, load)?;
    Ok(configuration)
}

/// The file that was named, else the one nearest to the first of the scanned paths.
fn from_file(scope: &Scope) -> Result<Configuration, Failure> {
    let here = here()?;
    let written = match &scope.config {
        Some(path) => Some(settings::load(&here.join(path), &here)?),
        None if scope.no_config => None,
        None => settings::find(&scope.paths.first().map_or_else(|| here.clone(), |path| here.join(path)), &here)?,
    };
    Ok(match written {
        Some(written) => Configuration { settings: Settings::from_raw(&written, &pages::ids())?, path: Some(written.path) },
        None => Configuration { settings: Settings::default(), path: None },
    })
}

/// Puts the load of the command line in: it holds for all workloads, and for what the code declares by itself.
fn declare(settings: &mut Settings, load: &Load) -> Result<(), Failure> {
    let given =
        settings::Load { latency: load.latency, latency_p95: load.latency_p95, rounds: load.rounds, server_capacity: load.server_capacity };
    if let Some(concurrency) = load.concurrency {
        settings.workloads = vec![Workload {
            name: "command line".into(),
            concurrency: Some(concurrency),
            load: settings::Load::default(),
            paths: Vec::new(),
            declared: Step { at: None, said: format!("`--concurrency {}`", show_number(concurrency)) },
        }];
    }
    settings.load = given;
    for workload in &mut settings.workloads {
        workload.load = given.or(workload.load);
    }
    let described = settings.workloads.iter().map(|workload| workload.load).chain([given]);
    if given.latency_p95.is_some() && described.clone().all(|load| load.latency.is_none()) {
        return Err(Failure::new("--latency-p95 says how much the latency varies, and there is none: add --latency TIME"));
    }
    for described in described {
        if let (Some(mean), Some(high)) = (described.latency, described.latency_p95)
            && high < mean
        {
            return Err(Failure::new("--latency-p95 is below --latency: 95 of 100 requests cannot be faster than the mean"));
        }
        described.service().map_err(|why| Failure::new(format!("--latency and --latency-p95: {why}")))?;
    }
    Ok(())
}

/// Leaves only the `selected` rules on (all where there are none) and switches the `ignored` ones off.
///
/// # Errors
/// When there is no such rule.
pub(super) fn choose_rules(settings: &mut Settings, selected: &[String], ignored: &[String]) -> Result<(), Failure> {
    let known = pages::ids();
    let unknown: Vec<String> = selected
        .iter()
        .chain(ignored)
        .filter(|id| !known.contains(&id.as_str()))
        .map(|id| match nearest(id, &known) {
            Some(meant) => format!("unknown rule `{id}`, did you mean `{meant}`?"),
            None => format!("unknown rule `{id}`; the rules are {}", known.join(", ")),
        })
        .collect();
    if !unknown.is_empty() {
        return Err(Failure(unknown));
    }
    for id in known {
        let is_selected = selected.iter().any(|chosen| chosen == id);
        if !selected.is_empty() && !is_selected || ignored.iter().any(|chosen| chosen == id) {
            settings.rules.insert(id.into(), Level::Off);
        } else if is_selected && settings.rules.get(id) == Some(&Level::Off) {
            settings.rules.remove(id);
        }
    }
    Ok(())
}

/// The knowledge base with the files that the settings add.
fn catalog(settings: &Settings) -> Result<&'static Catalog, Failure> {
    if settings.extend.is_empty() {
        return Ok(Catalog::built_in());
    }
    // One process works with one knowledge base.
    static EXTENDED: OnceLock<Catalog> = OnceLock::new();
    let extended = Catalog::with_files(&settings.extend)?;
    Ok(EXTENDED.get_or_init(|| extended))
}

/// The knowledge base as the settings of the current folder extend it. Pages of the built-in one must not depend on
/// settings that are right: what is wrong with them is told, and the built-in one used.
pub(super) fn catalog_here(terminal: &Terminal) -> &'static Catalog {
    let scope = Scope { paths: Vec::new(), exclude: Vec::new(), config: None, no_config: false, threads: None };
    from_file(&scope).and_then(|found| catalog(&found.settings)).unwrap_or_else(|Failure(messages)| {
        for message in messages {
            terminal.note(&message);
        }
        Catalog::built_in()
    })
}

fn here() -> Result<PathBuf, Failure> {
    std::env::current_dir().map_err(|why| Failure::new(format!("the current folder cannot be read: {why}")))
}

/// The walk's exclusions: the settings' globs count from the settings' folder, those of the command line from the current one.
fn walk_options(here: &Path, scope: &Scope, settings: &Settings) -> WalkOptions {
    let folder = settings.found_at.as_deref().filter(|_| !settings.exclude.is_empty());
    let from = folder.unwrap_or(here);
    let below = here.strip_prefix(from).ok().map(|path| path.to_string_lossy().replace('\\', "/")).filter(|path| !path.is_empty());
    let rebased = scope.exclude.iter().map(|glob| match &below {
        // A glob with a slash before its end is anchored; the others match anywhere.
        Some(below) if glob.trim_end_matches('/').contains('/') => {
            let (mark, glob) = glob.strip_prefix('!').map_or(("", glob.as_str()), |glob| ("!", glob));
            format!("{mark}/{below}/{}", glob.trim_start_matches('/'))
        }
        _ => glob.clone(),
    });
    WalkOptions {
        exclude: settings.exclude.iter().cloned().chain(rebased).collect(),
        exclude_from: Some(from.to_path_buf()),
        respect_ignore_files: true,
    }
}
