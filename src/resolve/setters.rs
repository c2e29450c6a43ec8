//! What methods set on an object that a construction made. A function that begins a builder is begun with by each of its callers, and what
//! one of them sets on it says nothing of what the others make.

use std::mem::{replace, swap, take};
use std::rc::Rc;

use super::construct::{Construction, GivenSetting, literal_thing};
use super::eval::Evaluator;
use super::thing::{ExprRef, Made, Possible, ScopeRef, Thing};
use crate::catalog::Found;
use crate::catalog::library::Setter;
use crate::facts::{ExprId, ExprKind, StatementKind, Target};
use crate::value::Certainty;

/// Most names and calls between a setter and what its chain begins with.
const MAX_LINKS: usize = 64;

/// What the chain of one caller gives, by the call that begins it.
type OfCallers = Vec<(ExprRef, Vec<GivenSetting>)>;

impl Evaluator<'_> {
    /// Methods called on the object that set something or hand a pool over.
    pub(super) fn take_setters(&self, result: &mut Construction, made: &Rc<Made>, found: &Found<'_>, depth: u32) {
        let mut of_callers: Vec<(ExprRef, ExprRef, &Setter)> = Vec::new();
        let mut functions: Vec<ScopeRef> = Vec::new();
        for setter in &found.constructor.setters {
            for &(file, call) in self.project.calls_named(&setter.method) {
                let call = ExprRef { file, expr: call };
                let Some(object) = self.receiver(call).filter(|object| self.is_made_at(*object, made)) else { continue };
                match self.begun_by_one_of_several(object, made) {
                    Some((begins, function)) => {
                        functions.push(function);
                        of_callers.push((begins, call, setter));
                    }
                    None => self.take_setter(result, made, found, setter, call, depth),
                }
            }
        }
        let mut chains: OfCallers = Vec::new();
        for (begins, call, setter) in of_callers {
            let at = chains.iter().position(|(known, _)| *known == begins).unwrap_or_else(|| {
                chains.push((begins, result.given.clone()));
                chains.len() - 1
            });
            swap(&mut result.given, &mut chains[at].1);
            self.take_setter(result, made, found, setter, call, depth);
            swap(&mut result.given, &mut chains[at].1);
        }
        if chains.is_empty() {
            return;
        }
        functions.sort_unstable();
        functions.dedup();
        if self.chains_begun(made, &functions) > chains.len() {
            // The other callers leave what the function gives.
            chains.push((made.site, result.given.clone()));
        }
        result.given = either_of(chains);
    }

    fn take_setter(&self, result: &mut Construction, made: &Rc<Made>, found: &Found<'_>, setter: &Setter, call: ExprRef, depth: u32) {
        let frame = self.open_frame(self.scope_of(call));
        let Some(guards) = self.guards(call, made.site, &frame) else { return };
        let said = take(&mut result.given);
        for (name, value) in &setter.values {
            result.set(name, vec![Possible::literal(literal_thing(value), self.span(call))], Some(self.span(call)));
        }
        for (number, parameter) in setter.parameters.iter().enumerate() {
            let position = (!parameter.keyword_only).then_some(number);
            self.take_parameter(result, made, found, parameter, call, &frame, position, depth);
        }
        for given in replace(&mut result.given, said) {
            let argument = setter.parameters.iter().position(|parameter| parameter.sets.contains(&given.name));
            let value =
                argument.and_then(|number| self.keyword(call, &setter.parameters[number].name).or_else(|| self.positional(call, number)));
            self.take_guarded(result, given, value, &guards, &frame);
        }
    }

    /// The call of a function of the project that the chain up to `object` begins with, and the function, where that makes the builder anew
    /// for several callers.
    fn begun_by_one_of_several(&self, object: ExprRef, made: &Made) -> Option<(ExprRef, ScopeRef)> {
        if !self.is_rust(object.file) {
            return None;
        }
        let begun = self.begins_with(object)?;
        (self.chains_begun(made, &[begun.1]) > 1).then_some(begun)
    }

    /// How many chains are begun by the function that makes a builder and by some that hand it on: each of these is one of its callers.
    fn chains_begun(&self, made: &Made, functions: &[ScopeRef]) -> usize {
        let callers = |function: ScopeRef| self.callers_of(function).iter().filter(|caller| !caller.handed_on && !caller.assumed).count();
        let maker = self.scope_of(made.site);
        let handing_on = functions.iter().filter(|function| **function != maker);
        callers(maker) + handing_on.map(|function| callers(*function).saturating_sub(1)).sum::<usize>()
    }

    /// The call of a function of the project that a chain of methods begins with, through the names of its scope.
    fn begins_with(&self, object: ExprRef) -> Option<(ExprRef, ScopeRef)> {
        let facts = self.project.facts(object.file);
        let scope = self.scope(self.scope_of(object));
        let mut seen: Vec<ExprId> = Vec::new();
        let mut open = vec![object.expr];
        while let Some(at) = open.pop() {
            if seen.len() >= MAX_LINKS || seen.contains(&at) {
                continue;
            }
            seen.push(at);
            match &facts.expr(at).kind {
                ExprKind::Call { callee, .. } => {
                    let function =
                        self.seen_open(ExprRef { file: object.file, expr: *callee }).iter().find_map(|possible| match possible.thing {
                            Thing::Function(function, _) | Thing::Method(_, function) => Some(function),
                            _ => None,
                        });
                    match (function, &facts.expr(*callee).kind) {
                        (Some(function), _) => return Some((ExprRef { file: object.file, expr: at }, function)),
                        (None, ExprKind::Attribute { object, .. }) => open.push(*object),
                        _ => {}
                    }
                }
                ExprKind::Await(inner) => open.push(*inner),
                ExprKind::Name(name) => open.extend(scope.statements.iter().filter_map(|statement| match &statement.kind {
                    StatementKind::Bind { target: Target::Name(bound), value, .. } if bound == name => Some(*value),
                    _ => None,
                })),
                _ => {}
            }
        }
        None
    }
}

/// Settings that are given by one of several chains: what one of them leaves out may be the library's default.
fn either_of(chains: OfCallers) -> Vec<GivenSetting> {
    let count = chains.len();
    let mut all: Vec<(GivenSetting, usize)> = Vec::new();
    for setting in chains.into_iter().flat_map(|(_, given)| given) {
        match all.iter_mut().find(|(known, _)| known.name == setting.name) {
            Some((known, times)) => {
                *times += 1;
                known.possibles.extend(setting.possibles);
                known.written_at = known.written_at.or(setting.written_at);
                known.by_name &= setting.by_name;
                known.or_default = known.or_default.into_iter().chain(setting.or_default).min();
                known.beside = None;
            }
            None => all.push((setting, 1)),
        }
    }
    let or_default = |(setting, times): (GivenSetting, usize)| match times < count {
        true => GivenSetting { or_default: Some(setting.or_default.unwrap_or(Certainty::Default)), ..setting },
        false => setting,
    };
    all.into_iter().map(or_default).collect()
}
