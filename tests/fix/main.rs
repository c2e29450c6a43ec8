//! Fixes: what they change in every fixture and layout, how they are written, and that a killed process leaves no broken file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod command;
mod disk;
mod layouts;
mod planning;

use pool_advisor::catalog::Catalog;
use pool_advisor::discover::Tree;
use pool_advisor::finding::{Report, Safety};
use pool_advisor::fix::{FileChange, Plan, plan};
use pool_advisor::settings::Settings;
use support::Files;

/// Analysis of a tree.
fn check(tree: &Tree) -> Report {
    pool_advisor::check(tree, Catalog::built_in(), &Settings::default())
}

/// The report of a project, and the plan of its fixes.
fn planned(files: &Files, minimum: Safety) -> (Report, Plan) {
    let tree = Tree::from_memory(files.clone());
    let report = check(&tree);
    let plan = plan(&report, minimum, |changes| check(&tree.with_texts(texts(changes))));
    (report, plan)
}

fn texts(changes: &[FileChange]) -> impl Iterator<Item = (&str, &str)> {
    changes.iter().map(|change| (&*change.path, &*change.after))
}

/// The project after the plan.
fn mended(files: &Files, plan: &Plan) -> Files {
    let mut files = files.clone();
    for change in &plan.changes {
        let file = files.iter_mut().find(|(path, _)| **path == *change.path).unwrap();
        assert_eq!(file.1, change.before.as_bytes(), "{} was not read as it is", change.path);
        file.1 = change.after.as_bytes().to_vec();
    }
    files
}
