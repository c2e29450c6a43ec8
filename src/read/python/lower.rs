//! The state of lowering one syntax tree: the facts so far, the scope and context that are open, and how deep the source is nested.

use tree_sitter::{Node, TreeCursor};

use super::grammar::{Field, Grammar, Kind};
use crate::facts::{BODY, Context, ContextId, ContextKind, ExprId, ExprKind, Expression, FileFacts, Name, Scope, ScopeId, ScopeKind};
use crate::facts::{Statement, StatementKind};
use crate::text::{Problem, SourceFile, Span};

/// Deepest nesting of blocks and expressions that is followed. Python itself stops at 100 indentations and 200 brackets;
/// chains (`a.b().c()`, `a + b + c`) do not count.
pub(super) const MAX_DEPTH: u32 = 200;

/// What a reader is told, once a file, about source that is nested deeper than [`MAX_DEPTH`].
pub(super) const TOO_DEEP: &str = "nested too deeply";

/// A child of a node, without comments.
#[derive(Clone, Copy)]
pub(super) struct Child<'t> {
    pub(super) node: Node<'t>,
    pub(super) kind: Kind,
    pub(super) field: Field,
}

/// Lowers one syntax tree into facts.
pub(super) struct Lowerer<'t> {
    pub(super) file: &'t SourceFile,
    pub(super) facts: &'t mut FileFacts,
    pub(super) scope: ScopeId,
    pub(super) context: ContextId,
    grammar: &'static Grammar,
    cursor: TreeCursor<'t>,
    depth: u32,
}

/// Where lowering stood before a scope or context was entered.
#[derive(Clone, Copy)]
pub(super) struct Place {
    scope: ScopeId,
    context: ContextId,
}

impl<'t> Lowerer<'t> {
    /// Appends what `root` says to `facts`, which must have its module scope.
    pub(super) fn lower(file: &'t SourceFile, facts: &'t mut FileFacts, root: Node<'t>) {
        let cursor = root.walk();
        let mut lowerer = Self { file, facts, scope: crate::facts::MODULE, context: BODY, grammar: Grammar::get(), cursor, depth: 0 };
        lowerer.block(root);
    }

    /// The kind of a node.
    pub(super) fn kind(&self, node: Node<'_>) -> Kind {
        self.grammar.kind(node)
    }

