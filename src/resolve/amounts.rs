//! From alternatives to the values that the report shows: numbers with certainty, origin and trail.

use super::thing::{Possible, Possibles, Thing};
use crate::catalog::library::Literal;
use crate::value::{Amount, Certainty, How, Step, Value};

/// The value of alternatives; `unlimited` are the written values that mean "no limit".
///
/// Alternatives that are not known are left out beside known ones, at the price of certainty.
pub fn value_of(possibles: &Possibles, unlimited: &[Literal]) -> Value {
    let mut known: Vec<&Possible> = possibles.iter().filter(|possible| amount_of(&possible.thing, unlimited).is_some()).collect();
    // Of several numbers the largest decides: its place is the one that is shown.
    let size = |possible: &Possible| amount_of(&possible.thing, unlimited).and_then(|amount| amount.greatest());
    if let Some(most) = known.iter().filter_map(|possible| size(possible)).max_by(f64::total_cmp) {
        known.sort_by_key(|possible| size(possible) != Some(most));
    }
    let Some(first) = known.first() else {
        let why = possibles.first().map_or_else(|| "no value".to_string(), |possible| why(&possible.thing));
        let mut value = Value::unknown(why);
        if let Some(possible) = possibles.first() {
            value.trail = possible.trail.steps();
            value.defined_at = possible.defined_at;
            value.same_as = (*possible.same_as).clone();
        }
        return value;
    };
    let amounts: Vec<Amount> = known.iter().filter_map(|possible| amount_of(&possible.thing, unlimited)).collect();
    let certainty = known.iter().map(|possible| possible.certainty).min().unwrap_or(Certainty::Assumed);
    let amount = join(&amounts);
    let mut trail: Vec<Step> = Vec::new();
    for possible in known.iter().take(3) {
        trail.extend(possible.trail.steps().into_iter().filter(|step| !trail.contains(step)).collect::<Vec<_>>());
    }
    let mut same_as = (*first.same_as).clone();
    for possible in &known {
        same_as.retain(|span| possible.same_as.contains(span));
    }
    Value {
        amount,
        certainty: if known.len() < possibles.len() { certainty.min(Certainty::Assumed) } else { certainty },
        how: if known.len() > 1 && known.iter().any(|possible| possible.how != first.how) { How::Expression } else { first.how },
        defined_at: first.defined_at,
        trail,
        same_as,
    }
}

/// A value that is given on some ways only, and the default that it leaves on the others, which is this sure at most; a value that is not
/// known leaves the default.
pub(super) fn either(given: Value, default: Value, sure: Certainty) -> Value {
    let certainty = given.certainty.min(default.certainty).min(sure);
    let trail = |first: Vec<Step>, then: Vec<Step>| first.into_iter().chain(then).collect();
    if given.amount.is_unknown() {
        return Value { certainty: default.certainty.min(sure), trail: trail(default.trail, given.trail), ..default };
    }
    Value {
        amount: join(&[given.amount, default.amount]),
        certainty,
        how: How::Expression,
        defined_at: given.defined_at,
        trail: trail(given.trail, default.trail),
        same_as: Vec::new(),
    }
}

fn amount_of(thing: &Thing, unlimited: &[Literal]) -> Option<Amount> {
    let word = |wanted: &str| unlimited.iter().any(|literal| matches!(literal, Literal::Word(word) if word == wanted));
    match thing {
        Thing::Number(number) | Thing::Seconds(number) => {
            let off = unlimited.iter().any(|literal| matches!(literal, Literal::Number(off) if off == number));
            Some(if off || number.is_infinite() { Amount::Unbounded } else { Amount::One(*number) })
        }
        Thing::Between(low, high) => Some(Amount::Range { low: *low, high: *high }),
        Thing::Truth(truth) => Some(Amount::Truth(*truth)),
        Thing::Text(text) => match text.trim().parse::<f64>() {
            Ok(number) => amount_of(&Thing::Number(number), unlimited),
            Err(_) => Some(Amount::Text(text.to_string())),
        },
        Thing::Nothing if word("none") => Some(Amount::Unbounded),
        Thing::Nothing => Some(Amount::Text("none".into())),
        _ => None,
    }
}

/// A catalog's literal as an amount.
pub fn amount_of_literal(literal: &Literal, unlimited: &[Literal]) -> Amount {
    match literal {
        Literal::Truth(truth) => Amount::Truth(*truth),
        Literal::Number(number) if unlimited.contains(literal) || number.is_infinite() => Amount::Unbounded,
        Literal::Number(number) => Amount::One(*number),
        Literal::Word(word) => match word.as_str() {
            "unlimited" => Amount::Unbounded,
            "none" if unlimited.contains(literal) => Amount::Unbounded,
            "unknown" => Amount::Unknown("the library decides".into()),
            word if cpu_range(word).is_some() => {
                let (low, high) = cpu_range(word).unwrap_or_default();
                Amount::Range { low, high }
            }
            other => Amount::Text(other.into()),
        },
    }
}

/// Words for numbers that depend on the processors of the machine, of which there is at least one: `cpus-times-4`.
pub fn cpu_range(word: &str) -> Option<(Option<f64>, Option<f64>)> {
    match word {
        "cpus" => Some((Some(1.0), None)),
        "cpus-plus-4-at-most-32" => Some((Some(5.0), Some(32.0))),
        _ => word.strip_prefix("cpus-times-").and_then(|times| times.parse().ok()).map(|times| (Some(times), None)),
    }
}

fn join(amounts: &[Amount]) -> Amount {
    if let [one] = amounts {
        return one.clone();
    }
    let mut numbers = Vec::new();
    for amount in amounts {
        match amount {
            Amount::One(number) => numbers.push(*number),
            Amount::Several(all) => numbers.extend(all),
            Amount::Unbounded => numbers.push(f64::INFINITY),
            Amount::Range { low, high } => {
                let low =
                    amounts.iter().map(Amount::least).collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().reduce(f64::min)).or(*low);
                let high = amounts
                    .iter()
                    .map(Amount::greatest)
                    .collect::<Option<Vec<_>>>()
                    .and_then(|all| all.into_iter().reduce(f64::max))
                    .filter(|_| high.is_some());
                return Amount::Range { low, high };
            }
            Amount::Truth(_) | Amount::Text(_) | Amount::Unknown(_) => {
                let first = amounts[0].clone();
                return if amounts.iter().all(|other| *other == first) { first } else { Amount::Unknown("one of several things".into()) };
            }
        }
    }
    Amount::of(numbers)
}

fn why(thing: &Thing) -> String {
    match thing {
        Thing::Unknown(why) => why.to_string(),
        Thing::Foreign(symbol) => format!("what `{symbol}` gives is not followed"),
        Thing::Symbol(symbol) => format!("`{symbol}` is not known"),
        _ => "not a number".into(),
    }
}
