//! What is sampled of a simulation: the counters that containers and proxies would have.

use std::collections::BTreeMap;
use std::sync::Arc;

use swarmlab_record::metric::{Kind, Meaning};
use swarmlab_record::series::{Identity, Reading};
use swarmlab_record::topology::Topology;
use swarmlab_simulate::{Model, ReplicaState, ServiceSecond};

/// Upper bounds of the buckets of a proxy's times, milliseconds: a twelfth of a decade apart, so that a quantile read off
/// them is at most a tenth off.
const BOUNDS_PER_DECADE: i32 = 12;
const DECADES: i32 = 6;

/// What a proxy counts of the service behind it, since the beginning.
#[derive(Debug, Default)]
struct Proxied {
    arrived: u64,
    sent_on: u64,
    answered: u64,
    failed: u64,
    buckets: Vec<u64>,
}

#[derive(Debug)]
struct Service {
    name: String,
    /// The proxy before it, and whether that stands before others, too.
    proxy: Option<(String, bool)>,
    has_quota: bool,
    proxied: Proxied,
    /// CPU and throttled time of each replica, seconds.
    cpu: BTreeMap<u64, (f64, f64)>,
}

/// The counters of all services.
#[derive(Debug)]
pub(super) struct Plant {
    services: Vec<Service>,
    bounds_ms: Vec<f64>,
    identities: BTreeMap<(usize, String, &'static str, String), Arc<Identity>>,
}

/// Of which task, called what, meaning what.
struct What<'a> {
    task: &'a str,
    metric: &'static str,
    meaning: Meaning,
    kind: Kind,
    unit: &'static str,
    /// A further label, by name and value.
    label: Option<(&'static str, &'a str)>,
}

impl Plant {
    pub fn new(model: &Model, topology: &Topology) -> Self {
        let service = |s: &swarmlab_simulate::Service| {
            // Of several proxies before a service the model has one.
            let proxy = topology.before(&s.name).next();
            Service {
                name: s.name.clone(),
                proxy: proxy.map(|p| (p.to_owned(), topology.behind(p).count() > 1)),
                has_quota: s.quota.is_some(),
                proxied: Proxied::default(),
                cpu: BTreeMap::new(),
            }
        };
        let bounds = 0..=BOUNDS_PER_DECADE * DECADES;
        let bounds_ms =
            bounds.map(|i| 10_f64.powf(f64::from(i) / f64::from(BOUNDS_PER_DECADE) - 1.0)).collect();
        Self {
            services: model.services.iter().map(service).collect(),
            bounds_ms,
            identities: BTreeMap::new(),
        }
    }

    /// The name of a replica.
    pub fn task(&self, service: usize, number: u64) -> String {
        format!("{}.{number}", self.name(service))
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
        for (i, seen) in services.iter().enumerate() {
            self.services[i].take(seen, &self.bounds_ms);
            self.tasks(i, seen, t_unix_s, &mut out);
            self.proxy(i, seen, t_unix_s, &mut out);
        }
        out
    }

    fn tasks(&mut self, i: usize, seen: &ServiceSecond, t_unix_s: f64, out: &mut Vec<Reading>) {
        for replica in &seen.replicas {
            let task = self.task(i, replica.number);
            let (cpu_s, throttled_s) = self.services[i].cpu.get(&replica.number).copied().unwrap_or_default();
            let what =
                |metric, meaning, kind, unit| What { task: &task, metric, meaning, kind, unit, label: None };
            let cpu = what("simulated_cpu_seconds_total", Meaning::CPU, Kind::Counter, "s");
            self.tell(i, cpu, t_unix_s, cpu_s, out);
            let limit = what("simulated_cpu_limit_cores", Meaning::CPU_LIMIT, Kind::Gauge, "cores");
            self.tell(i, limit, t_unix_s, seen.limit_cores, out);
            if self.services[i].has_quota {
                let throttled =
                    what("simulated_cpu_throttled_seconds_total", Meaning::CPU_THROTTLED, Kind::Counter, "s");
                self.tell(i, throttled, t_unix_s, throttled_s, out);
            }
        }
    }

