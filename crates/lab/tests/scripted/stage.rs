//! A testbed and a generator that do as they are told, in virtual time, and note what they were asked.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use swarmlab_intervals::{End, EndpointStats, Interval, Outcome, SelfMetrics, new_histogram};
use swarmlab_lab::RunError;
use swarmlab_lab::bus::{Bus, Sink};
use swarmlab_lab::generator::{Generator, Outlet, Running};
use swarmlab_lab::message::{Message, News};
use swarmlab_lab::session::{Cast, execute};
use swarmlab_lab::sinks::FolderSink;
use swarmlab_lab::site::{Answer, Ready, Site};
use swarmlab_loadgen::LoadError;
use swarmlab_record::Phase;
use swarmlab_record::action::Action;
use swarmlab_record::folder::RunFolder;
use swarmlab_record::manifest::{Manifest, Origin};
use swarmlab_record::metric::{Kind, Meaning};
use swarmlab_record::plan as record_plan;
use swarmlab_record::series::{Identity, Reading};
use swarmlab_record::topology::{ReplicaEvent, Target};
use swarmlab_shapes::shape::{Constant, Shape};
use swarmlab_swarm::CancellationToken;
use swarmlab_testbed::observation::Observation;
use swarmlab_testbed::seam::{Out, Pending};
use swarmlab_testbed::{Done, Note, TestbedError};
use swarmlab_trial::{Keep, Limits, LoadId, Part, Plan, PlannedAction, Source, Start, TrialPlan, When};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

const BEGIN: f64 = 1_000_000.0;
const LOAD_S: f64 = 5.0;

#[derive(Clone, Copy)]
pub enum Up {
    Takes(f64),
    Never,
}

/// How an action goes.
#[derive(Clone, Copy, PartialEq)]
pub enum Acts {
    /// Taken after a quarter of so many seconds, in force after all of them.
    Takes(f64),
    Fails,
    Never,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Generates {
    Well,
    Forever,
    Refuses,
}

/// What happens; times in seconds after the beginning.
pub struct Stage {
    pub trials: usize,
    pub warm_up_s: Option<f64>,
    pub keep: Keep,
    pub up: Up,
    pub generates: Generates,
    pub silent: bool,
    /// What `web`, which has one replica, is scaled to when, and how that goes.
    pub actions: Vec<(f64, u64, Acts)>,
    pub interrupt_s: Option<f64>,
    pub breaks_s: Option<f64>,
    pub disk_full_s: Option<f64>,
}

impl Default for Stage {
    fn default() -> Self {
        Self {
            trials: 1,
            warm_up_s: None,
            keep: Keep::No,
            up: Up::Takes(1.0),
            generates: Generates::Well,
            silent: false,
            actions: Vec::new(),
            interrupt_s: None,
            breaks_s: None,
            disk_full_s: None,
        }
    }
}

type Log<T> = Arc<Mutex<Vec<T>>>;

pub struct Played {
    pub result: Result<(), RunError>,
    pub took_s: f64,
    pub folder: RunFolder,
    pub second: RunFolder,
    bed: Log<String>,
    generator: Log<String>,
    heard: Log<Message>,
    left: Log<String>,
    _dir: tempfile::TempDir,
}

impl Played {
    pub fn bed(&self) -> Vec<String> {
        self.bed.lock().unwrap().clone()
    }
    pub fn generator(&self) -> Vec<String> {
        self.generator.lock().unwrap().clone()
    }
    pub fn left(&self) -> Vec<String> {
        self.left.lock().unwrap().clone()
    }
    pub fn heard(&self, what: impl Fn(&News) -> bool) -> bool {
        self.heard.lock().unwrap().iter().any(|m| what(&m.news))
    }
    pub fn phases(&self) -> Vec<Phase> {
        let heard = self.heard.lock().unwrap();
        let phase = |m: &Message| if let News::Phase { phase, .. } = m.news { Some(phase) } else { None };
        heard.iter().filter_map(phase).collect()
    }
}

impl Stage {
    pub async fn play(self) -> Played {
        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(dir.path(), "first", BEGIN).unwrap();
        let second = RunFolder::create(dir.path(), "second", BEGIN).unwrap();
        let (bed, generator, heard, left) = (Log::default(), Log::default(), Log::default(), Log::default());
        let began = Instant::now();
        let clock = move || BEGIN + began.elapsed().as_secs_f64();
        let mut bus = Bus::new();
        let next = |_| Ok((second.clone(), manifest()));
        bus.attach(FolderSink::create(&folder, manifest()).unwrap().with_next(next));
        bus.attach(Hears(Arc::clone(&heard)));
        bus.attach(Disk(self.disk_full_s.map(|s| BEGIN + s)));
        let cancel = CancellationToken::new();
        if let Some(s) = self.interrupt_s {
            let cancel = cancel.clone();
            tokio::spawn(async move {
                sleep(Duration::from_secs_f64(s)).await;
                cancel.cancel();
            });
        }
        let told = Arc::clone(&left);
        let plan = self.plan();
        let cast = Cast {
            site: Box::new(ScriptedBed {
                up: self.up,
                silent: self.silent,
                acts: self.actions.iter().map(|(_, _, acts)| *acts).collect(),
                breaks: self.breaks_s.map(|s| began + Duration::from_secs_f64(s)),
                began,
                log: Arc::clone(&bed),
            }),
            generator: &mut ScriptedGenerator {
                generates: self.generates,
                began,
                warm_up_s: self.warm_up_s.unwrap_or(0.0),
                log: Arc::clone(&generator),
            },
            bus: &mut bus,
            cancel: &cancel,
            left: &|what| told.lock().unwrap().push(what.concat()),
            left_while_starting: vec!["half a bed".to_owned()],
            clock: &clock,
            rules: swarmlab_trial::rules::all,
        };
        let result = execute(plan, cast).await;
        drop(bus);
        Played {
            result,
            took_s: began.elapsed().as_secs_f64(),
            folder,
            second,
            bed,
            generator,
            heard,
            left,
            _dir: dir,
        }
    }

