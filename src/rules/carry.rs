//! Settings that a construction does not give: as arguments of the call, inside an object that carries them, or by a method (Rust).

use super::brackets::Brackets;
use super::{Context, visible};
use crate::catalog::library::{Constructor, Literal, Makes, Parameter};
use crate::facts::{Argument, ArgumentKind, ExprKind, Language, ParameterKind};
use crate::finding::Edit;
use crate::resolve::{Evaluator, ExprRef, ResolvedPool, Thing};
use crate::text::Span;
use crate::value::{Amount, How, show_number};

/// Edits that give settings which the program does not mention; `None` where no one argument can.
pub fn insert(context: &Context<'_>, pool: &ResolvedPool<'_>, wanted: &[(String, f64)]) -> Option<Vec<Edit>> {
    let evaluator = context.evaluator;
    let site = pool.made.site;
    // In a subclass the call that reaches the library stands elsewhere.
    if pool.made.class.is_some() {
        return None;
    }
    if context.evaluator.project.facts(site.file).language == Language::Rust {
        return by_methods(evaluator, pool, wanted);
    }
    if let Some(arguments) = direct(pool.constructor, wanted) {
        return add(context, evaluator, site, &arguments);
    }
    let call = evaluator.span(site);
    for carrier in &pool.carriers {
        let at = evaluator.span(*carrier);
        if at.file != call.file || at.start < call.start || call.end < at.end {
            continue;
        }
        let Some(constructor) = constructor_of(evaluator, *carrier) else { continue };
        if let Some(arguments) = direct(constructor, wanted) {
            return add(context, evaluator, *carrier, &arguments);
        }
    }
    let (new, mut edits) = carried(context, evaluator, pool, wanted)?;
    edits.extend(add(context, evaluator, site, &new)?);
    Some(edits)
}

/// `name=value` for each setting that the constructor takes by itself; `None` where it does not take all.
fn direct(constructor: &Constructor, wanted: &[(String, f64)]) -> Option<String> {
    let arguments: Option<Vec<String>> =
        wanted.iter().map(|(setting, number)| Some(format!("{}={}", keyword_for(constructor, setting)?, show_number(*number)))).collect();
    Some(arguments?.join(", "))
}

fn keyword_for<'c>(constructor: &'c Constructor, setting: &str) -> Option<&'c str> {
    let sets = |parameter: &&Parameter| {
        matches!(parameter.sets.as_slice(), [only] if only == setting) && !parameter.carrier && !parameter.gives_pool && !parameter.ignored
    };
    constructor.parameters.iter().find(sets).map(|parameter| parameter.name.as_str())
}

/// `limits=library.Limits(…)`: an argument with a new object that carries the settings, or that is the pool which has them, and the
/// edits that make its name known.
fn carried(
    context: &Context<'_>,
    evaluator: &Evaluator<'_>,
    pool: &ResolvedPool<'_>,
    wanted: &[(String, f64)],
) -> Option<(String, Vec<Edit>)> {
    let site = pool.made.site;
    let free = |parameter: &Parameter| !is_given(evaluator, site, pool.constructor, parameter);
    let carries = |parameter: &&Parameter| {
        parameter.carrier && (parameter.sets.is_empty() || wanted.iter().any(|(setting, _)| parameter.sets.contains(setting)))
    };
    for parameter in pool.constructor.parameters.iter().filter(carries).filter(|parameter| free(parameter)) {
        for carrier in pool.library.constructors.iter().filter(|other| other.makes == Makes::Carrier && same_pool(other, pool)) {
            if direct(carrier, wanted).is_some()
                && let Some((name, edits)) = visible::name(context, evaluator, site, &carrier.symbols)
                && let Some(arguments) = direct(carrier, &with_the_rest(pool, carrier, wanted)?)
            {
                return Some((format!("{}={name}({arguments})", parameter.name), edits));
            }
        }
    }
    // A client that makes its own pool can be given one, where that takes nothing else away and nothing else may be meant by the argument.
    let gives: Vec<&Parameter> = pool.constructor.parameters.iter().filter(|parameter| parameter.gives_pool).collect();
    let [parameter] = gives.as_slice() else { return None };
    if !parameter.disables.is_empty() || !free(parameter) {
        return None;
    }
    let is_plain = |other: &&Constructor| {
        other.makes == Makes::Pool
            && same_pool(other, pool)
            && other.parameters.iter().all(|parameter| parameter.ignored || !parameter.sets.is_empty())
    };
    let owner = pool.library.constructors.iter().filter(is_plain).find(|other| same_package(other, pool.constructor))?;
    let (name, edits) = visible::name(context, evaluator, site, &owner.symbols)?;
    Some((format!("{}={name}({})", parameter.name, direct(owner, wanted)?), edits))
}

fn same_pool(other: &Constructor, pool: &ResolvedPool<'_>) -> bool {
    let first = pool.library.pools.first().map(|kind| &kind.name);
    other.pool.as_ref().or(first) == Some(&pool.kind.name)
}

fn same_package(one: &Constructor, other: &Constructor) -> bool {
    let package = |constructor: &Constructor| constructor.symbols.first().and_then(|symbol| symbol.split('.').next().map(str::to_string));
    package(one) == package(other)
}

