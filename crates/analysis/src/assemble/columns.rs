//! Which columns a frame has, and from which series each comes. A meaning that no one foresaw becomes a column of its own
//! name: counters as rates, gauges as levels, buckets as quantiles.

use std::collections::BTreeMap;

use swarmlab_frame::align::{
    HistogramSum, Quantile, TaskSum, Tolerance, counter_rate, gauge_last, sum_over_tasks,
};
use swarmlab_frame::clock::Bins;
use swarmlab_frame::frame::{Column, Fold, NameError};
use swarmlab_record::metric::{Kind, Meaning};
use swarmlab_record::series::{Head, Identity, Series};
use swarmlab_record::topology::Topology;

/// Labels by which proxies name a response's class, and how they spell the class.
const CLASS_LABELS: &[&str] = &["code_class", "envoy_response_code_class", "class"];
/// Quantiles of latency histograms.
const QUANTILES: &[(f64, &str)] = &[(0.5, "p50"), (0.95, "p95"), (0.99, "p99")];

/// Unit of the rate of a counter.
pub(super) fn rate_unit(meaning: &Meaning, unit: &str) -> String {
    let is_cpu = *meaning == Meaning::CPU || meaning.name().ends_with("_cpu");
    match unit {
        // A CPU second per second is a core; other seconds per second are a share of the time.
        "s" if is_cpu => "cores".to_owned(),
        "core_s" => "cores".to_owned(),
        "s" => "s_per_s".to_owned(),
        "bytes" => "bytes_per_s".to_owned(),
        // Events: what is counted is in the column's name.
        _ => "per_s".to_owned(),
    }
}

/// Whether a series speaks for its service. What a proxy says of a service behind it counts only if it stands before it.
pub(super) fn speaks(topology: &Topology, is: &Identity) -> bool {
    if topology.service(&is.service).is_none() {
        return false;
    }
    let mut behind = topology.behind(&is.service).peekable();
    match (&is.upstream, behind.peek()) {
        (Some(upstream), Some(_)) => behind.any(|b| b == upstream),
        _ => true,
    }
}

/// The columns of one service and meaning, while their series come one after the other.
pub(super) struct Columns {
    service: String,
    meaning: Meaning,
    /// Of the first series: name at the source, unit, scale.
    first: Identity,
    bins: Bins,
    tolerance: Tolerance,
    sums: Sums,
}

enum Sums {
    /// Levels, or rates.
    One(TaskSum),
    /// Rates by class of response: first digit, name at the source, sum.
    Classes(Vec<(char, String, TaskSum)>),
    /// Rates by the value of a label: the label, whether a value is part of the whole, sums.
    Parts(&'static Parts, BTreeMap<String, TaskSum>),
    /// Boxed: it is much larger than the others.
    Buckets(Box<HistogramSum>),
    /// They make no columns.
    Nothing,
}

impl Columns {
    /// From the heads of all series that will come, in order; `None` without one.
    pub(super) fn new(heads: &[&Head], bins: Bins) -> Option<Self> {
        let first = heads.first()?.identity.as_ref().clone();
        let (service, meaning) = (first.service.clone(), first.meaning.clone());
        let sums = match first.kind {
            Kind::Counter if meaning == Meaning::PROXY_RESPONSES => Sums::Classes(Vec::new()),
            Kind::Counter if parts(&meaning).is_some() => {
                parts(&meaning).map_or(Sums::Nothing, |parts| Sums::Parts(parts, BTreeMap::new()))
            }
            Kind::Gauge | Kind::Counter => Sums::One(TaskSum::default()),
            Kind::Bucket => {
                let identities: Vec<&Identity> = heads.iter().map(|h| h.identity.as_ref()).collect();
                HistogramSum::new(&identities, &bins).map_or_else(
                    |e| {
                        tracing::warn!("{service}: no latency columns: {e}");
                        Sums::Nothing
                    },
                    |histogram| Sums::Buckets(Box::new(histogram)),
                )
            }
        };
        Some(Self { service, meaning, first, bins, tolerance: Tolerance::default(), sums })
    }

    /// Adds the `index`-th series.
    pub(super) fn add(&mut self, index: usize, series: &Series) {
        let (bins, tolerance) = (&self.bins, self.tolerance);
        let rate = || scaled(counter_rate(series, bins, tolerance), series);
        match &mut self.sums {
            Sums::One(sum) if self.first.kind == Kind::Gauge => {
                sum.add(&scaled(gauge_last(series, bins, tolerance), series));
            }
            Sums::One(sum) => sum.add(&rate()),
            Sums::Classes(classes) => {
                let labels = &series.identity.labels;
                for digit in ['2', '3', '4', '5'] {
                    if !CLASS_LABELS.iter().any(|l| labels.get(*l).is_some_and(|v| v.starts_with(digit))) {
                        continue;
                    }
                    match classes.iter_mut().find(|(known, ..)| *known == digit) {
                        Some((_, _, sum)) => sum.add(&rate()),
                        None => {
                            let mut sum = TaskSum::default();
                            sum.add(&rate());
                            classes.push((digit, series.identity.metric.clone(), sum));
                        }
                    }
                }
            }
            Sums::Parts(parts, sums) => {
                let value = series.identity.labels.get(parts.label).cloned().unwrap_or_default();
                sums.entry(value).or_default().add(&rate());
            }
            Sums::Buckets(histogram) => histogram.add(index, series, tolerance),
            Sums::Nothing => {}
        }
    }

