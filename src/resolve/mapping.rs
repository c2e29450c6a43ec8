//! Mappings: keys of displays and `dict(…)` calls, keys set later, and the methods that read them.

use std::rc::Rc;

use super::eval::{Evaluator, MAX_NESTING};
use super::memory::{Asked, Question};
use super::thing::{ExprRef, Frame, Possible, Possibles, ScopeRef, Thing};
use crate::facts::{Argument, ArgumentKind, ExprId, ExprKind, StatementKind, Target};
use crate::value::Certainty;

/// Most values of one mapping that are looked at where the key is not known.
const MAX_VALUES: usize = 64;

/// Most mappings that are unpacked into each other.
const MAX_UNPACKED: u32 = 6;

/// One part of what a mapping is made of; later ones go over earlier ones.
enum Layer {
    /// The value of the key itself.
    Value(ExprRef),
    /// Another mapping.
    Spread(ExprRef),
}

/// What a mapping that goes over another says of a key.
#[derive(Default)]
struct Said {
    /// The values that it may give it.
    found: Possibles,
    /// Whether it may leave the key as it is below.
    leaves: bool,
    /// Whether it is, or may be, a mapping whose keys are not known.
    is_open: bool,
}

impl Evaluator<'_> {
    /// The value of a key; `None` where nothing sets it.
    pub(super) fn key(&self, mapping: ExprRef, frame: &Frame, key: &str) -> Option<Possibles> {
        // `**kwargs` that is handed round in a circle.
        if self.nesting.get() >= MAX_NESTING {
            self.memory.told_less(0);
            return None;
        }
        self.nesting.set(self.nesting.get() + 1);
        let question = Question { at: mapping, frame: frame.0.id, asked: Asked::Key(key.into()) };
        let found = self.memory.ask(question, || self.key_any(mapping, frame, key).unwrap_or_default());
        self.nesting.set(self.nesting.get() - 1);
        found.ok().filter(|found| !found.is_empty()).map(|found| (*found).clone())
    }

    fn key_any(&self, mapping: ExprRef, frame: &Frame, key: &str) -> Option<Possibles> {
        let mut said = self.key_set_later(mapping, key);
        if said.leaves {
            let shown = self.key_shown(mapping, frame, key);
            if shown.found.is_empty() {
                said.found.extend(self.key_if_missing(mapping, key));
            }
            said.found.extend(shown.found);
            said.is_open |= shown.is_open;
        }
        if said.found.is_empty() {
            said.found = self.key_computed(mapping, key);
        }
        // Where nothing else says the key, a mapping that nobody knows is taken for one without it.
        if said.is_open && !said.found.is_empty() {
            said.found.push(Possible::unknown("a mapping that is not known may set it"));
        }
        (!said.found.is_empty()).then_some(said.found)
    }

    /// `sessions[host] = …`: what is kept under a key that is computed may be under this one.
    fn key_computed(&self, mapping: ExprRef, key: &str) -> Possibles {
        let (scope, facts) = (self.scope_of(mapping), self.project.facts(mapping.file));
        let part = |id| ExprRef { file: mapping.file, expr: id };
        let mut found = Vec::new();
        for (stands_in, number) in self.project.tables(mapping.file).subscript_sets.iter().take(MAX_VALUES) {
            let statement = &facts.scope(*stands_in).statements[*number as usize];
            let StatementKind::Bind { target: Target::Subscript { object, index }, value, .. } = &statement.kind else { continue };
            let may_be_it = |possible: &Possible| match &possible.thing {
                Thing::Text(text) => **text == *key,
                Thing::Unknown(_) | Thing::Foreign(_) => true,
                _ => false,
            };
            let is_computed = !matches!(facts.expr(*index).kind, ExprKind::Text(_));
            if is_computed && self.is_mapping(part(*object), mapping, scope) && self.eval_open(part(*index)).iter().any(may_be_it) {
                found.extend(self.eval_open(part(*value)));
            }
        }
        found
    }

    /// What the display or call that makes the mapping says of a key.
    fn key_shown(&self, mapping: ExprRef, frame: &Frame, key: &str) -> Said {
        let part = |id| ExprRef { file: mapping.file, expr: id };
        match &self.expr(mapping).kind {
            ExprKind::Mapping(items) => {
                let is_it = |item: ExprId| matches!(&self.expr(part(item)).kind, ExprKind::Text(text) if &**text == key);
                let layers = items.iter().rev().filter_map(|(item_key, value)| match item_key {
                    Some(item_key) => is_it(*item_key).then(|| Layer::Value(part(*value))),
                    None => Some(Layer::Spread(part(*value))),
                });
                self.topmost(layers, frame, key)
            }
            // `{…} | {…}`: the right side goes over the left one.
            ExprKind::Operator { left, right, .. } | ExprKind::Augmented { old: left, value: right, .. } => {
                self.topmost([*right, *left].into_iter().map(|side| Layer::Spread(part(side))), frame, key)
            }
            ExprKind::Call { callee, arguments } => {
                if let Some(given) = self.keyword(mapping, key) {
                    return Said { found: self.eval(given, frame), ..Said::default() };
                }
                if let Some(found) = self.field_of_tuple(mapping, frame, key) {
                    return Said { found, ..Said::default() };
                }
                // What a call passes by position is a part of `dict(…)` and none of a function's `**rest`.
                let by_position = self.eval(part(*callee), frame).iter().any(|possible| matches!(possible.thing, Thing::Symbol(_)));
                let holds = |argument: &&Argument| match argument.kind {
                    ArgumentKind::KeywordSpread => true,
                    ArgumentKind::Positional => by_position,
                    _ => false,
                };
                self.topmost(arguments.iter().rev().filter(holds).map(|argument| Layer::Spread(part(argument.value))), frame, key)
            }
            _ => Said { leaves: true, ..Said::default() },
        }
    }

    /// What layers say of a key, the uppermost first.
    fn topmost(&self, layers: impl Iterator<Item = Layer>, frame: &Frame, key: &str) -> Said {
        let mut all = Said { leaves: true, ..Said::default() };
        for layer in layers {
            let said = match layer {
                Layer::Value(value) => Said { found: self.eval(value, frame), ..Said::default() },
                Layer::Spread(spread) => self.spread_key(spread, frame, key),
            };
            all.found.extend(said.found);
            all.is_open |= said.is_open;
            if !said.leaves {
                all.leaves = false;
                break;
            }
        }
        all
    }

    /// What a mapping may give for keys of which one at least is no text: the functions and classes in it, and clients of libraries that are kept
    /// in it. Which of several clients it is, a key that is not known leaves open: only assumed.
    pub(super) fn values_for(&self, mapping: ExprRef, frame: &Frame, keys: &Possibles) -> Possibles {
        if self.nesting.get() >= MAX_NESTING {
            return Vec::new();
        }
        self.nesting.set(self.nesting.get() + 1);
        let part = |id| ExprRef { file: mapping.file, expr: id };
        let mut found = Vec::new();
        if let ExprKind::Mapping(items) = &self.expr(mapping).kind {
            found.extend(
                items.iter().filter(|(key, _)| key.is_some()).take(MAX_VALUES).flat_map(|(_, value)| self.eval(part(*value), frame)),
            );
        }
        let scope = self.scope_of(mapping);
        let facts = self.project.facts(mapping.file);
        for (stands_in, number) in self.project.tables(mapping.file).subscript_sets.iter().take(MAX_VALUES) {
            let statement = &facts.scope(*stands_in).statements[*number as usize];
            let StatementKind::Bind { target: Target::Subscript { object, .. }, value, .. } = &statement.kind else { continue };
            if self.is_mapping(part(*object), mapping, scope) {
                found.extend(self.eval_open(part(*value)));
            }
        }
        self.nesting.set(self.nesting.get() - 1);
        found.retain(|possible| match &possible.thing {
            Thing::Function(..) | Thing::Class(_) | Thing::Method(..) | Thing::Partial(..) => true,
            Thing::Made(made) => self.project.catalog.constructor(&made.symbol).is_some(),
            _ => false,
        });
        found.into_iter().map(|possible| assumed_of(possible, keys)).collect()
    }

    /// `options.get("limit", 44)` on what is not known: the program's own default.
    fn default_of_unknown(&self, object: &Possibles, method: &str, at: ExprRef, frame: &Frame) -> Option<Possibles> {
        let is_unknown = object.iter().all(|possible| matches!(possible.thing, Thing::Unknown(_) | Thing::Foreign(_)));
        if !is_unknown || !matches!(method, "get" | "pop" | "setdefault") {
            return None;
        }
        let key = self.positional(at, 0).filter(|key| matches!(self.expr(*key).kind, ExprKind::Text(_)))?;
        let default = self.positional(at, 1).or_else(|| self.keyword(at, "default"))?;
        let said = format!("default of key {}", self.snippet(self.span(key)));
        let found = self
            .eval(default, frame)
            .into_iter()
            .map(|possible| possible.at_most(Certainty::Default).after(self.span(default), said.clone()));
        Some(found.collect())
    }

    /// What stands under a key of a mapping, of options or of a configuration; `None` where nothing does, or it is none of these.
    pub(super) fn under_key(&self, of: &Possible, key: &str) -> Option<Possibles> {
        match &of.thing {
            Thing::Mapping(mapping, inner) => self.key(*mapping, inner, key),
            Thing::Options(parsed, inner) => Some(self.option(*parsed, inner, key)).filter(|found| !found.iter().all(Possible::is_unknown)),
            Thing::Document(_) => self.child(of, key).map(|found| vec![found]),
            _ => None,
        }
    }

    /// What a mapping says of a key that is unpacked over another.
    fn spread_key(&self, spread: ExprRef, frame: &Frame, key: &str) -> Said {
        let mut said = Said::default();
        for possible in self.eval(spread, frame) {
            let found = self.under_key(&possible, key);
            let has_known_keys = matches!(possible.thing, Thing::Mapping(..) | Thing::Document(_) | Thing::Options(..) | Thing::Nothing);
            said.is_open |= !has_known_keys;
            said.leaves |= found.is_none();
            said.found.extend(found.into_iter().flatten());
        }
        said
    }

    /// Whether a call unpacks a mapping that may have any key: it is not known what is in it.
    pub(super) fn unpacks_unknown(&self, call: ExprRef, frame: &Frame) -> bool {
        let spreads = self.arguments(call).iter().filter(|argument| argument.kind == ArgumentKind::KeywordSpread);
        spreads.map(|argument| ExprRef { file: call.file, expr: argument.value }).any(|spread| self.is_open_mapping(spread, frame, 0))
    }

    fn is_open_mapping(&self, spread: ExprRef, frame: &Frame, depth: u32) -> bool {
        if depth > MAX_UNPACKED {
            return false;
        }
        self.eval(spread, frame).iter().any(|possible| match &possible.thing {
            Thing::Mapping(mapping, inner) => {
                let part = |expr| ExprRef { file: mapping.file, expr };
                let below: Vec<ExprRef> = match &self.expr(*mapping).kind {
                    ExprKind::Mapping(items) => items.iter().filter(|(key, _)| key.is_none()).map(|(_, value)| part(*value)).collect(),
                    ExprKind::Operator { left, right, .. } => vec![part(*left), part(*right)],
                    ExprKind::Call { arguments, .. } => {
                        let spreads = arguments.iter().filter(|argument| argument.kind == ArgumentKind::KeywordSpread);
                        spreads.map(|argument| part(argument.value)).collect()
                    }
                    _ => Vec::new(),
                };
                below.into_iter().filter(|other| *other != spread).any(|other| self.is_open_mapping(other, inner, depth + 1))
            }
            Thing::Options(..) | Thing::Document(_) | Thing::Nothing => false,
            _ => true,
        })
    }

    /// `mapping[key] = v`, `mapping.update(key=v)`.
    fn key_set_later(&self, mapping: ExprRef, key: &str) -> Said {
        let scope = self.scope_of(mapping);
        let facts = self.project.facts(mapping.file);
        let index = self.project.tables(mapping.file);
        let part = |id| ExprRef { file: mapping.file, expr: id };
        let mut found = Vec::new();
        let mut replaced_at = None;
        let always = |at: crate::facts::ScopeId, context| at == scope.scope && facts.scope(at).is_within(self.context_of(mapping), context);
        for (stands_in, number) in index.key_sets.get(key).into_iter().flatten() {
            let statement = &facts.scope(*stands_in).statements[*number as usize];
            let StatementKind::Bind { target: Target::Subscript { object, .. }, value, .. } = &statement.kind else { continue };
            if self.is_mapping(part(*object), mapping, scope) {
                let said = self.snippet(statement.span);
                let inner = self.open_frame(ScopeRef { file: mapping.file, scope: *stands_in });
                if always(*stands_in, statement.context) {
                    replaced_at = replaced_at.max(Some(statement.span.start));
                }
                found.extend(
                    self.eval(part(*value), &inner)
                        .into_iter()
                        .map(|possible| possible.through(statement.span).after(statement.span, said.clone())),
                );
            }
        }
        let mut opened = Vec::new();
        for call in self.calls_on(mapping, "update").iter().copied() {
            let inner = self.open_frame(self.scope_of(call));
            let given = self.arguments(call).iter().rev().filter_map(|argument| match &argument.kind {
                ArgumentKind::Keyword(name) => (**name == *key).then(|| Layer::Value(part(argument.value))),
                _ => Some(Layer::Spread(part(argument.value))),
            });
            let said = self.topmost(given, &inner, key);
            if said.is_open {
                opened.push(call);
            }
            if said.found.is_empty() {
                continue;
            }
            if !said.leaves && always(self.expr(call).scope, self.context_of(call)) {
                replaced_at = replaced_at.max(Some(self.span(call).start));
            }
            found.extend(said.found.into_iter().map(|possible| possible.after(self.span(call), self.snippet(self.span(call)))));
        }
        // What is not known and comes before a value that is always set leaves nothing behind.
        let is_undone = |call: &ExprRef| self.scope_of(*call) == scope && Some(self.span(*call).start) < replaced_at;
        let is_open = opened.iter().any(|call| !is_undone(call));
        Said { found, leaves: replaced_at.is_none(), is_open }
    }

    /// `mapping.setdefault(key, v)`: only where nothing else sets the key.
    fn key_if_missing(&self, mapping: ExprRef, key: &str) -> Possibles {
        let mut found = Vec::new();
        for call in self.calls_on(mapping, "setdefault").iter().copied() {
            let names_it =
                self.positional(call, 0).is_some_and(|first| matches!(&self.expr(first).kind, ExprKind::Text(text) if &**text == key));
            if let Some(value) = self.positional(call, 1).filter(|_| names_it) {
                let inner = self.open_frame(self.scope_of(call));
                found.extend(
                    self.eval(value, &inner).into_iter().map(|possible| possible.after(self.span(call), self.snippet(self.span(call)))),
                );
            }
        }
        found
    }

    /// Calls of a method on a mapping.
    fn calls_on(&self, mapping: ExprRef, method: &'static str) -> Rc<Vec<ExprRef>> {
        if let Some(known) = self.method_calls.borrow().get(&(mapping, method)) {
            return known.clone();
        }
        let scope = self.scope_of(mapping);
        let calls = self.project.tables(mapping.file).calls.get(method).into_iter().flatten();
        let (found, holds) = self.memory.settled(|| {
            calls
                .map(|call| ExprRef { file: mapping.file, expr: *call })
                .filter(|call| self.receiver(*call).is_some_and(|object| self.is_mapping(object, mapping, scope)))
                .collect()
        });
        let found: Rc<Vec<ExprRef>> = Rc::new(found);
        if holds {
            self.method_calls.borrow_mut().insert((mapping, method), found.clone());
        }
        found
    }

    /// Whether an expression of the file is the mapping, told by name in the scope that makes it or by evaluation elsewhere.
    fn is_mapping(&self, object: ExprRef, mapping: ExprRef, scope: ScopeRef) -> bool {
        if object == mapping || !matches!(self.expr(object).kind, ExprKind::Name(_) | ExprKind::Attribute { .. }) {
            return false;
        }
        // A mapping that is a call's `**kwargs` has no name in the scope of that call.
        if self.scope_of(object) != scope
            && matches!(self.expr(object).kind, ExprKind::Name(_))
            && self.scope(self.scope_of(object)).parent != Some(scope.scope)
        {
            return self.is_parameter_mapping(object, mapping);
        }
        self.seen_open(object).iter().any(|possible| matches!(&possible.thing, Thing::Mapping(found, _) if *found == mapping))
    }

    fn is_parameter_mapping(&self, object: ExprRef, mapping: ExprRef) -> bool {
        matches!(self.expr(mapping).kind, ExprKind::Call { .. })
            && self.seen_open(object).iter().any(|possible| matches!(&possible.thing, Thing::Mapping(found, _) if *found == mapping))
    }

    /// Methods of containers, options and texts that read a value; `None` where the object is none of these.
    pub(super) fn container_call(&self, object: ExprRef, method: &str, at: ExprRef, frame: &Frame) -> Option<Possibles> {
        if !matches!(method, "get" | "setdefault" | "pop" | "copy" | "items" | "values" | "keys" | "getint" | "getfloat") {
            return None;
        }
        let possibles = self.eval(object, frame);
        let is_container =
            |thing: &Thing| matches!(thing, Thing::Mapping(..) | Thing::Options(..) | Thing::Sequence(..) | Thing::Document(_));
        let container = possibles.iter().any(|possible| is_container(&possible.thing));
        if !container {
            return self.default_of_unknown(&possibles, method, at, frame);
        }
        let mut found = Vec::new();
        for possible in possibles {
            match (&possible.thing, method) {
                (Thing::Mapping(..) | Thing::Sequence(..) | Thing::Options(..) | Thing::Document(_), "copy") => found.push(possible),
                (Thing::Mapping(mapping, inner), "get" | "setdefault" | "pop" | "getint" | "getfloat") => {
                    let key = self.positional(at, 0).map(|key| self.eval(key, frame));
                    let default = || {
                        self.positional(at, 1).map(|default| {
                            self.eval(default, frame).into_iter().map(|possible| possible.at_most(Certainty::Default)).collect::<Vec<_>>()
                        })
                    };
                    let keys = key.unwrap_or_default();
                    for key in &keys {
                        let Thing::Text(key) = &key.thing else {
                            found.extend(self.values_for(*mapping, inner, &keys));
                            if method == "setdefault" {
                                let given = self.positional(at, 1).map(|given| self.eval(given, frame)).unwrap_or_default();
                                let clients = given.into_iter().filter(|possible| matches!(possible.thing, Thing::Made(_)));
                                found.extend(clients.map(|possible| assumed_of(possible, &keys)));
                            }
                            found.push(Possible::unknown("a key that is computed"));
                            continue;
                        };
                        match self.key(*mapping, inner, key).or_else(default) {
                            Some(values) => found.extend(values.into_iter().map(|possible| assumed_of(possible, &keys))),
                            None => found.push(Possible::literal(Thing::Nothing, self.span(at))),
                        }
                    }
                }
                (Thing::Options(parsed, inner), _) => {
                    for key in self.positional(at, 0).map(|key| self.eval(key, frame)).into_iter().flatten() {
                        if let Thing::Text(key) = key.thing {
                            found.extend(self.option(*parsed, inner, &key));
                        }
                    }
                }
                (Thing::Document(_), "get" | "setdefault" | "pop" | "getint" | "getfloat") => {
                    let keys = self.positional(at, 0).map(|key| self.eval(key, frame)).unwrap_or_default();
                    let default = || {
                        let default = self.positional(at, 1).or_else(|| self.keyword(at, "fallback"));
                        default.map_or_else(|| vec![Possible::literal(Thing::Nothing, self.span(at))], |default| self.eval(default, frame))
                    };
                    for key in keys {
                        match &key.thing {
                            Thing::Text(key) => found.extend(self.child(&possible, key).map_or_else(default, |value| vec![value])),
                            _ => found.push(Possible::unknown("a key that is computed")),
                        }
                    }
                }
                (Thing::Mapping(..), "values" | "items" | "keys") => found.push(Possible::unknown("the elements of a mapping")),
                (Thing::Unknown(why), _) => found.push(Possible::unknown(why.clone())),
                _ => found.push(Possible::unknown("a call that is not followed")),
            }
        }
        if found.is_empty() {
            found.push(Possible::unknown("a call that is not followed"));
        }
        Some(found)
    }
}

/// A library's object that stands under one of some keys: surely this one only where all of them are known.
pub(super) fn assumed_of(possible: Possible, keys: &Possibles) -> Possible {
    let is_known = |key: &Possible| matches!(key.thing, Thing::Text(_) | Thing::Nothing | Thing::Number(_) | Thing::Truth(_));
    match possible.thing {
        Thing::Made(_) if !keys.iter().all(is_known) => possible.at_most(Certainty::Assumed),
        _ => possible,
    }
}