/// What is wanted, and what today's default would lose by the new object, which has defaults of its own: that is spelled out.
fn with_the_rest(pool: &ResolvedPool<'_>, carrier: &Constructor, wanted: &[(String, f64)]) -> Option<Vec<(String, f64)>> {
    let mut all = wanted.to_vec();
    for parameter in &carrier.parameters {
        let [setting] = parameter.sets.as_slice() else { continue };
        let Some(own) = carrier.overrides.get(setting).filter(|_| !all.iter().any(|(name, _)| name == setting)) else { continue };
        let today = pool.settings.iter().find(|other| other.name == *setting)?;
        match (&today.value.amount, today.value.how) {
            (Amount::One(number), _) if own.value == Literal::Number(*number) => {}
            (Amount::One(number), How::Default) => all.push((setting.clone(), *number)),
            (Amount::Unbounded, _) => {}
            _ => return None,
        }
    }
    let order = |name: &str| carrier.parameters.iter().position(|parameter| parameter.sets.first().is_some_and(|set| set == name));
    all.sort_by_key(|(name, _)| order(name));
    Some(all)
}

/// Whether a call says something for a parameter, or may say it in a way that is not seen.
fn is_given(evaluator: &Evaluator<'_>, call: ExprRef, constructor: &Constructor, parameter: &Parameter) -> bool {
    let ExprKind::Call { arguments, .. } = &evaluator.expr(call).kind else { return true };
    let position = constructor.parameters.iter().position(|other| other.name == parameter.name);
    let positional = arguments.iter().filter(|argument| argument.kind == ArgumentKind::Positional).count();
    let by_place = constructor.takes_by_position(parameter) && position.is_some_and(|position| position < positional);
    by_place
        || arguments.iter().any(|argument: &Argument| match &argument.kind {
            ArgumentKind::Keyword(name) => **name == *parameter.name,
            ArgumentKind::Spread | ArgumentKind::KeywordSpread => true,
            ArgumentKind::Positional => false,
        })
}

/// Puts arguments into a call.
fn add(context: &Context<'_>, evaluator: &Evaluator<'_>, call: ExprRef, arguments: &str) -> Option<Vec<Edit>> {
    let ExprKind::Call { callee, arguments: present } = &evaluator.expr(call).kind else { return None };
    // What callers bring by name may be the same name, and then the call fails.
    let facts = evaluator.project.facts(call.file);
    let is_of_callers = |argument: &Argument| {
        let ExprKind::Name(name) = &facts.expr(argument.value).kind else { return false };
        let mut parameters = facts.scope_chain(facts.expr(call.expr).scope).flat_map(|scope| &facts.scope(scope).parameters);
        parameters.any(|parameter| parameter.kind == ParameterKind::KeywordRest && parameter.name == *name)
    };
    if present.iter().any(|argument| match argument.kind {
        ArgumentKind::Spread => true,
        ArgumentKind::KeywordSpread => is_of_callers(argument),
        ArgumentKind::Positional | ArgumentKind::Keyword(_) => false,
    }) {
        return None;
    }
    let span = evaluator.span(call);
    let text = &context.sources.get(span.file).text;
    let brackets = call_brackets(text, span, evaluator.span(ExprRef { file: call.file, expr: *callee }))?;
    let changes = (brackets.items.len() == present.len()).then(|| brackets.with(text, arguments))?;
    Some(changes.into_iter().map(|(at, new)| Edit { span: Span::new(span.file, at.start, at.end), replacement: new }).collect())
}

/// The brackets of a call with a callee, both by their places.
pub fn call_brackets(text: &str, call: Span, callee: Span) -> Option<Brackets> {
    let from = callee.end as usize;
    let open = from + text.get(from..call.end as usize)?.find('(')?;
    // Between the callee and its arguments there may be blanks, or the bracket that closes around the callee.
    let between = text.get(from..open)?;
    if !between.chars().all(|c| c.is_whitespace() || c == ')') {
        return None;
    }
    let brackets = Brackets::at(text, open)?;
    (brackets.close() + 1 == call.end as usize).then_some(brackets)
}

/// The catalog's constructor of the object that a call makes.
pub fn constructor_of<'p>(evaluator: &Evaluator<'p>, call: ExprRef) -> Option<&'p Constructor> {
    evaluator.eval_open(call).into_iter().find_map(|possible| match possible.thing {
        Thing::Made(made) if made.site == call => evaluator.project.catalog.constructor(&made.symbol).map(|found| found.constructor),
        _ => None,
    })
}

/// Whether an argument is an object that carries nothing but these settings.
pub fn carries_only(evaluator: &Evaluator<'_>, argument: ExprRef, settings: &[String]) -> bool {
    let possibles = evaluator.eval_open(argument);
    !possibles.is_empty()
        && possibles.iter().all(|possible| {
            let Thing::Made(made) = &possible.thing else { return false };
            let carrier =
                evaluator.project.catalog.constructor(&made.symbol).is_some_and(|found| found.constructor.makes == Makes::Carrier);
            let given = evaluator.construction_of(made).map_or_else(Vec::new, |construction| construction.given);
            carrier && given.iter().filter(|given| given.written_at.is_some()).all(|given| settings.contains(&given.name))
        })
}

/// `.setter(value)` behind the constructor, one for each setting.
fn by_methods(evaluator: &Evaluator<'_>, pool: &ResolvedPool<'_>, wanted: &[(String, f64)]) -> Option<Vec<Edit>> {
    let call = evaluator.span(pool.made.site);
    let mut chain = String::new();
    for (setting, number) in wanted {
        let sets = |parameters: &[Parameter]| matches!(parameters, [only] if matches!(only.sets.as_slice(), [set] if set == setting));
        let setter = pool.constructor.setters.iter().find(|setter| sets(&setter.parameters))?;
        chain.push_str(&format!(".{}({})", setter.method, show_number(*number)));
    }
    Some(vec![Edit { span: Span { start: call.end, ..call }, replacement: chain }])
}
