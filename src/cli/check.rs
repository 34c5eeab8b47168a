//! `swarmlab check FILE`: an experiment and all it names, or a file of another kind alone.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};
use swarmlab_codes as codes;
use swarmlab_record::topology::Bed;
use swarmlab_yaml::{Diagnostic, Diagnostics};

use super::{Global, output, preflight};
use crate::exit::Exit;
use swarmlab_experiment::{self as experiment, Experiment, FileKind, TestbedChoice};
use swarmlab_lab::machine::{self, Machine};

/// Arguments of `check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Reads the experiment and the stack, shape and scenario files it names, reports everything that is wrong with them at \
once, and starts nothing. Says, too, when this machine is too small for what is asked, or wakes too late. What a file is \
shows in its keys: a scenario, a load shape, a stack, controllers, a catalogue of metrics and a model of `simulate` are \
each checked alone.

Examples:
  swarmlab check experiments/quickstart.yml
  swarmlab check loadshapes/scenarios/basic.yml
  swarmlab check stacks/exercise.yml")]
pub struct CheckArgs {
    /// Experiment file, or a file that experiments name
    #[arg(value_name = "FILE")]
    experiment: PathBuf,
}

/// Says whether this machine is large enough.
fn machine(experiment: &Experiment, global: &Global) {
    // A stack with mistakes in it was refused before.
    let Ok(specs) = swarmlab_stackfile::specs(&experiment.stack, &experiment.name) else { return };
    let engine = global.engine.clone().or_else(|| std::env::var("DOCKER_HOST").ok());
    let elsewhere = experiment.testbed != TestbedChoice::Embedded
        && engine.is_some_and(|address| !address.starts_with("unix://"));
    let seen = Machine::look(experiment.load.keep_awake);
    for remark in machine::remarks(experiment, &specs, &seen, !elsewhere) {
        output::remark(&remark, global.json);
    }
}

/// What there is to say of a file that is fine: a name, its event's further keys, and words.
struct Fine {
    name: String,
    keys: Value,
    words: String,
    warnings: Vec<Diagnostic>,
}

/// Why a file is not fine.
enum Found {
    /// What is wrong with it.
    Findings(Diagnostics),
    /// That was printed.
    Told(Exit),
}

impl From<Diagnostics> for Found {
    fn from(findings: Diagnostics) -> Self {
        Self::Findings(findings)
    }
}

fn plural(n: usize, one: &str, more: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { more })
}

