//! Fuzzes everything at once: from files to a report in every format, and its fixes.
#![no_main]

#[path = "../doors.rs"]
mod doors;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::program(bytes));
