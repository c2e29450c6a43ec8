//! Blocks and their statements, flattened: nested blocks become contexts of their scope.

use proc_macro2::Span as Mark;
use syn::{Block, Expr, Item, Local, Stmt};

use super::edges::{expr_first, expr_last};
use super::lower::Lowerer;
use super::patterns::binds_nothing;
use crate::facts::{ContextKind, ExprId, ExprKind, StatementKind};
use crate::text::Span;

/// What the last expression of a block is for.
#[derive(Clone, Copy)]
pub(super) enum Tail {
    /// Nothing.
    Effect,
    /// The result of the open scope.
    Return,
    /// A value, a part of this expression.
    Value(Option<ExprId>),
}

/// What a block came to.
pub(super) enum Outcome {
    /// Its end is not reached.
    Never,
    /// Its end is reached, without a value that is wanted.
    Done,
    /// Its value.
    Value(ExprId),
}

impl Outcome {
    /// Whether the end is not reached.
    pub(super) fn is_never(&self) -> bool {
        matches!(self, Self::Never)
    }
}

impl Lowerer<'_> {
    /// The body of a function or `async` block.
    pub(super) fn body(&mut self, block: &Block) {
        self.statements(&block.stmts, block.brace_token.span.close(), Tail::Return);
    }

    /// A block inside an expression or statement. One that binds names gets a context of its own, so that they do not reach what follows it.
    pub(super) fn block(&mut self, block: &Block, tail: Tail) -> Outcome {
        let outside = self.place();
        if block.stmts.iter().any(|statement| matches!(statement, Stmt::Local(_))) {
            let span = self.span(block.brace_token.span.open(), block.brace_token.span.close());
            self.enter_context(ContextKind::Branch { test: None, when: true }, span);
        }
        let outcome = self.statements(&block.stmts, block.brace_token.span.close(), tail);
        self.go_back(outside);
        outcome
    }

    /// Statements of a block that ends at `end`; the open context is left as it was.
    pub(super) fn statements(&mut self, statements: &[Stmt], end: Mark, tail: Tail) -> Outcome {
        if !self.enter(end) {
            return Outcome::Done;
        }
        let outside = self.place();
        let items = statements.iter().filter_map(|statement| match statement {
            Stmt::Item(item) => Some(item),
            _ => None,
        });
        let items: Vec<&Item> = items.collect();
        self.declare(items.into_iter());
        let mut outcome = Outcome::Done;
        for (number, statement) in statements.iter().enumerate() {
            let is_last = number + 1 == statements.len();
            outcome = match statement {
                Stmt::Local(local) => {
                    self.local(local);
                    Outcome::Done
                }
                Stmt::Item(item) => {
                    self.item(item);
                    Outcome::Done
                }
                // A lone semicolon.
                Stmt::Expr(Expr::Verbatim(tokens), Some(_)) if tokens.is_empty() => continue,
                Stmt::Expr(expr, None) if is_last => self.tail(expr, tail),
                Stmt::Expr(expr, _) => self.done(expr),
                Stmt::Macro(inner) if is_last && inner.semi_token.is_none() => self.macro_tail(&inner.mac, tail),
                Stmt::Macro(inner) => self.macro_effect(&inner.mac),
            };
        }
        self.types.pop();
        self.go_back(outside);
        self.leave();
        outcome
    }

    /// `let pattern = value;`
    fn local(&mut self, local: &Local) {
        let Some(init) = &local.init else { return };
        let span = self.span(local.let_token.span, local.semi_token.spans[0]);
        let value = self.expression(&init.expr, None);
        if let Some((_, other)) = &init.diverge {
            let test = self.pattern_test(&local.pat, value, span, None);
            let outside = self.place();
            let other_span = self.span(expr_first(other), expr_last(other));
            self.enter_context(ContextKind::Branch { test: Some(test), when: false }, other_span);
            self.effect(other);
            self.go_back(outside);
        }
        if self.is_never(value) || binds_nothing(&local.pat) {
            self.state(StatementKind::Evaluate(value), span);
            return;
        }
        self.bind(&local.pat, value, None, span);
    }

    /// The last expression of a block.
    pub(super) fn tail(&mut self, expr: &Expr, tail: Tail) -> Outcome {
        match (tail, expr) {
            (Tail::Effect, _) => self.done(expr),
            (Tail::Value(parent), _) => {
                let value = self.expression(expr, parent);
                if self.is_never(value) { Outcome::Never } else { Outcome::Value(value) }
            }
            (Tail::Return, Expr::If(inner)) => self.if_statement(inner, tail),
            (Tail::Return, Expr::Match(inner)) => self.match_statement(inner, tail),
            (Tail::Return, Expr::Block(inner)) => self.block(&inner.block, tail),
            (Tail::Return, Expr::Unsafe(inner)) => self.block(&inner.block, tail),
            (Tail::Return, Expr::Macro(inner)) => self.macro_tail(&inner.mac, tail),
            (Tail::Return, Expr::Loop(_) | Expr::While(_) | Expr::ForLoop(_) | Expr::Assign(_)) => self.done(expr),
            (Tail::Return, Expr::Return(_) | Expr::Break(_) | Expr::Continue(_)) => self.done(expr),
            (Tail::Return, _) => {
                let value = self.expression(expr, None);
                let span = self.span(expr_first(expr), expr_last(expr));
                self.result(value, span)
            }
        }
    }

    /// The result of the open scope, where it is one.
    pub(super) fn result(&mut self, value: ExprId, span: Span) -> Outcome {
        if self.is_never(value) {
            self.state(StatementKind::Evaluate(value), span);
            return Outcome::Never;
        }
        self.state(StatementKind::Return(value), span);
        Outcome::Done
    }

    fn done(&mut self, expr: &Expr) -> Outcome {
        if self.effect(expr) { Outcome::Never } else { Outcome::Done }
    }

    /// An expression for its effect; tells whether the program does not go on behind it.
    pub(super) fn effect(&mut self, expr: &Expr) -> bool {
        let mut at = expr;
        while let Expr::Paren(inner) = at {
            at = &inner.expr;
        }
        match at {
            Expr::If(e) => self.if_statement(e, Tail::Effect).is_never(),
            Expr::Match(e) => self.match_statement(e, Tail::Effect).is_never(),
            Expr::Block(e) => self.block(&e.block, Tail::Effect).is_never(),
            Expr::Unsafe(e) => self.block(&e.block, Tail::Effect).is_never(),
            Expr::Const(e) => self.block(&e.block, Tail::Effect).is_never(),
            Expr::ForLoop(e) => self.for_loop(e),
            Expr::While(e) => self.while_loop(e),
            Expr::Loop(e) => {
                self.endless_loop(e);
                false
            }
            Expr::Assign(e) => self.assignment(e),
            Expr::Binary(e) if self.augmented(e) => false,
            Expr::Macro(e) => self.macro_effect(&e.mac).is_never(),
            Expr::Continue(e) => {
                // A labelled one may go on with another loop than the innermost, as it may end one.
                if e.label.is_none() {
                    let span = self.span(e.continue_token.span, expr_last(at));
                    self.state(StatementKind::Continue, span);
                }
                true
            }
            Expr::Break(e) => {
                if let Some(value) = &e.expr {
                    self.break_with(e.label.as_ref(), value);
                }
                // A labelled one may end another loop than the innermost.
                if e.label.is_none() {
                    let span = self.span(e.break_token.span, expr_last(at));
                    self.state(StatementKind::Break, span);
                }
                true
            }
            Expr::Return(e) => {
                let span = self.span(e.return_token.span, expr_last(at));
                let value = match &e.expr {
                    Some(value) => self.expression(value, None),
                    None => self.make(ExprKind::None, span, None),
                };
                self.result(value, span);
                true
            }
            Expr::Yield(e) => {
                if let Some(value) = &e.expr {
                    let id = self.expression(value, None);
                    let span = self.span(e.yield_token.span, expr_last(value));
                    self.state(StatementKind::Yield(id), span);
                }
                false
            }
            _ => self.evaluate(at),
        }
    }

    fn evaluate(&mut self, expr: &Expr) -> bool {
        let value = self.expression(expr, None);
        let span = self.span(expr_first(expr), expr_last(expr));
        self.state(StatementKind::Evaluate(value), span);
        self.is_never(value)
    }
}
