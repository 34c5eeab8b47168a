//! The columns of the user's own queries. An answer about a service is a column of that service like any other; here are
//! those about none, and the ones that never came: null is never left out.

use std::collections::BTreeSet;

use swarmlab_frame::align::{Tolerance, gauge_last};
use swarmlab_frame::clock::Bins;
use swarmlab_frame::frame::{Column, Fold, NameError, Owner};
use swarmlab_record::plan::Query;
use swarmlab_record::series::Series;

use super::Raw;

/// What has been answered so far.
pub(super) struct Queries {
    bins: Bins,
    asked: Vec<Asked>,
    measured: Vec<String>,
}

struct Asked {
    query: Query,
    values: Option<Vec<Option<f64>>>,
    services: BTreeSet<String>,
}

impl Queries {
    pub(super) fn new(raw: &Raw, bins: Bins) -> Self {
        let plan = &raw.manifest.plan;
        let asked = |query: &Query| Asked { query: query.clone(), values: None, services: BTreeSet::new() };
        Self { bins, asked: plan.queries.iter().map(asked).collect(), measured: plan.measured.clone() }
    }

    pub(super) fn add(&mut self, series: &Series) {
        let is = &series.identity;
        let Some(asked) = self.asked.iter_mut().find(|a| a.query.meaning() == is.meaning) else { return };
        if is.service.is_empty() {
            asked.values = Some(gauge_last(series, &self.bins, Tolerance::default()));
        } else {
            asked.services.insert(is.service.clone());
        }
    }

    pub(super) fn finish(self) -> Result<Vec<Column>, NameError> {
        let unknown = || vec![None; self.bins.count()];
        let mut out = Vec::new();
        for Asked { query, values, services } in self.asked {
            let source = format!("{}, last sample in the bin", query.promql);
            if query.label.is_none() {
                let values = values.unwrap_or_else(unknown);
                out.push(Column::new(Owner::Query, &query.name, &query.unit, source, Fold::Last, values)?);
                continue;
            }
            let silent = self.measured.iter().filter(|s| !services.contains(*s));
            for service in silent {
                let meaning = query.meaning();
                let (name, unit) = (meaning.name(), &query.unit);
                out.push(Column::server(service, name, unit, &source, Fold::Last, unknown())?);
            }
        }
        Ok(out)
    }
}

/// The names of a query's columns among those of a run.
pub(crate) fn columns(query: &Query, measured: &[String]) -> Vec<String> {
    match query.label {
        Some(_) => measured.iter().map(|s| crate::column(s, query.meaning().name(), &query.unit)).collect(),
        None => vec![crate::named("query", &query.name, &query.unit)],
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use swarmlab_record::series::Sample;

    use super::*;
    use crate::assemble::fixture::load_alone;

    fn query(name: &str, unit: &str, label: Option<&str>) -> Query {
        Query {
            name: name.into(),
            promql: format!("sum({name})"),
            unit: unit.into(),
            label: label.map(str::to_owned),
        }
    }

    #[test]
    fn a_query_without_an_answer_is_a_column_of_nulls() {
        let mut raw = load_alone(2);
        let plan = &mut raw.manifest.plan;
        plan.queries =
            vec![query("depth", "jobs", None), query("lost", "", None), query("share", "", Some("job"))];
        plan.measured = vec!["web".into(), "db".into()];
        let measured = plan.measured.clone();
        let asked = plan.queries.clone();
        let mut queries = Queries::new(&raw, Bins::new(1000.0, 1.0, 2).unwrap());
        let answered = |q: &Query, service: Option<&str>| {
            let samples = vec![Sample::new(1000.5, 7.0), Sample::new(1001.5, 8.0)];
            Series::new(Arc::new(q.identity(service.map(str::to_owned))), samples, 1.0)
        };
        queries.add(&answered(&asked[0], None));
        queries.add(&answered(&asked[2], Some("web")));
        let columns = queries.finish().unwrap();
        let told: Vec<_> = columns.iter().map(|c| (c.name(), c.values().to_vec())).collect();
        assert_eq!(
            told,
            [
                ("query_depth_jobs", vec![Some(7.0), Some(8.0)]),
                ("query_lost", vec![None, None]),
                // That of `web` is a column like its others.
                ("db_query_share", vec![None, None]),
            ]
        );
        assert_eq!(columns[0].source(), "sum(depth), last sample in the bin");
        assert_eq!(super::columns(&asked[0], &measured), ["query_depth_jobs"]);
        assert_eq!(super::columns(&asked[2], &measured), ["web_query_share", "db_query_share"]);
    }
}
