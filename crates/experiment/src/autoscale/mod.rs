//! A controllers file, or the key of an experiment: `autoscale: { ms-exercise: { min: 1, max: 8, every: 15s, controller: { kind: hpa, … } } }`
//!
//! One file for each group of controllers; a new one is a reader there and a line in [`WORDS`].

mod command;
mod file;
mod have;
mod hpa;
mod inside;
mod keys;
mod models;
mod rules;
#[cfg(test)]
mod tests;

pub use command::Command;
pub(crate) use file::from_text;
pub use file::{Controllers, read_file};
pub(crate) use have::Have;
pub(crate) use inside::of_experiment;

use std::path::Path;
use std::time::Duration;

use swarmlab_codes as codes;
use swarmlab_control::{Bounds, Strategy};
use swarmlab_stackfile::{Mode, MountKind, Service, Stack};
use swarmlab_yaml::{MapReader, Value};

/// One service that is scaled.
#[derive(Debug, Clone, PartialEq)]
pub struct Autoscale {
    /// Its short name.
    pub service: String,
    /// How often there is a decision.
    pub every: Duration,
    /// What holds whatever controls it.
    pub bounds: Bounds,
    /// Who decides.
    pub controller: Decider,
}

/// Who decides.
#[derive(Debug, Clone, PartialEq)]
pub enum Decider {
    /// A controller of the house.
    House(Strategy),
    /// A child process that speaks the protocol of `swarmlab_control::external`.
    Command(Command),
}

/// Where a controller is read: what its values may depend on.
pub(super) struct Place<'a> {
    /// The folder of the file.
    base: &'a Path,
    /// How often there is a decision.
    every: Duration,
    /// The services of the stack, if it could be read.
    services: Option<&'a [String]>,
    /// The bounds of the service.
    bounds: Bounds,
    /// The service that is scaled.
    service: &'a str,
    /// What the run will have, where it is known which run that is.
    have: Option<&'a Have<'a>>,
}

type Reader = fn(&MapReader<'_>, &Place<'_>) -> Option<Decider>;

/// The words and who reads them, in the order in which they are listed.
const WORDS: [(&str, Reader); 11] = [
    ("fixed", |m, p| rules::fixed(m, p).map(house)),
    ("schedule", |m, p| rules::schedule(m, p).map(house)),
    ("threshold", |m, p| rules::threshold(m, p).map(house)),
    ("step", |m, p| rules::step(m, p).map(house)),
    ("target-tracking", |m, p| rules::target_tracking(m, p).map(house)),
    ("hpa", |m, p| hpa::hpa(m, p).map(house)),
    ("pid", |m, p| models::pid(m, p).map(house)),
    ("mmc", |m, p| models::mmc(m, p).map(house)),
    ("optctrl", |m, p| models::optctrl(m, p).map(house)),
    ("predictive", |m, p| models::predictive(m, p).map(house)),
    ("command", |m, p| command::command(m, p).map(Decider::Command)),
];

fn house(strategy: impl Into<Strategy>) -> Decider {
    Decider::House(strategy.into())
}

/// Reads the element: services in the order of the file. `services` are all that there are; of the stack, if they are not
/// told.
fn read(
    value: &Value<'_>,
    stack: Option<&Stack>,
    services: Option<&[String]>,
    base: &Path,
    have: Option<&Have<'_>>,
) -> Option<Vec<Autoscale>> {
    let of_stack = || stack.map(|s| s.services.iter().map(|s| s.name.clone()).collect());
    let names: Option<Vec<String>> = services.map(<[String]>::to_vec).or_else(of_stack);
    let entries = value.entries()?;
    let read: Vec<Option<Autoscale>> = entries
        .iter()
        .map(|(key, entry)| {
            let known = known_service_key(&key.name, entry, names.as_deref());
            if let Some(service) = stack.and_then(|s| s.service(&key.name)) {
                scalable(entry, service);
            }
            let one = service(&key.name, entry, names.as_deref(), base, have);
            known.and(one)
        })
        .collect();
    read.into_iter().collect()
}

