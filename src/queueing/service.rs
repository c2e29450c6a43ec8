//! How long one request takes once it is under way: always the same time, or lognormal with a known mean and 95th percentile.

use std::fmt;

/// 0.95 quantile of the standard normal distribution.
const Z95: f64 = 1.644_853_626_951_472_7;

/// Time that one request takes once it has a connection, seconds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Service {
    /// The same for each request.
    Constant(f64),
    /// Varying from request to request.
    Lognormal(Lognormal),
}

/// A lognormal distribution: ln X is normal with mean `mu` and standard deviation `sigma`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Lognormal {
    mu: f64,
    sigma: f64,
}

/// Why no service time has these figures.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Impossible {
    /// A time that is not a finite number above zero.
    NotATime,
    /// The 95th percentile lies below the mean or too far above it: p95 / mean must be above 1 and at most this.
    Ratio {
        /// The largest p95 / mean of a lognormal distribution, e^(z²/2) = 3.87.
        largest: f64,
    },
}

impl fmt::Display for Impossible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Impossible::NotATime => write!(f, "a service time is a finite number of seconds above 0"),
            Impossible::Ratio { largest } => {
                write!(f, "the 95th percentile must be above the mean and at most {largest:.2} times the mean")
            }
        }
    }
}

impl std::error::Error for Impossible {}

impl Service {
    /// From the mean and, where known, the 95th percentile; equal figures mean a constant time.
    pub fn new(mean: f64, p95: Option<f64>) -> Result<Self, Impossible> {
        let mean = super::positive(mean).ok_or(Impossible::NotATime)?;
        match p95 {
            None => Ok(Service::Constant(mean)),
            Some(p95) if p95 == mean => Ok(Service::Constant(mean)),
            Some(p95) => Lognormal::from_mean_p95(mean, p95).map(Service::Lognormal),
        }
    }

    /// Mean, seconds.
    pub fn mean(&self) -> f64 {
        match self {
            Service::Constant(seconds) => *seconds,
            Service::Lognormal(distribution) => distribution.mean(),
        }
    }

    /// Coefficient of variation: standard deviation / mean.
    pub fn cv(&self) -> f64 {
        match self {
            Service::Constant(_) => 0.0,
            Service::Lognormal(distribution) => distribution.cv(),
        }
    }

    /// Probability that a request takes at most `seconds`.
    ///
    /// A constant time within a billionth above `seconds` counts as within: 3 × 0.4 s is not longer than 1.2 s because of rounding.
    pub fn cdf(&self, seconds: f64) -> f64 {
        match self {
            Service::Constant(service) if *service <= seconds * (1.0 + 1e-9) => 1.0,
            Service::Constant(_) => 0.0,
            Service::Lognormal(distribution) => distribution.cdf(seconds),
        }
    }
}

impl Lognormal {
    /// From mean m and 95th percentile q: σ = z − √(z² − 2 ln(q/m)), μ = ln m − σ²/2, with z = 1.645.
    ///
    /// Of the two solutions this is the one with the smaller spread. Only possible for 1 < q/m ≤ 3.87.
    pub fn from_mean_p95(mean: f64, p95: f64) -> Result<Self, Impossible> {
        let mean = super::positive(mean).ok_or(Impossible::NotATime)?;
        let p95 = super::positive(p95).ok_or(Impossible::NotATime)?;
        let refused = Impossible::Ratio { largest: libm::exp(Z95 * Z95 / 2.0) };
        // The difference of logarithms, not the logarithm of the ratio: a ratio of extreme figures could overflow.
        let spread = Z95 * Z95 - 2.0 * (libm::log(p95) - libm::log(mean));
        if p95 <= mean || spread < 0.0 {
            return Err(refused);
        }
        let sigma = Z95 - spread.sqrt();
        if sigma <= 0.0 {
            return Err(refused);
        }
        Ok(Self { mu: libm::log(mean) - sigma * sigma / 2.0, sigma })
    }

