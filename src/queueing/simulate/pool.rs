//! The pool: slots, connections that are kept, and the queue in front of them.

use std::collections::VecDeque;

use super::Keep;
use super::server::Job;
use crate::queueing::limits::Limits;

/// A request in the queue. It stays there after it gave up, and is passed over then.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket {
    number: u64,
    pub(super) job: Job,
}

#[derive(Default)]
struct Host {
    used: u64,
    idle: u64,
    queue: VecDeque<Ticket>,
}

/// Slots of all hosts.
pub(super) struct Pool {
    total: u64,
    per_host: u64,
    keep: Keep,
    hosts: Vec<Host>,
    used: u64,
    idle: u64,
    tickets: u64,
    /// Connections opened so far.
    pub(super) opened: u64,
}

impl Pool {
    pub(super) fn new(limits: &Limits, keep: Keep) -> Self {
        let hosts = (0..limits.hosts.max(1)).map(|_| Host::default()).collect();
        let (total, per_host) = (limits.total.unwrap_or(u64::MAX), limits.per_host.unwrap_or(u64::MAX));
        Self { total, per_host, keep, hosts, used: 0, idle: 0, tickets: 0, opened: 0 }
    }

    pub(super) fn hosts(&self) -> usize {
        self.hosts.len()
    }

    /// Takes a slot if there is one: `Some(true)` with a new connection, `Some(false)` with an idle one.
    pub(super) fn take(&mut self, host: usize) -> Option<bool> {
        let place = self.hosts.get_mut(host)?;
        if self.used >= self.total || place.used >= self.per_host {
            return None;
        }
        self.used += 1;
        place.used += 1;
        let new = place.idle == 0;
        if new {
            self.opened += 1;
        } else {
            place.idle -= 1;
            self.idle -= 1;
        }
        Some(new)
    }

    /// Gives a slot back; `usable` when its connection may be used again.
    pub(super) fn give_back(&mut self, host: usize, usable: bool) {
        let Some(place) = self.hosts.get_mut(host) else { return };
        let kept = match self.keep {
            _ if !usable => false,
            Keep::All => true,
            Keep::Idle(most) => self.idle < most,
            Keep::IdlePerHost(most) => place.idle < most,
            Keep::Open(most) => self.used + self.idle <= most,
        };
        self.used = self.used.saturating_sub(1);
        place.used = place.used.saturating_sub(1);
        if kept {
            place.idle += 1;
            self.idle += 1;
        }
    }

    pub(super) fn enqueue(&mut self, job: Job) {
        let number = self.tickets;
        self.tickets += 1;
        if let Some(place) = self.hosts.get_mut(job.host) {
            place.queue.push_back(Ticket { number, job });
        }
    }

    /// The request that waits longest among those for which there is a slot, off its queue. `waits` tells who has given up.
    /// `freed` is the host at which a slot became free.
    pub(super) fn next(&mut self, freed: usize, waits: impl Fn(&Ticket) -> bool) -> Option<Ticket> {
        if self.used >= self.total {
            return None;
        }
        // Without a total limit nobody waits for another host's slot.
        let hosts = if self.total == u64::MAX { freed..freed + 1 } else { 0..self.hosts.len() };
        let mut oldest: Option<(u64, usize)> = None;
        for index in hosts {
            let Some(host) = self.hosts.get_mut(index) else { continue };
            while host.queue.front().is_some_and(|ticket| !waits(ticket)) {
                host.queue.pop_front();
            }
            if let Some(front) = host.queue.front()
                && host.used < self.per_host
                && oldest.is_none_or(|(number, _)| front.number < number)
            {
                oldest = Some((front.number, index));
            }
        }
        self.hosts.get_mut(oldest?.1)?.queue.pop_front()
    }
}
