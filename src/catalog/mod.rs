//! The knowledge base: what libraries make pools, what their defaults are, and what declares concurrency.

pub mod concurrency;
pub mod library;

pub use library::AtLimit;
