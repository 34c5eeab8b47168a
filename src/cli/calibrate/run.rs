//! A finished run with all that a model is fitted to, and what its files say beside its measurements.

use std::path::{Path, PathBuf};

use swarmlab_analysis::{Client, Raw, assemble, load_window};
use swarmlab_calibrate::evidence::Sent;
use swarmlab_calibrate::tree::{Origin, Wire, named};
use swarmlab_calibrate::{Conditions, Fronts, Hints, conditions};
use swarmlab_codes as codes;
use swarmlab_experiment::{Experiment, Overrides, TestbedChoice, read_with, simulated_play};
use swarmlab_frame::frame::Frame;
use swarmlab_frame::store::SeriesReader;
use swarmlab_lab::inputs;
use swarmlab_present::recompute::{self, RecomputeError};
use swarmlab_record::folder::RunFolder;
use swarmlab_record::histograms::Log;
use swarmlab_record::manifest::{Manifest, Origin as Writer};
use swarmlab_record::plan::LoadModel;
use swarmlab_record::summary::{Status, Summary, Verdict};
use swarmlab_record::topology::Bed;
use swarmlab_shapes::Arrivals;
use swarmlab_simulate::{Clients, Errand, Errands, Law, Load};

use super::Refused;
use crate::cli::run::RunFlags;

/// After this a request of a client has failed, where nothing says it; the default of experiments, seconds.
const TIMEOUT_S: f64 = 30.0;

/// A finished run.
pub struct Run {
    /// Its folder.
    pub path: PathBuf,
    /// What was recorded of it.
    pub raw: Raw,
    /// The same on one grid.
    pub frame: Frame,
    /// Figures of its clients.
    pub client: Client,
    pub(super) log: Log,
    pub(super) fronts: Fronts,
    /// What its own checks say against its figures.
    doubts: Vec<String>,
    /// Its experiment, or why it cannot be read.
    experiment: Result<Box<Experiment>, String>,
}

impl Run {
    /// Reads it; the folder of one that was killed is completed.
    pub fn read(path: &Path) -> Result<Self, Refused> {
        let folder = RunFolder::open(path);
        let failed = |e: RecomputeError| (e.to_string(), None, e.code());
        let (raw, client) = recompute::read(&folder).map_err(failed)?;
        if raw.manifest.origin != Writer::Run {
            let message = format!(
                "{}: nothing but clients, or nothing but servers, was recorded there",
                path.display()
            );
            let help = "give the folder of a `swarmlab run`".to_owned();
            return Err((message, Some(help), codes::NOT_CALIBRATED));
        }
        let (frame, _) = recompute::assemble(&folder, &raw).map_err(failed)?;
        let file = |e: swarmlab_record::FileError| (e.to_string(), None, codes::BAD_STORE);
        let log = Log::read(&folder.histograms()).map_err(file)?;
        let fronts = fronts(&folder, &raw, &frame).map_err(file)?;
        let experiment = experiment(&folder, &raw).map(Box::new);
        let doubts = doubts(&folder, &raw.manifest);
        Ok(Self { path: path.to_owned(), raw, frame, client, log, fronts, doubts, experiment })
    }

    /// What the stack file says beside.
    pub(super) fn hints(&self) -> Hints {
        let manifest = &self.raw.manifest;
        let one_machine = match manifest.testbed {
            Some(Bed::Embedded) => true,
            Some(Bed::Swarm) => manifest.topology.nodes.len() == 1,
            _ => false,
        };
        let cores = manifest.provenance.get("generator: cores").and_then(|n| n.parse().ok());
        let mut hints = Hints { machine_cores: cores.filter(|_| one_machine), ..Hints::default() };
        let Ok(experiment) = &self.experiment else { return hints };
        for service in &experiment.stack.services {
            if let Some(grace) = service.stop_grace_period.filter(|_| manifest.testbed == Some(Bed::Swarm)) {
                hints.grace_s.insert(service.name.clone(), grace.as_secs_f64());
            }
        }
        hints.wires = wires(experiment);
        hints
    }

    /// How its clients behaved, and what is assumed of that.
    pub(super) fn sent(&self) -> Result<(Sent, Vec<String>), Refused> {
        let plan = &self.raw.manifest.plan;
        let Some(shape) = plan.shape.clone() else {
            let message =
                format!("{}: its manifest does not say how much load there was", self.path.display());
            return Err((message, None, codes::NOT_CALIBRATED));
        };
        let mut remarks = self.doubts.clone();
        let play = match &self.experiment {
            Ok(experiment) => match simulated_play(&experiment.load.scenario) {
                Ok(play) => Some((play, &experiment.load)),
                Err(cannot) => {
                    remarks.push(format!(
                        "assumed: clients make {:.1} requests one after the other, as their scenario cannot be played: {}",
                        plan.steps,
                        cannot.join("; ")
                    ));
                    None
                }
            },
            Err(why) => {
                remarks.push(format!(
                    "assumed: who calls whom, how requests arrive and when they time out: the run's own files cannot be read: {why}"
                ));
                None
            }
        };
        if let Some((play, load)) = play {
            let clients = play.clients(load, shape);
            return Ok((Sent { clients, errands: play.errands, requests: plan.steps }, remarks));
        }
        let timeout_s = match &self.experiment {
            Ok(experiment) => experiment.load.timeout.as_secs_f64(),
            Err(_) => TIMEOUT_S,
        };
        let load = match plan.model {
            LoadModel::Open => Load::Open { shape, arrivals: Arrivals::Uniform },
            LoadModel::Closed => {
                if plan.think_s.is_none() {
                    remarks.push(
                        "assumed: clients do not pause, as the manifest has no one time for it".to_owned(),
                    );
                }
                let think = Law::Constant { mean_s: plan.think_s.unwrap_or(0.0) };
                Load::Closed { shape, think }
            }
        };
        let steps = (plan.steps.round().clamp(1.0, 1e4)) as usize;
        let all = vec![Errand { weight: 1.0, requests: vec![0; steps] }];
        let errands = Errands::new(1, all).unwrap_or_default();
        let clients = Clients { load, timeout_s: Some(timeout_s) };
        Ok((Sent { clients, errands, requests: plan.steps }, remarks))
    }

