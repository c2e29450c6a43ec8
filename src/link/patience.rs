//! How long the callers of a pool wait for a connection: the time-outs of the pool, those that its requests bring, and what stands around them.

use super::Flow;
use crate::catalog::library::Role;
use crate::facts::{ArgumentKind, ContextKind, ExprKind};
use crate::finding::{Setting, Waits};
use crate::resolve::{Evaluator, ExprRef, GivenSetting, ResolvedPool, ScopeRef, Thing, last_part, value_of};
use crate::text::Span;
use crate::value::{Amount, Certainty, How, Value};

/// A time-out that holds for the requests through a pool.
#[derive(Clone, Debug)]
pub struct TimeOut {
    /// The library's own name.
    pub setting: String,
    /// What it decides.
    pub role: Role,
    /// Whether the wait for a free connection counts.
    pub covers_queue: bool,
    /// Its length, seconds; unbounded where there is none.
    pub value: Value,
    /// Where it is written; `None` for a default.
    pub written_at: Option<Span>,
}

impl TimeOut {
    /// Its length, seconds, where it is one known number.
    pub fn seconds(&self) -> Option<f64> {
        self.value.amount.greatest().filter(|seconds| seconds.is_finite() && *seconds > 0.0)
    }

    /// Whether the program says it.
    pub fn is_declared(&self) -> bool {
        self.value.how != How::Default
    }
}

/// What bounds the wait of those who use a pool, and how often they try.
#[derive(Clone, Default, Debug)]
pub struct Patience {
    /// The time-outs, in the catalog's order.
    pub time_outs: Vec<TimeOut>,
    /// The same without what the requests bring: as the client by itself is set.
    pub of_clients: Vec<TimeOut>,
    /// Whether a time-out of the program's own stands around a request.
    pub is_bounded_outside: bool,
    /// The setting that says how many attempts follow a failed one, and its value; `None` where the library makes none by itself.
    pub retries: Option<(String, Value)>,
}

impl Patience {
    /// The same in the form of the report.
    pub fn reported(&self) -> Waits {
        let setting = |one: &TimeOut| Setting { name: one.setting.clone(), value: one.value.clone(), written_at: one.written_at };
        Waits {
            of_clients: self.of_clients.iter().map(setting).collect(),
            of_requests: self.time_outs.iter().map(setting).collect(),
            is_bounded_outside: self.is_bounded_outside,
        }
    }

    /// The shortest time-out among those that pass a test.
    pub fn shortest(&self, of: impl Fn(&TimeOut) -> bool) -> Option<&TimeOut> {
        let known = self.time_outs.iter().filter(|one| of(one) && one.seconds().is_some());
        known.min_by(|one, other| one.seconds().unwrap_or(0.0).total_cmp(&other.seconds().unwrap_or(0.0)))
    }

    /// Whether it is certain that no time-out counts the wait for a connection.
    pub fn waits_for_ever(&self) -> bool {
        let is_none = |one: &TimeOut| one.value.amount == Amount::Unbounded && one.value.certainty > Certainty::Assumed;
        !self.is_bounded_outside && self.of_queue().all(is_none)
    }

    /// Whether a time-out ends a call that was sent, so that its connection comes back.
    pub fn ends_calls(&self) -> bool {
        self.shortest(|one| matches!(one.role, Role::TotalTimeout | Role::ReadTimeout)).is_some()
    }

    /// The time-outs that count the wait for a connection.
    pub fn of_queue(&self) -> impl Iterator<Item = &TimeOut> {
        self.time_outs.iter().filter(|one| one.covers_queue)
    }
}

/// Whether a setting says how long, or how often, a request is tried.
fn is_of_requests(role: Role) -> bool {
    matches!(role, Role::TotalTimeout | Role::ConnectTimeout | Role::ReadTimeout | Role::AcquireTimeout | Role::Retries)
}

