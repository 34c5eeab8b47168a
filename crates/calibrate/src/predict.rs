//! What would become of a run: the same conditions simulated with several seeds.

use serde::Serialize;
use swarmlab_intervals::{add_histogram, new_histogram};
use swarmlab_simulate::{Controlled, Controller, Failure, Model, ModelError, Times};
use swarmlab_stats::distribution::t_quantile;

use crate::conditions::Conditions;
use crate::law::action;

/// How long after the load those who still wait are waited for, seconds.
const DRAIN_S: u64 = 60;
/// How sure an interval is.
const LEVEL: f64 = 0.95;

/// A figure that is predicted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Predicted {
    /// Its key, that of `summary.json` where a run has the same figure.
    pub key: String,
    /// What it is, in words.
    pub label: String,
    /// Its unit.
    pub unit: &'static str,
    /// Mean over the simulations that have it.
    pub value: f64,
    /// Between which a single run with another seed lies in 95 % of all cases, if the model is right; `None` with one seed.
    pub interval: Option<(f64, f64)>,
    /// Simulations that have it.
    pub runs: usize,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Prediction {
    /// Simulations.
    pub seeds: u64,
    /// Length of the load, seconds.
    pub load_s: f64,
    /// The figures.
    pub figures: Vec<Predicted>,
}

/// A figure of one simulation.
struct Figure {
    key: String,
    label: String,
    unit: &'static str,
    value: Option<f64>,
}

/// Simulates with the seeds 1 to `seeds`; a second is known to controllers `observed_after_s` after its end.
///
/// # Errors
/// What cannot be simulated.
pub fn predict(
    model: &Model,
    conditions: &Conditions,
    observed_after_s: f64,
    seeds: u64,
) -> Result<Prediction, ModelError> {
    let model = under(model, conditions);
    let mut all: Vec<Vec<Figure>> = Vec::new();
    for seed in 1..=seeds.max(1) {
        all.push(once(&model, conditions, observed_after_s, seed)?);
    }
    let of = |i: usize| -> Option<Predicted> {
        let first = all.first()?.get(i)?;
        let values: Vec<f64> = all.iter().filter_map(|run| run.get(i)?.value).collect();
        let n = values.len() as f64;
        if values.is_empty() {
            return None;
        }
        let value = values.iter().sum::<f64>() / n;
        let interval = (values.len() > 1).then(|| {
            let variance = values.iter().map(|v| (v - value).powi(2)).sum::<f64>() / (n - 1.0);
            let half = t_quantile(0.5 + LEVEL / 2.0, n - 1.0) * (variance * (1.0 + 1.0 / n)).sqrt();
            ((value - half).max(0.0), value + half)
        });
        let (key, label) = (first.key.clone(), first.label.clone());
        Some(Predicted { key, label, unit: first.unit, value, interval, runs: values.len() })
    };
    let figures = (0..all.first().map_or(0, Vec::len)).filter_map(of).collect();
    Ok(Prediction { seeds: seeds.max(1), load_s: conditions.clients.load.shape().duration_s(), figures })
}

/// The model as it is when the load begins.
fn under(model: &Model, conditions: &Conditions) -> Model {
    let mut model = model.clone();
    for service in &mut model.services {
        if let Some(replicas) = conditions.replicas.get(&service.name) {
            service.replicas = *replicas;
        }
        if let Some(cores) = conditions.limits.get(&service.name) {
            service.limit_cores = *cores;
            service.idle_cores = service.idle_cores.min(cores * 0.9);
        }
    }
    model
}

