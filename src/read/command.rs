//! Command lines: which program one runs, behind wrappers and launchers, and what values its flags get.

use crate::facts::Name;
use crate::facts::config::Word;
use crate::text::Span;

/// The program that a command runs.
#[derive(Clone, PartialEq, Debug)]
pub struct Program<'w> {
    /// Which.
    pub kind: ProgramKind,
    /// What it is given.
    pub arguments: &'w [Word],
}

/// How a command names its program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ProgramKind {
    /// A Python module: `python -m pkg.mod`.
    Module(Name),
    /// A file: `python path/to/script.py`, `./script.py`, `bash run.sh`.
    Script(Name),
    /// A name that is looked up: a console script, a server, an installed or built binary.
    Name(Name),
    /// `cargo run`: a binary or example of the package, where they are named.
    Cargo {
        /// `-p`.
        package: Option<Name>,
        /// `--bin` or `--example`.
        binary: Option<Name>,
    },
}

/// A program that runs the program after it.
struct Wrapper {
    name: &'static str,
    /// Subcommand that makes it one; empty for those without.
    subcommand: &'static str,
    /// Options that take the next word.
    valued: &'static [&'static str],
    /// Words of its own before the program.
    positional: usize,
}

const fn wrapper(name: &'static str, subcommand: &'static str, valued: &'static [&'static str], positional: usize) -> Wrapper {
    Wrapper { name, subcommand, valued, positional }
}

const WRAPPERS: &[Wrapper] = &[
    wrapper("env", "", &["-u", "--unset", "-C", "--chdir"], 0),
    wrapper("exec", "", &["-a"], 0),
    wrapper("command", "", &[], 0),
    wrapper("nohup", "", &[], 0),
    wrapper("setsid", "", &[], 0),
    wrapper("time", "", &["-f", "--format", "-o", "--output"], 0),
    wrapper("sudo", "", &["-u", "-g", "-h", "-p", "-C", "-D"], 0),
    wrapper("doas", "", &["-u", "-C"], 0),
    wrapper("nice", "", &["-n", "--adjustment"], 0),
    wrapper("ionice", "", &["-c", "-n"], 0),
    wrapper("taskset", "", &["-c", "--cpu-list"], 0),
    wrapper("numactl", "", &["-N", "-m", "-C"], 0),
    wrapper("stdbuf", "", &["-i", "-o", "-e"], 0),
    wrapper("timeout", "", &["-k", "--kill-after", "-s", "--signal"], 1),
    wrapper("flock", "", &["-w", "--timeout", "-E"], 1),
    wrapper("chrt", "", &[], 1),
    wrapper("gosu", "", &[], 1),
    wrapper("su-exec", "", &[], 1),
    wrapper("xargs", "", &["-n", "-P", "-I", "-L", "-d", "-a", "-s"], 0),
    wrapper("tini", "", &["-p", "-e"], 0),
    wrapper("dumb-init", "", &["-r", "--rewrite"], 0),
    wrapper("catatonit", "", &[], 0),
    wrapper("poetry", "run", &["-C", "-P", "--directory", "--project"], 0),
    wrapper("pipenv", "run", &[], 0),
    wrapper("hatch", "run", &["-e", "--env"], 0),
    wrapper("pdm", "run", &["-p", "--project"], 0),
    wrapper("rye", "run", &[], 0),
    wrapper("pixi", "run", &["-e", "--environment", "--manifest-path"], 0),
    wrapper("conda", "run", &["-n", "--name", "-p", "--prefix", "--cwd"], 0),
    wrapper("mamba", "run", &["-n", "--name", "-p", "--prefix"], 0),
    wrapper("micromamba", "run", &["-n", "--name", "-p", "--prefix"], 0),
    wrapper(
        "uv",
        "run",
        &[
            "--with",
            "--with-editable",
            "--with-requirements",
            "--python",
            "-p",
            "--extra",
            "--group",
            "--only-group",
            "--no-group",
            "--env-file",
            "--project",
            "--directory",
            "--package",
            "--index-url",
            "--index",
            "--cache-dir",
            "--config-file",
        ],
        0,
    ),
    wrapper("dotenv", "run", &["-f", "--file"], 0),
    wrapper("ddtrace-run", "", &[], 0),
    wrapper("opentelemetry-instrument", "", &["--traces_exporter", "--metrics_exporter", "--logs_exporter", "--service_name"], 0),
    wrapper("newrelic-admin", "run-program", &[], 0),
    wrapper("srun", "", &["-n", "-N", "-c", "-p", "-J", "-t", "-A", "-w", "-o", "-e"], 0),
    wrapper("mpirun", "", &["-np", "-n", "-H", "--host", "-x", "--hostfile"], 0),
    wrapper("mpiexec", "", &["-np", "-n", "-H", "--host", "-x"], 0),
];

