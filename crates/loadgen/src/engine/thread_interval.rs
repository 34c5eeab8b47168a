//! One thread's share of an interval, as it goes to the collector.

use swarmlab_intervals::{ERROR_KINDS, EndpointStats, Histogram, Retired, fixed_histogram};

/// One thread's share of an interval. Two of them go round between the thread and the collector.
#[derive(Debug)]
pub(crate) struct ThreadInterval {
    pub index: u64,
    pub offered: u64,
    pub users_ns: i128,
    pub in_flight_ns: i128,
    pub in_flight_end: u64,
    pub queued_ns: i128,
    pub queued_end: u64,
    pub think_ns: i128,
    pub iterations_completed: u64,
    pub connections_opened: u64,
    pub connections_retired: Retired,
    pub connections_open_end: u64,
    pub unassigned_errors: [u64; ERROR_KINDS],
    pub endpoints: Vec<EndpointStats>,
    pub pickup: Histogram,
    pub connect: Histogram,
    pub tls: Histogram,
    pub waited: Histogram,
    pub overslept_ns: u64,
    pub overdue_end: u64,
    pub cpu_ns: u64,
    /// Of a thread's last interval only: the collector can no longer ask.
    pub run_queue_ns: Option<u64>,
}

impl ThreadInterval {
    pub fn new(endpoints: &[String]) -> Self {
        Self {
            index: 0,
            offered: 0,
            users_ns: 0,
            in_flight_ns: 0,
            in_flight_end: 0,
            queued_ns: 0,
            queued_end: 0,
            think_ns: 0,
            iterations_completed: 0,
            connections_opened: 0,
            connections_retired: Retired::default(),
            connections_open_end: 0,
            unassigned_errors: [0; ERROR_KINDS],
            endpoints: endpoints.iter().map(EndpointStats::fixed).collect(),
            pickup: fixed_histogram(),
            connect: fixed_histogram(),
            tls: fixed_histogram(),
            waited: fixed_histogram(),
            overslept_ns: 0,
            overdue_end: 0,
            cpu_ns: 0,
            run_queue_ns: None,
        }
    }

    /// Makes it as new; done by the collector, off the hot path.
    pub fn clear(&mut self) {
        self.offered = 0;
        self.iterations_completed = 0;
        self.connections_opened = 0;
        self.connections_retired = Retired::default();
        self.overslept_ns = 0;
        self.unassigned_errors = [0; ERROR_KINDS];
        self.endpoints.iter_mut().for_each(EndpointStats::clear);
        for histogram in [&mut self.pickup, &mut self.waited, &mut self.connect, &mut self.tls] {
            if !histogram.is_empty() {
                histogram.reset();
            }
        }
    }
}
