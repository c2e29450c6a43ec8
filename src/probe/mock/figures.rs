//! What a server's log comes to: counts, peaks, and requests and connections over time.

use serde::Serialize;

use super::record::{Log, Outcome};
use crate::probe::clock::{Nanoseconds, seconds};

/// Most moments of a timeline.
pub const MOMENTS: usize = 120;

/// How things stood during one span of time.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct Moment {
    /// Begin of the span, seconds after the first arrival.
    #[serde(rename = "at_s")]
    pub at: f64,
    /// Requests under way, on average.
    pub in_flight: f64,
    /// Most requests under way.
    pub most: u64,
    /// Connections open, on average.
    pub connections: f64,
}

/// Figures of a log.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Figures {
    /// Requests that arrived.
    pub requests: u64,
    /// Answered ones.
    pub done: u64,
    /// Those whose client left.
    pub aborted: u64,
    /// Refused ones.
    pub refused: u64,
    /// Those that a fault hit.
    pub faulty: u64,
    /// Connections that carried a request.
    pub opened: u64,
    /// Those of them that their clients closed before the server stopped.
    pub closed: u64,
    /// Those of them that the server closed: after a fault, or because the client had asked for it.
    pub closed_by_server: u64,
    /// Most connections that were open at once.
    pub most_connections: u64,
    /// Most requests under way at once.
    pub most_in_flight: u64,
    /// From the first arrival to the last end, seconds.
    #[serde(rename = "wall_s")]
    pub wall: f64,
    /// Mean time from arrival to end of the answered ones, seconds.
    #[serde(rename = "mean_service_s")]
    pub mean_service: f64,
    /// Over time; empty without requests.
    pub timeline: Vec<Moment>,
}

impl Figures {
    /// Sums a log up.
    pub fn of(log: &Log) -> Self {
        let count = |outcome: Outcome| log.records.iter().filter(|record| record.outcome == outcome).count() as u64;
        let mut carries = vec![false; log.connections.len()];
        for record in &log.records {
            if let Some(carries) = usize::try_from(record.connection).ok().and_then(|index| carries.get_mut(index)) {
                *carries = true;
            }
        }
        let used = || log.connections.iter().zip(&carries).filter(|(_, carries)| **carries).map(|(life, _)| life);
        let in_flight: Vec<(Nanoseconds, i64)> =
            log.records.iter().flat_map(|record| [(record.arrived, 1), (record.ended.unwrap_or(log.stopped), -1)]).collect();
        let open: Vec<(Nanoseconds, i64)> = used().flat_map(|life| [(life.opened, 1), (life.closed.unwrap_or(log.stopped), -1)]).collect();
        let (in_flight, open) = (Steps::new(in_flight), Steps::new(open));
        let begin = log.records.first().map_or(log.stopped, |record| record.arrived);
        let end = log.records.iter().map(|record| record.ended.unwrap_or(log.stopped)).max().unwrap_or(begin);
        let served = || log.records.iter().filter(|record| record.outcome == Outcome::Done);
        let times = served().map(|record| seconds(record.arrived, record.ended.unwrap_or(log.stopped)));
        let done = served().count() as u64;
        Self {
            requests: log.records.len() as u64,
            done,
            aborted: count(Outcome::Aborted),
            refused: count(Outcome::Refused),
            faulty: count(Outcome::Faulty),
            opened: used().count() as u64,
            closed: used().filter(|life| life.closed.is_some() && !life.by_server).count() as u64,
            closed_by_server: used().filter(|life| life.by_server).count() as u64,
            most_connections: open.most(),
            most_in_flight: in_flight.most(),
            wall: seconds(begin, end),
            mean_service: if done == 0 { 0.0 } else { times.sum::<f64>() / done as f64 },
            timeline: timeline(&in_flight, &open, begin, end),
        }
    }
}

/// A count that goes up and down.
struct Steps(Vec<(Nanoseconds, i64)>);

impl Steps {
    /// Of things that end and begin at the same moment the end comes first.
    fn new(mut changes: Vec<(Nanoseconds, i64)>) -> Self {
        changes.sort_unstable();
        let mut level = 0;
        for (_, change) in &mut changes {
            level += *change;
            *change = level;
        }
        Self(changes)
    }

    fn most(&self) -> u64 {
        self.0.iter().map(|(_, level)| *level).max().and_then(|most| u64::try_from(most).ok()).unwrap_or(0)
    }

    /// Mean and peak over a span.
    fn over(&self, from: Nanoseconds, to: Nanoseconds) -> (f64, u64) {
        let first = self.0.partition_point(|(at, _)| *at <= from);
        let mut level = first.checked_sub(1).and_then(|before| self.0.get(before)).map_or(0, |(_, level)| *level);
        let (mut area, mut most, mut last) = (0.0, level, from);
        for (at, next) in self.0.iter().skip(first).take_while(|(at, _)| *at < to) {
            area += level as f64 * (at - last) as f64;
            (last, level) = (*at, *next);
            most = most.max(level);
        }
        area += level as f64 * to.saturating_sub(last) as f64;
        (area / to.saturating_sub(from).max(1) as f64, u64::try_from(most).unwrap_or(0))
    }
}

fn timeline(in_flight: &Steps, open: &Steps, begin: Nanoseconds, end: Nanoseconds) -> Vec<Moment> {
    let length = end.saturating_sub(begin);
    if length == 0 {
        return Vec::new();
    }
    let edge = |number: usize| begin + (u128::from(length) * number as u128 / MOMENTS as u128) as Nanoseconds;
    let spans = (0..MOMENTS).map(|number| (edge(number), edge(number + 1))).filter(|(from, to)| from < to);
    let moment = |(from, to)| {
        let (mean, most) = in_flight.over(from, to);
        Moment { at: seconds(begin, from), in_flight: mean, most, connections: open.over(from, to).0 }
    };
    spans.map(moment).collect()
}

#[cfg(test)]
mod tests {
    use super::super::record::{Life, Record};
    use super::*;

    fn record(connection: u64, arrived: u64, ended: Option<u64>, outcome: Outcome) -> Record {
        Record { id: None, host: 0, connection, nth: 1, arrived, began: Some(arrived), ended, outcome }
    }

    #[test]
    fn peaks_and_means() {
        let life = |opened, closed| Life { opened, closed, by_server: false };
        let records = vec![
            record(0, 1_000, Some(2_000), Outcome::Done),
            record(1, 1_500, Some(2_500), Outcome::Aborted),
            record(0, 2_000, None, Outcome::Unfinished),
        ];
        let log = Log { records, connections: vec![life(900, None), life(1_400, Some(2_500)), life(0, Some(10))], stopped: 3_000 };
        let figures = Figures::of(&log);
        assert_eq!((figures.requests, figures.done, figures.aborted), (3, 1, 1));
        assert_eq!((figures.opened, figures.closed), (2, 1), "the third connection carried nothing");
        assert_eq!((figures.most_in_flight, figures.most_connections), (2, 2), "the end at 2000 comes before the begin");
        assert!((figures.wall - 2e-6).abs() < 1e-12);
        let mean = figures.timeline.iter().map(|moment| moment.in_flight).sum::<f64>() / figures.timeline.len() as f64;
        assert!((mean - 1.5).abs() < 0.02, "{mean}");
        assert_eq!(Figures::of(&Log::default()), Figures::default());
    }
}
