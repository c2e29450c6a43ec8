//! What one construction of a library's object says: the settings it is given, the pools it is handed, and what is set on it later.

use std::rc::Rc;

use super::eval::Evaluator;
use super::guards::Guard;
use super::thing::{Binding, ExprRef, Frame, Made, Possible, Possibles, ScopeRef, Thing};
use crate::catalog::Found;
use crate::catalog::library::{Literal, Makes, Parameter, UrlKind};
use crate::catalog::names::matches;
use crate::facts::{ExprKind, ParameterKind, StatementKind, Target};
use crate::text::Span;
use crate::value::{Certainty, How};

/// Deepest chain of carriers and subclasses.
const MAX_NESTING: u32 = 5;

/// What a construction says.
#[derive(Default, Debug)]
pub struct Construction {
    /// Settings that are given, by name.
    pub given: Vec<GivenSetting>,
    /// Pools or clients that it is handed, with the place.
    pub pools: Vec<(Rc<Made>, Span)>,
    /// Whether it is handed something that may be a pool and is not known.
    pub unknown_pool: Option<Span>,
    /// Whether the program hands it a pool on some ways and none on others: then it makes one of its own.
    pub may_have_own: bool,
    /// Whether it may be given more than is known (`**options`).
    pub may_be_given_more: bool,
    /// Whether it is handed something that opens no connection.
    pub opens_nothing: bool,
    /// Settings that have no effect since a pool is handed over, by name.
    pub disabled: Vec<String>,
    /// The kind of pool that an argument chooses (`poolclass=NullPool`).
    pub kind: Option<String>,
    /// Objects that carry its settings.
    pub carriers: Vec<ExprRef>,
}

/// A setting that a construction is given.
#[derive(Clone, Debug)]
pub struct GivenSetting {
    /// Its name.
    pub name: String,
    /// What it can be.
    pub possibles: Possibles,
    /// Where it is written.
    pub written_at: Option<Span>,
    /// Whether it is given under its own name: an argument of another name has other effects too.
    pub by_name: bool,
    /// Where it may not be given at all: how sure the library's default is then at most.
    pub or_default: Option<Certainty>,
    /// The one guard that it is given behind.
    pub(super) beside: Option<Guard>,
}

impl Construction {
    pub(super) fn set(&mut self, name: &str, possibles: Possibles, written_at: Option<Span>) {
        self.put(GivenSetting { name: name.to_string(), possibles, written_at, by_name: true, or_default: None, beside: None });
    }

    pub(super) fn put(&mut self, setting: GivenSetting) {
        self.given.retain(|given| given.name != setting.name);
        self.given.push(setting);
    }
}

