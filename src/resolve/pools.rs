//! The pools of the project: every call that makes one, with its settings, what shares it and what it lets through.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::amounts::{amount_of_literal, either, value_of};
use super::construct::Construction;
use super::eval::Evaluator;
use super::thing::{ExprRef, Made, Thing, last_part};
use super::versions::Demanded;
use crate::catalog::library::{Constructor, DefaultValue, Library, Makes, PoolKind, QuirkKind, Role, Setting, Shape};
use crate::catalog::{default_for, other_default_for};
use crate::facts::{ExprKind, StatementKind, Target};
use crate::finding::{AtLimit, Capacity};
use crate::text::Span;
use crate::value::{Amount, Certainty, How, Step, Value, show_number};

/// A pool of the project.
#[derive(Clone, Debug)]
pub struct ResolvedPool<'a> {
    /// The call that makes it.
    pub made: Rc<Made>,
    /// Its library.
    pub library: &'a Library,
    /// The constructor.
    pub constructor: &'a Constructor,
    /// What kind of pool it is.
    pub kind: &'a PoolKind,
    /// The versions of the library that the project demands.
    pub demanded: Demanded,
    /// Known behaviours of the version that the project uses, with their sources.
    pub quirks: Vec<(QuirkKind, String)>,
    /// Its settings, in the catalog's order.
    pub settings: Vec<ResolvedSetting>,
    /// What it lets through.
    pub capacity: Capacity,
    /// Calls that make clients of it.
    pub clients: Vec<ExprRef>,
    /// Objects that carry its settings.
    pub carriers: Vec<ExprRef>,
    /// Settings that the program gives to no effect.
    pub ignored: Vec<Ignored>,
    /// Whether it is handed something that opens no connection (a mock transport): it lets anything through.
    pub opens_nothing: bool,
    /// Whether it is a client's own pool, which the client has only where it is handed no other.
    pub is_on_some_ways: bool,
    /// Whether it may be given settings that are not known.
    pub may_be_given_more: bool,
    /// Whether nothing uses the object: it is bound to a name at most, and the name is never said again.
    pub is_left_alone: bool,
    /// The name it is bound to.
    pub bound_to: String,
}

/// Settings that are given to an object which does not use them.
#[derive(Clone, Debug)]
pub struct Ignored {
    /// Their names.
    pub settings: Vec<String>,
    /// Where they are written.
    pub written_at: Span,
    /// The argument that makes them so.
    pub because_of: Span,
}

/// A setting of a pool.
#[derive(Clone, Debug)]
pub struct ResolvedSetting {
    /// The library's own name.
    pub name: String,
    /// What it decides.
    pub role: Role,
    /// Its value.
    pub value: Value,
    /// Where it is written at the construction.
    pub written_at: Option<Span>,
    /// Whether it is shown only when the program gives it.
    pub quiet: bool,
}

impl ResolvedPool<'_> {
    /// What a known behaviour of the project's version is, with its source; `None` where this version does not have it.
    pub fn quirk(&self, kind: QuirkKind) -> Option<String> {
        self.quirks.iter().find(|(does, _)| *does == kind).map(|(_, source)| source.clone())
    }

    /// The setting by which one connection carries many requests at once, where the program asks for that.
    pub fn multiplexed_by(&self) -> Option<&ResolvedSetting> {
        self.role(Role::Multiplexed).filter(|setting| setting.value.amount == Amount::Truth(true))
    }

    /// The setting of a role.
    pub fn role(&self, role: Role) -> Option<&ResolvedSetting> {
        self.settings.iter().find(|setting| setting.role == role)
    }
}

