//! Steps made ready: what is sent, what is kept of the answer, and what is looked at in it.

use super::Computed;
use super::answer::{CompiledCheck, CompiledExtract, position_or_push};
use super::call::CompiledCall;
use super::request::{Request, Scratch, Values, path_of};
use super::socket::CompiledSocket;
use crate::scenario::json::Pointer;
use crate::scenario::{ContentCoding, Expect};
use swarmlab_intervals::is_redirect;

/// A step ready to be rendered and judged.
#[derive(Debug)]
pub(crate) struct CompiledStep {
    /// Which of the endpoints' names it has; see [`Compiled::endpoint`](super::Compiled::endpoint).
    pub(super) endpoint_name: usize,
    /// Index of the target.
    pub target: usize,
    pub probability: f64,
    pub is_head: bool,
    /// Whether its answer has no status: a message of Redis or on a WebSocket.
    pub is_message: bool,
    /// What is done on a WebSocket connection, for such a step.
    pub socket: Option<CompiledSocket>,
    /// What is called, for a gRPC step.
    pub grpc: Option<CompiledCall>,
    pub expect: Expect,
    /// Time limit, nanoseconds.
    pub timeout_ns: u64,
    /// Whether the body must be kept.
    pub wants_body: bool,
    /// Whether what it says is looked at.
    pub(super) wants_message: bool,
    /// Names of the headers that must be kept.
    pub wanted: Vec<String>,
    /// Which of them is `Content-Encoding`, if the body must be kept.
    pub content_encoding: Option<usize>,
    /// Codings that were asked for and are taken off a body that is kept.
    pub codings: Vec<ContentCoding>,
    /// Which of them is `Set-Cookie`, for a class with cookies.
    pub set_cookie: Option<usize>,
    /// Redirects that are followed at most; 0: they are answers like any other.
    pub max_redirects: u32,
    /// Which of the wanted headers is `Location`, if redirects are followed.
    pub location: Option<usize>,
    /// Whether all headers and the beginning of the body are kept to be shown.
    pub shows_all: bool,
    /// Where errors of GraphQL stand, for such a request.
    pub graphql_errors: Option<Pointer>,
    pub checks: Vec<CompiledCheck>,
    pub extract: Vec<CompiledExtract>,
    /// What is computed before the request is written.
    pub computed: Vec<Computed>,
    /// By variant; one for all if it does not depend on that.
    pub(super) requests: Vec<Request>,
}

impl CompiledStep {
    /// The bytes of the HTTP request: borrowed when they never change, else rendered into `scratch`.
    pub fn render<'a>(&'a self, values: &mut Values<'_>, scratch: &'a mut Scratch) -> &'a [u8] {
        let variant = if self.requests.len() > 1 { values.variant } else { 0 };
        self.requests[variant].render(values, scratch)
    }

    /// Channel and message; `None` for an HTTP step.
    pub fn render_message<'a>(
        &self,
        values: &mut Values<'_>,
        scratch: &'a mut Scratch,
    ) -> Option<(&'a [u8], &'a [u8])> {
        let variant = if self.requests.len() > 1 { values.variant } else { 0 };
        self.requests[variant].render_message(values, scratch)
    }

    /// Keeps all of the answer that can be shown.
    pub(super) fn show_all(&mut self) {
        self.shows_all = true;
        self.wants_body = true;
        if !self.is_message && self.content_encoding.is_none() {
            self.content_encoding = Some(position_or_push(&mut self.wanted, "content-encoding"));
        }
    }

    /// Whether what the body says is looked at.
    pub fn wants_message(&self) -> bool {
        self.wants_message
    }

    /// Whether an answer with this status is one to show: what it says is kept from its head on.
    pub fn shows(&self, status: u16) -> bool {
        !self.expect.accepts(status) || is_redirect(status)
    }

    /// The path of a rendered request, for cookies.
    pub fn path_of(request: &[u8]) -> &[u8] {
        path_of(request)
    }
}
