//! The settings as written: TOML to [`RawSettings`], with the places that later checks point at.

use std::collections::BTreeMap;

use serde::de::{Deserializer, Error as _, Visitor};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::Severity;
use crate::text::{Problem, Sources};
use crate::value::{Certainty, parse_seconds};

/// Settings of the advisor: `advisor.toml`, `[tool.advisor]` of `pyproject.toml`, or `[package.metadata.advisor]` of `Cargo.toml`.
#[derive(Clone, Default, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RawSettings {
    /// Files to leave out, in the syntax of `.gitignore`, from the folder of the settings.
    #[schemars(with = "Vec<String>")]
    pub exclude: Vec<Spanned<String>>,
    /// Loads that are declared from outside the program.
    #[schemars(with = "Vec<RawWorkload>")]
    pub workload: Vec<Spanned<RawWorkload>>,
    /// Numbers that judgement and advice aim at.
    pub targets: RawTargets,
    /// Severity of each rule by its id, or `off`.
    #[schemars(with = "BTreeMap<String, RawLevel>")]
    pub rules: BTreeMap<Spanned<String>, RawLevel>,
    /// Findings that are less sure are not shown.
    pub min_certainty: Option<Certainty>,
    /// Findings at or above this severity make the command end with 1.
    pub fail_on: Option<Severity>,
    /// A file of finding keys to keep silent about, from the folder of the settings.
    pub baseline: Option<String>,
    /// The knowledge base.
    pub catalog: RawCatalog,
}

/// A load that is declared from outside the program.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawWorkload {
    /// Its name; `default` where it has none.
    pub name: Option<String>,
    /// Requests under way at once; where it is absent the code's own count, with the rest of what is said here.
    #[schemars(with = "Option<f64>", extend("exclusiveMinimum" = 0))]
    pub concurrency: Option<Spanned<f64>>,
    /// Service time of one request: `"400ms"`, `"40s"`, or seconds.
    pub latency: Option<Seconds>,
    /// 95th percentile of the service time.
    pub latency_p95: Option<Seconds>,
    /// Requests that each task makes one after the other.
    #[schemars(with = "Option<f64>", extend("exclusiveMinimum" = 0))]
    pub rounds: Option<Spanned<f64>>,
    /// Requests that the server takes at once.
    #[schemars(with = "Option<f64>", extend("exclusiveMinimum" = 0))]
    pub server_capacity: Option<Spanned<f64>>,
    /// Files whose pools it runs through, in the syntax of `.gitignore`; all where there are none.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub paths: Vec<Spanned<String>>,
}

/// Numbers that judgement and advice aim at.
#[derive(Clone, Default, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RawTargets {
    /// A pool is advised this many times the concurrency; at least 1.
    #[schemars(with = "Option<f64>", extend("minimum" = 1))]
    pub headroom: Option<Spanned<f64>>,
    /// Open files that one process may have.
    #[schemars(with = "Option<f64>", extend("exclusiveMinimum" = 0))]
    pub open_files: Option<Spanned<f64>>,
    /// Files that a process has open beside its connections.
    #[schemars(with = "Option<f64>", extend("minimum" = 0))]
    pub open_files_reserve: Option<Spanned<f64>>,
}

/// What a rule may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawLevel {
    /// The rule is silent.
    Off,
    /// Worth knowing.
    Note,
    /// Will hurt under the declared load.
    Warning,
    /// Fails.
    Error,
}

/// The knowledge base.
#[derive(Clone, Default, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RawCatalog {
    /// Files of libraries and concurrency sources of your own, as globs from the folder of the settings.
    #[schemars(with = "Vec<String>")]
    pub extend: Vec<Spanned<String>>,
}

/// A duration in seconds, written as a number or with a unit.
#[derive(Clone, Copy, PartialEq, Debug, schemars::JsonSchema)]
#[schemars(untagged)]
pub enum Seconds {
    /// Seconds.
    Plain(f64),
    /// With a unit: `400ms`, `40s`, `2m`, `1h`.
    #[schemars(with = "String")]
    Written(f64),
}

