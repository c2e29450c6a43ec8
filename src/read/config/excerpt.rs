//! A stretch of text inside a file whose letters are known, though quoting, indentation or folding changed what lies between them.

use std::borrow::Cow;

/// Text with the bytes of the file that it came from.
#[derive(Clone, Debug)]
pub(super) struct Excerpt<'t> {
    pub(super) text: Cow<'t, str>,
    /// Runs that stand in the file as they stand here: (byte here, byte in the file, length), ascending.
    runs: Vec<(usize, usize, usize)>,
    /// The whole stretch in the file, for what cannot be located closer.
    whole: (usize, usize),
}

impl<'t> Excerpt<'t> {
    /// The bytes from `start` to `end` of a file, as they are.
    pub(super) fn exact(file: &'t str, start: usize, end: usize) -> Self {
        let text = file.get(start..end).unwrap_or_default();
        Self { text: Cow::Borrowed(text), runs: vec![(0, start, text.len())], whole: (start, end.max(start)) }
    }

    /// A text that stands at `start` of a file byte for byte, but for letters that were blanked.
    pub(super) fn of_same_length(text: String, start: usize) -> Self {
        let length = text.len();
        Self { text: Cow::Owned(text), runs: vec![(0, start, length)], whole: (start, start + length) }
    }

    /// A text that was decoded from the bytes from `start` to `end` of a file: the two are laid side by side.
    pub(super) fn decoded(text: &str, file: &str, start: usize, end: usize) -> Self {
        let raw = file.get(start..end).unwrap_or_default();
        let runs =
            if let Some(at) = raw.find(text) { vec![(0, start + at, text.len())] } else { align(text, raw, start).unwrap_or_default() };
        Self { text: Cow::Owned(text.to_string()), runs, whole: (start, end.max(start)) }
    }

    /// Where the bytes from `start` to `end` of the text stand in the file.
    pub(super) fn place(&self, start: usize, end: usize) -> (usize, usize) {
        let first = self.runs.partition_point(|(here, _, length)| here + length <= start);
        let last = self.runs.partition_point(|(here, _, _)| *here < end.max(start + 1));
        let (Some(&(first_here, first_there, _)), Some(&(last_here, last_there, last_length))) =
            (self.runs.get(first), last.checked_sub(1).and_then(|at| self.runs.get(at)))
        else {
            return self.whole;
        };
        let from = first_there + start.saturating_sub(first_here);
        let to = last_there + end.saturating_sub(last_here).min(last_length);
        if from <= to { (from, to) } else { self.whole }
    }
}

/// Lays a decoded text beside its raw form: what the raw form has more is white space, quotes and backslashes.
fn align(text: &str, raw: &str, base: usize) -> Option<Vec<(usize, usize, usize)>> {
    let mut runs: Vec<(usize, usize, usize)> = Vec::new();
    let mut raw_left = raw.char_indices().peekable();
    for (here, letter) in text.char_indices() {
        loop {
            let Some(&(there, found)) = raw_left.peek() else {
                // Only line ends may be left over.
                return text.get(here..)?.trim().is_empty().then_some(runs);
            };
            if found == letter {
                raw_left.next();
                let length = letter.len_utf8();
                match runs.last_mut() {
                    Some((at, from, run)) if *at + *run == here && *from + *run == base + there => *run += length,
                    _ => runs.push((here, base + there, length)),
                }
                break;
            }
            if found == '\\' && letter.is_whitespace() && raw.get(there + 1..).is_some_and(|rest| rest.starts_with(['n', 't', 'r'])) {
                raw_left.next();
                raw_left.next();
                break;
            }
            if found.is_whitespace() || matches!(found, '\\' | '\'' | '"' | '|' | '>' | '-' | '+') {
                raw_left.next();
            } else if letter.is_whitespace() {
                break;
            } else {
                return None;
            }
        }
    }
    Some(runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, raw: &str, word: &str) -> String {
        let file = format!("xx{raw}yy");
        let excerpt = Excerpt::decoded(text, &file, 2, 2 + raw.len());
        let at = text.find(word).unwrap_or_default();
        let (start, end) = excerpt.place(at, at + word.len());
        file.get(start..end).unwrap_or_default().to_string()
    }

    #[test]
    fn words_are_found_behind_quotes_folds_and_indentation() {
        assert_eq!(check("run --n 500", "\"run --n 500\"", "500"), "500");
        assert_eq!(check("run --n 500\nstop\n", "run --n 500\n        stop", "stop"), "stop");
        assert_eq!(check("run --n 500 --m 7", "run\n   --n 500\n   --m 7", "500"), "500");
        assert_eq!(check("say \"hi\" 500", r#""say \"hi\" 500""#, "500"), "500");
        assert_eq!(check("a\nb 500", r#""a\nb 500""#, "500"), "500");
        assert_eq!(check("é 500", "'é 500'", "500"), "500");
    }

    #[test]
    fn what_cannot_be_located_is_the_whole() {
        assert_eq!(check("A 500", r#""\x41 500""#, "500"), r#""\x41 500""#);
    }
}
