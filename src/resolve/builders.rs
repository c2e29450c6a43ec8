//! Chains of methods on what a call of Rust begins, and builders that a derive writes (`Pool::builder().workers(4).build()`): an object of
//! the type, whose fields the chain gives.

use super::eval::Evaluator;
use super::thing::{ExprRef, Frame, Possible, Possibles, ScopeRef, Thing};
use crate::catalog::concurrency::{Gives, MethodGives};
use crate::facts::{ExprKind, Language};

/// The function that begins a chain.
const BEGINS: &str = "builder";

/// The methods that end it.
const ENDS: [&str; 2] = ["build", "try_build"];

impl Evaluator<'_> {
    /// Whether a type derives a builder.
    pub(super) fn has_builder(&self, class: ScopeRef) -> bool {
        self.is_rust(class.file) && self.ancestry(class).1.iter().any(|symbol| self.project.catalog.is_builder(symbol))
    }

    /// A method of such a chain leaves the object what it is: one named like a field gives the field, and `build` ends the chain.
    pub(super) fn builder_call(&self, target: ExprRef, name: &str, frame: &Frame) -> Option<Possibles> {
        if !self.is_rust(target.file) {
            return None;
        }
        let given = self.eval(target, frame);
        let in_chain = |thing: &Thing| match thing {
            Thing::Object(object) => {
                object.site.as_ref().is_some_and(|(site, _)| self.begins_builder(*site))
                    && self.has_builder(object.class)
                    && (self.is_unbuilt(target) || self.find_method(object.class, name).is_none())
                    && (ENDS.contains(&name) || self.has_field(object.class, name))
            }
            _ => false,
        };
        given.iter().all(|possible| in_chain(&possible.thing)).then_some(given)
    }

    /// What a chain that begins at a call gives a field; `None` where it leaves the field to its default.
    pub(super) fn built_field(&self, begins: ExprRef, frame: &Frame, name: &str) -> Option<Possibles> {
        let value = self.setter_in_chain(begins, name)?;
        let span = self.span(value);
        let given = self.eval(value, frame).into_iter();
        Some(given.map(|possible| possible.through(span).after(span, format!("field `{name}`"))).collect())
    }

    /// Calls of the loaded files that begin a chain which makes a type.
    pub(super) fn builders_of(&self, class: ScopeRef) -> Vec<ExprRef> {
        if !self.has_builder(class) {
            return Vec::new();
        }
        self.want_name(&self.scope(class).name, class);
        let calls = self.project.calls_named(BEGINS).iter().map(|&(file, expr)| ExprRef { file, expr });
        let makes = |call: &ExprRef| {
            self.eval_open(*call).iter().any(|possible| matches!(&possible.thing, Thing::Object(object) if object.class == class))
        };
        calls.filter(makes).collect()
    }

    /// Whether an object was made by the first call of a chain.
    pub(super) fn begins_builder(&self, site: ExprRef) -> bool {
        let ExprKind::Call { callee, .. } = self.expr(site).kind else { return false };
        matches!(&self.project.facts(site.file).expr(callee).kind, ExprKind::Attribute { name, .. } if &**name == BEGINS)
    }

    /// Whether an expression is a chain that has not come to its end: it has the builder's methods and none of the type.
    fn is_unbuilt(&self, chain: ExprRef) -> bool {
        let facts = self.project.facts(chain.file);
        let mut at = chain.expr;
        while let ExprKind::Call { callee, .. } = facts.expr(at).kind {
            let ExprKind::Attribute { object, name, .. } = &facts.expr(callee).kind else { return false };
            match &**name {
                BEGINS => return true,
                name if ENDS.contains(&name) => return false,
                _ => at = *object,
            }
        }
        false
    }

    /// Asks for the files in which an object may be used that a call makes.
    pub fn want_users(&self, site: ExprRef) {
        self.landings(self.whole_chain(site));
    }

    /// The chain that begins at a call in Rust, as far as it is what the call makes: `PoolOptions::new().max_connections(5).connect(url).await?`.
    pub fn whole_chain(&self, site: ExprRef) -> ExprRef {
        let facts = self.project.facts(site.file);
        let mut whole = site;
        let is_it = |possible: &Possible| matches!(&possible.thing, Thing::Made(made) if made.site == site);
        while let Some(parent) = facts.expr(whole.expr).parent.filter(|_| self.is_rust(site.file)) {
            let next = match facts.expr(parent).kind {
                ExprKind::Await(_) => Some(parent),
                ExprKind::Attribute { object, .. } if object == whole.expr => facts
                    .expr(parent)
                    .parent
                    .filter(|call| matches!(facts.expr(*call).kind, ExprKind::Call { callee, .. } if callee == parent)),
                _ => None,
            };
            let Some(next) = next.map(|expr| ExprRef { file: site.file, expr }).filter(|next| self.glance(*next).iter().any(is_it)) else {
                break;
            };
            whole = next;
        }
        whole
    }

    /// Whether a method of this name passes an object of Rust on as it is, or hands it to a closure; `None` for others.
    pub fn passed_on_by(&self, file: u32, name: &str) -> Option<bool> {
        match self.project.catalog.number_method(Language::Rust, name).filter(|_| self.is_rust(file))?.gives {
            MethodGives::Same => Some(true),
            MethodGives::Result => Some(false),
            _ => None,
        }
    }

    /// Whether a call of Rust only wraps what it is given: `Ok(pool)`, `Arc::new(pool)`.
    pub fn wraps(&self, call: ExprRef) -> bool {
        let ExprKind::Call { callee, .. } = self.expr(call).kind else { return false };
        let same = |symbol: &str| self.project.catalog.function(symbol).is_some_and(|function| function.gives == Gives::Same);
        self.is_rust(call.file)
            && self
                .glance(ExprRef { file: call.file, expr: callee })
                .iter()
                .any(|possible| matches!(&possible.thing, Thing::Symbol(symbol) if same(symbol)))
    }

    /// Whether a method of this name leaves an object of Rust what it is.
    pub(super) fn gives_same(&self, name: &str) -> bool {
        self.project.catalog.number_method(Language::Rust, name).is_some_and(|method| method.gives == MethodGives::Same)
    }

    /// What a method in the chain that begins at a call is given.
    pub(super) fn setter_in_chain(&self, begins: ExprRef, field: &str) -> Option<ExprRef> {
        let facts = self.project.facts(begins.file);
        let mut at = begins.expr;
        loop {
            let attribute = facts.expr(at).parent?;
            let ExprKind::Attribute { object, name, .. } = &facts.expr(attribute).kind else { return None };
            let call = facts.expr(attribute).parent?;
            if *object != at || !matches!(facts.expr(call).kind, ExprKind::Call { callee, .. } if callee == attribute) {
                return None;
            }
            if &**name == field {
                return self.positional(ExprRef { file: begins.file, expr: call }, 0);
            }
            at = call;
        }
    }
}