    /// All children of a node in order, without comments and continuations.
    pub(super) fn children(&mut self, node: Node<'t>) -> Vec<Child<'t>> {
        let mut children = Vec::new();
        self.cursor.reset(node);
        if !self.cursor.goto_first_child() {
            return children;
        }
        loop {
            let node = self.cursor.node();
            let kind = self.grammar.kind(node);
            if !matches!(kind, Kind::Comment | Kind::LineContinuation) {
                children.push(Child { node, kind, field: self.grammar.field(self.cursor.field_id()) });
            }
            if !self.cursor.goto_next_sibling() {
                return children;
            }
        }
    }

    /// The children that carry meaning: no punctuation, no errors.
    pub(super) fn parts(&mut self, node: Node<'t>) -> Vec<Child<'t>> {
        let mut children = self.children(node);
        children.retain(|child| !matches!(child.kind, Kind::Token | Kind::Error));
        children
    }

    /// The first child that carries meaning.
    pub(super) fn first_part(&mut self, node: Node<'t>) -> Option<Node<'t>> {
        self.parts(node).first().map(|child| child.node)
    }

    /// The source under a node.
    pub(super) fn text(&self, node: Node<'_>) -> &'t str {
        self.file.text.get(node.byte_range()).unwrap_or("")
    }

    /// Where a node stands.
    pub(super) fn span(&self, node: Node<'_>) -> Span {
        Span::new(self.file.id, node.start_byte(), node.end_byte())
    }

    /// From the start of one node to the end of another.
    pub(super) fn span_over(&self, first: Node<'_>, last: Node<'_>) -> Span {
        Span::new(self.file.id, first.start_byte(), last.end_byte())
    }

    /// Goes one level down; `false`, with a problem, where the source is nested too deeply. Each `true` is undone by [`Self::leave`].
    pub(super) fn enter(&mut self, node: Node<'_>) -> bool {
        if self.depth < MAX_DEPTH {
            self.depth += 1;
            return true;
        }
        if !self.facts.problems.iter().any(|problem| problem.message == TOO_DEEP) {
            self.facts.problems.push(Problem::at(self.file, node.start_byte(), TOO_DEEP));
        }
        false
    }

    /// Undoes [`Self::enter`].
    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Takes an expression in whose kind is not known yet, so that its parts can name it as their parent.
    pub(super) fn open(&mut self, node: Node<'_>, parent: Option<ExprId>) -> ExprId {
        let span = self.span(node);
        self.make(ExprKind::Unknown("not lowered"), span, parent)
    }

    /// Says what an opened expression is.
    pub(super) fn close(&mut self, id: ExprId, kind: ExprKind) -> ExprId {
        if let Some(expression) = self.facts.expressions.get_mut(id.0 as usize) {
            expression.kind = kind;
        }
        id
    }

    /// Takes an expression in.
    pub(super) fn make(&mut self, kind: ExprKind, span: Span, parent: Option<ExprId>) -> ExprId {
        let id = ExprId(u32::try_from(self.facts.expressions.len()).unwrap_or(u32::MAX));
        self.facts.expressions.push(Expression { kind, span, scope: self.scope, context: self.context, parent });
        id
    }

    /// Takes a statement in at the open place.
    pub(super) fn state(&mut self, kind: StatementKind, span: Span) {
        let place = self.place();
        self.state_at(place, kind, span);
    }

    /// Takes a statement in at another place.
    pub(super) fn state_at(&mut self, place: Place, kind: StatementKind, span: Span) {
        if let Some(scope) = self.facts.scopes.get_mut(place.scope.0 as usize) {
            scope.statements.push(Statement { kind, span, context: place.context });
        }
    }

    /// The open place, to come back to.
    pub(super) fn place(&self) -> Place {
        Place { scope: self.scope, context: self.context }
    }

    /// Goes back to a place.
    pub(super) fn go_back(&mut self, place: Place) {
        self.scope = place.scope;
        self.context = place.context;
    }

    /// The nearest place around that is no comprehension: where `:=` binds.
    pub(super) fn place_of_named_expression(&self) -> Place {
        let mut place = self.place();
        while let Some(scope) = self.facts.scopes.get(place.scope.0 as usize) {
            match scope.parent {
                Some(parent) if scope.kind == ScopeKind::Comprehension => place = Place { scope: parent, context: scope.parent_context },
                _ => break,
            }
        }
        place
    }

    /// Opens a context inside the open one and goes into it.
    pub(super) fn enter_context(&mut self, kind: ContextKind, span: Span) {
        let parent = self.context;
        if let Some(scope) = self.facts.scopes.get_mut(self.scope.0 as usize) {
            self.context = ContextId(u32::try_from(scope.contexts.len()).unwrap_or(u32::MAX));
            scope.contexts.push(Context { parent: Some(parent), kind, span });
        }
    }

    /// Changes what the open context is.
    pub(super) fn become_context(&mut self, kind: ContextKind) {
        let scope = self.facts.scopes.get_mut(self.scope.0 as usize);
        if let Some(context) = scope.and_then(|scope| scope.contexts.get_mut(self.context.0 as usize)) {
            context.kind = kind;
        }
    }

    /// Opens a scope inside the open place, without going into it.
    pub(super) fn add_scope(&mut self, kind: ScopeKind, name: &str, span: Span, name_span: Span) -> ScopeId {
        let id = ScopeId(u32::try_from(self.facts.scopes.len()).unwrap_or(u32::MAX));
        let mut scope = empty_scope(kind, name.into(), span, name_span);
        scope.parent = Some(self.scope);
        scope.parent_context = self.context;
        self.facts.scopes.push(scope);
        id
    }

    /// Goes into a scope's body.
    pub(super) fn enter_scope(&mut self, scope: ScopeId) {
        self.scope = scope;
        self.context = BODY;
    }

    /// A scope that is being filled.
    pub(super) fn scope_mut(&mut self, id: ScopeId) -> Option<&mut Scope> {
        self.facts.scopes.get_mut(id.0 as usize)
    }
}

/// A scope with nothing in it but its body.
pub(super) fn empty_scope(kind: ScopeKind, name: Name, span: Span, name_span: Span) -> Scope {
    Scope {
        kind,
        name,
        parent: None,
        parent_context: BODY,
        span,
        name_span,
        parameters: Vec::new(),
        bases: Vec::new(),
        decorators: Vec::new(),
        is_async: false,
        outer_names: Vec::new(),
        contexts: vec![Context { parent: None, kind: ContextKind::Body, span }],
        statements: Vec::new(),
    }
}

/// The first child in a field.
pub(super) fn in_field<'t>(children: &[Child<'t>], field: Field) -> Option<Node<'t>> {
    children.iter().find(|child| child.field == field && !matches!(child.kind, Kind::Token | Kind::Error)).map(|child| child.node)
}

/// Whether one of the keywords of a node is `async`.
pub(super) fn has_async(children: &[Child<'_>]) -> bool {
    children.iter().take(2).any(|child| child.kind == Kind::Token && child.node.kind() == "async")
}
