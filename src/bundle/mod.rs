//! The run's folder: the interface between measuring and analysing.
//!
//! Whoever measures writes it, whoever analyses reads it, and neither knows the other: so a figure can always be
//! computed again from the files alone. `docs/reference.md` lists every file.

pub mod events;
pub mod folder;
pub mod manifest;
