//! One shape for TOML, YAML and JSON texts: scalars, lists and tables with their places, and the entries they flatten to.

use std::cell::Cell;

use crate::facts::Name;
use crate::facts::config::{Entry, Scalar};
use crate::text::{FileId, Span};

/// Most nodes that are kept of one file; far above what people write, so that data in disguise stays cheap.
pub(super) const MAX_NODES: usize = 500_000;

/// Most entries that one file flattens to, aliases written out.
const MAX_ENTRIES: usize = 100_000;

/// Bytes of text that cost as much as one more value to look at: a long text may stand behind many aliases.
const BYTES_OF_A_VISIT: usize = 64;

/// Deepest nesting that is flattened; the parsers stop earlier.
const MAX_DEPTH: usize = 300;

/// Index of a node of the same document.
pub(super) type NodeId = usize;

/// A parsed text; a YAML text may hold several roots. Aliases share nodes, and no node holds itself.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) file: FileId,
    pub(super) nodes: Vec<Node>,
    pub(super) roots: Vec<NodeId>,
    /// Values that may still be looked at where they are looked at by every way that leads to them.
    visits_left: Cell<usize>,
}

/// A value with its place in bytes.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) start: usize,
    pub(super) end: usize,
}

#[derive(Debug)]
pub(super) enum Value {
    /// A scalar, and its text without quotes.
    Scalar(Scalar, Name),
    List(Vec<NodeId>),
    Table(Vec<(Key, NodeId)>),
}

/// A key with its place in bytes.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) text: Name,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Document {
    pub(super) fn new(file: FileId) -> Self {
        Self { file, nodes: Vec::new(), roots: Vec::new(), visits_left: Cell::new(MAX_NODES) }
    }

    /// Whether a value may be looked at with what it holds; aliases can make a small text stand for a huge one.
    pub(super) fn visit(&self, node: NodeId) -> bool {
        let size = |&item: &NodeId| match &self.nodes[item].value {
            Value::Scalar(_, text) => 1 + text.len() / BYTES_OF_A_VISIT,
            _ => 1,
        };
        let holds: usize = match &self.nodes[node].value {
            Value::Scalar(..) => 0,
            Value::List(items) => items.iter().map(size).sum(),
            Value::Table(pairs) => pairs.iter().map(|(_, item)| size(item)).sum(),
        };
        let left = self.visits_left.get().checked_sub(1 + holds);
        self.visits_left.set(left.unwrap_or(0));
        left.is_some()
    }

    pub(super) fn add(&mut self, value: Value, start: usize, end: usize) -> NodeId {
        self.nodes.push(Node { value, start, end: end.max(start) });
        self.nodes.len() - 1
    }

    pub(super) fn span(&self, node: NodeId) -> Span {
        Span::new(self.file, self.nodes[node].start, self.nodes[node].end)
    }

    /// Keys and values of a table; nothing for other nodes. Keys of `<<` come last, as they give way.
    pub(super) fn table(&self, node: NodeId) -> Vec<(&Key, NodeId)> {
        let Value::Table(pairs) = &self.nodes[node].value else { return Vec::new() };
        let mut all: Vec<(&Key, NodeId)> = pairs.iter().filter(|(key, _)| &*key.text != "<<").map(|(key, value)| (key, *value)).collect();
        let merged = pairs.iter().filter(|(key, _)| &*key.text == "<<").flat_map(|(_, value)| match &self.nodes[*value].value {
            Value::List(items) => items.clone(),
            _ => vec![*value],
        });
        for from in merged {
            if let Value::Table(more) = &self.nodes[from].value {
                all.extend(more.iter().filter(|(key, _)| &*key.text != "<<").map(|(key, value)| (key, *value)));
            }
        }
        all
    }

    /// The value under a key of a table.
    pub(super) fn get(&self, node: NodeId, key: &str) -> Option<NodeId> {
        // The last of two equal keys holds, as every loader has it; a merged key gives way to the table's own.
        if let Value::Table(pairs) = &self.nodes[node].value
            && let Some((_, value)) = pairs.iter().rev().find(|(own, _)| &*own.text == key)
        {
            return Some(*value);
        }
        self.table(node).into_iter().find(|(own, _)| &*own.text == key).map(|(_, value)| value)
    }

    /// The value under a path of keys.
    pub(super) fn path(&self, node: NodeId, keys: &[&str]) -> Option<NodeId> {
        keys.iter().try_fold(node, |node, key| self.get(node, key))
    }

    /// Elements of a list; nothing for other nodes.
    pub(super) fn list(&self, node: NodeId) -> &[NodeId] {
        if let Value::List(items) = &self.nodes[node].value { items } else { &[] }
    }

    /// Text of a scalar, numbers as they are written.
    pub(super) fn text(&self, node: NodeId) -> Option<&str> {
        if let Value::Scalar(_, text) = &self.nodes[node].value { Some(text) } else { None }
    }

    /// A scalar that is a number.
    pub(super) fn number(&self, node: NodeId) -> Option<f64> {
        match &self.nodes[node].value {
            Value::Scalar(Scalar::Number(number), _) => Some(*number),
            _ => None,
        }
    }

    /// Every scalar with its path, in the order of the text.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let mut out = Flat { entries: Vec::new(), path: Vec::new(), visited: 0 };
        for &root in &self.roots {
            self.flatten(root, &mut out);
        }
        out.entries
    }

    fn flatten(&self, node: NodeId, out: &mut Flat) {
        // Aliases can make a small text stand for a huge one: what is visited is bounded, not only what is kept.
        out.visited += 1;
        if out.visited > MAX_NODES || out.entries.len() >= MAX_ENTRIES || out.path.len() > MAX_DEPTH {
            return;
        }
        match &self.nodes[node].value {
            Value::Scalar(value, text) => {
                let bytes = text.len() + out.path.iter().map(|key| key.len()).sum::<usize>();
                out.visited += bytes / BYTES_OF_A_VISIT;
                out.entries.push(Entry { path: out.path.clone(), value: value.clone(), span: self.span(node) });
            }
            Value::List(items) => {
                for (index, &item) in items.iter().enumerate() {
                    out.path.push(index.to_string().into());
                    self.flatten(item, out);
                    out.path.pop();
                }
            }
            Value::Table(_) => {
                for (key, value) in self.table(node) {
                    out.path.push(key.text.clone());
                    self.flatten(value, out);
                    out.path.pop();
                }
            }
        }
    }
}

struct Flat {
    entries: Vec<Entry>,
    path: Vec<Name>,
    visited: usize,
}