impl Evaluator<'_> {
    /// What a construction says; `None` where the catalog does not know the symbol.
    pub fn construction_of(&self, made: &Rc<Made>) -> Option<Construction> {
        self.construct(made, 0)
    }

    fn construct(&self, made: &Rc<Made>, depth: u32) -> Option<Construction> {
        let found = self.project.catalog.constructor(&made.symbol)?;
        let mut result = Construction::default();
        for (name, default) in &found.constructor.overrides {
            let mut possible = Possible::literal(literal_thing(&default.value), self.span(made.site)).at_most(Certainty::Default);
            possible.how = How::Default;
            possible.defined_at = None;
            result.set(name, vec![possible], None);
        }
        if depth > MAX_NESTING {
            return Some(result);
        }
        if let Some((call, frame)) = self.library_call(made) {
            result.may_be_given_more = self.unpacks_unknown(call, &frame);
            for (number, parameter) in found.constructor.parameters.iter().enumerate() {
                let position = found.constructor.takes_by_position(parameter).then_some(number);
                self.take_parameter(&mut result, made, &found, parameter, call, &frame, position, depth);
            }
        }
        self.take_receiver(&mut result, made, &found, depth);
        self.take_setters(&mut result, made, &found, depth);
        self.take_assignments(&mut result, made, &found);
        Some(result)
    }

    /// The call whose arguments reach the library's constructor: the construction itself, or `super().__init__(…)` of a subclass.
    pub(super) fn library_call(&self, made: &Rc<Made>) -> Option<(ExprRef, Frame)> {
        let mut at = (made.site, made.frame.clone());
        let mut class = match made.class {
            Some(class) => class,
            None => return Some(at),
        };
        for _ in 0..MAX_NESTING {
            let Some(init) = self.find_method(class, "__init__") else { return Some(at) };
            let inner = self.method_frame(init, Thing::Made(made.clone()), Some(at.clone()), &at.1);
            let call = self.super_init(init)?;
            at = (call, inner);
            let owner = self.enclosing_method(init).map(|(_, owner)| owner)?;
            let next = self.ancestry(owner).0.iter().skip(1).copied().find(|base| self.own_method(*base, "__init__").is_some());
            match next {
                Some(next) => class = next,
                None => return Some(at),
            }
        }
        None
    }

    /// The `super().__init__(…)` or `Base.__init__(self, …)` call in a constructor.
    fn super_init(&self, init: ScopeRef) -> Option<ExprRef> {
        let calls = self.project.tables(init.file).calls.get("__init__")?;
        calls.iter().map(|call| ExprRef { file: init.file, expr: *call }).find(|call| self.scope_of(*call) == init)
    }

    #[allow(clippy::too_many_arguments)]
    pub(super) fn take_parameter(
        &self,
        result: &mut Construction,
        made: &Made,
        found: &Found<'_>,
        parameter: &Parameter,
        call: ExprRef,
        frame: &Frame,
        position: Option<usize>,
        depth: u32,
    ) {
        let position = position.map(|position| position + self.self_offset(call));
        let before = made.before.as_ref().filter(|_| call == made.site);
        let given = match before {
            Some(before) => {
                let binding = Binding { call, caller: frame.clone(), skip: 0, before: Some(before.clone()), packed: None };
                let kind = if position.is_some() { ParameterKind::Any } else { ParameterKind::Keyword };
                self.bound_argument(&binding, position.unwrap_or_default(), kind, &parameter.name)
            }
            None => self.argument(call, frame, position, &parameter.name),
        };
        let Some(given) = given else { return };
        let written_at = self
            .keyword(call, &parameter.name)
            .or_else(|| position.and_then(|position| self.positional(call, position)))
            .or_else(|| before.and_then(|before| self.keyword(before.call, &parameter.name)))
            .map(|at| self.span(at));
        let at = written_at.unwrap_or_else(|| self.span(call));
        self.take_given(result, found, parameter, given, at, written_at, depth, made.site.file);
    }

    /// `Base.__init__(self, …)` gives the object by position.
    pub(super) fn self_offset(&self, call: ExprRef) -> usize {
        let ExprKind::Call { callee, .. } = self.expr(call).kind else { return 0 };
        let facts = self.project.facts(call.file);
        match &facts.expr(callee).kind {
            ExprKind::Attribute { object, name, .. } if &**name == "__init__" => {
                usize::from(!matches!(facts.expr(*object).kind, ExprKind::Call { .. }))
            }
            _ => 0,
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn take_given(
        &self,
        result: &mut Construction,
        found: &Found<'_>,
        parameter: &Parameter,
        given: Possibles,
        at: Span,
        written_at: Option<Span>,
        depth: u32,
        file: u32,
    ) {
        let catalog = self.project.catalog;
        if !parameter.urls.is_empty() {
            result.kind = self.kind_of_urls(parameter, &given, found, file);
        }
        let mut plain = Vec::new();
        let mut carried: Vec<Construction> = Vec::new();
        let (mut handed, mut not_handed) = (false, false);
        for possible in given {
            match &possible.thing {
                Thing::Nothing if parameter.carrier || parameter.gives_pool => {
                    not_handed |= parameter.gives_pool;
                    if !parameter.carrier && !parameter.sets.is_empty() {
                        plain.push(possible);
                    } else if parameter.carrier && !parameter.sets.is_empty() {
                        // `timeout=None` is a value of its own, unlike `limits=None`.
                        plain.push(possible);
                    }
                }
                Thing::Made(inner) => match catalog.constructor(&inner.symbol).map(|found| found.constructor.makes) {
                    Some(Makes::Carrier) if parameter.carrier => {
                        if let Some(mut inner_result) = self.construct(inner, depth + 1) {
                            inner_result.carriers.push(inner.site);
                            carried.push(inner_result);
                        }
                    }
                    Some(Makes::Pool | Makes::Client | Makes::Session | Makes::Factory)
                        if parameter.gives_pool || parameter.gives_pools =>
                    {
                        result.pools.push((inner.clone(), at));
                        handed |= parameter.gives_pool;
                    }
                    Some(Makes::Nothing) if parameter.gives_pool => result.opens_nothing = true,
                    _ if parameter.gives_pool => {
                        result.unknown_pool = Some(at);
                        handed = true;
                    }
                    _ => plain.push(Possible::unknown("an object that is not followed")),
                },
                Thing::Symbol(symbol) if parameter.kinds.contains_key(&**symbol) => result.kind = parameter.kinds.get(&**symbol).cloned(),
                Thing::Text(text) if !parameter.query.is_empty() => take_query(result, parameter, text, &possible, written_at),
                Thing::Mapping(mapping, inner) if !parameter.mapping.is_empty() => {
                    for name in &parameter.mapping {
                        if let Some(value) = self.key(*mapping, inner, name) {
                            result.set(name, value, written_at);
                        }
                    }
                }
                Thing::Mapping(mapping, inner) if parameter.gives_pools => self.take_mounts(result, *mapping, inner, at),
                Thing::Unknown(_) | Thing::Foreign(_) | Thing::Part(..) | Thing::Object(_) | Thing::Symbol(_) if parameter.gives_pool => {
                    result.unknown_pool = Some(at);
                    handed = true;
                }
                Thing::Symbol(symbol) => match catalog.constant(symbol) {
                    Some(constant) => plain.push(Possible { thing: literal_thing(&constant.value), ..possible.clone() }),
                    None => plain.push(Possible::unknown(format!("`{symbol}` is not known"))),
                },
                _ => plain.push(possible),
            }
        }
        result.may_have_own |= not_handed && handed && result.unknown_pool.is_none();
        if handed {
            result.disabled.extend(parameter.disables.iter().cloned());
        }
        let carried_any = !carried.is_empty();
        for carrier in carried {
            for setting in carrier.given {
                result.set(&setting.name, setting.possibles, setting.written_at.or(written_at));
            }
            result.carriers.extend(carrier.carriers);
        }
        let plain_known = plain.iter().any(|possible| !possible.is_unknown());
        if plain.is_empty() || (carried_any && !plain_known) {
            return;
        }
        if !parameter.sets.is_empty() {
            for name in &parameter.sets {
                if !carried_any {
                    result.set(name, plain.clone(), written_at);
                    if let Some(given) = result.given.last_mut() {
                        given.by_name = parameter.name == *name;
                    }
                }
            }
        } else if parameter.carrier && !carried_any {
            for name in carried_by(found, parameter) {
                result.set(
                    &name,
                    vec![Possible::unknown(format!("`{}` is given, and what it carries is not known", parameter.name))],
                    written_at,
                );
            }
        }
    }

    /// The kind of pool that a URL makes; `None` where it makes the usual one, or where it can be of several sorts.
    fn kind_of_urls(&self, parameter: &Parameter, given: &Possibles, found: &Found<'_>, file: u32) -> Option<String> {
        let versions = self.project.demanded(found.library, file).versions;
        let holds = |url: &&UrlKind| versions.newest_is_within(url.since.as_deref(), url.until.as_deref());
        let kind_of = |possible: &Possible| match &possible.thing {
            Thing::Text(text) => {
                let fits = |url: &&UrlKind| url.like.iter().any(|pattern| matches(pattern, text));
                parameter.urls.iter().filter(holds).find(fits).map(|url| url.pool.clone())
            }
            _ => None,
        };
        let first = given.first().and_then(kind_of);
        first.filter(|first| given.iter().all(|possible| kind_of(possible).as_ref() == Some(first)))
    }

    /// `config.create_pool()`: what the configuration carries; `Session()`: the pool that its maker was given.
    fn take_receiver(&self, result: &mut Construction, made: &Rc<Made>, found: &Found<'_>, depth: u32) {
        if !found.constructor.receiver_carries {
            return;
        }
        let has_pool = !result.pools.is_empty() || result.unknown_pool.is_some();
        let Some(receiver) = self.maker(made.site, &made.frame) else { return };
        for possible in self.eval(receiver, &made.frame) {
            let Thing::Made(carrier) = possible.thing else { continue };
            let Some(carried) = self.construct(&carrier, depth + 1) else { continue };
            if !has_pool {
                result.pools.extend(carried.pools);
            }
            for setting in carried.given {
                result.set(&setting.name, setting.possibles, setting.written_at);
            }
            result.carriers.push(carrier.site);
        }
    }

    /// The object that a call makes something from: what its method is called on, or what is called itself.
    fn maker(&self, call: ExprRef, frame: &Frame) -> Option<ExprRef> {
        let ExprKind::Call { callee, .. } = self.expr(call).kind else { return None };
        let callee = ExprRef { file: call.file, expr: callee };
        let is_called = self.seen(callee, frame).iter().any(|possible| matches!(&possible.thing, Thing::Made(_)));
        if is_called { Some(callee) } else { self.receiver(call) }
    }

    /// Where an object that is made for a pool gets it from: the argument that gives it, else what makes the object.
    pub fn pool_given_by(&self, made: &Made) -> Option<ExprRef> {
        let found = self.project.catalog.constructor(&made.symbol)?;
        let mut parameters = found.constructor.parameters.iter().enumerate().filter(|(_, parameter)| parameter.gives_pool);
        let given = parameters.find_map(|(number, parameter)| {
            let position = found.constructor.takes_by_position(parameter).then_some(number);
            self.keyword(made.site, &parameter.name).or_else(|| self.positional(made.site, position?))
        });
        given.or_else(|| self.maker(made.site, &made.frame))
    }

    /// `mounts={"https://": transport}`.
    fn take_mounts(&self, result: &mut Construction, mapping: ExprRef, frame: &Frame, at: Span) {
        let ExprKind::Mapping(items) = &self.expr(mapping).kind else { return };
        for (_, value) in items {
            for possible in self.eval(ExprRef { file: mapping.file, expr: *value }, frame) {
                if let Thing::Made(inner) = possible.thing {
                    result.pools.push((inner, at));
                }
            }
        }
    }

    /// Attributes assigned after the construction (`config.max_pool_connections = 50`).
    fn take_assignments(&self, result: &mut Construction, made: &Rc<Made>, found: &Found<'_>) {
        for attribute in &found.constructor.assignable {
            // `timeouts.wait` is an attribute of an attribute.
            let (of, name) = attribute.rsplit_once('.').unwrap_or(("", attribute));
            for &(file, scope, number) in self.project.attribute_sets(name) {
                let statement = &self.project.facts(file).scope(scope).statements[number as usize];
                let StatementKind::Bind { target: Target::Attribute { object, .. }, value, .. } = &statement.kind else { continue };
                let whole = of.rsplit('.').filter(|part| !part.is_empty()).try_fold(*object, |at, part| {
                    match &self.project.facts(file).expr(at).kind {
                        ExprKind::Attribute { object, name, .. } if **name == *part => Some(*object),
                        _ => None,
                    }
                });
                if !whole.is_some_and(|whole| self.is_made_at(ExprRef { file, expr: whole }, made)) {
                    continue;
                }
                let value = ExprRef { file, expr: *value };
                // Assigning to what is a parameter is giving it.
                if let Some(parameter) = found.constructor.parameters.iter().find(|parameter| parameter.name == *attribute) {
                    let (given, at) = (self.eval_open(value), self.span(value));
                    self.take_given(result, found, parameter, given, at, Some(at), 1, file);
                    continue;
                }
                let mut possibles: Possibles = self
                    .eval_open(value)
                    .into_iter()
                    .map(|possible| possible.after(statement.span, self.snippet(statement.span)))
                    .collect();
                // What only some ways assign leaves the other value possible.
                let scope_of_site = self.scope_of(made.site);
                let always = scope_of_site.file == file
                    && scope_of_site.scope == scope
                    && self.scope(scope_of_site).is_within(self.context_of(made.site), statement.context);
                if !always {
                    let before = result.given.iter().find(|given| given.name == *attribute).map(|given| given.possibles.clone());
                    match before {
                        Some(before) => possibles.extend(before),
                        None => possibles.push(Possible::unknown(format!("`{attribute}` is assigned on some ways only"))),
                    }
                }
                result.set(attribute, possibles, Some(self.span(value)));
            }
        }
    }

    /// Whether an expression can be the object made at a site, or one that shares it.
    pub(super) fn is_made_at(&self, at: ExprRef, made: &Made) -> bool {
        self.eval_open(at).iter().any(|possible| match &possible.thing {
            Thing::Made(found) => found.site == made.site,
            // Inside a subclass, `self` is the object.
            Thing::Object(object) => made.class.is_some_and(|class| self.ancestry(class).0.contains(&object.class)),
            _ => false,
        })
    }
}

/// `redis://host?max_connections=20`: settings in the query of a URL; arguments win over them.
fn take_query(result: &mut Construction, parameter: &Parameter, url: &str, from: &Possible, written_at: Option<Span>) {
    let Some((_, query)) = url.split_once('?') else { return };
    for (key, value) in query.split(['&', ';']).filter_map(|pair| pair.split_once('=')) {
        let Some(name) = parameter.query.iter().find(|name| name.eq_ignore_ascii_case(key)) else { continue };
        let possible = super::numbers::as_number(Possible { thing: Thing::Text(value.into()), ..from.clone() });
        result.set(name, vec![possible], written_at);
    }
}

/// Settings that an object given for a parameter may carry: those that carriers of the library set and no parameter sets by itself.
fn carried_by(found: &Found<'_>, parameter: &Parameter) -> Vec<String> {
    let direct: Vec<&String> =
        found.constructor.parameters.iter().filter(|other| other.name != parameter.name).flat_map(|other| &other.sets).collect();
    let carriers = found.library.constructors.iter().filter(|constructor| constructor.makes == Makes::Carrier);
    let mut names: Vec<String> = carriers
        .flat_map(|carrier| &carrier.parameters)
        .flat_map(|parameter| &parameter.sets)
        .filter(|name| !direct.contains(name))
        .cloned()
        .collect();
    names.sort();
    names.dedup();
    names
}

/// A catalog's literal as a thing.
pub(super) fn literal_thing(literal: &Literal) -> Thing {
    match literal {
        Literal::Truth(truth) => Thing::Truth(*truth),
        Literal::Number(number) => Thing::Number(*number),
        Literal::Word(word) => match word.as_str() {
            "none" => Thing::Nothing,
            "unlimited" => Thing::Number(f64::INFINITY),
            other => Thing::Text(Rc::from(other)),
        },
    }
}

/// A catalog's literal in words.
pub(super) fn literal_text(literal: &Literal) -> String {
    match literal {
        Literal::Truth(truth) => truth.to_string(),
        Literal::Number(number) => crate::value::show_number(*number),
        Literal::Word(word) => word.clone(),
    }
}
