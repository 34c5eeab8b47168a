//! What stood where: services, the proxies before them, tasks, replicas, the target of the load.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// What a service is to the experiment: which question its figures answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Does the work under study.
    Application,
    /// Stands before services and counts their requests.
    Proxy,
    /// Keeps state for application services.
    Database,
    /// Watches: Prometheus, cAdvisor, node-exporter.
    Telemetry,
    /// Nothing the experiment looks at.
    #[default]
    Other,
}

/// Which testbed the services ran on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bed {
    /// Containers on a Docker Swarm.
    Swarm,
    /// Child processes of the command.
    Embedded,
    /// Virtual time.
    Simulated,
}

impl std::fmt::Display for Bed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Swarm => "swarm",
            Self::Embedded => "embedded",
            Self::Simulated => "simulated",
        })
    }
}

/// A service as the experiment sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// Short name in the stack file.
    pub name: String,
    /// What it is to the experiment.
    pub role: Role,
    /// Replicas asked for at the start; of an import, where nobody knows that, the tasks that were seen.
    pub replicas: u64,
    /// Image, or the command line of the embedded bed.
    pub image: String,
}

/// A proxy that stands before a service. One proxy may stand before many services, and a service behind many proxies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Front {
    /// Short name of the proxy.
    pub proxy: String,
    /// Short name of the service behind it.
    pub service: String,
}

/// A machine of the Swarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// The Engine's id of it.
    pub id: String,
    /// Its name.
    pub hostname: String,
}

/// Everything that stood there.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(from = "Written")]
pub struct Topology {
    /// Services, in the order of the stack file.
    pub services: Vec<Service>,
    /// Which proxy stands before which service.
    pub fronts: Vec<Front>,
    /// Machines, where they are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<Node>,
}

impl Topology {
    /// A service by name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|s| s.name == name)
    }

    /// The services behind a proxy.
    pub fn behind<'a>(&'a self, proxy: &'a str) -> impl Iterator<Item = &'a str> {
        self.fronts.iter().filter(move |f| f.proxy == proxy).map(|f| f.service.as_str())
    }

    /// The proxies before a service.
    pub fn before<'a>(&'a self, service: &'a str) -> impl Iterator<Item = &'a str> {
        self.fronts.iter().filter(move |f| f.service == service).map(|f| f.proxy.as_str())
    }
}

/// Both layouts: a list of services, each with at most one that it fronts (format 1), or the whole.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    First(Vec<FirstService>),
    Whole {
        services: Vec<Service>,
        fronts: Vec<Front>,
        #[serde(default)]
        nodes: Vec<Node>,
    },
}

#[derive(Deserialize)]
struct FirstService {
    name: String,
    role: Role,
    fronts: Option<String>,
    replicas: u64,
    image: String,
}

impl From<Written> for Topology {
    fn from(written: Written) -> Self {
        match written {
            Written::Whole { services, fronts, nodes } => Self { services, fronts, nodes },
            Written::First(list) => {
                let mut out = Self::default();
                for s in list {
                    out.fronts.extend(s.fronts.map(|service| Front { proxy: s.name.clone(), service }));
                    out.services.push(Service {
                        name: s.name,
                        role: s.role,
                        replicas: s.replicas,
                        image: s.image,
                    });
                }
                out
            }
        }
    }
}

/// Where load goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// One or more addresses; connections are spread over them.
    pub addresses: Vec<SocketAddr>,
    /// `Host` header.
    pub host: String,
}

/// The truth about replicas at one moment, from the orchestrator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplicaEvent {
    /// When, seconds since the Unix epoch; the Engine's own timestamp where it gives one.
    pub t_unix_s: f64,
    /// Short name of the service.
    pub service: String,
    /// Replicas asked for.
    pub desired: u64,
    /// Tasks whose container runs.
    pub running: u64,
    /// Of those, the ones whose health check passes (or that have none).
    pub healthy: u64,
    /// Whether a health check of the service says which are healthy. `None`: not told (recorded by an older version).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_checked: Option<bool>,
    /// What happened.
    pub cause: String,
}

/// Life of one task, from the orchestrator: says when a counter started at zero and when it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskLife {
    /// Short name of the service.
    pub service: String,
    /// Task as named in the samples.
    pub task: String,
    /// When its container started.
    pub born_unix_s: Option<f64>,
    /// When it ended.
    pub died_unix_s: Option<f64>,
}

/// What befell a task that nobody had asked for, and that need not end it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trouble {
    /// When.
    pub t_unix_s: f64,
    /// Short name of the service.
    pub service: String,
    /// Task as named in the samples.
    pub task: String,
    /// What it was.
    pub what: Ailment,
}

/// Kinds of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ailment {
    /// The kernel killed one of its processes: its memory limit was reached.
    OutOfMemory,
    /// Its health check failed as often as it may.
    Unhealthy,
}

impl std::fmt::Display for Ailment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::OutOfMemory => "reached its memory limit, and a process of it was killed",
            Self::Unhealthy => "became unhealthy",
        })
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (task {}) {}", self.service, self.task, self.what)
    }
}

/// Offset between this machine's clock and that of a source of samples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClockOffset {
    /// The source's clock minus ours, seconds.
    pub offset_s: f64,
    /// Half the round trip: the offset's error, seconds.
    pub error_s: f64,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_first_layout_is_read() {
        let first = r#"[{"name":"a","role":"application","fronts":null,"replicas":2,"image":"x"},
                        {"name":"e","role":"proxy","fronts":"a","replicas":1,"image":"y"}]"#;
        let t: Topology = serde_json::from_str(first).unwrap();
        assert_eq!(t.behind("e").collect::<Vec<_>>(), ["a"]);
        assert_eq!(t.before("a").collect::<Vec<_>>(), ["e"]);
        let again: Topology = serde_json::from_str(&serde_json::to_string(&t).unwrap()).unwrap();
        assert_eq!(again, t);
    }

    #[test]
    fn proxies_and_services_are_many_to_many() {
        let front = |proxy: &str, service: &str| Front { proxy: proxy.into(), service: service.into() };
        let fronts = vec![front("edge", "a"), front("edge", "b"), front("own", "a")];
        let t = Topology { fronts, ..Topology::default() };
        assert_eq!(t.behind("edge").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(t.before("a").collect::<Vec<_>>(), ["edge", "own"]);
    }
}
