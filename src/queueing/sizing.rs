//! Which pool size to advise, and why not less and not more.
//!
//! Policy: per host ⌈headroom × N_host⌉, rounded up to tens below 1000 and to hundreds above; in total twice the largest host,
//! at least the sum over the hosts. Never below the present value unless the server's limit is known. A server that takes
//! fewer than N is not helped by a bigger pool: there a semaphore of the server's size, outside the time-out, is advised.
//! Pools for open arrivals (databases) are staffed by [`super::erlang`], never by concurrency.

use super::limits::{Limits, descriptor_budget};

/// What is to be carried, and what the surroundings allow.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Demand {
    /// Requests under way at once to the busiest host, N_host, at least 1.
    pub per_host: u64,
    /// Requests under way at once over all hosts.
    pub total: u64,
    /// Hosts.
    pub hosts: u64,
    /// Reserve, as a factor of at least 1; 1.2 by default.
    pub headroom: f64,
    /// Present limits, below which nothing is advised unless the server's capacity is known.
    pub present: Option<Limits>,
    /// Requests that each server takes at once, where declared.
    pub server_capacity: Option<u64>,
    /// Requests under way at once at the rate that the servers take, over all hosts: rate × service time; where both are known.
    pub at_rate: Option<u64>,
    /// Soft limit of open files, where known.
    pub open_files: Option<u64>,
    /// Open files besides connections.
    pub open_files_reserve: u64,
}

impl Demand {
    /// N requests that may all go to one host.
    pub fn single_host(concurrency: u64) -> Self {
        Self {
            per_host: concurrency,
            total: concurrency,
            hosts: 1,
            headroom: 1.2,
            present: None,
            server_capacity: None,
            at_rate: None,
            open_files: None,
            open_files_reserve: 50,
        }
    }
}

/// Limits to write, with their bounds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Advice {
    /// Connections to one host.
    pub per_host: u64,
    /// Connections over all hosts.
    pub total: u64,
    /// Below this somebody waits: the concurrency itself, or what the server takes.
    pub floor: Bound,
    /// Above this something else breaks; `None` where nothing is known.
    pub ceiling: Option<Bound>,
    /// Bound the concurrency with a semaphore of this size, outside the time-out.
    pub semaphore: Option<u64>,
    /// The soft limit of open files that the advised limits need, where the present one is too low.
    pub open_files: Option<u64>,
}

/// A number with its reason.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bound {
    /// Connections.
    pub connections: u64,
    /// Why.
    pub reason: Reason,
}

/// Why a bound is where it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// With fewer connections than requests under way, requests wait.
    Concurrency,
    /// The server takes no more at once; further connections only move the queue to it.
    ServerCapacity,
    /// The servers take so many a second, which keeps no more under way (Little's law).
    Rate,
    /// Open files: the soft limit less the reserve.
    OpenFiles,
}

impl Reason {
    /// The reason as the rest of a sentence that begins with the number.
    pub fn text(self) -> &'static str {
        match self {
            Reason::Concurrency => "with fewer connections than requests under way, requests wait",
            Reason::ServerCapacity => "the server takes no more at once: further connections only move the queue to it",
            Reason::Rate => "the rate that the servers take keeps no more under way (Little's law)",
            Reason::OpenFiles => "open files of one process (soft limit less the reserve)",
        }
    }
}

/// Rounds a limit up to a number that people write: to tens below 1000, to hundreds from there.
pub fn round_up(connections: f64) -> u64 {
    if !connections.is_finite() || connections <= 0.0 {
        return 0;
    }
    let step = if connections < 1000.0 { 10.0 } else { 100.0 };
    // 1.2 × 50 must not become 70 because its last bit is set.
    ((connections / step - 1e-9).ceil() * step) as u64
}

