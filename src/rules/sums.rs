//! The sum written out: what the queueing model says of a burst and of the steady state, each named for what it is.

use crate::link::whole;
use crate::queueing::{Burst, ClosedLoop};
use crate::value::show_number;

/// What a burst of `wanted` requests through `limit` slots comes to, and the steady state beside it. In service times: no latency is needed.
pub fn burst_and_steady(wanted: f64, limit: f64) -> Vec<String> {
    let (Some(requests), Some(slots)) = (whole(wanted), whole(limit)) else { return Vec::new() };
    let burst = Burst { requests, limit: Some(slots) };
    let Some(waves) = burst.waves() else {
        return vec!["a limit of 0: nothing is ever served".to_string()];
    };
    let steady = ClosedLoop { workers: requests, limit: Some(slots), service: 1.0 };
    vec![
        format!(
            "burst: {requests} requests that start together need {waves} waves of {slots}; {} % wait, on average {} service times, the last one waits {} service times",
            show_number((burst.queue_share() * 100.0).round()),
            show_number(burst.mean_wait()),
            show_number(burst.longest_wait()),
        ),
        format!(
            "steady state: with {requests} always under way, each request waits {} service times on average ({requests} / {slots} - 1)",
            show_number(steady.mean_wait()),
        ),
    ]
}
