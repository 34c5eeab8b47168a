//! `target-app`: a small web shop with products, orders, a login by cookie, and the same over GraphQL.
//! Everything is in memory: replicas know nothing of each other's orders.

mod graphql;
mod shop;

use std::net::SocketAddr;

use hyper::header::HeaderValue;
use hyper::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;

use self::shop::{OrderError, Shop};
use crate::clock::unix_time_s;
use crate::demand::DemandConfig;
use crate::endpoint::Endpoint;
use crate::error::{DemoError, listen};
use crate::reply::Reply;
use crate::secret::Secret;
use crate::service::{self, AppRequest, Application, Proof};
use crate::token::{LIFETIME_S, TokenKey};

/// Settings of `target-app`.
#[derive(Debug, Clone)]
pub struct TargetAppConfig {
    /// Where to listen; in a container `0.0.0.0:8000`.
    pub listen: SocketAddr,
    /// CPU demand of one request.
    pub demand: DemandConfig,
    /// Key of the session cookies. `None`: made up at the start, so that sessions end with the process and
    /// no other replica knows them.
    pub token_secret: Option<Secret>,
}

/// Serves until `shutdown` resolves, then answers what is in flight.
///
/// # Errors
/// The address cannot be bound, or a setting cannot work.
pub async fn run(config: TargetAppConfig, shutdown: impl Future<Output = ()>) -> Result<(), DemoError> {
    let listener = listen(config.listen).await?;
    serve_on(listener, config, shutdown).await
}

/// [`run`] on a listener that is bound already (`config.listen` is not used).
///
/// # Errors
/// A setting cannot work, or the system has no randomness for a key.
pub async fn serve_on(
    listener: TcpListener,
    config: TargetAppConfig,
    shutdown: impl Future<Output = ()>,
) -> Result<(), DemoError> {
    let secret = config.token_secret.map_or_else(Secret::random, Ok)?;
    let application = TargetApp { shop: Shop::default(), key: TokenKey::new(secret) };
    service::serve(application, &config.demand, listener, shutdown).await
}

struct TargetApp {
    shop: Shop,
    key: TokenKey,
}

/// Name of the session cookie.
const COOKIE: &str = "session";

/// Longest user name, in bytes.
const MAX_USER_BYTES: usize = 200;

/// The shop knows no accounts: any user may log in.
#[derive(Deserialize)]
struct Login {
    user: String,
}

#[derive(Deserialize)]
struct CreateOrder {
    product_id: u32,
    #[serde(default = "one")]
    quantity: u32,
}

fn one() -> u32 {
    1
}

impl Application for TargetApp {
    async fn ready(&self) -> Result<(), String> {
        Ok(())
    }

    async fn proof(&self) -> Vec<Proof> {
        Vec::new()
    }

    fn endpoint(&self, method: &Method, path: &str) -> Endpoint {
        Endpoint::of_target_app(method, path)
    }

    async fn handle(&self, request: AppRequest) -> Reply {
        match request.endpoint {
            Endpoint::health => Reply::json(StatusCode::OK, &json!({ "status": "healthy" })),
            Endpoint::list_products => Reply::json(StatusCode::OK, &shop::PRODUCTS),
            Endpoint::get_product => product(request.uri.path()),
            Endpoint::list_orders => Reply::json(StatusCode::OK, &self.shop.latest()),
            Endpoint::create_order => self.create_order(&request.body),
            Endpoint::login => self.login(&request.body),
            Endpoint::account => self.account(request.cookie.as_ref()),
            Endpoint::graphql => graphql::answer(&self.shop, &request.body),
            _ => Reply::error(StatusCode::NOT_FOUND, "no such endpoint"),
        }
    }
}

fn product(path: &str) -> Reply {
    let id = path.strip_prefix("/products/").and_then(|id| id.parse().ok());
    match id.and_then(shop::product) {
        Some(product) => Reply::json(StatusCode::OK, product),
        None => Reply::error(StatusCode::NOT_FOUND, "no such product"),
    }
}

impl TargetApp {
    fn create_order(&self, body: &[u8]) -> Reply {
        let CreateOrder { product_id, quantity } = match serde_json::from_slice(body) {
            Ok(create) => create,
            Err(error) => {
                let reason = format!("expected {{\"product_id\": …, \"quantity\"?: …}}: {error}");
                return Reply::error(StatusCode::BAD_REQUEST, &reason);
            }
        };
        match self.shop.order(product_id, quantity) {
            Ok(order) => Reply::json(StatusCode::CREATED, &order),
            Err(error @ OrderError::NoProduct(_)) => Reply::error(StatusCode::NOT_FOUND, &error.to_string()),
            Err(error) => Reply::error(StatusCode::BAD_REQUEST, &error.to_string()),
        }
    }

    fn login(&self, body: &[u8]) -> Reply {
        let user = match serde_json::from_slice(body) {
            Ok(Login { user }) if !user.is_empty() && user.len() <= MAX_USER_BYTES => user,
            Ok(_) => {
                let reason = format!("`user` must have 1 to {MAX_USER_BYTES} bytes");
                return Reply::error(StatusCode::BAD_REQUEST, &reason);
            }
            Err(error) => {
                return Reply::error(StatusCode::BAD_REQUEST, &format!("expected {{\"user\": …}}: {error}"));
            }
        };
        let token = self.key.issue(&user, unix_time_s());
        let cookie = format!("{COOKIE}={token}; Path=/; Max-Age={LIFETIME_S}; HttpOnly; SameSite=Lax");
        let reply = Reply::json(StatusCode::OK, &json!({ "user": user }));
        Reply { cookie: HeaderValue::try_from(cookie).ok(), ..reply }
    }

    /// Who is logged in, by the cookie.
    fn account(&self, cookie: Option<&HeaderValue>) -> Reply {
        let cookies = cookie.and_then(|cookie| cookie.to_str().ok()).unwrap_or_default();
        let mut pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
        let Some((_, token)) = pairs.find(|(name, _)| *name == COOKIE) else {
            return Reply::error(StatusCode::UNAUTHORIZED, "no session cookie given");
        };
        let authorization = format!("Bearer {token}");
        match self.key.verify(Some(authorization.as_bytes()), unix_time_s()) {
            Ok(user) => Reply::json(StatusCode::OK, &json!({ "user": user })),
            Err(error) => Reply::error(StatusCode::UNAUTHORIZED, &error.to_string()),
        }
    }
}
