//! A stack as large as asked for: services of ten tasks behind two proxies each, with the metrics that cAdvisor, Envoy
//! and an application give. Values are those of a busy service: counters that grow by noisy steps, memory that wanders.

use std::collections::BTreeMap;
use std::sync::Arc;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use swarmlab_record::manifest::{Manifest, Origin, Windows};
use swarmlab_record::metric::{Kind, Meaning};
use swarmlab_record::plan::{LoadModel, Plan};
use swarmlab_record::series::{Identity, Reading};
use swarmlab_record::topology::{Bed, Front, Role, Service, TaskLife, Topology};

/// Time of the first sample.
pub const FIRST_UNIX_S: f64 = 1_795_275_753.0;
/// Seconds without load before and after it.
pub const QUIET_S: f64 = 5.0;
const TASKS: usize = 10;
const PROXIES: usize = 2;
const BOUNDS: [&str; 20] = [
    "0.5", "1", "5", "10", "25", "50", "100", "250", "500", "1000", "2500", "5000", "10000", "30000",
    "60000", "300000", "600000", "1800000", "3600000", "+Inf",
];

/// How the values of a series go.
#[derive(Clone, Copy)]
enum Grows {
    /// Seconds, to the nanosecond.
    Seconds,
    /// Whole numbers, up to so many a second.
    Whole(u64),
    /// Pages of memory up and down.
    Memory,
}

struct Source {
    identity: Arc<Identity>,
    grows: Grows,
    target: usize,
}

/// What is sampled, and what stands there.
pub struct Stack {
    sources: Vec<Source>,
    targets: usize,
    /// All services.
    pub services: Vec<Service>,
    fronts: Vec<Front>,
    /// All tasks.
    pub lives: Vec<TaskLife>,
}

impl Stack {
    /// A stack of so many series.
    pub fn new(series: usize) -> Self {
        let mut stack = Self { sources: vec![], targets: 0, services: vec![], fronts: vec![], lives: vec![] };
        for i in 0.. {
            if stack.sources.len() >= series {
                break;
            }
            stack.unit(&format!("ms-{i:03}"));
        }
        stack.sources.truncate(series);
        stack
    }

    fn unit(&mut self, name: &str) {
        let proxy = format!("{name}-envoy");
        let service =
            |name: &str, role, replicas| Service { name: name.into(), role, replicas, image: "x".into() };
        self.services.push(service(name, Role::Application, TASKS as u64));
        self.services.push(service(&proxy, Role::Proxy, PROXIES as u64));
        self.fronts.push(Front { proxy: proxy.clone(), service: name.into() });
        for task in 0..TASKS {
            let id = format!("{name}.{task}.x7n2kq0c9h5tqv3m1p8w4r6yz");
            self.container(name, &id);
            let at = format!("10.0.{}.{task}:8080", self.targets % 250);
            let target = self.target();
            self.add(
                name,
                &at,
                "demo_requests_total",
                Meaning::APPLICATION_REQUESTS,
                "requests",
                Grows::Whole(40),
                target,
            );
            self.add(
                name,
                &at,
                "process_cpu_seconds_total",
                Meaning::APPLICATION_CPU,
                "s",
                Grows::Seconds,
                target,
            );
            self.add(
                name,
                &at,
                "demo_cpu_burned_seconds_total",
                Meaning::APPLICATION_BURNED,
                "s",
                Grows::Seconds,
                target,
            );
        }
        for task in 0..PROXIES {
            let id = format!("{proxy}.{task}.b4c9k2n7q1x8z3m6v5t0h9w2y");
            self.container(&proxy, &id);
            self.proxy(&proxy, name, &format!("10.1.{}.{task}:9901", self.targets % 250));
        }
    }

    fn container(&mut self, service: &str, task: &str) {
        let target = self.target();
        self.add(
            service,
            task,
            "container_cpu_usage_seconds_total",
            Meaning::CPU,
            "s",
            Grows::Seconds,
            target,
        );
        self.add(
            service,
            task,
            "container_cpu_cfs_throttled_seconds_total",
            Meaning::CPU_THROTTLED,
            "s",
            Grows::Seconds,
            target,
        );
        self.add(
            service,
            task,
            "container_memory_working_set_bytes",
            Meaning::MEMORY,
            "bytes",
            Grows::Memory,
            target,
        );
        self.add(
            service,
            task,
            "container_network_receive_bytes_total",
            Meaning::NETWORK_RECEIVED,
            "bytes",
            Grows::Whole(90_000),
            target,
        );
        self.add(
            service,
            task,
            "container_network_transmit_bytes_total",
            Meaning::NETWORK_SENT,
            "bytes",
            Grows::Whole(400_000),
            target,
        );
        self.lives.push(TaskLife {
            service: service.into(),
            task: task.into(),
            born_unix_s: Some(FIRST_UNIX_S - 20.5),
            died_unix_s: None,
        });
    }

