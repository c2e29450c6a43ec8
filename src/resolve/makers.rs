//! The calls that make objects of libraries, by whatever name: the constructor's own, an alias, a subclass, `cls`, a function with its
//! first arguments, a parameter that a class is handed in by.

use std::cmp::Reverse;
use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::eval::Evaluator;
use super::index::last_name;
use super::project::Loaded;
use super::thing::{ExprRef, Made, Thing, last_part};
use crate::facts::{ExprId, ExprKind, FileFacts, StatementKind, Target};

impl Evaluator<'_> {
    /// Objects that constructors with these names make, once per place. `is_it` says which symbols a subclass may derive from.
    pub(super) fn objects_made_by(&self, names: &FxHashSet<&str>, is_it: &dyn Fn(&str) -> bool) -> Vec<Rc<Made>> {
        let derived = self.project.derived_classes().filter(|class| self.ancestry(*class).1.iter().any(|symbol| is_it(symbol)));
        let derived = derived.inspect(|class| self.want_name(&self.scope(*class).name, *class));
        let subclasses: FxHashSet<&str> = derived.map(|class| &*self.scope(class).name).collect();
        let made_at = |at: ExprRef, thing: &Thing| {
            let made = match thing {
                Thing::Made(made) => made.clone(),
                Thing::Partial(inner, site, frame) => match &**inner {
                    Thing::Symbol(symbol) => {
                        Rc::new(Made { symbol: symbol.clone(), site: *site, frame: frame.clone(), class: None, before: None })
                    }
                    _ => return None,
                },
                _ => return None,
            };
            (made.site == at && is_it(&made.symbol)).then_some(made)
        };
        let mut found: Vec<Rc<Made>> = Vec::new();
        for (file, loaded) in self.project.loaded().iter().enumerate() {
            let aliases = aliases_of(loaded, names);
            for (name, calls) in &loaded.index.calls {
                let wanted = names.contains(&**name)
                    || subclasses.contains(&**name)
                    || aliases.contains(&**name)
                    || &**name == "partial"
                    || &**name == "cls";
                if !wanted {
                    continue;
                }
                for call in calls {
                    let at = ExprRef { file: file as u32, expr: *call };
                    // Most calls with such a name (`get`) make nothing of the kind, and are not worth reading more for.
                    if !self.scout().seen_open(at).iter().any(|possible| made_at(at, &possible.thing).is_some()) {
                        continue;
                    }
                    // Of several that an import may have brought, the one whose arguments these are; else the one that is wanted first.
                    let seen = self.seen_open(at);
                    let made = seen.iter().filter_map(|possible| made_at(at, &possible.thing));
                    found.extend(made.min_by_key(|made| Reverse(self.keywords_known(made))));
                }
            }
        }
        let mut known: FxHashSet<ExprRef> = found.iter().map(|made| made.site).collect();
        for mention in self.mentions_as_value(names, is_it) {
            for call in self.landings(mention).into_iter().filter(|landing| !landing.handed_on).map(|landing| landing.call) {
                if !known.insert(call) {
                    continue;
                }
                let made: Vec<_> = self.seen_open(call).iter().filter_map(|possible| made_at(call, &possible.thing)).collect();
                // One place that makes pools of several kinds has no settings that hold for all of them.
                if made.windows(2).all(|pair| self.kind_made_by(&pair[0]) == self.kind_made_by(&pair[1])) {
                    found.extend(made.into_iter().next());
                }
            }
        }
        found
    }

    /// Where constructors are said without being called, as arguments, defaults and other values: `connect(httpx.AsyncClient)`.
    fn mentions_as_value(&self, names: &FxHashSet<&str>, is_it: &dyn Fn(&str) -> bool) -> Vec<ExprRef> {
        let all = self.project.loaded().iter().enumerate().flat_map(|(file, loaded)| {
            let said = loaded.index.mentions.iter().filter(|(name, _)| names.contains(&***name)).flat_map(|(_, mentions)| mentions);
            // What stands alone is an annotation, or bound to a name that is an alias.
            said.filter(|mention| loaded.facts.expr(**mention).parent.is_some()).map(move |expr| ExprRef { file: file as u32, expr: *expr })
        });
        let means_it = |at: &ExprRef| {
            self.scout().seen_open(*at).iter().any(|possible| matches!(&possible.thing, Thing::Symbol(symbol) if is_it(symbol)))
        };
        let mut found: Vec<_> = all.filter(|at| !self.is_rust(at.file)).filter(means_it).collect();
        found.sort_unstable();
        found
    }

    /// The kind of pool that a construction makes: its library and the name there.
    fn kind_made_by(&self, made: &Made) -> Option<(&str, &str)> {
        let found = self.project.catalog.constructor(&made.symbol)?;
        Some((&*found.library.name, found.pool.map_or("", |pool| &*pool.name)))
    }

    /// How many of the keywords of a construction are parameters of the constructor.
    fn keywords_known(&self, made: &Made) -> usize {
        let Some(found) = self.project.catalog.constructor(&made.symbol) else { return 0 };
        found.constructor.parameters.iter().filter(|parameter| self.keyword(made.site, &parameter.name).is_some()).count()
    }
}

/// What a binding makes another name for; of a `partial`, the function that it is made from.
fn made_from(facts: &FileFacts, value: ExprId) -> ExprId {
    match &facts.expr(value).kind {
        ExprKind::Call { callee, arguments } if last_name(facts, *callee).is_some_and(|name| &**name == "partial") => {
            arguments.first().map_or(value, |first| first.value)
        }
        _ => value,
    }
}

/// Local names that stand for something imported under another name.
fn aliases_of<'l>(loaded: &'l Loaded, names: &FxHashSet<&str>) -> FxHashSet<&'l str> {
    let mut aliases: FxHashSet<&str> = FxHashSet::default();
    for scope in &loaded.facts.scopes {
        // `def __init__(self, make=aiohttp.ClientSession)`
        for parameter in &scope.parameters {
            let default = parameter.default.and_then(|default| last_name(&loaded.facts, default));
            if default.is_some_and(|last| names.contains(&**last)) {
                aliases.insert(&*parameter.name);
            }
        }
    }
    for scope in &loaded.facts.scopes {
        for statement in &scope.statements {
            match &statement.kind {
                StatementKind::Import(import) => {
                    let item = import.item.as_deref().unwrap_or_else(|| last_part(&import.path));
                    if *item != *import.local && names.contains(item) {
                        aliases.insert(&*import.local);
                    }
                }
                // `make = aiohttp.ClientSession`, `make = partial(aiohttp.ClientSession, …)`
                StatementKind::Bind { target: Target::Name(name) | Target::Attribute { name, .. }, value, .. }
                    if last_name(&loaded.facts, made_from(&loaded.facts, *value))
                        .is_some_and(|last| names.contains(&**last) || aliases.contains(&**last)) =>
                {
                    aliases.insert(&**name);
                }
                _ => {}
            }
        }
    }
    aliases
}
