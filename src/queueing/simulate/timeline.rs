//! Queue and requests under way over time, in a bounded number of points however long the run.

use super::{Time, seconds};

/// Most points of a timeline.
pub const POINTS: usize = 240;

/// Means over one span of time.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
pub struct Point {
    /// Begin of the span, seconds.
    pub at: f64,
    /// Requests in the pool's queue.
    pub queued: f64,
    /// Requests that were sent and not answered.
    pub in_flight: f64,
    /// Those of them that waited in a server's queue.
    pub server_queue: f64,
}

/// Numbers at one moment.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Depth {
    pub(super) queued: u64,
    pub(super) in_flight: u64,
    pub(super) server_queue: u64,
}

/// Collects depths in spans of equal length; the length doubles when the spans run out.
pub(super) struct Recorder {
    span: Time,
    spans: Vec<[f64; 3]>,
    last: Time,
}

impl Recorder {
    pub(super) fn new(first_span: Time) -> Self {
        Self { span: first_span.max(1), spans: Vec::with_capacity(POINTS), last: 0 }
    }

    /// The depth was this from the last call until `now`.
    pub(super) fn until(&mut self, now: Time, depth: Depth) {
        let weights = [depth.queued as f64, depth.in_flight as f64, depth.server_queue as f64];
        while self.last < now {
            let index = self.index_of_last();
            let end = ((index as Time + 1).saturating_mul(self.span)).min(now);
            if index >= self.spans.len() {
                self.spans.resize(index + 1, [0.0; 3]);
            }
            if let Some(span) = self.spans.get_mut(index) {
                let length = (end - self.last) as f64;
                for (sum, weight) in span.iter_mut().zip(weights) {
                    *sum += weight * length;
                }
            }
            self.last = end;
        }
    }

    fn index_of_last(&mut self) -> usize {
        while self.last / self.span >= POINTS as Time {
            let halves = self.spans.chunks(2).map(|pair| {
                let mut sum = [0.0; 3];
                for span in pair {
                    for (total, part) in sum.iter_mut().zip(span) {
                        *total += part;
                    }
                }
                sum
            });
            self.spans = halves.collect();
            self.span = self.span.saturating_mul(2);
        }
        (self.last / self.span) as usize
    }

    pub(super) fn points(&self) -> Vec<Point> {
        let point = |(index, [queued, in_flight, server_queue]): (usize, &[f64; 3])| {
            let begin = index as Time * self.span;
            // The last span may end before its time.
            let length = self.last.saturating_sub(begin).min(self.span).max(1) as f64;
            Point { at: seconds(begin), queued: queued / length, in_flight: in_flight / length, server_queue: server_queue / length }
        };
        self.spans.iter().enumerate().map(point).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_points_is_bounded_and_the_area_is_kept() {
        let mut recorder = Recorder::new(1);
        let mut area = 0.0;
        for step in 1..10_000_u64 {
            recorder.until(step * 7, Depth { queued: step % 13, in_flight: 1, server_queue: 0 });
            area += (step % 13) as f64 * 7.0;
        }
        let points = recorder.points();
        assert!(points.len() <= POINTS && points.len() > POINTS / 4, "{}", points.len());
        assert!(points.iter().all(|point| (point.in_flight - 1.0).abs() < 1e-9));
        let sum: f64 = recorder.spans.iter().map(|span| span[0]).sum();
        assert!((sum - area).abs() < 1e-6);
    }
}
