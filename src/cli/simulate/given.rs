//! What the command lines of simulations give: shapes and controllers.

use std::path::Path;

use swarmlab_calibrate::Scaler;
use swarmlab_codes as codes;
use swarmlab_control::Autoscaler;
use swarmlab_experiment::{Decider, read_controllers, read_shape_with_warnings, shape_from_text};
use swarmlab_shapes::Shape;

use crate::cli::{Global, output};
use crate::exit::Exit;

/// A shape's file, or its text in braces.
pub fn shape(given: &str, global: &Global) -> Result<Shape, Exit> {
    let read = if given.trim_start().starts_with('{') {
        shape_from_text(given).map(|shape| (shape, Default::default()))
    } else {
        read_shape_with_warnings(given.as_ref())
    };
    let (shape, warnings) = read.map_err(|findings| output::bad_input(&findings, global.json))?;
    warnings.iter().for_each(|w| output::warning(w, global.json));
    Ok(shape)
}

/// The controllers of a file, for services that have these names.
pub fn controllers(path: &Path, services: &[String], global: &Global) -> Result<Vec<Scaler>, Exit> {
    let environment = |name: &str| std::env::var(name).ok();
    let read = read_controllers(path, &environment, Some(services))
        .map_err(|findings| output::bad_input(&findings, global.json))?;
    read.warnings.iter().for_each(|w| output::warning(w, global.json));
    let scaled = |a: swarmlab_experiment::Autoscale| match a.controller {
        Decider::House(strategy) => Ok(Scaler {
            service: a.service,
            every_s: a.every.as_secs_f64(),
            autoscaler: Autoscaler::new(a.bounds, strategy),
        }),
        Decider::Command(command) => {
            let message = format!(
                "the controller of `{}` is a `command` ({}), which cannot act on a simulation: it is a program that lives in real \
                 time",
                a.service,
                command.program.display()
            );
            let help = "use a controller of the house in the controllers file";
            Err(output::fail(&message, Some(help), global.json, codes::BAD_ARGUMENTS))
        }
    };
    read.services.into_iter().map(scaled).collect()
}
