//! Who owns an object: the program, or one activation of a function. Two activations of its home have two objects.

use crate::facts::{ContextKind, ExprId, ExprKind, Language, OuterName, ScopeKind, Statement, StatementKind, Target};
use crate::resolve::{Evaluator, ExprRef, ScopeRef, Thing};
use crate::text::Span;

/// Longest way that an object is followed outward.
const MAX_STEPS: u32 = 10;

/// Where an object lives.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Home {
    /// As long as the program, one for all.
    Program,
    /// One for each activation of a function.
    Activation(ScopeRef),
    /// One for each thread.
    Thread,
    /// One for each key of a mapping, by where the mapping is said.
    Key(Span),
}

/// The homes of the object that a call makes, seen from all its makers.
pub fn homes(evaluator: &Evaluator<'_>, site: ExprRef) -> Vec<Home> {
    let mut found = Vec::new();
    follow(evaluator, evaluator.whole_chain(site), &mut found, &mut Vec::new(), 0);
    if found.is_empty() {
        found.push(Home::Program);
    }
    found
}

fn add(found: &mut Vec<Home>, home: Home) {
    if !found.contains(&home) {
        found.push(home);
    }
}

fn follow(evaluator: &Evaluator<'_>, at: ExprRef, found: &mut Vec<Home>, seen: &mut Vec<ExprRef>, steps: u32) {
    if steps > MAX_STEPS || seen.contains(&at) {
        return add(found, Home::Program);
    }
    seen.push(at);
    let facts = evaluator.project.facts(at.file);
    let Some(function) = function_around(evaluator, evaluator.scope_of(at)) else { return add(found, Home::Program) };
    let mut inner = at.expr;
    // Outward through the expression, as far as the object itself is passed on.
    while let Some(parent) = facts.expr(inner).parent {
        match &facts.expr(parent).kind {
            ExprKind::Call { callee, arguments } if *callee != inner && is_setdefault(facts, *callee) => {
                let ExprKind::Attribute { object, .. } = facts.expr(*callee).kind else { return };
                let key = arguments.first().map_or(object, |key| key.value);
                return add(found, under_key(evaluator, at.file, object, key));
            }
            ExprKind::Await(_)
            | ExprKind::Or(_)
            | ExprKind::And(_)
            | ExprKind::Conditional { .. }
            | ExprKind::Choice(_)
            | ExprKind::List(_)
            | ExprKind::Mapping(_)
            | ExprKind::Entered(_)
            | ExprKind::Record { .. }
            | ExprKind::Spread(_) => inner = parent,
            ExprKind::Call { callee, .. } if *callee != inner => inner = parent,
            ExprKind::Attribute { name, .. } if matches!(&**name, "__aenter__" | "__enter__" | "start" | "open") => inner = parent,
            ExprKind::Attribute { name, .. } => match evaluator.passed_on_by(at.file, name) {
                Some(true) => inner = facts.expr(parent).parent.unwrap_or(parent),
                // What a closure makes of it: `.map(|client| Box::new(client))`.
                Some(false) => return add(found, Home::Program),
                None => break,
            },
            _ => break,
        }
    }
    let scope_id = facts.expr(inner).scope;
    let scope = facts.scope(scope_id);
    if matches!(scope.kind, ScopeKind::Comprehension | ScopeKind::Lambda)
        && let Some(maker) = evaluator.project.tables(at.file).maker.get(&scope_id)
    {
        if scope.kind == ScopeKind::Lambda {
            match evaluator.filled_by(ExprRef { file: at.file, expr: *maker }) {
                // A field lives as long as its object; all other cells are statics.
                Some(Some(cell)) if let ExprKind::Attribute { object, name, .. } = &evaluator.expr(cell).kind => {
                    let target = Target::Attribute { object: *object, name: name.clone() };
                    let around = function_around(evaluator, evaluator.scope_of(cell)).unwrap_or(function);
                    return store(evaluator, at.file, around, evaluator.scope_of(cell).scope, &target, found, seen, steps);
                }
                Some(_) => return add(found, Home::Program),
                None => {}
            }
            let gives = |statement: &Statement| matches!(statement.kind, StatementKind::Return(value) if holds(facts, value, inner));
            let lambda = ScopeRef { file: at.file, scope: scope_id };
            if scope.statements.iter().any(gives) {
                let callers = evaluator.callers_of(lambda);
                if !callers.is_empty() && callers.iter().all(|caller| !caller.handed_on) {
                    return to_callers(evaluator, lambda, found, seen, steps);
                }
                if facts.language == Language::Rust {
                    return follow(evaluator, ExprRef { file: at.file, expr: *maker }, found, seen, steps + 1);
                }
            }
            return add(found, Home::Activation(lambda));
        }
        return follow(evaluator, ExprRef { file: at.file, expr: *maker }, found, seen, steps + 1);
    }
    let mut stored = false;
    // `client = clients[key] = make()`: what keeps it decides, not the name that is at hand beside it.
    let is_kept = scope.statements.iter().any(|statement| match &statement.kind {
        StatementKind::Bind { target: Target::Subscript { .. } | Target::Attribute { .. }, value, .. } => holds(facts, *value, inner),
        _ => false,
    });
    for statement in &scope.statements {
        match &statement.kind {
            StatementKind::Bind { target: Target::Name(_), value, .. } if is_kept && holds(facts, *value, inner) => {}
            StatementKind::Bind { target, value, .. } if holds(facts, *value, inner) => {
                stored = true;
                store(evaluator, at.file, function, scope_id, target, found, seen, steps);
            }
            StatementKind::Return(value) | StatementKind::Yield(value) if holds(facts, *value, inner) => {
                stored = true;
                to_callers(evaluator, function, found, seen, steps);
            }
            _ => {}
        }
    }
    if !stored {
        let yields_inside = scope.statements.iter().any(|statement| matches!(statement.kind, StatementKind::Yield(_)));
        let entered = scope.contexts.iter().any(|context| matches!(context.kind, ContextKind::With { value, .. } if value == inner));
        if entered && yields_inside {
            return to_callers(evaluator, function, found, seen, steps);
        }
        add(found, Home::Activation(function));
    }
}

