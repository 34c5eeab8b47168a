//! What the system under test did, as raw samples on the sampled clock.
//!
//! Everything is fetched raw and kept raw: no `rate()`, no averages, no look-back. Prometheus is asked
//! for the samples it stored (an instant query with a range selector returns them with their own
//! timestamps), processes are read from `/proc`, replica counts come from the Engine. Differencing,
//! binning and summing are done later, once, by the frame room, so that the same rules hold for both
//! testbeds. What a series means, and whose it is, say catalogues (`swarmlab-catalogue`).

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

pub mod clock;
mod known;
pub mod past;
pub mod procfs;
pub mod prometheus;
mod queries;
mod remarks;
pub mod sampler;

pub use queries::QuerySource;
pub use remarks::Remark;

/// Why telemetry could not be had.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// Prometheus did not answer or answered with an error.
    #[error("Prometheus at {url} did not answer: {reason}")]
    Prometheus {
        /// Where it was asked.
        url: String,
        /// What went wrong, from the client library.
        reason: String,
    },
    /// A scrape target of the embedded testbed did not answer.
    #[error("{url} could not be scraped: {reason}")]
    Scrape {
        /// The target.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// A process vanished or its `/proc` entry could not be read.
    #[error("process {pid} of {service} could not be read: {reason}")]
    Process {
        /// Process id.
        pid: u32,
        /// Which service it belongs to.
        service: String,
        /// What went wrong.
        reason: String,
    },
}

impl TelemetryError {
    /// Its number and name.
    pub fn code(&self) -> swarmlab_codes::Code {
        match self {
            Self::Prometheus { .. } => swarmlab_codes::PROMETHEUS_SILENT,
            Self::Scrape { .. } => swarmlab_codes::SCRAPE_FAILED,
            Self::Process { .. } => swarmlab_codes::PROCESS_GONE,
        }
    }
}
