//! Which of the loops and fan-outs beyond a pool's home make the same pool again: not those whose turns each make another one (a client for
//! each proxy, account or socket), nor those of which only one turn makes it.

use rustc_hash::FxHashSet;

use super::climb::Way;
use super::hops::{Hop, What};
use crate::facts::{ArgumentKind, ContextId, ContextKind, ExprId, ExprKind, FileFacts, Name, ScopeId, ScopeKind, StatementKind, Target};
use crate::resolve::{Caller, Evaluator, ExprRef, ResolvedPool, ScopeRef};
use crate::text::Span;

/// Most names that what a client is made with is followed through in one function.
const MAX_NAMES: usize = 48;

/// What is known of the turns on a way.
#[derive(Default)]
pub struct Turns {
    /// Where loops and fan-outs begin of which each turn makes another pool, or only one turn makes it.
    apart: FxHashSet<u32>,
    /// Functions from which on outward nothing makes it again: what they call keeps what it made.
    kept_in: FxHashSet<ScopeRef>,
}

impl Turns {
    /// Whether a hop that repeats makes the same pool again.
    pub fn make_again(&self, evaluator: &Evaluator<'_>, hop: &Hop, scope: ScopeRef) -> bool {
        !self.apart.contains(&hop.at.start) && !self.kept_in.contains(&function_of(evaluator, scope))
    }
}

/// The turns on a way, from the pool's construction outward.
pub fn turns(evaluator: &Evaluator<'_>, way: &Way<'_>, pool: &ResolvedPool<'_>) -> Turns {
    let mut turns = Turns::default();
    let mut at = pool.made.site;
    let mut given = made_with(evaluator, pool);
    let mut is_kept = false;
    let mut calls = way.calls.iter();
    loop {
        let function = function_of(evaluator, evaluator.scope_of(at));
        is_kept |= is_kept_here(evaluator, at);
        if is_kept {
            turns.kept_in.insert(function);
        }
        let named = Inputs::of(evaluator, function, &given);
        for element in named.elements.into_iter().chain(chosen_turns(evaluator, at)) {
            turns.apart.extend(starts_of(evaluator, way, function, element));
        }
        let Some((_, caller)) = calls.find(|(called, _)| *called == function) else {
            // Each request that a server gets brings its own.
            if !named.parameters.is_empty() {
                turns
                    .apart
                    .extend(way.drafts.iter().filter(|(draft, _)| matches!(draft.what, What::Served)).map(|(draft, _)| draft.at.start));
            }
            return turns;
        };
        given = named.parameters.iter().filter_map(|number| argument_for(evaluator, function, *number, caller)).collect();
        // `map(f, xs)`: the elements are the arguments.
        for (draft, _) in &way.drafts {
            if matches!(draft.what, What::Elements(iterated) | What::Chosen(iterated, _) if given.contains(&iterated)) {
                turns.apart.insert(draft.at.start);
            }
        }
        at = caller.call;
    }
}

/// What a client is made with, its settings aside: they can be the same for all.
fn made_with(evaluator: &Evaluator<'_>, pool: &ResolvedPool<'_>) -> Vec<ExprRef> {
    let site = pool.made.site;
    let facts = evaluator.project.facts(site.file);
    let part = |expr| ExprRef { file: site.file, expr };
    let sets = |parameter: &crate::catalog::library::Parameter| !parameter.sets.is_empty() || parameter.carrier;
    let mut given = Vec::new();
    if let ExprKind::Call { arguments, .. } = &facts.expr(site.expr).kind {
        let parameters = &pool.constructor.parameters;
        let mut position = 0;
        for argument in arguments {
            let known = match &argument.kind {
                ArgumentKind::Keyword(name) => parameters.iter().find(|parameter| parameter.name == **name),
                _ => {
                    position += 1;
                    parameters.get(position - 1)
                }
            };
            if !known.is_some_and(sets) {
                given.push(part(argument.value));
            }
        }
    }
    // `session_of(account).client("s3")`
    given.extend(evaluator.receiver(site));
    // `Client::builder().proxy(proxy).build()`
    let mut at = site.expr;
    while let Some((method, call)) = called_on(facts, at) {
        // What it is asked for says nothing about it: `Client::new().get(url)`.
        if pool.kind.sends.iter().any(|sends| *sends == **method) {
            break;
        }
        let setter = pool.constructor.setters.iter().find(|setter| setter.method == **method);
        let is_setting = setter.is_some_and(|setter| !setter.values.is_empty() || setter.parameters.iter().any(sets));
        if let (false, ExprKind::Call { arguments, .. }) = (is_setting, &facts.expr(call).kind) {
            given.extend(arguments.iter().map(|argument| part(argument.value)));
        }
        at = call;
    }
    // `session.proxies = proxies`
    let scope = facts.scope(facts.expr(site.expr).scope);
    given.extend(scope.statements.iter().filter_map(|statement| match &statement.kind {
        StatementKind::Bind { target: Target::Attribute { object, .. }, value, .. }
            if !pool.bound_to.is_empty() && matches!(&facts.expr(*object).kind, ExprKind::Name(name) if **name == *pool.bound_to) =>
        {
            Some(part(*value))
        }
        _ => None,
    }));
    given
}

