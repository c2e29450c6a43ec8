//! What once broke the program, by the fuzzer or by hand, goes through the same door again: `tests/fuzz/regressions/<target>/`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "fuzz/doors.rs"]
mod doors;
mod support;

use support::{files_below, folders_in, root};

#[test]
fn what_fell_once_does_not_fall_again() {
    let mut run = 0;
    for folder in folders_in(&root().join("tests/fuzz/regressions")) {
        let name = folder.file_name().unwrap().to_str().unwrap();
        let (_, door) = doors::DOORS.iter().find(|(target, _)| *target == name).unwrap_or_else(|| panic!("no target {name}"));
        for path in files_below(&folder).unwrap() {
            println!("{}", path.display());
            door(&std::fs::read(&path).unwrap());
            run += 1;
        }
    }
    assert!(run > 0, "nothing was kept");
}
