//! Before a run: options, the choice of the testbed, what the core is to do, and what the analysis reads of it.

use std::path::PathBuf;
use std::time::Duration;

use swarmlab_control::Autoscaler;
use swarmlab_control::external::Promise;
use swarmlab_experiment::{ActAt, Autoscale, Decider, Experiment, ModelKind, TestbedChoice, TimedAction};
use swarmlab_record::action::Action;
use swarmlab_record::decisions::{By, Controlled, FORMAT};
use swarmlab_record::manifest::Manifest;
use swarmlab_record::metric::Meaning;
use swarmlab_record::plan::{LoadModel, Plan};
use swarmlab_shapes::Shape;
use swarmlab_stackfile::{LISTENS_LABEL, Role, StackSpecs};
use swarmlab_testbed::{Bounds, Kind, stack};
use swarmlab_trial as trial;

use crate::scaling::{Controller, Controllers};
use crate::threads::DRAIN_S;

/// What the user decides per run.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Folder for results.
    pub results: PathBuf,
    /// Name of the stack on the Swarm.
    pub stack_name: String,
    /// Leave the testbed up.
    pub keep: bool,
    /// How long services may take to become ready.
    pub wait: Duration,
    /// This command's own binary.
    pub binary: PathBuf,
    /// Engine's address, if not the default.
    pub engine: Option<String>,
    /// Controllers decide, and nothing is done on it.
    pub no_scaling: bool,
    /// The services run on this machine, too: they and the generator compete for its cores.
    pub shares_machine: bool,
}

/// Decides the testbed; `engine` says why no engine can be used, if none can.
///
/// # Errors
/// The engine's error when the experiment insists on a Swarm.
pub fn choose_testbed<E: std::fmt::Display>(
    choice: TestbedChoice,
    engine: Result<String, E>,
) -> Result<(Kind, String), E> {
    match (choice, engine) {
        (TestbedChoice::Embedded, _) => Ok((Kind::Embedded, "the experiment asks for it".to_owned())),
        (TestbedChoice::Simulated, _) => Ok((Kind::Simulated, "the experiment asks for it".to_owned())),
        (TestbedChoice::Swarm, Ok(_)) => Ok((Kind::Swarm, "the experiment asks for it".to_owned())),
        (TestbedChoice::Swarm, Err(e)) => Err(e),
        (TestbedChoice::Auto, Ok(what)) => Ok((Kind::Swarm, format!("{what} answers"))),
        (TestbedChoice::Auto, Err(e)) => {
            let reason = e.to_string();
            let first = reason.lines().next().unwrap_or_default().to_owned();
            Ok((Kind::Embedded, first))
        }
    }
}

/// What the core is to do: one trial.
pub(crate) fn session(
    experiment: &Experiment,
    kind: Kind,
    specs: &StackSpecs,
    options: &RunOptions,
) -> trial::Plan {
    let keep = match (options.keep, kind) {
        (false, _) => trial::Keep::No,
        (true, Kind::Swarm) => trial::Keep::Yes,
        (true, Kind::Embedded | Kind::Simulated) => trial::Keep::Impossible(format!(
            "the {kind} testbed ends with this command: --keep has no effect on it"
        )),
    };
    let wait_s = options.wait.as_secs_f64();
    trial::Plan {
        trials: vec![trial::TrialPlan {
            bin_s: experiment.measure.bin.as_secs_f64(),
            warm_up_s: experiment.load.warm_up.as_ref().map(|w| w.duration.as_secs_f64()),
            load_s: experiment.load.shape.duration_s(),
            actions: actions(experiment, specs),
            scaling: experiment.autoscale.iter().map(|a| scaled(a, specs)).collect(),
        }],
        start: trial::Start::AtEdge,
        keep,
        sources: sources(kind, specs, elsewhere(experiment)),
        limits: trial::Limits {
            // Services converge, then everything must be seen to be ready; each may take that long, and images are
            // looked at before.
            up_s: 2.0 * wait_s + 120.0,
            drain_s: DRAIN_S + 15.0,
            // The bed gives it up before.
            act_s: bounds(experiment).timeout.as_secs_f64() + 15.0,
            ..trial::Limits::default()
        },
    }
}

