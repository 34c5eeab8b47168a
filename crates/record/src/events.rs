//! `events.jsonl`: what happened, when, on one clock; one JSON object a line, written at once.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};
use swarmlab_intervals::{ErrorKind, FirstAnswer, Retired};

use crate::Phase;
use crate::action::ActionEvent;
use crate::topology::{ReplicaEvent, TaskLife, Trouble};

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A phase began.
    Phase {
        /// When.
        t_unix_s: f64,
        /// Which.
        phase: Phase,
    },
    /// Replica counts changed.
    Replicas(ReplicaEvent),
    /// A task was born or died.
    Task(TaskLife),
    /// A task ran out of memory or became unhealthy.
    Trouble(Trouble),
    /// An action on the testbed was asked for, or came to its end.
    Action(ActionEvent),
    /// Something a reader of the figures should know.
    Warning {
        /// When.
        t_unix_s: f64,
        /// A sentence.
        message: String,
    },
    /// The first answer of an error and status, or of a redirect that was accepted.
    Answer {
        /// When it was told, at the end of the load.
        t_unix_s: f64,
        /// The answer.
        #[serde(flatten)]
        answer: FirstAnswer,
    },
    /// The first request of the load that failed in this way, where the load engine has words for it.
    FirstError {
        /// When it was told, at the end of the load.
        t_unix_s: f64,
        /// How it failed.
        error: ErrorKind,
        /// What exactly went wrong.
        message: String,
    },
    /// Connections of the load.
    Connections {
        /// When it was told, at the end of the load.
        t_unix_s: f64,
        /// How many were established.
        opened: u64,
        /// How many of them were ended because they had been used for long enough, by bound.
        retired: Retired,
    },
    /// A step of the testbed.
    Step {
        /// When.
        t_unix_s: f64,
        /// A sentence.
        message: String,
    },
}

/// Appends events to the file.
pub struct EventLog {
    file: File,
}

impl EventLog {
    /// Opens a new file, and locks it as long as it is written to: a run that goes on is told from one that was killed.
    pub fn create(path: &Path) -> std::io::Result<Self> {
        let file = File::options().create_new(true).append(true).open(path)?;
        // Where there are no locks, a run that goes on looks like one that was killed.
        let _ = file.try_lock();
        Ok(Self { file })
    }

    /// Writes one event and hands it to the kernel.
    pub fn write(&mut self, event: &Event) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(event)?;
        line.push(b'\n');
        self.file.write_all(&line)
    }
}

/// Reads a file of events; a torn last line (a crash) is left out.
pub fn read(path: &Path) -> std::io::Result<Vec<Event>> {
    let text = std::fs::read_to_string(path)?;
    let mut events = Vec::new();
    let mut lines = text.lines().enumerate().peekable();
    while let Some((i, line)) = lines.next() {
        match serde_json::from_str(line) {
            Ok(e) => events.push(e),
            Err(_) if lines.peek().is_none() && !text.ends_with('\n') => {}
            Err(e) => {
                return Err(std::io::Error::new(
                    std::io::ErrorKind::InvalidData,
                    format!("{}:{}: {e}", path.display(), i + 1),
                ));
            }
        }
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_written_is_read_and_a_torn_line_is_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.jsonl");
        let mut log = EventLog::create(&path).unwrap();
        let a = Event::Phase { t_unix_s: 1.5, phase: Phase::WarmUp };
        let b = Event::Replicas(ReplicaEvent {
            t_unix_s: 2.0,
            service: "web".to_owned(),
            desired: 4,
            running: 3,
            healthy: 2,
            health_checked: Some(true),
            cause: "start".to_owned(),
        });
        log.write(&a).unwrap();
        log.write(&b).unwrap();
        let c = Event::FirstError {
            t_unix_s: 3.0,
            error: ErrorKind::TlsFailed,
            message: "web: unknown issuer".to_owned(),
        };
        log.write(&c).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(r#""event":"first_error","t_unix_s":3.0,"error":"tls_failed""#), "{text}");
        assert_eq!(read(&path).unwrap(), vec![a.clone(), b.clone(), c.clone()]);
        log.file.write_all(b"{\"event\":\"wa").unwrap();
        assert_eq!(read(&path).unwrap(), vec![a, b, c]);
        log.file.write_all(b"\n{}\n").unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("events.jsonl:4"));
    }
}
