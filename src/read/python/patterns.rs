//! `match`: its arms as branches, and the names that its patterns bind.

use tree_sitter::Node;

use super::grammar::{Field, Kind};
use super::lower::{Child, Lowerer, in_field};
use crate::facts::{ContextKind, ExprId, ExprKind, StatementKind};

impl<'t> Lowerer<'t> {
    /// `match subject: case …`.
    pub(super) fn match_statement(&mut self, node: Node<'t>) {
        let parts = self.parts(node);
        let subjects: Vec<Child<'t>> = parts.iter().filter(|part| part.field == Field::Subject).copied().collect();
        let subject = match subjects.as_slice() {
            [one] => self.expression(one.node, None),
            [first, .., last] => {
                let span = self.span_over(first.node, last.node);
                let id = self.make(ExprKind::Unknown("not lowered"), span, None);
                let values = subjects.iter().map(|value| self.expression(value.node, Some(id))).collect();
                self.close(id, ExprKind::List(values))
            }
            [] => self.not_followed(node, None, "syntax error"),
        };
        let span = self.facts.expr(subject).span;
        self.state(StatementKind::Evaluate(subject), span);
        let Some(body) = in_field(&parts, Field::Body) else { return };
        for arm in self.parts(body) {
            if arm.kind == Kind::CaseClause {
                self.arm(arm.node, subject);
            }
        }
    }

    fn arm(&mut self, node: Node<'t>, subject: ExprId) {
        let place = self.place();
        let span = self.span(node);
        // What the pattern says is not followed; that it asks about the subject is.
        let test = self.open(node, None);
        let right = self.make(ExprKind::Unknown("a pattern"), span, Some(test));
        self.close(test, ExprKind::Compare { operator: "matches".into(), left: subject, right });
        self.enter_context(ContextKind::Branch { test: Some(test), when: true }, span);
        let parts = self.parts(node);
        let patterns: Vec<_> = parts.iter().filter(|part| part.kind == Kind::CasePattern).copied().collect();
        match patterns.as_slice() {
            [one] => self.pattern(one.node, Some(subject)),
            several => several.iter().for_each(|pattern| self.pattern(pattern.node, None)),
        }
        if let Some(guard) = in_field(&parts, Field::Guard).and_then(|guard| self.first_part(guard)) {
            let test = self.expression(guard, None);
            self.enter_context(ContextKind::Branch { test: Some(test), when: true }, span);
        }
        if let Some(body) = in_field(&parts, Field::Consequence) {
            self.block(body);
        }
        self.go_back(place);
    }

    /// Binds the names of a pattern: to the subject where the pattern is nothing but a name, else to a part that is not followed.
    fn pattern(&mut self, node: Node<'t>, subject: Option<ExprId>) {
        if !self.enter(node) {
            return;
        }
        let kind = self.kind(node);
        let mut parts = self.parts(node);
        match kind {
            Kind::CasePattern => {
                if let [only] = parts.as_slice() {
                    self.pattern(only.node, subject);
                }
            }
            // A dotted name is a value to compare with; a single name is bound.
            Kind::DottedName if parts.len() == 1 => self.capture(node, subject),
            Kind::SplatPattern => {
                if let Some(name) = parts.first() {
                    self.capture(name.node, None);
                }
            }
            Kind::AsPattern => {
                if let Some(name) = parts.pop().filter(|part| part.kind == Kind::Identifier) {
                    self.capture(name.node, subject);
                }
                parts.iter().for_each(|part| self.pattern(part.node, None));
            }
            Kind::ClassPattern | Kind::KeywordPattern => parts.iter().skip(1).for_each(|part| self.pattern(part.node, None)),
            Kind::UnionPattern | Kind::ListPattern | Kind::TuplePattern | Kind::DictPattern => {
                parts.iter().filter(|part| part.field != Field::Key).for_each(|part| self.pattern(part.node, None));
            }
            _ => {}
        }
        self.leave();
    }

    fn capture(&mut self, name: Node<'t>, subject: Option<ExprId>) {
        if self.text(name) == "_" {
            return;
        }
        let span = self.span(name);
        let value = subject.unwrap_or_else(|| self.make(ExprKind::Unknown("part of a pattern"), span, None));
        self.bind_name(name, value, span);
    }
}
