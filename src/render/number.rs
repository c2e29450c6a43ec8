//! An [`Amount`] as the one value that a machine reads, with the alternatives beside it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::finding::Verdict;
use crate::value::Amount;

/// A number, `"unbounded"`, `"unknown"`, a truth value, or the text that stands there. Whole numbers are written as integers.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Scalar {
    /// A whole number.
    Whole(i64),
    /// A number with a fraction.
    Number(f64),
    /// Switched on or off.
    Truth(bool),
    /// `unbounded`, `unknown`, or a text.
    Word(String),
}

impl Scalar {
    /// A number: whole where it is whole, rounded to six digits after the point; infinite is `unbounded`.
    pub fn of(number: f64) -> Self {
        match (number * 1e6).round() / 1e6 {
            n if n.is_nan() => Self::unknown(),
            n if n.is_infinite() => Self::Word("unbounded".into()),
            n if n.fract() == 0.0 && n.abs() < 9e15 => Self::Whole(n as i64),
            n => Self::Number(n),
        }
    }

    /// `"unknown"`.
    pub fn unknown() -> Self {
        Self::Word("unknown".into())
    }

    /// A setting or a limit: of several alternatives the greatest, because a pool is called too small only where all of them are. A range is unknown.
    pub fn limit(amount: &Amount) -> Self {
        match amount {
            Amount::One(number) => Self::of(*number),
            Amount::Several(all) => all.last().map_or_else(Self::unknown, |&greatest| Self::of(greatest)),
            Amount::Unbounded => Self::of(f64::INFINITY),
            Amount::Truth(truth) => Self::Truth(*truth),
            Amount::Text(text) => Self::Word(text.clone()),
            Amount::Range { .. } | Amount::Unknown(_) => Self::unknown(),
        }
    }

    /// A demand: of several alternatives and of a range with a known end the greatest, because the greatest load decides.
    pub fn demand(amount: &Amount) -> Self {
        match amount {
            Amount::Several(_) | Amount::Range { .. } => amount.greatest().map_or_else(Self::unknown, Self::of),
            other => Self::limit(other),
        }
    }

    /// The demand of a case. "At least 500" is 500 where that was enough to judge.
    pub fn case_demand(amount: &Amount, verdict: Verdict) -> Self {
        match amount {
            Amount::Range { low: Some(low), high: None } if verdict == Verdict::TooSmall => Self::of(*low),
            other => Self::demand(other),
        }
    }

    /// The supply of a case. "At most 30" is 30 where that was enough to call it too small; "at least 30" where that was enough to call it fine.
    pub fn case_supply(amount: &Amount, verdict: Verdict) -> Self {
        match (amount, verdict) {
            (Amount::Range { high: Some(high), .. }, Verdict::TooSmall) => Self::of(*high),
            (Amount::Range { low: Some(low), .. }, Verdict::Ok) => Self::of(*low),
            (other, _) => Self::limit(other),
        }
    }
}

/// All alternatives, where there are several.
pub fn alternatives(amount: &Amount) -> Option<Vec<Scalar>> {
    match amount {
        Amount::Several(all) => Some(all.iter().copied().map(Scalar::of).collect()),
        _ => None,
    }
}

/// Both ends of a range, `None` for an end that is not known.
pub fn range(amount: &Amount) -> Option<[Option<Scalar>; 2]> {
    match amount {
        Amount::Range { low, high } => Some([low.map(Scalar::of), high.map(Scalar::of)]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn whole_numbers_are_integers() {
        let show = |number| serde_json::to_string(&Scalar::of(number)).unwrap();
        assert_eq!(
            [show(30.0), show(-0.0), show(7.5), show(f64::INFINITY), show(f64::NAN)],
            ["30", "0", "7.5", "\"unbounded\"", "\"unknown\""]
        );
        assert_eq!(show(0.1 + 0.2), "0.3");
    }

    #[test]
    fn the_end_that_decides_is_the_value() {
        let several = Amount::Several(vec![10.0, 500.0]);
        assert_eq!((Scalar::limit(&several), Scalar::demand(&several)), (Scalar::Whole(500), Scalar::Whole(500)));
        let at_least = Amount::Range { low: Some(500.0), high: None };
        assert_eq!(Scalar::case_demand(&at_least, Verdict::TooSmall), Scalar::Whole(500));
        assert_eq!(Scalar::case_demand(&at_least, Verdict::CannotTell), Scalar::unknown());
        let at_most = Amount::Range { low: None, high: Some(30.0) };
        assert_eq!(Scalar::case_supply(&at_most, Verdict::TooSmall), Scalar::Whole(30));
        assert_eq!(Scalar::case_supply(&at_most, Verdict::Ok), Scalar::unknown());
    }
}
