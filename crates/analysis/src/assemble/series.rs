//! Series get the life of their task.
//!
//! cAdvisor's series carry the task's id, so birth and death come from the orchestrator. Series that are only
//! known by address (a service's own `/metrics`, Envoy's statistics) take the life of the task of that service
//! that began shortly before the first sample, or ended shortly around the last, if there is one and the series
//! really begins or ends inside the recording. A counter that appears while its task is known already (counters with
//! labels appear with their first event) was 0 when the task was last seen without it.

use std::collections::HashMap;

use swarmlab_record::metric::Kind;
use swarmlab_record::series::Head;
use swarmlab_record::topology::TaskLife;

/// How long after its container's start a task may be seen first by address (start, DNS refresh, scrape).
const FIRST_SEEN_S: f64 = 15.0;
/// How far a series may end before or after the end of its task.
const LAST_SEEN_S: f64 = 15.0;
/// A series that began or ended within this of the recording's ends may be older or live on.
const EDGE_S: f64 = 3.0;

/// Gives each series the life of its task.
pub fn give_lives(all: &mut [Head], lives: &[TaskLife]) {
    let times = || all.iter().flat_map(|s| s.first_unix_s.into_iter().chain(s.last_unix_s));
    let (first, last) = (times().fold(f64::INFINITY, f64::min), times().fold(f64::NEG_INFINITY, f64::max));
    let appeared = last_seen_without(all);
    for (series, appeared) in all.iter_mut().zip(appeared) {
        give_life(series, lives, first, last);
        let counts = series.identity.kind != Kind::Gauge && !series.identity.task_is_exact;
        let own_life = || lives.iter().any(|l| l.task == series.identity.task);
        if let Some(t) = appeared.filter(|_| counts)
            && !own_life()
        {
            series.born_unix_s = Some(t);
        }
    }
}

/// For each series the moment at which its task was last seen without it, Unix seconds: one interval before its first
/// sample, by the series of the task that was seen first. `None` for series that were there from the task's beginning.
fn last_seen_without(all: &[Head]) -> Vec<Option<f64>> {
    let mut first_of: HashMap<(&str, &str), &Head> = HashMap::new();
    let begin = |s: &Head| s.first_unix_s.unwrap_or(f64::INFINITY);
    for series in all {
        let of_task = first_of.entry((&series.identity.service, &series.identity.task)).or_insert(series);
        if begin(series) < begin(of_task) {
            *of_task = series;
        }
    }
    all.iter()
        .map(|series| {
            let before = first_of.get(&(series.identity.service.as_str(), series.identity.task.as_str()))?;
            let (begin, first) = (series.first_unix_s?, before.first_unix_s?);
            // Samples of one scrape may carry stamps that differ by less than a scrape.
            (begin - first > 0.5 * before.interval_s).then(|| (begin - before.interval_s).max(first))
        })
        .collect()
}

fn give_life(series: &mut Head, lives: &[TaskLife], first: f64, last: f64) {
    if let Some(life) = lives.iter().find(|l| l.task == series.identity.task) {
        series.born_unix_s = life.born_unix_s;
        series.died_unix_s = life.died_unix_s;
        return;
    }
    let (Some(begin), Some(end)) = (series.first_unix_s, series.last_unix_s) else { return };
    if series.identity.task_is_exact {
        return;
    }
    let of_service = || lives.iter().filter(|l| l.service == series.identity.service);
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
    use std::sync::Arc;

    use swarmlab_record::series::{Identity, fixture};

    use super::*;

    fn samples(seconds: std::ops::Range<i32>, service: &str, task: &str, task_is_exact: bool) -> Head {
        let identity = Identity { task_is_exact, ..fixture::identity(service, task) };
        Head {
            identity: Arc::new(identity),
            interval_s: 1.0,
            born_unix_s: None,
            died_unix_s: None,
            first_unix_s: Some(f64::from(seconds.start)),
            last_unix_s: Some(f64::from(seconds.end - 1)),
            samples: seconds.len() as u64,
        }
    }

    fn build(mut all: Vec<Head>, lives: &[TaskLife]) -> Vec<Head> {
        give_lives(&mut all, lives);
        all
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
        let series = build(vec![samples(0..5, "a", "id1", true)], &[life("a", "id1", -7.0, Some(4.5))]);
        assert_eq!((series[0].born_unix_s, series[0].died_unix_s), (Some(-7.0), Some(4.5)));
    }

    #[test]
    fn a_series_by_address_takes_the_nearest_fitting_life() {
        let long = samples(0..60, "a", "10.0.0.1:1", false);
        let short = samples(20..40, "a", "10.0.0.2:1", false);
        let lives = [
            life("a", "x", -100.0, None),
            life("a", "y", 17.0, Some(41.0)),
            life("b", "z", 19.0, Some(39.0)),
        ];
        let series = build(vec![long, short], &lives);
        assert_eq!((series[0].born_unix_s, series[0].died_unix_s), (None, None));
        assert_eq!((series[1].born_unix_s, series[1].died_unix_s), (Some(17.0), Some(41.0)));
    }

    #[test]
    fn a_counter_that_appears_was_zero_when_its_task_was_last_seen_without_it() {
        let total = samples(0..60, "a", "10.0.0.1:1", false);
        let mut failures = samples(30..60, "a", "10.0.0.1:1", false);
        let mut level = samples(30..60, "a", "10.0.0.1:1", false);
        Arc::make_mut(&mut failures.identity).metric = "failures_total".to_owned();
        Arc::make_mut(&mut level.identity).kind = Kind::Gauge;
        // Another task of the service began just before: it is not this one's life.
        let lives = [life("a", "x", -100.0, None), life("a", "y", 20.0, None)];
        let series = build(vec![total, failures, level], &lives);
        assert_eq!(series[0].born_unix_s, None);
        assert_eq!(series[1].born_unix_s, Some(29.0));
        assert_ne!(series[2].born_unix_s, Some(29.0));
    }

    #[test]
    fn an_outage_without_a_death_stays_unknown() {
        let short = samples(0..30, "a", "10.0.0.2:1", false);
        let other = samples(0..60, "b", "10.0.0.3:1", false);
        let series = build(vec![short, other], &[life("a", "x", -100.0, None)]);
        assert_eq!(series[0].died_unix_s, None);
    }
}
