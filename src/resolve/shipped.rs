//! Settings that a program reads into a struct of its own, and the configuration files that it ships for them.

use std::rc::Rc;

use super::beside::is_beside_the_program;
use super::documents::scalar_thing;
use super::eval::Evaluator;
use super::thing::{ExprRef, Possible, Possibles, ScopeRef, Thing};
use super::trail::Trail;
use crate::facts::config::{Entry, Scalar};
use crate::facts::{ExprKind, Name, ScopeKind};
use crate::value::{Certainty, How, Step};

/// The derives by which a type is read from a file.
const READ_BY: [&str; 3] = ["serde.Deserialize", "serde_derive.Deserialize", "serde.de.Deserialize"];

/// How many fields of a type a table of a file must name for it to be one of its kind.
const ENOUGH: usize = 2;

impl Evaluator<'_> {
    /// What configuration files of the tree give a field of a type that is read from such files: the files that name it in the table where
    /// the type stands, beside other fields of it.
    pub(super) fn shipped(&self, class: ScopeRef, field: &str) -> Possibles {
        if !self.is_read_from_files(class) {
            return Vec::new();
        }
        self.wants.borrow_mut().flags.insert(field.to_string());
        let sections = self.sections_of(class);
        let fields: Vec<&Name> = self.fields_of(class).map(|(name, _)| name).collect();
        let in_place = |table: &[Name]| match table.last() {
            Some(last) => sections.iter().any(|section| says(last, section)),
            None => sections.is_empty(),
        };
        let mut found = Vec::new();
        for config in self.project.configs() {
            let path = &self.project.sources.get(config.file).path;
            if is_beside_the_program(path) || path.ends_with("Cargo.toml") {
                continue;
            }
            for entry in &config.entries {
                let Some((key, table)) = entry.path.split_last() else { continue };
                if !says(key, field) || !in_place(table) {
                    continue;
                }
                let beside = |other: &Entry| other.path.split_last().filter(|(_, of)| *of == table).map(|(key, _)| key.clone());
                let known = config.entries.iter().filter_map(beside).filter(|key| fields.iter().any(|field| says(key, field))).count();
                if known >= ENOUGH.min(fields.len()) {
                    found.extend(given(entry, path));
                }
            }
        }
        found
    }

    fn is_read_from_files(&self, class: ScopeRef) -> bool {
        self.is_rust(class.file) && self.ancestry(class).1.iter().any(|symbol| READ_BY.contains(&&**symbol))
    }

    /// The fields of types that are read from files in which a type stands: the names of its tables.
    fn sections_of(&self, class: ScopeRef) -> Vec<Name> {
        let mut found: Vec<Name> = Vec::new();
        for &(file, mention) in self.project.mentions_of(&self.scope(class).name) {
            let facts = self.project.facts(file);
            let around = ScopeRef { file, scope: facts.expr(mention).scope };
            let is_field = facts.scope(around.scope).kind == ScopeKind::Class && matches!(facts.expr(mention).kind, ExprKind::Name(_));
            if !is_field || around == class || !self.is_read_from_files(around) {
                continue;
            }
            let field = self.fields_of(around).find(|(_, annotation)| facts.is_part_of(mention, annotation.expr));
            let means = |at| self.eval_open(at).iter().any(|possible| matches!(possible.thing, Thing::Class(found) if found == class));
            if let Some((name, _)) = field
                && means(ExprRef { file, expr: mention })
            {
                found.push(name.clone());
            }
        }
        found
    }
}

/// Whether a key of a file is a field; files also write `max-workers`.
fn says(key: &str, field: &str) -> bool {
    key == field || key.replace('-', "_") == field
}

fn given(entry: &Entry, path: &str) -> Option<Possible> {
    if entry.value == Scalar::Null {
        return None;
    }
    Some(Possible {
        thing: scalar_thing(&entry.value),
        certainty: Certainty::Default,
        how: How::Config,
        defined_at: Some(entry.span),
        trail: Trail::of(&[Step { at: Some(entry.span), said: format!("`{}` in `{path}`", entry.path.join(".")) }]),
        same_as: Rc::new(vec![entry.span]),
    })
}
