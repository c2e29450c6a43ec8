//! Fuzzes the comments that silence findings, and the baseline.
#![no_main]

#[path = "../doors.rs"]
mod doors;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::suppress(bytes));
