//! Which files say one of some words: one pass of a multi-pattern search over raw bytes.

use std::io::Read as _;

use aho_corasick::{AhoCorasick, MatchKind};
use rayon::prelude::*;

use super::{Content, Kind, Tree};
use crate::text::{self, LoadError, MAX_FILE_BYTES, Problem};

/// Words to look for. Up to 64 words of four bytes or more, none inside another, are searched with SIMD; more are allowed and slower.
#[derive(Clone, Debug)]
pub struct Words {
    automaton: AhoCorasick,
    count: usize,
    whole: bool,
}

impl Words {
    /// Words that count wherever they stand. Where one word is the start of another, only the longer one is seen at that place.
    ///
    /// # Errors
    /// When the words are too many or too long for an automaton.
    pub fn new(words: &[&str]) -> Result<Self, String> {
        Self::build(words, false)
    }

    /// Words that count only as whole identifiers: no letter, digit, `_` or non-ASCII character beside them.
    ///
    /// # Errors
    /// As [`Words::new`].
    pub fn identifiers(words: &[&str]) -> Result<Self, String> {
        Self::build(words, true)
    }

    fn build(words: &[&str], whole: bool) -> Result<Self, String> {
        // Leftmost-longest: a whole identifier is never hidden by a shorter word, and only leftmost searches get the SIMD filter.
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(words)
            .map_err(|why| format!("cannot search for {} words: {why}", words.len()))?;
        Ok(Self { automaton, count: words.len(), whole })
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Every hit as (byte offset, index of the word), by offset. Hits in lines that are comments as a whole do not count.
    pub fn hits(&self, bytes: &[u8], kind: Kind) -> Vec<(usize, usize)> {
        let mut hits = Vec::new();
        self.each(bytes, kind, |offset, word| hits.push((offset, word)));
        hits
    }

    fn each(&self, bytes: &[u8], kind: Kind, mut tell: impl FnMut(usize, usize)) {
        if self.is_empty() {
            return;
        }
        let openers = kind.comment_openers();
        let part = |at: Option<&u8>| at.is_some_and(|&byte| byte == b'_' || byte.is_ascii_alphanumeric() || byte >= 0x80);
        // Where the line of the last hit starts, up to where that is known, and whether it is a comment: keeps one long line linear.
        let (mut known_to, mut in_comment) = (None, false);
        for hit in self.automaton.find_iter(bytes) {
            if hit.is_empty() {
                continue;
            }
            if self.whole && (hit.start().checked_sub(1).is_some_and(|at| part(bytes.get(at))) || part(bytes.get(hit.end()))) {
                continue;
            }
            let from = known_to.unwrap_or(0);
            let newline = bytes.get(from..hit.start()).and_then(|between| memchr::memrchr(b'\n', between));
            if newline.is_some() || known_to.is_none() {
                let start = newline.map_or(0, |at| from + at + 1);
                let line = bytes.get(start..hit.start()).unwrap_or_default().trim_ascii_start();
                in_comment = openers.iter().any(|opener| line.starts_with(opener.as_bytes()));
            }
            known_to = Some(hit.start());
            if !in_comment {
                tell(hit.start(), hit.pattern().as_usize());
            }
        }
    }
}

/// A file that says some of the words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hit {
    /// Index of the entry.
    pub entry: usize,
    /// Indexes of the words that it says, ascending.
    pub words: Vec<u16>,
    /// How often it says any of them.
    pub count: u32,
}

/// What one pass over the tree found.
#[derive(Clone, Default, Debug)]
pub struct Search {
    /// Files with a word, by entry.
    pub hits: Vec<Hit>,
    /// Programs that could not be read, by path.
    pub problems: Vec<Problem>,
    /// Files looked at.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Tree {
    /// One parallel pass over all files of the kinds that are asked for. The bytes of a file are dropped as soon as it was searched.
    ///
    /// A program that is no text, too large or unreadable is a problem with a place; other files of that sort are data and left out.
    pub fn containing(&self, words: &Words, kinds: impl Fn(Kind) -> bool + Sync) -> Search {
        let mut order: Vec<usize> = (0..self.entries.len()).filter(|&at| kinds(self.entries[at].kind)).collect();
        // Large files first, so that no thread ends with one alone.
        order.sort_by_key(|&at| std::cmp::Reverse(self.entries[at].size));
        let looked: Vec<_> =
            order.into_par_iter().with_max_len(16).map_init(Vec::new, |buffer, at| (at, self.look(at, words, buffer))).collect();
        let mut search = Search::default();
        for (entry, outcome) in looked {
            match outcome {
                Ok((bytes, said)) => {
                    search.files += 1;
                    search.bytes += bytes;
                    search.hits.extend(said.map(|(words, count)| Hit { entry, words, count }));
                }
                Err(problem) => search.problems.extend(problem),
            }
        }
        search.hits.sort_by_key(|hit| hit.entry);
        search.problems.sort();
        search
    }

