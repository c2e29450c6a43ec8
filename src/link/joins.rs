//! Where tasks are waited for: the fan-out call around or after their start, or the end of the task group that they are started in.

use super::starts::fan_out_of;
use crate::facts::{BODY, ContextId, ContextKind, ExprId, ExprKind, FileFacts, Name, ScopeKind, StatementKind, Target};
use crate::resolve::{Evaluator, ExprRef, Thing};

/// Whether something in the same function waits for what is kept at `at`: a coroutine that nothing waits for together runs when it is
/// awaited, one after the other.
pub fn is_joined(evaluator: &Evaluator<'_>, at: ExprRef) -> bool {
    let facts = evaluator.project.facts(at.file);
    let mut at = at;
    while facts.scope(facts.expr(at.expr).scope).kind == ScopeKind::Comprehension {
        let scope = evaluator.scope_of(at);
        let Some(maker) = evaluator.project.tables(at.file).maker.get(&scope.scope).copied() else { break };
        at = ExprRef { file: at.file, expr: maker };
    }
    let returned = facts
        .scope(facts.expr(at.expr).scope)
        .statements
        .iter()
        .any(|statement| matches!(statement.kind, StatementKind::Return(value) | StatementKind::Yield(value) if value == at.expr));
    returned || join_of(evaluator, at).is_some()
}

/// Where tasks are waited for.
pub struct Join {
    /// The context in which that happens; where it stands beside the start, the one around both.
    pub context: ContextId,
    /// The fan-out call that waits, where it is one.
    pub call: Option<ExprRef>,
    /// What the `with` block enters whose end waits, where it is one.
    pub group: Option<ExprRef>,
    /// What it waits for at a time, where that is a part of what was started.
    pub part: Option<ExprRef>,
}

/// The fan-out call that an expression is a part of an argument of, the innermost.
pub fn fan_out_around(evaluator: &Evaluator<'_>, at: ExprRef) -> Option<ExprRef> {
    let facts = evaluator.project.facts(at.file);
    let around = std::iter::successors(facts.expr(at.expr).parent, |at| facts.expr(*at).parent);
    around.map(|expr| ExprRef { file: at.file, expr }).find(|call| fan_out_of(evaluator, *call).is_some())
}

/// Calls of a file that are fan-outs by name, in the order in which they were met.
fn named_fan_outs(evaluator: &Evaluator<'_>, file: u32) -> Vec<ExprId> {
    let catalog = evaluator.project.catalog;
    let named = evaluator.project.tables(file).calls.iter().filter(|(name, _)| catalog.is_fan_out_name(name));
    let mut calls: Vec<ExprId> = named.flat_map(|(_, calls)| calls).copied().collect();
    calls.sort_unstable();
    calls
}

/// Where tasks started at `at` are waited for: a fan-out call around them or later in the same scope, or the end of a task group.
pub fn join_of(evaluator: &Evaluator<'_>, at: ExprRef) -> Option<Join> {
    let facts = evaluator.project.facts(at.file);
    let expr = facts.expr(at.expr);
    let scope = facts.scope(expr.scope);
    // Inside the arguments of a fan-out call: right there.
    if let Some(call) = fan_out_around(evaluator, at) {
        return Some(Join { context: evaluator.context_of(call), call: Some(call), group: None, part: None });
    }
    let mut best: Option<Join> = None;
    let mut depth = 0;
    for id in named_fan_outs(evaluator, at.file) {
        let candidate = facts.expr(id);
        let call = ExprRef { file: at.file, expr: id };
        let joins = candidate.scope == expr.scope
            && candidate.span.start > expr.span.start
            && scope.is_within(expr.context, candidate.context)
            && fan_out_of(evaluator, call).is_some();
        if joins {
            let nested = scope.context_chain(candidate.context).count();
            if nested > depth {
                depth = nested;
                best = Some(Join { context: candidate.context, call: Some(call), group: None, part: None });
            }
        }
    }
    best.or_else(|| joined_by_name(evaluator, at)).or_else(|| group_around(evaluator, at))
}

/// The `with` block of a task group, nursery or executor around a start: its end waits for all.
fn group_around(evaluator: &Evaluator<'_>, at: ExprRef) -> Option<Join> {
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
    let group = evaluator.glance(ExprRef { file: at.file, expr: object });
    let scope = facts.scope(expr.scope);
    scope.context_chain(expr.context).find_map(|(_, context)| match context.kind {
        ContextKind::With { value, .. } => {
            let value = ExprRef { file: at.file, expr: value };
            let entered = evaluator.glance(value);
            let same = entered.iter().any(|one| {
                group.iter().any(|other| crate::resolve::same(&one.thing, &other.thing) && !matches!(one.thing, Thing::Unknown(_)))
            });
            same.then(|| Join { context: context.parent.unwrap_or(BODY), call: None, group: Some(value), part: None })
        }
        _ => None,
    })
}

