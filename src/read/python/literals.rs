//! Numbers and texts as Python writes them.

use tree_sitter::Node;

use super::grammar::{Field, Kind};
use super::lower::{Lowerer, in_field};
use crate::facts::{ExprId, ExprKind};

/// The value of a number literal; `3j` is not followed.
pub(super) fn number(text: &str) -> ExprKind {
    let digits: String = text.chars().filter(|c| *c != '_').collect::<String>().to_ascii_lowercase();
    let digits = digits.trim_end_matches('l');
    let radix = match digits.get(..2) {
        Some("0x") => 16,
        Some("0o") => 8,
        Some("0b") => 2,
        _ => 10,
    };
    if radix != 10 {
        let rest = digits.get(2..).unwrap_or("");
        return match i64::from_str_radix(rest, radix) {
            Ok(value) => ExprKind::Int(value),
            Err(_) => ExprKind::Float(
                rest.chars().filter_map(|c| c.to_digit(radix)).fold(0.0, |sum, digit| sum * f64::from(radix) + f64::from(digit)),
            ),
        };
    }
    if digits.ends_with('j') {
        return ExprKind::Unknown("complex number");
    }
    match (digits.parse::<i64>(), digits.parse::<f64>()) {
        (Ok(value), _) => ExprKind::Int(value),
        (_, Ok(value)) => ExprKind::Float(value),
        _ => ExprKind::Unknown("number"),
    }
}

impl<'t> Lowerer<'t> {
    /// A string, or several side by side: a text, or a format where one of them has holes.
    pub(super) fn string(&mut self, node: Node<'t>, parent: Option<ExprId>) -> ExprId {
        let id = self.open(node, parent);
        let (mut text, mut holes) = (String::new(), Vec::new());
        if self.kind(node) == Kind::ConcatenatedString {
            for part in self.parts(node) {
                self.piece(part.node, &mut text, &mut holes);
            }
        } else {
            self.piece(node, &mut text, &mut holes);
        }
        if holes.is_empty() {
            return self.close(id, ExprKind::Text(text.into()));
        }
        let holes = holes.into_iter().map(|hole| self.expression(hole, Some(id))).collect();
        self.close(id, ExprKind::Format(holes))
    }

    fn piece(&mut self, node: Node<'t>, text: &mut String, holes: &mut Vec<Node<'t>>) {
        let children = self.children(node);
        let prefix = children.first().filter(|child| child.kind == Kind::StringStart).map_or("", |child| self.text(child.node));
        let has = |letter: char| prefix.chars().any(|c| c.eq_ignore_ascii_case(&letter));
        let literal = Literal { raw: has('r'), bytes: has('b'), format: has('f') || has('t') };
        for child in children {
            match child.kind {
                Kind::StringContent => literal.decode(self.text(child.node), text),
                Kind::Interpolation => self.holes(child.node, holes),
                _ => {}
            }
        }
    }

    /// The expression of a hole and those in its format (`{value:{width}}`).
    fn holes(&mut self, node: Node<'t>, holes: &mut Vec<Node<'t>>) {
        let mut open = vec![node];
        while let Some(hole) = open.pop() {
            let parts = self.parts(hole);
            holes.extend(in_field(&parts, Field::Expression));
            let inner = |part: &&super::lower::Child<'t>| matches!(part.kind, Kind::FormatSpecifier | Kind::FormatExpression);
            open.extend(parts.iter().filter(inner).rev().map(|part| part.node));
        }
    }
}

/// How the content of one string literal is meant.
struct Literal {
    raw: bool,
    bytes: bool,
    format: bool,
}

