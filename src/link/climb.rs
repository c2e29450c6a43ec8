//! From a request outward to everything that makes it run, one route for each way.

use crate::facts::{ArgumentKind, ExprKind, ScopeKind};
use crate::resolve::{Caller, Evaluator, ExprRef, ScopeRef, Thing, value_of};

use super::homes::Home;
use super::hops::{Hop, HopKind, is_awaited, is_fan_out, limiter_hop, limiters_around, together};
use crate::value::{Step, Value};

/// Most routes of one use.
const MAX_ROUTES: usize = 24;

/// Longest route, in functions.
const MAX_FUNCTIONS: usize = 20;

/// One way from a request outward.
#[derive(Clone, Debug)]
pub struct Route {
    /// What stands on the way, innermost first, with the function that each stands in.
    pub hops: Vec<(Hop, ScopeRef)>,
    /// Whether it ends where the pool is made: each activation of that function has a pool of its own.
    pub ends_at_home: Option<ScopeRef>,
    /// What stands beyond the pool's home: each of these makes pools, not requests.
    pub beyond: Vec<(Hop, ScopeRef)>,
}

/// All routes from a use of a pool with these homes.
pub fn routes(evaluator: &Evaluator<'_>, from: ExprRef, homes: &[Home]) -> Vec<Route> {
    let mut climber = Climber { evaluator, homes, found: Vec::new() };
    let start = Route { hops: Vec::new(), ends_at_home: None, beyond: Vec::new() };
    climber.inline(from, start, &mut Vec::new());
    climber.found
}

struct Climber<'e, 'p> {
    evaluator: &'e Evaluator<'p>,
    homes: &'e [Home],
    found: Vec<Route>,
}

impl Climber<'_, '_> {
    fn push(route: &mut Route, hop: Hop, scope: ScopeRef) {
        if route.ends_at_home.is_some() { route.beyond.push((hop, scope)) } else { route.hops.push((hop, scope)) }
    }

    fn end(&mut self, route: Route) {
        if self.found.len() < MAX_ROUTES {
            self.found.push(route);
        }
    }

    /// An expression that runs where it stands: the limiters around it, then whoever runs its scope.
    fn inline(&mut self, at: ExprRef, mut route: Route, seen: &mut Vec<ScopeRef>) {
        let scope = self.evaluator.scope_of(at);
        for hop in limiters_around(self.evaluator, at) {
            Self::push(&mut route, hop, scope);
        }
        self.leave(scope, route, seen);
    }

    /// Tasks that run beside each other, started at `at`.
    fn side_by_side(&mut self, at: ExprRef, many: Option<Value>, mut route: Route, seen: &mut Vec<ScopeRef>) {
        let started = together(self.evaluator, at, many);
        let scope = self.evaluator.scope_of(started.from);
        for hop in started.hops {
            Self::push(&mut route, hop, scope);
        }
        if started.detached {
            self.leave(scope, route, seen);
        } else {
            self.inline(started.from, route, seen);
        }
    }

    /// Goes on from a scope to whoever runs it.
    fn leave(&mut self, scope: ScopeRef, mut route: Route, seen: &mut Vec<ScopeRef>) {
        let kind = self.evaluator.scope(scope).kind;
        let index = self.evaluator.project.index(scope.file);
        match kind {
            ScopeKind::Module | ScopeKind::Class => return self.end(route),
            ScopeKind::Comprehension => {
                return match index.maker.get(&scope.scope) {
                    Some(maker) => self.inline(ExprRef { file: scope.file, expr: *maker }, route, seen),
                    None => self.end(route),
                };
            }
            ScopeKind::Function | ScopeKind::Lambda => {}
        }
        if route.ends_at_home.is_none() && self.homes.contains(&Home::Activation(scope)) {
            route.ends_at_home = Some(scope);
        }
        if seen.contains(&scope) || seen.len() >= MAX_FUNCTIONS {
            return self.end(route);
        }
        let callers = self.evaluator.callers_of(scope);
        if callers.is_empty() {
            return self.end(route);
        }
        seen.push(scope);
        for caller in callers.iter() {
            if self.found.len() >= MAX_ROUTES {
                break;
            }
            self.called(scope, caller, route.clone(), seen);
        }
        seen.pop();
    }

