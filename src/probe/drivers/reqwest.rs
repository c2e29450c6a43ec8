//! reqwest: one client that all tasks share.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{Failure, Job, Sent};

pub struct Client(reqwest::Client);

impl Client {
    pub async fn open(job: &Job) -> Result<Self, Failure> {
        let settings = &job.settings;
        let mut builder = reqwest::Client::builder().no_proxy();
        if let Some(most) = settings["pool_max_idle_per_host"].as_u64() {
            builder = builder.pool_max_idle_per_host(usize::try_from(most)?);
        }
        if let Some(seconds) = settings["timeout"].as_f64() {
            builder = builder.timeout(Duration::from_secs_f64(seconds));
        }
        if settings["read_timeout"].is_number() {
            return Err("read_timeout cannot be probed: not every version has it".into());
        }
        Ok(Self(builder.build()?))
    }

    /// The client tells nobody its settings.
    pub fn read_back(&self) -> Value {
        json!({})
    }

    pub async fn send(&self, url: &str, number: u64) -> Sent {
        let kind = |why: reqwest::Error| match (why.is_timeout(), why.is_connect()) {
            (true, _) => "timeout",
            (_, true) => "connect",
            _ => "request",
        };
        let answer = self.0.get(format!("{url}/r/{number}")).send().await.map_err(kind)?;
        let status = answer.status();
        // The connection goes back to the pool when the body has been read.
        answer.bytes().await.map_err(kind)?;
        if status.is_success() { Ok(None) } else { Err("refused".into()) }
    }
}
