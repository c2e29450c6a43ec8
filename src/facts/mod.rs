//! The language-neutral vocabulary that both front ends lower to: scopes, statements and expressions with their places.
//!
//! A file's facts are an arena of expressions and a list of scopes (module, functions, lambdas, classes, comprehensions).
//! Everything is owned and `Send`; no syntax tree leaves `read`. Paths are joined with `.` in both languages: all behind is written once.

pub mod config;
pub mod dump;

use serde::Serialize;

pub use crate::text::Language;
use crate::text::{FileId, Problem, Span};

/// An identifier, a dotted path or a string of the source.
pub type Name = Box<str>;

/// Index into [`FileFacts::scopes`]; scope 0 is the module.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize)]
pub struct ScopeId(pub u32);

/// Index into [`FileFacts::expressions`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize)]
pub struct ExprId(pub u32);

/// Index into [`Scope::contexts`] of the same scope; context 0 is the body itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize)]
pub struct ContextId(pub u32);

/// The body of a scope.
pub const BODY: ContextId = ContextId(0);

/// The scope of the module itself.
pub const MODULE: ScopeId = ScopeId(0);

/// What one file (or the regions of it that were read) says.
#[derive(Clone, Debug)]
pub struct FileFacts {
    /// The file.
    pub file: FileId,
    /// Its language.
    pub language: Language,
    /// All scopes; the first is the module.
    pub scopes: Vec<Scope>,
    /// All expressions, in the order in which they were met; a child's parent may stand before or after it.
    pub expressions: Vec<Expression>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

impl FileFacts {
    /// The scope behind an id of this file.
    pub fn scope(&self, id: ScopeId) -> &Scope {
        &self.scopes[id.0 as usize]
    }

    /// The expression behind an id of this file.
    pub fn expr(&self, id: ExprId) -> &Expression {
        &self.expressions[id.0 as usize]
    }

    /// Ids of all expressions.
    pub fn expr_ids(&self) -> impl Iterator<Item = ExprId> + use<> {
        (0..self.expressions.len() as u32).map(ExprId)
    }

    /// Ids of all scopes.
    pub fn scope_ids(&self) -> impl Iterator<Item = ScopeId> + use<> {
        (0..self.scopes.len() as u32).map(ScopeId)
    }

    /// `id` and the scopes around it, innermost first, the module last.
    pub fn scope_chain(&self, id: ScopeId) -> impl Iterator<Item = ScopeId> {
        std::iter::successors(Some(id), |&at| self.scope(at).parent)
    }

    /// Whether a scope is another or stands inside it, so that it sees its names.
    pub fn sees(&self, inner: ScopeId, outer: ScopeId) -> bool {
        self.scope_chain(inner).any(|at| at == outer)
    }

    /// Whether an expression is another or a part of it.
    pub fn is_part_of(&self, inner: ExprId, outer: ExprId) -> bool {
        std::iter::successors(Some(inner), |&at| self.expr(at).parent).any(|at| at == outer)
    }
}

/// A module, function, lambda, class or comprehension: what names live in.
#[derive(Clone, Debug)]
pub struct Scope {
    /// What it is.
    pub kind: ScopeKind,
    /// Its name; empty for the module, lambdas and comprehensions.
    pub name: Name,
    /// The scope around it; `None` for the module only.
    pub parent: Option<ScopeId>,
    /// The context of `parent` in which it stands.
    pub parent_context: ContextId,
    /// All of it.
    pub span: Span,
    /// Its name where it has one, else its first bytes.
    pub name_span: Span,
    /// Parameters of a function or lambda, in order (`self` included).
    pub parameters: Vec<Parameter>,
    /// Bases and keywords of a class; in Rust the traits that it derives.
    pub bases: Vec<Argument>,
    /// Decorators, attributes.
    pub decorators: Vec<ExprId>,
    /// `async def`, `async fn`, `async` block.
    pub is_async: bool,
    /// Names that assignments in this scope bind elsewhere (`global`, `nonlocal`).
    pub outer_names: Vec<(Name, OuterName)>,
    /// Loops, branches and `with` blocks inside; the first is the body.
    pub contexts: Vec<Context>,
    /// What happens, in source order, nested blocks flattened (each statement names its context).
    pub statements: Vec<Statement>,
}

impl Scope {
    /// The context behind an id of this scope.
    pub fn context(&self, id: ContextId) -> &Context {
        &self.contexts[id.0 as usize]
    }

    /// `id` and the contexts around it, innermost first, the body last.
    pub fn context_chain(&self, id: ContextId) -> impl Iterator<Item = (ContextId, &Context)> {
        std::iter::successors(Some(id), |&at| self.context(at).parent).map(|at| (at, self.context(at)))
    }

