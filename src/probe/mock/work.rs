//! What a host has room for, and when things are due.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::Capacity;
use crate::probe::clock::Nanoseconds;

/// Room of one host.
pub(super) struct Room {
    capacity: Option<Capacity>,
    busy: u64,
    queue: VecDeque<usize>,
}

/// What becomes of a request that arrives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Arrival {
    Begins,
    Queued,
    /// To be tried again after so many seconds.
    Refused(u64),
}

impl Room {
    pub(super) fn new(capacity: Option<Capacity>) -> Self {
        Self { capacity, busy: 0, queue: VecDeque::new() }
    }

    /// A request of the connection with this token arrives.
    pub(super) fn arrive(&mut self, token: usize) -> Arrival {
        match self.capacity {
            Some(Capacity { requests, refuse_for }) if self.busy >= requests => match refuse_for {
                Some(seconds) => Arrival::Refused(seconds),
                None => {
                    self.queue.push_back(token);
                    Arrival::Queued
                }
            },
            _ => {
                self.busy += 1;
                Arrival::Begins
            }
        }
    }

    /// One that was worked on has ended: the next one to begin, if there is one.
    pub(super) fn leave(&mut self) -> Option<usize> {
        let next = self.queue.pop_front();
        if next.is_none() {
            self.busy = self.busy.saturating_sub(1);
        }
        next
    }

    /// One that waited has gone.
    pub(super) fn forget(&mut self, token: usize) {
        self.queue.retain(|waiting| *waiting != token);
    }
}

/// Things that are due for a connection as long as its ticket is this one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Due {
    pub at: Nanoseconds,
    pub token: usize,
    pub ticket: u64,
}

/// Timers.
#[derive(Default)]
pub(super) struct Timers(BinaryHeap<Reverse<Due>>);

impl Timers {
    pub(super) fn add(&mut self, due: Due) {
        self.0.push(Reverse(due));
    }

    /// The next moment at which something is due.
    pub(super) fn next(&self) -> Option<Nanoseconds> {
        self.0.peek().map(|Reverse(due)| due.at)
    }

    /// What is due by `now`, one at a time.
    pub(super) fn pop(&mut self, now: Nanoseconds) -> Option<Due> {
        let Reverse(due) = self.0.peek()?;
        if due.at > now { None } else { self.0.pop().map(|Reverse(due)| due) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_room_queues_or_refuses() {
        let mut room = Room::new(Some(Capacity { requests: 1, refuse_for: None }));
        assert_eq!([1, 2, 3].map(|token| room.arrive(token)), [Arrival::Begins, Arrival::Queued, Arrival::Queued]);
        room.forget(2);
        assert_eq!((room.leave(), room.leave()), (Some(3), None));
        assert_eq!(room.arrive(4), Arrival::Begins);
        let mut room = Room::new(Some(Capacity { requests: 1, refuse_for: Some(2) }));
        assert_eq!([1, 2].map(|token| room.arrive(token)), [Arrival::Begins, Arrival::Refused(2)]);
    }

    #[test]
    fn timers_come_in_order() {
        let mut timers = Timers::default();
        for at in [30, 10, 20] {
            timers.add(Due { at, token: 0, ticket: 0 });
        }
        assert_eq!(timers.next(), Some(10));
        assert_eq!([timers.pop(25), timers.pop(25), timers.pop(25)].map(|due| due.map(|due| due.at)), [Some(10), Some(20), None]);
    }
}
