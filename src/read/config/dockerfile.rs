//! Dockerfiles: `RUN`, `CMD` and `ENTRYPOINT` in both forms, with `ENV` and `ARG`.

use super::excerpt::Excerpt;
use super::expand::{Dialect, Variables, expand};
use super::lines::lines;
use super::shell::{Commands, last_of_each};
use crate::facts::Name;
use crate::facts::config::Word;
use crate::text::Span;

/// The last `ENTRYPOINT` or `CMD` of a stage.
struct Started {
    /// Words of the list form; `None` for the shell form.
    words: Option<Vec<Word>>,
    /// The argument, in bytes of the file.
    start: usize,
    end: usize,
}

/// Reads a Dockerfile.
pub(super) fn read(commands: &mut Commands<'_>) {
    let text = commands.text;
    let mut variables = Variables::new(&commands.room);
    let (mut entrypoint, mut command) = (None, None);
    for (start, end) in instructions(text) {
        let line = text.get(start..end).unwrap_or_default();
        let keyword = line.split_whitespace().next().unwrap_or_default();
        let rest = line.get(keyword.len()..).unwrap_or_default();
        let argument = rest.trim_start();
        let at = end - argument.len();
        match keyword.to_ascii_uppercase().as_str() {
            "FROM" => {
                finish(commands, entrypoint.take(), command.take(), &mut variables);
                commands.environment.clear();
            }
            "RUN" => {
                let shell =
                    argument.split_inclusive(char::is_whitespace).skip_while(|word| word.starts_with("--")).map(str::len).sum::<usize>();
                commands.read(&stretch(text, end - shell, end), Dialect::Shell, &mut Variables::inside(&variables));
            }
            "CMD" => command = Some(started(commands, at, end)),
            "ENTRYPOINT" => entrypoint = Some(started(commands, at, end)),
            "ARG" => {
                if let Some((name, value)) = argument.split_once('=') {
                    let value = expand(value.trim().trim_matches(['"', '\'']), Dialect::Shell, &mut variables);
                    variables.set_text(name.trim(), value.as_deref());
                }
            }
            "ENV" => environment(commands, at, end, &mut variables),
            _ => {}
        }
    }
    finish(commands, entrypoint, command, &mut variables);
}

/// `ENV A=1 B="2"`, or the old `ENV A 1`.
fn environment(commands: &mut Commands<'_>, start: usize, end: usize, variables: &mut Variables<'_>) {
    let text = commands.text;
    let argument = text.get(start..end).unwrap_or_default();
    let first = argument.split_whitespace().next().unwrap_or_default();
    let mut found: Vec<(Name, Word)> = Vec::new();
    if first.contains('=') {
        found.extend(commands.assignments(&stretch(text, start, end), variables));
    } else {
        let value = argument.get(first.len()..).unwrap_or_default().trim();
        let at = end - argument.get(first.len()..).unwrap_or_default().trim_start().len();
        found.push((first.into(), Word { text: value.into(), span: Span::new(commands.file, at, at + value.len()) }));
    }
    for (name, word) in found {
        variables.set_text(&name, Some(&word.text));
        commands.environment.push((name, word));
    }
    commands.environment = last_of_each(std::mem::take(&mut commands.environment));
}

fn started(commands: &Commands<'_>, start: usize, end: usize) -> Started {
    let raw = commands.text.get(start..end).unwrap_or_default();
    let words = raw.starts_with('[').then(|| exec_form(commands, raw, start));
    Started { words: words.flatten(), start, end }
}

/// The words of `["python", "-m", "app"]`; `None` where the text is no such list, which then is shell.
fn exec_form(commands: &Commands<'_>, raw: &str, start: usize) -> Option<Vec<Word>> {
    // The same length, so that places hold: a continuation is white space to the list.
    let joined = raw.replace("\\\r\n", "   ").replace("\\\n", "  ");
    let mut words = Vec::new();
    let mut stream = serde_json::Deserializer::from_str(&joined).into_iter::<Vec<String>>();
    let texts = stream.next()?.ok()?;
    let mut at = 1;
    for text in texts {
        // Strings stand in the order in which they were read: the next quote opens this one.
        let open = at + joined.get(at..)?.find('"')?;
        let length = serde_json::Deserializer::from_str(joined.get(open..)?).into_iter::<String>();
        let mut length = length;
        length.next()?.ok()?;
        let close = open + length.byte_offset();
        words.push(Word { text: text.into(), span: Span::new(commands.file, start + open + 1, start + close - 1) });
        at = close;
    }
    Some(words)
}

