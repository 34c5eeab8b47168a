//! Writes what arrives to the run's folder at once, and remembers what the phases need to know.

use std::collections::BTreeMap;

use swarmlab_intervals::Interval;
use swarmlab_record::client::ClientRow;
use swarmlab_record::journal::Journal;

use swarmlab_record::Phase;
use swarmlab_record::client;
use swarmlab_record::events::{Event, EventLog};
use swarmlab_record::folder::RunFolder;
use swarmlab_record::histograms::HistogramLog;
use swarmlab_record::metric::Meaning;
use swarmlab_record::samples::SampleJournal;
use swarmlab_record::series::Reading;
use swarmlab_telemetry::clock::unix_now_s;
use swarmlab_testbed::ReplicaEvent;

/// A task that has not been sampled for this long is taken for gone when freshness is judged, seconds.
const GONE_S: f64 = 10.0;

/// The run's memory.
pub struct Recorder {
    events: EventLog,
    client: Journal<ClientRow>,
    server: SampleJournal,
    histograms: HistogramLog,
    newest: BTreeMap<(String, Meaning), BTreeMap<String, f64>>,
    replicas: BTreeMap<String, ReplicaEvent>,
    warnings: Vec<String>,
}

impl Recorder {
    /// Opens the files of a fresh folder.
    pub fn create(folder: &RunFolder) -> std::io::Result<Self> {
        Ok(Self {
            events: EventLog::create(&folder.events())?,
            client: Journal::create(&folder.client_journal()).map_err(std::io::Error::other)?,
            server: SampleJournal::create(&folder.server_journal()).map_err(std::io::Error::other)?,
            histograms: HistogramLog::new(&folder.histograms()),
            newest: BTreeMap::new(),
            replicas: BTreeMap::new(),
            warnings: Vec::new(),
        })
    }

    /// Notes the beginning of a phase.
    pub fn phase(&mut self, phase: Phase) -> std::io::Result<()> {
        self.events.write(&Event::Phase { t_unix_s: unix_now_s(), phase })
    }

    /// Notes any event.
    pub fn event(&mut self, event: &Event) -> std::io::Result<()> {
        if let Event::Replicas(r) = event {
            self.replicas.insert(r.service.clone(), r.clone());
        }
        self.events.write(event)
    }

    /// Notes something a reader should know, once; says whether it was new.
    pub fn warning(&mut self, message: String) -> std::io::Result<bool> {
        if self.warnings.contains(&message) {
            return Ok(false);
        }
        self.warnings.push(message.clone());
        self.events.write(&Event::Warning { t_unix_s: unix_now_s(), message })?;
        Ok(true)
    }

    /// Writes one round of samples.
    pub fn samples(&mut self, samples: &[Reading]) -> std::io::Result<()> {
        let now_s = unix_now_s();
        // A value that is not finite says nothing and has no place in JSON.
        for s in samples.iter().filter(|s| s.value.is_finite()) {
            let is = &s.series;
            let newest = self.newest.entry((is.service.clone(), is.meaning.clone())).or_default();
            let t = newest.entry(is.task.clone()).or_insert(s.t_unix_s);
            *t = t.max(s.t_unix_s);
            self.server.append(s, now_s).map_err(std::io::Error::other)?;
        }
        self.server.tick(now_s).map_err(std::io::Error::other)
    }

    /// Writes one interval of the load.
    pub fn interval(&mut self, interval: &Interval, phase: Phase) -> std::io::Result<()> {
        let now_s = unix_now_s();
        for row in client::rows(interval, phase) {
            self.client.append(&row, now_s).map_err(std::io::Error::other)?;
        }
        if phase == Phase::Load {
            self.histograms.write(interval)?;
        }
        Ok(())
    }

    /// Hands everything to the kernel; the run is over.
    pub fn finish(self) -> std::io::Result<()> {
        self.client.finish().and_then(|()| self.server.finish()).map_err(std::io::Error::other)
    }

    /// Newest replica counts of a service.
    pub fn replicas(&self, service: &str) -> Option<&ReplicaEvent> {
        self.replicas.get(service)
    }

    /// Sources (service, meaning) that have been sampled at all.
    pub fn sources(&self) -> impl Iterator<Item = &(String, Meaning)> {
        self.newest.keys()
    }

    /// Services and meanings, of those that were sampled before, that have a living task not sampled since `t_unix_s`.
    pub fn stale_since(&self, t_unix_s: f64) -> Vec<(String, Meaning)> {
        self.newest
            .iter()
            .filter(|(_, tasks)| {
                let newest = tasks.values().copied().fold(f64::NEG_INFINITY, f64::max);
                tasks.values().any(|t| *t < t_unix_s && newest - t < GONE_S)
            })
            .map(|(key, _)| key.clone())
            .collect()
    }
}
