//! Requests over the load window, counted by everyone who saw them.
//!
//! Before the load and after the drain the system is quiet, so a counter's value just before and just after is
//! exact: no interpolation, no rate.

use serde::{Deserialize, Serialize};
use swarmlab_frame::series::Series;

use crate::assemble::{Raw, columns};
use crate::telemetry::catalogue::Meaning;

/// One count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Count {
    /// Who counted.
    pub counter: String,
    /// How many.
    pub count: f64,
    /// Whether every task was sampled in the quiet before and after.
    pub exact: bool,
    /// Whether it counts the very requests that the load engine sent (and not their consequences).
    pub comparable: bool,
}

/// All counts of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    /// Requests of which the load engine wrote at least one byte.
    pub sent: u64,
    /// Complete answers.
    pub completed: u64,
    /// Requests that failed.
    pub failed: u64,
    /// What servers counted.
    pub servers: Vec<Count>,
}

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

/// Sum of increases over all series of a service and meaning; `None` without any series.
pub fn total(raw: &Raw, service: &str, meaning: Meaning) -> Option<Increase> {
    let w = raw.manifest.windows?;
    let series = columns::select(raw, service, meaning);
    if series.is_empty() {
        return None;
    }
    Some(series.iter().map(|s| increase(s, w.load_start_unix_s, w.drained_unix_s)).fold(
        Increase { value: 0.0, exact: true },
        |sum, i| Increase { value: sum.value + i.value, exact: sum.exact && i.exact },
    ))
}

/// Compares what was sent with what was counted.
pub fn compare(raw: &Raw) -> Counts {
    let load = raw
        .client
        .iter()
        .filter(|r| r.phase == "load" && r.endpoint == swarmlab_frame::client::ALL_ENDPOINTS);
    let (mut sent, mut completed, mut failed) = (0, 0, 0);
    for row in load {
        sent += row.sent;
        completed += row.completed;
        failed += row.failed;
    }
    let front = &raw.manifest.experiment.target_service;
    let behind = raw.manifest.fronted_by(front).map(str::to_owned);
    let mut servers = Vec::new();
    for service in &raw.manifest.services {
        for (meaning, what) in [
            (Meaning::ProxyDownstream, "requests from its clients"),
            (Meaning::ProxyUpstream, "requests to the service behind"),
            (Meaning::ApplicationRequests, "its own count"),
        ] {
            let Some(i) = total(raw, &service.name, meaning) else { continue };
            let comparable = service.name == *front || Some(&service.name) == behind.as_ref();
            servers.push(Count {
                counter: format!("{}: {what}", service.name),
                count: i.value,
                exact: i.exact,
                comparable,
            });
        }
    }
    Counts { sent, completed, failed, servers }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use swarmlab_frame::series::{Kind, Sample};

    use super::*;

    fn series(points: &[(f64, f64)]) -> Series {
        Series {
            service: "a".to_owned(),
            task: "t".to_owned(),
            metric: "m".to_owned(),
            unit: String::new(),
            kind: Kind::Counter,
            scrape_interval_s: 1.0,
            labels: BTreeMap::new(),
            samples: points.iter().map(|(t, v)| Sample::new(*t, *v)).collect(),
            born_unix_s: None,
            died_unix_s: None,
        }
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
