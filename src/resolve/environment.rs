//! Environment variables: who reads them, what containers, command lines and `.env` files set them to, and fields of settings that they fill.

use std::rc::Rc;

use super::eval::Evaluator;
use super::numbers::as_number;
use super::thing::{ExprRef, FilePath, Frame, Object, Possible, Possibles, Thing, dotted, last_part};
use super::trail::Trail;
use crate::catalog::origins::{Environment, EnvironmentRead};
use crate::facts::{ArgumentKind, ContextKind, ExprKind, StatementKind, Target};
use crate::value::{Certainty, How};

impl Evaluator<'_> {
    /// `os.getenv("NAME", default)` and the like.
    pub(super) fn environment_call(&self, read: &Environment, at: ExprRef, frame: &Frame) -> Possibles {
        if read.reads != EnvironmentRead::Call {
            return vec![Possible::unknown("the environment")];
        }
        let prefix = self.prefix_around(read, at, frame);
        let name = self.positional(at, 0).map(|name| self.eval(name, frame));
        let Some(Thing::Text(variable)) = name.and_then(|all| all.into_iter().next()).map(|possible| possible.thing) else {
            return vec![Possible::unknown("an environment variable whose name is computed")];
        };
        let variable = format!("{prefix}{variable}");
        let default = read
            .default
            .as_deref()
            .and_then(|name| self.keyword(at, name))
            .or_else(|| read.default_position.and_then(|position| self.positional(at, position)));
        let set = self.environment_set(&variable, read.file.as_deref(), at);
        if !set.is_empty() {
            return set;
        }
        match default {
            Some(default) => self
                .eval(default, frame)
                .into_iter()
                .map(|possible| {
                    let known = !possible.is_unknown();
                    let mut possible = possible
                        .at_most(Certainty::Default)
                        .through(self.span(at))
                        .after(self.span(at), format!("environment variable `{variable}`, its default"));
                    if known {
                        possible.how = How::Environment;
                    }
                    possible
                })
                .collect(),
            None => {
                // `os.getenv("X")` gives None, so that `or 5` behind it decides; whether it is set cannot be known.
                vec![Possible::unknown(format!("environment variable `{variable}`")).through(self.span(at))]
            }
        }
    }

    /// `os.environ["NAME"]`.
    pub(super) fn environment_item(&self, path: &str, variable: &str, at: ExprRef) -> Possibles {
        match self.project.catalog.environment(path) {
            Some(_) => {
                let set = self.environment_set(variable, None, at);
                if set.is_empty() { vec![Possible::unknown(format!("environment variable `{variable}`"))] } else { set }
            }
            None => vec![Possible::unknown("an element that is not followed")],
        }
    }

    /// `with env.prefixed("WORK_"):`: what stands before the names of all variables that are read in the block.
    fn prefix_around(&self, read: &Environment, at: ExprRef, frame: &Frame) -> String {
        let Some(method) = read.prefix.as_deref() else { return String::new() };
        let scope = self.scope(self.scope_of(at));
        let mut prefix = String::new();
        for (_, context) in scope.context_chain(self.context_of(at)) {
            let ContextKind::With { value, .. } = context.kind else { continue };
            let call = ExprRef { file: at.file, expr: value };
            let ExprKind::Call { callee, .. } = self.expr(call).kind else { continue };
            let is_it = super::index::last_name(self.project.facts(at.file), callee).is_some_and(|name| **name == *method);
            let given = self.positional(call, 0).filter(|_| is_it).map(|given| self.eval(given, frame));
            if let Some(Thing::Text(outer)) = given.and_then(|all| all.into_iter().next()).map(|possible| possible.thing) {
                prefix.insert_str(0, &outer);
            }
        }
        prefix
    }

    /// Values that command lines and containers of the project give a variable, else the `.env` file that the program reads.
    pub(super) fn environment_set(&self, variable: &str, own_file: Option<&str>, at: ExprRef) -> Possibles {
        self.wants.borrow_mut().flags.insert(variable.to_string());
        let span = self.span(at);
        let set = self.project.environment_values(at.file, variable).into_iter().map(|given| Possible {
            thing: Thing::Text(Rc::from(given.text.as_str())),
            certainty: Certainty::Declared,
            how: How::Environment,
            defined_at: Some(given.span),
            trail: Trail::default().after(given.span, format!("`{variable}={}`", given.text).into()),
            same_as: Rc::default(),
        });
        let mut set: Possibles = set.collect();
        if set.is_empty() {
            let own = own_file.and_then(|path| self.variable_in(path, variable, at.file));
            set.extend(own.or_else(|| self.variable_loaded(variable, at.file)));
        }
        let said = format!("environment variable `{variable}`");
        set.into_iter().map(|possible| as_number(possible).through(span).after(span, said.clone())).collect()
    }

    /// A variable in a file that a source file reads.
    fn variable_in(&self, path: &str, variable: &str, file: u32) -> Option<Possible> {
        let path = FilePath { text: path.to_string(), from_root: false };
        let found = self.child(&self.plain_document(&path, file)?, variable)?;
        Some(Possible { how: How::Environment, ..found })
    }

    /// A variable in a `.env` file that a call of the program puts into its environment.
    fn variable_loaded(&self, variable: &str, file: u32) -> Option<Possible> {
        let catalog = self.project.catalog;
        let loads = |read: &&Environment| read.reads == EnvironmentRead::File;
        for read in catalog.sources().iter().flat_map(|source| &source.environment).filter(loads) {
            // Without such a file around the program there is nothing to look for.
            let usual = read.file.as_deref().filter(|usual| self.project.file_read(file, usual, false).is_some());
            for name in read.symbols.iter().map(|symbol| last_part(symbol)) {
                if usual.is_some() {
                    self.want_anywhere(name);
                }
                for &(stands_in, call) in self.project.calls_named(name) {
                    let call = ExprRef { file: stands_in, expr: call };
                    if !self.calls_reader(call, read) {
                        continue;
                    }
                    let given = self.positional(call, 0).or_else(|| read.path.as_deref().and_then(|name| self.keyword(call, name)));
                    let path = match given.map(|given| self.eval_open(given)) {
                        None => read.file.as_ref().map(|usual| FilePath { text: usual.clone(), from_root: false }),
                        Some(all) => all.into_iter().find_map(|possible| match possible.thing {
                            Thing::Text(text) => Some(FilePath { text: text.to_string(), from_root: false }),
                            Thing::Path(path) => Some(FilePath { text: path.text.clone(), from_root: path.from_root }),
                            _ => None,
                        }),
                    };
                    let document = path.and_then(|path| self.plain_document(&path, stands_in));
                    if let Some(found) = document.and_then(|document| self.child(&document, variable)) {
                        let span = self.span(call);
                        return Some(Possible { how: How::Environment, ..found }.after(span, self.snippet(span)));
                    }
                }
            }
        }
        None
    }

    /// Whether a call is one of those that put a file into the environment.
    fn calls_reader(&self, call: ExprRef, read: &Environment) -> bool {
        let ExprKind::Call { callee, .. } = self.expr(call).kind else { return false };
        self.eval_open(ExprRef { file: call.file, expr: callee }).iter().any(|possible| match &possible.thing {
            Thing::Symbol(symbol) => read.symbols.iter().any(|known| **known == **symbol),
            Thing::Part(made, path) => read.symbols.iter().any(|known| **known == *dotted(&made.symbol, path)),
            _ => false,
        })
    }

    /// The value that the environment gives a field of a settings object (`class Settings(BaseSettings)`); nothing where it gives none.
    pub(super) fn environment_field(&self, object: &Object, name: &str, at: ExprRef) -> Possibles {
        let ancestry = self.ancestry(object.class);
        let reads = |symbol: &Rc<str>| self.project.catalog.environment(symbol).filter(|read| read.reads == EnvironmentRead::Fields);
        let Some(read) = ancestry.1.iter().find_map(reads) else { return Vec::new() };
        let text = |key: Option<&str>| key.and_then(|key| self.class_option(object, read, key));
        let variable = format!("{}{}", text(read.prefix.as_deref()).unwrap_or_default(), name);
        let file = text(read.path.as_deref());
        if let Some(own) = self.variable_of_field(object, read, name) {
            return self.environment_set(&own, file.as_deref(), at);
        }
        let capitals = self.environment_set(&variable.to_ascii_uppercase(), file.as_deref(), at);
        if capitals.is_empty() { self.environment_set(&variable, file.as_deref(), at) } else { capitals }
    }

    /// The variable that a field names itself (`Field(validation_alias="POOL_SIZE")`).
    fn variable_of_field(&self, object: &Object, read: &Environment, name: &str) -> Option<String> {
        let statements = self
            .ancestry(object.class)
            .0
            .iter()
            .flat_map(|class| self.scope(*class).statements.iter().map(|statement| (class.file, &statement.kind)))
            .collect::<Vec<_>>();
        let (file, value) = statements.into_iter().find_map(|(file, kind)| match kind {
            StatementKind::Bind { target: Target::Name(field), value, .. } if **field == *name => Some((file, *value)),
            _ => None,
        })?;
        let given = read.named_by.iter().find_map(|key| self.keyword(ExprRef { file, expr: value }, key))?;
        match &self.expr(given).kind {
            ExprKind::Text(variable) => Some(variable.to_string()),
            _ => None,
        }
    }

    /// A text that a settings class is configured with: in a call (`model_config = SettingsConfigDict(env_prefix="X_")`), in a class inside
    /// (`class Config:`), or beside its bases.
    fn class_option(&self, object: &Object, read: &Environment, key: &str) -> Option<String> {
        let text = |possibles: Possibles| {
            possibles.into_iter().find_map(|possible| match possible.thing {
                Thing::Text(text) => Some(text.to_string()),
                _ => None,
            })
        };
        let of = Thing::Class(object.class);
        let frame = self.open_frame(object.class);
        for holder in read.configured_by.iter().filter_map(|name| self.class_member(object.class, name, &of, &frame)).flatten() {
            let found = match &holder.thing {
                Thing::Class(inner) => self.class_member(*inner, key, &holder.thing, &frame).and_then(text),
                Thing::Made(made) => self.keyword(made.site, key).and_then(|given| text(self.eval(given, &made.frame))),
                Thing::Mapping(mapping, inner) => self.key(*mapping, inner, key).and_then(text),
                _ => None,
            };
            if found.is_some() {
                return found;
            }
        }
        let bases = &self.scope(object.class).bases;
        let given = bases.iter().find(|base| matches!(&base.kind, ArgumentKind::Keyword(name) if **name == *key))?;
        text(self.eval_open(ExprRef { file: object.class.file, expr: given.value }))
    }
}
