//! An ignore comment that silences nothing. See `rules/unused-ignore.md`.

use super::Rule;

/// The rule. Whether a comment silences anything is known only when all other rules have spoken, so [`crate::suppress::silence`]
/// finds it; here it has its id, and with it its page, its severity and its place in the settings.
pub static RULE: Rule = Rule { id: "unused-ignore", about_next: false, check: |_, _| {} };
