//! What a number can be, how sure we are, and the trail of steps that led to it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text::Span;

/// How sure a value is. The order is the order of trust; a finding is as sure as the least sure step of its trail.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, schemars::JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Certainty {
    /// Taken for granted without a line that says so.
    Assumed,
    /// A default of a library, a flag, a parameter or an environment variable.
    Default,
    /// Written down in the program or its configuration.
    Declared,
    /// Seen in a running client.
    Measured,
}

/// By what kind of line a value is given; the last hop of its trail.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// A literal at the place of use.
    Literal,
    /// The library's own default.
    Default,
    /// A module or class constant.
    Constant,
    /// An argument or a parameter's default.
    Parameter,
    /// A command-line flag, its default or the value a command line gives it.
    Flag,
    /// An environment variable or the default beside it.
    Environment,
    /// A configuration file.
    Config,
    /// Computed.
    Expression,
    /// Not known.
    Unknown,
}

/// What a number can be. Counts are plain numbers, durations are seconds.
#[derive(Clone, PartialEq, Debug)]
pub enum Amount {
    /// One number.
    One(f64),
    /// One of a few, ascending, at least two and at most [`MAX_ALTERNATIVES`].
    Several(Vec<f64>),
    /// Anything from `low` to `high`, ends included; at least one end is known.
    Range {
        /// Least.
        low: Option<f64>,
        /// Greatest.
        high: Option<f64>,
    },
    /// No limit.
    Unbounded,
    /// Switched on or off.
    Truth(bool),
    /// A text that is no number.
    Text(String),
    /// Not known, and why.
    Unknown(String),
}

/// Most alternatives that a value keeps; beyond, it becomes a range.
pub const MAX_ALTERNATIVES: usize = 8;

impl Amount {
    /// Least number this can be; `None` where that is not known. Unbounded is infinite.
    pub fn least(&self) -> Option<f64> {
        match self {
            Self::One(number) => Some(*number),
            Self::Several(all) => all.first().copied(),
            Self::Range { low, .. } => *low,
            Self::Unbounded => Some(f64::INFINITY),
            _ => None,
        }
    }

    /// Greatest number this can be; `None` where that is not known. Unbounded is infinite.
    pub fn greatest(&self) -> Option<f64> {
        match self {
            Self::One(number) => Some(*number),
            Self::Several(all) => all.last().copied(),
            Self::Range { high, .. } => *high,
            Self::Unbounded => Some(f64::INFINITY),
            _ => None,
        }
    }

    /// Whether nothing at all is known.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    /// One amount from numbers in any order: one, several or a range. No numbers are unknown.
    pub fn of(mut numbers: Vec<f64>) -> Self {
        numbers.retain(|number| !number.is_nan());
        numbers.sort_by(f64::total_cmp);
        numbers.dedup();
        match numbers.as_slice() {
            [] => Self::Unknown("no value".into()),
            [one] if one.is_infinite() => Self::Unbounded,
            [one] => Self::One(*one),
            all if all.len() <= MAX_ALTERNATIVES => Self::Several(numbers),
            [low, .., high] => Self::Range { low: Some(*low), high: Some(*high) },
        }
    }
}

/// A number as people write it: whole where it is whole, two digits after the point at most.
pub fn show_number(number: f64) -> String {
    if number.is_infinite() {
        "unbounded".into()
    } else if number.fract() == 0.0 && number.abs() < 9e18 {
        format!("{number:.0}")
    } else {
        let text = format!("{number:.2}");
        text.trim_end_matches('0').trim_end_matches('.').to_string()
    }
}

/// A share (0..1) in per cent with one digit after the point, `16.4`; see [`show_percent_to`].
pub fn show_percent(share: f64) -> String {
    show_percent_to(share, 1)
}

/// A share (0..1) in per cent, `16.4 %`; see [`show_percent_to`].
pub fn show_share(share: f64) -> String {
    format!("{} %", show_percent(share))
}

