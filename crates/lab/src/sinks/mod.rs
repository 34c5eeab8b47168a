//! Who listens to the bus, a file each. None of them prints: they are given someone who does.

mod folder;
mod json;
mod plain;
pub mod text;

pub use folder::FolderSink;
pub use json::JsonLines;
pub use plain::PlainLines;
