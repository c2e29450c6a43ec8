//! One requirement of a package, as Python and Rust write them, to the versions that it allows.

use crate::catalog::version::{Version, Versions};

/// What a requirement says of a package's version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Demand<'t> {
    /// As written.
    pub(super) text: &'t str,
    /// The one version, where it says one.
    pub(super) exact: Option<&'t str>,
    /// All that it allows.
    pub(super) versions: Versions,
    /// Whether it only holds in some environments (`; python_version < "3.9"`).
    pub(super) is_conditional: bool,
}

impl<'t> Demand<'t> {
    /// A version that a lock file says.
    pub(super) fn exactly(text: &'t str) -> Self {
        Self { text, exact: Some(text), versions: Versions::exactly(text), is_conditional: false }
    }
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

/// `name[extras] >=1,<2 ; marker`: the name, and what it demands of the version if it does. `None` for options, paths and addresses.
pub(super) fn requirement(text: &str) -> Option<(&str, Option<Demand<'_>>)> {
    let text = text.split(" #").next()?.split(" --").next()?;
    let (text, marker) = text.split_once(';').unwrap_or((text, ""));
    let text = text.trim();
    if text.starts_with(['-', '.', '/', '#']) || text.contains("://") || text.contains(" @ ") {
        return None;
    }
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let rest = rest.trim_start();
    let rest = if rest.starts_with('[') { rest.split_once(']')?.1 } else { rest };
    let demand = python(rest.trim().trim_start_matches('(').trim_end_matches(')'));
    let is_conditional = !marker.trim().is_empty();
    (!name.is_empty()).then(|| (name, demand.map(|demand| Demand { is_conditional, ..demand })))
}

/// Constraints of PEP 440, of poetry and of conda. A bare version is exact.
pub(super) fn python(constraints: &str) -> Option<Demand<'_>> {
    demand(constraints, "==")
}

/// A version requirement of Cargo, where a bare version means a compatible one.
pub(super) fn cargo(constraints: &str) -> Option<Demand<'_>> {
    demand(constraints, "^")
}

/// Constraints that are joined by commas or blanks, and alternatives of them joined by `|` or `||`. `bare` is what a version without an operator means.
fn demand<'t>(constraints: &'t str, bare: &str) -> Option<Demand<'t>> {
    let alternatives: Vec<Demand<'t>> = constraints.split('|').filter_map(|part| all_of(part, bare)).collect();
    let first = alternatives.first()?;
    let versions = alternatives.iter().skip(1).fold(first.versions.clone(), |all, other| all.or(&other.versions));
    let exact = first.exact.filter(|_| alternatives.len() == 1);
    (exact.is_some() || !versions.are_all()).then(|| Demand { text: constraints.trim(), exact, versions, is_conditional: false })
}

/// Constraints that all hold; `None` where there is none, or they contradict each other.
fn all_of<'t>(constraints: &'t str, bare: &str) -> Option<Demand<'t>> {
    let mut all: Option<Demand<'t>> = None;
    let mut rest = constraints;
    loop {
        rest = rest.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
        let version = rest.trim_start_matches(['=', '<', '>', '~', '^', '!']);
        let operator = rest.get(..rest.len() - version.len())?;
        let version = version.trim_start();
        let end = version.find(|c: char| c == ',' || c.is_whitespace()).unwrap_or(version.len());
        let (version, behind) = version.split_at(end);
        if version.is_empty() {
            return all;
        }
        rest = behind;
        let (exact, versions) = constraint(if operator.is_empty() { bare } else { operator }, version);
        let before = all.take();
        let versions = before.as_ref().map_or_else(|| Some(versions.clone()), |before| before.versions.and(&versions))?;
        all = Some(Demand { text: constraints, exact: before.and_then(|before| before.exact).or(exact), versions, is_conditional: false });
    }
}

/// One operator with its version: the exact version, and all that it allows.
fn constraint<'t>(operator: &str, version: &'t str) -> (Option<&'t str>, Versions) {
    let stem = version.trim_end_matches(".*");
    let is_number = stem.starts_with(|c: char| c.is_ascii_digit());
    let (Some(start), true) = (Version::parse(stem), is_number) else {
        // What is no version that can be compared is still the one that is installed.
        return (Some(version).filter(|_| is_number && operator.starts_with("==")), Versions::default());
    };
    let numbers = release(stem);
    let last = numbers.len().saturating_sub(1);
    // From this version up to the next one in which the number at this place differs.
    let same_until = |place: usize| {
        let least = Versions::from(start.clone());
        let end = next(&numbers, place).and_then(|end| least.and(&Versions::below(end)));
        end.unwrap_or(least)
    };
    let versions = match operator {
        "=" | "==" | "===" if stem.len() < version.len() => same_until(last),
        "=" | "==" | "===" => return (Some(version), Versions::exactly(version)),
        ">=" | ">" => Versions::from(start),
        "<" => Versions::below(start),
        "<=" => Versions::up_to(start),
        _ if stem.len() < version.len() && operator != "!=" => same_until(last),
        "~=" => same_until(last.saturating_sub(1)),
        "~" => same_until(last.min(1)),
        "^" => same_until(numbers.iter().position(|number| *number > 0).unwrap_or(last)),
        _ => Versions::default(),
    };
    (None, versions)
}

