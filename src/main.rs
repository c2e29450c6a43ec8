//! The `advisor` program: everything is in the library.

use std::process::ExitCode;

/// Following values makes and drops many small things.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    pool_advisor::cli::main()
}
