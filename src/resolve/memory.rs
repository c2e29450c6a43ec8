//! What was answered already, and which answers hang on a question that is still open.
//!
//! Programs go in circles: a value depends on callers that depend on the value. A question that is met again while it is open gets a lesser
//! answer, and so does what is found on the way back to it. Such answers are good while that question is open; everything else is
//! remembered for good, the answer of the question itself too.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::thing::{ExprRef, Possibles, ScopeRef};

/// Most questions inside each other.
const MAX_DEPTH: usize = 160;

/// Most questions for one from outside.
const MAX_STEPS: u32 = 60_000;

/// Most calls that one function is followed into from, for one question from outside: where each of two calls leads on to two, the ways
/// double with each step.
const MAX_WAYS_IN: u32 = 64;

/// Place of a question that does not hang on any other.
const NOTHING: usize = usize::MAX;

/// What an expression is in a frame, or what a key of the mapping is that it makes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Question {
    pub at: ExprRef,
    pub frame: u32,
    pub key: Option<Rc<str>>,
}

/// A question that is being answered.
struct Open {
    question: Question,
    /// Tells it from every other one.
    number: u64,
}

/// An answer that hangs on an open question.
struct Provisional {
    answer: Rc<Possibles>,
    /// Place and number of that question.
    hangs_on: (usize, u64),
}

/// Answers by question.
pub(super) struct Memory {
    known: RefCell<FxHashMap<Question, Rc<Possibles>>>,
    provisional: RefCell<FxHashMap<Question, Provisional>>,
    open: RefCell<Vec<Open>>,
    asked: Cell<u64>,
    steps: Cell<u32>,
    /// For the question from outside: how many new activations each function got.
    ways_in: RefCell<FxHashMap<ScopeRef, u32>>,
    /// The outermost open question without which the answers since the one at hand was asked would be others.
    hangs_on: Cell<usize>,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self {
            known: RefCell::default(),
            provisional: RefCell::default(),
            open: RefCell::default(),
            asked: Cell::new(0),
            steps: Cell::new(0),
            ways_in: RefCell::default(),
            hangs_on: Cell::new(NOTHING),
        }
    }

    /// The answer to a question, remembered or found; or why it is not followed.
    pub(super) fn ask(&self, question: Question, find: impl FnOnce() -> Possibles) -> Result<Rc<Possibles>, &'static str> {
        let place = self.open_questions();
        if place == 0 {
            self.steps.set(0);
            self.ways_in.borrow_mut().clear();
            self.hangs_on.set(NOTHING);
        }
        if let Some(known) = self.remembered(&question) {
            return Ok(known);
        }
        self.steps.set(self.steps.get() + 1);
        if place >= MAX_DEPTH || self.steps.get() > MAX_STEPS {
            self.told_less(0);
            return Err("too much to follow");
        }
        if let Some(first) = self.asked_before(&question) {
            self.told_less(first);
            return Err("depends on itself");
        }
        self.asked.set(self.asked.get() + 1);
        self.open.borrow_mut().push(Open { question: question.clone(), number: self.asked.get() });
        let outside = self.hangs_on.replace(NOTHING);
        let answer = Rc::new(find());
        self.open.borrow_mut().pop();
        let hangs_on = self.hangs_on.get();
        if hangs_on < place {
            let number = self.open.borrow().get(hangs_on).map_or(0, |outer| outer.number);
            self.provisional.borrow_mut().insert(question, Provisional { answer: answer.clone(), hangs_on: (hangs_on, number) });
            self.told_less(outside);
        } else {
            self.known.borrow_mut().insert(question, answer.clone());
            self.hangs_on.set(outside);
        }
        if place == 0 {
            self.provisional.borrow_mut().clear();
        }
        Ok(answer)
    }

    /// An answer is given that is less than the whole one because the question at place `outer` is open: what is found inside of that is not
    /// remembered for good.
    pub(super) fn told_less(&self, outer: usize) {
        self.hangs_on.set(self.hangs_on.get().min(outer));
    }

    /// Runs a search; the second part says whether its result holds whatever is open.
    pub(super) fn settled<T>(&self, search: impl FnOnce() -> T) -> (T, bool) {
        let outside = self.hangs_on.replace(NOTHING);
        let found = search();
        let holds = self.hangs_on.get() == NOTHING;
        self.told_less(outside);
        (found, holds)
    }

    /// How many questions are open.
    pub(super) fn open_questions(&self) -> usize {
        self.open.borrow().len()
    }

    /// Whether a function may be followed by one more way.
    pub(super) fn may_enter(&self, function: ScopeRef) -> bool {
        let mut ways_in = self.ways_in.borrow_mut();
        let ways = ways_in.entry(function).or_default();
        *ways += 1;
        *ways <= MAX_WAYS_IN
    }

    /// How many questions were answered.
    pub(super) fn asked(&self) -> u64 {
        self.asked.get()
    }

    fn remembered(&self, question: &Question) -> Option<Rc<Possibles>> {
        if let Some(known) = self.known.borrow().get(question) {
            return Some(known.clone());
        }
        let provisional = self.provisional.borrow();
        let known = provisional.get(question)?;
        let (place, number) = known.hangs_on;
        let still_holds = self.open.borrow().get(place).is_some_and(|outer| outer.number == number);
        still_holds.then(|| {
            self.told_less(place);
            known.answer.clone()
        })
    }

    /// The place of the open question that a new one repeats: the same key of the same mapping, or an expression for the third time, in
    /// whatever frames.
    fn asked_before(&self, question: &Question) -> Option<usize> {
        let open = self.open.borrow();
        let mut places = open.iter().enumerate().filter(|(_, open)| match question.key {
            None => open.question.key.is_none() && open.question.at == question.at,
            Some(_) => open.question == *question,
        });
        let (first, _) = places.next()?;
        (question.key.is_some() || places.next().is_some()).then_some(first)
    }
}
