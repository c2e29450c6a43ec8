//! Lines that declare how much runs at once by name: flags, parameters and arguments whose name means concurrency.

use rustc_hash::FxHashSet;

use super::amounts::value_of;
use super::eval::Evaluator;
use super::thing::{ExprRef, Possible, Possibles, ScopeRef, Thing, dotted, last_part};
use crate::facts::{ArgumentKind, ContextKind, ExprId, ExprKind, ScopeKind};
use crate::finding::ConcurrencyKind;
use crate::text::Span;
use crate::value::Value;

/// A line that declares concurrency.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// Where it stands.
    pub at: Span,
    /// Its kind.
    pub kind: ConcurrencyKind,
    /// The name that says so.
    pub name: String,
    /// How much.
    pub value: Value,
}

impl Evaluator<'_> {
    /// Flags, parameters with a default, and arguments of functions of the project, whose name means concurrency and whose number is known.
    pub fn declarations(&self) -> Vec<Declaration> {
        let mut found = Vec::new();
        let heirs = self.heirs_of_concurrency();
        for (file, loaded) in self.project.loaded().iter().enumerate() {
            if loaded.is_test {
                continue;
            }
            let file = file as u32;
            for scope in loaded.facts.scope_ids().map(|scope| ScopeRef { file, scope }) {
                if self.scope(scope).kind == ScopeKind::Function {
                    self.declared_by_parameters(scope, &mut found);
                }
            }
            for (name, calls) in &loaded.index.calls {
                let is_setter = self.is_rust(file) && self.project.catalog.means_concurrency(name);
                for call in calls {
                    let call = ExprRef { file, expr: *call };
                    self.declared_by_arguments(call, &heirs, &mut found);
                    if is_setter {
                        self.declared_by_setter(call, name, &mut found);
                    }
                }
            }
            if self.is_rust(file) {
                self.declared_by_turns(file, &mut found);
            }
        }
        found.sort_by_key(|declared| (self.path_of(declared.at), declared.at));
        found.dedup_by_key(|declared| declared.at);
        found
    }

    /// Classes that take over a constructor with a parameter whose name means concurrency.
    fn heirs_of_concurrency(&self) -> FxHashSet<&str> {
        let takes = |class: &ScopeRef| self.project.takes_concurrency(&self.scope(*class).name);
        let classes = self.project.classes().iter().filter(|class| !self.scope(**class).bases.is_empty());
        classes.filter(|class| self.ancestry(**class).0.iter().any(takes)).map(|class| &*self.scope(*class).name).collect()
    }

    pub(super) fn path_of(&self, at: Span) -> &str {
        &self.project.sources.get(at.file).path
    }

    /// Defaults of parameters.
    fn declared_by_parameters(&self, function: ScopeRef, found: &mut Vec<Declaration>) {
        for parameter in &self.scope(function).parameters {
            let Some(default) = parameter.default.filter(|_| self.project.catalog.means_concurrency(&parameter.name)) else { continue };
            let default = self.eval_open(ExprRef { file: function.file, expr: default });
            self.declare(parameter.span, ConcurrencyKind::Config, &parameter.name, default, found);
        }
    }

    /// Flags that a parser adds, and arguments by name, or by position where the function of the project names its parameter so.
    fn declared_by_arguments(&self, call: ExprRef, heirs: &FxHashSet<&str>, found: &mut Vec<Declaration>) {
        let ExprKind::Call { callee, arguments } = &self.expr(call).kind else { return };
        let part = |expr| ExprRef { file: call.file, expr };
        let catalog = self.project.catalog;
        let named = arguments.iter().filter_map(|argument| match &argument.kind {
            ArgumentKind::Keyword(name) if catalog.means_concurrency(name) => Some((name, argument.value)),
            _ => None,
        });
        let named: Vec<_> = named.collect();
        let flag = self.positional(call, 0).and_then(|first| match &self.expr(first).kind {
            ExprKind::Text(text) if text.starts_with('-') && catalog.means_concurrency(text.trim_start_matches('-')) => Some(text),
            _ => None,
        });
        if let (Some(flag), Some(default)) = (flag, self.keyword(call, "default")) {
            self.declare(self.span(call), ConcurrencyKind::Flag, flag, self.eval_open(default), found);
            return;
        }
        let counts = |argument: &&crate::facts::Argument| argument.kind == ArgumentKind::Positional;
        let says = super::index::last_name(self.project.facts(call.file), *callee);
        let may_name = says.is_some_and(|name| self.project.takes_concurrency(name) || heirs.contains(&**name));
        if named.is_empty() && !(may_name && arguments.iter().any(|argument| counts(&argument))) {
            return;
        }
        let function = self.eval_open(part(*callee)).into_iter().find_map(|possible| match possible.thing {
            Thing::Function(function, _) => Some((function, 0)),
            Thing::Method(_, function) => Some((function, usize::from(!self.has_decorator(function, &["staticmethod"])))),
            Thing::Class(class) => self.find_method(class, "__init__").map(|function| (function, 1)),
            _ => None,
        });
        let Some((function, skip)) = function else {
            // The settings of a client that sends several requests at once by itself.
            let hidden = || catalog.sources().iter().flat_map(|source| &source.hidden);
            let is_config = self.eval_open(part(*callee)).iter().any(|possible| match &possible.thing {
                Thing::Symbol(symbol) => hidden().any(|hidden| hidden.configs.iter().any(|config| **config == **symbol)),
                _ => false,
            });
            for (name, value) in named.into_iter().filter(|_| is_config) {
                self.declare(self.span(part(value)), ConcurrencyKind::Config, name, self.eval_open(part(value)), found);
            }
            return;
        };
        for (name, value) in named {
            self.declare(self.span(part(value)), ConcurrencyKind::Config, name, self.eval_open(part(value)), found);
        }
        for (number, argument) in arguments.iter().take_while(|argument| argument.kind == ArgumentKind::Positional).enumerate() {
            let Some(parameter) = self.scope(function).parameters.get(number + skip) else { break };
            if catalog.means_concurrency(&parameter.name) {
                self.declare(
                    self.span(part(argument.value)),
                    ConcurrencyKind::Config,
                    &parameter.name,
                    self.eval_open(part(argument.value)),
                    found,
                );
            }
        }
    }

    /// A method of a builder whose name means concurrency: of a type of the project, or of what the catalog knows to run things.
    fn declared_by_setter(&self, call: ExprRef, name: &str, found: &mut Vec<Declaration>) {
        let (Some(receiver), Some(value), 1) = (self.receiver(call), self.positional(call, 0), self.arguments(call).len()) else { return };
        let catalog = self.project.catalog;
        for possible in self.eval_open(receiver) {
            match &possible.thing {
                Thing::Object(object) if self.has_builder(object.class) => {
                    return self.declare(self.span(value), ConcurrencyKind::Config, name, self.eval_open(value), found);
                }
                // The number of workers itself is the executor's own declaration.
                Thing::Made(made) if catalog.executor(&made.symbol).is_some_and(|known| known.method.as_deref() != Some(name)) => {
                    let given = value_of(&self.eval_open(value), &[]);
                    let at = self.method_span(call);
                    return found.push(Declaration { at, kind: ConcurrencyKind::Config, name: name.to_string(), value: given });
                }
                _ => {}
            }
        }
    }

    /// `for _ in 0..n { spawn(…) }` and `(0..n).map(|_| spawn(…))`: a task for each turn.
    fn declared_by_turns(&self, file: u32, found: &mut Vec<Declaration>) {
        let facts = self.project.facts(file);
        let Some(ranges) = self.project.tables(file).calls.get("range") else { return };
        let starts = self.task_starts(file);
        let starts_in = |span: Span| starts.iter().any(|start| span.start <= start.start && start.end <= span.end);
        for range in ranges {
            let expr = facts.expr(*range);
            let scope = facts.scope(expr.scope);
            let of_loop = scope.contexts.iter().find(|context| matches!(context.kind, ContextKind::For { over, .. } if over == *range));
            let range = ExprRef { file, expr: *range };
            let Some(end) = self.arguments(range).last().map(|argument| ExprRef { file, expr: argument.value }) else { continue };
            let turns = match of_loop {
                Some(context) => starts_in(context.span) || self.says_concurrency(end),
                None => self.mapped(range).is_some_and(starts_in),
            };
            if turns {
                let name = self.project.sources.slice(self.span(end)).trim().to_string();
                let count = self.count(range, &self.open_frame(self.scope_of(range)));
                let at = self.project.sources.first_line(of_loop.map_or_else(|| self.span(range), |context| context.span));
                found.push(Declaration { at, kind: ConcurrencyKind::FanOut, name, value: value_of(&vec![count], &[]) });
            }
        }
    }

    /// Where a file starts tasks or threads.
    fn task_starts(&self, file: u32) -> Vec<Span> {
        let catalog = self.project.catalog;
        let symbols = catalog.sources().iter().flat_map(|source| &source.starters).flat_map(|starter| &starter.symbols);
        let names: FxHashSet<&str> = symbols.map(|symbol| last_part(symbol)).collect();
        let tables = self.project.tables(file);
        let named = tables.calls.iter().filter(|(name, _)| names.contains(&***name) || catalog.starter_method(name).is_some());
        let is_start = |call: &ExprId| {
            let ExprKind::Call { callee, .. } = self.project.facts(file).expr(*call).kind else { return false };
            self.eval_open(ExprRef { file, expr: callee }).iter().any(|possible| match &possible.thing {
                Thing::Symbol(symbol) => catalog.starter(symbol).is_some(),
                Thing::Part(made, path) => {
                    catalog.starter(&dotted(&made.symbol, path)).is_some() || catalog.starter_method(last_part(path)).is_some()
                }
                _ => false,
            })
        };
        named.flat_map(|(_, calls)| calls).filter(|call| is_start(call)).map(|call| self.span(ExprRef { file, expr: *call })).collect()
    }

    /// The call of `map` on an expression, with its closure.
    fn mapped(&self, of: ExprRef) -> Option<Span> {
        let facts = self.project.facts(of.file);
        let attribute = facts.expr(of.expr).parent?;
        let ExprKind::Attribute { name, .. } = &facts.expr(attribute).kind else { return None };
        let call = facts.expr(attribute).parent.filter(|_| matches!(&**name, "map" | "for_each"))?;
        Some(facts.expr(call).span)
    }

    /// Whether a name in an expression means concurrency.
    fn says_concurrency(&self, at: ExprRef) -> bool {
        let facts = self.project.facts(at.file);
        match &facts.expr(at.expr).kind {
            ExprKind::Name(name) | ExprKind::Attribute { name, .. } => self.project.catalog.means_concurrency(name),
            ExprKind::Operator { left, right, .. } => {
                [left, right].into_iter().any(|side| self.says_concurrency(ExprRef { file: at.file, expr: *side }))
            }
            _ => false,
        }
    }

    fn declare(&self, at: Span, kind: ConcurrencyKind, name: &str, given: Possibles, found: &mut Vec<Declaration>) {
        let known: Possibles =
            given.into_iter().filter(|possible| matches!(possible.thing, Thing::Number(number) if number >= 1.0)).collect();
        if !known.iter().all(Possible::is_unknown) {
            found.push(Declaration { at, kind, name: name.trim_start_matches('-').to_string(), value: value_of(&known, &[]) });
        }
    }
}
