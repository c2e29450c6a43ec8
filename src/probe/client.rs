//! From a scenario to the settings of a library's pool, by the roles that the catalog gives them.

use serde_json::{Map, Value, json};

use super::libraries;
use crate::catalog::library::{PoolKind, Role, Shape};
use crate::queueing::simulate::Keep;
use crate::queueing::{AtLimit, HandOver, Scenario};

/// Settings by the catalog's names; null is none. What a scenario says nothing of is left to the library.
pub fn settings(library: &str, kind: &PoolKind, scenario: &Scenario) -> Map<String, Value> {
    let limits = &scenario.limits;
    let idle = match scenario.keep {
        Some(Keep::Idle(most) | Keep::IdlePerHost(most) | Keep::Open(most)) => Some(most),
        Some(Keep::All) | None => None,
    };
    let has = |role: Role| kind.settings.iter().any(|setting| setting.role == role);
    let mut settings = Map::new();
    for setting in &kind.settings {
        let time_outs = &scenario.time_outs;
        let value = match setting.role {
            // Where there is one limit only, it is the effective one.
            Role::Total if has(Role::PerHost) => json!(limits.total),
            Role::Total => json!(limits.effective()),
            Role::PerHost if has(Role::Total) => json!(limits.per_host),
            Role::PerHost => json!(limits.per_host.or(limits.total)),
            Role::Idle => json!(idle),
            Role::Block if kind.shape == Shape::BlockingFlag => json!(scenario.at_limit == AtLimit::Wait),
            Role::TotalTimeout if setting.covers_queue => json!(time_outs.total),
            Role::TotalTimeout | Role::ReadTimeout => json!(time_outs.read),
            Role::AcquireTimeout => json!(time_outs.queue),
            Role::ConnectTimeout if setting.covers_queue => json!(time_outs.queue),
            _ => continue,
        };
        settings.insert(setting.name.clone(), value);
    }
    if per_request(library, kind) {
        settings.insert(READ.into(), json!(scenario.time_outs.read));
    }
    settings
}

/// What the drivers call the time-out of clients that take one with each request only.
const READ: &str = "read_timeout";

/// Whether a time-out is no setting of the pool or its client, but given with each request.
fn per_request(library: &str, kind: &PoolKind) -> bool {
    let time_outs = [Role::TotalTimeout, Role::ReadTimeout, Role::ConnectTimeout, Role::AcquireTimeout];
    !libraries::lends(library) && !kind.settings.iter().any(|setting| time_outs.contains(&setting.role))
}

/// What is known of a run by a driver that cannot be known of a program: the scenario of the probe itself.
///
/// Its workers await nothing between two requests unless a pause is asked for, so that it is known who gets a connection where
/// the library favours newcomers; and the mock server stops working for clients that have gone.
pub fn as_driven(library: &str, kind: &PoolKind, scenario: &Scenario) -> Scenario {
    let mut driven = scenario.clone();
    if driven.hand_over == HandOver::Unknown && !libraries::is_scheduled(library) {
        driven.hand_over = HandOver::NewcomerFirst;
    }
    if libraries::lends(library) {
        // What bounds a query is no matter of the pool; the drivers set none.
        (driven.time_outs.total, driven.time_outs.read) = (None, None);
    }
    if per_request(library, kind) && driven.time_outs.read.is_none() {
        // It counts from the moment at which the request is sent: urllib3 waits for a connection outside of it.
        driven.time_outs.read = driven.time_outs.total.take();
    }
    driven.gone_unknown = false;
    driven
}