impl<'p> Evaluator<'p> {
    /// All pools, by path and place.
    pub fn pools(&self) -> Vec<ResolvedPool<'p>> {
        let mut constructions: FxHashMap<ExprRef, (Rc<Made>, Construction)> = FxHashMap::default();
        for made in self.pool_calls() {
            if let Some(construction) = self.construction_of(&made) {
                constructions.insert(made.site, (made, construction));
            }
        }
        for made in self.made_by_calling(&constructions) {
            if let Some(construction) = self.construction_of(&made) {
                constructions.insert(made.site, (made, construction));
            }
        }
        let mut order: Vec<ExprRef> = constructions.keys().copied().collect();
        order.sort_by_key(|at| (self.project.path(at.file), self.span(*at).start, *at));
        let mut pools = Vec::new();
        for site in &order {
            let (made, construction) = &constructions[site];
            let hands_on = construction.pools.iter().any(|(inner, _)| constructions.contains_key(&inner.site));
            let mounts_only = hands_on && self.only_mounts(made);
            let owns_none = self.project.catalog.constructor(&made.symbol).is_some_and(|found| !found.constructor.makes.owns_a_pool());
            if owns_none || (hands_on && !mounts_only && !construction.may_have_own) {
                continue;
            }
            pools.extend(self.resolved(made, construction));
        }
        let mut clients: FxHashMap<ExprRef, Vec<ExprRef>> = FxHashMap::default();
        for &client in &order {
            for inner in handed(&constructions, client).into_iter().filter(|inner| *inner != client) {
                clients.entry(inner).or_default().push(client);
            }
        }
        for pool in &mut pools {
            pool.clients = clients.get(&pool.made.site).cloned().unwrap_or_default();
            for client in &pool.clients {
                let (_, construction) = &constructions[client];
                let at = construction.pools.first().map_or_else(|| self.span(*client), |(_, at)| *at);
                pool.ignored.extend(given_and_disabled(construction, at));
            }
            if pool.clients.is_empty() && pool.constructor.makes == Makes::Pool {
                pool.clients = self.mounted_on(pool.made.site);
            }
        }
        pools
    }

    /// Whether the pools given to a client only serve some of its requests (`mounts=`), so that it keeps one of its own.
    fn only_mounts(&self, made: &Made) -> bool {
        let Some(found) = self.project.catalog.constructor(&made.symbol) else { return false };
        let gives = found.constructor.parameters.iter().filter(|parameter| parameter.gives_pool);
        let given = gives.filter(|parameter| self.keyword(made.site, &parameter.name).is_some()).count();
        let mounts = found
            .constructor
            .parameters
            .iter()
            .any(|parameter| parameter.gives_pools && self.keyword(made.site, &parameter.name).is_some());
        mounts && given == 0 && !self.mounts_cover_all(made)
    }

    /// Whether the pools given in a mapping serve every request: mounted for `all://`, or for both schemes.
    fn mounts_cover_all(&self, made: &Made) -> bool {
        let Some(found) = self.project.catalog.constructor(&made.symbol) else { return false };
        let mounts = found.constructor.parameters.iter().filter(|parameter| parameter.gives_pools);
        let given = mounts.filter_map(|parameter| self.keyword(made.site, &parameter.name));
        let mut prefixes: Vec<String> = Vec::new();
        for possible in given.flat_map(|mapping| self.eval(mapping, &made.frame)) {
            let Thing::Mapping(mapping, _) = possible.thing else { continue };
            let ExprKind::Mapping(items) = &self.expr(mapping).kind else { continue };
            prefixes.extend(items.iter().filter_map(|(key, _)| match &self.project.facts(mapping.file).expr((*key)?).kind {
                ExprKind::Text(text) => Some(text.to_string()),
                _ => None,
            }));
        }
        let has = |prefix: &str| prefixes.iter().any(|known| known == prefix);
        has("all://") || (has("http://") && has("https://"))
    }

    /// Calls that make a pool or a client, once per place.
    fn pool_calls(&self) -> Vec<Rc<Made>> {
        let catalog = self.project.catalog;
        let mut names: FxHashSet<&str> = FxHashSet::default();
        for library in catalog.libraries() {
            for constructor in &library.constructors {
                names.extend(constructor.symbols.iter().map(|symbol| last_part(symbol)));
                names.extend(constructor.methods.keys().map(String::as_str));
            }
        }
        self.objects_made_by(&names, &|symbol| {
            let Some(constructor) = catalog.constructor(symbol).map(|found| found.constructor) else { return false };
            constructor.makes.owns_a_pool()
                || constructor.makes == Makes::Session
                || (constructor.makes == Makes::Factory && constructor.parameters.iter().any(|parameter| parameter.gives_pool))
        })
    }

    /// What the objects make that are made here and called somewhere (`Session = sessionmaker(engine)`, `Session()`).
    fn made_by_calling(&self, constructions: &FxHashMap<ExprRef, (Rc<Made>, Construction)>) -> Vec<Rc<Made>> {
        let mut makers: Vec<_> = constructions.values().map(|(made, _)| made).filter(|made| self.makes_when_called(made)).collect();
        makers.sort_by_key(|made| made.site);
        let calls = makers.into_iter().flat_map(|made| self.landings(made.site)).filter(|landing| !landing.handed_on);
        let made = calls.filter_map(|landing| {
            self.seen_open(landing.call).iter().find_map(|possible| match &possible.thing {
                Thing::Made(made) if made.site == landing.call => Some(made.clone()),
                _ => None,
            })
        });
        made.collect()
    }

    fn resolved(&self, made: &Rc<Made>, construction: &Construction) -> Option<ResolvedPool<'p>> {
        let found = self.project.catalog.constructor(&made.symbol)?;
        let kind = match &construction.kind {
            Some(name) => found.library.pools.iter().find(|kind| kind.name == *name)?,
            None => found.pool?,
        };
        let demanded = self.project.demanded(found.library, made.site.file);
        let handed = construction.unknown_pool.is_some() && construction.pools.is_empty();
        let mut settings = Vec::new();
        for setting in &kind.settings {
            let given = construction.given.iter().find(|given| given.name == setting.name);
            let hidden = handed && matches!(setting.role, Role::Total | Role::PerHost | Role::Idle | Role::Hosts | Role::Block);
            let value = match given {
                _ if hidden => Value::unknown("the pool comes from outside"),
                Some(given) if !construction.disabled.contains(&given.name) => {
                    let value = self.given_value(setting, &given.possibles, &demanded, found.library);
                    match given.or_default {
                        Some(sure) => either(value, library_default(setting, &demanded, found.library), sure),
                        None => value,
                    }
                }
                _ => library_default(setting, &demanded, found.library),
            };
            // Of a pool that it has on some ways only, or is given what nobody knows, no more can be said than that.
            let is_open = construction.may_have_own || (construction.may_be_given_more && value.how == How::Default);
            let value = if is_open { Value { certainty: Certainty::Assumed, ..value } } else { value };
            let written_at = given.and_then(|given| given.written_at);
            settings.push(ResolvedSetting { name: setting.name.clone(), role: setting.role, value, written_at, quiet: setting.quiet });
        }
        for setting in &kind.settings {
            let Some(leader) = &setting.follows else { continue };
            let is_given = |settings: &[ResolvedSetting], name: &str| {
                settings.iter().any(|other| other.name == *name && other.value.how != How::Default)
            };
            if is_given(&settings, leader) && !is_given(&settings, &setting.name) {
                let value = settings.iter().find(|other| other.name == *leader).map(|other| other.value.clone());
                if let (Some(value), Some(follower)) = (value, settings.iter_mut().find(|other| other.name == setting.name)) {
                    follower.value = value;
                }
            }
        }
        let capacity = capacity(kind, &settings);
        Some(ResolvedPool {
            made: made.clone(),
            library: found.library,
            constructor: found.constructor,
            kind,
            quirks: self.project.quirks_of(kind, &demanded, made.site.file),
            demanded,
            settings,
            capacity,
            clients: Vec::new(),
            carriers: construction.carriers.clone(),
            ignored: construction.unknown_pool.and_then(|at| given_and_disabled(construction, at)).into_iter().collect(),
            opens_nothing: construction.opens_nothing,
            is_on_some_ways: construction.may_have_own,
            may_be_given_more: construction.may_be_given_more,
            is_left_alone: found.constructor.makes == Makes::Pool && self.is_left_alone(made.site),
            bound_to: self.bound_name(made.site),
        })
    }

    fn given_value(&self, setting: &Setting, possibles: &super::thing::Possibles, demanded: &Demanded, library: &Library) -> Value {
        let takes_none =
            setting.unlimited.iter().any(|literal| matches!(literal, crate::catalog::library::Literal::Word(word) if word == "none"));
        let nothing_only = possibles.iter().all(|possible| matches!(possible.thing, Thing::Nothing));
        if nothing_only && !takes_none {
            return library_default(setting, demanded, library);
        }
        let known: Vec<_> = possibles.iter().filter(|possible| takes_none || !matches!(possible.thing, Thing::Nothing)).cloned().collect();
        let mut value = value_of(&known, &setting.unlimited);
        if setting.milliseconds && known.iter().all(|possible| matches!(possible.thing, Thing::Number(_))) {
            value.amount = match value.amount {
                Amount::One(number) => Amount::One(number / 1000.0),
                Amount::Several(all) => Amount::of(all.into_iter().map(|number| number / 1000.0).collect()),
                other => other,
            };
        }
        // A truth where a number is meant, or the other way round, is left as it is: the library would refuse it.
        if matches!(value.amount, Amount::Text(_)) && matches!(setting.role, Role::Total | Role::PerHost | Role::Idle) {
            value = Value { amount: Amount::Unknown("not a number".into()), how: How::Unknown, ..value };
        }
        value
    }

    /// The settings of a client of another library than its pool's, with that library's defaults.
    pub fn defaults_of_client(&self, client: &Made, pool: &ResolvedPool<'_>) -> Vec<(&'p Setting, Value)> {
        let Some(found) = self.project.catalog.constructor(&client.symbol) else { return Vec::new() };
        let Some(kind) = found.pool.filter(|_| found.library.name != pool.library.name) else { return Vec::new() };
        let demanded = self.project.demanded(found.library, client.site.file);
        kind.settings.iter().map(|setting| (setting, library_default(setting, &demanded, found.library))).collect()
    }

    /// Whether nothing is done with what a call makes.
    fn is_left_alone(&self, site: ExprRef) -> bool {
        let facts = self.project.facts(site.file);
        if facts.expr(site.expr).parent.is_some() {
            return false;
        }
        let scope_id = facts.expr(site.expr).scope;
        let bound = facts.scope(scope_id).statements.iter().find_map(|statement| match &statement.kind {
            StatementKind::Bind { target: Target::Name(name), value, .. } if *value == site.expr => Some(Some(name)),
            StatementKind::Evaluate(value) if *value == site.expr => Some(None),
            _ => None,
        });
        match bound {
            Some(Some(name)) if facts.scope(scope_id).kind == crate::facts::ScopeKind::Function => {
                let inside = |scope| facts.sees(scope, scope_id);
                !facts.expressions.iter().any(|expr| matches!(&expr.kind, ExprKind::Name(said) if said == name) && inside(expr.scope))
            }
            Some(None) => true,
            _ => false,
        }
    }

    /// The name or attribute that a construction is bound to, for keys and messages.
    pub(crate) fn bound_name(&self, site: ExprRef) -> String {
        let facts = self.project.facts(site.file);
        let mut at = site.expr;
        for _ in 0..8 {
            let scope = facts.scope(facts.expr(at).scope);
            for statement in &scope.statements {
                if let StatementKind::Bind { target, value, .. } = &statement.kind {
                    let entered = matches!(facts.expr(*value).kind, ExprKind::Entered(inner) if inner == at);
                    if *value == at || entered {
                        return match target {
                            Target::Name(name) | Target::Attribute { name, .. } => name.to_string(),
                            Target::Subscript { .. } => String::new(),
                        };
                    }
                }
            }
            match facts.expr(at).parent {
                Some(parent) => at = parent,
                None => break,
            }
        }
        String::new()
    }
}

