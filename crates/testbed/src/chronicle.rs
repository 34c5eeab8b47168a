//! What happened to a bed's tasks: the state as it is, and every change of it, for any number of observers.
//!
//! Telling never waits and nothing is ever lost: each observer reads on from where it is, as fast as its channel takes
//! it. Changes are few (tasks begin and end, replicas are counted), so all of them are kept.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::seam::Out;
use crate::{Observation, ReplicaEvent, TaskLife, TestbedError};

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// Replicas were counted anew.
    Replicas(ReplicaEvent),
    /// A task began or ended.
    Task(TaskLife),
    /// A reader of the figures should know it.
    Warning(String),
    /// A task's end broke the bed: the task, what it did, its last lines.
    Broken(String, String, Vec<String>),
}

impl From<Told> for Observation {
    fn from(told: Told) -> Self {
        match told {
            Told::Replicas(event) => Self::Replicas(event),
            Told::Task(life) => Self::Task(life),
            Told::Warning(text) => Self::Warning(text),
            Told::Broken(task, what, log) => Self::Broken(TestbedError::Child { task, what, log }),
        }
    }
}

#[derive(Default)]
struct State {
    lives: Vec<TaskLife>,
    newest: BTreeMap<String, ReplicaEvent>,
    broken: Option<Told>,
    changes: Vec<Told>,
}

/// The story of one bed.
pub struct Chronicle {
    state: Mutex<State>,
    length: watch::Sender<usize>,
}

impl Default for Chronicle {
    fn default() -> Self {
        Self { state: Mutex::default(), length: watch::channel(0).0 }
    }
}

impl Chronicle {
    /// Notes a change and wakes every observer.
    pub fn tell(&self, told: Told) {
        let mut state = self.lock();
        match &told {
            Told::Replicas(event) => {
                state.newest.insert(event.service.clone(), event.clone());
            }
            Told::Task(life) => {
                let living = |known: &&mut TaskLife| known.task == life.task && known.died_unix_s.is_none();
                match state.lives.iter_mut().find(living) {
                    Some(known) if life.died_unix_s.is_some() => known.died_unix_s = life.died_unix_s,
                    _ => state.lives.push(life.clone()),
                }
            }
            Told::Warning(_) => {}
            Told::Broken(..) => state.broken = Some(told.clone()),
        }
        state.changes.push(told);
        let length = state.changes.len();
        drop(state);
        self.length.send_modify(|known| *known = (*known).max(length));
    }

    /// Sends the lives, the newest counts and what broke, then each change from there on; `None` once nobody listens.
    pub async fn follow(&self, out: &Out) -> Option<()> {
        let mut length = self.length.subscribe();
        let (snapshot, mut next) = {
            let state = self.lock();
            let lives = state.lives.iter().cloned().map(Told::Task);
            let counts = state.newest.values().cloned().map(Told::Replicas);
            (lives.chain(counts).chain(state.broken.clone()).collect::<Vec<_>>(), state.changes.len())
        };
        for told in snapshot {
            out.send(told.into()).await.ok()?;
        }
        loop {
            let new = self.lock().changes[next..].to_vec();
            next += new.len();
            for told in new {
                out.send(told.into()).await.ok()?;
            }
            let known = next;
            length.wait_for(|length| *length > known).await.ok()?;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::Arc;
    use tokio::sync::mpsc;

    fn counted(healthy: u64) -> Told {
        let service = "web".to_owned();
        let cause = String::new();
        Told::Replicas(ReplicaEvent {
            t_unix_s: 0.0,
            service,
            desired: 1,
            running: 1,
            healthy,
            health_checked: None,
            cause,
        })
    }

    #[tokio::test]
    async fn a_slow_observer_gets_the_state_and_then_every_change() {
        let chronicle = Arc::new(Chronicle::default());
        let life = |born_unix_s, died_unix_s| {
            Told::Task(TaskLife { service: "web".into(), task: "web.1".into(), born_unix_s, died_unix_s })
        };
        chronicle.tell(life(Some(1.0), None));
        chronicle.tell(counted(0));
        chronicle.tell(life(None, Some(2.0)));
        let (out, mut told) = mpsc::channel(1);
        let writer = Arc::clone(&chronicle);
        let following = tokio::spawn(async move { writer.follow(&out).await });
        let Some(Observation::Task(whole)) = told.recv().await else { panic!("the life comes first") };
        assert_eq!((whole.born_unix_s, whole.died_unix_s), (Some(1.0), Some(2.0)));
        assert!(matches!(told.recv().await, Some(Observation::Replicas(r)) if r.healthy == 0));
        for n in 1..=500 {
            chronicle.tell(counted(n));
        }
        for n in 1..=500 {
            assert!(matches!(told.recv().await, Some(Observation::Replicas(r)) if r.healthy == n), "{n}");
        }
        drop(told);
        chronicle.tell(counted(0));
        assert_eq!(following.await.unwrap(), None);
    }
}
