//! `--target`: a factory of the user's own, asked how its client is set.

use std::path::Path;

use super::{Arguments, Task, Variable, one};
use crate::catalog::library::Role;
use crate::cli::Failure;
use crate::cli::args::{Load, Scope};
use crate::cli::configure::{self, Job};
use crate::cli::plan::{self, library};
use crate::cli::terminal::Terminal;
use crate::probe::driver::Refusal;
use crate::probe::interpreter;
use crate::probe::target::{self, Client, Live, Target};
use crate::probe::{compare, report};

/// Imports and asks it, compares with a scan, and probes what it has where a concurrency is given.
pub(super) fn document(arguments: &Arguments, named: &str, here: &Path, terminal: &Terminal) -> Result<report::Probe, Failure> {
    let refused = |Refusal(why): Refusal| Failure::new(format!("--target: {why}"));
    let mut folders: Vec<_> = arguments.paths.iter().map(|path| here.join(path)).filter(|path| path.is_dir()).collect();
    folders.extend([here.to_path_buf(), here.join("src")]);
    let target = Target::find(named, &folders).map_err(refused)?;
    let interpreter = &interpreter::find(arguments.python.as_deref(), &target.root);
    let program = interpreter.path.display();
    terminal.note(&format!(
        "importing `{}` from {} with {program}, and all that it imports; then `{}` in it",
        target.module,
        target.file.display(),
        target.name
    ));
    let environment = arguments.environment.iter().map(|Variable(name, value)| (name.clone(), value.clone())).collect();
    let is_alone = target::is_alone();
    if !is_alone {
        terminal.note(target::held_back(is_alone));
    }
    let live = target::run(interpreter, &target, &environment, is_alone).map_err(refused)?;
    let paths = if arguments.paths.is_empty() { vec![target.root.clone()] } else { arguments.paths.iter().map(Into::into).collect() };
    let scope = Scope { paths, exclude: Vec::new(), config: None, no_config: false, threads: None };
    let job = Job::new(&scope, configure::settings(&scope, &Load::default(), terminal)?.settings, terminal)?;
    let checked = job.check();
    let found = report::Target {
        named: named.into(),
        imported: live.file.display().to_string(),
        clients: compare::clients(&live.clients, &checked, job.tree.root(), job.catalog),
    };
    let mut notes = vec![target::held_back(is_alone).to_string()];
    let Some(concurrency) = arguments.load.concurrency else {
        notes.extend(found.other_versions());
        return Ok(report::of_target(found, &live, interpreter, notes));
    };
    let pinned = found.clients.first().and_then(|client| client.pinned.clone());
    let task = Task { pinned, notes, ..task(arguments, &live, concurrency, &job)? };
    Ok(one(arguments, task, job.catalog, interpreter, terminal)?.with_target(found))
}

/// The settings of the first client, as something to probe.
fn task(arguments: &Arguments, live: &Live, concurrency: f64, job: &Job) -> Result<Task, Failure> {
    let no_client = || Failure::new("--target: the factory gave no client");
    let Client { library: name, settings, .. } = live.clients.first().ok_or_else(no_client)?;
    // Redis has a kind of pool that waits and one that does not; only the first has a time-out.
    let kinds = &job.catalog.library(name).ok_or_else(no_client)?.pools;
    let has_all =
        |kind: &&crate::catalog::library::PoolKind| settings.keys().all(|name| kind.settings.iter().any(|setting| setting.name == *name));
    let kind = kinds.iter().find(has_all).or(kinds.first()).ok_or_else(no_client)?;
    let live_one = |role: Role| {
        let setting = kind.settings.iter().find(|setting| setting.role == role)?;
        settings.get(&setting.name)
    };
    let mut question = plan::question(concurrency, arguments.load.hosts.unwrap_or(1.0), None, None);
    arguments.load.put_into(&mut question.now);
    let is_number = |value: &serde_json::Value| value.is_number() || value.is_null();
    let set = settings.iter().filter(|(_, value)| is_number(value)).map(|(name, value)| (name.clone(), value.as_f64().into())).collect();
    Ok(Task {
        library: format!("{name}:{}", kind.name),
        wanted: None,
        pinned: None,
        question,
        written: library::Written { set, ..library::Written::default() },
        block: live_one(Role::Block).and_then(serde_json::Value::as_bool).unwrap_or(false),
        rounds_known: arguments.load.rounds.is_some(),
        case: None,
        notes: Vec::new(),
    })
}
