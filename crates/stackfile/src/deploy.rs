//! How the Swarm runs a service: how many tasks, where, within which limits.

use crate::read::{bytes, duration, labels, number};
use crate::units::parse_nano_cpus;
use std::collections::BTreeMap;
use std::time::Duration;
use swarmlab_codes as codes;
use swarmlab_yaml::{Span, Value};

/// A service's `deploy` section.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Deploy {
    /// How many tasks run, and for how long.
    pub mode: Mode,
    /// How the service's name resolves; the Engine's default (a virtual IP) if absent.
    pub endpoint_mode: Option<EndpointMode>,
    /// Labels of the service (not of its containers), those of this project included.
    pub labels: BTreeMap<String, String>,
    /// What a task may use at most.
    pub limits: Option<Limits>,
    /// What a node must have free for a task.
    pub reservations: Option<Reservations>,
    /// When an ended task is replaced.
    pub restart_policy: Option<RestartPolicy>,
    /// Which nodes a task may run on.
    pub placement: Placement,
    /// How tasks are replaced when the service changes.
    pub update_config: Option<UpdateConfig>,
    /// How tasks are replaced when a change is taken back.
    pub rollback_config: Option<UpdateConfig>,
    /// Where the labels of this project stand, for messages.
    pub(crate) label_spans: BTreeMap<String, (Span, String)>,
}

/// How many tasks run, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// This many, kept running.
    Replicated {
        /// Number of tasks.
        replicas: u32,
    },
    /// One on every node, kept running.
    Global,
    /// This many, until they end.
    ReplicatedJob {
        /// Number of tasks.
        replicas: u32,
    },
    /// One on every node, until it ends.
    GlobalJob,
}

impl Default for Mode {
    fn default() -> Self {
        Mode::Replicated { replicas: 1 }
    }
}

/// How a service's name resolves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointMode {
    /// To one virtual address, balanced by the kernel.
    Vip,
    /// To the addresses of all tasks.
    Dnsrr,
}

/// What a task may use at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Billionths of a processor.
    pub nano_cpus: Option<i64>,
    /// Memory.
    pub memory_bytes: Option<i64>,
    /// Processes and threads.
    pub pids: Option<i64>,
}

/// What a node must have free for a task.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reservations {
    /// Billionths of a processor.
    pub nano_cpus: Option<i64>,
    /// Memory.
    pub memory_bytes: Option<i64>,
    /// Countable things that the node's engine declares, as (kind, number): GPUs, licences.
    pub generic: Vec<(String, i64)>,
}

/// When an ended task is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RestartPolicy {
    /// After which ends; the Engine's default (any) if absent.
    pub condition: Option<RestartCondition>,
    /// Wait before the replacement.
    pub delay: Option<Duration>,
    /// Replacements at most, within the window.
    pub max_attempts: Option<u64>,
    /// How long a task must have run for its start to count as a success.
    pub window: Option<Duration>,
}

/// After which ends a task is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestartCondition {
    /// A task that ended is not replaced.
    None,
    /// When it failed.
    OnFailure,
    /// Whenever it ended, for whatever reason.
    Any,
}

/// Which nodes a task may run on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Placement {
    /// Conditions such as `node.role == manager`.
    pub constraints: Vec<String>,
    /// Labels over whose values tasks are spread, most important first.
    pub spread: Vec<String>,
    /// Tasks on one node at most.
    pub max_replicas_per_node: Option<u64>,
}

/// How tasks are replaced.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct UpdateConfig {
    /// Tasks at a time; 0 means all.
    pub parallelism: Option<u64>,
    /// Wait between two groups.
    pub delay: Option<Duration>,
    /// What to do when it fails.
    pub failure_action: Option<FailureAction>,
    /// How long a new task is watched.
    pub monitor: Option<Duration>,
    /// Share of failures that is accepted, 0 to 1.
    pub max_failure_ratio: Option<f64>,
    /// Which task goes first.
    pub order: Option<UpdateOrder>,
}

/// What to do when an update fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureAction {
    /// Go on with the next tasks.
    Continue,
    /// Stop where it is.
    Pause,
    /// Take the change back (updates only).
    Rollback,
}

/// Which task goes first in an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateOrder {
    /// The old one stops, then the new one starts.
    StopFirst,
    /// The new one starts, then the old one stops.
    StartFirst,
}

