//! Counts, times and histograms of one endpoint.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

use crate::error_kind::{ERROR_KINDS, ErrorKind};
use crate::statuses::Statuses;

/// Times in whole microseconds, 3 significant digits, up to one hour (longer ones count as one hour).
pub type Histogram = hdrhistogram::Histogram<u64>;

/// Largest recorded time: one hour in microseconds.
pub const HIGHEST_US: u64 = 3_600_000_000;

/// An empty histogram that grows with what it holds, so that one kept per interval stays small.
pub fn new_histogram() -> Histogram {
    let mut histogram = Histogram::new_with_max(2048, 3).unwrap_or_else(|_| unreachable!("valid bounds"));
    histogram.auto(true);
    histogram
}

/// A histogram of fixed size for the hot path: recording never allocates.
pub fn fixed_histogram() -> Histogram {
    Histogram::new_with_max(HIGHEST_US, 3).unwrap_or_else(|_| unreachable!("valid bounds"))
}

/// Seconds of a histogram's microseconds.
pub fn duration_s(value_us: u64) -> f64 {
    value_us as f64 / 1e6
}

/// A count for each [`ErrorKind`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorCounts([u64; ERROR_KINDS]);

impl Default for ErrorCounts {
    // The standard library has none for arrays of more than 32.
    fn default() -> Self {
        Self([0; ERROR_KINDS])
    }
}

impl Deref for ErrorCounts {
    type Target = [u64; ERROR_KINDS];

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for ErrorCounts {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

/// Counts and sums of one endpoint over a stretch of time. Each event counts in the interval it happens in:
/// an intent when it is due, a request when its first byte is written, an answer when it is complete.
///
/// Over a whole run: `offered` = `sent` + errors before sending, `sent` = `completed` + errors after sending,
/// `completed` = `succeeded` + unexpected statuses + failed extractions, `failed` = sum of `errors`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tally {
    /// Requests that were due.
    pub offered: u64,
    /// Requests of which at least one byte was written.
    pub sent: u64,
    /// Complete answers.
    pub completed: u64,
    /// Complete answers as the step expects them.
    pub succeeded: u64,
    /// Requests that did not succeed.
    pub failed: u64,
    /// Complete answers by status.
    pub statuses: Statuses,
    /// Failed requests by [`ErrorKind`], in the order of [`ErrorKind::ALL`].
    pub errors: ErrorCounts,
    /// Bytes of requests written, heads included.
    pub bytes_sent: u64,
    /// Bytes of answers read, heads included.
    pub bytes_received: u64,
    /// Bytes of the bodies of complete answers, chunk framing taken away.
    pub body_bytes: u64,
    /// Requests sent more than one millisecond after they were due.
    pub late: u64,
    /// Exact sum of the response times, seconds.
    pub response_sum_s: f64,
    /// Exact sum of the service times, seconds.
    pub service_sum_s: f64,
    /// Exact sum of the latenesses, seconds.
    pub lateness_sum_s: f64,
}

impl Tally {
    /// Number of failed requests of one kind.
    pub fn errors_of(&self, kind: ErrorKind) -> u64 {
        self.errors[kind as usize]
    }

    /// Failed requests by kind; kinds that did not happen are left out.
    pub fn errors(&self) -> BTreeMap<ErrorKind, u64> {
        ErrorKind::ALL
            .into_iter()
            .filter(|&k| self.errors_of(k) > 0)
            .map(|k| (k, self.errors_of(k)))
            .collect()
    }

