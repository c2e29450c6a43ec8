//! Fuzzes the loader of users' libraries and sources.
#![no_main]

#[path = "../doors.rs"]
mod doors;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::catalog(bytes));
