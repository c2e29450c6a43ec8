//! Numbers that a program reads in more places than one: a fix for a pool must not change what else they are.

use super::Context;
use crate::facts::{Name, StatementKind, Target};
use crate::finding::Verdict;
use crate::resolve::{ExprRef, ResolvedPool, ResolvedSetting};
use crate::text::Span;

/// Where to write another number for a setting that is read from `at`: there, or at the construction itself where something else reads it too.
/// `None` where neither can be. Another pool that is too small as well is to get a larger number too.
pub fn place(context: &Context<'_>, pool: &ResolvedPool<'_>, setting: &ResolvedSetting, at: Span) -> Option<Span> {
    let evaluator = context.evaluator;
    let (Some(written), Some(origin)) = (setting.written_at, setting.value.defined_at) else { return Some(at) };
    let text = context.sources.slice(written);
    let said = text.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next().filter(|name| !name.is_empty());
    let is_too_small = |index: usize| context.linked.cases.iter().any(|case| case.pool == index && case.verdict == Verdict::TooSmall);
    let is_of_setting = |mention: Span| {
        let within = |outer: Span| outer.file == mention.file && outer.start <= mention.start && mention.end <= outer.end;
        let pools = context.linked.resolved.iter().enumerate();
        let pools = pools.filter(|(index, other)| other.made.site == pool.made.site || (!other.kind.database && is_too_small(*index)));
        pools.flat_map(|(_, pool)| &pool.settings).filter_map(|setting| setting.written_at).any(within)
            || setting.value.trail.iter().filter_map(|step| step.at).any(within)
    };
    let names = [said, bound_to(context, at).map(|name| &**name)];
    let mentions = names.into_iter().flatten().flat_map(|name| evaluator.project.mentions_of(name));
    let reads = mentions.map(|(file, expr)| ExprRef { file: *file, expr: *expr });
    let mut others = reads.filter(|read| !is_of_setting(evaluator.span(*read)));
    if !others.any(|read| evaluator.glance(read).iter().any(|possible| possible.defined_at == Some(origin))) {
        return Some(at);
    }
    // A number that stands at the construction is nobody else's.
    said.filter(|name| !name.starts_with(|c: char| c.is_ascii_digit())).map(|_| written)
}

/// The name that a number is bound to, by itself or as a part of what is.
fn bound_to<'c>(context: &Context<'c>, at: Span) -> Option<&'c Name> {
    let loaded = context.evaluator.project.loaded().iter().find(|loaded| loaded.facts.file == at.file)?;
    let facts = &loaded.facts;
    facts.scopes.iter().flat_map(|scope| &scope.statements).find_map(|statement| match &statement.kind {
        StatementKind::Bind { target: Target::Name(name) | Target::Attribute { name, .. }, value, .. } => {
            let span = facts.expr(*value).span;
            (span.start <= at.start && at.end <= span.end).then_some(name)
        }
        _ => None,
    })
}
