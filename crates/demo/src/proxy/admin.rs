//! The proxy's own listener: its metrics, and its list of addresses.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::{Method, Request, Response, StatusCode};

use super::forward::Forwarder;
use crate::metrics::exposition;
use crate::reply::Reply;

/// Longest list that is read, in bytes.
const MAX_LIST_BYTES: usize = 1 << 20;

/// Longest time that draining is waited for.
const MAX_DRAIN: Duration = Duration::from_secs(60);

/// `may_set`: the listener is on loopback, so that nobody else can turn the traffic elsewhere.
pub(super) async fn answer(
    forwarder: Arc<Forwarder>,
    may_set: bool,
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    let reply = match (request.method(), request.uri().path()) {
        (&Method::GET, "/metrics") => {
            let members = forwarder.upstreams.addresses().len();
            forwarder.metrics.upstream_members.set(i64::try_from(members).unwrap_or(i64::MAX));
            return exposition(forwarder.metrics.registry());
        }
        (&Method::GET, "/healthz") => Reply::json(StatusCode::OK, &serde_json::json!({ "status": "ok" })),
        (&Method::GET, "/upstreams") => Reply::json(StatusCode::OK, &forwarder.upstreams.addresses()),
        (&Method::PUT, "/upstreams") if !may_set => {
            Reply::error(StatusCode::FORBIDDEN, "the list is set through a loopback listener only")
        }
        (&Method::PUT, "/upstreams") => match drain_bound(request.uri().query()) {
            Some(drain) => replace(&forwarder, request.into_body(), drain).await,
            None => Reply::error(StatusCode::BAD_REQUEST, "drain_s must be a number of seconds up to 60"),
        },
        _ => Reply::error(StatusCode::NOT_FOUND, "no such endpoint"),
    };
    reply.into_response()
}

/// How long the answer may wait for requests under way: `drain_s=SECONDS`, else not at all.
fn drain_bound(query: Option<&str>) -> Option<Duration> {
    let Some(text) = query.and_then(|q| q.split('&').find_map(|part| part.strip_prefix("drain_s="))) else {
        return Some(Duration::ZERO);
    };
    let drain = Duration::try_from_secs_f64(text.parse().ok()?).ok()?;
    (drain <= MAX_DRAIN).then_some(drain)
}

async fn replace(forwarder: &Forwarder, body: Incoming, drain: Duration) -> Reply {
    let body = match Limited::new(body, MAX_LIST_BYTES).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => return Reply::error(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    match serde_json::from_slice::<Vec<SocketAddr>>(&body) {
        Ok(addresses) => {
            let draining = forwarder.upstreams.replace(&addresses);
            if !drain.is_zero() && !draining.over_within(drain).await {
                let reason = "the list is in force, but requests to an address that went are still under way";
                return Reply::error(StatusCode::GATEWAY_TIMEOUT, reason);
            }
            Reply::json(StatusCode::OK, &addresses)
        }
        Err(error) => {
            let reason = format!("expected a list like [\"127.0.0.1:8080\"]: {error}");
            Reply::error(StatusCode::BAD_REQUEST, &reason)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drain_is_bounded() {
        assert_eq!(drain_bound(None), Some(Duration::ZERO));
        assert_eq!(drain_bound(Some("drain_s=1.5")), Some(Duration::from_millis(1_500)));
        for bad in ["drain_s=x", "drain_s=-1", "drain_s=NaN", "drain_s=61", "drain_s=1e300"] {
            assert_eq!(drain_bound(Some(bad)), None, "{bad}");
        }
    }
}