/// A fan-out call further on, in another block, that takes what the start is kept in: `tasks = [f(x) for x in xs]`, `if tasks: gather(*tasks)`.
fn joined_by_name(evaluator: &Evaluator<'_>, at: ExprRef) -> Option<Join> {
    let facts = evaluator.project.facts(at.file);
    let start = facts.expr(at.expr);
    let scope = facts.scope(start.scope);
    let kept = kept_in(facts, at.expr)?;
    let parts = parts_of(facts, start.scope, kept);
    let mut later = named_fan_outs(evaluator, at.file).into_iter().filter(|id| facts.expr(*id).span.start > start.span.end);
    later.find_map(|id| {
        let candidate = facts.expr(id);
        let call = ExprRef { file: at.file, expr: id };
        let ExprKind::Call { arguments, .. } = &candidate.kind else { return None };
        if candidate.scope != start.scope || scope.excludes(candidate.context, start.context) {
            return None;
        }
        let taken = arguments.iter().find_map(|argument| {
            let value = match facts.expr(argument.value).kind {
                ExprKind::Spread(inner) => inner,
                _ => argument.value,
            };
            match &facts.expr(value).kind {
                ExprKind::Name(name) if name == kept => Some(None),
                ExprKind::Name(name) if parts.contains(&name) => Some(Some(value)),
                ExprKind::Subscript { object, .. } => {
                    matches!(&facts.expr(*object).kind, ExprKind::Name(name) if name == kept).then_some(Some(value))
                }
                _ => None,
            }
        })?;
        fan_out_of(evaluator, call)?;
        let around = |inner| scope.context_chain(inner).map(|(context, _)| context);
        let context = around(candidate.context).find(|context| scope.is_within(start.context, *context)).unwrap_or(BODY);
        Some(Join { context, call: Some(call), group: None, part: taken.map(|expr| ExprRef { file: at.file, expr }) })
    })
}

/// The name that a value is kept under: bound to it, or to a collection that it is put in.
fn kept_in(facts: &FileFacts, at: ExprId) -> Option<&Name> {
    let mut whole = at;
    while let Some(parent) = facts.expr(whole).parent {
        match &facts.expr(parent).kind {
            ExprKind::List(_) | ExprKind::Spread(_) => whole = parent,
            ExprKind::Call { callee, .. } if *callee != whole => {
                return match facts.expr(*callee).kind {
                    // `tasks.append(f(x))`
                    ExprKind::Attribute { object, ref name, .. } if matches!(&**name, "append" | "add" | "extend") => {
                        match &facts.expr(object).kind {
                            ExprKind::Name(name) => Some(name),
                            _ => None,
                        }
                    }
                    _ => None,
                };
            }
            _ => return None,
        }
    }
    facts.scope(facts.expr(whole).scope).statements.iter().find_map(|statement| match &statement.kind {
        StatementKind::Bind { target: Target::Name(name), value, .. } if *value == whole => Some(name),
        _ => None,
    })
}

/// Names of a scope that stand for parts of what another name keeps: `batch = tasks[i : i + n]`, `for batch in chunks(tasks)`.
fn parts_of<'f>(facts: &'f FileFacts, scope: crate::facts::ScopeId, kept: &Name) -> Vec<&'f Name> {
    let takes = |value: ExprId| {
        let whole = match facts.expr(value).kind {
            ExprKind::Element(over) => over,
            _ => value,
        };
        match &facts.expr(whole).kind {
            ExprKind::Subscript { object, .. } => matches!(&facts.expr(*object).kind, ExprKind::Name(name) if name == kept),
            ExprKind::Call { arguments, .. } => {
                arguments.iter().any(|argument| matches!(&facts.expr(argument.value).kind, ExprKind::Name(name) if name == kept))
            }
            _ => false,
        }
    };
    let binds = facts.scope(scope).statements.iter().filter_map(|statement| match &statement.kind {
        StatementKind::Bind { target: Target::Name(name), value, .. } if name != kept && takes(*value) => Some(name),
        _ => None,
    });
    binds.collect()
}
