//! Versions of libraries that the project pins.

use super::project::Project;
use crate::catalog::library::{Library, PoolKind, Quirk, QuirkKind};
use crate::catalog::version::{Version, within};
use crate::facts::config::Scalar;

impl Project<'_> {
    /// The version of a library that a lock file or requirement names: an exact one before a least one.
    pub fn version_of(&self, library: &Library) -> Option<String> {
        match library.packages.as_slice() {
            [] => self.version_of_package(std::slice::from_ref(&library.name)),
            packages => self.version_of_package(packages),
        }
    }

    /// The least version of a library that a requirement allows; the greatest of several.
    pub fn least_version_of(&self, library: &Library) -> Option<String> {
        let own = [library.name.clone()];
        let packages = if library.packages.is_empty() { &own } else { library.packages.as_slice() };
        let pins = self
            .configs()
            .iter()
            .flat_map(|config| &config.pins)
            .filter(|pin| packages.iter().any(|package| normal(package) == *pin.package));
        pins.filter_map(|pin| Some((Version::parse(&pin.version)?, pin.version.to_string())))
            .max_by(|one, other| one.0.cmp(&other.0))
            .map(|(_, version)| version)
    }

    /// Behaviours of a pool kind that the versions of the project have; where no version is pinned, those of the newest.
    pub fn quirks_of(&self, kind: &PoolKind, library: &Library) -> Vec<(QuirkKind, String)> {
        let holds = |quirk: &&Quirk| {
            let version = match &quirk.package {
                Some(package) => self.version_of_package(std::slice::from_ref(package)),
                None => self.version_of(library),
            };
            match version.as_deref().and_then(Version::parse) {
                Some(version) => within(&version, quirk.since.as_deref(), quirk.until.as_deref()),
                None => quirk.until.is_none(),
            }
        };
        kind.quirks.iter().filter(holds).map(|quirk| (quirk.does, quirk.source.clone())).collect()
    }

    /// The least Python that the project demands (`requires-python = ">=3.13"`); the least of several, `None` where one demands none.
    pub fn least_python(&self) -> Option<String> {
        let demands = self.configs().iter().flat_map(|config| &config.entries);
        let demands = demands
            .filter(|entry| matches!(entry.path.as_slice(), [project, key] if &**project == "project" && &**key == "requires-python"));
        let least = |entry: &crate::facts::config::Entry| match &entry.value {
            Scalar::Text(text) => text.split(',').find_map(|part| part.trim().strip_prefix(">=")).map(|version| version.trim().to_string()),
            _ => None,
        };
        let all: Option<Vec<(Version, String)>> =
            demands.map(|entry| least(entry).and_then(|text| Some((Version::parse(&text)?, text)))).collect();
        all?.into_iter().min_by(|one, other| one.0.cmp(&other.0)).map(|(_, text)| text)
    }

    fn version_of_package(&self, packages: &[String]) -> Option<String> {
        let pins = || {
            self.configs()
                .iter()
                .flat_map(|config| &config.pins)
                .filter(|pin| packages.iter().any(|package| normal(package) == *pin.package))
        };
        // Several exact versions in one tree (examples, services): none speaks for the whole.
        let mut exact: Vec<&str> = pins().filter(|pin| pin.exact).map(|pin| &*pin.version).collect();
        exact.sort_unstable();
        exact.dedup();
        match exact.as_slice() {
            [only] => Some((*only).to_string()),
            _ => None,
        }
    }
}

fn normal(package: &str) -> String {
    package.to_lowercase().replace(['_', '.'], "-")
}