fn given_and_disabled(construction: &Construction, because_of: Span) -> Option<Ignored> {
    let given: Vec<_> = construction.given.iter().filter(|given| given.by_name && construction.disabled.contains(&given.name)).collect();
    let written_at = given.iter().find_map(|given| given.written_at)?;
    Some(Ignored {
        settings: given.iter().filter(|given| given.written_at.is_some()).map(|given| given.name.clone()).collect(),
        written_at,
        because_of,
    })
}

/// Most clients between a pool and the outermost client that is handed it.
const MAX_CLIENTS: usize = 6;

/// The constructions that a client is handed, directly or through other clients.
fn handed(constructions: &FxHashMap<ExprRef, (Rc<Made>, Construction)>, client: ExprRef) -> Vec<ExprRef> {
    let (mut found, mut level) = (Vec::new(), vec![client]);
    for _ in 0..MAX_CLIENTS {
        let mut next = Vec::new();
        let constructions = level.iter().filter_map(|from| constructions.get(from));
        for (inner, _) in constructions.flat_map(|(_, construction)| &construction.pools) {
            if !found.contains(&inner.site) {
                found.push(inner.site);
                next.push(inner.site);
            }
        }
        level = next;
    }
    found
}

/// The library's default in the newest version that the project may run with, with its source; less sure where an older one has another.
fn library_default(setting: &Setting, demanded: &Demanded, library: &Library) -> Value {
    let default = default_for(setting, &demanded.versions);
    let amount_of = |default: &DefaultValue| amount_of_literal(&default.value, &setting.unlimited);
    let of = match (&demanded.exact, &demanded.said) {
        (Some(version), _) => format!("{} {version}", library.name),
        _ if !demanded.versions.are_bounded() => format!("{} {}", library.name, library.checked),
        (None, Some((said, _))) => said.clone(),
        (None, None) => format!("the newest {} that is pinned", library.name),
    };
    let mut value = Value::library_default(amount_of(default), format!("default of {of}: {}", default.source));
    let other = other_default_for(setting, &demanded.versions);
    if other.is_some() {
        value.certainty = Certainty::Assumed;
    }
    if let Some((said, at)) = demanded.said.as_ref().filter(|_| setting.defaults.len() > 1) {
        let besides = other.map(|other| format!(" allows older versions too, whose default is {}", amount_of(other)));
        value.trail.insert(0, Step { at: Some(*at), said: format!("`{said}`{}", besides.unwrap_or_default()) });
    }
    value
}

