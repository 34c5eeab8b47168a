//! An experiment on the simulated testbed: its model, and what its clients do there. What cannot be simulated is told
//! before anything starts.

use std::path::{Path, PathBuf};

use swarmlab_loadgen::scenario::{Action as StepAction, Step};
use swarmlab_loadgen::{Scenario, Wait};
use swarmlab_record::action::Action;
use swarmlab_shapes::Shape;
use swarmlab_simulate::{Clients, Errand, Errands, Law, Load as Sent, Model};
use swarmlab_yaml::{Diagnostic, Value};

use super::{Decider, Experiment, FileKind, Load, ModelKind, SimulationFile, read_named_file, simulation};

/// The model that an experiment names: `simulation: FILE`.
#[derive(Debug, Clone, PartialEq)]
pub struct Simulated {
    /// The file.
    pub path: PathBuf,
    /// What it says; of its clients only `observed_after` counts, the load is the experiment's.
    pub file: SimulationFile,
}

impl Simulated {
    pub(super) fn read(value: &Value<'_>, base: &Path, foreign: &mut Vec<Diagnostic>) -> Option<Self> {
        let (path, text) = read_named_file(value, base)?;
        // A model with nothing but services looks like a stack.
        let is_model = match FileKind::of(&text) {
            Some(FileKind::Stack) => Ok(()),
            _ => FileKind::Simulation.expect(&path, &text),
        };
        let read = is_model.and_then(|()| simulation::from_text(&text, &path));
        match read {
            Ok(file) => {
                foreign.extend(file.warnings.clone().into_vec());
                Some(Self { path, file })
            }
            Err(findings) => {
                foreign.extend(findings.into_vec());
                None
            }
        }
    }
}

/// What clients do in a simulation.
#[derive(Debug, Clone, PartialEq)]
pub struct Play {
    /// Names of the endpoints, in the order of their numbers.
    pub endpoints: Vec<String>,
    /// Requests, one after the other.
    pub errands: Errands,
    /// The pause after them.
    pub think: Law,
}

impl Play {
    /// The clients of an experiment's load, under a shape.
    pub fn clients(&self, load: &Load, shape: Shape) -> Clients {
        let sent = match load.model {
            ModelKind::Closed { .. } => Sent::Closed { shape, think: self.think.clone() },
            ModelKind::Open { arrivals } => Sent::Open { shape, arrivals },
        };
        Clients { load: sent, timeout_s: Some(load.timeout.as_secs_f64()) }
    }
}

/// A scenario as a simulation plays it.
///
/// # Errors
/// What of it cannot be played, a sentence each.
pub fn play(scenario: &Scenario) -> Result<Play, Vec<String>> {
    let mut cannot = Vec::new();
    let [class] = &scenario.classes[..] else {
        return Err(vec![
            "its clients are of one kind: a scenario with `classes` cannot be played".to_owned(),
        ]);
    };
    if scenario.variants.is_some() {
        cannot.push("`variants` of a scenario cannot be played".to_owned());
    }
    if !class.on_start.is_empty() || !class.on_stop.is_empty() {
        cannot.push("`on_start` and `on_stop` of a scenario cannot be played".to_owned());
    }
    let think = law(&class.wait);
    if think.is_none() {
        cannot.push(
            "a pace (`wait: { pacing }`, `{ per_second }`) cannot be played: clients pause after answers"
                .to_owned(),
        );
    }
    let endpoints = scenario.endpoints();
    let mut errands = Vec::new();
    for task in &class.tasks {
        let mut requests = Vec::new();
        for step in task.steps.iter().filter(|s| !matches!(s.action, StepAction::Set(_))) {
            match odd(step) {
                Some(why) => cannot.push(format!("step `{}` {why}", step.name)),
                None => requests.extend(endpoints.iter().position(|e| *e == step.name).map(|i| i as u32)),
            }
        }
        errands.push(Errand { weight: task.weight, requests });
    }
    if !cannot.is_empty() {
        return Err(cannot);
    }
    let errands = Errands::new(endpoints.len() as u32, errands).map_err(|e| vec![e.to_string()])?;
    // Both were looked at.
    Ok(Play { endpoints, errands, think: think.unwrap_or(Law::NOTHING) })
}

