//! A testbed for tests: it does what a script says, in tokio's time, real or virtual (`tokio::time::pause`), and notes
//! what was asked of it.
//!
//! ```no_run
//! # use std::time::Duration;
//! use swarmlab_testbed::scripted::{Answer, News, Script, ScriptedBeds};
//! let script = Script::new()
//!     .up_takes(Duration::from_secs(20))
//!     .at(Duration::from_secs(5), News::Died("web".into(), "web.1".into()))
//!     .then_answers(Answer::Stuck(Duration::from_millis(10)))
//!     .down_takes(Duration::from_secs(3));
//! let beds = ScriptedBeds::new(script);
//! let calls = beds.calls();
//! ```

mod script;

use std::collections::{BTreeMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use swarmlab_record::series::Reading;
use swarmlab_record::topology::ClockOffset;
use swarmlab_stackfile::StackSpecs;
use swarmlab_telemetry::TelemetryError;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

pub use script::{Answer, News, Sampled, Script, Step};

use crate::chronicle::{Chronicle, Told};
use crate::seam::{Beds, Notes, Out, Pending, Testbed};
use crate::{Action, Done, Kind, Note, Observation, ReplicaEvent, Target, TaskLife, TestbedError, stack};

/// One thing that was asked of a scripted bed.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// To come up.
    Up,
    /// To tell what happens.
    Observe,
    /// To change something.
    Act(Action),
    /// To go down.
    Down,
}

/// What was asked, in order, each with the bed's time in Unix seconds. Clones are the same list.
#[derive(Debug, Clone, Default)]
pub struct Calls(Arc<Mutex<Vec<(f64, Call)>>>);

impl Calls {
    /// All so far.
    pub fn all(&self) -> Vec<(f64, Call)> {
        lock(&self.0).clone()
    }

    /// How often something was asked.
    pub fn count(&self, call: &Call) -> usize {
        lock(&self.0).iter().filter(|(_, c)| c == call).count()
    }

    fn note(&self, t_unix_s: f64, call: Call) {
        lock(&self.0).push((t_unix_s, call));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Brings scripted beds up.
pub struct ScriptedBeds {
    script: Script,
    calls: Calls,
}

impl ScriptedBeds {
    /// Beds that follow a script, each from its beginning.
    pub fn new(script: Script) -> Self {
        Self { script, calls: Calls::default() }
    }

    /// What is asked of the beds; take it before handing them over.
    pub fn calls(&self) -> Calls {
        self.calls.clone()
    }
}

impl Beds for ScriptedBeds {
    fn kind(&self) -> Kind {
        Kind::Embedded
    }

    fn left_while_starting(&self, _: &StackSpecs) -> Vec<String> {
        vec!["a script that was coming up".to_owned()]
    }

    fn up<'a>(
        &'a self,
        specs: &'a StackSpecs,
        cancel: &'a CancellationToken,
        note: &'a mut Notes<'a>,
    ) -> Pending<'a, Result<Box<dyn Testbed>, TestbedError>> {
        Box::pin(async move {
            let clock = Clock { began: Instant::now(), epoch_unix_s: self.script.epoch_unix_s };
            self.calls.note(clock.now_unix_s(), Call::Up);
            for step in &self.script.notes {
                note(Note::Step(step.clone()));
            }
            tokio::select! {
                () = cancel.cancelled() => return Err(TestbedError::Interrupted),
                () = sleep(self.script.up.takes) => {}
            }
            if let Some(why) = &self.script.up.fails {
                return Err(broken(why));
            }
            let replicas = specs.services.iter().map(|s| (s.short.clone(), stack::replicas(s))).collect();
            let shared = Arc::new(Shared {
                script: self.script.clone(),
                clock,
                calls: self.calls.clone(),
                replicas: Mutex::new(replicas),
                answers: Mutex::new(self.script.answers.clone()),
                story: Chronicle::default(),
                going: CancellationToken::new(),
            });
            let found: Vec<_> = lock(&shared.replicas).clone().into_iter().collect();
            for (service, n) in found {
                shared.count(&service, n, n, "as found");
            }
            Ok(Box::new(ScriptedBed(shared)) as Box<dyn Testbed>)
        })
    }
}

#[derive(Clone, Copy)]
struct Clock {
    began: Instant,
    epoch_unix_s: f64,
}

