//! Service times drawn by the number of worker and attempt.
//!
//! Own SplitMix64 (Steele, Lea and Flood, 2014; public domain) instead of a crate: printed predictions must stay the same over
//! versions of any crate, and a draw that depends on these numbers alone gives the same calls to both sides of a
//! before/after comparison.

use crate::queueing::service::Service;

/// Draws service times.
#[derive(Clone, Copy, Debug)]
pub struct Draws {
    seed: u64,
    service: Service,
}

const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// In (0, 1], so that its logarithm is finite.
fn unit(bits: u64) -> f64 {
    ((bits >> 11) + 1) as f64 / (1_u64 << 53) as f64
}

impl Draws {
    /// Draws of a seed.
    pub fn new(seed: u64, service: Service) -> Self {
        Self { seed: mix(seed.wrapping_add(STEP)), service }
    }

    /// Service time of a worker's attempt or request of this number (both counted from 0), seconds.
    pub fn service(&self, worker: u64, number: u64) -> f64 {
        match &self.service {
            Service::Constant(seconds) => *seconds,
            Service::Lognormal(distribution) => {
                let state = self.seed ^ mix(worker.wrapping_mul(STEP).wrapping_add(number));
                let (first, second) = (mix(state.wrapping_add(STEP)), mix(state.wrapping_add(STEP.wrapping_mul(2))));
                // Box and Muller, 1958.
                let radius = (-2.0 * libm::log(unit(first))).sqrt();
                distribution.at_deviation(radius * libm::cos(2.0 * std::f64::consts::PI * unit(second)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn draws_have_the_distribution_asked_for() {
        let draws = Draws::new(7, Service::new(40.0, Some(90.0)).unwrap());
        let mut times: Vec<f64> = (0..200_000).map(|worker| draws.service(worker, 0)).collect();
        let mean = times.iter().sum::<f64>() / times.len() as f64;
        times.sort_by(f64::total_cmp);
        assert!((mean - 40.0).abs() < 0.3, "{mean}");
        assert!((times[190_000] - 90.0).abs() < 1.5, "{}", times[190_000]);
        assert!((times[100_000] - 33.3).abs() < 0.3, "{}", times[100_000]);
    }

    #[test]
    fn draws_repeat_and_differ_by_attempt() {
        let draws = Draws::new(7, Service::new(40.0, Some(90.0)).unwrap());
        assert_eq!(draws.service(3, 0), draws.service(3, 0));
        assert_ne!(draws.service(3, 0), draws.service(3, 1));
        assert_ne!(draws.service(3, 0), Draws::new(8, Service::new(40.0, Some(90.0)).unwrap()).service(3, 0));
    }
}
