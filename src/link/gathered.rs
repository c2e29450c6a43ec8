//! Functions of the project that run what they are given together: `async def gather_limited(n, *tasks): await gather(*(guarded(t) for t in tasks))`.

use super::climb::{Climber, Way};
use super::hops::{Draft, What};
use super::limits::limiters_around;
use super::starts::fan_out_of;
use crate::facts::{
    ArgumentKind, ContextKind, ExprId, ExprKind, FileFacts, Name, ParameterKind, ScopeId, ScopeKind, StatementKind, Target,
};
use crate::resolve::{ExprRef, ScopeRef, Thing};

/// A call of a function that runs the coroutines in one of its arguments together.
pub struct Gathered {
    /// The call.
    pub call: ExprRef,
    /// The function.
    pub function: ScopeRef,
    /// What is handed to it: the whole of which the coroutine is an element.
    whole: ExprRef,
    /// The call in the function that waits for all.
    join: ExprRef,
    /// Where a function inside awaits each of them, if one is put around each.
    awaits: Option<ExprRef>,
}

impl<'c> Climber<'_, 'c> {
    /// The function that runs together the coroutines of which the call of a comprehension's element is one.
    pub(super) fn gathered(&self, call: ExprRef) -> Option<Gathered> {
        let evaluator = self.evaluator;
        let facts = evaluator.project.facts(call.file);
        let scope = evaluator.scope_of(call);
        if facts.expr(call.expr).parent.is_some() || facts.scope(scope.scope).kind != ScopeKind::Comprehension {
            return None;
        }
        let whole = *evaluator.project.tables(call.file).maker.get(&scope.scope)?;
        let part = |expr| ExprRef { file: call.file, expr };
        self.said_at(part(whole)).into_iter().find_map(|argument| self.gathered_in(part(whole), argument))
    }

    /// Where an expression stands as an argument: itself, or the name that it is bound to.
    fn said_at(&self, whole: ExprRef) -> Vec<ExprId> {
        let facts = self.evaluator.project.facts(whole.file);
        let scope = facts.expr(whole.expr).scope;
        let bound = facts.scope(scope).statements.iter().find_map(|statement| match &statement.kind {
            StatementKind::Bind { target: Target::Name(name), value, .. } if *value == whole.expr => Some(name),
            _ => None,
        });
        let Some(name) = bound else { return vec![whole.expr] };
        let mentions = self.evaluator.project.tables(whole.file).mentions.get(name).into_iter().flatten().copied();
        mentions.filter(|id| facts.expr(*id).scope == scope && facts.expr(*id).span.start > facts.expr(whole.expr).span.start).collect()
    }

    /// The call of a function that runs together what it is handed in an argument.
    fn gathered_in(&self, whole: ExprRef, argument: ExprId) -> Option<Gathered> {
        let evaluator = self.evaluator;
        let facts = evaluator.project.facts(whole.file);
        let parent = facts.expr(argument).parent?;
        let outer = match facts.expr(parent).kind {
            ExprKind::Spread(_) => facts.expr(parent).parent?,
            _ => parent,
        };
        let ExprKind::Call { callee, arguments } = &facts.expr(outer).kind else { return None };
        let given = arguments.iter().position(|given| given.value == argument || given.value == parent)?;
        let part = |expr| ExprRef { file: whole.file, expr };
        evaluator.glance(part(*callee)).into_iter().find_map(|possible| {
            let (function, skip) = match possible.thing {
                Thing::Function(function, _) => (function, 0),
                Thing::Method(_, function) => (function, 1),
                _ => return None,
            };
            let parameters = &evaluator.scope(function).parameters;
            let parameter = match &arguments[given].kind {
                ArgumentKind::Spread => parameters.iter().find(|parameter| parameter.kind == ParameterKind::Rest)?,
                ArgumentKind::Keyword(name) => parameters.iter().find(|parameter| parameter.name == *name)?,
                _ => parameters.get(given + skip).filter(|parameter| parameter.kind != ParameterKind::Rest)?,
            };
            let (join, awaits) = self.runs_together(function, &parameter.name)?;
            Some(Gathered { call: part(outer), function, whole, join, awaits })
        })
    }

    /// The fan-out of a function that takes all elements of a parameter, and where each is awaited if it puts a function around each.
    fn runs_together(&self, function: ScopeRef, parameter: &Name) -> Option<(ExprRef, Option<ExprRef>)> {
        let evaluator = self.evaluator;
        let facts = evaluator.project.facts(function.file);
        let part = |expr| ExprRef { file: function.file, expr };
        let names_it = |id: ExprId| matches!(&facts.expr(id).kind, ExprKind::Name(name) if name == parameter);
        facts.expr_ids().filter(|id| facts.expr(*id).scope == function.scope).find_map(|id| {
            let ExprKind::Call { arguments, .. } = &facts.expr(id).kind else { return None };
            fan_out_of(evaluator, part(id))?;
            arguments.iter().find_map(|argument| {
                let inner = match facts.expr(argument.value).kind {
                    ExprKind::Spread(inner) => inner,
                    _ => argument.value,
                };
                if names_it(inner) {
                    return Some((part(id), None));
                }
                let wrapper = match &facts.expr(inner).kind {
                    ExprKind::Comprehension(scope) => wrapper_of_each(facts, *scope, &names_it)?,
                    // `map(guarded, tasks)`
                    ExprKind::Call { arguments, .. } => match arguments.as_slice() {
                        [wrapper, tasks] if names_it(tasks.value) => wrapper.value,
                        _ => return None,
                    },
                    _ => return None,
                };
                self.awaited_by(part(wrapper)).map(|awaits| (part(id), Some(awaits)))
            })
        })
    }

    /// Where a function of the project awaits what it is given.
    fn awaited_by(&self, wrapper: ExprRef) -> Option<ExprRef> {
        self.evaluator.glance(wrapper).into_iter().find_map(|possible| {
            let (Thing::Function(wrapper, _) | Thing::Method(_, wrapper)) = possible.thing else { return None };
            self.evaluator.scope(wrapper).parameters.iter().find_map(|parameter| self.awaits(wrapper, &parameter.name))
        })
    }

    /// What such a function adds: the limiters that it holds around each, and as many as it is handed.
    pub(super) fn through_gathered(&mut self, gathered: &Gathered, mut way: Way<'c>, seen: &mut Vec<ScopeRef>) {
        let evaluator = self.evaluator;
        way.drafts.extend(gathered.awaits.into_iter().flat_map(|awaits| limiters_around(evaluator, awaits)));
        if let Some(fan_out) = fan_out_of(evaluator, gathered.join).filter(|fan_out| fan_out.limit.is_some()) {
            way.drafts.push((Draft::silent(What::Bound(gathered.join, fan_out), evaluator.span(gathered.join)), gathered.function));
        }
        let stands_in = evaluator.scope_of(gathered.whole);
        way.drafts.push((Draft::silent(What::Elements(gathered.whole), evaluator.span(gathered.whole)), stands_in));
        // The numbers in the function are those that this call gives it.
        way.calls.insert(0, (gathered.function, evaluator.direct(gathered.call)));
        way.start(Some(gathered.call), gathered.whole);
        self.inline(gathered.call, way, seen);
    }
}

/// `guarded(t) for t in tasks`: what is called for each.
fn wrapper_of_each(facts: &FileFacts, scope: ScopeId, names_it: &dyn Fn(ExprId) -> bool) -> Option<ExprId> {
    let scope = facts.scope(scope);
    let is_over_all = scope.contexts.iter().any(|context| matches!(context.kind, ContextKind::For { over, .. } if names_it(over)));
    let element = scope.statements.iter().find_map(|statement| match statement.kind {
        StatementKind::Yield(value) => Some(value),
        _ => None,
    });
    match facts.expr(element.filter(|_| is_over_all)?).kind {
        ExprKind::Call { callee, .. } => Some(callee),
        _ => None,
    }
}
