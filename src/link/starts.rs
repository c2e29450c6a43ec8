//! Tasks that are started together: how many, where they are waited for, and whether anything waits at all.

use super::chosen::chosen;
use super::counted::counted;
use super::hops::{Draft, What};
use super::joins::join_of;
use super::limits::{acquired_for, collected_in};
use super::once::is_left_after;
use super::pace::{Pace, pace};
use crate::catalog::concurrency::FanOut;
use crate::facts::{ArgumentKind, ContextId, ContextKind, ExprId, ExprKind, FileFacts, ScopeKind};
use crate::resolve::{Evaluator, ExprRef, ScopeRef, Thing};
use crate::text::Span;

/// How a call runs what it starts.
pub struct Started<'c> {
    /// What it adds, innermost first, each with the scope that it stands in.
    pub drafts: Vec<(Draft<'c>, ScopeRef)>,
    /// The expression from which to go on outward.
    pub from: ExprRef,
    /// Whether what is started runs beside the code around it, so that limiters held there do not bound it.
    pub detached: bool,
    /// Whether nothing in the same function waits for it.
    pub runs_on: bool,
    /// The call that waits for it, or the group whose end does.
    pub joined_by: Option<ExprRef>,
}

/// Whether a function waits, after it started something, in one of the plain ways: `await task`, `future.result()`, `thread.join()`.
fn is_waited_for(evaluator: &Evaluator<'_>, at: ExprRef) -> bool {
    let facts = evaluator.project.facts(at.file);
    let start = facts.expr(at.expr);
    let later = |id: ExprId| {
        let expr = facts.expr(id);
        expr.span.end > start.span.end && facts.sees(expr.scope, start.scope)
    };
    let index = evaluator.project.tables(at.file);
    let methods = ["result", "join", "shutdown", "wait", "get", "joinall", "run_until_complete"];
    methods.iter().flat_map(|method| index.calls.get(*method).into_iter().flatten()).any(|call| {
        later(*call) && matches!(facts.expr(*call).kind, ExprKind::Call { callee, .. } if matches!(facts.expr(callee).kind, ExprKind::Attribute { .. }))
    }) || facts.expr_ids().any(|id| {
        matches!(facts.expr(id).kind, ExprKind::Await(inner) if !matches!(facts.expr(inner).kind, ExprKind::Call { .. }) || takes_one_of_a_set(facts, inner))
            && later(id)
    })
}

/// `set.join_next()`, `futures.next()`: the next result of tasks that run together.
pub fn takes_one_of_a_set(facts: &FileFacts, call: ExprId) -> bool {
    let ExprKind::Call { callee, .. } = facts.expr(call).kind else { return false };
    matches!(&facts.expr(callee).kind, ExprKind::Attribute { name, .. } if matches!(&**name, "join_next" | "next" | "try_next" | "join_all"))
}

