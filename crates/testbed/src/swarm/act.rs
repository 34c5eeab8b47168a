//! What the Swarm bed can change: each action is an update of one service, taken by the engine and waited for.

use swarmlab_stackfile::StackSpecs;
use swarmlab_swarm::{CancellationToken, Engine, ScaleOptions, ServiceChange, Settle, SwarmError};
use swarmlab_telemetry::clock::unix_now_s;
use tokio::time::Instant;

use crate::seam::Pending;
use crate::turns::Turn;
use crate::{Action, Bounds, Done, Kind, TestbedError, stack};

/// One action on a stack.
pub struct Deed {
    /// Who does it.
    pub engine: Engine,
    /// The stack as it was planned.
    pub specs: StackSpecs,
    /// How far it may go.
    pub bounds: Bounds,
    /// Ends it.
    pub going: CancellationToken,
    /// Ends it, too: it is not wanted any more.
    pub cancel: CancellationToken,
    /// When it was asked.
    pub asked_unix_s: f64,
}

impl Deed {
    /// Does it when its turn has come.
    pub async fn act(self, action: Action, turn: Pending<'static, Turn>) -> Result<Done, TestbedError> {
        self.refuse(&action)?;
        let mut accepted_unix_s = None;
        let deadline = Instant::now() + self.bounds.timeout;
        let in_time = tokio::time::timeout_at(deadline, async {
            let _turn = turn.await;
            let changed = self.order(&action).await?;
            accepted_unix_s = Some(unix_now_s());
            if changed || matches!(action, Action::Scale { .. }) {
                let after =
                    if matches!(action, Action::Scale { .. }) { Settle::Scaled } else { Settle::Updated };
                let left_s = (deadline - Instant::now()).as_secs_f64();
                let (engine, name) = (&self.engine, &self.specs.name);
                swarmlab_swarm::settled(engine, name, action.service(), after, left_s, &self.going).await?;
            }
            Ok::<bool, SwarmError>(changed)
        });
        let late = |accepted_unix_s, state: String| TestbedError::ActTimeout {
            action: action.to_string(),
            after: self.bounds.timeout,
            accepted_unix_s,
            state,
        };
        let done = tokio::select! {
            biased;
            () = self.going.cancelled() => {
                return Err(TestbedError::GoingDown { action: action.to_string() });
            }
            () = self.cancel.cancelled() => return Err(TestbedError::Interrupted),
            done = in_time => done,
        };
        match done {
            Ok(Ok(changed)) => {
                let done_unix_s = unix_now_s();
                Ok(Done {
                    asked_unix_s: self.asked_unix_s,
                    accepted_unix_s: accepted_unix_s.unwrap_or(done_unix_s),
                    done_unix_s,
                    changed,
                    action,
                })
            }
            Ok(Err(e @ SwarmError::NotConverged(_))) => Err(late(accepted_unix_s, e.to_string())),
            Ok(Err(e)) => Err(e.into()),
            Err(_) => Err(late(accepted_unix_s, "the engine has not said that it is in force".to_owned())),
        }
    }

    /// What can be refused without asking the engine.
    fn refuse(&self, action: &Action) -> Result<(), TestbedError> {
        self.bounds.allow(action)?;
        let name = action.service();
        let Some(plan) = self.specs.services.iter().find(|s| s.short == name) else {
            return Err(TestbedError::NoService {
                action: action.to_string(),
                name: name.to_owned(),
                known: self.specs.services.iter().map(|s| s.short.clone()).collect(),
            });
        };
        let cannot = |reason: &str, instead: &str| {
            Err(TestbedError::CannotAct {
                bed: Kind::Swarm,
                action: action.to_string(),
                reason: reason.to_owned(),
                instead: instead.to_owned(),
            })
        };
        match action {
            Action::Scale { .. } if stack::is_global(plan) => {
                cannot("it runs once on each node", "give it `deploy.mode: replicated` in the stack file")
            }
            Action::Restart { task: Some(_), .. } => {
                cannot("a Swarm replaces the tasks of a service, not a single one", "restart the service")
            }
            _ => Ok(()),
        }
    }

    /// Gives the order; false if it was so already.
    async fn order(&self, action: &Action) -> Result<bool, SwarmError> {
        let (engine, name) = (&self.engine, &self.specs.name);
        let change = match action {
            Action::Scale { service, replicas } => {
                let report =
                    swarmlab_swarm::scale(engine, name, &[(service, *replicas)], &ScaleOptions::default())
                        .await?;
                return Ok(report.services.iter().any(|s| s.from != s.to));
            }
            Action::SetLimits { cpu_cores, memory_bytes, .. } => ServiceChange::Limits {
                // Both were checked against bounds that fit.
                nano_cpus: cpu_cores.map(|cores| (cores * 1e9).round() as i64),
                memory_bytes: memory_bytes.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX)),
            },
            Action::Restart { .. } => ServiceChange::Restart,
        };
        swarmlab_swarm::change(engine, name, action.service(), change).await
    }
}
