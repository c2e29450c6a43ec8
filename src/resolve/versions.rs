//! Versions of libraries that the project pins.

use super::project::Project;
use crate::catalog::library::Library;

impl Project<'_> {
    /// The version of a library that a lock file or requirement names: an exact one before a least one.
    pub fn version_of(&self, library: &Library) -> Option<String> {
        let packages: Vec<String> = if library.packages.is_empty() { vec![library.name.clone()] } else { library.packages.clone() };
        let pins = || self.configs().iter().flat_map(|config| &config.pins).filter(|pin| packages.iter().any(|package| normal(package) == *pin.package));
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
