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
pub(super) const MAX_STEPS: u32 = 60_000;

/// The same for questions that are put to many expressions of which few matter.
pub(super) const MAX_STEPS_OF_MANY: u32 = 4_000;

/// The same after many that took more than they were given.
const MIN_STEPS: u32 = 2_000;

/// From how many steps on a question is hard. What is found on the way to its answer is kept as it is, though it may be less than the whole:
/// finding it again for each question that leads there would cost as much each time.
const HARD: u32 = 1_000;

/// How many questions may be answered before each from outside is given few steps; after twice as many, none is answered. It bounds the
/// time and memory that a tree of any size takes.
const MAX_QUESTIONS: u64 = 1_500_000;

/// What is few.
const FEW_STEPS: u32 = 200;

/// Most calls that one function is followed into from, for one question from outside: where each of two calls leads on to two, the ways
/// double with each step.
const MAX_WAYS_IN: u32 = 64;

/// Place of a question that does not hang on any other.
const NOTHING: usize = usize::MAX;

/// What is asked of an expression.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Asked {
    /// What it is.
    Thing,
    /// What a key of the mapping is that it makes.
    Key(Rc<str>),
    /// How many elements it has.
    Count,
    /// What its elements are.
    Elements,
}

/// A question about an expression in a frame.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Question {
    pub at: ExprRef,
    pub frame: u32,
    pub asked: Asked,
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
    /// How many the next question from outside may take.
    allowance: Cell<u32>,
    /// For the question from outside: how many new activations each function got.
    ways_in: RefCell<FxHashMap<ScopeRef, u32>>,
    /// The outermost open question without which the answers since the one at hand was asked would be others.
    hangs_on: Cell<usize>,
}

impl Memory {
    /// One whose questions may take so many steps.
    pub(super) fn new(steps: u32) -> Self {
        Self {
            known: RefCell::default(),
            provisional: RefCell::default(),
            open: RefCell::default(),
            asked: Cell::new(0),
            steps: Cell::new(0),
            allowance: Cell::new(steps),
            ways_in: RefCell::default(),
            hangs_on: Cell::new(NOTHING),
        }
    }

    /// The answer to a question, remembered or found; or why it is not followed.
    pub(super) fn ask(&self, question: Question, find: impl FnOnce() -> Possibles) -> Result<Rc<Possibles>, &'static str> {
        let place = self.open_questions();
        if place == 0 {
            // Where questions are hard again and again, each is given less: all of them together stay within bounds.
            if self.steps.replace(0) > self.allowance.get() {
                self.allowance.set((self.allowance.get() / 2).max(MIN_STEPS));
            }
            if self.gave_up() {
                self.allowance.set(if self.asked.get() > 2 * MAX_QUESTIONS { 0 } else { FEW_STEPS });
            }
            self.ways_in.borrow_mut().clear();
            self.hangs_on.set(NOTHING);
        }
        if let Some(known) = self.remembered(&question) {
            return Ok(known);
        }
        self.steps.set(self.steps.get() + 1);
        if place >= MAX_DEPTH || self.steps.get() > self.allowance.get() {
            self.told_less(0);
            return Err("too much to follow");
        }
        if let Some(first) = self.asked_before(&question) {
            self.told_less(first);
            return Err("depends on itself");
        }
        self.asked.set(self.asked.get() + 1);
        let (number, begun) = (self.asked.get(), self.steps.get());
        self.open.borrow_mut().push(Open { question: question.clone(), number });
        let outside = self.hangs_on.replace(NOTHING);
        let answer = Rc::new(find());
        self.open.borrow_mut().pop();
        let is_hard = self.steps.get() - begun >= HARD;
        if is_hard {
            self.keep_what_hangs_on((place, number));
        }
        let hangs_on = self.hangs_on.get();
        if hangs_on < place && !(is_hard && self.steps.get() > self.allowance.get()) {
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

    /// What was found while a question was open stays as it is.
    fn keep_what_hangs_on(&self, answered: (usize, u64)) {
        let mut known = self.known.borrow_mut();
        self.provisional.borrow_mut().retain(|question, provisional| {
            let is_kept = provisional.hangs_on == answered;
            if is_kept {
                known.insert(question.clone(), provisional.answer.clone());
            }
            !is_kept
        });
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

    /// Whether there was more to answer than is answered.
    pub(super) fn gave_up(&self) -> bool {
        self.asked.get() > MAX_QUESTIONS
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
        let mut places = open.iter().enumerate().filter(|(_, open)| match question.asked {
            Asked::Key(_) => open.question == *question,
            _ => open.question.asked == question.asked && open.question.at == question.at,
        });
        let (first, _) = places.next()?;
        (matches!(question.asked, Asked::Key(_)) || places.next().is_some()).then_some(first)
    }
}
