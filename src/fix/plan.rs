//! Which fixes are made: those that do not get in each other's way, in rounds, each round checked by a new run over the changed texts.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{FileChange, parse};
use crate::finding::{self, Edit, Finding, Fix, Report, Safety};
use crate::text::{FileId, Problem};

/// Most rounds: what overlaps after that is left for another run.
pub const MAX_ROUNDS: usize = 8;

/// A fix that the plan makes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Applied {
    /// File of the finding, relative to the root of the report.
    pub path: Arc<str>,
    /// Line of the finding when it was fixed.
    pub line: usize,
    /// The rule that found it.
    pub rule: &'static str,
    /// What the fix does.
    pub title: String,
}

/// What fixing comes to.
#[derive(Debug, Default)]
pub struct Plan {
    /// Files that change, by path.
    pub changes: Vec<FileChange>,
    /// Fixes that are made, round by round.
    pub applied: Vec<Applied>,
    /// Fixes that were not made, and why.
    pub dropped: Vec<Problem>,
}

/// Chooses fixes that are at least as safe as `minimum` and makes them in memory. `check` runs the whole analysis with the changed
/// texts in place of those on disk: a fix after which its finding is still there, another one appears or a file does not parse
/// is dropped and told.
pub fn plan(report: &Report, minimum: Safety, mut check: impl FnMut(&[FileChange]) -> Report) -> Plan {
    let minimum = minimum.max(Safety::Unsafe);
    let mut state = State { report: report.clone(), changes: BTreeMap::new() };
    let mut plan = Plan::default();
    for _ in 0..MAX_ROUNDS {
        let chosen = choose(&state.report, minimum, &plan.dropped);
        if chosen.is_empty() {
            break;
        }
        let mut round = Round { state: &state, minimum, check: &mut check, accepted: Vec::new(), best: None, dropped: Vec::new() };
        round.take(&chosen);
        let (accepted, best, dropped) = (round.accepted, round.best, round.dropped);
        plan.applied.extend(accepted.iter().map(|candidate| applied(&state.report, candidate)));
        plan.dropped.extend(dropped);
        if let Some(next) = best {
            state = next;
        }
    }
    plan.changes = state.changes.into_values().filter(|change| change.before != change.after).collect();
    plan.dropped.sort();
    plan.dropped.dedup();
    plan
}

/// The texts after some rounds, and what is found in them.
#[derive(Clone)]
struct State {
    report: Report,
    changes: BTreeMap<Arc<str>, FileChange>,
}

/// A finding with the fix that is tried.
#[derive(Clone, Copy)]
struct Candidate<'r> {
    finding: &'r Finding,
    fix: &'r Fix,
}

/// The first fix of a finding that may be made.
fn fix_of(finding: &Finding, minimum: Safety) -> Option<&Fix> {
    finding.fixes.iter().find(|fix| fix.safety >= minimum && !fix.edits.is_empty())
}

/// Fixes of a report that do not touch each other, in the order of its findings, without those that were dropped before.
fn choose<'r>(report: &'r Report, minimum: Safety, dropped: &[Problem]) -> Vec<Candidate<'r>> {
    let mut chosen: Vec<Candidate<'r>> = Vec::new();
    for finding in &report.findings {
        let Some(fix) = fix_of(finding, minimum) else { continue };
        let candidate = Candidate { finding, fix };
        let was_dropped = dropped.iter().any(|problem| is_about(report, problem, candidate));
        let others = || chosen.iter().flat_map(|other| &other.fix.edits);
        // The same edit twice is one edit: two findings may want the same number.
        let collides = fix.edits.iter().any(|edit| others().any(|other| other != edit && other.touches(edit)));
        if !was_dropped && !collides {
            chosen.push(candidate);
        }
    }
    chosen
}

fn applied(report: &Report, candidate: &Candidate<'_>) -> Applied {
    let span = candidate.finding.span;
    Applied {
        path: report.sources.get(span.file).path.clone(),
        line: report.sources.position(span).line,
        rule: candidate.finding.rule,
        title: candidate.fix.title.clone(),
    }
}

