//! Plans over whole projects: what was found is gone, nothing new is there, nothing else is touched.

use std::collections::BTreeSet;

use pool_advisor::discover::{Kind, Tree, classify};
use pool_advisor::finding::{Edit, Finding, Report, Safety, edited};
use pool_advisor::text::{FileId, Span};
use proptest::prelude::*;

use super::support::{Files, folders_in, load, root, twists};
use super::{check, mended, planned};

fn fixtures() -> Vec<(String, Files)> {
    let groups = folders_in(&root().join("fixtures"));
    let folders = groups.iter().flat_map(|group| folders_in(group));
    folders.map(|folder| (folder.display().to_string(), load(&folder).unwrap())).collect()
}

fn keys(report: &Report) -> Vec<String> {
    let mut keys: Vec<String> = report.findings.iter().map(|finding| finding.key.clone()).collect();
    keys.sort();
    keys
}

/// Lines (from 1) of a file that the fixes of a report may change.
fn lines_of_edits(report: &Report, path: &str) -> BTreeSet<usize> {
    let edits = report.findings.iter().flat_map(|finding| &finding.fixes).flat_map(|fix| &fix.edits);
    let here = edits.filter(|edit| *report.sources.get(edit.span.file).path == *path);
    here.flat_map(|edit| {
        let file = report.sources.get(edit.span.file);
        file.position(edit.span.start).line..=file.position(edit.span.end).line
    })
    .collect()
}

#[test]
fn every_fixture_is_mended() {
    let mut made = 0;
    for (name, files) in fixtures() {
        let (before, plan) = planned(&files, Safety::Unsafe);
        assert!(plan.dropped.is_empty(), "{name}: {:?}", plan.dropped);
        let after = check(&Tree::from_memory(mended(&files, &plan)));
        let has_fix = |finding: &&Finding| finding.fixes.iter().any(|fix| fix.safety != Safety::ShowOnly);
        let open: Vec<&Finding> = after.findings.iter().filter(has_fix).collect();
        assert!(open.is_empty(), "{name}: {open:?}");
        let new: Vec<String> = keys(&after).into_iter().filter(|key| !keys(&before).contains(key)).collect();
        assert!(new.is_empty(), "{name}: {new:?}");
        // Mending one may settle another that speaks of the same number.
        assert!(after.findings.len() + before.findings.iter().filter(has_fix).count() <= before.findings.len(), "{name}");
        assert!(after.problems.len() <= before.problems.len(), "{name}: {:?}", after.problems);
        for change in &plan.changes {
            let allowed = lines_of_edits(&before, &change.path);
            let diff = similar::TextDiff::from_lines(&*change.before, &*change.after);
            for gone in diff.iter_all_changes().filter(|line| line.tag() == similar::ChangeTag::Delete) {
                let line = gone.old_index().unwrap() + 1;
                assert!(allowed.contains(&line), "{name}: {}:{line} was changed", change.path);
            }
        }
        let (_, again) = planned(&mended(&files, &plan), Safety::Unsafe);
        assert!(again.changes.is_empty(), "{name}: {:?}", again.applied);
        made += plan.applied.len();
    }
    assert!(made > 30, "only {made} fixes were made");
}

#[test]
fn line_ends_make_no_difference() {
    for (name, files) in fixtures() {
        let (_, plan) = planned(&files, Safety::Unsafe);
        let (_, crlf) = planned(&twists::with_crlf(&files), Safety::Unsafe);
        let wanted: Vec<String> = plan.changes.iter().map(|change| change.after.replace("\r\n", "\n").replace('\n', "\r\n")).collect();
        let got: Vec<String> = crlf.changes.iter().map(|change| change.after.to_string()).collect();
        assert_eq!(got, wanted, "{name}");
    }
}

#[test]
fn safe_fixes_leave_every_limit_as_it_is() {
    let mut made = 0;
    for (name, files) in fixtures() {
        let (before, plan) = planned(&files, Safety::Safe);
        made += plan.applied.len();
        let after = check(&Tree::from_memory(mended(&files, &plan)));
        let capacities =
            |report: &Report| -> Vec<String> { report.pools.iter().map(|pool| pool.capacity.effective.amount.to_string()).collect() };
        assert_eq!(capacities(&before), capacities(&after), "{name}");
    }
    assert!(made > 0);
}