    fn plan(&self) -> Plan {
        let scale = |replicas| Action::Scale { service: "web".to_owned(), replicas };
        let planned = |&(at_s, replicas, _): &(f64, u64, Acts)| PlannedAction {
            at: When::Load(at_s),
            action: scale(replicas),
            undo: Some(scale(1)),
        };
        let trial = |n: usize| TrialPlan {
            bin_s: 1.0,
            warm_up_s: self.warm_up_s,
            load_s: LOAD_S,
            // The first trial's only.
            actions: self.actions.iter().filter(|_| n == 0).map(planned).collect(),
        };
        Plan {
            trials: (0..self.trials).map(trial).collect(),
            start: Start::AtEdge,
            keep: self.keep.clone(),
            sources: vec![Source { service: "web".to_owned(), meaning: Meaning::CPU }],
            limits: Limits::default(),
        }
    }
}

struct Hears(Log<Message>);

impl Sink for Hears {
    fn on(&mut self, message: &Message) -> io::Result<()> {
        self.0.lock().unwrap().push(message.clone());
        Ok(())
    }
}

struct Disk(Option<f64>);

impl Sink for Disk {
    fn on(&mut self, message: &Message) -> io::Result<()> {
        match self.0 {
            Some(t) if message.t_unix_s >= t => Err(io::Error::other("no space left on device")),
            _ => Ok(()),
        }
    }
}

struct ScriptedBed {
    up: Up,
    silent: bool,
    /// Of the actions to come; those after them take no time.
    acts: std::collections::VecDeque<Acts>,
    breaks: Option<Instant>,
    began: Instant,
    log: Log<String>,
}

impl ScriptedBed {
    fn note(&self, what: &str) {
        self.log.lock().unwrap().push(what.to_owned());
    }
}

impl Site for ScriptedBed {
    fn up<'a>(
        &'a mut self,
        cancel: &'a CancellationToken,
        note: &'a mut (dyn FnMut(Note) + Send),
    ) -> Answer<'a, Result<Ready, TestbedError>> {
        Box::pin(async move {
            self.note("up");
            note(Note::Step("a step while coming up".to_owned()));
            match self.up {
                Up::Never => std::future::pending().await,
                Up::Takes(s) => tokio::select! {
                    () = sleep(Duration::from_secs_f64(s)) => {}
                    () = cancel.cancelled() => {
                        self.note("cancelled");
                        return Err(TestbedError::Interrupted);
                    }
                },
            }
            Ok(Ready {
                target: Target { addresses: vec!["127.0.0.1:80".parse().unwrap()], host: "web".to_owned() },
                clock_offset: None,
                sampled_every: Duration::from_secs(1),
                provenance: BTreeMap::new(),
                left_behind: vec!["a bed".to_owned()],
            })
        })
    }

    fn observe(&mut self, out: Out, cancel: CancellationToken) -> Result<(), TestbedError> {
        self.note("observe");
        let (silent, began) = (self.silent, self.began);
        if let Some(breaks) = self.breaks {
            let out = out.clone();
            tokio::spawn(async move {
                tokio::time::sleep_until(breaks).await;
                let broken = TestbedError::Child {
                    task: "web.1".to_owned(),
                    what: "ended".to_owned(),
                    log: Vec::new(),
                };
                let _ = out.send(Observation::Broken(broken)).await;
            });
        }
        tokio::spawn(async move {
            let event = ReplicaEvent {
                t_unix_s: BEGIN,
                service: "web".to_owned(),
                desired: 1,
                running: 1,
                healthy: 1,
                health_checked: Some(true),
                cause: "started".to_owned(),
            };
            let _ = out.send(Observation::Replicas(event)).await;
            let series = Arc::new(identity());
            while !cancel.is_cancelled() {
                let t_unix_s = BEGIN + began.elapsed().as_secs_f64();
                let reading = Reading { series: Arc::clone(&series), t_unix_s, value: 1.0 };
                if !silent && out.send(Observation::Samples(vec![reading])).await.is_err() {
                    return;
                }
                sleep(Duration::from_secs(1)).await;
            }
        });
        Ok(())
    }

    fn act(
        &mut self,
        action: Action,
        cancel: CancellationToken,
    ) -> Pending<'static, Result<Done, TestbedError>> {
        self.note(&action.to_string());
        let (began, log) = (self.began, Arc::clone(&self.log));
        let now = move || BEGIN + began.elapsed().as_secs_f64();
        let (asked_unix_s, acts) = (now(), self.acts.pop_front().unwrap_or(Acts::Takes(0.0)));
        Box::pin(async move {
            let Acts::Takes(s) = acts else {
                if acts == Acts::Never {
                    cancel.cancelled().await;
                    log.lock().unwrap().push("cancelled".to_owned());
                }
                return Err(TestbedError::NoService {
                    action: action.to_string(),
                    name: "web".to_owned(),
                    known: vec![],
                });
            };
            sleep(Duration::from_secs_f64(s / 4.0)).await;
            let accepted_unix_s = now();
            sleep(Duration::from_secs_f64(s * 3.0 / 4.0)).await;
            Ok(Done { action, asked_unix_s, accepted_unix_s, done_unix_s: now(), changed: true })
        })
    }

    fn down<'a>(&'a mut self, _: &'a mut (dyn FnMut(Note) + Send)) -> Answer<'a, Result<(), TestbedError>> {
        Box::pin(async move {
            self.note("down");
            sleep(Duration::from_secs(1)).await;
            Ok(())
        })
    }
}

