//! `ms-other`: logins. It issues and checks tokens and stores nothing.

use std::net::SocketAddr;

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
use crate::token::{LIFETIME_S, TokenKey};

/// Settings of `ms-other`.
#[derive(Debug, Clone)]
pub struct MsOtherConfig {
    /// Where to listen; in a container `0.0.0.0:5002`.
    pub listen: SocketAddr,
    /// CPU demand of one request.
    pub demand: DemandConfig,
    /// Key of the tokens; the same for every replica, and for `ms-exercise`.
    pub token_secret: Secret,
}

/// Serves until `shutdown` resolves, then answers what is in flight.
///
/// # Errors
/// The address cannot be bound, or a setting cannot work.
pub async fn run(config: MsOtherConfig, shutdown: impl Future<Output = ()>) -> Result<(), DemoError> {
    let listener = listen(config.listen).await?;
    serve_on(listener, config, shutdown).await
}

/// [`run`] on a listener that is bound already (`config.listen` is not used).
///
/// # Errors
/// A setting cannot work.
pub async fn serve_on(
    listener: TcpListener,
    config: MsOtherConfig,
    shutdown: impl Future<Output = ()>,
) -> Result<(), DemoError> {
    let application = MsOther { key: TokenKey::new(config.token_secret) };
    service::serve(application, &config.demand, listener, shutdown).await
}

struct MsOther {
    key: TokenKey,
}

/// The sample application knows no accounts: any password will do, so none is looked at.
#[derive(Deserialize)]
struct Login {
    user: String,
}

/// Longest user name, in bytes.
const MAX_USER_BYTES: usize = 200;

impl Application for MsOther {
    async fn ready(&self) -> Result<(), String> {
        Ok(())
    }

    async fn proof(&self) -> Vec<Proof> {
        Vec::new()
    }

    async fn handle(&self, request: AppRequest) -> Reply {
        match request.endpoint {
            Endpoint::login => self.login(&request.body),
            Endpoint::verify => self.with_user(&request, |user| {
                Reply::json(StatusCode::OK, &serde_json::json!({ "user": user }))
            }),
            Endpoint::logout => self.with_user(&request, |_| Reply::empty(StatusCode::NO_CONTENT)),
            _ => Reply::error(StatusCode::NOT_FOUND, "no such endpoint"),
        }
    }
}

impl MsOther {
    fn login(&self, body: &[u8]) -> Reply {
        match serde_json::from_slice::<Login>(body) {
            Ok(Login { user }) if user.is_empty() || user.len() > MAX_USER_BYTES => {
                let reason = format!("`user` must have 1 to {MAX_USER_BYTES} bytes");
                Reply::error(StatusCode::BAD_REQUEST, &reason)
            }
            Ok(Login { user }) => {
                let now_s = unix_time_s();
                let token = self.key.issue(&user, now_s);
                let expires_at_s = now_s + LIFETIME_S;
                Reply::json(
                    StatusCode::OK,
                    &serde_json::json!({ "token": token, "expires_at_s": expires_at_s }),
                )
            }
            Err(error) => {
                Reply::error(StatusCode::BAD_REQUEST, &format!("expected {{\"user\": …}}: {error}"))
            }
        }
    }

    fn with_user(&self, request: &AppRequest, answer: impl Fn(&str) -> Reply) -> Reply {
        let authorization = request.authorization.as_ref().map(|value| value.as_bytes());
        match self.key.verify(authorization, unix_time_s()) {
            Ok(user) => answer(&user),
            Err(error) => Reply::error(StatusCode::UNAUTHORIZED, &error.to_string()),
        }
    }
}
