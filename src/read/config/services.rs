//! Compose files and Kubernetes manifests: what their containers run, with environment and number of copies.

use super::document::{Document, NodeId};
use super::excerpt::Excerpt;
use super::expand::{Dialect, Variables, expand};
use super::shell::Commands;
use crate::facts::Name;
use crate::facts::config::Word;
use crate::text::Span;

/// Deepest nesting in which containers are looked for.
const MAX_DEPTH: usize = 40;

/// Whether a document reads as a compose file: services with an image, a build or a command.
pub(super) fn is_compose(document: &Document) -> bool {
    let services = document.roots.first().and_then(|&root| document.get(root, "services"));
    services.is_some_and(|services| {
        document
            .table(services)
            .iter()
            .any(|(_, service)| ["image", "build", "command"].iter().any(|key| document.get(*service, key).is_some()))
    })
}

/// Reads the services of a compose file.
pub(super) fn compose(document: &Document, commands: &mut Commands<'_>) {
    let Some(services) = document.roots.first().and_then(|&root| document.get(root, "services")) else { return };
    for (key, service) in document.table(services) {
        if !document.visit(service) {
            break;
        }
        // The command line's own environment fills in `${N:-500}`: only defaults are known.
        let mut variables = Variables::new(&commands.room);
        let environment =
            document.get(service, "environment").map(|node| environment(document, commands, node, &mut variables)).unwrap_or_default();
        let replicas = document.path(service, &["deploy", "replicas"]).or_else(|| document.get(service, "scale"));
        let replicas = replicas.and_then(|node| Some((document.number(node)?, document.span(node))));
        let entrypoint = document.get(service, "entrypoint");
        let command = document.get(service, "command");
        let mut words: Vec<Word> = Vec::new();
        for node in [entrypoint, command].into_iter().flatten() {
            words.extend(argv(document, commands, node, &mut variables));
        }
        let span = match (entrypoint.or(command), command.or(entrypoint)) {
            (Some(first), Some(last)) => {
                let (first, last) = (document.span(first), document.span(last));
                Span { start: first.start.min(last.start), end: first.end.max(last.end), ..first }
            }
            _ => Span::new(document.file, key.start, key.end),
        };
        commands.push(words, span, &environment, replicas);
    }
}

/// Reads the containers of Kubernetes manifests; other YAML texts give nothing.
pub(super) fn kubernetes(document: &Document, commands: &mut Commands<'_>) {
    for &root in &document.roots {
        if document.get(root, "apiVersion").is_some() && document.get(root, "kind").is_some() {
            manifest(document, commands, root, None, 0);
        }
    }
}

fn manifest(document: &Document, commands: &mut Commands<'_>, node: NodeId, replicas: Option<(f64, Span)>, depth: usize) {
    if depth > MAX_DEPTH || !document.visit(node) {
        return;
    }
    let own = document.get(node, "replicas").or_else(|| document.get(node, "parallelism"));
    let replicas = own.and_then(|own| Some((document.number(own)?, document.span(own)))).or(replicas);
    for (key, value) in document.table(node) {
        if matches!(&*key.text, "containers" | "initContainers") {
            for &item in document.list(value).iter().filter(|item| document.visit(**item)) {
                container(document, commands, item, replicas);
            }
        } else {
            manifest(document, commands, value, replicas, depth + 1);
        }
    }
    for &item in document.list(node) {
        manifest(document, commands, item, replicas, depth + 1);
    }
}

fn container(document: &Document, commands: &mut Commands<'_>, node: NodeId, replicas: Option<(f64, Span)>) {
    if !document.visit(node) {
        return;
    }
    let mut variables = Variables::new(&commands.room);
    let environment = document.get(node, "env").map(|env| environment(document, commands, env, &mut variables)).unwrap_or_default();
    let mut words = Vec::new();
    let mut span = document.span(node);
    for list in ["command", "args"].iter().filter_map(|key| document.get(node, key)).filter(|list| document.visit(*list)) {
        for &item in document.list(list) {
            let Some(text) = document.text(item) else { continue };
            // `$(N)` names the container's own environment.
            let text = expand(text, Dialect::Manifest, &mut variables).map_or_else(|| text.into(), String::into);
            words.push(Word { text, span: inner(document, commands, item) });
        }
        let whole = document.span(list);
        span = if words.is_empty() {
            span
        } else {
            Span { start: whole.start.min(words.first().map_or(whole.start, |word| word.span.start)), ..whole }
        };
    }
    commands.push(words, span, &environment, replicas);
}

/// Words of a command that is a text or a list.
fn argv(document: &Document, commands: &Commands<'_>, node: NodeId, variables: &mut Variables<'_>) -> Vec<Word> {
    if let Some(text) = document.text(node) {
        let span = document.span(node).range();
        let excerpt = Excerpt::decoded(text, commands.text, span.start, span.end);
        return commands.words(&excerpt, variables);
    }
    if !document.visit(node) {
        return Vec::new();
    }
    let word = |&item: &NodeId| {
        let text = document.text(item)?;
        let text = expand(text, Dialect::Shell, variables).map_or_else(|| text.into(), String::into);
        Some(Word { text, span: inner(document, commands, item) })
    };
    document.list(node).iter().filter_map(word).collect()
}

/// Environment as a table, a list of `NAME=value`, or a list of tables with `name` and `value`.
pub(super) fn environment(document: &Document, commands: &Commands<'_>, node: NodeId, variables: &mut Variables<'_>) -> Vec<(Name, Word)> {
    let mut found: Vec<(Name, Word)> = Vec::new();
    if !document.visit(node) {
        return found;
    }
    for (key, value) in document.table(node) {
        if let Some(text) = document.text(value) {
            found.push((key.text.clone(), Word { text: text.into(), span: inner(document, commands, value) }));
        }
    }
    for &item in document.list(node) {
        if let Some((name, value)) = document.text(item).and_then(|text| text.split_once('=')) {
            let span = inner(document, commands, item);
            let length = u32::try_from(value.len()).unwrap_or(0);
            found.push((
                name.into(),
                Word { text: value.into(), span: Span { start: span.end.saturating_sub(length).max(span.start), ..span } },
            ));
        } else if let (Some(name), Some(value)) = (document.get(item, "name"), document.get(item, "value"))
            && let (Some(name), Some(text)) = (document.text(name), document.text(value))
        {
            found.push((name.into(), Word { text: text.into(), span: inner(document, commands, value) }));
        }
    }
    for (name, word) in &mut found {
        if let Some(text) = expand(&word.text, Dialect::Shell, variables) {
            word.text = text.into();
            variables.set_text(name, Some(&word.text));
        }
    }
    found
}

/// Place of a scalar without its quotes.
fn inner(document: &Document, commands: &Commands<'_>, node: NodeId) -> Span {
    let span = document.span(node);
    let raw = commands.text.get(span.range()).unwrap_or_default();
    let quoted = raw.len() >= 2 && ['"', '\''].iter().any(|&quote| raw.starts_with(quote) && raw.ends_with(quote));
    if quoted { Span { start: span.start + 1, end: span.end - 1, ..span } } else { span }
}
