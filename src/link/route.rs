//! A way with its numbers: every limiter and count as it is for the calls that lead there.

use rustc_hash::FxHashMap;

use super::climb::Way;
use super::hops::Hop;
use crate::facts::ExprKind;
use crate::resolve::{Binding, Caller, Evaluator, ExprRef, Frame, ScopeRef, Thing};
use crate::value::{Certainty, Step};

/// One way from a request outward.
#[derive(Clone, Debug)]
pub struct Route {
    /// What stands on the way to the pool's home, innermost first, with the scope that each stands in.
    pub hops: Vec<(Hop, ScopeRef)>,
    /// What stands beyond the pool's home: each of these makes pools, not requests.
    pub beyond: Vec<(Hop, ScopeRef)>,
    /// Tasks that are started on it before the pool's home, each with the call that waits for it.
    pub starts: Vec<(ExprRef, ExprRef)>,
    /// Whether it ends at a function that nothing in the scanned files calls.
    pub open: Option<ScopeRef>,
    /// Whether a call on it may as well lead elsewhere: its object is not known.
    pub assumed: bool,
    /// Whether the pool is one of those that are kept under keys, and the key is not known: others may ask under another.
    pub by_key: bool,
    /// Whether a method on it is called on one of several kinds of objects that the program makes.
    pub one_of_several: bool,
}

impl Route {
    /// Whether nothing on it is taken for granted: neither where a call leads, nor under which key the pool is kept.
    pub fn is_sure(&self) -> bool {
        !self.assumed && !self.by_key
    }
}

/// The route of a way, for a request on `object` that should be one of the pool's clients; `None` where the calls on this way lead to
/// another pool.
pub fn route(evaluator: &Evaluator<'_>, way: &Way<'_>, object: Option<ExprRef>, is_pool: impl Fn(&Thing) -> bool) -> Option<Route> {
    let Activations { frames, ambiguous } = frames(evaluator, way)?;
    let frame_at = |scope: ScopeRef| {
        let mut at = Some(scope);
        while let Some(candidate) = at {
            if let Some(frame) = frames.get(&candidate) {
                return evaluator.frame_for(scope, frame);
            }
            at = evaluator.scope(candidate).parent.map(|parent| ScopeRef { file: scope.file, scope: parent });
        }
        evaluator.open_frame(scope)
    };
    let found = object.map(|object| evaluator.scout().eval(object, &frame_at(evaluator.scope_of(object)))).unwrap_or_default();
    let is_other = |thing: &Thing| matches!(thing, Thing::Made(_) | Thing::Part(..));
    // An object of the program, or nothing, is no pool either, where that is all it can be.
    let is_none = |thing: &Thing| match thing {
        Thing::Object(object) => object.site.is_some(),
        Thing::Nothing => true,
        _ => false,
    };
    let leads_elsewhere = found.iter().any(|possible| is_other(&possible.thing))
        || (!found.is_empty() && found.iter().all(|possible| is_none(&possible.thing)));
    if leads_elsewhere && !found.iter().any(|possible| is_pool(&possible.thing)) {
        return None;
    }
    let mut of_pool = found.iter().filter(|possible| is_pool(&possible.thing)).peekable();
    let by_key = of_pool.peek().is_some() && of_pool.all(|possible| possible.certainty == Certainty::Assumed);
    let home_after = way.home_after.unwrap_or(way.drafts.len());
    let mut route = Route {
        hops: Vec::new(),
        beyond: Vec::new(),
        starts: way.starts.clone(),
        open: way.open,
        assumed: way.assumed,
        by_key,
        one_of_several: ambiguous,
    };
    for (number, (draft, scope)) in way.drafts.iter().enumerate() {
        if let Some(hop) = draft.hop(evaluator, &frame_at(*scope)) {
            if number < home_after { route.hops.push((hop, *scope)) } else { route.beyond.push((hop, *scope)) }
        }
    }
    Some(route)
}

