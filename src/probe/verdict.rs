//! Whether what was measured is what was predicted, figure by figure.
//!
//! The prediction is never adjusted, and noise never makes a match easier: a spread above the tolerance is no confirmation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::measure::Measured;
use super::predict::Predicted;
use crate::queueing::model::Range;

/// Share by which times and counts may differ.
const TOLERANCE: f64 = 0.10;
/// Points by which the share of successes may differ, as a share.
const SUCCESS_TOLERANCE: f64 = 0.03;
/// Runs below which nothing is concluded: of two nobody knows which was the odd one.
pub const FEWEST: usize = 3;
/// Waits that a 95th percentile needs.
const FOR_P95: usize = 100;

/// What is concluded. The order is that of importance.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As predicted.
    Confirmed,
    /// The prediction is a range too wide to be confirmed, and the measurement lies in it.
    Undecided,
    /// The runs differ by more than the tolerance or are too few, or the machine was busy.
    Inconclusive,
    /// Not as predicted.
    NotConfirmed,
}

/// What a figure counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// A share from 0 to 1.
    Share,
    /// Requests or connections.
    Count,
}

/// One figure.
#[derive(Clone, PartialEq, Debug)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// The prediction.
    pub predicted: Range,
    /// The median of the runs.
    pub measured: f64,
    /// The runs.
    pub runs: Vec<f64>,
    /// By how much it may differ, in its unit.
    pub tolerance: f64,
    /// The conclusion; `None` where the figure is only shown.
    pub verdict: Option<Verdict>,
    /// Whether the prediction is a lower bound only.
    pub lower_bound: bool,
}

impl Metric {
    /// Measured less predicted, 0 within a range.
    pub fn difference(&self) -> f64 {
        let Range { low, high } = self.predicted;
        if self.measured < low {
            self.measured - low
        } else if self.measured > high {
            self.measured - high
        } else {
            0.0
        }
    }

    /// Between the least and the most of the runs.
    pub fn spread(&self) -> f64 {
        let least = self.runs.iter().copied().fold(f64::INFINITY, f64::min);
        let most = self.runs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if self.runs.is_empty() { 0.0 } else { most - least }
    }

    /// `unsure` says that whatever the figures are, the machine may have made them.
    fn judged(mut self, unsure: bool) -> Self {
        let width = self.predicted.high - self.predicted.low;
        let is_within = self.difference().abs() <= if self.unit == Unit::Count && width > 0.0 { 0.0 } else { self.tolerance };
        // Runs that differ confirm nothing; but where all of them lie further off than they differ, that is no noise.
        let is_far = self.difference().abs() - self.tolerance > self.spread();
        self.verdict = Some(if unsure || self.runs.len() < FEWEST || (self.spread() > self.tolerance && !is_far) {
            Verdict::Inconclusive
        } else if !is_within {
            Verdict::NotConfirmed
        } else if width > 2.0 * self.tolerance {
            Verdict::Undecided
        } else {
            Verdict::Confirmed
        });
        self
    }
}

/// The middle of some figures.
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}

/// What is known of the client's CPU.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Cost {
    /// Of a request, seconds, as far as it counts as noise.
    pub noise: f64,
    /// Added to the predicted wall time because calls could not be made long enough for it not to matter, seconds.
    pub added: f64,
    /// Whether it changed so much over the runs, or others took so much of the machine, that nothing can be said of times.
    pub busy: bool,
    /// Mean time of a call, seconds.
    pub call: f64,
}