    /// Whether two contexts lie on different sides of one `if`.
    pub fn excludes(&self, one: ContextId, other: ContextId) -> bool {
        let sides = |id| {
            self.context_chain(id).filter_map(|(_, context)| match context.kind {
                ContextKind::Branch { test: Some(test), when } => Some((test, when)),
                _ => None,
            })
        };
        sides(one).any(|(test, when)| sides(other).any(|(tested, side)| tested == test && side != when))
    }

    /// Whether `inner` is `outer` or stands inside it.
    pub fn is_within(&self, inner: ContextId, outer: ContextId) -> bool {
        self.context_chain(inner).any(|(at, _)| at == outer)
    }
}

/// Kinds of scope.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub enum ScopeKind {
    /// A file.
    Module,
    /// A named function or method.
    Function,
    /// A lambda, closure or `async` block; its last expression is a [`StatementKind::Return`].
    Lambda,
    /// A class; in Rust a struct with the functions of its `impl` blocks.
    Class,
    /// A comprehension or generator expression: loops as contexts, the element as [`StatementKind::Yield`].
    Comprehension,
}

/// How a name is bound outside its scope.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub enum OuterName {
    /// In the module.
    Global,
    /// In the nearest enclosing function that binds it.
    Enclosing,
}

/// One parameter.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name without stars.
    pub name: Name,
    /// Where the name stands.
    pub span: Span,
    /// Its default, evaluated in the enclosing scope.
    pub default: Option<ExprId>,
    /// Its annotation or type.
    pub annotation: Option<ExprId>,
    /// How arguments reach it.
    pub kind: ParameterKind,
}

/// How arguments reach a parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub enum ParameterKind {
    /// By position or by name.
    Any,
    /// By position only.
    Positional,
    /// By name only.
    Keyword,
    /// `*args`.
    Rest,
    /// `**kwargs`.
    KeywordRest,
}

/// A block inside a scope that decides whether, how often or under what something runs.
#[derive(Clone, Debug)]
pub struct Context {
    /// The context around it; `None` for the body.
    pub parent: Option<ContextId>,
    /// What it is.
    pub kind: ContextKind,
    /// All of it.
    pub span: Span,
}

/// Kinds of context.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ContextKind {
    /// The scope's own body.
    Body,
    /// `for … in over`; the targets are [`StatementKind::Bind`]s with an [`ExprKind::Element`] value inside it.
    For {
        /// What is iterated.
        over: ExprId,
        /// `async for`.
        is_async: bool,
    },
    /// `while test`, `loop`.
    While {
        /// The test; `None` for `loop`.
        test: Option<ExprId>,
    },
    /// `with value as …`; a target is a bind with an [`ExprKind::Entered`] value inside it.
    With {
        /// The context manager.
        value: ExprId,
        /// `async with`.
        is_async: bool,
    },
    /// A branch of `if`, `match`, `try … except`, a conditional expression's side.
    Branch {
        /// The test that selects it, where there is one.
        test: Option<ExprId>,
        /// Whether the branch is taken when the test holds (`true`) or when it does not (`else`).
        when: bool,
    },
    /// An `except` handler: runs when something else failed.
    Handler,
}

/// One thing that happens in a scope.
#[derive(Clone, Debug)]
pub struct Statement {
    /// What.
    pub kind: StatementKind,
    /// Where it stands.
    pub span: Span,
    /// The context it stands in.
    pub context: ContextId,
}

/// Kinds of statement.
#[derive(Clone, Debug)]
pub enum StatementKind {
    /// `target = value` and all other ways to give a name or attribute a value. Tuple targets are taken apart
    /// ([`ExprKind::Unpacked`]); `x: int` without a value gives an [`ExprKind::Unknown`] value.
    Bind {
        /// What is bound.
        target: Target,
        /// To what.
        value: ExprId,
        /// Its annotation.
        annotation: Option<ExprId>,
    },
    /// An expression for its effect.
    Evaluate(ExprId),
    /// `return value`, or the tail expression of a Rust block or lambda.
    Return(ExprId),
    /// `yield value`; the element of a comprehension.
    Yield(ExprId),
    /// An import. `import a.b` binds `a` to path `a`; `import a.b as c` binds `c` to path `a.b`; `from a import b as c` binds `c` to `a`, item `b`.
    Import(Import),
    /// A function or class is defined here and bound to its name.
    Define(ScopeId),
    /// `break`: the innermost loop ends here.
    Break,
    /// `continue`: its next turn begins.
    Continue,
}

/// One imported name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    /// The name it gets here; `*` for a star or glob import.
    pub local: Name,
    /// The module path, joined with `.`; empty for `from . import x`.
    pub path: Name,
    /// Leading dots of a relative import: 0 for an absolute one. Rust: `self` 1, `super` 2, …; `crate` paths are absolute and start with `crate`.
    pub level: u32,
    /// The name taken from the module, for `from` imports.
    pub item: Option<Name>,
}

