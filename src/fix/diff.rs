//! What changed, as a unified diff that `patch -p1` and `git apply` take.

use std::fmt::Write as _;

use similar::TextDiff;

use super::FileChange;
use crate::render::escape;

/// Lines shown around a change.
const CONTEXT: usize = 3;

/// The diff of all changes, in their order; paths are relative to the root of the report.
pub fn unified(changes: &[FileChange]) -> String {
    let mut out = String::new();
    for FileChange { path, before, after } in changes {
        let lines = |text: &'_ str| -> Vec<String> { text.split_inclusive('\n').map(str::to_string).collect() };
        let (old, new) = (lines(before), lines(after));
        let (old, new): (Vec<&str>, Vec<&str>) = (old.iter().map(String::as_str).collect(), new.iter().map(String::as_str).collect());
        let diff = TextDiff::configure().newline_terminated(true).diff_slices(&old, &new);
        let name = escape::line(path);
        // A name with blanks ends where the tab is.
        let end = if name.contains(' ') { "\t" } else { "" };
        let mut patch = diff.unified_diff();
        let _ = write!(out, "{}", patch.context_radius(CONTEXT).header(&format!("a/{name}{end}"), &format!("b/{name}{end}")));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(path: &str, before: &str, after: &str) -> String {
        unified(&[FileChange { path: path.into(), before: before.into(), after: after.into() }])
    }

    #[test]
    fn line_ends_are_kept_and_a_missing_one_is_told() {
        assert_eq!(diff("a.py", "a\r\nb\r\n", "a\r\nc\r\n"), "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n a\r\n-b\r\n+c\r\n");
        let told = diff("a b.py", "x", "y");
        assert_eq!(
            told,
            "--- a/a b.py\t\n+++ b/a b.py\t\n@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+y\n\\ No newline at end of file\n"
        );
        assert_eq!(diff("a.py", "x\n", "x\n"), "");
    }
}
