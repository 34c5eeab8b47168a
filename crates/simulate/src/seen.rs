//! What controllers can know of a simulation: the same metrics as of a run, a while after each second is over.

use std::collections::{BTreeMap, VecDeque};

use swarmlab_control::{Observation, Reading, Replicas, Task, TaskReading, TaskState, metrics as names};
use swarmlab_intervals::Histogram;

use crate::second::{ReplicaState, ReplicaView, Second};

/// Moments are sums of seconds and of periods; so near they are the same.
const SAME_S: f64 = 1e-9;

/// Values of a second that were there.
type Values = Vec<(&'static str, f64)>;

/// A second that is over and that nobody knows of yet.
#[derive(Debug)]
struct Pending {
    end_s: f64,
    /// Of each service.
    values: Vec<Values>,
    replicas: Vec<Vec<ReplicaView>>,
}

/// What is known.
#[derive(Debug)]
pub(crate) struct Seen {
    services: Vec<String>,
    entry: usize,
    /// How long after its end a second is known.
    after_s: f64,
    pending: VecDeque<Pending>,
    /// Of each service the newest value of each metric, and when its second ended.
    known: Vec<BTreeMap<&'static str, (f64, f64)>>,
    /// Of each service its replicas in the newest known second, and when it ended.
    known_replicas: Vec<(f64, Vec<ReplicaView>)>,
    /// Of each service its replicas now: the orchestrator is asked, not the metrics.
    now: Vec<Vec<ReplicaView>>,
}

impl Seen {
    pub(crate) fn new(services: Vec<String>, entry: usize, after_s: f64) -> Self {
        let count = services.len();
        Self {
            services,
            entry,
            after_s,
            pending: VecDeque::new(),
            known: vec![BTreeMap::new(); count],
            known_replicas: vec![(0.0, Vec::new()); count],
            now: vec![Vec::new(); count],
        }
    }

    /// A second is over.
    pub(crate) fn add(&mut self, second: &Second) {
        let values = (0..self.services.len()).map(|i| values(second, i, i == self.entry)).collect();
        let replicas: Vec<_> = second.services.iter().map(|s| s.replicas.clone()).collect();
        self.now.clone_from(&replicas);
        self.pending.push_back(Pending { end_s: second.start_s + 1.0, values, replicas });
    }

    /// What is known of a service at a moment, with so many replicas and such a limit asked for.
    pub(crate) fn observation(
        &mut self,
        service: usize,
        t_s: f64,
        desired: u64,
        limit_cores: f64,
    ) -> Observation {
        while let Some(p) = self.pending.front().filter(|p| p.end_s + self.after_s <= t_s + SAME_S) {
            for (known, values) in self.known.iter_mut().zip(&p.values) {
                known.extend(values.iter().map(|(name, v)| (*name, (*v, p.end_s))));
            }
            let own = p.replicas.iter().map(|r| (p.end_s, r.clone()));
            self.known_replicas = own.collect();
            self.pending.pop_front();
        }
        let reading = |(v, end_s): (f64, f64)| Reading::new(v, (t_s - end_s).max(0.0));
        let mut metrics = BTreeMap::new();
        for (i, (name, known)) in self.services.iter().zip(&self.known).enumerate() {
            for (metric, value) in known {
                if i == service {
                    metrics.insert((*metric).to_owned(), reading(*value));
                }
                metrics.insert(format!("{name}.{metric}"), reading(*value));
            }
        }
        let replicas = &self.now[service];
        let count = |ready: bool| {
            let counts = |r: &&ReplicaView| match r.state {
                ReplicaState::Ready => true,
                ReplicaState::Starting => !ready,
                ReplicaState::Draining => false,
            };
            replicas.iter().filter(counts).count() as u64
        };
        Observation {
            seq: 0,
            t_s,
            service: self.services[service].clone(),
            metrics,
            replicas: Replicas { desired, running: count(false), ready: count(true) },
            cpu_limit_cores: Some(limit_cores),
            tasks: replicas.iter().map(|r| self.task(service, r, t_s, limit_cores)).collect(),
        }
    }

    fn task(&self, service: usize, replica: &ReplicaView, t_s: f64, limit_cores: f64) -> Task {
        let (end_s, known) = &self.known_replicas[service];
        let mut usage = BTreeMap::new();
        if let Some(known) = known.iter().find(|k| k.number == replica.number) {
            // One that came within the second used it in less.
            let window_s = (end_s - known.asked_s).clamp(0.0, 1.0);
            if window_s > 0.0 {
                let v = Some(known.cpu_s / window_s);
                let age_s = (t_s - end_s).max(0.0);
                usage.insert(names::CPU.to_owned(), TaskReading { v, age_s, window_s });
            }
        }
        Task {
            id: format!("{}.{}", self.services[service], replica.number),
            state: match replica.state {
                ReplicaState::Starting | ReplicaState::Ready => TaskState::Running,
                ReplicaState::Draining => TaskState::Stopping,
            },
            ready: Some(replica.state == ReplicaState::Ready),
            started_s: Some(replica.asked_s),
            ready_changed_s: replica.ready_s,
            usage,
            requests: BTreeMap::from([(names::CPU.to_owned(), limit_cores)]),
        }
    }
}

/// The metrics of a service in a second; those that have no value there are left out. Of the entry, requests and times are
/// what clients felt.
fn values(second: &Second, i: usize, is_entry: bool) -> Values {
    let (clients, service) = (&second.clients, &second.services[i]);
    let mut out = vec![(names::CPU, service.cpu_s)];
    let running_s = service.starting + service.ready;
    if running_s > 0.0 {
        out.push((names::CPU_UTILIZATION, service.cpu_s / (service.limit_cores * running_s)));
    }
    let (sent, answered, failed, response, sum_s, in_flight) = if is_entry {
        let c = clients;
        (c.sent, c.answered, c.failed(), &c.response, c.response_sum_s, c.in_flight)
    } else {
        let s = service;
        (s.arrived, s.answered, s.failed, &s.response, s.response_sum_s, s.in_service + s.queued)
    };
    out.push((names::REQUEST_RATE, sent as f64));
    out.push((names::IN_FLIGHT, in_flight));
    if answered + failed > 0 {
        out.push((names::ERROR_RATE, failed as f64 / (answered + failed) as f64));
    }
    if answered > 0 {
        let quantile = |of: &Histogram, q| of.value_at_quantile(q) as f64 / 1e6;
        out.push((names::P50, quantile(response, 0.5)));
        out.push((names::P95, quantile(response, 0.95)));
        out.push((names::P99, quantile(response, 0.99)));
        out.push((names::RESPONSE_TIME, sum_s / answered as f64));
    }
    out.extend(clients.users.map(|users| (names::USERS, users)));
    out
}
