//! The controllers, one file each.

mod fixed;
pub mod hpa;

pub use fixed::Fixed;
pub use hpa::Hpa;
