//! The `advisor` program: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    pool_advisor::cli::main()
}
