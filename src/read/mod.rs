//! The front ends: one for each kind of file, each a pure function from a text to facts.

pub mod command;
pub mod config;
pub mod python;
pub mod rust;

use std::ops::Range;

use crate::facts::FileFacts;
use crate::text::{Language, SourceFile};

/// Reads a source file of any language. `regions`, where given, bounds what is read of a Python file (see [`python::read`]); Rust is read whole.
pub fn source(file: &SourceFile, language: Language, regions: Option<&[Range<usize>]>) -> FileFacts {
    match language {
        Language::Python => python::read(file, regions),
        Language::Rust => rust::read(file),
    }
}
