//! From fixes to files: which edits go together, whether the result parses and mends what it should, what differs, and writing it.

mod diff;
mod parse;
mod plan;
mod write;

use std::sync::Arc;

pub use diff::unified;
pub use plan::{Applied, MAX_ROUNDS, Plan, plan};
pub use write::{Refusal, change, replace};

/// A file before and after its fixes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileChange {
    /// Path relative to the root of the report, with `/`.
    pub path: Arc<str>,
    /// The text that was read.
    pub before: Arc<str>,
    /// The text with the fixes made.
    pub after: Arc<str>,
}
