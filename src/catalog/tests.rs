//! Tests of the knowledge base: the built-in files as they are, and what the loader says about broken ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::PathBuf;

use super::library::{Literal, Makes};
use super::*;
use crate::text::Problem;

/// The built-in files by the road that checks everything.
fn checked() -> Catalog {
    Catalog::with_files(&[]).unwrap_or_else(|problems| panic!("{}", problems.iter().map(|p| format!("{p}\n")).collect::<String>()))
}

/// What the loader says about one user's file.
fn complaints(name: &str, text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join(format!("{name}.toml"));
    std::fs::write(&path, text).unwrap();
    let prefix = format!("{}/", folder.path().display());
    let show = |problem: Problem| problem.to_string().replace(&prefix, "");
    Catalog::with_files(&[path]).err().unwrap_or_default().into_iter().map(show).collect()
}

#[test]
fn the_built_in_files_load_without_a_complaint() {
    let catalog = checked();
    assert!(catalog.library("aiohttp").is_some());
    assert_eq!(catalog.libraries().len(), Catalog::built_in().libraries().len());
    assert_eq!(catalog.sources().len(), Catalog::built_in().sources().len());
}
