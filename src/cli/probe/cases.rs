//! The cases of a program that `advisor scan` finds too small, and which of them to probe.

use std::collections::BTreeMap;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use super::{Arguments, Task};
use crate::catalog::AtLimit;
use crate::cli::args::{Scope, Set};
use crate::cli::configure::{self, Job};
use crate::cli::plan::{self, library};
use crate::cli::terminal::Terminal;
use crate::cli::{Failure, args};
use crate::finding::{Case, Pool, Report, Setting, Verdict};
use crate::probe::target::is_same_file;
use crate::probe::{libraries, report};
use crate::value::{Amount, Value};

/// What is probed of programs.
pub(super) struct Tasks {
    pub(super) tasks: Vec<Task>,
    /// The folder of the first program.
    pub(super) project: PathBuf,
}

/// A case that can be probed.
struct Found<'a> {
    case: &'a Case,
    pool: &'a Pool,
    path: String,
    line: usize,
    /// Lines by which it may be named: those of the pool, of its client and of its settings.
    lines: Vec<usize>,
    concurrency: f64,
}

impl Found<'_> {
    fn says(&self) -> String {
        format!("{}:{}: {}: {}", self.path, self.line, self.pool.symbol, self.case.because)
    }
}

/// What to probe of the programs.
///
/// # Errors
/// When nothing is too small, or it is not said which case is meant.
pub(super) fn tasks(arguments: &Arguments, here: &Path, terminal: &Terminal) -> Result<Tasks, Failure> {
    let (paths, lines): (Vec<PathBuf>, Vec<Option<usize>>) = arguments.paths.iter().map(|text| place(text)).unzip();
    if let Some(missing) = paths.iter().find(|path| !here.join(path).exists()) {
        return Err(Failure::new(format!("{}: there is no such file or folder", missing.display())));
    }
    let scanned = scanned(here, &paths, &lines);
    let project = scanned.first().map_or_else(|| here.to_path_buf(), |path| here.join(path));
    let scope = Scope { paths: scanned, exclude: Vec::new(), config: None, no_config: false, threads: None };
    let load = &arguments.load;
    let load = args::Load {
        concurrency: load.concurrency,
        latency: load.latency,
        latency_p95: load.latency_p95,
        rounds: load.rounds,
        server_capacity: load.server_capacity,
    };
    let settings = configure::settings(&scope, &load, terminal)?.settings;
    let job = Job::new(&scope, settings, terminal)?;
    let checked = job.check();
    let report = job.standpoint().report(&checked);
    let found = found(&report, arguments.server.as_deref());
    let wanted: Vec<(&PathBuf, usize)> = paths.iter().zip(&lines).filter_map(|(path, line)| Some((path, (*line)?))).collect();
    let chosen: Vec<&Found<'_>> = if !wanted.is_empty() {
        let is_meant = |one: &&Found<'_>| {
            wanted.iter().any(|(path, line)| one.lines.contains(line) && is_same_file(&here.join(&one.path), &here.join(path)))
        };
        found.iter().filter(is_meant).collect()
    } else if arguments.all || found.len() == 1 {
        found.iter().collect()
    } else {
        ask(&found)?
    };
    if chosen.is_empty() {
        let what = if found.is_empty() { "no pool is too small for what is known to run through it" } else { "no such case" };
        let list = found.iter().map(Found::says);
        return Err(Failure(std::iter::once(format!("{what}: there is nothing to probe")).chain(list).collect()));
    }
    let mut tasks = Vec::new();
    for one in chosen {
        tasks.push(task(arguments, one)?);
    }
    Ok(Tasks { tasks, project })
}

/// `PATH` or `PATH:LINE`.
fn place(text: &str) -> (PathBuf, Option<usize>) {
    match text.rsplit_once(':').and_then(|(path, line)| Some((path, line.parse().ok()?))) {
        Some((path, line)) if !path.is_empty() => (path.into(), Some(line)),
        _ => (text.into(), None),
    }
}

