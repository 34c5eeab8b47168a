//! Exercises in a SQLite file, behind one thread that owns the connection.

use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OptionalExtension, params};
use tokio::sync::oneshot;

use super::{Exercise, NewExercise, SqliteConfig, Store, StoreError};
use crate::error::DemoError;

/// How long one process waits while another one writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

// WAL, so that readers and the writer do not block each other; NORMAL syncs at checkpoints only: a crash of
// the machine may lose the last exercises of a test run, and the disk stays out of the measurement.
const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS exercises (
        id INTEGER PRIMARY KEY,
        user_name TEXT NOT NULL,
        title TEXT NOT NULL,
        description TEXT NOT NULL,
        created_at_s REAL NOT NULL DEFAULT (unixepoch('subsec'))
    );
    CREATE INDEX IF NOT EXISTS exercises_of_user ON exercises (user_name, id DESC);
";
const INSERT: &str = "INSERT INTO exercises (user_name, title, description) VALUES (?1, ?2, ?3) RETURNING id";
const LATEST: &str = "SELECT id, title, description, created_at_s FROM exercises
    WHERE user_name = ?1 ORDER BY id DESC LIMIT ?2";

type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

enum Command {
    Create(NewExercise, Answer<i64>),
    Latest(String, u32, Answer<Vec<Exercise>>),
    Ping(Answer<()>),
}

/// The way to the thread; it ends when this is dropped.
pub(crate) struct SqliteStore {
    commands: mpsc::Sender<Command>,
}

impl SqliteStore {
    /// Opens the file, makes the table when it is missing, and starts the thread.
    pub(crate) async fn open(config: SqliteConfig) -> Result<Self, DemoError> {
        let (commands, received) = mpsc::channel();
        let (opened, open) = oneshot::channel();
        let path = config.path.clone();
        std::thread::Builder::new()
            .name("sqlite".into())
            .spawn(move || match connect(&path) {
                Ok(connection) => {
                    let _ = opened.send(Ok(()));
                    serve(&connection, &received);
                }
                Err(error) => {
                    let _ = opened.send(Err(error));
                }
            })
            .map_err(|source| DemoError::Thread { purpose: "database", source })?;
        let failed = |reason: String| DemoError::Sqlite { path: config.path.clone(), reason };
        let opened = open.await.map_err(|_| failed("its thread ended".into()))?;
        opened.map_err(|error| failed(error.to_string()))?;
        Ok(Self { commands })
    }

    async fn ask<T>(&self, command: impl FnOnce(Answer<T>) -> Command) -> Result<T, StoreError> {
        let gone = || StoreError::Failed("its thread ended".into());
        let (answer, answered) = oneshot::channel();
        self.commands.send(command(answer)).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

impl Store for SqliteStore {
    async fn create(&self, exercise: NewExercise) -> Result<i64, StoreError> {
        self.ask(|answer| Command::Create(exercise, answer)).await
    }

    async fn latest(&self, user: String, limit: u32) -> Result<Vec<Exercise>, StoreError> {
        self.ask(|answer| Command::Latest(user, limit, answer)).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.ask(Command::Ping).await
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    let started = Instant::now();
    loop {
        match connection.execute_batch(SCHEMA) {
            // Changing to WAL needs the file alone, and SQLite does not always wait for that by itself.
            Err(error) if is_busy(&error) && started.elapsed() < BUSY_TIMEOUT => {
                std::thread::sleep(Duration::from_millis(10));
            }
            outcome => return outcome.map(|()| connection),
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

fn serve(connection: &Connection, commands: &mpsc::Receiver<Command>) {
    for command in commands {
        // Whoever asked may have left; then nobody wants the answer.
        match command {
            Command::Create(exercise, answer) => {
                drop(answer.send(create(connection, &exercise).map_err(failed)))
            }
            Command::Latest(user, limit, answer) => {
                drop(answer.send(latest(connection, &user, limit).map_err(failed)));
            }
            Command::Ping(answer) => drop(answer.send(ping(connection).map_err(failed))),
        }
    }
}

fn failed(error: rusqlite::Error) -> StoreError {
    StoreError::Failed(error.to_string())
}

fn create(connection: &Connection, exercise: &NewExercise) -> rusqlite::Result<i64> {
    let mut insert = connection.prepare_cached(INSERT)?;
    insert.query_row(params![exercise.user, exercise.title, exercise.description], |row| row.get(0))
}

fn latest(connection: &Connection, user: &str, limit: u32) -> rusqlite::Result<Vec<Exercise>> {
    let mut select = connection.prepare_cached(LATEST)?;
    let rows = select.query_map(params![user, limit], |row| {
        Ok(Exercise {
            id: row.get(0)?,
            title: row.get(1)?,
            description: row.get(2)?,
            created_at_s: row.get(3)?,
        })
    })?;
    rows.collect()
}

fn ping(connection: &Connection) -> rusqlite::Result<()> {
    // Reads the file: `SELECT 1` would answer without it.
    let mut select = connection.prepare_cached("SELECT id FROM exercises LIMIT 1")?;
    select.query_row([], |row| row.get::<_, i64>(0)).optional().map(drop)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn exercise(user: &str, n: usize) -> NewExercise {
        NewExercise { user: user.into(), title: format!("t{n}"), description: "d".into() }
    }

    async fn open(path: &Path) -> SqliteStore {
        SqliteStore::open(SqliteConfig { path: path.into() }).await.unwrap()
    }

    #[tokio::test]
    async fn the_latest_come_first_and_only_the_users_own() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder.path().join("x.db")).await;
        for n in 0..25 {
            store.create(exercise("ada", n)).await.unwrap();
            store.create(exercise("bob", n)).await.unwrap();
        }
        let listed = store.latest("ada".into(), 20).await.unwrap();
        let titles: Vec<_> = listed.iter().map(|e| e.title.clone()).collect();
        assert_eq!(titles, (5..25).rev().map(|n| format!("t{n}")).collect::<Vec<_>>());
        assert!(listed[0].created_at_s > 1.7e9);
        assert_eq!(store.latest("eve".into(), 20).await.unwrap(), []);
        store.ping().await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn replicas_open_and_fill_one_file_at_the_same_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let mut replicas = tokio::task::JoinSet::new();
        for replica in 0..6 {
            let path = path.clone();
            replicas.spawn(async move {
                let store = open(&path).await;
                for n in 0..20 {
                    store.create(exercise("ada", replica * 100 + n)).await.unwrap();
                }
            });
        }
        while let Some(outcome) = replicas.join_next().await {
            outcome.unwrap();
        }
        let mut ids: Vec<_> =
            open(&path).await.latest("ada".into(), 1000).await.unwrap().iter().map(|e| e.id).collect();
        ids.dedup();
        assert_eq!(ids.len(), 120);
    }

    #[tokio::test]
    async fn a_path_that_cannot_be_opened_is_named() {
        let config = SqliteConfig { path: "/no/such/folder/x.db".into() };
        let error = SqliteStore::open(config).await.err().unwrap();
        assert!(error.to_string().contains("/no/such/folder/x.db"), "{error}");
    }
}
