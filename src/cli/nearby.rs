//! Paths as they are typed in the folder where the command runs.
//!
//! Reports count paths from the root of the repository, and so do the formats for machines. What people read, click on and hand to an
//! editor counts from where they stand.

use std::path::Path;

use crate::finding::Report;

/// Where the command runs, and where the paths of its report count from.
pub(super) struct Standpoint<'a> {
    /// The folder in which the command runs, without links.
    pub here: &'a Path,
    /// The root of the report; empty where there is no file system behind it.
    pub root: &'a Path,
}

impl Standpoint<'_> {
    /// A path of the report as it is typed here: below this folder, through `..` inside the same root, else absolute.
    pub(super) fn path(&self, path: &str) -> String {
        if self.root.as_os_str().is_empty() || self.here == self.root || path.is_empty() {
            return path.to_string();
        }
        let whole = self.root.join(path);
        if let Ok(below) = whole.strip_prefix(self.here) {
            return slashed(below);
        }
        if !self.here.starts_with(self.root) || !whole.starts_with(self.root) {
            return slashed(&whole);
        }
        let shared = self.here.components().zip(whole.components()).take_while(|(one, other)| one == other).count();
        let up = self.here.components().count() - shared;
        let rest: std::path::PathBuf = whole.components().skip(shared).collect();
        format!("{}{}", "../".repeat(up), slashed(&rest))
    }

    /// The report with the paths of its texts and problems as they are typed here.
    pub(super) fn report(&self, report: &Report) -> Report {
        let mut near = report.clone();
        near.sources.rename(|path| self.path(path));
        for problem in &mut near.problems {
            problem.path = self.path(&problem.path);
        }
        for read in &mut near.reads {
            read.path = self.path(&read.path);
        }
        near
    }
}

fn slashed(path: &Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' { text.into_owned() } else { text.replace(std::path::MAIN_SEPARATOR, "/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(here: &str, root: &str, path: &str) -> String {
        Standpoint { here: Path::new(here), root: Path::new(root) }.path(path)
    }

    #[cfg(unix)]
    #[test]
    fn paths_lead_from_here_to_the_file() {
        assert_eq!(path("/r", "/r", "app/a.py"), "app/a.py");
        assert_eq!(path("/r/app", "/r", "app/a.py"), "a.py");
        assert_eq!(path("/r/app/x", "/r", "app/a.py"), "../a.py");
        assert_eq!(path("/r/tests", "/r", "app/a.py"), "../app/a.py");
        assert_eq!(path("/", "/r/inner", "app/a.py"), "r/inner/app/a.py");
        assert_eq!(path("/elsewhere", "/r", "app/a.py"), "/r/app/a.py");
        assert_eq!(path("/r/app", "/r", "/outside/a.py"), "/outside/a.py");
        assert_eq!(path("/r/app", "", "app/a.py"), "app/a.py");
    }
}
