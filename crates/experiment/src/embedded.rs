//! What the embedded testbed cannot do of what an experiment asks: told before anything starts, not in the middle of the load.

use swarmlab_record::action::Action;
use swarmlab_stackfile::{Mode, Role};

use super::Experiment;

/// Everything that an experiment asks for and child processes cannot do, a sentence each.
pub fn misfits(experiment: &Experiment) -> Vec<String> {
    let service = |name: &str| experiment.stack.services.iter().find(|s| s.name == name);
    let is_application = |name: &str| service(name).is_some_and(|s| s.role == Role::Application);
    let has_proxy =
        |name: &str| experiment.stack.services.iter().any(|s| s.fronts.iter().any(|f| f.value == name));
    // Of a proxy there is one process, whatever the stack says.
    let count = |name: &str| match service(name).map(|s| (s.role, s.deploy.mode)) {
        Some((Role::Proxy, _)) => Some(1),
        Some((Role::Application, Mode::Replicated { replicas })) => Some(u64::from(replicas)),
        _ => None,
    };
    let stays = |name: &str| {
        let mut asked = experiment.actions.timeline.iter().filter_map(|t| match &t.action {
            Action::Scale { service, replicas } if service == name => Some(*replicas),
            _ => None,
        });
        asked.all(|replicas| count(name) == Some(replicas))
    };
    let act = |action: &Action| {
        let name = action.service();
        let why = match action {
            Action::SetLimits { .. } => "its services are plain processes without limits",
            // Nothing is to be done for it.
            Action::Scale { .. } if stays(name) => return None,
            _ if !is_application(name) => {
                "only applications are scaled and restarted: act on the service behind it"
            }
            Action::Scale { replicas, .. } if *replicas > 1 && !has_proxy(name) => {
                "no proxy stands before it (deploy label `swarmlab.fronts`), so further replicas would get no requests"
            }
            _ => return None,
        };
        Some(format!("action `{action}`: {why}"))
    };
    let mut out: Vec<String> = experiment.actions.timeline.iter().filter_map(|t| act(&t.action)).collect();
    if let Some(query) = experiment.measure.queries.first() {
        out.push(format!("query `{}`: `measure.queries` asks Prometheus, and there is none", query.name));
    }
    out
}