impl Literal {
    /// Appends the characters that `content` stands for. What is no escape stays as written, as in Python.
    fn decode(&self, content: &str, text: &mut String) {
        let mut chars = content.chars().peekable();
        while let Some(c) = chars.next() {
            if self.format && matches!(c, '{' | '}') {
                chars.next_if_eq(&c);
                text.push(c);
                continue;
            }
            if c != '\\' || self.raw {
                text.push(c);
                continue;
            }
            let Some(escaped) = chars.next() else {
                text.push('\\');
                return;
            };
            let mut number = |radix: u32, most: usize, first: u32| {
                let (mut value, mut read) = (first, 0);
                while read < most {
                    let Some(digit) = chars.peek().and_then(|c| c.to_digit(radix)) else { break };
                    value = value.wrapping_mul(radix).wrapping_add(digit);
                    chars.next();
                    read += 1;
                }
                char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER)
            };
            match escaped {
                '\n' => {}
                '\r' => {
                    chars.next_if_eq(&'\n');
                }
                '\\' | '\'' | '"' => text.push(escaped),
                'a' => text.push('\u{7}'),
                'b' => text.push('\u{8}'),
                'f' => text.push('\u{c}'),
                'n' => text.push('\n'),
                'r' => text.push('\r'),
                't' => text.push('\t'),
                'v' => text.push('\u{b}'),
                'x' => text.push(number(16, 2, 0)),
                'u' if !self.bytes => text.push(number(16, 4, 0)),
                'U' if !self.bytes => text.push(number(16, 8, 0)),
                '0'..='7' => text.push(number(8, 2, escaped.to_digit(8).unwrap_or(0))),
                'N' if !self.bytes && chars.peek() == Some(&'{') => {
                    // The name of a character: which one does not matter, that there is one does.
                    let mut name = chars.clone();
                    if name.any(|c| c == '}') {
                        chars = name;
                        text.push(char::REPLACEMENT_CHARACTER);
                    } else {
                        text.push_str("\\N");
                    }
                }
                other => text.extend(['\\', other]),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (text, value) in [
            ("10", ExprKind::Int(10)),
            ("1_000_000", ExprKind::Int(1_000_000)),
            ("0x_fF", ExprKind::Int(255)),
            ("0o17", ExprKind::Int(15)),
            ("0b1010", ExprKind::Int(10)),
            ("0", ExprKind::Int(0)),
            ("10L", ExprKind::Int(10)),
            ("9223372036854775808", ExprKind::Float(9_223_372_036_854_775_808.0)),
            ("0x10000000000000000", ExprKind::Float(18_446_744_073_709_551_616.0)),
            ("1.5", ExprKind::Float(1.5)),
            (".5", ExprKind::Float(0.5)),
            ("5.", ExprKind::Float(5.0)),
            ("1e3", ExprKind::Float(1000.0)),
            ("1_0.2_5E-1", ExprKind::Float(1.025)),
            ("3j", ExprKind::Unknown("complex number")),
        ] {
            assert_eq!(number(text), value, "{text}");
        }
    }

    #[test]
    fn escapes() {
        let plain = Literal { raw: false, bytes: false, format: false };
        let raw = Literal { raw: true, bytes: false, format: false };
        let bytes = Literal { raw: false, bytes: true, format: false };
        let format = Literal { raw: false, bytes: false, format: true };
        for (literal, content, meant) in [
            (&plain, r"a\tb\n", "a\tb\n"),
            (&plain, r"\x41\u00e9\U0001F600\101\0", "A\u{e9}\u{1F600}A\0"),
            (&plain, "a\\\nb\\\r\nc", "abc"),
            (&plain, r"\d\N{DASH}.", "\\d\u{FFFD}."),
            (&plain, r"\N{", r"\N{"),
            (&plain, r"\uD800", "\u{FFFD}"),
            (&plain, "{{}}", "{{}}"),
            (&raw, r"\d\n", r"\d\n"),
            (&bytes, r"\xff\u0041", "\u{ff}\\u0041"),
            (&format, "{{a}}", "{a}"),
        ] {
            let mut text = String::new();
            literal.decode(content, &mut text);
            assert_eq!(text, meant, "{content}");
        }
    }
}