/// A share (0..1) in per cent with so many digits after the point, and with two where it would else look like all or nothing: what is
/// between is between 0.01 and 99.99.
pub fn show_percent_to(share: f64, digits: u32) -> String {
    // Closer to all or nothing than a sum of floating point is to the truth.
    const EXACT: f64 = 1e-9;
    const FINEST: u32 = 2;
    let rounded = |digits: u32| {
        let scale = 10_f64.powi(digits as i32);
        (share * 100.0 * scale).round() / scale
    };
    let is_between = share > EXACT && share < 1.0 - EXACT;
    let looks_whole = rounded(digits) <= 0.0 || rounded(digits) >= 100.0;
    let percent = if is_between && looks_whole { rounded(FINEST).clamp(0.01, 99.99) } else { rounded(digits) };
    show_number(percent)
}

/// Seconds as people write them: `400 ms`, `40 s`, `10.4 min`, `20 h`.
pub fn show_seconds(seconds: f64) -> String {
    match seconds {
        s if !s.is_finite() => "for ever".into(),
        0.0 => "0 s".into(),
        s if s.abs() < 1e-8 => "less than 0.01 µs".into(),
        s if s.abs() < 1e-4 => format!("{} µs", show_number((s * 1e8).round() / 100.0)),
        s if s.abs() < 1.0 => format!("{} ms", show_number((s * 1e5).round() / 100.0)),
        s if s.abs() < 1000.0 => format!("{} s", show_number((s * 100.0).round() / 100.0)),
        s if s.abs() < 6.0 * 3600.0 => format!("{} min", show_number((s / 6.0).round() / 10.0)),
        s => format!("{} h", show_number((s / 360.0).round() / 10.0)),
    }
}

/// Seconds from what people write: `400ms`, `40s`, `2m`, `1.5h`, `1d`, a blank before the unit allowed; a plain number is seconds.
///
/// # Errors
/// A message in lower case when the text is no duration, negative or not finite.
pub fn parse_seconds(text: &str) -> Result<f64, String> {
    let trimmed = text.trim();
    let unit_at = trimmed.find(|c: char| c.is_ascii_alphabetic() || c == 'µ').unwrap_or(trimmed.len());
    // `1e3` is a number, `1e` is not.
    let (number, unit) = if trimmed.parse::<f64>().is_ok() { (trimmed, "") } else { trimmed.split_at(unit_at) };
    let factor = match unit {
        "" | "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "ms" | "millis" | "milliseconds" => 1e-3,
        "us" | "µs" => 1e-6,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hour" | "hours" => 3600.0,
        "d" | "day" | "days" => 86_400.0,
        _ => return Err(format!("`{text}` is no duration: write `400ms`, `40s`, `2m` or `1h`")),
    };
    let number: f64 = number.trim().parse().map_err(|_| format!("`{text}` is no duration: write `400ms`, `40s`, `2m` or `1h`"))?;
    let seconds = number * factor;
    if !seconds.is_finite() {
        return Err(format!("`{text}` is no finite duration"));
    }
    if seconds < 0.0 { Err(format!("`{text}` is negative: a duration cannot be")) } else { Ok(seconds) }
}

impl fmt::Display for Amount {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(number) => out.write_str(&show_number(*number)),
            Self::Several(all) => {
                let all: Vec<_> = all.iter().map(|number| show_number(*number)).collect();
                out.write_str(&all.join(" or "))
            }
            Self::Range { low: Some(low), high: Some(high) } => write!(out, "{} to {}", show_number(*low), show_number(*high)),
            Self::Range { low: Some(low), high: None } => write!(out, "at least {}", show_number(*low)),
            Self::Range { low: None, high: Some(high) } => write!(out, "at most {}", show_number(*high)),
            Self::Range { low: None, high: None } => out.write_str("unknown"),
            Self::Unbounded => out.write_str("unbounded"),
            Self::Truth(truth) => write!(out, "{truth}"),
            Self::Text(text) => out.write_str(text),
            Self::Unknown(why) => write!(out, "unknown ({why})"),
        }
    }
}

