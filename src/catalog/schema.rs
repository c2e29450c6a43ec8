//! JSON Schemas of the knowledge base's files, made from the types that are parsed. `rules/schema/` holds them for editors.

use super::concurrency::Source;
use super::library::Library;

/// The schema of `rules/libraries/*/*.toml` and of users' own libraries, as text with a line end.
pub fn library() -> String {
    show(&schemars::schema_for!(Library))
}

/// The schema of `rules/concurrency/*.toml` and of users' own sources, as text with a line end.
pub fn concurrency() -> String {
    show(&schemars::schema_for!(Source))
}

fn show(schema: &schemars::Schema) -> String {
    // A schema is a JSON value already; writing it cannot fail.
    let mut text = serde_json::to_string_pretty(schema).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use std::path::Path;

    use super::super::embedded;

    /// `UPDATE=1 cargo test` rewrites the files.
    fn is_current(name: &str, made: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/schema").join(name);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, made).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == made, "{} is not what the types say; run `UPDATE=1 cargo test`", path.display());
    }

    #[test]
    fn the_schemas_are_what_the_types_say() {
        is_current("library.json", &super::library());
        is_current("concurrency.json", &super::concurrency());
    }

    #[test]
    fn the_built_in_files_fit_the_schemas() {
        let fits = |schema: &str, files: &[(&str, &str, &str, &[u8])]| {
            let validator = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
            for (_, path, text, _) in files {
                let value = serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap();
                if let Err(why) = validator.validate(&value) {
                    panic!("{path}: {why} at {}", why.instance_path());
                }
            }
        };
        fits(&super::library(), embedded::LIBRARIES);
        fits(&super::library(), embedded::RUST_LIBRARIES);
        fits(&super::concurrency(), embedded::CONCURRENCY);
    }
}
