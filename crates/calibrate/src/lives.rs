//! How long replicas took to start and to stop, from the orchestrator's events.

use std::collections::VecDeque;

use swarmlab_record::topology::{ReplicaEvent, TaskLife};

/// Starts that took less than this are none: the replicas were there already. Seconds.
const NOTHING_S: f64 = 0.02;

/// What became of replicas that were asked for, or no longer, in one run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lives {
    /// From when a replica was asked for until it was healthy, seconds, in order of time; without those that began before
    /// the load.
    pub starts_s: Vec<f64>,
    /// The same of those that were there when the stack came up.
    pub first_starts_s: Vec<f64>,
    /// From when one replica fewer was asked for until it had ended, seconds.
    pub stops_s: Vec<f64>,
    /// Whether a health check said when they were healthy.
    pub checked: bool,
}

/// Of one service: its events and tasks, in order of time. What was asked for before `from_unix_s` belongs to bringing the
/// stack up. Who was asked for first is taken to be healthy first.
pub fn read(events: &[ReplicaEvent], tasks: &[TaskLife], from_unix_s: f64) -> Lives {
    let mut out = Lives { checked: true, ..Lives::default() };
    let mut asked: VecDeque<f64> = VecDeque::new();
    let mut dropped: VecDeque<f64> = VecDeque::new();
    let (mut desired, mut up) = (0, 0);
    for event in events {
        let at_s = event.t_unix_s;
        for _ in desired..event.desired {
            asked.push_back(at_s);
        }
        for _ in event.desired..desired {
            // One that has not started is the first to be let go.
            match asked.pop_back() {
                Some(_) => {}
                None => dropped.push_back(at_s),
            }
        }
        desired = event.desired;
        let is_checked = event.health_checked != Some(false);
        out.checked &= is_checked;
        let now = if is_checked { event.healthy } else { event.running };
        for _ in up..now {
            let Some(since_s) = asked.pop_front() else { break };
            let took_s = at_s - since_s;
            let list = if since_s < from_unix_s { &mut out.first_starts_s } else { &mut out.starts_s };
            if took_s > NOTHING_S {
                list.push(took_s);
            }
        }
        up = now;
    }
    let mut ends: Vec<f64> = tasks.iter().filter_map(|t| t.died_unix_s).collect();
    ends.sort_by(f64::total_cmp);
    for end_s in ends {
        if dropped.front().is_some_and(|d| *d <= end_s)
            && let Some(since_s) = dropped.pop_front()
        {
            out.stops_s.push(end_s - since_s);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(t_unix_s: f64, desired: u64, running: u64, healthy: u64) -> ReplicaEvent {
        ReplicaEvent {
            t_unix_s,
            service: "web".to_owned(),
            desired,
            running,
            healthy,
            health_checked: Some(true),
            cause: String::new(),
        }
    }

    fn near(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len(), "{found:?}");
        assert!(found.iter().zip(expected).all(|(f, e)| (f - e).abs() < 1e-9), "{found:?}");
    }

    #[test]
    fn replicas_are_healthy_in_the_order_in_which_they_were_asked_for() {
        let events = [
            event(1.0, 1, 0, 0),
            event(4.0, 1, 1, 1),
            event(20.0, 3, 1, 1),
            event(21.0, 3, 3, 1),
            event(22.5, 3, 3, 2),
            event(23.0, 3, 3, 3),
            // Back to one: one of the two ends late.
            event(40.0, 1, 3, 1),
        ];
        let ended = |at_s: f64| TaskLife {
            service: "web".to_owned(),
            task: String::new(),
            born_unix_s: Some(1.0),
            died_unix_s: Some(at_s),
        };
        let lives = read(&events, &[ended(40.5), ended(44.0)], 10.0);
        near(&lives.first_starts_s, &[3.0]);
        near(&lives.starts_s, &[2.5, 3.0]);
        near(&lives.stops_s, &[0.5, 4.0]);
    }

    #[test]
    fn one_that_is_let_go_before_it_has_started_has_no_start() {
        let events = [event(1.0, 1, 1, 1), event(20.0, 2, 1, 1), event(21.0, 1, 1, 1), event(30.0, 2, 1, 1)];
        assert!(read(&events, &[], 10.0).starts_s.is_empty());
        let more = [&events[..], &[event(31.0, 2, 2, 2)]].concat();
        near(&read(&more, &[], 10.0).starts_s, &[1.0]);
    }
}