/// One hop of a value, a route or an explanation: a place and what it contributes, in lower case without a full stop.
#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    /// Where; `None` for the catalog and the command line of the advisor itself.
    pub at: Option<Span>,
    /// What this place says.
    pub said: String,
}

/// A number with its origin.
#[derive(Clone, PartialEq, Debug)]
pub struct Value {
    /// What it can be.
    pub amount: Amount,
    /// How sure.
    pub certainty: Certainty,
    /// The kind of line that gives it.
    pub how: How,
    /// Where the number itself stands, the last hop.
    pub defined_at: Option<Span>,
    /// From the use to the definition.
    pub trail: Vec<Step>,
    /// Definitions that the value came through unchanged (parameters, flags, fields, constants): two values that share one are equal by construction.
    pub same_as: Vec<Span>,
}

impl Value {
    /// A value nobody could find, with the reason.
    pub fn unknown(why: impl Into<String>) -> Self {
        Self {
            amount: Amount::Unknown(why.into()),
            certainty: Certainty::Assumed,
            how: How::Unknown,
            defined_at: None,
            trail: Vec::new(),
            same_as: Vec::new(),
        }
    }

    /// A library's default, with the words that name its source.
    pub fn library_default(amount: Amount, said: impl Into<String>) -> Self {
        Self {
            amount,
            certainty: Certainty::Default,
            how: How::Default,
            defined_at: None,
            trail: vec![Step { at: None, said: said.into() }],
            same_as: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_all_or_nothing_only_where_they_are() {
        for (share, shown) in
            [(0.94, "94"), (0.997, "99.7"), (0.9997, "99.97"), (0.00021, "0.02"), (1.0, "100"), (0.0, "0"), (0.1 + 0.2 + 0.7, "100")]
        {
            assert_eq!(show_percent(share), shown, "{share}");
        }
        assert_eq!(
            (show_percent_to(0.997, 0), show_percent_to(0.94, 0), show_percent_to(0.2, 0)),
            ("99.7".into(), "94".into(), "20".into())
        );
        assert_eq!((show_percent(1.0 - 2e-9), show_percent(2e-9)), ("99.99".into(), "0.01".into()));
        assert_eq!(show_percent(0.123_456), "12.3");
    }

    #[test]
    fn numbers_and_seconds_read_well() {
        assert_eq!(show_number(30.0), "30");
        assert_eq!(show_number(7.058_823), "7.06");
        assert_eq!(show_seconds(0.4), "400 ms");
        assert_eq!(show_seconds(3.6e-6), "3.6 µs");
        assert_eq!(show_seconds(1e-9), "less than 0.01 µs");
        assert_eq!(show_seconds(640.0), "640 s");
        assert_eq!(show_seconds(4320.0), "72 min");
        assert_eq!(show_seconds(72_000.0), "20 h");
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        let cases = [
            ("400ms", 0.4),
            ("40s", 40.0),
            ("2m", 120.0),
            ("1.5 h", 5400.0),
            ("40", 40.0),
            (" 1e3 ", 1000.0),
            ("0", 0.0),
            ("250us", 0.000_25),
        ];
        for (text, seconds) in cases {
            assert!(parse_seconds(text).is_ok_and(|read| (read - seconds).abs() < 1e-9), "{text}");
        }
        for text in ["", "s", "-1s", "40x", "inf", "nan", "1e", "4 0 s", "1e400"] {
            assert!(parse_seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn alternatives_are_sorted_and_bounded() {
        assert_eq!(Amount::of(vec![3.0, 1.0, 3.0]), Amount::Several(vec![1.0, 3.0]));
        assert_eq!(Amount::of((0..20).map(f64::from).collect()), Amount::Range { low: Some(0.0), high: Some(19.0) });
        assert_eq!(Amount::of(vec![f64::INFINITY]), Amount::Unbounded);
    }

    #[test]
    fn certainty_is_ordered_by_trust() {
        assert!(
            Certainty::Assumed < Certainty::Default
                && Certainty::Default < Certainty::Declared
                && Certainty::Declared < Certainty::Measured
        );
    }
}
