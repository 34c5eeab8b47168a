//! A generator that does as it is told, in virtual time, and notes what it was asked.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use swarmlab_intervals::{EndpointStats, ErrorKind, Interval};
use swarmlab_lab::generator::{Generator, Outlet, Report, Running};
use swarmlab_loadgen::LoadError;
use swarmlab_record::topology::Target;
use swarmlab_trial::{LoadId, Part};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::stage::{BEGIN, Generates, Log};

pub struct ScriptedGenerator {
    pub generates: Generates,
    pub began: Instant,
    pub warm_up_s: f64,
    pub sent: Vec<u64>,
    pub log: Log<String>,
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
        let length_s = if load.part == Part::WarmUp { self.warm_up_s } else { self.sent.len() as f64 };
        let sent = self.sent.clone();
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
                if !out
                    .interval_async(interval(n, sent.get(n as usize).copied().unwrap_or(9), start_unix_s))
                    .await
                {
                    return;
                }
                n += 1;
            }
            sleep(Duration::from_millis(700)).await;
            let errors = BTreeMap::from([(ErrorKind::TlsFailed, "web: unknown issuer".to_owned())]);
            let inputs = Some(Default::default());
            out.ended_async(Ok(Report { inputs, errors, ..Report::default() })).await;
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

fn interval(index: u64, sent: u64, start_unix_s: f64) -> Interval {
    let mut stats = EndpointStats::new("a");
    (stats.tally.offered, stats.tally.sent, stats.tally.completed, stats.tally.succeeded) =
        (sent, sent, sent, sent);
    let edge_unix_s = |n: u64| start_unix_s + n as f64;
    Interval {
        offered: sent,
        users: 1.0,
        iterations_completed: sent,
        connections_open_end: 1,
        endpoints: vec![stats],
        ..Interval::empty(index, edge_unix_s(index), edge_unix_s(index + 1))
    }
}