/// How tasks that `task` stands for (a call whose coroutine is not awaited, or that hands a function on) run together: once for each
/// turn of the loops and comprehensions between it and the place that waits for them, within the limit of that place.
pub fn together<'c>(evaluator: &Evaluator<'c>, task: ExprRef, many: Option<What<'c>>) -> Started<'c> {
    let facts = evaluator.project.facts(task.file);
    let first_line = |span: Span| evaluator.project.sources.first_line(span);
    let task_scope = evaluator.scope_of(task);
    let mut counts: Vec<(Draft<'c>, ScopeRef)> =
        many.into_iter().map(|what| (Draft::silent(what, first_line(evaluator.span(task))), task_scope)).collect();
    let mut at = task;
    while facts.scope(facts.expr(at.expr).scope).kind == ScopeKind::Comprehension {
        let scope = evaluator.scope_of(at);
        let Some(maker) = evaluator.project.tables(at.file).maker.get(&scope.scope).copied() else { break };
        at = ExprRef { file: at.file, expr: maker };
        counts.push((Draft::silent(What::Elements(at), first_line(evaluator.span(at))), evaluator.scope_of(at)));
    }
    let scope = evaluator.scope_of(at);
    let join = join_of(evaluator, at);
    let joined_in = join.as_ref().map(|join| join.context);
    let collected = collected_in(evaluator, at);
    for (id, context) in facts.scope(scope.scope).context_chain(facts.expr(at.expr).context) {
        if Some(id) == joined_in || Some(id) == collected {
            break;
        }
        let over = match context.kind {
            ContextKind::For { .. } | ContextKind::While { .. } if is_left_after(evaluator, at, id) => continue,
            ContextKind::For { over, .. } => Some(over),
            ContextKind::While { .. } => None,
            _ => continue,
        };
        let what = match (pace(evaluator, at, id), over) {
            (Pace::OneByOne, _) => What::Loop,
            (Pace::Window, _) => What::Many("tasks are waited for while the loop goes on"),
            (Pace::Free, Some(over)) => {
                let over = ExprRef { file: at.file, expr: over };
                chosen(evaluator, at, id).map_or(What::Elements(over), |choice| What::Chosen(over, choice))
            }
            (Pace::Free, None) => What::Many("a loop without a known end"),
        };
        counts.push((Draft::silent(what, first_line(context.span)), scope));
    }
    if let Some(part) = join.as_ref().and_then(|join| join.part) {
        counts = vec![(Draft::silent(What::Elements(part), first_line(evaluator.span(part))), scope)];
    }
    if let Some(call) = join.as_ref().and_then(|join| join.call) {
        if counts.is_empty() {
            let twins = twins_in(evaluator, call, task);
            if twins > 1 {
                counts.push((Draft::silent(What::Known(twins as f64), first_line(evaluator.span(call))), scope));
            }
        }
        if wraps_first(evaluator, call, at) {
            counts.push((Draft::silent(What::Many("another function takes them first"), first_line(evaluator.span(call))), scope));
        }
        if let Some(fan_out) = fan_out_of(evaluator, call).filter(|fan_out| fan_out.limit.is_some()) {
            counts.insert(0, (Draft::silent(What::Bound(call, fan_out), first_line(evaluator.span(call))), scope));
        }
    }
    // What holds each start back bounds all that the loops start. Taken before each start, it is given back by what is started.
    let held_back = window(evaluator, at).or_else(|| counted(evaluator, at)).into_iter().chain(acquired_for(evaluator, at));
    counts.splice(0..0, held_back.map(|draft| (draft, scope)));
    let runs_on = join.is_none() && !is_waited_for(evaluator, at);
    Started {
        drafts: counts,
        from: at,
        detached: joined_in != Some(facts.expr(at.expr).context),
        runs_on,
        joined_by: join.and_then(|join| join.call.or(join.group)),
    }
}

/// Whether a fan-out that stands apart from what it waits for puts an `async` function of the project around each:
/// `gather(*map(guarded, coroutines))`.
fn wraps_first(evaluator: &Evaluator<'_>, call: ExprRef, started: ExprRef) -> bool {
    let facts = evaluator.project.facts(call.file);
    let (whole, start) = (facts.expr(call.expr).span, facts.expr(started.expr).span);
    if whole.start <= start.start && start.end <= whole.end {
        return false;
    }
    facts.expr_ids().any(|id| {
        let expr = facts.expr(id);
        let inside = whole.start <= expr.span.start
            && expr.span.end <= whole.end
            && matches!(expr.kind, ExprKind::Name(_) | ExprKind::Attribute { .. });
        inside
            && evaluator.glance(ExprRef { file: call.file, expr: id }).iter().any(|possible| match possible.thing {
                // An `async` block is what is waited for, and takes nothing.
                Thing::Function(function, _) | Thing::Method(_, function) => {
                    let function = evaluator.scope(function);
                    function.is_async && function.kind == ScopeKind::Function
                }
                _ => false,
            })
    })
}

/// `if len(tasks) >= n: await asyncio.wait(tasks)` in the loop that starts them: never more than `n` are under way.
fn window<'c>(evaluator: &Evaluator<'c>, at: ExprRef) -> Option<Draft<'c>> {
    let facts = evaluator.project.facts(at.file);
    let start = facts.expr(at.expr);
    let scope = facts.scope(start.scope);
    let turns = scope
        .context_chain(start.context)
        .find(|(_, context)| matches!(context.kind, ContextKind::For { .. } | ContextKind::While { .. }))?;
    let contexts = scope.contexts.iter().enumerate().map(|(id, context)| (ContextId(id as u32), context));
    for (id, context) in contexts {
        let test = match context.kind {
            ContextKind::Branch { test: Some(test), when: true } | ContextKind::While { test: Some(test) } => test,
            _ => continue,
        };
        let ExprKind::Compare { operator, left, right } = &facts.expr(test).kind else { continue };
        let counts = matches!(&**operator, ">" | ">=" | "==") && is_length_of_something(facts, *left);
        if !counts || id == turns.0 || !scope.is_within(id, turns.0) {
            continue;
        }
        let waits = facts.expr_ids().any(|call| {
            let expr = facts.expr(call);
            expr.scope == start.scope
                && scope.is_within(expr.context, id)
                && matches!(expr.kind, ExprKind::Call { .. })
                && (takes_one_of_a_set(facts, call) || fan_out_of(evaluator, ExprRef { file: at.file, expr: call }).is_some())
        });
        if waits {
            return Some(Draft::silent(What::Window(ExprRef { file: at.file, expr: *right }), facts.expr(test).span));
        }
    }
    None
}