/// Why a step cannot be played, if it cannot.
fn odd(step: &Step) -> Option<&'static str> {
    match &step.action {
        StepAction::Http(_) | StepAction::Grpc(_) if step.target.is_some() => {
            Some("goes to another target than the experiment's")
        }
        StepAction::Http(_) | StepAction::Grpc(_) if step.probability < 1.0 => {
            Some("is done with a `probability` below 1")
        }
        StepAction::Http(_) | StepAction::Grpc(_) => None,
        StepAction::Group(_) => {
            Some("is a condition or a loop: it depends on answers, and simulated ones say nothing")
        }
        StepAction::Batch(_) => Some("sends requests in parallel"),
        _ => Some("is no request that is answered once"),
    }
}

fn law(wait: &Wait) -> Option<Law> {
    Some(match *wait {
        Wait::Constant { s } => Law::Constant { mean_s: s },
        Wait::Between { min_s, max_s } => Law::Uniform { min_s, max_s },
        Wait::Exponential { mean_s } => Law::Exponential { mean_s },
        Wait::Pacing { .. } | Wait::ConstantThroughput { .. } => return None,
    })
}

/// Everything that an experiment asks for and a simulation cannot do, a sentence each.
pub fn misfits(experiment: &Experiment) -> Vec<String> {
    let Some(simulated) = &experiment.simulation else {
        return vec!["`simulation: FILE` is missing, which says what its services cost".to_owned()];
    };
    let model = &simulated.file.model;
    let mut out = services(experiment, model);
    let act = |action: &Action| {
        let why = match action {
            Action::Restart { .. } => "replicas are not restarted in a simulation",
            Action::SetLimits { memory_bytes: Some(_), .. } => "memory is not simulated",
            _ if !has(model, action.service()) => "the model does not have the service",
            _ => return None,
        };
        Some(format!("action `{action}`: {why}"))
    };
    out.extend(experiment.actions.timeline.iter().filter_map(|t| act(&t.action)));
    for scaled in &experiment.autoscale {
        if !has(model, &scaled.service) {
            out.push(format!("autoscale `{}`: the model does not have the service", scaled.service));
        }
        if matches!(scaled.controller, Decider::Command(_)) {
            out.push(format!(
                "autoscale `{}`: a `command` is a program that lives in real time",
                scaled.service
            ));
        }
    }
    if let Some(query) = experiment.measure.queries.first() {
        out.push(format!("query `{}`: `measure.queries` asks Prometheus, and there is none", query.name));
    }
    if experiment.observe.as_ref().is_some_and(|o| o.prometheus.is_some()) {
        out.push("`observe.prometheus` names a Prometheus, which sees nothing of a simulation".to_owned());
    }
    out.extend(load(&experiment.load));
    out
}

/// What of a load cannot be played.
fn load(load: &Load) -> Vec<String> {
    let play = match play(&load.scenario) {
        Ok(play) => play,
        Err(cannot) => return cannot,
    };
    let mut out = Vec::new();
    if let ModelKind::Closed { spawn_rate_per_s: Some(_) } = load.model {
        out.push("`load.spawn_rate` cannot be played: users come as the shape has them".to_owned());
    }
    let warm_up = load.warm_up.map(|w| w.shape());
    for shape in warm_up.into_iter().chain([load.shape.clone()]) {
        out.extend(play.clients(load, shape).check().err().map(|e| e.to_string()));
    }
    out
}

fn has(model: &Model, name: &str) -> bool {
    model.services.iter().any(|s| s.name == name)
}

/// Names that the model and the stack do not share.
fn services(experiment: &Experiment, model: &Model) -> Vec<String> {
    let stack = &experiment.stack;
    let of_stack = |name: &str| stack.services.iter().find(|s| s.name == name);
    let mut out = Vec::new();
    for service in model.services.iter().filter(|s| of_stack(&s.name).is_none()) {
        out.push(format!("service `{}` of the model is none of the stack", service.name));
    }
    for name in experiment.measure.services.iter().filter(|name| !has(model, name)) {
        out.push(format!(
            "`{name}` is measured, and the model does not have it: name in `measure.services` what it has"
        ));
    }
    let target = &experiment.target.service;
    let entry = model.services.get(model.entry).map_or("", |s| s.name.as_str());
    let stands_before = of_stack(target).is_some_and(|s| s.fronts.iter().any(|f| f.value == entry));
    if target != entry && !stands_before {
        out.push(format!(
            "load goes to `{target}`, which does not stand before `{entry}`, the model's `entry`"
        ));
    }
    out
}
