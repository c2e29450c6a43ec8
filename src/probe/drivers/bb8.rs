//! bb8: one pool of plain connections, from which each request takes one.

use std::time::Duration;

use bb8::{ManageConnection, Pool, RunError};
use serde_json::{Value, json};

use crate::connection::Connection;
use crate::{Failure, Job, Sent};

struct Opener(String);

impl ManageConnection for Opener {
    type Connection = Connection;
    type Error = std::io::Error;

    async fn connect(&self) -> Result<Connection, Self::Error> {
        Connection::open(&self.0).await
    }

    async fn is_valid(&self, _: &mut Connection) -> Result<(), Self::Error> {
        Ok(())
    }

    fn has_broken(&self, connection: &mut Connection) -> bool {
        connection.is_broken()
    }
}

pub struct Client(Pool<Opener>);

impl Client {
    pub async fn open(job: &Job) -> Result<Self, Failure> {
        let [url] = job.urls.as_slice() else { return Err("a pool of bb8 has one server".into()) };
        let settings = &job.settings;
        let most = settings["max_size"].as_u64().ok_or("a pool of bb8 always has a `max_size`: name it with --limit")?;
        let mut builder = Pool::builder().max_size(u32::try_from(most)?);
        if let Some(seconds) = settings["connection_timeout"].as_f64() {
            builder = builder.connection_timeout(Duration::from_secs_f64(seconds));
        }
        Ok(Self(builder.build(Opener(url.clone())).await?))
    }

    /// The pool tells nobody its settings.
    pub fn read_back(&self) -> Value {
        json!({})
    }

    pub async fn send(&self, _: &str, number: u64) -> Sent {
        let kind = |why: RunError<std::io::Error>| match why {
            RunError::TimedOut => "RunError::TimedOut".into(),
            RunError::User(why) => why.kind().to_string(),
        };
        let mut connection = self.0.get().await.map_err(kind)?;
        connection.request(number).await
    }
}
