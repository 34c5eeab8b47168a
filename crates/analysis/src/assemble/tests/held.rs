//! The columns and totals as they were computed while all series were held: what the pass is compared with.

use std::collections::BTreeMap;

use swarmlab_frame::align::{Quantile, Tolerance, counter_rate, gauge_last, histogram, sum_over_tasks};
use swarmlab_frame::clock::Bins;
use swarmlab_frame::frame::{Column, Fold};
use swarmlab_record::metric::{Kind, Meaning};
use swarmlab_record::series::Series;
use swarmlab_record::topology::Topology;

use super::super::columns::rate_unit;
use super::super::{AssembleError, Raw};
use crate::counts::{Increase, increase};

const CLASS_LABELS: &[&str] = &["code_class", "envoy_response_code_class", "class"];
const QUANTILES: &[(f64, &str)] = &[(0.5, "p50"), (0.95, "p95"), (0.99, "p99")];

/// Whether a series speaks for a service. What a proxy says of a service behind it counts only if it stands before it.
pub fn speaks_for(topology: &Topology, series: &Series, service: &str, meaning: &Meaning) -> bool {
    let is = &series.identity;
    if is.service != service || is.meaning != *meaning {
        return false;
    }
    let mut behind = topology.behind(service).peekable();
    match (&is.upstream, behind.peek()) {
        (Some(upstream), Some(_)) => behind.any(|b| b == upstream),
        _ => true,
    }
}

/// The series of one service and meaning.
pub fn select<'a>(raw: &Raw, all: &'a [Series], service: &str, meaning: &Meaning) -> Vec<&'a Series> {
    all.iter().filter(|s| speaks_for(&raw.manifest.topology, s, service, meaning)).collect()
}

/// All columns of all services, from samples.
///
/// # Errors
/// [`AssembleError`] when a column cannot be named.
pub fn servers(raw: &Raw, all: &[Series], bins: &Bins) -> Result<Vec<Column>, AssembleError> {
    let mut out = Vec::new();
    for service in &raw.manifest.topology.services {
        let mut by_meaning: BTreeMap<&Meaning, Vec<&Series>> = BTreeMap::new();
        for series in all {
            let meaning = &series.identity.meaning;
            if speaks_for(&raw.manifest.topology, series, &service.name, meaning) {
                by_meaning.entry(meaning).or_default().push(series);
            }
        }
        for (meaning, series) in by_meaning {
            out.extend(of_meaning(&service.name, meaning, &series, bins)?);
        }
    }
    Ok(out)
}

/// The columns of one service and meaning.
fn of_meaning(
    service: &str,
    meaning: &Meaning,
    series: &[&Series],
    bins: &Bins,
) -> Result<Vec<Column>, AssembleError> {
    let Some(first) = series.first() else { return Ok(Vec::new()) };
    let tolerance = Tolerance::default();
    match first.identity.kind {
        Kind::Bucket => latencies(service, meaning, series, bins, tolerance),
        Kind::Gauge => {
            let levels: Vec<_> = series.iter().map(|s| scaled(gauge_last(s, bins, tolerance), s)).collect();
            let source = format!("{}, last sample in the bin", first.identity.metric);
            let (name, unit) = (meaning.name(), &first.identity.unit);
            let values = sum_over_tasks(&levels);
            Ok(vec![Column::server(service, name, unit, &source, Fold::Last, values)?])
        }
        Kind::Counter if *meaning == Meaning::PROXY_RESPONSES => classes(service, series, bins, tolerance),
        Kind::Counter => {
            let source = format!("{}, differenced on the bins", first.identity.metric);
            let unit = rate_unit(meaning, &first.identity.unit);
            let values = rates(series, bins, tolerance);
            Ok(vec![Column::server(service, meaning.name(), &unit, &source, Fold::Mean, values)?])
        }
    }
}

fn scaled(values: Vec<Option<f64>>, series: &Series) -> Vec<Option<f64>> {
    let scale = series.identity.scale;
    if scale == 1.0 { values } else { values.into_iter().map(|v| v.map(|v| v * scale)).collect() }
}

fn rates(series: &[&Series], bins: &Bins, tolerance: Tolerance) -> Vec<Option<f64>> {
    let rates: Vec<_> = series.iter().map(|s| scaled(counter_rate(s, bins, tolerance), s)).collect();
    sum_over_tasks(&rates)
}

fn classes(
    service: &str,
    all: &[&Series],
    bins: &Bins,
    tolerance: Tolerance,
) -> Result<Vec<Column>, AssembleError> {
    let mut out = Vec::new();
    for digit in ['2', '3', '4', '5'] {
        let is_of_class = |s: &Series| {
            CLASS_LABELS.iter().any(|l| s.identity.labels.get(*l).is_some_and(|v| v.starts_with(digit)))
        };
        let of_class: Vec<&Series> = all.iter().copied().filter(|s| is_of_class(s)).collect();
        let Some(first) = of_class.first() else { continue };
        let source = format!("{}, differenced on the bins", first.identity.metric);
        let metric = format!("upstream_{digit}xx");
        let values = rates(&of_class, bins, tolerance);
        out.push(Column::server(service, &metric, "per_s", &source, Fold::Mean, values)?);
    }
    Ok(out)
}

fn latencies(
    service: &str,
    meaning: &Meaning,
    buckets: &[&Series],
    bins: &Bins,
    tolerance: Tolerance,
) -> Result<Vec<Column>, AssembleError> {
    let Some(is) = buckets.first().map(|s| &s.identity) else { return Ok(Vec::new()) };
    let owned: Vec<Series> = buckets.iter().map(|s| (*s).clone()).collect();
    let histogram = match histogram(&owned, bins, tolerance) {
        Ok(h) => h,
        Err(e) => {
            let _ = e;
            return Ok(Vec::new());
        }
    };
    let mut out = Vec::new();
    for (q, name) in QUANTILES {
        let quantiles = histogram.quantile(*q);
        let source = format!("{}, buckets summed over tasks; the truth lies within the bucket", is.metric);
        let value = |v: &Quantile| Some(v.value * is.scale).filter(|v| v.is_finite());
        let values = quantiles.iter().map(|v| v.as_ref().and_then(value)).collect();
        let stem = meaning.name();
        let column = format!("{}_{name}", stem.strip_suffix("_time").unwrap_or(stem));
        out.push(Column::server(service, &column, &is.unit, &source, Fold::Never, values)?);
    }
    Ok(out)
}

pub fn total(raw: &Raw, all: &[Series], service: &str, meaning: &Meaning) -> Option<Increase> {
    let w = raw.windows().ok()?;
    let series = select(raw, all, service, meaning);
    if series.is_empty() {
        return None;
    }
    Some(series.iter().map(|s| increase(s, w.load_start_unix_s, w.drained_unix_s)).fold(
        Increase { value: 0.0, exact: true },
        |sum, i| Increase { value: sum.value + i.value, exact: sum.exact && i.exact },
    ))
}
