//! `advisor scan --fix` and `--diff`: fixes are planned, shown or written, and what is left is found anew.

use clap::Args;

use super::Failure;
use super::configure::Job;
use super::terminal::Terminal;
use crate::finding::{Finding, Report, Safety};
use crate::fix::{self, FileChange, Plan, Refusal};
use crate::render::summary::count;
use crate::suppress::baseline::{self, Baseline};

/// What is done about findings.
#[derive(Args)]
#[command(next_help_heading = "Fixes")]
pub(super) struct Mending {
    /// Make the safe fixes: those that change nothing that runs
    #[arg(long, conflicts_with = "write_baseline")]
    fix: bool,
    /// Print what --fix would change as a unified diff, and change nothing
    #[arg(long, conflicts_with_all = ["fix", "write_baseline"])]
    pub diff: bool,
    /// With --fix or --diff: the fixes that change load, too
    #[arg(long)]
    unsafe_fixes: bool,
}

/// What mending came to.
pub(super) struct Mended {
    /// The findings that are left to tell of.
    pub report: Report,
    /// The diff, where one was asked for.
    pub diff: Option<String>,
    /// Files that could not be written.
    pub failures: Vec<String>,
}

impl Mending {
    /// Whether the flags make sense together.
    ///
    /// # Errors
    /// `--unsafe-fixes` alone does nothing.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.unsafe_fixes && !self.fix && !self.diff {
            return Err(Failure::new("--unsafe-fixes says which fixes are made: add --fix to make them or --diff to see them"));
        }
        Ok(())
    }

    /// Does what the flags ask for; without them the report stays as it is.
    pub(super) fn run(&self, job: &Job, report: Report, known: Option<&Baseline>, terminal: &Terminal) -> Mended {
        if !self.fix && !self.diff {
            return Mended { report, diff: None, failures: Vec::new() };
        }
        let again = |changes: &[FileChange]| {
            let tree = job.tree.with_texts(changes.iter().map(|change| (&*change.path, &*change.after)));
            let mut report = crate::check(&tree, job.catalog, &job.settings);
            if let Some(known) = known {
                baseline::apply(&mut report, known);
            }
            report
        };
        let minimum = if self.unsafe_fixes { Safety::Unsafe } else { Safety::Safe };
        let plan = fix::plan(&report, minimum, again);
        for problem in &plan.dropped {
            terminal.note(&problem.to_string());
        }
        if self.diff {
            terminal.note(&format!("{} in {}{}", fixes(plan.applied.len()), count(plan.changes.len(), "file"), self.more(&report)));
            return Mended { report, diff: Some(fix::unified(&plan.changes)), failures: Vec::new() };
        }
        for fix::Applied { path, line, rule, title } in &plan.applied {
            terminal.detail(&format!("{path}:{line}: {title} ({rule})"));
        }
        let (written, failures) = write(job, &plan, terminal);
        if written.is_empty() {
            terminal.note(&format!("nothing was changed{}", self.more(&report)));
            return Mended { report, diff: None, failures };
        }
        let left = again(&[]);
        let made = if written.len() == plan.changes.len() { format!("{} made, ", fixes(plan.applied.len())) } else { String::new() };
        terminal.note(&format!("{made}changed {}{}", written.join(", "), self.more(&left)));
        Mended { report: left, diff: None, failures }
    }

    /// What another flag would do.
    fn more(&self, report: &Report) -> String {
        let only_unsafe = |finding: &&Finding| finding.fixes.iter().map(|fix| fix.safety).max() == Some(Safety::Unsafe);
        let more = report.findings.iter().filter(only_unsafe).count();
        if self.unsafe_fixes || more == 0 { String::new() } else { format!("; {} more with --unsafe-fixes", fixes(more)) }
    }
}

/// Writes the files of a plan: the paths of those that were written, and what the system said about those that it refused.
fn write(job: &Job, plan: &Plan, terminal: &Terminal) -> (Vec<String>, Vec<String>) {
    let (mut written, mut failures) = (Vec::new(), Vec::new());
    for change in &plan.changes {
        let place = job.tree.find(&change.path).and_then(|entry| job.tree.absolute(entry));
        let Some(place) = place else { continue };
        match fix::change(&place, change) {
            Ok(()) => written.push(change.path.to_string()),
            Err(why @ Refusal::Io(_)) => failures.push(format!("{}: {why}", change.path)),
            Err(why) => terminal.note(&format!("{}: {why}", change.path)),
        }
    }
    (written, failures)
}

fn fixes(number: usize) -> String {
    if number == 1 { "1 fix".to_string() } else { format!("{number} fixes") }
}