/// Limits to advise for a demand.
pub fn advise(demand: &Demand) -> Advice {
    let headroom = if demand.headroom.is_finite() { demand.headroom.max(1.0) } else { 1.0 };
    let hosts = demand.hosts.max(1);
    let (need_host, need_total) = (demand.per_host, demand.total.max(demand.per_host));
    let at_server = demand.server_capacity.filter(|capacity| *capacity < need_host);
    let at_servers = at_server.map(|capacity| capacity.saturating_mul(hosts).min(demand.total.max(capacity)));
    if let Some(most) = demand.at_rate.filter(|most| *most < at_servers.unwrap_or(need_total)) {
        return held_back(demand, most.min(need_host).min(at_server.unwrap_or(need_host)), most, Reason::Rate);
    }
    if let Some((capacity, at_once)) = at_server.zip(at_servers) {
        return held_back(demand, capacity, at_once, Reason::ServerCapacity);
    }
    let kept = |limit: fn(&Limits) -> Option<u64>| demand.present.as_ref().and_then(limit).unwrap_or(0);
    let per_host = round_up(headroom * need_host as f64).max(kept(|limits| limits.per_host));
    let over_hosts = round_up(headroom * need_host as f64).saturating_mul(if need_total > need_host { hosts } else { 1 });
    let total = round_up(2.0 * need_host as f64)
        .max(round_up(headroom * need_total as f64))
        .max(round_up(over_hosts as f64))
        .max(per_host)
        .max(kept(|limits| limits.total));
    let limits = Limits { total: Some(total), per_host: Some(per_host), hosts };
    let sockets = limits.peak_sockets(need_host).max(need_total);
    let files = demand.open_files.map(|files| (files, descriptor_budget(files, demand.open_files_reserve)));
    let server = demand.server_capacity.map(|capacity| Bound { connections: capacity, reason: Reason::ServerCapacity });
    let machine = files.map(|(_, budget)| Bound { connections: budget, reason: Reason::OpenFiles });
    Advice {
        per_host,
        total,
        floor: Bound { connections: need_host, reason: Reason::Concurrency },
        ceiling: [server, machine].into_iter().flatten().min_by_key(|bound| bound.connections),
        semaphore: None,
        open_files: files.filter(|(_, budget)| sockets > *budget).map(|_| sockets.saturating_add(demand.open_files_reserve)),
    }
}

/// The servers are the narrower place, by what they take at once or by the second: bound the concurrency, do not raise the pool.
fn held_back(demand: &Demand, each: u64, at_once: u64, reason: Reason) -> Advice {
    let present = demand.present.unwrap_or_default();
    // A pool below would be the narrower place again; one above may stay as it is.
    let per_host = present.per_host.unwrap_or(each).max(each);
    let total = present.total.unwrap_or(per_host).max(at_once);
    let sockets = Limits { total: Some(total), per_host: Some(per_host), hosts: demand.hosts.max(1) }.peak_sockets(each);
    let budget = demand.open_files.map(|files| descriptor_budget(files, demand.open_files_reserve));
    Advice {
        per_host,
        total,
        floor: Bound { connections: each, reason },
        ceiling: Some(Bound { connections: each, reason }),
        semaphore: Some(at_once),
        open_files: budget.filter(|budget| sockets > *budget).map(|_| sockets.saturating_add(demand.open_files_reserve)),
    }
}