fn is_length_of_something(facts: &crate::facts::FileFacts, at: ExprId) -> bool {
    let ExprKind::Call { callee, .. } = facts.expr(at).kind else { return false };
    matches!(&facts.expr(callee).kind, ExprKind::Name(name) | ExprKind::Attribute { name, .. } if &**name == "len")
}

/// How many arguments of a fan-out call start the same as `task`: `gather(get("/a"), get("/b"))` starts two.
fn twins_in(evaluator: &Evaluator<'_>, call: ExprRef, task: ExprRef) -> usize {
    let ExprKind::Call { arguments, .. } = &evaluator.expr(call).kind else { return 1 };
    let callee = |at: ExprRef| match evaluator.expr(at).kind {
        ExprKind::Call { callee, .. } => {
            evaluator.project.sources.slice(evaluator.span(ExprRef { file: at.file, expr: callee })).to_string()
        }
        _ => String::new(),
    };
    let own = callee(task);
    let same = |argument: &&crate::facts::Argument| {
        argument.kind == ArgumentKind::Positional && !own.is_empty() && callee(ExprRef { file: call.file, expr: argument.value }) == own
    };
    arguments.iter().filter(same).count()
}

/// The fan-out that a call is: it waits for many tasks at once.
pub fn fan_out_of<'c>(evaluator: &Evaluator<'c>, call: ExprRef) -> Option<&'c FanOut> {
    let ExprKind::Call { callee, .. } = evaluator.expr(call).kind else { return None };
    let facts = evaluator.project.facts(call.file);
    let name = match &facts.expr(callee).kind {
        ExprKind::Name(name) | ExprKind::Attribute { name, .. } => name,
        _ => return None,
    };
    let catalog = evaluator.project.catalog;
    let imported = matches!(facts.expr(callee).kind, ExprKind::Name(_));
    if !imported && !catalog.is_fan_out_name(name) {
        return None;
    }
    evaluator.glance(ExprRef { file: call.file, expr: callee }).iter().find_map(|possible| match &possible.thing {
        Thing::Symbol(symbol) => catalog.fan_out(symbol),
        Thing::Part(..) | Thing::Unknown(_) | Thing::Foreign(_) => catalog.fan_out_method(name),
        _ => None,
    })
}

/// Whether a call of an `async` function runs right here: it is awaited in its own statement.
pub fn is_awaited(evaluator: &Evaluator<'_>, call: ExprRef) -> bool {
    let facts = evaluator.project.facts(call.file);
    let mut at = call.expr;
    while let Some(parent) = facts.expr(at).parent {
        match &facts.expr(parent).kind {
            ExprKind::Await(_) => return true,
            ExprKind::Entered(_) | ExprKind::Element(_) if at == call.expr => return true,
            // `await wait_for(f(x), 5)`, `await shield(create_task(f(x)))`: calls that take one coroutine and are awaited themselves.
            ExprKind::Call { callee, arguments } => {
                let first = arguments.iter().find(|argument| argument.kind == ArgumentKind::Positional).map(|argument| argument.value);
                let outer = ExprRef { file: call.file, expr: parent };
                if *callee == at || first != Some(at) || fan_out_of(evaluator, outer).is_some() || takes_for_later(evaluator, outer) {
                    break;
                }
                at = parent;
            }
            _ => break,
        }
    }
    evaluator.project.tables(call.file).context_values.contains(&call.expr)
}

/// Whether a call takes a coroutine for something else than waiting for it: a function of the project, an executor, a starter.
fn takes_for_later(evaluator: &Evaluator<'_>, call: ExprRef) -> bool {
    let ExprKind::Call { callee, .. } = evaluator.expr(call).kind else { return false };
    let catalog = evaluator.project.catalog;
    evaluator.glance(ExprRef { file: call.file, expr: callee }).iter().any(|possible| match &possible.thing {
        Thing::Function(..) | Thing::Method(..) => true,
        Thing::Part(made, _) => catalog.executor(&made.symbol).is_some(),
        _ => false,
    })
}
