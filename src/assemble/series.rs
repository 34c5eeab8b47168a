//! Samples grouped into series, each with the life of its task.
//!
//! cAdvisor's series carry the task's id, so birth and death come from the orchestrator. Series that are only
//! known by address (a service's own `/metrics`, Envoy's statistics) take the life of the task of that service
//! that began shortly before the first sample, or ended shortly around the last, if there is one and the series
//! really begins or ends inside the recording.

use std::collections::{BTreeMap, HashMap};

use swarmlab_frame::series::{Kind, Sample as Point, Series};

use crate::telemetry::Sample;
use crate::telemetry::catalogue::{self, Origin};
use crate::testbed::TaskLife;

/// Every source is sampled once a second.
pub const SCRAPE_INTERVAL_S: f64 = 1.0;
/// How long after its container's start a task may be seen first by address (start, DNS refresh, scrape).
const FIRST_SEEN_S: f64 = 15.0;
/// How far a series may end before or after the end of its task.
const LAST_SEEN_S: f64 = 15.0;
/// A series that began or ended within this of the recording's ends may be older or live on.
const EDGE_S: f64 = 3.0;

/// Samples as series, one for each metric, task and set of labels, with what is known of the task's life (the module
/// says how).
pub fn build(samples: impl IntoIterator<Item = Sample>, lives: &[TaskLife]) -> Vec<Series> {
    type Key = (String, String, String, BTreeMap<String, String>);
    let mut place: HashMap<Key, usize> = HashMap::new();
    let mut out: Vec<Series> = Vec::new();
    for s in samples {
        let Some(metric) = catalogue::find(&s.metric) else { continue };
        let point = Point::new(s.t_unix_s, s.value);
        let key = (s.service, s.task, s.metric, s.labels);
        let i = *place.entry(key).or_insert_with_key(|(service, task, name, labels)| {
            out.push(Series {
                service: service.clone(),
                task: task.clone(),
                metric: name.clone(),
                unit: metric.unit.to_owned(),
                kind: match metric.kind {
                    catalogue::Kind::Counter => Kind::Counter,
                    catalogue::Kind::Gauge => Kind::Gauge,
                },
                scrape_interval_s: SCRAPE_INTERVAL_S,
                labels: labels.clone(),
                samples: Vec::new(),
                born_unix_s: None,
                died_unix_s: None,
            });
            out.len() - 1
        });
        out[i].samples.push(point);
    }
    for series in &mut out {
        series.normalise();
    }
    give_lives(&mut out, lives);
    out
}

/// Gives each series the life of its task.
pub fn give_lives(all: &mut [Series], lives: &[TaskLife]) {
    let times =
        || all.iter().flat_map(|s| s.samples.first().into_iter().chain(s.samples.last())).map(|s| s.t_unix_s);
    let (first, last) = (times().fold(f64::INFINITY, f64::min), times().fold(f64::NEG_INFINITY, f64::max));
    for series in all {
        give_life(series, lives, first, last);
    }
}

fn give_life(series: &mut Series, lives: &[TaskLife], first: f64, last: f64) {
    if let Some(life) = lives.iter().find(|l| l.task == series.task) {
        series.born_unix_s = life.born_unix_s;
        series.died_unix_s = life.died_unix_s;
        return;
    }
    let exact = catalogue::find(&series.metric).is_some_and(|m| m.origin == Origin::Cadvisor);
    let (Some(begin), Some(end)) = (series.samples.first(), series.samples.last()) else { return };
    if exact {
        return;
    }
    let of_service = || lives.iter().filter(|l| l.service == series.service);
    let (begin, end) = (begin.t_unix_s, end.t_unix_s);
    if begin > first + EDGE_S {
        series.born_unix_s = of_service()
            .filter_map(|l| l.born_unix_s)
            .filter(|b| *b < begin && begin - b <= FIRST_SEEN_S)
            .reduce(f64::max);
    }
    if end < last - EDGE_S {
        // The sample itself proves that the task lived, so its death is not before it.
        series.died_unix_s = of_service()
            .filter_map(|l| l.died_unix_s)
            .filter(|d| (d - end).abs() <= LAST_SEEN_S)
            .min_by(|a, b| (a - end).abs().total_cmp(&(b - end).abs()))
            .map(|d| d.max(end));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sample(t: f64, service: &str, task: &str, metric: &str, value: f64) -> Sample {
        Sample {
            t_unix_s: t,
            service: service.to_owned(),
            task: task.to_owned(),
            metric: metric.to_owned(),
            labels: BTreeMap::new(),
            value,
        }
    }

    fn life(service: &str, task: &str, born: f64, died: Option<f64>) -> TaskLife {
        TaskLife {
            service: service.to_owned(),
            task: task.to_owned(),
            born_unix_s: Some(born),
            died_unix_s: died,
        }
    }

    #[test]
    fn a_task_known_by_id_gets_its_own_life() {
        let samples =
            (0..5).map(|i| sample(f64::from(i), "a", "id1", "container_cpu_usage_seconds_total", 1.0));
        let series = build(samples, &[life("a", "id1", -7.0, Some(4.5))]);
        assert_eq!((series[0].born_unix_s, series[0].died_unix_s), (Some(-7.0), Some(4.5)));
    }

    #[test]
    fn a_series_by_address_takes_the_nearest_fitting_life() {
        let long = (0..60).map(|i| sample(f64::from(i), "a", "10.0.0.1:1", "demo_requests_total", 1.0));
        let short = (20..40).map(|i| sample(f64::from(i), "a", "10.0.0.2:1", "demo_requests_total", 1.0));
        let lives = [
            life("a", "x", -100.0, None),
            life("a", "y", 17.0, Some(41.0)),
            life("b", "z", 19.0, Some(39.0)),
        ];
        let series = build(long.chain(short), &lives);
        assert_eq!((series[0].born_unix_s, series[0].died_unix_s), (None, None));
        assert_eq!((series[1].born_unix_s, series[1].died_unix_s), (Some(17.0), Some(41.0)));
    }

    #[test]
    fn an_outage_without_a_death_stays_unknown() {
        let short = (0..30).map(|i| sample(f64::from(i), "a", "10.0.0.2:1", "demo_requests_total", 1.0));
        let other = (0..60).map(|i| sample(f64::from(i), "b", "10.0.0.3:1", "demo_requests_total", 1.0));
        let series = build(short.chain(other), &[life("a", "x", -100.0, None)]);
        assert_eq!(series[0].died_unix_s, None);
    }
}