/// The numbers at the start of a version, as written.
fn release(version: &str) -> Vec<u64> {
    let end = version.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(version.len());
    version.get(..end).unwrap_or_default().split('.').map_while(|part| part.parse().ok()).collect()
}

/// The first version after all that have the same numbers up to a place.
fn next(numbers: &[u64], place: usize) -> Option<Version> {
    let mut kept: Vec<String> = numbers.get(..place)?.iter().map(u64::to_string).collect();
    kept.push(numbers.get(place)?.checked_add(1)?.to_string());
    Version::parse(&kept.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `==1.2`, or the two ends of what is allowed.
    fn shown(demand: Option<Demand<'_>>) -> String {
        let Some(demand) = demand else { return "anything".into() };
        if let Some(exact) = demand.exact {
            return format!("=={exact}");
        }
        let all = ["0.2", "0.3", "0.27", "0.28", "1", "1.2", "1.2.3", "1.3", "1.4.5", "1.5", "2", "2.1", "3", "3.8", "4", "7", "7.1", "8"];
        let allowed: Vec<_> = all.iter().filter(|version| demand.versions.and(&Versions::exactly(version)).is_some()).collect();
        let condition = if demand.is_conditional { " sometimes" } else { "" };
        match allowed.as_slice() {
            [] => format!("nothing{condition}"),
            [only] => format!("{only}{condition}"),
            [first, .., last] => format!("{first} to {last}{condition}"),
        }
    }

    #[test]
    fn requirements_name_a_package_and_what_they_allow() {
        let cases = [
            ("aiohttp==3.9.5", Some(("aiohttp", "==3.9.5"))),
            ("aiohttp[speedups] >=3.8,<4 ; python_version > '3.8'", Some(("aiohttp", "3.8 sometimes"))),
            ("httpx (~=0.27)", Some(("httpx", "0.27 to 0.28"))),
            ("httpx==0.27.*", Some(("httpx", "0.27"))),
            ("requests", Some(("requests", "anything"))),
            ("requests<3", Some(("requests", "0.2 to 2.1"))),
            ("requests<=3", Some(("requests", "0.2 to 3"))),
            ("requests >= 1.3, < 4", Some(("requests", "1.3 to 3.8"))),
            ("requests>=3,<2", Some(("requests", "anything"))),
            ("requests!=2.1", Some(("requests", "anything"))),
            ("requests!=2.1,==2.32.0 # why", Some(("requests", "==2.32.0"))),
            ("a==1.0 --hash=sha256:abc", Some(("a", "==1.0"))),
            ("-r base.txt", None),
            ("./local", None),
            ("x @ https://example.org/x.whl", None),
            ("git+https://example.org/x", None),
        ];
        for (text, expected) in cases {
            let found = requirement(text).map(|(name, demand)| (name, shown(demand)));
            assert_eq!(found, expected.map(|(name, shown)| (name, shown.to_string())), "{text}");
        }
    }

    #[test]
    fn each_operator_has_its_ends() {
        let of_python = [
            ("~=1.2", "1.2 to 1.5"),
            ("~=1.2.3", "1.2.3"),
            ("^1.2", "1.2 to 1.5"),
            ("^0.2", "0.2"),
            ("^0.27", "0.27"),
            ("~1.2", "1.2 to 1.2.3"),
            ("~1", "1 to 1.5"),
            ("1.*", "1 to 1.5"),
            ("*", "anything"),
            ("^1.2 || ^3", "1.2 to 3.8"),
            (">=1.2 <2", "1.2 to 1.5"),
            ("^18446744073709551615", "nothing"),
        ];
        for (text, expected) in of_python {
            assert_eq!(shown(python(text)), expected, "{text}");
        }
    }

    #[test]
    fn cargo_requirements_are_compatible_unless_they_say_exact() {
        assert_eq!(shown(cargo("0.27")), "0.27");
        assert_eq!(shown(cargo("1.2")), "1.2 to 1.5");
        assert_eq!(shown(cargo("=0.12.3")), "==0.12.3");
        assert_eq!(shown(cargo(">=1, <2")), "1 to 1.5");
        assert_eq!(shown(cargo("~1.2")), "1.2 to 1.2.3");
        assert_eq!(shown(cargo("1.*")), "1 to 1.5");
        assert_eq!(cargo("*"), None);
        assert_eq!(normalised("Ruamel.yaml__X"), "ruamel-yaml-x");
    }
}
