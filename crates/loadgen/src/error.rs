//! Errors that keep a load from starting. How single requests fail is [`ErrorKind`](swarmlab_intervals::ErrorKind).

use swarmlab_codes::{self as codes, Code};
use thiserror::Error;

use crate::scenario::ScenarioError;
use crate::target::TargetError;
use swarmlab_shapes::shape::ShapeError;

/// Why a load could not start or did not come to its end.
#[derive(Debug, Error)]
pub enum LoadError {
    /// No address to send to.
    #[error("no target address")]
    NoAddress,
    /// A target cannot be used.
    #[error("target {target:?}: {problem}")]
    Target {
        /// Name of the target.
        target: String,
        /// What is wrong with it.
        problem: TargetError,
    },
    /// The name of a target could not be resolved before the start.
    #[error(
        "dns_failed: {host:?} could not be resolved: {problem}; check the name and this machine's name service (/etc/resolv.conf, /etc/hosts), or give an IP address"
    )]
    DnsFailed {
        /// The name.
        host: String,
        /// What the name service said.
        problem: String,
    },
    /// The shape's parameters are out of range.
    #[error("shape: {0}")]
    Shape(#[from] ShapeError),
    /// The scenario is wrong; all its problems.
    #[error("scenario: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Scenario(Vec<ScenarioError>),
    /// A step names a target that the load does not have.
    #[error("step {step:?} goes to target {target:?}, which the load does not have{}",
        if known.is_empty() { String::new() } else { format!(" (known: {})", known.join(", ")) })]
    UnknownTarget {
        /// Name of the step.
        step: String,
        /// Name of the target.
        target: String,
        /// Names of the targets that there are.
        known: Vec<String>,
    },
    /// A step needs a target of another protocol.
    #[error("step {step:?} publishes on Redis, but its target {target:?} speaks HTTP")]
    NotRedis {
        /// Name of the step.
        step: String,
        /// Name of the target.
        target: String,
    },
    /// A step needs a target of another protocol.
    #[error("step {step:?} sends an HTTP request, but its target {target:?} is a Redis")]
    NotHttp {
        /// Name of the step.
        step: String,
        /// Name of the target.
        target: String,
    },
    /// A step needs a target that is spoken to in HTTP/1.1.
    #[error(
        "step {step:?} uses a WebSocket, which begins in HTTP/1.1, but its target {target:?} is spoken to in HTTP/2"
    )]
    NotHttp1 {
        /// Name of the step.
        step: String,
        /// Name of the target.
        target: String,
    },
    /// A step needs a target that is spoken to in HTTP/2.
    #[error(
        "step {step:?} makes a gRPC call, which needs HTTP/2, but other steps go to its target {target:?} in HTTP/1.1: give it a \
        target of its own, or choose HTTP/2 (--http2)"
    )]
    NotHttp2 {
        /// Name of the step.
        step: String,
        /// Name of the target.
        target: String,
    },
    /// A parameter of the load is out of range.
    #[error("{parameter} must be {expected}, not {value}")]
    Parameter {
        /// Name of the parameter.
        parameter: &'static str,
        /// What is accepted.
        expected: &'static str,
        /// What it was set to.
        value: String,
    },
    /// A parameter of the arrival law is out of range.
    #[error(transparent)]
    Arrivals(#[from] swarmlab_shapes::OutOfRange),
    /// More connections are allowed than this process may open.
    #[error(
        "up to {wanted} connections need a limit of {needed} open files, but this process may open {limit}: allow it \
         more (ulimit -n {needed}){}",
        or_lower(*available)
    )]
    OpenFiles {
        /// Connections allowed by the limits.
        wanted: usize,
        /// The limit on open files that they need.
        needed: u64,
        /// The limit that there is, to which the soft one was or would be raised.
        limit: u64,
        /// Connections that it leaves room for.
        available: u64,
    },
    /// The start lies too far in the past: its first requests would all be late.
    #[error("start_unix_s lies {by_s:.3} s in the past")]
    StartInPast {
        /// By how much, seconds.
        by_s: f64,
    },
    /// The operating system refused something the engine needs.
    #[error("{what}: {source}")]
    System {
        /// What was attempted.
        what: &'static str,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A thread of the engine ended by a panic: a bug.
    #[error("a thread of the load engine panicked: {0}")]
    Panicked(String),
}

/// The other way out, in words: none where not even one connection fits.
fn or_lower(available: u64) -> String {
    if available == 0 {
        return String::new();
    }
    format!(", or lower the connections (--connections, limits.max_connections) to {available}")
}

impl LoadError {
    /// Its number and name.
    pub fn code(&self) -> Code {
        match self {
            Self::NoAddress => codes::NO_ADDRESS,
            Self::Target { .. } => codes::BAD_URL,
            Self::DnsFailed { .. } => codes::NAME_NOT_RESOLVED,
            Self::Shape(_) => codes::IMPOSSIBLE_SHAPE,
            Self::Scenario(_) => codes::IMPOSSIBLE_SCENARIO,
            Self::UnknownTarget { .. } => codes::STEP_WITHOUT_TARGET,
            Self::NotRedis { .. } | Self::NotHttp { .. } | Self::NotHttp1 { .. } | Self::NotHttp2 { .. } => {
                codes::WRONG_PROTOCOL
            }
            Self::Parameter { .. } | Self::Arrivals(_) | Self::StartInPast { .. } => codes::OUT_OF_RANGE,
            Self::OpenFiles { .. } => codes::OPEN_FILES,
            Self::System { .. } => codes::GENERATOR_SYSTEM,
            Self::Panicked(_) => codes::INTERNAL,
        }
    }

    pub(crate) fn system(what: &'static str) -> impl FnOnce(rustix::io::Errno) -> LoadError {
        move |errno| LoadError::System { what, source: errno.into() }
    }
}
