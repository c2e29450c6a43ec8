//! A rule's page: front matter, sections and the projects in its examples.

use std::collections::BTreeMap;

use super::Files;

/// The headings that every page has, in their order.
pub const SECTIONS: [&str; 6] = ["What it says", "Why it matters", "What you see", "Examples", "How to fix", "References"];

/// The keys of the front matter.
pub const KEYS: [&str; 4] = ["summary", "severity", "category", "since"];

/// A page as its author wrote it.
#[derive(Debug)]
pub struct Page {
    /// `key: value` lines between the two `---` lines.
    pub front: BTreeMap<String, String>,
    /// Text of the `# ` heading.
    pub title: String,
    /// Texts of the `## ` headings.
    pub sections: Vec<String>,
    /// Projects in the examples: name, files.
    pub projects: Vec<(String, Files)>,
}

/// Reads a page.
///
/// # Errors
/// When the front matter or a fence is not closed.
pub fn parse(text: &str) -> Result<Page, String> {
    let rest = text.strip_prefix("---\n").ok_or("the page does not open with front matter")?;
    let (front, body) = rest.split_once("\n---\n").ok_or("the front matter is not closed")?;
    let front = front.lines().filter_map(|line| line.split_once(": ")).map(|(key, value)| (key.into(), value.trim().into())).collect();
    let mut page = Page { front, title: String::new(), sections: Vec::new(), projects: Vec::new() };
    let mut lines = body.lines();
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            let mut code = String::new();
            loop {
                match lines.next() {
                    None => return Err(format!("the fence ```{info} is not closed")),
                    Some("```") => break,
                    Some(line) => code.extend([line, "\n"]),
                }
            }
            if page.sections.last().is_some_and(|section| section == "Examples") {
                add(&mut page.projects, info, code);
            }
        } else if let Some(title) = line.strip_prefix("# ") {
            page.title = title.into();
        } else if let Some(section) = line.strip_prefix("## ") {
            page.sections.push(section.into());
        }
    }
    Ok(page)
}

fn add(projects: &mut Vec<(String, Files)>, info: &str, code: String) {
    let word = |key: &str| info.split_whitespace().find_map(|word| word.strip_prefix(key));
    let project = word("project=");
    let path = word("file=").unwrap_or("example.py").to_string();
    match project.and_then(|name| projects.iter_mut().find(|(known, _)| known == name)) {
        Some((_, files)) => files.push((path, code.into_bytes())),
        None => {
            let name = project.map_or_else(|| format!("example {}", projects.len() + 1), str::to_string);
            projects.push((name, vec![(path, code.into_bytes())]));
        }
    }
}
