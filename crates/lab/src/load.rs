//! A load alone, without a stack: a session of the core on a site where nothing runs. So whatever happens (an interrupt, a
//! full disk, an engine that falls silent), it ends as a run does, and no later than that.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use swarmlab_checks::Threshold;
use swarmlab_intervals::Outcome;
use swarmlab_loadgen::{LoadError, LoadSpec};
use swarmlab_record::Phase;
use swarmlab_record::action::Action;
use swarmlab_record::manifest::Windows;
use swarmlab_record::topology::Target;
use swarmlab_swarm::CancellationToken;
use swarmlab_telemetry::clock::unix_now_s;
use swarmlab_testbed::seam::{Out, Pending};
use swarmlab_testbed::{Done, Note, TestbedError};
use swarmlab_trial::{self as trial, LoadId, rules};

use crate::bus::{Bus, Sink};
use crate::error::RunError;
use crate::generator::{Generator, Outlet, Running};
use crate::message::{Message, News};
use crate::session::{self, Cast};
use crate::site::{Answer, Ready, Site};
use crate::threads;

/// What the engine may take longer for its end than it is told to wait for answers: names are resolved at its start.
const MARGIN_S: f64 = 60.0;

/// Why there is no outcome.
#[derive(Debug, thiserror::Error)]
pub enum LoadFailure {
    /// The engine refused the load or broke.
    #[error("{0}")]
    Load(#[from] LoadError),
    /// An interval could not be written.
    #[error("the results could not be written: {0}")]
    Write(#[from] io::Error),
    /// The user interrupted before the load began.
    #[error("interrupted before the load began")]
    Interrupted,
}

impl LoadFailure {
    /// Its number and name.
    pub fn code(&self) -> swarmlab_codes::Code {
        match self {
            Self::Load(e) => e.code(),
            Self::Write(_) => swarmlab_codes::RESULTS_NOT_WRITTEN,
            Self::Interrupted => swarmlab_codes::INTERRUPTED,
        }
    }

    fn of(error: RunError) -> Self {
        match error {
            RunError::Load(e) => Self::Load(e),
            RunError::Io { source, .. } => Self::Write(source),
            RunError::Interrupted => Self::Interrupted,
            silent => LoadError::Panicked(silent.to_string()).into(),
        }
    }
}

/// One interval in short, kept for throughput.
#[derive(Debug, Clone, PartialEq)]
pub struct Beat {
    /// End of the interval, seconds since the Unix epoch.
    pub end_unix_s: f64,
    /// Complete answers in it, by endpoint.
    pub completed: Vec<u64>,
}

/// A load that ended.
#[derive(Debug)]
pub struct Ended {
    /// The engine's sums.
    pub outcome: Outcome,
    /// One entry an interval.
    pub beats: Vec<Beat>,
    /// Who ended it early, if somebody did.
    pub early: Option<Early>,
}

/// Why a load ended before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Early {
    /// The user's interrupt.
    Interrupted,
    /// A threshold that was missed: a sentence without a full stop.
    Missed(String),
}

/// Runs a load to its end, to the user's interrupt, or until it misses one of the `thresholds` that ask for that: then no new
/// requests are sent, and those under way may finish.
///
/// # Errors
/// A specification that is wrong, a refusal of the system, an awaited sink that fails (the load is aborted then).
pub async fn load(
    spec: LoadSpec,
    thresholds: Vec<Threshold>,
    bus: &mut Bus<'_>,
    cancel: &CancellationToken,
) -> Result<Ended, LoadFailure> {
    let plan = plan(&spec);
    let outcome = Kept::default();
    let mut beats = Vec::new();
    let mut told = Bus::new();
    told.attach(Clients {
        bus,
        duration_s: spec.model.shape().duration_s(),
        beats: &mut beats,
        outcome: Arc::clone(&outcome),
        phase: Phase::Up,
    });
    let cast = Cast {
        site: Box::new(Nowhere),
        generator: &mut Alone { spec, outcome: Arc::clone(&outcome) },
        bus: &mut told,
        cancel,
        left: &|_| {},
        left_while_starting: Vec::new(),
        clock: &unix_now_s,
        rules: rules::alone,
        thresholds,
        controllers: None,
    };
    let ended = session::execute(plan, cast).await;
    drop(told);
    let outcome = outcome.lock().ok().and_then(|mut kept| kept.take());
    match (ended, outcome) {
        // Scenarios may come to their end before the shape does.
        (Ok(()) | Err(RunError::LoadShort { .. }), Some(outcome)) => {
            Ok(Ended { outcome, beats, early: None })
        }
        (Err(RunError::Interrupted), Some(outcome)) => {
            Ok(Ended { outcome, beats, early: Some(Early::Interrupted) })
        }
        (Err(RunError::Rule { reason, .. }), Some(outcome)) => {
            Ok(Ended { outcome, beats, early: Some(Early::Missed(reason)) })
        }
        (Err(e), _) => Err(LoadFailure::of(e)),
        (Ok(()), None) => Err(LoadError::Panicked("the engine fell silent".to_owned()).into()),
    }
}

/// One trial of nothing but its load, at once.
fn plan(spec: &LoadSpec) -> trial::Plan {
    trial::Plan {
        trials: vec![trial::TrialPlan {
            bin_s: spec.interval_s,
            warm_up_s: None,
            load_s: spec.model.shape().duration_s(),
            actions: Vec::new(),
            scaling: Vec::new(),
        }],
        start: trial::Start::AtOnce,
        keep: trial::Keep::No,
        sources: Vec::new(),
        limits: trial::Limits { drain_s: spec.drain_s + MARGIN_S, ..trial::Limits::default() },
    }
}

/// The engine's sums, once they are there.
type Kept = Arc<Mutex<Option<Outcome>>>;

/// Sends the one load.
struct Alone {
    spec: LoadSpec,
    outcome: Kept,
}

impl Generator for Alone {
    fn start(&mut self, _: LoadId, _: f64, _: &Target, out: Outlet) -> Result<Box<dyn Running>, LoadError> {
        let kept = Arc::clone(&self.outcome);
        // The specification says where it goes, and when it starts if not at once.
        threads::start_and(self.spec.clone(), out, move |outcome| {
            if let Ok(mut kept) = kept.lock() {
                *kept = Some(outcome.clone());
            }
        })
    }
}

/// Where no stack is: it is up at once, and nothing of it can be seen or changed.
struct Nowhere;

impl Site for Nowhere {
    fn up<'a>(
        &'a mut self,
        _: &'a CancellationToken,
        _: &'a mut (dyn FnMut(Note) + Send),
    ) -> Answer<'a, Result<Ready, TestbedError>> {
        Box::pin(async {
            Ok(Ready {
                target: Target { addresses: Vec::new(), host: String::new() },
                clock_offset: None,
                sampled_every: Duration::from_secs(1),
                provenance: BTreeMap::new(),
                left_behind: Vec::new(),
            })
        })
    }

    fn observe(&mut self, _: Out, _: CancellationToken) -> Result<(), TestbedError> {
        Ok(())
    }

    fn act(&mut self, action: Action, _: CancellationToken) -> Pending<'static, Result<Done, TestbedError>> {
        let (action, name) = (action.to_string(), action.service().to_owned());
        Box::pin(async { Err(TestbedError::NoService { action, name, known: Vec::new() }) })
    }

    fn down<'a>(&'a mut self, _: &'a mut (dyn FnMut(Note) + Send)) -> Answer<'a, Result<(), TestbedError>> {
        Box::pin(async { Ok(()) })
    }
}