    /// The columns, when all series have come.
    pub(super) fn finish(self) -> Result<Vec<Column>, NameError> {
        let (service, name, is) = (&self.service, self.meaning.name(), &self.first);
        match self.sums {
            Sums::Nothing => Ok(Vec::new()),
            Sums::One(sum) if is.kind == Kind::Gauge => {
                let source = format!("{}, last sample in the bin", is.metric);
                Ok(vec![Column::server(service, name, &is.unit, source, Fold::Last, sum.sum())?])
            }
            Sums::One(sum) => {
                let unit = rate_unit(&self.meaning, &is.unit);
                Ok(vec![Column::server(
                    service,
                    name,
                    &unit,
                    differenced(&is.metric),
                    Fold::Mean,
                    sum.sum(),
                )?])
            }
            Sums::Classes(mut classes) => {
                classes.sort_by_key(|(digit, ..)| *digit);
                let column = |(digit, metric, sum): (char, String, TaskSum)| {
                    let name = format!("upstream_{digit}xx");
                    Column::server(service, &name, "per_s", differenced(&metric), Fold::Mean, sum.sum())
                };
                classes.into_iter().map(column).collect()
            }
            Sums::Parts(parts, sums) => {
                let unit = rate_unit(&self.meaning, &is.unit);
                let source = differenced(&is.metric);
                let sums: BTreeMap<String, Vec<Option<f64>>> =
                    sums.into_iter().map(|(value, sum)| (value, sum.sum())).collect();
                let whole: Vec<_> =
                    sums.iter().filter(|(v, _)| !parts.beside.contains(&v.as_str())).collect();
                let whole: Vec<_> = whole.into_iter().map(|(_, rates)| rates).collect();
                let whole =
                    Column::server(service, name, &unit, &source, Fold::Mean, sum_over_tasks(&whole))?;
                let of_value = |(value, rates): (String, Vec<Option<f64>>)| {
                    let name = format!("{name}_{}", word(&value));
                    Column::server(
                        service,
                        &name,
                        &unit,
                        format!("{source}, {}: {value}", parts.label),
                        Fold::Mean,
                        rates,
                    )
                };
                let values = sums.into_iter().filter(|(value, _)| !word(value).is_empty()).map(of_value);
                std::iter::once(Ok(whole)).chain(values).collect()
            }
            Sums::Buckets(histogram) => latencies(service, name, is, *histogram),
        }
    }
}

/// Meanings that are told by the value of a label: a column each, and one of the whole.
struct Parts {
    meaning: Meaning,
    label: &'static str,
    /// Values that are told and are no part of the whole.
    beside: &'static [&'static str],
}

const PARTS: &[Parts] = &[Parts { meaning: Meaning::NODE_CPU, label: "mode", beside: &["idle", "iowait"] }];

fn parts(meaning: &Meaning) -> Option<&'static Parts> {
    PARTS.iter().find(|parts| parts.meaning == *meaning)
}

/// A label's value as a part of a column's name.
fn word(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    value.chars().filter(|c| plain(*c)).collect::<String>().to_ascii_lowercase()
}

fn differenced(metric: &str) -> String {
    format!("{metric}, differenced on the bins")
}

fn scaled(values: Vec<Option<f64>>, series: &Series) -> Vec<Option<f64>> {
    let scale = series.identity.scale;
    if scale == 1.0 { values } else { values.into_iter().map(|v| v.map(|v| v * scale)).collect() }
}

fn latencies(service: &str, stem: &str, is: &Identity, sum: HistogramSum) -> Result<Vec<Column>, NameError> {
    let histogram = sum.finish();
    let mut out = Vec::new();
    for (q, name) in QUANTILES {
        let quantiles = histogram.quantile(*q);
        let source = format!("{}, buckets summed over tasks; the truth lies within the bucket", is.metric);
        let value = |v: &Quantile| Some(v.value * is.scale).filter(|v| v.is_finite());
        let values = quantiles.iter().map(|v| v.as_ref().and_then(value)).collect();
        let column = format!("{}_{name}", stem.strip_suffix("_time").unwrap_or(stem));
        out.push(Column::server(service, &column, &is.unit, &source, Fold::Never, values)?);
    }
    Ok(out)
}
