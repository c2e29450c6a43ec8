//! Pages in Markdown as text for a terminal: wrapped, headings in bold, code set in, links written out.
//!
//! It knows what the pages of this project use: headings, paragraphs, lists, fenced code and tables.

use std::fmt::Write as _;

use clap::builder::styling::{AnsiColor, Style};

use crate::render::human;

/// Styles of the parts of a page; plain where there are no colours.
#[derive(Clone, Copy, Default)]
pub(super) struct Styles {
    /// Titles and headings.
    pub heading: Style,
    /// Code and names.
    pub code: Style,
}

impl Styles {
    /// With or without colours.
    pub(super) fn new(color: bool) -> Self {
        if color { Self { heading: Style::new().bold(), code: AnsiColor::Cyan.on_default() } } else { Self::default() }
    }
}

/// A page for `width` columns.
pub(super) fn text(page: &str, width: usize, styles: Styles) -> String {
    let mut out = String::new();
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        if line.trim().is_empty() {
            continue;
        }
        // A blank line between blocks, but none between the items of a list.
        let is_next_item = is_item(line) && out.lines().last().is_some_and(|last| last.starts_with(['-', ' ']));
        if !out.is_empty() && !is_next_item {
            out.push('\n');
        }
        if line.starts_with("```") {
            for code in lines.by_ref().take_while(|line| !line.starts_with("```")) {
                let shown = if code.is_empty() { String::new() } else { format!("    {}{code}{:#}", styles.code, styles.code) };
                let _ = writeln!(out, "{shown}");
            }
        } else if line.starts_with('#') {
            let _ = writeln!(out, "{}{}{:#}", styles.heading, line.trim_start_matches('#').trim(), styles.heading);
        } else if line.starts_with('|') {
            let mut rows = vec![line];
            while let Some(row) = lines.next_if(|line| line.starts_with('|')) {
                rows.push(row);
            }
            table(&mut out, &rows);
        } else {
            let item = is_item(line);
            let mut block = line.trim().to_string();
            while let Some(more) = lines.next_if(|next| continues(next)) {
                block.push(' ');
                block.push_str(more.trim());
            }
            wrap(&mut out, &inline(&block), width, "", if item { "  " } else { "" });
        }
    }
    out
}

/// Appends a text, wrapped to `width` columns; `first` stands before the first line, `rest` before the others.
pub(super) fn wrap(out: &mut String, text: &str, width: usize, first: &str, rest: &str) {
    // Users' own files of the knowledge base come this way too: `hang` makes them harmless.
    for line in human::hang(text, width.max(40), first, rest) {
        let _ = writeln!(out, "{line}");
    }
}

fn is_item(line: &str) -> bool {
    line.starts_with("- ")
}

fn continues(line: &str) -> bool {
    !line.trim().is_empty() && !is_item(line) && !line.starts_with(['#', '|', '`']) || line.starts_with('`') && !line.starts_with("```")
}

/// Links written out; `<url>` and emphasis without their marks. Code keeps its backticks.
fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Every second part is code.
    for (index, part) in text.split('`').enumerate() {
        if index % 2 == 1 {
            let _ = write!(out, "`{part}`");
        } else {
            out.push_str(&links(&part.replace("**", "").replace("<http", "http").replace('>', "")));
        }
    }
    out
}

/// `[text](target)` → `text (target)`.
fn links(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, label, target, after)) = link(rest) {
        let _ = write!(out, "{before}{label} ({target})");
        rest = after;
    }
    out.push_str(rest);
    out
}

fn link(text: &str) -> Option<(&str, &str, &str, &str)> {
    let (head, tail) = text.split_once("](")?;
    let (before, label) = head.rsplit_once('[')?;
    let (target, after) = tail.split_once(')')?;
    Some((before, label, target, after))
}

fn table(out: &mut String, rows: &[&str]) {
    let is_rule = |row: &&&str| !row.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '));
    let cells: Vec<Vec<String>> =
        rows.iter().filter(is_rule).map(|row| row.trim().trim_matches('|').split('|').map(|cell| inline(cell.trim())).collect()).collect();
    let columns = cells.iter().map(Vec::len).max().unwrap_or(0);
    let width =
        |column: usize| cells.iter().filter_map(|row| row.get(column)).map(|cell| textwrap::core::display_width(cell)).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in &cells {
        let mut line = String::from("  ");
        for (cell, width) in row.iter().zip(&widths) {
            let blanks = width.saturating_sub(textwrap::core::display_width(cell)) + 2;
            let _ = write!(line, "{cell}{}", " ".repeat(blanks));
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_laid_out() {
        let page = "# T\n\nOne `a > b` [two](https://x.y)\nthree <https://z>.\n\n- item that\n  goes on\n- next\n\n```python\nx = 1\n\ny = 2\n```\n| a | b |\n|---|---|\n| long | c |\n";
        let expected = "T\n\nOne `a > b` two (https://x.y) three https://z.\n\n- item that goes on\n- next\n\n    x = 1\n\n    y = 2\n\n  a     b\n  long  c\n";
        assert_eq!(text(page, 80, Styles::default()), expected);
    }

    #[test]
    fn long_lines_are_wrapped_and_headings_are_bold() {
        let shown = text(&format!("## H\n\n- {}", "word ".repeat(20)), 40, Styles::new(true));
        assert!(shown.starts_with("\u{1b}[1mH\u{1b}[0m\n"), "{shown:?}");
        assert!(shown.lines().skip(3).all(|line| line.starts_with("  word") && line.len() <= 40), "{shown}");
    }

    #[test]
    fn unfinished_marks_do_no_harm() {
        for page in ["```", "[a](b", "[a]", "`", "|", "#", "- ", "](", "``` \n`x"] {
            let _ = text(page, 80, Styles::default());
        }
    }
}
