//! Where exercises are kept.

pub(crate) mod postgres;
pub(crate) mod sqlite;

use std::path::PathBuf;

use serde::Serialize;

use crate::Secret;

/// Which database, and how to reach it.
#[derive(Debug, Clone)]
pub enum DatabaseConfig {
    /// A PostgreSQL server.
    Postgres(PostgresConfig),
    /// A SQLite file.
    Sqlite(SqliteConfig),
}

/// How to reach a PostgreSQL server.
#[derive(Debug, Clone)]
pub struct PostgresConfig {
    /// Host name or address.
    pub host: String,
    /// TCP port, 5432 as a rule.
    pub port: u16,
    /// Role to log in as.
    pub user: String,
    /// Its password, unless the server trusts us. See [`Secret::from_env`].
    pub password: Option<Secret>,
    /// Name of the database.
    pub database: String,
    /// Most connections for requests; one more is kept for health checks. At least 1.
    pub connections: usize,
}

/// Where the SQLite file is. Several processes may use the same one.
#[derive(Debug, Clone)]
pub struct SqliteConfig {
    /// The file; it is made when it is missing.
    pub path: PathBuf,
}

/// An exercise to be stored.
#[derive(Debug, Clone)]
pub(crate) struct NewExercise {
    pub(crate) user: String,
    pub(crate) title: String,
    pub(crate) description: String,
}

/// An exercise as it is listed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Exercise {
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) description: String,
    /// Seconds since 1970, by the database's clock.
    pub(crate) created_at_s: f64,
}

/// Why the database did not do as asked.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("{0}")]
    Failed(String),
    #[error("no answer within {0} s")]
    TimedOut(u64),
}

/// A place for exercises.
pub(crate) trait Store: Send + Sync + 'static {
    /// Stores one and gives back its id. Never repeated after a failure: it may have been stored.
    fn create(&self, exercise: NewExercise) -> impl Future<Output = Result<i64, StoreError>> + Send;

    /// The user's latest `limit` exercises, the newest first.
    fn latest(
        &self,
        user: String,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Exercise>, StoreError>> + Send;

    /// Whether the database answers, asked beside the requests' own way so that load does not delay it.
    fn ping(&self) -> impl Future<Output = Result<(), StoreError>> + Send;
}
