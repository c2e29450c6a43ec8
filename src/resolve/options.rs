//! Numbers that come from outside the source: command-line flags with their defaults and the command lines that set them.

use std::rc::Rc;

use super::eval::Evaluator;
use super::numbers::as_number;
use super::thing::{ExprRef, Frame, Possible, Possibles, ScopeRef, Thing, last_part};
use super::trail::Trail;
use crate::catalog::origins::{FlagOption, OptionPlace, Parser};
use crate::facts::{ExprKind, Name, StatementKind, Target};
use crate::value::{Certainty, How};

impl Evaluator<'_> {
    /// The value of an option where it is read: what the program assigns to it after parsing, or what was parsed.
    pub(super) fn option_now(&self, parsed: ExprRef, frame: &Frame, name: &str, at: ExprRef) -> Possibles {
        let question = (parsed, Name::from(name));
        let mut found = self.option(parsed, frame, name);
        // `args.n = min(args.n, 8)`: on the right stands what was parsed.
        if !self.changing.borrow_mut().insert(question.clone()) {
            self.memory.told_less(0);
            return found;
        }
        let is_it = |thing: &Thing| matches!(thing, Thing::Options(other, _) if *other == parsed);
        let (changed, replaces) = self.assigned_outside(name, self.scope_of(at), Some(parsed), is_it);
        self.changing.borrow_mut().remove(&question);
        let known = changed.iter().any(|possible| !possible.is_unknown());
        found.retain(|possible| !(replaces || known && possible.is_unknown()));
        found.extend(changed);
        found
    }

    /// The value of an option of parsed command-line arguments.
    pub(super) fn option(&self, parsed: ExprRef, frame: &Frame, name: &str) -> Possibles {
        let parser = self.eval(parsed, frame).into_iter().find_map(|possible| match possible.thing {
            Thing::Made(made) => Some(made),
            _ => None,
        });
        let Some(made) = parser else { return vec![Possible::unknown("options of a parser that is not followed")] };
        let Some(parser) = self.project.catalog.parser(&made.symbol) else {
            return vec![Possible::unknown("options of a parser that is not known")];
        };
        let mut elsewhere = Vec::new();
        for method in &parser.adds {
            for &(file, call) in self.project.calls_named(method) {
                let call = ExprRef { file, expr: call };
                if !self.declares(call, parser, name) {
                    continue;
                }
                if self.adds_to(call, made.site) {
                    return self.declared_flag(call, parser, name);
                }
                elsewhere.push(call);
            }
        }
        // A parser that is handed to a function which adds the flags: its parameter has no known origin.
        match elsewhere.as_slice() {
            [only] => self.declared_flag(*only, parser, name),
            [first, ..] if elsewhere.iter().all(|call| call.file == parsed.file) => self.declared_flag(*first, parser, name),
            _ => {
                self.want_anywhere(name);
                vec![Possible::unknown(format!("no flag for `{name}` is found"))]
            }
        }
    }

    /// Whether an `add_argument` call declares the attribute.
    fn declares(&self, call: ExprRef, parser: &Parser, name: &str) -> bool {
        if let Some(dest) = parser.dest.as_deref().and_then(|dest| self.keyword(call, dest)) {
            return matches!(&self.expr(dest).kind, ExprKind::Text(text) if &**text == name);
        }
        let spellings = self.spellings(call);
        let long = spellings.iter().find(|spelling| spelling.starts_with("--")).or(spellings.first());
        long.is_some_and(|spelling| attribute_of(spelling) == name)
    }

    /// The spellings of a flag (`-c`, `--concurrent`) as an `add_argument` call or option decorator gives them.
    fn spellings(&self, call: ExprRef) -> Vec<Name> {
        let arguments = self.arguments(call);
        arguments
            .iter()
            .filter(|argument| argument.kind == crate::facts::ArgumentKind::Positional)
            .filter_map(|argument| match &self.project.facts(call.file).expr(argument.value).kind {
                ExprKind::Text(text) => Some(text.split(['/', ' ']).next().unwrap_or("").into()),
                _ => None,
            })
            .collect()
    }

    /// Whether the receiver of an `add_argument` call is the parser made at `site`, or a group of it.
    fn adds_to(&self, call: ExprRef, site: ExprRef) -> bool {
        let Some(object) = self.receiver(call) else { return false };
        self.eval_open(object).iter().any(|possible| matches!(&possible.thing, Thing::Made(made) if made.site == site))
    }

    fn declared_flag(&self, call: ExprRef, parser: &Parser, name: &str) -> Possibles {
        let spellings = self.spellings(call);
        let default = self.default_set(call, parser, name).or_else(|| self.keyword(call, &parser.default));
        self.flag(call, &spellings, None, default, name)
    }

    /// The value of a flag that a function declares for the whole program (`flags.DEFINE_integer("parallel", 5, "…")`).
    pub(super) fn defined_flag(&self, parser: &Parser, at: ExprRef) -> Possibles {
        let Some(ExprKind::Text(name)) = self.positional(at, 0).map(|name| &self.expr(name).kind) else {
            return vec![Possible::unknown("a flag whose name is computed")];
        };
        let default = self.keyword(at, &parser.default).or_else(|| self.positional(at, 1));
        self.flag(at, &[format!("--{name}").into()], None, default, name)
    }

    /// The same by the flag's name, wherever the program declares it (`FLAGS.parallel`).
    pub(super) fn flag_of_program(&self, parser: &Parser, name: &str) -> Possibles {
        let is_it = |call: &ExprRef| {
            let names_it =
                matches!(self.positional(*call, 0).map(|first| &self.expr(first).kind), Some(ExprKind::Text(text)) if **text == *name);
            let ExprKind::Call { callee, .. } = self.expr(*call).kind else { return false };
            names_it
                && self.eval_open(ExprRef { file: call.file, expr: callee }).iter().any(|possible| match &possible.thing {
                    Thing::Symbol(symbol) => parser.defines.iter().any(|known| **known == **symbol),
                    _ => false,
                })
        };
        let last_names = parser.defines.iter().map(|symbol| last_part(symbol));
        let calls = last_names.flat_map(|defines| self.project.calls_named(defines)).map(|&(file, expr)| ExprRef { file, expr });
        match calls.into_iter().find(is_it) {
            Some(call) => self.defined_flag(parser, call),
            None => {
                self.want_anywhere(name);
                vec![Possible::unknown(format!("no flag for `{name}` is found"))]
            }
        }
    }

    /// The default that a later call gives the attribute of a flag (`parser.set_defaults(parallel=50)`).
    fn default_set(&self, flag: ExprRef, parser: &Parser, name: &str) -> Option<ExprRef> {
        let parsers = self.eval_open(self.receiver(flag)?);
        let is_same = |call: &ExprRef| {
            self.receiver(*call).is_some_and(|object| {
                parsers.iter().any(|possible| matches!(&possible.thing, Thing::Made(made) if self.is_made_at(object, made)))
            })
        };
        let calls = parser.sets.iter().flat_map(|method| self.project.calls_named(method));
        let calls = calls.map(|&(file, expr)| ExprRef { file, expr });
        let set = calls.filter(|call| call.file != flag.file || self.span(*call).start > self.span(flag).start).filter(is_same);
        set.filter_map(|call| self.keyword(call, name)).last()
    }

    /// The value of a flag: what command lines give it, else its default.
    pub(super) fn flag(
        &self,
        call: ExprRef,
        spellings: &[Name],
        variable: Option<String>,
        default: Option<ExprRef>,
        name: &str,
    ) -> Possibles {
        let at = self.span(call);
        let shown = spellings.iter().find(|spelling| spelling.starts_with("--")).or(spellings.first()).map_or(name, |spelling| spelling);
        self.wants.borrow_mut().flags.extend(spellings.iter().filter(|spelling| spelling.starts_with("--")).map(ToString::to_string));
        let mut found: Possibles = Vec::new();
        for given in self.project.command_values(call.file, spellings) {
            let value = Possible {
                thing: Thing::Text(Rc::from(given.text.as_str())),
                certainty: Certainty::Declared,
                how: How::Flag,
                defined_at: Some(given.span),
                trail: Trail::default().after(given.span, format!("`{}` runs it with `{shown} {}`", given.program, given.text).into()),
                same_as: Rc::default(),
            };
            found.push(as_number(value));
        }
        let seen_at = |possible: Possible| possible.through(at).after(at, format!("flag `{shown}`"));
        if found.is_empty() {
            found = variable.map(|variable| self.environment_set(&variable, None, call)).unwrap_or_default();
        }
        if !found.is_empty() {
            return found.into_iter().map(seen_at).collect();
        }
        match default {
            Some(default) => self
                .eval_open(default)
                .into_iter()
                .map(|possible| {
                    let mut possible =
                        seen_at(as_number(possible).at_most(Certainty::Default).after(self.span(default), format!("default of `{shown}`")));
                    if !possible.is_unknown() {
                        possible.how = How::Flag;
                    }
                    possible
                })
                .collect(),
            None => vec![seen_at(Possible::unknown(format!("flag `{shown}` has no default")))],
        }
    }

    /// The value of a parameter that a decorator declares as a flag (`@click.option("--n", default=5)`).
    pub(super) fn declared_option(&self, function: ScopeRef, parameter: &str) -> Option<Possibles> {
        for decorator in &self.scope(function).decorators {
            let call = ExprRef { file: function.file, expr: *decorator };
            let ExprKind::Call { callee, .. } = self.expr(call).kind else { continue };
            let option =
                self.eval_open(ExprRef { file: function.file, expr: callee }).into_iter().find_map(|possible| match possible.thing {
                    Thing::Symbol(symbol) => self.project.catalog.option(&symbol),
                    _ => None,
                });
            let Some(option) = option.filter(|option| option.stands == OptionPlace::Decorator) else { continue };
            let spellings = self.spellings(call);
            let named = spellings
                .iter()
                .find(|spelling| !spelling.starts_with('-'))
                .or_else(|| spellings.iter().find(|spelling| spelling.starts_with("--")))
                .or(spellings.first());
            if named.is_some_and(|spelling| attribute_of(spelling) == parameter) {
                let variable = self.variable_of(option, call, parameter);
                return Some(self.flag(call, &spellings, variable, self.keyword(call, &option.default), parameter));
            }
        }
        None
    }

    /// The value of an option call that stands as a default or field (`typer.Option(5, "--n")`, `Field(default=5)`).
    pub(super) fn option_default(&self, option: &FlagOption, at: ExprRef, frame: &Frame) -> Possibles {
        let default =
            self.keyword(at, &option.default).or_else(|| option.default_position.and_then(|position| self.positional(at, position)));
        if option.stands == OptionPlace::Default {
            let spellings = self.spellings(at);
            return self.flag(at, &spellings, self.variable_of(option, at, ""), default, "option");
        }
        let default = default.or_else(|| option.other_defaults.iter().find_map(|name| self.keyword(at, name)));
        if self.is_rust(at.file)
            && let Some((spellings, variable)) = self.declares_flag(option, at)
        {
            return self.flag(at, &spellings, variable, default, "option");
        }
        match default {
            Some(default) if option.default_names_function => self.named_default(default),
            Some(default) => {
                self.eval(default, frame).into_iter().map(|possible| as_number(possible.at_most(Certainty::Default))).collect()
            }
            None => match self.keyword(at, "default_factory") {
                Some(factory) => self.eval(factory, frame).into_iter().flat_map(|possible| self.made_by(&possible, at, frame)).collect(),
                None => vec![Possible::unknown("a field without a default")],
            },
        }
    }

    /// The environment variable that sets an option where no flag does: as it is written, or the field's name in capitals where only the word
    /// for it stands there.
    fn variable_of(&self, option: &FlagOption, at: ExprRef, field: &str) -> Option<String> {
        let named_by = option.environment.as_deref()?;
        match self.keyword(at, named_by) {
            Some(written) => match &self.expr(written).kind {
                ExprKind::Text(variable) => Some(variable.to_string()),
                _ => None,
            },
            None => (!field.is_empty() && self.says_word(at, named_by)).then(|| field.to_ascii_uppercase()),
        }
    }

    /// Whether an argument of a call is this word alone (`long` of `#[arg(long)]`).
    fn says_word(&self, at: ExprRef, wanted: &str) -> bool {
        let facts = self.project.facts(at.file);
        self.arguments(at).iter().any(|argument| matches!(&facts.expr(argument.value).kind, ExprKind::Name(name) if &**name == wanted))
    }

    /// The spellings of the flag that the attribute of a field declares, and its variable; `None` where it declares neither.
    fn declares_flag(&self, option: &FlagOption, at: ExprRef) -> Option<(Vec<Name>, Option<String>)> {
        let scope = self.scope(self.scope_of(at));
        let field = scope.statements.iter().find_map(|statement| match &statement.kind {
            StatementKind::Bind { target: Target::Name(name), value, .. } if *value == at.expr => Some(name),
            _ => None,
        })?;
        let says = |wanted: &str| self.says_word(at, wanted);
        let text = |wanted: &str| {
            self.keyword(at, wanted).and_then(|value| match &self.expr(value).kind {
                ExprKind::Text(text) => Some(text.to_string()),
                _ => None,
            })
        };
        let mut spellings: Vec<Name> = Vec::new();
        if let Some(long) = text("long") {
            spellings.push(format!("--{long}").into());
        } else if says("long") {
            spellings.push(format!("--{}", field.replace('_', "-")).into());
        }
        if let Some(short) = text("short") {
            spellings.push(format!("-{short}").into());
        } else if says("short") {
            spellings.extend(field.chars().next().map(|letter| Name::from(format!("-{letter}"))));
        }
        let variable = self.variable_of(option, at, field);
        (!spellings.is_empty() || variable.is_some()).then_some((spellings, variable))
    }

    /// A default that is the path of a function (`#[serde(default = "five")]`).
    fn named_default(&self, default: ExprRef) -> Possibles {
        let ExprKind::Text(path) = &self.expr(default).kind else {
            return vec![Possible::unknown("a default whose function is not named")];
        };
        let parts: Vec<&str> = path.split("::").collect();
        let found = match parts.as_slice() {
            [one] => self.module_member(default.file, one).unwrap_or_default(),
            all => self.path(all, 0, default.file, self.span(default), None),
        };
        let results: Possibles = found
            .into_iter()
            .filter_map(|possible| match possible.thing {
                Thing::Function(function, _) | Thing::Method(_, function) => Some(self.results(function, &self.open_frame(function))),
                _ => None,
            })
            .flatten()
            .map(|possible| possible.at_most(Certainty::Default).after(self.span(default), format!("default is what `{path}` gives")))
            .collect();
        if results.is_empty() { vec![Possible::unknown(format!("`{path}` is not found"))] } else { results }
    }

    /// What calling a factory without arguments gives.
    pub(super) fn made_by(&self, factory: &Possible, at: ExprRef, frame: &Frame) -> Possibles {
        match &factory.thing {
            Thing::Function(function, outer) => self.results(*function, &self.frame_for(*function, outer)),
            Thing::Class(class) => vec![Possible::literal(
                Thing::Object(Rc::new(super::thing::Object { class: *class, site: Some((at, frame.clone())), from: None })),
                self.span(at),
            )],
            _ => vec![Possible::unknown("a default that a factory makes")],
        }
    }
}

/// The attribute that a flag's spelling gives: `--max-in-flight` is `max_in_flight`.
fn attribute_of(spelling: &str) -> String {
    spelling.trim_start_matches('-').replace('-', "_")
}
