//! The run of a simulation: one event after the other.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::pool::{Pool, Ticket};
use super::server::{Arrival, Job, Servers};
use super::timeline::{Depth, Recorder};
use super::timers::{Kind, Timer, Timers};
use super::{Draws, NEVER, Order, Outcome, Setup, Time, Waits, seconds, time};

/// What can happen, least first at the same moment: whoever is answered at the very end of its time-out is answered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum What {
    /// The server is done with an attempt.
    Done,
    /// The client has handled the answer.
    Ended,
    /// The client has written the request.
    Sent,
    /// A worker begins its next request, or the next attempt at one.
    Begin,
    /// A restarted queue time-out runs out.
    QueueTimer,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Event {
    at: Time,
    what: What,
    number: u64,
    job: Job,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Between attempts.
    Idle,
    /// In the pool's queue.
    Queued,
    /// Has a slot and writes.
    Starting,
    /// In the server's queue.
    AtServer,
    /// The server works for it.
    Served,
    /// Reads the answer, or was refused; no time-out counts any more.
    Ending,
}

#[derive(Clone, Copy, Debug)]
struct Worker {
    state: State,
    /// Counts attempts over all requests, so that events of an attempt that is over can be told.
    attempt: u32,
    retry: u32,
    round: u64,
    has_permit: bool,
    has_slot: bool,
    refused: bool,
    started: Time,
    /// When a time-out ends its wait; one that restarts does not count.
    due: Time,
}

const NEW: Worker = Worker {
    state: State::Idle,
    attempt: 0,
    retry: 0,
    round: 0,
    has_permit: false,
    has_slot: false,
    refused: false,
    started: 0,
    due: NEVER,
};

pub(super) struct Engine<'a> {
    setup: &'a Setup,
    draws: Draws,
    pool: Pool,
    servers: Servers,
    workers: Vec<Worker>,
    events: BinaryHeap<Reverse<Event>>,
    timers: Timers,
    permits: u64,
    at_semaphore: VecDeque<usize>,
    now: Time,
    number: u64,
    cpu_free: Time,
    last_release: Time,
    unfinished: usize,
    depth: Depth,
    recorder: Recorder,
    waits: Vec<Time>,
    out: Outcome,
}

impl<'a> Engine<'a> {
    pub(super) fn new(setup: &'a Setup, draws: Draws) -> Self {
        let pool = Pool::new(&setup.limits, setup.keep);
        let shortest = time(setup.service.mean()).min(setup.time_outs.total.map_or(NEVER, time));
        Self {
            draws,
            servers: Servers::new(setup.server, pool.hosts()),
            pool,
            workers: vec![NEW; setup.workers as usize],
            events: BinaryHeap::new(),
            timers: Timers::new(&setup.time_outs),
            permits: setup.semaphore.unwrap_or(u64::MAX),
            at_semaphore: VecDeque::new(),
            now: 0,
            number: 0,
            cpu_free: 0,
            last_release: 0,
            unfinished: if setup.rounds == 0 { 0 } else { setup.workers as usize },
            depth: Depth::default(),
            recorder: Recorder::new(shortest / 16),
            waits: Vec::with_capacity((setup.workers * setup.rounds) as usize),
            out: Outcome::default(),
            setup,
        }
    }

    pub(super) fn run(mut self) -> Outcome {
        for worker in 0..self.workers.len() {
            let start = time(self.setup.stagger).saturating_mul(worker as Time);
            self.push(start, What::Begin, self.job(worker));
        }
        while self.unfinished > 0 {
            let event = self.events.peek().map(|Reverse(event)| event.at);
            let workers = &self.workers;
            let timer = self.timers.next(|kind, timer| workers.get(timer.worker).is_some_and(|worker| worker.counts(kind, timer)));
            // An event goes before a time-out of the same moment.
            match (event, timer) {
                (None, None) => break,
                (Some(at), None) => self.handle_next(at),
                (Some(at), Some((_, due))) if at <= due => self.handle_next(at),
                (_, Some((kind, due))) => self.run_out(kind, due),
            }
            self.out.events += 1;
        }
        self.finish()
    }

    fn handle_next(&mut self, at: Time) {
        self.advance(at);
        let Some(Reverse(Event { what, job, .. })) = self.events.pop() else { return };
        let Some(worker) = self.workers.get(job.worker).copied() else { return };
        let current = worker.attempt == job.attempt;
        match what {
            What::Begin if current => self.next_request(job.worker),
            What::Sent if current => self.sent(job.worker),
            What::Done if current => {
                self.server_has_room(job.host);
                self.read_answer(job.worker);
            }
            // The client has gone. If the server worked on for it, its place becomes free only now.
            What::Done if self.servers.ends_work_for_the_gone() => self.server_has_room(job.host),
            What::Ended if current => self.end_attempt(job.worker, !worker.refused),
            What::QueueTimer if current && worker.state == State::Queued => self.queue_time_out(job.worker),
            _ => {}
        }
    }