/// Whether a bound or returned value is the expression, or what entering it gives.
fn holds(facts: &crate::facts::FileFacts, value: ExprId, inner: ExprId) -> bool {
    value == inner || matches!(facts.expr(value).kind, ExprKind::Entered(part) | ExprKind::Unpacked { value: part, .. } if part == inner)
}

#[allow(clippy::too_many_arguments)]
fn store(
    evaluator: &Evaluator<'_>,
    file: u32,
    function: ScopeRef,
    scope: crate::facts::ScopeId,
    target: &Target,
    found: &mut Vec<Home>,
    seen: &mut Vec<ExprRef>,
    steps: u32,
) {
    let facts = evaluator.project.facts(file);
    match target {
        Target::Name(name) => {
            let declared = facts.scope(scope).outer_names.iter().find(|(outer, _)| outer == name).map(|(_, outer)| *outer);
            match declared {
                Some(OuterName::Global) => add(found, Home::Program),
                Some(OuterName::Enclosing) => {
                    match facts.scope(scope).parent.and_then(|parent| function_around(evaluator, ScopeRef { file, scope: parent })) {
                        // The variable lives in the function around; what it returns carries the closure out.
                        Some(owner) => to_callers(evaluator, owner, found, seen, steps),
                        None => add(found, Home::Program),
                    }
                }
                None => escape(evaluator, file, function, scope, name, found, seen, steps),
            }
        }
        Target::Attribute { object, .. } => attribute(evaluator, ExprRef { file, expr: *object }, found, seen, steps),
        Target::Subscript { object, index } => add(found, under_key(evaluator, file, *object, *index)),
    }
}

