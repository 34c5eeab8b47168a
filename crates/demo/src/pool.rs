//! Keep-alive connections to one address, and what is known when a request on one of them fails.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// A connection that was idle for longer is not used again: the other side may be about to close it.
const MAX_IDLE: Duration = Duration::from_secs(30);

/// Connections to one `host:port`.
pub(crate) struct Pool<B> {
    host: String,
    port: u16,
    connect_timeout: Duration,
    idle: Mutex<VecDeque<(SendRequest<B>, Instant)>>,
}

/// A connection taken out of the pool; it goes back with [`Pool::put_back`] or is closed by dropping it.
pub(crate) struct Connection<B> {
    sender: SendRequest<B>,
    fresh: bool,
}

/// Why there is no connection; nothing was sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error("{0}")]
    Refused(std::io::Error),
    #[error("no connection within {} ms", .0.as_millis())]
    TimedOut(Duration),
}

/// Why there is no answer to a request that had a connection.
pub(crate) enum SendError<B> {
    /// The connection was closed before a byte was written: sending it again repeats nothing.
    Unsent(Box<Request<B>>),
    /// It may have been received: sending it again could count it twice.
    Broken(hyper::Error),
}

impl<B> Pool<B>
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    pub(crate) fn new(host: impl Into<String>, port: u16, connect_timeout: Duration) -> Self {
        Self { host: host.into(), port, connect_timeout, idle: Mutex::default() }
    }

    /// The connection used last, or a new one.
    pub(crate) async fn take(&self) -> Result<Connection<B>, ConnectError> {
        while let Some(mut sender) = self.pop_idle() {
            // Its last response may have ended a moment ago: ready once the connection has noticed.
            if sender.ready().await.is_ok() {
                return Ok(Connection { sender, fresh: false });
            }
        }
        let connect = tokio::time::timeout(self.connect_timeout, self.connect());
        let sender = connect.await.map_err(|_| ConnectError::TimedOut(self.connect_timeout))?;
        Ok(Connection { sender: sender.map_err(ConnectError::Refused)?, fresh: true })
    }

    /// Keeps a connection for the next request. Only after the response's body was read to its end.
    pub(crate) fn put_back(&self, connection: Connection<B>) {
        let now = Instant::now();
        let mut idle = self.lock();
        while idle.front().is_some_and(|(sender, since)| sender.is_closed() || now - *since > MAX_IDLE) {
            idle.pop_front();
        }
        if !connection.sender.is_closed() {
            idle.push_back((connection.sender, now));
        }
    }

    fn pop_idle(&self) -> Option<SendRequest<B>> {
        let mut idle = self.lock();
        match idle.pop_back() {
            Some((sender, since)) if since.elapsed() <= MAX_IDLE => Some(sender),
            Some(_) => {
                // The youngest is too old, so all are.
                idle.clear();
                None
            }
            None => None,
        }
    }

    async fn connect(&self) -> std::io::Result<SendRequest<B>> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(std::io::Error::other)?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "upstream connection ended early");
            }
        });
        Ok(sender)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(SendRequest<B>, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<B: Body + 'static> Connection<B> {
    /// Whether it was made for this request. A fresh connection that is closed at once tells of a sick
    /// upstream; a kept one may just have been closed for its age.
    pub(crate) fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// Sends one request and waits for the head of its answer.
    pub(crate) async fn send(&mut self, request: Request<B>) -> Result<Response<Incoming>, SendError<B>> {
        self.sender.try_send_request(request).await.map_err(|mut error| match error.take_message() {
            Some(request) => SendError::Unsent(Box::new(request)),
            None => SendError::Broken(error.into_error()),
        })
    }
}
