//! What to send where, when and within which limits.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::engine::client_config;
use crate::error::LoadError;
use crate::scenario::{Action, Scenario};
use crate::target::{Endpoint, HttpVersion, LoadTarget, Scheme};
use swarmlab_shapes::Arrivals;
use swarmlab_shapes::Shape;

/// Who decides when a request is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Model {
    /// Users: each sends, waits for the answer, thinks, and starts again.
    Closed {
        /// Number of users over time; its integer part counts.
        users: Shape,
        /// How many users may start per second; `None`: as many as the shape asks for.
        #[serde(default)]
        spawn_rate_per_s: Option<f64>,
    },
    /// A schedule: each arrival is one request, sent when it is due, whatever became of those before it.
    Open {
        /// Requests per second over time.
        rate_per_s: Shape,
        /// Law of the gaps.
        #[serde(default)]
        arrivals: Arrivals,
    },
}

impl Model {
    /// The shape that drives the load.
    pub fn shape(&self) -> &Shape {
        match self {
            Model::Closed { users, .. } => users,
            Model::Open { rate_per_s, .. } => rate_per_s,
        }
    }
}

/// Bounds of what the engine may use. What exceeds one waits or is counted by name, never silently dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Connections open at once, over all threads. Beyond it requests wait in the queue.
    pub max_connections: usize,
    /// Requests under way at once, over all threads. Beyond it requests wait in the queue.
    pub max_in_flight: usize,
    /// Requests of the open model waiting at once, over all threads. Beyond it they are counted as
    /// [`ErrorKind::QueueFull`](swarmlab_intervals::ErrorKind::QueueFull).
    pub max_queue: usize,
    /// Largest accepted head of a response.
    pub max_header_bytes: usize,
    /// Largest accepted body of a response.
    pub max_body_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 512,
            max_in_flight: 512,
            max_queue: 100_000,
            max_header_bytes: 64 << 10,
            max_body_bytes: 64 << 20,
        }
    }
}

/// A whole load.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoadSpec {
    /// Where to; at least one. A step that names none goes to the first.
    pub targets: Vec<LoadTarget>,
    /// Users or arrivals.
    pub model: Model,
    /// What is requested.
    pub scenario: Scenario,
    /// Fixes arrivals, waits and `{{random}}`.
    pub seed: u64,
    /// Threads, 1 to 64; each has its own connections and sends its share.
    pub threads: usize,
    /// Bounds.
    pub limits: Limits,
    /// Time limit of a request, and of a connection attempt, seconds.
    pub timeout_s: f64,
    /// Length of a reporting interval, seconds.
    pub interval_s: f64,
    /// When to start, seconds since the Unix epoch; intervals are `start + k * interval_s`. `None`: at once.
    pub start_unix_s: Option<f64>,
    /// How long requests under way may take after the load's end, seconds.
    pub drain_s: f64,
    /// How long before a due moment a thread stops sleeping and watches the clock, seconds: hides the wake-up time of
    /// the kernel at the price of CPU. `None`: an eighth of the wait, at most 25 us, and not at all for waits below
    /// 100 us, so never more than an eighth of a core.
    pub spin_s: Option<f64>,
    /// Keep the CPUs of this machine from sleeping while the load is sent, where the user may
    /// ([`can_keep_awake`](crate::can_keep_awake)); otherwise it has no effect.
    pub keep_awake: bool,
}

impl LoadSpec {
    /// A load on one target of plain HTTP/1.1 with the usual settings: one thread, default limits, 30 s time limit, 1 s intervals, a start at
    /// once, 10 s to drain.
    pub fn new(
        addresses: Vec<SocketAddr>,
        host: impl Into<String>,
        model: Model,
        scenario: Scenario,
    ) -> Self {
        Self {
            targets: vec![LoadTarget::plain(addresses, host)],
            model,
            scenario,
            seed: 0,
            threads: 1,
            limits: Limits::default(),
            timeout_s: 30.0,
            interval_s: 1.0,
            start_unix_s: None,
            drain_s: 10.0,
            spin_s: None,
            keep_awake: false,
        }
    }

