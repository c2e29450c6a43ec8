//! Resolved pools and sites in the form of the report.

use super::homes::Home;
use crate::finding::{Concurrency, Pool, Setting, Waits};
use crate::resolve::{Evaluator, ResolvedPool, Site};
use crate::settings::Load;

/// A pool as the inventory shows it.
pub fn pool(evaluator: &Evaluator<'_>, pool: &ResolvedPool<'_>, homes: &[Home]) -> Pool {
    let file = pool.made.site.file;
    let span = evaluator.span(pool.made.site);
    let mut also: Vec<_> = pool.clients.iter().chain(&pool.carriers).map(|at| evaluator.span(*at)).filter(|at| *at != span).collect();
    also.sort();
    also.dedup();
    Pool {
        span,
        also,
        language: evaluator.project.facts(file).language,
        library: pool.library.name.clone(),
        symbol: pool.made.symbol.to_string(),
        bound_to: pool.bound_to.clone(),
        version: pool.demanded.exact.clone(),
        settings: pool
            .settings
            .iter()
            .filter(|setting| !setting.quiet || setting.written_at.is_some())
            .map(|setting| Setting { name: setting.name.clone(), value: setting.value.clone(), written_at: setting.written_at })
            .collect(),
        capacity: pool.capacity.clone(),
        owner: owner(evaluator, homes),
        in_tests: evaluator.is_test_code(pool.made.site),
        // Both are known when all that runs through it is.
        waits: Waits::default(),
        load: Load::default(),
    }
}

/// Who owns a pool, in words.
fn owner(evaluator: &Evaluator<'_>, homes: &[Home]) -> String {
    let mut words: Vec<String> = homes
        .iter()
        .map(|home| match home {
            Home::Program => "the program".to_string(),
            Home::Thread => "each thread".to_string(),
            Home::Key(mapping) => format!("each key of `{}`", evaluator.project.sources.slice(*mapping)),
            Home::Activation(scope) => {
                let name = &evaluator.scope(*scope).name;
                if name.is_empty() { "each call of a lambda".to_string() } else { format!("each call of `{name}`") }
            }
        })
        .collect();
    words.sort();
    words.dedup();
    words.join(", ")
}

/// A limiter or executor as the report lists it.
pub fn concurrency(site: &Site) -> Concurrency {
    Concurrency { span: site.at, kind: site.kind, name: site.name.clone(), value: site.value.clone() }
}
