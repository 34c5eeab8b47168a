//! What errors speak of: objects that are in the way, missing or left.

use serde::Serialize;
use std::fmt;

/// What an object of a stack is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ObjectKind {
    /// A Swarm service.
    Service,
    /// One run of a replica.
    Task,
    /// A container of a task.
    Container,
    /// A network.
    Network,
    /// A Swarm config.
    Config,
    /// A Swarm secret.
    Secret,
    /// A named volume.
    Volume,
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Service => "service",
            Self::Task => "task",
            Self::Container => "container",
            Self::Network => "network",
            Self::Config => "config",
            Self::Secret => "secret",
            Self::Volume => "volume",
        })
    }
}

/// An object of a stack, by kind and full name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ObjectRef {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name in the Engine (a task's id, for tasks).
    pub name: String,
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}

/// Something that should be gone and is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Leftover {
    /// What is left.
    pub object: ObjectRef,
    /// Why, as far as the Engine says; may be empty.
    pub why: String,
}

impl fmt::Display for Leftover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.why.is_empty() { self.object.fmt(f) } else { write!(f, "{} ({})", self.object, self.why) }
    }
}

/// An image that is neither on the engine nor to be had from its registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MissingImage {
    /// The image as the stack names it.
    pub image: String,
    /// Short names of the services that use it.
    pub services: Vec<String>,
    /// Why it could not be pulled.
    pub why: String,
}

/// A published port that something else holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PortClash {
    /// The port on the node; `None` if the Engine's message does not name it.
    pub port: Option<u16>,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: String,
    /// Short name of the service that wants it.
    pub service: String,
    /// Who holds it, or the Engine's words.
    pub holder: String,
}

impl fmt::Display for PortClash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => {
                write!(f, "{}: port {port}/{} is held by {}", self.service, self.protocol, self.holder)
            }
            None => write!(f, "{}: a port it publishes is held by {}", self.service, self.holder),
        }
    }
}
