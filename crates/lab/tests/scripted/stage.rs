//! What happens to a session on a scripted testbed with a scripted generator, and what came of it.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use swarmlab_control::Autoscaler;
use swarmlab_lab::RunError;
use swarmlab_lab::bus::{Bus, Sink};
use swarmlab_lab::message::{Message, News};
use swarmlab_lab::scaling::{Controller, Controllers};
use swarmlab_lab::session::{Cast, execute};
use swarmlab_lab::sinks::FolderSink;
use swarmlab_record::Phase;
use swarmlab_record::action::Action;
use swarmlab_record::decisions::{By, Controlled, FORMAT};
use swarmlab_record::folder::RunFolder;
use swarmlab_record::manifest::{Manifest, Origin};
use swarmlab_record::metric::Meaning;
use swarmlab_record::plan as record_plan;
use swarmlab_record::topology::{Role, Service};
use swarmlab_shapes::shape::{Constant, Shape};
use swarmlab_swarm::CancellationToken;
use swarmlab_trial::{Keep, Limits, Plan, PlannedAction, Scaled, Source, Start, TrialPlan, When};
use tokio::time::{Instant, sleep};

use super::bed::ScriptedBed;
use super::generator::ScriptedGenerator;

pub const BEGIN: f64 = 1_000_000.0;
pub const LOAD_S: f64 = 5.0;

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
    /// Who scales `web`, and whether it is done.
    pub controllers: Vec<(Autoscaler, bool)>,
    /// Requests sent in each second of the load.
    pub sent: Vec<u64>,
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
            controllers: Vec::new(),
            sent: vec![9; LOAD_S as usize],
            interrupt_s: None,
            breaks_s: None,
            disk_full_s: None,
        }
    }
}

pub type Log<T> = Arc<Mutex<Vec<T>>>;

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
                out: Arc::default(),
                log: Arc::clone(&bed),
            }),
            generator: &mut ScriptedGenerator {
                generates: self.generates,
                began,
                warm_up_s: self.warm_up_s.unwrap_or(0.0),
                sent: self.sent.clone(),
                log: Arc::clone(&generator),
            },
            bus: &mut bus,
            cancel: &cancel,
            left: &|what| told.lock().unwrap().push(what.concat()),
            left_while_starting: vec!["half a bed".to_owned()],
            clock: &clock,
            rules: swarmlab_trial::rules::all,
            thresholds: Vec::new(),
            controllers: (!self.controllers.is_empty()).then(|| self.setup()),
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

    /// Decisions are due every two seconds.
    fn setup(&self) -> Controllers {
        let one = |(autoscaler, acts): &(Autoscaler, bool)| Controller {
            controlled: Controlled {
                format: FORMAT,
                service: "web".to_owned(),
                every_s: 2.0,
                acts: *acts,
                by: By::House(autoscaler.clone()),
            },
            program: None,
        };
        let mut manifest = manifest();
        manifest.topology.services.push(Service {
            name: "web".to_owned(),
            role: Role::Application,
            replicas: 1,
            image: String::new(),
        });
        Controllers { all: self.controllers.iter().map(one).collect(), manifest }
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
            load_s: self.sent.len() as f64,
            // The first trial's only.
            actions: self.actions.iter().filter(|_| n == 0).map(planned).collect(),
            scaling: self
                .controllers
                .iter()
                .map(|(autoscaler, _)| Scaled {
                    service: "web".to_owned(),
                    every_s: 2.0,
                    min: autoscaler.bounds.min,
                    max: autoscaler.bounds.max,
                    undo: vec![scale(1)],
                })
                .collect(),
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

fn manifest() -> Manifest {
    let plan = record_plan::Plan {
        shape: Some(Shape::Constant(Constant { level: 1.0, duration_s: LOAD_S })),
        ..record_plan::Plan::of_load("web".to_owned(), record_plan::LoadModel::Closed, LOAD_S, 1.0, 1)
    };
    Manifest::begun(Origin::Run, "scripted", BEGIN, plan)
}
