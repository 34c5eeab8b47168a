//! What the Engine is asked to create for a stack: the output side of this room.
//!
//! The types here hold nothing but finished requests in the Engine's own vocabulary
//! (`bollard_stubs::models`, the very types `bollard::models` re-exports), in the order in which they
//! must be created: networks, configs and secrets, then services. Whoever talks to the Engine
//! only has to fill in the ids of configs and secrets, which exist once they are created.

use bollard_stubs::models::{NetworkCreateRequest, ServiceSpec};
use std::collections::HashMap;
use swarmlab_yaml::Diagnostic;

/// Everything the Engine needs for one stack under one name.
#[derive(Debug, Clone)]
pub struct StackSpecs {
    /// The stack's name: prefix of every object and value of the namespace label.
    pub name: String,
    /// Networks, in the order of the file; the implicit `default` network last, if a service uses it.
    pub networks: Vec<NetworkPlan>,
    /// Named volumes, in the order of the file.
    pub volumes: Vec<VolumePlan>,
    /// Swarm configs, in the order of the file.
    pub configs: Vec<BlobPlan>,
    /// Swarm secrets, in the order of the file.
    pub secrets: Vec<BlobPlan>,
    /// Services, in the order of the file.
    pub services: Vec<ServicePlan>,
    /// What was accepted but has no effect, each with its place in the file.
    pub warnings: Vec<Diagnostic>,
}

/// One network of a stack.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkPlan {
    /// Name in the file.
    pub short: String,
    /// Name in the Engine: `<stack>_<short>`, or the name the file gives.
    pub full: String,
    /// True if the network must exist already and is neither created nor removed.
    pub external: bool,
    /// The request that creates it: driver `overlay` unless the file says otherwise, namespace label set.
    pub request: NetworkCreateRequest,
}

/// One named volume of a stack. Nobody creates it beforehand: the node that runs a task does, by the driver, options
/// and labels that the task's mount carries, and it alone can judge them.
#[derive(Debug, Clone, PartialEq)]
pub struct VolumePlan {
    /// Name in the file.
    pub short: String,
    /// Name in the Engine: `<stack>_<short>`, or the name the file gives.
    pub full: String,
    /// True if it is not the stack's: it is not removed with it.
    pub external: bool,
}

/// One config or secret of a stack: an immutable blob in the Swarm's store.
#[derive(Clone, PartialEq, Eq)]
pub struct BlobPlan {
    /// Name in the file.
    pub short: String,
    /// Name in the Engine: `<stack>_<short>_<first 8 hex digits of the content's SHA-256>`, so that a
    /// changed content is a new object; or the plain name the file gives, or the external name.
    pub full: String,
    /// True if it must exist already and is neither created nor removed; `data` is then empty.
    pub external: bool,
    /// The content, as read from the file (not base64).
    pub data: Vec<u8>,
    /// Labels of the object, namespace label included; empty if external.
    pub labels: HashMap<String, String>,
    /// The plugin that expands it as a template for each task (`golang`).
    pub template_driver: Option<String>,
    /// The plugin that fetches a secret's content, with its options.
    pub driver: Option<(String, HashMap<String, String>)>,
}

/// Never prints the content: it may be a secret.
impl std::fmt::Debug for BlobPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlobPlan")
            .field("short", &self.short)
            .field("full", &self.full)
            .field("external", &self.external)
            .field("data_bytes", &self.data.len())
            .field("labels", &self.labels)
            .field("template_driver", &self.template_driver)
            .field("driver", &self.driver)
            .finish()
    }
}

/// One service of a stack.
#[derive(Debug, Clone, PartialEq)]
pub struct ServicePlan {
    /// Name in the file.
    pub short: String,
    /// Name in the Engine: `<stack>_<short>`.
    pub full: String,
    /// The service's specification. Networks are named by their full name; references to configs and
    /// secrets carry `config_name`/`secret_name` (the full name) and no id.
    pub spec: ServiceSpec,
    /// Short names of the services whose traffic this one carries (deploy label `swarmlab.fronts`).
    pub fronts: Vec<String>,
    /// CPU time that one request costs, as declared (`x-swarmlab: { demand: … }` or label `swarmlab.demand`).
    pub demand: Option<std::time::Duration>,
    /// What the service is to the experiment (deploy label `swarmlab.role`).
    pub role: Role,
}

pub use swarmlab_record::topology::Role;
