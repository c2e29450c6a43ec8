//! Everything that gives names, attributes and items a value: assignments, targets of loops and `with`, imports.

use tree_sitter::Node;

use super::expressions::arithmetic;
use super::grammar::{Field, Kind};
use super::lower::{Child, Lowerer, in_field};
use crate::facts::{ExprId, ExprKind, Import, Name, Operator, OuterName, StatementKind, Target};
use crate::text::Span;

impl<'t> Lowerer<'t> {
    /// `a = b = value`, `a: T = value`, `a: T`.
    pub(super) fn assignment(&mut self, node: Node<'t>) {
        let span = self.span(node);
        let mut targets = Vec::new();
        let mut annotation = None;
        let mut at = node;
        let value = loop {
            let parts = self.parts(at);
            targets.extend(in_field(&parts, Field::Left));
            if let Some(hint) = in_field(&parts, Field::Type) {
                annotation = Some(self.expression(hint, None));
            }
            match in_field(&parts, Field::Right) {
                Some(right) if self.kind(right) == Kind::Assignment => at = right,
                Some(right) => break self.right_side(right),
                None if annotation.is_some() => break self.not_followed(at, None, "declared without a value"),
                None => break self.not_followed(at, None, "syntax error"),
            }
        };
        for target in targets {
            self.bind(target, value, annotation, span);
        }
    }

    /// The value of an assignment; `a = b += 1` is no Python and gives what can be read of it.
    fn right_side(&mut self, node: Node<'t>) -> ExprId {
        if self.kind(node) == Kind::Augmented {
            self.augmented(node);
            return self.not_followed(node, None, "syntax error");
        }
        self.expression(node, None)
    }

    /// `target op= value`.
    pub(super) fn augmented(&mut self, node: Node<'t>) {
        let children = self.children(node);
        let (Some(left), Some(right)) = (in_field(&children, Field::Left), in_field(&children, Field::Right)) else { return };
        let operator = children.iter().find(|child| child.field == Field::Operator);
        let operator = operator.map_or(Operator::Other, |child| arithmetic(child.node.kind()));
        let id = self.open(node, None);
        let old = self.expression(left, Some(id));
        let value = self.expression(right, Some(id));
        self.close(id, ExprKind::Augmented { operator, old, value });
        let target = match &self.facts.expr(old).kind {
            ExprKind::Name(name) => Target::Name(name.clone()),
            ExprKind::Attribute { object, name, .. } => Target::Attribute { object: *object, name: name.clone() },
            ExprKind::Subscript { object, index } => Target::Subscript { object: *object, index: *index },
            _ => return,
        };
        let span = self.span(node);
        self.state(StatementKind::Bind { target, value: id, annotation: None }, span);
    }

    /// Binds the target of a loop or `with` to a value that is made from another.
    pub(super) fn bind_derived(&mut self, target: Node<'t>, value: ExprKind) {
        let span = self.span(target);
        let value = self.make(value, span, None);
        self.bind(target, value, None, span);
    }

    /// Binds a target, taking tuples apart.
    pub(super) fn bind(&mut self, target: Node<'t>, value: ExprId, annotation: Option<ExprId>, span: Span) {
        if !self.enter(target) {
            return;
        }
        let mut at = target;
        while self.is_wrapped(at) {
            match self.first_part(at) {
                Some(inner) => at = inner,
                None => break,
            }
        }
        let target = match self.kind(at) {
            Kind::Identifier if !self.text(at).is_empty() => Some(Target::Name(self.text(at).into())),
            Kind::Attribute => {
                let parts = self.parts(at);
                match (in_field(&parts, Field::Object), in_field(&parts, Field::Attribute)) {
                    (Some(object), Some(name)) => {
                        let name = self.text(name).into();
                        Some(Target::Attribute { object: self.expression(object, None), name })
                    }
                    _ => None,
                }
            }
            Kind::Subscript => {
                let parts = self.parts(at);
                let keys: Vec<Child<'t>> = parts.iter().filter(|part| part.field == Field::Subscript).copied().collect();
                in_field(&parts, Field::Value).map(|object| {
                    let object = self.expression(object, None);
                    Target::Subscript { object, index: self.index(&keys, object, None) }
                })
            }
            Kind::PatternList | Kind::TuplePattern | Kind::ListPattern | Kind::Tuple | Kind::List | Kind::ExpressionList => {
                for (index, part) in (0..).zip(self.parts(at)) {
                    let part_span = self.span(part.node);
                    let unpacked = self.make(ExprKind::Unpacked { value, index }, part_span, None);
                    self.bind(part.node, unpacked, None, span);
                }
                None
            }
            _ => None,
        };
        if let Some(target) = target {
            self.state(StatementKind::Bind { target, value, annotation }, span);
        }
        self.leave();
    }

