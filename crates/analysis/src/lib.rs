//! What the run says: figures, laws, correlations, and the verdicts by which it proves its own numbers.
//!
//! Everything here is a pure function of the raw files (through the frame), so a report re-computed offline has
//! identical figures. How each figure comes about and what its error is: docs/measurement.md.

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

pub mod assemble;
pub mod correlations;
pub mod cost;
pub mod counts;
pub mod demand;
pub mod endpoints;
mod figures;
pub mod laws;
pub mod mishaps;
pub mod quality;
pub mod replay;
pub mod verdicts;

use swarmlab_frame::frame::Frame;

use swarmlab_record::manifest::Origin;
use swarmlab_record::summary::{EndpointFigures, FORMAT, Summary};
use swarmlab_record::topology::Bed;

pub use assemble::Raw;

/// Everything that is computed of a run.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// Figures and verdicts.
    pub summary: Summary,
    /// All pairs of metrics, strongest first.
    pub correlations: Vec<correlations::Row>,
}

/// Merged figures of the load engine over the load window, from its histograms.
#[derive(Debug, Clone)]
pub struct Client {
    /// One an endpoint, then all together under the name `*`.
    pub endpoints: Vec<EndpointFigures>,
    /// What the load engine says of itself.
    pub generator: Option<swarmlab_intervals::trust::VerdictInputs>,
}

/// Analyses a run.
pub fn analyse(raw: &Raw, totals: &counts::Totals, frame: &Frame, client: &Client) -> Analysis {
    let load = load_window(raw, frame);
    let mut counts = counts::compare(raw, totals);
    let imported = raw.manifest.origin == Origin::Import;
    if imported {
        // Nothing was sent to compare with, and the ends of the window were not quiet.
        counts.servers.clear();
    }
    let (demands, unfitted) = demand::all(raw, totals, &load);
    let little = laws::little(raw);
    let correlations = correlations::all(raw, &load);
    let quality = quality::notes(raw, &load);
    let mut verdicts = Vec::new();
    if raw.manifest.origin == Origin::Run {
        verdicts.push(verdicts::counts(raw, &counts));
    }
    verdicts.extend(verdicts::demands(&demands, &unfitted));
    verdicts.extend(verdicts::little(little.as_ref(), raw));
    // Nobody sent what was simulated or imported: there is no generator that could have kept up.
    if !imported && raw.manifest.testbed != Some(Bed::Simulated) {
        verdicts.push(verdicts::generator(client.generator.as_ref(), raw));
    }
    verdicts.extend(verdicts::slo(raw, client));
    let mut headline = figures::headline(client, &demands);
    headline.extend(cost::figures(raw, &load));
    let figures = figures::all(&headline, client, &demands, little.as_ref());
    verdicts.extend(verdicts::checks(raw, &figures, client, &load));
    verdicts.push(verdicts::completeness(raw, load.bins().count(), &quality));
    verdicts.push(verdicts::files(raw));
    let summary = Summary {
        format: FORMAT,
        origin: raw.manifest.origin,
        name: raw.manifest.name.clone(),
        testbed: raw.manifest.testbed,
        state: raw.manifest.state.clone(),
        sentence: match imported {
            true => figures::sentence_of_import(raw, load.bins().count()),
            false => {
                let manifest = &raw.manifest;
                figures::sentence(client, &verdicts, &manifest.plan.target_service, manifest.testbed)
            }
        },
        figures,
        headline,
        verdicts,
        demands,
        counts,
        little,
        endpoints: client.endpoints.clone(),
        failures: quality::failures(raw),
        notes: quality,
    };
    Analysis { summary, correlations }
}

/// The bins that lie wholly inside the load window.
pub fn load_window(raw: &Raw, frame: &Frame) -> Frame {
    let Ok(w) = raw.windows() else { return frame.clone() };
    frame.select_range(w.load_start_unix_s, w.load_end_unix_s).unwrap_or_else(|_| frame.clone())
}

/// The column of a service.
pub fn column(service: &str, metric: &str, unit: &str) -> String {
    let owner = swarmlab_frame::frame::Owner::Service(service.to_owned());
    named(&owner.prefix().unwrap_or_default(), metric, unit)
}

/// The column of whatever begins with a word.
pub(crate) fn named(prefix: &str, metric: &str, unit: &str) -> String {
    if unit.is_empty() || metric.ends_with(&format!("_{unit}")) || metric == unit {
        format!("{prefix}_{metric}")
    } else {
        format!("{prefix}_{metric}_{unit}")
    }
}
