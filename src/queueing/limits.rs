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

/// Which of the two limits decides.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Binding {
    /// The limit over all hosts.
    Total,
    /// The limit of each host, times the hosts.
    PerHost,
    /// Both give the same number.
    Both,
    /// Neither: there is no limit.
    Neither,
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

    /// Which limit the effective one comes from.
    pub fn binding(&self) -> Binding {
        match (self.total, self.over_hosts()) {
            (None, None) => Binding::Neither,
            (Some(_), None) => Binding::Total,
            (None, Some(_)) => Binding::PerHost,
            (Some(total), Some(hosts)) if total == hosts => Binding::Both,
            (Some(total), Some(hosts)) if total < hosts => Binding::Total,
            _ => Binding::PerHost,
        }
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

/// Connections per second to one destination (address and port) that may be opened and closed for good before the ephemeral
/// ports run out: `ports / time_wait`. With Linux' defaults about 470.
pub fn port_budget(ports: u64, time_wait: f64) -> f64 {
    match super::positive(time_wait) {
        Some(seconds) => ports as f64 / seconds,
        None => f64::INFINITY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smaller_limit_binds() {
        let pool = Limits { total: Some(100), per_host: Some(30), hosts: 1 };
        assert_eq!(pool.effective(), Some(30));
        assert_eq!(pool.binding(), Binding::PerHost);
        let many = Limits { hosts: 4, ..pool };
        assert_eq!(many.effective(), Some(100));
        assert_eq!(many.binding(), Binding::Total);
        assert_eq!(Limits { hosts: 40, total: Some(500), per_host: Some(40) }.effective(), Some(500));
        assert_eq!(Limits::default().effective(), None);
        assert_eq!(Limits::default().binding(), Binding::Neither);
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
        assert!((port_budget(EPHEMERAL_PORTS, TIME_WAIT) - 470.5).abs() < 0.1);
        assert_eq!(port_budget(1, 0.0), f64::INFINITY);
    }
}
