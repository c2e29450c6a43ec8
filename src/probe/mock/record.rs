//! What the server writes down.

use schemars::JsonSchema;
use serde::Serialize;

use crate::probe::clock::{Nanoseconds, seconds};
use crate::render::plan::Number;

/// How a request ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Answered.
    Done,
    /// The client closed the connection before the answer.
    Aborted,
    /// Refused for want of capacity.
    Refused,
    /// Hit by a fault.
    Faulty,
    /// Still under way when the server stopped.
    Unfinished,
}

/// One request. Moments are of the shared clock.
#[derive(Clone, PartialEq, Debug)]
pub struct Record {
    /// The client's own number of the request, where it sent one.
    pub id: Option<u64>,
    /// The host that it went to, from 0.
    pub host: u32,
    /// The connection, from 0 in the order of opening.
    pub connection: u64,
    /// The n-th request on its connection, from 1.
    pub nth: u32,
    /// When its head was there.
    pub arrived: Nanoseconds,
    /// When the server began to work on it; `None` if it never did.
    pub began: Option<Nanoseconds>,
    /// When it ended; `None` while it is under way.
    pub ended: Option<Nanoseconds>,
    /// How it ended.
    pub outcome: Outcome,
}

/// One connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Life {
    /// When it was accepted.
    pub opened: Nanoseconds,
    /// When it was closed; `None` while it is open.
    pub closed: Option<Nanoseconds>,
    /// Whether the server closed it: after a fault, or because the client had asked for it.
    pub by_server: bool,
}

/// Everything that was written down.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Log {
    /// Requests in the order of arrival.
    pub records: Vec<Record>,
    /// Connections in the order of opening; [`Record::connection`] is an index. Those that only read the clock are among them.
    pub connections: Vec<Life>,
    /// When it was stopped.
    pub stopped: Nanoseconds,
}

/// One request as machines read it. Moments are seconds after the first arrival.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Told {
    /// The client's own number of the request; null where it sent none.
    pub id: Option<u64>,
    /// The host that it went to, from 0.
    pub host: u32,
    /// The connection, from 0 in the order of opening.
    pub connection: u64,
    /// The n-th request on its connection, from 1.
    pub nth: u32,
    /// When its head was there.
    pub arrived_s: Number,
    /// When the server began to work on it; null if it never did.
    pub began_s: Option<Number>,
    /// When it ended; null if it never did.
    pub ended_s: Option<Number>,
    /// How it ended.
    pub outcome: Outcome,
}

impl Log {
    /// The first requests as machines read them, so many at most.
    pub fn told(&self, most: usize) -> Vec<Told> {
        let first = self.records.first().map_or(0, |record| record.arrived);
        let at = |moment: Nanoseconds| Number(seconds(first, moment));
        let told = |record: &Record| Told {
            id: record.id,
            host: record.host,
            connection: record.connection,
            nth: record.nth,
            arrived_s: at(record.arrived),
            began_s: record.began.map(at),
            ended_s: record.ended.map(at),
            outcome: record.outcome,
        };
        self.records.iter().take(most).map(told).collect()
    }
}