/// The shape of one of an experiment's loads, and its seed. Each trial draws anew, and the warm-up must not be repeated by the
/// load whose caches it warms.
pub(crate) fn drawn(experiment: &Experiment, id: trial::LoadId) -> (Shape, u64) {
    let seed = experiment.seed.wrapping_add(2 * id.trial as u64);
    match (id.part, &experiment.load.warm_up) {
        (trial::Part::WarmUp, Some(w)) => (w.shape(), seed ^ 1),
        _ => (experiment.load.shape.clone(), seed),
    }
}

/// How far actions of an experiment may go.
pub(crate) fn bounds(experiment: &Experiment) -> Bounds {
    // What controllers may ask for is bounded for each service, by itself.
    let most =
        experiment.autoscale.iter().map(|a| a.bounds.max).chain([experiment.actions.max_replicas]).max();
    Bounds { max_replicas: most.unwrap_or(experiment.actions.max_replicas), ..Bounds::default() }
}

/// A service that a controller scales, as the core knows it.
fn scaled(one: &Autoscale, specs: &StackSpecs) -> trial::Scaled {
    let service = || one.service.clone();
    let kinds = [
        Action::Scale { service: service(), replicas: 1 },
        Action::SetLimits { service: service(), cpu_cores: Some(1.0), memory_bytes: None },
    ];
    trial::Scaled {
        service: service(),
        every_s: one.every.as_secs_f64(),
        min: one.bounds.min,
        max: one.bounds.max,
        undo: kinds.iter().filter_map(|action| undo(action, specs)).collect(),
    }
}

/// The controllers of a run, fresh; none of an experiment that has none.
pub(crate) fn controllers(
    experiment: &Experiment,
    manifest: &Manifest,
    no_scaling: bool,
) -> Option<Controllers> {
    let slo = experiment.slo.as_ref().map_or_else(Promise::default, |slo| Promise {
        p95_s: slo.p95.map(|d| d.as_secs_f64()),
        error_rate: slo.error_rate,
    });
    let one = |a: &Autoscale| {
        let (by, program) = match &a.controller {
            Decider::House(strategy) => (By::House(Autoscaler::new(a.bounds, strategy.clone())), None),
            Decider::Command(program) => {
                let name = program.program.display().to_string();
                let by = By::Command {
                    command: std::iter::once(name).chain(program.arguments.iter().cloned()).collect(),
                    bounds: a.bounds,
                    answer_within_s: program.answer_within.as_secs_f64(),
                    slo,
                    seed: experiment.seed,
                };
                (by, Some(program.clone()))
            }
        };
        let every_s = a.every.as_secs_f64();
        let controlled =
            Controlled { format: FORMAT, service: a.service.clone(), every_s, acts: !no_scaling, by };
        Controller { controlled, program }
    };
    let all: Vec<Controller> = experiment.autoscale.iter().map(one).collect();
    (!all.is_empty()).then(|| Controllers { all, manifest: manifest.clone() })
}

/// The timeline of actions, each with what takes it back.
fn actions(experiment: &Experiment, specs: &StackSpecs) -> Vec<trial::PlannedAction> {
    let planned = |timed: &TimedAction| trial::PlannedAction {
        at: match timed.at {
            ActAt::WarmUp => trial::When::WarmUp,
            ActAt::Settle => trial::When::Settle,
            ActAt::Load(after) => trial::When::Load(after.as_secs_f64()),
        },
        undo: undo(&timed.action, specs),
        action: timed.action.clone(),
    };
    experiment.actions.timeline.iter().map(planned).collect()
}

