//! The named ways in which requests fail.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a request that did not succeed ended. Each such request is counted under exactly one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The queue of waiting intents was full (`limits.max_queue`). Never sent.
    QueueFull,
    /// Still waiting for a connection when the load was stopped, aborted or its drain time ended. Never sent.
    Abandoned,
    /// The target refused the connection. Never sent.
    ConnectRefused,
    /// The connection was not established within the time limit. Never sent.
    ConnectTimeout,
    /// The connection could not be established for another reason (unreachable, reset). Never sent.
    ConnectFailed,
    /// This machine has no local port left. Never sent.
    NoLocalPort,
    /// This process cannot open another file. Never sent.
    TooManyOpenFiles,
    /// A name could not be resolved again while the load ran. No request ends with it, since the addresses
    /// before stay in use: it is counted in [`Outcome::resolve_failures`](crate::Outcome::resolve_failures).
    DnsFailed,
    /// TLS could not be established: the certificate is not accepted, the target does not speak TLS, or it
    /// broke off. Never sent.
    TlsFailed,
    /// A feeder that stops at its end had no row left for the request. Never sent.
    FeederExhausted,
    /// The WebSocket connection of a step is not open: it was never opened, or has ended before. Never sent.
    NotConnected,
    /// The message of a gRPC call does not fit its type with the values of its variables. Never sent.
    MessageInvalid,
    /// A value of the request, or a condition or loop before it, could not be computed. Never sent.
    EvaluationFailed,
    /// The target closed the connection before the first byte of an answer.
    ConnectionClosed,
    /// The target reset the connection before the answer was complete.
    ConnectionReset,
    /// The target closed the connection in the middle of an answer.
    ResponseTruncated,
    /// TLS broke on an established connection: an alert of the target (it may refuse a client certificate only
    /// now, in TLS 1.3) or a damaged record.
    TlsBroken,
    /// The target reset the stream of the request (HTTP/2).
    StreamReset,
    /// The target refused again and again to process the request (HTTP/2: `REFUSED_STREAM`, `GOAWAY`).
    StreamRefused,
    /// The target broke the rules of HTTP/2, and with them the connection.
    Http2Error,
    /// The target ended a WebSocket connection, with a close frame, before what was awaited had come.
    WebsocketClosed,
    /// The target broke the rules of WebSocket, and with them the connection.
    WebsocketError,
    /// What came back is not a response.
    BadResponse,
    /// The head of the response is larger than `limits.max_header_bytes` or has too many fields; or the interim
    /// responses before it, the trailers or the extensions of its chunks are too large.
    HeaderTooLarge,
    /// The body of the response is larger than `limits.max_body_bytes`.
    BodyTooLarge,
    /// No complete answer within the time limit.
    Timeout,
    /// Sent, but the load was aborted or its drain time ended before the answer was complete.
    Aborted,
    /// A complete answer with a status that the step does not expect.
    UnexpectedStatus,
    /// A complete answer with an expected status, but without a value that the step extracts.
    ExtractionFailed,
    /// A complete answer that does not fulfil an assertion of the step.
    CheckFailed,
    /// A complete answer that fulfils all but came later than the step allows.
    TooSlow,
    /// A complete answer to a GraphQL request that tells of errors.
    GraphqlErrors,
    /// A redirect that was to be followed, but as many had been already as the step allows.
    TooManyRedirects,
    /// A redirect that was to be followed leads to none of the load's targets.
    RedirectRefused,
    /// Redis answered that it does not publish the message.
    RedisError,
    /// A gRPC answer whose `grpc-status` is not one that the step expects.
    GrpcError,
}

/// Number of error kinds.
pub const ERROR_KINDS: usize = 36;

