//! Statements, flattened: nested blocks become contexts of their scope.

use tree_sitter::Node;

use super::grammar::{Field, Kind};
use super::lower::{Child, Lowerer, has_async, in_field};
use crate::facts::{ContextKind, ExprId, ExprKind, OuterName, StatementKind};
use crate::text::Problem;

impl<'t> Lowerer<'t> {
    /// All statements of a block, of the module, or of text that does not fit the grammar.
    pub(super) fn block(&mut self, node: Node<'t>) {
        if !self.enter(node) {
            return;
        }
        for child in self.children(node) {
            self.statement(child);
        }
        self.leave();
    }

    fn statement(&mut self, child: Child<'t>) {
        let node = child.node;
        match child.kind {
            Kind::ExpressionStatement => self.expression_statement(node),
            Kind::Assignment => self.assignment(node),
            Kind::Augmented => self.augmented(node),
            Kind::Yield => self.yields(node),
            Kind::Return => {
                let value = match self.first_part(node) {
                    Some(value) => self.expression(value, None),
                    None => {
                        let span = self.span(node);
                        self.make(ExprKind::None, span, None)
                    }
                };
                let span = self.span(node);
                self.state(StatementKind::Return(value), span);
            }
            Kind::Break => {
                let span = self.span(node);
                self.state(StatementKind::Break, span);
            }
            Kind::Continue => {
                let span = self.span(node);
                self.state(StatementKind::Continue, span);
            }
            Kind::Raise | Kind::Assert => self.evaluate_parts(node),
            Kind::Print | Kind::Exec => {
                self.old_statement(node);
                self.evaluate_parts(node);
            }
            Kind::Global => self.outer_names(node, OuterName::Global),
            Kind::Nonlocal => self.outer_names(node, OuterName::Enclosing),
            Kind::Import => self.import(node),
            Kind::ImportFrom => self.import_from(node),
            Kind::FutureImport => self.import_future(node),
            Kind::TypeAlias => self.type_alias(node),
            Kind::If => self.if_statement(node),
            Kind::For => self.for_statement(node),
            Kind::While => self.while_statement(node),
            Kind::With => self.with_statement(node),
            Kind::Try => self.try_statement(node),
            Kind::Match => self.match_statement(node),
            Kind::Function => {
                let span = self.span(node);
                self.function(node, Vec::new(), span);
            }
            Kind::Class => {
                let span = self.span(node);
                self.class(node, Vec::new(), span);
            }
            Kind::Decorated => self.decorated(node),
            Kind::Error | Kind::Block | Kind::ElseClause | Kind::ElifClause | Kind::FinallyClause | Kind::ExceptClause => self.block(node),
            // Rests of a statement that was not understood: calls are worth keeping, bare words are not.
            Kind::Call | Kind::Await | Kind::List | Kind::Dictionary | Kind::Generator | Kind::ListComprehension => self.evaluate(node),
            Kind::KeywordArgument => {
                let parts = self.parts(node);
                if let (Some(target), Some(value)) = (in_field(&parts, Field::Name), in_field(&parts, Field::Value)) {
                    let value = self.expression(value, None);
                    let span = self.span(node);
                    self.bind(target, value, None, span);
                }
            }
            _ => {}
        }
    }

    fn evaluate(&mut self, node: Node<'t>) {
        let value = self.expression(node, None);
        let span = self.span(node);
        self.state(StatementKind::Evaluate(value), span);
    }

    fn evaluate_parts(&mut self, node: Node<'t>) {
        for part in self.parts(node) {
            self.evaluate(part.node);
        }
    }

    fn expression_statement(&mut self, node: Node<'t>) {
        let parts = self.parts(node);
        match parts.as_slice() {
            [only] if matches!(only.kind, Kind::Assignment | Kind::Augmented | Kind::Yield) => self.statement(*only),
            [only] if parts.len() == 1 && !self.is_tuple(node) => self.evaluate(only.node),
            several => {
                let id = self.open(node, None);
                let values = several.iter().map(|part| self.expression(part.node, Some(id))).collect();
                self.close(id, ExprKind::List(values));
                let span = self.span(node);
                self.state(StatementKind::Evaluate(id), span);
            }
        }
    }

    /// Whether a lone expression has a comma after it.
    fn is_tuple(&mut self, node: Node<'t>) -> bool {
        self.children(node).iter().any(|child| child.kind == Kind::Token && child.node.kind() == ",")
    }

    /// A statement that Python 3 does not have.
    fn old_statement(&mut self, node: Node<'t>) {
        const MESSAGE: &str = "a statement of Python 2";
        if !self.facts.problems.iter().any(|problem| problem.message == MESSAGE) {
            self.facts.problems.push(Problem::at(self.file, node.start_byte(), MESSAGE));
        }
    }

    /// `yield value`; `yield from values` yields an element of them.
    pub(super) fn yields(&mut self, node: Node<'t>) {
        let children = self.children(node);
        let from = children.iter().any(|child| child.kind == Kind::Token && child.node.kind() == "from");
        let span = self.span(node);
        let value = match children.iter().find(|child| !matches!(child.kind, Kind::Token | Kind::Error)) {
            Some(value) => self.expression(value.node, None),
            None => self.make(ExprKind::None, span, None),
        };
        let value = if from { self.make(ExprKind::Element(value), span, None) } else { value };
        self.state(StatementKind::Yield(value), span);
    }

