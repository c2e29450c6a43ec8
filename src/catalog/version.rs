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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

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
        for text in ["", "latest", "1..2", "1.x", "git+https://example.org", "1.0-custom", "99999999999999999999999"] {
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
