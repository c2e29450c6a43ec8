//! What an expression can be: abstract things, each with the trail that led to it, and the frames in which expressions are evaluated.

use std::rc::Rc;

use super::trail::Trail;
use crate::facts::{ExprId, Name, ScopeId};
use crate::text::Span;
use crate::value::{Certainty, How};

/// A scope of a loaded file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ScopeRef {
    /// Index of the file in the project.
    pub file: u32,
    /// The scope in it.
    pub scope: ScopeId,
}

/// An expression of a loaded file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ExprRef {
    /// Index of the file in the project.
    pub file: u32,
    /// The expression in it.
    pub expr: ExprId,
}

/// What an expression can be.
#[derive(Clone, Debug)]
pub enum Thing {
    /// A number; infinite means without a bound.
    Number(f64),
    /// A number between two ends.
    Between(Option<f64>, Option<f64>),
    /// A time span in seconds.
    Seconds(f64),
    /// A text.
    Text(Rc<str>),
    /// A truth value.
    Truth(bool),
    /// `None`.
    Nothing,
    /// A name of a library or builtin: a module, class, function or constant outside the project.
    Symbol(Rc<str>),
    /// A file of the project, as a module.
    Module(u32),
    /// A function of the project.
    Function(ScopeRef, Frame),
    /// A class of the project.
    Class(ScopeRef),
    /// A function with the object it was taken from.
    Method(Rc<Thing>, ScopeRef),
    /// An object of a project class; without a site it is any object of the class.
    Object(Rc<Object>),
    /// An object of a library, by the call that made it.
    Made(Rc<Made>),
    /// An attribute chain below a library's object (`client.chat.completions`).
    Part(Rc<Made>, Rc<str>),
    /// The result of a library call that is not followed further.
    Foreign(Rc<str>),
    /// A mapping, by the display or call that made it.
    Mapping(ExprRef, Frame),
    /// A list, tuple, set, comprehension or other sequence, by its expression.
    Sequence(ExprRef, Frame),
    /// What calling a generator gives: its yields come out one by one, or by entering it as a context manager.
    Generator(ScopeRef, Frame),
    /// Parsed command-line options, by the call that parsed them.
    Options(ExprRef, Frame),
    /// The path of a file.
    Path(Rc<FilePath>),
    /// An opened file, or the text in it.
    Contents(Rc<FilePath>),
    /// A configuration that was read from files, or a part of one.
    Document(Rc<Document>),
    /// A function with some arguments given already, by the call that says so.
    Partial(Rc<Thing>, ExprRef, Frame),
    /// Not known, and why.
    Unknown(Rc<str>),
}

/// An object of a project class.
#[derive(Debug)]
pub struct Object {
    /// Its class.
    pub class: ScopeRef,
    /// The call that made it and the frame of that call.
    pub site: Option<(ExprRef, Frame)>,
    /// The object that it is a copy of: what the call does not give is as it is there.
    pub from: Option<Rc<Object>>,
}

/// An object that a library's constructor made.
#[derive(Debug)]
pub struct Made {
    /// The constructor's symbol as it was reached.
    pub symbol: Rc<str>,
    /// The call.
    pub site: ExprRef,
    /// The frame of the call.
    pub frame: Frame,
    /// The project class, where one stands between (a subclass of the library's).
    pub class: Option<ScopeRef>,
    /// Arguments that were given before the call, by `partial`.
    pub before: Option<Rc<Binding>>,
}

/// The path of a file as the program puts it together.
#[derive(PartialEq, Eq, Debug)]
pub struct FilePath {
    /// The path, with `/`.
    pub text: String,
    /// Whether it starts at the root of the tree; else in the folder in which the program is started.
    pub from_root: bool,
}

/// A table, list or section of configuration files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Document {
    /// Numbers of the files in the project; later ones go over earlier ones.
    pub files: Vec<u32>,
    /// Keys from the top.
    pub path: Vec<Name>,
    /// The section whose keys all others have too.
    pub common_section: Option<Name>,
    /// Whether keys in a section are the same in capitals.
    pub ignores_case: bool,
}

/// One alternative of an expression with its trail.
#[derive(Clone, Debug)]
pub struct Possible {
    /// What it is.
    pub thing: Thing,
    /// How sure.
    pub certainty: Certainty,
    /// The kind of line that gives it.
    pub how: How,
    /// Where the value itself stands.
    pub defined_at: Option<Span>,
    /// From the use to the definition.
    pub trail: Trail,
    /// Definitions that it came through unchanged.
    pub same_as: Rc<Vec<Span>>,
}

