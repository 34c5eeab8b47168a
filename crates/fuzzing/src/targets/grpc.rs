//! gRPC: descriptors, messages as JSON and encoded, and bodies of answers.

/// Words of their languages.
pub const WORDS: &[&str] = &["\"aString\"", "\"anInner\":{", "\"at\":\"2026-01-31T12:00:00Z\"", "\"took\":\"1.5s\"", "\"counts\":{\"a\":1}", "\"aColour\":\"RED\"", "null", "[", "]", "}", "everything", "proto3", "\u{12}", "Z", "%C3"];

/// Runs the target.
pub fn run(data: &[u8]) {
    swarmlab_loadgen::fuzzing::grpc(data);
}
