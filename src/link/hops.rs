//! What one scope does to what runs inside it: limiters that are held, tasks that are started together.

use crate::facts::{ArgumentKind, BODY, ContextId, ContextKind, ExprId, ExprKind, ScopeKind};
use crate::finding::ConcurrencyKind;
use crate::resolve::{Evaluator, ExprRef, Site, Thing, value_of};
use crate::text::Span;
use crate::value::Value;

/// One thing on the way from a request outward that changes how many run at once.
#[derive(Clone, Debug)]
pub struct Hop {
    /// What it does.
    pub kind: HopKind,
    /// Where.
    pub at: Span,
    /// How much.
    pub value: Value,
    /// In words, for the route.
    pub said: String,
}

impl Hop {
    /// Whether what stands inside runs more than once.
    pub fn repeats(&self) -> bool {
        matches!(self.kind, HopKind::FanOut | HopKind::Loop)
    }
}

/// What a hop does.
#[derive(Clone, Debug)]
pub enum HopKind {
    /// So many run at once.
    FanOut,
    /// At most so many hold it at a time; by the call that made it.
    Limiter {
        /// The limiter or executor.
        site: ExprRef,
        /// Which.
        kind: ConcurrencyKind,
    },
    /// Runs in processes of their own, each with a copy of everything.
    Processes,
    /// A call that runs inline.
    Call,
    /// One after the other.
    Loop,
}

/// Limiters that are held where an expression runs inline, innermost first.
pub fn limiters_around(evaluator: &Evaluator<'_>, at: ExprRef) -> Vec<Hop> {
    let facts = evaluator.project.facts(at.file);
    let scope_id = evaluator.expr(at).scope;
    let scope = facts.scope(scope_id);
    let mut hops = Vec::new();
    for (_, context) in scope.context_chain(evaluator.context_of(at)) {
        match context.kind {
            ContextKind::With { value, .. } if value != at.expr && !is_inside(facts, at.expr, value) => {
                hops.extend(limiter(evaluator, ExprRef { file: at.file, expr: value }, "held here"));
            }
            ContextKind::For { over, .. } if !is_inside(facts, at.expr, over) => {
                hops.push(Hop { kind: HopKind::Loop, at: context.span, value: Value::unknown("one after the other"), said: String::new() });
            }
            ContextKind::While { .. } => {
                hops.push(Hop { kind: HopKind::Loop, at: context.span, value: Value::unknown("one after the other"), said: String::new() })
            }
            _ => {}
        }
    }
    hops.extend(acquired_before(evaluator, at));
    hops
}

fn is_inside(facts: &crate::facts::FileFacts, inner: ExprId, outer: ExprId) -> bool {
    std::iter::successors(Some(inner), |at| facts.expr(*at).parent).any(|at| at == outer)
}

/// The limiter that an expression is, as a hop.
fn limiter(evaluator: &Evaluator<'_>, at: ExprRef, said: &str) -> Option<Hop> {
    evaluator.eval_open(at).into_iter().find_map(|possible| {
        let Thing::Made(made) = possible.thing else { return None };
        evaluator.project.catalog.limiter(&made.symbol)?;
        let site = evaluator.site_of(&made)?;
        Some(limiter_hop(evaluator, &site, evaluator.span(at), said))
    })
}

/// A limiter or executor as a hop.
pub fn limiter_hop(evaluator: &Evaluator<'_>, site: &Site, at: Span, said: &str) -> Hop {
    let name = evaluator.project.sources.slice(evaluator.span(site.made.site)).lines().next().unwrap_or("").to_string();
    Hop {
        kind: HopKind::Limiter { site: site.made.site, kind: site.kind },
        at,
        value: site.value.clone(),
        said: format!("`{name}` {said}"),
    }
}

/// `await sem.acquire()` before the expression in the same scope, with a release somewhere after.
fn acquired_before(evaluator: &Evaluator<'_>, at: ExprRef) -> Vec<Hop> {
    let facts = evaluator.project.facts(at.file);
    let expr = evaluator.expr(at);
    let scope = facts.scope(expr.scope);
    let index = evaluator.project.index(at.file);
    let mut hops = Vec::new();
    for call in index.calls.get("acquire").into_iter().flatten() {
        let acquire = facts.expr(*call);
        let is_before =
            acquire.scope == expr.scope && acquire.span.start < expr.span.start && scope.is_within(expr.context, acquire.context);
        if !is_before {
            continue;
        }
        let ExprKind::Call { callee, .. } = acquire.kind else { continue };
        let ExprKind::Attribute { object, .. } = facts.expr(callee).kind else { continue };
        let released_between = index.calls.get("release").into_iter().flatten().any(|release| {
            let release = facts.expr(*release);
            release.scope == expr.scope
                && release.span.start > acquire.span.start
                && release.span.end < expr.span.start
                && scope.is_within(expr.context, release.context)
        });
        let released =
            index.calls.get("release").into_iter().flatten().any(|release| reaches(facts, facts.expr(*release).scope, expr.scope));
        if released && !released_between {
            hops.extend(limiter(evaluator, ExprRef { file: at.file, expr: object }, "acquired here"));
        }
    }
    hops
}

