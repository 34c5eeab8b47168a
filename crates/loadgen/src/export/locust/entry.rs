//! The sums of one row, kept as Locust keeps them.

use std::collections::BTreeMap;

use super::number::bucket_ms;
use swarmlab_intervals::EndpointStats;

/// Seconds of which cumulative counts are kept for the current percentiles.
const CACHED_SECONDS: usize = 20;
/// Seconds of which rates are kept: the current rate looks 12 s back.
const RATED_SECONDS: i64 = 15;

/// Requests by response time, rounded as in [`bucket_ms`].
pub(super) type Buckets = BTreeMap<u64, u64>;

/// One row: a name and a method, or all together.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub method: String,
    pub name: String,
    /// Requests that ended, well or badly.
    pub requests: u64,
    pub failures: u64,
    /// Requests with a response time: those answered.
    pub timed: u64,
    pub body_bytes: u64,
    pub min_ms: Option<f64>,
    pub max_ms: f64,
    total_ns: f64,
    buckets: Buckets,
    /// Requests and failures of the last seconds.
    per_s: BTreeMap<i64, (u64, u64)>,
    /// What `buckets` and `timed` were at the end of a second.
    cache: BTreeMap<i64, (Buckets, u64)>,
    last_second: Option<i64>,
}

impl Entry {
    /// An entry that begins in that second.
    pub fn new(method: &str, name: &str, second: i64) -> Self {
        Self {
            method: method.to_owned(),
            name: name.to_owned(),
            requests: 0,
            failures: 0,
            timed: 0,
            body_bytes: 0,
            min_ms: None,
            max_ms: 0.0,
            total_ns: 0.0,
            buckets: Buckets::new(),
            per_s: BTreeMap::new(),
            cache: BTreeMap::from([(second, (Buckets::new(), 0))]),
            last_second: None,
        }
    }

    /// Requests that ended in an interval, well or badly.
    pub fn ended(stats: &EndpointStats) -> u64 {
        let unanswered: u64 =
            stats.tally.errors().iter().filter(|(kind, _)| !kind.is_completed()).map(|(_, n)| n).sum();
        stats.tally.completed + unanswered
    }

    /// Adds what ended in an interval that lies in that second.
    pub fn add(&mut self, stats: &EndpointStats, second: i64) {
        let ended = Self::ended(stats);
        if ended == 0 {
            return;
        }
        if self.last_second.is_some_and(|last| second > last) {
            self.cache.insert(second - 1, (self.buckets.clone(), self.timed));
            while self.cache.len() > CACHED_SECONDS {
                self.cache.pop_first();
            }
        }
        self.last_second = Some(second);
        self.requests += ended;
        self.failures += stats.tally.failed;
        self.body_bytes += stats.tally.body_bytes;
        let (requests, failures) = self.per_s.entry(second).or_default();
        *requests += ended;
        *failures += stats.tally.failed;
        self.per_s.retain(|&at, _| at > second - RATED_SECONDS);
        let response = &stats.response;
        if response.is_empty() {
            return;
        }
        self.timed += response.len();
        // Times are whole nanoseconds: their sum is, too.
        self.total_ns += (stats.tally.response_sum_s * 1e9).round();
        let ms = |us: u64| response.lowest_equivalent(us) as f64 / 1e3;
        let min_ms = ms(response.min());
        self.min_ms = Some(self.min_ms.map_or(min_ms, |least| least.min(min_ms)));
        self.max_ms = self.max_ms.max(ms(response.max()));
        for value in response.iter_recorded() {
            *self.buckets.entry(bucket_ms(ms(value.value_iterated_to()))).or_default() +=
                value.count_at_value();
        }
    }

    /// Mean response time, milliseconds; 0 without any.
    pub fn mean_ms(&self) -> f64 {
        if self.timed == 0 { 0.0 } else { self.total_ns / 1e6 / self.timed as f64 }
    }

    /// A percentile of all response times, milliseconds; 0 without any.
    pub fn percentile_ms(&self, share: f64) -> u64 {
        percentile(&self.buckets, self.timed, share)
    }

    /// A percentile of about the last ten seconds as seen at second `now`; 0 if not known.
    pub fn current_percentile_ms(&self, share: f64, now: i64) -> u64 {
        let wanted = now - 10;
        let nearest = std::iter::once(wanted).chain((1..9).flat_map(|i| [wanted - i, wanted + i]));
        let Some((old, timed)) = nearest.into_iter().find_map(|second| self.cache.get(&second)) else {
            return 0;
        };
        let since: Buckets = self
            .buckets
            .iter()
            .map(|(&ms, &count)| (ms, count - old.get(&ms).copied().unwrap_or(0)))
            .filter(|&(_, count)| count > 0)
            .collect();
        percentile(&since, self.timed - timed, share)
    }

    /// Requests and failures per second from 12 to 2 s before the last request of all.
    pub fn current_rates(&self, last: Option<i64>, start: i64) -> (f64, f64) {
        let Some(last) = last else { return (0.0, 0.0) };
        let (from, to) = ((last - 12).max(start), last - 2);
        let (mut requests, mut failures) = (0, 0);
        if from < to {
            for (one, other) in self.per_s.range(from..to).map(|(_, counts)| counts) {
                requests += one;
                failures += other;
            }
        }
        let seconds = (to - from).max(1) as f64;
        (requests as f64 / seconds, failures as f64 / seconds)
    }
}

/// Locust's percentile: the largest bucket such that at most that share of the requests lies below it.
fn percentile(buckets: &Buckets, count: u64, share: f64) -> u64 {
    let below = (count as f64 * share) as u64;
    let mut seen = 0;
    for (&ms, &requests) in buckets.iter().rev() {
        seen += requests;
        if count.saturating_sub(seen) <= below {
            return ms;
        }
    }
    0
}
