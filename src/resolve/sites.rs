//! Places that declare how much runs at once: limiters, executors, flags whose name says so.

use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::amounts::{cpu_range, value_of};
use super::construct::literal_thing;
use super::eval::Evaluator;
use super::thing::{ExprRef, Made, Possible, Possibles, Thing, last_part};
use crate::catalog::Catalog;
use crate::catalog::library::Literal;
use crate::facts::ExprKind;
use crate::finding::ConcurrencyKind;
use crate::text::Span;
use crate::value::{Certainty, How, Value};

/// A limiter or executor of the project.
#[derive(Clone, Debug)]
pub struct Site {
    /// The call that makes it.
    pub made: Rc<Made>,
    /// Where: the call, or the name of the method that it is.
    pub at: Span,
    /// Limiter or executor.
    pub kind: ConcurrencyKind,
    /// The name that its author gave the number, else its parameter's name.
    pub name: String,
    /// How much.
    pub value: Value,
    /// Whether its workers are processes.
    pub processes: bool,
}

/// Whether a word says much by itself: few files say it.
pub(super) fn says_much(part: &&str) -> bool {
    part.len() > 4 && (part.contains('_') || part.starts_with(char::is_uppercase))
}

/// Names that say where something declares how much runs at once: of constructors those of their types, since many are called `new`.
fn names_of_sites(catalog: &Catalog) -> FxHashSet<&str> {
    let mut names = FxHashSet::default();
    for source in catalog.sources() {
        let limiters = source.limiters.iter().flat_map(|limiter| &limiter.symbols);
        let symbols = limiters.chain(source.executors.iter().flat_map(|executor| &executor.symbols));
        names.extend(symbols.filter_map(|symbol| symbol.rsplit('.').find(says_much)));
        let bounded = source.fan_outs.iter().filter(|fan_out| fan_out.limit.is_some()).flat_map(|fan_out| &fan_out.methods);
        names.extend(bounded.map(String::as_str).filter(says_much));
    }
    names
}