    /// Checks every parameter; [`start`](crate::start) does so too.
    ///
    /// # Errors
    /// The first thing that is wrong (all problems of the scenario at once).
    pub fn validate(&self) -> Result<(), LoadError> {
        self.validate_targets()?;
        self.model.shape().validate()?;
        if let Model::Open { arrivals, .. } = &self.model {
            arrivals.validate()?;
        }
        if let Model::Closed { spawn_rate_per_s: Some(rate), .. } = self.model
            && !(rate.is_finite() && rate > 0.0)
        {
            return Err(parameter("spawn_rate_per_s", "a finite number > 0", &rate));
        }
        self.scenario.validate().map_err(LoadError::Scenario)?;
        self.validate_steps()?;
        if !(1..=64).contains(&self.threads) {
            return Err(parameter("threads", "1 to 64", &self.threads));
        }
        let limits = &self.limits;
        let counts = [
            ("limits.max_connections", limits.max_connections),
            ("limits.max_in_flight", limits.max_in_flight),
        ];
        for (name, value) in counts {
            if value < self.threads || value > 1 << 20 {
                return Err(parameter(name, "at least the number of threads, at most 2^20", &value));
            }
        }
        if limits.max_header_bytes < 256 {
            return Err(parameter("limits.max_header_bytes", "at least 256", &limits.max_header_bytes));
        }
        let seconds = [
            ("timeout_s", self.timeout_s, 1e-3, 86_400.0, "0.001 to 86400 seconds"),
            ("interval_s", self.interval_s, 0.01, 3600.0, "0.01 to 3600 seconds"),
            ("drain_s", self.drain_s, 0.0, 86_400.0, "0 to 86400 seconds"),
            ("spin_s", self.spin_s.unwrap_or(0.0), 0.0, 1e-3, "0 to 0.001 seconds"),
        ];
        for (name, value, least, most, expected) in seconds {
            if !(least..=most).contains(&value) {
                return Err(parameter(name, expected, &value));
            }
        }
        if let Some(start_unix_s) = self.start_unix_s
            && !(start_unix_s.is_finite() && start_unix_s > 0.0)
        {
            return Err(parameter("start_unix_s", "seconds since the Unix epoch", &start_unix_s));
        }
        Ok(())
    }
}

impl LoadSpec {
    fn validate_targets(&self) -> Result<(), LoadError> {
        if self.targets.is_empty() {
            return Err(LoadError::NoAddress);
        }
        for (index, target) in self.targets.iter().enumerate() {
            if matches!(&target.endpoint, Endpoint::Addresses(addresses) if addresses.is_empty()) {
                return Err(LoadError::NoAddress);
            }
            let wrong = |problem| LoadError::Target { target: target.name.clone(), problem };
            target.check().map_err(wrong)?;
            client_config(target).map_err(wrong)?;
            if self.targets[..index].iter().any(|other| other.name == target.name) {
                return Err(parameter("targets", "of different names", &target.name));
            }
        }
        Ok(())
    }
}

impl LoadSpec {
    /// Targets to which nothing goes but gRPC calls are spoken to in HTTP/2, which that needs.
    pub(crate) fn choose_http2(&mut self) {
        let names: Vec<String> = self.targets.iter().map(|target| target.name.clone()).collect();
        for (at, name) in names.iter().enumerate() {
            if self.is_only_called(name) {
                self.targets[at].http = HttpVersion::Http2;
            }
        }
    }

    /// Whether nothing but gRPC calls goes to this target, and at least one.
    fn is_only_called(&self, target: &str) -> bool {
        let first = self.targets.first().map(|first| first.name.as_str());
        let mut of =
            self.scenario.steps().filter(|step| step.target.as_deref().or(first) == Some(target)).peekable();
        of.peek().is_some() && of.all(|step| matches!(step.action, Action::Grpc(_)))
    }

