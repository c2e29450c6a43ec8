//! One requirement of a package, as Python and Rust write them, to the version that it stands for.

/// The version that a requirement stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Version<'t> {
    pub(super) text: &'t str,
    /// Exactly this one, or at least this one.
    pub(super) exact: bool,
}

/// A package name as pins spell it: lower case, runs of `-`, `_` and `.` as one `-`.
pub(super) fn normalised(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for letter in name.trim().chars() {
        if matches!(letter, '-' | '_' | '.') {
            if !out.ends_with('-') {
                out.push('-');
            }
        } else {
            out.extend(letter.to_lowercase());
        }
    }
    out
}

/// `name[extras] >=1,<2 ; marker`: the name, and the version if the requirement names one. `None` for options, paths and addresses.
pub(super) fn requirement(text: &str) -> Option<(&str, Option<Version<'_>>)> {
    let text = text.split(" #").next()?.split(';').next()?.split(" --").next()?.trim();
    if text.starts_with(['-', '.', '/', '#']) || text.contains("://") || text.contains(" @ ") {
        return None;
    }
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let rest = rest.trim_start();
    let rest = if rest.starts_with('[') { rest.split_once(']')?.1 } else { rest };
    (!name.is_empty()).then(|| (name, python(rest.trim().trim_start_matches('(').trim_end_matches(')'))))
}

/// Constraints of PEP 440, of poetry and of conda, joined by commas. A bare version is exact.
pub(super) fn python(constraints: &str) -> Option<Version<'_>> {
    let mut best: Option<Version<'_>> = None;
    for part in constraints.split([',', '|']).map(str::trim) {
        let version = part.trim_start_matches(['=', '<', '>', '~', '^', '!']);
        let operator = part.get(..part.len() - version.len())?;
        let found = match operator {
            "" | "=" | "==" | "===" => numbered(version, true),
            ">=" | "~=" | "^" | "~" | ">" => numbered(version, false),
            _ => None,
        };
        best = match (best, found) {
            (Some(kept), Some(new)) if new.exact && !kept.exact => Some(new),
            (kept, new) => kept.or(new),
        };
    }
    best
}

/// A version requirement of Cargo, where a bare version means a compatible one.
pub(super) fn cargo(constraints: &str) -> Option<Version<'_>> {
    constraints.split(',').map(str::trim).find_map(|part| {
        let version = part.trim_start_matches(['=', '>', '^', '~']);
        numbered(version.trim(), part.starts_with('=')).filter(|_| !part.starts_with('<'))
    })
}

/// A version that starts with a number, without a trailing `.*`, which makes it inexact.
fn numbered(text: &str, exact: bool) -> Option<Version<'_>> {
    let text = text.split_whitespace().next()?;
    let bare = text.trim_end_matches(".*");
    bare.starts_with(|c: char| c.is_ascii_digit()).then_some(Version { text: bare, exact: exact && bare.len() == text.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_name_a_package_and_a_version() {
        let cases = [
            ("aiohttp==3.9.5", Some(("aiohttp", Some(("3.9.5", true))))),
            ("aiohttp[speedups] >=3.8,<4 ; python_version > '3.8'", Some(("aiohttp", Some(("3.8", false))))),
            ("httpx (~=0.27)", Some(("httpx", Some(("0.27", false))))),
            ("httpx==0.27.*", Some(("httpx", Some(("0.27", false))))),
            ("requests", Some(("requests", None))),
            ("requests<3", Some(("requests", None))),
            ("requests!=2.1,==2.32.0 # why", Some(("requests", Some(("2.32.0", true))))),
            ("a==1.0 --hash=sha256:abc", Some(("a", Some(("1.0", true))))),
            ("-r base.txt", None),
            ("./local", None),
            ("x @ https://example.org/x.whl", None),
            ("git+https://example.org/x", None),
        ];
        for (text, expected) in cases {
            let found = requirement(text).map(|(name, version)| (name, version.map(|version| (version.text, version.exact))));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn cargo_requirements_are_compatible_unless_they_say_exact() {
        assert_eq!(cargo("0.12").map(|version| (version.text, version.exact)), Some(("0.12", false)));
        assert_eq!(cargo("=0.12.3").map(|version| (version.text, version.exact)), Some(("0.12.3", true)));
        assert_eq!(cargo(">=1, <2").map(|version| (version.text, version.exact)), Some(("1", false)));
        assert_eq!(cargo("*"), None);
        assert_eq!(normalised("Ruamel.yaml__X"), "ruamel-yaml-x");
    }
}
