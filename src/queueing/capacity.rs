//! What a server that takes fewer requests than the pool lets through does: the queue moves to the server.

/// Whether the server, not the pool, is the narrower place for `concurrency` requests.
pub fn server_binds(concurrency: u64, limit: Option<u64>, capacity: Option<u64>) -> bool {
    capacity.is_some_and(|capacity| capacity < concurrency && limit.is_none_or(|limit| capacity < limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrower_place() {
        assert!(server_binds(500, Some(600), Some(128)));
        assert!(server_binds(500, None, Some(128)));
        assert!(!server_binds(500, Some(30), Some(128)));
        assert!(!server_binds(100, Some(600), Some(128)));
    }
}