    fn run_out(&mut self, kind: Kind, due: Time) {
        self.advance(due);
        match self.timers.pop(kind) {
            Some(timer) if kind == Kind::Queue => self.queue_time_out(timer.worker),
            Some(timer) => self.give_up(timer.worker),
            None => {}
        }
    }

    fn advance(&mut self, at: Time) {
        if at > self.now {
            self.recorder.until(at, self.depth);
            self.now = at;
        }
    }

    fn push(&mut self, at: Time, what: What, job: Job) {
        self.events.push(Reverse(Event { at: at.min(NEVER), what, number: self.number, job }));
        self.number += 1;
    }

    fn job(&self, index: usize) -> Job {
        let (attempt, round) = self.workers.get(index).map_or((0, 0), |worker| (worker.attempt, worker.round));
        Job { worker: index, attempt, host: ((index as u64).wrapping_add(round) % self.pool.hosts() as u64) as usize }
    }

    fn set_state(&mut self, index: usize, state: State) {
        if let Some(worker) = self.workers.get_mut(index) {
            worker.state = state;
        }
    }

    /// When the client's thread is done with work of this length that is asked of it now.
    fn cpu(&mut self, cost: f64) -> Time {
        let cost = time(cost);
        if cost == 0 {
            return self.now;
        }
        self.cpu_free = self.cpu_free.max(self.now).saturating_add(cost);
        self.cpu_free
    }

    /// The next request of a worker, or the next attempt at it: through the semaphore to the pool.
    fn next_request(&mut self, index: usize) {
        let Some(worker) = self.workers.get_mut(index).filter(|worker| worker.round < self.setup.rounds) else { return };
        if !worker.has_permit {
            if self.permits == 0 {
                self.at_semaphore.push_back(index);
                return;
            }
            self.permits -= 1;
            worker.has_permit = true;
        }
        worker.started = self.now;
        worker.refused = false;
        self.out.attempts += 1;
        let job = self.job(index);
        let due = self.timers.set(Kind::Total, self.now, index, job.attempt);
        if let Some(new) = self.pool.take(job.host) {
            self.granted(job, new);
        } else if self.setup.fails_at_limit {
            self.refuse(job);
        } else {
            self.pool.enqueue(job);
            let queue_due = self.timers.set(Kind::Queue, self.now, index, job.attempt);
            if let Some(worker) = self.workers.get_mut(index) {
                worker.state = State::Queued;
                worker.due = if self.setup.time_outs.queue_restarts { due } else { due.min(queue_due) };
            }
            self.depth.queued += 1;
            self.out.peak_queue = self.out.peak_queue.max(self.depth.queued);
        }
    }

    /// A request has a slot.
    fn granted(&mut self, job: Job, new: bool) {
        if let Some(worker) = self.workers.get_mut(job.worker) {
            worker.state = State::Starting;
            worker.has_slot = true;
        }
        let cpu = self.setup.cpu;
        let at = self.cpu(if new { cpu.start + cpu.connect } else { cpu.start });
        if at > self.now { self.push(at, What::Sent, job) } else { self.sent(job.worker) }
    }

    fn sent(&mut self, index: usize) {
        let (job, started) = (self.job(index), self.workers.get(index).map_or(self.now, |worker| worker.started));
        self.waits.push(self.now - started);
        self.depth.in_flight += 1;
        self.timers.set(Kind::Read, self.now, index, job.attempt);
        self.set_state(index, State::AtServer);
        let arrival = self.servers.arrive(job);
        // What is refused at once is under way for no time.
        if arrival != Arrival::Refused {
            self.out.peak_in_flight = self.out.peak_in_flight.max(self.depth.in_flight);
        }
        match arrival {
            Arrival::Begins => self.serve(job),
            Arrival::Refused => self.refuse(job),
            Arrival::Queued => {
                self.depth.server_queue += 1;
                self.out.peak_server_queue = self.out.peak_server_queue.max(self.depth.server_queue);
            }
        }
    }

    fn refuse(&mut self, job: Job) {
        self.out.refused += 1;
        if let Some(worker) = self.workers.get_mut(job.worker) {
            worker.refused = true;
        }
        self.read_answer(job.worker);
    }

    /// The server begins to work on an attempt, whose client may have gone.
    fn serve(&mut self, job: Job) {
        if self.workers.get(job.worker).is_some_and(|worker| worker.attempt == job.attempt) {
            self.set_state(job.worker, State::Served);
        }
        let round = self.workers.get(job.worker).map_or(0, |worker| worker.round);
        let number = if self.setup.retries.repeats_service { round } else { u64::from(job.attempt) };
        let service = time(self.draws.service(job.worker as u64, number));
        self.push(self.now.saturating_add(service), What::Done, job);
    }

    fn read_answer(&mut self, index: usize) {
        if self.workers.get(index).is_some_and(|worker| worker.has_slot) {
            self.depth.in_flight -= 1;
        }
        self.set_state(index, State::Ending);
        let at = self.cpu(self.setup.cpu.end);
        self.push(at, What::Ended, self.job(index));
    }

