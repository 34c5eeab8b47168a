//! The dispatcher: one loop that linearises load, telemetry, replica events and the user's interrupt.

use std::collections::BTreeMap;
use std::time::Duration;

use swarmlab_intervals::{ErrorKind, Interval, Outcome};
use swarmlab_loadgen::LoadError;
use swarmlab_shapes::shape::{Constant, Shape};
use swarmlab_stackfile::{Role, StackSpecs};
use swarmlab_swarm::CancellationToken;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::error::RunError;
use super::message::Message;
use super::prepare::{self, RunOptions};
use super::progress::{LoadTick, Observer, Progress};
use super::recorder::Recorder;
use super::{bring_up, load};
use swarmlab_experiment::Experiment;
use swarmlab_record::Phase;
use swarmlab_record::events::Event;
use swarmlab_record::folder::RunFolder;
use swarmlab_record::manifest::{FORMAT, Manifest, Origin, State, Windows};
use swarmlab_record::metric::Meaning;
use swarmlab_telemetry::clock::unix_now_s;
use swarmlab_testbed::observation::Observation;
use swarmlab_testbed::{Kind, Note, Target, Testbed, seam, stack};

/// How long fresh samples of a quiet system are waited for.
const SETTLE: Duration = Duration::from_secs(15);
/// Time between the decision to start a load and its first edge: threads start, connections do not yet.
const LEAD_S: f64 = 0.3;

/// Runs everything up to and including `down`.
#[allow(clippy::too_many_arguments)]
pub async fn measure(
    experiment: &Experiment,
    kind: Kind,
    reason: &str,
    options: &RunOptions,
    folder: &RunFolder,
    started_unix_s: f64,
    cancel: &CancellationToken,
    left: &dyn Fn(Vec<String>),
    observer: &mut dyn Observer,
) -> Result<(), RunError> {
    observer.on(Progress::Started {
        name: experiment.name.clone(),
        folder: folder.root().to_owned(),
        testbed: kind,
        reason: reason.to_owned(),
    });
    let specs = bring_up::specs(experiment, &options.stack_name)?;
    let manifest = Manifest {
        format: FORMAT,
        origin: Origin::Run,
        swarmlab: env!("CARGO_PKG_VERSION").to_owned(),
        name: experiment.name.clone(),
        started_unix_s,
        testbed: Some(kind),
        testbed_reason: reason.to_owned(),
        plan: prepare::resolved(experiment, &specs),
        topology: stack::topology(&specs),
        target: None,
        provenance: BTreeMap::new(),
        clock_offset: None,
        windows: None,
        generator: None,
        state: State::Running,
    };
    let (tx, rx) = mpsc::unbounded_channel();
    let recorder = Recorder::create(folder).map_err(RunError::io("create the run's files"))?;
    let mut d = Dispatcher { experiment, folder, cancel, observer, recorder, manifest, tx, rx, told: false };
    d.write_manifest()?;
    d.phase(Phase::Up, None)?;
    let beds = bring_up::beds(kind, options, folder);
    left(beds.left_while_starting(&specs));
    let mut noted = Ok(());
    let up = beds
        .up(&specs, cancel, &mut |n| {
            d.observer.on(Progress::Note(n.clone()));
            noted = std::mem::replace(&mut noted, Ok(())).and_then(|()| d.note(n));
        })
        .await;
    noted?;
    let bed = match up {
        Ok(bed) => {
            d.manifest.provenance = bed.provenance().await;
            bed
        }
        Err(e) => {
            left(Vec::new());
            return Err(e.into());
        }
    };
    left(bed.left_behind());
    let observing = CancellationToken::new();
    let measured = d.measure(&*bed, &specs, &observing).await;
    observing.cancel();
    d.write_manifest()?;
    d.phase(Phase::Down, None)?;
    let down = if options.keep {
        for what in bed.left_behind() {
            d.observer.on(Progress::Note(Note::Step(format!("kept: {what}"))));
        }
        if bed.kind() == Kind::Embedded {
            d.observer.on(Progress::Note(Note::Warning(
                "the embedded testbed ends with this command: --keep has no effect on it".to_owned(),
            )));
            bed.down(&mut |_| {}).await
        } else {
            Ok(())
        }
    } else {
        let observer = &mut d.observer;
        bed.down(&mut |n| observer.on(Progress::Note(n))).await
    };
    left(Vec::new());
    d.recorder.finish().map_err(disk)?;
    measured?;
    Ok(down?)
}

