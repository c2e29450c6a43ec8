//! Guards of Rust: variables that keep a place of a limiter until their block ends or they are dropped, whatever pattern binds them.

use crate::facts::{ExprId, ExprKind, FileFacts, Language, Name, StatementKind, Target};
use crate::resolve::{Evaluator, ExprRef, ScopeRef, Thing};

/// A variable that keeps a place.
pub struct Guard<'f> {
    /// Its name.
    pub name: &'f Name,
    /// What gives the place.
    pub value: ExprRef,
    /// The scope in which that stands.
    pub scope: ScopeRef,
}

/// Guards that are kept where an expression runs, by variables of its own scope; the latest first.
pub fn guards_at<'f>(evaluator: &Evaluator<'f>, at: ExprRef) -> Vec<Guard<'f>> {
    let facts = evaluator.project.facts(at.file);
    if facts.language != Language::Rust {
        return Vec::new();
    }
    let expr = facts.expr(at.expr);
    let scope = facts.scope(expr.scope);
    let before = scope
        .statements
        .iter()
        .rev()
        .filter(|statement| statement.span.end <= expr.span.start && scope.is_within(expr.context, statement.context));
    let mut dropped = Vec::new();
    let mut guards = Vec::new();
    for statement in before {
        match &statement.kind {
            StatementKind::Evaluate(value) => dropped.extend(dropped_by(facts, *value)),
            StatementKind::Bind { target: Target::Name(name), value, .. } => {
                // A name that is dropped is the one that was bound last.
                if let Some(number) = dropped.iter().position(|dropped| *dropped == name) {
                    dropped.swap_remove(number);
                } else if let Some((value, scope)) = place_in(evaluator, ExprRef { file: at.file, expr: *value }) {
                    guards.push(Guard { name, value, scope });
                }
            }
            _ => {}
        }
    }
    guards
}

/// What gives the place that a value keeps, itself or in a field of it, and where that stands.
fn place_in(evaluator: &Evaluator<'_>, value: ExprRef) -> Option<(ExprRef, ScopeRef)> {
    let all = evaluator.glance(value);
    if all.iter().any(|possible| is_place(evaluator, &possible.thing)) {
        return Some((value, evaluator.scope_of(value)));
    }
    // `Connection { inner, permit }`
    all.iter().find_map(|possible| {
        let Thing::Object(object) = &possible.thing else { return None };
        let (site, _) = object.site.as_ref()?;
        let ExprKind::Record { fields, .. } = &evaluator.expr(*site).kind else { return None };
        let mut fields = fields.iter().map(|(_, field)| ExprRef { file: site.file, expr: *field });
        let field = fields.find(|field| evaluator.glance(*field).iter().any(|possible| is_place(evaluator, &possible.thing)))?;
        Some((field, evaluator.scope_of(field)))
    })
}

fn is_place(evaluator: &Evaluator<'_>, thing: &Thing) -> bool {
    matches!(thing, Thing::Part(made, path) if evaluator.project.catalog.takes_place(&made.symbol, path))
}

/// The name that `drop(name)` drops.
fn dropped_by(facts: &FileFacts, at: ExprId) -> Option<&Name> {
    let ExprKind::Call { callee, arguments } = &facts.expr(at).kind else { return None };
    let (ExprKind::Name(called) | ExprKind::Attribute { name: called, .. }, [only]) = (&facts.expr(*callee).kind, &**arguments) else {
        return None;
    };
    match &facts.expr(only.value).kind {
        ExprKind::Name(name) if &**called == "drop" => Some(name),
        _ => None,
    }
}
