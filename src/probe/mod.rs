//! The probe: the real client library, with the settings in question, against a server that takes its time; and whether what
//! happens is what was predicted.
//!
//! ```text
//! scenario → scale → predict ─┐
//!                  → measure (driver ⇄ mock server) → verdict → report → words → text, page
//! ```
//!
//! A driver is the client library itself, run by the project's own interpreter; nothing of the user's program is run (but by `target`,
//! which is asked for by name), nothing but loopback is connected to, and nothing stays behind. The prediction is never adjusted to the measurement.

pub mod build;
mod client;
pub mod clock;
pub mod compare;
pub mod driver;
pub mod interpreter;
pub mod libraries;
mod machine;
pub mod measure;
pub mod mock;
pub mod observed;
pub mod page;
pub mod predict;
mod process;
pub mod report;
pub mod scale;
pub mod session;
pub mod target;
pub mod text;
pub mod verdict;
#[cfg(unix)]
pub mod watch;
pub mod words;

pub use session::{Outcome, Subject, hello, probe};
