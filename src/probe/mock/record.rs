//! What the server writes down.

use crate::probe::clock::Nanoseconds;

/// How a request ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
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
