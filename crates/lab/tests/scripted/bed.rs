//! A testbed that does as it is told, in virtual time, and notes what it was asked.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use swarmlab_lab::site::{Answer, Ready, Site};
use swarmlab_record::action::Action;
use swarmlab_record::metric::{Kind, Meaning};
use swarmlab_record::series::{Identity, Reading};
use swarmlab_record::topology::{ReplicaEvent, Target};
use swarmlab_swarm::CancellationToken;
use swarmlab_testbed::observation::Observation;
use swarmlab_testbed::seam::{Out, Pending};
use swarmlab_testbed::{Done, Note, TestbedError};
use tokio::time::{Instant, sleep};

use super::stage::{Acts, BEGIN, Log, Up};

pub struct ScriptedBed {
    pub up: Up,
    pub silent: bool,
    /// Of the actions to come; those after them take no time.
    pub acts: VecDeque<Acts>,
    pub breaks: Option<Instant>,
    pub began: Instant,
    /// Where it tells of what it sees.
    pub out: Arc<Mutex<Option<Out>>>,
    pub log: Log<String>,
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
        *self.out.lock().unwrap() = Some(out.clone());
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
            let _ = out.send(Observation::Replicas(there_are(1, BEGIN))).await;
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
        let (began, log, out) = (self.began, Arc::clone(&self.log), Arc::clone(&self.out));
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
            let told = out.lock().unwrap().clone();
            if let (Some(out), Action::Scale { replicas, .. }) = (told, &action) {
                let _ = out.send(Observation::Replicas(there_are(*replicas, now()))).await;
            }
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

fn there_are(replicas: u64, t_unix_s: f64) -> ReplicaEvent {
    ReplicaEvent {
        t_unix_s,
        service: "web".to_owned(),
        desired: replicas,
        running: replicas,
        healthy: replicas,
        health_checked: Some(true),
        cause: "told".to_owned(),
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
