//! Pipelines of GitHub and GitLab: the shell text of their steps.

use super::document::{Document, NodeId};
use super::excerpt::Excerpt;
use super::expand::{Dialect, Variables};
use super::services::environment;
use super::shell::Commands;

/// Reads the `run:` steps of a workflow or of a composite action.
pub(super) fn workflow(document: &Document, commands: &mut Commands<'_>) {
    let Some(&root) = document.roots.first() else { return };
    let mut outer = Variables::new(&commands.room);
    let global = take_environment(document, commands, root, "env", &mut outer);
    let jobs = document.get(root, "jobs").map(|jobs| document.table(jobs)).unwrap_or_default();
    let jobs = jobs.into_iter().map(|(_, job)| job).chain(document.get(root, "runs"));
    for job in jobs.collect::<Vec<_>>() {
        let mut variables = Variables::inside(&outer);
        let of_job = take_environment(document, commands, job, "env", &mut variables);
        for &step in document.get(job, "steps").map(|steps| document.list(steps)).unwrap_or_default() {
            let mut variables = Variables::inside(&variables);
            let of_step = take_environment(document, commands, step, "env", &mut variables);
            commands.environment = [global.clone(), of_job.clone(), of_step].concat();
            if let Some(run) = document.get(step, "run") {
                script(document, commands, run, &mut variables);
            }
        }
    }
    commands.environment.clear();
}

/// Reads the scripts of a GitLab pipeline: every table at the top is a job or says what holds for all.
pub(super) fn gitlab(document: &Document, commands: &mut Commands<'_>) {
    let Some(&root) = document.roots.first() else { return };
    let mut outer = Variables::new(&commands.room);
    let global = take_environment(document, commands, root, "variables", &mut outer);
    let jobs: Vec<NodeId> = std::iter::once(root).chain(document.table(root).into_iter().map(|(_, job)| job)).collect();
    for job in jobs {
        let mut variables = Variables::inside(&outer);
        let of_job = if job == root { Vec::new() } else { take_environment(document, commands, job, "variables", &mut variables) };
        commands.environment = [global.clone(), of_job].concat();
        for part in ["before_script", "script", "after_script"] {
            let Some(node) = document.get(job, part) else { continue };
            script(document, commands, node, &mut variables);
            for &line in document.list(node) {
                script(document, commands, line, &mut variables);
            }
        }
    }
    commands.environment.clear();
}

fn take_environment(
    document: &Document,
    commands: &Commands<'_>,
    node: NodeId,
    key: &str,
    variables: &mut Variables<'_>,
) -> Vec<(crate::facts::Name, crate::facts::config::Word)> {
    document.get(node, key).map(|node| environment(document, commands, node, variables)).unwrap_or_default()
}

fn script(document: &Document, commands: &mut Commands<'_>, node: NodeId, variables: &mut Variables<'_>) {
    let Some(text) = document.text(node) else { return };
    let span = document.span(node).range();
    let excerpt = Excerpt::decoded(text, commands.text, span.start, span.end);
    commands.read(&excerpt, Dialect::Shell, variables);
}
