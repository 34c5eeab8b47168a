//! What an engine and its Swarm can and cannot do for a measurement, each with a remedy.

use crate::connect::{Engine, EngineInfo, check_swarm};
use crate::down::own_stacks;
use crate::error::{PortClash, SwarmError};
use crate::images::{images_of, is_here};
use crate::ports::clashes_of;
use bollard::models::{Node, NodeSpecAvailabilityEnum, NodeState, SystemInfo};
use bollard::query_parameters::ListNodesOptions;
use serde::Serialize;
use swarmlab_stackfile::StackSpecs;

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// As it should be.
    Fine,
    /// Something works less well, or not at all for some stacks.
    Warning,
    /// Stacks cannot come up.
    Broken,
    /// It cannot be seen from here.
    Unknown,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at, a word or two.
    pub what: String,
    /// How it is.
    pub health: Health,
    /// What was found, a sentence without a full stop.
    pub found: String,
    /// What to do about it; empty where nothing is to be done.
    pub remedy: String,
}

impl Check {
    /// All is well.
    pub fn fine(what: &str, found: impl Into<String>) -> Self {
        Self { what: what.into(), health: Health::Fine, found: found.into(), remedy: String::new() }
    }

    /// Not as it should be.
    pub fn not(what: &str, health: Health, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what: what.into(), health, found: found.into(), remedy: remedy.into() }
    }

    /// What failed at the very look at it: nothing comes up like that.
    pub fn failed(what: &str, error: &SwarmError) -> Self {
        Self::not(what, Health::Broken, error.to_string(), error.help())
    }
}

/// Looks at an engine that answers, its Swarm, what swarmlab has left there, and, if given, at what a stack needs of them.
/// That there is no Swarm is a finding, and no error. Changes nothing.
///
/// # Errors
/// The engine's own.
pub async fn doctor(engine: &Engine, stack: Option<&StackSpecs>) -> Result<Vec<Check>, SwarmError> {
    let info = engine.docker().info().await.map_err(|error| engine.fail("ask for its state", error))?;
    let member = check_swarm(&engine.info().address, &info);
    let of_swarm = match &member {
        Ok(()) => {
            let nodes = engine.docker().list_nodes(None::<ListNodesOptions>).await;
            swarm(&nodes.map_err(|error| engine.fail("list nodes", error))?)
        }
        Err(why) => Check::failed("swarm", why),
    };
    let mut checks =
        vec![version(engine.info()), of_swarm, cgroups(engine.info()), labels(engine.info(), &info)];
    checks.extend(info.warnings.iter().flatten().map(|warning| remark(warning)));
    if member.is_ok() {
        checks.push(leftovers(&own_stacks(engine).await?));
    }
    if let Some(specs) = stack {
        if member.is_ok() {
            checks.push(ports(clashes_of(engine, specs).await?));
        }
        let mut missing = Vec::new();
        for (image, _) in images_of(specs) {
            if !is_here(engine, &image).await? {
                missing.push(image);
            }
        }
        checks.push(images(&missing));
    }
    Ok(checks)
}

