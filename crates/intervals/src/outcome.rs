//! The sums of a whole run.

use std::collections::BTreeMap;

use crate::trust::VerdictInputs;
use crate::{EndpointStats, Histogram, Retired};
use crate::{ErrorKind, FirstAnswer};

/// How a load came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The shape ended.
    Completed,
    /// Asked to send nothing more.
    Stopped,
    /// Asked to give up what was under way.
    Aborted,
}

/// The sums of a whole run; exactly the sums of its intervals.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// Start of the first interval, seconds since the Unix epoch.
    pub start_unix_s: f64,
    /// When the last request was sent or could have been (the end of the shape, or the stop).
    pub load_end_unix_s: f64,
    /// When the last request had ended.
    pub end_unix_s: f64,
    /// Number of intervals emitted.
    pub intervals: u64,
    /// Intents that were due, over all endpoints.
    pub offered: u64,
    /// Scenarios that came to their last step with success.
    pub iterations_completed: u64,
    /// Time that users spent waiting between iterations, seconds.
    pub think_s: f64,
    /// User-seconds: the integral of the number of users.
    pub user_s: f64,
    /// Connections established.
    pub connections_opened: u64,
    /// Connections that were ended because they had been used for long enough.
    pub connections_retired: Retired,
    /// Intents that ended without an endpoint (`queue_full`, `abandoned`), by kind.
    pub unassigned_errors: BTreeMap<ErrorKind, u64>,
    /// Per endpoint, in the order of the scenario.
    pub endpoints: Vec<EndpointStats>,
    /// All endpoints merged, under the empty name.
    pub overall: EndpointStats,
    /// How long sockets took to connect (TCP's handshake), microseconds; one value a connection.
    pub connect: Histogram,
    /// How long TLS handshakes took, after the socket was connected, microseconds; one value a handshake.
    pub tls: Histogram,
    /// Questions to the name service that failed after the start; the addresses before stayed in use.
    pub resolve_failures: u64,
    /// What the first error of a kind said, where there are words for it: connections, TLS, names. At most one
    /// text a kind, at most 400 characters.
    pub first_errors: BTreeMap<ErrorKind, String>,
    /// The first answer of each error and status, and of each redirect that was accepted.
    pub first_answers: Vec<FirstAnswer>,
    /// What the run's verdict is made from.
    pub verdict_inputs: VerdictInputs,
}