/// The home of what is kept under a key of a mapping: each key has its own, unless it is always the same one.
fn under_key(evaluator: &Evaluator<'_>, file: u32, object: ExprId, index: ExprId) -> Home {
    match evaluator.project.facts(file).expr(index).kind {
        ExprKind::Text(_) | ExprKind::Int(_) | ExprKind::None => Home::Program,
        _ => Home::Key(evaluator.span(ExprRef { file, expr: object })),
    }
}

fn is_setdefault(facts: &crate::facts::FileFacts, callee: ExprId) -> bool {
    matches!(&facts.expr(callee).kind, ExprKind::Attribute { name, .. } if &**name == "setdefault")
}

/// An object stored as an attribute lives as long as the object that has it.
fn attribute(evaluator: &Evaluator<'_>, object: ExprRef, found: &mut Vec<Home>, seen: &mut Vec<ExprRef>, steps: u32) {
    for possible in evaluator.glance(object) {
        match possible.thing {
            Thing::Object(of) if evaluator.is_per_thread(of.class) => add(found, Home::Thread),
            Thing::Object(of) => {
                let sites: Vec<ExprRef> = match &of.site {
                    Some((site, _)) => vec![*site],
                    None => evaluator.constructions(of.class).to_vec(),
                };
                if sites.is_empty() {
                    add(found, Home::Program);
                }
                for site in sites {
                    follow(evaluator, site, found, seen, steps + 1);
                }
            }
            Thing::Made(made) if evaluator.project.catalog.is_per_thread(&made.symbol) => add(found, Home::Thread),
            Thing::Made(made) if made.class.is_some() && made.site != object => follow(evaluator, made.site, found, seen, steps + 1),
            _ => add(found, Home::Program),
        }
    }
}

/// A local name: it stays, or leaves by `return`, `yield`, a closure that is returned, or an attribute.
#[allow(clippy::too_many_arguments)]
fn escape(
    evaluator: &Evaluator<'_>,
    file: u32,
    function: ScopeRef,
    scope: crate::facts::ScopeId,
    name: &str,
    found: &mut Vec<Home>,
    seen: &mut Vec<ExprRef>,
    steps: u32,
) {
    let facts = evaluator.project.facts(file);
    let index = evaluator.project.tables(file);
    let mut left = false;
    let mut returned = false;
    // A copy of Rust is the same object: `pool.clone()`.
    let copied = index.objects.get(name).filter(|_| facts.language == Language::Rust);
    for mention in index.mentions.get(name).into_iter().chain(copied).flatten() {
        let expr = facts.expr(*mention);
        if !matches!(expr.kind, ExprKind::Name(_)) || !facts.sees(expr.scope, scope) {
            continue;
        }
        let mut inner = *mention;
        while let Some(parent) = facts.expr(inner).parent {
            match &facts.expr(parent).kind {
                ExprKind::List(_)
                | ExprKind::Mapping(_)
                | ExprKind::Conditional { .. }
                | ExprKind::Or(_)
                | ExprKind::Await(_)
                | ExprKind::Record { .. } => inner = parent,
                ExprKind::Attribute { name, .. } if evaluator.passed_on_by(file, name) == Some(true) => {
                    inner = facts.expr(parent).parent.unwrap_or(parent);
                }
                // Handed to the constructor of an object: the object decides.
                ExprKind::Call { callee, .. } if *callee != inner && makes_object(evaluator, ExprRef { file, expr: parent }) => {
                    inner = parent
                }
                _ => break,
            }
        }
        for statement in &facts.scope(expr.scope).statements {
            match &statement.kind {
                StatementKind::Return(value) | StatementKind::Yield(value) if *value == inner && expr.scope == scope => returned = true,
                StatementKind::Bind { target: Target::Attribute { object, .. }, value, .. } if *value == inner => {
                    left = true;
                    attribute(evaluator, ExprRef { file, expr: *object }, found, seen, steps);
                }
                StatementKind::Bind { target: Target::Subscript { object, index }, value, .. } if *value == inner => {
                    left = true;
                    add(found, under_key(evaluator, file, *object, *index));
                }
                StatementKind::Bind { target, value, .. } if holds(facts, *value, inner) && inner != *mention => {
                    left = true;
                    if steps < MAX_STEPS && !matches!(target, Target::Name(other) if &**other == name) {
                        store(evaluator, file, function, expr.scope, target, found, seen, steps + 1);
                    }
                }
                _ => {}
            }
        }
    }
    // What is kept and given back lives as long as what keeps it: a cache.
    if returned && !left {
        left = true;
        to_callers(evaluator, function, found, seen, steps);
    }
    if returned_closure_uses(evaluator, file, scope, name) {
        left = true;
        to_callers(evaluator, function, found, seen, steps);
    }
    if !left {
        add(found, Home::Activation(function));
    }
}

