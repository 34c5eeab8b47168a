//! A service's `deploy` section.

use super::duration;
use super::tree::{Entries, Tree};
use crate::deploy::{
    Deploy, EndpointMode, FailureAction, Mode, Placement, RestartCondition, RestartPolicy, UpdateConfig,
    UpdateOrder,
};

pub(super) fn tree(deploy: &Deploy) -> Tree {
    let mut out = Entries::default();
    let (mode, replicas) = match deploy.mode {
        Mode::Replicated { replicas } => (None, Some(replicas)),
        Mode::Global => (Some("global"), None),
        Mode::ReplicatedJob { replicas } => (Some("replicated-job"), Some(replicas)),
        Mode::GlobalJob => (Some("global-job"), None),
    };
    out.some("mode", mode.map(Tree::text));
    out.some("replicas", replicas.map(Tree::plain));
    out.some(
        "endpoint_mode",
        deploy
            .endpoint_mode
            .map(|mode| Tree::text(if mode == EndpointMode::Dnsrr { "dnsrr" } else { "vip" })),
    );
    out.some("labels", Some(Tree::pairs(&deploy.labels)));
    out.some("resources", Some(resources(deploy)));
    // An empty one is one nevertheless: its being there says something.
    if let Some(policy) = deploy.restart_policy {
        out.put("restart_policy", restart(policy));
    }
    out.some("placement", Some(placement(&deploy.placement)));
    for (key, config) in
        [("update_config", deploy.update_config), ("rollback_config", deploy.rollback_config)]
    {
        if let Some(config) = config {
            out.put(key, update(config));
        }
    }
    out.done()
}

fn resources(deploy: &Deploy) -> Tree {
    let cpus = |nano: i64| {
        let text = format!("{}.{:09}", nano / 1_000_000_000, nano % 1_000_000_000);
        Tree::text(text.trim_end_matches('0').trim_end_matches('.'))
    };
    let memory = |bytes: i64| {
        let units = [(30, "G"), (20, "M"), (10, "K")];
        let unit = units.iter().find(|(shift, _)| bytes != 0 && bytes % (1 << shift) == 0);
        Tree::text(
            unit.map_or_else(|| format!("{bytes}b"), |(shift, unit)| format!("{}{unit}", bytes >> shift)),
        )
    };
    let mut out = Entries::default();
    if let Some(limits) = &deploy.limits {
        let mut of = Entries::default();
        of.some("cpus", limits.nano_cpus.map(cpus));
        of.some("memory", limits.memory_bytes.map(memory));
        of.some("pids", limits.pids.map(Tree::plain));
        out.put("limits", of.done());
    }
    if let Some(reserved) = &deploy.reservations {
        let generic = |(kind, number): &(String, i64)| {
            let spec = vec![("kind".to_owned(), Tree::text(kind)), ("value".to_owned(), Tree::plain(number))];
            Tree::Map(vec![("discrete_resource_spec".to_owned(), Tree::Map(spec))])
        };
        let mut of = Entries::default();
        of.some("cpus", reserved.nano_cpus.map(cpus));
        of.some("memory", reserved.memory_bytes.map(memory));
        of.some("generic_resources", Some(Tree::List(reserved.generic.iter().map(generic).collect())));
        out.put("reservations", of.done());
    }
    out.done()
}

fn restart(policy: RestartPolicy) -> Tree {
    let mut out = Entries::default();
    out.some(
        "condition",
        policy.condition.map(|condition| {
            Tree::text(match condition {
                RestartCondition::None => "none",
                RestartCondition::OnFailure => "on-failure",
                RestartCondition::Any => "any",
            })
        }),
    );
    out.some("delay", policy.delay.map(duration));
    out.some("max_attempts", policy.max_attempts.map(Tree::plain));
    out.some("window", policy.window.map(duration));
    out.done()
}

fn placement(placement: &Placement) -> Tree {
    let spread = |label: &String| Tree::Map(vec![("spread".to_owned(), Tree::text(label))]);
    let mut out = Entries::default();
    out.some("constraints", Some(Tree::texts(&placement.constraints)));
    out.some("preferences", Some(Tree::List(placement.spread.iter().map(spread).collect())));
    out.some("max_replicas_per_node", placement.max_replicas_per_node.map(Tree::plain));
    out.done()
}

fn update(config: UpdateConfig) -> Tree {
    let mut out = Entries::default();
    out.some("parallelism", config.parallelism.map(Tree::plain));
    out.some("delay", config.delay.map(duration));
    out.some(
        "failure_action",
        config.failure_action.map(|action| {
            Tree::text(match action {
                FailureAction::Continue => "continue",
                FailureAction::Pause => "pause",
                FailureAction::Rollback => "rollback",
            })
        }),
    );
    out.some("monitor", config.monitor.map(duration));
    out.some("max_failure_ratio", config.max_failure_ratio.map(Tree::plain));
    out.some(
        "order",
        config.order.map(|order| {
            Tree::text(if order == UpdateOrder::StartFirst { "start-first" } else { "stop-first" })
        }),
    );
    out.done()
}