/// Connections that one pool of a database client may have: what the database takes from the program over all that have such a pool
/// (processes × replicas × pools). Raising a pool beyond it moves the queue into the database, or meets its refusal.
pub fn database_share(max_connections: u64, pools: u64) -> u64 {
    max_connections / pools.max(1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_table() {
        for (concurrency, per_host, total) in [(50, 60, 100), (100, 120, 200), (200, 240, 400), (500, 600, 1000), (1000, 1200, 2000)] {
            let advice = advise(&Demand::single_host(concurrency));
            assert_eq!((advice.per_host, advice.total), (per_host, total), "{concurrency}");
            assert_eq!(advice.floor, Bound { connections: concurrency, reason: Reason::Concurrency });
            assert_eq!(advice.ceiling, None);
        }
    }

    #[test]
    fn rounding() {
        for (value, rounded) in [(60.0, 60), (60.1, 70), (1.2 * 5.0, 10), (999.0, 1000), (1000.0, 1000), (1001.0, 1100), (0.0, 0)] {
            assert_eq!(round_up(value), rounded, "{value}");
        }
        assert_eq!(round_up(f64::NAN), 0);
        assert_eq!(round_up(f64::INFINITY), 0);
    }

    #[test]
    fn several_hosts_add_up() {
        let advice = advise(&Demand { per_host: 100, total: 400, hosts: 4, ..Demand::single_host(1) });
        assert_eq!((advice.per_host, advice.total), (120, 480));
    }

    #[test]
    fn descriptors_bound_the_sockets_not_the_setting() {
        let seed = Demand { open_files: Some(1024), ..Demand::single_host(500) };
        let advice = advise(&seed);
        assert_eq!((advice.per_host, advice.total), (600, 1000));
        assert_eq!(advice.ceiling, Some(Bound { connections: 974, reason: Reason::OpenFiles }));
        assert_eq!(advice.open_files, None);
        assert_eq!(advise(&Demand { open_files: Some(1024), ..Demand::single_host(1000) }).open_files, Some(1050));
    }

    #[test]
    fn never_below_the_present_value() {
        let present = Some(Limits { total: Some(4000), per_host: Some(700), hosts: 1 });
        let advice = advise(&Demand { present, ..Demand::single_host(500) });
        assert_eq!((advice.per_host, advice.total), (700, 4000));
    }

    #[test]
    fn a_narrow_server_wants_a_semaphore() {
        let present = Some(Limits { total: Some(100), per_host: Some(30), hosts: 1 });
        let advice = advise(&Demand { server_capacity: Some(128), present, ..Demand::single_host(500) });
        assert_eq!(advice.semaphore, Some(128));
        assert_eq!((advice.per_host, advice.total), (128, 128));
        assert_eq!(advice.ceiling.unwrap().reason, Reason::ServerCapacity);
        let wide = advise(&Demand { server_capacity: Some(800), ..Demand::single_host(500) });
        assert_eq!(wide.semaphore, None);
        assert_eq!(wide.ceiling, Some(Bound { connections: 800, reason: Reason::ServerCapacity }));
    }

    #[test]
    fn a_rate_wants_no_larger_pool() {
        // 10 a second of 2 s each are 20 under way, which the present 30 carry.
        let present = Some(Limits { total: None, per_host: Some(30), hosts: 1 });
        let demand = Demand { at_rate: Some(20), present, ..Demand::single_host(500) };
        let advice = advise(&demand);
        assert_eq!((advice.semaphore, advice.per_host), (Some(20), 30));
        assert_eq!(advice.floor, Bound { connections: 20, reason: Reason::Rate });
        // The narrower of the two decides.
        assert_eq!(advise(&Demand { server_capacity: Some(10), ..demand }).floor.reason, Reason::ServerCapacity);
        assert_eq!(advise(&Demand { server_capacity: Some(25), ..demand }).floor.reason, Reason::Rate);
        assert_eq!(advise(&Demand { at_rate: Some(500), ..demand }).semaphore, None);
        assert_eq!(advise(&Demand { at_rate: Some(20), present: None, ..Demand::single_host(500) }).per_host, 20);
    }

    #[test]
    fn a_database_is_shared() {
        assert_eq!(database_share(97, 12), 8);
        assert_eq!(database_share(100, 0), 100);
        assert_eq!(database_share(0, 4), 0);
    }

    #[test]
    fn nothing_overflows() {
        let advice = advise(&Demand { per_host: u64::MAX, total: u64::MAX, hosts: u64::MAX, ..Demand::single_host(1) });
        assert!(advice.per_host > 0 && advice.total > 0);
    }
}