#[test]
fn every_fix_alone_parses() {
    for (name, files) in fixtures() {
        let report = check(&Tree::from_memory(files.clone()));
        for (finding, fix) in report.findings.iter().flat_map(|finding| finding.fixes.iter().map(move |fix| (finding, fix))) {
            let touched: BTreeSet<FileId> = fix.edits.iter().map(|edit| edit.span.file).collect();
            for file in touched.into_iter().map(|id| report.sources.get(id)) {
                let after = edited(&file.text, fix.edits.iter().filter(|edit| edit.span.file == file.id));
                let after = after.unwrap_or_else(|| panic!("{name}: {} does not fit", fix.title));
                if classify(&file.path) == Some(Kind::Python) {
                    let problems = |text: &str| {
                        let mut sources = pool_advisor::text::Sources::default();
                        let id = sources.add("x.py", text);
                        pool_advisor::read::python::read(sources.get(id), None).problems.len()
                    };
                    assert_eq!(problems(&after), problems(&file.text), "{name}: {} of {}\n{after}", fix.title, finding.rule);
                }
            }
        }
    }
}

#[test]
fn fixes_that_need_the_same_place_wait_for_the_next_round() {
    let text = "import aiohttp\n\nx = 1  # advisor: ignore[limits-ignored, client-per-request, limiter-per-call] not any more\n\
                s = aiohttp.ClientSession()\n";
    let (report, plan) = planned(&vec![("a.py".into(), text.into())], Safety::Safe);
    assert_eq!(report.findings.len(), 3);
    assert_eq!(plan.applied.len(), 3, "{plan:?}");
    assert_eq!(&*plan.changes[0].after, "import aiohttp\n\nx = 1\ns = aiohttp.ClientSession()\n");
}

#[test]
fn a_fix_that_mends_nothing_is_dropped_and_told() {
    let (name, files) = fixtures().into_iter().find(|(name, _)| name.ends_with("llm-burst")).unwrap();
    let tree = Tree::from_memory(files);
    let report = check(&tree);
    // An analysis that does not see the change finds what it found before.
    let plan = pool_advisor::fix::plan(&report, Safety::Unsafe, |_| check(&tree));
    assert!(plan.changes.is_empty() && plan.applied.is_empty(), "{name}");
    assert!(plan.dropped[0].message.contains("would not mend it"), "{:?}", plan.dropped);
}

#[test]
fn a_fix_that_breaks_the_file_is_dropped_and_its_neighbours_are_not() {
    let (_, files) = fixtures().into_iter().find(|(name, _)| name.ends_with("concurrency/executor")).unwrap();
    let tree = Tree::from_memory(files);
    let mut report = check(&tree);
    let count = report.findings.iter().filter(|finding| !finding.fixes.is_empty()).count();
    let broken = report.findings.iter_mut().find(|finding| !finding.fixes.is_empty()).unwrap();
    broken.fixes[0].edits[0].replacement = ")))".into();
    let plan = pool_advisor::fix::plan(&report, Safety::Unsafe, |changes| check(&tree.with_texts(super::texts(changes))));
    assert!(plan.dropped[0].message.contains("does not parse"), "{:?}", plan.dropped);
    // Checked anew, the finding has its sound fix again, which the next round leaves: a fix of that title was dropped.
    assert_eq!(plan.applied.len(), count - 1);
}

proptest! {
    /// Edits of a text against the plainest model of them: byte by byte.
    #[test]
    fn edits_do_what_they_say(text in "[a-zé\n]{0,40}", cuts in prop::collection::vec((0usize..60, 0usize..6, "[A-Zß]{0,3}"), 0..6)) {
        let file = FileId(0);
        let edits: Vec<Edit> =
            cuts.iter().map(|(start, length, new)| Edit { span: Span::new(file, *start, start + length), replacement: new.clone() }).collect();
        let fits = edits.iter().all(|edit| text.get(edit.span.range()).is_some());
        let collide = (0..edits.len()).any(|one| (0..one).any(|other| edits[one].touches(&edits[other])));
        let result = edited(&text, &edits);
        prop_assert_eq!(result.is_some(), fits && !collide);
        if let Some(result) = result {
            let mut model = Vec::new();
            for at in 0..=text.len() {
                for edit in edits.iter().filter(|edit| edit.span.start as usize == at) {
                    model.extend_from_slice(edit.replacement.as_bytes());
                }
                if at < text.len() && !edits.iter().any(|edit| edit.span.range().contains(&at)) {
                    model.push(text.as_bytes()[at]);
                }
            }
            prop_assert_eq!(result.into_bytes(), model);
        }
    }
}
