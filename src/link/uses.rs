//! Where the project sends requests through its pools.

use rustc_hash::{FxHashMap, FxHashSet};

use super::handed::is_run;
use super::sums::are_alternatives;
use crate::catalog::library::{Constructor, Makes, PoolKind};
use crate::facts::ExprKind;
use crate::resolve::{COMPUTED, Evaluator, ExprRef, Made, Possible, ResolvedPool, Thing, last_part};

/// A method that any pool of some kinds sends with.
const ANY: &str = "*";

/// One call that sends a request through a pool.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Use {
    /// Index of the pool.
    pub pool: usize,
    /// The call, or the method that is handed on to be called.
    pub call: ExprRef,
    /// The object that it is called on; `None` where a call prepares it for a client that it is given by name.
    pub object: Option<ExprRef>,
}

/// All uses of all pools, in the order of pool and place.
pub fn uses(evaluator: &Evaluator<'_>, pools: &[ResolvedPool<'_>]) -> Vec<Use> {
    let by_site = pools_by_site(evaluator, pools);
    let pools_at = |site: ExprRef| by_site.get(&site).into_iter().flatten().copied();
    // A client sends with its own methods, whatever pool it is handed.
    let catalog = evaluator.project.catalog;
    let clients = pools.iter().flat_map(|pool| &pool.clients).filter_map(|client| kind_of_client(evaluator, *client));
    let kinds = pools.iter().map(|pool| (pool.kind, pool.constructor)).chain(clients);
    let methods: FxHashSet<&str> = kinds.flat_map(|(kind, _)| &kind.sends).map(String::as_str).collect();
    let sent_by = |made: &Made, pool: &ResolvedPool<'_>, method: &str, below: &str| {
        let own = if made.site == pool.made.site { None } else { catalog.constructor(&made.symbol) };
        match own.and_then(|own| Some((own.pool?, own.constructor))) {
            Some((kind, constructor)) => sends(kind, constructor, method, below),
            None => sends(pool.kind, pool.constructor, method, below),
        }
    };
    let any_method = methods.contains(ANY);
    let mut found = Vec::new();
    for (file, loaded) in evaluator.project.loaded().iter().enumerate() {
        let file = file as u32;
        let wanted = |name: &str| any_method || methods.contains(name);
        let calls = loaded.index.calls.iter().filter(|(name, _)| wanted(name)).flat_map(|(_, calls)| calls).filter_map(|call| {
            let ExprKind::Call { callee, .. } = loaded.facts.expr(*call).kind else { return None };
            Some((*call, callee))
        });
        let handed = loaded
            .index
            .mentions
            .iter()
            .filter(|(name, _)| wanted(name))
            .flat_map(|(_, mentions)| mentions)
            .map(|mention| (*mention, *mention));
        for (call, callee) in calls.chain(handed) {
            let ExprKind::Attribute { object, name, .. } = &loaded.facts.expr(callee).kind else { continue };
            // `send = client.get`: called by another name.
            let is_named = call == callee && evaluator.handed_on(ExprRef { file, expr: call }).is_none();
            let object = ExprRef { file, expr: *object };
            // Of the many attributes that are no callees few are methods of a pool, and of those not all are called.
            let is_listed = methods.contains(&**name);
            let may_send = |possible: &Possible| matches!(possible.thing, Thing::Made(_) | Thing::Part(..));
            let is_worth_it = match (is_named, is_listed) {
                (true, false) => false,
                (false, true) => true,
                _ => evaluator.glance(object).iter().any(may_send),
            };
            if call == callee && !is_worth_it {
                continue;
            }
            for possible in evaluator.eval_open(object) {
                let (made, below) = match &possible.thing {
                    Thing::Made(made) => (made, ""),
                    Thing::Part(made, path) => (made, &**path),
                    // `self` in a subclass of the client.
                    Thing::Object(own) if !is_named => {
                        let is_one = |pool: &ResolvedPool<'_>| pool.made.class.is_some_and(|class| evaluator.derives(class, own.class));
                        let sending =
                            pools.iter().enumerate().filter(|(_, pool)| is_one(pool) && sends(pool.kind, pool.constructor, name, ""));
                        let call = ExprRef { file, expr: call };
                        found.extend(sending.map(|(pool, _)| Use { pool, call, object: Some(object) }));
                        continue;
                    }
                    _ => continue,
                };
                let mut sending = pools_at(made.site).filter(|number| sent_by(made, &pools[*number], name, below)).peekable();
                let call = ExprRef { file, expr: call };
                if is_named {
                    let calls: Vec<ExprRef> = match sending.peek() {
                        Some(_) => {
                            evaluator.landings(call).into_iter().filter(|caller| !caller.handed_on).map(|caller| caller.call).collect()
                        }
                        None => Vec::new(),
                    };
                    for pool in sending {
                        // One call, though the name may stand for several methods.
                        let is_new = |call: &&ExprRef| !found.iter().any(|known: &Use| known.pool == pool && known.call == **call);
                        let new: Vec<Use> =
                            calls.iter().filter(is_new).map(|call| Use { pool, call: *call, object: Some(object) }).collect();
                        found.extend(new);
                    }
                    continue;
                }
                if sending.peek().is_some() && (call.expr != callee || is_listed || is_run(evaluator, call)) {
                    found.extend(sending.map(|pool| session(evaluator, pool, made).unwrap_or(Use { pool, call, object: Some(object) })));
                }
            }
        }
    }
    found.extend(computed(evaluator, pools, &by_site));
    found.extend(prepared(evaluator, &by_site));
    let carried: FxHashSet<&str> = pools.iter().flat_map(|pool| &pool.kind.sends_by).map(String::as_str).collect();
    for method in carried {
        for &(file, call) in evaluator.project.calls_named(method) {
            let call = ExprRef { file, expr: call };
            let ExprKind::Call { arguments, .. } = &evaluator.expr(call).kind else { continue };
            for argument in arguments {
                let object = ExprRef { file, expr: argument.value };
                for possible in evaluator.eval_open(object) {
                    let Thing::Made(made) = &possible.thing else { continue };
                    let sending = pools_at(made.site).filter(|number| pools[*number].kind.sends_by.iter().any(|known| known == method));
                    found.extend(sending.map(|pool| Use { pool, call, object: Some(object) }));
                }
            }
        }
    }
    found.sort_by_key(|at| (at.pool, evaluator.project.path(at.call.file), evaluator.span(at.call).start));
    found.dedup();
    found
}

