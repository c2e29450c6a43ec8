//! What the knowledge base says of a library, as a page.

use std::fmt::Write as _;

use super::explain::language;
use super::markdown::{Styles, wrap};
use crate::catalog::AtLimit;
use crate::catalog::library::{Constructor, DefaultValue, Library, Literal, Makes, PoolKind, Quirk, QuirkKind, Role, Setting, Shape};
use crate::render::escape;
use crate::value::{show_number, show_seconds};

/// The page of a library for `width` columns.
pub(super) fn text(library: &Library, width: usize, styles: Styles) -> String {
    let mut out = format!("{}{}{:#}: {} library\n", styles.heading, library.name, styles.heading, language(library.language));
    wrap(&mut out, &library.summary, width, "", "");
    wrap(&mut out, &format!("facts checked with version {}", library.checked), width, "", "");
    for pool in &library.pools {
        let _ = writeln!(out, "\n{}pool: {}{:#}", styles.heading, escape::line(&pool.name), styles.heading);
        pool_text(&mut out, pool, width);
    }
    let makers: Vec<&Constructor> = library.constructors.iter().filter(|made| made.makes != Makes::Nothing).collect();
    if !makers.is_empty() {
        let _ = writeln!(out, "\n{}made by{:#}", styles.heading, styles.heading);
    }
    for constructor in makers {
        constructor_text(&mut out, constructor, width, styles);
    }
    for misread in &library.misreads {
        let _ = writeln!(out, "\n{}easily misread: {}{:#}", styles.heading, escape::line(&misread.attribute), styles.heading);
        wrap(&mut out, &format!("it is {}; read {} instead", misread.is, misread.instead), width, "  ", "  ");
    }
    out
}

fn pool_text(out: &mut String, pool: &PoolKind, width: usize) {
    let shape = match pool.shape {
        Shape::Fixed => "",
        Shape::BlockingFlag => " (unless it is told to block: then callers wait)",
        Shape::SizeAndOverflow => " (the limit is size plus overflow)",
        Shape::IdleOnly => " (only idle connections are limited)",
    };
    wrap(out, &format!("at the limit: {}{shape}", at_limit(pool.at_limit)), width, "  ", "    ");
    wrap(out, &format!("what you see: {}", pool.symptom), width, "  ", "    ");
    if !pool.error_text.is_empty() {
        wrap(out, &format!("text to search for: {}", pool.error_text), width, "  ", "    ");
    }
    wrap(out, if pool.shared_by_hosts { "several hosts share the total" } else { "every host has a pool of its own" }, width, "  ", "    ");
    if !pool.settings.is_empty() {
        out.push_str("  settings\n");
    }
    for setting in &pool.settings {
        setting_text(out, setting, width);
    }
    if !pool.caveats.is_empty() {
        out.push_str("  to know\n");
    }
    for caveat in &pool.caveats {
        wrap(out, caveat, width, "    - ", "      ");
    }
    for quirk in &pool.quirks {
        quirk_text(out, quirk, width);
    }
}

fn setting_text(out: &mut String, setting: &Setting, width: usize) {
    let waits = if setting.covers_queue { "; the wait for a connection counts" } else { "" };
    wrap(out, &format!("{}: {}{waits}", setting.name, role(setting.role)), width, "    ", "      ");
    let is_time =
        matches!(setting.role, Role::AcquireTimeout | Role::TotalTimeout | Role::ConnectTimeout | Role::ReadTimeout | Role::KeepAlive);
    for default in &setting.defaults {
        let value = literal(&default.value, is_time);
        wrap(out, &format!("default {value}{}: {}", versions(default), default.source), width, "      ", "        ");
    }
    if !setting.unlimited.is_empty() {
        let words: Vec<_> = setting.unlimited.iter().map(|value| literal(value, false)).collect();
        wrap(out, &format!("no limit when set to {}", words.join(" or ")), width, "      ", "        ");
    }
}

