//! The trail of an alternative: the steps from its use to its definition. What several alternatives have in common they share.

use std::rc::Rc;

use crate::text::Span;
use crate::value::Step;

/// Most steps that are told, those nearest to the use.
const MAX_TRAIL: usize = 25;

/// Steps, the one nearest to the use first.
#[derive(Clone, Default, Debug)]
pub struct Trail(Option<Rc<Link>>);

#[derive(Debug)]
struct Link {
    at: Span,
    said: Rc<str>,
    before: Trail,
    length: usize,
}

impl Trail {
    /// The same with one more step in front.
    pub(super) fn after(&self, at: Span, said: Rc<str>) -> Self {
        let length = self.length() + 1;
        // What is too far from the use to be told is let go now and then, so that a trail in a circle does not keep all of its rounds.
        let before = if length > 2 * MAX_TRAIL { Self::of(&self.steps()) } else { self.clone() };
        Self(Some(Rc::new(Link { at, said, length: before.length() + 1, before })))
    }

    /// Steps that are at hand; those without a place are left out.
    pub(super) fn of(steps: &[Step]) -> Self {
        let placed = steps.iter().rev().filter_map(|step| step.at.map(|at| (at, step.said.as_str().into())));
        placed.fold(Self::default(), |trail, (at, said)| trail.after(at, said))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The steps in the form of the report.
    pub fn steps(&self) -> Vec<Step> {
        let links = std::iter::successors(self.0.as_ref(), |link| link.before.0.as_ref());
        links.take(MAX_TRAIL).map(|link| Step { at: Some(link.at), said: link.said.to_string() }).collect()
    }

    fn length(&self) -> usize {
        self.0.as_ref().map_or(0, |link| link.length)
    }
}
