//! The rules' pages as data: the front matter of each file in `rules/`, and its text.

use crate::catalog::PAGES;
use crate::finding::Severity;
use crate::render::RulePage;

/// All rules by id. A page whose front matter cannot be read is left out; a test holds that there is none.
pub(super) fn all() -> Vec<RulePage<'static>> {
    PAGES.iter().filter(|(stem, _, _)| *stem != "README").filter_map(|(stem, _, text)| page(stem, text)).collect()
}

/// Ids of all rules, sorted.
pub(super) fn ids() -> Vec<&'static str> {
    all().iter().map(|page| page.id).collect()
}

/// The text of a page without its front matter and its title.
pub(super) fn body<'a>(page: &RulePage<'a>) -> &'a str {
    let body =
        page.page_markdown.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")).map_or(page.page_markdown, |(_, body)| body);
    let title = format!("# {}\n", page.id);
    body.trim_start().strip_prefix(title.as_str()).unwrap_or(body).trim_start()
}

fn page(id: &'static str, text: &'static str) -> Option<RulePage<'static>> {
    let (front, _) = text.strip_prefix("---\n")?.split_once("\n---\n")?;
    let value = |key: &str| front.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':').map(str::trim));
    let severity = match value("severity")? {
        "note" => Severity::Note,
        "warning" => Severity::Warning,
        "error" => Severity::Error,
        _ => return None,
    };
    Some(RulePage { id, summary: value("summary")?, severity, category: value("category")?, page_markdown: text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_read() {
        let pages = PAGES.iter().filter(|(stem, _, _)| *stem != "README").count();
        assert_eq!(all().len(), pages);
        assert!(pages > 0 && ids().is_sorted());
        for page in all() {
            assert!(!body(&page).starts_with(['-', '#']) || body(&page).starts_with("## "), "{}", page.id);
        }
    }
}