fn once(
    model: &Model,
    conditions: &Conditions,
    observed_after_s: f64,
    seed: u64,
) -> Result<Vec<Figure>, ModelError> {
    let place = |name: &str| model.services.iter().position(|s| s.name == name);
    let controllers = conditions.scalers.iter().filter_map(|s| {
        let service = place(&s.service)?;
        Some(Controller { service, every_s: s.every_s, autoscaler: s.autoscaler.clone() })
    });
    let mut controlled = Controlled::with_errands(
        model.clone(),
        conditions.clients.clone(),
        conditions.errands.clone(),
        seed,
        controllers.collect(),
        observed_after_s,
    )?;
    for (at_s, act) in &conditions.acts {
        if let Some(action) = action(model, act) {
            controlled.at(*at_s, action)?;
        }
    }
    let load_s = conditions.clients.load.shape().duration_s();
    // Seconds that lie wholly inside the load, as a run's throughput counts them.
    let inside = load_s.floor() as u64;
    let mut sums = Sums::new(model.services.len());
    let mut second = 0;
    loop {
        let (seen, _) = controlled.next_second()?;
        let clients = &seen.clients;
        sums.answered += clients.answered;
        sums.failed += clients.failed();
        sums.response_s += clients.response_sum_s;
        add_histogram(&mut sums.response, &clients.response);
        if second < inside {
            sums.complete += clients.answered + complete(&clients.failures);
            for (sum, service) in sums.services.iter_mut().zip(&seen.services) {
                sum.0 += service.cpu_s;
                sum.1 += service.starting + service.ready;
            }
        }
        second += 1;
        let over = second as f64 >= load_s;
        if over && (clients.in_flight_end == 0 || second >= load_s.ceil() as u64 + DRAIN_S) {
            break;
        }
    }
    Ok(sums.figures(model, inside as f64, load_s))
}

/// Failures that are answers, too: a client saw a status.
fn complete(failures: &[u64; Failure::ALL.len()]) -> u64 {
    let is_answer = |f: &Failure| !matches!(f, Failure::Stopped | Failure::Timeout);
    Failure::ALL.iter().zip(failures).filter(|(f, _)| is_answer(f)).map(|(_, n)| n).sum()
}

struct Sums {
    complete: u64,
    answered: u64,
    failed: u64,
    response: swarmlab_intervals::Histogram,
    response_s: f64,
    /// CPU and replicas, in seconds.
    services: Vec<(f64, f64)>,
}

impl Sums {
    fn new(services: usize) -> Self {
        Self {
            complete: 0,
            answered: 0,
            failed: 0,
            response: new_histogram(),
            response_s: 0.0,
            services: vec![(0.0, 0.0); services],
        }
    }

    fn figures(&self, model: &Model, inside_s: f64, load_s: f64) -> Vec<Figure> {
        let per_s = |sum: f64| (inside_s > 0.0).then(|| sum / inside_s);
        let times = Times::of(&self.response, self.response_s);
        let ended = self.answered + self.failed;
        let figure = |key: &str, label: &str, unit, value| Figure {
            key: key.to_owned(),
            label: label.to_owned(),
            unit,
            value,
        };
        let ms = |s: Option<f64>| s.map(|s| s * 1e3);
        let mut out = vec![
            figure("throughput_per_s", "Throughput", "requests/s", per_s(self.complete as f64)),
            figure("error_rate", "Error rate", "", (ended > 0).then(|| self.failed as f64 / ended as f64)),
            figure("response_mean_ms", "Response time, mean", "ms", ms(times.mean_s)),
            figure("response_p50_ms", "Response time p50", "ms", ms(times.p50_s)),
            figure("response_p95_ms", "Response time p95", "ms", ms(times.p95_s)),
            figure("response_p99_ms", "Response time p99", "ms", ms(times.p99_s)),
        ];
        for (service, (cpu_s, _)) in model.services.iter().zip(&self.services) {
            let name = &service.name;
            out.push(figure(&format!("cpu_cores:{name}"), &format!("CPU of {name}"), "cores", per_s(*cpu_s)));
        }
        for (service, (_, replica_s)) in model.services.iter().zip(&self.services) {
            let (name, unit) = (&service.name, "replica-seconds");
            // What a fraction of a second at the end is in no whole second goes on as the mean.
            let all = per_s(*replica_s).map(|mean| mean * load_s);
            out.push(figure(&format!("replica_seconds:{name}"), &format!("Replicas of {name}"), unit, all));
        }
        out
    }
}
