//! gRPC unary calls: descriptors (`protoc --descriptor_set_out`), messages between JSON and their encoding, and what an
//! answer says (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>).
//!
//! Only what a load needs of Protocol Buffers is here: reading descriptors, and the canonical mapping to JSON in both
//! directions (<https://protobuf.dev/programming-guides/json/>). Its own code, because the library for it would add more to
//! the binary than all the rest of this room (`docs/dependencies.md` has the measurement).

mod answer;
mod decode;
mod descriptor;
mod encode;
mod fuzz;
mod known;
mod method;
mod misfit;
mod scalar;
#[cfg(test)]
mod tests;
mod types;
mod wire;

pub use descriptor::{Descriptor, DescriptorError};
pub use fuzz::fuzz_grpc;
pub use method::{Method, MethodError};
pub use misfit::{Misfit, Place};

pub(crate) use answer::{Frame, message, percent_decoded, push_frame};

/// Messages within messages at most, in both directions.
const MAXIMUM_DEPTH: usize = 64;
