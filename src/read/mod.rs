//! The front ends: one for each kind of file, each a pure function from a text to facts.

pub mod python;

/// TEMP
pub mod command { 
    use crate::facts::config::Word; use crate::text::Span;
    /// TEMP
    pub enum ProgramKind { Module(String), Script(String), Name(String) }
    /// TEMP
    pub struct Program<'a> { pub kind: ProgramKind, pub arguments: &'a [Word] }
    /// TEMP
    pub fn program(_w: &[Word]) -> Option<Program<'_>> { None }
    /// TEMP
    pub fn flag_values(_w: &[Word], _f: &str) -> Vec<(String, Span)> { vec![] }
}
/// TEMP
pub mod config { 
    /// TEMP
    pub fn read(f: &crate::text::SourceFile, _k: crate::discover::Kind) -> crate::facts::config::ConfigFacts { crate::facts::config::ConfigFacts::new(f.id) } }
