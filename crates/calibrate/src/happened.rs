//! The figures of a run that a prediction has, too, and how far it was from them.

use serde::Serialize;
use swarmlab_analysis::cost::replica_seconds;
use swarmlab_analysis::{Client, Raw, column, load_window};
use swarmlab_frame::frame::Frame;
use swarmlab_record::client::error_rate;

use crate::predict::Prediction;

/// Of the load's bins at least this share must be known for a mean.
const KNOWN: f64 = 0.9;

/// A figure, predicted and as it was.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// Its key.
    pub key: String,
    /// What it is, in words.
    pub label: String,
    /// Its unit.
    pub unit: &'static str,
    /// What was predicted.
    pub predicted: f64,
    /// Its interval.
    pub interval: Option<(f64, f64)>,
    /// What happened; `None` where the run does not tell.
    pub happened: Option<f64>,
    /// Predicted less happened, in percent of what happened; `None` where that is not known or nothing.
    pub error_percent: Option<f64>,
    /// Whether what happened lies in the interval.
    pub inside: Option<bool>,
}

/// Compares a prediction with a run. `frame` is that of the whole run.
pub fn compare(prediction: &Prediction, raw: &Raw, frame: &Frame, client: &Client) -> Vec<Compared> {
    let load = load_window(raw, frame);
    let compared = |p: &crate::predict::Predicted| {
        let happened = figure(&p.key, &load, client);
        let error = happened.filter(|h| *h != 0.0).map(|h| (p.value - h) / h * 100.0);
        let inside = happened.zip(p.interval).map(|(h, (low, high))| low <= h && h <= high);
        Compared {
            key: p.key.clone(),
            label: p.label.clone(),
            unit: p.unit,
            predicted: p.value,
            interval: p.interval,
            happened,
            error_percent: error,
            inside,
        }
    };
    prediction.figures.iter().map(compared).collect()
}

/// A figure of a run by its key.
fn figure(key: &str, load: &Frame, client: &Client) -> Option<f64> {
    if let Some(service) = key.strip_prefix("cpu_cores:") {
        return mean(load.get(&column(service, "cpu", "cores"))?);
    }
    if let Some(service) = key.strip_prefix("replica_seconds:") {
        return replica_seconds(load, service);
    }
    let all = client.endpoints.last()?;
    let quantile = |i: usize| all.quantiles_ms.map(|q| q[i]);
    match key {
        "throughput_per_s" => all.throughput_per_s,
        "error_rate" => all.ends().and_then(|(well, failed)| error_rate(well, failed)),
        "response_mean_ms" => all.mean_ms,
        "response_p50_ms" => quantile(0),
        "response_p95_ms" => quantile(2),
        "response_p99_ms" => quantile(3),
        _ => None,
    }
}

fn mean(values: &[Option<f64>]) -> Option<f64> {
    let known: Vec<f64> = values.iter().flatten().copied().collect();
    let enough = !known.is_empty() && known.len() as f64 >= KNOWN * values.len() as f64;
    enough.then(|| known.iter().sum::<f64>() / known.len() as f64)
}
