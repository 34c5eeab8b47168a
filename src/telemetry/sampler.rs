//! The embedded testbed's source: reads `/proc` and scrapes the children's own `/metrics` once a second.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc;

use super::catalogue::{self, Origin};
use super::{Sample, TelemetryError, exposition, procfs};
use crate::clock::unix_now_s;

/// One process to watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// Short name of the service.
    pub service: String,
    /// `<service>.<slot>`.
    pub task: String,
    /// Process id.
    pub pid: u32,
    /// Where its metrics are served.
    pub metrics_url: String,
}

/// What one round gave: samples, and what could not be read.
pub type Round = (Vec<Sample>, Vec<TelemetryError>);

/// Samples all processes each `interval` until the receiver is gone.
pub async fn run(watched: Vec<Watched>, interval: Duration, out: mpsc::Sender<Round>) {
    let Ok(http) = reqwest::Client::builder().timeout(Duration::from_secs(2)).no_proxy().build() else {
        return;
    };
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        if out.send(round(&http, &watched).await).await.is_err() {
            return;
        }
    }
}

async fn round(http: &reqwest::Client, watched: &[Watched]) -> Round {
    let (mut samples, mut errors) = (Vec::new(), Vec::new());
    for w in watched {
        match procfs::read(w.pid) {
            Ok(reading) => {
                let t_unix_s = unix_now_s();
                let mut push = |metric: &str, value| {
                    samples.push(Sample {
                        t_unix_s,
                        service: w.service.clone(),
                        task: w.task.clone(),
                        metric: metric.to_owned(),
                        labels: BTreeMap::new(),
                        value,
                    });
                };
                push("proc_cpu_seconds_total", reading.cpu_s);
                push("proc_resident_memory_bytes", reading.resident_bytes);
            }
            Err(reason) => {
                errors.push(TelemetryError::Process { pid: w.pid, service: w.service.clone(), reason });
                continue;
            }
        }
        match scrape(http, w).await {
            Ok(mut s) => samples.append(&mut s),
            Err(reason) => errors.push(TelemetryError::Scrape { url: w.metrics_url.clone(), reason }),
        }
    }
    (samples, errors)
}

async fn scrape(http: &reqwest::Client, w: &Watched) -> Result<Vec<Sample>, String> {
    let before = unix_now_s();
    let response = http.get(&w.metrics_url).send().await.map_err(|e| e.to_string())?;
    let text =
        response.error_for_status().map_err(|e| e.to_string())?.text().await.map_err(|e| e.to_string())?;
    let t_unix_s = (before + unix_now_s()) / 2.0;
    Ok(exposition::parse(&text)?
        .into_iter()
        .filter(|line| {
            catalogue::find(&line.name)
                .is_some_and(|m| matches!(m.origin, Origin::Application | Origin::BuiltinProxy))
        })
        .map(|line| Sample {
            t_unix_s,
            service: w.service.clone(),
            task: w.task.clone(),
            metric: line.name,
            labels: line.labels,
            value: line.value,
        })
        .collect())
}
