//! Questions put to many expressions of which few matter: they are answered from what was read, and ask for nothing more.
//!
//! Every `x.get(…)` of a program may be a request. Asking what each `x` is leads to whoever calls the functions around it, and from there to the
//! whole program; so only what is known to matter may have files read.

use super::eval::Evaluator;
use super::index::Binder;
use super::thing::{ExprRef, Possible, Possibles};
use crate::facts::{ExprKind, StatementKind};

/// How many questions may stand around one whose answer asks for more to be read: what is further off rarely decides anything, and leads
/// everywhere.
const MAX_FAR: usize = 16;

impl Evaluator<'_> {
    /// An evaluator that asks for nothing to be read, for questions put to many expressions of which few matter.
    pub fn scout(&self) -> &Self {
        self.scout.as_deref().unwrap_or(self)
    }

    /// Whether the question at hand may ask for more to be read.
    pub(super) fn may_want(&self) -> bool {
        self.scout.is_some() && self.memory.open_questions() <= MAX_FAR
    }

    /// Everything `at` can be as far as the files tell that were read; only the file that a name is imported from is asked for.
    pub fn glance(&self, at: ExprRef) -> Possibles {
        let found = self.scout().seen_open(at);
        if found.iter().all(Possible::is_unknown) && self.is_imported(at) { self.eval_open(at) } else { (*found).clone() }
    }

    /// Whether an expression is a name that its file imports, or a part of one.
    fn is_imported(&self, at: ExprRef) -> bool {
        let facts = self.project.facts(at.file);
        match &facts.expr(at.expr).kind {
            ExprKind::Attribute { object, .. } => self.is_imported(ExprRef { file: at.file, expr: *object }),
            ExprKind::Name(name) => facts.scope_chain(facts.expr(at.expr).scope).any(|scope| {
                let binders = self.project.tables(at.file).binders_of(scope, name).unwrap_or_default();
                binders.iter().any(|binder| match *binder {
                    Binder::Statement(scope, number) => {
                        matches!(facts.scope(scope).statements[number as usize].kind, StatementKind::Import(_))
                    }
                    Binder::Parameter(..) => false,
                })
            }),
            _ => false,
        }
    }
}
