//! `--locust-csv PREFIX`: the four files that Locust writes, for tools that read them.

use std::path::Path;

use swarmlab_intervals::Outcome;
use swarmlab_lab::bus::Sink;
use swarmlab_lab::message::{Message, News};
use swarmlab_loadgen::Scenario;
use swarmlab_loadgen::export::locust::{LocustCsv, Options, methods};

/// The four files of one load.
pub struct Locust(LocustCsv);

impl Locust {
    /// Creates them; files of those names are overwritten, as Locust does.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn create(prefix: &Path, scenario: &Scenario, full_history: bool) -> std::io::Result<Self> {
        let options = Options { full_history, methods: methods(scenario) };
        LocustCsv::new(prefix, options).map(Self)
    }

    /// Writes what came after the last whole second.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn finish(self, outcome: &Outcome) -> std::io::Result<()> {
        self.0.finish(outcome)
    }
}

impl Sink for Locust {
    fn on(&mut self, message: &Message) -> std::io::Result<()> {
        match &message.news {
            News::Interval { interval, .. } => self.0.interval(interval),
            _ => Ok(()),
        }
    }
}