/// What bounds the wait at a pool, with the requests that run through it.
pub fn patience(evaluator: &Evaluator<'_>, pool: &ResolvedPool<'_>, flows: &[&Flow]) -> Patience {
    let own = pool.settings.iter().filter(|setting| is_of_requests(setting.role)).filter_map(|setting| {
        let covers_queue =
            pool.kind.settings.iter().find(|known| known.name == setting.name)?.covers_queue || setting.role == Role::AcquireTimeout;
        let (value, written_at) = (setting.value.clone(), setting.written_at);
        Some(TimeOut { setting: setting.name.clone(), role: setting.role, covers_queue, value, written_at })
    });
    let mut patience = Patience { time_outs: own.collect(), ..Patience::default() };
    // A client that is given the pool brings the time-outs of its requests.
    let clients: Vec<Option<Vec<Brought>>> = pool.clients.iter().map(|client| of_client(evaluator, pool, *client)).collect();
    lay_over(&mut patience.time_outs, &clients, "clients of the pool have different time-outs");
    let retries = patience.time_outs.iter().position(|one| one.role == Role::Retries).map(|at| patience.time_outs.remove(at));
    patience.retries = retries.filter(|one| !is_set_by_copies(evaluator, pool, &one.setting)).map(|one| (one.setting, one.value));
    patience.of_clients.clone_from(&patience.time_outs);
    let mut requests: Vec<ExprRef> = flows.iter().map(|flow| flow.call).collect();
    requests.sort();
    requests.dedup();
    let brought: Vec<Option<Vec<Brought>>> = requests.iter().map(|call| brought(evaluator, pool, *call)).collect();
    lay_over(&mut patience.time_outs, &brought, "requests bring time-outs of their own");
    patience.is_bounded_outside = flows.iter().any(|flow| is_bounded_outside(evaluator, flow));
    patience
}

/// Whether the program makes copies of clients that differ in a setting: `client.with_options(max_retries=5)`.
fn is_set_by_copies(evaluator: &Evaluator<'_>, pool: &ResolvedPool<'_>, setting: &str) -> bool {
    let copying = pool.library.constructors.iter().flat_map(|constructor| &constructor.passes);
    let mut calls = copying.flat_map(|method| evaluator.project.calls_named(method));
    calls.any(|(file, call)| match &evaluator.expr(ExprRef { file: *file, expr: *call }).kind {
        ExprKind::Call { arguments, .. } => arguments.iter().any(|argument| match &argument.kind {
            ArgumentKind::Keyword(name) => **name == *setting,
            ArgumentKind::KeywordSpread => true,
            _ => false,
        }),
        _ => false,
    })
}

/// Puts what others bring in the place of the pool's own. Where they differ, or what they bring is not known, nothing is known.
fn lay_over(time_outs: &mut [TimeOut], brought: &[Option<Vec<Brought>>], otherwise: &str) {
    for one in time_outs {
        let values: Vec<Option<&Brought>> =
            brought.iter().map(|brought| brought.as_ref()?.iter().find(|given| given.setting == one.setting)).collect();
        let Some(first) = values.iter().flatten().next() else { continue };
        if values.iter().all(|other| other.is_some_and(|other| other.value.amount == first.value.amount)) {
            (one.value, one.written_at) = (first.value.clone(), first.at);
        } else {
            one.value = Value::unknown(otherwise);
        }
    }
}

/// The time-outs that a client is given.
fn of_client(evaluator: &Evaluator<'_>, pool: &ResolvedPool<'_>, client: ExprRef) -> Option<Vec<Brought>> {
    let made = evaluator.eval_open(client).into_iter().find_map(|possible| match possible.thing {
        Thing::Made(made) if made.site == client => Some(made),
        _ => None,
    })?;
    let given = evaluator.construction_of(&made)?.given;
    let mut brought: Vec<Brought> = given.iter().filter_map(|one| carried(pool, one)).collect();
    // A client of another library has defaults of its own, where the pool says nothing.
    let is_open = |name: &str| {
        pool.settings.iter().any(|own| own.name == *name && own.value.how == How::Default) && brought.iter().all(|one| one.setting != *name)
    };
    let defaults =
        evaluator.defaults_of_client(&made, pool).into_iter().filter(|(setting, _)| is_of_requests(setting.role) && is_open(&setting.name));
    let defaults: Vec<Brought> = defaults.map(|(setting, value)| Brought { setting: setting.name.clone(), value, at: None }).collect();
    brought.extend(defaults);
    Some(brought)
}

