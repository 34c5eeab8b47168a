//! One reporting interval, merged over the threads.

use std::collections::BTreeMap;

use crate::ErrorKind;
use crate::trust::{VerdictInputs, overslept_share};
use crate::{EndpointStats, Histogram, Retired, SelfMetrics, Tally, new_histogram};

/// What happened in `[start_unix_s, end_unix_s)`. Intervals are emitted in order and without gaps until
/// the last request has ended; a caller that keeps them all keeps their histograms.
#[derive(Debug, Clone)]
pub struct Interval {
    /// Number, from 0.
    pub index: u64,
    /// Start, seconds since the Unix epoch.
    pub start_unix_s: f64,
    /// End, seconds since the Unix epoch: `start + (index + 1) * interval_s`.
    pub end_unix_s: f64,
    /// Intents that were due: schedule entries, or users ready for their next request. In the open model an
    /// intent has no endpoint before a session takes it, so the endpoints' sum can lag behind this.
    pub offered: u64,
    /// Users (closed) or sessions with a request under way (open), averaged over time.
    pub users: f64,
    /// Requests sent and not ended, averaged over time.
    pub in_flight: f64,
    /// The same at the end of the interval.
    pub in_flight_end: u64,
    /// Intents waiting for a connection or a slot, averaged over time; those of users who wait for their
    /// own connection to be established included.
    pub queued: f64,
    /// The same at the end of the interval.
    pub queued_end: u64,
    /// Scenarios that came to their last step with success.
    pub iterations_completed: u64,
    /// Time that users spent waiting between iterations, summed over the users, seconds.
    pub think_s: f64,
    /// Connections established.
    pub connections_opened: u64,
    /// Connections that were ended because they had been used for long enough.
    pub connections_retired: Retired,
    /// Connections open at the end of the interval.
    pub connections_open_end: u64,
    /// Intents that ended without an endpoint (`queue_full`, `abandoned`), by kind.
    pub unassigned_errors: BTreeMap<ErrorKind, u64>,
    /// Per endpoint, in the order of the scenario.
    pub endpoints: Vec<EndpointStats>,
    /// How long sockets took to connect (TCP's handshake), microseconds; one value a connection.
    pub connect: Histogram,
    /// How long TLS handshakes took, after the socket was connected, microseconds; one value a handshake.
    pub tls: Histogram,
    /// Questions to the name service that failed; the addresses before stayed in use.
    pub resolve_failures: u64,
    /// The generator's own state.
    pub generator: SelfMetrics,
}

impl Interval {
    /// One in which nothing happened.
    pub fn empty(index: u64, start_unix_s: f64, end_unix_s: f64) -> Self {
        Self {
            index,
            start_unix_s,
            end_unix_s,
            offered: 0,
            users: 0.0,
            in_flight: 0.0,
            in_flight_end: 0,
            queued: 0.0,
            queued_end: 0,
            iterations_completed: 0,
            think_s: 0.0,
            connections_opened: 0,
            connections_retired: Retired::default(),
            connections_open_end: 0,
            unassigned_errors: BTreeMap::new(),
            endpoints: Vec::new(),
            connect: new_histogram(),
            tls: new_histogram(),
            resolve_failures: 0,
            generator: SelfMetrics::default(),
        }
    }

    /// Length in seconds.
    pub fn length_s(&self) -> f64 {
        self.end_unix_s - self.start_unix_s
    }

    /// The counts of all endpoints together.
    pub fn tally(&self) -> Tally {
        let mut sum = Tally::default();
        self.endpoints.iter().for_each(|endpoint| sum.add(&endpoint.tally));
        sum
    }

    /// What the interval's own verdict is made from. Everything that was due in it was sent in it, but for
    /// what is overdue at its end and for what failed before it could be sent.
    pub fn verdict_inputs(&self) -> VerdictInputs {
        let overall = self.overall();
        let generator = &self.generator;
        let failed_unsent: u64 =
            overall.tally.errors().iter().filter(|(kind, _)| kind.is_before_send()).map(|(_, n)| n).sum();
        let unassigned: u64 = self.unassigned_errors.values().sum();
        let mut inputs =
            VerdictInputs::of(&overall, &generator.pickup, &generator.waited, &self.unassigned_errors);
        inputs.offered = self.offered;
        inputs.unsent = generator.overdue_end + failed_unsent + unassigned;
        inputs.worst_cpu_cores = generator.worst_cpu_cores();
        inputs.worst_run_queue_fraction = generator.worst_run_queue_fraction();
        inputs.overslept_share = overslept_share(generator.overslept_s, self.users * self.length_s());
        inputs.with_machine(&generator.machine);
        inputs
    }

    /// All endpoints merged.
    pub fn overall(&self) -> EndpointStats {
        let mut sum = EndpointStats::new("");
        self.endpoints.iter().for_each(|endpoint| sum.add(endpoint));
        sum
    }
}
