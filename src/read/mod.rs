//! The front ends: one for each kind of file, each a pure function from a text to facts.

pub mod command;
pub mod config;
pub mod python;
