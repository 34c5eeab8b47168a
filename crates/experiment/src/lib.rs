//! The experiment file and everything it names, read whole: either a resolved experiment, or all that is
//! wrong with all of the files, each finding with file, line and column.
//!
//! One file per element (type, default, check): a new element is one file and one line in [`file`].

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

mod actions;
mod autoscale;
mod checks;
mod embedded;
mod engine;
mod evidence;
mod file;
mod file_kind;
pub mod first;
mod load;
mod measure;
mod observe;
mod overrides;
mod scenario;
mod shape;
mod simulated;
mod simulation;
mod slo;
mod stack_file;
mod target;
mod text;
mod variables;
mod with;

pub use actions::{ActAt, Actions, MAX_REPLICAS, TimedAction};
pub use autoscale::{
    Autoscale, Command as ControllerCommand, Controllers, Decider, read_file as read_controllers,
};
pub use embedded::misfits as embedded_misfits;
pub use evidence::LEAST_BINS;
pub use file::{Loaded, TestbedChoice, folder_name, is_folder_name, peek_testbed, read, read_with};
pub use file_kind::FileKind;
pub use load::{Load, ModelKind, WarmUp};
pub use measure::Measure;
pub use observe::Observe;
pub use overrides::{Level, Overrides};
pub use scenario::read as read_scenario;
pub use shape::{
    CATALOGUE as SHAPES, Entry as ShapeEntry, read as read_shape,
    read_with_warnings as read_shape_with_warnings,
};
pub use simulated::{Play, Simulated, misfits as simulated_misfits, play as simulated_play};
pub use simulation::{Behaviour, SimulationFile, read as read_simulation};
pub use slo::Slo;
pub use stack_file::{Variables, read as read_stack};
pub use target::TargetRef;
pub use text::{controllers_from_text, scenario_from_text, shape_from_text, simulation_from_text};
pub use with::With;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use swarmlab_codes as codes;
use swarmlab_stackfile::Stack;
use swarmlab_yaml::{Diagnostic, Diagnostics, Span};

/// A resolved experiment: nothing in it can be wrong any more but the world.
#[derive(Debug, Clone)]
pub struct Experiment {
    /// The file, as given.
    pub path: PathBuf,
    /// Its text, for the manifest.
    pub text: String,
    /// Name: prefix of the run's folder.
    pub name: String,
    /// Where it runs, as the file says.
    pub testbed: TestbedChoice,
    /// The stack file.
    pub stack_path: PathBuf,
    /// The stack, its variables put in, and everything that is woven in.
    pub stack: Stack,
    /// What was woven into it, if anything.
    pub observe: Option<Observe>,
    /// Variables for the stack's interpolation, as the file sets them.
    pub variables: BTreeMap<String, String>,
    /// Variables that the environment answered, but for those that are called like secrets.
    pub environment: BTreeMap<String, String>,
    /// What the command line changed of the file, as it stood there.
    pub overrides: Vec<String>,
    /// Keys of the file that the command line set; they may name files.
    pub with: Vec<With>,
    /// Where load goes.
    pub target: TargetRef,
    /// The load that is measured, and the one before it.
    pub load: Load,
    /// What is changed of the testbed meanwhile.
    pub actions: Actions,
    /// The services that controllers scale, in the order of the file.
    pub autoscale: Vec<Autoscale>,
    /// What is measured.
    pub measure: Measure,
    /// The model of its services, if it names one.
    pub simulation: Option<Simulated>,
    /// What is promised to users, if anything.
    pub slo: Option<Slo>,
    /// Thresholds on figures and columns.
    pub checks: Vec<swarmlab_checks::Threshold>,
    /// Seed of everything random.
    pub seed: u64,
}

/// Reads a file that an input names; an unreadable one is a finding at the place that names it.
fn read_named_file(value: &swarmlab_yaml::Value<'_>, base: &Path) -> Option<(PathBuf, String)> {
    let name = value.string()?;
    let path = base.join(&name);
    match std::fs::read_to_string(&path) {
        Ok(text) => Some((path, text)),
        Err(e) => {
            cannot_read(value, &name, &path, &e);
            None
        }
    }
}

/// A finding about a file that an input names.
pub(crate) fn cannot_read(value: &swarmlab_yaml::Value<'_>, name: &str, path: &Path, error: &std::io::Error) {
    let (code, why) = why_unreadable(error);
    let finding = value
        .error(code, format!("{name} {why}"))
        .expected("a file, relative to this one")
        .help(format!("looked for {}", path.display()));
    value.cx().push(finding);
}

/// What is the matter with a file, in words that follow its name. One that is there but holds no text is not missing.
fn why_unreadable(error: &std::io::Error) -> (codes::Code, String) {
    match error.kind() {
        std::io::ErrorKind::InvalidData => (codes::NOT_TEXT, "is no text (UTF-8)".to_owned()),
        _ => (codes::MISSING_FILE, format!("cannot be read: {error}")),
    }
}

/// Findings about a file that could not even be read as text.
pub fn unreadable(path: &Path, error: &std::io::Error) -> Diagnostics {
    let shown = path.display().to_string();
    let (code, why) = why_unreadable(error);
    let message = format!("{shown} {why}");
    Diagnostics::new(vec![Diagnostic::error(code, &shown, "", Span::default(), message)])
}
