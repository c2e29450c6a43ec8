//! The executor on which a call runs a function: the one that it is given, else the default one, which the program may have replaced.

use super::hops::What;
use super::limits::is_executor;
use crate::catalog::concurrency::Starter;
use crate::resolve::{Evaluator, ExprRef, Thing};

/// What bounds the functions that a call starts, where an executor runs them.
pub fn runs_on<'c>(evaluator: &Evaluator<'c>, call: ExprRef, starter: &'c Starter) -> Option<What<'c>> {
    let by_name = || evaluator.keyword(call, starter.executor_name.as_deref()?);
    let given = starter.executor.and_then(|position| evaluator.positional(call, position)).or_else(by_name);
    if let Some(executor) = given.filter(|given| is_executor(evaluator, *given)) {
        return Some(What::Runs(executor));
    }
    let workers = starter.workers.as_ref()?;
    // One that is given and not known has workers of its own.
    let is_default = |given: ExprRef| evaluator.glance(given).iter().any(|possible| matches!(possible.thing, Thing::Nothing));
    if let Some(other) = given.filter(|given| !is_default(*given)) {
        return Some(What::MayHold(other));
    }
    let replaced = starter.replaced_by.as_deref().and_then(|method| evaluator.default_executor(method, call.file));
    match replaced {
        Some(other) if !is_executor(evaluator, other) => Some(What::MayHold(other)),
        _ => Some(What::Workers(call, workers, replaced)),
    }
}
