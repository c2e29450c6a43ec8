//! The latency that the program writes down for a pool, where nobody declares one.

use crate::catalog::concurrency::Statistic;
use crate::queueing::Service;
use crate::resolve::{ResolvedPool, WrittenLatency};
use crate::settings::Load;

/// Puts what the program itself says of its calls into the load of a pool, and gives what was taken.
///
/// It counts for the pools that are made in its own file; for a pool of another file only where there is no other pool. Figures that
/// contradict each other count for nothing.
pub fn fill(
    load: &mut Load,
    pool: &ResolvedPool<'_>,
    pools: usize,
    file: crate::text::FileId,
    written: &[WrittenLatency],
) -> Vec<WrittenLatency> {
    if load.latency.is_some() || pool.kind.database {
        return Vec::new();
    }
    let near: Vec<&WrittenLatency> = written.iter().filter(|one| one.at.file == file || pools == 1).collect();
    let only = |statistic: Statistic| {
        let mut all = near.iter().filter(|one| one.statistic == statistic);
        let first = *all.next()?;
        all.all(|other| other.seconds == first.seconds).then_some(first)
    };
    let Some(mean) = only(Statistic::Mean) else { return Vec::new() };
    let p95 = load.latency_p95.is_none().then(|| only(Statistic::P95)).flatten();
    let p95 = p95.filter(|p95| Service::new(mean.seconds, Some(p95.seconds)).is_ok());
    if load.latency_p95.is_some_and(|p95| Service::new(mean.seconds, Some(p95)).is_err()) {
        return Vec::new();
    }
    load.latency = Some(mean.seconds);
    load.latency_p95 = load.latency_p95.or(p95.map(|p95| p95.seconds));
    [Some(mean), p95].into_iter().flatten().cloned().collect()
}
