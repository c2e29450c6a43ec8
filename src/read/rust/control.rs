//! Branches and loops, as statements and as values, and assignments.

use syn::{BinOp, Block, Expr, ExprAssign, ExprBinary, ExprForLoop, ExprIf, ExprLoop, ExprMatch, ExprWhile, Label, Lifetime, Pat};

use super::edges::{expr_first, expr_last, pat_edges};
use super::expressions::arithmetic;
use super::lower::{Lowerer, NEVER, OpenLoop, plain};
use super::patterns::{binds_nothing, guard, presence};
use super::statements::{Outcome, Tail};
use crate::facts::{ContextKind, ExprId, ExprKind, StatementKind, Target};
use crate::text::Span;

/// Patterns that a condition binds where it holds, with their values.
type Bound<'e> = Vec<(&'e Pat, ExprId)>;

impl Lowerer<'_> {
    fn span_of(&self, expr: &Expr) -> Span {
        self.span(expr_first(expr), expr_last(expr))
    }

    /// A condition with the patterns in it: `a && let Some(b) = c`.
    fn test<'e>(&mut self, cond: &'e Expr, parent: Option<ExprId>) -> (ExprId, Bound<'e>) {
        let mut parts = Vec::new();
        let mut at = cond;
        while let Expr::Binary(pair) = at
            && matches!(pair.op, BinOp::And(_))
        {
            parts.push(&*pair.right);
            at = &pair.left;
        }
        parts.push(at);
        parts.reverse();
        let mut bound = Vec::new();
        if let [only] = parts.as_slice() {
            return (self.condition(only, parent, &mut bound), bound);
        }
        let span = self.span_of(cond);
        let id = self.open(span, parent);
        let parts = parts.into_iter().map(|part| self.condition(part, Some(id), &mut bound)).collect();
        (self.close(id, ExprKind::And(parts)), bound)
    }

    fn condition<'e>(&mut self, part: &'e Expr, parent: Option<ExprId>, bound: &mut Bound<'e>) -> ExprId {
        match part {
            Expr::Let(inner) => {
                let value = self.expression(&inner.expr, None);
                bound.push((&inner.pat, value));
                let span = self.span_of(part);
                self.pattern_test(&inner.pat, value, span, parent)
            }
            other => self.expression(other, parent),
        }
    }

    fn bind_all(&mut self, bound: &Bound<'_>) {
        for (pat, value) in bound {
            let (first, last) = pat_edges(pat);
            let span = self.span(first, last);
            self.bind(pat, *value, None, span);
        }
    }

    /// `if … else if … else …` whose value is not wanted, or returned from each branch.
    pub(super) fn if_statement(&mut self, first: &ExprIf, tail: Tail) -> Outcome {
        let outside = self.place();
        let mut at = first;
        let mut never = true;
        loop {
            let (test, bound) = self.test(&at.cond, None);
            let around = self.place();
            let then_span = self.span(at.then_branch.brace_token.span.open(), at.then_branch.brace_token.span.close());
            self.enter_context(ContextKind::Branch { test: Some(test), when: true }, then_span);
            self.bind_all(&bound);
            // Without an `else` the value can only be `()`.
            let tail = if at.else_branch.is_some() { tail } else { Tail::Effect };
            never &= self.statements(&at.then_branch.stmts, at.then_branch.brace_token.span.close(), tail).is_never();
            self.go_back(around);
            let Some((_, other)) = &at.else_branch else {
                never = false;
                break;
            };
            let span = self.span_of(other);
            self.enter_context(ContextKind::Branch { test: Some(test), when: false }, span);
            match &**other {
                Expr::If(next) => at = next,
                Expr::Block(block) => {
                    never &= self.statements(&block.block.stmts, block.block.brace_token.span.close(), tail).is_never();
                    break;
                }
                other => {
                    never &= self.tail(other, tail).is_never();
                    break;
                }
            }
        }
        self.go_back(outside);
        if never { Outcome::Never } else { Outcome::Done }
    }

    /// `if` as a value.
    pub(super) fn if_value(&mut self, first: &ExprIf, whole: &Expr, parent: Option<ExprId>) -> ExprId {
        let outside = self.place();
        let mut open = Vec::new();
        let (mut at, mut expr, mut around) = (first, whole, parent);
        let mut no = loop {
            let span = self.span_of(expr);
            let id = self.open(span, around);
            around = Some(id);
            let (test, bound) = self.test(&at.cond, around);
            let place = self.place();
            let then_span = self.span(at.then_branch.brace_token.span.open(), at.then_branch.brace_token.span.close());
            self.enter_context(ContextKind::Branch { test: Some(test), when: true }, then_span);
            self.bind_all(&bound);
            let outcome = self.statements(&at.then_branch.stmts, at.then_branch.brace_token.span.close(), Tail::Value(around));
            let yes = self.value_of(outcome, then_span, around);
            self.go_back(place);
            open.push((id, test, yes));
            let Some((_, other)) = &at.else_branch else { break self.make(ExprKind::None, Span { start: span.end, ..span }, around) };
            let other_span = self.span_of(other);
            self.enter_context(ContextKind::Branch { test: Some(test), when: false }, other_span);
            match &**other {
                Expr::If(next) => (at, expr) = (next, other),
                other => break self.expression(other, around),
            }
        };
        self.go_back(outside);
        while let Some((id, test, yes)) = open.pop() {
            let kind = match (self.is_never(yes), self.is_never(no)) {
                (false, false) => ExprKind::Conditional { test, yes, no },
                (false, true) => ExprKind::Choice(vec![yes]),
                (true, false) => ExprKind::Choice(vec![no]),
                (true, true) => ExprKind::Unknown(NEVER),
            };
            no = self.close(id, kind);
        }
        no
    }

    /// The value of a block that stands at `span`.
    pub(super) fn value_of(&mut self, outcome: Outcome, span: Span, parent: Option<ExprId>) -> ExprId {
        match outcome {
            Outcome::Value(value) => value,
            Outcome::Never => self.make(ExprKind::Unknown(NEVER), span, parent),
            Outcome::Done => self.make(ExprKind::None, span, parent),
        }
    }

    /// `match` whose value is not wanted, or returned from each arm.
    pub(super) fn match_statement(&mut self, matched: &ExprMatch, tail: Tail) -> Outcome {
        let subject = self.subject(matched);
        let mut known = None;
        let mut never = true;
        for (number, arm) in matched.arms.iter().enumerate() {
            let outside = self.place();
            self.enter_arm(matched, number, subject, &mut known);
            never &= self.tail(&arm.body, tail).is_never();
            self.go_back(outside);
        }
        if never { Outcome::Never } else { Outcome::Done }
    }

    /// `match` as a value: one of its arms; of an option, a conditional.
    pub(super) fn match_value(&mut self, matched: &ExprMatch, parent: Option<ExprId>) -> ExprId {
        let subject = self.subject(matched);
        let span = self.span(matched.match_token.span, matched.brace_token.span.close());
        let id = self.open(span, parent);
        let mut known = None;
        let mut values = Vec::new();
        for (number, arm) in matched.arms.iter().enumerate() {
            let outside = self.place();
            let when = self.enter_arm(matched, number, subject, &mut known);
            let value = self.expression(&arm.body, Some(id));
            self.go_back(outside);
            if !self.is_never(value) {
                values.push((value, when));
            }
        }
        let kind = match (known, values.as_slice()) {
            (_, []) => ExprKind::Unknown(NEVER),
            (Some((test, _)), [(yes, Some(true)), (no, Some(false))]) => ExprKind::Conditional { test, yes: *yes, no: *no },
            (Some((test, _)), [(no, Some(false)), (yes, Some(true))]) => ExprKind::Conditional { test, yes: *yes, no: *no },
            _ => ExprKind::Choice(values.into_iter().map(|(value, _)| value).collect()),
        };
        self.close(id, kind)
    }

    fn subject(&mut self, matched: &ExprMatch) -> ExprId {
        let subject = self.expression(&matched.expr, None);
        let span = self.span_of(&matched.expr);
        self.state(StatementKind::Evaluate(subject), span);
        subject
    }

    /// Goes into the context of an arm and binds its names. `known` is the test for presence that an earlier arm made; gives the side of that
    /// test on which the arm stands.
    fn enter_arm(&mut self, matched: &ExprMatch, number: usize, subject: ExprId, known: &mut Option<(ExprId, bool)>) -> Option<bool> {
        let arm = matched.arms.get(number)?;
        let (first, last) = pat_edges(&arm.pat);
        let span = self.span(first, expr_last(&arm.body));
        let pat_span = self.span(first, last);
        let is_last_of_two = matched.arms.len() == 2 && number == 1 && matches!(arm.pat, Pat::Wild(_) | Pat::Ident(_));
        let side = match (presence(&arm.pat), *known) {
            (Some(here), Some((test, there))) => Some((test, here == there)),
            (Some(here), None) => {
                let test = self.pattern_test(&arm.pat, subject, pat_span, None);
                *known = Some((test, here));
                Some((test, true))
            }
            (None, Some((test, _))) if is_last_of_two => Some((test, false)),
            (None, _) => None,
        };
        let (test, when) = side.unwrap_or_else(|| (self.pattern_test(&arm.pat, subject, pat_span, None), true));
        self.enter_context(ContextKind::Branch { test: Some(test), when }, span);
        self.bind(&arm.pat, subject, None, pat_span);
        if let Some(condition) = guard(&arm.pat) {
            let (test, bound) = self.test(condition, None);
            self.enter_context(ContextKind::Branch { test: Some(test), when: true }, span);
            self.bind_all(&bound);
        }
        side.map(|(_, when)| when)
    }

    /// `for pattern in over { … }`.
    pub(super) fn for_loop(&mut self, e: &ExprForLoop) -> bool {
        let over = self.expression(&e.expr, None);
        let outside = self.place();
        let span = self.span(e.for_token.span, e.body.brace_token.span.close());
        self.enter_context(ContextKind::For { over, is_async: false }, span);
        if !binds_nothing(&e.pat) {
            let (first, last) = pat_edges(&e.pat);
            let element = self.make(ExprKind::Element(over), self.span(first, last), None);
            let head = self.span(first, expr_last(&e.expr));
            self.bind(&e.pat, element, None, head);
        }
        self.turns(e.label.as_ref(), &e.body);
        self.go_back(outside);
        false
    }

    /// `while test { … }`, `while let pattern = value { … }`: the test runs once a turn, inside the loop.
    pub(super) fn while_loop(&mut self, e: &ExprWhile) -> bool {
        let outside = self.place();
        let span = self.span(e.while_token.span, e.body.brace_token.span.close());
        self.enter_context(ContextKind::While { test: None }, span);
        let (test, bound) = self.test(&e.cond, None);
        self.become_context(ContextKind::While { test: Some(test) });
        self.bind_all(&bound);
        self.turns(e.label.as_ref(), &e.body);
        self.go_back(outside);
        false
    }

    /// `loop { … }`; gives the values with which it is left.
    pub(super) fn endless_loop(&mut self, e: &ExprLoop) -> Vec<ExprId> {
        let outside = self.place();
        let span = self.span(e.loop_token.span, e.body.brace_token.span.close());
        self.enter_context(ContextKind::While { test: None }, span);
        let values = self.turns(e.label.as_ref(), &e.body);
        self.go_back(outside);
        values
    }

    /// The block of a loop; gives the values with which `break` leaves it.
    fn turns(&mut self, label: Option<&Label>, body: &Block) -> Vec<ExprId> {
        let label = label.map(|label| plain(&label.name.ident));
        self.loops.push(OpenLoop { label, values: Vec::new() });
        self.statements(&body.stmts, body.brace_token.span.close(), Tail::Effect);
        self.loops.pop().map(|ended| ended.values).unwrap_or_default()
    }

    /// `break value`.
    pub(super) fn break_with(&mut self, label: Option<&Lifetime>, value: &Expr) {
        let id = self.expression(value, None);
        let span = self.span_of(value);
        self.state(StatementKind::Evaluate(id), span);
        let label = label.map(|label| plain(&label.ident));
        let left = self.loops.iter_mut().rev().find(|open| label.is_none() || open.label == label);
        left.into_iter().for_each(|open| open.values.push(id));
    }

    /// `target = value`.
    pub(super) fn assignment(&mut self, e: &ExprAssign) -> bool {
        let value = self.expression(&e.right, None);
        let span = self.span(expr_first(&e.left), expr_last(&e.right));
        self.assign(&e.left, value, span);
        self.is_never(value)
    }

    fn assign(&mut self, target: &Expr, value: ExprId, span: Span) {
        if !self.enter(expr_first(target)) {
            return;
        }
        match target {
            Expr::Tuple(parts) => {
                for (index, part) in (0..).zip(&parts.elems) {
                    let at = self.span_of(part);
                    let unpacked = self.make(ExprKind::Unpacked { value, index }, at, None);
                    self.assign(part, unpacked, span);
                }
            }
            Expr::Infer(_) => self.state(StatementKind::Evaluate(value), span),
            other => {
                let left = self.expression(other, None);
                match self.target(left) {
                    Some(target) => self.state(StatementKind::Bind { target, value, annotation: None }, span),
                    None => self.state(StatementKind::Evaluate(value), span),
                }
            }
        }
        self.leave();
    }

    fn target(&self, left: ExprId) -> Option<Target> {
        match self.kind(left) {
            ExprKind::Name(name) => Some(Target::Name(name.clone())),
            ExprKind::Attribute { object, name, .. } => Some(Target::Attribute { object: *object, name: name.clone() }),
            ExprKind::Subscript { object, index } => Some(Target::Subscript { object: *object, index: *index }),
            _ => None,
        }
    }

    /// `target += value`; `false` for an operator that does not assign.
    pub(super) fn augmented(&mut self, e: &ExprBinary) -> bool {
        let Some(operator) = arithmetic(&e.op, true) else { return false };
        let span = self.span(expr_first(&e.left), expr_last(&e.right));
        let id = self.open(span, None);
        let old = self.expression(&e.left, Some(id));
        let value = self.expression(&e.right, Some(id));
        self.close(id, ExprKind::Augmented { operator, old, value });
        match self.target(old) {
            Some(target) => self.state(StatementKind::Bind { target, value: id, annotation: None }, span),
            None => self.state(StatementKind::Evaluate(id), span),
        }
        true
    }
}
