//! `swarmlab what-if RUN [--shape SHAPE] [--replicas SERVICE=N] [--controllers FILE] [--validate RUN2]`

mod text;

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use swarmlab_calibrate::{Calibration, Compared, Conditions, Prediction, compare, predict};
use swarmlab_codes as codes;
use swarmlab_experiment::read_simulation;
use swarmlab_simulate::{Load, Model};

use super::calibrate::{self, Run, Wiring};
use super::simulate::given;
use super::{Global, output};
use crate::exit::Exit;

/// How long after its end controllers know of a second, where no model file says it.
const OBSERVED_AFTER_S: f64 = 1.0;

/// Arguments of `what-if`.
#[derive(Debug, Args)]
#[command(after_help = "\
Predicts by simulation what would become of a run under another load, with other replicas or with other controllers. What is not \
given is as it was in the run: its clients, its shape, the replicas at its beginning, its actions and controllers. The model is \
fitted to the run, as `swarmlab calibrate` does, or given. Several simulations with different seeds give each figure its \
interval, between which one run lies in 95 % of all cases if the model is right; what the model itself is off by is not in it, \
and --validate tells it: the conditions are those of RUN2 then, and what happened there stands beside the prediction.

Examples:
  swarmlab what-if results/quickstart-20261121T154233Z --replicas gateway=2
  swarmlab what-if results/quickstart-20261121T154233Z --shape loadshapes/diurnal.yml --controllers controllers/hpa.yml
  swarmlab what-if results/quickstart-20261121T154233Z --validate results/quickstart-20261122T091500Z")]
pub struct WhatIfArgs {
    /// Folder of the run that the model is fitted to
    #[arg(value_name = "RUN")]
    folder: PathBuf,
    /// Model file, instead of one that is fitted to the run
    #[arg(long, value_name = "MODEL.yml", conflicts_with = "calls")]
    model: Option<PathBuf>,
    #[command(flatten)]
    wiring: Wiring,
    /// Load over time: a shape file, or a shape in braces; else the run's own
    #[arg(long, value_name = "SHAPE")]
    shape: Option<String>,
    /// Hold a service at so many replicas, whatever the run did to them; may be given more than once
    #[arg(long, value_name = "SERVICE=N", value_parser = replicas)]
    replicas: Vec<(String, usize)>,
    /// Controllers file, instead of the run's own controllers
    #[arg(long, alias = "controller", value_name = "FILE")]
    controllers: Option<PathBuf>,
    /// Simulations, each with another seed
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u64).range(2..=1000))]
    seeds: u64,
    /// Predict this other run, from what was set of it, and say how far the prediction is from what happened
    #[arg(long, value_name = "RUN2")]
    validate: Option<PathBuf>,
}

fn replicas(text: &str) -> Result<(String, usize), String> {
    let wanted = || "expected SERVICE=N, with N from 0 to 10000".to_owned();
    let (service, n) = text.split_once('=').ok_or_else(wanted)?;
    let n: usize = n.trim().parse().map_err(|_| wanted())?;
    if n > swarmlab_simulate::model::MAX_REPLICAS {
        Err(wanted())
    } else {
        Ok((service.trim().to_owned(), n))
    }
}

/// What is simulated, and what is known of it.
struct Basis {
    model: Model,
    /// None where the model was given.
    calibration: Option<Calibration>,
    observed_after_s: f64,
    remarks: Vec<String>,
}

/// Predicts and prints.
pub fn main(args: &WhatIfArgs, global: &Global) -> Exit {
    match what_if(args, global) {
        Ok(()) => Exit::Success,
        Err(exit) => exit,
    }
}

