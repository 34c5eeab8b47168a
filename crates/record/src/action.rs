//! What was changed of a testbed while it was up, and what became of it.

use serde::{Deserialize, Serialize};

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

/// News of one action. Each that was asked for has one end: in force, failed or given up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActionEvent {
    /// When it became known, seconds since the Unix epoch.
    pub t_unix_s: f64,
    /// Number of the action in its session, from 0.
    pub id: usize,
    /// What was asked.
    pub what: Action,
    /// Number of the decision that wanted it (`decisions.jsonl`), if a controller's did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<usize>,
    /// How far it is.
    #[serde(flatten)]
    pub progress: Progress,
}

/// How far an action is. Times are seconds since the Unix epoch, by the machine that asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Progress {
    /// The testbed was asked.
    Asked,
    /// It is in force.
    InForce {
        /// When the testbed had taken the order.
        accepted_unix_s: f64,
        /// When it was in force.
        done_unix_s: f64,
        /// False if it was in force already and nothing was changed.
        changed: bool,
    },
    /// It is not, and will not be.
    Failed {
        /// When the testbed had taken the order, if it had: then what was done of it stands.
        #[serde(default)]
        accepted_unix_s: Option<f64>,
        /// What it said.
        why: String,
    },
    /// It was not waited for any longer. What was done of it until then stands.
    GivenUp {
        /// Why not.
        why: String,
    },
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::events::Event;

    #[test]
    fn news_of_actions_are_flat_lines_of_the_journal() {
        let what = Action::Scale { service: "web".to_owned(), replicas: 3 };
        let event = |t_unix_s, progress| {
            Event::Action(ActionEvent { t_unix_s, id: 2, what: what.clone(), decision: None, progress })
        };
        let in_force = Progress::InForce { accepted_unix_s: 1.5, done_unix_s: 4.25, changed: true };
        let failed = Progress::Failed { accepted_unix_s: None, why: "no".to_owned() };
        for (event, line) in [
            (
                event(1.0, Progress::Asked),
                r#"{"event":"action","t_unix_s":1.0,"id":2,"what":{"action":"scale","service":"web","replicas":3},"is":"asked"}"#,
            ),
            (
                event(4.5, in_force),
                r#"{"event":"action","t_unix_s":4.5,"id":2,"what":{"action":"scale","service":"web","replicas":3},"is":"in_force","accepted_unix_s":1.5,"done_unix_s":4.25,"changed":true}"#,
            ),
            (
                event(9.0, failed),
                r#"{"event":"action","t_unix_s":9.0,"id":2,"what":{"action":"scale","service":"web","replicas":3},"is":"failed","accepted_unix_s":null,"why":"no"}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&event).unwrap(), line);
            assert_eq!(serde_json::from_str::<Event>(line).unwrap(), event);
        }
    }
}
