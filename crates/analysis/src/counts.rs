//! Requests over the load window, counted by everyone who saw them.
//!
//! Before the load and after the drain the system is quiet, so a counter's value just before and just after is
//! exact: no interpolation, no rate.

use std::collections::BTreeMap;

use swarmlab_record::client::{ALL_ENDPOINTS, Totals as ClientTotals};
use swarmlab_record::series::Series;

use crate::assemble::Raw;
use swarmlab_record::metric::Meaning;
use swarmlab_record::summary::{Count, Counts};

/// Increase of a counter over a window that is quiet at both ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Increase {
    /// The increase, resets added.
    pub value: f64,
    /// Whether the window's ends were seen.
    pub exact: bool,
}

/// Increase of one series between the quiet before `from` and the quiet after `to`.
pub fn increase(series: &Series, from_unix_s: f64, to_unix_s: f64) -> Increase {
    let before = series.samples.iter().rev().find(|s| s.t_unix_s <= from_unix_s);
    let inside = series.samples.iter().filter(|s| s.t_unix_s > from_unix_s);
    // A series that did not exist before counts from zero: counters with labels appear with their first event,
    // and a new task's counters begin at zero.
    let mut last = before.map_or(0.0, |s| s.value);
    let mut value = 0.0;
    let mut reset = false;
    for s in inside {
        let step = if s.value < last {
            reset = true;
            s.value
        } else {
            s.value - last
        };
        value += step;
        last = s.value;
        if s.t_unix_s >= to_unix_s {
            return Increase { value, exact: !reset };
        }
    }
    Increase { value, exact: false }
}

/// Increases over the load, summed over all series of a service and meaning.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Totals(BTreeMap<(String, Meaning), Increase>);

impl Totals {
    /// Adds one series.
    pub(crate) fn add(&mut self, of: &(String, Meaning), i: Increase) {
        let nothing = Increase { value: 0.0, exact: true };
        let sum = self.0.get(of).copied().unwrap_or(nothing);
        self.0.insert(of.clone(), Increase { value: sum.value + i.value, exact: sum.exact && i.exact });
    }

    /// The sum of a service and meaning; `None` without any series.
    pub fn of(&self, service: &str, meaning: &Meaning) -> Option<Increase> {
        self.0.get(&(service.to_owned(), meaning.clone())).copied()
    }
}

/// Compares what was sent with what was counted.
pub fn compare(raw: &Raw, totals: &Totals) -> Counts {
    let window = raw.windows().map_or((0.0, 0.0), |w| (w.load_start_unix_s, w.load_end_unix_s));
    let all = ClientTotals::of(&raw.client, ALL_ENDPOINTS, window.0, window.1);
    let front = &raw.manifest.plan.target_service;
    // With several services behind one front each sees only its share.
    let topology = &raw.manifest.topology;
    let behind: Vec<&str> = topology.behind(front).collect();
    let behind = behind.first().filter(|_| behind.len() == 1).copied();
    let mut servers = Vec::new();
    for service in &raw.manifest.topology.services {
        for (meaning, what) in [
            (Meaning::PROXY_DOWNSTREAM, "requests from its clients"),
            (Meaning::PROXY_UPSTREAM, "requests to the service behind"),
            (Meaning::APPLICATION_REQUESTS, "its own count"),
        ] {
            let Some(i) = totals.of(&service.name, &meaning) else { continue };
            let comparable = service.name == *front || Some(service.name.as_str()) == behind;
            servers.push(Count {
                counter: format!("{}: {what}", service.name),
                count: i.value,
                exact: i.exact,
                comparable,
            });
        }
    }
    let (sent, failed) = (all.known("sent", all.sent), all.known("failed", all.failed));
    Counts { sent, completed: all.completed, failed, servers }
}

#[cfg(test)]
mod tests {
    use swarmlab_record::series::fixture;

    use super::*;

    fn series(points: &[(f64, f64)]) -> Series {
        fixture::series("t", points)
    }

    #[test]
    fn the_quiet_values_on_both_sides_decide() {
        let s = series(&[(0.0, 5.0), (1.0, 5.0), (2.0, 9.0), (3.0, 12.0), (4.0, 12.0)]);
        assert_eq!(increase(&s, 1.5, 2.8), Increase { value: 7.0, exact: true });
    }

    #[test]
    fn a_series_that_appears_counts_from_zero() {
        let s = series(&[(2.0, 3.0), (3.0, 4.0)]);
        assert_eq!(increase(&s, 1.5, 2.5), Increase { value: 4.0, exact: true });
    }

    #[test]
    fn a_reset_or_a_missing_end_is_not_exact() {
        let s = series(&[(0.0, 5.0), (2.0, 9.0), (3.0, 1.0), (4.0, 2.0)]);
        assert_eq!(increase(&s, 1.0, 3.5), Increase { value: 6.0, exact: false });
        assert_eq!(increase(&s, 1.0, 9.0), Increase { value: 6.0, exact: false });
        assert_eq!(increase(&series(&[(0.0, 5.0)]), 1.0, 2.0), Increase { value: 0.0, exact: false });
    }
}
