//! The closed set of names under which application requests are counted.

use hyper::Method;
use prometheus_client::encoding::EncodeLabelValue;

/// What a request asks for. The gateway and the services behind it use the same paths for the same things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
#[allow(non_camel_case_types, reason = "the names are the label's values")]
pub(crate) enum Endpoint {
    /// `POST /login`
    login,
    /// `GET /verify`
    verify,
    /// `POST /logout`
    logout,
    /// `POST /exercises`
    create_exercise,
    /// `GET /exercises`
    list_exercises,
    /// `GET /health`, an application request like any other (the role's own health check is `/healthz`)
    health,
    /// `GET /products`
    list_products,
    /// `GET /products/{id}`
    get_product,
    /// `POST /orders`
    create_order,
    /// `GET /orders`
    list_orders,
    /// `GET /account`
    account,
    /// `POST /graphql`
    graphql,
    /// `GET /status`
    status,
    /// `POST /repair`
    repair,
    /// `POST /chat`
    chat,
    /// Anything else; it is an application request all the same, answered with 404.
    unknown,
}

impl Endpoint {
    /// The endpoints of the exercise application.
    pub(crate) fn of(method: &Method, path: &str) -> Self {
        match (method, path) {
            (&Method::POST, "/login") => Self::login,
            (&Method::GET, "/verify") => Self::verify,
            (&Method::POST, "/logout") => Self::logout,
            (&Method::POST, "/exercises") => Self::create_exercise,
            (&Method::GET, "/exercises") => Self::list_exercises,
            _ => Self::unknown,
        }
    }

    /// The endpoints of the web shop.
    pub(crate) fn of_target_app(method: &Method, path: &str) -> Self {
        match (method, path) {
            (&Method::GET, "/health") => Self::health,
            (&Method::GET, "/products") => Self::list_products,
            (&Method::GET, path) if path.starts_with("/products/") => Self::get_product,
            (&Method::GET, "/orders") => Self::list_orders,
            (&Method::POST, "/orders") => Self::create_order,
            (&Method::POST, "/login") => Self::login,
            (&Method::GET, "/account") => Self::account,
            (&Method::POST, "/graphql") => Self::graphql,
            _ => Self::unknown,
        }
    }

    /// The endpoints of the AI agent.
    pub(crate) fn of_ai_agent(method: &Method, path: &str) -> Self {
        match (method, path) {
            (&Method::GET, "/status") => Self::status,
            (&Method::POST, "/repair") => Self::repair,
            (&Method::POST, "/chat") => Self::chat,
            _ => Self::unknown,
        }
    }
}

/// The method as a label: no client can make up new values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
#[allow(clippy::upper_case_acronyms, non_camel_case_types, reason = "the names are the label's values")]
pub(crate) enum MethodLabel {
    GET,
    POST,
    other,
}

impl MethodLabel {
    pub(crate) fn of(method: &Method) -> Self {
        match *method {
            Method::GET => Self::GET,
            Method::POST => Self::POST,
            _ => Self::other,
        }
    }
}
