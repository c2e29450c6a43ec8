//! Many files become one project: files are read because they make a pool, or because a value or a caller leads to them.
//!
//! The reading goes in rounds. Each round evaluates all pools and what flows through them with what is loaded, notes which names and
//! files an answer would need, reads those, and starts again, until nothing new is wanted or the bound is reached.

mod alternatives;
mod amounts;
mod arguments;
mod assigned;
mod beside;
mod builders;
mod callers;
mod calls;
mod cells;
mod construct;
mod constructions;
mod crates;
mod declared;
mod documents;
mod environment;
mod eval;
mod fields;
mod glance;
mod growth;
mod guards;
mod heirs;
mod index;
mod landings;
mod latency;
mod makers;
mod mapping;
mod members;
mod memory;
mod modules;
mod mounts;
mod names;
mod numbers;
mod options;
mod paths;
mod pools;
mod project;
mod provided;
mod records;
mod rounds;
mod set_by_name;
mod setters;
mod shipped;
mod sites;
mod thing;
mod trail;
mod units;
mod versions;

pub use alternatives::same;
pub use amounts::value_of;
pub use beside::is_beside_the_program;
pub use callers::Caller;
pub use calls::COMPUTED;
pub use construct::{Construction, GivenSetting};
pub use declared::Declaration;
pub use eval::{Evaluator, Wants};
pub use index::{Binder, last_name};
pub use latency::WrittenLatency;
pub use pools::{Ignored, ResolvedPool, ResolvedSetting};
pub use project::{Loaded, Project};
pub use rounds::{Reading, Round, read_seeds};
pub use sites::Site;
pub use thing::{Binding, ExprRef, Frame, Made, Object, Possible, Possibles, ScopeRef, Thing, last_part};
pub use versions::Demanded;