    fn called(&mut self, function: ScopeRef, caller: &Caller, mut route: Route, seen: &mut Vec<ScopeRef>) {
        let evaluator = self.evaluator;
        let at = evaluator.scope_of(caller.call);
        let name = &evaluator.scope(function).name;
        let place = evaluator.span(caller.call);
        if caller.handed_on {
            return self.handed_on(caller, route, seen);
        }
        if !evaluator.scope(function).is_async || is_awaited(evaluator, caller.call) {
            let said = if name.is_empty() { String::new() } else { format!("calls `{name}`") };
            Self::push(&mut route, Hop { kind: HopKind::Call, at: place, value: Value::unknown("a call"), said }, at);
            return self.inline(caller.call, route, seen);
        }
        Self::push(
            &mut route,
            Hop { kind: HopKind::Call, at: place, value: Value::unknown("a call"), said: format!("starts `{name}`") },
            at,
        );
        // The coroutine is given to something: a fan-out, a starter, a function of the project that awaits it, or it is kept for later.
        if let Some((outer, receiver)) = self.given_to(caller.call) {
            match receiver {
                Receiver::Wrapper(awaits) => {
                    for hop in limiters_around(evaluator, awaits) {
                        Self::push(&mut route, hop, evaluator.scope_of(awaits));
                    }
                    if is_awaited(evaluator, outer) {
                        return self.inline(outer, route, seen);
                    }
                    return self.side_by_side(outer, None, route, seen);
                }
                Receiver::Other => return self.side_by_side(outer, None, route, seen),
            }
        }
        self.side_by_side(caller.call, None, route, seen);
    }

    /// The call that takes the coroutine of a call as its argument.
    fn given_to(&self, call: ExprRef) -> Option<(ExprRef, Receiver)> {
        let evaluator = self.evaluator;
        let facts = evaluator.project.facts(call.file);
        let parent = facts.expr(call.expr).parent?;
        let ExprKind::Call { callee, arguments } = &facts.expr(parent).kind else { return None };
        if *callee == call.expr {
            return None;
        }
        let outer = ExprRef { file: call.file, expr: parent };
        if is_fan_out(evaluator, outer) {
            return None;
        }
        let position =
            arguments.iter().filter(|argument| argument.kind == ArgumentKind::Positional).position(|argument| argument.value == call.expr);
        let keyword = arguments.iter().find(|argument| argument.value == call.expr).and_then(|argument| match &argument.kind {
            ArgumentKind::Keyword(name) => Some(name.clone()),
            _ => None,
        });
        for possible in evaluator.eval_open(ExprRef { file: call.file, expr: *callee }) {
            let (function, skip) = match possible.thing {
                Thing::Function(function, _) => (function, 0),
                Thing::Method(_, function) => (function, 1),
                _ => continue,
            };
            let parameters = &evaluator.scope(function).parameters;
            let parameter = position
                .and_then(|position| parameters.get(position + skip))
                .or_else(|| parameters.iter().find(|parameter| Some(&parameter.name) == keyword.as_ref()));
            if let Some(parameter) = parameter
                && let Some(awaits) = self.awaits(function, &parameter.name)
            {
                return Some((outer, Receiver::Wrapper(awaits)));
            }
        }
        Some((outer, Receiver::Other))
    }

    /// Where a function awaits one of its parameters.
    fn awaits(&self, function: ScopeRef, parameter: &str) -> Option<ExprRef> {
        let facts = self.evaluator.project.facts(function.file);
        facts.expr_ids().find_map(|id| match facts.expr(id).kind {
            ExprKind::Await(inner) if facts.expr(id).scope == function.scope => {
                matches!(&facts.expr(inner).kind, ExprKind::Name(name) if &**name == parameter)
                    .then_some(ExprRef { file: function.file, expr: id })
            }
            _ => None,
        })
    }

