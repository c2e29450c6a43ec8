//! `advisor explain`: the page of a rule, or what is known of a library.

use std::fmt::Write as _;

use clap::Args;

use super::markdown::{self, Styles};
use super::terminal::Terminal;
use super::{Failure, configure, library_page, pages};
use crate::catalog::Catalog;
use crate::catalog::load::nearest;
use crate::finding::Outcome;
use crate::render::severity_word;
use crate::text::Language;

/// Explain a rule or a library; without a name, list both.
#[derive(Args)]
pub(super) struct Arguments {
    /// Id of a rule, name of a library or of one of its classes and functions (`aiohttp.TCPConnector`)
    #[arg(value_name = "RULE|LIBRARY")]
    name: Option<String>,
}

pub(super) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    let catalog = configure::catalog_here(terminal);
    let styles = Styles::new(terminal.color);
    let text = match &arguments.name {
        None => list(catalog, terminal.width, styles),
        Some(name) => match page(name.trim(), catalog, terminal.width, styles) {
            Some(text) => text,
            None => {
                tell_unknown(name, catalog, terminal);
                return Ok(Outcome::Failed);
            }
        },
    };
    terminal.print(&text)?;
    Ok(Outcome::Clean)
}

fn page(name: &str, catalog: &Catalog, width: usize, styles: Styles) -> Option<String> {
    if let Some(rule) = pages::all().into_iter().find(|rule| rule.id == name) {
        let head = format!("{}{}{:#}: {} ({})\n", styles.heading, rule.id, styles.heading, severity_word(rule.severity), rule.category);
        let mut out = head;
        markdown::wrap(&mut out, rule.summary, width, "", "");
        out.push('\n');
        out.push_str(&markdown::text(pages::body(&rule), width, styles));
        return Some(out);
    }
    let library = catalog.library(name).or_else(|| catalog.constructor(&name.replace("::", ".")).map(|found| found.library))?;
    Some(library_page::text(library, width, styles))
}

fn list(catalog: &Catalog, width: usize, styles: Styles) -> String {
    let rules = pages::all();
    let mut out = format!("{}rules{:#}\n", styles.heading, styles.heading);
    let columns =
        rules.iter().map(|rule| rule.id.len()).chain(catalog.libraries().iter().map(|library| library.name.len())).max().unwrap_or(0);
    for rule in &rules {
        let first = format!("  {:columns$}  {:7}  ", rule.id, severity_word(rule.severity));
        markdown::wrap(&mut out, rule.summary, width, &first, &" ".repeat(first.len()));
    }
    let _ = writeln!(out, "\n{}libraries{:#}", styles.heading, styles.heading);
    for library in catalog.libraries() {
        let first = format!("  {:columns$}  {:7}  ", library.name, language(library.language));
        markdown::wrap(&mut out, &library.summary, width, &first, &" ".repeat(first.len()));
    }
    out
}

fn tell_unknown(name: &str, catalog: &Catalog, terminal: &Terminal) {
    let rules = pages::ids();
    let libraries: Vec<&str> = catalog.libraries().iter().map(|library| library.name.as_str()).collect();
    let all: Vec<&str> = rules.iter().copied().chain(libraries.iter().copied()).collect();
    let meant = nearest(name, &all).map_or_else(String::new, |meant| format!(", did you mean `{meant}`?"));
    terminal.error(&format!("no rule or library `{name}`{meant}"));
    terminal.note(&format!("rules: {}", rules.join(", ")));
    terminal.note(&format!("libraries: {}", libraries.join(", ")));
}

/// The language's name as the JSON report writes it.
pub(super) fn language(language: Language) -> &'static str {
    match language {
        Language::Python => "python",
        Language::Rust => "rust",
    }
}
