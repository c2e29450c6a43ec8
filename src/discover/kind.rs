//! What a file is, by its name: the table of file names that the advisor reads.

/// What a file is, and so which front end reads it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Python source or stub.
    Python,
    /// Rust source.
    Rust,
    /// Keys and values. A YAML or INI file may also give commands (Kubernetes, supervisord): its content decides.
    Config(ConfigFormat),
    /// Mostly commands.
    Commands(CommandFormat),
    /// Versions of packages.
    Packages(PackageFormat),
}

/// Formats of keys and values.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum ConfigFormat {
    /// TOML.
    Toml,
    /// YAML, Kubernetes manifests among them.
    Yaml,
    /// JSON.
    Json,
    /// INI, as `configparser` and supervisord read it.
    Ini,
    /// `KEY=value` lines.
    Dotenv,
}

/// Formats of commands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum CommandFormat {
    /// A shell script.
    Shell,
    /// A makefile.
    Makefile,
    /// A justfile.
    Justfile,
    /// A Dockerfile or Containerfile.
    Dockerfile,
    /// A compose file.
    Compose,
    /// A Procfile.
    Procfile,
    /// A GitHub workflow or composite action.
    Workflow,
    /// A GitLab pipeline.
    GitlabCi,
    /// A systemd unit.
    Systemd,
}

/// Formats that name packages and their versions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum PackageFormat {
    /// `[[package]]` tables with exact versions: `uv.lock`, `poetry.lock`, `pdm.lock`, `Cargo.lock`, `pylock.toml`.
    LockTables,
    /// `Pipfile.lock`.
    PipfileLock,
    /// `requirements.txt` and constraints.
    Requirements,
    /// `pyproject.toml`.
    Pyproject,
    /// `setup.cfg`.
    SetupCfg,
    /// `Cargo.toml`.
    CargoToml,
    /// `Pipfile`.
    Pipfile,
    /// `environment.yml` of conda.
    Conda,
}

impl Kind {
    /// Whether a front end for programs reads it.
    pub fn is_source(self) -> bool {
        matches!(self, Self::Python | Self::Rust)
    }

    /// What opens a comment that fills a line; empty for formats without such comments.
    pub(super) fn comment_openers(self) -> &'static [&'static str] {
        match self {
            Self::Rust => &["//"],
            Self::Config(ConfigFormat::Json) | Self::Packages(PackageFormat::PipfileLock) => &[],
            Self::Config(ConfigFormat::Ini) | Self::Packages(PackageFormat::SetupCfg) | Self::Commands(CommandFormat::Systemd) => {
                &["#", ";"]
            }
            _ => &["#"],
        }
    }
}

/// What a file is by its path (with `/`); `None` for files that nothing reads.
pub fn classify(path: &str) -> Option<Kind> {
    use CommandFormat as C;
    use PackageFormat as P;
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let lower = name.to_ascii_lowercase();
    let (stem, ending) = lower.rsplit_once('.').unwrap_or((&lower, ""));
    let yaml = matches!(ending, "yml" | "yaml");
    Some(match lower.as_str() {
        "uv.lock" | "poetry.lock" | "pdm.lock" | "cargo.lock" | "pylock.toml" => Kind::Packages(P::LockTables),
        "pipfile.lock" => Kind::Packages(P::PipfileLock),
        "pipfile" => Kind::Packages(P::Pipfile),
        "pyproject.toml" => Kind::Packages(P::Pyproject),
        "setup.cfg" => Kind::Packages(P::SetupCfg),
        "cargo.toml" => Kind::Packages(P::CargoToml),
        "environment.yml" | "environment.yaml" => Kind::Packages(P::Conda),
        "makefile" | "gnumakefile" => Kind::Commands(C::Makefile),
        "justfile" | ".justfile" => Kind::Commands(C::Justfile),
        "dockerfile" | "containerfile" => Kind::Commands(C::Dockerfile),
        "procfile" => Kind::Commands(C::Procfile),
        ".gitlab-ci.yml" => Kind::Commands(C::GitlabCi),
        "action.yml" | "action.yaml" => Kind::Commands(C::Workflow),
        ".envrc" => Kind::Commands(C::Shell),
        _ if lower == ".env" || lower.starts_with(".env.") || ending == "env" => Kind::Config(ConfigFormat::Dotenv),
        _ if lower.starts_with("dockerfile.") || lower.starts_with("containerfile.") => Kind::Commands(C::Dockerfile),
        _ if lower.starts_with("procfile.") => Kind::Commands(C::Procfile),
        _ if yaml && (folder == ".github/workflows" || folder.ends_with("/.github/workflows")) => Kind::Commands(C::Workflow),
        _ if yaml && is_named(stem, &["docker-compose", "compose"]) => Kind::Commands(C::Compose),
        _ if ending == "txt" && is_requirements(folder, stem) => Kind::Packages(P::Requirements),
        _ if yaml => Kind::Config(ConfigFormat::Yaml),
        _ => match ending {
            "py" | "pyi" => Kind::Python,
            "rs" => Kind::Rust,
            "toml" => Kind::Config(ConfigFormat::Toml),
            "json" => Kind::Config(ConfigFormat::Json),
            // Servers write other things in theirs; what is no section or key there is passed over.
            "ini" | "cfg" | "conf" => Kind::Config(ConfigFormat::Ini),
            "sh" | "bash" | "zsh" | "ksh" | "sbatch" | "slurm" => Kind::Commands(C::Shell),
            "mk" => Kind::Commands(C::Makefile),
            "just" => Kind::Commands(C::Justfile),
            "dockerfile" | "containerfile" => Kind::Commands(C::Dockerfile),
            "service" => Kind::Commands(C::Systemd),
            _ => return None,
        },
    })
}

