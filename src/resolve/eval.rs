//! Evaluates an expression in a frame to the few things it can be. Bounded in depth, width and steps, so that it always ends.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::alternatives::{merge, truth};
use super::memory::{Asked, MAX_STEPS, MAX_STEPS_OF_MANY, Memory, Question};
use super::project::Project;
use super::thing::{Binding, ExprRef, Frame, FrameData, Possible, Possibles, ScopeRef, Thing};
use crate::facts::{ContextId, ExprId, ExprKind, Expression, Language, Operator, Scope, ScopeKind, StatementKind};
use crate::text::Span;
use crate::value::{Certainty, MAX_ALTERNATIVES};

/// Deepest nesting of mappings and struct literals that are made of others.
pub(super) const MAX_NESTING: u32 = 12;

/// Deepest nesting of activations.
pub(super) const MAX_FRAMES: u32 = 16;

/// Files and words that an answer would need and that are not read yet.
#[derive(Default, Debug)]
pub struct Wants {
    /// Entries of the tree to read, with the reason.
    pub entries: FxHashMap<usize, String>,
    /// Names whose callers or users matter, each with names of which one stands in a file that can mean it.
    pub names: FxHashMap<String, FxHashSet<String>>,
    /// Entries of configuration files that the program reads.
    pub configs: FxHashSet<usize>,
    /// Words to look for in command files: flags and variables.
    pub flags: FxHashSet<String>,
}

/// Calls of a method on what an expression makes.
type MethodCalls = FxHashMap<(ExprRef, &'static str), Rc<Vec<ExprRef>>>;

/// What makes two activations the same.
#[derive(PartialEq, Eq, Hash)]
struct FrameKey {
    scope: ScopeRef,
    outer: Option<u32>,
    call: Option<(ExprRef, u32, usize)>,
    this: Option<(ScopeRef, Option<(ExprRef, u32)>)>,
}

/// Evaluates over one state of the project; a further round of reading makes a new one.
pub struct Evaluator<'p> {
    /// The files that are loaded.
    pub project: &'p Project<'p>,
    pub(super) memory: Memory,
    pub(super) impl_parts: RefCell<FxHashMap<ScopeRef, Rc<Vec<ScopeRef>>>>,
    pub(super) whole_classes: RefCell<FxHashMap<ScopeRef, ScopeRef>>,
    /// What the glob imports of Rust open, by scope and statement.
    pub(super) globs: RefCell<FxHashMap<(ScopeRef, u32), Rc<Possibles>>>,
    /// Fields of any object of a type, by type and name; nothing for what is being asked.
    pub(super) open_fields: RefCell<super::records::OpenFields>,
    pub(super) ancestries: RefCell<FxHashMap<ScopeRef, Rc<super::members::Ancestry>>>,
    pub(super) descendants: RefCell<super::members::Descendants>,
    pub(super) super_calls: RefCell<FxHashMap<crate::facts::Name, Rc<super::callers::SuperCalls>>>,
    pub(super) own_class_calls: RefCell<Option<Rc<super::constructions::ClassCalls>>>,
    pub(super) made_by: RefCell<FxHashMap<ScopeRef, Rc<Vec<ExprRef>>>>,
    pub(super) method_calls: RefCell<MethodCalls>,
    frames: RefCell<FxHashMap<FrameKey, Frame>>,
    pub(super) callers: RefCell<FxHashMap<ScopeRef, Rc<Vec<super::callers::Caller>>>>,
    pub(super) calls_of_objects: OnceCell<Vec<(u32, ExprId, ExprId)>>,
    open_frames: RefCell<FxHashMap<ScopeRef, Frame>>,
    pub(super) nesting: Cell<u32>,
    pub(super) importing: Cell<u32>,
    /// Modules searched for a name through star imports, in the look-up at hand, and how deep it is.
    pub(super) searched: RefCell<FxHashSet<(u32, crate::facts::Name)>>,
    pub(super) searching: Cell<u32>,
    next_frame: Cell<u32>,
    pub(super) more_callers: RefCell<FxHashSet<ScopeRef>>,
    /// Functions whose callers are being looked for, each with how many questions were open when that began.
    pub(super) asking: RefCell<FxHashMap<ScopeRef, usize>>,
    pub(super) changing: RefCell<FxHashSet<(ExprRef, crate::facts::Name)>>,
    pub(super) wants: RefCell<Wants>,
    /// See [`Evaluator::scout`]; the scout itself has none.
    pub(super) scout: Option<Box<Self>>,
}

