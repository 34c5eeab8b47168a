//! What a run does, one behaviour a test.
#![allow(clippy::unwrap_used)]

mod actions;
mod controllers;
mod ends;
mod phases;
mod tries;
