//! From a request outward to everything that makes it run, one way for each chain of callers.

use rustc_hash::FxHashMap;

use super::homes::Home;
use super::hops::{Draft, What};
use super::joins::is_joined;
use super::limits::{is_executor, limiters_around, loops_around, repeated_by};
use super::served;
use super::starts::{fan_out_of, is_awaited, together};
use crate::facts::{ArgumentKind, ExprKind, ScopeKind, StatementKind};
use crate::resolve::{Caller, Evaluator, ExprRef, ScopeRef, Thing};
use crate::text::Span;

/// Most ways from one request.
const MAX_WAYS: usize = 32;

/// Most ways that are followed on from one function with the same things before it; their arguments may differ.
const MAX_VISITS: u32 = 3;

/// Longest way, in functions.
const MAX_FUNCTIONS: usize = 20;

/// One way from a request outward, before the numbers on it are looked up.
#[derive(Clone, Debug, Default)]
pub struct Way<'c> {
    /// What stands on the way, innermost first, with the scope that each stands in.
    pub drafts: Vec<(Draft<'c>, ScopeRef)>,
    /// The functions on the way with the call that leads into each, innermost first.
    pub calls: Vec<(ScopeRef, Caller)>,
    /// Functions on the way that were handed what they call: the call that did is the only way on from them.
    pub handed_into: Vec<(ScopeRef, ExprRef)>,
    /// Tasks that were started on the way before the pool's home, each with the call that waits for it.
    pub starts: Vec<(ExprRef, ExprRef)>,
    /// Whether what was started runs on: nothing on the way so far waits for it, so that each turn of a loop starts more.
    pub runs_on: bool,
    /// The function that it ends at, where nothing in the scanned files calls that: whoever does may do so many times at once.
    pub open: Option<ScopeRef>,
    /// Whether a call on the way may as well mean another function.
    pub assumed: bool,
    /// How many drafts stand before the function in which the pool is made, where the way reaches it.
    pub home_after: Option<usize>,
}

impl Way<'_> {
    /// Notes a task with what waits for it. Beyond the pool's home each task has a pool of its own.
    pub fn start(&mut self, joined_by: Option<ExprRef>, task: ExprRef) {
        self.starts.extend(joined_by.filter(|_| self.home_after.is_none()).map(|join| (join, task)));
    }
}

/// All ways from a request through a pool with these homes.
pub fn ways<'c>(evaluator: &Evaluator<'c>, from: ExprRef, object: Option<ExprRef>, pool: ExprRef, homes: &[Home]) -> Vec<Way<'c>> {
    let made_by = evaluator.enclosing_method(evaluator.scope_of(pool)).map(|(_, class)| class);
    let mut climber =
        Climber { evaluator, homes, found: Vec::new(), visits: FxHashMap::default(), ends: FxHashMap::default(), room: MAX_WAYS, made_by };
    let mut seen = Vec::new();
    let mut way = Way::default();
    let Some(object) = object else {
        // Prepared here, sent with others later.
        climber.side_by_side(from, None, way, &mut seen);
        return climber.found;
    };
    if let Some(hidden) = served::hidden(evaluator, from, object) {
        way.drafts.push((Draft::silent(What::Hidden(from, hidden), evaluator.span(from)), evaluator.scope_of(from)));
    }
    // A client that runs its requests on an executor of its own.
    if is_executor(evaluator, object) {
        way.drafts.push((Draft::silent(What::Runs(object), evaluator.span(from)), evaluator.scope_of(from)));
        climber.side_by_side(from, None, way, &mut seen);
        return climber.found;
    }
    match evaluator.expr(from).kind {
        ExprKind::Call { .. } if climber.is_started(from) => climber.coroutine(from, way, &mut seen),
        ExprKind::Call { .. } => climber.inline(from, way, &mut seen),
        // A method that is handed on: `executor.map(session.get, urls)`.
        _ => match evaluator.handed_on(from) {
            Some(caller) => climber.handed_on(&caller, way, &mut seen),
            None => climber.inline(from, way, &mut seen),
        },
    }
    climber.found
}

/// A function, the call that handed it what it calls, what stands on the way to it, and whether the pool's home does.
type Reached = (ScopeRef, Option<ExprRef>, Counting, bool);

/// Places of what changes how many run at once, and tasks that are waited for with others.
type Counting = (Vec<Span>, Vec<ExprRef>);

fn counting(way: &Way<'_>) -> Counting {
    let drafts = way.drafts.iter().filter(|(draft, _)| !matches!(draft.what, What::Call)).map(|(draft, _)| draft.at);
    (drafts.collect(), way.starts.iter().map(|(_, task)| *task).collect())
}