impl<'p> Evaluator<'p> {
    /// An evaluator with nothing remembered.
    pub fn new(project: &'p Project<'p>) -> Self {
        // Activations of one are not taken for those of the other.
        let scout = Self { next_frame: Cell::new(u32::MAX / 2), ..Self::alone(project, MAX_STEPS_OF_MANY) };
        Self { scout: Some(Box::new(scout)), ..Self::alone(project, MAX_STEPS) }
    }

    fn alone(project: &'p Project<'p>, steps: u32) -> Self {
        Self {
            project,
            memory: Memory::new(steps),
            impl_parts: RefCell::default(),
            whole_classes: RefCell::default(),
            globs: RefCell::default(),
            open_fields: RefCell::default(),
            ancestries: RefCell::default(),
            descendants: RefCell::default(),
            super_calls: RefCell::default(),
            own_class_calls: RefCell::default(),
            made_by: RefCell::default(),
            method_calls: RefCell::default(),
            frames: RefCell::default(),
            callers: RefCell::default(),
            calls_of_objects: OnceCell::new(),
            open_frames: RefCell::default(),
            nesting: Cell::new(0),
            importing: Cell::new(0),
            searched: RefCell::default(),
            searching: Cell::new(0),
            next_frame: Cell::new(0),
            more_callers: RefCell::default(),
            asking: RefCell::default(),
            changing: RefCell::default(),
            wants: RefCell::default(),
            scout: None,
        }
    }

    /// How many questions were answered: the work done, without noise.
    pub fn questions(&self) -> u64 {
        self.memory.asked() + self.scout.as_ref().map_or(0, |scout| scout.memory.asked())
    }

    /// Whether the program has more to follow than is followed.
    pub fn gave_up(&self) -> bool {
        self.memory.gave_up() || self.scout.as_ref().is_some_and(|scout| scout.memory.gave_up())
    }

    /// How many activations were met.
    pub(super) fn activations(&self) -> u32 {
        self.next_frame.get()
    }

    /// What the answers so far would have needed.
    pub fn take_wants(&self) -> Wants {
        self.wants.take()
    }

