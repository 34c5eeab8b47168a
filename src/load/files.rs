//! `--out DIR`: what a load leaves on disk, written as it goes, so that a crash loses at most an interval.

use std::path::{Path, PathBuf};

use swarmlab_frame::store;
use swarmlab_lab::bus::Sink;
use swarmlab_lab::message::{Message, News};
use swarmlab_record::client::ClientRow;
use swarmlab_record::journal::{self, Journal};

use super::summary::LoadSummary;
use swarmlab_record::Phase;
use swarmlab_record::client;
use swarmlab_record::folder::write_atomically;
use swarmlab_record::histograms::HistogramLog;

/// The files of one load: `client.jsonl` (then `client.parquet`), `histograms.hlog`, `summary.json`.
pub struct Files {
    folder: PathBuf,
    client: Journal<ClientRow>,
    histograms: HistogramLog,
}

impl Files {
    /// Creates the folder; it must be new or empty, results are never overwritten.
    ///
    /// # Errors
    /// A folder that holds something, or that cannot be made.
    pub fn create(folder: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        if std::fs::read_dir(folder)?.next().is_some() {
            return Err(std::io::Error::new(
                std::io::ErrorKind::AlreadyExists,
                format!("{} is not empty; results are never overwritten", folder.display()),
            ));
        }
        Ok(Self {
            folder: folder.to_owned(),
            client: Journal::create(&folder.join("client.jsonl")).map_err(std::io::Error::other)?,
            histograms: HistogramLog::new(&folder.join("histograms.hlog")),
        })
    }

    /// Turns the journal into Parquet and writes the summary.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn finish(self, summary: &LoadSummary) -> std::io::Result<()> {
        let journal = self.folder.join("client.jsonl");
        self.client.finish().map_err(std::io::Error::other)?;
        let rows = journal::read::<ClientRow>(&journal).map_err(std::io::Error::other)?.rows;
        store::write_client(&self.folder.join("client.parquet"), &rows).map_err(std::io::Error::other)?;
        std::fs::remove_file(&journal)?;
        let mut text = serde_json::to_vec_pretty(summary)?;
        text.push(b'\n');
        write_atomically(&self.folder.join("summary.json"), &text)
    }
}

impl Sink for Files {
    fn on(&mut self, message: &Message) -> std::io::Result<()> {
        let News::Interval { interval, .. } = &message.news else { return Ok(()) };
        for row in client::rows(interval, Phase::Load) {
            self.client.append(&row, message.t_unix_s).map_err(std::io::Error::other)?;
        }
        self.histograms.write(interval)
    }
}
