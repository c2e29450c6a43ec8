//! Functions that are given to something which runs them: an executor, a thread, a task starter, a server, or what is not known.

use super::climb::{Climber, Way};
use super::guards::guards_at;
use super::hops::{Draft, What};
use super::iterators::Each;
use super::limits::held_by;
use super::runs_on::runs_on;
use super::starts::{fan_out_of, is_awaited};
use super::turns::names_within;
use super::{iterators, served, streams};
use crate::catalog::concurrency::{Starter, Takes};
use crate::facts::{ArgumentKind, ExprKind};
use crate::resolve::{Caller, Evaluator, ExprRef, ScopeRef, Thing};

impl<'c> Climber<'_, 'c> {
    /// Limiters whose permit moves into a task: it is taken before the task is started, and the task says its name.
    pub(super) fn permits(&self, task: ExprRef, start: ExprRef) -> Vec<(Draft<'c>, ScopeRef)> {
        let evaluator = self.evaluator;
        let within = evaluator.span(task);
        let guards = guards_at(evaluator, start).into_iter();
        let moved = guards.filter(|guard| names_within(evaluator.project.facts(task.file), within).any(|(said, _)| said == guard.name));
        moved.map(|guard| held_by(evaluator, &guard)).collect()
    }

    /// A function that is given to something which runs it: an executor, a thread, a task starter, or what is not known.
    pub(super) fn handed_on(&mut self, caller: &Caller, mut way: Way<'c>, seen: &mut Vec<ScopeRef>) {
        let evaluator = self.evaluator;
        let catalog = evaluator.project.catalog;
        let scope = evaluator.scope_of(caller.call);
        let place = evaluator.span(caller.call);
        let ExprKind::Call { callee, .. } = evaluator.expr(caller.call).kind else { return self.end(way) };
        let callee = ExprRef { file: caller.call.file, expr: callee };
        let (method, object) = match &evaluator.expr(callee).kind {
            ExprKind::Name(name) => (name.to_string(), None),
            ExprKind::Attribute { name, object, .. } => (name.to_string(), Some(ExprRef { file: callee.file, expr: *object })),
            _ => (String::new(), None),
        };
        // What a framework calls for each request that needs it runs as often as handlers, whoever of them asks for it.
        let provided = way.calls.last().map(|(function, _)| *function).filter(|_| served::is_provided(evaluator, callee));
        if let Some(function) = provided {
            way.drafts.push((Draft::silent(What::Served, evaluator.scope(function).name_span), function));
            return self.end(way);
        }
        if served::adds_handler(evaluator, callee) {
            way.drafts.push((Draft::silent(What::Served, place), scope));
            return self.end(way);
        }
        for possible in evaluator.glance(callee) {
            let symbol = match &possible.thing {
                Thing::Symbol(symbol) => Some(symbol.clone()),
                // A class of threads or processes: each object runs beside the others.
                Thing::Class(class) if evaluator.starts_when_made(*class).is_some() => {
                    if way.home_after.is_none() && self.made_by.is_some_and(|made_by| evaluator.derives(*class, made_by)) {
                        way.home_after = Some(way.drafts.len());
                    }
                    if evaluator.starts_when_made(*class).is_some_and(|starter| starter.processes) {
                        way.drafts.push((Draft { what: What::Processes, at: place, said: "each process has its own copy".into() }, scope));
                    }
                    return self.side_by_side(caller.call, None, way, seen);
                }
                // A method that a subclass adds to an executor: it runs the function on the workers, as often as it is told to.
                Thing::Method(this, _) if matches!(&**this, Thing::Made(made) if catalog.executor(&made.symbol).is_some()) => {
                    let Some(object) = object else { continue };
                    way.drafts.push((Draft::silent(What::Runs(object), place), scope));
                    let many = evaluator.positional(caller.call, 1).map(What::Elements);
                    return self.side_by_side(caller.call, many, way, seen);
                }
                Thing::Part(made, path) => {
                    let submits = catalog
                        .executor(&made.symbol)
                        .and_then(|executor| Some((executor, executor.submits.iter().find(|submit| submit.method == method)?)));
                    if let (Some((executor, submit)), Some(object)) = (submits, object) {
                        if executor.processes {
                            way.drafts
                                .push((Draft { what: What::Processes, at: place, said: "each process has its own copy".into() }, scope));
                        }
                        way.drafts.push((Draft::silent(What::Runs(object), place), scope));
                        let many = submit.many.then(|| self.elements(caller.call, submit.function + 1));
                        return self.side_by_side(caller.call, many, way, seen);
                    }
                    // `futures.push(async { … })`
                    Some(format!("{}.{path}", made.symbol).into())
                }
                _ => None,
            };
            if let Some(starter) = symbol.as_deref().and_then(|symbol| catalog.starter(symbol)).or_else(|| catalog.starter_method(&method))
            {
                way.drafts.extend(runs_on(evaluator, caller.call, starter).map(|what| (Draft::silent(what, place), scope)));
                if let Some(task) = evaluator.positional(caller.call, starter.argument) {
                    way.drafts.extend(self.permits(task, caller.call));
                }
                if starter.processes {
                    way.drafts.push((Draft { what: What::Processes, at: place, said: "each process has its own copy".into() }, scope));
                }
                way.drafts.push((Draft { what: What::Call, at: place, said: "starts it".into() }, scope));
                let waits = is_awaited(evaluator, caller.call);
                return if waits { self.inline(caller.call, way, seen) } else { self.side_by_side(caller.call, None, way, seen) };
            }
            if let Some(fan_out) = symbol.as_deref().and_then(|symbol| catalog.fan_out(symbol)) {
                if fan_out.limit.is_some() {
                    way.drafts.push((Draft::silent(What::Bound(caller.call, fan_out), place), scope));
                }
                // `join!(async { … }, async { … })`: each block is one task, and what they ask adds up.
                if fan_out.takes == Takes::Arguments {
                    let block = way.calls.last().and_then(|(function, _)| self.block_beside(*function, caller.call));
                    return self.side_by_side(block.unwrap_or(caller.call), None, way, seen);
                }
                let many = Some(self.elements(caller.call, 1));
                return self.side_by_side(caller.call, many, way, seen);
            }
            // A function with its first arguments: whoever gets it runs it.
            if symbol.as_deref().is_some_and(|symbol| catalog.is_partial(symbol)) {
                return match evaluator.handed_on(caller.call) {
                    Some(outer) if fan_out_of(evaluator, outer.call).is_none() => self.handed_on(&outer, way, seen),
                    _ => self.side_by_side(caller.call, None, way, seen),
                };
            }
        }
        if let Some(stream) = streams::stream(evaluator, caller.call) {
            way.drafts.extend(stream.drafts);
            return self.inline(stream.runs, way, seen);
        }
        let each = iterators::each(evaluator, caller.call, |call| self.is_starter(call));
        // What the closure leaves running is waited for where its elements are.
        way.runs_on &= each.is_none();
        match each {
            Some(Each::SideBySide(elements)) => {
                return self.side_by_side(caller.call, Some(What::Elements(elements)), way, seen);
            }
            Some(Each::InTurn) => {
                way.drafts.push((Draft::silent(What::Loop, place), scope));
                return self.inline(caller.call, way, seen);
            }
            None => {}
        }
        // A callback of something that is not known: it may run at any time, once is certain.
        self.leave(scope, way, seen);
    }

    /// The expression that a closure or `async` block is, where it stands in the function in which a call takes it.
    fn block_beside(&self, block: ScopeRef, call: ExprRef) -> Option<ExprRef> {
        let maker = *self.evaluator.project.tables(block.file).maker.get(&block.scope)?;
        let block = ExprRef { file: block.file, expr: maker };
        (self.evaluator.scope_of(block) == self.evaluator.scope_of(call)).then_some(block)
    }

    /// As many as the iterable at a position has elements.
    fn elements(&self, call: ExprRef, position: usize) -> What<'c> {
        match self.evaluator.positional(call, position) {
            Some(iterable) => What::Elements(iterable),
            None => What::Many("a number of elements that is not known"),
        }
    }
}