/// Programs that load a Python script or module into their own process. Their own options take values that only they know:
/// the program is what follows `-m`, or the first word that names a Python file.
const LAUNCHERS: &[&str] =
    &["torchrun", "accelerate", "deepspeed", "coverage", "kernprof", "memray", "scalene", "pyinstrument", "viztracer", "streamlit"];

/// Most wrappers around one program.
const MAX_WRAPPERS: usize = 8;

/// The program behind wrappers and launchers; `None` where the command names none (only flags, code on the command line).
pub fn program(words: &[Word]) -> Option<Program<'_>> {
    let (mut words, mut wrapped) = (words, false);
    for _ in 0..MAX_WRAPPERS {
        match unwrap_one(words) {
            Some(inner) => (words, wrapped) = (inner, true),
            None => break,
        }
    }
    let (first, rest) = words.split_first()?;
    if wrapped && matches!(&*first.text, "-m" | "--module") {
        let (module, arguments) = rest.split_first()?;
        return module_program(module.text.clone(), arguments);
    }
    let name = file_name(&first.text);
    if first.text.is_empty() || first.text.starts_with('-') {
        return None;
    }
    if is_interpreter(name, &["python", "pypy"]) {
        return python(rest);
    }
    if is_interpreter(name, &["sh", "bash", "zsh", "dash", "ash", "ksh"]) {
        let at = rest.iter().position(|word| !word.text.starts_with(['-', '+']))?;
        // `-c`: the text after it was read as commands of its own.
        let is_text = rest.get(..at)?.iter().any(|word| !word.text.starts_with("--") && word.text.ends_with('c'));
        return if is_text { None } else { script(rest.get(at..)?) };
    }
    if LAUNCHERS.contains(&name) {
        return launched(rest);
    }
    if name == "cargo" && rest.first().is_some_and(|word| matches!(&*word.text, "run" | "r")) {
        return Some(cargo(rest.get(1..).unwrap_or_default()));
    }
    Some(Program { kind: by_path(&first.text), arguments: rest })
}

/// What stands behind one wrapper; `None` where the first word is none.
fn unwrap_one(words: &[Word]) -> Option<&[Word]> {
    let (first, mut rest) = words.split_first()?;
    let name = file_name(&first.text);
    if is_assignment(&first.text) || first.text.is_empty() {
        return Some(rest);
    }
    let known = WRAPPERS.iter().find(|wrapper| {
        wrapper.name == name && (wrapper.subcommand.is_empty() || rest.first().is_some_and(|word| &*word.text == wrapper.subcommand))
    })?;
    if !known.subcommand.is_empty() {
        rest = rest.get(1..)?;
    }
    let mut positional = known.positional;
    loop {
        let word = &*rest.first()?.text;
        if word == "--" {
            return rest.get(1 + positional..).filter(|rest| !rest.is_empty());
        }
        // `uv run -m pkg` and its like run a module without an interpreter's name.
        if matches!(word, "-m" | "--module") && name == "uv" {
            return Some(rest);
        }
        if known.valued.contains(&word) {
            rest = rest.get(2..)?;
        } else if (word.starts_with('-') && word.len() > 1) || is_assignment(word) {
            rest = rest.get(1..)?;
        } else if positional > 0 {
            positional -= 1;
            rest = rest.get(1..)?;
        } else {
            return Some(rest);
        }
    }
}

/// The arguments of an interpreter of Python.
fn python(mut rest: &[Word]) -> Option<Program<'_>> {
    loop {
        let (word, after) = rest.split_first()?;
        let Some(flags) = word.text.strip_prefix('-').filter(|flags| !flags.is_empty()) else {
            return if &*word.text == "-" { None } else { script(rest) };
        };
        if flags.starts_with('-') {
            rest = after;
            continue;
        }
        // Letters may be joined (`-um pkg`); `m`, `c`, `W` and `X` take what follows.
        match flags.find(['m', 'c', 'W', 'X']).and_then(|at| Some((flags.get(at..at + 1)?, flags.get(at + 1..)?))) {
            Some(("c", _)) => return None,
            Some(("m", "")) => {
                let (module, arguments) = after.split_first()?;
                return module_program(module.text.clone(), arguments);
            }
            Some(("m", name)) => return module_program(name.into(), after),
            Some((_, "")) => rest = after.get(1..)?,
            _ => rest = after,
        }
    }
}

