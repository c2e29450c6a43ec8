//! The rules' pages as data: the front matter of each file in `rules/`, and its text.

use crate::render::RulePage;
use crate::rules;

/// All rules by id.
pub(super) fn all() -> Vec<RulePage<'static>> {
    let page = |page: &rules::page::Page| RulePage {
        id: page.id,
        summary: page.summary,
        severity: page.severity,
        category: page.category,
        page_markdown: page.markdown,
    };
    rules::page::all().iter().map(page).collect()
}

/// Ids of all rules, sorted.
pub(super) fn ids() -> Vec<&'static str> {
    rules::ids()
}

/// The text of a page without its front matter and its title.
pub(super) fn body<'a>(page: &RulePage<'a>) -> &'a str {
    let body =
        page.page_markdown.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")).map_or(page.page_markdown, |(_, body)| body);
    let title = format!("# {}\n", page.id);
    body.trim_start().strip_prefix(title.as_str()).unwrap_or(body).trim_start()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_read() {
        assert_eq!(all().len(), ids().len());
        for page in all() {
            assert!(!body(&page).starts_with(['-', '#']) || body(&page).starts_with("## "), "{}", page.id);
        }
    }
}