impl Clock {
    fn now_unix_s(self) -> f64 {
        self.epoch_unix_s + self.began.elapsed().as_secs_f64()
    }
}

struct Shared {
    script: Script,
    clock: Clock,
    calls: Calls,
    replicas: Mutex<BTreeMap<String, u64>>,
    answers: Mutex<VecDeque<Answer>>,
    story: Chronicle,
    going: CancellationToken,
}

/// A bed that follows a script.
struct ScriptedBed(Arc<Shared>);

fn broken(why: &str) -> TestbedError {
    TestbedError::Child { task: "script".to_owned(), what: why.to_owned(), log: Vec::new() }
}

impl Testbed for ScriptedBed {
    fn kind(&self) -> Kind {
        Kind::Embedded
    }

    fn provenance(&self) -> Pending<'_, BTreeMap<String, String>> {
        Box::pin(async { BTreeMap::from([("bed".to_owned(), "a script".to_owned())]) })
    }

    fn target<'a>(&'a self, service: &'a str, port: u16) -> Pending<'a, Result<Target, TestbedError>> {
        let known = lock(&self.0.replicas).contains_key(service);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Box::pin(async move {
            match known {
                true => Ok(Target { addresses: vec![address], host: address.to_string() }),
                false => Err(TestbedError::NotPublished { service: service.to_owned(), port }),
            }
        })
    }

    fn clock_offset(&self) -> Pending<'_, Result<Option<ClockOffset>, TestbedError>> {
        Box::pin(async { Ok(None) })
    }

    fn observe(&self, out: Out, cancel: CancellationToken) -> Result<(), TestbedError> {
        self.0.calls.note(self.0.clock.now_unix_s(), Call::Observe);
        for job in [
            Box::pin(tell_story(Arc::clone(&self.0), out.clone())) as Pending<'static, Option<()>>,
            Box::pin(tell_news(Arc::clone(&self.0), out.clone())),
            Box::pin(tell_samples(Arc::clone(&self.0), out)),
        ] {
            let (cancel, going) = (cancel.clone(), self.0.going.clone());
            tokio::spawn(async move {
                tokio::select! {
                    () = cancel.cancelled() => {}
                    () = going.cancelled() => {}
                    _ = job => {}
                }
            });
        }
        Ok(())
    }

    fn act(&self, action: Action, cancel: CancellationToken) -> Pending<'static, Result<Done, TestbedError>> {
        let shared = Arc::clone(&self.0);
        shared.calls.note(shared.clock.now_unix_s(), Call::Act(action.clone()));
        Box::pin(async move {
            let going = shared.going.clone();
            tokio::select! {
                biased;
                () = going.cancelled() => Err(TestbedError::GoingDown { action: action.to_string() }),
                () = cancel.cancelled() => Err(TestbedError::Interrupted),
                done = shared.act(action.clone()) => done,
            }
        })
    }

    fn left_behind(&self) -> Vec<String> {
        vec!["a script that was up".to_owned()]
    }

    fn down<'a>(&'a self, note: &'a mut Notes<'a>) -> Pending<'a, Result<(), TestbedError>> {
        Box::pin(async move {
            self.0.calls.note(self.0.clock.now_unix_s(), Call::Down);
            if self.0.going.is_cancelled() {
                return Ok(());
            }
            self.0.going.cancel();
            sleep(self.0.script.down.takes).await;
            note(Note::Step("the script is over".to_owned()));
            self.0.script.down.fails.as_deref().map_or(Ok(()), |why| Err(broken(why)))
        })
    }
}

impl Shared {
    fn count(&self, service: &str, desired: u64, ready: u64, cause: &str) {
        self.story.tell(Told::Replicas(ReplicaEvent {
            t_unix_s: self.clock.now_unix_s(),
            service: service.to_owned(),
            desired,
            running: ready,
            healthy: ready,
            health_checked: Some(true),
            cause: cause.to_owned(),
        }));
    }

