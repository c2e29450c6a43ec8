//! The calls that make objects of libraries, by whatever name: the constructor's own, an alias, a subclass, `cls`, a function with its
//! first arguments.

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
        let mut found = Vec::new();
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
                    let made = self.seen_open(at).iter().filter_map(|possible| made_at(at, &possible.thing)).collect::<Vec<_>>();
                    found.extend(made.into_iter().min_by_key(|made| Reverse(self.keywords_known(made))));
                }
            }
        }
        found
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