/// Files that stand in the folder of a program.
const MARKS: [&str; 6] = [".git", "pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "Cargo.toml"];

/// What is scanned: for a line the whole program around its file, because the concurrency and the version stand elsewhere.
fn scanned(here: &Path, paths: &[PathBuf], lines: &[Option<usize>]) -> Vec<PathBuf> {
    let around = |(path, line): (&PathBuf, &Option<usize>)| match line {
        None => path.clone(),
        Some(_) => program_around(here, path),
    };
    let mut scanned: Vec<PathBuf> = paths.iter().zip(lines).map(around).collect();
    scanned.sort();
    scanned.dedup();
    scanned
}

/// The folder of the program that a file is a part of: where one stands in a program, that one; else the outermost below, or the nearest around
/// the file.
fn program_around(here: &Path, file: &Path) -> PathBuf {
    let file = std::fs::canonicalize(here.join(file)).unwrap_or_else(|_| here.join(file));
    let here = std::fs::canonicalize(here).unwrap_or_else(|_| here.to_path_buf());
    let has_mark = |folder: &&Path| MARKS.iter().any(|mark| folder.join(mark).exists());
    let folder = file.parent().unwrap_or(&file);
    let found = if file.starts_with(&here) {
        let below = || folder.ancestors().take_while(|folder| folder.starts_with(&here)).filter(has_mark).last();
        here.ancestors().find(has_mark).or_else(below).unwrap_or(&here)
    } else {
        folder.ancestors().find(has_mark).unwrap_or(folder)
    };
    if found == here { ".".into() } else { found.to_path_buf() }
}

/// The cases that are too small and of which all numbers are known, those of libraries with a driver only.
fn found<'r>(report: &'r Report, server: Option<&str>) -> Vec<Found<'r>> {
    let probed: Vec<&str> = libraries::names().filter(|library| libraries::is_served(library, server)).collect();
    let cases = report.cases.iter().filter(|case| case.verdict == Verdict::TooSmall);
    cases
        .filter_map(|case| {
            let pool = report.pools.get(case.pool)?;
            let source = report.sources.get(pool.span.file);
            let concurrency = case.demand.amount.least().filter(|number| number.is_finite())?;
            let is_known = probed.contains(&pool.library.as_str());
            let line = source.position(pool.span.start).line;
            let spans = pool.also.iter().copied().chain(pool.settings.iter().filter_map(|setting| setting.written_at));
            let same_file = spans.filter(|span| span.file == pool.span.file);
            let lines = same_file.map(|span| source.position(span.start).line).chain([line]).collect();
            is_known.then(|| Found { case, pool, path: source.path.to_string(), line, lines, concurrency })
        })
        .collect()
}

/// Asks on the terminal which one is meant.
fn ask<'f, 'r>(found: &'f [Found<'r>]) -> Result<Vec<&'f Found<'r>>, Failure> {
    if found.is_empty() {
        return Ok(Vec::new());
    }
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        let list = found.iter().map(Found::says);
        let what = format!("{} cases are too small: say which with PATH:LINE, or --all", found.len());
        return Err(Failure(std::iter::once(what).chain(list).collect()));
    }
    let mut stderr = std::io::stderr().lock();
    for (number, one) in found.iter().enumerate() {
        let _ = writeln!(stderr, "{:>3}  {}", number + 1, crate::render::escape::line(&one.says()));
    }
    let _ = write!(stderr, "probe which (numbers, or `all`)? ");
    let _ = stderr.flush();
    let mut answer = String::new();
    let _ = std::io::stdin().lock().read_line(&mut answer);
    if answer.trim() == "all" {
        return Ok(found.iter().collect());
    }
    let numbers = answer.split([' ', ',']).filter(|part| !part.trim().is_empty());
    numbers
        .map(|number| {
            let index = number.trim().parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            index.and_then(|index| found.get(index)).ok_or_else(|| Failure::new(format!("`{}` is none of the numbers", number.trim())))
        })
        .collect()
}

