//! The front end's tests: small sources and the text of their facts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
