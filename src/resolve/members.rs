//! Attributes: members of modules, classes and objects, wherever in the project they are set.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::eval::Evaluator;
use super::index::Binder;
use super::mapping::assumed_of;
use super::thing::{ExprRef, Frame, Object, Possible, Possibles, ScopeRef, Thing, dotted};
use crate::facts::{ArgumentKind, ExprKind, MODULE, ScopeKind, StatementKind};
use crate::value::How;

/// A class with its bases in the project, nearest first, and the library classes among its bases.
pub type Ancestry = (Vec<ScopeRef>, Vec<Rc<str>>);

/// Loaded classes by the classes of the project that they derive from, once all were looked at.
#[derive(Default)]
pub enum Descendants {
    /// Not asked for yet.
    #[default]
    Unknown,
    /// Being looked for: bases may hang on what subclasses say.
    Sought,
    /// All of them.
    Known(FxHashMap<ScopeRef, Rc<Vec<ScopeRef>>>),
}

/// Deepest chain of base classes.
const MAX_BASES: usize = 12;

impl Evaluator<'_> {
    /// `object.name`.
    pub(super) fn attribute(&self, at: ExprRef, object: ExprRef, name: &str, frame: &Frame) -> Possibles {
        let mut found = Vec::new();
        for possible in self.eval(object, frame) {
            found.extend(self.member(&possible, name, at, frame));
        }
        found
    }

    /// Member `name` of one thing.
    pub(super) fn member(&self, of: &Possible, name: &str, at: ExprRef, frame: &Frame) -> Possibles {
        let span = self.span(at);
        match &of.thing {
            Thing::Symbol(path) => match self.project.catalog.parser(path).filter(|parser| !parser.defines.is_empty()) {
                Some(parser) => self.flag_of_program(parser, name),
                None => self.framework_setting(path, name, at.file).unwrap_or_else(|| vec![self.symbol(dotted(path, name), span)]),
            },
            Thing::Module(file) => self
                .module_member(*file, name)
                .map(|mut found| {
                    let module = ScopeRef { file: *file, scope: MODULE };
                    found.extend(
                        self.assigned_outside(name, module, None, |thing| matches!(thing, Thing::Module(other) if other == file)).0,
                    );
                    found
                })
                .unwrap_or_else(|| vec![Possible::unknown(format!("`{name}` is not found in {}", self.project.path(*file)))]),
            Thing::Class(class) if self.is_rust(class.file) => {
                // A function that a derive or trait gives (`Args::parse`, `Settings::default`): it makes one.
                self.class_member(*class, name, &of.thing, frame).unwrap_or_else(|| vec![of.clone()])
            }
            Thing::Class(class) => self.member_of_class(*class, name, &of.thing, frame),
            // A wrapper that is looked through where it is a type: `State(state): State<AppState>`, `state.0`.
            Thing::Object(object) if name == "0" && self.is_rust(at.file) && !self.has_field(object.class, name) => vec![of.clone()],
            Thing::Object(object) => self.object_member(object, name, &of.thing, at, frame),
            Thing::Made(_) if name == "0" && self.is_rust(at.file) => vec![of.clone()],
            Thing::Made(made) => {
                if let Some(class) = made.class
                    && let Some(found) = self.class_member(class, name, &of.thing, frame)
                {
                    return found;
                }
                vec![Possible::literal(Thing::Part(made.clone(), Rc::from(name)), span)]
            }
            Thing::Part(made, path) => {
                let part = || vec![Possible::literal(Thing::Part(made.clone(), dotted(path, name)), span)];
                self.kept(&of.thing, name, at.file).unwrap_or_else(part)
            }
            Thing::Foreign(path) => {
                self.kept(&of.thing, name, at.file).unwrap_or_else(|| vec![Possible::literal(Thing::Foreign(dotted(path, name)), span)])
            }
            Thing::Options(parsed, inner) => self.option_now(*parsed, inner, name, at),
            Thing::Mapping(mapping, inner) => {
                self.key(*mapping, inner, name).unwrap_or_else(|| vec![Possible::unknown(format!("`{name}` of a mapping"))])
            }
            Thing::Path(_) if name == "parent" => vec![super::paths::above(of)],
            Thing::Document(_) => vec![self.child(of, name).unwrap_or_else(|| Possible::unknown(format!("key `{name}` is not set")))],
            Thing::Function(function, _) if name == "__wrapped__" => {
                vec![Possible::literal(Thing::Function(*function, self.open_frame(*function)), span)]
            }
            // A member of an enumeration is followed as what it stands for.
            Thing::Number(_) | Thing::Text(_) if matches!(name, "value" | "_value_") => vec![of.clone()],
            Thing::Unknown(why) => vec![Possible::unknown(why.clone())],
            _ => vec![Possible::unknown(format!("`{name}` of what is not an object"))],
        }
    }

    /// A member of a class itself: what its body says, and what is assigned to it by its own class methods or others.
    fn member_of_class(&self, class: ScopeRef, name: &str, of: &Thing, frame: &Frame) -> Possibles {
        let mut found = self.class_member(class, name, of, frame).unwrap_or_default();
        found.extend(self.assigned_by(&self.ancestry(class).0, name, of, frame, |method| self.has_decorator(method, &["classmethod"])));
        found.extend(self.assigned_outside(name, class, None, |thing| matches!(thing, Thing::Class(other) if *other == class)).0);
        if found.is_empty() {
            return vec![Possible::unknown(format!("`{name}` is not set in the class"))];
        }
        if found.iter().any(|possible| !matches!(possible.thing, Thing::Nothing | Thing::Unknown(_))) {
            found.retain(|possible| !matches!(possible.thing, Thing::Nothing));
        }
        found
    }

    /// `object[index]`.
    pub(super) fn subscript(&self, at: ExprRef, object: ExprRef, index: ExprRef, frame: &Frame) -> Possibles {
        if self.is_slice(index) {
            return vec![Possible::literal(Thing::Sequence(at, frame.clone()), self.span(at))];
        }
        let keys = self.eval(index, frame);
        if let Some(found) = self.folder_above(object, &keys, frame) {
            return found;
        }
        let mut found = Vec::new();
        for possible in self.eval(object, frame) {
            let keys_kept = keys.iter().map(|key| match &key.thing {
                Thing::Text(key) => self.kept(&possible.thing, key, at.file),
                _ => None,
            });
            if let Some(kept) = keys_kept.collect::<Option<Vec<_>>>().filter(|_| !keys.is_empty()) {
                found.extend(kept.into_iter().flatten());
                continue;
            }
            let read: Possibles = match &possible.thing {
                Thing::Document(_) => vec![possible.clone()],
                Thing::Made(made) => self.read_by(made).into_iter().collect(),
                Thing::Object(object) => self.readers_of(object.class).iter().filter_map(|made| self.read_by(made)).collect(),
                _ => Vec::new(),
            };
            if !read.is_empty() {
                found.extend(read.iter().flat_map(|document| keys.iter().map(|key| self.element(document, key))));
                continue;
            }
            for key in &keys {
                match (&possible.thing, &key.thing) {
                    (Thing::Mapping(mapping, inner), Thing::Text(key)) => {
                        let values = self.key(*mapping, inner, key);
                        let values = values.unwrap_or_else(|| vec![Possible::unknown(format!("key `{key}` is not set"))]);
                        found.extend(values.into_iter().map(|possible| assumed_of(possible, &keys)));
                    }
                    (Thing::Options(parsed, inner), Thing::Text(key)) => found.extend(self.option(*parsed, inner, key)),
                    (Thing::Sequence(list, inner), Thing::Number(number)) => match &self.expr(*list).kind {
                        ExprKind::List(items) if *number >= 0.0 && (*number as usize) < items.len() => {
                            found.extend(self.eval(ExprRef { file: list.file, expr: items[*number as usize] }, inner));
                        }
                        _ => found.push(Possible::unknown("an element of a sequence")),
                    },
                    (Thing::Symbol(path), Thing::Text(variable)) => found.extend(self.environment_item(path, variable, at)),
                    (Thing::Mapping(mapping, inner), _) => {
                        found.extend(self.values_for(*mapping, inner, &keys));
                        found.push(Possible::unknown("an element that is not followed"));
                    }
                    // What stands beside the type says who gives the value.
                    (Thing::Symbol(symbol), _) if super::thing::last_part(symbol) == "Annotated" => found.push(key.clone()),
                    // `List[int]`, `asyncio.Queue[str]`: the thing without its parameters.
                    (Thing::Symbol(_) | Thing::Class(_), _) => found.push(possible.clone()),
                    (Thing::Unknown(why), _) => found.push(Possible::unknown(why.clone())),
                    _ => found.push(Possible::unknown("an element that is not followed")),
                }
            }
        }
        found
    }

    /// What stands under a key or number in a configuration.
    fn element(&self, document: &Possible, key: &Possible) -> Possible {
        let key = match &key.thing {
            Thing::Text(key) => key.to_string(),
            Thing::Number(number) => crate::value::show_number(*number),
            _ => return Possible::unknown("a key that is computed"),
        };
        self.child(document, &key).unwrap_or_else(|| Possible::unknown(format!("key `{key}` is not set")))
    }

    /// The class and its bases that stand in the project, nearest first, and the library classes among the bases.
    pub(super) fn ancestry(&self, class: ScopeRef) -> Rc<Ancestry> {
        if let Some(known) = self.ancestries.borrow().get(&class) {
            return known.clone();
        }

        // A class whose bases are being looked up, asked for again on the way: without bases for that question.
        self.ancestries.borrow_mut().insert(class, Rc::new((vec![class], Vec::new())));
        let found = Rc::new(self.find_ancestry(class));
        self.ancestries.borrow_mut().insert(class, found.clone());
        found
    }

    /// Loaded classes that derive from a class.
    pub(super) fn subclasses(&self, class: ScopeRef) -> Rc<Vec<ScopeRef>> {
        match &*self.descendants.borrow() {
            Descendants::Known(known) => return known.get(&class).cloned().unwrap_or_default(),
            Descendants::Sought => {
                let derived = self.project.derived_classes();
                return Rc::new(derived.filter(|other| *other != class && self.derives(*other, class)).collect());
            }
            Descendants::Unknown => {}
        }
        *self.descendants.borrow_mut() = Descendants::Sought;
        let mut all: FxHashMap<ScopeRef, Vec<ScopeRef>> = FxHashMap::default();
        for derived in self.project.derived_classes() {
            for base in self.ancestry(derived).0.iter().filter(|base| **base != derived) {
                all.entry(*base).or_default().push(derived);
            }
        }
        let all: FxHashMap<_, _> = all.into_iter().map(|(base, derived)| (base, Rc::new(derived))).collect();
        let found = all.get(&class).cloned().unwrap_or_default();
        *self.descendants.borrow_mut() = Descendants::Known(all);
        found
    }

    fn find_ancestry(&self, class: ScopeRef) -> Ancestry {
        let mut classes = vec![class];
        let mut symbols = Vec::new();
        let mut next = 0;
        while next < classes.len() && classes.len() <= MAX_BASES {
            let at = classes[next];
            next += 1;
            for base in &self.scope(at).bases {
                if base.kind != ArgumentKind::Positional {
                    continue;
                }
                for possible in self.eval_open(ExprRef { file: at.file, expr: base.value }) {
                    match possible.thing {
                        Thing::Class(base) if !classes.contains(&base) => classes.push(base),
                        Thing::Symbol(symbol) if !symbols.contains(&symbol) => symbols.push(symbol),
                        _ => {}
                    }
                }
            }
        }
        (classes, symbols)
    }

    /// The method of a class or its bases.
    pub(super) fn find_method(&self, class: ScopeRef, name: &str) -> Option<ScopeRef> {
        self.ancestry(class).0.iter().find_map(|class| self.own_method(*class, name))
    }

    /// Whether a class is another or derives from it.
    pub fn derives(&self, class: ScopeRef, base: ScopeRef) -> bool {
        self.ancestry(class).0.contains(&base)
    }

    /// Whether each thread has the attributes of an object of a class for itself (`class Shared(threading.local)`).
    pub fn is_per_thread(&self, class: ScopeRef) -> bool {
        self.ancestry(class).1.iter().any(|symbol| self.project.catalog.is_per_thread(symbol))
    }

    /// The method that entering an object of a class calls.
    pub fn entry_of(&self, class: ScopeRef) -> Option<ScopeRef> {
        ["__aenter__", "__enter__"].iter().find_map(|name| self.find_method(class, name))
    }

    /// The method that stands in the class itself.
    pub(super) fn own_method(&self, class: ScopeRef, name: &str) -> Option<ScopeRef> {
        if !self.is_rust(class.file) {
            return self.method_in(class, name);
        }
        self.parts_of(class).into_iter().find_map(|part| self.method_in(part, name))
    }

    fn method_in(&self, class: ScopeRef, name: &str) -> Option<ScopeRef> {
        let binders = self.project.tables(class.file).binders_of(class.scope, name)?;
        binders.iter().rev().find_map(|binder| {
            let Binder::Statement(scope, number) = *binder else { return None };
            match self.project.facts(class.file).scope(scope).statements[number as usize].kind {
                StatementKind::Define(defined) if self.project.facts(class.file).scope(defined).kind == ScopeKind::Function => {
                    let method = ScopeRef { file: class.file, scope: defined };
                    (!self.has_decorator(method, &["setter", "deleter"])).then_some(method)
                }
                _ => None,
            }
        })
    }

    /// Whether a function carries a decorator of this last name.
    pub fn has_decorator(&self, function: ScopeRef, names: &[&str]) -> bool {
        let facts = self.project.facts(function.file);
        self.scope(function).decorators.iter().any(|decorator| {
            let mut at = *decorator;
            if let ExprKind::Call { callee, .. } = facts.expr(at).kind {
                at = callee;
            }
            super::index::last_name(facts, at).is_some_and(|name| names.contains(&&**name))
        })
    }

    /// A member that stands in a class or a base: a method bound to `of`, or an attribute of the class body.
    pub(super) fn class_member(&self, class: ScopeRef, name: &str, of: &Thing, frame: &Frame) -> Option<Possibles> {
        for class in self.ancestry(class).0.iter().copied() {
            if let Some(method) = self.own_method(class, name) {
                if self.has_decorator(method, &["property", "cached_property"]) && !matches!(of, Thing::Class(_)) {
                    let inner = self.method_frame(method, of.clone(), None, frame);
                    return Some(self.results(method, &inner));
                }
                let thing = if self.has_decorator(method, &["staticmethod"]) {
                    Thing::Function(method, self.open_frame(method))
                } else {
                    Thing::Method(Rc::new(of.clone()), method)
                };
                return Some(vec![Possible::literal(thing, self.scope(method).name_span)]);
            }
            if let Some(binders) = self.project.tables(class.file).binders_of(class.scope, name) {
                let mut found = Vec::new();
                for binder in binders {
                    let Binder::Statement(scope, number) = *binder else { continue };
                    let statement = &self.project.facts(class.file).scope(scope).statements[number as usize];
                    if let StatementKind::Bind { value, .. } = statement.kind {
                        let said = self.snippet(statement.span);
                        found.extend(
                            self.eval_open(ExprRef { file: class.file, expr: value }).into_iter().map(|possible| {
                                possible.given_by(How::Constant).through(statement.span).after(statement.span, said.clone())
                            }),
                        );
                    } else if let StatementKind::Define(defined) = statement.kind {
                        found.push(Possible::literal(Thing::Class(ScopeRef { file: class.file, scope: defined }), statement.span));
                    }
                }
                if !found.is_empty() {
                    return Some(found);
                }
            }
        }
        None
    }

    /// A member of an object: what its methods and others assign to it, else what its class says.
    fn object_member(&self, object: &Rc<Object>, name: &str, of: &Thing, at: ExprRef, frame: &Frame) -> Possibles {
        let ancestry = self.ancestry(object.class);
        let (classes, symbols) = &*ancestry;
        if self.find_method(object.class, name).is_none()
            && let Some(found) = self.member_of_copy(object, name, at, frame)
        {
            return found;
        }
        let recorded = self.record_field(object, name);
        if !recorded.is_empty() {
            return self.recorded_and_set(recorded, object, name, of, frame);
        }
        let mut found = self.assigned(classes, name, of, frame);
        let (set_by_name, replaces) = self.set_by_name(classes, name, of, frame);
        if replaces && found.is_empty() {
            return set_by_name;
        }
        found.extend(set_by_name);
        if found.is_empty() {
            let of_field = self.field_argument(object, classes, name);
            if !of_field.is_empty() {
                return of_field;
            }
            found = self.environment_field(object, name, at);
            if !found.is_empty() {
                return found;
            }
        }
        let (outside, replaces) = self.assigned_outside(name, object.class, object.site.as_ref().map(|site| site.0), |thing| matches!(thing, Thing::Object(other) if other.class == object.class && (object.site.is_none() || other.site.as_ref().map(|site| site.0) == object.site.as_ref().map(|site| site.0))));
        if replaces {
            return outside;
        }
        found.extend(outside);
        let mut own_counts = true;
        if object.site.is_none() {
            let (of_heirs, counts) = self.of_heirs(object.class, name, of, frame);
            found.extend(of_heirs);
            own_counts = counts;
        }
        let in_class = self.class_member(object.class, name, of, frame).filter(|_| own_counts);
        if found.is_empty() {
            if let Some(of_class) = in_class {
                return of_class;
            }
            let classes = self.subclasses(object.class);
            found = self.assigned(&classes, name, of, frame);
            if found.is_empty() {
                found = classes.iter().filter_map(|class| self.class_member(*class, name, of, frame)).flatten().collect();
            }
        } else if let Some(of_class) = in_class {
            // A field without a value in the class, or with none, has the one that is assigned.
            let replaced = found.iter().any(|possible| !possible.is_unknown());
            found
                .extend(of_class.into_iter().filter(|possible| !replaced || !matches!(possible.thing, Thing::Nothing | Thing::Unknown(_))));
        }
        if found.is_empty() {
            let readers = self.readers_of(object.class);
            if !readers.is_empty() {
                let parts = readers.into_iter().map(|made| Possible::literal(Thing::Part(made, Rc::from(name)), self.span(at)));
                return parts.collect();
            }
            if let Some(symbol) = symbols.first() {
                return vec![Possible::literal(Thing::Foreign(dotted(symbol, name)), self.span(at))];
            }
            return vec![Possible::unknown(format!("`{name}` is not set in the class"))];
        }
        let some = found.iter().any(|possible| !matches!(possible.thing, Thing::Nothing | Thing::Unknown(_)));
        if some {
            found.retain(|possible| !matches!(possible.thing, Thing::Nothing));
        }
        found
    }
}
