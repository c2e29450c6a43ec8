//! Whether a client is set as the source was read: the settings of the live object beside those that a scan found.

use std::path::Path;

use serde_json::Value;

use super::report::{LiveClient, LiveSetting};
use super::target::{Client, is_same_file};
use super::verdict::Verdict;
use crate::catalog::Catalog;
use crate::catalog::library::Role;
use crate::finding::{Pool, Report};
use crate::render::plan::Number;
use crate::text::Span;
use crate::value::Amount;

/// Share by which numbers may differ: they were written and read, not measured.
const EQUAL: f64 = 1e-9;

/// The clients beside the pools of the report whose constructor stands where they were made. `root` is where the report's paths count from.
pub fn clients(clients: &[Client], report: &Report, root: &Path, catalog: &Catalog) -> Vec<LiveClient> {
    clients
        .iter()
        .map(|client| {
            let made_at = client.made.iter().map(|(file, line)| format!("{}:{line}", file.strip_prefix(root).unwrap_or(file).display()));
            let pool = pool_of(client, report, root);
            let settings = settings(client, pool, catalog);
            LiveClient {
                kind: client.kind.clone(),
                version: client.version.clone(),
                pinned: pool.and_then(|pool| pool.version.clone()),
                made_at: made_at.collect(),
                scanned_at: pool.map(|pool| report.sources.place(pool.span)),
                verdict: settings.iter().filter_map(|setting| setting.verdict).max().unwrap_or(Verdict::Undecided),
                settings,
            }
        })
        .collect()
}

/// The pool of the report that was made where the client was.
fn pool_of<'r>(client: &Client, report: &'r Report, root: &Path) -> Option<&'r Pool> {
    let stands_at = |span: Span, line: usize| {
        let source = report.sources.get(span.file);
        (source.position(span.start).line..=source.position(span.end).line).contains(&line)
    };
    let is_there = |pool: &&Pool| {
        let spans = || std::iter::once(pool.span).chain(pool.also.iter().copied());
        let in_file = |span: &Span, file: &Path| is_same_file(&root.join(&*report.sources.get(span.file).path), file);
        client.made.iter().any(|(file, line)| spans().any(|span| stands_at(span, *line) && in_file(&span, file)))
    };
    report.pools.iter().filter(|pool| pool.library == client.library).find(is_there)
}

/// What the client says of itself, beside what was read; what was read first.
fn settings(client: &Client, pool: Option<&Pool>, catalog: &Catalog) -> Vec<LiveSetting> {
    let library = catalog.library(&client.library);
    let role = |name: &str| {
        let mut settings = library.into_iter().flat_map(|library| &library.pools).flat_map(|kind| &kind.settings);
        settings.find(|setting| setting.name == name).map(|setting| setting.role)
    };
    let total = client.settings.iter().find(|(name, _)| role(name) == Some(Role::Total)).and_then(|(_, value)| value.as_f64());
    let mut settings: Vec<LiveSetting> = Vec::new();
    for (name, live) in &client.settings {
        // A session's time-outs are read at the session, the limits at its pool.
        let read = |pool: &Pool| pool.waits.of_clients.iter().chain(&pool.settings).find(|setting| setting.name == *name).cloned();
        let scanned = pool.and_then(read);
        // A cap on idle connections that is no less than the total caps nothing, and libraries keep it as the total.
        let cap = total.filter(|_| role(name) == Some(Role::Idle));
        settings.push(LiveSetting {
            name: name.clone(),
            scanned: scanned.as_ref().map(|setting| setting.value.amount.to_string()),
            certainty: scanned.as_ref().map(|setting| setting.value.certainty),
            live: live.as_f64().map_or_else(|| live.clone(), |number| serde_json::json!(Number(number))),
            verdict: scanned.and_then(|setting| judged(&setting.value.amount, live, cap)),
        });
    }
    settings.sort_by_key(|setting| setting.scanned.is_none());
    settings
}

/// Whether what was read agrees with what is; `None` where nothing was read. Numbers from `cap` on are no limit.
fn judged(read: &Amount, live: &Value, cap: Option<f64>) -> Option<Verdict> {
    let number = match live {
        Value::Null => Some(f64::INFINITY),
        Value::Bool(truth) => {
            let is_read = matches!(read, Amount::Truth(read) if read == truth);
            return (!read.is_unknown()).then_some(if is_read { Verdict::Confirmed } else { Verdict::NotConfirmed });
        }
        other => other.as_f64(),
    }?;
    let capped = |number: f64| if cap.is_some_and(|cap| number >= cap) { f64::INFINITY } else { number };
    let number = capped(number);
    let is = |read: f64| (capped(read).is_infinite() && number.is_infinite()) || (read - number).abs() <= EQUAL * read.abs().max(1.0);
    let (agrees, is_one) = match read {
        Amount::One(read) => (is(*read), true),
        Amount::Unbounded => (number.is_infinite(), true),
        Amount::Several(all) => (all.iter().any(|read| is(*read)), false),
        Amount::Range { low, high } => (low.is_none_or(|low| low <= number) && high.is_none_or(|high| number <= high), false),
        Amount::Truth(_) | Amount::Text(_) => (false, true),
        Amount::Unknown(_) => return None,
    };
    Some(match (agrees, is_one) {
        (false, _) => Verdict::NotConfirmed,
        (true, true) => Verdict::Confirmed,
        (true, false) => Verdict::Undecided,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_read_is_held_against_what_is() {
        let range = Amount::Range { low: Some(5.0), high: None };
        let cases = [
            (Amount::One(30.0), json!(30), Some(Verdict::Confirmed)),
            (Amount::One(30.0), json!(31), Some(Verdict::NotConfirmed)),
            (Amount::One(30.0), Value::Null, Some(Verdict::NotConfirmed)),
            (Amount::Unbounded, Value::Null, Some(Verdict::Confirmed)),
            (Amount::Unbounded, json!(100), Some(Verdict::NotConfirmed)),
            (Amount::Several(vec![20.0, 500.0]), json!(500.0), Some(Verdict::Undecided)),
            (Amount::Several(vec![20.0, 500.0]), json!(30), Some(Verdict::NotConfirmed)),
            (range.clone(), json!(7), Some(Verdict::Undecided)),
            (range, json!(4), Some(Verdict::NotConfirmed)),
            (Amount::Truth(true), json!(true), Some(Verdict::Confirmed)),
            (Amount::Truth(false), json!(true), Some(Verdict::NotConfirmed)),
            (Amount::Unknown("an argument".into()), json!(7), None),
            (Amount::Unknown("an argument".into()), json!(true), None),
        ];
        for (read, live, verdict) in cases {
            assert_eq!(judged(&read, &live, None), verdict, "{read:?} {live}");
        }
        for (read, live) in [(Amount::Unbounded, json!(40)), (Amount::One(40.0), Value::Null), (Amount::One(50.0), json!(40))] {
            assert_eq!(judged(&read, &live, Some(40.0)), Some(Verdict::Confirmed), "{read:?} {live}");
        }
        assert_eq!(judged(&Amount::One(20.0), &json!(40), Some(40.0)), Some(Verdict::NotConfirmed));
    }
}