/// A key that must be a service of the stack, where that is known.
fn known_service_key(name: &str, entry: &Value<'_>, services: Option<&[String]>) -> Option<()> {
    let Some(known) = services else { return Some(()) };
    if known.iter().any(|s| s == name) {
        return Some(());
    }
    let list = known.join(", ");
    let message = format!("the stack has no service `{name}`");
    let finding = entry.cx().error(codes::UNKNOWN_SERVICE, entry.key_span(), message).at(entry.path());
    let finding = finding.expected(format!("one of {list}"));
    entry.cx().push(match swarmlab_yaml::nearest(name, known.iter().map(String::as_str)) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => finding,
    });
    None
}

/// Refuses a service whose count is no setting, or whose replicas would write into one volume.
fn scalable(entry: &Value<'_>, service: &Service) {
    let mode = match service.deploy.mode {
        Mode::Replicated { .. } => None,
        Mode::Global => Some("runs once on every node (`deploy.mode: global`)"),
        Mode::ReplicatedJob { .. } | Mode::GlobalJob => Some("is a job"),
    };
    let volume = service.mounts.iter().find_map(|m| match &m.kind {
        MountKind::Volume { source: Some(name), .. } if !m.read_only => Some(name),
        _ => None,
    });
    let why = match (mode, volume) {
        (Some(mode), _) => mode.to_owned(),
        (None, Some(name)) => format!("writes into the volume `{name}`, which its replicas would share"),
        (None, None) => return,
    };
    let message = format!("`{}` cannot be scaled: it {why}", service.name);
    let finding = entry.cx().error(codes::NOT_AUTOSCALABLE, entry.key_span(), message).at(entry.path());
    entry.cx().push(finding.help("scale a replicated service without a volume that it writes into"));
}

fn service(
    name: &str,
    value: &Value<'_>,
    services: Option<&[String]>,
    base: &Path,
    have: Option<&Have<'_>>,
) -> Option<Autoscale> {
    let map = value.mapping()?;
    let standard = Bounds::default();
    let count = |v: &Value<'_>| v.int(0..=100).map(i64::unsigned_abs);
    let min = map.or("min", standard.min, count);
    let max = map.required("max", |v| v.int(1..=100).map(i64::unsigned_abs));
    let every = map.or("every", Duration::from_secs(15), keys::period);
    let stale = map.or("stale_after", (every * 2).max(Duration::from_secs(30)), Value::positive_duration);
    let (min_cores, max_cores) = map
        .optional("cpu", |v| {
            let cpu = v.mapping()?;
            let cores = |v: &Value<'_>| v.float(0.001..=1024.0);
            let read =
                (cpu.or("min", standard.min_cpu_cores, cores), cpu.or("max", standard.max_cpu_cores, cores));
            cpu.finish();
            crossed(&cpu, "cores", read.0, read.1);
            Some(read)
        })
        .unwrap_or((standard.min_cpu_cores, standard.max_cpu_cores));
    if let Some(max) = max {
        crossed(&map, "replicas", min as f64, max as f64);
    }
    let bounds = Bounds {
        min,
        max: max.unwrap_or(standard.max),
        min_cpu_cores: min_cores,
        max_cpu_cores: max_cores,
        stale_after_s: stale.as_secs_f64(),
    };
    let place = Place { base, every, services, bounds, service: name, have };
    let controller = map.required("controller", |v| decider(v, &place));
    map.finish();
    max?;
    Some(Autoscale { service: name.to_owned(), every, bounds, controller: controller? })
}

fn decider(value: &Value<'_>, place: &Place<'_>) -> Option<Decider> {
    let map = value.mapping()?;
    // Without a kind no key can be judged; the missing or wrong word is the finding.
    let read = map.required("kind", |v| v.enum_of(&WORDS))?;
    let decider = read(&map, place);
    map.finish();
    decider
}

/// Says so if a least is greater than a greatest.
fn crossed(map: &MapReader<'_>, what: &str, min: f64, max: f64) {
    if min <= max {
        return;
    }
    // Both keys may stand in the file, or one of them against the other's default.
    let Some(at) = map.get("min").or_else(|| map.get("max")) else { return };
    let message = format!("{}: at least {min} and at most {max} {what} cannot be", map.value().path());
    let finding = at.error(codes::BOUNDS_CROSSED, message).expected(format!("`min` of at most {max}"));
    at.cx().push(finding.help("raise `max` or lower `min`"));
}
