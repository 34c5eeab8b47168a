//! Everything that can go wrong between a stack and the Engine, each with a code and what to do.

mod help;
mod parts;

use crate::diagnose::NotConverged;
use std::fmt;
use swarmlab_codes::{self as codes, Code};

pub use parts::{Leftover, MissingImage, ObjectKind, ObjectRef, PortClash};

/// What can go wrong. `Display` says what happened, [`SwarmError::help`] what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SwarmError {
    /// Nobody answers at the address.
    #[error("no Docker engine answers at {address}: {why}")]
    NoEngine {
        /// The address tried.
        address: String,
        /// The operating system's words.
        why: String,
    },
    /// The socket is there, but this user may not use it.
    #[error("permission denied on the Docker engine's socket {address}")]
    PermissionDenied {
        /// The address tried.
        address: String,
    },
    /// The address, or the docker context that names it, is of no use.
    #[error(transparent)]
    Host(#[from] crate::host::HostError),
    /// The engine is no member of a Swarm.
    #[error("the Docker engine at {address} is not part of a Swarm")]
    NotSwarm {
        /// The engine's address.
        address: String,
    },
    /// The engine is a worker: it cannot create services.
    #[error("the Docker engine at {address} is a worker of its Swarm, not a manager")]
    NotManager {
        /// The engine's address.
        address: String,
        /// Addresses of the managers it knows.
        managers: Vec<String>,
    },
    /// The Swarm's state is encrypted and the key has not been given since the engine started.
    #[error("the Swarm at {address} is locked")]
    SwarmLocked {
        /// The engine's address.
        address: String,
    },
    /// The engine is a member but cannot work: no leader, still joining, an error of its own.
    #[error("the Swarm at {address} is not ready: {why}")]
    SwarmNotReady {
        /// The engine's address.
        address: String,
        /// The engine's words.
        why: String,
    },
    /// A stack of that name is there already.
    #[error("a stack named {stack:?} exists already ({})", count(*services, "service"))]
    StackExists {
        /// The stack's name.
        stack: String,
        /// How many services it has.
        services: usize,
    },
    /// Proxies that were woven into it are not in what comes up now, and would stay.
    #[error(
        "the stack {stack:?} was brought up with proxies that are not in what comes up now and would keep the names and ports \
         of their services: {}",
        services.join(", ")
    )]
    FrontsStay {
        /// The stack's name.
        stack: String,
        /// Full names of the proxies.
        services: Vec<String>,
    },
    /// The stack was deployed by something else.
    #[error("the stack {stack:?} was not deployed by swarmlab and is left alone")]
    ForeignStack {
        /// The stack's name.
        stack: String,
    },
    /// Nothing carries the label of such a stack.
    #[error("there is no stack named {stack:?}{}", did_you_mean(suggestion, known, "stacks"))]
    NoSuchStack {
        /// The name given.
        stack: String,
        /// The stacks there are.
        known: Vec<String>,
        /// The nearest of them, if it is near.
        suggestion: Option<String>,
    },
    /// The stack has no such service.
    #[error("the stack {stack:?} has no service {service:?}{}", did_you_mean(suggestion, known, "services"))]
    NoSuchService {
        /// The stack's name.
        stack: String,
        /// The name given.
        service: String,
        /// Short names of the stack's services.
        known: Vec<String>,
        /// The nearest of them, if it is near.
        suggestion: Option<String>,
    },
    /// The number of this service's replicas is not a setting.
    #[error("the service {service:?} of stack {stack:?} is {mode} and cannot be scaled")]
    NotScalable {
        /// The stack's name.
        stack: String,
        /// The service's short name.
        service: String,
        /// Its mode: `global`, `a job`.
        mode: String,
    },
    /// More tasks than a Swarm should be asked for.
    #[error("{asked} are too many: {bound}")]
    TooMany {
        /// What was asked for.
        asked: String,
        /// What is allowed.
        bound: String,
        /// True if the caller has insisted already.
        forced: bool,
    },
    /// One service is named twice in one order.
    #[error("the service {service:?} is to be scaled twice, to {first} and to {second}")]
    ScaledTwice {
        /// The service's short name.
        service: String,
        /// The first number.
        first: u64,
        /// The second one.
        second: u64,
    },
    /// Another object holds the name and does not belong to the stack.
    #[error("a {object} exists already and does not belong to the stack")]
    NameTaken {
        /// The object in the way.
        object: ObjectRef,
    },
    /// The stack file calls an object external, but it is not there.
    #[error("the external {object} does not exist")]
    ExternalMissing {
        /// The object that is missing.
        object: ObjectRef,
    },
    /// Images are missing.
    #[error("{}", images_text(missing))]
    ImagesMissing {
        /// Each missing image.
        missing: Vec<MissingImage>,
    },
    /// Published ports are taken.
    #[error("published ports are taken\n{}", lines(clashes))]
    PortTaken {
        /// Ports that are wanted, and who has them.
        clashes: Vec<PortClash>,
    },
    /// Services did not come up in time, or cannot come up at all.
    #[error("{0}")]
    NotConverged(Box<NotConverged>),
    /// Others kept changing the service while it was to be changed.
    #[error("the service {service:?} was changed by someone else each time it was to be updated")]
    Contention {
        /// The service's full name.
        service: String,
    },
    /// Not everything was gone in time.
    #[error("the stack {stack:?} is not gone after {waited_s:.0} s; left:\n{}", lines(left))]
    DownTimeout {
        /// The stack's name.
        stack: String,
        /// How long it was waited, in seconds.
        waited_s: f64,
        /// What is left.
        left: Vec<Leftover>,
    },
    /// The caller cancelled.
    #[error("interrupted while {doing}")]
    Interrupted {
        /// What was going on.
        doing: String,
    },
    /// The operation failed, and what it had created could not be removed either.
    #[error("{cause}\nand could not clean up; left:\n{}", lines(left))]
    NotCleaned {
        /// The stack's name.
        stack: String,
        /// Why the operation failed.
        cause: Box<SwarmError>,
        /// What it had created and is still there.
        left: Vec<Leftover>,
    },
    /// The Engine refused, or answered something unexpected.
    #[error("could not {doing}: {message}")]
    Engine {
        /// What was asked of the engine ("create network lab_net").
        doing: String,
        /// HTTP status of its answer, if there was one.
        status: Option<u16>,
        /// The engine's words.
        message: String,
    },
}

