//! Build script: lists the pages and data files under `rules/`, so that a new file needs no edit of a list.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-changed=rules");
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mut out = String::new();
    list(&mut out, "LIBRARIES", &root.join("rules/libraries/python"), "toml");
    list(&mut out, "RUST_LIBRARIES", &root.join("rules/libraries/rust"), "toml");
    list(&mut out, "CONCURRENCY", &root.join("rules/concurrency"), "toml");
    list(&mut out, "PAGES", &root.join("rules"), "md");
    let target = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default()).join("embedded.rs");
    if let Err(why) = std::fs::write(&target, out) {
        println!("cargo::error=cannot write {}: {why}", target.display());
    }
}

/// One constant: `(stem, path from the package root, text)` of each file with the ending, by name.
fn list(out: &mut String, name: &str, folder: &Path, ending: &str) {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == ending)).collect())
        .unwrap_or_default();
    files.sort();
    let _ = writeln!(out, "/// (stem, path from the package root, text) of each file.\npub const {name}: &[(&str, &str, &str)] = &[");
    for file in files {
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let from_root = file
            .strip_prefix(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default())
            .unwrap_or(&file)
            .display()
            .to_string()
            .replace('\\', "/");
        let _ = writeln!(out, "    ({stem:?}, {from_root:?}, include_str!({:?})),", file.display().to_string());
    }
    out.push_str("];\n");
}
