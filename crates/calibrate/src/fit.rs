//! The whole model.

use serde::Serialize;
use swarmlab_simulate::{Balance, Call, Law, Model, ModelError, Quota, Service, Step};

use crate::demand::{self, Demand};
use crate::evidence::{Evidence, Hints, Seen};
use crate::law::{self, Quiet};
use crate::tree::{self, Called, Counted};
use crate::{Ground, Note};

/// How long replicas are given to stop where nothing says it: Docker's own, seconds.
const DRAIN_S: f64 = 10.0;
/// Over so many seconds it is looked how much was used.
const AROUND_S: f64 = 20.0;

/// A service that is no part of the model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeftOut {
    /// Which.
    pub service: String,
    /// Why, a clause without its full stop.
    pub why: String,
}

/// A model with what is known of each part of it.
#[derive(Debug, Clone)]
pub struct Calibration {
    /// The model.
    pub model: Model,
    /// Why each of its services is as it is, in its order.
    pub notes: Vec<Vec<Note>>,
    /// Demands, in its order.
    pub demands: Vec<Demand>,
    /// Services that were measured and have no demand.
    pub left_out: Vec<LeftOut>,
    /// Of all of it, a sentence each without its full stop.
    pub remarks: Vec<String>,
}

impl Calibration {
    /// What is assumed of a service: its notes that nothing says.
    pub fn assumed(&self, service: usize) -> impl Iterator<Item = &Note> {
        self.notes.get(service).into_iter().flatten().filter(|n| n.ground == Ground::Assumed)
    }
}

/// Why there is no model.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NotCalibrated {
    /// The service that requests enter at has no demand.
    #[error("no model can be fitted: requests enter at `{entry}`, and its demand is not known: {why}")]
    Entry {
        /// The service.
        entry: String,
        /// Why.
        why: String,
    },
    /// What was fitted cannot be simulated.
    #[error("what was fitted cannot be simulated: {0}")]
    Model(#[from] ModelError),
}

/// Fits a model.
///
/// # Errors
/// [`NotCalibrated`].
pub fn fit(evidence: &Evidence, hints: &Hints) -> Result<Calibration, NotCalibrated> {
    let (mut parts, mut left_out) = (Vec::new(), Vec::new());
    for seen in &evidence.services {
        match demand::find(&seen.cpu_cores, &seen.per_s, &evidence.level, evidence.width_s) {
            Ok(demand) => parts.push((seen, demand)),
            Err(why) => left_out.push(LeftOut { service: seen.name.clone(), why: reason(seen, why) }),
        }
    }
    let Some(entry) = parts.iter().position(|(seen, _)| seen.name == evidence.entry) else {
        let why = left_out.iter().find(|l| l.service == evidence.entry).map(|l| l.why.clone());
        let why = why.unwrap_or_else(|| "its CPU was not measured".to_owned());
        return Err(NotCalibrated::Entry { entry: evidence.entry.clone(), why });
    };
    let counted: Vec<Counted> =
        parts.iter().map(|(seen, _)| Counted { name: seen.name.clone(), requests: seen.requests }).collect();
    let calls = tree::calls(&counted, entry, &hints.wires);
    let (mut services, mut notes) = (Vec::new(), Vec::new());
    for (i, (seen, demand)) in parts.iter().enumerate() {
        let (service, why) = one(seen, demand, calls.iter().filter(|c| c.caller == i), hints);
        services.push(service);
        notes.push(why);
    }
    let mut model = Model { services, entry };
    model.check()?;
    let busiest = busiest(&model, &parts, evidence.width_s);
    let quiet = law::quiet(evidence, &busiest);
    for i in leaves_first(&model) {
        laws(&mut model, i, evidence, quiet.as_ref(), &mut notes[i])?;
    }
    let mut remarks = Vec::new();
    if let Some(front) = &evidence.front {
        remarks.push(format!(
            "`{front}` and the other proxies have no CPU and no limit in the model: what they and the network take is in `wait`"
        ));
    }
    remarks.push(
        "requests of the model take one way whatever they ask for: demands, calls and laws are those of the run's mix of endpoints"
            .to_owned(),
    );
    let demands = parts.iter().map(|(_, d)| *d).collect();
    Ok(Calibration { model, notes, demands, left_out, remarks })
}

fn reason(seen: &Seen, why: String) -> String {
    let never = |values: &[Option<f64>]| values.iter().all(Option::is_none);
    match (never(&seen.cpu_cores), never(&seen.per_s)) {
        (true, _) => "its CPU was never sampled".to_owned(),
        (_, true) => {
            "nobody counts its requests: no proxy stands before it, and it has no counter of its own"
                .to_owned()
        }
        _ => why,
    }
}

