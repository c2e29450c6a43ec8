//! What the loader says about users' files that are wrong: each message with its place.

use std::path::PathBuf;

use super::super::*;
use crate::text::Problem;

/// A library without a fault, to spoil.
const GOOD: &str = r#"name = "own"
language = "python"
summary = "a test"
checked = "2.0"
words = ["OwnClient"]

[[pool]]
name = "pool"
at-limit = "wait"
symptom = "requests wait"

[[pool.setting]]
name = "size"
role = "total"
default = [
  { value = 5, until = "1.5", source = "own 1.0" },
  { value = 10, since = "1.5", source = "own 2.0" },
]

[[constructor]]
symbols = ["own.Client"]
makes = "pool"
parameter = [{ name = "size", sets = ["size"] }]
"#;

/// Loads files of these names and texts; what the loader says, without the folder.
fn load(files: &[(&str, &str)]) -> Result<Catalog, Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = files
        .iter()
        .map(|(name, text)| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        })
        .collect();
    let prefix = format!("{}/", folder.path().display());
    let show = |problem: Problem| problem.to_string().replace(&prefix, "");
    Catalog::with_files(&paths).map_err(|problems| problems.into_iter().map(show).collect())
}

/// The complaint about the good library with one piece replaced.
fn spoiled(old: &str, new: &str) -> Vec<String> {
    assert!(GOOD.contains(old), "{old}");
    load(&[("own.toml", &GOOD.replacen(old, new, 1))]).err().unwrap_or_default()
}

#[test]
fn a_users_library_is_as_good_as_a_built_in_one() {
    let catalog = load(&[("own.toml", GOOD)]).unwrap();
    assert_eq!(catalog.constructor("own.Client").unwrap().pool.unwrap().settings[0].name, "size");
    assert!(catalog.words(crate::text::Language::Python).contains(&"OwnClient"));
    assert!(catalog.constructor("aiohttp.ClientSession").is_some());
}

#[test]
fn a_users_file_may_take_a_built_in_ones_place() {
    let text = GOOD.replace("own", "aiohttp").replace("aiohttp.Client", "aiohttp.ClientSession");
    let catalog = load(&[("aiohttp.toml", &text)]).unwrap();
    assert!(catalog.constructor("aiohttp.ClientSession").is_some() && catalog.constructor("aiohttp.TCPConnector").is_none());
}

#[test]
fn a_users_source_is_told_by_its_keys() {
    let text = "name = \"mine\"\nsummary = \"s\"\nnames = [\"lanes\"]\n[[limiter]]\nsymbols = [\"own::Gate::new\"]\nparameter = \"n\"\nposition = 0\n";
    let catalog = load(&[("mine.toml", text)]).unwrap();
    assert!(catalog.means_concurrency("--lanes"));
    assert!(catalog.limiter("own.Gate.new").is_some(), "paths are dotted in the index");
}

#[test]
fn complaints_about_libraries_name_the_place() {
    for (old, new, expected) in [
        ("at-limit = \"wait\"", "at-limits = \"wait\"", "own.toml:9:1: unknown key `at-limits`, did you mean `at-limit`?"),
        ("at-limit = \"wait\"", "at-limit = \"waits\"", "own.toml:9:12: unknown word `waits`, did you mean `wait`?"),
        ("makes = \"pool\"\n", "", "own.toml:20:1: the key `makes` is missing"),
        ("name = \"own\"", "name = \"other\"", "own.toml:1:8: the name `other` differs from the file's, `own`"),
        ("checked = \"2.0\"", "checked = \"new\"", "own.toml:4:11: `new` is no version"),
        ("\"OwnClient\"", "\"Own\"", "own.toml:5:10: `Own` is too short to search for; 4 bytes at least"),
        ("since = \"1.5\"", "since = \"1.x\"", "own.toml:17:25: `1.x` is no version"),
        (
            "since = \"1.5\"",
            "since = \"1.4\"",
            "own.toml:17:25: `1.4` is older than the version before it; the oldest default stands first",
        ),
        ("since = \"1.5\"", "until = \"1.6\"", "own.toml:17:25: the last default holds today and has no `until`"),
        ("sets = [\"size\"]", "sets = [\"sise\"]", "own.toml:23:39: there is no setting `sise`, did you mean `size`?"),
        ("\"own.Client\"", "\"Client\"", "own.toml:21:12: `Client` is no dotted path from a top-level package"),
        ("\"own.Client\"", "\"aiohttp.ClientSession\"", "own.toml:21:12: `aiohttp.ClientSession` already belongs to library `aiohttp`"),
        ("\"own.Client\"", "\"own.Client\", \"own.Client\"", "own.toml:21:26: two constructors claim `own.Client`"),
        ("makes = \"pool\"", "makes = \"pool\"\npool = \"poll\"", "own.toml:23:8: there is no pool `poll`, did you mean `pool`?"),
        ("makes = \"pool\"", "makes = \"pool\"\nassignable = [\"total\"]", "own.toml:23:15: there is no setting `total`; known here: size"),
        (
            "makes = \"pool\"",
            "makes = \"pool\"\noverrides = { bound = { value = 1, source = \"s\" } }",
            "own.toml:23:23: there is no setting `bound`; known here: size",
        ),
        (
            "makes = \"pool\"",
            "makes = \"pool\"\nmethods = { make = \"own.Clint\" }",
            "own.toml:23:20: there is no constructor `own.Clint`, did you mean `own.Client`?",
        ),
        ("symptom = ", "shape = \"blocking-flag\"\nsymptom = ", "own.toml:10:9: this shape needs a setting of role `block`"),
        (
            "[[constructor]]",
            "[[pool.setting]]\nname = \"more\"\nrole = \"total\"\ndefault = [{ value = 1, source = \"s\" }]\n[[constructor]]",
            "own.toml:22:8: `more` and `size` cannot both have this role",
        ),
        ("value = 5", "value = [5]", "own.toml:16:13: expected a number, `true`, `false` or a text"),
        (
            "summary = \"a test\"",
            "base = \"aiohtp\"\nsummary = \"a test\"",
            "own.toml:3:8: there is no library `aiohtp` to build on, did you mean `aiohttp`?",
        ),
        ("summary = \"a test\"", "base = \"own\"\nsummary = \"a test\"", "own.toml:3:8: the bases of `own` lead in a circle: own, own"),
    ] {
        assert_eq!(spoiled(old, new), [expected], "{new}");
    }
}