/// Whether a function that is an argument of a call is run by what takes it, and not only kept or looked at.
pub(super) fn is_run(evaluator: &Evaluator<'_>, function: ExprRef) -> bool {
    let Some(caller) = evaluator.handed_on(function) else { return false };
    let (call, facts) = (caller.call, evaluator.project.facts(caller.call.file));
    let ExprKind::Call { callee, arguments } = &facts.expr(call.expr).kind else { return false };
    let Some(given) = arguments.iter().find(|given| facts.is_part_of(function.expr, given.value)) else { return false };
    let stands_at = |position| evaluator.positional(call, position).is_some_and(|at| at.expr == given.value);
    let started_by = |starter: &Starter| match &given.kind {
        ArgumentKind::Keyword(name) => starter.name.as_deref() == Some(&**name),
        _ => stands_at(starter.argument),
    };
    let method = evaluator.method_name(call).unwrap_or_default();
    let catalog = evaluator.project.catalog;
    evaluator.glance(ExprRef { file: call.file, expr: *callee }).iter().any(|possible| match &possible.thing {
        Thing::Symbol(symbol) => {
            catalog.starter(symbol).is_some_and(started_by)
                || catalog.is_partial(symbol) && stands_at(0)
                || catalog.fan_out(symbol).is_some_and(|fan_out| stands_at(fan_out.function.unwrap_or(0)))
        }
        Thing::Part(made, _) if catalog.executor(&made.symbol).is_some() => {
            let submits = catalog.executor(&made.symbol).map(|executor| &executor.submits);
            submits.into_iter().flatten().any(|submit| submit.method == method && stands_at(submit.function))
        }
        Thing::Function(..) | Thing::Method(..) | Thing::Class(_) => evaluator.landings(function).iter().any(|landing| !landing.handed_on),
        _ => catalog.starter_method(method).is_some_and(started_by),
    })
}