pub(crate) fn read(value: &Value<'_>) -> Option<Deploy> {
    let map = value.mapping()?;
    let mode = map.or("mode", "replicated", |v| {
        let names = ["replicated", "global", "replicated-job", "global-job"];
        v.enum_of(&names.map(|name| (name, name)))
    });
    let replicas = map.get("replicas").filter(|v| !v.is_null());
    if let (Some(replicas), "global" | "global-job") = (&replicas, mode) {
        let message = format!("a {mode} service runs one task on every node and takes no `replicas`");
        value.cx().push(replicas.error(codes::BAD_VALUE, message).help("remove `replicas` or `mode`"));
    }
    let count = replicas.and_then(|v| number(&v, 0..=100_000)).unwrap_or(1);
    let mode = match mode {
        "global" => Mode::Global,
        "global-job" => Mode::GlobalJob,
        "replicated-job" => Mode::ReplicatedJob { replicas: count },
        _ => Mode::Replicated { replicas: count },
    };
    let endpoint_mode = map.optional("endpoint_mode", |v| {
        v.enum_of(&[("vip", EndpointMode::Vip), ("dnsrr", EndpointMode::Dnsrr)])
    });
    let label_value = map.get("labels").filter(|v| !v.is_null());
    let label_spans = label_value.as_ref().map(label_spans).unwrap_or_default();
    let labels = label_value.and_then(|v| labels(&v)).unwrap_or_default();
    let (limits, reservations) = map.optional("resources", resources).unwrap_or_default();
    let restart_policy = map.optional("restart_policy", restart_policy);
    let placement = map.optional("placement", placement).unwrap_or_default();
    let update_config = map.optional("update_config", |v| update(v, true));
    let rollback_config = map.optional("rollback_config", |v| update(v, false));
    map.known_prefix("x-").finish();
    Some(Deploy {
        mode,
        endpoint_mode,
        labels,
        limits,
        reservations,
        restart_policy,
        placement,
        update_config,
        rollback_config,
        label_spans,
    })
}

/// Where each label's value stands: the value of a mapping's entry, or the item of a list.
fn label_spans(value: &Value<'_>) -> BTreeMap<String, (Span, String)> {
    use swarmlab_yaml::Kind;
    match &value.node().kind {
        Kind::Mapping(_) => {
            let entries = value.entries().unwrap_or_default().into_iter();
            entries.map(|(key, v)| (key.name.clone(), (v.span(), v.path().to_owned()))).collect()
        }
        Kind::Sequence(items) => items
            .iter()
            .enumerate()
            .filter_map(|(i, node)| {
                let name = node.text()?.split('=').next()?.to_owned();
                Some((name, (node.span, format!("{}[{i}]", value.path()))))
            })
            .collect(),
        _ => BTreeMap::new(),
    }
}

fn resources(value: &Value<'_>) -> Option<(Option<Limits>, Option<Reservations>)> {
    let map = value.mapping()?;
    let limits = map.optional("limits", |v| {
        let map = v.mapping()?;
        let nano_cpus = map.optional("cpus", nano_cpus);
        let memory_bytes = map.optional("memory", memory);
        let pids = map.optional("pids", |v| v.int(0..=i64::MAX));
        map.known_prefix("x-").finish();
        Some(Limits { nano_cpus, memory_bytes, pids })
    });
    let reservations = map.optional("reservations", |v| {
        let map = v.mapping()?;
        let nano_cpus = map.optional("cpus", nano_cpus);
        let memory_bytes = map.optional("memory", memory);
        let generic = map.or("generic_resources", Vec::new(), |v| v.list(generic));
        map.known_prefix("x-").finish();
        Some(Reservations { nano_cpus, memory_bytes, generic })
    });
    map.known_prefix("x-").finish();
    Some((limits, reservations))
}

/// `discrete_resource_spec: { kind: gpu, value: 2 }`
fn generic(value: &Value<'_>) -> Option<(String, i64)> {
    let map = value.mapping()?;
    let read = map.required("discrete_resource_spec", |v| {
        let map = v.mapping()?;
        let kind = map.required("kind", Value::text);
        let number = map.required("value", |v| v.int(0..=i64::MAX));
        map.finish();
        Some((kind?, number?))
    });
    map.finish();
    read
}

