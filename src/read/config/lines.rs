//! Files of `key = value` lines: INI as configparser reads it, systemd units, and dotenv files.

use crate::facts::config::{Entry, Scalar};
use crate::text::{FileId, Span};

/// One key of an INI file. Texts are slices of the file; the value's lines are not joined.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item<'t> {
    pub(super) section: &'t str,
    pub(super) key: &'t str,
    pub(super) value: &'t str,
    /// Byte at which the value starts.
    pub(super) start: usize,
}

/// The lines of a text with the byte at which each starts, without line ends.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line.trim_end_matches(['\n', '\r']))
    })
}

/// Reads an INI text: sections, `=` or `:`, comments with `#` and `;`, values that go on in indented lines or after a `\`.
pub(super) fn ini(text: &str) -> Vec<Item<'_>> {
    let mut items: Vec<Item<'_>> = Vec::new();
    let mut section = "";
    let mut goes_on = false;
    for (start, line) in lines(text) {
        let content = line.trim();
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        if (goes_on || line.starts_with([' ', '\t']))
            && let Some(last) = items.last_mut().filter(|item| item.section == section)
        {
            last.value = text.get(last.start..start + line.len()).unwrap_or(last.value).trim_end();
            goes_on = content.ends_with('\\');
            continue;
        }
        goes_on = content.ends_with('\\');
        if let Some(name) = content.strip_prefix('[') {
            section = name.split(']').next().unwrap_or(name).trim();
            continue;
        }
        let Some(at) = line.find(['=', ':']) else { continue };
        let (key, rest) = (line.get(..at).unwrap_or_default().trim(), line.get(at + 1..).unwrap_or_default());
        let value_at = start + at + 1 + (rest.len() - rest.trim_start().len());
        items.push(Item { section, key, value: rest.trim(), start: value_at });
    }
    items
}

/// Entries of an INI text: section and key, every value a text.
pub(super) fn ini_entries(file: FileId, items: &[Item<'_>]) -> Vec<Entry> {
    let entry = |item: &Item<'_>| Entry {
        path: [item.section, item.key].into_iter().filter(|part| !part.is_empty()).map(Into::into).collect(),
        value: Scalar::Text(item.value.into()),
        span: Span::new(file, item.start, item.start + item.value.len()),
    };
    items.iter().map(entry).collect()
}

/// Entries of a dotenv text: `KEY=value`, with `export`, quotes and comments behind.
pub(super) fn dotenv(file: FileId, text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (start, line) in lines(text.strip_prefix('\u{FEFF}').unwrap_or(text)) {
        let start = start + if text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
        let Some((key, value)) = line.split_once('=') else { continue };
        let name = key.trim();
        let name = name.strip_prefix("export ").unwrap_or(name).trim();
        if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-')) {
            continue;
        }
        let blanks = value.len() - value.trim_start().len();
        let at = start + key.len() + 1 + blanks;
        let value = value.trim();
        let (inner, offset) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let rest = value.get(1..).unwrap_or_default();
                (rest.split(quote).next().unwrap_or(rest), 1)
            }
            _ => (value.split(" #").next().unwrap_or(value).trim_end(), 0),
        };
        let span = Span::new(file, at + offset, at + offset + inner.len());
        entries.push(Entry { path: vec![name.into()], value: Scalar::Text(inner.into()), span });
    }
    entries
}
