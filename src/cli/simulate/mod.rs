//! `swarmlab simulate MODEL [--shape SHAPE] [--controllers FILE] [-o FOLDER]`

mod files;
pub mod given;
mod text;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::json;
use swarmlab_calibrate::Scaler;
use swarmlab_codes as codes;
use swarmlab_experiment::{SimulationFile, read_simulation};
use swarmlab_shapes::Shape;
use swarmlab_simulate::totals::Adder;
use swarmlab_simulate::{Controlled, Controller, ModelError, Slo, Totals};

use super::{Global, output};
use crate::exit::Exit;
use files::Folder;
use text::Tally;

/// How long after the load those who still wait are waited for.
const DRAIN: Duration = Duration::from_secs(60);

/// Arguments of `simulate`.
#[derive(Debug, Args)]
#[command(after_help = "\
Nothing is started: services, replicas, proxies and load are simulated, the same seed gives the same bytes. What is modelled, \
what is not, and how far it agrees with closed forms: docs/simulation.md.

Examples:
  swarmlab simulate simulations/exercise.yml
  swarmlab simulate simulations/exercise.yml --shape loadshapes/diurnal.yml --duration 1h
  swarmlab simulate simulations/exercise.yml --shape '{ shape: constant, level: 60, duration: 5m }' --seed 7
  swarmlab simulate simulations/surge.yml --controllers simulations/surge-controllers.yml -o results/surge")]
pub struct SimulateArgs {
    /// Model file: services with their demands, limits and calls
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// Load over time: a shape file, or a shape in braces; else the model's own
    #[arg(long, value_name = "SHAPE")]
    shape: Option<String>,
    /// How long to simulate, e.g. 10m (default: the shape, and until all are answered)
    #[arg(long, value_name = "DURATION", value_parser = swarmlab_yaml::parse_duration)]
    duration: Option<Duration>,
    /// Seed of everything random
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Controllers file: `autoscale:` with the services that are scaled
    #[arg(long, value_name = "FILE")]
    controllers: Option<PathBuf>,
    /// Write seconds.jsonl, decisions.jsonl, summary.json and the files that were read into this new folder
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
}

/// What is said, what to do, and its code.
type Refused = (String, Option<String>, codes::Code);

/// Simulates and prints.
pub fn main(args: &SimulateArgs, global: &Global) -> Exit {
    let file = match read_simulation(&args.model) {
        Ok(file) => file,
        Err(findings) => return output::bad_input(&findings, global.json),
    };
    file.warnings.iter().for_each(|w| output::warning(w, global.json));
    let shape = match shape(args, &file, global) {
        Ok(shape) => shape,
        Err(exit) => return exit,
    };
    let controllers = match controllers(args, &file, global) {
        Ok(controllers) => controllers,
        Err(exit) => return exit,
    };
    match simulate(args, &file, shape, controllers, global) {
        Ok(totals) => match totals.slo.and_then(|slo| slo.kept) {
            Some(false) => Exit::Objective,
            _ => Exit::Success,
        },
        Err((message, help, code)) => output::fail(&message, help.as_deref(), global.json, code),
    }
}

/// The load: of the command line, else of the model.
fn shape(args: &SimulateArgs, file: &SimulationFile, global: &Global) -> Result<Shape, Exit> {
    let Some(given) = &args.shape else {
        return file.shape.clone().ok_or_else(|| {
            let message =
                format!("{} says how clients behave, but not how many there are", args.model.display());
            let help = "give a load with --shape, or in the file: load: { shape: FILE }";
            output::fail(&message, Some(help), global.json, codes::BAD_ARGUMENTS)
        });
    };
    given::shape(given, global)
}

/// The controllers, each with the place of its service in the model.
fn controllers(args: &SimulateArgs, file: &SimulationFile, global: &Global) -> Result<Vec<Controller>, Exit> {
    let Some(path) = &args.controllers else { return Ok(Vec::new()) };
    let services: Vec<String> = file.model.services.iter().map(|s| s.name.clone()).collect();
    let place = |scaled: Scaler| Controller {
        // The reader has compared the names.
        service: services.iter().position(|s| *s == scaled.service).unwrap_or(services.len()),
        every_s: scaled.every_s,
        autoscaler: scaled.autoscaler,
    };
    Ok(given::controllers(path, &services, global)?.into_iter().map(place).collect())
}

fn simulate(
    args: &SimulateArgs,
    file: &SimulationFile,
    shape: Shape,
    controllers: Vec<Controller>,
    global: &Global,
) -> Result<Totals, Refused> {
    let refused = |e: ModelError| (e.to_string(), None, codes::BAD_VALUE);
    let load_s = shape.duration_s().ceil() as u64;
    let (least_s, most_s) = match args.duration {
        Some(d) => (d.as_secs_f64().ceil() as u64, d.as_secs_f64().ceil() as u64),
        None => (load_s, load_s + DRAIN.as_secs()),
    };
    let mut folder = args.output.as_deref().map(|path| Folder::create(path, args)).transpose()?;
    let slo = file
        .slo
        .as_ref()
        .map(|slo| Slo { p95_s: slo.p95.as_ref().map(Duration::as_secs_f64), error_rate: slo.error_rate });
    let mut adder = Adder::new(&file.model, slo);
    let mut tally = Tally::new(&file.model, &controllers);
    let word = shape.word();
    let mut controlled = Controlled::with_errands(
        file.model.clone(),
        file.clients(shape),
        file.errands(),
        args.seed,
        controllers,
        file.observed_after_s,
    )
    .map_err(refused)?;
    let mut in_flight = 0;
    let mut second_s = 0;
    while second_s < least_s || (second_s < most_s && in_flight > 0) {
        let (second, taken) = controlled.next_second().map_err(refused)?;
        adder.add(&second);
        in_flight = second.clients.in_flight_end;
        second_s += 1;
        for decision in &taken {
            tally.add(decision);
            if global.json {
                output::line(&json!({"event": "decision", "decision": decision}));
            }
        }
        if let Some(folder) = &mut folder {
            folder.add(&file.model, &second, &taken)?;
        }
    }
    let totals = adder.totals();
    let about = json!({
        "model": args.model.display().to_string(), "seed": args.seed, "shape": word, "totals": totals,
        "controllers": tally.rows(),
    });
    if let Some(folder) = folder {
        folder.finish(&about)?;
    }
    if global.json {
        output::line(
            &json!({"event": "simulation", "simulation": about, "folder": args.output.as_ref().map(|folder| folder.display().to_string())}),
        );
    } else {
        output::line(&text::text(args, word, &totals, &tally).trim_end());
    }
    Ok(totals)
}