/// What settings let through, by the shape of the pool.
fn capacity(kind: &PoolKind, settings: &[ResolvedSetting]) -> Capacity {
    let of = |role| settings.iter().find(|setting| setting.role == role);
    let value = |role| of(role).map(|setting| setting.value.clone());
    let (total, per_host, idle) = (value(Role::Total), value(Role::PerHost), value(Role::Idle));
    let mut at_limit = kind.at_limit;
    let (effective, decided_by) = match kind.shape {
        Shape::Fixed if at_limit == AtLimit::Unbounded && total.is_none() && per_host.is_none() => {
            (Value::library_default(Amount::Unbounded, "this kind of pool has no limit"), String::new())
        }
        Shape::Fixed => smaller(of(Role::Total), of(Role::PerHost), of(Role::Idle)),
        Shape::BlockingFlag => {
            match of(Role::Block).map(|setting| &setting.value.amount) {
                Some(Amount::Truth(true)) => at_limit = AtLimit::Wait,
                Some(Amount::One(number)) if *number != 0.0 => at_limit = AtLimit::Wait,
                _ => {}
            }
            smaller(of(Role::Total), of(Role::PerHost), of(Role::Idle))
        }
        Shape::SizeAndOverflow => (
            size_and_overflow(total.as_ref(), value(Role::Overflow).as_ref()),
            of(Role::Total).map_or_else(String::new, |setting| setting.name.clone()),
        ),
        Shape::IdleOnly => smaller(of(Role::Idle), None, None),
    };
    let acquire_timeout = value(Role::AcquireTimeout);
    Capacity { total, per_host, idle, effective, decided_by, at_limit, acquire_timeout }
}

