//! How many requests a pool lets through at once, and what the machine allows.

use super::tighter;

/// The limits of one pool. `None` is no limit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Limits {
    /// Connections over all hosts.
    pub total: Option<u64>,
    /// Connections to one host.
    pub per_host: Option<u64>,
    /// Hosts among which the requests are spread evenly; at least 1.
    pub hosts: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { total: None, per_host: None, hosts: 1 }
    }
}

impl Limits {
    /// One limit for one host.
    pub fn single(limit: Option<u64>) -> Self {
        Self { total: limit, per_host: None, hosts: 1 }
    }

    /// Effective limit: min(total, per_host × hosts).
    pub fn effective(&self) -> Option<u64> {
        tighter(self.total, self.over_hosts())
    }

    /// Sockets that can be open at once for `concurrency` requests.
    ///
    /// The total limit bounds the connections *in use*; idle ones of other hosts stay open (measured: 60 sockets under a
    /// total of 40), so each host counts with its own peak.
    pub fn peak_sockets(&self, concurrency: u64) -> u64 {
        let hosts = self.hosts.max(1);
        let one_host = tighter(tighter(self.per_host, self.total), Some(concurrency)).unwrap_or(concurrency);
        one_host.saturating_mul(hosts)
    }

    fn over_hosts(&self) -> Option<u64> {
        self.per_host.map(|limit| limit.saturating_mul(self.hosts.max(1)))
    }
}

/// Connections that fit into the open files of a process: the soft limit less what the process has open besides.
pub fn descriptor_budget(open_files: u64, reserve: u64) -> u64 {
    open_files.saturating_sub(reserve)
}

/// Linux' default range of ephemeral ports, 32768–60999 (`net.ipv4.ip_local_port_range`).
pub const EPHEMERAL_PORTS: u64 = 28_232;
/// Seconds for which Linux keeps a closed connection's port (`TCP_TIMEWAIT_LEN`).
pub const TIME_WAIT: f64 = 60.0;

/// How many times over the closed connections of a minute need the ephemeral ports to one destination (address and port): above 1
/// they run out. `closed` connections of a run of `wall` seconds are closed by the client, evenly over it. With Linux' defaults
/// 470 a second may go on for ever, and 28,232 at once.
pub fn ports_used(closed: f64, wall: f64) -> f64 {
    let lasting = if wall > TIME_WAIT { closed * TIME_WAIT / wall } else { closed };
    if lasting.is_nan() { 0.0 } else { lasting.max(0.0) / EPHEMERAL_PORTS as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smaller_limit_binds() {
        let pool = Limits { total: Some(100), per_host: Some(30), hosts: 1 };
        assert_eq!(pool.effective(), Some(30));
        let many = Limits { hosts: 4, ..pool };
        assert_eq!(many.effective(), Some(100));
        assert_eq!(Limits { hosts: 40, total: Some(500), per_host: Some(40) }.effective(), Some(500));
        assert_eq!(Limits::default().effective(), None);
        assert_eq!(Limits { total: None, per_host: Some(u64::MAX), hosts: u64::MAX }.effective(), Some(u64::MAX));
    }

    #[test]
    fn idle_connections_of_other_hosts_stay_open() {
        assert_eq!(Limits { total: Some(40), per_host: Some(20), hosts: 3 }.peak_sockets(300), 60);
        assert_eq!(Limits { total: Some(1000), per_host: Some(600), hosts: 1 }.peak_sockets(500), 500);
        assert_eq!(Limits::default().peak_sockets(500), 500);
    }

    #[test]
    fn machine_budgets() {
        assert_eq!(descriptor_budget(1024, 50), 974);
        assert_eq!(descriptor_budget(10, 50), 0);
        // 470 connections a second, for an hour; the same number of them in a minute.
        assert!((ports_used(470.53 * 3600.0, 3600.0) - 1.0).abs() < 1e-4);
        assert!((ports_used(28_232.0, 0.0) - 1.0).abs() < 1e-12);
        assert_eq!(ports_used(0.0, f64::INFINITY), 0.0);
    }
}
