//! Versions of libraries that the project demands: what lock files, manifests and lists of requirements say, the nearest first.

use super::project::{Project, folder_of};
use crate::catalog::library::{Library, Parameter, PoolKind, Quirk, QuirkKind};
use crate::catalog::version::{Version, Versions};
use crate::facts::config::{Pin, Scalar};
use crate::text::Span;

/// Which versions of a library the project may run with.
#[derive(Clone, Default, Debug)]
pub struct Demanded {
    /// The one version, where it is known.
    pub exact: Option<String>,
    /// All that are allowed.
    pub versions: Versions,
    /// What says so, as written, with its place.
    pub said: Option<(String, Span)>,
}

impl Project<'_> {
    /// Which versions of a library a source file of the project may run with.
    pub fn demanded(&self, library: &Library, file: u32) -> Demanded {
        match library.packages.as_slice() {
            [] => self.demanded_of(std::slice::from_ref(&library.name), file),
            packages => self.demanded_of(packages, file),
        }
    }

    /// Whether the versions that the project demands take a parameter and ignore it.
    pub fn ignores(&self, parameter: &Parameter, versions: &Versions) -> bool {
        let Some(from) = &parameter.ignored_from else { return parameter.ignored };
        let reached = |have: Option<&str>, from: &str| {
            have.and_then(Version::parse).zip(Version::parse(from)).is_some_and(|(have, from)| have >= from)
        };
        let library = from.library.as_deref().is_none_or(|from| versions.newest_is_within(Some(from), None));
        let python = from.python.as_deref().is_none_or(|from| reached(self.least_python().as_deref(), from));
        parameter.ignored && library && python
    }

    /// Behaviours of a pool kind that the newest of the demanded versions has.
    pub fn quirks_of(&self, kind: &PoolKind, demanded: &Demanded, file: u32) -> Vec<(QuirkKind, String)> {
        let holds = |quirk: &&Quirk| {
            let (since, until) = (quirk.since.as_deref(), quirk.until.as_deref());
            match &quirk.package {
                Some(package) => self.demanded_of(std::slice::from_ref(package), file).versions.newest_is_within(since, until),
                None => demanded.versions.newest_is_within(since, until),
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

    /// What is said of some packages: by the manifests in the folders around a source file, else by all of the tree.
    fn demanded_of(&self, packages: &[String], file: u32) -> Demanded {
        let names: Vec<String> = packages.iter().map(|package| normal(package)).collect();
        let all: Vec<(&Pin, &str)> = self
            .configs()
            .iter()
            .flat_map(|config| config.pins.iter().map(|pin| (pin, folder_of(&self.sources.get(config.file).path).unwrap_or(""))))
            .filter(|(pin, _)| names.iter().any(|name| **name == *pin.package))
            .collect();
        let is_around = |folder: &str| folder.is_empty() || self.path(file).strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        let around: Vec<(&Pin, &str)> = all.iter().copied().filter(|(_, folder)| is_around(folder)).collect();
        let near = if around.is_empty() { &all } else { &around };
        let allowed = narrowed(near.iter().map(|(pin, _)| *pin).filter(|pin| pin.exact.is_none()));

        // Exact versions of the nearest folder that says one.
        let exact = |pins: &[(&Pin, &str)]| pins.iter().filter(|(pin, _)| pin.exact.is_some()).map(|(_, folder)| folder.len()).max();
        let (from, depth) = match exact(&around) {
            Some(depth) => (&around, Some(depth)),
            None => (&all, None),
        };
        let mut pinned: Vec<&Pin> = from
            .iter()
            .filter(|(pin, folder)| pin.exact.is_some() && depth.is_none_or(|depth| folder.len() == depth))
            .map(|(pin, _)| *pin)
            .collect();
        // A lock file may have several versions of a package: the manifest says which of them is meant. One that lies elsewhere and has none that
        // the manifests around allow is another program's.
        let is_another = depth.is_none() && !around.is_empty();
        if is_another || pinned.iter().any(|pin| allowed.and(&pin.versions).is_some()) {
            pinned.retain(|pin| allowed.and(&pin.versions).is_some());
        }
        let is_one = pinned.iter().all(|pin| pin.exact == pinned[0].exact);
        match pinned.first() {
            Some(only) if is_one => self.said_by(only, only.versions.clone()),
            // Several exact versions in one tree (examples, services): none speaks for the whole.
            Some(first) if near.iter().all(|(pin, _)| pin.exact.is_some()) => {
                let versions = pinned.iter().skip(1).fold(first.versions.clone(), |all, pin| all.or(&pin.versions));
                Demanded { exact: None, versions, said: None }
            }
            _ => {
                let ends = near.iter().map(|(pin, _)| *pin).filter(|pin| pin.exact.is_none());
                let decides = ends.min_by_key(|pin| (!pin.versions.has_end_of(&allowed), pin.span));
                decides.map_or_else(Demanded::default, |pin| self.said_by(pin, allowed.clone()))
            }
        }
    }

    fn said_by(&self, pin: &Pin, versions: Versions) -> Demanded {
        let written = if pin.written.starts_with(|c: char| c.is_ascii_digit()) { " " } else { "" };
        let said = format!("{}{written}{}", pin.package, pin.written);
        Demanded { exact: pin.exact.as_deref().map(Into::into), versions, said: Some((said, pin.span)) }
    }
}

/// What all requirements allow together. Where they contradict each other they are those of several programs: what any of them allows.
/// What holds in some environments only says nothing beside what always holds.
fn narrowed<'p>(pins: impl Iterator<Item = &'p Pin>) -> Versions {
    let (sometimes, always): (Vec<&Pin>, Vec<&Pin>) = pins.partition(|pin| pin.is_conditional);
    let any = |pins: &[&Pin]| {
        let (first, rest) = pins.split_first()?;
        Some(rest.iter().fold(first.versions.clone(), |all, pin| all.or(&pin.versions)))
    };
    let together = always.iter().try_fold(Versions::default(), |all, pin| all.and(&pin.versions));
    match together {
        Some(versions) if !always.is_empty() => versions,
        _ => any(&always).or_else(|| any(&sometimes)).unwrap_or_default(),
    }
}

fn normal(package: &str) -> String {
    package.to_lowercase().replace(['_', '.'], "-")
}
