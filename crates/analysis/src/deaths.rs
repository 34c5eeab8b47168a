//! Tasks that ended within the load though nobody had asked for it, and what that cost.

use swarmlab_record::Phase;
use swarmlab_record::action::Progress;
use swarmlab_record::client::ALL_ENDPOINTS;
use swarmlab_record::events::Event;
use swarmlab_record::topology::ReplicaEvent;

use crate::assemble::{Raw, lives, replica_events};

/// For so long after an order (an action, or fewer replicas) the ends of a service's tasks are taken for its doing, seconds.
const ORDERED_S: f64 = 60.0;
/// Failures from the interval in which a task ended until so long after its end are told beside it, seconds.
const COST_S: f64 = 10.0;

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Death {
    /// When, seconds since the Unix epoch.
    pub t_unix_s: f64,
    /// Short name of the service.
    pub service: String,
    /// Task as named in the samples.
    pub task: String,
    /// Requests of all endpoints that failed within the next 10 s, its own interval included; nobody knows which would have
    /// failed without it.
    pub failed: u64,
}

impl Death {
    /// What happened and what it cost; `load_start_unix_s` is where the load's own time begins.
    pub fn sentence(&self, load_start_unix_s: f64) -> String {
        let (at_s, failed) = (self.t_unix_s - load_start_unix_s, self.failed);
        format!(
            "A task of {} ({}) ended {at_s:.1} s into the load, and nobody had asked for it; in the {COST_S:.0} s from there \
             {failed} requests failed.",
            self.service, self.task
        )
    }
}

/// All within the load, in the order of time.
pub fn all(raw: &Raw) -> Vec<Death> {
    let Ok(w) = raw.windows() else { return Vec::new() };
    let counts = replica_events(&raw.events);
    let mut out: Vec<Death> = lives(&raw.events)
        .into_iter()
        .filter_map(|life| {
            let t_unix_s = life.died_unix_s?;
            let within = (w.load_start_unix_s..w.load_end_unix_s).contains(&t_unix_s);
            (within && !ordered(raw, &counts, &life.service, t_unix_s)).then(|| Death {
                t_unix_s,
                failed: failed(raw, t_unix_s),
                service: life.service,
                task: life.task,
            })
        })
        .collect();
    out.sort_by(|a, b| a.t_unix_s.total_cmp(&b.t_unix_s));
    out
}

/// Whether an action on the service, or a fall of the replicas asked for, comes shortly before. Clocks may differ by a moment.
fn ordered(raw: &Raw, counts: &[ReplicaEvent], service: &str, t_unix_s: f64) -> bool {
    let before = |order_unix_s: f64| (-1.0..=ORDERED_S).contains(&(t_unix_s - order_unix_s));
    let acted = raw.events.iter().any(|e| match e {
        Event::Action(a) => {
            a.progress == Progress::Asked && a.what.service() == service && before(a.t_unix_s)
        }
        _ => false,
    });
    let counts: Vec<_> = counts.iter().filter(|e| e.service == service).collect();
    acted || counts.windows(2).any(|pair| pair[1].desired < pair[0].desired && before(pair[1].t_unix_s))
}

fn failed(raw: &Raw, t_unix_s: f64) -> u64 {
    let near = raw.client.iter().filter(|r| {
        r.phase == Phase::Load
            && r.endpoint == ALL_ENDPOINTS
            && r.t_unix_s + r.width_s > t_unix_s
            && r.t_unix_s < t_unix_s + COST_S
    });
    near.map(|r| r.failed).sum()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use swarmlab_record::action::{Action, ActionEvent};
    use swarmlab_record::topology::TaskLife;

    use super::*;
    use crate::assemble::fixture::load_alone;

    fn died(t_unix_s: f64) -> Event {
        let (service, task) = ("door".to_owned(), "door.1".to_owned());
        Event::Task(TaskLife { service, task, born_unix_s: Some(900.0), died_unix_s: Some(t_unix_s) })
    }

    fn desired(t_unix_s: f64, desired: u64) -> Event {
        Event::Replicas(ReplicaEvent {
            t_unix_s,
            service: "door".to_owned(),
            desired,
            running: desired,
            healthy: desired,
            health_checked: None,
            cause: String::new(),
        })
    }

    #[test]
    fn an_end_that_nobody_asked_for_is_told_with_what_failed_after_it() {
        let mut raw = load_alone(40);
        raw.client.iter_mut().for_each(|r| r.failed = 0);
        // Failures long before it, or after, are not its cost.
        for (second, failed) in [(5, 7), (20, 90), (29, 6), (35, 4)] {
            raw.client[second].failed = failed;
        }
        raw.events = vec![desired(990.0, 1), died(1020.5)];
        let deaths = all(&raw);
        assert_eq!(deaths.len(), 1);
        let said = deaths[0].sentence(1000.0);
        assert!(said.starts_with("A task of door (door.1) ended 20.5 s into the load"), "{said}");
        assert_eq!(deaths[0].failed, 96, "{said}");
    }

    #[test]
    fn ends_that_were_ordered_and_those_outside_the_load_are_no_deaths() {
        let mut raw = load_alone(40);
        raw.events = vec![desired(990.0, 2), desired(1018.0, 1), died(1020.5)];
        assert_eq!(all(&raw), []);
        let what = Action::Restart { service: "door".to_owned(), task: None };
        let asked = ActionEvent { t_unix_s: 1019.0, id: 0, what, decision: None, progress: Progress::Asked };
        raw.events = vec![Event::Action(asked), died(1020.5)];
        assert_eq!(all(&raw), []);
        raw.events = vec![died(1040.5)];
        assert_eq!(all(&raw), []);
    }
}
