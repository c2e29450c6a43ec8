//! Functions, classes, their decorators and parameters.

use tree_sitter::Node;

use super::grammar::{Field, Kind};
use super::lower::{Lowerer, has_async, in_field};
use crate::facts::{ExprId, Parameter, ParameterKind, ScopeId, ScopeKind, StatementKind};
use crate::text::Span;

impl<'t> Lowerer<'t> {
    /// A definition under decorators; its span begins with the first of them.
    pub(super) fn decorated(&mut self, node: Node<'t>) {
        let parts = self.parts(node);
        let mut decorators = Vec::new();
        for part in &parts {
            if part.kind == Kind::Decorator
                && let Some(inner) = self.first_part(part.node)
            {
                decorators.push(self.expression(inner, None));
            }
        }
        let span = self.span(node);
        for part in parts {
            match part.kind {
                Kind::Function => self.function(part.node, std::mem::take(&mut decorators), span),
                Kind::Class => self.class(part.node, std::mem::take(&mut decorators), span),
                _ => {}
            }
        }
    }

    /// `def name(parameters): …`.
    pub(super) fn function(&mut self, node: Node<'t>, decorators: Vec<ExprId>, span: Span) {
        let children = self.children(node);
        let parameters = in_field(&children, Field::Parameters).map_or_else(Vec::new, |list| self.parameters(list));
        let scope = self.define(ScopeKind::Function, in_field(&children, Field::Name), span);
        if let Some(function) = self.scope_mut(scope) {
            function.parameters = parameters;
            function.decorators = decorators;
            function.is_async = has_async(&children);
        }
        self.body_of(scope, in_field(&children, Field::Body));
    }

    /// `class Name(bases): …`.
    pub(super) fn class(&mut self, node: Node<'t>, decorators: Vec<ExprId>, span: Span) {
        let children = self.children(node);
        let bases = in_field(&children, Field::Superclasses).map_or_else(Vec::new, |list| self.arguments(list, None));
        let scope = self.define(ScopeKind::Class, in_field(&children, Field::Name), span);
        if let Some(class) = self.scope_mut(scope) {
            class.bases = bases;
            class.decorators = decorators;
        }
        self.body_of(scope, in_field(&children, Field::Body));
    }

    fn define(&mut self, kind: ScopeKind, name: Option<Node<'t>>, span: Span) -> ScopeId {
        let name_span = name.map_or(Span { end: span.start, ..span }, |name| self.span(name));
        let scope = self.add_scope(kind, name.map_or("", |name| self.text(name)), span, name_span);
        self.state(StatementKind::Define(scope), span);
        scope
    }

    fn body_of(&mut self, scope: ScopeId, body: Option<Node<'t>>) {
        let outside = self.place();
        self.enter_scope(scope);
        if let Some(body) = body {
            self.block(body);
        }
        self.go_back(outside);
    }

    /// Parameters of a function or lambda; defaults and annotations belong to the open scope.
    pub(super) fn parameters(&mut self, node: Node<'t>) -> Vec<Parameter> {
        let mut parameters: Vec<Parameter> = Vec::new();
        let mut plain = ParameterKind::Any;
        for part in self.parts(node) {
            match part.kind {
                Kind::PositionalSeparator => {
                    for parameter in &mut parameters {
                        parameter.kind = ParameterKind::Positional;
                    }
                    continue;
                }
                Kind::KeywordSeparator => {
                    plain = ParameterKind::Keyword;
                    continue;
                }
                _ => {}
            }
            let parts = self.parts(part.node);
            let value = in_field(&parts, Field::Value);
            let hint = in_field(&parts, Field::Type);
            let has_parts = matches!(part.kind, Kind::TypedParameter | Kind::DefaultParameter | Kind::TypedDefaultParameter);
            let mut name = if has_parts { parts.first().map_or(part.node, |first| first.node) } else { part.node };
            let kind = match self.kind(name) {
                Kind::ListSplatPattern => ParameterKind::Rest,
                Kind::DictionarySplatPattern => ParameterKind::KeywordRest,
                _ => plain,
            };
            if kind == ParameterKind::Rest {
                plain = ParameterKind::Keyword;
            }
            if matches!(kind, ParameterKind::Rest | ParameterKind::KeywordRest) {
                name = self.first_part(name).unwrap_or(name);
            }
            // `def f((a, b))` of Python 2 keeps its place without a name.
            let text = if self.kind(name) == Kind::Identifier { self.text(name) } else { "" };
            let span = self.span(name);
            let annotation = hint.map(|hint| self.expression(hint, None));
            let default = value.map(|value| self.expression(value, None));
            parameters.push(Parameter { name: text.into(), span, default, annotation, kind });
        }
        parameters
    }
}
