//! TOML to a [`Document`].

use toml::de::{DeTable, DeValue};

use super::document::{Document, Key, MAX_NODES, NodeId, Value};
use crate::facts::config::Scalar;
use crate::text::{Problem, SourceFile};

/// Nesting that is taken over; the parser refuses deeper brackets, headers may go further.
const MAX_DEPTH: usize = 100;

/// Parses a text; what can be read around an error is kept.
pub(super) fn parse(file: &SourceFile, problems: &mut Vec<Problem>) -> Document {
    let text = file.text.strip_prefix('\u{FEFF}').unwrap_or(&file.text);
    let shift = file.text.len() - text.len();
    let (table, errors) = DeTable::parse_recoverable(text);
    // One broken line can make many errors; the first says where.
    if let Some(why) = errors.first() {
        problems.push(Problem::at(file, shift + why.span().map_or(0, |span| span.start), why.message()));
    }
    let mut document = Document::new(file.id);
    let span = table.span();
    let root = take_table(&mut document, table.get_ref(), shift, 0);
    let root = document.add(root, shift + span.start, shift + span.end);
    document.roots.push(root);
    document
}

fn take_table(document: &mut Document, table: &DeTable<'_>, shift: usize, depth: usize) -> Value {
    let mut pairs = Vec::with_capacity(table.len());
    for (key, value) in table {
        if document.nodes.len() >= MAX_NODES || depth > MAX_DEPTH {
            break;
        }
        let at = key.span();
        let key = Key { text: (&**key.get_ref()).into(), start: shift + at.start, end: shift + at.end };
        let node = take(document, value.get_ref(), value.span(), shift, depth + 1);
        pairs.push((key, node));
    }
    Value::Table(pairs)
}

fn take(document: &mut Document, value: &DeValue<'_>, span: std::ops::Range<usize>, shift: usize, depth: usize) -> NodeId {
    let value = match value {
        DeValue::String(text) => Value::Scalar(Scalar::Text((&**text).into()), (&**text).into()),
        DeValue::Integer(integer) => {
            let number = i64::from_str_radix(integer.as_str(), integer.radix()).map(|number| number as f64);
            scalar(number.map_or(Scalar::Null, Scalar::Number), integer.as_str())
        }
        DeValue::Float(float) => scalar(float.as_str().parse().map_or(Scalar::Null, Scalar::Number), float.as_str()),
        DeValue::Boolean(truth) => scalar(Scalar::Truth(*truth), if *truth { "true" } else { "false" }),
        DeValue::Datetime(when) => scalar(Scalar::Text(when.to_string().into()), &when.to_string()),
        DeValue::Array(items) => {
            let mut nodes = Vec::with_capacity(items.len());
            for item in items.iter() {
                if document.nodes.len() >= MAX_NODES || depth > MAX_DEPTH {
                    break;
                }
                nodes.push(take(document, item.get_ref(), item.span(), shift, depth + 1));
            }
            Value::List(nodes)
        }
        DeValue::Table(table) => take_table(document, table, shift, depth),
    };
    document.add(value, shift + span.start, shift + span.end)
}

fn scalar(value: Scalar, text: &str) -> Value {
    Value::Scalar(value, text.into())
}
