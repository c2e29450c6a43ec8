//! The items between two round brackets as they are laid out on the page (arguments of a call, parameters of a function), and edits
//! that add or take away items without disturbing layout and comments. Offsets are bytes of the file's text.

use std::ops::Range;

/// A replacement of bytes of a text.
pub type Change = (Range<usize>, String);

/// What stands between two round brackets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Brackets {
    /// The opening bracket.
    open: usize,
    /// The closing bracket.
    close: usize,
    /// Items without the blanks and comments around them.
    pub items: Vec<Range<usize>>,
    /// Commas between and behind the items.
    commas: Vec<usize>,
}

impl Brackets {
    /// The brackets that open at byte `open` of a Python text; `None` where there are none or they do not close.
    pub fn at(text: &str, open: usize) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.get(open) != Some(&b'(') {
            return None;
        }
        let mut found = Self { open, close: open, items: Vec::new(), commas: Vec::new() };
        let mut item: Option<Range<usize>> = None;
        let mut depth = 0usize;
        let mut at = open + 1;
        loop {
            let byte = *bytes.get(at)?;
            let end = match byte {
                b'#' => {
                    at = line_end(text, at);
                    continue;
                }
                b'"' | b'\'' => after_string(bytes, at)?,
                b'(' | b'[' | b'{' => {
                    depth += 1;
                    at + 1
                }
                b')' | b']' | b'}' if depth > 0 => {
                    depth -= 1;
                    at + 1
                }
                b')' => {
                    found.items.extend(item);
                    found.close = at;
                    return Some(found);
                }
                b']' | b'}' => return None,
                b',' if depth == 0 => {
                    found.items.push(item.take()?);
                    found.commas.push(at);
                    at += 1;
                    continue;
                }
                _ if byte.is_ascii_whitespace() => {
                    at += 1;
                    continue;
                }
                _ => at + 1,
            };
            item = Some(item.map_or(at, |item| item.start)..end);
            at = end;
        }
    }

    /// Where they close.
    pub fn close(&self) -> usize {
        self.close
    }

    /// Adds an item: before `**rest` where the list ends with one, else as the last.
    pub fn with(&self, text: &str, new: &str) -> Vec<Change> {
        let eol = line_ending(text);
        let Some(last) = self.items.last() else { return vec![(self.open + 1..self.open + 1, new.to_string())] };
        let spread = self.items.iter().find(|item| text.get((*item).clone()).is_some_and(|item| item.starts_with("**")));
        if let Some(spread) = spread {
            let gap = match indent_of(text, spread.start) {
                Some(indent) => format!("{eol}{indent}"),
                None => " ".to_string(),
            };
            return vec![(spread.start..spread.start, format!("{new},{gap}"))];
        }
        let trailing = (self.commas.len() == self.items.len()).then(|| self.commas.last().copied()).flatten();
        match (indent_of(text, last.start), indent_of(text, self.close), trailing) {
            (Some(indent), Some(_), Some(comma)) => {
                let next = line_end(text, comma) + 1;
                vec![(next..next, format!("{indent}{new},{eol}"))]
            }
            (Some(indent), Some(_), None) => {
                let next = line_end(text, last.end) + 1;
                vec![(last.end..last.end, ",".to_string()), (next..next, format!("{indent}{new}{eol}"))]
            }
            (_, _, Some(comma)) => vec![(comma + 1..comma + 1, format!(" {new},"))],
            (_, _, None) => vec![(last.end..last.end, format!(", {new}"))],
        }
    }

    /// Takes items away, by index, with their commas; whole lines where nothing else stands on them.
    pub fn without(&self, text: &str, gone: &[usize]) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut at = 0;
        while at < self.items.len() {
            if !gone.contains(&at) {
                at += 1;
                continue;
            }
            let run = (at..self.items.len()).take_while(|index| gone.contains(index)).count();
            changes.extend(self.without_run(text, at, at + run - 1).into_iter().map(|range| (range, String::new())));
            at += run;
        }
        changes
    }

    fn without_run(&self, text: &str, first: usize, last: usize) -> Vec<Range<usize>> {
        let (Some(from), Some(to)) = (self.items.get(first), self.items.get(last)) else { return Vec::new() };
        let one = |start: usize, end: usize| vec![Range { start, end }];
        if first == 0 && last + 1 == self.items.len() {
            return one(self.open + 1, self.close);
        }
        let before = first.checked_sub(1).and_then(|index| self.commas.get(index)).copied();
        if let Some(&comma) = self.commas.get(last) {
            if let Some(lines) = own_lines(text, from.start, comma + 1) {
                return vec![lines];
            }
            // The blanks up to what follows go too, but neither a comment nor a line end.
            let blanks = |from: usize| text.get(from..).map_or(0, |rest| rest.len() - rest.trim_start_matches([' ', '\t']).len());
            if self.items.len() > last + 1 {
                return one(from.start, comma + 1 + blanks(comma + 1));
            }
            return one(before.map_or(from.start, |before| before + 1), comma + 1);
        }
        let Some(before) = before else { return Vec::new() };
        let has_comment = text.get(before..from.start).is_some_and(|gap| gap.contains('#'));
        if has_comment {
            return vec![before..before + 1, own_lines(text, from.start, to.end).unwrap_or(from.start..to.end)];
        }
        one(before, to.end)
    }
}

/// What lines end with: as the first one does.
pub fn line_ending(text: &str) -> &'static str {
    match memchr::memchr(b'\n', text.as_bytes()) {
        Some(at) if text.get(..at).is_some_and(|line| line.ends_with('\r')) => "\r\n",
        _ => "\n",
    }
}

