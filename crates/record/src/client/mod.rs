//! What the clients felt: one row per interval and endpoint, as the load engine logged it.

mod beside;
mod from_interval;
mod merged;
mod totals;
mod unknown;

pub use beside::{Share, beside, own_origin};
pub use from_interval::{rows, with_quantiles};
pub use merged::merged;
pub use totals::{Totals, endpoints, error_rate};
pub use unknown::{COUNTS, Unknown};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use swarmlab_intervals::trust::Trust;

use crate::Phase;

/// The endpoint name of the row that covers all endpoints; its quantiles come from the *merged*
/// histograms, never from other rows' quantiles.
pub const ALL_ENDPOINTS: &str = "*";

/// Times of the requests that completed in an interval, milliseconds. What another tool did not tell of them is NaN, which is
/// null in every table.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LatencyMs {
    /// Arithmetic mean.
    #[serde(with = "crate::nonfinite")]
    pub mean: f64,
    /// Median.
    #[serde(with = "crate::nonfinite")]
    pub p50: f64,
    /// 90th percentile.
    #[serde(with = "crate::nonfinite")]
    pub p90: f64,
    /// 95th percentile.
    #[serde(with = "crate::nonfinite")]
    pub p95: f64,
    /// 99th percentile.
    #[serde(with = "crate::nonfinite")]
    pub p99: f64,
    /// The slowest.
    #[serde(with = "crate::nonfinite")]
    pub max: f64,
}

/// How late requests were sent against their schedule, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LatenessMs {
    /// Median.
    #[serde(with = "crate::nonfinite")]
    pub p50: f64,
    /// 99th percentile.
    #[serde(with = "crate::nonfinite")]
    pub p99: f64,
}

/// One interval of one endpoint.
///
/// Counts are of events *in* the interval; levels (`in_flight`, `queued`) are read at its end.
/// `completed = succeeded + failed`. Response time runs from the intended start, service time from
/// the send; lateness is the difference of the two starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClientRow {
    /// Begin of the interval, Unix seconds.
    #[serde(with = "crate::nonfinite")]
    pub t_unix_s: f64,
    /// Length of the interval, seconds.
    #[serde(with = "crate::nonfinite")]
    pub width_s: f64,
    /// Phase of the run.
    pub phase: Phase,
    /// Endpoint, or [`ALL_ENDPOINTS`].
    pub endpoint: String,
    /// Users active (time-weighted mean); 0 in an open loop.
    #[serde(with = "crate::nonfinite")]
    pub users: f64,
    /// Requests whose intended start lies in the interval.
    pub offered: u64,
    /// Requests sent.
    pub sent: u64,
    /// Requests that ended, well or badly.
    pub completed: u64,
    /// Requests that ended well.
    pub succeeded: u64,
    /// Requests that failed: refused, broken, timed out, or answered with an unexpected status.
    pub failed: u64,
    /// Requests sent more than a millisecond after their intended start.
    #[serde(default)]
    pub late: u64,
    /// Failures before anything was sent: no connection, no name, no TLS, no local port.
    #[serde(default)]
    pub connect_errors: u64,
    /// What the load engine says of itself for the interval, in the row of all endpoints; nothing elsewhere.
    #[serde(default, with = "trust")]
    pub trust: Option<Trust>,
    /// Why it is not valid: the figures of the gravest reasons (`pickup overslept`), in the row of all endpoints; empty where
    /// nothing speaks against the load engine, or it was not recorded.
    #[serde(default)]
    pub doubts: String,
    /// Requests sent and not ended, at the end of the interval.
    pub in_flight: u64,
    /// Requests intended and not yet sent, at the end of the interval.
    pub queued: u64,
    /// Scenario iterations that ended.
    pub iterations: u64,
    /// Think time spent in the interval, summed over users, seconds.
    #[serde(with = "crate::nonfinite")]
    pub think_s: f64,
    /// Answers 100 to 199.
    pub status_1xx: u64,
    /// Answers 200 to 299.
    pub status_2xx: u64,
    /// Answers 300 to 399.
    pub status_3xx: u64,
    /// Answers 400 to 499.
    pub status_4xx: u64,
    /// Answers 500 to 599.
    pub status_5xx: u64,
    /// Answers by exact status, a JSON object of counts: `{"200":97,"404":3}`; empty where it was not recorded.
    #[serde(default)]
    pub statuses_json: String,
    /// Failures by kind, a JSON object of counts: `{"timeout":3}`; `{}` when there is none.
    pub errors_json: String,
    /// Bytes written to sockets.
    pub bytes_sent: u64,
    /// Bytes read from sockets.
    pub bytes_received: u64,
    /// From intended start to end; `None` where no request completed.
    pub response: Option<LatencyMs>,
    /// From send to end; `None` where no request completed.
    pub service: Option<LatencyMs>,
    /// From intended start to send; `None` where no request was sent.
    pub lateness: Option<LatenessMs>,
    /// Figures that nobody recorded: their numbers mean nothing.
    #[serde(default, skip_serializing_if = "Unknown::is_empty")]
    pub unknown: Unknown,
}

impl ClientRow {
    /// A figure of the row, by the name of its column; `None` where nobody recorded it.
    pub fn known<T>(&self, name: &str, value: T) -> Option<T> {
        (!self.unknown.has(name)).then_some(value)
    }

    /// Failures by named error. Written by this program as an object of counts; another text tells of none.
    pub fn errors(&self) -> BTreeMap<String, u64> {
        serde_json::from_str(&self.errors_json).unwrap_or_default()
    }

    /// Answers by exact status; of rows that were written before those were recorded, by class (`4xx`).
    pub fn statuses(&self) -> BTreeMap<String, u64> {
        serde_json::from_str(&self.statuses_json).unwrap_or_else(|_| {
            let classes = [
                ("1xx", self.status_1xx),
                ("2xx", self.status_2xx),
                ("3xx", self.status_3xx),
                ("4xx", self.status_4xx),
                ("5xx", self.status_5xx),
            ];
            classes.into_iter().filter(|(_, n)| *n > 0).map(|(name, n)| (name.to_owned(), n)).collect()
        })
    }
}

/// `VALID`, `SUSPECT`, `INVALID`, or the empty text for nothing.
mod trust {
    use serde::{Deserialize, Deserializer, Serializer};
    use swarmlab_intervals::trust::Trust;

    pub fn serialize<S: Serializer>(trust: &Option<Trust>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(trust.map_or("", Trust::name))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Trust>, D::Error> {
        Ok(Trust::from_name(&String::deserialize(deserializer)?))
    }
}

#[doc(hidden)]
pub mod fixture;
