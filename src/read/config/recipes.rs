//! Makefiles and justfiles: the commands of their recipes, with the files' own variables filled in.

use super::excerpt::Excerpt;
use super::expand::{Dialect, Variables, expand};
use super::lines::lines;
use super::shell::Commands;

/// Reads a makefile: variables first, as they hold wherever they stand, then the recipes.
pub(super) fn makefile(commands: &mut Commands<'_>) {
    let text = commands.text;
    let mut variables = Variables::new(&commands.room);
    for (_, line) in lines(text).filter(|(_, line)| !line.starts_with('\t')) {
        let line = line.split('#').next().unwrap_or(line).trim();
        let line = line.strip_prefix("export ").or_else(|| line.strip_prefix("override ")).unwrap_or(line);
        let Some((name, value)) = line.split_once('=') else { continue };
        let if_unset = name.ends_with('?');
        let name = name.trim_end_matches([':', '?', '+', '!']).trim();
        if !is_name(name) || (if_unset && variables.held(name).is_some()) {
            continue;
        }
        let value = expand(value.trim(), Dialect::Make, &mut variables);
        variables.set_text(name, value.as_deref());
    }
    for (start, end) in logical_lines(text) {
        let Some(recipe) = text.get(start..end).and_then(|line| line.strip_prefix('\t')) else { continue };
        let command = recipe.trim_start_matches(['@', '-', '+', ' ', '\t']);
        // Every line of a recipe is a shell of its own.
        commands.read(&Excerpt::exact(text, end - command.len(), end), Dialect::Make, &mut Variables::inside(&variables));
        commands.environment.clear();
    }
}

/// Reads a justfile: settings `name := value`, recipes with parameters and their defaults.
pub(super) fn justfile(commands: &mut Commands<'_>) {
    let text = commands.text;
    let mut globals = Variables::new(&commands.room);
    for (_, line) in lines(text).filter(|(_, line)| !line.starts_with([' ', '\t'])) {
        let line = line.strip_prefix("export ").unwrap_or(line);
        if let Some((name, value)) = line.split_once(":=") {
            globals.set_text(name.trim(), literal(value.trim()));
        }
    }
    let mut recipe = Variables::inside(&globals);
    let mut foreign = false;
    for (start, end) in logical_lines(text) {
        let line = text.get(start..end).unwrap_or_default();
        if line.trim().is_empty() {
            continue;
        }
        if !line.starts_with([' ', '\t']) {
            (recipe, foreign) = (Variables::inside(&globals), false);
            commands.environment.clear();
            let header = line.split(':').next().unwrap_or(line);
            for (name, default) in header.split_whitespace().filter_map(|word| word.split_once('=')) {
                recipe.set_text(name.trim_start_matches(['$', '*', '+']), literal(default));
            }
            continue;
        }
        let command = line.trim_start();
        if let Some(interpreter) = command.strip_prefix("#!") {
            foreign = !interpreter.split(['/', ' ']).any(|part| part.trim().ends_with("sh"));
        }
        let command = command.trim_start_matches(['@', '-']);
        if !foreign {
            commands.read(&Excerpt::exact(text, end - command.len(), end), Dialect::Just, &mut recipe);
        }
    }
}

/// The text of a quoted or bare literal.
fn literal(value: &str) -> Option<&str> {
    let quoted = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    quoted.or_else(|| {
        (!value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))).then_some(value)
    })
}

/// Start and end of each line with the lines that a `\` at its end joins to it; line ends left out.
pub(super) fn logical_lines(text: &str) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = Vec::new();
    let mut joins = false;
    for (start, line) in lines(text) {
        let end = start + line.len();
        match out.last_mut() {
            Some(last) if joins => last.1 = end,
            _ => out.push((start, end)),
        }
        joins = line.ends_with('\\');
    }
    out
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}