/// What makes the service again as the stack file has it. A limit that the file does not set cannot be taken away again.
fn undo(action: &Action, specs: &StackSpecs) -> Option<Action> {
    let plan = specs.services.iter().find(|s| s.short == action.service())?;
    match action {
        Action::Scale { service, .. } => {
            Some(Action::Scale { service: service.clone(), replicas: stack::replicas(plan) })
        }
        Action::SetLimits { service, cpu_cores, memory_bytes } => {
            let (cores, bytes) = stack::limits(plan);
            Some(Action::SetLimits {
                service: service.clone(),
                cpu_cores: cpu_cores.and(cores),
                memory_bytes: memory_bytes.and(bytes),
            })
            .filter(|undo| !matches!(undo, Action::SetLimits { cpu_cores: None, memory_bytes: None, .. }))
        }
        Action::Restart { .. } => None,
    }
}

/// Whether a Prometheus is asked that is none of the stack's.
fn elsewhere(experiment: &Experiment) -> bool {
    experiment.observe.as_ref().is_some_and(|observe| observe.prometheus.is_some())
}

/// What must have been sampled once before load begins: CPU of applications and proxies, requests of proxies. A stack
/// without a Prometheus has nothing on a Swarm that samples; of one that is `elsewhere` nobody knows whether it sees
/// containers.
fn sources(kind: Kind, specs: &StackSpecs, elsewhere: bool) -> Vec<trial::Source> {
    let mut out = Vec::new();
    if kind == Kind::Swarm && stack::prometheus(specs).is_none() && !elsewhere {
        return out;
    }
    let mut add = |service: &str, meaning| {
        out.push(trial::Source { service: service.to_owned(), meaning });
    };
    for s in &specs.services {
        if matches!(s.role, Role::Application | Role::Proxy) && !(elsewhere && kind == Kind::Swarm) {
            add(&s.short, Meaning::CPU);
        }
        // A front through which bytes pass unread counts connections.
        let unread =
            stack::label(s, LISTENS_LABEL).is_some_and(|l| l.split(',').all(|port| port.ends_with("/tcp")));
        if s.role == Role::Proxy && !unread {
            add(&s.short, Meaning::PROXY_DOWNSTREAM);
        }
    }
    out
}

/// The part of the manifest that the analysis reads.
pub(crate) fn resolved(experiment: &Experiment, specs: &StackSpecs) -> Plan {
    let load = &experiment.load;
    Plan {
        file: experiment.path.display().to_string(),
        text: experiment.text.clone(),
        stack: experiment.stack_path.display().to_string(),
        variables: experiment.variables.clone(),
        environment: experiment.environment.clone(),
        overrides: experiment.overrides.clone(),
        target_service: experiment.target.service.clone(),
        model: match load.model {
            ModelKind::Closed { .. } => LoadModel::Closed,
            ModelKind::Open { .. } => LoadModel::Open,
        },
        shape: Some(load.shape.clone()),
        duration_s: load.shape.duration_s(),
        think_s: load.scenario.mean_wait_s(),
        steps: load.scenario.requests_per_iteration(),
        bin_s: experiment.measure.bin.as_secs_f64(),
        measured: experiment.measure.services.clone(),
        queries: experiment.measure.queries.clone(),
        slo_p95_s: experiment.slo.as_ref().and_then(|s| s.p95).map(|d| d.as_secs_f64()),
        slo_error_rate: experiment.slo.as_ref().and_then(|s| s.error_rate),
        checks: experiment.checks.iter().map(|t| t.check.text.clone()).collect(),
        seed: experiment.seed,
        declared_demand_s: stack::declared_demands(specs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_takes_the_swarm_if_it_answers_and_says_why_not_otherwise() {
        let ok: Result<_, String> = choose_testbed(TestbedChoice::Auto, Ok("Docker 20.10".to_owned()));
        assert_eq!(ok, Ok((Kind::Swarm, "Docker 20.10 answers".to_owned())));
        let none = choose_testbed(TestbedChoice::Auto, Err("no engine at x\nmore".to_owned()));
        assert_eq!(none, Ok((Kind::Embedded, "no engine at x".to_owned())));
        let insists = choose_testbed(TestbedChoice::Swarm, Err("no engine".to_owned()));
        assert_eq!(insists, Err("no engine".to_owned()));
    }
}
