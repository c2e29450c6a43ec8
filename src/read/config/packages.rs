//! Versions of packages: lock files, requirements, and the dependency tables of manifests.

use super::document::{Document, Key, NodeId};
use super::lines::{Item, lines};
use super::requirements::{Demand, cargo, normalised, python, requirement};
use crate::catalog::version::is_spelt;
use crate::facts::config::Pin;
use crate::text::{FileId, Span};

pub(super) fn pin(package: &str, demand: &Demand<'_>, span: Span) -> Pin {
    let Demand { text, exact, versions, is_conditional } = demand.clone();
    let exact = exact.filter(|version| is_spelt(version)).map(Into::into);
    Pin { package: normalised(package).into(), written: text.into(), exact, versions, is_conditional, span }
}

/// `[[package]]` tables with name and version. A text that no tool writes as a version is none, whatever it says.
pub(super) fn lock_tables(document: &Document) -> Vec<Pin> {
    let Some(&root) = document.roots.first() else { return Vec::new() };
    let packages = document.get(root, "package").or_else(|| document.get(root, "packages"));
    let packages = packages.map(|node| document.list(node)).unwrap_or_default();
    let of_package = |&node: &NodeId| {
        let (name, version) = (document.text(document.get(node, "name")?)?, document.get(node, "version")?);
        let said = document.text(version).filter(|said| is_spelt(said))?;
        Some(pin(name, &Demand::exactly(said), document.span(version)))
    };
    packages.iter().filter_map(of_package).collect()
}

/// `Pipfile.lock`: `{"default": {"name": {"version": "==1.2"}}}`.
pub(super) fn pipfile_lock(document: &Document) -> Vec<Pin> {
    let Some(&root) = document.roots.first() else { return Vec::new() };
    let groups = ["default", "develop"].iter().filter_map(|group| document.get(root, group));
    groups.flat_map(|group| table_pins(document, group, python)).collect()
}

/// `name = "constraint"` and `name = {version = "constraint"}`.
fn table_pins(document: &Document, table: NodeId, read: impl Fn(&str) -> Option<Demand<'_>>) -> Vec<Pin> {
    let of_key = |(key, node): (&Key, NodeId)| {
        let version = document.get(node, "version").unwrap_or(node);
        // Cargo gives a package another name with `package`.
        let name = document.get(node, "package").and_then(|name| document.text(name)).unwrap_or(&key.text);
        Some(pin(name, &read(document.text(version)?)?, document.span(version)))
    };
    document.table(table).into_iter().filter_map(of_key).collect()
}

/// Requirements as elements of a list.
fn list_pins(document: &Document, list: NodeId) -> Vec<Pin> {
    let of_item = |&item: &NodeId| {
        let (name, demand) = requirement(document.text(item)?)?;
        Some(pin(name, &demand?, document.span(item)))
    };
    document.list(list).iter().filter_map(of_item).collect()
}

/// Dependencies of `pyproject.toml`, as the standard, poetry and dependency groups write them.
pub(super) fn pyproject(document: &Document) -> Vec<Pin> {
    let Some(&root) = document.roots.first() else { return Vec::new() };
    let mut pins = Vec::new();
    if let Some(list) = document.path(root, &["project", "dependencies"]) {
        pins.extend(list_pins(document, list));
    }
    for groups in [&["project", "optional-dependencies"][..], &["dependency-groups"]] {
        for (_, list) in document.path(root, groups).map(|node| document.table(node)).unwrap_or_default() {
            pins.extend(list_pins(document, list));
        }
    }
    let Some(poetry) = document.path(root, &["tool", "poetry"]) else { return pins };
    let groups = document.get(poetry, "group").map(|node| document.table(node)).unwrap_or_default();
    let tables = ["dependencies", "dev-dependencies"].iter().filter_map(|key| document.get(poetry, key));
    for table in tables.chain(groups.into_iter().filter_map(|(_, group)| document.get(group, "dependencies"))) {
        pins.extend(table_pins(document, table, python).into_iter().filter(|pin| &*pin.package != "python"));
    }
    pins
}

/// Dependencies of `Pipfile`.
pub(super) fn pipfile(document: &Document) -> Vec<Pin> {
    let Some(&root) = document.roots.first() else { return Vec::new() };
    let tables = ["packages", "dev-packages"].iter().filter_map(|key| document.get(root, key));
    tables.flat_map(|table| table_pins(document, table, python)).collect()
}

/// Dependencies of `Cargo.toml`, of the workspace and of targets too.
pub(super) fn cargo_toml(document: &Document) -> Vec<Pin> {
    let Some(&root) = document.roots.first() else { return Vec::new() };
    let targets = document.get(root, "target").map(|node| document.table(node)).unwrap_or_default();
    let holders = [Some(root), document.get(root, "workspace")].into_iter().flatten().chain(targets.into_iter().map(|(_, node)| node));
    let mut pins = Vec::new();
    for holder in holders {
        for key in ["dependencies", "dev-dependencies", "build-dependencies"] {
            if let Some(table) = document.get(holder, key) {
                pins.extend(table_pins(document, table, cargo));
            }
        }
    }
    pins
}

/// `environment.yml`: `name=1.2` of conda and a list for pip.
pub(super) fn conda(document: &Document) -> Vec<Pin> {
    let Some(list) = document.roots.first().and_then(|&root| document.get(root, "dependencies")) else { return Vec::new() };
    let of_pip = document.list(list).iter().filter_map(|&item| document.get(item, "pip"));
    list_pins(document, list).into_iter().chain(of_pip.flat_map(|pip| list_pins(document, pip))).collect()
}

/// Lines of a requirements file.
pub(super) fn requirement_lines(file: FileId, text: &str) -> Vec<Pin> {
    lines(text).filter_map(|(start, line)| requirement_line(file, start, line)).collect()
}

/// `install_requires` and `extras_require` of `setup.cfg`.
pub(super) fn setup_cfg(file: FileId, items: &[Item<'_>]) -> Vec<Pin> {
    let wanted =
        |item: &&Item<'_>| (item.section == "options" && item.key == "install_requires") || item.section == "options.extras_require";
    let of_item = |item: &Item<'_>| -> Vec<Pin> {
        lines(item.value).filter_map(|(start, line)| requirement_line(file, item.start + start, line)).collect()
    };
    items.iter().filter(wanted).flat_map(of_item).collect()
}

fn requirement_line(file: FileId, start: usize, line: &str) -> Option<Pin> {
    let content = line.trim_start_matches('\u{FEFF}').trim();
    let (name, demand) = requirement(content.trim_end_matches('\\'))?;
    let demand = demand?;
    let at = start + line.find(content)?;
    // From the name to the end of its version.
    let end = content.find(demand.text).map_or(content.len(), |at| at + demand.text.len());
    Some(pin(name, &demand, Span::new(file, at, at + end)))
}
