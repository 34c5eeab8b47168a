//! What the proxies before each service counted: requests, and how long answers took.
//!
//! The frame has the counts of a proxy; a model needs those of a service, also where one proxy stands before several.

use std::collections::BTreeMap;

use swarmlab_analysis::counts::increase;
use swarmlab_frame::align::{BinnedHistogram, HistogramSum, TaskSum, Tolerance, counter_rate};
use swarmlab_frame::clock::Bins;
use swarmlab_record::metric::{Kind, Meaning};
use swarmlab_record::series::{Head, Identity, Series};
use swarmlab_record::topology::Topology;

use crate::times::Times;

/// What proxies counted of each service behind them, by its name.
#[derive(Debug, Clone, Default)]
pub struct Fronts(BTreeMap<String, Front>);

/// What proxies counted of one service.
#[derive(Debug, Clone, Default)]
pub struct Front {
    /// Requests that were sent to it, a second, in each bin.
    pub requests_per_s: Vec<Option<f64>>,
    /// Requests over the load and its drain.
    pub requests: f64,
    times: Option<(BinnedHistogram, f64)>,
}

impl Front {
    /// Times of its answers in some bins together; `None` where no proxy tells them.
    pub fn times(&self, bins: &[usize]) -> Option<Times> {
        let (histogram, to_s) = self.times.as_ref()?;
        let mut sum = vec![0.0; histogram.bounds().len()];
        for counts in bins.iter().filter_map(|bin| histogram.cumulative(*bin)) {
            sum.iter_mut().zip(counts).for_each(|(sum, n)| *sum += n);
        }
        let bounds_s: Vec<f64> = histogram.bounds().iter().map(|b| b * to_s).collect();
        Some(Times::of_buckets(&bounds_s, &sum))
    }
}

/// What is under way of one service.
#[derive(Default)]
struct Open {
    rates: TaskSum,
    requests: f64,
    buckets: Option<(HistogramSum, f64)>,
}

impl Fronts {
    /// Of a service.
    pub fn of(&self, service: &str) -> Option<&Front> {
        self.0.get(service)
    }

    /// Reads them of all series of a run, which come in the order of `heads`. `bins` are those of the load; `window` is
    /// quiet at both ends, Unix seconds.
    ///
    /// # Errors
    /// What reading a series ended with.
    pub fn read<E>(
        topology: &Topology,
        bins: &Bins,
        window: (f64, f64),
        heads: &[Head],
        series: impl IntoIterator<Item = Result<Series, E>>,
    ) -> Result<Self, E> {
        let mut open: BTreeMap<String, Open> = BTreeMap::new();
        // Place of each series among the buckets of its service.
        let mut places: Vec<usize> = vec![0; heads.len()];
        let mut buckets: BTreeMap<&str, Vec<&Identity>> = BTreeMap::new();
        for (head, place) in heads.iter().zip(&mut places) {
            let is = &*head.identity;
            if let Some(service) = behind(topology, is).filter(|_| is_time(is)) {
                let own = buckets.entry(service).or_default();
                *place = own.len();
                own.push(is);
            }
        }
        for (service, own) in &buckets {
            // Of several proxies with buckets of their own there is no common histogram.
            let sum = HistogramSum::new(own, bins).ok();
            let to_s = own.first().map_or(1.0, |is| is.scale * seconds(&is.unit));
            let sums = sum.map(|sum| (sum, to_s));
            open.insert((*service).to_owned(), Open { buckets: sums, ..Open::default() });
        }
        for (i, series) in series.into_iter().enumerate() {
            let series = series?;
            let is = &*series.identity;
            let Some(service) = behind(topology, is) else { continue };
            let own = open.entry(service.to_owned()).or_default();
            if is_time(is) {
                let place = places.get(i).copied().unwrap_or_default();
                if let Some((sum, _)) = &mut own.buckets {
                    sum.add(place, &series, Tolerance::default());
                }
            } else if is.meaning == Meaning::PROXY_UPSTREAM && is.kind == Kind::Counter {
                let rate = counter_rate(&series, bins, Tolerance::default());
                let scaled: Vec<Option<f64>> = rate.into_iter().map(|v| v.map(|v| v * is.scale)).collect();
                own.rates.add(&scaled);
                own.requests += increase(&series, window.0, window.1).value * is.scale;
            }
        }
        let front = |open: Open| Front {
            requests_per_s: open.rates.sum(),
            requests: open.requests,
            times: open.buckets.map(|(sum, to_s)| (sum.finish(), to_s)),
        };
        Ok(Self(open.into_iter().map(|(service, open)| (service, front(open))).collect()))
    }
}

fn is_time(is: &Identity) -> bool {
    is.meaning == Meaning::PROXY_UPSTREAM_TIME && is.kind == Kind::Bucket
}

fn seconds(unit: &str) -> f64 {
    if unit == "ms" { 1e-3 } else { 1.0 }
}

/// The service that a series of a proxy speaks of: the one that it names, or the only one behind it.
fn behind<'a>(topology: &'a Topology, is: &'a Identity) -> Option<&'a str> {
    let mut all = topology.behind(&is.service);
    match &is.upstream {
        Some(upstream) => all.find(|b| b == upstream),
        None => all.next().filter(|_| all.next().is_none()),
    }
}