/// The method that is called on what an expression gives, with the call.
fn called_on(facts: &FileFacts, at: ExprId) -> Option<(&Name, ExprId)> {
    let parent = facts.expr(at).parent?;
    let ExprKind::Attribute { object, name, .. } = &facts.expr(parent).kind else { return None };
    let call = facts.expr(parent).parent?;
    matches!(facts.expr(call).kind, ExprKind::Call { callee, .. } if callee == parent && *object == at).then_some((name, call))
}

/// A variable of a loop or comprehension: the loop's block, or the scope of the comprehension.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Element {
    Loop(ScopeId, ContextId),
    Comprehension(ScopeId),
}

/// Where the values of expressions come from within a function.
struct Inputs {
    /// Parameters, by number.
    parameters: Vec<usize>,
    /// Variables of loops and comprehensions.
    elements: Vec<Element>,
}

impl Inputs {
    fn of(evaluator: &Evaluator<'_>, function: ScopeRef, expressions: &[ExprRef]) -> Self {
        let facts = evaluator.project.facts(function.file);
        let mut inputs = Self { parameters: Vec::new(), elements: Vec::new() };
        let mut names: Vec<(&Name, ScopeId)> = Vec::new();
        for at in expressions {
            take_names(facts, facts.expr(at.expr).span, &mut names);
        }
        let mut next = 0;
        while let Some((name, scope)) = names.get(next).copied() {
            next += 1;
            let mut is_bound = false;
            for scope in facts.scope_chain(scope) {
                for statement in &facts.scope(scope).statements {
                    let StatementKind::Bind { target: Target::Name(bound), value, .. } = &statement.kind else { continue };
                    if bound != name {
                        continue;
                    }
                    is_bound = true;
                    if is_element(facts, *value) {
                        let element = match facts.scope(scope).kind {
                            ScopeKind::Comprehension => Element::Comprehension(scope),
                            _ => Element::Loop(scope, statement.context),
                        };
                        inputs.elements.push(element);
                    } else if names.len() < MAX_NAMES {
                        take_names(facts, facts.expr(*value).span, &mut names);
                    }
                }
                if scope == function.scope {
                    let parameters = &facts.scope(scope).parameters;
                    let number = parameters.iter().position(|parameter| parameter.name == *name);
                    inputs.parameters.extend(number.filter(|number| *number > 0 || !evaluator.takes_self(function)));
                    break;
                }
                if is_bound {
                    break;
                }
            }
        }
        inputs.parameters.sort_unstable();
        inputs.parameters.dedup();
        inputs
    }
}

fn take_names<'f>(facts: &'f FileFacts, within: Span, names: &mut Vec<(&'f Name, ScopeId)>) {
    for name in names_within(facts, within) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
}

/// Names that are said within a span, each with the scope that it is said in.
pub fn names_within(facts: &FileFacts, within: Span) -> impl Iterator<Item = (&Name, ScopeId)> {
    facts.expressions.iter().filter_map(move |expr| match &expr.kind {
        ExprKind::Name(name) if within.start <= expr.span.start && expr.span.end <= within.end => Some((name, expr.scope)),
        _ => None,
    })
}

/// Whether a value is an element of what a loop goes over, or a part of one.
fn is_element(facts: &FileFacts, value: ExprId) -> bool {
    match facts.expr(value).kind {
        ExprKind::Element(_) => true,
        ExprKind::Unpacked { value, .. } => is_element(facts, value),
        _ => false,
    }
}

/// Where the hops of a way begin that an element is of.
fn starts_of(evaluator: &Evaluator<'_>, way: &Way<'_>, function: ScopeRef, element: Element) -> Vec<u32> {
    let facts = evaluator.project.facts(function.file);
    let part = |expr| ExprRef { file: function.file, expr };
    match element {
        Element::Loop(scope, context) => vec![facts.scope(scope).context(context).span.start],
        Element::Comprehension(scope) => {
            let Some(maker) = evaluator.project.tables(function.file).maker.get(&scope).copied() else { return Vec::new() };
            let of_it = way
                .drafts
                .iter()
                .filter(|(draft, _)| matches!(draft.what, What::Elements(iterated) | What::Chosen(iterated, _) if iterated == part(maker)));
            of_it.map(|(draft, _)| draft.at.start).chain([facts.expr(maker).span.start]).collect()
        }
    }
}

