//! Comprehensions, generator expressions and lambdas: the scopes inside expressions.

use tree_sitter::Node;

use super::grammar::{Field, Kind};
use super::lower::{Lowerer, has_async, in_field};
use crate::facts::{ContextKind, ExprId, ExprKind, ScopeKind, StatementKind};
use crate::text::Span;

impl<'t> Lowerer<'t> {
    /// `[element for target in over if test]` in all its forms.
    pub(super) fn comprehension(&mut self, node: Node<'t>, parent: Option<ExprId>) -> ExprId {
        let id = self.open(node, parent);
        let span = self.span(node);
        let scope = self.add_scope(ScopeKind::Comprehension, "", span, first_byte(span));
        let outside = self.place();
        let parts = self.parts(node);
        for part in &parts {
            match part.kind {
                Kind::ForInClause => {
                    let is_first = self.scope != scope;
                    self.for_clause(part.node, span, is_first.then_some((scope, id)));
                }
                Kind::IfClause => {
                    if let Some(test) = self.first_part(part.node) {
                        let test = self.expression(test, None);
                        self.enter_context(ContextKind::Branch { test: Some(test), when: true }, span);
                    }
                }
                _ => {}
            }
        }
        if self.scope != scope {
            self.enter_scope(scope);
        }
        if let Some(element) = in_field(&parts, Field::Body) {
            let value = if self.kind(element) == Kind::Pair { self.pair(element) } else { self.expression(element, None) };
            let span = self.span(element);
            self.state(StatementKind::Yield(value), span);
        }
        self.go_back(outside);
        self.close(id, ExprKind::Comprehension(scope))
    }

    /// What the first clause iterates is evaluated outside and is a part of the comprehension there; the scope begins after it.
    fn for_clause(&mut self, clause: Node<'t>, span: Span, first: Option<(crate::facts::ScopeId, ExprId)>) {
        let children = self.children(clause);
        let is_async = has_async(&children);
        let over: Vec<_> = children.iter().filter(|child| child.field == Field::Right && child.kind != Kind::Token).copied().collect();
        let parent = first.map(|(_, id)| id);
        let over = match over.as_slice() {
            [one] => self.expression(one.node, parent),
            [head, .., last] => {
                let span = self.span_over(head.node, last.node);
                let id = self.make(ExprKind::Unknown("not lowered"), span, parent);
                let values = over.iter().map(|value| self.expression(value.node, Some(id))).collect();
                self.close(id, ExprKind::List(values))
            }
            [] => self.not_followed(clause, parent, "syntax error"),
        };
        if let Some((scope, _)) = first {
            self.enter_scope(scope);
        }
        self.enter_context(ContextKind::For { over, is_async }, span);
        if let Some(target) = in_field(&children, Field::Left) {
            self.bind_derived(target, ExprKind::Element(over));
        }
    }

    /// `key: value` as a list of two.
    fn pair(&mut self, node: Node<'t>) -> ExprId {
        let id = self.open(node, None);
        let parts = self.parts(node);
        let sides = parts.into_iter().map(|part| self.expression(part.node, Some(id))).collect();
        self.close(id, ExprKind::List(sides))
    }

    /// `lambda parameters: value`.
    pub(super) fn lambda(&mut self, node: Node<'t>, parent: Option<ExprId>) -> ExprId {
        let id = self.open(node, parent);
        let parts = self.parts(node);
        let parameters = in_field(&parts, Field::Parameters).map_or_else(Vec::new, |list| self.parameters(list));
        let span = self.span(node);
        let scope = self.add_scope(ScopeKind::Lambda, "", span, first_byte(span));
        if let Some(lambda) = self.scope_mut(scope) {
            lambda.parameters = parameters;
        }
        let outside = self.place();
        self.enter_scope(scope);
        if let Some(body) = in_field(&parts, Field::Body) {
            let value = self.expression(body, None);
            let span = self.span(body);
            self.state(StatementKind::Return(value), span);
        }
        self.go_back(outside);
        self.close(id, ExprKind::Lambda(scope))
    }
}

/// The place by which a scope without a name is shown.
fn first_byte(span: Span) -> Span {
    Span { end: span.end.min(span.start + 1), ..span }
}