    /// Each step must go to a target that there is and that speaks its protocol.
    fn validate_steps(&self) -> Result<(), LoadError> {
        for step in self.scenario.steps() {
            let target = match &step.target {
                None => &self.targets[0],
                Some(name) => self.targets.iter().find(|target| target.name == *name).ok_or_else(|| {
                    LoadError::UnknownTarget {
                        step: step.name.clone(),
                        target: name.clone(),
                        known: self.targets.iter().map(|target| target.name.clone()).collect(),
                    }
                })?,
            };
            let (named, of) = (step.name.clone(), target.name.clone());
            match &step.action {
                Action::Websocket(_) if target.http != HttpVersion::Http1 => {
                    return Err(LoadError::NotHttp1 { step: named, target: of });
                }
                Action::Grpc(_) if target.http != HttpVersion::Http2 && !self.is_only_called(&of) => {
                    return Err(LoadError::NotHttp2 { step: named, target: of });
                }
                _ => {}
            }
            let speaks_redis = target.scheme == Scheme::Redis;
            if matches!(step.action, Action::Redis { .. }) != speaks_redis {
                let (step, target) = (step.name.clone(), target.name.clone());
                return Err(if speaks_redis {
                    LoadError::NotHttp { step, target }
                } else {
                    LoadError::NotRedis { step, target }
                });
            }
        }
        Ok(())
    }
}

fn parameter(parameter: &'static str, expected: &'static str, value: &dyn ToString) -> LoadError {
    LoadError::Parameter { parameter, expected, value: value.to_string() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::scenario::{Step, Template};
    use crate::wait::Wait;

    fn spec() -> LoadSpec {
        let step = Step::new("root", "GET", Template::parse("/").unwrap());
        let scenario = Scenario::journey("s", vec![step], Wait::default());
        let model =
            Model::Open { rate_per_s: Shape::Constant(Default::default()), arrivals: Arrivals::Uniform };
        LoadSpec::new(vec!["127.0.0.1:1".parse().unwrap()], "h", model, scenario)
    }

    fn wrong(change: impl FnOnce(&mut LoadSpec)) -> String {
        let mut spec = spec();
        change(&mut spec);
        spec.validate().unwrap_err().to_string()
    }

    #[test]
    fn each_parameter_is_checked_by_name() {
        spec().validate().unwrap();
        assert_eq!(wrong(|s| s.targets.clear()), "no target address");
        let nowhere = LoadTarget::plain(Vec::new(), "h");
        assert_eq!(wrong(|s| s.targets[0] = nowhere), "no target address");
        assert!(wrong(|s| s.targets[0].host = "a b".into()).contains("host must be"));
        assert!(wrong(|s| s.targets.push(s.targets[0].clone())).starts_with("targets must be of different"));
        assert!(wrong(|s| s.threads = 0).starts_with("threads must be"));
        assert!(wrong(|s| s.timeout_s = f64::NAN).starts_with("timeout_s must be"));
        assert!(wrong(|s| s.interval_s = 0.0).starts_with("interval_s must be"));
        assert!(wrong(|s| s.limits.max_connections = 0).starts_with("limits.max_connections"));
        let target =
            |s: &mut LoadSpec, name: &str| s.scenario.classes[0].tasks[0].steps[0].target = Some(name.into());
        assert!(wrong(|s| target(s, "x")).contains("target \"x\", which the load does not have"));
        let redis = Step::redis("r", Template::parse("c").unwrap(), Template::parse("m").unwrap());
        assert!(wrong(|s| s.scenario.classes[0].tasks[0].steps.push(redis)).contains("publishes on Redis"));
        assert!(wrong(|s| s.scenario.classes.clear()).starts_with("scenario: "));
        let users = Shape::Constant(Default::default());
        let closed = Model::Closed { users, spawn_rate_per_s: Some(0.0) };
        assert!(wrong(|s| s.model = closed).starts_with("spawn_rate_per_s"));
    }
}
