//! Process managers: Procfiles, systemd units, supervisord programs.

use super::excerpt::Excerpt;
use super::expand::{Dialect, Variables};
use super::lines::{Item, lines};
use super::shell::Commands;
use crate::text::Span;

/// Reads `name: command` lines.
pub(super) fn procfile(commands: &mut Commands<'_>) {
    let text = commands.text;
    for (start, line) in lines(text) {
        let Some((name, command)) = line.split_once(':').filter(|(name, _)| !name.trim_start().starts_with('#')) else { continue };
        let excerpt = Excerpt::exact(text, start + name.len() + 1, start + name.len() + 1 + command.len());
        commands.read(&excerpt, Dialect::Shell, &mut Variables::new(&commands.room));
    }
}

/// Reads `ExecStart=` and its like of a unit.
pub(super) fn systemd(commands: &mut Commands<'_>, items: &[Item<'_>]) {
    let text = commands.text;
    let mut variables = Variables::new(&commands.room);
    for item in items.iter().filter(|item| item.section == "Service" && item.key == "Environment") {
        // Whole `NAME=value` words may stand in quotes.
        for word in commands.words(&Excerpt::exact(text, item.start, item.start + item.value.len()), &mut Variables::new(&commands.room)) {
            let Some((name, value)) = word.text.split_once('=') else { continue };
            variables.set_text(name, Some(value));
            let length = u32::try_from(value.len()).unwrap_or(0);
            let span = Span { start: word.span.end.saturating_sub(length), ..word.span };
            commands.environment.push((name.into(), crate::facts::config::Word { text: value.into(), span }));
        }
    }
    for item in items.iter().filter(|item| item.section == "Service" && item.key.starts_with("Exec")) {
        let command = item.value.trim_start_matches(['@', '-', ':', '+', '!']);
        let end = item.start + item.value.len();
        commands.read(&Excerpt::exact(text, end - command.len(), end), Dialect::Shell, &mut Variables::inside(&variables));
    }
}

/// Reads the programs of a supervisord configuration; other INI texts give nothing.
pub(super) fn supervisor(commands: &mut Commands<'_>, items: &[Item<'_>]) {
    let text = commands.text;
    for item in items.iter().filter(|item| item.key == "command" && item.section.starts_with("program:")) {
        let of_program = |key: &str| items.iter().find(|other| other.section == item.section && other.key == key);
        let copies = of_program("numprocs").and_then(|copies| {
            Some((copies.value.parse().ok()?, Span::new(commands.file, copies.start, copies.start + copies.value.len())))
        });
        if let Some(environment) = of_program("environment") {
            // `A="1",B="2"`: with blanks for commas it is what a shell reads.
            let spaced = separated(environment.value);
            commands.environment =
                commands.assignments(&Excerpt::of_same_length(spaced, environment.start), &mut Variables::new(&commands.room));
        }
        let first = commands.out.len();
        commands.read(
            &Excerpt::exact(text, item.start, item.start + item.value.len()),
            Dialect::Shell,
            &mut Variables::new(&commands.room),
        );
        commands.environment.clear();
        for command in commands.out.iter_mut().skip(first) {
            command.replicas = copies;
        }
    }
}

/// Commas outside of quotes, and line ends, as blanks.
fn separated(text: &str) -> String {
    let mut quote = None;
    text.chars()
        .map(|letter| match (letter, quote) {
            ('"' | '\'', None) => {
                quote = Some(letter);
                letter
            }
            (_, Some(open)) if letter == open => {
                quote = None;
                letter
            }
            (',' | '\n' | '\r', None) => ' ',
            _ => letter,
        })
        .collect()
}
