//! What is sampled of a simulation: the counters that containers and proxies would have.

use std::collections::BTreeMap;
use std::sync::Arc;

use swarmlab_intervals::Histogram;
use swarmlab_record::metric::{Kind, Meaning};
use swarmlab_record::series::{Identity, Reading};
use swarmlab_record::topology::Topology;
use swarmlab_simulate::{Model, ReplicaState, ServiceSecond};

/// Buckets of a proxy's times: so many a decade that a quantile read off them is at most a tenth off.
const BUCKETS_PER_DECADE: i32 = 12;
const DECADES: i32 = 6;
/// Upper bound of the first, milliseconds.
const FIRST_MS: f64 = 0.1;

/// The counters of all services.
#[derive(Debug)]
pub(super) struct Plant {
    services: Vec<Service>,
}

#[derive(Debug)]
struct Service {
    name: String,
    has_quota: bool,
    /// By the numbers of the replicas that there are.
    tasks: BTreeMap<u64, Task>,
    proxy: Option<Proxy>,
}

/// A replica: CPU and throttled time, seconds.
#[derive(Debug)]
struct Task {
    cpu: (Arc<Identity>, f64),
    throttled: Option<(Arc<Identity>, f64)>,
    limit: Arc<Identity>,
}

/// The proxy before a service, as far as it speaks of that one.
#[derive(Debug)]
struct Proxy {
    arrived: (Arc<Identity>, u64),
    sent_on: (Arc<Identity>, u64),
    answered: (Arc<Identity>, u64),
    failed: (Arc<Identity>, u64),
    members: Arc<Identity>,
    /// Times up to each bound, milliseconds; the last has none.
    buckets: Vec<(f64, Arc<Identity>, u64)>,
}

impl Plant {
    pub fn new(model: &Model, topology: &Topology) -> Self {
        let service = |s: &swarmlab_simulate::Service| Service {
            name: s.name.clone(),
            has_quota: s.quota.is_some(),
            tasks: BTreeMap::new(),
            // Of several proxies before a service the model has one.
            proxy: topology.before(&s.name).next().map(|proxy| {
                let shares = topology.behind(proxy).count() > 1;
                Proxy::new(proxy, shares.then_some(&s.name))
            }),
        };
        Self { services: model.services.iter().map(service).collect() }
    }

    /// The name of a replica.
    pub fn task(&self, service: usize, number: u64) -> String {
        task(self.name(service), number)
    }

    /// The name of a service.
    pub fn name(&self, service: usize) -> &str {
        self.services.get(service).map_or("", |s| s.name.as_str())
    }

    /// The place of a service in the model.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.services.iter().position(|s| s.name == name)
    }

    /// Takes what there was of the services, and gives the samples of a moment.
    pub fn sample(&mut self, t_unix_s: f64, services: &[ServiceSecond]) -> Vec<Reading> {
        let mut out = Vec::new();
        let mut tell = |series: &Arc<Identity>, value: f64| {
            out.push(Reading { series: Arc::clone(series), t_unix_s, value });
        };
        for (service, seen) in self.services.iter_mut().zip(services) {
            service.take(seen);
            service.tell(seen, &mut tell);
        }
        out
    }
}

fn task(service: &str, number: u64) -> String {
    format!("{service}.{number}")
}

impl Service {
    fn take(&mut self, seen: &ServiceSecond) {
        // Of a replica that is gone nobody asks any more: only what lives has a counter.
        self.tasks.retain(|number, _| seen.replicas.iter().any(|r| r.number == *number));
        for replica in &seen.replicas {
            let new = || Task::new(&self.name, replica.number, self.has_quota);
            let task = self.tasks.entry(replica.number).or_insert_with(new);
            task.cpu.1 += replica.cpu_s;
            if let Some((_, throttled_s)) = &mut task.throttled {
                *throttled_s += replica.throttled_s;
            }
        }
        if let Some(proxy) = &mut self.proxy {
            proxy.take(seen);
        }
    }

    fn tell(&self, seen: &ServiceSecond, tell: &mut impl FnMut(&Arc<Identity>, f64)) {
        for task in self.tasks.values() {
            tell(&task.cpu.0, task.cpu.1);
            tell(&task.limit, seen.limit_cores);
            if let Some((series, throttled_s)) = &task.throttled {
                tell(series, *throttled_s);
            }
        }
        let Some(proxy) = &self.proxy else { return };
        for (series, n) in [&proxy.arrived, &proxy.sent_on, &proxy.answered, &proxy.failed] {
            tell(series, *n as f64);
        }
        let ready = seen.replicas.iter().filter(|r| r.state == ReplicaState::Ready).count();
        tell(&proxy.members, ready as f64);
        for (_, series, n) in &proxy.buckets {
            tell(series, *n as f64);
        }
    }
}