    /// Adds the counts of `other`.
    pub fn add(&mut self, other: &Tally) {
        self.offered += other.offered;
        self.sent += other.sent;
        self.completed += other.completed;
        self.succeeded += other.succeeded;
        self.failed += other.failed;
        self.statuses.add(&other.statuses);
        for (sum, value) in self.errors.iter_mut().zip(other.errors.iter()) {
            *sum += value;
        }
        self.bytes_sent += other.bytes_sent;
        self.bytes_received += other.bytes_received;
        self.body_bytes += other.body_bytes;
        self.late += other.late;
        self.response_sum_s += other.response_sum_s;
        self.service_sum_s += other.service_sum_s;
        self.lateness_sum_s += other.lateness_sum_s;
    }
}

/// An endpoint over an interval or over a whole run.
#[derive(Debug, Clone)]
pub struct EndpointStats {
    /// Name of the step (or steps) of the scenario.
    pub endpoint: String,
    /// Counts and sums.
    pub tally: Tally,
    /// Done − intended of complete answers: what users felt. One value a complete answer.
    pub response: Histogram,
    /// Done − sent of complete answers: what the target took. One value a complete answer.
    pub service: Histogram,
    /// Sent − intended: how late the request left. One value a request sent.
    pub lateness: Histogram,
}

impl EndpointStats {
    /// Empty statistics whose histograms grow as needed.
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            tally: Tally::default(),
            response: new_histogram(),
            service: new_histogram(),
            lateness: new_histogram(),
        }
    }

    /// Nothing yet, with histograms of fixed size ([`fixed_histogram`]).
    pub fn fixed(endpoint: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            tally: Tally::default(),
            response: fixed_histogram(),
            service: fixed_histogram(),
            lateness: fixed_histogram(),
        }
    }

    /// Adds `other`: counts, sums and histograms, exactly.
    pub fn add(&mut self, other: &EndpointStats) {
        self.tally.add(&other.tally);
        add_histogram(&mut self.response, &other.response);
        add_histogram(&mut self.service, &other.service);
        add_histogram(&mut self.lateness, &other.lateness);
    }

    /// Back to nothing; the histograms keep their memory.
    pub fn clear(&mut self) {
        self.tally = Tally::default();
        for histogram in [&mut self.response, &mut self.service, &mut self.lateness] {
            if !histogram.is_empty() {
                histogram.reset();
            }
        }
    }
}

/// Adds `other`, value by value, to a histogram that grows (as [`new_histogram`] makes it) or is at least as wide.
pub fn add_histogram(sum: &mut Histogram, other: &Histogram) {
    if !other.is_empty() && sum.add(other).is_err() {
        // Only possible for a sum of fixed size that is narrower than `other`: nobody builds one.
        debug_assert!(false, "histogram too narrow");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growing_and_fixed_histograms_merge_exactly() {
        let mut fixed = EndpointStats::fixed("a");
        for value in [1_u64, 50, 2047, 2048, 1_000_000, HIGHEST_US] {
            fixed.response.saturating_record(value);
        }
        let mut sum = EndpointStats::new("a");
        sum.add(&fixed);
        sum.add(&fixed);
        assert_eq!(sum.response.len(), 12);
        for value in [1_u64, 50, 2047, 2048, 1_000_000, HIGHEST_US] {
            assert_eq!(sum.response.count_at(value), 2, "{value}");
        }
        fixed.clear();
        assert!(fixed.response.is_empty());
        fixed.response.saturating_record(u64::MAX);
        assert_eq!(fixed.response.len(), 1);
    }

    #[test]
    fn recording_never_grows_a_fixed_histogram() {
        let mut histogram = fixed_histogram();
        let size = histogram.distinct_values();
        for exponent in 0..64 {
            histogram.saturating_record(1 << exponent);
        }
        assert_eq!((histogram.distinct_values(), histogram.is_auto_resize()), (size, false));
        // Three of them, two copies, 8 bytes a count: this is what an endpoint costs a thread.
        assert!(size * 8 < 200_000, "{size}");
        assert_eq!(histogram.max(), histogram.highest_equivalent(HIGHEST_US));
    }

    #[test]
    fn tallies_add_up_field_by_field() {
        let mut one = Tally { offered: 3, sent: 2, late: 1, response_sum_s: 0.5, ..Tally::default() };
        one.errors[ErrorKind::Timeout as usize] = 4;
        (0..7).for_each(|_| one.statuses.count(200));
        let mut sum = one.clone();
        sum.add(&one);
        assert_eq!((sum.offered, sum.sent, sum.late, sum.statuses.class(2)), (6, 4, 2, 14));
        assert_eq!(sum.errors(), BTreeMap::from([(ErrorKind::Timeout, 8)]));
        assert_eq!(sum.response_sum_s.to_bits(), 1.0_f64.to_bits());
    }
}