/// Compares all figures.
pub fn compare(predicted: &Predicted, runs: &[Measured], cost: &Cost) -> Vec<Metric> {
    let requests = runs.first().map_or(0, |run| run.requests) as f64;
    let at_once = predicted.peak.high.max(1.0);
    // The client works on the requests one after the other: what is at once in the model is spread over this time.
    let floor = cost.noise * at_once.max(requests.min(600.0));
    let metric = |name, unit, predicted: Range, figure: &dyn Fn(&Measured) -> f64| {
        let runs: Vec<f64> = runs.iter().map(figure).collect();
        let measured = median(&runs);
        let lower_bound = false;
        Metric { name, unit, predicted, measured, runs, tolerance: 0.0, verdict: None, lower_bound }
    };
    let time = |name, range: Range, figure: &dyn Fn(&Measured) -> f64| Metric {
        tolerance: (TOLERANCE * range.high).max(floor),
        lower_bound: predicted.lower_bound,
        ..metric(name, Unit::Seconds, range, figure)
    };
    // A wait is long or short beside a call: the client comes to its last request a moment after its first.
    let wait = |name, range: Range, figure: &dyn Fn(&Measured) -> f64| {
        let wait = time(name, range, figure);
        Metric { tolerance: wait.tolerance.max(TOLERANCE * cost.call), ..wait }
    };
    let wall = Range { low: predicted.wall.low + cost.added, high: predicted.wall.high + cost.added };
    let success = Metric { tolerance: SUCCESS_TOLERANCE, ..metric("success", Unit::Share, predicted.success, &Measured::success) };
    let mut all = vec![
        time("wall time", wall, &|run| run.wall).judged(cost.busy),
        success.judged(cost.busy),
        wait("mean wait", predicted.wait_mean, &Measured::mean_wait).judged(cost.busy),
    ];
    if runs.iter().all(|run| run.waits.len() >= FOR_P95) {
        all.push(wait("95 % wait below", predicted.wait_p95, &|run| run.wait_at(0.95)).judged(cost.busy));
    }
    all.push(wait("longest wait", predicted.wait_longest, &|run| run.wait_at(1.0)));
    // Exact where it is one number; within a range of counts there is nothing to be undecided about.
    let peak = Metric {
        // At an edge the range is the answer of nobody.
        tolerance: if predicted.edge { 0.0 } else { (predicted.peak.high - predicted.peak.low) / 2.0 },
        ..metric("most in flight", Unit::Count, predicted.peak, &|run| run.server.most_in_flight as f64)
    };
    all.push(peak.judged(false));
    if let Some(opened) = predicted.opened {
        let tolerance = TOLERANCE * opened.high;
        all.push(Metric { tolerance, ..metric("connections opened", Unit::Count, opened, &|run| run.server.opened as f64) }.judged(false));
    }
    all
}

/// The conclusion of many: the most important one.
pub fn overall<'a>(metrics: impl IntoIterator<Item = &'a Metric>) -> Verdict {
    metrics.into_iter().filter_map(|metric| metric.verdict).max().unwrap_or(Verdict::Undecided)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(predicted: Range, runs: &[f64], tolerance: f64) -> Option<Verdict> {
        let (measured, runs) = (median(runs), runs.to_vec());
        let metric = Metric { name: "x", unit: Unit::Seconds, predicted, measured, runs, tolerance, verdict: None, lower_bound: false };
        metric.judged(false).verdict
    }

    #[test]
    fn few_runs_conclude_nothing() {
        let one = Range::exactly(10.0);
        for runs in [&[10.0][..], &[10.0, 10.0], &[99.0, 99.0]] {
            assert_eq!(judged(one, runs, 1.0), Some(Verdict::Inconclusive), "{runs:?}");
        }
    }

    #[test]
    fn noise_never_makes_a_match_easier() {
        let one = Range::exactly(10.0);
        assert_eq!(judged(one, &[10.5, 10.4, 10.6], 1.0), Some(Verdict::Confirmed));
        assert_eq!(judged(one, &[12.5, 12.4, 12.6], 1.0), Some(Verdict::NotConfirmed));
        assert_eq!(judged(one, &[10.0, 9.0, 11.0], 1.0), Some(Verdict::Inconclusive));
        assert_eq!(judged(one, &[20.0, 21.5, 22.0], 1.0), Some(Verdict::NotConfirmed), "further off than they differ");
        assert_eq!(judged(one, &[12.5, 11.0, 15.0], 1.0), Some(Verdict::Inconclusive));
        let wide = Range { low: 1.0, high: 9.0 };
        assert_eq!(judged(wide, &[5.0, 5.1, 5.2], 1.0), Some(Verdict::Undecided));
        assert_eq!(judged(wide, &[11.0, 11.1, 11.2], 1.0), Some(Verdict::NotConfirmed));
        assert_eq!(judged(Range::exactly(30.0), &[30.0, 31.0, 30.0], 0.0), Some(Verdict::Inconclusive));
    }
}
