//! The embedded testbed's source: reads `/proc` and scrapes the children's own `/metrics` once a second.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use swarmlab_record::identity_in_layout_1 as identity_of;
use swarmlab_record::series::{Identity, Reading};

use super::{TelemetryError, exposition, procfs};
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
pub type Round = (Vec<Reading>, Vec<TelemetryError>);

fn client() -> Option<reqwest::Client> {
    reqwest::Client::builder().timeout(Duration::from_secs(2)).no_proxy().build().ok()
}

/// Reads processes once, now: the last values of one that is about to end.
pub async fn once(watched: &[Watched]) -> Round {
    match client() {
        Some(http) => round(&http, watched, &mut Known::default()).await,
        None => Round::default(),
    }
}

/// Samples the processes of the list as it is at each `interval`, until the receiver is gone. Waits while the receiver's
/// channel is full, so that no round is lost.
pub async fn run(watched: watch::Receiver<Vec<Watched>>, interval: Duration, out: mpsc::Sender<Round>) {
    let Some(http) = client() else { return };
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let mut known = Known::default();
    loop {
        ticks.tick().await;
        let now = watched.borrow().clone();
        if out.send(round(&http, &now, &mut known).await).await.is_err() {
            return;
        }
    }
}

/// Identities of the series that were seen, shared by all their samples.
#[derive(Default)]
struct Known(HashMap<(String, String, BTreeMap<String, String>), Option<Arc<Identity>>>);

impl Known {
    /// The identity of a series; `None` for one that is not collected.
    fn of(&mut self, w: &Watched, metric: &str, labels: BTreeMap<String, String>) -> Option<Arc<Identity>> {
        let key = (w.task.clone(), metric.to_owned(), labels);
        let made = |(task, metric, labels): &(String, String, BTreeMap<String, String>)| {
            identity_of(w.service.clone(), task.clone(), metric.clone(), labels.clone()).map(Arc::new)
        };
        self.0.entry(key).or_insert_with_key(made).clone()
    }
}

async fn round(http: &reqwest::Client, watched: &[Watched], known: &mut Known) -> Round {
    let (mut readings, mut errors) = (Vec::new(), Vec::new());
    for w in watched {
        match procfs::read(w.pid) {
            Ok(reading) => {
                let t_unix_s = unix_now_s();
                for (metric, value) in [
                    ("proc_cpu_seconds_total", reading.cpu_s),
                    ("proc_resident_memory_bytes", reading.resident_bytes),
                ] {
                    let series = known.of(w, metric, BTreeMap::new());
                    readings.extend(series.map(|series| Reading { series, t_unix_s, value }));
                }
            }
            Err(reason) => {
                errors.push(TelemetryError::Process { pid: w.pid, service: w.service.clone(), reason });
                continue;
            }
        }
        match scrape(http, w, known).await {
            Ok(mut scraped) => readings.append(&mut scraped),
            Err(reason) => errors.push(TelemetryError::Scrape { url: w.metrics_url.clone(), reason }),
        }
    }
    (readings, errors)
}

async fn scrape(http: &reqwest::Client, w: &Watched, known: &mut Known) -> Result<Vec<Reading>, String> {
    let before = unix_now_s();
    let response = http.get(&w.metrics_url).send().await.map_err(|e| e.to_string())?;
    let text =
        response.error_for_status().map_err(|e| e.to_string())?.text().await.map_err(|e| e.to_string())?;
    let t_unix_s = (before + unix_now_s()) / 2.0;
    Ok(exposition::parse(&text)?
        .into_iter()
        .filter_map(|line| {
            let series = known.of(w, &line.name, line.labels)?;
            Some(Reading { series, t_unix_s, value: line.value })
        })
        .collect())
}
