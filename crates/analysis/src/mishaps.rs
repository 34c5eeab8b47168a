//! What befell tasks within the load though nobody had asked for it, and what that cost: they ended, ran out of memory, became
//! unhealthy.

use swarmlab_record::Phase;
use swarmlab_record::action::Progress;
use swarmlab_record::client::ALL_ENDPOINTS;
use swarmlab_record::events::Event;
use swarmlab_record::topology::{Ailment, ReplicaEvent, Trouble};

use crate::assemble::{Raw, lives, replica_events};

/// For so long after an order (an action, or fewer replicas) the ends of a service's tasks are taken for its doing, seconds.
const ORDERED_S: f64 = 60.0;
/// Failures from the interval of a mishap until so long after it are told beside it, seconds.
const COST_S: f64 = 10.0;
/// A task that ends so soon after it ran out of memory ended of that, seconds.
const OF_MEMORY_S: f64 = 5.0;

/// What happened to a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// It ended.
    Ended {
        /// Of its memory limit.
        out_of_memory: bool,
    },
    /// What it outlived.
    Ailed(Ailment),
}

impl What {
    /// As a mark on a timeline has room for.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Ended { out_of_memory: false } => "ended",
            Self::Ended { out_of_memory: true } => "ended, out of memory",
            Self::Ailed(Ailment::OutOfMemory) => "out of memory",
            Self::Ailed(Ailment::Unhealthy) => "unhealthy",
        }
    }
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ended { out_of_memory: false } => f.write_str("ended"),
            Self::Ended { out_of_memory: true } => f.write_str("reached its memory limit and ended"),
            Self::Ailed(ailment) => ailment.fmt(f),
        }
    }
}

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Mishap {
    /// When, seconds since the Unix epoch.
    pub t_unix_s: f64,
    /// Short name of the service.
    pub service: String,
    /// Task as named in the samples.
    pub task: String,
    /// What it was.
    pub what: What,
    /// Requests of all endpoints that failed within the next 10 s, its own interval included; nobody knows which would have
    /// failed without it.
    pub failed: u64,
}

impl Mishap {
    /// What happened and what it cost; `load_start_unix_s` is where the load's own time begins.
    pub fn sentence(&self, load_start_unix_s: f64) -> String {
        let (at_s, failed) = (self.t_unix_s - load_start_unix_s, self.failed);
        format!(
            "A task of {} ({}) {} {at_s:.1} s into the load, and nobody had asked for it; in the {COST_S:.0} s from there \
             {failed} requests failed.",
            self.service, self.task, self.what
        )
    }
}

/// All within the load, in the order of time.
pub fn all(raw: &Raw) -> Vec<Mishap> {
    let Ok(w) = raw.windows() else { return Vec::new() };
    let within = |t_unix_s: f64| (w.load_start_unix_s..w.load_end_unix_s).contains(&t_unix_s);
    let counts = replica_events(&raw.events);
    let short_of_memory = |task: &str, died_unix_s: f64| {
        let close = |t: f64| (-1.0..=OF_MEMORY_S).contains(&(died_unix_s - t));
        troubles(raw).any(|t| t.what == Ailment::OutOfMemory && t.task == task && close(t.t_unix_s))
    };
    let mut out: Vec<Mishap> = Vec::new();
    for life in lives(&raw.events) {
        let Some(t_unix_s) = life.died_unix_s.filter(|t| within(*t)) else { continue };
        let out_of_memory = short_of_memory(&life.task, t_unix_s);
        if out_of_memory || !ordered(raw, &counts, &life.service, t_unix_s) {
            let (service, task, what) = (life.service, life.task, What::Ended { out_of_memory });
            out.push(Mishap { t_unix_s, service, task, what, failed: failed(raw, t_unix_s) });
        }
    }
    let outlived: Vec<Mishap> = troubles(raw)
        .filter(|t| within(t.t_unix_s))
        .filter(|t| {
            let ended_of_it = |m: &Mishap| m.task == t.task && m.what == What::Ended { out_of_memory: true };
            t.what != Ailment::OutOfMemory || !out.iter().any(ended_of_it)
        })
        .map(|t| Mishap {
            t_unix_s: t.t_unix_s,
            service: t.service.clone(),
            task: t.task.clone(),
            what: What::Ailed(t.what),
            failed: failed(raw, t.t_unix_s),
        })
        .collect();
    out.extend(outlived);
    out.sort_by(|a, b| a.t_unix_s.total_cmp(&b.t_unix_s));
    out
}

/// Those before and after the load, when they cost the figures nothing.
pub fn outside(raw: &Raw) -> impl Iterator<Item = &Trouble> {
    let load = raw.windows().ok().map(|w| w.load_start_unix_s..w.load_end_unix_s);
    troubles(raw).filter(move |t| load.as_ref().is_none_or(|load| !load.contains(&t.t_unix_s)))
}

fn troubles(raw: &Raw) -> impl Iterator<Item = &Trouble> {
    raw.events.iter().filter_map(|e| match e {
        Event::Trouble(trouble) => Some(trouble),
        _ => None,
    })
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
        let mishaps = all(&raw);
        assert_eq!(mishaps.len(), 1);
        let said = mishaps[0].sentence(1000.0);
        assert!(said.starts_with("A task of door (door.1) ended 20.5 s into the load"), "{said}");
        assert_eq!(mishaps[0].failed, 96, "{said}");
    }

    fn ailed(t_unix_s: f64, what: Ailment) -> Event {
        let (service, task) = ("door".to_owned(), "door.1".to_owned());
        Event::Trouble(Trouble { t_unix_s, service, task, what })
    }

    #[test]
    fn what_a_task_outlived_is_told_and_an_end_of_memory_once() {
        let mut raw = load_alone(40);
        raw.client.iter_mut().for_each(|r| r.failed = 1);
        raw.events = vec![ailed(1005.5, Ailment::Unhealthy), ailed(1020.0, Ailment::OutOfMemory)];
        let told: Vec<String> = all(&raw).iter().map(|m| m.sentence(1000.0)).collect();
        let words = [
            "A task of door (door.1) became unhealthy 5.5 s into the load",
            "(door.1) reached its memory limit, and a process of it was killed 20.0 s into",
        ];
        assert!(told.len() == 2 && told.iter().zip(words).all(|(t, w)| t.contains(w)), "{told:?}");
        assert!(told[0].ends_with("11 requests failed."), "{told:?}");
        // An action that asked for an end did not ask for that one.
        raw.events.insert(0, desired(1000.0, 2));
        raw.events.extend([desired(1019.0, 1), died(1020.4)]);
        let all = all(&raw);
        assert_eq!(all.len(), 2, "{all:?}");
        assert_eq!((all[1].t_unix_s, all[1].what), (1020.4, What::Ended { out_of_memory: true }));
        assert!(all[1].sentence(1000.0).contains("reached its memory limit and ended 20.4 s into"));
    }

    #[test]
    fn trouble_before_the_load_and_after_it_is_no_mishap_of_the_load() {
        let mut raw = load_alone(40);
        raw.events = vec![ailed(999.0, Ailment::Unhealthy), ailed(1041.0, Ailment::OutOfMemory)];
        assert_eq!((all(&raw).len(), outside(&raw).count()), (0, 2));
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