/// All of a service but the law of its demand and its wait.
fn one<'a>(
    seen: &Seen,
    demand: &Demand,
    calls: impl Iterator<Item = &'a Called>,
    hints: &Hints,
) -> (Service, Vec<Note>) {
    let mut notes = vec![Note::measured(
        "demand",
        format!(
            "CPU over {:.0} requests; 95 % interval {:.3} to {:.3} ms",
            demand.requests,
            demand.ci_s.0 * 1e3,
            demand.ci_s.1 * 1e3
        ),
    )];
    let mut steps = Vec::new();
    for call in calls {
        steps.push(Step::Sequential(Call { service: call.callee, times: call.times, timeout_s: None }));
        notes.push(call.note.clone());
    }
    if steps.len() > 1 {
        notes.push(Note::assumed(
            "calls",
            "one after the other, in the order of the stack; `parallel` is not told from it",
        ));
    }
    let limit_cores = match (seen.limit_cores, hints.machine_cores) {
        (Some(cores), _) => {
            notes.push(Note::measured("cpu", "the limit of its containers"));
            rounded(cores)
        }
        (None, Some(cores)) => {
            notes.push(Note::assumed(
                "cpu",
                "no limit: all cores of the machine, as if nobody else used them",
            ));
            cores
        }
        (None, None) => {
            notes.push(Note::assumed("cpu", "no limit is told, and no machine"));
            1.0
        }
    };
    if seen.has_quota {
        notes.push(Note::measured("quota", "the kernel counted periods in which it was held back"));
        notes.push(Note::assumed("quota", "periods of 100ms on 4 cores of a node"));
    }
    let running: Vec<f64> = seen.running.iter().flatten().copied().collect();
    let mean = if running.is_empty() {
        seen.replicas as f64
    } else {
        running.iter().sum::<f64>() / running.len() as f64
    };
    let idle_cores = match demand.idle_cores {
        Some(cores) if mean > 0.0 => {
            notes.push(Note::measured("idle", "what is left of its CPU at a load of nothing"));
            (cores / mean).min(limit_cores * 0.9)
        }
        _ if demand.varied => {
            notes.push(Note::measured("idle", "its CPU without load cannot be told from none"));
            0.0
        }
        _ => {
            notes.push(Note::assumed(
                "idle",
                "the load was too constant to tell: what it uses without load is in `demand`",
            ));
            0.0
        }
    };
    notes.push(Note::measured("replicas", "when the load began"));
    let (start_up, note) = start_up(seen);
    notes.push(note);
    let (drain_s, note) = drain(seen, hints.grace_s.get(&seen.name).copied());
    notes.push(note);
    for (key, text) in [
        ("after", "all CPU is taken before the calls"),
        ("concurrency", "a replica works on all requests at once, and none is refused"),
        ("balance", "the proxies choose replicas one after the other"),
    ] {
        notes.push(Note::assumed(key, text));
    }
    let service = Service {
        steps,
        limit_cores,
        idle_cores,
        quota: seen.has_quota.then(Quota::default),
        replicas: seen.replicas,
        start_up,
        drain_s,
        balance: Balance::RoundRobin,
        ..Service::new(&seen.name, Law::Exponential { mean_s: demand.mean_s })
    };
    (service, notes)
}

/// Limits are written with few digits; what division made of them is not.
fn rounded(cores: f64) -> f64 {
    (cores * 1e4).round() / 1e4
}

fn start_up(seen: &Seen) -> (Law, Note) {
    let lag_s = seen.serving_lag_s.unwrap_or(0.0);
    let healthy = if seen.lives.checked { "healthy" } else { "running (nothing checks its health)" };
    let served = match seen.serving_lag_s {
        Some(lag) if lag > 0.0 => format!(", and {lag:.1} s more until proxies send it requests"),
        Some(_) => ", and proxies send it requests within a bin".to_owned(),
        None => ", and no proxy tells when it is sent requests".to_owned(),
    };
    let law = |took: &[f64]| {
        let values: Vec<f64> = took.iter().map(|s| s + lag_s).collect();
        match values[..] {
            [one] => Law::Constant { mean_s: one },
            _ => Law::Empirical(values),
        }
    };
    let (all, first) = (&seen.lives.starts_s, &seen.lives.first_starts_s);
    if !all.is_empty() {
        let text = format!("{} starts in the run, from asked for to {healthy}{served}", all.len());
        return (law(all), Note::measured("start_up", text));
    }
    if !first.is_empty() {
        let text = format!(
            "nothing was started under load: {} starts when the stack came up, from asked for to {healthy}",
            first.len()
        );
        return (law(first), Note::assumed("start_up", text));
    }
    (Law::NOTHING, Note::assumed("start_up", "nothing was started in the run: at once"))
}

