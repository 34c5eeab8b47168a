//! What the names of metrics mean: catalogues as data.
//!
//! A catalogue is a YAML file about one source of metrics (cAdvisor, Envoy, …): which raw names it exports, what each of
//! them means, and which labels name the service, the task, the service behind a proxy, the class of an answer. Those
//! that are compiled in are in `catalogues/`; users add their own, or extend one. docs/reference.md has the format.
//!
//! Whoever fetches samples asks [`Catalogues::identify`] once per series and stores the answer with the samples, so that
//! no reader needs a catalogue. Nothing here asks for the time, a file or the network.
//!
//! | module | owns |
//! |---|---|
//! | [`row`] | a catalogue and its rows, as types |
//! | [`selector`] | `name{label="value"}` |
//! | [`read`] | YAML to types, with all errors at once |
//! | [`known`] | the meanings that figures ask for, and what they demand |
//! | [`identify`](Catalogues::identify) | labels of a series to its identity |
//! | [`exposition`] | Prometheus' text format |
//! | [`answer`] | answers of Prometheus' HTTP API, read as they come |

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

pub mod answer;
mod builtin;
pub mod exposition;
mod identify;
pub mod known;
mod labels;
pub mod read;
pub mod row;
pub mod selector;
mod service;

pub use identify::{Context, Identified};
pub use labels::LabelSet;
pub use read::parse;
pub use row::{Catalogue, Role, Row};
pub use service::of_value as service_of;
pub use swarmlab_record::plan::Query;

use std::collections::{BTreeMap, BTreeSet};

/// All catalogues that hold for one run. Of several rows that select a series the first decides: a user's before those
/// that are compiled in, and in a file from the top down.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalogues {
    all: Vec<Catalogue>,
    /// Places of the rows of a raw name: catalogue, row.
    by_name: BTreeMap<String, Vec<(usize, usize)>>,
    /// What Prometheus is asked besides, as it stands.
    queries: Vec<Query>,
}

impl Default for Catalogues {
    fn default() -> Self {
        Self::builtin()
    }
}

impl Catalogues {
    /// Those that are compiled in.
    pub fn builtin() -> Self {
        Self::of(builtin::all())
    }

    /// These alone.
    pub fn of(all: Vec<Catalogue>) -> Self {
        let mut by_name: BTreeMap<String, Vec<(usize, usize)>> = BTreeMap::new();
        for (c, catalogue) in all.iter().enumerate() {
            for (r, row) in catalogue.rows.iter().enumerate() {
                by_name.entry(row.selector.name.clone()).or_default().push((c, r));
            }
        }
        Self { all, by_name, queries: Vec::new() }
    }

    /// With a user's catalogues before these; one of the same name takes the place of the other.
    #[must_use]
    pub fn with(self, extra: impl IntoIterator<Item = Catalogue>) -> Self {
        let mut all: Vec<Catalogue> = extra.into_iter().collect();
        let own: BTreeSet<String> = all.iter().map(|c| c.name.clone()).collect();
        all.extend(self.all.into_iter().filter(|c| !own.contains(&c.name)));
        Self { queries: self.queries, ..Self::of(all) }
    }

    /// With these queries of a user.
    #[must_use]
    pub fn asking(self, queries: Vec<Query>) -> Self {
        Self { queries, ..self }
    }

    /// The user's queries.
    pub fn queries(&self) -> &[Query] {
        &self.queries
    }

    /// All catalogues, the ones that decide first first.
    pub fn all(&self) -> &[Catalogue] {
        &self.all
    }

    /// A catalogue by name.
    pub fn get(&self, name: &str) -> Option<&Catalogue> {
        self.all.iter().find(|c| c.name == name)
    }

    /// Every raw name, once: what Prometheus is asked for.
    pub fn names_for_prometheus(&self) -> Vec<&str> {
        self.by_name.keys().map(String::as_str).collect()
    }

    /// Raw names of the counters by which proxies prove that requests go through them, once each.
    pub fn proofs(&self) -> Vec<&str> {
        let rows = self.all.iter().flat_map(|c| &c.rows).filter(|r| r.proof);
        rows.map(|r| r.selector.name.as_str()).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Place of a raw name among all: where two names say the same of a service, the lower one speaks.
    pub fn rank(&self, metric: &str) -> (usize, usize) {
        self.by_name.get(metric).and_then(|rows| rows.first()).copied().unwrap_or((usize::MAX, usize::MAX))
    }

    /// Whether a value of this raw name says that there is nothing, and so is no sample.
    pub fn is_absent(&self, metric: &str, value: f64) -> bool {
        let rows = self.by_name.get(metric).map(Vec::as_slice).unwrap_or_default();
        let row = |&(c, r): &(usize, usize)| self.all.get(c)?.rows.get(r)?.absent;
        rows.first().and_then(row) == Some(value)
    }

    /// The longest interval that a row expects, seconds.
    pub fn longest_interval_s(&self) -> f64 {
        let rows = self.all.iter().flat_map(|c| c.rows.iter().map(|r| c.interval_s(r)));
        rows.fold(row::INTERVAL_S, f64::max)
    }
}
