//! gRPC calls made ready.

use super::TargetText;
use super::request::{Names, Piece, Place, Request, push_bytes, push_fields, push_template};
use crate::grpc::{self, Method};
use crate::scenario::{GrpcCall, Template};

/// What a step calls, and where in the answer its end is told.
#[derive(Debug)]
pub(crate) struct CompiledCall {
    pub method: Method,
    /// Codes that count as success.
    pub expect: Vec<u16>,
    /// Which wanted fields these are.
    pub status: usize,
    pub message: usize,
    pub content_type: usize,
    pub encoding: usize,
}

impl CompiledCall {
    pub fn new(call: &GrpcCall, wanted: &mut Vec<String>) -> Self {
        let from = wanted.len();
        wanted.extend(["grpc-status", "grpc-message", "content-type", "grpc-encoding"].map(str::to_owned));
        Self {
            method: call.method.clone(),
            expect: call.expect.clone(),
            status: from,
            message: from + 1,
            content_type: from + 2,
            encoding: from + 3,
        }
    }
}

/// Request line and headers of a call, as if it were one of HTTP/1.1.
pub(super) fn head(
    call: &GrpcCall,
    timeout_s: f64,
    target: &TargetText<'_>,
    names: &impl Names,
) -> Vec<Piece> {
    let mut head: Vec<Piece> = Vec::new();
    let line = format!("POST {}{} HTTP/1.1\r\n", target.base_path, call.method.path());
    push_bytes(&mut head, line.as_bytes());
    push_bytes(&mut head, format!("Host: {}\r\n", target.host).as_bytes());
    push_bytes(&mut head, b"Content-Type: application/grpc+proto\r\nTE: trailers\r\n");
    push_bytes(&mut head, format!("grpc-timeout: {}\r\n", timeout(timeout_s)).as_bytes());
    let agent = concat!("grpc-swarmlab/", env!("CARGO_PKG_VERSION"));
    push_bytes(&mut head, format!("User-Agent: {agent}\r\n").as_bytes());
    push_fields(&mut head, &call.metadata, names);
    head
}

/// The request of a call: its message as bytes if that never changes, else as JSON that is written in Protocol Buffers when the
/// values are known.
pub(super) fn request(call: &GrpcCall, head: Vec<Piece>, names: &impl Names) -> Request {
    let mut json = Vec::new();
    // Validation has made it before.
    if let Ok(template) = Template::json(&call.message) {
        push_template(&mut json, &template, Place::Json, names);
    }
    if let [Piece::Bytes(text)] = json.as_slice() {
        let mut body = Vec::new();
        if grpc::push_frame(&mut body, |out| call.method.encode(text, out)).is_ok() {
            return Request::http(head, vec![Piece::Bytes(body)], false);
        }
    }
    Request::Call { head, json, method: call.method.clone() }
}

/// A time limit as gRPC writes it: at most eight digits and a unit.
fn timeout(seconds: f64) -> String {
    match seconds * 1e3 {
        whole_ms if whole_ms < 1e8 => format!("{}m", whole_ms.ceil().max(1.0)),
        _ => format!("{}S", seconds.ceil().min(99_999_999.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_limits_have_at_most_eight_digits() {
        for (seconds, text) in
            [(0.0001, "1m"), (1.5, "1500m"), (99_999.0, "99999000m"), (100_000.0, "100000S")]
        {
            assert_eq!(timeout(seconds), text);
        }
    }
}