pub(super) struct Climber<'e, 'c> {
    pub(super) evaluator: &'e Evaluator<'c>,
    homes: &'e [Home],
    /// The class whose methods make the pool, where one does: each of its objects has its own.
    pub(super) made_by: Option<ScopeRef>,
    found: Vec<Way<'c>>,
    /// How often each function was reached with the same things on the way: what lies beyond is the same then.
    visits: FxHashMap<Reached, u32>,
    /// How many ways there may be when the present part of the search is done.
    room: usize,
    /// How often a way ended with the same things on it.
    ends: FxHashMap<(Counting, Option<usize>, bool), u32>,
}

impl<'c> Climber<'_, 'c> {
    pub(super) fn end(&mut self, way: Way<'c>) {
        // Ends with the same things on the way say the same, but for the arguments on it.
        let twins = self.ends.entry((counting(&way), way.home_after, way.open.is_some() || way.assumed)).or_default();
        *twins += 1;
        if *twins <= MAX_VISITS && self.found.len() < self.room {
            self.found.push(way);
        }
    }

    /// Whether a request is started as a task or given to a fan-out instead of being awaited.
    fn is_started(&self, call: ExprRef) -> bool {
        if is_awaited(self.evaluator, call) {
            return false;
        }
        let facts = self.evaluator.project.facts(call.file);
        let mut at = call.expr;
        while let Some(parent) = facts.expr(at).parent {
            let outer = ExprRef { file: call.file, expr: parent };
            match &facts.expr(parent).kind {
                ExprKind::Call { callee, .. } if *callee != at => {
                    return fan_out_of(self.evaluator, outer).is_some()
                        || self.is_starter(outer)
                        || matches!(self.given_to(call), Some((_, Receiver::Wrapper(_))));
                }
                ExprKind::List(_) | ExprKind::Spread(_) => at = parent,
                _ => return false,
            }
        }
        // The element of a comprehension that is handed to a fan-out.
        let scope = self.evaluator.scope_of(call);
        let maker = self.evaluator.project.tables(call.file).maker.get(&scope.scope);
        facts.scope(scope.scope).kind == ScopeKind::Comprehension
            && maker.is_some_and(|maker| {
                let mut at = *maker;
                std::iter::from_fn(|| {
                    at = facts.expr(at).parent?;
                    Some(at)
                })
                .any(|outer| fan_out_of(self.evaluator, ExprRef { file: call.file, expr: outer }).is_some())
            })
    }

    pub(super) fn is_starter(&self, call: ExprRef) -> bool {
        let ExprKind::Call { callee, .. } = self.evaluator.expr(call).kind else { return false };
        let callee = ExprRef { file: call.file, expr: callee };
        let method = match &self.evaluator.expr(callee).kind {
            ExprKind::Name(name) | ExprKind::Attribute { name, .. } => name,
            _ => return false,
        };
        let catalog = self.evaluator.project.catalog;
        self.evaluator.glance(callee).iter().any(|possible| match &possible.thing {
            Thing::Symbol(symbol) => catalog.starter(symbol).is_some(),
            Thing::Part(made, path) => {
                catalog.starter(&format!("{}.{path}", made.symbol)).or_else(|| catalog.starter_method(method)).is_some()
            }
            _ => catalog.starter_method(method).is_some(),
        })
    }

    /// An expression that runs where it stands: the limiters around it, then whoever runs its scope.
    pub(super) fn inline(&mut self, at: ExprRef, mut way: Way<'c>, seen: &mut Vec<ScopeRef>) {
        let scope = self.evaluator.scope_of(at);
        if way.runs_on {
            way.drafts.extend(loops_around(self.evaluator, at).into_iter().map(|draft| (draft, scope)));
        } else {
            way.drafts.extend(limiters_around(self.evaluator, at));
        }
        // Who calls further out is taken to wait in its own way: workers are mostly started and waited for by the same object.
        way.runs_on &= self.evaluator.scope(scope).kind == ScopeKind::Comprehension;
        self.leave(scope, way, seen);
    }

    /// Tasks that run beside each other, started at `at`.
    pub(super) fn side_by_side(&mut self, at: ExprRef, many: Option<What<'c>>, mut way: Way<'c>, seen: &mut Vec<ScopeRef>) {
        let started = together(self.evaluator, at, many);
        let scope = self.evaluator.scope_of(started.from);
        way.drafts.extend(started.drafts);
        way.runs_on |= started.runs_on;
        way.start(started.joined_by, at);
        if !started.detached {
            return self.inline(started.from, way, seen);
        }
        // All over again with each turn of the loops around the place that waits.
        let waits = started.joined_by.filter(|join| self.evaluator.scope_of(*join) == scope);
        way.drafts.extend(waits.into_iter().flat_map(|join| repeated_by(self.evaluator, join)));
        self.leave(scope, way, seen)
    }

    /// Goes on from a scope to whoever runs it.
    pub(super) fn leave(&mut self, scope: ScopeRef, mut way: Way<'c>, seen: &mut Vec<ScopeRef>) {
        match self.evaluator.scope(scope).kind {
            ScopeKind::Module | ScopeKind::Class => return self.end(way),
            ScopeKind::Comprehension => {
                return match self.evaluator.project.tables(scope.file).maker.get(&scope.scope) {
                    Some(maker) => {
                        let maker = ExprRef { file: scope.file, expr: *maker };
                        let turns = if way.runs_on { What::Elements(maker) } else { What::Loop };
                        way.drafts.push((Draft::silent(turns, self.evaluator.span(maker)), self.evaluator.scope_of(maker)));
                        self.inline(maker, way, seen)
                    }
                    None => self.end(way),
                };
            }
            ScopeKind::Function | ScopeKind::Lambda => {}
        }
        if way.home_after.is_none() && self.homes.contains(&Home::Activation(scope)) {
            way.home_after = Some(way.drafts.len());
        }
        if seen.contains(&scope) || seen.len() >= MAX_FUNCTIONS {
            return self.end(way);
        }
        let handed = way.handed_into.iter().rposition(|(function, _)| *function == scope).map(|at| way.handed_into.remove(at).1);
        let visits = self.visits.entry((scope, handed, counting(&way), way.home_after.is_some())).or_default();
        *visits += 1;
        if *visits > MAX_VISITS {
            return;
        }
        let callers = match handed {
            Some(call) => std::rc::Rc::new(vec![self.evaluator.direct(call)]),
            None if way.assumed => self.evaluator.scout().callers_of(scope),
            None => self.evaluator.callers_of(scope),
        };
        if let Some(decorator) = served::handler(self.evaluator, scope) {
            let place = self.evaluator.span(decorator);
            let mut way = way.clone();
            way.drafts.push((Draft::silent(What::Served, place), self.evaluator.scope_of(decorator)));
            self.end(way);
        } else if callers.is_empty() {
            return match self.tail_of(scope) {
                Some(outer) => self.leave(outer, way, seen),
                None => {
                    way.open = (self.evaluator.scope(scope).kind == ScopeKind::Function).then_some(scope);
                    self.end(way)
                }
            };
        }
        seen.push(scope);
        let room = self.room;
        for (number, caller) in callers.iter().enumerate() {
            // Each caller gets its share of the ways, so that one with many ways on does not hide the others.
            let share = room.saturating_sub(self.found.len()) / (callers.len() - number);
            self.room = (self.found.len() + share.max(1)).min(room);
            if self.found.len() >= room {
                break;
            }
            let mut way = way.clone();
            way.calls.push((scope, caller.clone()));
            way.handed_into.extend(caller.via.iter().copied());
            way.assumed |= caller.assumed;
            self.called(scope, caller, way, seen);
        }
        self.room = room;
        seen.pop();
    }

    /// The closure whose result an `async` block is: whoever calls the closure runs the block.
    fn tail_of(&self, scope: ScopeRef) -> Option<ScopeRef> {
        let facts = self.evaluator.project.facts(scope.file);
        let inner = facts.scope(scope.scope);
        let parent = inner.parent.filter(|parent| inner.kind == ScopeKind::Lambda && facts.scope(*parent).kind == ScopeKind::Lambda)?;
        let maker = *self.evaluator.project.tables(scope.file).maker.get(&scope.scope)?;
        let is_tail =
            facts.scope(parent).statements.iter().any(|statement| matches!(statement.kind, StatementKind::Return(value) if value == maker));
        is_tail.then_some(ScopeRef { file: scope.file, scope: parent })
    }

    fn called(&mut self, function: ScopeRef, caller: &Caller, mut way: Way<'c>, seen: &mut Vec<ScopeRef>) {
        let evaluator = self.evaluator;
        // What a decorator does around each call of the function.
        if let Some(inside) = evaluator.wrapped_call(function) {
            way.drafts.extend(limiters_around(evaluator, inside));
        }
        if caller.handed_on {
            // A plain function that is handed on is run by a thread, one call at a time; another thread has another object.
            if way.home_after.is_none() && *self.homes == [Home::Thread] && !evaluator.scope(function).is_async {
                way.home_after = Some(way.drafts.len());
            }
            return self.handed_on(caller, way, seen);
        }
        let at = evaluator.scope_of(caller.call);
        let name = &evaluator.scope(function).name;
        let is_awaited = is_awaited(evaluator, caller.call);
        let runs_here = !evaluator.scope(function).is_async || is_awaited;
        // What a plain function started and gave back is waited for here.
        way.runs_on &= !is_awaited || evaluator.scope(function).is_async;
        let said = match (name.is_empty(), runs_here) {
            (true, _) => String::new(),
            (false, true) => format!("calls `{name}`"),
            (false, false) => format!("starts `{name}`"),
        };
        way.drafts.push((Draft { what: What::Call, at: evaluator.span(caller.call), said }, at));
        if runs_here { self.inline(caller.call, way, seen) } else { self.coroutine(caller.call, way, seen) }
    }

    /// A coroutine that is given to something: a fan-out, a starter, an executor, a function of the project that awaits it; or kept for later.
    fn coroutine(&mut self, call: ExprRef, mut way: Way<'c>, seen: &mut Vec<ScopeRef>) {
        let evaluator = self.evaluator;
        if let Some(gathered) = self.gathered(call) {
            return self.through_gathered(&gathered, way, seen);
        }
        let Some((outer, receiver)) = self.given_to(call) else {
            // Kept, and not started: without something that waits for all together, each runs when it is awaited.
            return if is_joined(evaluator, call) { self.side_by_side(call, None, way, seen) } else { self.inline(call, way, seen) };
        };
        match receiver {
            Receiver::Wrapper(awaits) => {
                way.drafts.extend(limiters_around(evaluator, awaits));
                if is_awaited(evaluator, outer) { self.inline(outer, way, seen) } else { self.coroutine(outer, way, seen) }
            }
            Receiver::Executor(object) => {
                way.drafts.push((Draft::silent(What::Runs(object), evaluator.span(outer)), evaluator.scope_of(outer)));
                self.side_by_side(outer, None, way, seen)
            }
            Receiver::Other if self.is_starter(outer) => {
                way.drafts.extend(self.permits(call, outer));
                self.side_by_side(outer, None, way, seen)
            }
            Receiver::Other if is_joined(evaluator, outer) => self.side_by_side(outer, None, way, seen),
            Receiver::Other => self.inline(outer, way, seen),
        }
    }

    /// The call that takes the coroutine of a call as its argument.
    fn given_to(&self, call: ExprRef) -> Option<(ExprRef, Receiver)> {
        let evaluator = self.evaluator;
        let facts = evaluator.project.facts(call.file);
        let parent = facts.expr(call.expr).parent?;
        let ExprKind::Call { callee, arguments } = &facts.expr(parent).kind else { return None };
        let outer = ExprRef { file: call.file, expr: parent };
        if *callee == call.expr || fan_out_of(evaluator, outer).is_some() {
            return None;
        }
        let position =
            arguments.iter().filter(|argument| argument.kind == ArgumentKind::Positional).position(|argument| argument.value == call.expr);
        let keyword = arguments.iter().find(|argument| argument.value == call.expr).and_then(|argument| match &argument.kind {
            ArgumentKind::Keyword(name) => Some(name.clone()),
            _ => None,
        });
        for possible in evaluator.glance(ExprRef { file: call.file, expr: *callee }) {
            let (function, skip) = match possible.thing {
                Thing::Function(function, _) => (function, 0),
                Thing::Method(_, function) => (function, 1),
                Thing::Part(made, _) if evaluator.project.catalog.executor(&made.symbol).is_some() => {
                    let ExprKind::Attribute { object, .. } = facts.expr(*callee).kind else { continue };
                    return Some((outer, Receiver::Executor(ExprRef { file: call.file, expr: object })));
                }
                _ => continue,
            };
            let parameters = &evaluator.scope(function).parameters;
            let parameter = position
                .and_then(|position| parameters.get(position + skip))
                .or_else(|| parameters.iter().find(|parameter| Some(&parameter.name) == keyword.as_ref()));
            if let Some(awaits) = parameter.and_then(|parameter| self.awaits(function, &parameter.name)) {
                return Some((outer, Receiver::Wrapper(awaits)));
            }
        }
        Some((outer, Receiver::Other))
    }

    /// Where a function awaits one of its parameters.
    pub(super) fn awaits(&self, function: ScopeRef, parameter: &str) -> Option<ExprRef> {
        let facts = self.evaluator.project.facts(function.file);
        facts.expr_ids().find_map(|id| match facts.expr(id).kind {
            ExprKind::Await(inner) if facts.expr(id).scope == function.scope => {
                matches!(&facts.expr(inner).kind, ExprKind::Name(name) if &**name == parameter)
                    .then_some(ExprRef { file: function.file, expr: id })
            }
            _ => None,
        })
    }
}

enum Receiver {
    /// A function of the project that awaits it, at this expression.
    Wrapper(ExprRef),
    /// An executor, by the expression that it is.
    Executor(ExprRef),
    /// Something else.
    Other,
}