/// Passes on what concerns clients, and says nothing of a testbed that is not there. The load began when its first interval
/// did: what the engine needs before that (names, threads) is no load.
struct Clients<'a, 'b> {
    bus: &'a mut Bus<'b>,
    duration_s: f64,
    beats: &'a mut Vec<Beat>,
    outcome: Kept,
    phase: Phase,
}

impl Sink for Clients<'_, '_> {
    fn on(&mut self, message: &Message) -> io::Result<()> {
        match &message.news {
            News::Phase { phase, .. } => {
                self.phase = *phase;
                Ok(())
            }
            News::Interval { interval, .. } => {
                self.beats.push(Beat {
                    end_unix_s: interval.end_unix_s,
                    completed: interval.endpoints.iter().map(|e| e.tally.completed).collect(),
                });
                let begun = if self.beats.len() == 1 { self.begin(interval.start_unix_s) } else { Ok(()) };
                // Whoever can be told is.
                begun.and(self.bus.tell(message.clone()))
            }
            News::Generator { .. } => {
                let windows = self.outcome.lock().ok().and_then(|kept| {
                    let o = kept.as_ref()?;
                    Some(Windows::alone(o.start_unix_s, o.load_end_unix_s, o.end_unix_s))
                });
                self.tell(message.t_unix_s, News::Windows(windows))?;
                self.bus.tell(message.clone())
            }
            News::Warning(_) => self.bus.tell(message.clone()),
            News::Log(_) if (Phase::Load..Phase::Down).contains(&self.phase) => {
                self.bus.tell(message.clone())
            }
            _ => Ok(()),
        }
    }
}

impl Clients<'_, '_> {
    fn tell(&mut self, t_unix_s: f64, news: News) -> io::Result<()> {
        self.bus.tell(Message { t_unix_s, news })
    }

    fn begin(&mut self, start_unix_s: f64) -> io::Result<()> {
        let end = start_unix_s + self.duration_s;
        self.tell(start_unix_s, News::Phase { phase: Phase::Load, expected_s: Some(self.duration_s) })?;
        self.tell(unix_now_s(), News::Windows(Some(Windows::alone(start_unix_s, end, end))))
    }
}