fn module_program(name: Name, arguments: &[Word]) -> Option<Program<'_>> {
    // `python -m torch.distributed.run script.py`: a launcher by its module name.
    let launches = LAUNCHERS.contains(&&*name) || name.starts_with("torch.distributed.");
    if launches && let Some(inner) = launched(arguments) {
        return Some(inner);
    }
    Some(Program { kind: ProgramKind::Module(name), arguments })
}

/// What a launcher loads: the module after `-m`, or the first Python file.
fn launched(rest: &[Word]) -> Option<Program<'_>> {
    let at = rest.iter().position(|word| matches!(&*word.text, "-m" | "--module") || word.text.ends_with(".py"))?;
    let found = rest.get(at)?;
    if found.text.ends_with(".py") {
        return script(rest.get(at..)?);
    }
    let (module, arguments) = rest.get(at + 1..)?.split_first()?;
    Some(Program {
        kind: if module.text.ends_with(".py") {
            ProgramKind::Script(module.text.clone())
        } else {
            ProgramKind::Module(module.text.clone())
        },
        arguments,
    })
}

fn script(words: &[Word]) -> Option<Program<'_>> {
    let (first, arguments) = words.split_first()?;
    Some(Program { kind: ProgramKind::Script(first.text.clone()), arguments })
}

fn cargo(rest: &[Word]) -> Program<'_> {
    let end = rest.iter().position(|word| &*word.text == "--");
    let (own, arguments) = match end {
        Some(at) => (rest.get(..at).unwrap_or_default(), rest.get(at + 1..).unwrap_or_default()),
        None => (rest, &[][..]),
    };
    let value = |names: &[&str]| flag_value(own, names).map(|word| word.text);
    ProgramKind::Cargo { package: value(&["-p", "--package"]), binary: value(&["--bin", "--example"]) }.with(arguments)
}

impl ProgramKind {
    fn with(self, arguments: &[Word]) -> Program<'_> {
        Program { kind: self, arguments }
    }
}

/// A program by the path of its file: Python files and files of the project are scripts, what lies among binaries is a name.
fn by_path(path: &str) -> ProgramKind {
    let Some((folder, name)) = path.rsplit_once('/') else {
        return if path.ends_with(".py") { ProgramKind::Script(path.into()) } else { ProgramKind::Name(path.into()) };
    };
    let among_binaries = matches!(file_name(folder), "bin" | "sbin" | "debug" | "release");
    if among_binaries && !name.contains('.') { ProgramKind::Name(name.into()) } else { ProgramKind::Script(path.into()) }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether a file name is one of the interpreters, with a version behind (`python3.12`).
fn is_interpreter(name: &str, known: &[&str]) -> bool {
    known.contains(&name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.'))
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
    })
}

/// The values that a flag gets, in order, under any of its names (`--concurrent`, `-c`): `--flag value`, `--flag=value`, `-c5`, `-c 5`. `--` ends the flags.
pub fn flag_values(arguments: &[Word], names: &[&str]) -> Vec<Word> {
    let mut values = Vec::new();
    let mut rest = arguments;
    while let Some((word, after)) = rest.split_first() {
        rest = after;
        if &*word.text == "--" {
            break;
        }
        if names.contains(&&*word.text) {
            // What looks like a flag is the next flag, unless it is a negative number.
            if let Some(next) = after.first().filter(|next| !next.text.starts_with('-') || next.text.parse::<f64>().is_ok()) {
                values.push(next.clone());
                rest = after.get(1..).unwrap_or_default();
            }
            continue;
        }
        let joined = names.iter().find_map(|name| {
            let value = word.text.strip_prefix(name)?;
            let short = name.len() == 2 && name.starts_with('-') && !name.starts_with("--");
            value.strip_prefix('=').or_else(|| Some(value).filter(|_| short))
        });
        values.extend(joined.map(|value| Word { text: value.into(), span: end_of(word, value) }));
    }
    values
}

