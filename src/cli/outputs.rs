//! Where reports go: standard output and files, each in its format.

use std::collections::BTreeSet;

use super::args::Output;
use super::terminal::Terminal;
use super::{Failure, write};
use crate::render::Format;

/// The outputs as asked for: the human one where none is; one at most to standard output (none where the diff goes there), none twice
/// to a file.
pub(super) fn asked(asked: &[Output], diff: bool) -> Result<Vec<Output>, Failure> {
    if diff && asked.iter().any(|output| output.path.is_none()) {
        return Err(Failure::new(
            "--diff: the diff and a report cannot both go to standard output; write the report to a file with `FORMAT=PATH`",
        ));
    }
    if asked.is_empty() && !diff {
        return Ok(vec![Output { format: Format::Human, path: None }]);
    }
    let mut places = BTreeSet::new();
    for output in asked {
        if !places.insert(&output.path) {
            let place = output.path.as_ref().map_or_else(|| "standard output".into(), |path| path.display().to_string());
            return Err(Failure::new(format!("--output: two reports cannot both go to {place}; write one to a file with `FORMAT=PATH`")));
        }
    }
    Ok(asked.to_vec())
}

/// Writes the files, then standard output: who sees the report there can count on the files. `render` is told the format and whether it goes
/// to a file.
pub(super) fn deliver(outputs: &[Output], terminal: &Terminal, render: impl Fn(Format, bool) -> String) -> Result<(), Failure> {
    let mut printed = None;
    for Output { format, path } in outputs {
        match path {
            Some(path) => write::file(path, &render(*format, true))?,
            None => printed = Some(*format),
        }
    }
    match printed {
        Some(format) => terminal.print(&render(format, false)),
        None => Ok(()),
    }
}
