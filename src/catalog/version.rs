//! Versions of packages, compared tolerantly: numbers between dots, and suffixes as PEP 440 and semver mean them.

use std::cmp::Ordering;

/// A version that can be compared. `1.0`, `1.0.0` and `v1` are equal; `1.0rc1` and `1.0-rc.1` are older than `1.0`, `1.0.post1` is newer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Version {
    epoch: u64,
    /// Without trailing zeros.
    numbers: Vec<u64>,
    stage: Stage,
    /// `rc2` is 2.
    stage_number: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Stage {
    Development,
    Alpha,
    Beta,
    Candidate,
    Release,
    Post,
}

impl Version {
    /// Reads a version as lock files and requirements write it; `None` where it does not start with a number.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches(['v', 'V', '=']);
        if !is_spelt(text) {
            return None;
        }
        let (epoch, text) = match text.split_once('!') {
            Some((epoch, rest)) => (epoch.parse().ok()?, rest),
            None => (0, text),
        };
        let text = text.split('+').next().unwrap_or(text);
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (release, suffix) = text.split_at(end);
        let release = release.trim_end_matches('.');
        let mut numbers = release.split('.').map(|part| part.parse().ok()).collect::<Option<Vec<u64>>>()?;
        while numbers.last() == Some(&0) {
            numbers.pop();
        }
        let (stage, stage_number) = Self::stage(suffix)?;
        Some(Self { epoch, numbers, stage, stage_number })
    }

    /// What follows the numbers: nothing, `*`, or a stage with its number.
    fn stage(suffix: &str) -> Option<(Stage, u64)> {
        let suffix = suffix.trim_start_matches(['-', '_', '.']).to_ascii_lowercase();
        if suffix.is_empty() || suffix == "*" {
            return Some((Stage::Release, 0));
        }
        let word: String = suffix.chars().take_while(char::is_ascii_alphabetic).collect();
        let stage = match word.as_str() {
            "dev" | "nightly" => Stage::Development,
            "a" | "alpha" => Stage::Alpha,
            "b" | "beta" => Stage::Beta,
            "c" | "rc" | "pre" | "preview" => Stage::Candidate,
            "post" | "rev" | "r" => Stage::Post,
            _ => return None,
        };
        let digits: String = suffix.chars().skip(word.len()).skip_while(|c| "-_.".contains(*c)).take_while(char::is_ascii_digit).collect();
        Some((stage, digits.parse().unwrap_or(0)))
    }
}

/// Whether a text has only what versions are written with. What it says may still be none; but it ends no line, quote or path.
pub fn is_spelt(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_alphanumeric() || ".!+*_-=".contains(letter))
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |v: &Self| (v.stage, v.stage_number);
        self.epoch.cmp(&other.epoch).then_with(|| self.numbers.cmp(&other.numbers)).then_with(|| key(self).cmp(&key(other)))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Whether a version lies in `since ≤ version < until`; an absent end is open, an end that is no version is not held against it.
pub fn within(version: &Version, since: Option<&str>, until: Option<&str>) -> bool {
    since.and_then(Version::parse).is_none_or(|since| *version >= since)
        && until.and_then(Version::parse).is_none_or(|until| *version < until)
}

/// The versions of a package that a project may run with: all of them where nothing is said.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Versions {
    least: Option<Version>,
    /// The upper end, and whether it is one of them.
    most: Option<(Version, bool)>,
}

impl Versions {
    /// One version; all of them for a text that is none.
    pub fn exactly(text: &str) -> Self {
        let version = Version::parse(text);
        Self { least: version.clone(), most: version.map(|version| (version, true)) }
    }

    /// The version that is known, or all of them.
    pub fn of(version: Option<&str>) -> Self {
        version.map(Self::exactly).unwrap_or_default()
    }

    /// `least` and newer ones.
    pub fn from(least: Version) -> Self {
        Self { least: Some(least), most: None }
    }

    /// Those older than `version`.
    pub fn below(version: Version) -> Self {
        Self { least: None, most: Some((version, false)) }
    }

    /// `version` and older ones.
    pub fn up_to(version: Version) -> Self {
        Self { least: None, most: Some((version, true)) }
    }

    /// Whether these are all versions.
    pub fn are_all(&self) -> bool {
        self.least.is_none() && self.most.is_none()
    }

    /// Whether their upper end is that of others; where those have none, the lower one.
    pub fn has_end_of(&self, other: &Self) -> bool {
        self.most == other.most && (other.most.is_some() || self.least == other.least)
    }

    /// Whether there is a version that they do not exceed.
    pub fn are_bounded(&self) -> bool {
        self.most.is_some()
    }