/// A time-out that an object carries; `None` for other settings.
fn carried(pool: &ResolvedPool<'_>, given: &GivenSetting) -> Option<Brought> {
    let known = pool.kind.settings.iter().find(|known| known.name == given.name && is_of_requests(known.role))?;
    Some(Brought { setting: known.name.clone(), value: value_of(&given.possibles, &known.unlimited), at: given.written_at })
}

/// A time-out that a request or a client brings.
struct Brought {
    setting: String,
    value: Value,
    at: Option<Span>,
}

/// The time-outs that a request brings; `None` where it brings none.
fn brought(evaluator: &Evaluator<'_>, pool: &ResolvedPool<'_>, call: ExprRef) -> Option<Vec<Brought>> {
    let ExprKind::Call { arguments, .. } = &evaluator.expr(call).kind else { return None };
    for parameter in &pool.kind.request_timeouts {
        let given = arguments.iter().find(|argument| matches!(&argument.kind, ArgumentKind::Keyword(name) if **name == *parameter.name));
        let spread = || arguments.iter().any(|argument| argument.kind == ArgumentKind::KeywordSpread);
        let all = || pool.settings.iter().filter(|setting| is_of_requests(setting.role)).map(|setting| setting.name.clone());
        let unknown = |at| {
            let value = Value::unknown("what the request brings is not known");
            all().map(|setting| Brought { setting, value: value.clone(), at: Some(at) }).collect()
        };
        let Some(given) = given else {
            if spread() {
                return Some(unknown(evaluator.span(call)));
            }
            continue;
        };
        let given = ExprRef { file: call.file, expr: given.value };
        let at = evaluator.span(given);
        let possibles = evaluator.eval_open(given);
        if let [only] = possibles.as_slice()
            && let Thing::Made(carrier) = &only.thing
        {
            let Some(inner) = evaluator.construction_of(carrier) else { return Some(unknown(at)) };
            return Some(inner.given.iter().filter_map(|one| carried(pool, one)).collect());
        }
        let plain = possibles.iter().all(|possible| matches!(possible.thing, Thing::Number(_) | Thing::Seconds(_) | Thing::Nothing));
        if !plain || parameter.sets.is_empty() {
            return Some(unknown(at));
        }
        let values = parameter.sets.iter().map(|setting| {
            let known = pool.kind.settings.iter().find(|known| known.name == *setting);
            Brought { setting: setting.clone(), value: value_of(&possibles, known.map_or(&[], |known| &known.unlimited)), at: Some(at) }
        });
        return Some(values.collect());
    }
    None
}

/// Whether a call or block that sets a time-out stands around a request, or around a call on the way to it.
fn is_bounded_outside(evaluator: &Evaluator<'_>, flow: &Flow) -> bool {
    let scopes = flow.route.hops.iter().chain(&flow.route.beyond).map(|(hop, scope)| (*scope, hop.at));
    std::iter::once((evaluator.scope_of(flow.call), flow.span)).chain(scopes).any(|(scope, at)| sets_timeout_around(evaluator, scope, at))
}

fn sets_timeout_around(evaluator: &Evaluator<'_>, scope: ScopeRef, at: Span) -> bool {
    let facts = evaluator.project.facts(scope.file);
    let around = |span: Span| span.file == at.file && span.start <= at.start && at.end <= span.end;
    let is_timeout = |callee| {
        let text = evaluator.project.sources.slice(facts.expr(callee).span);
        let name = last_part(text.rsplit("::").next().unwrap_or(text)).to_lowercase();
        name.contains("timeout") || matches!(name.as_str(), "wait_for" | "fail_after" | "fail_at" | "move_on_after" | "move_on_at")
    };
    let by_call = facts.expressions.iter().any(|expr| {
        around(expr.span) && matches!(&expr.kind, ExprKind::Call { callee, arguments } if is_timeout(*callee) && arguments.iter().any(|one| around(facts.expr(one.value).span)))
    });
    let scope = evaluator.scope(scope);
    let by_block = scope.contexts.iter().any(|context| match context.kind {
        ContextKind::With { value, .. } => {
            around(context.span) && matches!(&facts.expr(value).kind, ExprKind::Call { callee, .. } if is_timeout(*callee))
        }
        _ => false,
    });
    by_call || by_block
}
