//! deadpool: one pool of plain connections, from which each request takes one.

use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{Manager, Metrics, Pool, RecycleError, RecycleResult};
use serde_json::{Value, json};

use crate::connection::Connection;
use crate::{Failure, Job, Sent};

struct Opener(String);

impl Manager for Opener {
    type Type = Connection;
    type Error = std::io::Error;

    async fn create(&self) -> Result<Connection, Self::Error> {
        Connection::open(&self.0).await
    }

    async fn recycle(&self, connection: &mut Connection, _: &Metrics) -> RecycleResult<Self::Error> {
        if connection.is_broken() { Err(RecycleError::message("an answer did not come whole")) } else { Ok(()) }
    }
}

pub struct Client(Pool<Opener>);

impl Client {
    pub async fn open(job: &Job) -> Result<Self, Failure> {
        let [url] = job.urls.as_slice() else { return Err("a pool of deadpool has one server".into()) };
        let settings = &job.settings;
        let most = settings["max_size"].as_u64().ok_or("a pool of deadpool always has a `max_size`: name it with --limit")?;
        let wait = settings["wait_timeout"].as_f64().map(Duration::from_secs_f64);
        let builder = Pool::builder(Opener(url.clone())).max_size(usize::try_from(most)?).runtime(Runtime::Tokio1);
        Ok(Self(builder.wait_timeout(wait).build()?))
    }

    pub fn read_back(&self) -> Value {
        json!({ "max_size": self.0.status().max_size, "wait_timeout": self.0.timeouts().wait.map(|wait| wait.as_secs_f64()) })
    }

    pub async fn send(&self, _: &str, number: u64) -> Sent {
        // `Timeout(Wait)` where nothing became free in time.
        let mut connection = self.0.get().await.map_err(|why| format!("{why:?}"))?;
        connection.request(number).await
    }
}
