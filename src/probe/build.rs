//! Drivers for Rust libraries: a small package, built by cargo with the version that the project has, once for each version.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::time::Duration;

use semver::Version;
use serde::{Deserialize, Serialize};

use super::driver::{Refusal, excerpt};
use super::interpreter::Interpreter;
use super::libraries::{self, Package, Source};
#[cfg(unix)]
use super::process::{self, Program};
use crate::catalog::version;

const RUNNER: &str = include_str!("drivers/runner.rs");
const CONNECTION: &str = include_str!("drivers/connection.rs");
/// Patience with cargo, which has some sixty packages to fetch and build.
#[cfg(unix)]
const PATIENCE: Duration = Duration::from_secs(900);
/// Runs cargo; ends it with all its own when standard input closes, as drivers end. The job is read before anybody else reads that.
#[cfg(unix)]
const SHELL: (&str, &str) =
    ("sh", "read job\nexec 3<&0\n{ cat <&3; kill -KILL 0; } >/dev/null 2>&1 &\ncargo build --release --quiet --manifest-path Cargo.toml\n");

/// The version that a text says. It comes from files of the project and ends up in a manifest that cargo obeys: what is no version goes no
/// further than this.
///
/// # Errors
/// When it is none, or one that the driver cannot be built with.
pub fn exactly(library: &str, text: &str) -> Result<Version, Refusal> {
    let Ok(found) = Version::parse(text) else {
        return Err(Refusal(format!("{library} cannot be probed: {} is no version of a package: write `{library}@1.2.3`", excerpt(text))));
    };
    let since = match libraries::find(library).map(|known| &known.source) {
        Some(Source::Rust(Package { since, .. })) => since,
        _ => return Ok(found),
    };
    let older = version::Version::parse(since).zip(version::Version::parse(text)).is_some_and(|(since, found)| found < since);
    if older {
        return Err(Refusal(format!("{library} {found} cannot be probed: its driver is for versions from {since} on")));
    }
    Ok(found)
}

/// Builds the driver of a library, or takes the one that was built before. Without a version the newest is taken.
///
/// # Errors
/// When there is no cargo, no place to build in, or the build fails.
pub fn build(library: &str, version: Option<&Version>) -> Result<Interpreter, Refusal> {
    let Some(Source::Rust(Package { client, features, .. })) = libraries::find(library).map(|known| &known.source) else {
        return Err(Refusal(format!("no driver is built for {library}")));
    };
    let folder = folder(library, version);
    let in_folder = |why: std::io::Error| Refusal(format!("{}: {why}", folder.display()));
    std::fs::create_dir_all(folder.join("src")).map_err(in_folder)?;
    let manifest =
        manifest(library, version, features).map_err(|why| Refusal(format!("the driver's manifest cannot be written: {why}")))?;
    let files = [("Cargo.toml", manifest.as_str()), ("src/main.rs", RUNNER), ("src/connection.rs", CONNECTION), ("src/client.rs", client)];
    for (name, text) in files {
        let file = folder.join(name);
        // What is as it was is not built again.
        if std::fs::read_to_string(&file).ok().as_deref() != Some(text) {
            std::fs::write(&file, text).map_err(in_folder)?;
        }
    }
    cargo(library, &folder)?;
    let packages = locked(library, &folder).map_err(in_folder)?;
    Ok(Interpreter {
        path: program(library, version),
        because: format!("built with cargo in {}", folder.display()),
        built_from: Some(packages),
    })
}

/// The built driver of a library, whether it is there or not.
pub fn program(library: &str, version: Option<&Version>) -> PathBuf {
    folder(library, version).join("target/release").join(format!("{NAME}{}", std::env::consts::EXE_SUFFIX))
}

const NAME: &str = "advisor-probe-driver";