struct ScriptedGenerator {
    generates: Generates,
    began: Instant,
    warm_up_s: f64,
    log: Log<String>,
}

impl Generator for ScriptedGenerator {
    fn start(
        &mut self,
        load: LoadId,
        start_unix_s: f64,
        _: &Target,
        out: Outlet,
    ) -> Result<Box<dyn Running>, LoadError> {
        if self.generates == Generates::Refuses {
            return Err(LoadError::Panicked("no".to_owned()));
        }
        self.log.lock().unwrap().push(format!("start {:?}", load.part));
        let length_s = if load.part == Part::WarmUp { self.warm_up_s } else { LOAD_S };
        let (ends, mut ended) = watch::channel(false);
        let forever = self.generates == Generates::Forever;
        let start = self.began + Duration::from_secs_f64(start_unix_s - BEGIN);
        tokio::spawn(async move {
            let mut n = 0;
            while forever || (n as f64) < length_s {
                tokio::select! {
                    () = sleep_until(start + Duration::from_secs(n + 1)) => {}
                    _ = ended.wait_for(|e| *e && !forever) => break,
                }
                if !out.interval_async(interval(n, start_unix_s)).await {
                    return;
                }
                n += 1;
            }
            sleep(Duration::from_millis(700)).await;
            out.ended_async(Ok(outcome(start_unix_s))).await;
        });
        Ok(Box::new(ScriptedLoad { ends, log: Arc::clone(&self.log) }))
    }
}

