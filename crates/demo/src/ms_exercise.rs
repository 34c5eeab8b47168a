//! `ms-exercise`: stores and lists exercises. It checks the token itself (any replica can), so that a call
//! costs one request and one query.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use hyper::StatusCode;
use serde::Deserialize;
use tokio::net::TcpListener;

use crate::clock::unix_time_s;
use crate::demand::DemandConfig;
use crate::endpoint::Endpoint;
use crate::error::{DemoError, listen};
use crate::reply::Reply;
use crate::secret::Secret;
use crate::service::{self, AppRequest, Application, Proof};
use crate::store::postgres::PostgresStore;
use crate::store::sqlite::SqliteStore;
use crate::store::{DatabaseConfig, NewExercise, Store, StoreError};
use crate::token::TokenKey;

/// Settings of `ms-exercise`.
#[derive(Debug, Clone)]
pub struct MsExerciseConfig {
    /// Where to listen; in a container `0.0.0.0:5001`.
    pub listen: SocketAddr,
    /// CPU demand of one request.
    pub demand: DemandConfig,
    /// Where the exercises are kept.
    pub database: DatabaseConfig,
    /// Key of the tokens; the one that `ms-other` signs with.
    pub token_secret: Secret,
}

/// Serves until `shutdown` resolves, then answers what is in flight. A PostgreSQL server need not be there
/// yet: until it answers, health checks and requests get 503.
///
/// # Errors
/// The address cannot be bound, the SQLite file cannot be opened, or a setting cannot work.
pub async fn run(config: MsExerciseConfig, shutdown: impl Future<Output = ()>) -> Result<(), DemoError> {
    let listener = listen(config.listen).await?;
    serve_on(listener, config, shutdown).await
}

/// [`run`] on a listener that is bound already (`config.listen` is not used).
///
/// # Errors
/// The SQLite file cannot be opened, or a setting cannot work.
pub async fn serve_on(
    listener: TcpListener,
    config: MsExerciseConfig,
    shutdown: impl Future<Output = ()>,
) -> Result<(), DemoError> {
    let key = TokenKey::new(config.token_secret);
    match config.database {
        DatabaseConfig::Postgres(database) => {
            let target = format!("postgres://{}:{}", database.host, database.port);
            let application = MsExercise::new(PostgresStore::new(database)?, key, target);
            service::serve(application, &config.demand, listener, shutdown).await
        }
        DatabaseConfig::Sqlite(database) => {
            let target = format!("sqlite:{}", database.path.display());
            let application = MsExercise::new(SqliteStore::open(database).await?, key, target);
            service::serve(application, &config.demand, listener, shutdown).await
        }
    }
}

struct MsExercise<S> {
    store: S,
    key: TokenKey,
    /// The database, as `/proof` names it.
    target: String,
    /// So that an outage is logged when it begins and when it ends, not at each request.
    database_down: AtomicBool,
}

#[derive(Deserialize)]
struct Create {
    title: String,
    description: Option<String>,
}

/// Exercises in a list, the newest first.
const LIST_LENGTH: u32 = 20;
/// Longest title, in bytes.
const MAX_TITLE_BYTES: usize = 500;

impl<S: Store> Application for MsExercise<S> {
    async fn ready(&self) -> Result<(), String> {
        let answer = self.store.ping().await;
        self.note(answer.as_ref().err());
        answer.map_err(|error| format!("database: {error}"))
    }

    async fn proof(&self) -> Vec<Proof> {
        let error = self.ready().await.err();
        vec![Proof { target: self.target.clone(), error }]
    }

    async fn handle(&self, request: AppRequest) -> Reply {
        if !matches!(request.endpoint, Endpoint::create_exercise | Endpoint::list_exercises) {
            return Reply::error(StatusCode::NOT_FOUND, "no such endpoint");
        }
        let authorization = request.authorization.as_ref().map(|value| value.as_bytes());
        let user = match self.key.verify(authorization, unix_time_s()) {
            Ok(user) => user,
            Err(error) => return Reply::error(StatusCode::UNAUTHORIZED, &error.to_string()),
        };
        match request.endpoint {
            Endpoint::create_exercise => self.create(user, &request.body).await,
            _ => self.list(user).await,
        }
    }
}

impl<S: Store> MsExercise<S> {
    fn new(store: S, key: TokenKey, target: String) -> Self {
        Self { store, key, target, database_down: AtomicBool::new(false) }
    }

    async fn create(&self, user: String, body: &[u8]) -> Reply {
        let Create { title, description } = match serde_json::from_slice(body) {
            Ok(create) => create,
            Err(error) => {
                let reason = format!("expected {{\"title\": …, \"description\"?: …}}: {error}");
                return Reply::error(StatusCode::BAD_REQUEST, &reason);
            }
        };
        if title.is_empty() || title.len() > MAX_TITLE_BYTES || title.contains('\0') {
            let reason = format!("`title` must have 1 to {MAX_TITLE_BYTES} bytes, none of them zero");
            return Reply::error(StatusCode::BAD_REQUEST, &reason);
        }
        // PostgreSQL's text holds no zero byte.
        let description = description.unwrap_or_default().replace('\0', "");
        let created = self.store.create(NewExercise { user, title, description }).await;
        self.note(created.as_ref().err());
        match created {
            Ok(id) => Reply::json(StatusCode::CREATED, &serde_json::json!({ "id": id })),
            Err(error) => unavailable(&error),
        }
    }

    async fn list(&self, user: String) -> Reply {
        let exercises = self.store.latest(user, LIST_LENGTH).await;
        self.note(exercises.as_ref().err());
        match exercises {
            Ok(exercises) => Reply::json(StatusCode::OK, &exercises),
            Err(error) => unavailable(&error),
        }
    }

    fn note(&self, error: Option<&StoreError>) {
        let down = error.is_some();
        if self.database_down.swap(down, Ordering::Relaxed) != down {
            match error {
                Some(error) => tracing::warn!(%error, "the database does not answer"),
                None => tracing::info!("the database answers again"),
            }
        }
    }
}

fn unavailable(error: &StoreError) -> Reply {
    Reply::error(StatusCode::SERVICE_UNAVAILABLE, &format!("database: {error}"))
}