fn name_of(path: &Path) -> String {
    path.display().to_string()
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn scenario(path: &Path) -> Result<Fine, Diagnostics> {
    let scenario = experiment::read_scenario(path)?;
    let tasks: usize = scenario.classes.iter().map(|class| class.tasks.len()).sum();
    let (classes, steps) = (scenario.classes.len(), scenario.steps().count());
    let counts = [(classes, "class", "classes"), (tasks, "task", "tasks"), (steps, "step", "steps")];
    let counts = counts.map(|(n, one, more)| plural(n, one, more)).join(", ");
    let keys = json!({"classes": classes, "tasks": tasks, "steps": steps});
    Ok(Fine { name: scenario.name, keys, words: format!("a scenario of {counts}"), warnings: Vec::new() })
}

fn shape(path: &Path) -> Result<Fine, Diagnostics> {
    let (shape, warnings) = experiment::read_shape_with_warnings(path)?;
    let (word, load_s) = (shape.word(), shape.duration_s());
    let words = format!("a load shape ({word}) of {load_s:.0} s");
    Ok(Fine {
        name: name_of(path),
        keys: json!({"shape": word, "load_s": load_s}),
        words,
        warnings: warnings.into_vec(),
    })
}

/// A stack alone; an exit code where the sample application would refuse what it says, which is printed.
fn stack(path: &Path, global: &Global) -> Result<Fine, Found> {
    let specs = experiment::read_stack(path, &environment)
        .and_then(|stack| swarmlab_stackfile::specs(&stack, &super::up::stack_name(None, path)))?;
    if let Some(exit) = preflight::refused_stack(&specs, path, global) {
        return Err(Found::Told(exit));
    }
    let services = specs.services.len();
    let words = format!("a stack of {}", plural(services, "service", "services"));
    Ok(Fine { name: name_of(path), keys: json!({"services": services}), words, warnings: specs.warnings })
}

fn simulation(path: &Path) -> Result<Fine, Diagnostics> {
    let read = experiment::read_simulation(path)?;
    let services = read.model.services.len();
    let words = format!("a model of {}", plural(services, "service", "services"));
    let keys = json!({"services": services});
    Ok(Fine { name: name_of(path), keys, words, warnings: read.warnings.into_vec() })
}

fn controllers(path: &Path) -> Result<Fine, Diagnostics> {
    let read = experiment::read_controllers(path, &environment, None)?;
    let services: Vec<&str> = read.services.iter().map(|a| a.service.as_str()).collect();
    let words = format!("controllers of {}", services.join(", "));
    Ok(Fine {
        name: name_of(path),
        keys: json!({"controlled": services}),
        words,
        warnings: read.warnings.into_vec(),
    })
}

fn catalogue(path: &Path, text: &str) -> Result<Fine, Diagnostics> {
    let catalogue = swarmlab_catalogue::parse(text, &name_of(path))?;
    let metrics = catalogue.rows.len();
    let words = format!("a catalogue of {}", plural(metrics, "metric", "metrics"));
    Ok(Fine { name: catalogue.name, keys: json!({"metrics": metrics}), words, warnings: Vec::new() })
}

/// Where an experiment runs, if its file alone says it.
fn bed(choice: TestbedChoice) -> Option<Bed> {
    match choice {
        TestbedChoice::Swarm => Some(Bed::Swarm),
        TestbedChoice::Embedded => Some(Bed::Embedded),
        TestbedChoice::Simulated => Some(Bed::Simulated),
        TestbedChoice::Auto => None,
    }
}

/// Checks a file that is no experiment; `None`: it is one, or nothing that is known.
fn alone(path: &Path, global: &Global) -> Option<Result<Fine, Found>> {
    let text = std::fs::read_to_string(path).ok()?;
    match FileKind::of(&text)? {
        FileKind::Scenario => Some(scenario(path).map_err(Found::from)),
        FileKind::Shape => Some(shape(path).map_err(Found::from)),
        FileKind::Stack => Some(stack(path, global)),
        FileKind::Simulation => Some(simulation(path).map_err(Found::from)),
        FileKind::Controllers => Some(controllers(path).map_err(Found::from)),
        FileKind::Catalogue => Some(catalogue(path, &text).map_err(Found::from)),
        // What it is instead, and what takes it, is the finding of who reads experiments.
        FileKind::Experiment | FileKind::Campaign | FileKind::Recording | FileKind::Api | FileKind::OfRun => {
            None
        }
    }
}

/// Checks.
pub fn main(args: &CheckArgs, global: &Global) -> Exit {
    let path = &args.experiment;
    if path.is_dir() {
        let (what, help) = match path.join("manifest.json").exists() {
            true => ("the folder of a run", format!("`swarmlab report {}` computes it anew", path.display())),
            false => ("a folder", "give an experiment file, or a file that experiments name".to_owned()),
        };
        let why = format!("{} is {what}, not a file", path.display());
        return output::fail(&why, Some(&help), global.json, codes::WRONG_FILE);
    }
    match alone(path, global) {
        None => {}
        Some(Err(Found::Told(exit))) => return exit,
        Some(Err(Found::Findings(findings))) => return output::bad_input(&findings, global.json),
        Some(Ok(fine)) => {
            for w in &fine.warnings {
                output::warning(w, global.json);
            }
            let mut event = json!({"event": "checked", "name": fine.name});
            if let (Value::Object(event), Value::Object(keys)) = (&mut event, fine.keys) {
                event.extend(keys);
            }
            output::say(global.json, &event, &format!("{}: fine; {}", fine.name, fine.words));
            return Exit::Success;
        }
    }
    match experiment::read(path, &environment) {
        Ok(loaded) => {
            for w in loaded.warnings.iter() {
                output::warning(w, global.json);
            }
            let e = &loaded.experiment;
            if let Some(exit) = preflight::refused(e, bed(e.testbed), global) {
                return exit;
            }
            if e.testbed != TestbedChoice::Simulated {
                machine(e, global);
            }
            let duration_s = e.load.shape.duration_s();
            let services = e.stack.services.len();
            output::say(
                global.json,
                &serde_json::json!({"event": "checked", "name": e.name, "services": services, "load_s": duration_s}),
                &format!(
                    "{}: fine; {services} services, {duration_s:.0} s of load on {}",
                    e.name, e.target.service
                ),
            );
            Exit::Success
        }
        Err(d) => output::bad_input(&d, global.json),
    }
}