/// The use that an object is which holds one connection for all that it sends: it begins where the object is made.
fn session(evaluator: &Evaluator<'_>, pool: usize, made: &Made) -> Option<Use> {
    let makes = evaluator.project.catalog.constructor(&made.symbol)?.constructor.makes;
    (makes == Makes::Session).then(|| Use { pool, call: made.site, object: evaluator.pool_given_by(made) })
}

/// The kind of pool that a client would have by itself.
fn kind_of_client<'a>(evaluator: &Evaluator<'a>, client: ExprRef) -> Option<(&'a PoolKind, &'a Constructor)> {
    evaluator.scout().eval_open(client).iter().find_map(|possible| match &possible.thing {
        Thing::Made(made) if made.site == client => {
            let found = evaluator.project.catalog.constructor(&made.symbol)?;
            Some((found.pool?, found.constructor))
        }
        _ => None,
    })
}

/// Pools by the calls that make them and their clients.
type BySite = FxHashMap<ExprRef, Vec<usize>>;

/// A client that is handed several pools sends through the first, and through those that it may be handed instead (`if polite: … else: …`).
fn pools_by_site(evaluator: &Evaluator<'_>, pools: &[ResolvedPool<'_>]) -> BySite {
    let mut by_site = BySite::default();
    for (number, pool) in pools.iter().enumerate() {
        by_site.entry(pool.made.site).or_default().push(number);
        for client in &pool.clients {
            let known = by_site.entry(*client).or_default();
            let may_be_other = |other: &usize| {
                let other = pools[*other].made.site;
                // One that it makes by itself where it is handed none.
                other == *client || are_alternatives(evaluator, other, pool.made.site)
            };
            if known.iter().all(may_be_other) {
                known.push(number);
            }
        }
    }
    by_site
}

/// Requests that a call prepares, to be sent later through the client that it is given.
fn prepared(evaluator: &Evaluator<'_>, by_site: &BySite) -> Vec<Use> {
    let mut found = Vec::new();
    for prepares in evaluator.project.catalog.sources().iter().flat_map(|source| &source.prepares) {
        for symbol in &prepares.symbols {
            for &(file, call) in evaluator.project.calls_named(last_part(symbol)) {
                let at = ExprRef { file, expr: call };
                let ExprKind::Call { callee, .. } = evaluator.expr(at).kind else { continue };
                let called = evaluator.eval_open(ExprRef { file, expr: callee });
                if !called.iter().any(|possible| matches!(&possible.thing, Thing::Symbol(found) if **found == **symbol)) {
                    continue;
                }
                let given = evaluator.argument(at, &evaluator.open_frame(evaluator.scope_of(at)), None, &prepares.client);
                for possible in given.into_iter().flatten() {
                    let Thing::Made(made) = &possible.thing else { continue };
                    let pools = by_site.get(&made.site).into_iter().flatten();
                    found.extend(pools.map(|pool| Use { pool: *pool, call: at, object: None }));
                }
            }
        }
    }
    found
}

/// Requests by a method whose name is computed: `getattr(client, name)(…)`, at once or through a variable.
fn computed(evaluator: &Evaluator<'_>, pools: &[ResolvedPool<'_>], by_site: &BySite) -> Vec<Use> {
    let mut found = Vec::new();
    for &(file, call) in evaluator.project.calls_named("getattr") {
        let taken = ExprRef { file, expr: call };
        let Some(object) = evaluator.positional(taken, 0) else { continue };
        for possible in evaluator.eval_open(taken) {
            let Thing::Part(made, path) = &possible.thing else { continue };
            let (below, method) = path.rsplit_once('.').unwrap_or(("", path));
            let sending = by_site.get(&made.site).into_iter().flatten().copied();
            for pool in sending.filter(|pool| method == COMPUTED || sends(pools[*pool].kind, pools[*pool].constructor, method, below)) {
                let landings = evaluator.landings(taken).into_iter().filter(|caller| !caller.handed_on);
                found.extend(landings.map(|caller| Use { pool, call: caller.call, object: Some(object) }));
            }
        }
    }
    found
}

/// Whether a method sends a request when it is called on the object, or on a part `below` of it.
fn sends(kind: &PoolKind, constructor: &Constructor, method: &str, below: &str) -> bool {
    let listed = |name: &str| kind.sends.iter().any(|send| send == name);
    let is_other = constructor.passes.iter().any(|pass| pass == method)
        || constructor.setters.iter().any(|setter| setter.method == method)
        || constructor.methods.contains_key(method)
        || matches!(method, "close" | "aclose" | "copy" | "with_options" | "__aenter__" | "__aexit__" | "__enter__" | "__exit__");
    if is_other || kind.sends_not.iter().any(|name| name == method) {
        return false;
    }
    if listed(ANY) { !method.starts_with('_') } else { below.is_empty() && listed(method) }
}