fn makes_object(evaluator: &Evaluator<'_>, call: ExprRef) -> bool {
    // `Ok(client)`, `Arc::new(client)`
    if evaluator.wraps(call) {
        return true;
    }
    evaluator.glance(call).iter().any(|possible| match &possible.thing {
        Thing::Object(object) => object.site.as_ref().is_some_and(|(site, _)| *site == call),
        Thing::Made(made) => made.site == call && evaluator.project.catalog.constructor(&made.symbol).is_some(),
        _ => false,
    })
}

/// Whether a function that stands in `scope` uses the name and is returned from it.
fn returned_closure_uses(evaluator: &Evaluator<'_>, file: u32, scope: crate::facts::ScopeId, name: &str) -> bool {
    let facts = evaluator.project.facts(file);
    let index = evaluator.project.tables(file);
    let names = index.mentions.get(name).into_iter().flatten().map(|mention| facts.expr(*mention).scope);
    let users =
        facts.expressions.iter().filter(|expr| matches!(&expr.kind, ExprKind::Name(used) if &**used == name)).map(|expr| expr.scope);
    let closures: Vec<_> = names.chain(users).filter(|user| *user != scope && facts.sees(*user, scope)).collect();
    closures.iter().any(|user| {
        let closure = facts.scope_chain(*user).find(|at| facts.scope(*at).parent == Some(scope));
        let Some(closure) = closure else { return false };
        let closure_name = &facts.scope(closure).name;
        facts.scope(scope).statements.iter().any(|statement| {
            matches!(statement.kind, StatementKind::Return(value) if matches!(&facts.expr(value).kind, ExprKind::Name(returned) if returned == closure_name) || matches!(facts.expr(value).kind, ExprKind::Lambda(lambda) if lambda == closure))
        })
    })
}

fn to_callers(evaluator: &Evaluator<'_>, function: ScopeRef, found: &mut Vec<Home>, seen: &mut Vec<ExprRef>, steps: u32) {
    if evaluator.has_decorator(function, &["lru_cache", "cache", "cached_property", "alru_cache", "fixture"]) {
        return add(found, Home::Program);
    }
    if evaluator.has_decorator(function, &["property"]) {
        return add(found, Home::Activation(function));
    }
    let callers = evaluator.callers_of(function);
    if callers.is_empty() {
        return add(found, Home::Program);
    }
    for caller in callers.iter() {
        if caller.handed_on {
            add(found, Home::Program);
        } else {
            follow(evaluator, caller.call, found, seen, steps + 1);
        }
    }
}

/// The function or method around a scope; `None` at module or class level.
pub fn function_around(evaluator: &Evaluator<'_>, scope: ScopeRef) -> Option<ScopeRef> {
    let facts = evaluator.project.facts(scope.file);
    let mut at = Some(scope.scope);
    while let Some(id) = at {
        match facts.scope(id).kind {
            ScopeKind::Function | ScopeKind::Lambda => return Some(ScopeRef { file: scope.file, scope: id }),
            ScopeKind::Module | ScopeKind::Class => return None,
            ScopeKind::Comprehension => at = facts.scope(id).parent,
        }
    }
    None
}
