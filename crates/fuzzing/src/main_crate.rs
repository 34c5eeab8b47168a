//! Readers of the main crate, which itself would bring hundreds of crates into a build with a sanitizer.

#[path = "../../telemetry/src/exposition.rs"]
pub mod exposition;
