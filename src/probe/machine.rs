//! How much of the machine others take while something is measured, as Linux says it.

/// Time that the processors of the machine have worked, in ticks of the system's clock.
pub(super) struct Machine {
    /// All of them, and how much of it was work.
    passed: u64,
    worked: u64,
    /// This process and those that it has waited for.
    own: u64,
}

impl Machine {
    /// As the system says it until now; `None` where it does not.
    pub(super) fn now() -> Option<Self> {
        let read = |path: &str| std::fs::read_to_string(path).ok();
        Self::read(&read("/proc/stat")?, &read("/proc/self/stat")?)
    }

    fn read(machine: &str, own: &str) -> Option<Self> {
        // user, nice, system, idle, iowait, irq, softirq, steal; guests are in the first two already.
        let ticks: Vec<u64> = machine.lines().next()?.split_whitespace().skip(1).take(8).map_while(|ticks| ticks.parse().ok()).collect();
        let passed: u64 = ticks.iter().sum();
        let idle: u64 = ticks.iter().skip(3).take(2).sum();
        // Behind the name, which may hold anything, stand the state and ten numbers; then user, system, and both of children.
        let own = own.rsplit(')').next()?.split_whitespace().skip(11).take(4).map_while(|ticks| ticks.parse::<u64>().ok()).sum();
        Some(Self { passed, worked: passed - idle, own })
    }

    /// The share of the time since then that others took.
    pub(super) fn others(self) -> Option<f64> {
        Self::now()?.others_since(&self)
    }

    fn others_since(&self, before: &Self) -> Option<f64> {
        let since = |now: u64, before: u64| now.saturating_sub(before) as f64;
        let passed = since(self.passed, before.passed);
        let others = since(self.worked, before.worked) - since(self.own, before.own);
        (passed > 0.0).then(|| (others / passed).clamp(0.0, 1.0))
    }
}

/// Mean number of processes that wanted to run during the last minute, where the system says it.
pub(super) fn load() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_others_take_of_the_machine_is_known() {
        let own = |ticks: u64| format!("7 (a b) c) S 1 7 7 0 -1 0 0 0 0 0 {ticks} 5 {ticks} 5 20 0\n");
        let before = Machine::read("cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 1\n", &own(10)).unwrap();
        assert_eq!((before.passed, before.worked, before.own), (1000, 200, 30));
        // 400 ticks on, of which 200 were work and 40 of them ours.
        let after = Machine::read("cpu  200 0 200 1000 0 0 0 0 0 0\n", &own(30)).unwrap();
        assert_eq!(after.others_since(&before), Some(0.4));
        assert_eq!(after.others_since(&after), None);
        assert!(Machine::read("", "").is_none());
    }
}