/// The value that a flag has in the end: the last one given.
pub fn flag_value(arguments: &[Word], names: &[&str]) -> Option<Word> {
    flag_values(arguments, names).pop()
}

/// Place of the last part of a word, where the word stands in the text as it reads; else of all of it.
fn end_of(word: &Word, part: &str) -> Span {
    let exact = (word.span.end - word.span.start) as usize == word.text.len();
    let length = u32::try_from(part.len()).unwrap_or(0);
    if exact { Span { start: word.span.end.saturating_sub(length), ..word.span } } else { word.span }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::text::FileId;

    fn words(line: &str) -> Vec<Word> {
        let place = |word: &str| {
            let start = word.as_ptr() as usize - line.as_ptr() as usize;
            Span::new(FileId(0), start, start + word.len())
        };
        line.split(' ').map(|word| Word { text: word.into(), span: place(word) }).collect()
    }

    fn shown(line: &str) -> Option<String> {
        let words = words(line);
        let found = program(&words)?;
        let rest: Vec<&str> = found.arguments.iter().map(|word| &*word.text).collect();
        Some(match found.kind {
            ProgramKind::Module(name) => format!("module {name} {}", rest.join(" ")),
            ProgramKind::Script(path) => format!("script {path} {}", rest.join(" ")),
            ProgramKind::Name(name) => format!("name {name} {}", rest.join(" ")),
            ProgramKind::Cargo { package, binary } => format!("cargo {package:?} {binary:?} {}", rest.join(" ")),
        })
    }

    #[test]
    fn programs_are_found_behind_wrappers_and_launchers() {
        let cases = [
            ("python -m app.main --n 5", "module app.main --n 5"),
            ("/usr/bin/python3.12 -u -X dev -Wignore scripts/run.py 5", "script scripts/run.py 5"),
            ("python -um app x", "module app x"),
            ("./run.py --n 5", "script ./run.py --n 5"),
            ("env A=1 -u B nohup python app.py --n 5", "script app.py --n 5"),
            ("A=1 exec python app.py", "script app.py "),
            ("timeout -k 5 60 python app.py", "script app.py "),
            ("nice -n 5 time -f %e python app.py", "script app.py "),
            ("poetry run app --n 5", "name app --n 5"),
            ("uv run --with httpx python -m app", "module app "),
            ("uv run app.py --n 5", "script app.py --n 5"),
            ("uv run -m app --n 5", "module app --n 5"),
            ("tini -g -- python app.py", "script app.py "),
            ("torchrun --nproc_per_node 8 train.py --n 5", "script train.py --n 5"),
            ("accelerate launch --config_file c.yaml -m pkg.train --n 5", "module pkg.train --n 5"),
            ("python -m torch.distributed.run --nnodes 1 train.py x", "script train.py x"),
            ("gunicorn -w 4 app:app", "name gunicorn -w 4 app:app"),
            ("xargs -P 4 -n 1 ./work.sh", "script ./work.sh "),
            ("bash run.sh --n 5", "script run.sh --n 5"),
            ("cargo run --release -p load --bin=hammer -- --n 5", "cargo Some(\"load\") Some(\"hammer\") --n 5"),
            ("target/release/hammer --n 5", "name hammer --n 5"),
            ("/app/.venv/bin/app --n 5", "name app --n 5"),
        ];
        for (line, expected) in cases {
            assert_eq!(shown(line).as_deref(), Some(expected), "{line}");
        }
        for line in ["--n 5", "python -c print(1)", "python", "python -", "bash -c x", ""] {
            assert_eq!(shown(line), None, "{line}");
        }
    }

    #[test]
    fn flags_give_their_values_with_places() {
        let line = "--concurrent 5 -c7 --concurrent=9 -c 11 -c --conc 3 --concurrent -1 -- --concurrent 13";
        let words = words(line);
        let values: Vec<_> =
            flag_values(&words, &["--concurrent", "-c"]).into_iter().map(|word| (word.text, line[word.span.range()].to_string())).collect();
        let expected = ["5", "7", "9", "11", "-1"].map(|value| (Name::from(value), value.to_string()));
        assert_eq!(values, expected);
        assert_eq!(flag_value(&words, &["--concurrent"]).map(|word| word.text).as_deref(), Some("-1"));
        assert_eq!(flag_value(&words, &["--none"]), None);
    }
}