fn reaches(facts: &crate::facts::FileFacts, inner: crate::facts::ScopeId, outer: crate::facts::ScopeId) -> bool {
    std::iter::successors(Some(inner), |scope| facts.scope(*scope).parent).any(|scope| scope == outer)
}

/// How a call runs what it starts.
pub struct Started {
    /// What it adds, innermost first.
    pub hops: Vec<Hop>,
    /// The expression from which to go on outward.
    pub from: ExprRef,
    /// Whether what is started runs beside the code around it, so that limiters held there do not bound it.
    pub detached: bool,
}

/// How tasks that `task` stands for (a call whose coroutine is not awaited, or that hands a function on) run together: once for each
/// turn of the loops and comprehensions between it and the place that waits for them.
pub fn together(evaluator: &Evaluator<'_>, task: ExprRef, many: Option<Value>) -> Started {
    let facts = evaluator.project.facts(task.file);
    let mut counts: Vec<(Span, Value)> = many.into_iter().map(|value| (evaluator.span(task), value)).collect();
    let mut at = task;
    let mut detached = false;
    loop {
        let scope_id = facts.expr(at.expr).scope;
        let scope = facts.scope(scope_id);
        if scope.kind == ScopeKind::Comprehension {
            let maker = evaluator.project.index(at.file).maker.get(&scope_id).copied();
            let Some(maker) = maker else { break };
            let maker = ExprRef { file: at.file, expr: maker };
            let count = value_of(&vec![evaluator.count(maker, &evaluator.open_frame(evaluator.scope_of(maker)))], &[]);
            counts.push((evaluator.span(maker), count));
            at = maker;
            continue;
        }
        let join = join_context(evaluator, at);
        detached = join.is_none() || join != Some(facts.expr(at.expr).context);
        for (id, context) in scope.context_chain(facts.expr(at.expr).context) {
            if Some(id) == join {
                break;
            }
            match context.kind {
                ContextKind::For { over, .. } => {
                    let over = ExprRef { file: at.file, expr: over };
                    counts
                        .push((context.span, value_of(&vec![evaluator.count(over, &evaluator.open_frame(evaluator.scope_of(over)))], &[])));
                }
                ContextKind::While { .. } => counts.push((context.span, Value::unknown("a loop without a known end"))),
                _ => {}
            }
        }
        break;
    }
    let line =
        |span: Span| Span { end: span.start + evaluator.project.sources.slice(span).lines().next().unwrap_or("").len() as u32, ..span };
    let hops = counts
        .into_iter()
        .map(|(span, value)| {
            let said = match value.amount.greatest() {
                Some(_) => format!("{} started together", value.amount),
                None => "started together, one for each element".to_string(),
            };
            Hop { kind: HopKind::FanOut, at: line(span), value, said }
        })
        .collect();
    Started { hops, from: at, detached }
}

/// The context in which tasks started at `at` are waited for: that of a fan-out call or task group in the same scope.
fn join_context(evaluator: &Evaluator<'_>, at: ExprRef) -> Option<ContextId> {
    let facts = evaluator.project.facts(at.file);
    let expr = facts.expr(at.expr);
    let scope = facts.scope(expr.scope);
    // Inside the arguments of a fan-out call: right there.
    let mut inner = at.expr;
    while let Some(parent) = facts.expr(inner).parent {
        if is_fan_out(evaluator, ExprRef { file: at.file, expr: parent }) {
            return Some(facts.expr(parent).context);
        }
        inner = parent;
    }
    let mut best: Option<ContextId> = None;
    let mut depth = 0;
    for (number, candidate) in facts.expressions.iter().enumerate() {
        let joins = candidate.scope == expr.scope
            && candidate.span.start > expr.span.start
            && scope.is_within(expr.context, candidate.context)
            && matches!(candidate.kind, ExprKind::Call { .. })
            && is_fan_out(evaluator, ExprRef { file: at.file, expr: ExprId(number as u32) });
        if joins {
            let nested = scope.context_chain(candidate.context).count();
            if nested > depth {
                depth = nested;
                best = Some(candidate.context);
            }
        }
    }
    best.or_else(|| group_context(evaluator, at))
}