    fn if_statement(&mut self, node: Node<'t>) {
        let place = self.place();
        let parts = self.parts(node);
        let mut test = self.branch(node, &parts);
        for part in &parts {
            if !matches!(part.kind, Kind::ElifClause | Kind::ElseClause) {
                continue;
            }
            let span = self.span_over(part.node, node);
            self.enter_context(ContextKind::Branch { test, when: false }, span);
            let inner = self.parts(part.node);
            if part.kind == Kind::ElifClause {
                test = self.branch(part.node, &inner);
            } else if let Some(body) = in_field(&inner, Field::Body) {
                self.block(body);
            }
        }
        self.go_back(place);
    }

    /// The test of an `if` or `elif` and the branch that it selects.
    fn branch(&mut self, node: Node<'t>, parts: &[Child<'t>]) -> Option<ExprId> {
        let test = in_field(parts, Field::Condition).map(|test| self.expression(test, None));
        let place = self.place();
        let span = self.span(in_field(parts, Field::Consequence).unwrap_or(node));
        self.enter_context(ContextKind::Branch { test, when: true }, span);
        for part in parts.iter().filter(|part| part.kind == Kind::Block) {
            self.block(part.node);
        }
        self.go_back(place);
        test
    }

    fn for_statement(&mut self, node: Node<'t>) {
        let place = self.place();
        let children = self.children(node);
        let over = match in_field(&children, Field::Right) {
            Some(over) => self.expression(over, None),
            None => self.not_followed(node, None, "syntax error"),
        };
        let body = in_field(&children, Field::Body);
        let span = self.span_over(node, body.unwrap_or(node));
        self.enter_context(ContextKind::For { over, is_async: has_async(&children) }, span);
        if let Some(target) = in_field(&children, Field::Left) {
            self.bind_derived(target, ExprKind::Element(over));
        }
        if let Some(body) = body {
            self.block(body);
        }
        self.go_back(place);
        self.else_of(&children);
    }

    /// The test runs before every turn, so that it stands inside the loop.
    fn while_statement(&mut self, node: Node<'t>) {
        let place = self.place();
        let parts = self.parts(node);
        let body = in_field(&parts, Field::Body);
        let span = self.span_over(node, body.unwrap_or(node));
        self.enter_context(ContextKind::While { test: None }, span);
        if let Some(test) = in_field(&parts, Field::Condition) {
            let test = self.expression(test, None);
            self.become_context(ContextKind::While { test: Some(test) });
        }
        if let Some(body) = body {
            self.block(body);
        }
        self.go_back(place);
        self.else_of(&parts);
    }

    /// The `else` of a loop or `try` runs where the statement stands.
    fn else_of(&mut self, children: &[Child<'t>]) {
        for clause in children.iter().filter(|child| child.kind == Kind::ElseClause) {
            self.block(clause.node);
        }
    }

    fn with_statement(&mut self, node: Node<'t>) {
        let place = self.place();
        let children = self.children(node);
        let is_async = has_async(&children);
        for clause in children.iter().filter(|child| child.kind == Kind::WithClause) {
            for item in self.parts(clause.node) {
                for managed in self.managed(item.node) {
                    self.with_item(managed, node, is_async);
                }
            }
        }
        if let Some(body) = in_field(&children, Field::Body) {
            self.block(body);
        }
        self.go_back(place);
    }

    /// The items behind one item of the tree: `with (a as b, c as d)` may come as a tuple in brackets.
    fn managed(&mut self, item: Node<'t>) -> Vec<Node<'t>> {
        let Some(mut at) = self.first_part(item) else { return Vec::new() };
        while self.kind(at) == Kind::Parenthesized {
            match self.first_part(at) {
                Some(inner) => at = inner,
                None => break,
            }
        }
        if self.kind(at) == Kind::Tuple {
            let parts = self.parts(at);
            if parts.iter().any(|part| part.kind == Kind::AsPattern) {
                return parts.iter().map(|part| part.node).collect();
            }
        }
        vec![at]
    }

    fn with_item(&mut self, item: Node<'t>, statement: Node<'t>, is_async: bool) {
        let (value, target) = self.aliased(item);
        let value = self.expression(value, None);
        let span = self.span_over(item, statement);
        self.enter_context(ContextKind::With { value, is_async }, span);
        if let Some(target) = target {
            self.bind_derived(target, ExprKind::Entered(value));
        }
    }

    /// `value as target` taken apart.
    fn aliased(&mut self, node: Node<'t>) -> (Node<'t>, Option<Node<'t>>) {
        if self.kind(node) != Kind::AsPattern {
            return (node, None);
        }
        let parts = self.parts(node);
        (parts.first().map_or(node, |value| value.node), in_field(&parts, Field::Alias))
    }

    fn try_statement(&mut self, node: Node<'t>) {
        let parts = self.parts(node);
        for part in parts {
            match part.kind {
                Kind::Block | Kind::ElseClause | Kind::FinallyClause => self.block(part.node),
                Kind::ExceptClause => self.handler(part.node),
                _ => {}
            }
        }
    }

    fn handler(&mut self, node: Node<'t>) {
        let place = self.place();
        let span = self.span(node);
        self.enter_context(ContextKind::Handler, span);
        let parts = self.parts(node);
        let alias = in_field(&parts, Field::Alias);
        for part in &parts {
            if part.field == Field::Value {
                let (class, target) = self.aliased(part.node);
                self.evaluate(class);
                if let Some(target) = target.or(alias) {
                    self.bind_derived(target, ExprKind::Unknown("an exception"));
                }
            } else if part.kind == Kind::Block {
                self.block(part.node);
            }
        }
        self.go_back(place);
    }
}
