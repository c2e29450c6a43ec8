//! r2d2: one pool of plain connections, from which each request takes one; whoever waits for it blocks a thread.

use std::time::Duration;

use r2d2::{ManageConnection, Pool};
use serde_json::{Value, json};
use tokio::runtime::Handle;

use crate::connection::Connection;
use crate::{Failure, Job, Sent};

struct Opener {
    url: String,
    runtime: Handle,
}

impl ManageConnection for Opener {
    type Connection = Connection;
    type Error = std::io::Error;

    fn connect(&self) -> Result<Connection, Self::Error> {
        self.runtime.block_on(Connection::open(&self.url))
    }

    fn is_valid(&self, _: &mut Connection) -> Result<(), Self::Error> {
        Ok(())
    }

    fn has_broken(&self, connection: &mut Connection) -> bool {
        connection.is_broken()
    }
}

pub struct Client(Pool<Opener>);

impl Client {
    pub async fn open(job: &Job) -> Result<Self, Failure> {
        let [url] = job.urls.as_slice() else { return Err("a pool of r2d2 has one server".into()) };
        let settings = &job.settings;
        let most = settings["max_size"].as_u64().ok_or("a pool of r2d2 always has a `max_size`: name it with --limit")?;
        // By default all connections are opened before the first is asked for, whether they will be wanted or not.
        let mut builder = Pool::builder().max_size(u32::try_from(most)?).min_idle(Some(0));
        if let Some(seconds) = settings["connection_timeout"].as_f64() {
            builder = builder.connection_timeout(Duration::from_secs_f64(seconds));
        }
        Ok(Self(builder.build(Opener { url: url.clone(), runtime: Handle::current() })?))
    }

    pub fn read_back(&self) -> Value {
        json!({ "max_size": self.0.max_size(), "connection_timeout": self.0.connection_timeout().as_secs_f64() })
    }

    pub async fn send(&self, _: &str, number: u64) -> Sent {
        let mut connection = self.0.get().map_err(|_| "r2d2::Error")?;
        connection.request(number).await
    }
}
