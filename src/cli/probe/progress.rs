//! A line on the terminal that says how far the probe is.

use std::io::{IsTerminal as _, Write as _};

use crate::cli::terminal::Terminal;

const WIDTH: usize = 20;

/// Shown on standard error where that is a terminal and nobody asked for quiet.
pub(super) struct Progress {
    shown: bool,
}

impl Progress {
    pub(super) fn new(terminal: &Terminal) -> Self {
        Self { shown: !terminal.quiet && std::io::stderr().is_terminal() }
    }

    /// `part` of the whole is done, and this comes next.
    pub(super) fn tell(&mut self, part: f64, what: &str) {
        let filled = ((part * WIDTH as f64).round() as usize).min(WIDTH);
        let line = format!("[{}{}] {what}", "#".repeat(filled), ".".repeat(WIDTH - filled));
        // A line that is broken is never taken away whole.
        let width = terminal_size::terminal_size_of(std::io::stderr()).map_or(80, |(width, _)| usize::from(width.0));
        let line: String = line.chars().take(width.saturating_sub(1)).collect();
        self.write(&format!("\r\u{1b}[K{line}"));
    }

    /// Takes the line away.
    pub(super) fn clear(&mut self) {
        self.write("\r\u{1b}[K");
    }

    fn write(&self, text: &str) {
        if self.shown {
            // A terminal that is gone needs no progress.
            let mut stderr = std::io::stderr().lock();
            let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
        }
    }
}