fn task(arguments: &Arguments, found: &Found<'_>) -> Result<Task, Failure> {
    let (pool, load) = (found.pool, &arguments.load);
    let capacity = &pool.capacity;
    let written = |value: &Option<Value>| value.as_ref().map(limit_of);
    let (total, per_host) = (written(&capacity.total), written(&capacity.per_host));
    let unknown = [total, per_host].contains(&Some(None));
    if unknown {
        return Err(Failure::new(format!("{}: a limit is not known, and cannot be probed", found.says())));
    }
    let (total, per_host) = (total.flatten(), per_host.flatten());
    let mut question = plan::question(found.concurrency, load.hosts.unwrap_or(1.0), total, per_host);
    load.put_into(&mut question.now);
    // As the scan took it: the command line before a workload of these paths, that before what the program writes down.
    let (declared, now) = (pool.load, &mut question.now);
    (now.latency, now.latency_p95) = (declared.latency, declared.latency_p95);
    now.rounds = declared.rounds.map_or(1, |rounds| rounds as u64);
    now.server = declared.server_capacity.map(plan::server);
    let (set, mut notes) = other_settings(pool);
    if pool.waits.is_bounded_outside {
        notes.push("a time-out of the program's own stands around the requests: it is not probed".into());
    }
    let case =
        report::Case { path: found.path.clone(), line: found.line, symbol: pool.symbol.clone(), because: found.case.because.clone() };
    Ok(Task {
        library: pool.library.clone(),
        wanted: None,
        pinned: pool.version.clone(),
        question,
        written: library::Written { limit: total, per_host, timeout: None, set },
        block: capacity.at_limit == AtLimit::Wait,
        rounds_known: declared.rounds.is_some(),
        case: Some(case),
        notes,
    })
}

/// A limit as the command line would write it: infinite is none; `None` where it is not one number.
fn limit_of(value: &Value) -> Option<f64> {
    match value.amount {
        Amount::One(number) if number >= 1.0 => Some(number),
        Amount::Unbounded => Some(f64::INFINITY),
        _ => None,
    }
}

/// The settings besides the limits that are one number, or none, with the time-outs that clients and requests bring; and what is not known.
fn other_settings(pool: &Pool) -> (BTreeMap<String, Set>, Vec<String>) {
    let number = |setting: &Setting| match setting.value.amount {
        Amount::One(number) => Some(Set::Number(number)),
        Amount::Unbounded => Some(Set::Nothing),
        _ => None,
    };
    let known = pool.settings.iter().filter_map(|setting| Some((setting.name.clone(), number(setting)?)));
    let mut set: BTreeMap<String, Set> = known.collect();
    let mut notes = Vec::new();
    for time_out in &pool.waits.of_requests {
        let seconds = number(time_out).unwrap_or_else(|| {
            notes.push(format!("`{}` is {}: left out", time_out.name, time_out.value.amount));
            Set::Nothing
        });
        set.insert(time_out.name.clone(), seconds);
    }
    (set, notes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_program_around_a_file_is_found_from_anywhere() {
        let root = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(root.path()).unwrap();
        let project = root.join("project");
        std::fs::create_dir_all(project.join("src/deep")).unwrap();
        std::fs::write(project.join("requirements.txt"), "").unwrap();
        std::fs::write(project.join("src/deep/a.py"), "").unwrap();
        let file = project.join("src/deep/a.py");
        assert_eq!(program_around(&project, Path::new("src/deep/a.py")), Path::new("."));
        assert_eq!(program_around(&project.join("src"), Path::new("deep/a.py")), project);
        assert_eq!(program_around(&project.join("src/deep"), Path::new("../deep/a.py")), project);
        assert_eq!(program_around(&root, &file), project);
        std::fs::create_dir(root.join("elsewhere")).unwrap();
        assert_eq!(program_around(&root.join("elsewhere"), &file), project);
        std::fs::create_dir(root.join(".git")).unwrap();
        assert_eq!(program_around(&root, &file), Path::new("."), "what is below is a part of what one stands in");
    }
}
