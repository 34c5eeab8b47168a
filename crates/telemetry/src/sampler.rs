//! The embedded testbed's source: reads `/proc` and scrapes the children's own `/metrics` once a second.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use swarmlab_catalogue::{Catalogues, Context, Identified, exposition};
use swarmlab_record::series::{Identity, Reading};
use swarmlab_record::topology::Topology;
use tokio::sync::{mpsc, watch};

use super::{TelemetryError, procfs};
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
pub async fn once(watched: &[Watched], catalogues: Arc<Catalogues>) -> Round {
    match client() {
        Some(http) => round(&http, watched, &mut Known::new(catalogues)).await,
        None => Round::default(),
    }
}

/// Samples the processes of the list as it is at each `interval`, until the receiver is gone. Waits while the receiver's
/// channel is full, so that no round is lost.
pub async fn run(
    watched: watch::Receiver<Vec<Watched>>,
    catalogues: Arc<Catalogues>,
    interval: Duration,
    out: mpsc::Sender<Round>,
) {
    let Some(http) = client() else { return };
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let mut known = Known::new(catalogues);
    loop {
        ticks.tick().await;
        let now = watched.borrow().clone();
        if out.send(round(&http, &now, &mut known).await).await.is_err() {
            return;
        }
    }
}

/// A series as a target shows it: task, name, labels.
type Shown = (String, String, BTreeMap<String, String>);

/// Identities of the series that were seen, shared by all their samples.
struct Known {
    catalogues: Arc<Catalogues>,
    /// Open: each watched process is one of the stack's.
    topology: Topology,
    seen: HashMap<Shown, Option<Arc<Identity>>>,
}

impl Known {
    fn new(catalogues: Arc<Catalogues>) -> Self {
        Self { catalogues, topology: Topology::default(), seen: HashMap::new() }
    }

    /// The identity of a series; `None` for one that is not collected.
    fn of(&mut self, w: &Watched, metric: &str, labels: BTreeMap<String, String>) -> Option<Arc<Identity>> {
        let Self { catalogues, topology, seen } = self;
        let made = |(task, metric, labels): &Shown| {
            // As Prometheus would label it.
            let mut labels = labels.clone();
            for (label, value) in [("__name__", metric), ("job", &w.service), ("instance", task)] {
                labels.insert(label.to_owned(), value.clone());
            }
            match catalogues.identify(&labels, &Context { stack: "", topology }) {
                Identified::Series(identity) => Some(Arc::new(identity)),
                Identified::NotOurs | Identified::Unnamed { .. } => None,
            }
        };
        seen.entry((w.task.clone(), metric.to_owned(), labels)).or_insert_with_key(made).clone()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_shows_is_its_services() {
        let mut known = Known::new(Arc::new(Catalogues::builtin()));
        let w = Watched {
            service: "web".to_owned(),
            task: "web.1".to_owned(),
            pid: 1,
            metrics_url: "http://127.0.0.1:1/metrics".to_owned(),
        };
        let class =
            BTreeMap::from([("class".to_owned(), "2xx".to_owned()), ("job".to_owned(), "x".to_owned())]);
        let is = known.of(&w, "swarmlab_proxy_upstream_responses_total", class);
        let told =
            is.as_ref().map(|is| (is.service.as_str(), is.task.as_str(), is.labels["code_class"].as_str()));
        assert_eq!(told, Some(("web", "web.1", "2")));
        assert!(known.of(&w, "proc_cpu_seconds_total", BTreeMap::new()).is_some());
        assert_eq!(known.of(&w, "demo_in_flight", BTreeMap::new()), None);
        assert_eq!(known.seen.len(), 3);
    }
}