impl Task {
    fn new(service: &str, number: u64, has_quota: bool) -> Self {
        let is = |metric: &str, meaning, kind, unit: &str| {
            Arc::new(Identity {
                service: service.to_owned(),
                task: task(service, number),
                metric: metric.to_owned(),
                meaning,
                kind,
                unit: unit.to_owned(),
                scale: 1.0,
                upstream: None,
                task_is_exact: true,
                labels: BTreeMap::new(),
            })
        };
        let throttled = || {
            let metric = "simulated_cpu_throttled_seconds_total";
            (is(metric, Meaning::CPU_THROTTLED, Kind::Counter, "s"), 0.0)
        };
        Self {
            cpu: (is("simulated_cpu_seconds_total", Meaning::CPU, Kind::Counter, "s"), 0.0),
            throttled: has_quota.then(throttled),
            limit: is("simulated_cpu_limit_cores", Meaning::CPU_LIMIT, Kind::Gauge, "cores"),
        }
    }
}

impl Proxy {
    /// With `upstream` it stands before others, too, and tells them apart.
    fn new(name: &str, upstream: Option<&String>) -> Self {
        let is = |metric: &str, meaning, kind, unit: &str, label: Option<(&str, String)>| {
            Arc::new(Identity {
                service: name.to_owned(),
                task: task(name, 1),
                metric: metric.to_owned(),
                meaning,
                kind,
                unit: unit.to_owned(),
                scale: 1.0,
                upstream: upstream.cloned(),
                task_is_exact: true,
                labels: label.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            })
        };
        let counter = |metric: &str, meaning, unit: &str, class: Option<&str>| {
            let class = class.map(|c| ("class", c.to_owned()));
            (is(metric, meaning, Kind::Counter, unit, class), 0)
        };
        let answers = |class| {
            let metric = "simulated_upstream_responses_total";
            counter(metric, Meaning::PROXY_RESPONSES, "responses", Some(class))
        };
        let bucket = |bound_ms: f64, le: String| {
            let metric = "simulated_upstream_milliseconds_bucket";
            let series = is(metric, Meaning::PROXY_UPSTREAM_TIME, Kind::Bucket, "ms", Some(("le", le)));
            (bound_ms, series, 0)
        };
        let bound_ms = |i: i32| FIRST_MS * 10_f64.powf(f64::from(i) / f64::from(BUCKETS_PER_DECADE));
        let bounded = (0..=BUCKETS_PER_DECADE * DECADES).map(bound_ms);
        let mut buckets: Vec<_> = bounded.map(|ms| bucket(ms, format!("{ms:.4}"))).collect();
        buckets.push(bucket(f64::INFINITY, "+Inf".to_owned()));
        let requests = |metric, meaning| counter(metric, meaning, "requests", None);
        Self {
            arrived: requests("simulated_downstream_requests_total", Meaning::PROXY_DOWNSTREAM),
            sent_on: requests("simulated_upstream_requests_total", Meaning::PROXY_UPSTREAM),
            answered: answers("2xx"),
            failed: answers("5xx"),
            members: is(
                "simulated_upstream_members",
                Meaning::PROXY_MEMBERS_HEALTHY,
                Kind::Gauge,
                "replicas",
                None,
            ),
            buckets,
        }
    }

    fn take(&mut self, seen: &ServiceSecond) {
        self.arrived.1 += seen.arrived;
        self.sent_on.1 += seen.arrived - seen.unavailable;
        self.answered.1 += seen.answered;
        self.failed.1 += seen.failed - seen.unavailable;
        self.count(&seen.response);
    }

    /// Adds times, microseconds, to the buckets: each bucket has what is up to its bound.
    fn count(&mut self, times: &Histogram) {
        let mut values = times.iter_recorded().peekable();
        let mut below = 0;
        for (bound_ms, _, n) in &mut self.buckets {
            while let Some(value) = values.next_if(|v| v.value_iterated_to() as f64 / 1e3 <= *bound_ms) {
                below += value.count_since_last_iteration();
            }
            *n += below;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn buckets_hold_all_that_is_up_to_their_bounds() {
        let mut proxy = Proxy::new("front", None);
        let mut times = swarmlab_intervals::new_histogram();
        for us in [50, 100, 1_000, 1_000, 40_000, 3_000_000_000_u64] {
            times.record(us).unwrap();
        }
        proxy.count(&times);
        proxy.count(&times);
        let up_to = |ms: f64| proxy.buckets.iter().rev().find(|(b, ..)| *b <= ms * 1.0001).map(|b| b.2);
        assert_eq!(up_to(0.1), Some(4));
        assert_eq!(up_to(0.99), Some(4));
        assert_eq!((up_to(1.21), up_to(39.0), up_to(47.0)), (Some(8), Some(8), Some(10)));
        assert_eq!((up_to(1e5), up_to(f64::INFINITY)), (Some(10), Some(12)));
        assert!(proxy.buckets.is_sorted_by_key(|(_, _, n)| *n));
    }
}