    /// Whether a target is another one in brackets or under a star: `(a)` is `a`, `(a,)` is a tuple.
    fn is_wrapped(&mut self, target: Node<'t>) -> bool {
        match self.kind(target) {
            Kind::Parenthesized | Kind::AsPatternTarget | Kind::Type | Kind::ListSplatPattern | Kind::ListSplat => true,
            Kind::TuplePattern => {
                let children = self.children(target);
                children.len() == 3 && !children.iter().any(|child| child.node.kind() == ",")
            }
            _ => false,
        }
    }

    /// Binds a plain name.
    pub(super) fn bind_name(&mut self, name: Node<'t>, value: ExprId, span: Span) {
        let text = self.text(name);
        if !text.is_empty() {
            self.state(StatementKind::Bind { target: Target::Name(text.into()), value, annotation: None }, span);
        }
    }

    /// `type Name = value`.
    pub(super) fn type_alias(&mut self, node: Node<'t>) {
        let parts = self.parts(node);
        let (Some(left), Some(right)) = (in_field(&parts, Field::Left), in_field(&parts, Field::Right)) else { return };
        let value = self.expression(right, None);
        let span = self.span(node);
        self.bind(left, value, None, span);
    }

    /// `global a, b` and `nonlocal a, b`.
    pub(super) fn outer_names(&mut self, node: Node<'t>, kind: OuterName) {
        let names: Vec<Name> = self.parts(node).into_iter().map(|part| self.text(part.node).into()).collect();
        let scope = self.scope;
        if let Some(scope) = self.scope_mut(scope) {
            scope.outer_names.extend(names.into_iter().map(|name| (name, kind)));
        }
    }

    /// `import a.b, c as d`.
    pub(super) fn import(&mut self, node: Node<'t>) {
        for part in self.parts(node) {
            let (path, alias) = self.imported(part);
            let Some(first) = path.first() else { continue };
            let local = alias.unwrap_or_else(|| (*first).into());
            let path = if part.kind == Kind::AliasedImport { path.join(".") } else { (*first).to_owned() };
            let import = Import { local, path: path.into(), level: 0, item: None };
            let span = self.span(part.node);
            self.state(StatementKind::Import(import), span);
        }
    }

    /// `from ..a.b import c as d, e` and `from a import *`.
    pub(super) fn import_from(&mut self, node: Node<'t>) {
        let (mut path, mut level) = (String::new(), 0);
        for part in self.parts(node) {
            if part.field == Field::ModuleName {
                (path, level) = self.module_name(part);
                continue;
            }
            let span = self.span(part.node);
            if part.kind == Kind::WildcardImport {
                let import = Import { local: "*".into(), path: path.as_str().into(), level, item: None };
                self.state(StatementKind::Import(import), span);
                continue;
            }
            let (names, alias) = self.imported(part);
            let item: Name = names.join(".").into();
            if item.is_empty() {
                continue;
            }
            let local = alias.unwrap_or_else(|| item.clone());
            let import = Import { local, path: path.as_str().into(), level, item: Some(item) };
            self.state(StatementKind::Import(import), span);
        }
    }

    /// `from __future__ import a`.
    pub(super) fn import_future(&mut self, node: Node<'t>) {
        for part in self.parts(node) {
            let (names, alias) = self.imported(part);
            let item: Name = names.join(".").into();
            let local = alias.unwrap_or_else(|| item.clone());
            let import = Import { local, path: "__future__".into(), level: 0, item: Some(item) };
            let span = self.span(part.node);
            self.state(StatementKind::Import(import), span);
        }
    }

    fn module_name(&mut self, part: Child<'t>) -> (String, u32) {
        if part.kind != Kind::RelativeImport {
            return (self.dotted(part.node).join("."), 0);
        }
        let (mut path, mut level) = (String::new(), 0);
        for piece in self.parts(part.node) {
            if piece.kind == Kind::ImportPrefix {
                level = self.text(piece.node).bytes().filter(|byte| *byte == b'.').count() as u32;
            } else {
                path = self.dotted(piece.node).join(".");
            }
        }
        (path, level)
    }

    /// The names of a dotted name and its alias.
    fn imported(&mut self, part: Child<'t>) -> (Vec<&'t str>, Option<Name>) {
        if part.kind != Kind::AliasedImport {
            return (self.dotted(part.node), None);
        }
        let parts = self.parts(part.node);
        let names = in_field(&parts, Field::Name).map_or_else(Vec::new, |name| self.dotted(name));
        let alias = in_field(&parts, Field::Alias).map(|alias| self.text(alias)).filter(|alias| !alias.is_empty());
        (names, alias.map(Name::from))
    }

    /// `a . b` without what stands between.
    fn dotted(&mut self, node: Node<'t>) -> Vec<&'t str> {
        if self.kind(node) == Kind::Identifier {
            return vec![self.text(node)];
        }
        let parts = self.parts(node);
        parts.iter().map(|part| self.text(part.node)).filter(|name| !name.is_empty()).collect()
    }
}
