//! Edits that mend findings: a number where it is written, an argument that is missing, an argument that has no effect.

use super::Context;
use super::brackets::Brackets;
use super::{carry, shared};
use crate::facts::{ArgumentKind, ExprKind, Language, Parameter as Declared, ParameterKind, Scope, ScopeKind, StatementKind};
use crate::finding::{Edit, Fix, Safety, Suggestion};
use crate::resolve::{ExprRef, Ignored, ResolvedPool, ResolvedSetting, Thing};
use crate::text::Span;
use crate::value::{Amount, How, show_number};

/// A setting that is to get a number.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The library's own name.
    pub setting: String,
    /// What to write.
    pub number: f64,
    /// The least that would do.
    pub floor: f64,
}

/// Fixes that write the advised limits: all of them, or none where one cannot be written.
pub fn limits(context: &Context<'_>, pool: &ResolvedPool<'_>, suggestions: &[Suggestion]) -> Vec<Fix> {
    let wishes: Vec<Wish> =
        suggestions.iter().map(|one| Wish { setting: one.setting.clone(), number: one.advised, floor: one.floor }).collect();
    let mut fixes: Vec<Fix> = set(context, pool, &wishes).into_iter().collect();
    fixes.extend(configurable(context, pool, &wishes));
    fixes
}

/// A fix that gives each setting its number, where it is written or at the construction. It changes load, so it is never safe.
pub fn set(context: &Context<'_>, pool: &ResolvedPool<'_>, wishes: &[Wish]) -> Option<Fix> {
    let mut literals: Vec<(Span, Wish)> = Vec::new();
    let mut missing: Vec<(String, f64)> = Vec::new();
    for wish in wishes {
        let setting = pool.settings.iter().find(|setting| setting.name == wish.setting)?;
        match literal(context, setting) {
            Some(at) => literals.push((shared::place(context, pool, setting, at)?, wish.clone())),
            None if setting.written_at.is_none() && setting.value.how == How::Default => missing.push((wish.setting.clone(), wish.number)),
            None => return None,
        }
    }
    let mut edits: Vec<Edit> = Vec::new();
    let mut told: Vec<String> = Vec::new();
    for (at, wish) in &literals {
        // Two settings may take their number from one place: the smallest that is enough for both.
        let same = || literals.iter().filter(|(other, _)| other == at).map(|(_, wish)| wish);
        let floor = same().map(|wish| wish.floor).fold(0.0, f64::max);
        let number = same().map(|wish| wish.number).filter(|number| *number >= floor).fold(f64::INFINITY, f64::min);
        if !number.is_finite() {
            return None;
        }
        told.push(format!("`{}` to {}", wish.setting, show_number(number)));
        if !edits.iter().any(|edit| edit.span == *at) {
            edits.push(Edit { span: *at, replacement: show_number(number) });
        }
    }
    if !missing.is_empty() {
        edits.extend(carry::insert(context, pool, &missing)?);
        told.extend(missing.iter().map(|(name, number)| format!("`{name}` to {}", show_number(*number))));
    }
    let elsewhere: Vec<String> = edits
        .iter()
        .filter(|edit| edit.span.file != context.evaluator.project.facts(pool.made.site.file).file)
        .map(|edit| context.sources.place(edit.span))
        .collect();
    let places = if elsewhere.is_empty() { String::new() } else { format!(" in {}", elsewhere.join(", ")) };
    (!edits.is_empty()).then(|| Fix { title: format!("set {}{places}", told.join(" and ")), safety: Safety::Unsafe, edits })
}

/// Where the number of a setting stands by itself, so that another can take its place.
fn literal(context: &Context<'_>, setting: &ResolvedSetting) -> Option<Span> {
    if matches!(setting.value.how, How::Default | How::Expression | How::Unknown) {
        return None;
    }
    let (Amount::One(number), Some(at)) = (&setting.value.amount, setting.value.defined_at) else { return None };
    let (digits, written) = number_in(context.sources.slice(at))?;
    let start = at.start as usize + digits.start;
    (written == *number).then(|| Span::new(at.file, start, start + digits.len()))
}

/// The bytes of the number that a text is, and the number: `30`, `1_000`, `"30"`, `--limit=30`, `30usize`.
fn number_in(text: &str) -> Option<(std::ops::Range<usize>, f64)> {
    let flag = if text.starts_with('-') { text.find('=').map_or(0, |at| at + 1) } else { 0 };
    let rest = text.get(flag..)?;
    let quote = ['"', '\''].into_iter().find(|quote| rest.len() > 1 && rest.starts_with(*quote) && rest.ends_with(*quote));
    let (from, inner) = match quote {
        Some(_) => (flag + 1, rest.get(1..rest.len() - 1)?),
        None => (flag, rest),
    };
    let suffix = ["usize", "u32", "u64", "i32", "i64"].into_iter().find(|suffix| inner.ends_with(suffix)).unwrap_or("");
    let digits = inner.strip_suffix(suffix)?;
    let is_number =
        digits.starts_with(|c: char| c.is_ascii_digit()) && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '_' | '.'));
    let number: f64 = is_number.then(|| digits.replace('_', "").parse().ok())??;
    Some((from..from + digits.len(), number))
}

