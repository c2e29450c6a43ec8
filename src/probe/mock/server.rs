//! The event loop.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token, Waker};
use rustc_hash::FxHashMap;
use socket2::{Domain, Protocol, Socket, Type};

use super::connection::{Connection, Peer, State};
use super::record::{Life, Log, Outcome, Record};
use super::request::{Kind, Parsed, Request, parse};
use super::work::{Arrival, Due, Room, Timers};
use super::{Config, Fault, answer};
use crate::probe::clock::{self, Nanoseconds};

const WAKER: Token = Token(usize::MAX);
/// Pause before accepting again where the system had no file left for a connection.
const ACCEPT_AGAIN: Duration = Duration::from_millis(20);
/// Time for which an answer without a length stays open.
const SLOW_CLOSE: f64 = 0.5;
/// The poll counts in milliseconds; what is left of the time is slept.
const POLL_STEP: Duration = Duration::from_millis(1);

/// Connections that may wait to be accepted. Clients open hundreds at once, and one that finds no room tries again a second later.
const BACKLOG: i32 = 4096;

/// Listens with room for all who come at once.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}

pub(super) struct Loop {
    config: Config,
    poll: Poll,
    waker: Arc<Waker>,
    listeners: Vec<TcpListener>,
    connections: FxHashMap<usize, Connection>,
    rooms: Vec<Room>,
    timers: Timers,
    accept_again: bool,
    log: Log,
}

