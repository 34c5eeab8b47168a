//! gRPC: one call with one answer.

use serde::Serialize;

use super::template::Template;
use crate::grpc::Method;

/// A unary call.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GrpcCall {
    /// Which method, as its descriptor says.
    pub method: Method,
    /// The message as JSON in its canonical mapping: an object whose strings are templates, as in GraphQL variables.
    pub message: serde_json::Value,
    /// Metadata: names in lower case and values.
    pub metadata: Vec<(String, Template)>,
    /// Codes of `grpc-status` that count as success.
    pub expect: Vec<u16>,
}

impl GrpcCall {
    /// A call with this message and no metadata; `OK` is expected.
    pub fn new(method: Method, message: serde_json::Value) -> Self {
        Self { method, message, metadata: Vec::new(), expect: vec![0] }
    }
}