    /// Those that are in both; `None` where there are none.
    pub fn and(&self, other: &Self) -> Option<Self> {
        let least = self.least.iter().chain(&other.least).max().cloned();
        // Of two equal ends the one that leaves its version out is the lower.
        let most = self.most.iter().chain(&other.most).min().cloned();
        let is_empty = least.as_ref().zip(most.as_ref()).is_some_and(|(least, (most, is_in))| least > most || (least == most && !is_in));
        (!is_empty).then_some(Self { least, most })
    }

    /// From the oldest of both to the newest.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self {
            least: self.least.as_ref().zip(other.least.as_ref()).map(|(one, other)| one.min(other).clone()),
            most: self.most.as_ref().zip(other.most.as_ref()).map(|(one, other)| one.max(other).clone()),
        }
    }

    /// Whether the newest of them lies in `since ≤ version < until`.
    pub fn newest_is_within(&self, since: Option<&str>, until: Option<&str>) -> bool {
        let end = |text: Option<&str>| text.and_then(Version::parse);
        match &self.most {
            None => end(until).is_none(),
            Some((newest, true)) => within(newest, since, until),
            Some((above, false)) => end(since).is_none_or(|since| since < *above) && end(until).is_none_or(|until| until >= *above),
        }
    }

    /// Whether one of them may lie in `since ≤ version < until`.
    pub fn may_be_within(&self, since: Option<&str>, until: Option<&str>) -> bool {
        let ends = Self { least: since.and_then(Version::parse), most: until.and_then(Version::parse).map(|until| (until, false)) };
        self.and(&ends).is_some()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_newest_of_some_versions_decides_and_the_others_are_known() {
        let at = |text| Version::parse(text).unwrap();
        let range = |least, below| Versions::from(at(least)).and(&Versions::below(at(below))).unwrap();
        let (old, straddling) = (range("4.2", "7.0"), range("4.2", "9"));
        assert!(old.newest_is_within(None, Some("8.0.0")) && !old.may_be_within(Some("8.0.0"), None));
        assert!(straddling.newest_is_within(Some("8.0.0"), None) && straddling.may_be_within(None, Some("8.0.0")));
        // The end that is left out is in neither.
        assert!(range("4", "8").newest_is_within(None, Some("8.0.0")) && !range("4", "8").may_be_within(Some("8.0.0"), None));
        assert!(Versions::up_to(at("8")).newest_is_within(Some("8.0.0"), None));
        assert!(Versions::default().newest_is_within(Some("1"), None) && !Versions::default().newest_is_within(None, Some("1")));
        assert_eq!(old.and(&Versions::from(at("7"))), None);
        assert_eq!(old.or(&range("1", "2")), range("1", "7"));
        assert!(old.or(&Versions::from(at("8"))).newest_is_within(Some("8.0.0"), None));
        assert!(Versions::exactly("no version").are_all());
    }

    #[test]
    fn versions_are_ordered_as_their_registries_order_them() {
        let ascending = [
            "0.9",
            "1.0.dev3",
            "1.0a1",
            "1.0.0-alpha.2",
            "1.0b1",
            "1.0rc1",
            "v1.0-rc.2",
            "1.0",
            "1.0.post1",
            "1.0.1",
            "1.2",
            "1.10",
            "2.0.0b1",
            "2",
            "1!0.1",
        ];
        for pair in ascending.windows(2) {
            let (older, newer) = (Version::parse(pair[0]).unwrap(), Version::parse(pair[1]).unwrap());
            assert!(older < newer, "{} < {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn spellings_of_one_version_are_equal() {
        for (one, other) in
            [("1.0", "1"), ("1.0.0", "v1.0"), ("==1.2", "1.2.0"), ("1.2+local", "1.2"), ("1.2.*", "1.2"), ("1.0rc1", "1.0-RC.1")]
        {
            assert_eq!(Version::parse(one), Version::parse(other), "{one} = {other}");
        }
    }

    #[test]
    fn what_is_no_version_is_none() {
        for text in [
            "",
            "latest",
            "1..2",
            "1.x",
            "git+https://example.org",
            "1.0-custom",
            "99999999999999999999999",
            "1.0rc1\" }",
            "1.0+a\nb",
            "1.0+../..",
        ] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }

    #[test]
    fn ranges_include_their_start_only() {
        let at = |text| Version::parse(text).unwrap();
        assert!(within(&at("3.10.9"), Some("3.10.9"), None));
        assert!(!within(&at("3.10.9"), None, Some("3.10.9")));
        assert!(within(&at("3.10.9rc1"), None, Some("3.10.9")));
        assert!(within(&at("1"), None, None));
    }
}
