//! Expressions. Chains that nest to the left (`a.b().c()[0] + d`, `await`, `not`) are walked in a loop, so that their length costs no stack;
//! everything else goes down at most [`super::lower::MAX_DEPTH`] levels.

use tree_sitter::Node;

use super::grammar::{Field, Kind};
use super::literals;
use super::lower::{Child, Lowerer, TOO_DEEP, in_field};
use crate::facts::{Argument, ArgumentKind, ContextKind, ExprId, ExprKind, Name, Operator, StatementKind, Target};
use crate::text::Span;

/// What becomes of the value on the left of a chain once that is lowered.
enum Link<'t> {
    Attribute { name: Name, name_span: Span },
    Subscript { index: Vec<Child<'t>> },
    Call { arguments: Option<Node<'t>> },
    Operator { operator: Operator, right: Option<Node<'t>> },
    Await,
    Not,
    Negative,
    NotFollowed(&'static str),
}

impl<'t> Lowerer<'t> {
    /// Lowers an expression; `parent` is the expression it is a part of.
    pub(super) fn expression(&mut self, node: Node<'t>, parent: Option<ExprId>) -> ExprId {
        if !self.enter(node) {
            let span = self.span(node);
            return self.make(ExprKind::Unknown(TOO_DEEP), span, parent);
        }
        let mut links = Vec::new();
        let (mut at, mut above) = (node, parent);
        let mut value = loop {
            let kind = self.kind(at);
            if at.is_missing() {
                let span = self.span(at);
                break self.make(ExprKind::Unknown("missing"), span, above);
            }
            if matches!(kind, Kind::Parenthesized | Kind::Type | Kind::AsPatternTarget | Kind::AsPattern | Kind::Chevron) {
                match self.first_part(at) {
                    Some(inner) => at = inner,
                    None => break self.not_followed(at, above, "syntax error"),
                }
                continue;
            }
            let Some((link, left)) = self.link(at, kind) else { break self.operand(at, kind, above) };
            // `+x` is `x`.
            if let Some(link) = link {
                let id = self.open(at, above);
                links.push((id, link));
                above = Some(id);
            }
            match left {
                Some(left) => at = left,
                None => break self.not_followed(at, above, "syntax error"),
            }
        };
        while let Some((id, link)) = links.pop() {
            let kind = self.linked(id, link, value);
            value = self.close(id, kind);
        }
        self.leave();
        value
    }

    /// Takes a link of a chain apart: what is done, and the value on its left that it is done to.
    fn link(&mut self, node: Node<'t>, kind: Kind) -> Option<(Option<Link<'t>>, Option<Node<'t>>)> {
        let link = match kind {
            Kind::Attribute | Kind::MemberType => {
                let parts = self.parts(node);
                let name = parts.last()?.node;
                let link = Link::Attribute { name: self.text(name).into(), name_span: self.span(name) };
                let object = parts.first().map(|part| part.node).filter(|object| *object != name);
                (Some(link), object)
            }
            Kind::Subscript => {
                let parts = self.parts(node);
                let value = in_field(&parts, Field::Value);
                let index = parts.into_iter().filter(|part| part.field == Field::Subscript).collect();
                (Some(Link::Subscript { index }), value)
            }
            Kind::GenericType => {
                let parts = self.parts(node);
                let name = parts.first().map(|part| part.node);
                let index = parts.get(1).map_or_else(Vec::new, |part| self.parts(part.node));
                (Some(Link::Subscript { index }), name)
            }
            Kind::Call => {
                let parts = self.parts(node);
                (Some(Link::Call { arguments: in_field(&parts, Field::Arguments) }), in_field(&parts, Field::Function))
            }
            Kind::BinaryOperator => {
                let children = self.children(node);
                let operator = children.iter().find(|child| child.field == Field::Operator);
                let operator = operator.map_or(Operator::Other, |child| arithmetic(child.node.kind()));
                let link = Link::Operator { operator, right: in_field(&children, Field::Right) };
                (Some(link), in_field(&children, Field::Left))
            }
            Kind::UnionType => {
                let parts = self.parts(node);
                let right = parts.get(1).map(|part| part.node);
                (Some(Link::Operator { operator: Operator::Other, right }), parts.first().map(|part| part.node))
            }
            Kind::Await => (Some(Link::Await), self.first_part(node)),
            Kind::Not => (Some(Link::Not), self.first_part(node)),
            Kind::UnaryOperator => {
                let children = self.children(node);
                let sign = children.iter().find(|child| child.field == Field::Operator).map_or("", |child| child.node.kind());
                let link = match sign {
                    "-" => Some(Link::Negative),
                    "+" => None,
                    _ => Some(Link::NotFollowed("~")),
                };
                (link, in_field(&children, Field::Argument))
            }
            Kind::ConstrainedType => (Some(Link::NotFollowed("constrained type")), self.first_part(node)),
            _ => return None,
        };
        Some(link)
    }

    /// The link of a chain, now that the value on its left is known.
    fn linked(&mut self, id: ExprId, link: Link<'t>, value: ExprId) -> ExprKind {
        match link {
            Link::Attribute { name, name_span } => ExprKind::Attribute { object: value, name, name_span },
            Link::Subscript { index } => ExprKind::Subscript { object: value, index: self.index(&index, value, Some(id)) },
            Link::Call { arguments } => {
                let arguments = arguments.map_or_else(Vec::new, |node| self.arguments(node, Some(id)));
                ExprKind::Call { callee: value, arguments }
            }
            Link::Operator { operator, right: Some(right) } => {
                ExprKind::Operator { operator, left: value, right: self.expression(right, Some(id)) }
            }
            Link::Operator { right: None, .. } => ExprKind::Unknown("syntax error"),
            Link::Await => ExprKind::Await(value),
            Link::Not => ExprKind::Not(value),
            Link::Negative => ExprKind::Negative(value),
            Link::NotFollowed(why) => ExprKind::Unknown(why),
        }
    }

    /// The key in `object[…]`; several make a list, none stands where the object ends.
    pub(super) fn index(&mut self, index: &[Child<'t>], object: ExprId, parent: Option<ExprId>) -> ExprId {
        match index {
            [] => {
                let end = self.facts.expr(object).span.end as usize;
                let span = Span::new(self.file.id, end, end);
                self.make(ExprKind::Unknown("syntax error"), span, parent)
            }
            [one] => self.expression(one.node, parent),
            [first, .., last] => {
                let span = self.span_over(first.node, last.node);
                let id = self.make(ExprKind::Unknown("not lowered"), span, parent);
                let keys = index.iter().map(|key| self.expression(key.node, Some(id))).collect();
                self.close(id, ExprKind::List(keys))
            }
        }
    }

    /// Arguments of a call or bases of a class. A generator without brackets of its own is one argument.
    pub(super) fn arguments(&mut self, node: Node<'t>, parent: Option<ExprId>) -> Vec<Argument> {
        if self.kind(node) != Kind::ArgumentList {
            return vec![Argument { kind: ArgumentKind::Positional, value: self.expression(node, parent) }];
        }
        let parts = self.parts(node);
        parts.into_iter().filter_map(|part| self.argument(part, parent)).collect()
    }

    fn argument(&mut self, part: Child<'t>, parent: Option<ExprId>) -> Option<Argument> {
        let (kind, value) = match part.kind {
            Kind::KeywordArgument => {
                let parts = self.parts(part.node);
                let name = in_field(&parts, Field::Name)?;
                (ArgumentKind::Keyword(self.text(name).into()), in_field(&parts, Field::Value)?)
            }
            Kind::ListSplat | Kind::ListSplatPattern => (ArgumentKind::Spread, self.first_part(part.node)?),
            Kind::DictionarySplat => (ArgumentKind::KeywordSpread, self.first_part(part.node)?),
            _ => (ArgumentKind::Positional, part.node),
        };
        Some(Argument { kind, value: self.expression(value, parent) })
    }

    /// An expression that is no link of a chain.
    fn operand(&mut self, node: Node<'t>, kind: Kind, parent: Option<ExprId>) -> ExprId {
        let text = self.text(node);
        let kind = match kind {
            Kind::Identifier | Kind::SplatType => ExprKind::Name(text.trim_start_matches('*').into()),
            Kind::DottedName => ExprKind::Name(text.into()),
            Kind::Integer | Kind::Float => literals::number(text),
            Kind::True => ExprKind::Bool(true),
            Kind::False => ExprKind::Bool(false),
            Kind::None => ExprKind::None,
            Kind::Ellipsis => ExprKind::Unknown("..."),
            Kind::String | Kind::ConcatenatedString => return self.string(node, parent),
            Kind::ListComprehension | Kind::SetComprehension | Kind::DictionaryComprehension | Kind::Generator => {
                return self.comprehension(node, parent);
            }
            Kind::Lambda => return self.lambda(node, parent),
            Kind::NamedExpression => return self.named_expression(node, parent),
            Kind::Yield => {
                self.yields(node);
                ExprKind::Unknown("yield")
            }
            _ => return self.compound(node, kind, parent),
        };
        let span = self.span(node);
        self.make(kind, span, parent)
    }

    /// An expression with parts of its own.
    fn compound(&mut self, node: Node<'t>, kind: Kind, parent: Option<ExprId>) -> ExprId {
        let id = self.open(node, parent);
        let lowered = match kind {
            Kind::List
            | Kind::Tuple
            | Kind::Set
            | Kind::ExpressionList
            | Kind::PatternList
            | Kind::ListPattern
            | Kind::TuplePattern
            | Kind::TypeParameter => ExprKind::List(self.all(node, id)),
            Kind::Dictionary => self.dictionary(node, id),
            Kind::BooleanOperator => self.boolean(node, id),
            Kind::Comparison => return self.comparison(node, id),
            Kind::Conditional => self.conditional(node, id),
            Kind::ListSplat | Kind::ListSplatPattern => match self.first_part(node) {
                Some(inner) => ExprKind::Spread(self.expression(inner, Some(id))),
                None => ExprKind::Unknown("syntax error"),
            },
            _ => {
                self.all(node, id);
                ExprKind::Unknown(match kind {
                    Kind::Slice => "slice",
                    Kind::Error => "syntax error",
                    _ => "not followed",
                })
            }
        };
        self.close(id, lowered)
    }

    /// All parts of a node, as children of `id`.
    fn all(&mut self, node: Node<'t>, id: ExprId) -> Vec<ExprId> {
        let parts = self.parts(node);
        parts.into_iter().map(|part| self.expression(part.node, Some(id))).collect()
    }

    fn dictionary(&mut self, node: Node<'t>, id: ExprId) -> ExprKind {
        let mut entries = Vec::new();
        for part in self.parts(node) {
            let inner = self.parts(part.node);
            match part.kind {
                Kind::Pair => {
                    let (Some(key), Some(value)) = (in_field(&inner, Field::Key), in_field(&inner, Field::Value)) else { continue };
                    let key = self.expression(key, Some(id));
                    entries.push((Some(key), self.expression(value, Some(id))));
                }
                Kind::DictionarySplat => {
                    if let Some(value) = inner.first() {
                        entries.push((None, self.expression(value.node, Some(id))));
                    }
                }
                _ => {}
            }
        }
        ExprKind::Mapping(entries)
    }

    /// `a or b or c` nests to the left in the tree and is flat in the facts.
    fn boolean(&mut self, node: Node<'t>, id: ExprId) -> ExprKind {
        let mut operands = Vec::new();
        let mut word = "";
        let mut at = node;
        loop {
            let children = self.children(at);
            let operator = children.iter().find(|child| child.field == Field::Operator).map_or("", |child| child.node.kind());
            if word.is_empty() {
                word = operator;
            }
            if self.kind(at) != Kind::BooleanOperator || operator != word {
                operands.push(at);
                break;
            }
            operands.extend(in_field(&children, Field::Right));
            match in_field(&children, Field::Left) {
                Some(left) => at = left,
                None => break,
            }
        }
        let values = operands.into_iter().rev().map(|operand| self.expression(operand, Some(id))).collect();
        if word == "and" { ExprKind::And(values) } else { ExprKind::Or(values) }
    }

    /// `a < b < c` compares the comparison `a < b` with `c`: one node for each operator, nested to the left.
    fn comparison(&mut self, node: Node<'t>, outermost: ExprId) -> ExprId {
        let children = self.children(node);
        let operators: Vec<_> = children.iter().filter(|child| child.field == Field::Operators).map(|child| child.node.kind()).collect();
        let is_operand = |child: &&Child<'t>| child.field != Field::Operators && !matches!(child.kind, Kind::Token | Kind::Error);
        let operands: Vec<_> = children.iter().filter(is_operand).map(|child| child.node).collect();
        let (Some(&first), Some(pairs)) = (operands.first(), operands.get(1..)) else {
            return self.close(outermost, ExprKind::Unknown("syntax error"));
        };
        let mut ids = vec![outermost];
        for &right in pairs.iter().rev().skip(1) {
            let span = self.span_over(first, right);
            let above = ids.last().copied();
            ids.push(self.make(ExprKind::Unknown("not lowered"), span, above));
        }
        let mut left = self.expression(first, ids.last().copied());
        for (&right, operator) in pairs.iter().zip(operators) {
            let Some(id) = ids.pop() else { break };
            let right = self.expression(right, Some(id));
            left = self.close(id, ExprKind::Compare { operator: operator.into(), left, right });
        }
        left
    }

    /// Each side runs only when the test says so, which its context tells.
    fn conditional(&mut self, node: Node<'t>, id: ExprId) -> ExprKind {
        let parts = self.parts(node);
        let [yes, test, no] = parts.as_slice() else {
            self.all(node, id);
            return ExprKind::Unknown("syntax error");
        };
        let (yes, no) = (yes.node, no.node);
        let test = self.expression(test.node, Some(id));
        let mut side = |node: Node<'t>, when: bool| {
            let place = self.place();
            let span = self.span(node);
            self.enter_context(ContextKind::Branch { test: Some(test), when }, span);
            let value = self.expression(node, Some(id));
            self.go_back(place);
            value
        };
        let yes = side(yes, true);
        let no = side(no, false);
        ExprKind::Conditional { test, yes, no }
    }

    /// `name := value` binds its name where it stands and is its value.
    fn named_expression(&mut self, node: Node<'t>, parent: Option<ExprId>) -> ExprId {
        let parts = self.parts(node);
        let Some(value) = in_field(&parts, Field::Value) else { return self.not_followed(node, parent, "syntax error") };
        let value = self.expression(value, parent);
        if let Some(name) = in_field(&parts, Field::Name) {
            let place = self.place_of_named_expression();
            let span = self.span(node);
            let target = Target::Name(self.text(name).into());
            self.state_at(place, StatementKind::Bind { target, value, annotation: None }, span);
        }
        value
    }

    /// An expression that is there but not followed.
    pub(super) fn not_followed(&mut self, node: Node<'_>, parent: Option<ExprId>, why: &'static str) -> ExprId {
        let span = self.span(node);
        self.make(ExprKind::Unknown(why), span, parent)
    }
}

/// The operator behind its token, with or without the `=` of an augmented assignment.
pub(super) fn arithmetic(token: &str) -> Operator {
    match token.strip_suffix('=').unwrap_or(token) {
        "+" => Operator::Add,
        "-" => Operator::Subtract,
        "*" => Operator::Multiply,
        "/" => Operator::Divide,
        "//" => Operator::FloorDivide,
        "%" => Operator::Remainder,
        "**" => Operator::Power,
        _ => Operator::Other,
    }
}
