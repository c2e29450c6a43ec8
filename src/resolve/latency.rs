//! A latency that the program itself writes down: constants, fields, defaults of parameters and flags whose name says how long one call
//! takes, with its unit.

use super::eval::Evaluator;
use super::thing::{ExprRef, Possible, Possibles, ScopeRef, Thing};
use crate::catalog::concurrency::Statistic;
use crate::facts::{ArgumentKind, ExprId, ExprKind, ScopeKind, StatementKind, Target};
use crate::text::Span;

/// Longest latency that is taken for one, seconds.
const LONGEST: f64 = 3600.0;

/// Longest key that may be a name.
const MAX_KEY: usize = 60;

/// Endings of names that are units, with their lengths in seconds.
const UNITS: [(&str, f64); 10] = [
    ("_milliseconds", 1e-3),
    ("_millis", 1e-3),
    ("_msec", 1e-3),
    ("_ms", 1e-3),
    ("_seconds", 1.0),
    ("_secs", 1.0),
    ("_sec", 1.0),
    ("_s", 1.0),
    ("_minutes", 60.0),
    ("_mins", 60.0),
];

/// A figure of a latency that the program writes down.
#[derive(Clone, PartialEq, Debug)]
pub struct WrittenLatency {
    /// Which one.
    pub statistic: Statistic,
    /// Its length, seconds.
    pub seconds: f64,
    /// The name that says so, as written.
    pub name: String,
    /// Where it stands.
    pub at: Span,
}

impl Evaluator<'_> {
    /// The latencies that the files read so far write down, by place. A number without a unit is none.
    pub fn written_latencies(&self) -> Vec<WrittenLatency> {
        let mut found = Vec::new();
        for (file, loaded) in self.project.loaded().iter().enumerate().filter(|(_, loaded)| !loaded.is_test) {
            let file = file as u32;
            for scope in loaded.facts.scope_ids().map(|scope| ScopeRef { file, scope }) {
                self.latencies_of(scope, &mut found);
            }
            for at in loaded.facts.expr_ids().map(|expr| ExprRef { file, expr }) {
                match &self.expr(at).kind {
                    ExprKind::Call { arguments, .. } => {
                        self.latency_of_flag(at, &mut found);
                        // `os.environ.get("EXPECTED_LATENCY_S")`
                        if let Some(first) = arguments.first().filter(|first| first.kind == ArgumentKind::Positional) {
                            self.latency_under_key(at, first.value, &mut found);
                        }
                    }
                    ExprKind::Subscript { index, .. } => self.latency_under_key(at, *index, &mut found),
                    _ => {}
                }
            }
        }
        found.sort_by(|one, other| (self.path_of(one.at), one.at).cmp(&(self.path_of(other.at), other.at)));
        found
    }

    fn latencies_of(&self, at: ScopeRef, found: &mut Vec<WrittenLatency>) {
        let scope = self.scope(at);
        for parameter in &scope.parameters {
            let Some(default) = parameter.default else { continue };
            self.take_latency(&parameter.name, parameter.span, || self.eval_open(ExprRef { file: at.file, expr: default }), found);
        }
        if !matches!(scope.kind, ScopeKind::Module | ScopeKind::Class) {
            return;
        }
        for statement in &scope.statements {
            if let StatementKind::Bind { target: Target::Name(name), value, .. } = &statement.kind {
                let value = ExprRef { file: at.file, expr: *value };
                self.take_latency(name, self.span(value), || self.eval_open(value), found);
            }
        }
    }

    fn latency_of_flag(&self, call: ExprRef, found: &mut Vec<WrittenLatency>) {
        let ExprKind::Call { arguments, .. } = &self.expr(call).kind else { return };
        let facts = self.project.facts(call.file);
        let flags = arguments.iter().filter(|argument| argument.kind == ArgumentKind::Positional);
        let flag = flags.filter_map(|argument| match &facts.expr(argument.value).kind {
            ExprKind::Text(text) if text.starts_with("--") => Some(text.clone()),
            _ => None,
        });
        for flag in flag {
            let given = || self.flag(call, std::slice::from_ref(&flag), None, self.keyword(call, "default"), &flag);
            self.take_latency(flag.trim_start_matches('-'), self.span(call), given, found);
        }
    }

    /// What the program reads under a key of its configuration or environment.
    fn latency_under_key(&self, read: ExprRef, key: ExprId, found: &mut Vec<WrittenLatency>) {
        let ExprKind::Text(key) = &self.project.facts(read.file).expr(key).kind else { return };
        if key.len() <= MAX_KEY && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.')) {
            self.take_latency(key.rsplit('.').next().unwrap_or(key), self.span(read), || self.eval_open(read), found);
        }
    }

    fn take_latency(&self, name: &str, at: Span, value: impl FnOnce() -> Possibles, found: &mut Vec<WrittenLatency>) {
        let plain = crate::catalog::names::snake(name);
        let unit = UNITS.iter().find_map(|(ending, seconds)| Some((plain.strip_suffix(ending)?, *seconds)));
        let Some(statistic) = self.project.catalog.means_latency(unit.map_or(plain.as_str(), |(name, _)| name)) else { return };
        let value = value();
        let [Possible { thing, .. }] = value.as_slice() else { return };
        let seconds = match (thing, unit) {
            (Thing::Seconds(seconds), _) => *seconds,
            (Thing::Number(number), Some((_, unit))) => number * unit,
            (Thing::Text(text), None) if text.parse::<f64>().is_err() => match crate::value::parse_seconds(text) {
                Ok(seconds) => seconds,
                Err(_) => return,
            },
            (Thing::Text(text), Some((_, unit))) => match text.trim().parse::<f64>() {
                Ok(number) => number * unit,
                Err(_) => return,
            },
            _ => return,
        };
        if seconds > 0.0 && seconds <= LONGEST {
            found.push(WrittenLatency { statistic, seconds, name: name.to_string(), at });
        }
    }
}
