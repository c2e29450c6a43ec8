//! What holds where an expression runs: limiters that are held around it, in its own function or by what is entered there, and loops.

use super::guards::{Guard, guards_at};
use super::hops::{Draft, What};
use super::once::{is_periodic, is_retry};
use crate::facts::{Context, ContextId, ContextKind, ExprId, ExprKind, FileFacts, Scope, StatementKind, Target};
use crate::resolve::{Evaluator, ExprRef, Possible, ScopeRef, Thing};

/// Limiters that are held where an expression runs inline, innermost first, and the loops around it, each with the scope it stands in.
pub fn limiters_around<'c>(evaluator: &Evaluator<'c>, at: ExprRef) -> Vec<(Draft<'c>, ScopeRef)> {
    let facts = evaluator.project.facts(at.file);
    let here = evaluator.scope_of(at);
    let scope = evaluator.scope(here);
    let mut drafts = Vec::new();
    for (id, context) in scope.context_chain(evaluator.context_of(at)) {
        match context.kind {
            ContextKind::For { .. } | ContextKind::While { .. } => {
                drafts.extend(turns_of(evaluator, at, id, context).map(|draft| (draft, here)));
            }
            ContextKind::With { value, .. } if value != at.expr && !facts.is_part_of(at.expr, value) => {
                let value = ExprRef { file: at.file, expr: value };
                if is_limiter(evaluator, value) {
                    drafts.push((Draft::silent(What::Held(value), evaluator.span(value)), here));
                } else if is_unbound(facts, scope, value.expr) && may_be_limiter(evaluator, value) {
                    drafts.push((Draft::silent(What::MayHold(value), evaluator.span(value)), here));
                } else {
                    drafts.extend(held_by_entering(evaluator, value));
                }
            }
            _ => {}
        }
    }
    let missing = missing_around(evaluator, at).into_iter();
    drafts.extend(missing.map(|missing| (Draft::silent(What::Missing(missing), evaluator.span(missing)), here)));
    drafts.extend(acquired_before(evaluator, at, true).into_iter().map(|draft| (draft, here)));
    drafts.extend(guards_at(evaluator, at).into_iter().map(|guard| held_by(evaluator, &guard)));
    drafts
}

/// The loops around an expression in its own scope, innermost first: each turn runs it again.
pub fn repeated_by<'c>(evaluator: &Evaluator<'c>, at: ExprRef) -> Vec<(Draft<'c>, ScopeRef)> {
    let here = evaluator.scope_of(at);
    let around = evaluator.scope(here).context_chain(evaluator.context_of(at));
    around.filter_map(|(id, context)| Some((turns_of(evaluator, at, id, context)?, here))).collect()
}

/// The turns of a loop around an expression; `None` for one that only tries it again, and for what is no loop.
fn turns_of<'c>(evaluator: &Evaluator<'c>, at: ExprRef, id: ContextId, context: &Context) -> Option<Draft<'c>> {
    let runs = match context.kind {
        ContextKind::For { over, .. } => !evaluator.project.facts(at.file).is_part_of(at.expr, over),
        // Something that is done now and then is no series.
        ContextKind::While { .. } => !is_periodic(evaluator, at, context.span),
        _ => false,
    };
    (runs && !is_retry(evaluator, at, id)).then(|| Draft::silent(What::Loop, context.span))
}

/// Limiters that are not there where an expression runs, as tests around it say, and tests before it whose other side has left.
fn missing_around(evaluator: &Evaluator<'_>, at: ExprRef) -> Vec<ExprRef> {
    let facts = evaluator.project.facts(at.file);
    let (scope, context, start) = (evaluator.scope_of(at), evaluator.context_of(at), evaluator.span(at).start);
    // What is entered inside of a branch is left with it.
    let tests = evaluator.tests_at(scope, context, start, |inside| matches!(inside, ContextKind::With { .. }));
    let missing = tests.filter_map(|(test, says)| missing_where(facts, test.expr, says));
    missing.map(|expr| ExprRef { file: at.file, expr }).filter(|missing| is_limiter(evaluator, *missing)).collect()
}

