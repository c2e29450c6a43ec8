//! Making text of the scanned code harmless: no terminal commands, no hidden or reordering characters, no line starts of its own.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character acts on a terminal or hides instead of being seen: controls, bidirectional marks, zero-width characters, tags.
pub fn acts(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(character, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Text for one line of a terminal: what acts is written as an escape (`\u{1b}`, `\n`).
pub fn line(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if acts(character) {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

/// JSON whose texts hold nothing that acts: a JSON escape in its place, which is the same document to every reader.
pub fn json(text: String) -> String {
    let is_bare = |character: char| character != '\n' && acts(character);
    if !text.contains(is_bare) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 64);
    for character in text.chars() {
        if is_bare(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(character);
        }
    }
    out
}

/// A visible character of one column for one that acts, so that markers below a source line still point at the right place. Tabs stay.
pub fn stand_in(character: char) -> char {
    match character {
        '\t' => '\t',
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(character)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        other if acts(other) => '\u{fffd}',
        other => other,
    }
}

/// Text inside Markdown: every character with a meaning there gets a backslash, and `<` and `&` cannot start markup.
pub fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for character in line(text).chars() {
        match character {
            '\\' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '#' | '+' | '!' | '|' | '~' | '>' | '$' => out.extend(['\\', character]),
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '@' => out.push_str("&#64;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_commands_become_text() {
        assert_eq!(line("a\u{1b}[31mb\u{7}\r\n"), "a\\u{1b}[31mb\\u{7}\\r\\n");
        assert_eq!(line("x\u{202e}y\u{200b}\u{9b}"), "x\\u{202e}y\\u{200b}\\u{9b}");
        assert!(matches!(line("plain: é 漢"), Cow::Borrowed(_)));
    }

    #[test]
    fn stand_ins_are_seen_and_one_column_wide() {
        for character in (0..0x3000).filter_map(char::from_u32).filter(|&c| acts(c) && c != '\t') {
            let shown = stand_in(character);
            assert!(!acts(shown), "{character:?}");
            assert_eq!(textwrap::core::display_width(&shown.to_string()), 1, "{character:?}");
        }
    }

    #[test]
    fn json_stays_the_same_document() {
        let value = serde_json::json!({"a": "\u{1b}[31m\u{7f}\u{9b}2J\u{202e}\u{e0041}é漢\n"});
        let text = json(format!("{value:#}"));
        assert!(!text.chars().any(|c| c != '\n' && acts(c)), "{text}");
        assert!(text.contains("\\udb40\\udc41é漢"), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).ok(), Some(value));
        assert_eq!(json("{\n  \"a\": 1\n}\n".into()), "{\n  \"a\": 1\n}\n");
    }

    #[test]
    fn markdown_has_no_meaning_left() {
        assert_eq!(markdown("[x](http://e) <b> `c` @all"), "\\[x\\]\\(http://e\\) &lt;b\\> \\`c\\` &#64;all");
    }
}
