//! Proxies and telemetry woven into any stack: an overlay of its model. The user's file is never edited.
//!
//! [`weave`] takes a stack and what is wished for and gives the woven stack, the texts of the configurations in it and
//! remarks on what it could not do, or does otherwise than one might think. Nothing here talks to an engine or a disk.
//!
//! # How a proxy takes a service's place
//!
//! The Engine gives each service its name in the file as an alias on the stack's networks. A *front* (an Envoy) takes
//! that alias, the declared ones and the published ports, so that callers and users need no change; the service is known
//! as `<name>-origin` from then on, and `tasks.<name>-origin` are its replicas. There are two ways to give the name away:
//!
//! * [`Naming::Kept`]: the service keeps its name, and the Engine is asked for another alias (`x-swarmlab: { alias }`).
//!   So it is when swarmlab itself brings the stack up: experiments, actions and figures call it as the file does.
//! * [`Naming::Renamed`]: the service itself is called `<name>-origin`, because `docker stack deploy` gives each service
//!   its name as an alias, whatever the file says. So it is in a file for it.
//!
//! # What a front must not change
//!
//! It passes `Host`, upgrades (WebSocket), HTTP/1.0 and answers of any length and duration: nothing is retried, timed
//! out, rewritten or signed. It listens on the ports that the service listens on, as far as they are known: published
//! ones, `expose`, the health check's URL, the label `swarmlab.front.port` and `--front NAME:PORT`.

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

mod choose;
mod envoy;
mod front;
mod names;
mod obstacle;
mod parts;
mod ports;
mod prometheus;
mod telemetry;
mod wishes;

pub use ports::{url_of_check, usual};
pub use wishes::{Fronts, Naming, Protocol, Telemetry, Wanted, Wishes, prometheus_address};

use names::Names;
use std::path::PathBuf;
use swarmlab_stackfile::Stack;
use swarmlab_yaml::{Diagnostic, Diagnostics};

/// Where the texts of woven configs stand as [`swarmlab_stackfile::Blob::file`]: a folder that does not exist, until
/// somebody writes them.
pub const FOLDER: &str = "swarmlab-woven";

/// Answers a variable (`ENVOY_IMAGE`, `DOCKER_SOCKET`, …), as for a stack file.
pub type Variables<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// A proxy that was put before a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Front {
    /// The service's name in the user's file, and the name that callers use.
    pub name: String,
    /// The service's name in the woven stack.
    pub service: String,
    /// The proxy's name in the woven stack.
    pub proxy: String,
    /// The ports it listens on, and how it reads what passes.
    pub ports: Vec<(u16, Protocol)>,
}

/// A woven stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Woven {
    /// The stack with everything that was woven in.
    pub stack: Stack,
    /// Which proxy stands before which service.
    pub fronts: Vec<Front>,
    /// Texts of configurations, by their path below [`FOLDER`]; they are in the stack's configs, too.
    pub files: Vec<(PathBuf, String)>,
    /// Warnings: what was left as it is and why, and what is not as one might think.
    pub remarks: Vec<Diagnostic>,
}

impl Woven {
    /// The front before a service, by the service's name in the user's file.
    pub fn front(&self, name: &str) -> Option<&Front> {
        self.fronts.iter().find(|front| front.name == name)
    }
}

/// Weaves.
///
/// # Errors
/// E204 for a service that the stack does not have, E226 for a wished port that the stack publishes itself, E260 for one that no proxy can be put before, E262 where no port of
/// one is known, E263 for a stack with a Prometheus of its own, E265 for a label of ours that cannot be read; all at once.
pub fn weave(stack: &Stack, wishes: &Wishes, variables: &Variables<'_>) -> Result<Woven, Diagnostics> {
    let mut found = Vec::new();
    let chosen = choose::choose(stack, wishes, &mut found);
    telemetry::check(stack, wishes, &mut found);
    let (errors, remarks): (Vec<_>, Vec<_>) = found.into_iter().partition(Diagnostic::is_error);
    if !errors.is_empty() {
        return Err(Diagnostics::new(errors.into_iter().chain(remarks).collect()));
    }
    let mut woven = Woven { stack: stack.clone(), fronts: Vec::new(), files: Vec::new(), remarks };
    let mut names = Names::of(stack);
    let network = names.take("swarmlab");
    for choice in &chosen {
        front::put(&mut woven, choice, wishes, &network, &mut names, variables)?;
    }
    telemetry::put(&mut woven, wishes, &network, &mut names, variables)?;
    Ok(woven)
}
