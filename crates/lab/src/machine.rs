//! Whether this machine is large enough for what is asked of it, said before the load.
//!
//! The demands that the stack declares bound the work: a request costs at least what it costs at the service behind the
//! target, and at most every declared demand once (which services it visits is not known before). With the operational
//! laws (Denning & Buzen 1978) that bounds the cores in use: an open load of X requests/s keeps X D of them busy, N users
//! who think for Z keep at most N D / (Z + D).

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use swarmlab_experiment::{Experiment, Load, ModelKind};
use swarmlab_intervals::trust::Thresholds;
use swarmlab_loadgen::{Awake, can_keep_awake, wakeups};
use swarmlab_stackfile::StackSpecs;
use swarmlab_testbed::stack;

/// Above this share of the cores the generator no longer finds one free when it needs it.
const ROOM: f64 = 0.75;
/// What was seen of a machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// CPUs that this process may use, whole ones.
    pub cores: usize,
    /// p99 of the lateness of wake-ups, seconds.
    pub wake_p99_s: f64,
    /// Why its CPUs cannot be kept awake, if that was asked for and they cannot.
    pub sleeps_because: Option<String>,
}

impl Machine {
    /// Looks at this machine for half a second, as the generator will find it. Blocks.
    pub fn look(keep_awake: bool) -> Self {
        let sleeps_because = keep_awake.then(can_keep_awake).and_then(Result::err).map(|e| e.to_string());
        let _awake = keep_awake.then(Awake::keep);
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            wake_p99_s: wakeups::lateness_p99_s(),
            sleeps_because,
        }
    }
}

/// What the load is sent from, and the version of the files if they are under git: for whoever wants to know later.
pub fn describe(experiment: &Path) -> BTreeMap<String, String> {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let mut out = BTreeMap::new();
    let mut say = |what: &str, value: &str| {
        if !value.trim().is_empty() {
            out.insert(what.to_owned(), value.trim().to_owned());
        }
    };
    say("generator: host", &read("/proc/sys/kernel/hostname"));
    say("generator: kernel", &read("/proc/sys/kernel/osrelease"));
    say("generator: cores", &std::thread::available_parallelism().map_or(String::new(), |n| n.to_string()));
    let cpu = read("/proc/cpuinfo");
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    say("generator: processor", model.map_or("", |(_, name)| name));
    let memory = read("/proc/meminfo");
    let total = memory.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    say("generator: memory", total.unwrap_or_default());
    let folder = experiment.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let git = |args: &[&str]| {
        let output = Command::new("git").arg("-C").arg(folder).args(args).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    if let Some(commit) = git(&["rev-parse", "HEAD"]) {
        let changed = git(&["status", "--porcelain"]).is_some_and(|changes| !changes.is_empty());
        say("commit", &format!("{commit}{}", if changed { ", with changes" } else { "" }));
    }
    out
}

/// What speaks against sending this load from this machine; `shared` if the services run on it, too.
pub fn remarks(experiment: &Experiment, specs: &StackSpecs, machine: &Machine, shared: bool) -> Vec<String> {
    let mut out = Vec::new();
    if shared {
        out.extend(cores(&experiment.load, &experiment.target.service, specs, machine.cores));
    }
    out.extend(wake_ups(machine, experiment.load.keep_awake));
    out
}

/// That the CPUs sleep although they were to be kept awake.
pub fn cannot_keep_awake(why: &str) -> String {
    format!("the CPUs cannot be kept awake (/dev/cpu_dma_latency: {why}); root may")
}

/// What the machine's own wake-ups spoil.
pub fn wake_ups(machine: &Machine, keep_awake: bool) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(why) = &machine.sleeps_because {
        out.push(cannot_keep_awake(why));
    }
    // Where a second of load becomes INVALID: above the floor, and above a share of the median service time.
    let limits = Thresholds::default();
    if machine.wake_p99_s > limits.lateness_floor_s {
        let next = if keep_awake {
            "end other work on it, or send from another machine"
        } else {
            "end other work on it, keep its CPUs awake (`load.keep_awake: true`, `swarmlab load --keep-awake`; root), or \
             send from another machine"
        };
        out.push(format!(
            "this machine wakes a sleeping thread {:.1} ms late (p99 of half a second): seconds of the load will be \
             INVALID wherever the median service time is below {:.0} ms; {next}",
            machine.wake_p99_s * 1e3,
            machine.wake_p99_s / limits.lateness_share * 1e3,
        ));
    }
    out
}

fn cores(load: &Load, target: &str, specs: &StackSpecs, cores: usize) -> Option<String> {
    let declared = stack::declared_demands(specs);
    let entrance = specs.services.iter().find(|s| s.short == target)?;
    // With several services behind the target each request goes to one of them: at least to the cheapest.
    let demand = |service: &str| declared.get(service).copied();
    let behind = entrance.fronts.iter().map(|service| demand(service).unwrap_or(0.0)).reduce(f64::min);
    let least_s = demand(target).unwrap_or(0.0) + behind.unwrap_or(0.0);
    let most_s: f64 = declared.values().sum();
    let (least, most) = (busy_cores(load, least_s)?, busy_cores(load, most_s)?);
    let available = cores as f64;
    if least > available {
        return Some(format!(
            "at its highest the load keeps {least:.1} cores busy behind {target} alone, and this machine has {cores}: \
             requests will queue, the generator's among them; lower the load or the demand, or use a larger machine"
        ));
    }
    (most > ROOM * available).then(|| {
        format!(
            "at its highest the load may keep {most:.1} of this machine's {cores} cores busy (by declared demands), and \
             the generator needs some of the rest: seconds may be INVALID; lower the load or the demand, or send from \
             another machine"
        )
    })
}

/// Cores in use at the load's highest level, at most, if a request costs that much; none where nothing is declared, or
/// where the think time is not known.
fn busy_cores(load: &Load, demand_s: f64) -> Option<f64> {
    if demand_s <= 0.0 {
        return Some(0.0);
    }
    let highest = load.shape.maximum();
    Some(match load.model {
        ModelKind::Open { .. } => highest * demand_s,
        ModelKind::Closed { .. } => {
            let of_iteration_s = demand_s * load.scenario.requests_per_iteration();
            highest * of_iteration_s / (load.scenario.mean_wait_s()? + of_iteration_s)
        }
    })
}

#[cfg(test)]
mod tests;
