//! Fuzzes what follows values, with programs that are made from the bytes.
#![no_main]

#[path = "../doors.rs"]
mod doors;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::resolver(bytes));
