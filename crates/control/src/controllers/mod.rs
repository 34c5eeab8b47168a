//! The controllers, one file each.

pub mod cooldown;
mod fixed;
pub mod hpa;
pub mod mmc;
pub mod optctrl;
pub mod pid;
pub mod predictive;
pub mod schedule;
pub mod step;
pub mod target;
pub mod threshold;

pub use fixed::Fixed;
pub use hpa::Hpa;
pub use mmc::MmcScaling;
pub use optctrl::OptCtrl;
pub use pid::PidScaling;
pub use predictive::Predictive;
pub use schedule::Schedule;
pub use step::StepScaling;
pub use target::TargetTracking;
pub use threshold::Threshold;