    /// Under what it took place, and what of that cannot be simulated.
    pub fn conditions(&self) -> Result<(Conditions, Vec<String>), Refused> {
        let (sent, mut remarks) = self.sent()?;
        let windows = self.raw.windows().map_err(|e| (e.to_string(), None, e.code()))?;
        let (scalers, programs) = conditions::scalers(&self.raw);
        for service in programs {
            remarks.push(format!(
                "`{service}` was scaled by a program, which lives in real time: it is not simulated"
            ));
        }
        let conditions = Conditions {
            clients: sent.clients,
            errands: sent.errands,
            replicas: conditions::replicas(&self.raw, &windows),
            limits: conditions::limits(&self.raw, &load_window(&self.raw, &self.frame)),
            acts: conditions::ordered(&self.raw, &windows, false),
            scalers,
        };
        Ok((conditions, remarks))
    }
}

fn fronts(folder: &RunFolder, raw: &Raw, frame: &Frame) -> Result<Fronts, swarmlab_record::FileError> {
    let (who, when) = (folder.series(), folder.samples());
    let Ok(w) = raw.windows() else { return Ok(Fronts::default()) };
    if !who.exists() {
        return Ok(Fronts::default());
    }
    let mut reader = SeriesReader::open(&who, &when)?;
    assemble::give_lives(reader.heads_mut(), &assemble::lives(&raw.events));
    let heads = reader.heads().to_vec();
    let load = load_window(raw, frame);
    let window = (w.load_start_unix_s, w.drained_unix_s);
    Fronts::read(&raw.manifest.topology, load.bins(), window, &heads, reader)
}

/// What the run's own checks say against its figures, or why they say nothing.
fn doubts(folder: &RunFolder, manifest: &Manifest) -> Vec<String> {
    let summary = match Summary::read(folder, manifest) {
        Ok(summary) => summary,
        Err(e) => {
            let of = folder.root().display();
            return vec![format!(
                "the checks of {of} say nothing: summary.json: {e} (`swarmlab report {of}` makes them)"
            )];
        }
    };
    let speaks_against = |v: &&Verdict| matches!(v.status, Status::Fail | Status::Warn) && !v.is_objective();
    let doubt = |v: &Verdict| {
        let of = folder.root().display();
        let why = if v.because.is_empty() { String::new() } else { format!(": {}", v.because.join("; ")) };
        format!("a check of {of} speaks against its figures: {}{why}", v.title)
    };
    summary.verdicts.iter().filter(speaks_against).map(doubt).collect()
}

/// The experiment as it was run, from the copies of its files.
fn experiment(folder: &RunFolder, raw: &Raw) -> Result<Experiment, String> {
    let manifest = &raw.manifest;
    let kept = manifest.inputs.as_ref().ok_or("the folder has no copies of them")?;
    inputs::link(kept, &folder.inputs()).map_err(|e| e.to_string())?;
    let words = manifest.plan.overrides.iter().map(String::as_str);
    let flags = RunFlags::from_words(words).map_err(|e| e.kind().to_string())?;
    let recorded = &manifest.plan.environment;
    let answer = |name: &str| recorded.get(name).cloned().or_else(|| std::env::var(name).ok());
    let testbed = manifest.testbed.map(|bed| match bed {
        Bed::Swarm => TestbedChoice::Swarm,
        Bed::Embedded => TestbedChoice::Embedded,
        Bed::Simulated => TestbedChoice::Simulated,
    });
    let overrides = Overrides { testbed, ..flags.overrides() };
    match read_with(&folder.inputs().join(&kept.experiment), &answer, &overrides) {
        Ok(loaded) => Ok(loaded.experiment),
        Err(findings) => {
            let first = findings.iter().find(|f| f.is_error()).map(|f| f.message.clone());
            Err(first.unwrap_or_else(|| "they are not as they were".to_owned()))
        }
    }
}

/// Who may call whom: a service that is started with the name of another, or of a proxy before it.
fn wires(experiment: &Experiment) -> Vec<Wire> {
    let services = &experiment.stack.services;
    let mut out = Vec::new();
    for caller in services.iter().filter(|s| s.fronts.is_empty()) {
        let mut texts: Vec<&str> = caller.environment.values().flatten().map(String::as_str).collect();
        texts.extend(caller.command.iter().chain(&caller.entrypoint).flatten().map(String::as_str));
        for callee in services.iter().filter(|s| s.name != caller.name && s.fronts.is_empty()) {
            let is_before =
                |s: &&swarmlab_stackfile::Service| s.fronts.iter().any(|f| f.value == callee.name);
            let mut names = vec![callee.name.clone(), callee.network_name().to_owned()];
            for proxy in services.iter().filter(is_before) {
                names.extend([proxy.name.clone(), proxy.network_name().to_owned()]);
            }
            if texts.iter().any(|text| !named(text, &names).is_empty()) {
                out.push(Wire {
                    caller: caller.name.clone(),
                    callee: callee.name.clone(),
                    origin: Origin::Stack,
                });
            }
        }
    }
    out
}
