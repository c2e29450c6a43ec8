//! Numbers, texts and time spans as Rust writes them.

use syn::{Expr, ExprCall, Ident, Lit, Path, UnOp};

use crate::facts::ExprKind;

/// The value of a literal.
pub(super) fn literal(lit: &Lit) -> ExprKind {
    match lit {
        Lit::Str(text) => ExprKind::Text(text.value().into()),
        Lit::ByteStr(bytes) => ExprKind::Text(String::from_utf8_lossy(&bytes.value()).into()),
        Lit::CStr(text) => ExprKind::Text(text.value().to_string_lossy().into()),
        Lit::Char(letter) => ExprKind::Text(letter.value().to_string().into()),
        Lit::Byte(byte) => ExprKind::Int(i64::from(byte.value())),
        Lit::Bool(truth) => ExprKind::Bool(truth.value),
        Lit::Int(number) if matches!(number.suffix(), "f32" | "f64") => float(number.base10_digits()),
        Lit::Int(number) => match number.base10_digits().parse::<i64>() {
            Ok(whole) => ExprKind::Int(whole),
            Err(_) => float(number.base10_digits()),
        },
        Lit::Float(number) => float(number.base10_digits()),
        _ => ExprKind::Unknown("a literal"),
    }
}

fn float(digits: &str) -> ExprKind {
    digits.parse::<f64>().map_or(ExprKind::Unknown("a number"), ExprKind::Float)
}

/// The last two names of a path; the first may be missing.
pub(super) fn last_two(path: &Path) -> Option<(Option<&Ident>, &Ident)> {
    let mut names = path.segments.iter().rev().map(|segment| &segment.ident);
    let last = names.next()?;
    Some((names.next(), last))
}

/// The seconds of `Duration::from_secs(5)` and its kin, where the argument is written out.
pub(super) fn duration(call: &ExprCall) -> Option<f64> {
    let Expr::Path(callee) = &*call.func else { return None };
    let (owner, name) = last_two(&callee.path)?;
    owner.filter(|owner| *owner == "Duration" || *owner == "TimeDelta")?;
    let name = name.to_string();
    let numbers = call.args.iter().map(number).collect::<Option<Vec<f64>>>()?;
    let unit = name.strip_prefix("from_").unwrap_or(&name);
    let unit = unit.strip_suffix("_f64").or_else(|| unit.strip_suffix("_f32")).unwrap_or(unit);
    let seconds: f64 = match unit {
        "nanos" | "nanoseconds" => 1e-9,
        "micros" | "microseconds" => 1e-6,
        "millis" | "milliseconds" => 1e-3,
        "secs" | "seconds" => 1.0,
        "mins" | "minutes" => 60.0,
        "hours" => 3600.0,
        "days" => 86_400.0,
        "weeks" => 604_800.0,
        "new" => return if let [whole, nanos] = numbers.as_slice() { Some(whole + nanos * 1e-9) } else { None },
        _ => return None,
    };
    // Division keeps 1500 ms at exactly 1.5.
    let [count] = numbers.as_slice() else { return None };
    Some(if seconds < 1.0 { count / (1.0 / seconds).round() } else { count * seconds })
}

/// A number that is written out: a literal, or literals multiplied (`5 * 60`).
fn number(mut expr: &Expr) -> Option<f64> {
    let mut product = 1.0;
    loop {
        match expr {
            Expr::Paren(inner) => expr = &inner.expr,
            Expr::Group(inner) => expr = &inner.expr,
            Expr::Unary(inner) if matches!(inner.op, UnOp::Neg(_)) => {
                product = -product;
                expr = &inner.expr;
            }
            Expr::Binary(pair) if matches!(pair.op, syn::BinOp::Mul(_)) => {
                product *= written(&pair.right)?;
                expr = &pair.left;
            }
            other => return written(other).map(|number| number * product),
        }
    }
}

fn written(expr: &Expr) -> Option<f64> {
    let Expr::Lit(lit) = expr else { return None };
    match literal(&lit.lit) {
        ExprKind::Int(whole) => Some(whole as f64),
        ExprKind::Float(number) => Some(number),
        _ => None,
    }
}
