//! The body of an answer on its way through: it knows when the answer is complete, and what to do then.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};

use super::forward::Forwarder;
use super::metrics::Failure;
use super::upstreams::Upstream;
use crate::metrics::InFlight;
use crate::pool::Connection;

/// An upstream's body; when it ends, the time is taken and the connection is kept.
pub(super) struct ForwardedBody {
    inner: Incoming,
    /// What is to be done at the end; gone once it is done.
    pending: Option<Pending>,
}

pub(super) struct Pending {
    pub(super) forwarder: Arc<Forwarder>,
    pub(super) upstream: Arc<Upstream>,
    pub(super) connection: Connection<Incoming>,
    pub(super) sent: Instant,
    pub(super) in_flight: InFlight,
}

impl ForwardedBody {
    pub(super) fn new(inner: Incoming, pending: Pending) -> Self {
        let mut body = Self { inner, pending: Some(pending) };
        body.finish_at_end();
        body
    }

    /// The server does not ask again after the last frame, so the end must be noticed with it.
    fn finish_at_end(&mut self) {
        if self.inner.is_end_stream() {
            self.finish();
        }
    }

    fn finish(&mut self) {
        if let Some(pending) = self.pending.take() {
            let took = pending.sent.elapsed();
            pending.forwarder.metrics.upstream_seconds.observe(took.as_secs_f64());
            pending.upstream.pool.put_back(pending.connection);
            drop(pending.in_flight);
        }
    }

    fn fail(&mut self, reason: Failure) {
        if let Some(pending) = self.pending.take() {
            pending.forwarder.metrics.failed(reason);
        }
    }
}

impl Body for ForwardedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(_))) => self.finish_at_end(),
            Poll::Ready(Some(Err(_))) => self.fail(Failure::body),
            Poll::Ready(None) => self.finish(),
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for ForwardedBody {
    fn drop(&mut self) {
        // Dropped before its end: the other side of the proxy has gone.
        self.fail(Failure::client_left);
    }
}
