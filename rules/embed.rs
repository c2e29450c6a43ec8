//! Build script: lists the pages and data files under `rules/`, so that a new file needs no edit of a list, and packs the data files as
//! MessagePack: reading TOML would be most of what a scan of one file takes.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-changed=rules");
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let target = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    let mut out = String::new();
    for (name, folder) in
        [("LIBRARIES", "rules/libraries/python"), ("RUST_LIBRARIES", "rules/libraries/rust"), ("CONCURRENCY", "rules/concurrency")]
    {
        let _ = writeln!(out, "/// (stem, path from the package root, text, the same packed) of each file.");
        let _ = writeln!(out, "pub const {name}: &[(&str, &str, &str, &[u8])] = &[");
        for (number, file) in files(&root.join(folder), "toml").iter().enumerate() {
            let packed = target.join(format!("{name}-{number}"));
            if let Err(why) = pack(file, &packed) {
                println!("cargo::error={}: {why}", file.display());
            }
            let _ = writeln!(out, "    ({}, include_bytes!({:?})),", entry(&root, file), packed.display().to_string());
        }
        out.push_str("];\n");
    }
    out.push_str("/// (stem, path from the package root, text) of each page.\npub const PAGES: &[(&str, &str, &str)] = &[\n");
    for file in files(&root.join("rules"), "md") {
        let _ = writeln!(out, "    ({}),", entry(&root, &file));
    }
    out.push_str("];\n");
    let target = target.join("embedded.rs");
    if let Err(why) = std::fs::write(&target, out) {
        println!("cargo::error=cannot write {}: {why}", target.display());
    }
}

/// The files of a folder with an ending, by name.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == ending)).collect())
        .unwrap_or_default();
    files.sort();
    files
}

/// Stem, path from the package root and text of a file, as Rust.
fn entry(root: &Path, file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let from_root = file.strip_prefix(root).unwrap_or(file).display().to_string().replace('\\', "/");
    format!("{stem:?}, {from_root:?}, include_str!({:?})", file.display().to_string())
}

fn pack(file: &Path, packed: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let table: toml::Table = toml::from_str(&std::fs::read_to_string(file)?)?;
    Ok(std::fs::write(packed, rmp_serde::to_vec_named(&table)?)?)
}