    /// A function that is given to something which runs it: an executor, a thread, a task starter, or what is not known.
    fn handed_on(&mut self, caller: &Caller, mut route: Route, seen: &mut Vec<ScopeRef>) {
        let evaluator = self.evaluator;
        let catalog = evaluator.project.catalog;
        let scope = evaluator.scope_of(caller.call);
        let place = evaluator.span(caller.call);
        let ExprKind::Call { callee, .. } = evaluator.expr(caller.call).kind else { return self.end(route) };
        let callee = ExprRef { file: caller.call.file, expr: callee };
        let method = match &evaluator.expr(callee).kind {
            ExprKind::Name(name) | ExprKind::Attribute { name, .. } => name.to_string(),
            _ => String::new(),
        };
        for possible in evaluator.eval_open(callee) {
            let (made, symbol) = match &possible.thing {
                Thing::Part(made, _) => (Some(made.clone()), None),
                Thing::Symbol(symbol) => (None, Some(symbol.clone())),
                _ => (None, None),
            };
            if let Some(made) = &made
                && let Some(executor) = catalog.executor(&made.symbol)
                && let Some(submit) = executor.submits.iter().find(|submit| submit.method == method)
                && let Some(site) = evaluator.site_of(made)
            {
                if executor.processes {
                    Self::push(
                        &mut route,
                        Hop {
                            kind: HopKind::Processes,
                            at: place,
                            value: site.value.clone(),
                            said: "each process has its own copy".into(),
                        },
                        scope,
                    );
                }
                Self::push(&mut route, limiter_hop(evaluator, &site, place, "runs it"), scope);
                let many = submit.many.then(|| self.elements(caller.call, submit.function + 1));
                return self.side_by_side(caller.call, many, route, seen);
            }
            let starter = symbol.as_deref().and_then(|symbol| catalog.starter(symbol)).or_else(|| catalog.starter_method(&method));
            if let Some(starter) = starter {
                if let Some(hop) = self.starter_workers(starter, caller.call) {
                    Self::push(&mut route, hop, scope);
                }
                Self::push(
                    &mut route,
                    Hop { kind: HopKind::Call, at: place, value: Value::unknown("a call"), said: "starts it".into() },
                    scope,
                );
                if starter.detached {
                    return self.side_by_side(caller.call, None, route, seen);
                }
                return if is_awaited(evaluator, caller.call) {
                    self.inline(caller.call, route, seen)
                } else {
                    self.side_by_side(caller.call, None, route, seen)
                };
            }
            if let Some(fan_out) = symbol.as_deref().and_then(|symbol| catalog.fan_out(symbol)) {
                if let Some(limit) = self.fan_out_limit(fan_out, caller.call) {
                    Self::push(&mut route, limit, scope);
                }
                let many = Some(self.elements(caller.call, 1));
                return self.side_by_side(caller.call, many, route, seen);
            }
        }
        // A callback of something that is not known: it may run at any time, once is certain.
        self.leave(scope, route, seen);
    }

    /// How many elements the iterable at a position has.
    fn elements(&self, call: ExprRef, position: usize) -> Value {
        match self.evaluator.positional(call, position) {
            Some(iterable) => {
                value_of(&vec![self.evaluator.count(iterable, &self.evaluator.open_frame(self.evaluator.scope_of(iterable)))], &[])
            }
            None => Value::unknown("a number of elements that is not known"),
        }
    }

    /// The executor on which a starter runs what it is given.
    fn starter_workers(&self, starter: &crate::catalog::concurrency::Starter, call: ExprRef) -> Option<Hop> {
        let evaluator = self.evaluator;
        let place = evaluator.span(call);
        if let Some(position) = starter.executor
            && let Some(executor) = evaluator.positional(call, position)
        {
            for possible in evaluator.eval_open(executor) {
                if let Thing::Made(made) = &possible.thing
                    && let Some(site) = evaluator.site_of(made)
                {
                    return Some(limiter_hop(evaluator, &site, place, "runs it"));
                }
            }
        }
        let workers = starter.workers.as_ref()?;
        let made =
            crate::resolve::Made { symbol: "".into(), site: call, frame: evaluator.open_frame(evaluator.scope_of(call)), class: None };
        let value = value_of(&vec![evaluator.workers_default(Some(workers), &made)], &[]);
        Some(Hop {
            kind: HopKind::Limiter { site: call, kind: crate::finding::ConcurrencyKind::Executor },
            at: place,
            value,
            said: "runs on the default executor".into(),
        })
    }

    /// The number that bounds a fan-out call itself (`thread_map(f, xs, max_workers=8)`).
    fn fan_out_limit(&self, fan_out: &crate::catalog::concurrency::FanOut, call: ExprRef) -> Option<Hop> {
        let evaluator = self.evaluator;
        let name = fan_out.limit.as_deref()?;
        let frame = evaluator.open_frame(evaluator.scope_of(call));
        let value = match evaluator.argument(call, &frame, fan_out.limit_position, name) {
            Some(given) => value_of(&given, &[]),
            None => {
                let made = crate::resolve::Made { symbol: "".into(), site: call, frame, class: None };
                value_of(&vec![evaluator.workers_default(fan_out.default.as_ref(), &made)], &[])
            }
        };
        let at = evaluator.span(call);
        Some(Hop {
            kind: HopKind::Limiter { site: call, kind: crate::finding::ConcurrencyKind::FanOut },
            at,
            said: format!("`{name}` bounds it"),
            value,
        })
    }
}

enum Receiver {
    /// A function of the project that awaits it, at this expression.
    Wrapper(ExprRef),
    /// Something else.
    Other,
}

/// The route in the words of the report, outermost first.
pub fn steps(route: &Route) -> Vec<Step> {
    let mut steps: Vec<Step> = route
        .hops
        .iter()
        .filter(|(hop, _)| !hop.said.is_empty())
        .map(|(hop, _)| Step { at: Some(hop.at), said: hop.said.clone() })
        .collect();
    steps.reverse();
    steps.dedup();
    steps
}