struct Dispatcher<'a> {
    experiment: &'a Experiment,
    folder: &'a RunFolder,
    cancel: &'a CancellationToken,
    observer: &'a mut dyn Observer,
    recorder: Recorder,
    manifest: Manifest,
    tx: mpsc::UnboundedSender<Message>,
    rx: mpsc::UnboundedReceiver<Message>,
    /// Whether the interrupt was passed on already.
    told: bool,
}

/// What phases react to.
enum News {
    Quiet,
    Interval(Box<Interval>),
    LoadEnded(Box<Result<Outcome, LoadError>>),
    Broken(swarmlab_testbed::TestbedError),
    Interrupted,
}

/// How a load phase ended.
struct Loaded {
    end_unix_s: f64,
    drained_unix_s: f64,
    /// Why it was cut short.
    cut: Option<RunError>,
}

fn disk(e: std::io::Error) -> RunError {
    RunError::Io { what: "write the run's files".to_owned(), source: e }
}

impl Dispatcher<'_> {
    fn write_manifest(&self) -> Result<(), RunError> {
        self.manifest.write(&self.folder.manifest()).map_err(disk)
    }

    fn phase(&mut self, phase: Phase, expected_s: Option<f64>) -> Result<(), RunError> {
        self.observer.on(Progress::Phase { phase, expected_s });
        self.recorder.phase(phase).map_err(disk)
    }

    fn note(&mut self, note: Note) -> Result<(), RunError> {
        match note {
            Note::Step(message) => self.recorder.event(&Event::Step { t_unix_s: unix_now_s(), message }),
            Note::Warning(message) => self.recorder.warning(message).map(|_| ()),
            Note::Converged { .. } => Ok(()),
        }
        .map_err(disk)
    }

    fn warn(&mut self, message: String) -> Result<(), RunError> {
        if self.recorder.warning(message.clone()).map_err(disk)? {
            self.observer.on(Progress::Note(Note::Warning(message)));
        }
        Ok(())
    }

    /// Waits for one message, writes it down, and passes on what a phase may react to.
    async fn next(&mut self) -> Result<News, RunError> {
        let message = tokio::select! {
            biased;
            () = self.cancel.cancelled(), if !self.told => {
                self.told = true;
                return Ok(News::Interrupted);
            }
            message = self.rx.recv() => message,
        };
        // We hold a sender ourselves: the channel cannot close.
        let Some(message) = message else { return Ok(News::Quiet) };
        match message {
            Message::Observed(o) => self.observed(o),
            Message::Interval(interval) => Ok(News::Interval(interval)),
            Message::LoadEnded(ended) => Ok(News::LoadEnded(ended)),
        }
    }

    fn observed(&mut self, observation: Observation) -> Result<News, RunError> {
        match observation {
            Observation::Samples(samples) => self.recorder.samples(&samples).map_err(disk)?,
            Observation::TelemetryFailed(e) => self.warn(e.to_string())?,
            Observation::Replicas(event) => self.recorder.event(&Event::Replicas(event)).map_err(disk)?,
            Observation::Task(life) => self.recorder.event(&Event::Task(life)).map_err(disk)?,
            Observation::Warning(message) => self.warn(message)?,
            Observation::Broken(e) => return Ok(News::Broken(e)),
        }
        Ok(News::Quiet)
    }

    async fn measure(
        &mut self,
        bed: &dyn Testbed,
        specs: &StackSpecs,
        observing: &CancellationToken,
    ) -> Result<(), RunError> {
        let target = bed.target(&self.experiment.target.service, self.experiment.target.port).await?;
        self.manifest.target = Some(target.clone());
        self.manifest.clock_offset = bed.clock_offset().await?;
        self.write_manifest()?;
        bed.observe(observer_of(&self.tx), observing.clone())?;
        let bin_s = self.experiment.measure.bin.as_secs_f64();
        let grid_unix_s = (unix_now_s() + LEAD_S).ceil();
        let mut quiet_since = unix_now_s();
        if let Some(warm_up) = self.experiment.load.warm_up {
            let duration_s = warm_up.duration.as_secs_f64();
            let shape = Shape::Constant(Constant { level: warm_up.level, duration_s });
            // Another seed: the measured load must not repeat what warmed the caches.
            let done =
                self.load(Phase::WarmUp, &target, shape, grid_unix_s, self.experiment.seed ^ 1).await?;
            if let Some(cut) = done.cut {
                return Err(cut);
            }
            quiet_since = done.drained_unix_s;
        }
        self.phase(Phase::Settle, None)?;
        self.settle(quiet_since, &expected_sources(specs)).await?;
        let after = unix_now_s() + LEAD_S;
        let start_unix_s = grid_unix_s + ((after - grid_unix_s) / bin_s).ceil().max(0.0) * bin_s;
        let shape = self.experiment.load.shape.clone();
        let planned_end = start_unix_s + shape.duration_s();
        let mut windows = Windows {
            grid_unix_s,
            load_start_unix_s: start_unix_s,
            load_end_unix_s: planned_end,
            drained_unix_s: planned_end,
            settled_unix_s: planned_end,
        };
        self.manifest.windows = Some(windows);
        self.write_manifest()?;
        let done = self.load(Phase::Load, &target, shape, start_unix_s, self.experiment.seed).await?;
        windows.load_end_unix_s = done.end_unix_s;
        windows.drained_unix_s = done.drained_unix_s;
        self.phase(Phase::Collect, None)?;
        let settled = self.settle(done.drained_unix_s, &[]).await;
        windows.settled_unix_s = unix_now_s();
        self.manifest.windows = Some(windows);
        self.write_manifest()?;
        match done.cut {
            Some(cut) => Err(cut),
            None => settled,
        }
    }

    async fn load(
        &mut self,
        phase: Phase,
        target: &Target,
        shape: Shape,
        start_unix_s: f64,
        seed: u64,
    ) -> Result<Loaded, RunError> {
        let duration_s = shape.duration_s();
        self.phase(phase, Some(duration_s))?;
        let stopper =
            load::start(load::spec(self.experiment, target, shape, start_unix_s, seed), self.tx.clone())?;
        let mut loaded = Loaded { end_unix_s: start_unix_s + duration_s, drained_unix_s: 0.0, cut: None };
        let (mut first, mut errors, mut draining) = (true, 0, false);
        loop {
            let cut = match self.next().await? {
                News::Quiet => None,
                News::Interval(interval) => {
                    self.recorder.interval(&interval, phase).map_err(disk)?;
                    errors += interval.tally().failed;
                    if !draining && interval.end_unix_s >= loaded.end_unix_s - 1e-6 && phase == Phase::Load {
                        draining = true;
                        self.phase(Phase::Drain, None)?;
                    }
                    if !draining {
                        let tick = self.tick(phase, &interval, start_unix_s, duration_s, errors);
                        self.observer.on(Progress::Load(tick));
                    }
                    let refused = std::mem::take(&mut first) && nobody_listens(&interval);
                    refused.then(|| RunError::TargetRefuses { target: addresses(target) })
                }
                News::Broken(e) => Some(e.into()),
                News::Interrupted => Some(RunError::Interrupted),
                News::LoadEnded(ended) => {
                    let outcome = (*ended)?;
                    if phase == Phase::Load {
                        self.manifest.generator = Some(outcome.verdict_inputs);
                    }
                    loaded.drained_unix_s = unix_now_s();
                    loaded.end_unix_s = loaded.end_unix_s.min(loaded.drained_unix_s);
                    return Ok(loaded);
                }
            };
            if let Some(cut) = cut
                && loaded.cut.is_none()
            {
                stopper.stop();
                loaded.end_unix_s = loaded.end_unix_s.min(unix_now_s());
                loaded.cut = Some(cut);
            }
        }
    }

    fn tick(&self, phase: Phase, i: &Interval, start_unix_s: f64, duration_s: f64, errors: u64) -> LoadTick {
        let tally = i.tally();
        let response = i.overall().response;
        let per_s = |n: u64| n as f64 / i.length_s().max(1e-9);
        let elapsed_s = i.end_unix_s - start_unix_s;
        LoadTick {
            phase,
            elapsed_s,
            left_s: duration_s - elapsed_s,
            users: i.users,
            offered_per_s: per_s(i.offered),
            completed_per_s: per_s(tally.completed),
            errors,
            p95_ms: (!response.is_empty()).then(|| response.value_at_quantile(0.95) as f64 / 1e3),
            replicas: self
                .experiment
                .measure
                .services
                .iter()
                .filter_map(|s| self.recorder.replicas(s).map(|r| (s.clone(), r.healthy, r.desired)))
                .collect(),
        }
    }

    /// Waits until every source has a sample of the quiet system, taken after `since`; gives up with a warning.
    async fn settle(&mut self, since_unix_s: f64, expected: &[(String, Meaning)]) -> Result<(), RunError> {
        let offset_s = self.manifest.clock_offset.map_or(0.0, |o| o.offset_s + o.error_s);
        let deadline = Instant::now() + SETTLE;
        loop {
            let mut waiting = self.recorder.stale_since(since_unix_s + offset_s);
            waiting.extend(expected.iter().filter(|e| !self.recorder.sources().any(|s| s == *e)).cloned());
            if waiting.is_empty() {
                return Ok(());
            }
            let news = match tokio::time::timeout_at(deadline, self.next()).await {
                Ok(news) => news?,
                Err(_) => {
                    let missing: Vec<String> = waiting.iter().map(|(s, m)| format!("{m} of {s}")).collect();
                    return self.warn(format!(
                        "no sample of the quiet system within {} s: {}; counts over the load window may not be exact",
                        SETTLE.as_secs(),
                        missing.join(", ")
                    ));
                }
            };
            match news {
                News::Interrupted => return Err(RunError::Interrupted),
                News::Broken(e) => return Err(e.into()),
                News::Quiet | News::Interval(_) | News::LoadEnded(_) => {}
            }
        }
    }
}