impl ErrorKind {
    /// All kinds, in the order of the enum.
    pub const ALL: [ErrorKind; ERROR_KINDS] = [
        ErrorKind::QueueFull,
        ErrorKind::Abandoned,
        ErrorKind::ConnectRefused,
        ErrorKind::ConnectTimeout,
        ErrorKind::ConnectFailed,
        ErrorKind::NoLocalPort,
        ErrorKind::TooManyOpenFiles,
        ErrorKind::DnsFailed,
        ErrorKind::TlsFailed,
        ErrorKind::FeederExhausted,
        ErrorKind::NotConnected,
        ErrorKind::MessageInvalid,
        ErrorKind::EvaluationFailed,
        ErrorKind::ConnectionClosed,
        ErrorKind::ConnectionReset,
        ErrorKind::ResponseTruncated,
        ErrorKind::TlsBroken,
        ErrorKind::StreamReset,
        ErrorKind::StreamRefused,
        ErrorKind::Http2Error,
        ErrorKind::WebsocketClosed,
        ErrorKind::WebsocketError,
        ErrorKind::BadResponse,
        ErrorKind::HeaderTooLarge,
        ErrorKind::BodyTooLarge,
        ErrorKind::Timeout,
        ErrorKind::Aborted,
        ErrorKind::UnexpectedStatus,
        ErrorKind::ExtractionFailed,
        ErrorKind::CheckFailed,
        ErrorKind::TooSlow,
        ErrorKind::GraphqlErrors,
        ErrorKind::TooManyRedirects,
        ErrorKind::RedirectRefused,
        ErrorKind::RedisError,
        ErrorKind::GrpcError,
    ];

    /// Whether nothing of the request was ever written.
    pub fn is_before_send(self) -> bool {
        self < ErrorKind::ConnectionClosed
    }

    /// Whether the answer was complete: the request counts as completed.
    pub fn is_completed(self) -> bool {
        self >= ErrorKind::UnexpectedStatus
    }

    /// Snake-case name, as in the serialised form.
    pub fn name(self) -> &'static str {
        match self {
            ErrorKind::QueueFull => "queue_full",
            ErrorKind::Abandoned => "abandoned",
            ErrorKind::ConnectRefused => "connect_refused",
            ErrorKind::ConnectTimeout => "connect_timeout",
            ErrorKind::ConnectFailed => "connect_failed",
            ErrorKind::NoLocalPort => "no_local_port",
            ErrorKind::TooManyOpenFiles => "too_many_open_files",
            ErrorKind::DnsFailed => "dns_failed",
            ErrorKind::TlsFailed => "tls_failed",
            ErrorKind::FeederExhausted => "feeder_exhausted",
            ErrorKind::NotConnected => "not_connected",
            ErrorKind::MessageInvalid => "message_invalid",
            ErrorKind::EvaluationFailed => "evaluation_failed",
            ErrorKind::ConnectionClosed => "connection_closed",
            ErrorKind::ConnectionReset => "connection_reset",
            ErrorKind::ResponseTruncated => "response_truncated",
            ErrorKind::TlsBroken => "tls_broken",
            ErrorKind::StreamReset => "stream_reset",
            ErrorKind::StreamRefused => "stream_refused",
            ErrorKind::Http2Error => "http2_error",
            ErrorKind::WebsocketClosed => "websocket_closed",
            ErrorKind::WebsocketError => "websocket_error",
            ErrorKind::BadResponse => "bad_response",
            ErrorKind::HeaderTooLarge => "header_too_large",
            ErrorKind::BodyTooLarge => "body_too_large",
            ErrorKind::Timeout => "timeout",
            ErrorKind::Aborted => "aborted",
            ErrorKind::UnexpectedStatus => "unexpected_status",
            ErrorKind::ExtractionFailed => "extraction_failed",
            ErrorKind::CheckFailed => "check_failed",
            ErrorKind::TooSlow => "too_slow",
            ErrorKind::GraphqlErrors => "graphql_errors",
            ErrorKind::TooManyRedirects => "too_many_redirects",
            ErrorKind::RedirectRefused => "redirect_refused",
            ErrorKind::RedisError => "redis_error",
            ErrorKind::GrpcError => "grpc_error",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_serialised_form_and_stages_are_ordered() {
        for (index, kind) in ErrorKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, index);
            assert_eq!(serde_json::to_string(&kind).ok(), Some(format!("\"{kind}\"")));
            assert!(!(kind.is_before_send() && kind.is_completed()));
        }
        assert!(ErrorKind::TlsFailed.is_before_send());
        assert!(ErrorKind::FeederExhausted.is_before_send());
        assert!(ErrorKind::GraphqlErrors.is_completed());
        assert!(!ErrorKind::ConnectionClosed.is_before_send());
        assert!(!ErrorKind::Aborted.is_completed());
    }
}