    fn proxy(&mut self, service: &str, behind: &str, at: &str) {
        let target = self.target();
        self.add(
            service,
            at,
            "envoy_http_downstream_rq_total",
            Meaning::PROXY_DOWNSTREAM,
            "requests",
            Grows::Whole(200),
            target,
        );
        self.add(
            service,
            at,
            "envoy_cluster_upstream_rq_total",
            Meaning::PROXY_UPSTREAM,
            "requests",
            Grows::Whole(200),
            target,
        );
        for class in ["2", "4", "5"] {
            let source = self.add(
                service,
                at,
                "envoy_cluster_upstream_rq_xx",
                Meaning::PROXY_RESPONSES,
                "responses",
                Grows::Whole(60),
                target,
            );
            source.labels.insert("envoy_response_code_class".into(), class.into());
            source.upstream = Some(behind.into());
        }
        for le in BOUNDS {
            let source = self.add(
                service,
                at,
                "envoy_cluster_upstream_rq_time_bucket",
                Meaning::PROXY_UPSTREAM_TIME,
                "ms",
                Grows::Whole(200),
                target,
            );
            source.kind = Kind::Bucket;
            source.labels.insert("le".into(), le.into());
            source.upstream = Some(behind.into());
        }
    }

    fn target(&mut self) -> usize {
        self.targets += 1;
        self.targets - 1
    }

    #[allow(clippy::too_many_arguments)]
    fn add(
        &mut self,
        service: &str,
        task: &str,
        metric: &str,
        meaning: Meaning,
        unit: &str,
        grows: Grows,
        target: usize,
    ) -> &mut Identity {
        let identity = Identity {
            service: service.into(),
            task: task.into(),
            metric: metric.into(),
            meaning,
            kind: if matches!(grows, Grows::Memory) { Kind::Gauge } else { Kind::Counter },
            unit: unit.into(),
            scale: 1.0,
            upstream: None,
            task_is_exact: metric.starts_with("container_"),
            labels: BTreeMap::new(),
        };
        self.sources.push(Source { identity: Arc::new(identity), grows, target });
        let source = self.sources.last_mut().unwrap();
        Arc::get_mut(&mut source.identity).unwrap()
    }

    /// The manifest of a run over this stack.
    pub fn manifest(&self, seconds: usize) -> Manifest {
        let end = FIRST_UNIX_S + seconds as f64;
        let (load_start_unix_s, load_end_unix_s) = (FIRST_UNIX_S + QUIET_S, end - QUIET_S);
        let front = self.services[1].name.clone();
        let duration_s = load_end_unix_s - load_start_unix_s;
        let applications = self.services.iter().filter(|s| s.role == Role::Application);
        let plan = Plan {
            file: "bench.yml".into(),
            stack: "stack.yml".into(),
            shape: Some(swarmlab_shapes::Shape::Constant(swarmlab_shapes::shape::Constant {
                level: 100.0,
                duration_s,
            })),
            think_s: Some(1.0),
            measured: applications.take(4).map(|s| s.name.clone()).collect(),
            slo_p95_s: Some(0.5),
            slo_error_rate: Some(0.05),
            ..Plan::of_load(front, LoadModel::Closed, duration_s, 1.0, 1)
        };
        Manifest {
            testbed: Some(Bed::Swarm),
            testbed_reason: "bench".into(),
            topology: Topology {
                services: self.services.clone(),
                fronts: self.fronts.clone(),
                nodes: vec![],
            },
            windows: Some(Windows {
                grid_unix_s: FIRST_UNIX_S,
                load_start_unix_s,
                load_end_unix_s,
                drained_unix_s: load_end_unix_s + 1.0,
                settled_unix_s: end,
            }),
            ..Manifest::begun(Origin::Run, "bench", FIRST_UNIX_S, plan)
        }
    }

    /// The samples, second by second.
    pub fn readings(&self) -> Readings<'_> {
        let random = SmallRng::seed_from_u64(1);
        Readings {
            stack: self,
            values: vec![0.0; self.sources.len()],
            offsets: vec![0.0; self.targets],
            random,
        }
    }
}

/// Values so far.
pub struct Readings<'a> {
    stack: &'a Stack,
    values: Vec<f64>,
    offsets: Vec<f64>,
    random: SmallRng,
}

impl Readings<'_> {
    /// One round of samples. Each target is scraped at a time of its own within the second, to the millisecond, a few
    /// milliseconds early or late.
    pub fn next(&mut self, second: usize) -> Vec<Reading> {
        for (i, offset) in self.offsets.iter_mut().enumerate() {
            *offset = ((i * 379) % 900) as f64 / 1e3 + f64::from(self.random.random_range(0..4_u8)) / 1e3;
        }
        let mut out = Vec::with_capacity(self.values.len());
        for (source, value) in self.stack.sources.iter().zip(&mut self.values) {
            match source.grows {
                Grows::Seconds => {
                    let more = 0.2 + 0.1 * self.random.random::<f64>();
                    *value = ((*value + more) * 1e9).round() / 1e9;
                }
                Grows::Whole(most) => *value += self.random.random_range(0..=most) as f64,
                Grows::Memory => {
                    let pages = f64::from(self.random.random_range(-20..=20_i8));
                    *value = (*value + pages * 4096.0).max(52_428_800.0);
                }
            }
            let t_ms = (FIRST_UNIX_S + second as f64 + self.offsets[source.target]) * 1e3;
            out.push(Reading {
                series: Arc::clone(&source.identity),
                t_unix_s: t_ms.round() / 1e3,
                value: *value,
            });
        }
        out
    }
}
