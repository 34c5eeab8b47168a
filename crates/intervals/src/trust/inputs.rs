//! What a judgement is made from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Thresholds, Trust, verdict};
use crate::ErrorKind;
use crate::{EndpointStats, Histogram, MachineMetrics, duration_s};

/// What the judgement is made from, for an interval or for a run. `None` is what the kernel does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct VerdictInputs {
    /// Intents that were due.
    pub offered: u64,
    /// Requests sent.
    pub sent: u64,
    /// Intents that were due and not sent: over a run offered − sent; over an interval those overdue at its
    /// end and those that failed before they could be sent.
    pub unsent: u64,
    /// 99th percentile of sent − intended, seconds, without the time to open a connection.
    pub lateness_p99_s: f64,
    /// 99th percentile of noticed − intended, seconds: the generator's own part of the lateness.
    pub pickup_p99_s: f64,
    /// Median of done − sent, seconds; 0 when nothing completed.
    pub service_p50_s: f64,
    /// Share of the users' time by which their think times came out too long; `None` in the open model.
    pub overslept_share: Option<f64>,
    /// CPU of the busiest thread, cores, averaged over the time judged.
    pub worst_cpu_cores: f64,
    /// Largest share of time a thread was ready to run but had no core.
    pub worst_run_queue_fraction: Option<f64>,
    /// Share of time stolen from all CPUs of the machine.
    pub machine_steal_fraction: Option<f64>,
    /// Share of time stolen from the CPUs that a thread may run on, of the worst thread.
    pub thread_steal_fraction: Option<f64>,
    /// Chance that all CPUs that a thread may run on are busy with other work, of the worst thread.
    pub crowded_chance: Option<f64>,
    /// Time for which a CPU quota held the generator's control groups back, per second.
    pub throttled_fraction: Option<f64>,
    /// Requests that found the queue full.
    pub queue_full: u64,
    /// Of a run: how its intervals were judged.
    pub intervals: Judged,
}

impl VerdictInputs {
    /// The inputs that counts and histograms give; the others are left at their defaults.
    pub fn of(
        overall: &EndpointStats,
        pickup: &Histogram,
        waited: &Histogram,
        unassigned_errors: &BTreeMap<ErrorKind, u64>,
    ) -> Self {
        Self {
            sent: overall.tally.sent,
            lateness_p99_s: p99_s(waited),
            pickup_p99_s: p99_s(pickup),
            service_p50_s: duration_s(overall.service.value_at_quantile(0.5)),
            queue_full: unassigned_errors.get(&ErrorKind::QueueFull).copied().unwrap_or(0),
            ..Self::default()
        }
    }

    /// Of two generators that sent side by side: counts are added up, of everything else the worse decides; what one of
    /// them could not measure is not known of both.
    #[must_use]
    pub fn beside(self, other: Self) -> Self {
        let worse = |of: fn(&Self) -> Option<f64>| Some(of(&self)?.max(of(&other)?));
        Self {
            offered: self.offered + other.offered,
            sent: self.sent + other.sent,
            unsent: self.unsent + other.unsent,
            lateness_p99_s: self.lateness_p99_s.max(other.lateness_p99_s),
            pickup_p99_s: self.pickup_p99_s.max(other.pickup_p99_s),
            // Limits are shares of it.
            service_p50_s: self.service_p50_s.min(other.service_p50_s),
            overslept_share: worse(|i| i.overslept_share),
            worst_cpu_cores: self.worst_cpu_cores.max(other.worst_cpu_cores),
            worst_run_queue_fraction: worse(|i| i.worst_run_queue_fraction),
            machine_steal_fraction: worse(|i| i.machine_steal_fraction),
            thread_steal_fraction: worse(|i| i.thread_steal_fraction),
            crowded_chance: worse(|i| i.crowded_chance),
            throttled_fraction: worse(|i| i.throttled_fraction),
            queue_full: self.queue_full + other.queue_full,
            intervals: Judged {
                count: self.intervals.count + other.intervals.count,
                suspect: self.intervals.suspect + other.intervals.suspect,
                invalid: self.intervals.invalid + other.intervals.invalid,
            },
        }
    }