fn manifest(library: &str, version: Option<&Version>, features: &[&str]) -> Result<String, toml::ser::Error> {
    #[derive(Serialize)]
    struct Manifest<'a> {
        package: Head<'a>,
        workspace: BTreeMap<&'a str, String>,
        dependencies: BTreeMap<&'a str, Dependency<'a>>,
    }
    #[derive(Serialize)]
    struct Head<'a> {
        name: &'a str,
        version: &'a str,
        edition: &'a str,
        publish: bool,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "kebab-case")]
    struct Dependency<'a> {
        version: String,
        default_features: bool,
        features: &'a [&'a str],
    }
    let of = |version: &str, features| Dependency { version: version.into(), default_features: true, features };
    let exact = version.map_or_else(|| "*".into(), |version| format!("={version}"));
    let dependencies = BTreeMap::from([
        (library, Dependency { version: exact, default_features: false, features }),
        ("rustix", of("1", &["process", "time"])),
        ("serde_json", of("1", &[])),
        ("tokio", of("1", &["io-util", "net", "rt-multi-thread", "sync", "time"])),
    ]);
    // A workspace of its own, so that no manifest further up is asked.
    let package = Head { name: NAME, version: "0.0.0", edition: "2024", publish: false };
    toml::to_string(&Manifest { package, workspace: BTreeMap::new(), dependencies })
}

/// Where it is built: the user's folder for what can be made again.
fn folder(library: &str, version: Option<&Version>) -> PathBuf {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let caches = named("XDG_CACHE_HOME").or_else(|| Some(named("HOME")?.join(".cache"))).unwrap_or_else(std::env::temp_dir);
    let version = version.map_or_else(|| "newest".into(), Version::to_string);
    caches.join("pool-advisor").join(format!("{library}-{version}"))
}

#[cfg(unix)]
fn cargo(library: &str, folder: &Path) -> Result<(), Refusal> {
    let (shell, script) = SHELL;
    let program = Program { path: Path::new(shell), arguments: &["-c", script], folder, whole_environment: true };
    let failed = |why: String| Refusal(format!("the driver for {library} cannot be built with cargo: {why}"));
    let said = process::run(&program, "{}", PATIENCE).map_err(|silence| failed(silence.of("it")))?;
    match said.status {
        None => Ok(()),
        Some(status) => {
            let last = said.errors.lines().find(|line| line.starts_with("error")).or(said.errors.lines().last());
            Err(failed(format!("{status}: {}", excerpt(last.unwrap_or_default()))))
        }
    }
}

#[cfg(not(unix))]
fn cargo(library: &str, _: &Path) -> Result<(), Refusal> {
    Err(Refusal(format!("the driver for {library} has no clock in common with the server on this system")))
}

/// The versions of the packages that matter, from the lock file that the build wrote.
fn locked(library: &str, folder: &Path) -> std::io::Result<BTreeMap<String, String>> {
    const TOLD: [&str; 3] = ["hyper", "hyper-util", "tokio"];
    #[derive(Deserialize)]
    struct Lock {
        package: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
        version: String,
    }
    let text = std::fs::read_to_string(folder.join("Cargo.lock"))?;
    let lock: Lock = toml::from_str(&text).map_err(std::io::Error::other)?;
    Ok(lock
        .package
        .into_iter()
        .filter(|one| one.name == library || TOLD.contains(&one.name.as_str()))
        .map(|one| (one.name, one.version))
        .collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_no_version_reaches_no_manifest() {
        for text in ["0.12.28\" }\nevil = { path = \"/tmp/evil", "../../x", "1.0.0/..", "*", "=1.0.0", "1", "1.0.0\n", "1.0.0 \"", ""] {
            let refused = exactly("reqwest", text).unwrap_err().0;
            assert!(refused.contains("is no version of a package"), "{text}: {refused}");
        }
        assert!(exactly("reqwest", "0.10.1").unwrap_err().0.contains("its driver is for versions from 0.11 on"));
        let version = exactly("reqwest", "0.12.28-rc.1+x").unwrap();
        let manifest: toml::Table = manifest("reqwest", Some(&version), &["json"]).unwrap().parse().unwrap();
        assert_eq!(manifest["dependencies"]["reqwest"]["version"].as_str(), Some("=0.12.28-rc.1+x"));
        assert_eq!(manifest["dependencies"]["reqwest"]["default-features"].as_bool(), Some(false));
        let names: Vec<&String> = manifest["dependencies"].as_table().unwrap().keys().collect();
        assert_eq!(names, ["reqwest", "rustix", "serde_json", "tokio"]);
        assert!(manifest.contains_key("workspace"));
    }
}