/// The object that is not there on one side of a test: `if limiter:` … `else:`, `if limiter is None:`.
fn missing_where(facts: &FileFacts, test: ExprId, when: bool) -> Option<ExprId> {
    match &facts.expr(test).kind {
        ExprKind::Name(_) | ExprKind::Attribute { .. } => (!when).then_some(test),
        ExprKind::Not(inner) => missing_where(facts, *inner, !when),
        ExprKind::Compare { operator, left, right } if facts.expr(*right).kind == ExprKind::None => match &**operator {
            "is" | "==" => when.then_some(*left),
            "is not" | "!=" => (!when).then_some(*left),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a block binds nothing of what it enters: `with x:`, not `with x as y:`.
fn is_unbound(facts: &FileFacts, scope: &Scope, entered: ExprId) -> bool {
    let binds = |value: ExprId| matches!(facts.expr(value).kind, ExprKind::Entered(inner) if inner == entered);
    !scope.statements.iter().any(|statement| matches!(statement.kind, StatementKind::Bind { value, .. } if binds(value)))
}

/// Whether an expression that is entered may be a limiter, for all that is known: one of several that are kept, one from outside, or what a call
/// gives that is not followed to its end.
fn may_be_limiter(evaluator: &Evaluator<'_>, at: ExprRef) -> bool {
    let is_dark = |possible: &Possible| matches!(possible.thing, Thing::Unknown(_) | Thing::Nothing);
    match evaluator.expr(at).kind {
        ExprKind::Name(_) | ExprKind::Attribute { .. } | ExprKind::Subscript { .. } => {
            evaluator.glance(at).iter().all(Possible::is_unknown)
        }
        ExprKind::Call { callee, .. } => {
            let callee = ExprRef { file: at.file, expr: callee };
            let is_own = |possible: &Possible| matches!(possible.thing, Thing::Function(..) | Thing::Method(..));
            evaluator.glance(at).iter().all(is_dark) && (evaluator.glance(callee).iter().any(is_own) || says_limiter(evaluator, callee))
        }
        _ => false,
    }
}

/// Whether a part of a dotted name says that it lets a number in at a time.
fn says_limiter(evaluator: &Evaluator<'_>, at: ExprRef) -> bool {
    let says = |name: &str| evaluator.project.catalog.means_limiter(name);
    match &evaluator.expr(at).kind {
        ExprKind::Name(name) => says(name),
        ExprKind::Attribute { object, name, .. } => says(name) || says_limiter(evaluator, ExprRef { file: at.file, expr: *object }),
        _ => false,
    }
}

/// The limiter of which a guard keeps a place, with the scope in which it is taken.
pub fn held_by<'c>(evaluator: &Evaluator<'c>, guard: &Guard<'_>) -> (Draft<'c>, ScopeRef) {
    (Draft::silent(What::Held(guard.value), evaluator.span(guard.value)), guard.scope)
}

/// Limiters that entering an object or a context manager function of the project takes, and holds until it is left.
fn held_by_entering<'c>(evaluator: &Evaluator<'c>, value: ExprRef) -> Vec<(Draft<'c>, ScopeRef)> {
    let mut found: Vec<(Draft<'c>, ScopeRef)> = Vec::new();
    for possible in evaluator.glance(value) {
        let (function, yields) = match possible.thing {
            Thing::Generator(function, _) => (function, true),
            Thing::Object(object) => match evaluator.entry_of(object.class) {
                Some(method) => (method, false),
                None => continue,
            },
            _ => continue,
        };
        let facts = evaluator.project.facts(function.file);
        let scope = evaluator.scope(function);
        if yields {
            for statement in &scope.statements {
                let StatementKind::Yield(yielded) = statement.kind else { continue };
                let yielded = ExprRef { file: function.file, expr: yielded };
                for (_, context) in scope.context_chain(statement.context) {
                    let ContextKind::With { value, .. } = context.kind else { continue };
                    let value = ExprRef { file: function.file, expr: value };
                    if is_limiter(evaluator, value) {
                        found.push((Draft::silent(What::Held(value), evaluator.span(value)), function));
                    }
                }
                found.extend(acquired_before(evaluator, yielded, true).into_iter().map(|draft| (draft, function)));
            }
        } else {
            for call in evaluator.project.tables(function.file).calls.get("acquire").into_iter().flatten() {
                let Some(object) = evaluator.receiver(ExprRef { file: function.file, expr: *call }) else { continue };
                if facts.expr(*call).scope == function.scope && is_limiter(evaluator, object) {
                    found.push((Draft::silent(What::Held(object), facts.expr(*call).span), function));
                }
            }
        }
    }
    found
}

/// The loops around an expression that starts what runs on: each turn starts more.
pub fn loops_around<'c>(evaluator: &Evaluator<'c>, at: ExprRef) -> Vec<Draft<'c>> {
    let facts = evaluator.project.facts(at.file);
    let scope = facts.scope(evaluator.expr(at).scope);
    // A collection that is made anew in a loop is waited for in the same turn.
    let collected = collected_in(evaluator, at);
    let chain = scope.context_chain(evaluator.context_of(at)).take_while(|(id, _)| Some(*id) != collected);
    let loops = chain.filter_map(|(id, context)| {
        let what = match context.kind {
            _ if is_retry(evaluator, at, id) || calls_each(evaluator, at, id) => return None,
            ContextKind::For { over, .. } if !facts.is_part_of(at.expr, over) => What::Elements(ExprRef { file: at.file, expr: over }),
            ContextKind::While { .. } => What::Many("a loop without a known end"),
            _ => return None,
        };
        Some(Draft::silent(what, evaluator.project.sources.first_line(context.span)))
    });
    loops.collect()
}