/// The activations on a way.
struct Activations {
    /// That of each function.
    frames: FxHashMap<ScopeRef, Frame>,
    /// Whether a method is called on objects of several classes.
    ambiguous: bool,
}

/// The activation of each function on a way, from the outermost inward; `None` where the arguments on it rule out a call further in.
fn frames(evaluator: &Evaluator<'_>, way: &Way<'_>) -> Option<Activations> {
    let mut frames: FxHashMap<ScopeRef, Frame> = FxHashMap::default();
    let mut outer: Option<Frame> = None;
    let mut ambiguous = false;
    for (function, caller) in way.calls.iter().rev() {
        let stands_in = evaluator.scope_of(caller.call);
        let near = match &outer {
            Some(frame) => evaluator.frame_for(stands_in, frame),
            None => evaluator.open_frame(stands_in),
        };
        if evaluator.is_ruled_out(caller.call, &near) {
            return None;
        }
        let binding = Binding { caller: near.clone(), ..caller.binding.clone() };
        if calls_another(evaluator, *function, caller, &near) {
            return None;
        }
        let receivers = receivers(evaluator, caller, &near);
        let class = |thing: &Thing| match thing {
            Thing::Object(object) => Some(object.class),
            _ => None,
        };
        ambiguous |= receivers.iter().any(|one| class(one) != class(&receivers[0]));
        // One of several objects: no one of them in particular.
        let this = if let [one] = receivers.as_slice() { Some(one.clone()) } else { None };
        let frame = evaluator.activation(*function, binding, this);
        frames.insert(*function, frame.clone());
        outer = Some(frame);
    }
    Some(Activations { frames, ambiguous })
}

/// Whether a call calls other functions than this one in a frame: the objects that it is called on there are known, and have their own.
fn calls_another(evaluator: &Evaluator<'_>, function: ScopeRef, caller: &Caller, frame: &Frame) -> bool {
    let ExprKind::Call { callee, .. } = evaluator.expr(caller.call).kind else { return false };
    // Of its own object a method mostly knows no more than one of those that there are.
    let stands_in = evaluator.scope_of(caller.call);
    let is_given = evaluator
        .receiver(caller.call)
        .is_some_and(|object| matches!(evaluator.expr(object).kind, ExprKind::Name(_)) && !evaluator.is_own_object(object, stands_in));
    if caller.handed_on || !is_given {
        return false;
    }
    let found = evaluator.scout().eval(ExprRef { file: caller.call.file, expr: callee }, frame);
    let is_another = |thing: &Thing| match thing {
        Thing::Method(this, called) => *called != function && matches!(&**this, Thing::Object(object) if object.site.is_some()),
        _ => false,
    };
    !found.is_empty() && found.iter().all(|possible| is_another(&possible.thing))
}

/// The objects that a method is called on.
fn receivers(evaluator: &Evaluator<'_>, caller: &Caller, frame: &Frame) -> Vec<Thing> {
    let ExprKind::Call { callee, .. } = evaluator.expr(caller.call).kind else { return Vec::new() };
    if caller.handed_on {
        return Vec::new();
    }
    let found = evaluator.scout().eval(ExprRef { file: caller.call.file, expr: callee }, frame);
    let objects = found.into_iter().filter_map(|possible| match possible.thing {
        Thing::Method(this, _) => Some((*this).clone()),
        called @ Thing::Object(_) => Some(called),
        _ => None,
    });
    objects.collect()
}

/// The route in the words of the report, outermost first.
pub fn steps(route: &Route) -> Vec<Step> {
    let said = route.hops.iter().filter(|(hop, _)| !hop.said.is_empty());
    let mut steps: Vec<Step> = said.map(|(hop, _)| Step { at: Some(hop.at), said: hop.said.clone() }).collect();
    steps.reverse();
    steps.dedup();
    steps
}
