//! The probe: the real client library, with the settings in question, against a server that takes its time; and whether what
//! happens is what was predicted.
//!
//! Nothing here is asynchronous but the sockets of the mock server.

pub mod clock;
pub mod mock;