/// What is bound.
#[derive(Clone, PartialEq, Debug)]
pub enum Target {
    /// A plain name.
    Name(Name),
    /// `object.name`.
    Attribute {
        /// The object.
        object: ExprId,
        /// The attribute.
        name: Name,
    },
    /// `object[index]`.
    Subscript {
        /// The container.
        object: ExprId,
        /// The key.
        index: ExprId,
    },
}

/// One expression with its place.
#[derive(Clone, Debug)]
pub struct Expression {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
    /// The scope it is evaluated in.
    pub scope: ScopeId,
    /// The context it stands in.
    pub context: ContextId,
    /// The expression it is a part of; `None` at the top of a statement, a default, a decorator.
    pub parent: Option<ExprId>,
}

/// Kinds of expression.
#[derive(Clone, PartialEq, Debug)]
pub enum ExprKind {
    /// A whole number; out of range becomes [`ExprKind::Float`].
    Int(i64),
    /// A number with a fraction or exponent.
    Float(f64),
    /// A time span in seconds (`Duration::from_secs(5)`).
    Duration(f64),
    /// A text without holes; adjacent literals are joined.
    Text(Name),
    /// A truth value.
    Bool(bool),
    /// `None`.
    None,
    /// A name, looked up lexically. In Rust also a path (`a::B::new` is `a.B.new` as attributes of a name).
    Name(Name),
    /// `object.name`.
    Attribute {
        /// The object.
        object: ExprId,
        /// The attribute.
        name: Name,
        /// Where the attribute's name stands.
        name_span: Span,
    },
    /// `object[index]`.
    Subscript {
        /// The container.
        object: ExprId,
        /// The key.
        index: ExprId,
    },
    /// A call.
    Call {
        /// What is called.
        callee: ExprId,
        /// With what.
        arguments: Vec<Argument>,
    },
    /// Arithmetic.
    Operator {
        /// Which.
        operator: Operator,
        /// Left side.
        left: ExprId,
        /// Right side.
        right: ExprId,
    },
    /// `-x`.
    Negative(ExprId),
    /// `not x`.
    Not(ExprId),
    /// A comparison or membership test; its value is a truth that is not followed.
    Compare {
        /// The operator as written (`==`, `in`, …).
        operator: Name,
        /// Left side.
        left: ExprId,
        /// Right side.
        right: ExprId,
    },
    /// `a or b or c`: the first that is true.
    Or(Vec<ExprId>),
    /// `a and b`: the first that is false, else the last.
    And(Vec<ExprId>),
    /// `yes if test else no`.
    Conditional {
        /// The test.
        test: ExprId,
        /// Value when it holds.
        yes: ExprId,
        /// Value when not.
        no: ExprId,
    },
    /// One of several (arms of a `match`, a Rust `if` chain).
    Choice(Vec<ExprId>),
    /// A list, tuple or set display.
    List(Vec<ExprId>),
    /// A mapping display; a `None` key is `**value`.
    Mapping(Vec<(Option<ExprId>, ExprId)>),
    /// A comprehension or generator, by its scope.
    Comprehension(ScopeId),
    /// A lambda, closure or `async` block, by its scope.
    Lambda(ScopeId),
    /// `await x`.
    Await(ExprId),
    /// `*x` in a call or display.
    Spread(ExprId),
    /// One element of what is iterated (the value of a loop target).
    Element(ExprId),
    /// What a context manager gives (the value of `with … as target`).
    Entered(ExprId),
    /// Part `index` of a value that is taken apart.
    Unpacked {
        /// The whole.
        value: ExprId,
        /// Which part, from 0.
        index: u32,
    },
    /// `target op= value` gives this to its target: the old value, combined.
    Augmented {
        /// Which operator.
        operator: Operator,
        /// The target as an expression (its old value).
        old: ExprId,
        /// The right side.
        value: ExprId,
    },
    /// A text with holes; the parts that are expressions.
    Format(Vec<ExprId>),
    /// A struct literal `Path { field: value, ..rest }` (Rust).
    Record {
        /// The type's path.
        path: ExprId,
        /// Fields in order.
        fields: Vec<(Name, ExprId)>,
        /// `..rest`.
        rest: Option<ExprId>,
    },
    /// Something that is not followed, and why.
    Unknown(&'static str),
}

/// Arithmetic operators that are followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `//`, integer `/` in Rust
    FloorDivide,
    /// `%`
    Remainder,
    /// `**`
    Power,
    /// `|`, `&`, `<<` …: not followed
    Other,
}

/// One argument of a call, base of a class.
#[derive(Clone, PartialEq, Debug)]
pub struct Argument {
    /// How it is passed.
    pub kind: ArgumentKind,
    /// What is passed.
    pub value: ExprId,
}

/// How an argument is passed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ArgumentKind {
    /// By position.
    Positional,
    /// By name.
    Keyword(Name),
    /// `*value`.
    Spread,
    /// `**value`.
    KeywordSpread,
}