fn drain(seen: &Seen, grace_s: Option<f64>) -> (f64, Note) {
    let longest = seen.lives.stops_s.iter().copied().fold(0.0, f64::max);
    let seen = match seen.lives.stops_s.len() {
        0 => "nothing was stopped in the run".to_owned(),
        n => format!("{n} were stopped in the run, the longest took {longest:.1} s"),
    };
    match grace_s {
        Some(s) => (s, Note::measured("drain", format!("stop_grace_period of the stack file; {seen}"))),
        None => {
            let s = DRAIN_S.max(longest);
            (s, Note::assumed("drain", format!("Docker's own time to stop; {seen}")))
        }
    }
}

/// Share of its limits that the busiest service used, by bin: the mean of the bins around it. To choose single bins by what
/// they used would be to choose those whose requests were cheap. What is not known of one is not known of the bin.
fn busiest(model: &Model, parts: &[(&Seen, Demand)], width_s: f64) -> Vec<Option<f64>> {
    let bins = parts.iter().map(|(seen, _)| seen.cpu_cores.len()).max().unwrap_or(0);
    let of_bin = |i: usize| {
        let mut most = 0.0_f64;
        for (service, (seen, _)) in model.services.iter().zip(parts) {
            let told = seen.utilization.get(i).copied().flatten();
            let used = told.or_else(|| {
                let cpu = seen.cpu_cores.get(i).copied().flatten()?;
                let replicas = seen.running.get(i).copied().flatten().unwrap_or(seen.replicas as f64);
                // One request runs on one core: of a machine's cores a few are used up by few requests.
                Some(cpu / (replicas * service.limit_cores.min(1.0)).max(1e-9))
            })?;
            most = most.max(used);
        }
        Some(most)
    };
    let each: Vec<Option<f64>> = (0..bins).map(of_bin).collect();
    let reach = (AROUND_S / width_s / 2.0).round() as usize;
    let around = |i: usize| {
        each[i]?;
        let known: Vec<f64> =
            each[i.saturating_sub(reach)..(i + reach + 1).min(bins)].iter().flatten().copied().collect();
        Some(known.iter().sum::<f64>() / known.len() as f64)
    };
    (0..bins).map(around).collect()
}

/// Each service after all that it calls.
fn leaves_first(model: &Model) -> Vec<usize> {
    fn visit(model: &Model, i: usize, seen: &mut Vec<usize>) {
        if seen.contains(&i) {
            return;
        }
        for call in model.services[i].steps.iter().flat_map(Step::calls) {
            visit(model, call.service, seen);
        }
        seen.push(i);
    }
    let mut out = Vec::new();
    (0..model.services.len()).for_each(|i| visit(model, i, &mut out));
    out
}

fn laws(
    model: &mut Model,
    i: usize,
    evidence: &Evidence,
    quiet: Option<&Quiet>,
    notes: &mut Vec<Note>,
) -> Result<(), ModelError> {
    let fitted = match quiet {
        Some(quiet) => law::find(model, i, evidence, quiet)?.map(|f| (f, quiet)),
        None => None,
    };
    let Some((fitted, quiet)) = fitted else {
        let why = match quiet {
            None => "there are too few answers in bins in which little had to wait",
            Some(_) => "no proxy tells enough of its times",
        };
        notes.push(Note::assumed("demand", format!("exponential: {why}")));
        notes.push(Note::assumed("wait", format!("none: {why}")));
        return Ok(());
    };
    notes.push(Note::measured(
        "demand",
        format!(
            "law by {:.0} times in bins in which no service used more than {:.0} % of its limit; simulated quantiles are off by {:.0} %",
            fitted.answers,
            quiet.most * 100.0,
            fitted.off * 100.0
        ),
    ));
    notes.push(match fitted.wait_s > 0.0 {
        true => Note::measured(
            "wait",
            "what no CPU explains of its times: proxies, network, whatever is not in the model",
        ),
        false => Note::measured("wait", "CPU explains its times"),
    });
    model.services[i].before = fitted.law;
    model.services[i].wait = match fitted.wait_s > 0.0 {
        true => Law::Constant { mean_s: fitted.wait_s },
        false => Law::NOTHING,
    };
    Ok(())
}