    /// Mean of the logarithm of seconds.
    pub fn mu(&self) -> f64 {
        self.mu
    }

    /// Standard deviation of the logarithm.
    pub fn sigma(&self) -> f64 {
        self.sigma
    }

    /// Mean, seconds.
    pub fn mean(&self) -> f64 {
        libm::exp(self.mu + self.sigma * self.sigma / 2.0)
    }

    /// Half of the requests take at most this long, seconds.
    pub fn median(&self) -> f64 {
        libm::exp(self.mu)
    }

    /// Coefficient of variation, √(e^σ² − 1).
    pub fn cv(&self) -> f64 {
        libm::expm1(self.sigma * self.sigma).sqrt()
    }

    /// The time that `z` standard deviations of the logarithm above its mean stand for, seconds: 2.326 for the 99th percentile.
    pub fn at_deviation(&self, z: f64) -> f64 {
        libm::exp(self.mu + self.sigma * z)
    }

    /// Probability that a request takes at most `seconds`.
    pub fn cdf(&self, seconds: f64) -> f64 {
        if seconds <= 0.0 { 0.0 } else { normal_cdf((libm::log(seconds) - self.mu) / self.sigma) }
    }

    /// ∫₀ˣ F(t) dt = x·F(x) − E[X; X ≤ x], seconds: lets sums of F over many requests be taken in closed form.
    pub(crate) fn integral_of_cdf(&self, seconds: f64) -> f64 {
        if seconds <= 0.0 {
            return 0.0;
        }
        let z = (libm::log(seconds) - self.mu) / self.sigma;
        (seconds * normal_cdf(z) - self.mean() * normal_cdf(z - self.sigma)).max(0.0)
    }
}

/// Distribution function of the standard normal distribution.
pub(crate) fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn forty_seconds_with_p95_of_ninety() {
        let d = Lognormal::from_mean_p95(40.0, 90.0).unwrap();
        assert!((d.mu() - 3.507).abs() < 0.001, "{}", d.mu());
        assert!((d.sigma() - 0.604).abs() < 0.001, "{}", d.sigma());
        assert!((d.median() - 33.3).abs() < 0.1);
        assert!((d.at_deviation(2.326_347_9) - 136.0).abs() < 0.5);
        assert!((d.cv() - 0.663).abs() < 0.001);
        assert!((d.mean() - 40.0).abs() < 1e-9);
        assert!((1.0 - d.cdf(120.0) - 0.017).abs() < 0.0005);
        assert!((d.cdf(90.0) - 0.95).abs() < 1e-9);
    }

    #[test]
    fn impossible_figures_are_refused() {
        for (mean, p95) in [(40.0, 39.0), (40.0, 40.0 * 3.88), (1.0, 1e300), (1e300, 1.0)] {
            assert!(matches!(Lognormal::from_mean_p95(mean, p95), Err(Impossible::Ratio { .. })), "{mean} {p95}");
        }
        for (mean, p95) in [(0.0, 1.0), (1.0, f64::NAN), (f64::INFINITY, 1.0), (-1.0, 2.0)] {
            assert_eq!(Lognormal::from_mean_p95(mean, p95), Err(Impossible::NotATime), "{mean} {p95}");
        }
        assert!(Lognormal::from_mean_p95(40.0, 40.0 * 3.86).is_ok());
        assert_eq!(Service::new(40.0, Some(40.0)), Ok(Service::Constant(40.0)));
    }

    #[test]
    fn integral_matches_a_sum() {
        let d = Lognormal::from_mean_p95(40.0, 90.0).unwrap();
        let step = 0.01;
        let sum: f64 = (0..12_000).map(|i| d.cdf((f64::from(i) + 0.5) * step) * step).sum();
        assert!((sum - d.integral_of_cdf(120.0)).abs() < 1e-3);
    }
}
