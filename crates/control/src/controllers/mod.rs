//! The controllers, one file each.

mod fixed;

pub use fixed::Fixed;
