//! Settings that a framework takes from a module of the program, which an environment variable names (`django.conf.settings`).

use super::eval::Evaluator;
use super::project::shared_parts;
use super::thing::{ExprRef, Possible, Possibles, Thing};
use crate::facts::{ExprKind, StatementKind, Target};
use crate::value::Certainty;

impl Evaluator<'_> {
    /// What an attribute of a framework's settings is in the modules that they may be taken from; `None` for all other symbols.
    pub(super) fn framework_setting(&self, symbol: &str, name: &str, file: u32) -> Option<Possibles> {
        let settings = self.project.catalog.settings_module(symbol)?;
        let modules = self.modules_named_by(&settings.variable, file);
        let mut found = Vec::new();
        for module in &modules {
            match &module.thing {
                Thing::Module(module) => found.extend(self.module_member(*module, name).into_iter().flatten()),
                _ => found.push(module.clone()),
            }
        }
        if modules.len() > 1 {
            // Which of them holds is said where the program is started.
            found = found.into_iter().map(|possible| possible.at_most(Certainty::Default)).collect();
        }
        if found.is_empty() {
            let why = if modules.is_empty() { "no settings module is found" } else { "not set in the settings module" };
            found.push(Possible::unknown(format!("`{name}`: {why}")));
        }
        Some(found)
    }

    /// The modules that a variable may name: as containers and command lines set it, else as the program's own files do; of several programs
    /// those next to the file that asks.
    fn modules_named_by(&self, variable: &str, file: u32) -> Vec<Possible> {
        self.wants.borrow_mut().flags.insert(variable.to_string());
        let mut names: Vec<(u32, String)> =
            self.project.environment_values(file, variable).into_iter().map(|given| (file, given.text)).collect();
        if names.is_empty() {
            self.want_anywhere(variable);
            names = self.texts_set_for(variable);
        }
        let mut entries: Vec<(usize, usize, String)> = Vec::new();
        for (stands_in, name) in names {
            let Some(entry) = self.project.find_module(stands_in, &name, 0) else { continue };
            if entries.iter().all(|(_, known, _)| *known != entry) {
                entries.push((shared_parts(self.project.path(file), &self.project.tree.entries()[entry].path), entry, name));
            }
        }
        let nearest = entries.iter().map(|(shared, ..)| *shared).max();
        entries.retain(|(shared, ..)| Some(*shared) == nearest);
        entries.into_iter().map(|(_, entry, name)| self.module_thing(entry, &name)).collect()
    }

    /// Texts that the files of the program give a variable: `os.environ.setdefault("NAME", "text")`, `os.environ["NAME"] = "text"`; tests
    /// say nothing about it.
    fn texts_set_for(&self, variable: &str) -> Vec<(u32, String)> {
        let is_it = |at: ExprRef| matches!(&self.expr(at).kind, ExprKind::Text(text) if **text == *variable);
        let calls = self.project.calls_named("setdefault").iter().filter_map(|&(file, expr)| {
            let call = ExprRef { file, expr };
            self.positional(call, 0).filter(|key| is_it(*key))?;
            self.positional(call, 1)
        });
        let mut values: Vec<ExprRef> = calls.collect();
        for (file, loaded) in self.project.loaded().iter().enumerate() {
            for (scope, number) in &loaded.index.subscript_sets {
                let statement = &loaded.facts.scope(*scope).statements[*number as usize];
                if let StatementKind::Bind { target: Target::Subscript { index, .. }, value, .. } = statement.kind
                    && is_it(ExprRef { file: file as u32, expr: index })
                {
                    values.push(ExprRef { file: file as u32, expr: value });
                }
            }
        }
        values.retain(|value| !self.project.is_test(value.file));
        let texts =
            values.into_iter().flat_map(|value| self.eval_open(value).into_iter().map(move |possible| (value.file, possible.thing)));
        texts.filter_map(|(file, thing)| if let Thing::Text(text) = thing { Some((file, text.to_string())) } else { None }).collect()
    }
}