/// Offset of the line feed that ends the line of `at`; the end of the text where there is none.
fn line_end(text: &str, at: usize) -> usize {
    memchr::memchr(b'\n', text.as_bytes().get(at..).unwrap_or_default()).map_or(text.len(), |more| at + more)
}

/// Where the line of `at` starts.
fn line_start(text: &str, at: usize) -> usize {
    memchr::memrchr(b'\n', text.as_bytes().get(..at).unwrap_or_default()).map_or(0, |before| before + 1)
}

/// The blanks before `at`, where nothing else stands before it on its line.
fn indent_of(text: &str, at: usize) -> Option<&str> {
    let blanks = text.get(line_start(text, at)..at)?;
    blanks.chars().all(|c| matches!(c, ' ' | '\t')).then_some(blanks)
}

/// The whole lines of `from..to`, where nothing but a comment behind it stands on them.
fn own_lines(text: &str, from: usize, to: usize) -> Option<Range<usize>> {
    indent_of(text, from)?;
    let end = line_end(text, to);
    let rest = text.get(to..end)?.trim();
    (end < text.len() && (rest.is_empty() || rest.starts_with('#'))).then(|| line_start(text, from)..end + 1)
}

/// One past the Python string that starts at `at`.
fn after_string(bytes: &[u8], at: usize) -> Option<usize> {
    let quote = *bytes.get(at)?;
    let triple = [quote; 3];
    let long = bytes.get(at..)?.starts_with(&triple);
    let mut at = at + if long { 3 } else { 1 };
    loop {
        match *bytes.get(at)? {
            b'\\' => at += 2,
            b'\n' if !long => return None,
            byte if byte == quote && !long => return Some(at + 1),
            byte if byte == quote && bytes.get(at..)?.starts_with(&triple) => return Some(at + 3),
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn changed(text: &str, changes: &[Change]) -> String {
        let mut out = text.to_string();
        for (range, new) in changes.iter().rev() {
            out.replace_range(range.clone(), new);
        }
        out
    }

    fn with(text: &str) -> String {
        let brackets = Brackets::at(text, text.find('(').unwrap()).unwrap();
        changed(text, &brackets.with(text, "new=1"))
    }

    fn without(text: &str, gone: &[usize]) -> String {
        let brackets = Brackets::at(text, text.find('(').unwrap()).unwrap();
        changed(text, &brackets.without(text, gone))
    }

    #[test]
    fn an_item_is_added_as_the_others_are_written() {
        for (before, after) in [
            ("f()", "f(new=1)"),
            ("f( )", "f(new=1 )"),
            ("f(a)", "f(a, new=1)"),
            ("f(a,)", "f(a, new=1,)"),
            ("f(a, g(b, ')', \"(\"), [1, 2])", "f(a, g(b, ')', \"(\"), [1, 2], new=1)"),
            ("f(a, **rest)", "f(a, new=1, **rest)"),
            ("f(\n    a,\n    **rest,\n)", "f(\n    a,\n    new=1,\n    **rest,\n)"),
            ("f(\n    a,\n    b,  # why, b\n)\n", "f(\n    a,\n    b,  # why, b\n    new=1,\n)\n"),
            ("f(\n\ta,\n\tb  # why )\n)\n", "f(\n\ta,\n\tb,  # why )\n\tnew=1\n)\n"),
            ("f(\r\n  a,\r\n)\r\n", "f(\r\n  a,\r\n  new=1,\r\n)\r\n"),
            ("f(a,\n  b)", "f(a,\n  b, new=1)"),
            ("f(a, # c\n  )", "f(a, new=1, # c\n  )"),
            ("f(a # c\n  )", "f(a, new=1 # c\n  )"),
            ("f(\n    # nothing yet\n)", "f(new=1\n    # nothing yet\n)"),
            ("f('''\n,)''', x)", "f('''\n,)''', x, new=1)"),
        ] {
            assert_eq!(with(before), after);
        }
    }

    #[test]
    fn items_go_with_their_commas() {
        for (before, gone, after) in [
            ("f(a)", &[0][..], "f()"),
            ("f(a, b)", &[0], "f(b)"),
            ("f(a, b)", &[1], "f(a)"),
            ("f(a, b, c)", &[1], "f(a, c)"),
            ("f(a, b, c)", &[1, 2], "f(a)"),
            ("f(a, b, c)", &[0, 2], "f(b)"),
            ("f(a, b,)", &[1], "f(a,)"),
            ("f(\n    a,  # A\n    b,  # B\n    c,\n)", &[1], "f(\n    a,  # A\n    c,\n)"),
            ("f(\n    a,  # A\n    b\n)", &[1], "f(\n    a  # A\n)"),
            ("f(\n    a,\n    b\n)", &[1], "f(\n    a\n)"),
            ("f(\r\n  a,\r\n  b,\r\n)", &[0], "f(\r\n  b,\r\n)"),
            ("f(a,  # A\n  b, c)", &[1], "f(a,  # A\n  c)"),
        ] {
            assert_eq!(without(before, gone), after);
        }
    }

    #[test]
    fn what_does_not_close_is_no_list() {
        for text in ["f", "f(", "f(a", "f('", "f(a]", "f(,)", "f(a # )"] {
            assert_eq!(text.find('(').and_then(|open| Brackets::at(text, open)), None, "{text}");
        }
    }
}
