//! One connection: its bytes in both directions, and what it is about.

use std::io::{self, Read as _, Write as _};

use mio::net::TcpStream;

use super::request::Request;

/// What a connection is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// Waits for a request, or for the rest of one.
    Idle,
    /// Its request waits for room.
    Queued(Request),
    /// Its request is worked on.
    Working(Request),
    /// Its request is answered in events, of which so many were sent.
    Streaming(Request, u32),
    /// Its request will never be answered.
    Stalled,
    /// To be closed when its time has come.
    Closing,
}

/// A connection.
pub(super) struct Connection {
    pub stream: TcpStream,
    /// Index into the log.
    pub number: u64,
    /// The host that it belongs to.
    pub host: usize,
    /// Requests that it carried.
    pub served: u32,
    pub state: State,
    /// Index of the present request's record.
    pub record: usize,
    /// Counts changes of the state; a timer of an earlier state is out of date.
    pub ticket: u64,
    /// Whether it is closed as soon as all is written.
    pub ends: bool,
    pub input: Vec<u8>,
    output: Vec<u8>,
}

/// Whether the other side is still there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Peer {
    Present,
    Gone,
}

/// Input that is kept at most: the largest request and some of the next one.
const MOST_INPUT: usize = 16 << 20;

impl Connection {
    pub(super) fn new(stream: TcpStream, number: u64, host: usize) -> Self {
        let (input, output) = (Vec::new(), Vec::new());
        Self { stream, number, host, served: 0, state: State::Idle, record: 0, ticket: 0, ends: false, input, output }
    }

    /// Reads all there is.
    pub(super) fn read(&mut self) -> Peer {
        let mut buffer = [0; 16 << 10];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Peer::Gone,
                Ok(length) => self.input.extend_from_slice(buffer.get(..length).unwrap_or_default()),
                Err(why) if why.kind() == io::ErrorKind::WouldBlock => return Peer::Present,
                Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Peer::Gone,
            }
            if self.input.len() > MOST_INPUT {
                return Peer::Gone;
            }
        }
    }

    /// Writes, and keeps what the other side does not take yet.
    pub(super) fn send(&mut self, bytes: &[u8]) -> Peer {
        self.output.extend_from_slice(bytes);
        self.flush()
    }

    /// Writes what is left.
    pub(super) fn flush(&mut self) -> Peer {
        while !self.output.is_empty() {
            match self.stream.write(&self.output) {
                Ok(0) => return Peer::Gone,
                Ok(length) => drop(self.output.drain(..length)),
                Err(why) if why.kind() == io::ErrorKind::WouldBlock => return Peer::Present,
                Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Peer::Gone,
            }
        }
        if self.ends { Peer::Gone } else { Peer::Present }
    }

    /// Makes the coming close a reset.
    pub(super) fn reset_on_close(&self) {
        // Where the system refuses, the close is an ordinary one.
        let _ = rustix::net::sockopt::set_socket_linger(&self.stream, Some(std::time::Duration::ZERO));
    }
}
