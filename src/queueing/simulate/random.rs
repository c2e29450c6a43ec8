//! Service times drawn by the number of worker and attempt.
//!
//! Own SplitMix64 (Steele, Lea and Flood, 2014; public domain) instead of a crate: printed predictions must stay the same over
//! versions of any crate, and a draw that depends on these numbers alone gives the same calls to both sides of a
//! before/after comparison.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::queueing::service::Service;

/// Draws service times.
#[derive(Clone, Debug)]
pub struct Draws {
    seed: u64,
    service: Service,
    known: Option<Arc<Table>>,
}

/// What simulations of the same calls have drawn: a draw costs as much as what is simulated with it.
#[derive(Default, Debug)]
pub struct Drawn(Mutex<Vec<(u64, Service, Arc<Table>)>>);

/// The times of a seed by worker and number, as bits; 0 where none was drawn yet. Whoever draws one stores the same.
#[derive(Debug)]
struct Table {
    numbers: u64,
    times: Vec<AtomicU64>,
}

impl Table {
    fn at(&self, worker: u64, number: u64) -> Option<&AtomicU64> {
        if number >= self.numbers {
            return None;
        }
        self.times.get(usize::try_from(worker.checked_mul(self.numbers)?.checked_add(number)?).ok()?)
    }
}

impl Drawn {
    /// Draws of a seed, of which those for so many workers and numbers are kept.
    pub(super) fn draws(&self, seed: u64, service: Service, (workers, numbers): (u64, u64)) -> Draws {
        let draws = Draws::new(seed, service);
        if matches!(service, Service::Constant(_)) {
            return draws;
        }
        let mut tables = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same = |(of, time, table): &&(u64, Service, Arc<Table>)| *of == seed && *time == service && table.numbers == numbers;
        let found = tables.iter().find(is_same).map(|(.., table)| Arc::clone(table));
        let table = found.unwrap_or_else(|| {
            let times = (0..workers.saturating_mul(numbers)).map(|_| AtomicU64::new(0)).collect();
            let table = Arc::new(Table { numbers, times });
            tables.push((seed, service, Arc::clone(&table)));
            table
        });
        Draws { known: Some(table), ..draws }
    }
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
        Self { seed: mix(seed.wrapping_add(STEP)), service, known: None }
    }

    /// Service time of a worker's attempt or request of this number (both counted from 0), seconds.
    pub fn service(&self, worker: u64, number: u64) -> f64 {
        match &self.service {
            Service::Constant(seconds) => *seconds,
            Service::Lognormal(distribution) => {
                let known = self.known.as_ref().and_then(|table| table.at(worker, number));
                if let Some(bits) = known.map(|known| known.load(Ordering::Relaxed)).filter(|bits| *bits != 0) {
                    return f64::from_bits(bits);
                }
                let state = self.seed ^ mix(worker.wrapping_mul(STEP).wrapping_add(number));
                let (first, second) = (mix(state.wrapping_add(STEP)), mix(state.wrapping_add(STEP.wrapping_mul(2))));
                // Box and Muller, 1958.
                let radius = (-2.0 * libm::log(unit(first))).sqrt();
                let time = distribution.at_deviation(radius * libm::cos(2.0 * std::f64::consts::PI * unit(second)));
                if let Some(known) = known {
                    known.store(time.to_bits(), Ordering::Relaxed);
                }
                time
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
    fn what_was_drawn_is_what_would_be_drawn() {
        let service = Service::new(40.0, Some(90.0)).unwrap();
        let (alone, drawn) = (Draws::new(7, service), Drawn::default());
        for _ in 0..2 {
            let draws = drawn.draws(7, service, (3, 2));
            assert!((0..5).all(|worker| (0..4).all(|number| draws.service(worker, number) == alone.service(worker, number))));
        }
        assert_ne!(drawn.draws(8, service, (3, 2)).service(0, 0), alone.service(0, 0));
        assert_eq!(drawn.draws(7, service, (3, 1)).service(1, 0), alone.service(1, 0), "rows of another length");
    }

    #[test]
    fn draws_repeat_and_differ_by_attempt() {
        let draws = Draws::new(7, Service::new(40.0, Some(90.0)).unwrap());
        assert_eq!(draws.service(3, 0), draws.service(3, 0));
        assert_ne!(draws.service(3, 0), draws.service(3, 1));
        assert_ne!(draws.service(3, 0), Draws::new(8, Service::new(40.0, Some(90.0)).unwrap()).service(3, 0));
    }
}
