//! Fuzzes the readers of configuration, pipelines, recipes and package lists.
#![no_main]

#[path = "../doors.rs"]
mod doors;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::config(bytes));
