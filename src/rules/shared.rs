//! Numbers that a program reads in more places than one: a fix for a pool must not change what else they are.

use super::Context;
use crate::facts::{ExprId, FileFacts, Name, StatementKind, Target};
use crate::resolve::{ExprRef, ResolvedPool, ResolvedSetting};
use crate::text::Span;

/// Where to write another number for a setting that is read from `at`: there, or at the construction itself where something else reads it too.
/// `None` where neither can be.
pub fn place(context: &Context<'_>, pool: &ResolvedPool<'_>, setting: &ResolvedSetting, at: Span) -> Option<Span> {
    let Some((file, name, value)) = binding(context, at) else { return Some(at) };
    let evaluator = context.evaluator;
    let is_of_setting = |mention: Span| {
        let within = |outer: Span| outer.file == mention.file && outer.start <= mention.start && mention.end <= outer.end;
        let pools = context.linked.resolved.iter().filter(|other| other.made.site == pool.made.site || !other.kind.database);
        pools.flat_map(|pool| &pool.settings).filter_map(|setting| setting.written_at).any(within)
            || setting.value.trail.iter().filter_map(|step| step.at).any(within)
    };
    let reads = evaluator.project.mentions_of(name).iter().map(|(file, expr)| ExprRef { file: *file, expr: *expr });
    let mut others = reads.filter(|read| !is_of_setting(evaluator.span(*read)));
    let value = evaluator.span(ExprRef { file, expr: value });
    if !others.any(|read| evaluator.glance(read).iter().any(|possible| possible.defined_at == Some(value))) {
        return Some(at);
    }
    setting.written_at.filter(|written| context.sources.slice(*written).ends_with(&**name))
}

/// The name that a number is bound to: the file, the name, and what it is bound to.
fn binding<'c>(context: &Context<'c>, at: Span) -> Option<(u32, &'c Name, ExprId)> {
    let loaded = context.evaluator.project.loaded();
    let file = loaded.iter().position(|loaded| loaded.facts.file == at.file)?;
    let facts: &FileFacts = &loaded[file].facts;
    facts.scopes.iter().flat_map(|scope| &scope.statements).find_map(|statement| match &statement.kind {
        StatementKind::Bind { target: Target::Name(name) | Target::Attribute { name, .. }, value, .. } => {
            let span = facts.expr(*value).span;
            (span.start <= at.start && at.end <= span.end && !matches!(facts.expr(*value).kind, crate::facts::ExprKind::Call { .. }))
                .then_some((file as u32, name, *value))
        }
        _ => None,
    })
}
