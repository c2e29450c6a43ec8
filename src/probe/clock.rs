//! The clock that the mock server and the drivers share: the system's monotonic one, whose zero is the same in every process.

use std::time::Duration;

/// Nanoseconds of the monotonic clock.
pub type Nanoseconds = u64;

/// Now. On systems without a clock that processes share it counts from its first use, and the handshake with a driver fails.
pub fn now() -> Nanoseconds {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        u64::try_from(time.tv_sec).unwrap_or(0).saturating_mul(1_000_000_000).saturating_add(u64::try_from(time.tv_nsec).unwrap_or(0))
    }
    #[cfg(not(unix))]
    {
        static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
        let start = START.get_or_init(std::time::Instant::now);
        u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// Seconds as nanoseconds; nothing below 0.
pub fn nanoseconds(seconds: f64) -> Nanoseconds {
    // The cast saturates; NaN becomes 0.
    (seconds * 1e9).round() as u64
}

/// From one moment to a later one, seconds; negative where the order is the other way round.
pub fn seconds(from: Nanoseconds, to: Nanoseconds) -> f64 {
    if to >= from { (to - from) as f64 / 1e9 } else { -((from - to) as f64 / 1e9) }
}

/// From now until a moment; nothing if it has passed.
pub fn until(moment: Nanoseconds) -> Duration {
    Duration::from_nanos(moment.saturating_sub(now()))
}
