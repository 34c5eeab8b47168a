//! One pass over all series: the columns of the servers, and what counters counted over the load.
//!
//! Series of one service and meaning lie next to each other in a folder that [`crate::assemble`]'s callers sealed, so that
//! the values of few tasks are held at a time. In any other order the result is the same and more is held.

use std::collections::BTreeMap;

use swarmlab_frame::clock::Bins;
use swarmlab_frame::frame::Column;
use swarmlab_record::manifest::Windows;
use swarmlab_record::metric::Meaning;
use swarmlab_record::series::{Head, Series};
use swarmlab_record::topology::Topology;

use super::columns::{Columns, speaks};
use super::queries::Queries;
use super::replicas::Serving;
use super::{AssembleError, Raw};
use crate::counts::{Totals, increase};

/// A group of series that make columns together: service and meaning.
type Key = (String, Meaning);

/// What has been read so far.
pub(super) struct Digest {
    window: (f64, f64),
    groups: BTreeMap<Key, Group>,
    /// Group of each series, and its place in it.
    places: Vec<Option<(Key, usize)>>,
    totals: Totals,
    topology: Topology,
    bins: Bins,
    serving: Serving,
    queries: Queries,
}

struct Group {
    left: usize,
    columns: Option<Columns>,
    done: Vec<Column>,
}

impl Digest {
    pub(super) fn new(raw: &Raw, windows: &Windows, bins: Bins, heads: &[Head]) -> Self {
        let mut members: BTreeMap<Key, Vec<&Head>> = BTreeMap::new();
        let mut places = Vec::with_capacity(heads.len());
        for head in heads {
            let is = &head.identity;
            places.push(speaks(&raw.manifest.topology, is).then(|| {
                let key = (is.service.clone(), is.meaning.clone());
                let members = members.entry(key.clone()).or_default();
                members.push(head);
                (key, members.len() - 1)
            }));
        }
        let group = |heads: Vec<&Head>| Group {
            left: heads.len(),
            columns: Columns::new(&heads, bins),
            done: Vec::new(),
        };
        let groups = members.into_iter().map(|(key, heads)| (key, group(heads))).collect();
        let topology = raw.manifest.topology.clone();
        let queries = Queries::new(raw, bins);
        let window = (windows.load_start_unix_s, windows.drained_unix_s);
        let (totals, serving) = (Totals::default(), Serving::default());
        Self { window, groups, places, totals, topology, bins, serving, queries }
    }

    /// Adds the `index`-th series.
    pub(super) fn add(&mut self, index: usize, series: &Series) -> Result<(), AssembleError> {
        self.serving.add(series, &self.topology, &self.bins);
        self.queries.add(series);
        let Some(Some((key, place))) = self.places.get(index) else { return Ok(()) };
        self.totals.add(key, increase(series, self.window.0, self.window.1));
        let Some(group) = self.groups.get_mut(key) else { return Ok(()) };
        if let Some(columns) = &mut group.columns {
            columns.add(*place, series);
        }
        group.left -= 1;
        if group.left == 0
            && let Some(columns) = group.columns.take()
        {
            group.done = columns.finish()?;
        }
        Ok(())
    }

    /// The columns in the order of the services, those of the user's queries, and the totals.
    pub(super) fn finish(mut self) -> Result<(Vec<Column>, Totals), AssembleError> {
        let mut by_service: BTreeMap<String, Vec<Column>> = BTreeMap::new();
        for ((service, _), group) in std::mem::take(&mut self.groups) {
            let columns = by_service.entry(service).or_default();
            columns.extend(group.done);
            columns.extend(group.columns.map(Columns::finish).transpose()?.into_iter().flatten());
        }
        let services = &self.topology.services;
        let mut columns: Vec<Column> =
            services.iter().filter_map(|s| by_service.remove(&s.name)).flatten().collect();
        columns.extend(self.serving.finish()?);
        columns.extend(self.queries.finish()?);
        Ok((columns, self.totals))
    }
}