/// The `with` block of a task group, nursery or executor around a start: its end waits for all.
fn group_context(evaluator: &Evaluator<'_>, at: ExprRef) -> Option<ContextId> {
    let facts = evaluator.project.facts(at.file);
    let expr = facts.expr(at.expr);
    let mut call = at.expr;
    let object = loop {
        match facts.expr(call).kind {
            ExprKind::Call { callee, .. } => match facts.expr(callee).kind {
                ExprKind::Attribute { object, .. } => break object,
                _ => call = facts.expr(call).parent?,
            },
            _ => call = facts.expr(call).parent?,
        }
    };
    let group = evaluator.eval_open(ExprRef { file: at.file, expr: object });
    let scope = facts.scope(expr.scope);
    scope.context_chain(expr.context).find_map(|(_, context)| match context.kind {
        ContextKind::With { value, .. } => {
            let entered = evaluator.eval_open(ExprRef { file: at.file, expr: value });
            let same = entered.iter().any(|one| {
                group.iter().any(|other| crate::resolve::same(&one.thing, &other.thing) && !matches!(one.thing, Thing::Unknown(_)))
            });
            same.then(|| context.parent.unwrap_or(BODY))
        }
        _ => None,
    })
}

/// Whether a call waits for many tasks at once.
pub fn is_fan_out(evaluator: &Evaluator<'_>, call: ExprRef) -> bool {
    let ExprKind::Call { callee, .. } = evaluator.expr(call).kind else { return false };
    let facts = evaluator.project.facts(call.file);
    let Some(name) = (match &facts.expr(callee).kind {
        ExprKind::Name(name) | ExprKind::Attribute { name, .. } => Some(name),
        _ => None,
    }) else {
        return false;
    };
    if !evaluator.project.catalog.is_fan_out_name(name) {
        return false;
    }
    evaluator.eval_open(ExprRef { file: call.file, expr: callee }).iter().any(|possible| match &possible.thing {
        Thing::Symbol(symbol) => evaluator.project.catalog.fan_out(symbol).is_some(),
        Thing::Part(..) | Thing::Unknown(_) | Thing::Foreign(_) => evaluator.project.catalog.fan_out_method(name).is_some(),
        _ => false,
    })
}

/// Whether a call of an `async` function runs right here: it is awaited in its own statement.
pub fn is_awaited(evaluator: &Evaluator<'_>, call: ExprRef) -> bool {
    let facts = evaluator.project.facts(call.file);
    facts.expr(call.expr).parent.is_some_and(|parent| match &facts.expr(parent).kind {
        ExprKind::Await(_) | ExprKind::Entered(_) | ExprKind::Element(_) => true,
        // `await wait_for(f(x), 5)`, `await shield(f(x))`: a call that takes one coroutine and is awaited itself.
        ExprKind::Call { callee, arguments } => {
            *callee != call.expr
                && arguments.iter().filter(|argument| argument.kind == ArgumentKind::Positional).map(|argument| argument.value).next()
                    == Some(call.expr)
                && facts.expr(parent).parent.is_some_and(|outer| matches!(facts.expr(outer).kind, ExprKind::Await(_)))
                && !is_fan_out(evaluator, ExprRef { file: call.file, expr: parent })
                && !is_project_call(evaluator, ExprRef { file: call.file, expr: parent })
        }
        _ => false,
    }) || stands_as_context(facts, call)
}

fn is_project_call(evaluator: &Evaluator<'_>, call: ExprRef) -> bool {
    let ExprKind::Call { callee, .. } = evaluator.expr(call).kind else { return false };
    evaluator
        .eval_open(ExprRef { file: call.file, expr: callee })
        .iter()
        .any(|possible| matches!(possible.thing, Thing::Function(..) | Thing::Method(..)))
}

/// `async with f(x):` and `async for … in f(x):`.
fn stands_as_context(facts: &crate::facts::FileFacts, call: ExprRef) -> bool {
    facts.scopes.iter().flat_map(|scope| &scope.contexts).any(|context| match context.kind {
        ContextKind::With { value, .. } => value == call.expr,
        ContextKind::For { over, .. } => over == call.expr,
        _ => false,
    })
}
