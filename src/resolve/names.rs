//! Looks names up: lexical scopes, assignments that reach a use, imports between the project's files.

use std::rc::Rc;

use super::alternatives::origin_of;
use super::arguments::is_opaque;
use super::eval::Evaluator;
use super::index::Binder;
use super::thing::{ExprRef, FilePath, Frame, Possible, Possibles, ScopeRef, Thing, dotted};
use crate::catalog::concurrency::Gives;
use crate::catalog::origins::FileGives;
use crate::facts::{BODY, ContextId, ContextKind, ExprKind, Import, MODULE, OuterName, Scope, ScopeKind, Statement, StatementKind};
use crate::text::Span;
use crate::value::{Certainty, How};

/// Longest chain of star imports that is followed.
const MAX_STARS: u32 = 24;

impl Evaluator<'_> {
    /// What a name can be where it is used.
    pub(super) fn name(&self, name: &str, at: ExprRef, frame: &Frame) -> Possibles {
        let facts = self.project.facts(at.file);
        let index = self.project.tables(at.file);
        let mut here = Some(self.expr(at).scope);
        let mut first = true;
        let rust = self.is_rust(at.file);
        while let Some(id) = here {
            let scope = facts.scope(id);
            let global = scope.outer_names.iter().find(|(declared, _)| &**declared == name).map(|(_, outer)| *outer);
            if global == Some(OuterName::Global) {
                here = Some(MODULE);
                first = id == MODULE;
                if id != MODULE {
                    continue;
                }
            }
            let hidden = scope.kind == ScopeKind::Class && !(rust && crate::read::rust::is_inline_module(scope));
            if global.is_none() && ((first && !rust) || !hidden) {
                if let Some(binders) = index.binders_of(id, name) {
                    let owner = ScopeRef { file: at.file, scope: id };
                    let reaching = self.reaching(binders, owner, Some(at));
                    if rust && reaching.is_empty() {
                        first = false;
                        here = scope.parent;
                        continue;
                    }
                    return self.bound(name, &reaching, owner, &self.frame_for(owner, frame));
                }
                if let Some(found) = self.through_stars(name, ScopeRef { file: at.file, scope: id }) {
                    return found;
                }
            }
            first = false;
            here = scope.parent;
        }
        if rust && let Some(root) = self.path_root(name, self.scope_of(at), self.span(at)) {
            return vec![root];
        }
        vec![self.symbol(Rc::from(name), self.span(at))]
    }

    /// A name of a library: its number where the catalog knows it as a constant.
    pub(super) fn symbol(&self, symbol: Rc<str>, at: Span) -> Possible {
        if let Some(constant) = self.project.catalog.constant(&symbol) {
            let mut possible = Possible::literal(super::construct::literal_thing(&constant.value), at).at_most(Certainty::Default);
            possible.how = How::Constant;
            return possible.after(at, format!("`{symbol}` is {} ({})", super::construct::literal_text(&constant.value), constant.source));
        }
        if let Some(function) = self.project.catalog.function(&symbol)
            && function.gives == Gives::Constant
        {
            return Possible::literal(Thing::Number(function.low.unwrap_or(f64::INFINITY)), at);
        }
        if self.project.catalog.file(&symbol).is_some_and(|call| call.gives == FileGives::Own) {
            let text = self.project.sources.get(at.file).path.to_string();
            return Possible::literal(Thing::Path(Rc::new(FilePath { text, from_root: true })), at);
        }
        Possible::literal(Thing::Symbol(symbol), at)
    }

    /// What a name of a module is, seen from outside.
    pub(super) fn module_member(&self, file: u32, name: &str) -> Option<Possibles> {
        let owner = ScopeRef { file, scope: MODULE };
        if let Some(binders) = self.project.tables(file).binders_of(MODULE, name) {
            return Some(self.bound(name, &self.reaching(binders, owner, None), owner, &self.open_frame(owner)));
        }
        if let Some(found) = self.through_stars(name, owner) {
            return Some(found);
        }
        let entry = self.project.submodule(file, name)?;
        Some(vec![self.module_thing(entry, name)])
    }

    fn through_stars(&self, name: &str, owner: ScopeRef) -> Option<Possibles> {
        let scope = self.scope(owner);
        for number in self.project.tables(owner.file).stars.get(&owner.scope)? {
            if self.is_rust(owner.file) {
                if let Some(found) = self.through_glob(name, owner, *number) {
                    return Some(found);
                }
                continue;
            }
            let StatementKind::Import(import) = &scope.statements[*number as usize].kind else { continue };
            match self.project.find_module(owner.file, &import.path, import.level) {
                Some(entry) => {
                    let thing = self.module_thing(entry, &import.path);
                    if let Thing::Module(file) = thing.thing
                        && file != owner.file
                        && self.enter_star(file, name)
                    {
                        let found = self.module_member(file, name);
                        self.leave_star();
                        if found.is_some() {
                            return found;
                        }
                    }
                }
                None if self.project.catalog.names_module(&import.path) => {
                    let symbol = dotted(&import.path, name);
                    if self.project.catalog.constructor(&symbol).is_some() {
                        return Some(vec![Possible::literal(Thing::Symbol(symbol), scope.statements[*number as usize].span)]);
                    }
                }
                None => {}
            }
        }
        None
    }

    /// A name that a glob import of Rust brings in.
    fn through_glob(&self, name: &str, owner: ScopeRef, number: u32) -> Option<Possibles> {
        let span = self.scope(owner).statements[number as usize].span;
        for module in self.glob(owner, number).iter() {
            match &module.thing {
                Thing::Module(file) if *file != owner.file && self.enter_star(*file, name) => {
                    let found = self.module_member(*file, name);
                    self.leave_star();
                    if found.is_some() {
                        return found;
                    }
                }
                Thing::Class(class) => {
                    let found = self.class_member(*class, name, &module.thing, &self.open_frame(*class));
                    if found.is_some() {
                        return found;
                    }
                }
                Thing::Symbol(path) if self.project.catalog.names_module(path) => {
                    let symbol = dotted(path, name);
                    let known = self.project.catalog.names_module(&symbol) || self.project.catalog.constructor(&symbol).is_some();
                    if known {
                        return Some(vec![self.symbol(symbol, span)]);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// Whether a module is to be searched for a name: once in a look-up, by whatever chain of star imports it is reached.
    fn enter_star(&self, file: u32, name: &str) -> bool {
        if self.searching.get() >= MAX_STARS {
            self.memory.told_less(0);
            return false;
        }
        let is_new = self.searched.borrow_mut().insert((file, name.into()));
        if is_new {
            self.searching.set(self.searching.get() + 1);
        }
        is_new
    }

    fn leave_star(&self) {
        self.searching.set(self.searching.get().saturating_sub(1));
        if self.searching.get() == 0 {
            self.searched.borrow_mut().clear();
        }
    }

    /// The values that the binders of a name give which reach a use.
    fn bound(&self, name: &str, reaching: &[Binder], owner: ScopeRef, frame: &Frame) -> Possibles {
        let mut found = Vec::new();
        let mut replaces_nothing = false;
        // `try: from a import Pool`, `except ImportError: from b import Pool`: the first is what the program wants.
        let stands_in = |binder: &Binder| self.is_import(*binder, owner.file) && self.is_fallback(*binder, owner.file);
        let mut wanted_first: Vec<&Binder> = reaching.iter().collect();
        wanted_first.sort_by_key(|binder| stands_in(binder));
        for binder in wanted_first {
            replaces_nothing |= self.is_bound_when_missing(name, *binder, owner.file);
            found.push(self.binder_value(name, *binder, owner, frame));
        }
        let falls_back = reaching.iter().any(|binder| self.is_fallback(*binder, owner.file));
        let mut all: Possibles = found.into_iter().flatten().collect();
        // `try: n = int(os.environ["N"])`, `except KeyError: n = 5`: the program's own number where the other is not known.
        let is_number = |possible: &Possible| matches!(possible.thing, Thing::Number(_) | Thing::Seconds(_));
        if falls_back && all.iter().any(is_number) && all.iter().any(Possible::is_unknown) {
            all.retain(|possible| !possible.is_unknown());
            all = all.into_iter().map(|possible| possible.at_most(Certainty::Default)).collect();
        }
        if replaces_nothing && all.iter().any(|possible| !matches!(possible.thing, Thing::Nothing)) {
            all.retain(|possible| !matches!(possible.thing, Thing::Nothing));
        }
        all
    }

    fn is_import(&self, binder: Binder, file: u32) -> bool {
        let Binder::Statement(stands_in, number) = binder else { return false };
        matches!(self.project.facts(file).scope(stands_in).statements[number as usize].kind, StatementKind::Import(_))
    }

    /// Whether a name is bound where something else failed.
    fn is_fallback(&self, binder: Binder, file: u32) -> bool {
        let Binder::Statement(stands_in, number) = binder else { return false };
        let scope = self.project.facts(file).scope(stands_in);
        let context = scope.statements[number as usize].context;
        scope.context_chain(context).any(|(_, context)| context.kind == ContextKind::Handler)
    }

    /// The binders whose value can still be there at the use (`None`: seen from outside the scope, when all of it has run), latest first.
    fn reaching(&self, binders: &[Binder], owner: ScopeRef, used: Option<ExprRef>) -> Vec<Binder> {
        let scope = self.scope(owner);
        let rust = self.is_rust(owner.file);
        let inside = used.and_then(|at| self.place_in(at, owner));
        let (context, before) = inside.unwrap_or((BODY, u32::MAX));
        let mut kept = Vec::new();
        let mut branches: Vec<(crate::facts::ExprId, bool)> = Vec::new();
        let mut killed = false;
        for binder in binders.iter().rev() {
            let Binder::Statement(stands_in, number) = *binder else { continue };
            if stands_in != owner.scope {
                kept.push(*binder);
                continue;
            }
            let statement = &scope.statements[number as usize];
            let within_itself =
                statement.span.start <= before && before < statement.span.end && matches!(statement.kind, StatementKind::Bind { .. });
            let earlier = statement.span.start < before && (!within_itself || self.is_block_target(owner.file, scope, number));
            if killed || !earlier || scope.excludes(statement.context, context) {
                continue;
            }
            // A block of Rust keeps the names that it declares to itself.
            let declares = || self.is_block_target(owner.file, scope, number) || !self.is_assignment(statement);
            if rust && inside.is_some() && !scope.is_within(context, statement.context) && declares() {
                continue;
            }
            kept.push(*binder);
            if scope.is_within(context, statement.context) {
                killed = true;
            } else if let ContextKind::Branch { test: Some(test), when } = scope.context(statement.context).kind {
                let around = scope.context(statement.context).parent.unwrap_or(BODY);
                if branches.iter().any(|(other, side)| *other == test && *side != when) && scope.is_within(context, around) {
                    killed = true;
                }
                branches.push((test, when));
            }
        }
        if !killed {
            kept.extend(binders.iter().filter(|binder| matches!(binder, Binder::Parameter(..))));
        }
        // In Python a loop may come back to a later assignment; in Rust the name then means one further out.
        if kept.is_empty() && !(inside.is_some() && rust) { binders.to_vec() } else { kept }
    }

    /// Where a use stands in a scope: in Rust also one in a closure inside, which takes the names that are there at that point.
    fn place_in(&self, used: ExprRef, owner: ScopeRef) -> Option<(ContextId, u32)> {
        if used.file != owner.file {
            return None;
        }
        let facts = self.project.facts(owner.file);
        let (mut at, mut place) = (self.expr(used).scope, (self.context_of(used), self.expr(used).span.start));
        while at != owner.scope {
            let inner = facts.scope(at);
            if !self.is_rust(owner.file) || !matches!(inner.kind, ScopeKind::Lambda | ScopeKind::Comprehension) {
                return None;
            }
            place = (inner.parent_context, inner.span.start);
            at = inner.parent?;
        }
        Some(place)
    }

    /// Whether a statement of Rust gives a name that is there another value: it is neither `let` nor the pattern of a branch.
    fn is_assignment(&self, statement: &Statement) -> bool {
        let text = self.project.sources.slice(statement.span);
        let declares = text.strip_prefix("let").is_some_and(|rest| rest.starts_with(char::is_whitespace));
        matches!(statement.kind, StatementKind::Bind { .. }) && !declares && text.contains('=')
    }

    /// Loop and `with` targets are bound by a statement whose span may be the whole block.
    fn is_block_target(&self, file: u32, scope: &Scope, number: u32) -> bool {
        let StatementKind::Bind { value, .. } = scope.statements[number as usize].kind else { return false };
        let mut at = value;
        loop {
            match self.project.facts(file).expr(at).kind {
                ExprKind::Element(_) | ExprKind::Entered(_) => return true,
                ExprKind::Unpacked { value, .. } => at = value,
                _ => return false,
            }
        }
    }

    /// `if x is None: x = …`, `if not x: x = …`: the earlier nothing is gone afterwards.
    fn is_bound_when_missing(&self, name: &str, binder: Binder, file: u32) -> bool {
        let Binder::Statement(stands_in, number) = binder else { return false };
        let facts = self.project.facts(file);
        let scope = facts.scope(stands_in);
        let statement = &scope.statements[number as usize];
        scope.context_chain(statement.context).any(|(_, context)| {
            let ContextKind::Branch { test: Some(test), when } = context.kind else { return false };
            let is_name = |id| match &facts.expr(id).kind {
                ExprKind::Name(tested) => &**tested == name,
                ExprKind::Attribute { name: tested, .. } => &**tested == name,
                _ => false,
            };
            match &facts.expr(test).kind {
                ExprKind::Not(inner) => when && is_name(*inner),
                ExprKind::Compare { operator, left, right } if facts.expr(*right).kind == ExprKind::None => {
                    is_name(*left) && when == matches!(&**operator, "is" | "==")
                }
                ExprKind::Or(parts) => when && parts.iter().any(|part| matches!(&facts.expr(*part).kind, ExprKind::Compare { operator, left, right } if &**operator == "is" && is_name(*left) && facts.expr(*right).kind == ExprKind::None)),
                _ => !when && is_name(test),
            }
        })
    }

    fn binder_value(&self, name: &str, binder: Binder, owner: ScopeRef, frame: &Frame) -> Possibles {
        match binder {
            Binder::Parameter(scope, number) => {
                let function = ScopeRef { file: owner.file, scope };
                self.parameter(function, number as usize, &self.frame_for(function, frame))
            }
            Binder::Statement(stands_in, number) => {
                let stands_in = ScopeRef { file: owner.file, scope: stands_in };
                let scope = self.scope(stands_in);
                let statement = &scope.statements[number as usize];
                match &statement.kind {
                    StatementKind::Bind { value, annotation, .. } => {
                        let value = ExprRef { file: owner.file, expr: *value };
                        if let Some(typed) = annotation
                            .and_then(|annotation| self.typed_where_opaque(value, ExprRef { file: owner.file, expr: annotation }, frame))
                        {
                            return typed;
                        }
                        let inner = self.frame_for(stands_in, frame);
                        let how = origin_of(scope.kind);
                        let said = self.snippet(statement.span);
                        let plain = self.is_plain(value);
                        self.eval(value, &inner)
                            .into_iter()
                            .map(|possible| {
                                let possible = if how == How::Constant { possible.given_by(How::Constant) } else { possible };
                                let possible = if plain { possible.through(statement.span) } else { possible };
                                possible.after(statement.span, said.clone())
                            })
                            .collect()
                    }
                    StatementKind::Import(import) => self.imported(import, owner.file, statement.span),
                    StatementKind::Define(defined) => {
                        let defined = ScopeRef { file: owner.file, scope: *defined };
                        let thing = match self.scope(defined).kind {
                            ScopeKind::Class => Thing::Class(defined),
                            _ => Thing::Function(defined, self.frame_for(stands_in, frame)),
                        };
                        vec![Possible::literal(thing, self.scope(defined).name_span)]
                    }
                    _ => vec![Possible::unknown(format!("`{name}` is not followed"))],
                }
            }
        }
    }

    /// Any object of the type that a binding declares, where its value itself is not followed.
    pub(super) fn typed_where_opaque(&self, value: ExprRef, annotation: ExprRef, frame: &Frame) -> Option<Possibles> {
        // What a function of a library makes that nobody knows: `let config: Config = toml::from_str(text)?`.
        let is_foreign = |possible: &Possible| match &possible.thing {
            Thing::Made(made) => self.is_rust(value.file) && self.project.catalog.is_unknown(&made.symbol),
            _ => false,
        };
        if self.eval(value, frame).iter().all(|possible| is_opaque(possible) || is_foreign(possible)) {
            self.typed(annotation)
        } else {
            None
        }
    }

    /// Whether a value is passed on as it is, so that both sides of the assignment are equal by construction.
    fn is_plain(&self, value: ExprRef) -> bool {
        !matches!(
            self.expr(value).kind,
            ExprKind::Augmented { .. } | ExprKind::Element(_) | ExprKind::Entered(_) | ExprKind::Unpacked { .. }
        )
    }

    /// What an import binds.
    pub(super) fn imported(&self, import: &Import, file: u32, span: Span) -> Possibles {
        if self.is_rust(file) {
            return self.used(import, file, span);
        }
        // Two modules that import one name from each other.
        if self.importing.get() >= super::eval::MAX_FRAMES * 2 {
            return vec![Possible::unknown("a name that is imported in a circle")];
        }
        self.importing.set(self.importing.get() + 1);
        let found = self.imported_from(import, file, span);
        self.importing.set(self.importing.get() - 1);
        found
    }

    fn imported_from(&self, import: &Import, file: u32, span: Span) -> Possibles {
        let level = import.level;
        match &import.item {
            None => match self.project.find_module(file, &import.path, level) {
                Some(entry) => vec![self.module_thing(entry, &import.path)],
                None => vec![Possible::literal(Thing::Symbol(Rc::from(&*import.path)), span)],
            },
            Some(item) => {
                if let Some(entry) = self.project.find_module(file, &import.path, level) {
                    let module = self.module_thing(entry, &import.path);
                    if let Thing::Module(loaded) = module.thing {
                        let asked = ScopeRef { file: loaded, scope: MODULE };
                        if loaded != file || *import.local != **item {
                            if let Some(found) = self.module_member(loaded, item) {
                                return found;
                            }
                        } else if let Some(entry) = self.project.submodule(asked.file, item) {
                            return vec![self.module_thing(entry, item)];
                        }
                        return vec![Possible::unknown(format!("`{item}` is not found in {}", self.project.path(loaded)))];
                    }
                    if let Some(entry) = self.project.find_module(file, &dotted(&import.path, item), level) {
                        return vec![self.module_thing(entry, item)];
                    }
                    return vec![module];
                }
                if let Some(entry) = self.project.find_module(file, &dotted(&import.path, item), level) {
                    return vec![self.module_thing(entry, item)];
                }
                if level > 0 {
                    return vec![Possible::unknown(format!("`{item}` comes from a file that is not here"))];
                }
                vec![self.symbol(dotted(&import.path, item), span)]
            }
        }
    }

    /// A file of the project as a module; read on the next round where it is not loaded.
    pub(super) fn module_thing(&self, entry: usize, path: &str) -> Possible {
        match self.project.loaded_entry(entry) {
            Some(file) => {
                let span = self.scope(ScopeRef { file, scope: MODULE }).name_span;
                Possible::literal(Thing::Module(file), span)
            }
            None => {
                if self.may_want() {
                    self.wants.borrow_mut().entries.entry(entry).or_insert_with(|| format!("module {path}"));
                }
                Possible::unknown(format!("module {path} is not read yet"))
            }
        }
    }
}