/// `no`, `always`, `unless-stopped`, `on-failure`, `on-failure:3`: what `restart` of a container says, as a policy of
/// the Swarm. (A number of attempts means something after a failure only.)
pub(crate) fn from_restart(value: &Value<'_>) -> Option<Option<RestartPolicy>> {
    value.parse("no, always, unless-stopped, on-failure or on-failure:N", |text| {
        let (name, count) = text.split_once(':').map_or((text, None), |(name, count)| (name, Some(count)));
        let max_attempts = match count.map(|count| count.parse::<u32>().map(u64::from)) {
            None => None,
            Some(Ok(count)) => Some(count).filter(|n| *n > 0),
            Some(Err(_)) => return Err(format!("`{}` is no number of attempts", count.unwrap_or_default())),
        };
        let condition = match name {
            "no" | "" => return Ok(None),
            "always" | "unless-stopped" => RestartCondition::Any,
            "on-failure" => RestartCondition::OnFailure,
            _ => return Err(format!("`{name}` is no restart policy")),
        };
        Ok(Some(RestartPolicy { condition: Some(condition), max_attempts, ..RestartPolicy::default() }))
    })
}

/// The Engine refuses less than a thousandth of a processor.
fn nano_cpus(value: &Value<'_>) -> Option<i64> {
    let nano_cpus = value.parse("a number of processors such as 0.50", parse_nano_cpus)?;
    if nano_cpus != 0 && nano_cpus < 1_000_000 {
        value.fail(codes::BAD_VALUE, format!("{} is too small", value.path()), "at least 0.001");
        return None;
    }
    Some(nano_cpus)
}

/// The Engine refuses less than 4 MiB.
fn memory(value: &Value<'_>) -> Option<i64> {
    let memory_bytes = bytes(value)?;
    if memory_bytes != 0 && memory_bytes < 4 << 20 {
        value.fail(codes::BAD_VALUE, format!("{} is too small", value.path()), "at least 4M");
        return None;
    }
    Some(memory_bytes)
}

fn restart_policy(value: &Value<'_>) -> Option<RestartPolicy> {
    let map = value.mapping()?;
    let condition = map.optional("condition", |v| {
        v.enum_of(&[
            ("none", RestartCondition::None),
            ("on-failure", RestartCondition::OnFailure),
            ("any", RestartCondition::Any),
        ])
    });
    let delay = map.optional("delay", duration);
    let max_attempts = map.optional("max_attempts", |v| number(v, 0..=i64::MAX));
    let window = map.optional("window", duration);
    map.known_prefix("x-").finish();
    Some(RestartPolicy { condition, delay, max_attempts, window })
}

fn placement(value: &Value<'_>) -> Option<Placement> {
    let map = value.mapping()?;
    let constraints = map.or("constraints", Vec::new(), |v| v.list(constraint));
    let spread = map.or("preferences", Vec::new(), |v| {
        v.list(|preference| {
            let map = preference.mapping()?;
            let spread = map.required("spread", Value::text);
            map.finish();
            spread
        })
    });
    let max_replicas_per_node = map.optional("max_replicas_per_node", |v| number(v, 0..=i64::MAX));
    map.known_prefix("x-").finish();
    Some(Placement { constraints, spread, max_replicas_per_node })
}

/// `node.role == manager`: the Engine knows `==` and `!=` only.
fn constraint(value: &Value<'_>) -> Option<String> {
    value.parse("a condition such as node.role == manager", |text| {
        let sides = text.split_once("==").or_else(|| text.split_once("!="));
        match sides.map(|(left, right)| (left.trim(), right.trim())) {
            Some((left, right)) if !left.is_empty() && !right.is_empty() => Ok(text.to_owned()),
            _ => Err(format!("`{text}` compares nothing by == or !=")),
        }
    })
}

fn update(value: &Value<'_>, can_roll_back: bool) -> Option<UpdateConfig> {
    let map = value.mapping()?;
    let parallelism = map.optional("parallelism", |v| number(v, 0..=i64::MAX));
    let delay = map.optional("delay", duration);
    let failure_action = map.optional("failure_action", |v| {
        let all = [
            ("continue", FailureAction::Continue),
            ("pause", FailureAction::Pause),
            ("rollback", FailureAction::Rollback),
        ];
        v.enum_of(if can_roll_back { &all } else { &all[..2] })
    });
    let monitor = map.optional("monitor", duration);
    let max_failure_ratio = map.optional("max_failure_ratio", |v| v.float(0.0..=1.0));
    let order = map.optional("order", |v| {
        v.enum_of(&[("stop-first", UpdateOrder::StopFirst), ("start-first", UpdateOrder::StartFirst)])
    });
    map.known_prefix("x-").finish();
    Some(UpdateConfig { parallelism, delay, failure_action, monitor, max_failure_ratio, order })
}
