//! Single elements from a text at hand instead of a file.

use std::path::Path;

use swarmlab_loadgen::Scenario;
use swarmlab_shapes::Shape;
use swarmlab_yaml::Diagnostics;

use super::{Controllers, FileKind, SimulationFile, autoscale, scenario, shape, simulation};

/// Reads a scenario as [`super::read_scenario`] does.
///
/// # Errors
/// All findings in the text.
pub fn scenario_from_text(text: &str) -> Result<Scenario, Diagnostics> {
    FileKind::Scenario.parse(Path::new("scenario.yml"), text, scenario::element).map(|(scenario, _)| scenario)
}

/// Reads a shape as [`super::read_shape`] does.
///
/// # Errors
/// All findings in the text.
pub fn shape_from_text(text: &str) -> Result<Shape, Diagnostics> {
    FileKind::Shape.parse(Path::new("shape.yml"), text, shape::element).map(|(shape, _)| shape)
}

/// Reads controllers as [`super::read_controllers`] does, compared with no services.
///
/// # Errors
/// All findings in the text.
pub fn controllers_from_text(text: &str) -> Result<Controllers, Diagnostics> {
    autoscale::from_text(text, Path::new("controllers.yml"), &|_| None, None)
}

/// Reads a model as [`super::read_simulation`] does.
///
/// # Errors
/// All findings in the text.
pub fn simulation_from_text(text: &str) -> Result<SimulationFile, Diagnostics> {
    simulation::from_text(text, Path::new("simulation.yml"))
}
