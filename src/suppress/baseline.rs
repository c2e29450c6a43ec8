//! The baseline: a file with the keys of findings that are known and not to be told again.
//!
//! ```json
//! {"schema": 1, "keys": ["pool-below-concurrency:app/llm.py:connector:limit_per_host"]}
//! ```
//!
//! Keys hold no line numbers, so that a baseline survives edits elsewhere in a file. A key that stands there twice silences two findings.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::finding::Report;
use crate::text::{Problem, Sources, load};

/// Number of the file's shape.
const SCHEMA: u32 = 1;

/// Keys of findings, sorted; each as often as it may occur.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Baseline {
    keys: Vec<String>,
}

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    schema: u32,
    keys: Vec<String>,
}

impl Baseline {
    /// The findings of a report.
    pub fn of(report: &Report) -> Self {
        let mut keys: Vec<String> = report.findings.iter().map(|finding| finding.key.clone()).collect();
        keys.sort();
        Self { keys }
    }

    /// How many findings it holds.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The text of its file, one key a line, so that changes are read easily in a diff.
    pub fn to_text(&self) -> String {
        let written = Written { schema: SCHEMA, keys: self.keys.clone() };
        // Numbers and texts always have a JSON form.
        serde_json::to_string_pretty(&written).unwrap_or_default() + "\n"
    }
}

/// Reads a baseline.
///
/// # Errors
/// When the file cannot be read, is no JSON of the right shape or of a newer schema; with the place.
pub fn read(path: &Path) -> Result<Baseline, Problem> {
    let shown = path.display().to_string();
    let text = load(path).map_err(|why| Problem::of_file(&shown, why.to_string()))?;
    parse(&shown, &text)
}

/// Reads the text of a baseline; `path` is for messages.
///
/// # Errors
/// As [`read`].
pub fn parse(path: &str, text: &str) -> Result<Baseline, Problem> {
    let mut keys = match serde_json::from_str::<Written>(text) {
        Ok(Written { schema: SCHEMA, keys }) => keys,
        Ok(Written { schema, .. }) => {
            return Err(Problem::of_file(
                path,
                format!("this baseline has schema {schema}, this version of advisor reads schema {SCHEMA}"),
            ));
        }
        Err(why) => {
            let message = why.to_string();
            let said = message.rsplit_once(" at line ").map_or(message.as_str(), |(said, _)| said);
            let message = format!("no baseline: {said}");
            let mut sources = Sources::default();
            let id = sources.add(path, text);
            let file = sources.get(id);
            // A place of 0:0 is serde's word for "nowhere".
            let Some(start) = file.line_start(why.line()) else { return Err(Problem::of_file(path, message)) };
            return Err(Problem::at(file, start + why.column().saturating_sub(1), message));
        }
    };
    keys.sort();
    Ok(Baseline { keys })
}

/// Drops the findings that the baseline holds, counts them in [`Report::silenced`], and returns the keys that no finding has any more.
pub fn apply(report: &mut Report, baseline: &Baseline) -> Vec<String> {
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for key in &baseline.keys {
        *left.entry(key).or_default() += 1;
    }
    let before = report.findings.len();
    report.findings.retain(|finding| match left.get_mut(finding.key.as_str()) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    });
    report.silenced += before - report.findings.len();
    left.into_iter().flat_map(|(key, count)| std::iter::repeat_n(key.to_string(), count)).collect()
}
