//! Facts of files that are no programs: command lines, configuration entries, pinned versions.

use super::Name;
use crate::catalog::version::Versions;
use crate::text::{FileId, Problem, Span};

/// What one configuration, shell, container or lock file says.
#[derive(Clone, Debug)]
pub struct ConfigFacts {
    /// The file.
    pub file: FileId,
    /// Commands that it runs, in order.
    pub commands: Vec<CommandLine>,
    /// Its keys and values, where it is a configuration file.
    pub entries: Vec<Entry>,
    /// What it says of the versions of packages.
    pub pins: Vec<Pin>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

impl ConfigFacts {
    /// Facts of a file that says nothing.
    pub fn new(file: FileId) -> Self {
        Self { file, commands: Vec::new(), entries: Vec::new(), pins: Vec::new(), problems: Vec::new() }
    }
}

/// One command with its words, as a shell would split them.
#[derive(Clone, PartialEq, Debug)]
pub struct CommandLine {
    /// All of it.
    pub span: Span,
    /// Words in order, the program first; quotes and continuations are resolved.
    pub words: Vec<Word>,
    /// `NAME=value` before the command, or the environment that the file gives it.
    pub environment: Vec<(Name, Word)>,
    /// How many copies run (`replicas:` of a manifest), where the file says so.
    pub replicas: Option<(f64, Span)>,
}

/// One word of a command line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Word {
    /// Its text; a variable that is not known stays as written (`$N`).
    pub text: Name,
    /// Where it stands.
    pub span: Span,
}

/// One key with its value.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// Keys from the top; list elements are their index.
    pub path: Vec<Name>,
    /// The value; containers have no entry of their own.
    pub value: Scalar,
    /// Where the value stands.
    pub span: Span,
}

/// A plain value of a configuration file.
#[derive(Clone, PartialEq, Debug)]
pub enum Scalar {
    /// A number.
    Number(f64),
    /// A truth value.
    Truth(bool),
    /// A text.
    Text(Name),
    /// `null`.
    Null,
}

/// What a lock file, manifest or list of requirements says of a package's version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pin {
    /// Package name, lower case, `_` as `-`.
    pub package: Name,
    /// The constraint as written (`>=4.2,<7.0`), or the version that a lock file says.
    pub written: Name,
    /// The one version that is used (`==`, lock file), where it says one.
    pub exact: Option<Name>,
    /// All versions that it allows.
    pub versions: Versions,
    /// Whether it only holds in some environments (`; python_version < "3.9"`).
    pub is_conditional: bool,
    /// Where it stands.
    pub span: Span,
}
