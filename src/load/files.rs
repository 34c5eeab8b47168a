//! `--out DIR`: a run folder of clients alone, written as the load goes, so that a crash loses at most an interval.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use swarmlab_intervals::End;
use swarmlab_lab::bus::Sink;
use swarmlab_lab::inputs;
use swarmlab_lab::load::Early;
use swarmlab_lab::message::Message;
use swarmlab_lab::sinks::FolderSink;
use swarmlab_loadgen::{LoadSpec, Model};
use swarmlab_present::recompute::{self, RecomputeError};
use swarmlab_record::folder::{RunFolder, write_atomically};
use swarmlab_record::manifest::{Manifest, Origin, State};
use swarmlab_record::plan::{LoadModel, Plan};
use swarmlab_record::utc;
use swarmlab_telemetry::clock::unix_now_s;

use super::Ended;
use super::objectives::Objectives;
use super::summary::LoadSummary;

/// What decided a load, beside its specification.
#[derive(Debug, Clone, Default)]
pub struct Made {
    /// The command line, the machine, the version of the files: each under its name.
    pub provenance: BTreeMap<String, String>,
    /// Files in YAML, which may name others: scenario and shape.
    pub yaml: Vec<PathBuf>,
    /// Other files.
    pub others: Vec<PathBuf>,
}

/// The folder of one load.
pub struct Files {
    folder: RunFolder,
    sink: FolderSink<'static>,
}

impl Files {
    /// Creates the folder; it must be new or empty, results are never overwritten. `title` says where the load goes.
    ///
    /// # Errors
    /// A folder that holds something, or that cannot be made.
    pub fn create(
        path: &Path,
        spec: &LoadSpec,
        title: &str,
        objectives: &Objectives,
        made: Made,
    ) -> std::io::Result<Self> {
        let folder = RunFolder::create_at(path)?;
        inputs::keep_all(&made.yaml, &made.others, &folder.inputs())?;
        let begun = manifest(spec, title, objectives, unix_now_s());
        let sink = FolderSink::create(&folder, Manifest { provenance: made.provenance, ..begun })?;
        Ok(Self { folder, sink })
    }

    /// Seals what is there of a load that ended with a failure, and says in the folder which.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn fail(mut self, why: &str) -> Result<(), RecomputeError> {
        // What failed may be this very file.
        let _ = self.sink.close();
        recompute::seal(&self.folder, State::Partial { reason: why.to_owned() })?;
        match recompute::analyse(&self.folder) {
            Err(RecomputeError::Assemble(_)) => Ok(()),
            other => other.map(|_| ()),
        }
    }

    /// Seals the folder and computes what `swarmlab report` computes of it.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn finish(mut self, ended: &Ended, summary: &LoadSummary) -> Result<(), RecomputeError> {
        let state = match ended.outcome.end {
            End::Completed => State::Complete,
            End::Stopped => State::Partial {
                reason: match &ended.early {
                    Some(Early::Missed(why)) => why.clone(),
                    Some(Early::Interrupted) | None => "interrupted".to_owned(),
                },
            },
            End::Aborted => State::Partial { reason: "aborted".to_owned() },
        };
        let path = self.folder.load_summary();
        let io = |source| RecomputeError::Io { action: "write", path: path.clone(), source };
        self.sink.close().map_err(io)?;
        let mut text = serde_json::to_vec_pretty(summary).map_err(|e| io(e.into()))?;
        text.push(b'\n');
        write_atomically(&path, &text).map_err(io)?;
        recompute::seal(&self.folder, state)?;
        match recompute::analyse(&self.folder) {
            // A load without an interval has nothing to analyse; its manifest says how it ended.
            Err(RecomputeError::Assemble(_)) if summary.counts.offered == 0 => Ok(()),
            other => other.map(|_| ()),
        }
    }
}

impl Sink for Files {
    fn on(&mut self, message: &Message) -> std::io::Result<()> {
        self.sink.on(message)
    }

    fn close(&mut self) -> std::io::Result<()> {
        self.sink.close()
    }
}

fn manifest(spec: &LoadSpec, title: &str, objectives: &Objectives, now_unix_s: f64) -> Manifest {
    let (model, shape) = match &spec.model {
        Model::Closed { users, .. } => (LoadModel::Closed, users),
        Model::Open { rate_per_s, .. } => (LoadModel::Open, rate_per_s),
    };
    let plan = Plan {
        shape: Some(shape.clone()),
        think_s: spec.scenario.mean_wait_s(),
        steps: spec.scenario.requests_per_iteration(),
        slo_p95_s: objectives.p95.map(|d| d.as_secs_f64()),
        slo_error_rate: objectives.error_rate,
        checks: objectives.checks.iter().map(|c| c.text.clone()).collect(),
        ..Plan::of_load(title.to_owned(), model, shape.duration_s(), spec.interval_s, spec.seed)
    };
    Manifest::begun(Origin::Load, format!("load-{}", utc::compact(now_unix_s)), now_unix_s, plan)
}
