//! Clients of libraries that the catalog does not know, where a pool that it does know is handed to them: `session.mount(prefix, adapter)`.

use rustc_hash::FxHashSet;

use super::eval::Evaluator;
use super::thing::{ExprRef, Thing};

impl Evaluator<'_> {
    /// Calls that made the objects which a pool is handed to by a method that takes pools.
    pub(super) fn mounted_on(&self, pool: ExprRef) -> Vec<ExprRef> {
        let catalog = self.project.catalog;
        let constructors = catalog.libraries().iter().flat_map(|library| &library.constructors);
        let setters = constructors.flat_map(|constructor| &constructor.setters);
        let takes_pool = setters.filter(|setter| setter.parameters.iter().any(|parameter| parameter.gives_pool));
        let methods: FxHashSet<&str> = takes_pool.map(|setter| setter.method.as_str()).collect();
        let mut found = Vec::new();
        for &(file, call) in methods.iter().flat_map(|method| self.project.calls_named(method)) {
            let at = ExprRef { file, expr: call };
            let gives = |argument: &crate::facts::Argument| {
                let given = self.eval_open(ExprRef { file, expr: argument.value });
                given.iter().any(|possible| matches!(&possible.thing, Thing::Made(made) if made.site == pool))
            };
            let Some(object) = self.receiver(at) else { continue };
            if !self.arguments(at).iter().any(gives) {
                continue;
            }
            for possible in self.eval_open(object) {
                match possible.thing {
                    Thing::Made(made) if catalog.constructor(&made.symbol).is_none() && !found.contains(&made.site) => {
                        found.push(made.site)
                    }
                    _ => {}
                }
            }
        }
        found.sort();
        found
    }
}