/// What a container of the stage runs: the entry point with the command as its arguments.
fn finish(commands: &mut Commands<'_>, entrypoint: Option<Started>, command: Option<Started>, variables: &mut Variables<'_>) {
    let text = commands.text;
    let environment = commands.environment.clone();
    let shell = |commands: &mut Commands<'_>, form: &Started, variables: &Variables<'_>| {
        commands.read(&stretch(text, form.start, form.end), Dialect::Shell, &mut Variables::inside(variables));
    };
    match (entrypoint, command) {
        (None, None) => {
            if !environment.is_empty() {
                let span = environment.first().map(|(_, word)| word.span);
                commands.push(Vec::new(), span.unwrap_or(Span::new(commands.file, 0, 0)), &environment, None);
            }
        }
        (Some(Started { words: Some(mut words), start, end }), command) => {
            let script = words.last().is_some_and(|word| word.text.ends_with(".sh") || word.text.contains("entrypoint"));
            let more = command.as_ref().and_then(|command| command.words.clone()).unwrap_or_default();
            // Scripts of the kind end in `exec "$@"`: the command is a command of its own.
            let alone = script && more.first().is_some_and(|word| !word.text.starts_with('-'));
            let own = more.clone();
            words.extend(more);
            commands.push(words, Span::new(commands.file, start, end), &environment, None);
            if let Some(command) = command.filter(|command| alone || command.words.is_none()) {
                match command.words {
                    Some(_) => commands.push(own, Span::new(commands.file, command.start, command.end), &environment, None),
                    None => shell(commands, &command, variables),
                }
            }
        }
        // The shell form of the entry point ignores the command.
        (Some(form), _) => shell(commands, &form, variables),
        (None, Some(Started { words: Some(words), start, end })) => {
            commands.push(words, Span::new(commands.file, start, end), &environment, None);
        }
        (None, Some(form)) => shell(commands, &form, variables),
    }
}

/// The bytes of an argument; comment lines inside of it become blanks, as Docker drops them before the shell sees them.
fn stretch(text: &str, start: usize, end: usize) -> Excerpt<'_> {
    let raw = text.get(start..end).unwrap_or_default();
    if !raw.contains('#') || !raw.contains('\n') {
        return Excerpt::exact(text, start, end);
    }
    let mut blanked = String::with_capacity(raw.len());
    for line in raw.split_inclusive('\n') {
        if line.trim_start().starts_with('#') && !blanked.is_empty() {
            blanked.extend(std::iter::repeat_n(' ', line.len()));
        } else {
            blanked.push_str(line);
        }
    }
    Excerpt::of_same_length(blanked, start)
}

/// Start and end of each instruction: lines joined by `\`, comment lines between them and here documents behind them left out.
fn instructions(text: &str) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = Vec::new();
    let mut joins = false;
    let mut heredoc: Option<String> = None;
    for (start, line) in lines(text) {
        let content = line.trim();
        if let Some(end) = &heredoc {
            if content == end {
                heredoc = None;
            }
            continue;
        }
        if content.starts_with('#') || (content.is_empty() && !joins) {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        match out.last_mut() {
            Some(last) if joins => last.1 = start + line.len(),
            _ => out.push((start + indent, start + line.trim_end().len())),
        }
        joins = content.ends_with('\\');
        let is_copy = content.get(..4).is_some_and(|word| matches!(word.to_ascii_uppercase().as_str(), "RUN " | "COPY" | "ADD "));
        if is_copy && let Some(at) = content.find("<<") {
            let name = content.get(at + 2..).unwrap_or_default().trim_start_matches('-').split([' ', '\t', '>', ';', '|', '&']).next();
            heredoc = name.map(|name| name.trim_matches(['"', '\'']).to_string()).filter(|name| !name.is_empty());
        }
    }
    out
}
