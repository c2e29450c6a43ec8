//! Inheritance between libraries: a fork or a wrapper says only what differs.

use std::collections::BTreeMap;

use super::library::{Library, PoolKind};
use super::load::{Key, Written, locate, nearest, problem};
use crate::text::Problem;

/// Every library with what its bases add, in the order given.
///
/// # Errors
/// A base that does not exist or that leads back to the library itself.
pub fn resolve(written: &[Written<Library>]) -> Result<Vec<Library>, Vec<Problem>> {
    let by_name: BTreeMap<&str, &Written<Library>> = written.iter().map(|one| (one.entry.name.as_str(), one)).collect();
    let mut problems = Vec::new();
    let mut whole = Vec::new();
    for one in written {
        match chain(one, &by_name) {
            Ok(chain) => {
                // From the root of the chain to the library itself, each laid over what came before.
                let mut steps = chain.into_iter().rev();
                let Some(root) = steps.next() else { continue };
                whole.push(steps.fold(root.clone(), overlay));
            }
            Err(why) => problems.push(*why),
        }
    }
    // A fault of a base is met again by all that build on it.
    problems.sort();
    problems.dedup();
    if problems.is_empty() { Ok(whole) } else { Err(problems) }
}

/// The library and its bases, itself first.
fn chain<'a>(start: &'a Written<Library>, by_name: &BTreeMap<&str, &'a Written<Library>>) -> Result<Vec<&'a Library>, Box<Problem>> {
    let mut chain = vec![&start.entry];
    let mut at = start;
    while let Some(base) = &at.entry.base {
        let refuse = |file: &Written<Library>, message: String| {
            Box::new(problem(&file.path, &file.text, locate(&file.text, &[Key::Name("base")]), message))
        };
        let Some(next) = by_name.get(base.as_str()) else {
            let known: Vec<&str> = by_name.keys().copied().collect();
            let hint = nearest(base, &known).map(|meant| format!(", did you mean `{meant}`?")).unwrap_or_default();
            return Err(refuse(at, format!("there is no library `{base}` to build on{hint}")));
        };
        if chain.iter().any(|seen| seen.name == next.entry.name) {
            let names: Vec<&str> = chain.iter().map(|library| library.name.as_str()).chain([base.as_str()]).collect();
            return Err(refuse(start, format!("the bases of `{}` lead in a circle: {}", start.entry.name, names.join(", "))));
        }
        chain.push(&next.entry);
        at = next;
    }
    Ok(chain)
}

/// The base with the derived library's entries in place of those of the same name.
fn overlay(mut base: Library, derived: &Library) -> Library {
    base.for_each_symbol(|symbol| {
        if let Some(new) = renamed(symbol, &derived.rename) {
            *symbol = new;
        }
    });
    for pool in &derived.pools {
        match base.pools.iter_mut().find(|old| old.name == pool.name) {
            Some(old) => *old = overlay_pool(old, pool),
            None => base.pools.push(pool.clone()),
        }
    }
    for constructor in &derived.constructors {
        match base.constructors.iter_mut().find(|old| old.symbols.first() == constructor.symbols.first()) {
            Some(old) => *old = constructor.clone(),
            None => base.constructors.push(constructor.clone()),
        }
    }
    for constant in &derived.constants {
        match base.constants.iter_mut().find(|old| old.symbols.first() == constant.symbols.first()) {
            Some(old) => *old = constant.clone(),
            None => base.constants.push(constant.clone()),
        }
    }
    for misread in &derived.misreads {
        match base.misreads.iter_mut().find(|old| old.attribute == misread.attribute) {
            Some(old) => *old = misread.clone(),
            None => base.misreads.push(misread.clone()),
        }
    }
    Library { pools: base.pools, constructors: base.constructors, constants: base.constants, misreads: base.misreads, ..derived.clone() }
}

/// The derived pool with the settings, methods and caveats of the base that it does not mention. Quirks are its own: versions of a fork are other versions.
fn overlay_pool(base: &PoolKind, derived: &PoolKind) -> PoolKind {
    let mut pool = derived.clone();
    pool.settings = base.settings.clone();
    for setting in &derived.settings {
        match pool.settings.iter_mut().find(|old| old.name == setting.name) {
            Some(old) => *old = setting.clone(),
            None => pool.settings.push(setting.clone()),
        }
    }
    if pool.sends.is_empty() {
        pool.sends.clone_from(&base.sends);
    }
    if pool.caveats.is_empty() {
        pool.caveats.clone_from(&base.caveats);
    }
    if pool.request_timeouts.is_empty() {
        pool.request_timeouts.clone_from(&base.request_timeouts);
    }
    if pool.error_text.is_empty() {
        pool.error_text.clone_from(&base.error_text);
    }
    pool
}

/// A symbol under its new prefix; the longest old prefix that ends at a dot wins.
fn renamed(symbol: &str, rename: &BTreeMap<String, String>) -> Option<String> {
    let fits = |old: &str| symbol.strip_prefix(old).filter(|rest| rest.is_empty() || rest.starts_with('.'));
    let (rest, new) =
        rename.iter().filter_map(|(old, new)| fits(&old.replace("::", ".")).map(|rest| (rest, new))).min_by_key(|(rest, _)| rest.len())?;
    Some(format!("{}{rest}", new.replace("::", ".")))
}