    /// Searches one file: its size, and the words it says with their count. An error without a problem is one that nobody needs to know.
    #[allow(clippy::type_complexity)]
    fn look(&self, at: usize, words: &Words, buffer: &mut Vec<u8>) -> Result<(u64, Option<(Vec<u16>, u32)>), Option<Problem>> {
        let entry = &self.entries[at];
        let problem = |why: &dyn std::fmt::Display| entry.kind.is_source().then(|| Problem::of_file(&*entry.path, why.to_string()));
        let bytes: &[u8] = match &self.contents[at] {
            Content::Memory(bytes) => bytes,
            _ => {
                self.read_into(at, buffer).map_err(|why| problem(&why))?;
                buffer
            }
        };
        let size = bytes.len() as u64;
        let decoded;
        let bytes = if matches!(bytes, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]) {
            decoded = text::decode(bytes.to_vec()).map_err(|why| problem(&why))?;
            decoded.as_bytes()
        } else {
            bytes
        };
        if entry.kind.is_source()
            && let Err(why) = std::str::from_utf8(bytes)
        {
            return Err(Some(not_text(&entry.path, bytes, why.valid_up_to())));
        }
        let mut said = vec![false; words.count];
        let mut count = 0u32;
        words.each(bytes, entry.kind, |_, word| {
            said[word] = true;
            count = count.saturating_add(1);
        });
        let found = (count > 0).then(|| ((0..words.count).filter(|&word| said[word]).map(|word| word as u16).collect(), count));
        Ok((size, found))
    }

    fn read_into(&self, at: usize, buffer: &mut Vec<u8>) -> Result<(), LoadError> {
        buffer.clear();
        let path = self.absolute(at).ok_or(LoadError::NotAFile)?;
        if self.entries[at].size > MAX_FILE_BYTES {
            return Err(LoadError::TooLarge { limit: MAX_FILE_BYTES });
        }
        // One byte more than the limit: a file that grew since the walk is noticed.
        let mut file = std::fs::File::open(path).map_err(LoadError::Io)?.take(MAX_FILE_BYTES + 1);
        file.read_to_end(buffer).map_err(LoadError::Io)?;
        if buffer.len() as u64 > MAX_FILE_BYTES { Err(LoadError::TooLarge { limit: MAX_FILE_BYTES }) } else { Ok(()) }
    }
}

/// The problem of bytes that are no text, with the line and column of the first bad one.
fn not_text(path: &str, bytes: &[u8], offset: usize) -> Problem {
    let good = bytes.get(..offset).unwrap_or_default();
    let line = memchr::memchr_iter(b'\n', good).count() + 1;
    let start = memchr::memrchr(b'\n', good).map_or(0, |at| at + 1);
    let column = String::from_utf8_lossy(good.get(start..).unwrap_or_default()).chars().count() + 1;
    Problem { path: path.to_string(), at: Some((line, column)), message: LoadError::NotText { offset }.to_string() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn tree(files: &[(&str, &str)]) -> Tree {
        Tree::from_memory(files.iter().map(|(path, text)| (path.to_string(), text.as_bytes().to_vec())).collect())
    }

    #[test]
    fn words_in_comment_lines_do_not_count() {
        let tree = tree(&[
            ("a.py", "# Pool(1)\n  # Pool\nx = 1  # Pool counts after code\n"),
            ("b.py", "# Pool\n"),
            ("c.rs", "/// Pool\n# Pool in an attribute line\n"),
            ("d.json", "# Pool"),
            ("e.ini", "; Pool\n[x]\n"),
        ]);
        let found = tree.containing(&Words::new(&["Pool", "Session"]).unwrap(), |_| true);
        let hits: Vec<_> = found.hits.iter().map(|hit| (&*tree.entries()[hit.entry].path, hit.words.as_slice(), hit.count)).collect();
        assert_eq!(hits, [("a.py", &[0u16][..], 1), ("c.rs", &[0][..], 1), ("d.json", &[0][..], 1)]);
        assert_eq!((found.files, found.problems.len()), (5, 0));
    }

    #[test]
    fn identifiers_are_whole_words() {
        let tree = tree(&[("a.py", "max_workers = 3\nxmax = maxi\nmäx = émax\n"), ("b.py", "f(max)\n"), ("c.py", "max")]);
        let found = tree.containing(&Words::identifiers(&["max", "max_workers"]).unwrap(), |_| true);
        let hits: Vec<_> = found.hits.iter().map(|hit| (hit.entry, hit.words.clone(), hit.count)).collect();
        assert_eq!(hits, [(0, vec![1], 1), (1, vec![0], 1), (2, vec![0], 1)]);
    }

    #[test]
    fn one_long_line_with_many_hits_is_linear() {
        let text = "word ".repeat(2_000_000);
        let started = std::time::Instant::now();
        let hits = Words::new(&["word"]).unwrap().hits(text.as_bytes(), Kind::Python);
        assert_eq!(hits.len(), 2_000_000);
        // A quadratic search would take hours; the bound only has to tell the two apart on a slow machine.
        assert!(started.elapsed().as_secs() < 60);
    }

    #[test]
    fn programs_that_are_no_text_are_located_and_utf16_is_read() {
        let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain("x = Pool(1)\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let tree = Tree::from_memory(vec![
            ("bad.py".into(), b"x = 1\n\xC3\xA9\xFF".to_vec()),
            ("bad.yaml".into(), b"\xFF".to_vec()),
            ("wide.py".into(), utf16),
        ]);
        let found = tree.containing(&Words::new(&["Pool"]).unwrap(), |_| true);
        assert_eq!(found.hits.len(), 1);
        assert_eq!(&*tree.entries()[found.hits[0].entry].path, "wide.py");
        let shown: Vec<_> = found.problems.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["bad.py:2:2: not UTF-8 text (byte 8)"]);
    }

    #[test]
    fn no_words_find_nothing() {
        let tree = tree(&[("a.py", "x")]);
        assert!(tree.containing(&Words::new(&[]).unwrap(), |_| true).hits.is_empty());
        assert!(tree.containing(&Words::new(&[""]).unwrap(), |_| true).hits.is_empty());
    }
}
