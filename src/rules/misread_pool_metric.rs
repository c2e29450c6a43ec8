//! An attribute is read as a measure of the pool that it is not. See `rules/misread-pool-metric.md`.

use super::telling::finding;
use super::{Context, Rule};
use crate::catalog::library::Misread;
use crate::facts::{ExprId, ExprKind, StatementKind, Target};
use crate::finding::{Finding, Pool};
use crate::resolve::{Evaluator, ExprRef, Thing};
use crate::value::Certainty;

/// The rule.
pub static RULE: Rule = Rule { id: "misread-pool-metric", about_next: false, check };

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let evaluator = context.evaluator;
    for library in context.evaluator.project.catalog.libraries() {
        for misread in &library.misreads {
            for &(file, at) in context.evaluator.project.mentions_of(&misread.attribute) {
                let at = ExprRef { file, expr: at };
                if is_counted(evaluator, at)
                    && let Some(pool) = pool_read(context, evaluator, at, &library.name)
                {
                    findings.push(tell(context, evaluator, at, misread, pool));
                }
            }
        }
    }
}

/// Whether the size of an attribute is taken: the one argument of a call of `len`, by itself or by the name that it is bound to.
fn is_counted(evaluator: &Evaluator<'_>, at: ExprRef) -> bool {
    let facts = evaluator.project.facts(at.file);
    let is_len = |callee: ExprId| matches!(&facts.expr(callee).kind, ExprKind::Name(name) if &**name == "len");
    let is_size_of = |at: ExprId| {
        let parent = facts.expr(at).parent.map(|parent| &facts.expr(parent).kind);
        matches!(parent, Some(ExprKind::Call { callee, arguments }) if is_len(*callee) && arguments.len() == 1)
    };
    let scope = facts.expr(at.expr).scope;
    let bindings = || {
        facts.scope(scope).statements.iter().filter_map(|statement| match &statement.kind {
            StatementKind::Bind { target: Target::Name(name), value, .. } => Some((name, *value)),
            _ => None,
        })
    };
    // A name that is bound to something else too may be that where its size is taken.
    let bound_to = bindings().find(|(_, value)| *value == at.expr).map(|(name, _)| name);
    let bound_to = bound_to.filter(|name| bindings().filter(|(other, _)| other == name).count() == 1);
    is_size_of(at.expr)
        || bound_to.is_some_and(|name| {
            let mentions = evaluator.project.tables(at.file).mentions.get(name);
            mentions.into_iter().flatten().any(|mention| facts.expr(*mention).scope == scope && is_size_of(*mention))
        })
}

/// The pool whose attribute, or whose part's attribute, is read.
fn pool_read<'a>(context: &Context<'a>, evaluator: &Evaluator<'_>, at: ExprRef, library: &str) -> Option<&'a Pool> {
    let ExprKind::Attribute { object, .. } = evaluator.expr(at).kind else { return None };
    let object = ExprRef { file: at.file, expr: object };
    evaluator.eval_open(object).into_iter().find_map(|possible| {
        let (Thing::Made(made) | Thing::Part(made, _)) = possible.thing else { return None };
        let index = context.linked.resolved.iter().position(|pool| pool.made.site == made.site || pool.clients.contains(&made.site))?;
        (context.linked.resolved.get(index)?.library.name == library).then(|| context.linked.pools.get(index))?
    })
}

fn tell(context: &Context<'_>, evaluator: &Evaluator<'_>, at: ExprRef, misread: &Misread, pool: &Pool) -> Finding {
    let message = format!("`len({})` is {}", misread.attribute, misread.is);
    let mut found = finding(context, RULE.id, pool, &misread.attribute, evaluator.span(at), Certainty::Declared, message);
    found.label = "not the connections in use".to_string();
    found.notes.push(format!("read {} instead; both are private and may change with the version", misread.instead));
    found
}
