//! The knowledge base: what libraries make pools, what their defaults are, and what declares concurrency.

mod base;
mod check;
pub mod concurrency;
mod index;
pub mod library;
pub mod load;
pub mod names;
pub mod origins;
pub mod schema;
#[cfg(test)]
mod tests;
pub mod version;

pub use embedded::PAGES;
pub use index::{Catalog, Found, default_for, other_default_for};
pub use library::AtLimit;

/// What the build script found under `rules/`.
mod embedded {
    include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
}
