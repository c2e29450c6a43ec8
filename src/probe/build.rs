//! Drivers for Rust libraries: a small package, built by cargo with the version that the project has, once for each version.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::time::Duration;

use serde::Deserialize;

use super::driver::Refusal;
#[cfg(unix)]
use super::driver::excerpt;
use super::interpreter::Interpreter;
use super::libraries::{self, Package, Source};
#[cfg(unix)]
use super::process::{self, Program};
use crate::catalog::version::Version;

const RUNNER: &str = include_str!("drivers/runner.rs");
const CONNECTION: &str = include_str!("drivers/connection.rs");
/// Patience with cargo, which has some sixty packages to fetch and build.
#[cfg(unix)]
const PATIENCE: Duration = Duration::from_secs(900);
/// Runs cargo; ends it with all its own when standard input closes, as drivers end. The job is read before anybody else reads that.
#[cfg(unix)]
const SHELL: (&str, &str) =
    ("sh", "read job\nexec 3<&0\n{ cat <&3; kill -KILL 0; } >/dev/null 2>&1 &\ncargo build --release --quiet --manifest-path Cargo.toml\n");

/// Builds the driver of a library, or takes the one that was built before. `version` is exact; without one the newest is taken.
///
/// # Errors
/// When there is no cargo, no place to build in, or the build fails.
pub fn build(library: &str, version: Option<&str>) -> Result<Interpreter, Refusal> {
    let Some(Source::Rust(Package { client, features, since, .. })) = libraries::find(library).map(|known| &known.source) else {
        return Err(Refusal(format!("no driver is built for {library}")));
    };
    let is_before = |version: &Version| Version::parse(since).is_some_and(|since| *version < since);
    if let Some(version) = version.filter(|version| Version::parse(version).as_ref().is_some_and(is_before)) {
        return Err(Refusal(format!("{library} {version} cannot be probed: its driver is for versions from {since} on")));
    }
    let folder = folder(library, version);
    let in_folder = |why: std::io::Error| Refusal(format!("{}: {why}", folder.display()));
    std::fs::create_dir_all(folder.join("src")).map_err(in_folder)?;
    let manifest = manifest(library, version, features);
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
pub fn program(library: &str, version: Option<&str>) -> PathBuf {
    folder(library, version).join("target/release").join(format!("{NAME}{}", std::env::consts::EXE_SUFFIX))
}

const NAME: &str = "advisor-probe-driver";

fn manifest(library: &str, version: Option<&str>, features: &[&str]) -> String {
    let version = version.map_or_else(|| "*".into(), |version| format!("={version}"));
    format!(
        "[package]\nname = \"{NAME}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n[workspace]\n\n[dependencies]\n\
         {library} = {{ version = \"{version}\", default-features = false, features = {features:?} }}\n\
         rustix = {{ version = \"1\", features = [\"process\", \"time\"] }}\nserde_json = \"1\"\n\
         tokio = {{ version = \"1\", features = [\"io-util\", \"net\", \"rt-multi-thread\", \"sync\", \"time\"] }}\n"
    )
}

/// Where it is built: the user's folder for what can be made again.
fn folder(library: &str, version: Option<&str>) -> PathBuf {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let caches = named("XDG_CACHE_HOME").or_else(|| Some(named("HOME")?.join(".cache"))).unwrap_or_else(std::env::temp_dir);
    caches.join("pool-advisor").join(format!("{library}-{}", version.unwrap_or("newest")))
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
