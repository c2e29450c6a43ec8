//! The pages of the rules: front matter as data, text as it is.

use std::sync::OnceLock;

use crate::catalog::PAGES;
use crate::finding::Severity;

/// One rule's page, `rules/<id>.md`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Page {
    /// Id of the rule: the stem of the file.
    pub id: &'static str,
    /// What is wrong, in a line.
    pub summary: &'static str,
    /// How bad it is unless the settings say otherwise.
    pub severity: Severity,
    /// `performance`, `reliability`, `correctness` or `capacity`.
    pub category: &'static str,
    /// All of it, front matter included.
    pub markdown: &'static str,
}

/// All pages, by id. A page whose front matter cannot be read is left out; a test holds that there is none.
pub fn all() -> &'static [Page] {
    static ALL: OnceLock<Vec<Page>> = OnceLock::new();
    ALL.get_or_init(|| PAGES.iter().filter(|(stem, ..)| *stem != "README").filter_map(|(stem, _, text)| page(stem, text)).collect())
}

/// The page of a rule.
pub fn of(id: &str) -> Option<&'static Page> {
    all().iter().find(|page| page.id == id)
}

fn page(id: &'static str, text: &'static str) -> Option<Page> {
    let (front, _) = text.strip_prefix("---\n")?.split_once("\n---\n")?;
    let value = |key: &str| front.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':').map(str::trim));
    let severity = match value("severity")? {
        "note" => Severity::Note,
        "warning" => Severity::Warning,
        "error" => Severity::Error,
        _ => return None,
    };
    Some(Page { id, summary: value("summary")?, severity, category: value("category")?, markdown: text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_read() {
        let pages = PAGES.iter().filter(|(stem, _, _)| *stem != "README").count();
        assert_eq!(all().len(), pages);
        assert!(pages > 0 && all().is_sorted_by_key(|page| page.id));
    }
}
