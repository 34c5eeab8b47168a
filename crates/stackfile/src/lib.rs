//! Compose v3 stack files, from text to Engine service specifications.
//!
//! [`load`] reads a stack file into the typed [`Stack`] (interpolated, every reference checked, all errors
//! at once with line and column); [`specs`] turns it into what the Engine is asked to create under one
//! stack name. Nothing here talks to an Engine, waits, or knows the process's environment: variables and
//! files come in as functions.
//!
//! The reference is what `docker stack deploy` does with the same file: what it ignores is a warning
//! here, what it refuses is an error, and so is any key it does not know. Where this room is stricter, or
//! keeps what it drops, the element's documentation says so:
//!
//! * scalars keep the text they were written with (`PORT: 0080` stays `0080`, `1.10` stays `1.10`), and a number is
//!   taken where the command line wants quotes around it;
//! * an empty environment value stays empty; only a missing value is taken from the environment;
//! * a name of one letter before a colon is a volume (`a:/data`), no drive of a Windows machine;
//! * which keys a `version` below 3.13 lacks is not checked;
//! * what the Engine would refuse later (an ingress port under `dnsrr`, a memory limit below 4 MiB, names
//!   that are too long) is refused here, with its place.
//!
//! Findings have the codes E2xx and W2xx of `swarmlab_codes`, and E0xx for what concerns YAML in general.
//!
//! ```
//! use std::path::Path;
//! let text = "services:\n  web:\n    image: ${IMAGE:-demo:1}\n    deploy: { replicas: 2 }\n";
//! let nothing = |_: &Path| Err(std::io::ErrorKind::NotFound.into());
//! let stack = swarmlab_stackfile::load(text, Path::new("web.yml"), &|_| None, &nothing).unwrap();
//! let specs = swarmlab_stackfile::specs(&stack, "shop").unwrap();
//! assert_eq!(specs.services[0].full, "shop_web");
//! assert_eq!(specs.networks[0].full, "shop_default");
//! ```

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

mod blobs;
mod check;
mod convert;
mod deploy;
mod env;
mod extension;
mod healthcheck;
mod interpolate;
mod keys;
mod mounts;
mod networks;
mod ports;
mod read;
mod secrecy;
mod service;
mod specs;
mod stack;
mod units;
mod unplaced;
mod volumes;
mod words;
mod write;

pub use blobs::{Blob, BlobUse, MAX_CONFIG_BYTES, MAX_SECRET_BYTES};
pub use convert::{IMAGE_LABEL, NAMESPACE_LABEL, specs};
pub use deploy::{
    Deploy, EndpointMode, FailureAction, Limits, Mode, Placement, Reservations, RestartCondition,
    RestartPolicy, UpdateConfig, UpdateOrder,
};
pub use extension::{CALLED_LABEL, LISTENS_LABEL, METRICS_LABEL, WOVEN_LABEL};
pub use healthcheck::{Healthcheck, Probe};
pub use interpolate::{Problem, interpolate_text};
pub use mounts::{Mount, MountKind, Propagation};
pub use networks::{Attachment, IpamPlan, Network};
pub use ports::{Port, PortMode, Protocol};
pub use secrecy::is_secret_name;
pub use service::{CredentialSpec, Isolation, Logging, Service, Ulimit};
pub use specs::{BlobPlan, NetworkPlan, Role, ServicePlan, StackSpecs, VolumePlan};
pub use stack::{Stack, load, load_file, text_of};
pub use units::{parse_bytes, parse_go_duration, parse_nano_cpus};
pub use volumes::Volume;
pub use words::split_words;
pub use write::write;
