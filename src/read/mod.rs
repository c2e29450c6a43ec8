//! One front end per kind of file, each pure: a text to the facts that it states.

pub mod command;
pub mod config;
