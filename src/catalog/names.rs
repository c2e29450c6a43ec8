//! Names that mean concurrency, or a latency: how flags, keys and constants are compared with the patterns of the knowledge base.

use rustc_hash::FxHashSet;

/// Patterns split by form, so that most names are answered by one look-up and a few substring searches.
#[derive(Clone, Default, Debug)]
pub struct Names {
    whole: FxHashSet<String>,
    patterns: Vec<String>,
    not_whole: FxHashSet<String>,
    not_patterns: Vec<String>,
}

impl Names {
    /// Takes the names of one source in.
    pub fn add(&mut self, names: &[String], not_names: &[String]) {
        for (list, whole, patterns) in
            [(names, &mut self.whole, &mut self.patterns), (not_names, &mut self.not_whole, &mut self.not_patterns)]
        {
            for name in list {
                if name.contains('*') {
                    patterns.push(name.clone());
                } else {
                    whole.insert(name.clone());
                }
            }
        }
    }

    /// Whether a name as written (`--max-workers`, `maxWorkers`, `MAX_WORKERS`) is one of them.
    pub fn contain(&self, name: &str) -> bool {
        let name = snake(name);
        let fits = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, &name));
        (self.whole.contains(&name) || fits(&self.patterns)) && !self.not_whole.contains(&name) && !fits(&self.not_patterns)
    }
}

/// A name in snake_case: `--max-workers`, `maxWorkers`, `MAX_WORKERS`, `app.max workers` → `max_workers`; of a dotted key the last part counts.
pub fn snake(name: &str) -> String {
    let last = name.rsplit(['.', '/', ':']).next().unwrap_or(name);
    let mut out = String::with_capacity(last.len() + 4);
    let mut before = ' ';
    let mut rest = last.chars().peekable();
    while let Some(c) = rest.next() {
        if c.is_alphanumeric() {
            // A new word starts at `aB`, and at the last capital of `ABCd`.
            let next_is_lower = rest.peek().is_some_and(|next| next.is_lowercase());
            let starts_word =
                c.is_uppercase() && (before.is_lowercase() || before.is_ascii_digit() || (before.is_uppercase() && next_is_lower));
            if starts_word && !out.ends_with('_') && !out.is_empty() {
                out.push('_');
            }
            out.extend(c.to_lowercase());
        } else if !out.ends_with('_') && !out.is_empty() {
            out.push('_');
        }
        before = c;
    }
    out.truncate(out.trim_end_matches('_').len());
    out
}

/// Whether a name fits a pattern in which `*` stands for any text, also none.
pub fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_of_a_name_are_one() {
        for name in [
            "max_workers",
            "--max-workers",
            "maxWorkers",
            "MaxWorkers",
            "MAX_WORKERS",
            "max.workers.MAX_WORKERS",
            "pool: Max Workers",
            "_max_workers",
        ] {
            assert_eq!(snake(name), "max_workers", "{name}");
        }
        assert_eq!(snake("numHTTPWorkers"), "num_http_workers");
        assert_eq!(snake("n2Jobs"), "n2_jobs");
        assert_eq!(snake("--"), "");
    }

    #[test]
    fn stars_stand_for_any_text() {
        assert!(matches("*concurren*", "max_concurrent_requests"));
        assert!(matches("*_workers", "max_workers"));
        assert!(!matches("*_workers", "workers"));
        assert!(!matches("*_workers", "workers_dir"));
        assert!(matches("a*b*c", "aXbYc") && matches("a*b*c", "abc") && !matches("a*b*c", "acb"));
        assert!(!matches("ab*b", "ab"), "the parts do not overlap");
    }
}
