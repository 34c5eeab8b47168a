//! Exercises in PostgreSQL: a small pool that connects when it must, so that a database which comes late or
//! restarts costs the requests of that time and nothing else.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Row, Statement};

use super::{Exercise, NewExercise, PostgresConfig, Store, StoreError};
use crate::error::DemoError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a request may wait for a connection and its answer.
const REQUEST_TIMEOUT_S: u64 = 10;
/// How long a health check may: shorter than the checks' usual interval.
const PING_TIMEOUT_S: u64 = 2;

// `CREATE … IF NOT EXISTS` looks first and creates then: two replicas that start together can both find
// nothing, and one fails on the catalogue's unique index. The advisory lock (any constant will do, it is
// this table's) lets one in at a time; the transaction's end releases it.
const SCHEMA: &str = "
    BEGIN;
    SELECT pg_advisory_xact_lock(7305808869231485804);
    CREATE TABLE IF NOT EXISTS exercises (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        user_name TEXT NOT NULL,
        title TEXT NOT NULL,
        description TEXT NOT NULL,
        created_at TIMESTAMPTZ NOT NULL DEFAULT now()
    );
    CREATE INDEX IF NOT EXISTS exercises_of_user ON exercises (user_name, id DESC);
    COMMIT;
";
const INSERT: &str = "INSERT INTO exercises (user_name, title, description) VALUES ($1, $2, $3) RETURNING id";
const LATEST: &str = "SELECT id, title, description, extract(epoch FROM created_at)::float8
    FROM exercises WHERE user_name = $1 ORDER BY id DESC LIMIT $2";

/// A pool of connections to PostgreSQL.
pub(crate) struct PostgresStore {
    config: tokio_postgres::Config,
    permits: Semaphore,
    idle: Mutex<Vec<Session>>,
    /// Health checks have a connection of their own: behind a full pool they would fail under load, and
    /// the replica would be restarted for being busy.
    probe: tokio::sync::Mutex<Option<Session>>,
}

/// A connection with its statements prepared.
struct Session {
    client: Client,
    insert: Statement,
    latest: Statement,
}

impl PostgresStore {
    /// Connects to nothing yet.
    pub(crate) fn new(config: PostgresConfig) -> Result<Self, DemoError> {
        if config.connections == 0 {
            return Err(DemoError::Config("the PostgreSQL pool needs at least 1 connection, got 0".into()));
        }
        let mut options = tokio_postgres::Config::new();
        options
            .host(&config.host)
            .port(config.port)
            .user(&config.user)
            .dbname(&config.database)
            .application_name("swarmlab-ms-exercise")
            .connect_timeout(CONNECT_TIMEOUT);
        if let Some(password) = &config.password {
            options.password(password.expose());
        }
        Ok(Self {
            config: options,
            permits: Semaphore::new(config.connections),
            idle: Mutex::default(),
            probe: tokio::sync::Mutex::default(),
        })
    }

    async fn connect(&self) -> Result<Session, StoreError> {
        let (client, connection) = self.config.connect(NoTls).await.map_err(failed)?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "database connection ended");
            }
        });
        client.batch_execute(SCHEMA).await.map_err(failed)?;
        let insert = client.prepare(INSERT).await.map_err(failed)?;
        let latest = client.prepare(LATEST).await.map_err(failed)?;
        Ok(Session { client, insert, latest })
    }

    fn pop_idle(&self) -> Option<Session> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(session) = idle.pop() {
            if !session.client.is_closed() {
                return Some(session);
            }
        }
        None
    }

    /// Runs one query. The session is kept only when the query went well: after a failure its state is
    /// not known.
    async fn query(
        &self,
        statement: impl Fn(&Session) -> &Statement,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        let work = async {
            let closed = |_| StoreError::Failed("the pool is closed".into());
            let _permit = self.permits.acquire().await.map_err(closed)?;
            let session = match self.pop_idle() {
                Some(session) => session,
                None => self.connect().await?,
            };
            let rows = session.client.query(statement(&session), parameters).await.map_err(failed)?;
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(session);
            Ok(rows)
        };
        let bound = Duration::from_secs(REQUEST_TIMEOUT_S);
        tokio::time::timeout(bound, work).await.map_err(|_| StoreError::TimedOut(REQUEST_TIMEOUT_S))?
    }
}

impl Store for PostgresStore {
    async fn create(&self, exercise: NewExercise) -> Result<i64, StoreError> {
        let NewExercise { user, title, description } = exercise;
        let rows = self.query(|session| &session.insert, &[&user, &title, &description]).await?;
        let row = rows.first().ok_or_else(|| StoreError::Failed("no id came back".into()))?;
        row.try_get(0).map_err(failed)
    }

    async fn latest(&self, user: String, limit: u32) -> Result<Vec<Exercise>, StoreError> {
        let rows = self.query(|session| &session.latest, &[&user, &i64::from(limit)]).await?;
        let exercise = |row: &Row| {
            Ok(Exercise {
                id: row.try_get(0)?,
                title: row.try_get(1)?,
                description: row.try_get(2)?,
                created_at_s: row.try_get(3)?,
            })
        };
        rows.iter().map(exercise).collect::<Result<_, tokio_postgres::Error>>().map_err(failed)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let work = async {
            let mut probe = self.probe.lock().await;
            // Taken out: a check that is given up half-way leaves no session in an unknown state.
            let session = match probe.take().filter(|session| !session.client.is_closed()) {
                Some(session) => session,
                None => self.connect().await?,
            };
            session.client.simple_query("SELECT 1").await.map_err(failed)?;
            *probe = Some(session);
            Ok(())
        };
        let bound = Duration::from_secs(PING_TIMEOUT_S);
        tokio::time::timeout(bound, work).await.map_err(|_| StoreError::TimedOut(PING_TIMEOUT_S))?
    }
}

/// The whole chain of causes: the outermost says little more than "db error".
fn failed(error: tokio_postgres::Error) -> StoreError {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    StoreError::Failed(text)
}
