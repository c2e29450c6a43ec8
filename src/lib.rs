//! `advisor`: a static linter and advisor for client connection pools and the concurrency that runs through them.
//!
//! The modules stand in one line; a module may name only modules to its left, and this file may name all:
//!
//! ```text
//! text → queueing → value → catalog → settings → facts → finding → discover → read → resolve → link → suppress → rules → render → fix → probe → lsp → cli
//! ```

pub mod catalog;
pub mod cli;
pub mod discover;
pub mod facts;
pub mod finding;
pub mod fix;
pub mod link;
#[cfg(feature = "probe")]
pub mod probe;
pub mod queueing;
pub mod read;
pub mod render;
pub mod resolve;
pub mod rules;
pub mod settings;
pub mod suppress;
pub mod text;
pub mod value;

use catalog::Catalog;
use discover::Tree;
use finding::Report;
use settings::Settings;

/// Checks the programs of a tree: seeds → read → resolve → link → judge → silence → sort → report.
pub fn check(tree: &Tree, catalog: &Catalog, settings: &Settings) -> Report {
    // Following values is recursive, bounded in depth; the bound fits this stack and not that of every thread.
    std::thread::scope(|scope| {
        let started = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, || run(tree, catalog, settings));
        match started.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(report)) => report,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(_) => run(tree, catalog, settings),
        }
    })
}

/// Stack of the thread that follows values.
const STACK_BYTES: usize = 128 << 20;

fn run(tree: &Tree, catalog: &Catalog, settings: &Settings) -> Report {
    let (mut project, mut reading) = resolve::read_seeds(tree, catalog);
    let (pools, concurrency, cases, findings) = loop {
        let evaluator = resolve::Evaluator::new(&project);
        let explored = link::explore(&evaluator);
        if let Some(round) = reading.next(&project, evaluator.questions(), evaluator.take_wants()) {
            drop(explored);
            drop(evaluator);
            reading.read(&mut project, round);
            continue;
        }
        // Nothing more to read: what was asked last holds, and need not be asked again.
        let linked = link::link(&evaluator, explored, settings);
        if evaluator.gave_up() || reading.is_short() {
            let why =
                "more to follow than is followed: values and callers far from their pools are not known; scan its programs one by one";
            reading.problems.push(text::Problem::of_file(tree.root().display().to_string(), why));
        }
        let findings = rules::judge(&rules::Context { linked: &linked, evaluator: &evaluator, sources: &project.sources, settings });
        break (linked.pools, linked.concurrency, linked.cases, findings);
    };
    let sources = std::mem::take(&mut project.sources);
    let resolve::Reading { counters, problems, mut reads, .. } = reading;
    reads.sort();
    let mut report = Report { sources, counters, pools, concurrency, cases, findings, silenced: 0, problems, reads };
    suppress::silence(&mut report, &rules::ids(), |rule| rules::severity(rule, settings));
    report.findings.retain(|finding| finding.certainty >= settings.min_certainty);
    report.sort();
    report
}
