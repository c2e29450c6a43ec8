//! Functions that something outside the program runs again and again: handlers of web servers; and requests that a library multiplies itself.

use crate::catalog::concurrency::Hidden;
use crate::facts::{ExprKind, Language};
use crate::resolve::{Evaluator, ExprRef, ResolvedPool, ScopeRef, Thing, last_part};
use crate::value::Amount;

/// The decorator by which a server runs a function for each request.
pub fn handler(evaluator: &Evaluator<'_>, function: ScopeRef) -> Option<ExprRef> {
    let facts = evaluator.project.facts(function.file);
    let decorators = evaluator.scope(function).decorators.iter().map(|decorator| ExprRef { file: function.file, expr: *decorator });
    decorators.into_iter().find(|decorator| {
        let callee = match facts.expr(decorator.expr).kind {
            ExprKind::Call { callee, .. } => ExprRef { file: function.file, expr: callee },
            _ => *decorator,
        };
        takes_handler(evaluator, callee, true)
    })
}

/// Whether a call takes a handler as an argument.
pub fn adds_handler(evaluator: &Evaluator<'_>, callee: ExprRef) -> bool {
    takes_handler(evaluator, callee, false)
}

/// Whether a call stands for what the function gives that it takes: the server calls that for each request (`Depends(get_session)`).
pub fn is_provided(evaluator: &Evaluator<'_>, callee: ExprRef) -> bool {
    let found = evaluator.glance(callee);
    found.iter().any(|possible| matches!(&possible.thing, Thing::Symbol(symbol) if evaluator.is_provider(symbol)))
}

fn takes_handler(evaluator: &Evaluator<'_>, callee: ExprRef, as_decorator: bool) -> bool {
    let catalog = evaluator.project.catalog;
    let name = match &evaluator.expr(callee).kind {
        ExprKind::Name(name) | ExprKind::Attribute { name, .. } => name,
        _ => return false,
    };
    let by_name = catalog.handlers().any(|handler| {
        let methods = if as_decorator { &handler.decorators } else { &handler.adds };
        methods.iter().any(|method| **method == **name)
    });
    let imported = matches!(evaluator.expr(callee).kind, ExprKind::Name(_));
    let by_symbol = imported || catalog.handlers().any(|handler| handler.symbols.iter().any(|symbol| last_part(symbol) == &**name));
    if !by_name && !by_symbol {
        return false;
    }
    let takes = |object: &str, method: &str| {
        catalog.handlers().any(|handler| {
            let methods = if as_decorator { &handler.decorators } else { &handler.adds };
            methods.iter().any(|known| known == method) && handler.objects.iter().any(|known| is_or_begins(known, object))
        })
    };
    evaluator.glance(callee).iter().any(|possible| match &possible.thing {
        Thing::Symbol(symbol) => catalog.handlers().any(|handler| handler.symbols.iter().any(|known| **known == **symbol)),
        Thing::Part(made, path) => takes(&made.symbol, last_part(path)),
        // What a method gives goes on with the same table of routes: `get(list).post(create)`.
        Thing::Foreign(path) => path.rsplit_once('.').is_some_and(|(object, method)| takes(object, method)),
        _ => false,
    })
}

/// Whether a path is another, or leads to a part of it.
fn is_or_begins(path: &str, whole: &str) -> bool {
    whole.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Asks for the files in which pools with a limit may be given to a server's handlers.
pub fn want_handed_over(evaluator: &Evaluator<'_>, pools: &[ResolvedPool<'_>]) {
    if pools.iter().any(|pool| is_limited(evaluator, pool)) {
        evaluator.want_given_to_handlers();
    }
}

/// For each pool the call that gives it to a server's handlers, by itself or in an object that holds it.
pub fn handed_over(evaluator: &Evaluator<'_>, pools: &[ResolvedPool<'_>]) -> Vec<Option<ExprRef>> {
    let given = if pools.iter().any(|pool| is_limited(evaluator, pool)) { evaluator.given_to_handlers() } else { Vec::new() };
    let call_of = |pool: &ResolvedPool<'_>| {
        let is_it = |site: &ExprRef| *site == pool.made.site || pool.clients.contains(site);
        given.iter().find(|(_, sites)| sites.iter().any(is_it)).map(|(call, _)| *call)
    };
    pools.iter().map(call_of).collect()
}

/// Whether a pool of a Rust program lets only so many through: in Python what handlers share is followed by its name.
fn is_limited(evaluator: &Evaluator<'_>, pool: &ResolvedPool<'_>) -> bool {
    evaluator.project.facts(pool.made.site.file).language == Language::Rust && pool.capacity.effective.amount != Amount::Unbounded
}

/// The splitting of one call into several requests that a client does by itself.
pub fn hidden<'c>(evaluator: &Evaluator<'c>, call: ExprRef, object: ExprRef) -> Option<&'c Hidden> {
    let ExprKind::Call { callee, .. } = evaluator.expr(call).kind else { return None };
    let ExprKind::Attribute { name, .. } = &evaluator.expr(ExprRef { file: call.file, expr: callee }).kind else { return None };
    evaluator.glance(object).iter().find_map(|possible| match &possible.thing {
        Thing::Made(made) => evaluator.project.catalog.hidden(&made.symbol, name),
        _ => None,
    })
}
