//! What is simulated: services with their demands, limits and calls.

use serde::{Deserialize, Serialize};

use crate::law::Law;

/// Most visits that one request may cause on the average: beyond it a mistake is certain.
pub const MAX_VISITS: f64 = 10_000.0;
/// Shortest period of a quota, in seconds: that of a kernel. So short that time does not move it would never be over.
pub const LEAST_PERIOD_S: f64 = 1e-3;
/// Most replicas of a service.
pub const MAX_REPLICAS: usize = 10_000;

/// Services, and where requests enter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// All of them; calls name them by their place here.
    pub services: Vec<Service>,
    /// The service that clients call.
    pub entry: usize,
}

/// A service: replicas of the same kind behind a proxy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// CPU that a request takes before calls, in seconds of one core.
    pub before: Law,
    /// Time after that without CPU, in seconds: a disk, a lock, a service that is not simulated.
    pub wait: Law,
    /// Calls of other services, one step after the other.
    pub steps: Vec<Step>,
    /// CPU that a request takes after calls, in seconds of one core.
    pub after: Law,
    /// Replicas at the beginning, which all serve at once.
    pub replicas: usize,
    /// CPU of one replica, in cores. One request runs on at most one core.
    pub limit_cores: f64,
    /// CPU that a replica uses whatever it is asked, in cores; less than its limit.
    #[serde(default)]
    pub idle_cores: f64,
    /// How the limit is kept; `None`: evenly, at every moment.
    pub quota: Option<Quota>,
    /// Most requests that a replica works on at a time; `None`: all.
    pub concurrency: Option<usize>,
    /// Most requests that wait at a replica for that; `None`: all.
    pub queue: Option<usize>,
    /// From when a replica is asked for until it is sent requests.
    pub start_up: Law,
    /// Longest that a replica that is told to stop may finish what it has, in seconds; what is left then fails.
    pub drain_s: f64,
    /// Whom the proxy chooses.
    pub balance: Balance,
}

/// A limit as control groups keep it: in each period so much CPU time, on as many cores as there are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quota {
    /// Length of a period, in seconds.
    pub period_s: f64,
    /// Cores of the node: how fast the quota can be used.
    pub node_cores: f64,
}

impl Default for Quota {
    fn default() -> Self {
        Self { period_s: 0.1, node_cores: 4.0 }
    }
}

/// How a proxy chooses among the replicas that serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Balance {
    /// One after the other.
    #[default]
    RoundRobin,
    /// The one with fewer requests of two chosen at random.
    LeastRequest,
    /// Any.
    Random,
}

/// A step of calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// One call; if it is made several times, one after the other.
    Sequential(Call),
    /// All of them, and as often as each is made, at the same time.
    Parallel(Vec<Call>),
}

impl Step {
    /// Its calls.
    pub fn calls(&self) -> &[Call] {
        match self {
            Step::Sequential(call) => std::slice::from_ref(call),
            Step::Parallel(calls) => calls,
        }
    }
}

/// A call of another service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Its place in [`Model::services`].
    pub service: usize,
    /// How often it is made on the average: the whole part always, once more with the rest as probability.
    pub times: f64,
    /// How long an answer is waited for, in seconds; `None`: without end.
    pub timeout_s: Option<f64>,
}

impl Service {
    /// One replica with one core that serves everyone at once, calls nobody and starts without delay.
    pub fn new(name: &str, demand: Law) -> Self {
        Self {
            name: name.to_owned(),
            before: demand,
            wait: Law::NOTHING,
            steps: Vec::new(),
            after: Law::NOTHING,
            replicas: 1,
            limit_cores: 1.0,
            idle_cores: 0.0,
            quota: None,
            concurrency: None,
            queue: None,
            start_up: Law::NOTHING,
            drain_s: 10.0,
            balance: Balance::default(),
        }
    }
}

/// Why a model cannot be simulated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// There is no service, or the entry or a call names none.
    #[error("there is no service number {0}")]
    NoSuchService(usize),
    /// A service calls itself in the end.
    #[error("`{0}` calls itself in the end: its requests would never be answered")]
    Circle(String),
    /// A value that cannot be.
    #[error("`{what}` of `{service}` cannot be {value}")]
    Value {
        /// The service.
        service: String,
        /// The key.
        what: &'static str,
        /// What it was set to.
        value: String,
    },
    /// One request causes too many visits.
    #[error("one request would cause {0:.0} visits of services; at most {MAX_VISITS} can be simulated")]
    TooManyVisits(f64),
    /// The load cannot be.
    #[error("the load cannot be: {0}")]
    Load(String),
}

impl Model {
    /// Finds what cannot be simulated.
    ///
    /// # Errors
    /// The first finding.
    pub fn check(&self) -> Result<(), ModelError> {
        let known = |i: usize| {
            if i < self.services.len() { Ok(()) } else { Err(ModelError::NoSuchService(i)) }
        };
        known(self.entry)?;
        for service in &self.services {
            service.check()?;
            service.steps.iter().flat_map(Step::calls).try_for_each(|c| known(c.service))?;
        }
        if let Some(service) = self.circle() {
            return Err(ModelError::Circle(self.services[service].name.clone()));
        }
        let visits: f64 = self.visits().iter().sum();
        if visits <= MAX_VISITS { Ok(()) } else { Err(ModelError::TooManyVisits(visits)) }
    }