    async fn act(&self, action: Action) -> Result<Done, TestbedError> {
        self.script.bounds.allow(&action)?;
        let asked_unix_s = self.clock.now_unix_s();
        let service = action.service().to_owned();
        let before = {
            let replicas = lock(&self.replicas);
            *replicas.get(&service).ok_or_else(|| TestbedError::NoService {
                action: action.to_string(),
                name: service.clone(),
                known: replicas.keys().cloned().collect(),
            })?
        };
        let wanted = match action {
            Action::Scale { replicas, .. } => replicas,
            Action::SetLimits { .. } | Action::Restart { .. } => before,
        };
        let same = matches!(action, Action::Scale { .. }) && wanted == before;
        let answer = if same {
            Answer::Done(Duration::ZERO, Duration::ZERO)
        } else {
            lock(&self.answers).pop_front().unwrap_or_else(|| self.script.usual.clone())
        };
        let began = Instant::now();
        let (accepted, done) = match answer {
            Answer::Done(accepted, done) => (accepted, Some(done.max(accepted))),
            Answer::Stuck(accepted) => (accepted, None),
            Answer::Cannot(reason) => {
                let instead = "change the script".to_owned();
                return Err(TestbedError::CannotAct {
                    bed: Kind::Embedded,
                    action: action.to_string(),
                    reason,
                    instead,
                });
            }
            Answer::Fails(after, why) => {
                sleep(after).await;
                return Err(broken(&why));
            }
        };
        let mut accepted_unix_s = None;
        let in_force = async {
            sleep(accepted).await;
            accepted_unix_s = Some(self.clock.now_unix_s());
            if !same {
                lock(&self.replicas).insert(service.clone(), wanted);
                self.count(&service, wanted, before, "replicas ordered");
            }
            match done {
                Some(done) => sleep_until(began + done).await,
                None => std::future::pending().await,
            }
        };
        let after = self.script.bounds.timeout;
        if timeout(after, in_force).await.is_err() {
            let state = "the script says no more".to_owned();
            return Err(TestbedError::ActTimeout {
                action: action.to_string(),
                after,
                accepted_unix_s,
                state,
            });
        }
        if !same {
            self.count(&service, wanted, wanted, "replicas ready");
        }
        Ok(Done {
            action,
            asked_unix_s,
            accepted_unix_s: accepted_unix_s.unwrap_or(asked_unix_s),
            done_unix_s: self.clock.now_unix_s(),
            changed: !same,
        })
    }

    fn told(&self, news: &News) -> Observation {
        let t = self.clock.now_unix_s();
        let life = |service: &String, task: &String, born_unix_s, died_unix_s| {
            Observation::Task(TaskLife {
                service: service.clone(),
                task: task.clone(),
                born_unix_s,
                died_unix_s,
            })
        };
        match news {
            News::Replicas(service, desired, running, healthy) => Observation::Replicas(ReplicaEvent {
                t_unix_s: t,
                service: service.clone(),
                desired: *desired,
                running: *running,
                healthy: *healthy,
                health_checked: Some(true),
                cause: "scripted".to_owned(),
            }),
            News::Born(service, task) => life(service, task, Some(t), None),
            News::Died(service, task) => life(service, task, None, Some(t)),
            News::Warning(text) => Observation::Warning(text.clone()),
            News::TelemetryFailed(service, reason) => Observation::TelemetryFailed(TelemetryError::Process {
                pid: 0,
                service: service.clone(),
                reason: reason.clone(),
            }),
            News::Broken(why) => Observation::Broken(broken(why)),
        }
    }
}

async fn tell_story(shared: Arc<Shared>, out: Out) -> Option<()> {
    shared.story.follow(&out).await
}

async fn tell_news(shared: Arc<Shared>, out: Out) -> Option<()> {
    let began = Instant::now();
    for (after, news) in &shared.script.news {
        sleep_until(began + *after).await;
        out.send(shared.told(news)).await.ok()?;
    }
    Some(())
}

async fn tell_samples(shared: Arc<Shared>, out: Out) -> Option<()> {
    if shared.script.sampled.is_empty() {
        return Some(());
    }
    let began = Instant::now();
    let mut ticks = tokio::time::interval(shared.script.every);
    loop {
        ticks.tick().await;
        let (t_s, t_unix_s) = (began.elapsed().as_secs_f64(), shared.clock.now_unix_s());
        let reading =
            |s: &Sampled| Reading { series: Arc::clone(&s.series), t_unix_s, value: (s.value)(t_s) };
        let round = shared.script.sampled.iter().map(reading).collect();
        out.send(Observation::Samples(round)).await.ok()?;
    }
}

#[cfg(test)]
mod tests;
