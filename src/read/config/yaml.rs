//! YAML and JSON (which YAML 1.2 holds) to a [`Document`], from the parser's events: no recursion, every node with its place.

use rustc_hash::FxHashMap;
use saphyr_parser::{Event, Parser, ScalarStyle};

use super::document::{Document, Key, MAX_NODES, NodeId, Value};
use crate::facts::Name;
use crate::facts::config::Scalar;
use crate::text::{Problem, SourceFile};

/// Parses a text; what stands before an error is kept.
pub(super) fn parse(file: &SourceFile, problems: &mut Vec<Problem>) -> Document {
    let mut build = Build {
        document: Document::new(file.id),
        open: Vec::new(),
        anchors: FxHashMap::default(),
        place: Place { text: &file.text, ascii: file.text.is_ascii(), characters: 0, bytes: 0 },
    };
    for event in Parser::new_from_str(&file.text) {
        if build.document.nodes.len() >= MAX_NODES {
            problems.push(Problem::at(file, build.place.bytes, format!("more than {MAX_NODES} values, the rest is not read")));
            break;
        }
        match event {
            Ok((event, span)) => {
                let start = build.place.byte(span.start.index());
                let end = build.place.byte(span.end.index());
                build.event(event, start, end);
            }
            Err(why) => {
                // A template that renders to YAML is not broken.
                if !(file.text.contains("{{") || file.text.contains("{%")) {
                    let offset = build.place.byte(why.marker().index());
                    problems.push(Problem::at(file, offset, why.info()));
                }
                break;
            }
        }
    }
    build.finish()
}

/// A list or table whose end was not met yet.
struct Open {
    value: Value,
    key: Option<Key>,
    anchor: usize,
    start: usize,
}

struct Build<'t> {
    document: Document,
    open: Vec<Open>,
    anchors: FxHashMap<usize, NodeId>,
    place: Place<'t>,
}

impl Build<'_> {
    fn event(&mut self, event: Event<'_>, start: usize, end: usize) {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let has_properties = anchor != 0 || tag.is_some();
                let is_text = style != ScalarStyle::Plain || tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
                let end = self.trimmed(start, end);
                let start = if has_properties { self.without_properties(start, end) } else { start };
                let end = self.closed(style, start).unwrap_or(end);
                let scalar = if is_text { Scalar::Text((&*text).into()) } else { plain(&text) };
                self.value(Value::Scalar(scalar, (&*text).into()), start, end, anchor);
            }
            Event::SequenceStart(anchor, _) => self.open.push(Open { value: Value::List(Vec::new()), key: None, anchor, start }),
            Event::MappingStart(anchor, _) => self.open.push(Open { value: Value::Table(Vec::new()), key: None, anchor, start }),
            Event::SequenceEnd | Event::MappingEnd => self.close(end),
            Event::Alias(anchor) => {
                // An alias inside its own anchor is not there yet: nothing ever holds itself.
                let node = self.anchors.get(&anchor).copied();
                let node = node.unwrap_or_else(|| self.document.add(Value::Scalar(Scalar::Null, "".into()), start, end));
                self.attach(node);
            }
            Event::DocumentStart(_) => self.anchors.clear(),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
    }

    fn value(&mut self, value: Value, start: usize, end: usize, anchor: usize) {
        let node = self.document.add(value, start, end);
        if anchor != 0 {
            self.anchors.insert(anchor, node);
        }
        self.attach(node);
    }

    fn attach(&mut self, node: NodeId) {
        let Some(top) = self.open.last_mut() else {
            self.document.roots.push(node);
            return;
        };
        match (&mut top.value, top.key.take()) {
            (Value::List(items), _) => items.push(node),
            (Value::Table(pairs), Some(key)) => pairs.push((key, node)),
            (_, None) => {
                let found = &self.document.nodes[node];
                let text: Name = self.document.text(node).unwrap_or_default().into();
                top.key = Some(Key { text, start: found.start, end: found.end });
            }
            (Value::Scalar(..), Some(_)) => {}
        }
    }

    fn close(&mut self, end: usize) {
        if let Some(open) = self.open.pop() {
            self.value(open.value, open.start, end, open.anchor);
        }
    }

    fn finish(mut self) -> Document {
        while !self.open.is_empty() {
            self.close(self.place.bytes);
        }
        self.document
    }

    /// Ends of block scalars reach to the next token: white space after the value is not part of it.
    fn trimmed(&self, start: usize, end: usize) -> usize {
        self.place.text.get(start..end).map_or(end, |raw| start + raw.trim_end().len())
    }

    /// The parser counts a comment behind a quoted scalar as part of it; here it ends with its closing quote.
    fn closed(&self, style: ScalarStyle, start: usize) -> Option<usize> {
        let bytes = self.place.text.as_bytes();
        let (quote, escape) = match style {
            ScalarStyle::SingleQuoted => (b'\'', b'\''),
            ScalarStyle::DoubleQuoted => (b'"', b'\\'),
            _ => return None,
        };
        let mut at = start + 1;
        loop {
            let here = *bytes.get(at)?;
            if here == escape && (here != quote || bytes.get(at + 1) == Some(&quote)) {
                at += 2;
            } else if here == quote {
                return Some(at + 1);
            } else {
                at += 1;
            }
        }
    }

    /// The parser counts an anchor and a tag as part of their scalar; here the value alone is meant.
    fn without_properties(&self, start: usize, end: usize) -> usize {
        let mut raw = self.place.text.get(start..end).unwrap_or_default();
        while raw.starts_with(['&', '!']) {
            let name = raw.find(char::is_whitespace).unwrap_or(raw.len());
            raw = raw.get(name..).unwrap_or_default().trim_start();
        }
        end - raw.len()
    }
}

/// Byte offsets of character indexes that are asked for in nearly ascending order.
struct Place<'t> {
    text: &'t str,
    ascii: bool,
    characters: usize,
    bytes: usize,
}

impl Place<'_> {
    fn byte(&mut self, index: usize) -> usize {
        if self.ascii {
            (self.characters, self.bytes) = (index, index.min(self.text.len()));
            return self.bytes;
        }
        while self.characters < index {
            let Some(next) = self.text.get(self.bytes..).and_then(|rest| rest.chars().next()) else { break };
            self.characters += 1;
            self.bytes += next.len_utf8();
        }
        while self.characters > index {
            let Some(last) = self.text.get(..self.bytes).and_then(|rest| rest.chars().next_back()) else { break };
            self.characters -= 1;
            self.bytes -= last.len_utf8();
        }
        self.bytes
    }
}

/// A plain scalar by the core schema of YAML 1.2, with the yes and no of 1.1 left as texts.
fn plain(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "true" | "True" | "TRUE" => return Scalar::Truth(true),
        "false" | "False" | "FALSE" => return Scalar::Truth(false),
        ".inf" | "+.inf" => return Scalar::Number(f64::INFINITY),
        _ => {}
    }
    let digits = text.replace('_', "");
    let radix = |prefix: &str, radix| digits.strip_prefix(prefix).and_then(|rest| i64::from_str_radix(rest, radix).ok());
    if let Some(number) = radix("0x", 16).or_else(|| radix("0o", 8)) {
        return Scalar::Number(number as f64);
    }
    // `inf` and `nan` are words here.
    let looks_numeric = digits.trim_start_matches(['+', '-', '.']).starts_with(|c: char| c.is_ascii_digit());
    match digits.parse::<f64>() {
        Ok(number) if looks_numeric => Scalar::Number(number),
        _ => Scalar::Text(text.into()),
    }
}
