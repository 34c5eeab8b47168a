//! Requests that must keep every field of the Engine's JSON.
//!
//! A service is changed by reading its specification, changing a part and sending all of it back. The
//! client's types do not survive that: they look for `HealthCheck`, where the Engine writes
//! `Healthcheck`, and so would silently remove the health check (and thereby restart every replica);
//! and they do not know the fields of engines newer than themselves. So these two requests go without.

use crate::connect::Engine;
use bollard::errors::Error as ApiError;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

const TIMEOUT: Duration = Duration::from_secs(60);

impl Engine {
    /// Reads a service as it is: `Version.Index` and `Spec` are in it.
    pub(crate) async fn read_service(&self, id: &str) -> Result<Value, ApiError> {
        self.raw(Method::GET, &format!("/services/{id}"), None).await
    }

    /// Replaces a service's specification, if its version is still `version`.
    pub(crate) async fn write_service(&self, id: &str, version: u64, spec: &Value) -> Result<(), ApiError> {
        self.raw(Method::POST, &format!("/services/{id}/update?version={version}"), Some(spec))
            .await
            .map(drop)
    }

    async fn raw(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, ApiError> {
        let address = self.info().address.as_str();
        let exchange = async {
            match address.strip_prefix("unix://") {
                Some(socket) => exchange(UnixStream::connect(socket).await?, method, path, body).await,
                None => {
                    let host = address.split_once("://").map_or(address, |(_, host)| host);
                    let host = host.trim_end_matches('/');
                    exchange(TcpStream::connect(host).await?, method, path, body).await
                }
            }
        };
        tokio::time::timeout(TIMEOUT, exchange).await.map_err(|_| ApiError::RequestTimeoutError)?
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Result<Value, ApiError> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let drive = tokio::spawn(connection);
    let body = body.map(serde_json::to_vec).transpose()?.unwrap_or_default();
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "docker")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(body)))?;
    let response = sender.send_request(request).await?;
    let status_code = response.status().as_u16();
    let success = response.status().is_success();
    let bytes = response.into_body().collect().await?.to_bytes();
    drive.abort();
    // Some answers of success have no body.
    let answer = serde_json::from_slice::<Value>(&bytes);
    if success {
        return if bytes.is_empty() { Ok(Value::Null) } else { Ok(answer?) };
    }
    let words = answer.ok().and_then(|answer| Some(answer.get("message")?.as_str()?.to_string()));
    let message = words.unwrap_or_else(|| String::from_utf8_lossy(&bytes).into_owned());
    Err(ApiError::DockerResponseServerError { status_code, message })
}
