//! A model file: what `swarmlab simulate` simulates.

mod law;
mod service;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::time::Duration;

use swarmlab_codes as codes;
use swarmlab_shapes::{Arrivals, Shape};
use swarmlab_simulate::model::MAX_VISITS;
use swarmlab_simulate::{Clients, Errand, Errands, Law, Load, Model, Service};
use swarmlab_yaml::{Cx, Diagnostic, Diagnostics, MapReader, Value, nearest};

use super::{FileKind, load::named, shape, slo::Slo, unreadable};

/// Most requests that a client makes before it pauses.
const MAX_REQUESTS: i64 = 10_000;

/// A model with what is known of its clients.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulationFile {
    /// Services and where requests enter.
    pub model: Model,
    /// How much load, if the file says it.
    pub shape: Option<Shape>,
    /// How clients behave.
    pub behaviour: Behaviour,
    /// Requests that a client makes one after the other before it pauses.
    pub requests: usize,
    /// After this a request of a client has failed, in seconds.
    pub timeout_s: f64,
    /// What is promised to them, if anything.
    pub slo: Option<Slo>,
    /// How long after its end controllers know of a second, in seconds.
    pub observed_after_s: f64,
    /// Warnings.
    pub warnings: Diagnostics,
}

/// How clients behave.
#[derive(Debug, Clone, PartialEq)]
pub enum Behaviour {
    /// They send by schedule.
    Open(Arrivals),
    /// They wait for answers, and then pause.
    Closed(Law),
}

impl SimulationFile {
    /// The clients of a shape.
    pub fn clients(&self, shape: Shape) -> Clients {
        let load = match self.behaviour.clone() {
            Behaviour::Open(arrivals) => Load::Open { shape, arrivals },
            Behaviour::Closed(think) => Load::Closed { shape, think },
        };
        Clients { load, timeout_s: Some(self.timeout_s) }
    }

    /// What each of them does.
    pub fn errands(&self) -> Errands {
        let all = vec![Errand { weight: 1.0, requests: vec![0; self.requests.max(1)] }];
        // One of weight 1 that asks the one endpoint cannot be refused.
        Errands::new(1, all).unwrap_or_default()
    }
}

/// Reads a model file.
///
/// # Errors
/// All findings, also those of a shape file that it names, or why it cannot be read.
pub fn read(path: &Path) -> Result<SimulationFile, Diagnostics> {
    let text = std::fs::read_to_string(path).map_err(|e| unreadable(path, &e))?;
    from_text(&text, path)
}

/// As [`read`], of a text at hand; `path` is where its names are relative to.
pub(crate) fn from_text(text: &str, path: &Path) -> Result<SimulationFile, Diagnostics> {
    let document = swarmlab_yaml::load(text, &path.display().to_string())?;
    let cx = Cx::new(&document);
    let mut foreign = Vec::new();
    let found = root(&cx.root(), path.parent().unwrap_or(Path::new(".")), &mut foreign);
    // Errors of a file that this one names are no error of this one.
    let broken = foreign.iter().any(Diagnostic::is_error);
    if found.is_none() && !cx.has_errors() && broken {
        return Err(Diagnostics::new(foreign));
    }
    let all = |own: Diagnostics| Diagnostics::new(own.into_vec().into_iter().chain(foreign).collect());
    match cx.finish(found) {
        Ok((read, warnings)) if !broken => Ok(SimulationFile { warnings: all(warnings), ..read }),
        Ok((_, own)) | Err(own) => Err(all(own)),
    }
}