    /// A service that calls itself in the end, if there is one. Calls of services that are not there are left out.
    pub fn circle(&self) -> Option<usize> {
        // Taken away again and again: who is called by nobody that is left.
        let mut callers = vec![0_usize; self.services.len()];
        let calls = |i: usize| self.services[i].steps.iter().flat_map(Step::calls).map(|c| c.service);
        for i in 0..self.services.len() {
            calls(i).filter(|c| *c < self.services.len()).for_each(|c| callers[c] += 1);
        }
        let mut free: Vec<usize> = (0..callers.len()).filter(|i| callers[*i] == 0).collect();
        while let Some(i) = free.pop() {
            callers[i] = usize::MAX;
            for c in calls(i).filter(|c| *c < self.services.len()) {
                callers[c] -= 1;
                if callers[c] == 0 {
                    free.push(c);
                }
            }
        }
        callers.iter().position(|n| *n != usize::MAX)
    }

    /// Mean visits of each service that one request of a client causes; of a model without circles.
    pub fn visits(&self) -> Vec<f64> {
        let mut visits = vec![0.0; self.services.len()];
        let mut level = vec![0.0; self.services.len()];
        if let Some(entry) = level.get_mut(self.entry) {
            *entry = 1.0;
        }
        // As deep as there are services, at most.
        for _ in 0..self.services.len() {
            let mut next = vec![0.0; self.services.len()];
            for (i, service) in self.services.iter().enumerate() {
                visits[i] += level[i];
                // Those that are never made are left out: nothing times too many to count is no number.
                for call in service.steps.iter().flat_map(Step::calls).filter(|c| c.times > 0.0) {
                    if let Some(n) = next.get_mut(call.service) {
                        *n += level[i] * call.times;
                    }
                }
            }
            level = next;
        }
        visits
    }
}

impl Service {
    fn check(&self) -> Result<(), ModelError> {
        let wrong = |what: &'static str, value: String| {
            Err(ModelError::Value { service: self.name.clone(), what, value })
        };
        for (what, law) in [
            ("before", &self.before),
            ("wait", &self.wait),
            ("after", &self.after),
            ("start_up", &self.start_up),
        ] {
            if !law.is_valid() {
                return wrong(what, format!("{law:?}"));
            }
        }
        let positive = |v: f64| v.is_finite() && v > 0.0;
        if !positive(self.limit_cores) {
            return wrong("cpu", self.limit_cores.to_string());
        }
        if !(self.idle_cores >= 0.0 && self.idle_cores < self.limit_cores) {
            return wrong("idle", self.idle_cores.to_string());
        }
        if self.replicas > MAX_REPLICAS {
            return wrong("replicas", self.replicas.to_string());
        }
        if self.concurrency == Some(0) {
            return wrong("concurrency", "0".to_owned());
        }
        if !(self.drain_s.is_finite() && self.drain_s >= 0.0) {
            return wrong("drain", self.drain_s.to_string());
        }
        let can = |q: &Quota| positive(q.period_s) && q.period_s >= LEAST_PERIOD_S && positive(q.node_cores);
        if let Some(q) = self.quota.filter(|q| !can(q)) {
            return wrong("quota", format!("{q:?}"));
        }
        for call in self.steps.iter().flat_map(Step::calls) {
            if !(call.times.is_finite() && call.times >= 0.0) {
                return wrong("times", call.times.to_string());
            }
            if let Some(t) = call.timeout_s.filter(|t| !positive(*t)) {
                return wrong("timeout", t.to_string());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(calls: &[&[usize]]) -> Model {
        let service = |to: &&[usize]| Service {
            steps: to
                .iter()
                .map(|s| Step::Sequential(Call { service: *s, times: 2.0, timeout_s: None }))
                .collect(),
            ..Service::new("s", Law::NOTHING)
        };
        Model { services: calls.iter().map(service).collect(), entry: 0 }
    }

    #[test]
    fn circles_are_found_and_diamonds_are_none() {
        assert_eq!(model(&[&[1, 2], &[3], &[3], &[]]).circle(), None);
        assert_eq!(model(&[&[1], &[2], &[1]]).check(), Err(ModelError::Circle("s".into())));
        assert_eq!(model(&[&[0]]).circle(), Some(0));
        assert_eq!(model(&[&[7]]).check(), Err(ModelError::NoSuchService(7)));
    }

    #[test]
    fn visits_multiply_along_the_calls() {
        assert_eq!(model(&[&[1, 2], &[3], &[3], &[]]).visits(), [1.0, 2.0, 2.0, 8.0]);
        let deep: Vec<Vec<usize>> = (1..=20).map(|i| if i < 20 { vec![i] } else { vec![] }).collect();
        let deep: Vec<&[usize]> = deep.iter().map(Vec::as_slice).collect();
        assert!(matches!(model(&deep).check(), Err(ModelError::TooManyVisits(_))));
    }

    #[test]
    fn more_visits_than_a_number_can_hold_are_too_many_and_not_unknown() {
        let deep: Vec<Vec<usize>> = (1..=120).map(|i| if i < 120 { vec![i] } else { vec![] }).collect();
        let deep: Vec<&[usize]> = deep.iter().map(Vec::as_slice).collect();
        let mut m = model(&deep);
        for (i, service) in m.services.iter_mut().enumerate() {
            for step in &mut service.steps {
                if let Step::Sequential(call) = step {
                    call.times = if i < 118 { MAX_VISITS } else { 0.0 };
                }
            }
        }
        assert_eq!(m.visits().iter().sum::<f64>(), f64::INFINITY);
    }

    #[test]
    fn values_that_cannot_be_are_told_by_name() {
        let mut m = model(&[&[]]);
        m.services[0].limit_cores = 0.0;
        let error = m.check().map_err(|e| e.to_string());
        assert_eq!(error, Err("`cpu` of `s` cannot be 0".to_owned()));
        // A hundred quintillion periods a second would never be gone through.
        let mut m = model(&[&[]]);
        m.services[0].quota = Some(Quota { period_s: 1e-20, node_cores: 4.0 });
        assert!(matches!(m.check(), Err(ModelError::Value { what: "quota", .. })));
    }
}