/// Whether a Python file is, by its name, the one that installs a package, so that it may say which versions of others the package wants.
pub fn is_setup_script(path: &str) -> bool {
    path.rsplit('/').next() == Some("setup.py")
}

/// What a file without a telling name is by its first bytes: the interpreter of its `#!` line.
pub fn classify_content(head: &[u8]) -> Option<Kind> {
    let line = head.strip_prefix(b"#!")?.split(|&byte| byte == b'\n').next()?;
    let line = String::from_utf8_lossy(line);
    let mut words = line.split_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word));
    let program = words.find(|word| *word != "env" && !word.starts_with('-'))?;
    let bare = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    match bare {
        "python" | "pypy" => Some(Kind::Python),
        "sh" | "bash" | "zsh" | "ksh" | "dash" | "ash" => Some(Kind::Commands(CommandFormat::Shell)),
        "make" => Some(Kind::Commands(CommandFormat::Makefile)),
        "just" => Some(Kind::Commands(CommandFormat::Justfile)),
        // `uv run --script`: the only program that starts Python under another name.
        "uv" => Some(Kind::Python),
        _ => None,
    }
}

/// Whether a hidden file or folder (its name starts with a dot) is looked at though it was not named. `parent` is the name of its folder.
pub(super) fn hidden_is_read(name: &str, parent: &str, is_folder: bool) -> bool {
    if is_folder {
        name == ".github"
    } else {
        name.starts_with(".env") || name == ".gitlab-ci.yml" || name == ".justfile" || parent == "workflows"
    }
}

fn is_named(stem: &str, names: &[&str]) -> bool {
    names.iter().any(|name| stem.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_'])))
}

fn is_requirements(folder: &str, stem: &str) -> bool {
    let words = ["requirements", "constraints"];
    let parent = folder.rsplit('/').next().unwrap_or(folder);
    words.iter().any(|word| stem.starts_with(word) || stem.ends_with(word)) || parent == "requirements"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_decide_the_kind() {
        let kinds = [
            ("src/app.py", Some(Kind::Python)),
            ("src/app.pyi", Some(Kind::Python)),
            ("src/main.rs", Some(Kind::Rust)),
            ("Makefile", Some(Kind::Commands(CommandFormat::Makefile))),
            ("docker/Dockerfile.prod", Some(Kind::Commands(CommandFormat::Dockerfile))),
            ("docker-compose.prod.yml", Some(Kind::Commands(CommandFormat::Compose))),
            ("composer.yml", Some(Kind::Config(ConfigFormat::Yaml))),
            (".github/workflows/ci.yml", Some(Kind::Commands(CommandFormat::Workflow))),
            ("sub/.github/workflows/ci.yaml", Some(Kind::Commands(CommandFormat::Workflow))),
            ("k8s/deploy.yaml", Some(Kind::Config(ConfigFormat::Yaml))),
            ("requirements-dev.txt", Some(Kind::Packages(PackageFormat::Requirements))),
            ("requirements/base.txt", Some(Kind::Packages(PackageFormat::Requirements))),
            ("notes.txt", None),
            (".env.production", Some(Kind::Config(ConfigFormat::Dotenv))),
            ("uv.lock", Some(Kind::Packages(PackageFormat::LockTables))),
            ("etc/supervisord.conf", Some(Kind::Config(ConfigFormat::Ini))),
            ("app.conf", Some(Kind::Config(ConfigFormat::Ini))),
            ("README.md", None),
        ];
        for (path, kind) in kinds {
            assert_eq!(classify(path), kind, "{path}");
        }
    }

    #[test]
    fn the_interpreter_decides_where_the_name_does_not() {
        assert_eq!(classify_content(b"#!/usr/bin/env python3.12\nimport x"), Some(Kind::Python));
        assert_eq!(classify_content(b"#!/usr/bin/env -S uv run --script\n"), Some(Kind::Python));
        assert_eq!(classify_content(b"#!/bin/bash -e\n"), Some(Kind::Commands(CommandFormat::Shell)));
        assert_eq!(classify_content(b"#!/usr/bin/perl\n"), None);
        assert_eq!(classify_content(b"\xFF\x00"), None);
    }
}