    /// Takes over what the machine says of the time judged.
    pub fn with_machine(&mut self, machine: &MachineMetrics) {
        self.machine_steal_fraction = machine.steal_fraction;
        self.thread_steal_fraction = machine.thread_steal_fraction;
        self.crowded_chance = machine.crowded_chance;
        self.throttled_fraction = machine.throttled_fraction;
    }
}

/// The 99th percentile, seconds; of fewer than 100 values the second largest. A percentile of 99 leaves one
/// value in a hundred out of account, and a single value never makes a judgement.
fn p99_s(histogram: &Histogram) -> f64 {
    let count = histogram.len() as f64;
    duration_s(histogram.value_at_quantile(((count - 1.0) / count).clamp(0.0, 0.99)))
}

/// The users' time lost to late wake-ups, as a share of all of their time.
pub fn overslept_share(overslept_s: Option<f64>, user_s: f64) -> Option<f64> {
    overslept_s.filter(|_| user_s > 0.0).map(|s| s / user_s)
}

/// How the intervals of a run were judged, each by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Judged {
    /// Intervals in which anything was due or sent.
    pub count: u64,
    /// Those that were [`Trust::Suspect`].
    pub suspect: u64,
    /// Those that were [`Trust::Invalid`].
    pub invalid: u64,
}

impl Judged {
    /// Judges one more interval.
    pub fn add(&mut self, inputs: &VerdictInputs, thresholds: &Thresholds) {
        if inputs.offered == 0 && inputs.sent == 0 {
            return;
        }
        self.count += 1;
        match verdict(inputs, thresholds).trust {
            Trust::Valid => {}
            Trust::Suspect => self.suspect += 1,
            Trust::Invalid => self.invalid += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::new_histogram;

    #[test]
    fn one_value_alone_never_makes_the_percentile() {
        let mut histogram = new_histogram();
        for _ in 0..20 {
            histogram.record(100).unwrap();
        }
        histogram.record(50_000).unwrap();
        assert!(p99_s(&histogram) < 1.1e-4);
        histogram.record(50_000).unwrap();
        assert!(p99_s(&histogram) > 4.9e-2);
        assert_eq!(p99_s(&new_histogram()), 0.0);
    }

    #[test]
    fn of_two_generators_the_worse_decides() {
        let one = VerdictInputs {
            sent: 10,
            pickup_p99_s: 1e-3,
            service_p50_s: 0.02,
            crowded_chance: Some(0.1),
            thread_steal_fraction: Some(0.3),
            intervals: Judged { count: 5, suspect: 1, invalid: 0 },
            ..Default::default()
        };
        let two = VerdictInputs {
            sent: 5,
            pickup_p99_s: 3e-3,
            service_p50_s: 0.01,
            crowded_chance: None,
            thread_steal_fraction: Some(0.2),
            intervals: Judged { count: 4, suspect: 0, invalid: 2 },
            ..Default::default()
        };
        let both = one.beside(two);
        assert_eq!((both.sent, both.pickup_p99_s, both.service_p50_s), (15, 3e-3, 0.01));
        assert_eq!((both.crowded_chance, both.thread_steal_fraction), (None, Some(0.3)));
        assert_eq!(both.intervals, Judged { count: 9, suspect: 1, invalid: 2 });
        assert_eq!(both, two.beside(one));
    }

    #[test]
    fn intervals_in_which_nothing_was_due_are_not_judged() {
        let mut judged = Judged::default();
        judged.add(&VerdictInputs { worst_cpu_cores: 9.0, ..Default::default() }, &Thresholds::default());
        assert_eq!(judged, Judged::default());
        judged.add(
            &VerdictInputs { offered: 1, worst_cpu_cores: 9.0, ..Default::default() },
            &Thresholds::default(),
        );
        assert_eq!(judged, Judged { count: 1, suspect: 0, invalid: 1 });
    }
}
