//! Thresholds that end a load which misses them: what the clients felt so far, judged after each interval.

use std::collections::BTreeMap;

use swarmlab_checks::{Felt, Outcome, Response, Source, Threshold, evaluate};
use swarmlab_intervals::{EndpointStats, Interval};
use swarmlab_record::client::{ALL_ENDPOINTS, error_rate};
use swarmlab_record::summary::QUANTILES;

/// Those of a session, and what they look at.
pub(super) struct Thresholds {
    all: Vec<Threshold>,
    so_far: SoFar,
}

/// The load under way.
#[derive(Default)]
struct SoFar {
    start_unix_s: Option<f64>,
    length_s: f64,
    /// All together as well, under the name that the folder's rows of all have.
    endpoints: BTreeMap<String, EndpointStats>,
}

impl Thresholds {
    /// Those of them that end a load.
    pub fn new(all: Vec<Threshold>) -> Self {
        let all = all.into_iter().filter(|t| t.abort_after_s.is_some()).collect();
        Self { all, so_far: SoFar::default() }
    }

    /// Another load begins.
    pub fn begin(&mut self) {
        self.so_far = SoFar::default();
    }

    /// Looks at the next interval of the measured load; the first threshold that is missed now, a sentence without a full stop.
    pub fn look(&mut self, interval: &Interval) -> Option<String> {
        if self.all.is_empty() {
            return None;
        }
        self.so_far.add(interval);
        let so_far = &self.so_far;
        let due = |t: &&Threshold| t.abort_after_s.is_some_and(|s| so_far.length_s >= s - 1e-6);
        self.all.iter().filter(due).find_map(|t| match evaluate(&t.check, so_far) {
            Outcome::Judged { holds: false, value, limit } => Some(format!(
                "`{}` is missed {:.0} s into the load ({value} against {limit}), and was to end it",
                t.check.text, so_far.length_s
            )),
            _ => None,
        })
    }
}

impl SoFar {
    fn add(&mut self, interval: &Interval) {
        let start_unix_s = *self.start_unix_s.get_or_insert(interval.start_unix_s);
        self.length_s = interval.end_unix_s - start_unix_s;
        for stats in &interval.endpoints {
            for name in [stats.endpoint.as_str(), ALL_ENDPOINTS] {
                self.endpoints.entry(name.to_owned()).or_insert_with(|| EndpointStats::new(name)).add(stats);
            }
        }
    }

    fn of(&self, endpoint: Option<&str>) -> Option<&EndpointStats> {
        self.endpoints.get(endpoint.unwrap_or(ALL_ENDPOINTS))
    }
}

impl Source for SoFar {
    fn figure(&self, key: &str) -> Option<(f64, String)> {
        let (stem, endpoint) = key.split_once(':').map_or((key, None), |(a, b)| (a, Some(b)));
        let EndpointStats { tally, response, .. } = self.of(endpoint)?;
        let ms = |us: f64| us / 1e3;
        let felt = Felt {
            // What is under way has not failed: of those that were sent, or could not be, the ones that ended count.
            sent: tally.succeeded + tally.failed,
            completed: tally.completed,
            failed: tally.failed,
            throughput_per_s: tally.completed as f64 / self.length_s,
            error_rate: error_rate(tally.succeeded, tally.failed),
            response: (tally.completed > 0).then(|| Response {
                mean_ms: tally.response_sum_s / tally.completed as f64 * 1e3,
                quantiles_ms: QUANTILES.map(|q| ms(response.value_at_quantile(q) as f64)),
                max_ms: ms(response.max() as f64),
            }),
        };
        felt.figure(stem)
    }

    fn answers(&self, endpoint: Option<&str>) -> Option<u64> {
        self.of(endpoint).map(|stats| stats.tally.completed)
    }

    fn column(&self, _: &str) -> Option<(Vec<Option<f64>>, String)> {
        None
    }

    fn columns(&self) -> Vec<String> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use swarmlab_checks::parse;

    use super::*;

    /// A second in which ten requests were answered after `ms` each, and `failed` of them not as they should.
    fn second(at: u64, ms: u64, failed: u64) -> Interval {
        let mut stats = EndpointStats::new("get");
        stats.tally.offered = 10;
        stats.tally.sent = 10;
        stats.tally.completed = 10;
        stats.tally.succeeded = 10 - failed;
        stats.tally.failed = failed;
        stats.response.record_n(ms * 1000, 10).unwrap();
        let start_unix_s = 1000.0 + at as f64;
        let empty = Interval::empty(at, start_unix_s, start_unix_s + 1.0);
        Interval { endpoints: vec![stats], offered: 10, ..empty }
    }

    fn watching(check: &str, after_s: f64) -> Thresholds {
        let check = parse(check).unwrap();
        Thresholds::new(vec![Threshold { check, abort_after_s: Some(after_s) }])
    }

    #[test]
    fn a_threshold_speaks_from_its_time_on_about_all_that_was_felt_until_then() {
        let mut t = watching("p95(response) < 100ms", 3.0);
        assert_eq!(t.look(&second(0, 500, 0)), None, "before its time");
        assert_eq!(t.look(&second(1, 500, 0)), None);
        let said = t.look(&second(2, 5, 0)).unwrap();
        assert!(said.contains("`p95(response) < 100ms` is missed 3 s into the load"), "{said}");
        // Another load begins at nothing; one quantile of ten answers is none.
        t.begin();
        assert_eq!(t.look(&second(7, 500, 0)), None);
        let mut few = watching("p95(response) < 100ms", 0.0);
        assert_eq!(few.look(&second(0, 500, 0)), None);
        assert!(few.look(&second(1, 500, 0)).is_some());
    }

    #[test]
    fn ratios_and_rates_are_those_so_far() {
        let mut t = watching("errors / sent < 25 %", 0.0);
        assert_eq!(t.look(&second(0, 5, 2)), None);
        assert!(t.look(&second(1, 5, 4)).is_some_and(|s| s.contains("missed 2 s")), "6 of 20");
        // What is under way is not lost, and what could not even be sent is.
        let mut t = watching("completed / sent >= 99 %", 0.0);
        let mut under_way = second(0, 5, 0);
        (under_way.endpoints[0].tally.sent, under_way.endpoints[0].tally.offered) = (30, 40);
        assert_eq!(t.look(&under_way), None);
        let mut refused = second(0, 5, 0);
        refused.endpoints[0] = EndpointStats::new("get");
        refused.endpoints[0].tally.failed = 5;
        assert!(watching("errors / sent < 1 %", 0.0).look(&refused).is_some());
        assert_eq!(watching("p95(response:nobody) < 1 us", 0.0).look(&second(0, 5, 0)), None);
        let at_the_end = Threshold::at_the_end(parse("errors / sent < 1 %").unwrap());
        assert_eq!(Thresholds::new(vec![at_the_end]).look(&second(0, 5, 9)), None);
    }
}
