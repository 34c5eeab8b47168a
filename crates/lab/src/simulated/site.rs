//! The services of a simulation, as a session sees them.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use swarmlab_experiment::Simulated;
use swarmlab_record::topology::Target;
use swarmlab_simulate::Action as Simulate;
use swarmlab_swarm::CancellationToken;
use swarmlab_testbed::seam::{Out, Pending};
use swarmlab_testbed::{Action, Bounds, Done, Kind, Note, TestbedError};
use tokio::time::{sleep, timeout};

use super::shared::Shared;
use crate::site::{Answer, Ready, Site};

/// How often it is looked whether an action is in force. When that was is known exactly.
const LOOK_EVERY: Duration = Duration::from_millis(50);

pub(super) struct SimulatedSite {
    world: Arc<Shared>,
    target: (String, u16),
    bounds: Bounds,
    /// What the manifest says of it.
    provenance: BTreeMap<String, String>,
    sampled_every: Duration,
    /// Ends the simulation.
    end: CancellationToken,
}

impl SimulatedSite {
    pub fn new(world: Arc<Shared>, target: (String, u16), bounds: Bounds, simulated: &Simulated) -> Self {
        let provenance = BTreeMap::from([("model".to_owned(), simulated.path.display().to_string())]);
        let sampled_every = Duration::from_secs_f64(1.0 + simulated.file.observed_after_s);
        Self { world, target, bounds, provenance, sampled_every, end: CancellationToken::new() }
    }
}

impl Site for SimulatedSite {
    fn up<'a>(
        &'a mut self,
        _: &'a CancellationToken,
        note: &'a mut (dyn FnMut(Note) + Send),
    ) -> Answer<'a, Result<Ready, TestbedError>> {
        Box::pin(async move {
            tokio::spawn(Arc::clone(&self.world).go_on(self.end.clone()));
            note(Note::Step("a simulation: nothing is started, and time is not real".to_owned()));
            let (service, port) = &self.target;
            // Nobody listens there: it is what a report shows.
            let addresses = vec![SocketAddr::from((Ipv4Addr::UNSPECIFIED, *port))];
            Ok(Ready {
                target: Target { addresses, host: format!("{service}:{port}") },
                clock_offset: None,
                sampled_every: self.sampled_every,
                provenance: self.provenance.clone(),
                left_behind: Vec::new(),
            })
        })
    }

    fn observe(&mut self, out: Out, cancel: CancellationToken) -> Result<(), TestbedError> {
        self.world.observed_by(out, cancel);
        Ok(())
    }

    fn act(
        &mut self,
        action: Action,
        cancel: CancellationToken,
    ) -> Pending<'static, Result<Done, TestbedError>> {
        let (world, bounds, end) = (Arc::clone(&self.world), self.bounds.clone(), self.end.clone());
        Box::pin(async move {
            tokio::select! {
                biased;
                () = end.cancelled() => Err(TestbedError::GoingDown { action: action.to_string() }),
                () = cancel.cancelled() => Err(TestbedError::Interrupted),
                done = act(&world, &bounds, action.clone()) => done,
            }
        })
    }

    fn down<'a>(&'a mut self, _: &'a mut (dyn FnMut(Note) + Send)) -> Answer<'a, Result<(), TestbedError>> {
        self.end.cancel();
        Box::pin(async { Ok(()) })
    }
}

async fn act(world: &Arc<Shared>, bounds: &Bounds, action: Action) -> Result<Done, TestbedError> {
    bounds.allow(&action)?;
    let cannot = |reason: &str| TestbedError::CannotAct {
        bed: Kind::Simulated,
        action: action.to_string(),
        reason: reason.to_owned(),
        instead: "use another testbed".to_owned(),
    };
    let Some(service) = world.with(|w, _| w.place(action.service())) else {
        return Err(TestbedError::NoService {
            action: action.to_string(),
            name: action.service().to_owned(),
            known: world.with(|w, _| w.names()),
        });
    };
    let simulated = match &action {
        Action::Scale { replicas, .. } => {
            Simulate::Scale { service, replicas: usize::try_from(*replicas).unwrap_or(usize::MAX) }
        }
        Action::SetLimits { cpu_cores: Some(cores), memory_bytes: None, .. } => {
            Simulate::Limit { service, cores: *cores }
        }
        Action::SetLimits { .. } => return Err(cannot("memory is not simulated")),
        Action::Restart { .. } => return Err(cannot("replicas are not restarted in a simulation")),
    };
    let asked_unix_s = world.now_unix_s();
    let acted = world.with(|w, now_unix_s| w.act(now_unix_s, simulated));
    let changed = acted.map_err(|e| cannot(&e.to_string()))?;
    let in_force = async {
        while !is_in_force(world, service) {
            sleep(LOOK_EVERY).await;
        }
    };
    if matches!(simulated, Simulate::Scale { .. }) && timeout(bounds.timeout, in_force).await.is_err() {
        return Err(TestbedError::ActTimeout {
            action: action.to_string(),
            after: bounds.timeout,
            accepted_unix_s: Some(asked_unix_s),
            state: world.with(|w, _| w.replicas(service).to_string()),
        });
    }
    Ok(Done {
        action,
        asked_unix_s,
        accepted_unix_s: asked_unix_s,
        // It is looked at now and then; when the last of it happened is known exactly.
        done_unix_s: world.with(|w, _| w.changed_unix_s(service)).max(asked_unix_s),
        changed,
    })
}

/// Whether as many replicas serve as are desired, and no others are there.
fn is_in_force(world: &Arc<Shared>, service: usize) -> bool {
    world.with(|w, now_unix_s| {
        w.go_on(now_unix_s);
        let now = w.replicas(service);
        now.ready == now.desired && now.running == now.desired && now.stopping == 0
    })
}
