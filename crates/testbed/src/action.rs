//! What a testbed can be asked to change while it is up.
//!
//! An action is data: it can be written into a plan, sent over a channel and noted in a journal. A new one is a variant
//! of [`Action`] and a file in each bed that can do it; a bed that cannot refuses by name ([`crate::TestbedError::CannotAct`]).

use std::time::Duration;

use serde::{Deserialize, Serialize};
pub use swarmlab_record::action::Action;

use crate::TestbedError;

/// The least CPU limit that can be set, in cores; the Engine refuses less.
const MIN_CPU_CORES: f64 = 0.001;
/// The least memory limit that can be set, in bytes; the Engine refuses less.
const MIN_MEMORY_BYTES: u64 = 6 << 20;

/// How far actions may go. A slip (a replica count with too many digits) must not take an engine down.
#[derive(Debug, Clone, PartialEq)]
pub struct Bounds {
    /// Replicas of one service.
    pub max_replicas: u64,
    /// Cores that one replica may be given.
    pub max_cpu_cores: f64,
    /// Bytes of memory that one replica may be given.
    pub max_memory_bytes: u64,
    /// How long an action may take from asking until it is done.
    pub timeout: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            max_replicas: 100,
            max_cpu_cores: 1024.0,
            max_memory_bytes: 1 << 42,
            timeout: Duration::from_secs(120),
        }
    }
}

impl Bounds {
    /// Refuses what must never reach a testbed, whatever it is.
    ///
    /// # Errors
    /// [`TestbedError::OutOfBounds`] with the bound.
    pub fn allow(&self, action: &Action) -> Result<(), TestbedError> {
        let out = |bound: String| Err(TestbedError::OutOfBounds { action: action.to_string(), bound });
        match action {
            Action::Scale { replicas, .. } if *replicas > self.max_replicas => {
                out(format!("at most {} replicas of one service", self.max_replicas))
            }
            Action::SetLimits { cpu_cores: None, memory_bytes: None, .. } => {
                out("at least one of CPU and memory".to_owned())
            }
            Action::SetLimits { cpu_cores: Some(cores), .. }
                if !(MIN_CPU_CORES..=self.max_cpu_cores).contains(cores) =>
            {
                out(format!("{MIN_CPU_CORES} to {} cores", self.max_cpu_cores))
            }
            Action::SetLimits { memory_bytes: Some(bytes), .. }
                if !(MIN_MEMORY_BYTES..=self.max_memory_bytes).contains(bytes) =>
            {
                out(format!("{MIN_MEMORY_BYTES} to {} bytes of memory", self.max_memory_bytes))
            }
            _ => Ok(()),
        }
    }
}

/// What became of an action. Times are seconds since the Unix epoch, by this machine's clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// What was asked.
    pub action: Action,
    /// When it was asked.
    pub asked_unix_s: f64,
    /// When the bed had taken the order: the Engine answered, or the first process was started or told to stop.
    pub accepted_unix_s: f64,
    /// When it was in force (see each action).
    pub done_unix_s: f64,
    /// False if it was in force already and nothing was changed.
    pub changed: bool,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn limits(cpu_cores: Option<f64>, memory_bytes: Option<u64>) -> Action {
        Action::SetLimits { service: "web".into(), cpu_cores, memory_bytes }
    }

    #[test]
    fn a_slip_of_digits_reaches_no_engine() {
        let scale = |replicas| Action::Scale { service: "web".into(), replicas };
        let bounds = Bounds::default();
        assert!(bounds.allow(&scale(100)).is_ok() && bounds.allow(&scale(0)).is_ok());
        let error = bounds.allow(&scale(100_000_000_000)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "scale web to 100000000000 is out of bounds: at most 100 replicas of one service"
        );
        assert!(error.help().is_some());
    }

    #[test]
    fn limits_are_bounded_and_say_something() {
        let bounds = Bounds::default();
        assert!(bounds.allow(&limits(Some(0.5), None)).is_ok());
        assert!(bounds.allow(&limits(None, Some(64 << 20))).is_ok());
        for bad in [
            limits(None, None),
            limits(Some(0.0), None),
            limits(Some(f64::NAN), None),
            limits(Some(-1.0), None),
            limits(Some(1e12), None),
            limits(None, Some(1)),
            limits(Some(1.0), Some(u64::MAX)),
        ] {
            assert!(matches!(bounds.allow(&bad), Err(TestbedError::OutOfBounds { .. })), "{bad}");
        }
    }
}