/// Loops of which one turn alone reaches an expression: `for kind in kinds: if kind == "a": …`.
fn chosen_turns(evaluator: &Evaluator<'_>, at: ExprRef) -> Vec<Element> {
    let facts = evaluator.project.facts(at.file);
    let function = evaluator.scope_of(at);
    let mut chosen = Vec::new();
    for test in tests_that_hold(facts, at.expr) {
        let ExprKind::Compare { operator, left, right } = &facts.expr(test).kind else { continue };
        let is_constant = |id: ExprId| matches!(facts.expr(id).kind, ExprKind::Text(_) | ExprKind::Int(_));
        let variable = match (is_constant(*left), is_constant(*right)) {
            (false, true) => *left,
            (true, false) => *right,
            _ => continue,
        };
        if &**operator == "==" && matches!(facts.expr(variable).kind, ExprKind::Name(_)) {
            let scope = function_of(evaluator, function);
            let here = facts.scope(function.scope);
            let loops = Inputs::of(evaluator, scope, &[ExprRef { file: at.file, expr: variable }]).elements.into_iter();
            chosen.extend(
                loops.filter(|element| matches!(element, Element::Loop(_, context) if here.is_within(evaluator.context_of(at), *context))),
            );
        }
    }
    chosen
}

/// Whether what an expression gives is kept and only asked for where there is none yet: `if self.token is None: self.token = fetch()`.
fn is_kept_here(evaluator: &Evaluator<'_>, at: ExprRef) -> bool {
    let facts = evaluator.project.facts(at.file);
    let expr = facts.expr(at.expr);
    let text = |id: ExprId| evaluator.project.sources.slice(facts.expr(id).span);
    tests_that_hold(facts, at.expr).into_iter().any(|test| {
        let missing = match &facts.expr(test).kind {
            ExprKind::Not(inner) => *inner,
            ExprKind::Compare { operator, left, right } if &**operator == "is" && matches!(facts.expr(*right).kind, ExprKind::None) => {
                *left
            }
            _ => return false,
        };
        facts.scope(expr.scope).statements.iter().any(|statement| {
            let StatementKind::Bind { target, value, .. } = &statement.kind else { return false };
            let gives_it = facts.is_part_of(at.expr, *value);
            let is_it = match (target, &facts.expr(missing).kind) {
                (Target::Name(bound), ExprKind::Name(name)) => {
                    bound == name && facts.scope(expr.scope).outer_names.iter().any(|(outer, _)| outer == name)
                }
                (Target::Attribute { object, name, .. }, ExprKind::Attribute { object: of, name: tested, .. }) => {
                    name == tested && text(*object) == text(*of)
                }
                _ => false,
            };
            gives_it && is_it
        })
    })
}

/// The tests that hold where an expression stands, taken apart at `and`.
fn tests_that_hold(facts: &FileFacts, at: ExprId) -> Vec<ExprId> {
    let expr = facts.expr(at);
    let branches = facts.scope(expr.scope).context_chain(expr.context).filter_map(|(_, context)| match context.kind {
        ContextKind::Branch { test: Some(test), when: true } => Some(test),
        _ => None,
    });
    branches
        .flat_map(|test| match &facts.expr(test).kind {
            ExprKind::And(parts) => parts.clone(),
            _ => vec![test],
        })
        .collect()
}

/// The function, lambda, class or module that a scope belongs to: a comprehension is a part of what it stands in.
fn function_of(evaluator: &Evaluator<'_>, scope: ScopeRef) -> ScopeRef {
    let facts = evaluator.project.facts(scope.file);
    let found = facts.scope_chain(scope.scope).find(|at| facts.scope(*at).kind != ScopeKind::Comprehension);
    ScopeRef { file: scope.file, scope: found.unwrap_or(scope.scope) }
}

/// What a call gives for a parameter.
pub fn argument_for(evaluator: &Evaluator<'_>, function: ScopeRef, number: usize, caller: &Caller) -> Option<ExprRef> {
    let parameter = evaluator.scope(function).parameters.get(number)?;
    let position = number - usize::from(evaluator.takes_self(function)) + caller.binding.skip;
    evaluator.keyword(caller.call, &parameter.name).or_else(|| evaluator.positional(caller.call, position))
}
