//! `swarmlab calibrate RUN -o MODEL.yml`

mod run;
mod text;

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use swarmlab_calibrate::tree::{Origin, Wire};
use swarmlab_calibrate::{Calibration, Evidence, NotCalibrated, file, fit};
use swarmlab_codes as codes;
use swarmlab_experiment::simulation_from_text;
use swarmlab_record::folder::write_atomically;

use super::{Global, output};
use crate::exit::Exit;
pub(super) use run::Run;
pub(super) use text::assumed;

/// Arguments of `calibrate`.
#[derive(Debug, Args)]
#[command(after_help = "\
Fits a model of `swarmlab simulate` to a finished run: demands and their laws, calls, limits, start-up and drain. What the run \
does not tell is assumed, and stands as `assumed` in the file and in what is printed. A service with too little evidence is left \
out, with the reason. Who calls whom no run records: it is read off the stack file (a service that is started with the name of \
another, or of its proxy, calls it), or told with --calls. Nothing is started.

Examples:
  swarmlab calibrate results/quickstart-20261121T154233Z -o model.yml
  swarmlab calibrate results/shop-20261121T154233Z --calls gateway=shop,users --calls shop=store -o model.yml")]
pub struct CalibrateArgs {
    /// Folder of a run
    #[arg(value_name = "RUN")]
    folder: PathBuf,
    #[command(flatten)]
    wiring: Wiring,
    /// Write the model to this file (default: print it)
    #[arg(short, long, value_name = "MODEL.yml")]
    output: Option<PathBuf>,
}

/// Who calls whom.
#[derive(Debug, Args)]
pub struct Wiring {
    /// Who calls whom: it goes before what the stack file says of the services that are called; may be given more than once
    #[arg(long, value_name = "CALLER=CALLEE,…", value_parser = calls)]
    calls: Vec<(String, Vec<String>)>,
}

fn calls(text: &str) -> Result<(String, Vec<String>), String> {
    let wanted = "expected CALLER=CALLEE, or CALLER=CALLEE,CALLEE";
    let (caller, callees) = text.split_once('=').ok_or(wanted)?;
    let callees: Vec<String> = callees.split(',').map(|c| c.trim().to_owned()).collect();
    if caller.trim().is_empty() || callees.iter().any(String::is_empty) {
        return Err(wanted.to_owned());
    }
    Ok((caller.trim().to_owned(), callees))
}

/// What is said, what to do, and its code.
pub(super) type Refused = (String, Option<String>, codes::Code);

/// Tells why not.
pub(super) fn refuse((message, help, code): Refused, global: &Global) -> Exit {
    output::fail(&message, help.as_deref(), global.json, code)
}

/// Calibrates, writes and prints.
pub fn main(args: &CalibrateArgs, global: &Global) -> Exit {
    let run = match Run::read(&args.folder) {
        Ok(run) => run,
        Err(refused) => return refuse(refused, global),
    };
    let (calibration, evidence, remarks) = match calibrated(&run, &args.wiring) {
        Ok(calibrated) => calibrated,
        Err(refused) => return refuse(refused, global),
    };
    let shown = args.folder.display().to_string();
    let model = file::text(&calibration, &evidence.sent, &shown, &remarks);
    // What is written must be read by whoever takes it.
    if let Err(findings) = simulation_from_text(&model) {
        return output::bad_input(&findings, global.json);
    }
    if let Some(path) = &args.output
        && let Err(e) = write_atomically(path, model.as_bytes())
    {
        let message = format!("cannot write {}: {e}", path.display());
        return output::fail(&message, None, global.json, codes::OUTPUT_FILE);
    }
    if global.json {
        let remarks: Vec<&String> = remarks.iter().chain(&calibration.remarks).collect();
        output::line(&json!({
            "event": "calibration", "run": shown, "model": args.output.as_ref().map(|file| file.display().to_string()), "entry": entry(&calibration),
            "services": rows(&calibration), "not_calibrated": calibration.left_out, "remarks": remarks,
        }));
    } else if args.output.is_none() {
        output::line(&model.trim_end());
    } else {
        output::line(&text::text(args, &calibration, &remarks).trim_end());
    }
    Exit::Success
}

/// The model of a run, what it was fitted to, and what is to be said of how the run was read.
pub(super) fn calibrated(
    run: &Run,
    wiring: &Wiring,
) -> Result<(Calibration, Evidence, Vec<String>), Refused> {
    let mut hints = run.hints();
    for (caller, callees) in &wiring.calls {
        for name in callees.iter().chain(std::iter::once(caller)) {
            if run.raw.manifest.topology.service(name).is_none() {
                let known: Vec<&str> =
                    run.raw.manifest.topology.services.iter().map(|s| s.name.as_str()).collect();
                let help = format!("it has {}", known.join(", "));
                return Err((
                    format!("--calls: the run has no service `{name}`"),
                    Some(help),
                    codes::UNKNOWN_SERVICE,
                ));
            }
        }
        let wire =
            |callee: &String| Wire { caller: caller.clone(), callee: callee.clone(), origin: Origin::Told };
        hints.wires.extend(callees.iter().map(wire));
    }
    let (sent, remarks) = run.sent()?;
    let evidence = Evidence::read(&run.raw, &run.frame, &run.log, run.fronts.clone(), sent)
        .map_err(|why| not_calibrated(&why, None))?;
    let calibration = fit(&evidence, &hints).map_err(|e| {
        let help = match &e {
            NotCalibrated::Entry { .. } => {
                "measure it longer, or under more load, with a proxy before it and `measure.services` that names it"
            }
            NotCalibrated::Model(_) => "`swarmlab report RUN` shows what the run measured",
        };
        not_calibrated(&e, Some(help))
    })?;
    Ok((calibration, evidence, remarks))
}

fn not_calibrated(why: &dyn std::fmt::Display, help: Option<&str>) -> Refused {
    (why.to_string(), help.map(str::to_owned), codes::NOT_CALIBRATED)
}

fn entry(calibration: &Calibration) -> &str {
    calibration.model.services.get(calibration.model.entry).map_or("", |s| s.name.as_str())
}

fn rows(calibration: &Calibration) -> Vec<Value> {
    let name = |i: usize| calibration.model.services.get(i).map_or("", |s| s.name.as_str());
    let services = calibration.model.services.iter().enumerate();
    let row = |(i, s): (usize, &swarmlab_simulate::Service)| {
        let demand = calibration.demands.get(i);
        let calls = s.steps.iter().flat_map(|step| step.calls());
        let calls: Vec<Value> =
            calls.map(|c| json!({"service": name(c.service), "times": c.times})).collect();
        json!({
            "service": s.name, "demand_s": demand.map(|d| d.mean_s), "ci_s": demand.map(|d| d.ci_s),
            "requests": demand.map(|d| d.requests), "law": s.before, "wait": s.wait, "cpu": s.limit_cores,
            "idle_cores": s.idle_cores, "quota": s.quota, "replicas": s.replicas, "start_up": s.start_up,
            "drain_s": s.drain_s, "calls": calls, "notes": calibration.notes.get(i),
        })
    };
    services.map(row).collect()
}
