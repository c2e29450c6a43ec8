//! sqlx: one pool of connections to SQLite in memory, from which each request takes one and holds it for its time.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::Executor as _;
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};

use crate::{Failure, Job, Sent, now};

pub struct Client {
    pool: SqlitePool,
    times: Vec<f64>,
}

impl Client {
    pub async fn open(job: &Job) -> Result<Self, Failure> {
        let settings = &job.settings;
        let most = settings["max_connections"].as_u64().ok_or("a pool of sqlx always has `max_connections`: name them with --limit")?;
        let mut options = SqlitePoolOptions::new().max_connections(u32::try_from(most)?);
        if let Some(seconds) = settings["acquire_timeout"].as_f64() {
            options = options.acquire_timeout(Duration::from_secs_f64(seconds));
        }
        // A number that the connection keeps tells it from the others: a temporary table is its own.
        let options = options.after_connect(|connection, _| {
            Box::pin(async move { connection.execute("CREATE TEMP TABLE own AS SELECT random() AS number").await.map(drop) })
        });
        Ok(Self { pool: options.connect_lazy("sqlite::memory:")?, times: job.times.clone() })
    }

    pub fn read_back(&self) -> Value {
        let options = self.pool.options();
        json!({ "max_connections": options.get_max_connections(), "acquire_timeout": options.get_acquire_timeout().as_secs_f64() })
    }

    pub async fn send(&self, _: &str, number: u64) -> Sent {
        let kind = |why: sqlx::Error| match why {
            sqlx::Error::PoolTimedOut => "Error::PoolTimedOut".to_string(),
            other => other.to_string(),
        };
        let mut connection = self.pool.acquire().await.map_err(kind)?;
        let began = now();
        let own: (i64,) = sqlx::query_as("SELECT number FROM own").fetch_one(&mut *connection).await.map_err(kind)?;
        let time = usize::try_from(number).ok().and_then(|number| self.times.get(number)).copied().unwrap_or(0.0);
        tokio::time::sleep(Duration::from_nanos(began + (time * 1e9) as u64).saturating_sub(Duration::from_nanos(now()))).await;
        Ok(Some((own.0, began, now())))
    }
}
