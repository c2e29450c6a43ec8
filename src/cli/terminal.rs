//! The terminal: whether it has colours, how wide it is, and writing to it.

use std::io::{self, IsTerminal as _, Write as _};

use super::Failure;
use super::args::{ColorWhen, Global};
use crate::render::escape;

/// Columns where there is no terminal and `COLUMNS` does not say.
const DEFAULT_WIDTH: usize = 100;

/// Where a run writes to, and how.
pub(super) struct Terminal {
    /// Whether standard output takes colours.
    pub color: bool,
    /// Columns of standard output.
    pub width: usize,
    /// Whether only the result and errors are wanted.
    pub quiet: bool,
    verbose: bool,
}

impl Terminal {
    pub(super) fn new(global: &Global) -> Self {
        let color = match global.color {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => color_by_environment(),
        };
        let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).filter(|&columns: &usize| columns > 0);
        let seen = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        let width = asked.or_else(seen).unwrap_or(DEFAULT_WIDTH);
        Self { color, width, quiet: global.quiet, verbose: global.verbose }
    }

    /// Writes a result to standard output. A reader that has closed the pipe has seen enough: that is no error.
    pub(super) fn print(&self, text: &str) -> Result<(), Failure> {
        let stdout = io::stdout().lock();
        let choice = if self.color { anstream::ColorChoice::Always } else { anstream::ColorChoice::Never };
        // `Never` would take escapes out; without colours there are none, and the plain stream keeps every byte.
        let written = if self.color {
            let mut stream = anstream::AutoStream::new(stdout, choice);
            stream.write_all(text.as_bytes()).and_then(|()| stream.flush())
        } else {
            let mut stdout = stdout;
            stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
        };
        match written {
            Err(why) if why.kind() != io::ErrorKind::BrokenPipe => Err(Failure::new(format!("standard output: cannot be written: {why}"))),
            _ => Ok(()),
        }
    }

    /// Writes text of the scanned files to standard output: byte for byte into files and pipes, harmless and coloured on a terminal.
    pub(super) fn print_diff(&self, diff: &str) -> Result<(), Failure> {
        if !io::stdout().is_terminal() && !self.color {
            return self.print(diff);
        }
        let line = |line: &str| {
            let color = match line.as_bytes() {
                _ if !self.color => "",
                [b'-', b'-', ..] | [b'+', b'+', ..] => "\u{1b}[1m",
                [b'-', ..] => "\u{1b}[31m",
                [b'+', ..] => "\u{1b}[32m",
                [b'@', ..] => "\u{1b}[36m",
                _ => "",
            };
            let end = if color.is_empty() { "" } else { "\u{1b}[0m" };
            let tabs: Vec<_> = line.trim_end_matches('\r').split('\t').map(escape::line).collect();
            format!("{color}{}{end}\n", tabs.join("\t"))
        };
        self.print(&diff.split_terminator('\n').map(line).collect::<String>())
    }

    /// Tells why the job could not be done.
    pub(super) fn error(&self, message: &str) {
        self.tell("error", message);
    }

    /// Tells what the user should know beside the result, unless they asked for quiet.
    pub(super) fn note(&self, message: &str) {
        if !self.quiet {
            self.tell("note", message);
        }
    }

    /// Tells what the user asked to be told with `--verbose`.
    pub(super) fn detail(&self, message: &str) {
        if self.verbose {
            self.tell("info", message);
        }
    }

    /// A number that was asked for with `--stats`.
    pub(super) fn stat(&self, name: &str, number: &str) {
        self.tell(name, number);
    }

    fn tell(&self, word: &str, message: &str) {
        // Nothing is left to tell it to when standard error is closed.
        let _ = writeln!(io::stderr().lock(), "{word}: {}", escape::line(message));
    }
}

/// What the environment says of colours: <https://no-color.org>, <https://bixense.com/clicolors>, <https://force-color.org>.
fn color_by_environment() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if !is_set("NO_COLOR") && is_set("FORCE_COLOR") && std::env::var_os("FORCE_COLOR").is_some_and(|value| value != "0") {
        return true;
    }
    anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}