impl Loop {
    pub(super) fn new(config: Config) -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let mut listeners = Vec::new();
        for number in 0..config.hosts.clamp(1, super::MOST_HOSTS) {
            let port = if number == 0 { config.port } else { 0 };
            let mut listener = listen(SocketAddr::new(config.address, port))?;
            poll.registry().register(&mut listener, Token(listeners.len()), Interest::READABLE)?;
            listeners.push(listener);
        }
        let rooms = listeners.iter().map(|_| Room::new(config.capacity)).collect();
        let (connections, timers, log) = (FxHashMap::default(), Timers::default(), Log::default());
        Ok(Self { config, poll, waker, listeners, connections, rooms, timers, accept_again: false, log })
    }

    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        self.listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect()
    }

    pub(super) fn waker(&self) -> Arc<Waker> {
        Arc::clone(&self.waker)
    }

    pub(super) fn run(&mut self, stop: &AtomicBool) {
        let mut events = Events::with_capacity(1024);
        while !stop.load(Ordering::Acquire) {
            let due = self.timers.next().map(clock::until);
            let wait = if self.accept_again { Some(due.map_or(ACCEPT_AGAIN, |due| due.min(ACCEPT_AGAIN))) } else { due };
            let whole = wait.map(|wait| Duration::from_millis(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)));
            if self.poll.poll(&mut events, whole).is_err_and(|why| why.kind() != io::ErrorKind::Interrupted) {
                break;
            }
            if self.accept_again {
                (0..self.listeners.len()).for_each(|host| self.accept(host));
            }
            for event in &events {
                match event.token() {
                    WAKER => {}
                    Token(host) if host < self.listeners.len() => self.accept(host),
                    Token(token) => self.ready(token),
                }
            }
            if events.is_empty()
                && let Some(left) = self.timers.next().map(clock::until).filter(|left| *left < POLL_STEP)
            {
                std::thread::sleep(left);
            }
            while let Some(due) = self.timers.pop(clock::now()) {
                self.due(due);
            }
        }
    }

    /// Ends what is under way, and gives the log.
    pub(super) fn into_log(mut self) -> Log {
        self.log.stopped = clock::now();
        self.log
    }

    fn accept(&mut self, host: usize) {
        self.accept_again = false;
        loop {
            let Some(listener) = self.listeners.get(host) else { return };
            let mut stream = match listener.accept() {
                Ok((stream, _)) => stream,
                Err(why) if why.kind() == io::ErrorKind::WouldBlock => return,
                Err(why) if matches!(why.kind(), io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted) => continue,
                Err(_) => {
                    self.accept_again = true;
                    return;
                }
            };
            let number = self.log.connections.len();
            let token = self.listeners.len() + number;
            // Without it small answers may be held back; the server works all the same.
            let _ = stream.set_nodelay(true);
            if self.poll.registry().register(&mut stream, Token(token), Interest::READABLE | Interest::WRITABLE).is_ok() {
                self.log.connections.push(Life { opened: clock::now(), closed: None, by_server: false });
                self.connections.insert(token, Connection::new(stream, number as u64, host));
            }
        }
    }

    /// There is something to read, or room to write, or the client has gone.
    fn ready(&mut self, token: usize) {
        let Some(connection) = self.connections.get_mut(&token) else { return };
        let written = connection.flush();
        let read = connection.read();
        if written == Peer::Gone {
            return self.close(token);
        }
        self.take_requests(token);
        if read == Peer::Gone {
            self.close(token);
        }
    }

    /// Takes requests from the input until one has to wait.
    fn take_requests(&mut self, token: usize) {
        while let Some(connection) = self.connections.get_mut(&token) {
            if connection.state != State::Idle || connection.input.is_empty() {
                return;
            }
            let sent = match parse(&connection.input) {
                Parsed::Partial => return,
                Parsed::AsksToContinue => {
                    if connection.send(answer::CONTINUE) == Peer::Gone {
                        self.close(token);
                    }
                    return;
                }
                Parsed::Bad => {
                    connection.ends = true;
                    connection.send(&answer::bad())
                }
                Parsed::Whole(request) => {
                    connection.input.drain(..request.length);
                    if request.kind == Kind::Now {
                        connection.send(&answer::whole(&request))
                    } else {
                        self.arrive(token, request);
                        Peer::Present
                    }
                }
            };
            if sent == Peer::Gone {
                return self.close(token);
            }
        }
    }

    fn arrive(&mut self, token: usize, request: Request) {
        let Some(connection) = self.connections.get_mut(&token) else { return };
        connection.served = connection.served.saturating_add(1);
        connection.record = self.log.records.len();
        let host = connection.host;
        self.log.records.push(Record {
            id: request.id,
            host: u32::try_from(host).unwrap_or(u32::MAX),
            connection: connection.number,
            nth: connection.served,
            arrived: clock::now(),
            began: None,
            ended: None,
            outcome: Outcome::Unfinished,
        });
        match self.rooms.get_mut(host).map(|room| room.arrive(token)) {
            Some(Arrival::Begins) | None => self.begin(token, request),
            Some(Arrival::Queued) => connection.state = State::Queued(request),
            Some(Arrival::Refused(seconds)) => self.send_last(token, &answer::refusal(&request, seconds), &request, Outcome::Refused),
        }
    }

    fn begin(&mut self, token: usize, request: Request) {
        let now = clock::now();
        let Some(connection) = self.connections.get_mut(&token) else { return };
        let number = connection.record;
        if let Some(record) = self.log.records.get_mut(number) {
            record.began = Some(now);
        }
        connection.ticket += 1;
        if self.fault(number) == Some(Fault::Stall) {
            if let Some(connection) = self.connections.get_mut(&token) {
                connection.state = State::Stalled;
            }
            // Whoever ends it, and whether somebody does: what became of it is known.
            if let Some(record) = self.log.records.get_mut(number) {
                record.outcome = Outcome::Faulty;
            }
            return;
        }
        let time = clock::nanoseconds(self.config.latency.of(request.id.unwrap_or(number as u64)));
        let Some(connection) = self.connections.get_mut(&token) else { return };
        let events = self.config.events.or(request.wants_events.then_some(answer::EVENTS)).filter(|_| !request.head_only);
        let first = match events {
            Some(events) => {
                let sent = connection.send(&answer::events_head(&request));
                connection.state = State::Streaming(request, 0);
                if sent == Peer::Gone {
                    return self.close(token);
                }
                time / u64::from(events.max(1))
            }
            None => {
                connection.state = State::Working(request);
                time
            }
        };
        self.timers.add(Due { at: now.saturating_add(first), token, ticket: connection.ticket });
    }

    fn fault(&self, number: usize) -> Option<Fault> {
        let nth = number as u64 + 1;
        self.config.faults.iter().find(|(_, every)| *every > 0 && nth.is_multiple_of(*every)).map(|(fault, _)| *fault)
    }

    fn due(&mut self, due: Due) {
        let token = due.token;
        let current = self.connections.get(&token).filter(|connection| connection.ticket == due.ticket);
        let fault = current.and_then(|connection| self.fault(connection.record));
        let Some(connection) = self.connections.get_mut(&token).filter(|connection| connection.ticket == due.ticket) else { return };
        match connection.state.clone() {
            State::Working(request) => match fault {
                Some(Fault::Reset) => {
                    connection.reset_on_close();
                    connection.ends = true;
                    self.end(token, Outcome::Faulty);
                    self.close(token);
                }
                Some(Fault::SlowClose) => {
                    let gone = connection.send(&answer::unsized_head(&request)) == Peer::Gone;
                    connection.state = State::Closing;
                    connection.ticket += 1;
                    let later = Due { at: clock::now() + clock::nanoseconds(SLOW_CLOSE), token, ticket: connection.ticket };
                    self.timers.add(later);
                    if gone {
                        self.close(token);
                    }
                }
                Some(Fault::Stall) | None => self.reply(token, &answer::whole(&request), &request, Outcome::Done),
            },
            State::Streaming(request, sent) => self.stream(token, &request, sent),
            State::Closing => {
                connection.ends = true;
                self.end(token, Outcome::Faulty);
                self.close(token);
            }
            State::Idle | State::Queued(_) | State::Stalled => {}
        }
    }

    /// Sends the next event.
    fn stream(&mut self, token: usize, request: &Request, sent: u32) {
        let Some(connection) = self.connections.get_mut(&token) else { return };
        let number = connection.record;
        let events = self.config.events.unwrap_or(answer::EVENTS).max(1);
        let piece = answer::event(request, sent, events);
        if sent + 1 >= events {
            return self.reply(token, &piece, request, Outcome::Done);
        }
        connection.state = State::Streaming(request.clone(), sent + 1);
        let began = self.log.records.get(number).and_then(|record| record.began).unwrap_or_default();
        let time = self.config.latency.of(request.id.unwrap_or(number as u64));
        let at = began.saturating_add(clock::nanoseconds(time * f64::from(sent + 2) / f64::from(events)));
        self.timers.add(Due { at, token, ticket: connection.ticket });
        if connection.send(&piece) == Peer::Gone {
            self.close(token);
        }
    }

    /// Sends the last of an answer and takes what the client sent meanwhile.
    fn reply(&mut self, token: usize, bytes: &[u8], request: &Request, outcome: Outcome) {
        self.send_last(token, bytes, request, outcome);
        self.take_requests(token);
    }

    /// Sends the last of an answer; the next request may come.
    fn send_last(&mut self, token: usize, bytes: &[u8], request: &Request, outcome: Outcome) {
        // Written down before it is sent, so that a quick client's next request is not there before this one's end.
        self.end(token, outcome);
        let Some(connection) = self.connections.get_mut(&token) else { return };
        connection.ends = !request.keeps_open;
        if connection.send(bytes) == Peer::Gone {
            self.close(token);
        }
    }

    /// Writes the end of the present request down and lets the next one in.
    fn end(&mut self, token: usize, outcome: Outcome) {
        let now: Nanoseconds = clock::now();
        let Some(connection) = self.connections.get_mut(&token) else { return };
        if let Some(record) = self.log.records.get_mut(connection.record) {
            (record.ended, record.outcome) = (Some(now), outcome);
        }
        let before = std::mem::replace(&mut connection.state, State::Idle);
        connection.ticket += 1;
        let host = connection.host;
        let Some(room) = self.rooms.get_mut(host) else { return };
        match before {
            State::Working(_) | State::Streaming(..) | State::Stalled | State::Closing => {
                let next = room.leave();
                if let Some((next, request)) = next.and_then(|next| Some((next, self.queued(next)?))) {
                    self.begin(next, request);
                }
            }
            State::Queued(_) => room.forget(token),
            State::Idle => {}
        }
    }

    fn queued(&self, token: usize) -> Option<Request> {
        match &self.connections.get(&token)?.state {
            State::Queued(request) => Some(request.clone()),
            _ => None,
        }
    }

    fn close(&mut self, token: usize) {
        match self.connections.get(&token).map(|connection| &connection.state) {
            Some(State::Stalled) => self.end(token, Outcome::Faulty),
            Some(State::Idle) | None => {}
            Some(_) => self.end(token, Outcome::Aborted),
        }
        if let Some(connection) = self.connections.remove(&token) {
            let index = usize::try_from(connection.number).unwrap_or(usize::MAX);
            if let Some(life) = self.log.connections.get_mut(index) {
                (life.closed, life.by_server) = (Some(clock::now()), connection.ends);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn hundreds_may_come_before_the_first_is_accepted() {
        crate::probe::mock::open_files();
        let idle = Loop::new(Config::default()).unwrap();
        let address = idle.addresses()[0];
        let come = |_| std::net::TcpStream::connect_timeout(&address, Duration::from_secs(5)).unwrap();
        assert_eq!((0..600).map(come).collect::<Vec<_>>().len(), 600);
    }
}
