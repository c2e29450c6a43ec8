//! The state of lowering one file: the facts so far, the scope and context that are open, the types that are in sight, and how deep the source is nested.

use proc_macro2::{LineColumn, Span as Mark};
use rustc_hash::FxHashMap;
use syn::Ident;

use crate::facts::{
    BODY, Context, ContextId, ContextKind, ExprId, ExprKind, Expression, FileFacts, MODULE, Name, Scope, ScopeId, ScopeKind,
};
use crate::facts::{Statement, StatementKind};
use crate::text::{Problem, SourceFile, Span};

/// Deepest nesting of items, blocks and expressions that is followed; chains (`a.b().c()`, `a + b + c`) do not count.
pub(super) const MAX_DEPTH: u32 = 160;

/// What a reader is told, once a file, about source that is nested deeper than can be followed.
pub(super) const TOO_DEEP: &str = "nested too deeply";

/// The value of what never gives one (`return`, `break`, a panic): it is left out of the alternatives around it.
pub(super) const NEVER: &str = "does not return";

/// The value of `Err(…)`: the way of an error is not that of a value, so it is left out likewise.
pub(super) const ERROR: &str = "an error";

/// Lowers one file into facts.
pub(super) struct Lowerer<'f> {
    pub(super) file: &'f SourceFile,
    pub(super) facts: &'f mut FileFacts,
    pub(super) scope: ScopeId,
    pub(super) context: ContextId,
    /// Types by name, one table for each list of items around the open place.
    pub(super) types: Vec<FxHashMap<String, ScopeId>>,
    /// The loops around the open place, innermost last.
    pub(super) loops: Vec<OpenLoop>,
    /// Names of the inline modules around the open place.
    pub(super) modules: Vec<String>,
    /// Bytes that were cut off before the text was parsed, and the lines that they end.
    offset: usize,
    lines: usize,
    is_ascii: bool,
    depth: u32,
}

/// A loop that is being lowered.
pub(super) struct OpenLoop {
    pub(super) label: Option<String>,
    /// The values with which `break` leaves it.
    pub(super) values: Vec<ExprId>,
}

/// Where lowering stood before a scope or context was entered.
#[derive(Clone, Copy)]
pub(super) struct Place {
    scope: ScopeId,
    context: ContextId,
}

impl<'f> Lowerer<'f> {
    /// A lowerer that stands in the module's body.
    pub(super) fn new(file: &'f SourceFile, facts: &'f mut FileFacts, offset: usize) -> Self {
        let lines = file.text.bytes().take(offset).filter(|byte| *byte == b'\n').count();
        let is_ascii = file.text.is_ascii();
        Self {
            file,
            facts,
            scope: MODULE,
            context: BODY,
            types: Vec::new(),
            loops: Vec::new(),
            modules: Vec::new(),
            offset,
            lines,
            is_ascii,
            depth: 0,
        }
    }

    /// From the first token to the last.
    pub(super) fn span(&self, first: Mark, last: Mark) -> Span {
        let (start, end) = match self.is_ascii {
            true => (self.at(first.start()), self.at(last.end())),
            false => (first.byte_range().start + self.offset, last.byte_range().end + self.offset),
        };
        Span::new(self.file.id, start, end)
    }

    /// The byte of a place by its line: cheaper than `byte_range`, and right where a character is a byte.
    fn at(&self, place: LineColumn) -> usize {
        let start = if place.line <= 1 { Some(self.offset) } else { self.file.line_start(place.line + self.lines) };
        start.unwrap_or(self.offset) + place.column
    }

    /// Where one token stands.
    pub(super) fn token(&self, mark: Mark) -> Span {
        self.span(mark, mark)
    }

    /// The source under a span.
    pub(super) fn text(&self, span: Span) -> &'f str {
        self.file.text.get(span.range()).unwrap_or("")
    }

    /// Goes one level down; `false`, with a problem, where the source is nested too deeply. Each `true` is undone by [`Self::leave`].
    pub(super) fn enter(&mut self, at: Mark) -> bool {
        if self.depth < MAX_DEPTH {
            self.depth += 1;
            return true;
        }
        if !self.facts.problems.iter().any(|problem| problem.message == TOO_DEEP) {
            let at = self.token(at).start as usize;
            self.facts.problems.push(Problem::at(self.file, at, TOO_DEEP));
        }
        false
    }

    /// Undoes [`Self::enter`].
    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Takes an expression in whose kind is not known yet, so that its parts can name it as their parent.
    pub(super) fn open(&mut self, span: Span, parent: Option<ExprId>) -> ExprId {
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

    /// What an expression is.
    pub(super) fn kind(&self, id: ExprId) -> &ExprKind {
        &self.facts.expr(id).kind
    }

    /// Whether an expression gives no value because the program goes on elsewhere.
    pub(super) fn is_never(&self, id: ExprId) -> bool {
        matches!(self.kind(id), ExprKind::Unknown(why) if *why == NEVER || *why == ERROR)
    }

    /// Takes a statement in at the open place.
    pub(super) fn state(&mut self, kind: StatementKind, span: Span) {
        let (id, context) = (self.scope, self.context);
        if let Some(scope) = self.scope_mut(id) {
            scope.statements.push(Statement { kind, span, context });
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

/// A name without the `r#` of raw identifiers.
pub(super) fn plain(name: &Ident) -> String {
    let mut text = name.to_string();
    if text.starts_with("r#") {
        text.drain(..2);
    }
    text
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
