//! What a testbed can be asked to change while it is up.
//!
//! An action is data: it can be written into a plan, sent over a channel and noted in a journal. A new one is a variant
//! here and a file in each bed that can do it; a bed that cannot refuses by name ([`crate::TestbedError::CannotAct`]).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::TestbedError;

/// The least CPU limit that can be set, in cores; the Engine refuses less.
const MIN_CPU_CORES: f64 = 0.001;
/// The least memory limit that can be set, in bytes; the Engine refuses less.
const MIN_MEMORY_BYTES: u64 = 6 << 20;

/// One change of a service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// Sets the number of replicas. Done when so many are healthy, and no more run.
    Scale {
        /// Short name of the service.
        service: String,
        /// Replicas wanted.
        replicas: u64,
    },
    /// Sets what each replica may use; what is `None` stays as it is. Done when every replica runs under it.
    SetLimits {
        /// Short name of the service.
        service: String,
        /// Processor time a second.
        cpu_cores: Option<f64>,
        /// Memory.
        memory_bytes: Option<u64>,
    },
    /// Stops and starts replicas. Done when all of them are healthy again. Never idempotent: each asks for a new start.
    Restart {
        /// Short name of the service.
        service: String,
        /// The one task, as named in samples; all of the service if `None`.
        task: Option<String>,
    },
}

impl Action {
    /// Short name of the service that it changes.
    pub fn service(&self) -> &str {
        match self {
            Self::Scale { service, .. } | Self::SetLimits { service, .. } | Self::Restart { service, .. } => {
                service
            }
        }
    }

    /// Refuses what must never reach a testbed, whatever it is.
    ///
    /// # Errors
    /// [`TestbedError::OutOfBounds`] with the bound.
    pub fn check(&self, bounds: &Bounds) -> Result<(), TestbedError> {
        let out = |bound: String| Err(TestbedError::OutOfBounds { action: self.to_string(), bound });
        match self {
            Self::Scale { replicas, .. } if *replicas > bounds.max_replicas => {
                out(format!("at most {} replicas of one service", bounds.max_replicas))
            }
            Self::SetLimits { cpu_cores: None, memory_bytes: None, .. } => {
                out("at least one of CPU and memory".to_owned())
            }
            Self::SetLimits { cpu_cores: Some(cores), .. }
                if !(MIN_CPU_CORES..=bounds.max_cpu_cores).contains(cores) =>
            {
                out(format!("{MIN_CPU_CORES} to {} cores", bounds.max_cpu_cores))
            }
            Self::SetLimits { memory_bytes: Some(bytes), .. }
                if !(MIN_MEMORY_BYTES..=bounds.max_memory_bytes).contains(bytes) =>
            {
                out(format!("{MIN_MEMORY_BYTES} to {} bytes of memory", bounds.max_memory_bytes))
            }
            _ => Ok(()),
        }
    }
}

impl std::fmt::Display for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Scale { service, replicas } => write!(f, "scale {service} to {replicas}"),
            Self::SetLimits { service, cpu_cores, memory_bytes } => {
                write!(f, "limit {service}")?;
                if let Some(cores) = cpu_cores {
                    write!(f, " to {cores} cores")?;
                }
                if let Some(bytes) = memory_bytes {
                    write!(f, " to {bytes} bytes")?;
                }
                Ok(())
            }
            Self::Restart { service, task: None } => write!(f, "restart {service}"),
            Self::Restart { task: Some(task), .. } => write!(f, "restart {task}"),
        }
    }
}

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
        assert!(scale(100).check(&bounds).is_ok() && scale(0).check(&bounds).is_ok());
        let error = scale(100_000_000_000).check(&bounds).unwrap_err();
        assert_eq!(
            error.to_string(),
            "scale web to 100000000000 is out of bounds: at most 100 replicas of one service"
        );
        assert!(error.help().is_some());
    }

    #[test]
    fn limits_are_bounded_and_say_something() {
        let bounds = Bounds::default();
        assert!(limits(Some(0.5), None).check(&bounds).is_ok());
        assert!(limits(None, Some(64 << 20)).check(&bounds).is_ok());
        for bad in [
            limits(None, None),
            limits(Some(0.0), None),
            limits(Some(f64::NAN), None),
            limits(Some(-1.0), None),
            limits(Some(1e12), None),
            limits(None, Some(1)),
            limits(Some(1.0), Some(u64::MAX)),
        ] {
            assert!(matches!(bad.check(&bounds), Err(TestbedError::OutOfBounds { .. })), "{bad}");
        }
    }
}
