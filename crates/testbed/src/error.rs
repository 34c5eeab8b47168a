//! What can go wrong with a testbed, each with what to do.

use swarmlab_codes::{self as codes, Code};
use swarmlab_swarm::SwarmError;

/// A testbed failed; [`TestbedError::help`] says what to do.
#[derive(Debug, thiserror::Error)]
pub enum TestbedError {
    /// The stack engine failed.
    #[error(transparent)]
    Swarm(#[from] SwarmError),
    /// A port is in use by another program.
    #[error("port {port} is taken by another program, but {service} publishes it")]
    PortTaken {
        /// The published port.
        port: u16,
        /// Which service wants it.
        service: String,
    },
    /// It cannot be told where the engine's published ports answer.
    #[error(
        "cannot tell which machine the engine at {address} is on, so its published ports cannot be reached: {why}"
    )]
    NoNodeAddress {
        /// The engine's address.
        address: String,
        /// What is wrong with it.
        why: String,
    },
    /// The experiment's target is not published.
    #[error("{service} publishes no port {port}: load cannot reach it")]
    NotPublished {
        /// Service of the target.
        service: String,
        /// Port of the target.
        port: u16,
    },
    /// Scrape targets are missing or down.
    #[error("Prometheus does not see every service:{}", list(.0))]
    TargetsDown(Vec<String>),
    /// A proxy never saw the proof request.
    #[error("the proof request did not go through:{}", list(.0))]
    NoProof(Vec<String>),
    /// Prometheus stayed silent.
    #[error(transparent)]
    Telemetry(#[from] swarmlab_telemetry::TelemetryError),
    /// A service cannot run without containers.
    #[error("{service} cannot run on the embedded testbed: {reason}")]
    NotEmbeddable {
        /// Short name.
        service: String,
        /// Why.
        reason: String,
    },
    /// A child process did not start, ended early or never became healthy.
    #[error("{task} {what}{}", last_lines(.log))]
    Child {
        /// `<service>.<slot>`.
        task: String,
        /// What it did.
        what: String,
        /// Last lines of its log.
        log: Vec<String>,
    },
    /// A file or process operation failed.
    #[error("{what}: {source}")]
    Io {
        /// What was attempted.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// An action goes further than actions may.
    #[error("{action} is out of bounds: {bound}")]
    OutOfBounds {
        /// What was asked.
        action: String,
        /// What is allowed.
        bound: String,
    },
    /// An action names a service or task that is not there.
    #[error("{action}: there is no {name} (there are: {})", known.join(", "))]
    NoService {
        /// What was asked.
        action: String,
        /// The service or task named.
        name: String,
        /// Those that are there.
        known: Vec<String>,
    },
    /// This testbed cannot do such a thing.
    #[error("the {bed} testbed cannot {action}: {reason}")]
    CannotAct {
        /// Which.
        bed: swarmlab_record::topology::Bed,
        /// What was asked.
        action: String,
        /// Why not.
        reason: String,
        /// What can be done instead.
        instead: String,
    },
    /// An action was not in force in time. What was taken of it stands.
    #[error("{action} was not done within {} s: {state}", after.as_secs_f64())]
    ActTimeout {
        /// What was asked.
        action: String,
        /// How long it was waited.
        after: std::time::Duration,
        /// When the bed had taken the order, if it had; seconds since the Unix epoch.
        accepted_unix_s: Option<f64>,
        /// How far it came.
        state: String,
    },
    /// The bed goes down, or is down.
    #[error("{action}: the testbed is going down")]
    GoingDown {
        /// What was asked.
        action: String,
    },
    /// The user interrupted.
    #[error("interrupted")]
    Interrupted,
}

fn list(items: &[String]) -> String {
    items.iter().map(|i| format!("\n  - {i}")).collect()
}

fn last_lines(log: &[String]) -> String {
    if log.is_empty() { String::new() } else { format!("; its last lines:{}", list(log)) }
}

impl TestbedError {
    /// Its number and name.
    pub fn code(&self) -> Code {
        match self {
            Self::Swarm(e) => e.code(),
            Self::PortTaken { .. } => codes::PORT_TAKEN,
            Self::NoNodeAddress { .. } => codes::NO_NODE_ADDRESS,
            Self::OutOfBounds { .. } => codes::OUT_OF_BOUNDS,
            Self::NoService { .. } => codes::NO_SUCH_SERVICE_HERE,
            Self::CannotAct { .. } => codes::CANNOT_ACT,
            Self::ActTimeout { .. } => codes::ACT_TIMEOUT,
            Self::GoingDown { .. } => codes::GOING_DOWN,
            Self::NotPublished { .. } => codes::NOT_PUBLISHED,
            Self::TargetsDown(_) => codes::TARGETS_DOWN,
            Self::NoProof(_) => codes::NO_PROOF,
            Self::Telemetry(e) => e.code(),
            Self::NotEmbeddable { .. } => codes::NOT_EMBEDDABLE,
            Self::Child { .. } => codes::CHILD_FAILED,
            Self::Io { .. } => codes::TESTBED_IO,
            Self::Interrupted => codes::INTERRUPTED,
        }
    }

    /// What the user can do next.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Swarm(e) => Some(e.help()),
            Self::PortTaken { port, .. } => Some(format!(
                "stop the program that listens on {port} (`ss -ltnp 'sport = :{port}'` names it), or choose another \
                 port in the experiment's `variables`"
            )),
            Self::NoNodeAddress { .. } => Some(
                "name the engine by the IP address of its machine (`--engine tcp://192.0.2.1:2375`, or DOCKER_HOST)"
                    .to_owned(),
            ),
            Self::NotPublished { .. } => {
                Some("publish it in the stack file with `mode: host`, or choose another target".to_owned())
            }
            Self::TargetsDown(_) => {
                Some("each scrape job must be named after its service; see prometheus/prometheus.yml".to_owned())
            }
            Self::NoProof(_) => Some(
                "every proxy must lie in the path of the proof request (deploy label `swarmlab.proof` on the published \
                 proxy names its path)"
                    .to_owned(),
            ),
            Self::Telemetry(_) => Some("check the prometheus service with `swarmlab status`".to_owned()),
            Self::NotEmbeddable { .. } => {
                Some("use `testbed: swarm`, or a stack whose applications are `swarmlab demo` roles".to_owned())
            }
            Self::OutOfBounds { .. } => Some("ask for less; the bound keeps a slip from taking the engine down".to_owned()),
            Self::NoService { .. } => Some("name a service of the stack file by its short name".to_owned()),
            Self::CannotAct { instead, .. } => Some(instead.clone()),
            Self::ActTimeout { accepted_unix_s: Some(_), .. } => {
                Some("the order stands: the state of the stack (`swarmlab status`) says what keeps it".to_owned())
            }
            Self::ActTimeout { .. } => Some("nothing was changed; check the testbed (`swarmlab status`)".to_owned()),
            Self::Child { .. } | Self::Io { .. } | Self::GoingDown { .. } | Self::Interrupted => None,
        }
    }
}