    /// The expression behind a reference.
    pub fn expr(&self, at: ExprRef) -> &'p Expression {
        self.project.facts(at.file).expr(at.expr)
    }

    /// The scope behind a reference.
    pub fn scope(&self, at: ScopeRef) -> &'p Scope {
        self.project.facts(at.file).scope(at.scope)
    }

    /// The scope an expression stands in.
    pub fn scope_of(&self, at: ExprRef) -> ScopeRef {
        ScopeRef { file: at.file, scope: self.expr(at).scope }
    }

    /// The context an expression stands in.
    pub fn context_of(&self, at: ExprRef) -> ContextId {
        self.expr(at).context
    }

    /// Where an expression stands.
    pub fn span(&self, at: ExprRef) -> Span {
        self.expr(at).span
    }

    /// The frame of an activation; the same activation gets the same frame, so that what it gives is computed once.
    pub(super) fn frame(&self, scope: ScopeRef, outer: Option<Frame>, call: Option<Binding>, this: Option<Thing>, depth: u32) -> Frame {
        let this_key = match &this {
            None => Some(None),
            Some(Thing::Object(object)) => Some(Some((object.class, object.site.as_ref().map(|(site, frame)| (*site, frame.0.id))))),
            Some(Thing::Made(made)) => Some(Some((self.scope_of(made.site), Some((made.site, made.frame.0.id))))),
            Some(Thing::Class(class)) => Some(Some((*class, None))),
            Some(_) => None,
        };
        let call_key = match &call {
            None => Some(None),
            Some(Binding { before: Some(_), .. }) => None,
            Some(binding) => Some(Some((binding.call, binding.caller.0.id, binding.skip))),
        };
        let key = this_key.zip(call_key).map(|(this, call)| FrameKey { scope, outer: outer.as_ref().map(|outer| outer.0.id), call, this });
        let mut frames = self.frames.borrow_mut();
        if let Some(known) = key.as_ref().and_then(|key| frames.get(key)) {
            return known.clone();
        }
        self.next_frame.set(self.next_frame.get() + 1);
        let frame = Frame(Rc::new(FrameData { scope, outer, call, this, depth, id: self.next_frame.get() }));
        if let Some(key) = key {
            frames.insert(key, frame.clone());
        }
        frame
    }

    /// A frame that stands for every activation of a scope.
    pub fn open_frame(&self, scope: ScopeRef) -> Frame {
        if let Some(frame) = self.open_frames.borrow().get(&scope) {
            return frame.clone();
        }
        let outer = self.scope(scope).parent.map(|parent| self.open_frame(ScopeRef { file: scope.file, scope: parent }));
        let frame = self.frame(scope, outer, None, None, 0);
        self.open_frames.borrow_mut().insert(scope, frame.clone());
        frame
    }

    /// The frame in which an expression of `scope` is evaluated when `frame` is the activation at hand.
    pub fn frame_for(&self, scope: ScopeRef, frame: &Frame) -> Frame {
        let mut at = Some(frame);
        while let Some(candidate) = at {
            if candidate.scope() == scope {
                return candidate.clone();
            }
            at = candidate.0.outer.as_ref();
        }
        let inner = self.scope(scope);
        if scope.file != frame.scope().file || frame.is_open() {
            return self.open_frame(scope);
        }
        match inner.parent {
            Some(parent) => {
                let outer = self.frame_for(ScopeRef { file: scope.file, scope: parent }, frame);
                if outer.is_open() {
                    return self.open_frame(scope);
                }
                let depth = outer.0.depth;
                self.frame(scope, Some(outer), None, None, depth)
            }
            None => self.open_frame(scope),
        }
    }

    /// Everything `at` can be when every activation of its scope counts.
    pub fn eval_open(&self, at: ExprRef) -> Possibles {
        self.eval(at, &self.open_frame(self.scope_of(at)))
    }

    /// Everything `at` can be in `frame`; at least one alternative.
    pub fn eval(&self, at: ExprRef, frame: &Frame) -> Possibles {
        (*self.seen(at, frame)).clone()
    }

    /// The same, to look at.
    pub(super) fn seen(&self, at: ExprRef, frame: &Frame) -> Rc<Possibles> {
        self.answer(Asked::Thing, at, frame, |frame| self.eval_kind(at, frame))
    }

    /// The answer to a question about an expression, remembered or found; at least one alternative.
    pub(super) fn answer(&self, asked: Asked, at: ExprRef, frame: &Frame, find: impl FnOnce(&Frame) -> Possibles) -> Rc<Possibles> {
        let frame = self.frame_for(self.scope_of(at), frame);
        let found = self.memory.ask(Question { at, frame: frame.0.id, asked }, || merge(find(&frame)));
        found.unwrap_or_else(|why| Rc::new(vec![Possible::unknown(why)]))
    }

    /// Everything `at` can be when every activation of its scope counts, to look at.
    pub(super) fn seen_open(&self, at: ExprRef) -> Rc<Possibles> {
        self.seen(at, &self.open_frame(self.scope_of(at)))
    }

    fn eval_kind(&self, at: ExprRef, frame: &Frame) -> Possibles {
        let expr = self.expr(at);
        let part = |id| ExprRef { file: at.file, expr: id };
        let literal = |thing| vec![Possible::literal(thing, expr.span)];
        match &expr.kind {
            ExprKind::Int(number) => literal(Thing::Number(*number as f64)),
            ExprKind::Float(number) => literal(Thing::Number(*number)),
            ExprKind::Duration(seconds) => literal(Thing::Seconds(*seconds)),
            ExprKind::Text(text) => literal(Thing::Text(Rc::from(&**text))),
            ExprKind::Bool(truth) => literal(Thing::Truth(*truth)),
            ExprKind::None => literal(Thing::Nothing),
            ExprKind::Name(name) => self.name(name, at, frame),
            ExprKind::Attribute { object, name, .. } => self.attribute(at, part(*object), name, frame),
            ExprKind::Subscript { object, index } => self.subscript(at, part(*object), part(*index), frame),
            ExprKind::Call { .. } => self.call(at, frame),
            ExprKind::Operator { operator, left, right } | ExprKind::Augmented { operator, old: left, value: right } => {
                let (one, other) = (self.eval(part(*left), frame), self.eval(part(*right), frame));
                let is_mapping = |possible: &Possible| matches!(possible.thing, Thing::Mapping(..) | Thing::Document(_));
                if *operator == Operator::Other && one.iter().chain(&other).any(is_mapping) {
                    return literal(Thing::Mapping(at, frame.clone()));
                }
                self.operate(*operator, &one, &other, expr.span)
            }
            ExprKind::Negative(inner) => {
                self.operate(Operator::Subtract, &literal(Thing::Number(0.0)), &self.eval(part(*inner), frame), expr.span)
            }
            ExprKind::Not(_) | ExprKind::Compare { .. } => vec![Possible::unknown("a comparison")],
            ExprKind::Or(all) => self.first_that(all.iter().map(|id| part(*id)), frame, true),
            ExprKind::And(all) => self.first_that(all.iter().map(|id| part(*id)), frame, false),
            ExprKind::Conditional { test, yes, no } => self.conditional(part(*test), part(*yes), part(*no), frame),
            ExprKind::Choice(all) => all.iter().flat_map(|id| self.eval(part(*id), frame)).collect(),
            ExprKind::List(_) | ExprKind::Comprehension(_) => literal(Thing::Sequence(at, frame.clone())),
            ExprKind::Mapping(_) => literal(Thing::Mapping(at, frame.clone())),
            ExprKind::Lambda(scope) => literal(Thing::Function(ScopeRef { file: at.file, scope: *scope }, frame.clone())),
            ExprKind::Await(inner) | ExprKind::Spread(inner) => self.eval(part(*inner), frame),
            ExprKind::Element(inner) => self.elements(part(*inner), frame),
            ExprKind::Entered(inner) => self.entered(part(*inner), frame),
            ExprKind::Unpacked { value, index } => self.unpacked(part(*value), *index as usize, frame),
            ExprKind::Format(_) => vec![Possible::unknown("a text with holes")],
            ExprKind::Record { path, .. } => self.record(at, part(*path), frame),
            ExprKind::Unknown(why) => vec![Possible::unknown(*why)],
        }
    }

    /// `a or b` (`wanted` true) and `a and b`: alternatives whose truth is known decide, the others fall through.
    fn first_that(&self, parts: impl Iterator<Item = ExprRef>, frame: &Frame, wanted: bool) -> Possibles {
        let parts: Vec<_> = parts.collect();
        let mut found = Vec::new();
        for (number, part) in parts.iter().enumerate() {
            let last = number + 1 == parts.len();
            let mut falls_through = false;
            for possible in self.eval(*part, frame) {
                match truth(&possible.thing) {
                    Some(truth) if truth != wanted && !last => falls_through = true,
                    None if !last => {
                        falls_through = true;
                        found.push(possible);
                    }
                    _ => found.push(possible),
                }
            }
            if !falls_through {
                break;
            }
        }
        // An unknown left side with a known default: the default is what the program runs with by its own numbers.
        if found.iter().any(|possible| !possible.is_unknown()) && wanted {
            let unknown_before = found.iter().any(Possible::is_unknown);
            found.retain(|possible| !possible.is_unknown());
            if unknown_before {
                found = found.into_iter().map(|possible| possible.at_most(Certainty::Default)).collect();
            }
        }
        found
    }

    fn conditional(&self, test: ExprRef, yes: ExprRef, no: ExprRef, frame: &Frame) -> Possibles {
        match self.decide(test, frame) {
            Some(true) => self.eval(yes, frame),
            Some(false) => self.eval(no, frame),
            None => {
                let mut found = self.eval(yes, frame);
                found.extend(self.eval(no, frame));
                found
            }
        }
    }

    /// Elements of what is iterated.
    pub(super) fn elements(&self, iterated: ExprRef, frame: &Frame) -> Possibles {
        // `xs = xs[1:]`: a slice may be one of itself.
        (*self.answer(Asked::Elements, iterated, frame, |frame| self.elements_of_any(iterated, frame))).clone()
    }

    fn elements_of_any(&self, iterated: ExprRef, frame: &Frame) -> Possibles {
        let mut found = Vec::new();
        for possible in self.eval(iterated, frame) {
            match possible.thing {
                Thing::Sequence(list, list_frame) => match &self.expr(list).kind {
                    ExprKind::List(items) => {
                        let items = items.iter().take(MAX_ALTERNATIVES * 2);
                        found.extend(items.flat_map(|item| self.eval(ExprRef { file: list.file, expr: *item }, &list_frame)));
                    }
                    ExprKind::Comprehension(scope) => {
                        let scope = ScopeRef { file: list.file, scope: *scope };
                        found.extend(self.results(scope, &self.frame_for(scope, &list_frame)));
                    }
                    ExprKind::Subscript { object, .. } => {
                        found.extend(self.elements(ExprRef { file: list.file, expr: *object }, &list_frame));
                    }
                    _ => {
                        let group = self.group_of(list, &list_frame);
                        found.push(group.unwrap_or_else(|| Possible::unknown("an element of a sequence")));
                    }
                },
                Thing::Generator(scope, inner) => found.extend(self.results(scope, &inner)),
                Thing::Document(ref document) => found.extend(self.elements_of(document, &possible)),
                _ => found.push(Possible::unknown("an element of what is not known")),
            }
        }
        found
    }

    /// What `with value as x` binds.
    fn entered(&self, value: ExprRef, frame: &Frame) -> Possibles {
        let mut found = Vec::new();
        for possible in self.eval(value, frame) {
            match &possible.thing {
                Thing::Generator(scope, inner) => found.extend(self.results(*scope, inner)),
                Thing::Object(object) => match self.entry_of(object.class) {
                    Some(method) => {
                        let inner = self.method_frame(method, possible.thing.clone(), None, frame);
                        found.extend(self.results(method, &inner));
                    }
                    None => found.push(possible),
                },
                _ => found.push(possible),
            }
        }
        found
    }

    fn unpacked(&self, value: ExprRef, index: usize, frame: &Frame) -> Possibles {
        let mut found = Vec::new();
        for possible in self.eval(value, frame) {
            let item = match &possible.thing {
                Thing::Sequence(list, inner) => match &self.expr(*list).kind {
                    ExprKind::List(items) => items.get(index).map(|item| (ExprRef { file: list.file, expr: *item }, inner.clone())),
                    _ => None,
                },
                _ => None,
            };
            match item {
                Some((item, inner)) => found.extend(self.eval(item, &inner)),
                None => found.push(Possible::unknown("a part of what is not known")),
            }
        }
        found
    }

    /// What a function returns or yields in a frame of it.
    pub(super) fn results(&self, function: ScopeRef, frame: &Frame) -> Possibles {
        let facts = self.project.facts(function.file);
        let scope = facts.scope(function.scope);
        let numbers = self.project.tables(function.file).returns.get(&function.scope);
        let yields = numbers.is_some_and(|all| all.iter().any(|at| matches!(scope.statements[*at as usize].kind, StatementKind::Yield(_))));
        let mut found = Vec::new();
        for number in numbers.into_iter().flatten().take(MAX_ALTERNATIVES * 2) {
            if !self.may_run(scope, scope.statements[*number as usize].context, function.file, frame) {
                continue;
            }
            match scope.statements[*number as usize].kind {
                StatementKind::Yield(value) => found.extend(self.eval(ExprRef { file: function.file, expr: value }, frame)),
                StatementKind::Return(value) if !yields || scope.kind == ScopeKind::Lambda => {
                    found.extend(self.eval(ExprRef { file: function.file, expr: value }, frame));
                }
                _ => {}
            }
        }
        if found.is_empty() {
            // In Rust that is `()`, or a function that gives up: no option without a value.
            found.push(match facts.language {
                Language::Rust => Possible::unknown("a function that gives nothing back"),
                Language::Python => Possible::literal(Thing::Nothing, scope.name_span),
            });
        }
        found
    }

    /// The text of a place in one short line, for trails.
    pub(super) fn snippet(&self, span: Span) -> Rc<str> {
        let text = self.project.sources.slice(span);
        let line = text.lines().next().unwrap_or("").trim();
        let mut short: String = line.chars().take(72).collect();
        if short.len() < text.trim_end().len() {
            short.push('…');
        }
        format!("`{short}`").into()
    }
}
