//! The servers, one for each host: so many requests at once, and what happens to the others.

use std::collections::VecDeque;

use super::{GoneClients, ServerLimit, WhenFull};

/// One attempt at a request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Job {
    pub(super) worker: usize,
    /// The worker's count of attempts.
    pub(super) attempt: u32,
    pub(super) host: usize,
}

/// What a server does with a request that arrives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Arrival {
    Begins,
    Queued,
    Refused,
}

struct Host {
    busy: u64,
    queue: VecDeque<Job>,
}

/// All servers.
pub(super) struct Servers {
    limit: Option<ServerLimit>,
    hosts: Vec<Host>,
}

impl Servers {
    pub(super) fn new(limit: Option<ServerLimit>, hosts: usize) -> Self {
        Self { limit, hosts: (0..hosts).map(|_| Host { busy: 0, queue: VecDeque::new() }).collect() }
    }

    /// Whether work that was begun takes up room until it is done though the client has gone.
    pub(super) fn ends_work_for_the_gone(&self) -> bool {
        self.limit.is_some_and(|limit| limit.gone != GoneClients::Stops)
    }

    /// Whether work is begun though the client has gone.
    pub(super) fn begins_work_for_the_gone(&self) -> bool {
        self.limit.is_some_and(|limit| limit.gone == GoneClients::NeverNotices)
    }

    pub(super) fn arrive(&mut self, job: Job) -> Arrival {
        let (Some(limit), Some(host)) = (self.limit, self.hosts.get_mut(job.host)) else { return Arrival::Begins };
        if host.busy < limit.capacity {
            host.busy += 1;
            return Arrival::Begins;
        }
        match limit.when_full {
            WhenFull::Reject => Arrival::Refused,
            WhenFull::Queue => {
                host.queue.push_back(job);
                Arrival::Queued
            }
        }
    }

    /// A place becomes free: the next job that `wanted` still wants takes it.
    pub(super) fn next(&mut self, host: usize, wanted: impl Fn(&Job) -> bool) -> Option<Job> {
        self.limit?;
        let host = self.hosts.get_mut(host)?;
        while let Some(job) = host.queue.pop_front() {
            if wanted(&job) {
                return Some(job);
            }
        }
        host.busy = host.busy.saturating_sub(1);
        None
    }
}