impl Possible {
    /// A thing that stands at `at` itself.
    pub fn literal(thing: Thing, at: Span) -> Self {
        Self {
            thing,
            certainty: Certainty::Declared,
            how: How::Literal,
            defined_at: Some(at),
            trail: Trail::default(),
            same_as: Rc::default(),
        }
    }

    /// Nothing known, and why.
    pub fn unknown(why: impl Into<Rc<str>>) -> Self {
        Self {
            thing: Thing::Unknown(why.into()),
            certainty: Certainty::Assumed,
            how: How::Unknown,
            defined_at: None,
            trail: Trail::default(),
            same_as: Rc::default(),
        }
    }

    /// The same with one more step in front of its trail.
    pub fn after(mut self, at: Span, said: impl Into<Rc<str>>) -> Self {
        self.trail = self.trail.after(at, said.into());
        self
    }

    /// The same, reached through a definition that does not change it.
    pub fn through(mut self, definition: Span) -> Self {
        if !self.same_as.contains(&definition) && self.same_as.len() < MAX_DEFINITIONS {
            let mut all = (*self.same_as).clone();
            all.push(definition);
            self.same_as = Rc::new(all);
        }
        self
    }

    /// The same with another kind of origin, where the present one is a plain literal.
    pub fn given_by(mut self, how: How) -> Self {
        if matches!(self.how, How::Literal | How::Constant) || (how == How::Flag && self.how == How::Parameter) {
            self.how = how;
        }
        self
    }

    /// The same, at most this sure.
    pub fn at_most(mut self, certainty: Certainty) -> Self {
        self.certainty = self.certainty.min(certainty);
        self
    }

    /// Whether nothing is known.
    pub fn is_unknown(&self) -> bool {
        matches!(self.thing, Thing::Unknown(_))
    }
}

/// Most definitions that an alternative is known to be the same as.
const MAX_DEFINITIONS: usize = 24;

/// All alternatives of an expression, at most [`crate::value::MAX_ALTERNATIVES`]; never empty.
pub type Possibles = Vec<Possible>;

/// An activation of a scope: which call it comes from and what its first parameter is. Frames are shared and immutable.
#[derive(Clone, Debug)]
pub struct Frame(pub Rc<FrameData>);

/// See [`Frame`].
#[derive(Debug)]
pub struct FrameData {
    /// The scope.
    pub scope: ScopeRef,
    /// The frame of the scope around it.
    pub outer: Option<Frame>,
    /// The arguments, where the call is known; without it, all callers count.
    pub call: Option<Binding>,
    /// The object a method was called on.
    pub this: Option<Thing>,
    /// Activations between this one and an open frame.
    pub depth: u32,
    /// The same for frames that are the same activation.
    pub id: u32,
}

/// Where the arguments of an activation come from.
#[derive(Clone, Debug)]
pub struct Binding {
    /// The call.
    pub call: ExprRef,
    /// The frame of the call.
    pub caller: Frame,
    /// Positional arguments to leave out at the front (`submit(f, x)` gives `x` to `f`'s first parameter: 1).
    pub skip: usize,
    /// Arguments given earlier by `partial`.
    pub before: Option<Rc<Binding>>,
    /// The display that holds the positional arguments (`Thread(target=f, args=(x, y))`).
    pub packed: Option<ExprRef>,
}

impl Binding {
    /// The activation that calls, the one that called that, and so on.
    pub fn callers(&self) -> impl Iterator<Item = &Frame> {
        std::iter::successors(Some(&self.caller), |frame| frame.0.call.as_ref().map(|call| &call.caller))
    }
}

impl Frame {
    /// Whether nothing is bound: the frame stands for every activation of the scope.
    pub fn is_open(&self) -> bool {
        self.0.call.is_none() && self.0.this.is_none() && self.0.outer.as_ref().is_none_or(Frame::is_open)
    }

    /// The scope of this activation.
    pub fn scope(&self) -> ScopeRef {
        self.0.scope
    }
}

/// A name with a dot and another.
pub fn dotted(path: &str, name: &str) -> Rc<str> {
    let mut all = String::with_capacity(path.len() + name.len() + 1);
    all.push_str(path);
    if !path.is_empty() && !name.is_empty() {
        all.push('.');
    }
    all.push_str(name);
    all.into()
}

/// The last part of a dotted path.
pub fn last_part(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}