impl Evaluator<'_> {
    /// All limiters and executors, by path and place.
    pub fn sites(&self) -> Vec<Site> {
        let catalog = self.project.catalog;
        let mut names: FxHashSet<&str> = FxHashSet::default();
        for source in catalog.sources() {
            names.extend(source.limiters.iter().flat_map(|limiter| &limiter.symbols).map(|symbol| last_part(symbol)));
            names.extend(source.executors.iter().flat_map(|executor| &executor.symbols).map(|symbol| last_part(symbol)));
        }
        let made = self.objects_made_by(&names, &|symbol| catalog.limiter(symbol).is_some() || catalog.executor(symbol).is_some());
        names_of_sites(catalog).into_iter().for_each(|name| self.want_anywhere(name));
        let mut sites: Vec<Site> = made.iter().filter_map(|made| self.site_of(made)).collect();
        self.bounded_fan_outs(&mut sites);
        sites.sort_by_key(|site| (self.project.path(site.made.site.file), self.span(site.made.site).start));
        // A session that is handed an executor stands for that executor.
        sites.dedup_by_key(|site| site.made.site);
        sites
    }

    /// Calls that run many things at once, up to a number that they are given (`buffer_unordered(n)`).
    fn bounded_fan_outs(&self, sites: &mut Vec<Site>) {
        let fan_outs = self.project.catalog.sources().iter().flat_map(|source| &source.fan_outs);
        for fan_out in fan_outs {
            let (Some(limit), Some(position)) = (&fan_out.limit, fan_out.limit_position) else { continue };
            for method in &fan_out.methods {
                for &(file, call) in self.project.calls_named(method) {
                    let at = ExprRef { file, expr: call };
                    let frame = self.open_frame(self.scope_of(at));
                    let Some(given) = self.argument(at, &frame, Some(position), limit) else { continue };
                    if sites.iter().any(|known| known.made.site == at) {
                        continue;
                    }
                    let written = self.positional(at, position).map(|written| self.project.sources.slice(self.span(written)).to_string());
                    let made = Rc::new(Made { symbol: Rc::from(method.as_str()), site: at, frame, class: None, before: None });
                    sites.push(Site {
                        made,
                        at: self.method_span(at),
                        kind: ConcurrencyKind::FanOut,
                        name: written.unwrap_or_else(|| method.clone()),
                        value: value_of(&given, &fan_out.unlimited),
                        processes: false,
                    });
                }
            }
        }
    }

    /// The executor that a call of this method puts in the place of the default one: of several programs that of the nearest.
    pub fn default_executor(&self, method: &str, file: u32) -> Option<ExprRef> {
        self.want_anywhere(method);
        let calls = self.project.calls_named(method).iter().map(|&(file, expr)| ExprRef { file, expr });
        let counts = calls.filter(|call| !self.project.is_test(call.file) || call.file == file);
        let nearest = counts.max_by_key(|call| self.project.nearness(call.file, file))?;
        self.positional(nearest, 0)
    }

    /// A call from the name of its method on: in a chain of methods over many lines, that is where its arguments stand.
    pub fn method_span(&self, call: ExprRef) -> Span {
        let whole = self.span(call);
        let ExprKind::Call { callee, .. } = self.expr(call).kind else { return whole };
        match self.project.facts(call.file).expr(callee).kind {
            ExprKind::Attribute { name_span, .. } => Span { start: name_span.start, ..whole },
            _ => whole,
        }
    }

    /// The declaration that a limiter or executor makes.
    pub fn site_of(&self, made: &Rc<Made>) -> Option<Site> {
        let catalog = self.project.catalog;
        let other =
            catalog.executor(&made.symbol).and_then(|executor| self.argument(made.site, &made.frame, Some(0), executor.given.as_deref()?));
        let other = other.into_iter().flatten().find_map(|possible| match possible.thing {
            Thing::Made(other) if other.site != made.site => self.site_of(&other),
            _ => None,
        });
        if other.is_some() {
            return other;
        }
        let (kind, parameter, position, default, processes) = match (catalog.limiter(&made.symbol), catalog.executor(&made.symbol)) {
            (Some(limiter), _) => (ConcurrencyKind::Semaphore, &limiter.parameter, limiter.position, &limiter.default, false),
            (_, Some(executor)) => {
                (ConcurrencyKind::Executor, &executor.parameter, executor.position, &executor.default, executor.processes)
            }
            _ => return None,
        };
        let (call, frame) = self.library_call(made).unwrap_or_else(|| (made.site, made.frame.clone()));
        let position = position + self.self_offset(call);
        let setter = catalog.executor(&made.symbol).and_then(|executor| self.setter_in_chain(call, executor.method.as_deref()?));
        let given = match setter {
            // A builder that is told 0 takes its default.
            Some(set) => Some(self.eval(set, &frame).into_iter().filter(|given| !matches!(given.thing, Thing::Number(0.0))).collect()),
            None => self.argument(call, &frame, Some(position), parameter),
        };
        let written = setter.or_else(|| self.keyword(call, parameter)).or_else(|| self.positional(call, position));
        let name = written.map(|at| self.project.sources.slice(self.span(at)).trim().to_string());
        let is_plain_name = |name: &String| {
            !name.is_empty() && name.len() <= 60 && name.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '.'))
        };
        let name = name.filter(is_plain_name).filter(|name| name.parse::<f64>().is_err()).unwrap_or_else(|| parameter.clone());
        let default = || vec![self.workers_default(default.as_ref(), made)];
        let possibles = match given {
            Some(given) if given.iter().any(|possible| !matches!(possible.thing, Thing::Nothing)) => {
                let takes_default = given.iter().any(|possible| matches!(possible.thing, Thing::Nothing));
                let mut all: Possibles = given.into_iter().filter(|possible| !matches!(possible.thing, Thing::Nothing)).collect();
                if takes_default && all.iter().all(Possible::is_unknown) {
                    all.extend(default());
                }
                all
            }
            _ => default(),
        };
        Some(Site { made: made.clone(), at: self.span(made.site), kind, name, value: value_of(&possibles, &[]), processes })
    }

    /// The executor on which a fan-out runs that takes none by itself: the one that the closure around it is given to, else the program's.
    pub fn runs_on(&self, call: ExprRef, constructor: &str) -> Option<Site> {
        let facts = self.project.facts(call.file);
        let executor = self.project.catalog.executor(constructor)?;
        let made = |at: ExprRef| {
            self.glance(at).into_iter().find_map(|possible| match possible.thing {
                Thing::Made(made) if executor.symbols.iter().any(|symbol| **symbol == *made.symbol) => Some(made),
                _ => None,
            })
        };
        let closures = facts.scope_chain(self.scope_of(call).scope).filter_map(|scope| self.project.tables(call.file).maker.get(&scope));
        let around = closures.filter_map(|closure| facts.expr(*closure).parent).map(|expr| ExprRef { file: call.file, expr });
        let mut given = around.filter(|outer| self.method_name(*outer).is_some_and(|method| executor.submits_by(method)));
        if let Some(around) = given.find_map(|outer| made(self.receiver(outer)?)) {
            return self.site_of(&around);
        }
        let global = self.project.calls_named(executor.made_global_by.as_deref()?).iter().map(|&(file, expr)| ExprRef { file, expr });
        let mut all = global.filter_map(|call| made(self.receiver(call)?));
        let only = all.next()?;
        all.all(|other| other.site == only.site).then(|| self.site_of(&only))?
    }

    /// Workers of an executor that is given no number: some words stand for a number that depends on the machine.
    pub fn workers_default(&self, default: Option<&Literal>, made: &Made) -> Possible {
        let at = self.span(made.site);
        let thing = match default {
            Some(Literal::Word(word)) => match cpu_range(word) {
                Some((low, high)) => Thing::Between(low, high),
                None => literal_thing(&Literal::Word(word.clone())),
            },
            Some(literal) => literal_thing(literal),
            None => Thing::Unknown("no number is given".into()),
        };
        let mut possible = Possible::literal(thing, at).at_most(Certainty::Default).after(at, "no number given: the library's default");
        possible.how = How::Default;
        possible
    }
}