fn dropped(report: &Report, candidate: Candidate<'_>, why: &str) -> Problem {
    let Candidate { finding, fix } = candidate;
    let file = report.sources.get(finding.span.file);
    Problem::at(file, finding.span.start as usize, format!("not fixed: to {} {why} ({})", fix.title, finding.rule))
}

/// Whether a message tells that this fix was dropped; lines may have moved since.
fn is_about(report: &Report, problem: &Problem, candidate: Candidate<'_>) -> bool {
    let Candidate { finding, fix } = candidate;
    *problem.path == *report.sources.get(finding.span.file).path
        && problem.message.starts_with(&format!("not fixed: to {} ", fix.title))
        && problem.message.ends_with(&format!(" ({})", finding.rule))
}

/// One round: as many of the chosen fixes as can be made together.
struct Round<'r, 'c> {
    state: &'r State,
    minimum: Safety,
    check: &'c mut dyn FnMut(&[FileChange]) -> Report,
    accepted: Vec<Candidate<'r>>,
    best: Option<State>,
    dropped: Vec<Problem>,
}

impl<'r> Round<'r, '_> {
    /// Takes all of a group, or else what can be taken of its halves.
    fn take(&mut self, group: &[Candidate<'r>]) {
        let mut open: Vec<Vec<Candidate<'r>>> = vec![group.to_vec()];
        while let Some(group) = open.pop() {
            let all: Vec<Candidate<'r>> = self.accepted.iter().chain(&group).copied().collect();
            match self.attempt(&all) {
                Ok(next) => {
                    self.accepted = all;
                    self.best = Some(next);
                }
                Err(why) => match group.as_slice() {
                    [] => {}
                    [only] => self.dropped.push(dropped(&self.state.report, *only, &why)),
                    many => {
                        let (first, second) = many.split_at(many.len() / 2);
                        open.push(second.to_vec());
                        open.push(first.to_vec());
                    }
                },
            }
        }
    }

    /// The state after these fixes, or why they cannot be made.
    fn attempt(&mut self, candidates: &[Candidate<'r>]) -> Result<State, String> {
        let report = &self.state.report;
        let mut edits: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
        for edit in candidates.iter().flat_map(|candidate| &candidate.fix.edits) {
            let of_file = edits.entry(edit.span.file).or_default();
            if !of_file.contains(&edit) {
                of_file.push(edit);
            }
        }
        let mut changes = self.state.changes.clone();
        for (file, edits) in edits {
            let file = report.sources.get(file);
            let after: Arc<str> = finding::edited(&file.text, edits).ok_or("does not fit the text")?.into();
            if let Some(problem) = parse::new_problem(&file.path, &file.text, &after) {
                return Err(format!("would leave a file that does not parse: {}: {problem}", file.path));
            }
            let before = changes.get(&file.path).map_or_else(|| file.text.clone(), |change| change.before.clone());
            changes.insert(file.path.clone(), FileChange { path: file.path.clone(), before, after });
        }
        let all: Vec<FileChange> = changes.values().cloned().collect();
        let next = (self.check)(&all);
        self.compare(candidates, &next)?;
        Ok(State { report: next, changes })
    }

    /// Whether what was fixed is gone, and nothing new is there that no fix will mend.
    fn compare(&self, candidates: &[Candidate<'_>], next: &Report) -> Result<(), String> {
        let (before, after) = (counts(&self.state.report), counts(next));
        let mut mended: BTreeMap<&str, usize> = BTreeMap::new();
        for candidate in candidates {
            *mended.entry(&candidate.finding.key).or_default() += 1;
        }
        for (key, number) in &mended {
            let count = |counts: &BTreeMap<&str, usize>| counts.get(key).copied().unwrap_or(0);
            if count(&after) + number > count(&before) {
                return Err("would not mend it".to_string());
            }
        }
        let is_new = |finding: &&Finding| after.get(&*finding.key) > before.get(&*finding.key);
        let new = next.findings.iter().filter(is_new).find(|finding| fix_of(finding, self.minimum).is_none());
        match new {
            Some(new) => Err(format!("would cause another finding, {}: {}", next.sources.place(new.span), new.rule)),
            None => Ok(()),
        }
    }
}

/// How often each key is found.
fn counts(report: &Report) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for finding in &report.findings {
        *counts.entry(&*finding.key).or_default() += 1;
    }
    counts
}