    fn proxy(&mut self, i: usize, seen: &ServiceSecond, t_unix_s: f64, out: &mut Vec<Reading>) {
        let Some((proxy, _)) = self.services[i].proxy.clone() else { return };
        let task = format!("{proxy}.1");
        let p = &self.services[i].proxied;
        let buckets = p.buckets.clone();
        let totals = [
            ("simulated_downstream_requests_total", Meaning::PROXY_DOWNSTREAM, p.arrived, None),
            ("simulated_upstream_requests_total", Meaning::PROXY_UPSTREAM, p.sent_on, None),
            ("simulated_upstream_responses_total", Meaning::PROXY_RESPONSES, p.answered, Some("2xx")),
            ("simulated_upstream_responses_total", Meaning::PROXY_RESPONSES, p.failed, Some("5xx")),
        ];
        for (metric, meaning, n, class) in totals {
            let unit = if class.is_some() { "responses" } else { "requests" };
            let label = class.map(|c| ("class", c));
            let what = What { task: &task, metric, meaning, kind: Kind::Counter, unit, label };
            self.tell(i, what, t_unix_s, n as f64, out);
        }
        let ready = seen.replicas.iter().filter(|r| r.state == ReplicaState::Ready).count();
        let members = What {
            task: &task,
            metric: "simulated_upstream_members",
            meaning: Meaning::PROXY_MEMBERS_HEALTHY,
            kind: Kind::Gauge,
            unit: "replicas",
            label: None,
        };
        self.tell(i, members, t_unix_s, ready as f64, out);
        let bounds: Vec<String> = self.bounds_ms.iter().map(|b| format!("{b:.4}")).collect();
        for (le, n) in bounds.iter().map(String::as_str).chain(["+Inf"]).zip(buckets) {
            let what = What {
                task: &task,
                metric: "simulated_upstream_milliseconds_bucket",
                meaning: Meaning::PROXY_UPSTREAM_TIME,
                kind: Kind::Bucket,
                unit: "ms",
                label: Some(("le", le)),
            };
            self.tell(i, what, t_unix_s, n as f64, out);
        }
    }

    /// Adds a sample of a series; what stands before a service is its proxy's.
    fn tell(&mut self, i: usize, what: What<'_>, t_unix_s: f64, value: f64, out: &mut Vec<Reading>) {
        let label = what.label.map_or_else(String::new, |(_, value)| value.to_owned());
        let key = (i, what.task.to_owned(), what.metric, label);
        let own = &self.services[i];
        let of_proxy = own.proxy.as_ref().filter(|(p, _)| what.task.strip_suffix(".1") == Some(p));
        let series = self.identities.entry(key).or_insert_with(|| {
            let labels = what.label.map(|(name, value)| (name.to_owned(), value.to_owned()));
            Arc::new(Identity {
                service: of_proxy.map_or(&own.name, |(p, _)| p).clone(),
                task: what.task.to_owned(),
                metric: what.metric.to_owned(),
                meaning: what.meaning,
                kind: what.kind,
                unit: what.unit.to_owned(),
                scale: 1.0,
                upstream: of_proxy.filter(|(_, shares)| *shares).map(|_| own.name.clone()),
                task_is_exact: true,
                labels: labels.into_iter().collect(),
            })
        });
        out.push(Reading { series: Arc::clone(series), t_unix_s, value });
    }
}

impl Service {
    fn take(&mut self, seen: &ServiceSecond, bounds_ms: &[f64]) {
        // Of a replica that is gone nobody asks any more: only what lives has a counter.
        self.cpu.retain(|number, _| seen.replicas.iter().any(|r| r.number == *number));
        for replica in &seen.replicas {
            let (cpu_s, throttled_s) = self.cpu.entry(replica.number).or_default();
            *cpu_s += replica.cpu_s;
            *throttled_s += replica.throttled_s;
        }
        let p = &mut self.proxied;
        p.arrived += seen.arrived;
        p.sent_on += seen.arrived - seen.unavailable;
        p.answered += seen.answered;
        p.failed += seen.failed - seen.unavailable;
        p.buckets.resize(bounds_ms.len() + 1, 0);
        let mut below = 0;
        let mut bounds = bounds_ms.iter().zip(0..).peekable();
        for value in seen.response.iter_recorded() {
            let ms = value.value_iterated_to() as f64 / 1e3;
            // The bucket that holds it; its count is in all that follow.
            while let Some((_, place)) = bounds.next_if(|(bound, _)| **bound < ms) {
                p.buckets[place] += below;
            }
            below += value.count_since_last_iteration();
        }
        for (_, place) in bounds {
            p.buckets[place] += below;
        }
        if let Some(all) = p.buckets.last_mut() {
            *all += below;
        }
    }
}