fn quirk_text(out: &mut String, quirk: &Quirk, width: usize) {
    let what = match quirk.does {
        QuirkKind::IdleCapCountsBusy => {
            "the idle cap is compared with all connections, busy ones too: above it, connections that are wanted are closed"
        }
        QuirkKind::AcquireTimeoutRestarts => {
            "the wait for a connection starts anew each time a waiter is woken, so its time-out does not bound the whole wait"
        }
        QuirkKind::Unfair => "a caller that gives a connection back may take it again before those who wait: some wait for the whole run",
        QuirkKind::TotalOvershoots => "over several hosts more connections may be busy than the total says",
        QuirkKind::TimeOutsEndAtWholeSeconds => "time-outs of 5 s or more end at a whole second of the client's clock, up to 1 s late",
        QuirkKind::StallsAfterTimeOuts => "after many time-outs at once next to nothing is sent any more",
        QuirkKind::CpuBound => "with some hundred requests under way the client's own CPU decides how long they take",
    };
    let package = quirk.package.as_ref().map_or_else(String::new, |package| format!(" of {package}"));
    let range = range(quirk.since.as_deref(), quirk.until.as_deref()).map_or_else(String::new, |range| format!(" ({range}{package})"));
    wrap(out, &format!("{what}{range}: {}", quirk.source), width, "    - ", "      ");
}

fn constructor_text(out: &mut String, constructor: &Constructor, width: usize, styles: Styles) {
    let Some((first, others)) = constructor.symbols.split_first() else { return };
    let makes = match constructor.makes {
        Makes::Pool => "a pool",
        Makes::Client => "a client, with a pool of its own unless it is given one",
        Makes::Carrier => "an object that carries settings",
        Makes::OneShot => "one request with a pool of its own, thrown away after it",
        Makes::Factory => "an object that makes clients",
        Makes::Session => "an object that holds a connection of the pool it is given",
        Makes::Nothing => return,
    };
    let _ = writeln!(out, "  {}{}{:#}: {makes}", styles.code, escape::line(first), styles.code);
    if !others.is_empty() {
        wrap(out, &format!("also as {}", others.join(", ")), width, "    ", "      ");
    }
    let takes: Vec<String> =
        constructor.parameters.iter().filter(|parameter| !parameter.ignored).map(|parameter| parameter.name.clone()).collect();
    if !takes.is_empty() {
        wrap(out, &format!("takes {}", takes.join(", ")), width, "    ", "      ");
    }
    for (name, changed) in &constructor.overrides {
        wrap(out, &format!("{name} defaults to {} here: {}", literal(&changed.value, false), changed.source), width, "    ", "      ");
    }
}

fn at_limit(at_limit: AtLimit) -> &'static str {
    match at_limit {
        AtLimit::Wait => "requests wait in the client",
        AtLimit::Discard => "connections are opened and thrown away after use",
        AtLimit::Churn => "connections are closed after use and opened anew",
        AtLimit::Error => "the client raises at once",
        AtLimit::Unbounded => "there is no limit",
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Total => "connections over all hosts",
        Role::PerHost => "connections to one host",
        Role::Idle => "idle connections that are kept",
        Role::Hosts => "hosts for which a pool is kept",
        Role::Overflow => "connections beyond the size",
        Role::Minimum => "connections that are opened ahead",
        Role::Block => "whether a caller above the limit waits",
        Role::AcquireTimeout => "longest wait for a connection",
        Role::TotalTimeout => "time-out of the whole request",
        Role::ConnectTimeout => "time-out of the connect phase",
        Role::ReadTimeout => "time-out between reads",
        Role::KeepAlive => "life of an idle connection",
        Role::CloseAfterUse => "whether connections are closed after one use",
        Role::Multiplexed => "whether one connection carries many requests at once",
        Role::Retries => "attempts that follow a failed one",
        Role::Other => "without influence on the pool",
    }
}

fn literal(value: &Literal, is_time: bool) -> String {
    match value {
        Literal::Truth(truth) => truth.to_string(),
        Literal::Number(number) if is_time => show_seconds(*number),
        Literal::Number(number) => show_number(*number),
        Literal::Word(word) => word.clone(),
    }
}

fn versions(default: &DefaultValue) -> String {
    range(default.since.as_deref(), default.until.as_deref()).map_or_else(String::new, |range| format!(" ({range})"))
}

/// `from 3.10.9`, `before 3.10.9`, `from 1.0 to before 2.0`; `None` for all versions.
fn range(since: Option<&str>, until: Option<&str>) -> Option<String> {
    match (since, until) {
        (None, None) => None,
        (Some(since), None) => Some(format!("from {since}")),
        (None, Some(until)) => Some(format!("before {until}")),
        (Some(since), Some(until)) => Some(format!("from {since}, before {until}")),
    }
}