fn major(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split(|c: char| !c.is_ascii_digit()).map(str::parse::<u32>);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

fn version(info: &EngineInfo) -> Check {
    let found = format!(
        "Docker {} (API {}) at {}, kernel {}",
        info.version, info.api_version, info.address, info.kernel
    );
    match major(&info.version) {
        Some((major, minor)) if (major, minor) < (20, 10) => {
            let remedy = "use 20.10 or a newer one: older ones have no cgroup v2 and no jobs";
            Check::not("engine", Health::Warning, found, remedy)
        }
        _ => Check::fine("engine", found),
    }
}

fn swarm(nodes: &[Node]) -> Check {
    let name = |node: &Node| {
        let host = node.description.as_ref().and_then(|d| d.hostname.clone());
        host.or_else(|| node.id.clone()).unwrap_or_default()
    };
    let down = |node: &&Node| node.status.as_ref().and_then(|status| status.state) != Some(NodeState::READY);
    let idle = |node: &&Node| {
        node.spec.as_ref().and_then(|spec| spec.availability) != Some(NodeSpecAvailabilityEnum::ACTIVE)
    };
    let names = |nodes: Vec<&Node>| nodes.into_iter().map(name).collect::<Vec<_>>().join(", ");
    let lost: Vec<&Node> = nodes.iter().filter(down).collect();
    let drained: Vec<&Node> = nodes.iter().filter(|node| !down(node)).filter(idle).collect();
    let found = format!("{} node{}", nodes.len(), if nodes.len() == 1 { "" } else { "s" });
    if lost.len() + drained.len() == nodes.len() {
        let remedy = "see docker node ls; docker node update --availability active NODE";
        return Check::not("swarm", Health::Broken, format!("{found}, none of which takes tasks"), remedy);
    }
    if !lost.is_empty() {
        let found = format!("{found}, not ready: {}", names(lost));
        return Check::not(
            "swarm",
            Health::Warning,
            found,
            "start them, or remove them: docker node rm NODE",
        );
    }
    if !drained.is_empty() {
        let found = format!("{found}, taking no tasks: {}", names(drained));
        return Check::not("swarm", Health::Warning, found, "docker node update --availability active NODE");
    }
    Check::fine("swarm", format!("{found}, all ready"))
}

fn cgroups(info: &EngineInfo) -> Check {
    match info.cgroup_version.as_str() {
        "1" => Check::fine("cgroups", "version 1"),
        "2" => Check::not(
            "cgroups",
            Health::Fine,
            "version 2",
            "some cAdvisor versions do not export container_cpu_cfs_throttled_* there: throttling is then absent",
        ),
        _ => Check::not(
            "cgroups",
            Health::Unknown,
            "the engine does not say which version its host has",
            "see: stat -fc %T /sys/fs/cgroup (cgroup2fs is version 2)",
        ),
    }
}

/// cAdvisor reads what a container is from the engine's own image store.
fn labels(info: &EngineInfo, system: &SystemInfo) -> Check {
    let driver = system.driver_status.iter().flatten().flatten();
    let containerd = driver.into_iter().any(|word| word.contains("io.containerd.snapshotter"));
    if containerd || major(&info.version).is_some_and(|(major, _)| major >= 29) {
        let found = "images are in containerd's store: cAdvisor may see containers without their labels, and so no service's CPU";
        let remedy = "set \"features\": {\"containerd-snapshotter\": false} in the engine's daemon.json and load the images anew, or take a cAdvisor that knows this store";
        return Check::not("cAdvisor", Health::Warning, found, remedy);
    }
    Check::fine("cAdvisor", "images are in the engine's own store: containers have their labels")
}

/// The engine's own words on its host.
fn remark(warning: &str) -> Check {
    let found = warning.trim_start_matches("WARNING: ");
    let remedy = if found.contains("swap limit") || found.contains("memory limit") {
        "limits of that kind have no effect: boot with cgroup_enable=memory swapaccount=1"
    } else if found.contains("bridge-nf-call") {
        "modprobe br_netfilter, if containers of one node cannot reach each other"
    } else {
        "see the engine's documentation"
    };
    Check::not("host", Health::Warning, found, remedy)
}

fn ports(clashes: Vec<PortClash>) -> Check {
    if clashes.is_empty() {
        return Check::fine("ports", "the ports that the stack publishes are free");
    }
    let found: Vec<String> = clashes.iter().map(ToString::to_string).collect();
    Check::not("ports", Health::Broken, found.join("; "), "stop what holds them, or publish others")
}

fn leftovers(stacks: &[String]) -> Check {
    if stacks.is_empty() {
        return Check::fine("stacks", "nothing of swarmlab is up");
    }
    let found = format!("of swarmlab: {}", stacks.join(", "));
    Check::not("stacks", Health::Fine, found, "to remove them all: swarmlab down --all")
}

fn images(missing: &[String]) -> Check {
    if missing.is_empty() {
        return Check::fine("images", "the stack's images are on this engine");
    }
    let found = format!("not on this engine: {}", missing.join(", "));
    let remedy = "they are pulled when the stack comes up; of the sample stack: swarmlab images build";
    Check::not("images", Health::Warning, found, remedy)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn info(version: &str, cgroup: &str) -> EngineInfo {
        EngineInfo {
            address: "unix:///s".into(),
            version: version.into(),
            api_version: "1.41".into(),
            platform: "linux/amd64".into(),
            kernel: "6.1".into(),
            host_name: "h".into(),
            cgroup_version: cgroup.into(),
            cpus: 2,
            memory_bytes: 1,
            node_id: "n".into(),
            nodes: 1,
            managers: 1,
        }
    }

    fn nodes(states: &[(&str, &str)]) -> Vec<Node> {
        let node = |(i, (state, availability)): (usize, &(&str, &str))| {
            let text = format!(
                r#"{{"ID":"n{i}","Description":{{"Hostname":"h{i}"}},"Status":{{"State":"{state}"}},"Spec":{{"Availability":"{availability}"}}}}"#
            );
            serde_json::from_str(&text).unwrap()
        };
        states.iter().enumerate().map(node).collect()
    }

    #[test]
    fn nodes_that_take_no_tasks_are_named() {
        let fine = ("ready", "active");
        assert_eq!(swarm(&nodes(&[fine])).found, "1 node, all ready");
        let lost = swarm(&nodes(&[fine, ("down", "active")]));
        assert_eq!((lost.health, lost.found.as_str()), (Health::Warning, "2 nodes, not ready: h1"));
        let drained = swarm(&nodes(&[fine, ("ready", "drain")]));
        assert_eq!(drained.found, "2 nodes, taking no tasks: h1");
        assert_eq!(swarm(&nodes(&[("ready", "drain"), ("down", "active")])).health, Health::Broken);
    }

    #[test]
    fn versions_decide_what_is_told() {
        assert_eq!(version(&info("20.10.24+dfsg1", "1")).health, Health::Fine);
        assert_eq!(version(&info("19.03.1", "1")).health, Health::Warning);
        let system = SystemInfo::default();
        assert_eq!(labels(&info("28.2.2", "2"), &system).health, Health::Fine);
        assert_eq!(labels(&info("29.0.0", "2"), &system).health, Health::Warning);
        let status = Some(vec![vec!["driver-type".into(), "io.containerd.snapshotter.v1".into()]]);
        let containerd = SystemInfo { driver_status: status, ..system };
        assert_eq!(labels(&info("28.2.2", "2"), &containerd).health, Health::Warning);
        assert_eq!(cgroups(&info("x", "")).health, Health::Unknown);
    }

    #[test]
    fn whatever_is_not_fine_has_a_remedy() {
        let all = [
            version(&info("17.06", "1")),
            swarm(&nodes(&[("down", "active")])),
            cgroups(&info("x", "")),
            labels(&info("29.1.0", "2"), &SystemInfo::default()),
            remark("WARNING: No swap limit support"),
            remark("WARNING: bridge-nf-call-iptables is disabled"),
            images(&["a:1".into()]),
        ];
        for check in all {
            assert!(check.health != Health::Fine && !check.remedy.is_empty(), "{check:?}");
        }
    }
}
