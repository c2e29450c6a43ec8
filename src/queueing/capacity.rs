//! What a server that takes fewer requests than the pool lets through does: the queue moves to the server.

use super::tighter;

/// Slots of the narrower place: min(L, C). Where the server is the narrower one, the queue stands at the server, and time-outs
/// that exclude the client's queue (read time-outs) count it all the same.
pub fn narrower(limit: Option<u64>, capacity: Option<u64>) -> Option<u64> {
    tighter(limit, capacity)
}

/// Whether the server, not the pool, is the narrower place for `concurrency` requests.
pub fn server_binds(concurrency: u64, limit: Option<u64>, capacity: Option<u64>) -> bool {
    capacity.is_some_and(|capacity| capacity < concurrency && limit.is_none_or(|limit| capacity < limit))
}

/// Requests that may be in flight against a server that takes `rate` requests per second: N = r·S (Little's law).
pub fn in_flight_for_rate(rate: f64, service: f64) -> Option<f64> {
    Some(super::positive(rate)? * super::positive(service)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrower_place() {
        assert_eq!(narrower(Some(600), Some(128)), Some(128));
        assert_eq!(narrower(None, Some(128)), Some(128));
        assert_eq!(narrower(Some(30), None), Some(30));
        assert!(server_binds(500, Some(600), Some(128)));
        assert!(server_binds(500, None, Some(128)));
        assert!(!server_binds(500, Some(30), Some(128)));
        assert!(!server_binds(100, Some(600), Some(128)));
        assert_eq!(in_flight_for_rate(12.5, 40.0), Some(500.0));
        assert_eq!(in_flight_for_rate(f64::NAN, 1.0), None);
    }
}
