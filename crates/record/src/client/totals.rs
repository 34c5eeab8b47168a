//! Sums over a window, and the one definition of error rate and throughput (docs/measurement.md has the words).

use std::collections::BTreeMap;

use super::{ALL_ENDPOINTS, ClientRow, Unknown};
use crate::Phase;

/// Instants closer than this are the same, seconds.
const SAME_INSTANT_S: f64 = 1e-6;
/// Of so much of a load whole intervals speak for all of it.
const COVERED: f64 = 0.9;

/// The error rate: of the requests that ended, the share that failed. Between 0 and 1 in every interval, also in an
/// outage; `None` where no request ended. Over a whole load every request that was due has ended, so it is there the
/// share of all that were due.
pub fn error_rate(succeeded: u64, failed: u64) -> Option<f64> {
    let ended = succeeded + failed;
    (ended > 0).then(|| failed as f64 / ended as f64)
}

/// Counts of one endpoint, or of all, over the load.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Totals {
    /// Requests that were due.
    pub offered: u64,
    /// Requests of which at least one byte was written.
    pub sent: u64,
    /// Complete answers.
    pub completed: u64,
    /// Answers as the scenario expects them.
    pub succeeded: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Failed requests by named error.
    pub errors: BTreeMap<String, u64>,
    /// Complete answers by status.
    pub statuses: BTreeMap<String, u64>,
    /// Bytes written.
    pub bytes_sent: u64,
    /// Bytes read.
    pub bytes_received: u64,
    /// Complete answers in the intervals that lie wholly inside the load window.
    pub completed_inside: u64,
    /// Length of those intervals together, seconds.
    pub inside_s: f64,
    /// Length of the load, seconds.
    pub load_s: f64,
    /// From its beginning to the end of the last interval, the drain's, seconds.
    pub whole_s: f64,
    /// Sum of the response times of complete answers, milliseconds.
    pub response_sum_ms: f64,
    /// Counts that nobody recorded, in one interval at least.
    pub unknown: Unknown,
}

impl Totals {
    /// Sums the rows of one endpoint over the load and its drain; `start` and `end` bound the load itself.
    pub fn of<'a>(
        rows: impl IntoIterator<Item = &'a ClientRow>,
        endpoint: &str,
        start_unix_s: f64,
        end_unix_s: f64,
    ) -> Self {
        let mut sum = Self { load_s: (end_unix_s - start_unix_s).max(0.0), ..Self::default() };
        for r in rows.into_iter().filter(|r| r.phase == Phase::Load && r.endpoint == endpoint) {
            sum.unknown = sum.unknown.or(r.unknown);
            sum.offered += r.offered;
            sum.sent += r.sent;
            sum.completed += r.completed;
            sum.succeeded += r.succeeded;
            sum.failed += r.failed;
            sum.bytes_sent += r.bytes_sent;
            sum.bytes_received += r.bytes_received;
            for (kind, n) in r.errors() {
                *sum.errors.entry(kind).or_default() += n;
            }
            for (status, n) in r.statuses() {
                *sum.statuses.entry(status).or_default() += n;
            }
            if let Some(response) = r.response {
                sum.response_sum_ms += response.mean * r.completed as f64;
            }
            sum.whole_s = sum.whole_s.max(r.t_unix_s + r.width_s - start_unix_s);
            let begins_inside = r.t_unix_s >= start_unix_s - SAME_INSTANT_S;
            if begins_inside && r.t_unix_s + r.width_s <= end_unix_s + SAME_INSTANT_S {
                sum.completed_inside += r.completed;
                sum.inside_s += r.width_s;
            }
        }
        sum
    }

    /// A count, by the name of its column; `None` where nobody recorded it.
    pub fn known(&self, name: &str, count: u64) -> Option<u64> {
        (!self.unknown.has(name)).then_some(count)
    }

    /// Throughput: complete answers a second over the intervals that were measured wholly inside the load, if they cover nine tenths
    /// of it; else (it was shorter than that, or ended within an interval) over everything up to the last answer, so that a slow
    /// drain lowers the figure instead of raising it. `None` of a load without an interval.
    pub fn throughput_per_s(&self) -> Option<f64> {
        if self.inside_s > 0.0 && self.inside_s > COVERED * self.load_s {
            return Some(self.completed_inside as f64 / self.inside_s);
        }
        (self.whole_s > 0.0).then(|| self.completed as f64 / self.whole_s)
    }

    /// The error rate over the load ([`error_rate`]).
    pub fn error_rate(&self) -> Option<f64> {
        let (succeeded, failed) =
            (self.known("succeeded", self.succeeded)?, self.known("failed", self.failed)?);
        error_rate(succeeded, failed)
    }

    /// Mean response time of complete answers, milliseconds.
    pub fn response_mean_ms(&self) -> Option<f64> {
        (self.completed > 0).then(|| self.response_sum_ms / self.completed as f64)
    }
}

/// The endpoints that rows speak of, in order of first appearance, without the row of all.
pub fn endpoints(rows: &[ClientRow]) -> Vec<&str> {
    let mut out: Vec<&str> = Vec::new();
    for r in rows.iter().filter(|r| r.phase == Phase::Load && r.endpoint != ALL_ENDPOINTS) {
        if !out.contains(&r.endpoint.as_str()) {
            out.push(&r.endpoint);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::fixture::row;
    use super::*;

    #[test]
    fn the_error_rate_is_bounded_and_known_in_an_outage() {
        assert_eq!(error_rate(0, 5), Some(1.0));
        assert_eq!(error_rate(3, 1), Some(0.25));
        assert_eq!(error_rate(0, 0), None);
    }

    #[test]
    fn throughput_is_over_what_was_measured_not_over_what_was_planned() {
        // Planned for 12 s, killed after 2: 100 answers in each second.
        let rows = [row(1000.0, "*"), row(1001.0, "*")];
        let totals = Totals::of(&rows, "*", 1000.0, 1012.0);
        assert_eq!(totals.throughput_per_s(), Some(100.0));
        assert_eq!(Totals::of(&rows, "*", 2000.0, 2012.0).throughput_per_s(), None);
    }

    #[test]
    fn answers_of_the_drain_count_as_requests_and_not_as_throughput() {
        let rows = [row(1000.0, "*"), row(1001.0, "*")];
        let totals = Totals::of(&rows, "*", 1000.0, 1001.0);
        assert_eq!((totals.completed, totals.completed_inside), (200, 100));
        assert_eq!(totals.throughput_per_s(), Some(100.0));
    }
}