fn what_if(args: &WhatIfArgs, global: &Global) -> Result<(), Exit> {
    let refuse = |refused| calibrate::refuse(refused, global);
    let run = Run::read(&args.folder).map_err(refuse)?;
    let other = args.validate.as_deref().map(Run::read).transpose().map_err(refuse)?;
    let mut basis = basis(args, &run, global)?;
    let like = other.as_ref().unwrap_or(&run);
    let (mut conditions, remarks) = like.conditions().map_err(refuse)?;
    basis.remarks.extend(remarks.into_iter().filter(|r| !basis.remarks.contains(r)).collect::<Vec<_>>());
    change(args, &mut conditions, &basis.model, global)?;
    let prediction = predict(&basis.model, &conditions, basis.observed_after_s, args.seeds)
        .map_err(|e| output::fail(&e, None, global.json, codes::BAD_VALUE))?;
    let compared = compare(&prediction, &like.raw, &like.frame, &like.client);
    print(args, &basis, &prediction, &compared, global);
    Ok(())
}

/// The model: of a file, or fitted to the run.
fn basis(args: &WhatIfArgs, run: &Run, global: &Global) -> Result<Basis, Exit> {
    let Some(path) = &args.model else {
        let (calibration, _, remarks) =
            calibrate::calibrated(run, &args.wiring).map_err(|r| calibrate::refuse(r, global))?;
        let remarks = remarks.into_iter().chain(calibration.remarks.iter().cloned()).collect();
        let model = calibration.model.clone();
        let observed_after_s = OBSERVED_AFTER_S;
        return Ok(Basis { model, calibration: Some(calibration), observed_after_s, remarks });
    };
    let file = read_simulation(path).map_err(|findings| output::bad_input(&findings, global.json))?;
    file.warnings.iter().for_each(|w| output::warning(w, global.json));
    let topology = &run.raw.manifest.topology;
    let mut remarks = vec![format!("what is assumed of the services stands in {}", path.display())];
    let missing = |s: &&swarmlab_simulate::Service| topology.service(&s.name).is_none();
    for service in file.model.services.iter().filter(missing) {
        remarks.push(format!(
            "`{}` of the model is no service of the run: it is as the model has it",
            service.name
        ));
    }
    let observed_after_s = file.observed_after_s;
    Ok(Basis { model: file.model, calibration: None, observed_after_s, remarks })
}

/// Puts in what the command line changes.
fn change(
    args: &WhatIfArgs,
    conditions: &mut Conditions,
    model: &Model,
    global: &Global,
) -> Result<(), Exit> {
    let names: Vec<String> = model.services.iter().map(|s| s.name.clone()).collect();
    if let Some(given) = &args.shape {
        let new = given::shape(given, global)?;
        match &mut conditions.clients.load {
            Load::Open { shape, .. } | Load::Closed { shape, .. } => *shape = new,
        }
    }
    for (service, n) in &args.replicas {
        if !names.contains(service) {
            let message = format!("--replicas: the model has no service `{service}`");
            let help = format!("it has {}", names.join(", "));
            return Err(output::fail(&message, Some(&help), global.json, codes::UNKNOWN_SERVICE));
        }
        conditions.hold(service, *n);
    }
    if let Some(path) = &args.controllers {
        let all = given::controllers(path, &names, global)?;
        conditions.scalers.clear();
        for scaled in all {
            // What the run's own timeline did to it would be undone by the controller, and the other way round.
            let at_first = conditions.replicas.get(&scaled.service).copied();
            if let Some(n) = at_first {
                conditions.hold(&scaled.service, n);
            }
            conditions.scalers.push(scaled);
        }
    }
    Ok(())
}

fn print(args: &WhatIfArgs, basis: &Basis, prediction: &Prediction, compared: &[Compared], global: &Global) {
    if !global.json {
        output::line(&text::text(args, basis, prediction, compared).trim_end());
        return;
    }
    let assumed: Vec<_> = basis.calibration.iter().flat_map(text::assumed_rows).collect();
    let not_calibrated = basis.calibration.as_ref().map(|c| &c.left_out);
    let mut event = json!({
        "event": "what_if", "run": args.folder.display().to_string(), "model": args.model.as_ref().map(|file| file.display().to_string()), "seeds": prediction.seeds,
        "load_s": prediction.load_s, "figures": prediction.figures, "assumed": assumed,
        "not_calibrated": not_calibrated, "remarks": basis.remarks,
    });
    if let Some(other) = &args.validate {
        event["validated_by"] = json!(other.display().to_string());
        event["validation"] = json!(compared);
    }
    output::line(&event);
}