impl SwarmError {
    /// Its number and name, which stay the same over versions.
    pub fn code(&self) -> Code {
        match self {
            Self::NoEngine { .. } => codes::NO_ENGINE,
            Self::PermissionDenied { .. } => codes::ENGINE_PERMISSION,
            Self::Host(_) => codes::ENGINE_ADDRESS,
            Self::NotSwarm { .. } => codes::NOT_A_SWARM,
            Self::NotManager { .. } => codes::NOT_A_MANAGER,
            Self::SwarmLocked { .. } => codes::SWARM_LOCKED,
            Self::SwarmNotReady { .. } => codes::SWARM_NOT_READY,
            Self::StackExists { .. } => codes::STACK_EXISTS,
            Self::FrontsStay { .. } => codes::FRONTS_STAY,
            Self::ForeignStack { .. } => codes::FOREIGN_STACK,
            Self::NoSuchStack { .. } => codes::NO_SUCH_STACK,
            Self::NoSuchService { .. } => codes::NO_SUCH_SERVICE,
            Self::NotScalable { .. } => codes::NOT_SCALABLE,
            Self::TooMany { .. } => codes::TOO_MANY_REPLICAS,
            Self::ScaledTwice { .. } => codes::SCALED_TWICE,
            Self::NameTaken { .. } => codes::NAME_TAKEN,
            Self::ExternalMissing { .. } => codes::EXTERNAL_MISSING,
            Self::ImagesMissing { .. } => codes::IMAGE_MISSING,
            Self::PortTaken { .. } => codes::PORT_TAKEN,
            Self::NotConverged(_) => codes::NOT_CONVERGED,
            Self::Contention { .. } => codes::CONTENTION,
            Self::DownTimeout { .. } => codes::DOWN_TIMEOUT,
            Self::Interrupted { .. } => codes::INTERRUPTED,
            Self::NotCleaned { cause, .. } => cause.code(),
            Self::Engine { .. } => codes::ENGINE_ERROR,
        }
    }
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

fn lines<T: fmt::Display>(items: &[T]) -> String {
    items.iter().map(|item| format!("  {item}")).collect::<Vec<_>>().join("\n")
}

fn did_you_mean(suggestion: &Option<String>, known: &[String], what: &str) -> String {
    match suggestion {
        Some(name) => format!("; did you mean {name:?}? ({what}: {})", known.join(", ")),
        None if known.is_empty() => format!(" (there are no {what})"),
        None => format!(" ({what}: {})", known.join(", ")),
    }
}

fn images_text(missing: &[MissingImage]) -> String {
    let items: Vec<String> = missing
        .iter()
        .map(|m| format!("  {} (needed by {}): {}", m.image, m.services.join(", "), m.why))
        .collect();
    format!("{} missing and cannot be pulled\n{}", count(missing.len(), "image"), items.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_clean_up_keeps_the_code_of_its_cause() {
        let left = Leftover {
            object: ObjectRef { kind: ObjectKind::Network, name: "lab_net".into() },
            why: "has active endpoints".into(),
        };
        let cause = Box::new(SwarmError::Interrupted { doing: "creating networks".into() });
        let error = SwarmError::NotCleaned { stack: "lab".into(), cause, left: vec![left] };
        assert_eq!(error.code().name(), "interrupted");
        assert!(error.to_string().contains("network lab_net (has active endpoints)"), "{error}");
    }

    #[test]
    fn unknown_names_come_with_a_suggestion_or_a_list() {
        let error = SwarmError::NoSuchStack { stack: "x".into(), known: vec![], suggestion: None };
        assert_eq!(error.to_string(), "there is no stack named \"x\" (there are no stacks)");
        let known = vec!["lab".to_string(), "prod".to_string()];
        let error = SwarmError::NoSuchStack { stack: "lub".into(), known, suggestion: Some("lab".into()) };
        assert_eq!(
            error.to_string(),
            "there is no stack named \"lub\"; did you mean \"lab\"? (stacks: lab, prod)"
        );
    }
}
