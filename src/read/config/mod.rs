//! Files that are no programs, to facts: commands, keys with values, pinned versions.

mod dockerfile;
mod document;
mod excerpt;
mod expand;
mod lines;
mod packages;
mod pipelines;
mod recipes;
mod requirements;
mod services;
mod setup_script;
mod shell;
mod splitter;
#[cfg(test)]
mod tests;
mod toml;
mod units;
mod yaml;

use crate::discover::{CommandFormat, ConfigFormat, Kind, PackageFormat, is_setup_script};
use crate::facts::config::ConfigFacts;
use crate::text::SourceFile;
use excerpt::Excerpt;
use expand::{Dialect, Variables};
use shell::Commands;

/// Reads one file by its kind; of the sources of programs only a `setup.py` gives something here, its requirements. What is broken is told in the facts, with its place, and the rest is kept.
///
/// A command with environment but without words says what the environment of a container is whose command stands elsewhere.
pub fn read(file: &SourceFile, kind: Kind) -> ConfigFacts {
    let mut facts = ConfigFacts::new(file.id);
    let mut commands = Commands::new(file.id, &file.text);
    match kind {
        Kind::Python if is_setup_script(&file.path) => facts.pins = setup_script::pins(file),
        Kind::Python | Kind::Rust => {}
        Kind::Config(ConfigFormat::Ini) => {
            let items = lines::ini(&file.text);
            facts.entries = lines::ini_entries(file.id, &items);
            units::supervisor(&mut commands, &items);
        }
        Kind::Config(ConfigFormat::Dotenv) => facts.entries = lines::dotenv(file.id, &file.text),
        Kind::Config(ConfigFormat::Toml) => facts.entries = toml::parse(file, &mut facts.problems).entries(),
        Kind::Config(ConfigFormat::Json | ConfigFormat::Yaml) => {
            let document = yaml::parse(file, &mut facts.problems);
            facts.entries = document.entries();
            if services::is_compose(&document) {
                services::compose(&document, &mut commands);
            } else {
                services::kubernetes(&document, &mut commands);
            }
        }
        Kind::Commands(format) => read_commands(file, format, &mut facts, &mut commands),
        Kind::Packages(format) => read_packages(file, format, &mut facts),
    }
    facts.commands = commands.out;
    facts
}

fn read_commands(file: &SourceFile, format: CommandFormat, facts: &mut ConfigFacts, commands: &mut Commands<'_>) {
    let whole = Excerpt::exact(&file.text, 0, file.text.len());
    match format {
        CommandFormat::Shell => commands.read(&whole, Dialect::Shell, &mut Variables::new(&commands.room)),
        CommandFormat::Makefile => recipes::makefile(commands),
        CommandFormat::Justfile => recipes::justfile(commands),
        CommandFormat::Dockerfile => dockerfile::read(commands),
        CommandFormat::Procfile => units::procfile(commands),
        CommandFormat::Systemd => units::systemd(commands, &lines::ini(&file.text)),
        CommandFormat::Compose | CommandFormat::Workflow | CommandFormat::GitlabCi => {
            let document = yaml::parse(file, &mut facts.problems);
            facts.entries = document.entries();
            match format {
                CommandFormat::Compose => services::compose(&document, commands),
                CommandFormat::Workflow => pipelines::workflow(&document, commands),
                _ => pipelines::gitlab(&document, commands),
            }
        }
    }
}

fn read_packages(file: &SourceFile, format: PackageFormat, facts: &mut ConfigFacts) {
    let problems = &mut facts.problems;
    match format {
        PackageFormat::LockTables => facts.pins = packages::lock_tables(&toml::parse(file, problems)),
        PackageFormat::PipfileLock => facts.pins = packages::pipfile_lock(&yaml::parse(file, problems)),
        PackageFormat::Pipfile => facts.pins = packages::pipfile(&toml::parse(file, problems)),
        PackageFormat::Requirements => facts.pins = packages::requirement_lines(file.id, &file.text),
        PackageFormat::Conda => facts.pins = packages::conda(&yaml::parse(file, problems)),
        PackageFormat::SetupCfg => {
            let items = lines::ini(&file.text);
            facts.pins = packages::setup_cfg(file.id, &items);
            facts.entries = lines::ini_entries(file.id, &items);
        }
        PackageFormat::Pyproject | PackageFormat::CargoToml => {
            let document = toml::parse(file, problems);
            let is_cargo = format == PackageFormat::CargoToml;
            facts.pins = if is_cargo { packages::cargo_toml(&document) } else { packages::pyproject(&document) };
            facts.entries = document.entries();
        }
    }
}
