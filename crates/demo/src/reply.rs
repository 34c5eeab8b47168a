//! The answers of the services: JSON, or nothing.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderValue, SET_COOKIE, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};
use serde::Serialize;

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Status and JSON body (empty: none) of an answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
    /// `Set-Cookie`, if a session begins.
    pub(crate) cookie: Option<HeaderValue>,
}

impl Reply {
    pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => Self { status, body: body.into(), cookie: None },
            Err(_) => Self::error(StatusCode::INTERNAL_SERVER_ERROR, "the answer cannot be written as JSON"),
        }
    }

    /// `{"error": reason}`.
    pub(crate) fn error(status: StatusCode, reason: &str) -> Self {
        let body = serde_json::json!({ "error": reason }).to_string();
        Self { status, body: body.into(), cookie: None }
    }

    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, body: Bytes::new(), cookie: None }
    }

    pub(crate) fn into_response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(self.body.clone()));
        *response.status_mut() = self.status;
        if !self.body.is_empty() {
            response.headers_mut().insert(CONTENT_TYPE, JSON);
        }
        if let Some(cookie) = self.cookie {
            response.headers_mut().insert(SET_COOKIE, cookie);
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