/// A sender for a testbed that knows nothing of the dispatcher's other messages.
fn observer_of(messages: &mpsc::UnboundedSender<Message>) -> seam::Out {
    let (tx, mut rx) = seam::channel();
    let messages = messages.clone();
    tokio::spawn(async move {
        while let Some(o) = rx.recv().await {
            if messages.send(Message::Observed(o)).is_err() {
                return;
            }
        }
    });
    tx
}

/// What must have been sampled once before load begins: CPU of applications and proxies, requests of proxies.
fn expected_sources(specs: &StackSpecs) -> Vec<(String, Meaning)> {
    let mut out = Vec::new();
    for s in &specs.services {
        if matches!(s.role, Role::Application | Role::Proxy) {
            out.push((s.short.clone(), Meaning::CPU));
        }
        if s.role == Role::Proxy {
            out.push((s.short.clone(), Meaning::PROXY_DOWNSTREAM));
        }
    }
    out
}

fn nobody_listens(interval: &Interval) -> bool {
    let tally = interval.tally();
    let connect = [ErrorKind::ConnectRefused, ErrorKind::ConnectTimeout, ErrorKind::ConnectFailed];
    let refused: u64 = connect
        .iter()
        .map(|k| tally.errors_of(*k) + interval.unassigned_errors.get(k).copied().unwrap_or(0))
        .sum();
    tally.completed == 0 && tally.sent == 0 && refused > 0
}

fn addresses(target: &Target) -> String {
    target.addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