    /// A place at a host's server becomes free.
    fn server_has_room(&mut self, host: usize) {
        let (workers, goes_on) = (&self.workers, self.servers.begins_work_for_the_gone());
        let present = |job: &Job| workers.get(job.worker).is_some_and(|worker| worker.attempt == job.attempt);
        if let Some(job) = self.servers.next(host, |job| goes_on || present(job)) {
            self.depth.server_queue -= 1;
            self.serve(job);
        }
    }

    /// The queue's time-out of a worker that still waits.
    fn queue_time_out(&mut self, index: usize) {
        let since = self.workers.get(index).map_or(0, |worker| worker.started.max(self.last_release));
        match self.timers.queue_due(since) {
            Some(due) if self.setup.time_outs.queue_restarts && due > self.now => self.push(due, What::QueueTimer, self.job(index)),
            _ => self.give_up(index),
        }
    }

    /// A time-out: the client closes the connection, if it has one, and its slot is free at once.
    fn give_up(&mut self, index: usize) {
        let Some(worker) = self.workers.get(index).copied() else { return };
        self.out.timed_out += 1;
        if matches!(worker.state, State::AtServer | State::Served) {
            self.depth.in_flight -= 1;
        }
        match worker.state {
            State::Queued => self.depth.queued -= 1,
            State::AtServer if !self.servers.begins_work_for_the_gone() => self.depth.server_queue -= 1,
            State::Served if !self.servers.ends_work_for_the_gone() => self.server_has_room(self.job(index).host),
            _ => {}
        }
        self.end_attempt(index, false);
    }

    fn end_attempt(&mut self, index: usize, ok: bool) {
        let host = self.job(index).host;
        let Some(worker) = self.workers.get_mut(index) else { return };
        let (had_slot, state) = (worker.has_slot, worker.state);
        worker.has_slot = false;
        worker.state = State::Idle;
        worker.attempt = worker.attempt.wrapping_add(1);
        if had_slot {
            self.pool.give_back(host, state == State::Ending);
            self.last_release = self.now;
        }
        if !ok && worker.retry < self.setup.retries.times {
            let pause = self.setup.retries.backoff * libm::exp2(f64::from(worker.retry));
            worker.retry += 1;
            self.wake(host);
            self.push(self.now.saturating_add(time(pause)), What::Begin, self.job(index));
            return;
        }
        worker.retry = 0;
        worker.round += 1;
        worker.has_permit = false;
        let finished = worker.round >= self.setup.rounds;
        *(if ok { &mut self.out.ok } else { &mut self.out.failed }) += 1;
        let at_once = !finished && self.setup.pause <= 0.0;
        let overtakes = at_once && self.setup.order == Order::NewcomerFirst && self.setup.semaphore.is_none();
        if !overtakes {
            self.wake(host);
        }
        self.pass_permit();
        if finished {
            self.unfinished -= 1;
            self.out.wall = seconds(self.now);
        } else if at_once {
            self.next_request(index);
        } else {
            self.push(self.now.saturating_add(time(self.setup.pause)), What::Begin, self.job(index));
        }
        if overtakes {
            self.wake(host);
        }
    }

    /// The semaphore's permit goes to whoever waits longest for it.
    fn pass_permit(&mut self) {
        self.permits = self.permits.saturating_add(1);
        if let Some(next) = self.at_semaphore.pop_front() {
            self.next_request(next);
        }
    }

    /// Slots that are free go to those who wait.
    fn wake(&mut self, freed: usize) {
        loop {
            let (workers, now) = (&self.workers, self.now);
            // Time-outs of one moment end together: nobody opens a connection in the moment of its own time-out.
            let waits = |ticket: &Ticket| {
                let worker = workers.get(ticket.job.worker);
                worker.is_some_and(|worker| worker.attempt == ticket.job.attempt && worker.state == State::Queued && worker.due > now)
            };
            let Some(ticket) = self.pool.next(freed, waits) else { return };
            let Some(new) = self.pool.take(ticket.job.host) else { return };
            self.depth.queued -= 1;
            self.granted(ticket.job, new);
        }
    }

    fn finish(mut self) -> Outcome {
        let done = self.out.ok + self.out.failed;
        self.out.stuck = (self.setup.workers * self.setup.rounds).saturating_sub(done);
        if self.out.stuck > 0 {
            self.out.wall = f64::INFINITY;
        }
        self.out.opened = self.pool.opened;
        self.out.timeline = self.recorder.points();
        self.out.waits = Waits::of(&mut self.waits);
        self.out
    }
}

impl Worker {
    /// Whether a time-out that was set still means something.
    fn counts(&self, kind: Kind, timer: &Timer) -> bool {
        self.attempt == timer.attempt
            && match kind {
                Kind::Total => self.state != State::Ending,
                Kind::Queue => self.state == State::Queued,
                Kind::Read => self.state != State::Ending,
            }
    }
}
