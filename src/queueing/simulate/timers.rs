//! Time-outs of equal length run out in the order in which they were set: a queue is enough, and cheaper than the heap of events.

use std::collections::VecDeque;

use super::{NEVER, Time, TimeOuts, time};

/// What a time-out counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Total,
    Queue,
    Read,
}

/// A time-out that was set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timer {
    pub(super) due: Time,
    pub(super) worker: usize,
    pub(super) attempt: u32,
}

struct Line {
    kind: Kind,
    length: Option<Time>,
    timers: VecDeque<Timer>,
}

/// The time-outs of all attempts.
pub(super) struct Timers {
    lines: [Line; 3],
    phase: Option<Time>,
}

const SECOND: Time = 1_000_000_000;

impl Timers {
    pub(super) fn new(setup: &TimeOuts) -> Self {
        let line = |kind, length: Option<f64>| Line { kind, length: length.map(time), timers: VecDeque::new() };
        Self {
            lines: [line(Kind::Total, setup.total), line(Kind::Queue, setup.queue), line(Kind::Read, setup.read)],
            phase: setup.whole_seconds.then(|| time(setup.clock_phase) % SECOND),
        }
    }

    /// Sets the time-out of a kind, if there is one, and says when it ends.
    pub(super) fn set(&mut self, kind: Kind, now: Time, worker: usize, attempt: u32) -> Time {
        let phase = self.phase;
        let Some(line) = self.lines.iter_mut().find(|line| line.kind == kind) else { return NEVER };
        let Some(length) = line.length else { return NEVER };
        let due = due(now, length, phase);
        line.timers.push_back(Timer { due, worker, attempt });
        due
    }

    /// End of a queue time-out that begins at `now`.
    pub(super) fn queue_due(&self, now: Time) -> Option<Time> {
        let line = self.lines.iter().find(|line| line.kind == Kind::Queue)?;
        Some(due(now, line.length?, self.phase))
    }

    /// The time-out that runs out next, of those that `counts` says still count.
    pub(super) fn next(&mut self, counts: impl Fn(Kind, &Timer) -> bool) -> Option<(Kind, Time)> {
        let mut first: Option<(Kind, Time)> = None;
        for line in &mut self.lines {
            while line.timers.front().is_some_and(|timer| !counts(line.kind, timer)) {
                line.timers.pop_front();
            }
            if let Some(timer) = line.timers.front()
                && first.is_none_or(|(_, due)| timer.due < due)
            {
                first = Some((line.kind, timer.due));
            }
        }
        first
    }

    pub(super) fn pop(&mut self, kind: Kind) -> Option<Timer> {
        self.lines.iter_mut().find(|line| line.kind == kind)?.timers.pop_front()
    }
}

/// Where the client rounds (`phase` given), time-outs of 5 s and more end at a whole second of its clock.
fn due(now: Time, length: Time, phase: Option<Time>) -> Time {
    let due = now.saturating_add(length);
    match phase {
        Some(phase) if length >= 5 * SECOND => due.saturating_add(phase).div_ceil(SECOND).saturating_mul(SECOND) - phase,
        _ => due,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_time_outs_end_at_whole_seconds() {
        let ends = |start: f64, length: f64, phase: f64| super::super::seconds(due(time(start), time(length), Some(time(phase))));
        assert_eq!(ends(0.3, 4.9, 0.0), 5.2);
        assert_eq!(ends(0.3, 5.0, 0.0), 6.0);
        assert_eq!(ends(0.0, 120.0, 0.25), 120.75);
        assert_eq!(ends(0.0, 120.0, 0.0), 120.0);
        assert_eq!(super::super::seconds(due(time(0.3), time(5.0), None)), 5.3);
    }
}