fn root(value: &Value<'_>, base: &Path, foreign: &mut Vec<Diagnostic>) -> Option<SimulationFile> {
    let map = value.mapping()?;
    let services = map.required("services", services);
    let entry = entry(&map, services.as_deref());
    let load = map.optional("load", |v| load(v, base, foreign));
    let behaves = load.is_some() || map.get("load").is_none_or(|v| v.is_null());
    let slo = map.optional("slo", Slo::read);
    let observed_after = map.duration_or("observed_after", Duration::from_secs(1));
    map.known_prefix("x-");
    map.finish();
    let (behaviour, shape, requests, timeout_s) =
        load.unwrap_or((Behaviour::Open(Arrivals::Uniform), None, 1, 30.0));
    let model = Model { services: services?, entry: entry? };
    // What a service alone cannot show.
    if !value.cx().has_errors() {
        let visits: f64 = model.visits().iter().sum();
        if visits > MAX_VISITS {
            let at = map.get("services").unwrap_or_else(|| value.clone());
            let message = format!("one request would cause {visits:.0} visits of services");
            at.fail(codes::TOO_MANY_VISITS, message, format!("at most {MAX_VISITS} visits"));
        }
    }
    behaves.then_some(SimulationFile {
        model,
        shape,
        behaviour,
        requests,
        timeout_s,
        slo,
        observed_after_s: observed_after.as_secs_f64(),
        warnings: Diagnostics::default(),
    })
}

fn services(value: &Value<'_>) -> Option<Vec<Service>> {
    let entries = value.entries()?;
    if entries.is_empty() {
        let message = format!("{} is empty", value.path());
        value.fail(codes::BAD_VALUE, message, "at least one service");
        return None;
    }
    let names: Vec<String> = entries.iter().map(|(key, _)| key.name.clone()).collect();
    let read: Vec<Option<Service>> =
        entries.iter().map(|(key, v)| service::read(&key.name, v, &names)).collect();
    let services: Vec<Service> = read.into_iter().collect::<Option<_>>()?;
    let model = Model { services, entry: 0 };
    if let Some(index) = model.circle() {
        let at = &entries[index].1;
        let message = format!("`{}` calls itself in the end", names[index]);
        at.fail(codes::CALLS_IN_A_CIRCLE, message, "calls that come to an end");
        return None;
    }
    Some(model.services)
}

/// Where requests enter: the first service, if it is not said.
fn entry(map: &MapReader<'_>, services: Option<&[Service]>) -> Option<usize> {
    let Some(value) = map.get("entry").filter(|v| !v.is_null()) else { return Some(0) };
    let name = value.string()?;
    let names: Vec<&str> = services?.iter().map(|s| s.name.as_str()).collect();
    let found = names.iter().position(|n| *n == name);
    if found.is_none() {
        unknown_service(&value, &name, &names);
    }
    found
}

/// A finding about a service that is none of the file.
fn unknown_service(value: &Value<'_>, name: &str, names: &[&str]) {
    let finding = value
        .error(codes::UNKNOWN_SERVICE, format!("no service `{name}`"))
        .expected(format!("one of {}", names.join(", ")));
    value.cx().push(match nearest(name, names.iter().copied()) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => finding,
    });
}

fn load(
    value: &Value<'_>,
    base: &Path,
    foreign: &mut Vec<Diagnostic>,
) -> Option<(Behaviour, Option<Shape>, usize, f64)> {
    let map = value.mapping()?;
    let closed = map.or("model", false, |v| v.enum_of(&[("open", false), ("closed", true)]));
    let shape = map.optional("shape", |v| {
        if v.node().text().is_some() {
            named(v, base, foreign, FileKind::Shape, shape::element)
        } else {
            shape::element(v)
        }
    });
    let arrivals = map.optional("arrivals", shape::arrivals);
    let think = map.optional("think", law::read);
    let requests = map.or("requests", 1, |v| v.int(1..=MAX_REQUESTS));
    let timeout = map.or("timeout", Duration::from_secs(30), Value::positive_duration);
    for (key, wanted, other) in
        [("arrivals", false, "open"), ("think", true, "closed"), ("requests", true, "closed")]
    {
        if let Some(v) = map.get(key).filter(|v| !v.is_null() && closed != wanted) {
            let message = format!("{} has no meaning here", v.path());
            v.fail(codes::NOT_IN_THIS_MODEL, message, format!("`model: {other}`"));
        }
    }
    map.finish();
    let behaviour = if closed {
        Behaviour::Closed(think.unwrap_or(Law::NOTHING))
    } else {
        Behaviour::Open(arrivals.unwrap_or(Arrivals::Uniform))
    };
    Some((behaviour, shape, usize::try_from(requests).unwrap_or(1), timeout.as_secs_f64()))
}