/// Turns the limits that a factory writes down into parameters of its own, with today's numbers as defaults.
fn configurable(context: &Context<'_>, pool: &ResolvedPool<'_>, wishes: &[Wish]) -> Option<Fix> {
    let evaluator = context.evaluator;
    let call = evaluator.span(pool.made.site);
    let facts = context.evaluator.project.facts(pool.made.site.file);
    // The outermost function is the one that others call; what it takes, the functions inside it see.
    let around = facts.scope_chain(facts.expr(pool.made.site.expr).scope);
    let scope = around.map(|at| facts.scope(at)).filter(|scope| scope.kind == ScopeKind::Function).last()?;
    let gives = |scope: &Scope| scope.statements.iter().any(|it| matches!(it.kind, StatementKind::Return(_) | StatementKind::Yield(_)));
    if facts.language != Language::Python || !gives(scope) {
        return None;
    }
    let within = |at: Span| at.file == call.file && call.start <= at.start && at.end <= call.end;
    let mut edits = Vec::new();
    let mut declared = Vec::new();
    let is_annotated = scope.parameters.iter().any(|parameter| parameter.annotation.is_some());
    for wish in wishes {
        let setting = pool.settings.iter().find(|setting| setting.name == wish.setting)?;
        let Some(at) = literal(context, setting).filter(|at| within(*at)) else { continue };
        let is_taken = facts.expressions.iter().any(|expr| matches!(&expr.kind, ExprKind::Name(name) if **name == *setting.name))
            || scope.parameters.iter().any(|parameter| *parameter.name == *setting.name);
        if is_taken {
            return None;
        }
        let number = context.sources.slice(at);
        declared.push(if is_annotated { format!("{}: int = {number}", setting.name) } else { format!("{}={number}", setting.name) });
        edits.push(Edit { span: at, replacement: setting.name.clone() });
    }
    let accepts = |parameter: &Declared| matches!(parameter.kind, ParameterKind::Any | ParameterKind::Keyword | ParameterKind::KeywordRest);
    if edits.is_empty() || !scope.parameters.iter().all(accepts) {
        return None;
    }
    let text = &context.sources.get(call.file).text;
    let brackets = Brackets::at(text, scope.name_span.end as usize)?;
    let added = brackets.with(text, &declared.join(", "));
    edits.extend(added.into_iter().map(|(range, new)| Edit { span: Span::new(call.file, range.start, range.end), replacement: new }));
    let name = &scope.name;
    Some(Fix { title: format!("make the limits parameters of `{name}`"), safety: Safety::ShowOnly, edits })
}

/// Takes away arguments that have no effect because another argument brings the pool. Safe where what brings it is sure to be a pool.
pub fn remove_ignored(context: &Context<'_>, pool: &ResolvedPool<'_>, ignored: &Ignored) -> Option<Fix> {
    let evaluator = context.evaluator;
    let calls = pool.clients.iter().copied().chain([pool.made.site]);
    for call in calls.filter(|call| context.evaluator.project.facts(call.file).language == Language::Python) {
        let ExprKind::Call { callee, arguments } = &evaluator.expr(call).kind else { continue };
        let at = |argument: &crate::facts::Argument| ExprRef { file: call.file, expr: argument.value };
        let Some(bringer) = arguments.iter().find(|argument| evaluator.span(at(argument)) == ignored.because_of) else { continue };
        let text = &context.sources.get(ignored.because_of.file).text;
        let brackets = carry::call_brackets(text, evaluator.span(call), evaluator.span(ExprRef { file: call.file, expr: *callee }))?;
        let constructor = carry::constructor_of(evaluator, call)?;
        let mut gone = Vec::new();
        let mut names = Vec::new();
        for argument in arguments {
            let ArgumentKind::Keyword(name) = &argument.kind else { continue };
            let Some(parameter) = constructor.parameters.iter().find(|parameter| *parameter.name == **name) else { continue };
            let has_no_effect = if parameter.carrier {
                carry::carries_only(evaluator, at(argument), &ignored.settings)
            } else {
                let is_plain = matches!(evaluator.expr(at(argument)).kind, ExprKind::Int(_) | ExprKind::Bool(_) | ExprKind::Name(_));
                is_plain && !parameter.sets.is_empty() && parameter.sets.iter().all(|setting| ignored.settings.contains(setting))
            };
            if has_no_effect {
                let value = evaluator.span(at(argument));
                gone.push(brackets.items.iter().position(|item| item.start <= value.start as usize && value.end as usize <= item.end)?);
                names.push(format!("`{name}`"));
            }
        }
        let edits: Vec<Edit> = brackets
            .without(text, &gone)
            .into_iter()
            .map(|(range, new)| Edit { span: Span::new(ignored.because_of.file, range.start, range.end), replacement: new })
            .collect();
        let is_pool = |thing: &Thing| match thing {
            Thing::Made(made) => {
                context.evaluator.project.catalog.constructor(&made.symbol).is_some_and(|found| found.constructor.makes.owns_a_pool())
            }
            _ => false,
        };
        let is_sure = evaluator.eval_open(at(bringer)).iter().all(|possible| is_pool(&possible.thing));
        let safety = if is_sure { Safety::Safe } else { Safety::Unsafe };
        let effect = if names.len() == 1 { "which has no effect" } else { "which have no effect" };
        return (!edits.is_empty()).then(|| Fix { title: format!("remove {}, {effect}", names.join(" and ")), safety, edits });
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn numbers_are_found_in_what_people_write() {
        for (text, digits, number) in [
            ("30", "30", 30.0),
            ("1_000", "1_000", 1000.0),
            ("\"30\"", "30", 30.0),
            ("'8'", "8", 8.0),
            ("--limit=30", "30", 30.0),
            ("--limit='30'", "30", 30.0),
            ("64usize", "64", 64.0),
        ] {
            let (range, found) = number_in(text).unwrap();
            assert_eq!((&text[range], found), (digits, number), "{text}");
        }
        for text in ["", "x", "$N", "3 * 4", "-5", "a=30", "0x1e", "\"", "30 connections", "None", "1e3", "30j", "é"] {
            assert_eq!(number_in(text), None, "{text}");
        }
    }
}
