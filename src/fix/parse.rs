//! Whether a text is as sound as it was: no syntax problem that was not there before.

use std::sync::Arc;

use crate::discover::{Kind, classify, classify_content};
use crate::read;
use crate::text::{Language, Problem, Sources};

/// What a reader complains about in `after` and does not in `before`; `None` where it is as sound as before.
pub(super) fn new_problem(path: &Arc<str>, before: &Arc<str>, after: &Arc<str>) -> Option<String> {
    let (old, new) = (problems(path, before), problems(path, after));
    // A problem that moves with its line is the same one.
    if new.len() > old.len() { new.into_iter().find(|problem| !old.contains(problem)).or(Some("a syntax error".to_string())) } else { None }
}

fn problems(path: &Arc<str>, text: &Arc<str>) -> Vec<String> {
    let mut sources = Sources::default();
    let id = sources.add(path.clone(), text.clone());
    let file = sources.get(id);
    let found: Vec<Problem> = match classify(path).or_else(|| classify_content(text.as_bytes())) {
        Some(Kind::Python) => read::source(file, Language::Python, None).problems,
        Some(Kind::Rust) => read::source(file, Language::Rust, None).problems,
        Some(kind) => read::config::read(file, kind).problems,
        None => Vec::new(),
    };
    found.into_iter().map(|problem| problem.message).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound(path: &str, before: &str, after: &str) -> bool {
        new_problem(&path.into(), &before.into(), &after.into()).is_none()
    }

    #[test]
    fn only_new_problems_count() {
        assert!(sound("a.py", "f(x)\n", "f(x, y=1)\n"));
        assert!(!sound("a.py", "f(x)\n", "f(x y=1)\n"));
        assert!(sound("a.py", "def f(:\n  pass\nx = 1\n", "def f(:\n  pass\nx = 2\n"));
        assert!(!sound("a.toml", "x = 1\n", "x = = 1\n"));
        assert!(!sound("a.yaml", "x: [1]\n", "x: [1\n"));
    }
}
