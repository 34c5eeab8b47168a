//! `merge --out DIR`: a run folder of clients, as if one generator had sent everything.

use std::collections::BTreeMap;
use std::path::Path;

use swarmlab_frame::store;
use swarmlab_present::recompute;
use swarmlab_record::Phase;
use swarmlab_record::client::{self, Share};
use swarmlab_record::events::{self, Event, EventLog};
use swarmlab_record::folder::RunFolder;
use swarmlab_record::histograms;
use swarmlab_record::manifest::{Manifest, Origin, State, Windows};
use swarmlab_record::plan::{LoadModel, Plan};
use swarmlab_record::utc;

use super::source::Source;
use super::{MergeError, io};

/// Writes what generators recorded together to a new or empty folder, and computes what `swarmlab report` computes of it.
///
/// # Errors
/// What the disk refuses.
pub fn write(sources: &[Source], out: &Path) -> Result<(), MergeError> {
    let first = |s: &Source| s.rows.first().map(|r| r.t_unix_s);
    let origin_unix_s = sources.iter().filter_map(first).fold(f64::INFINITY, f64::min);
    let width_s = sources.iter().map(Source::bin_s).fold(0.0, f64::max);
    let shares: Vec<Share> = sources.iter().map(|s| s.share(origin_unix_s, width_s)).collect();
    let (rows, binned) = client::beside(&shares, origin_unix_s, width_s);
    let end_unix_s = rows.iter().map(|r| r.t_unix_s + r.width_s).fold(origin_unix_s, f64::max);

    let folder = RunFolder::create_at(out).map_err(io(out))?;
    let manifest = manifest(sources, (origin_unix_s, end_unix_s), width_s);
    let mut journal = EventLog::create(&folder.events()).map_err(io(&folder.events()))?;
    let began = Event::Phase { t_unix_s: origin_unix_s, phase: Phase::Load };
    journal.write(&began).map_err(io(&folder.events()))?;
    for source in sources {
        let message = format!("one of {} generators: {}", sources.len(), source.folder.root().display());
        let step = Event::Step { t_unix_s: origin_unix_s, message };
        journal.write(&step).map_err(io(&folder.events()))?;
    }
    for message in sources.iter().flat_map(|s| &s.remarks) {
        let warning = Event::Warning { t_unix_s: origin_unix_s, message: message.clone() };
        journal.write(&warning).map_err(io(&folder.events()))?;
    }
    for event in first_failures(sources) {
        journal.write(&event).map_err(io(&folder.events()))?;
    }
    store::write_client(&folder.client(), &rows)?;
    histograms::write(&folder.histograms(), &binned, origin_unix_s, width_s)?;
    let state = manifest.state.clone();
    manifest.write(&folder.manifest()).map_err(io(&folder.manifest()))?;
    recompute::seal(&folder, state)?;
    recompute::analyse(&folder)?;
    Ok(())
}

/// The first answer and the first error of each kind, in the order in which the generators were named. Folders of before
/// tell none.
fn first_failures(sources: &[Source]) -> Vec<Event> {
    let mut out: Vec<Event> = Vec::new();
    for event in sources.iter().flat_map(|s| events::read(&s.folder.events()).unwrap_or_default()) {
        let is_known = |of: &Event| match (of, &event) {
            (Event::Answer { answer: a, .. }, Event::Answer { answer: b, .. }) => {
                (a.error, a.status) == (b.error, b.status)
            }
            (Event::FirstError { error: a, .. }, Event::FirstError { error: b, .. }) => a == b,
            _ => false,
        };
        if matches!(event, Event::Answer { .. } | Event::FirstError { .. }) && !out.iter().any(is_known) {
            out.push(event);
        }
    }
    out
}

impl Source {
    /// Length of its intervals, seconds.
    fn bin_s(&self) -> f64 {
        let longest = || self.rows.iter().map(|r| r.width_s).fold(0.0, f64::max);
        self.manifest.as_ref().map_or_else(longest, |m| m.plan.bin_s)
    }

    fn share(&self, origin_unix_s: f64, width_s: f64) -> Share {
        let first_unix_s = self.rows.first().map_or(origin_unix_s, |r| r.t_unix_s);
        let own = client::own_origin(first_unix_s, origin_unix_s, width_s);
        let histograms = self.log.binned(own, width_s);
        Share { rows: self.rows.clone(), histograms, origin_unix_s: own }
    }
}

/// Of the load of all: what they have in common is taken from the first.
fn manifest(sources: &[Source], (start_unix_s, end_unix_s): (f64, f64), bin_s: f64) -> Manifest {
    let known = || sources.iter().filter_map(|s| s.manifest.as_ref());
    let mut targets: Vec<&str> = known().map(|m| m.plan.target_service.as_str()).collect();
    targets.dedup();
    let plan = known().next().map(|m| &m.plan);
    let model = plan.map_or(LoadModel::Open, |p| p.model);
    let seed = plan.map_or(0, |p| p.seed);
    let generators = known().map(|m| m.generator).collect::<Option<Vec<_>>>().unwrap_or_default();
    let load_end = |m: &Manifest| m.windows.map(|w| w.load_end_unix_s);
    let load_end_unix_s = known().filter_map(load_end).reduce(f64::max).unwrap_or(end_unix_s);
    let partial = known().find_map(|m| match &m.state {
        State::Complete => None,
        State::Running | State::Killed => Some(format!("{} has no end", m.name)),
        State::Partial { reason } => Some(format!("{}: {reason}", m.name)),
    });
    let plan = Plan {
        think_s: plan.and_then(|p| p.think_s),
        steps: plan.map_or(1.0, |p| p.steps),
        slo_p95_s: plan.and_then(|p| p.slo_p95_s),
        slo_error_rate: plan.and_then(|p| p.slo_error_rate),
        checks: plan.map_or_else(Vec::new, |p| p.checks.clone()),
        ..Plan::of_load(targets.join(", "), model, load_end_unix_s - start_unix_s, bin_s, seed)
    };
    Manifest {
        provenance: BTreeMap::from([("generators".to_owned(), sources.len().to_string())]),
        windows: Some(Windows::alone(start_unix_s, load_end_unix_s, end_unix_s)),
        // Of all, or not known: some of them alone say nothing of the rest.
        generator: (generators.len() == sources.len())
            .then(|| generators.into_iter().reduce(|one, other| one.beside(other)))
            .flatten(),
        state: partial.map_or(State::Complete, |reason| State::Partial { reason }),
        ..Manifest::begun(Origin::Load, format!("merged-{}", utc::compact(start_unix_s)), start_unix_s, plan)
    }
}