struct ScriptedLoad {
    ends: watch::Sender<bool>,
    log: Log<String>,
}

impl Running for ScriptedLoad {
    fn set_level(&mut self, _: f64) -> Result<(), LoadError> {
        Ok(())
    }
    fn stop(&mut self) {
        self.log.lock().unwrap().push("stop".to_owned());
        let _ = self.ends.send(true);
    }
    fn abort(&mut self) {
        self.log.lock().unwrap().push("abort".to_owned());
        let _ = self.ends.send(true);
    }
}

fn interval(index: u64, start_unix_s: f64) -> Interval {
    let mut stats = EndpointStats::new("a");
    (stats.tally.offered, stats.tally.sent, stats.tally.completed, stats.tally.succeeded) = (9, 9, 9, 9);
    Interval {
        index,
        start_unix_s: start_unix_s + index as f64,
        end_unix_s: start_unix_s + index as f64 + 1.0,
        offered: 9,
        users: 1.0,
        in_flight: 0.0,
        in_flight_end: 0,
        queued: 0.0,
        queued_end: 0,
        iterations_completed: 9,
        think_s: 0.0,
        connections_opened: 0,
        connections_open_end: 1,
        unassigned_errors: BTreeMap::new(),
        endpoints: vec![stats],
        connect: new_histogram(),
        tls: new_histogram(),
        resolve_failures: 0,
        generator: SelfMetrics::default(),
    }
}

fn outcome(start_unix_s: f64) -> Outcome {
    Outcome {
        end: End::Completed,
        start_unix_s,
        load_end_unix_s: start_unix_s + LOAD_S,
        end_unix_s: start_unix_s + LOAD_S,
        intervals: 5,
        offered: 45,
        iterations_completed: 45,
        think_s: 0.0,
        user_s: 5.0,
        connections_opened: 1,
        unassigned_errors: BTreeMap::new(),
        endpoints: vec![EndpointStats::new("a")],
        overall: EndpointStats::new(""),
        connect: new_histogram(),
        tls: new_histogram(),
        resolve_failures: 0,
        first_errors: BTreeMap::new(),
        first_answers: Vec::new(),
        verdict_inputs: Default::default(),
    }
}

fn identity() -> Identity {
    Identity {
        service: "web".to_owned(),
        task: "web.1".to_owned(),
        metric: "process_cpu_seconds_total".to_owned(),
        meaning: Meaning::CPU,
        kind: Kind::Counter,
        unit: "s".to_owned(),
        scale: 1.0,
        upstream: None,
        task_is_exact: true,
        labels: BTreeMap::new(),
    }
}

fn manifest() -> Manifest {
    let plan = record_plan::Plan {
        shape: Some(Shape::Constant(Constant { level: 1.0, duration_s: LOAD_S })),
        ..record_plan::Plan::of_load("web".to_owned(), record_plan::LoadModel::Closed, LOAD_S, 1.0, 1)
    };
    Manifest::begun(Origin::Run, "scripted", BEGIN, plan)
}