impl Seconds {
    /// The duration in seconds; finite and not negative.
    pub fn seconds(self) -> f64 {
        match self {
            Self::Plain(seconds) | Self::Written(seconds) => seconds,
        }
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Duration;
        impl Visitor<'_> for Duration {
            type Value = Seconds;

            fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str("a duration such as \"40s\", or seconds")
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Seconds, E> {
                self.visit_f64(number as f64)
            }

            fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Seconds, E> {
                parse_seconds(&number.to_string()).map(Seconds::Plain).map_err(E::custom)
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Seconds, E> {
                parse_seconds(text).map(Seconds::Written).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Duration).map_err(D::Error::custom)
    }
}

/// Where in a TOML file the settings stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Section {
    /// The whole file.
    Whole,
    /// `[tool.advisor]`.
    Tool,
    /// `[package.metadata.advisor]`, else `[workspace.metadata.advisor]`.
    Metadata,
}

impl Section {
    /// By the name of the file.
    pub fn of_file(name: &str) -> Self {
        match name {
            "pyproject.toml" => Self::Tool,
            "Cargo.toml" => Self::Metadata,
            _ => Self::Whole,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Pyproject {
    tool: Tool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tool {
    advisor: Option<RawSettings>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CargoManifest {
    package: Holder,
    workspace: Holder,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Holder {
    metadata: Option<Tool>,
}

/// Settings in a text; `None` where the section is not there.
///
/// # Errors
/// What is wrong with the text or its keys, with line and column and the nearest known key.
pub fn parse(path: &str, text: &str, section: Section) -> Result<Option<RawSettings>, Problem> {
    let parsed = match section {
        Section::Whole => toml::from_str(text).map(Some),
        Section::Tool => toml::from_str(text).map(|found: Pyproject| found.tool.advisor),
        Section::Metadata => toml::from_str(text).map(|found: CargoManifest| {
            let advisor = |holder: Holder| holder.metadata.and_then(|metadata| metadata.advisor);
            advisor(found.package).or_else(|| advisor(found.workspace))
        }),
    };
    parsed.map_err(|why| {
        let message = with_suggestion(why.message());
        match why.span() {
            Some(span) => located(path, text, span.start, message),
            None => Problem::of_file(path, message),
        }
    })
}

/// A problem at a byte of a text that is in no [`Sources`] yet.
pub(super) fn located(path: &str, text: &str, offset: usize, message: impl Into<String>) -> Problem {
    let mut sources = Sources::default();
    let id = sources.add(path, text);
    Problem::at(sources.get(id), offset, message)
}

/// Serde's words for an unknown name list all that are known; the nearest one is worth naming.
fn with_suggestion(message: &str) -> String {
    let message = message.trim();
    let Some(rest) = message.strip_prefix("unknown field ").or_else(|| message.strip_prefix("unknown variant ")) else {
        return message.into();
    };
    let mut names = rest.split('`').skip(1).step_by(2);
    let Some(wrong) = names.next() else { return message.into() };
    let known: Vec<&str> = names.collect();
    let what = if message.starts_with("unknown field") { "key" } else { "value" };
    format!("unknown {what} `{wrong}`{}", suggestion(wrong, &known))
}

/// `: did you mean …?` where a known name is near, else the known names.
pub(super) fn suggestion(wrong: &str, known: &[&str]) -> String {
    let spelled = wrong.to_lowercase().replace('_', "-");
    let near = known.iter().map(|name| (strsim::damerau_levenshtein(&spelled, name), name)).min();
    match near {
        Some((distance, name)) if distance <= 1 + name.len() / 4 || name.starts_with(&spelled) => format!(": did you mean `{name}`?"),
        _ if known.is_empty() => String::new(),
        _ => format!(": known are {}", known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
    }
}
