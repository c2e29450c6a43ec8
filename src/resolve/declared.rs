//! Lines that declare how much runs at once by name: flags, parameters and arguments whose name means concurrency.

use rustc_hash::FxHashSet;

use super::amounts::value_of;
use super::eval::Evaluator;
use super::thing::{ExprRef, Possible, Possibles, ScopeRef, Thing};
use crate::facts::{ArgumentKind, ExprKind, ScopeKind};
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
            for calls in loaded.index.calls.values() {
                for call in calls {
                    self.declared_by_arguments(ExprRef { file, expr: *call }, &heirs, &mut found);
                }
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

    fn path_of(&self, at: Span) -> &str {
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

    fn declare(&self, at: Span, kind: ConcurrencyKind, name: &str, given: Possibles, found: &mut Vec<Declaration>) {
        let known: Possibles =
            given.into_iter().filter(|possible| matches!(possible.thing, Thing::Number(number) if number >= 1.0)).collect();
        if !known.iter().all(Possible::is_unknown) {
            found.push(Declaration { at, kind, name: name.trim_start_matches('-').to_string(), value: value_of(&known, &[]) });
        }
    }
}
