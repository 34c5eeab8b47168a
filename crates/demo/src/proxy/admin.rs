//! The proxy's own listener: its metrics, and its list of addresses.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::{Method, Request, Response, StatusCode};

use super::forward::Forwarder;
use crate::metrics::exposition;
use crate::reply::Reply;

/// Longest list that is read, in bytes.
const MAX_LIST_BYTES: usize = 1 << 20;

pub(super) async fn answer(forwarder: Arc<Forwarder>, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let reply = match (request.method(), request.uri().path()) {
        (&Method::GET, "/metrics") => return exposition(forwarder.metrics.registry()),
        (&Method::GET, "/healthz") => Reply::json(StatusCode::OK, &serde_json::json!({ "status": "ok" })),
        (&Method::GET, "/upstreams") => Reply::json(StatusCode::OK, &forwarder.upstreams.addresses()),
        (&Method::PUT, "/upstreams") => replace(&forwarder, request.into_body()).await,
        _ => Reply::error(StatusCode::NOT_FOUND, "no such endpoint"),
    };
    reply.into_response()
}

async fn replace(forwarder: &Forwarder, body: Incoming) -> Reply {
    let body = match Limited::new(body, MAX_LIST_BYTES).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => return Reply::error(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    match serde_json::from_slice::<Vec<SocketAddr>>(&body) {
        Ok(addresses) => {
            forwarder.upstreams.replace(&addresses);
            Reply::json(StatusCode::OK, &addresses)
        }
        Err(error) => {
            let reason = format!("expected a list like [\"127.0.0.1:8080\"]: {error}");
            Reply::error(StatusCode::BAD_REQUEST, &reason)
        }
    }
}