#[test]
fn broken_toml_is_told_with_its_place() {
    let complaints = spoiled("[[pool]]", "[[pool]");
    assert!(complaints[0].starts_with("own.toml:7:"), "{complaints:?}");
}

#[test]
fn a_ring_of_bases_is_told_once_for_each() {
    let text =
        |name: &str, base: &str| format!("name = \"{name}\"\nlanguage = \"python\"\nsummary = \"s\"\nchecked = \"1\"\nbase = \"{base}\"\n");
    let complaints = load(&[("one.toml", &text("one", "two")), ("two.toml", &text("two", "one"))]).unwrap_err();
    assert_eq!(
        complaints,
        [
            "one.toml:5:8: the bases of `one` lead in a circle: one, two, one",
            "two.toml:5:8: the bases of `two` lead in a circle: two, one, two"
        ]
    );
}

#[test]
fn a_derived_library_replaces_by_name() {
    let text = r#"name = "fork"
language = "python"
summary = "s"
checked = "1"
base = "own"
rename = { "own" = "fork.compat" }

[[pool]]
name = "pool"
at-limit = "error"
symptom = "an error"

[[pool.setting]]
name = "size"
role = "total"
default = [{ value = 7, source = "fork" }]

[[constructor]]
symbols = ["fork.compat.Client", "fork.Client"]
makes = "client"
"#;
    let catalog = load(&[("own.toml", GOOD), ("fork.toml", text)]).unwrap();
    let fork = catalog.library("fork").unwrap();
    assert_eq!((fork.pools.len(), fork.constructors.len(), fork.pools[0].settings.len()), (1, 1, 1));
    assert_eq!(default_for(&fork.pools[0].settings[0], &version::Versions::default()).value, library::Literal::Number(7.0));
    assert_eq!(catalog.constructor("fork.Client").unwrap().library.name, "fork");
    assert_eq!(catalog.constructor("own.Client").unwrap().library.name, "own");
}

#[test]
fn an_inherited_symbol_that_clashes_points_at_the_base() {
    let text = "name = \"fork\"\nlanguage = \"python\"\nsummary = \"s\"\nchecked = \"1\"\nbase = \"own\"\n";
    let complaints = load(&[("own.toml", GOOD), ("fork.toml", text)]).unwrap_err();
    assert_eq!(complaints, ["fork.toml:5:8: `own.Client` already belongs to library `own`"]);
}

#[test]
fn complaints_about_sources_name_the_place() {
    let head = "name = \"mine\"\nsummary = \"s\"\n";
    for (rest, expected) in [
        ("names = [\"Max Lanes\"]\n", "mine.toml:3:10: `Max Lanes` is no snake_case name"),
        ("[[fan-out]]\nsymbols = []\ntakes = \"iterable\"\n", "mine.toml:3:1: a fan-out needs a symbol or a method"),
        ("[[starter]]\nargument = 0\n", "mine.toml:3:1: a starter needs a symbol or a method"),
        ("[[function]]\nsymbols = [\"f\"]\ngives = \"range\"\n", "mine.toml:3:1: `low` is missing: the least result"),
        (
            "[[limiter]]\nsymbols = [\"asyncio.Semaphore\"]\nparameter = \"value\"\nposition = 0\n",
            "mine.toml:4:12: `asyncio.Semaphore` already stands in `asyncio`",
        ),
        ("[[limiter]]\nsymbol = [\"f\"]\n", "mine.toml:4:1: unknown key `symbol`, did you mean `symbols`?"),
    ] {
        assert_eq!(load(&[("mine.toml", &format!("{head}{rest}"))]).unwrap_err(), [expected]);
    }
}

#[test]
fn a_file_that_cannot_be_read_is_a_complaint() {
    let complaints = Catalog::with_files(&[PathBuf::from("no/such/file.toml")]).unwrap_err();
    assert!(complaints[0].to_string().starts_with("no/such/file.toml: cannot be read"), "{complaints:?}");
}