/// Whether a call in a loop calls what the loop goes over: each function in turn, one of them once.
fn calls_each(evaluator: &Evaluator<'_>, at: ExprRef, turns: ContextId) -> bool {
    let facts = evaluator.project.facts(at.file);
    let ExprKind::Call { callee, .. } = facts.expr(at.expr).kind else { return false };
    let ExprKind::Name(called) = &facts.expr(callee).kind else { return false };
    facts.scope(facts.expr(at.expr).scope).statements.iter().any(|statement| {
        statement.context == turns
            && match &statement.kind {
                StatementKind::Bind { target: Target::Name(name), value, .. } => {
                    name == called && matches!(facts.expr(*value).kind, ExprKind::Element(_) | ExprKind::Unpacked { .. })
                }
                _ => false,
            }
    })
}

/// The block in which the collection that gets what a call gives is made: `tasks = []` around `tasks.append(start(x))`.
pub fn collected_in(evaluator: &Evaluator<'_>, at: ExprRef) -> Option<ContextId> {
    let facts = evaluator.project.facts(at.file);
    let expr = facts.expr(at.expr);
    let call = expr.parent?;
    let ExprKind::Call { callee, .. } = facts.expr(call).kind else { return None };
    let ExprKind::Attribute { object, name, .. } = &facts.expr(callee).kind else { return None };
    let ExprKind::Name(collection) = &facts.expr(*object).kind else { return None };
    if !matches!(&**name, "append" | "add" | "extend") {
        return None;
    }
    let scope = facts.scope(expr.scope);
    scope.statements.iter().rev().find_map(|statement| match &statement.kind {
        StatementKind::Bind { target: Target::Name(bound), .. } if bound == collection => {
            (statement.span.end <= expr.span.start && scope.is_within(expr.context, statement.context)).then_some(statement.context)
        }
        _ => None,
    })
}

/// Whether an object runs what it is given on workers of its own.
pub fn is_executor(evaluator: &Evaluator<'_>, object: ExprRef) -> bool {
    let catalog = evaluator.project.catalog;
    evaluator.glance(object).iter().any(|possible| matches!(&possible.thing, Thing::Made(made) if catalog.executor(&made.symbol).is_some()))
}

/// Whether an expression can be a limiter.
fn is_limiter(evaluator: &Evaluator<'_>, at: ExprRef) -> bool {
    evaluator
        .glance(at)
        .iter()
        .any(|possible| matches!(&possible.thing, Thing::Made(made) if evaluator.project.catalog.limiter(&made.symbol).is_some()))
}

/// Limiters that are taken before a task is started, for the task to give back.
pub fn acquired_for<'c>(evaluator: &Evaluator<'c>, start: ExprRef) -> Vec<Draft<'c>> {
    acquired_before(evaluator, start, false)
}

/// `await sem.acquire()` before the expression in the same scope, with a release somewhere after; here, or (`released_here` false) elsewhere.
fn acquired_before<'c>(evaluator: &Evaluator<'c>, at: ExprRef, released_here: bool) -> Vec<Draft<'c>> {
    let facts = evaluator.project.facts(at.file);
    let expr = evaluator.expr(at);
    let scope = facts.scope(expr.scope);
    let index = evaluator.project.tables(at.file);
    let mut hops = Vec::new();
    for call in index.calls.get("acquire").into_iter().flatten() {
        let acquire = facts.expr(*call);
        let is_before =
            acquire.scope == expr.scope && acquire.span.start < expr.span.start && scope.is_within(expr.context, acquire.context);
        if !is_before {
            continue;
        }
        let Some(object) = evaluator.receiver(ExprRef { file: at.file, expr: *call }) else { continue };
        let released_between = index.calls.get("release").into_iter().flatten().any(|release| {
            let release = facts.expr(*release);
            release.scope == expr.scope
                && release.span.start > acquire.span.start
                && release.span.end < expr.span.start
                && scope.is_within(expr.context, release.context)
        });
        // Given back by the function itself in any case: then it is not the task that holds it.
        let given_back = index.calls.get("release").into_iter().flatten().any(|release| {
            let release = facts.expr(*release);
            let handles = scope.context_chain(release.context).any(|(_, context)| matches!(context.kind, ContextKind::Handler));
            release.scope == expr.scope && !handles && scope.is_within(expr.context, release.context)
        });
        if !released_here && given_back {
            continue;
        }
        let released = index.calls.get("release").into_iter().flatten().any(|release| facts.sees(facts.expr(*release).scope, expr.scope));
        if (released || !released_here) && !released_between && is_limiter(evaluator, object) {
            hops.push(Draft::silent(What::Held(object), acquire.span));
        }
    }
    hops
}