/// The smaller of the total and the per-host limit; what is kept where there is neither.
fn smaller(total: Option<&ResolvedSetting>, per_host: Option<&ResolvedSetting>, kept: Option<&ResolvedSetting>) -> (Value, String) {
    let pick = |setting: &ResolvedSetting| (setting.value.clone(), setting.name.clone());
    match (total, per_host) {
        (Some(total), Some(per_host)) => match (total.value.amount.greatest(), per_host.value.amount.greatest()) {
            (Some(a), Some(b)) if b <= a && b.is_finite() => pick(per_host),
            (Some(_), Some(_)) => pick(total),
            // One side unknown: the other is only an upper end.
            (Some(a), None) if a.is_infinite() => pick(per_host),
            (None, Some(b)) if b.is_infinite() => pick(total),
            (Some(_), None) => pick(per_host),
            _ => pick(total),
        },
        (Some(only), None) | (None, Some(only)) => pick(only),
        (None, None) => kept.map_or_else(|| (Value::unknown("the library has no limit that is known"), String::new()), pick),
    }
}

fn size_and_overflow(size: Option<&Value>, overflow: Option<&Value>) -> Value {
    let (Some(size), Some(overflow)) = (size, overflow) else { return Value::unknown("no size") };
    let (Some(a), Some(b)) = (size.amount.greatest(), overflow.amount.greatest()) else {
        let unknown = if size.amount.is_unknown() { size } else { overflow };
        return unknown.clone();
    };
    let mut trail = size.trail.clone();
    trail.extend(overflow.trail.iter().cloned());
    trail.push(Step { at: None, said: format!("size {} + overflow {}", show_number(a), show_number(b)) });
    let certainty = size.certainty.min(overflow.certainty);
    let amount = if (a + b).is_infinite() { Amount::Unbounded } else { Amount::One(a + b) };
    let declared = certainty > Certainty::Default;
    Value {
        amount,
        certainty,
        how: if declared { How::Expression } else { How::Default },
        defined_at: size.defined_at.or(overflow.defined_at),
        trail,
        same_as: Vec::new(),
    }
}
