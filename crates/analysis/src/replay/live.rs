//! What can be known of a service at a moment of a run that is still under way, from what has been told of it until then.
//!
//! The same frame is built that a finished run is replayed from, of the bins that are over, so that the same words mean the
//! same thing. What is known sooner than at the end of a bin is taken as it is: the replicas, and which tasks there are.

use std::collections::BTreeMap;

use swarmlab_control::{Observation, Replicas, Task, TaskReading, metrics as names};
use swarmlab_frame::align::{Tolerance, counter_rate, gauge_last};
use swarmlab_frame::clock::Bins;
use swarmlab_record::manifest::{State, Windows};
use swarmlab_record::metric::{Kind, Meaning};
use swarmlab_record::series::{Head, Series};
use swarmlab_record::topology::TaskLife;

use super::Recorded;
use super::observe::{SAME_S, newest};
use super::tasks::tasks;
use crate::Raw;
use crate::assemble::{self, AssembleError, Grid, lives, replica_events};

/// The meanings that metrics of controllers are made of; other samples need not be kept.
const NEEDED: [&str; 11] = [
    "cpu",
    "cpu_limit",
    "memory",
    "memory_limit",
    "requests",
    "downstream_requests",
    "downstream_active_requests",
    "upstream_requests",
    "upstream_active_requests",
    "upstream_responses",
    "upstream_time",
];

/// Whether controllers are shown something that is made of samples of this meaning.
pub fn is_needed(meaning: &Meaning) -> bool {
    NEEDED.contains(&meaning.name())
}

/// What has been told of a run until now.
#[derive(Debug, Clone)]
pub struct Live {
    /// The manifest as far as it is known, with the windows of the load; the rows of all endpoints together, and the events
    /// of replicas and tasks.
    pub raw: Raw,
    /// Newer samples than `keep_s` before now, on the run's clock.
    pub series: Vec<Series>,
    /// How far back values are looked for, seconds.
    pub keep_s: f64,
}

impl Live {
    /// What is known of a service now. `None` where nobody knows its replicas, or the load has not begun.
    ///
    /// # Errors
    /// Series or rows that do not fit together.
    pub fn observe(&self, service: &str, now_unix_s: f64) -> Result<Option<Observation>, AssembleError> {
        let Some((raw, grid)) = self.until(now_unix_s) else { return Ok(None) };
        let events = replica_events(&raw.events);
        let Some(told) = events.iter().rev().find(|e| e.service == service) else { return Ok(None) };
        let ready = if told.health_checked == Some(false) { told.running } else { told.healthy };
        let replicas =
            Replicas { desired: told.desired, running: told.running, ready: ready.min(told.running) };
        let lives = lives(&raw.events);
        let mut heads: Vec<Head> = self.series.iter().map(Head::of).collect();
        assemble::give_lives(&mut heads, &lives);
        let series: Vec<Series> =
            self.series.iter().zip(&heads).map(|(s, head)| head.with(s.samples.clone())).collect();
        let all = series.iter().cloned().map(Ok::<_, AssembleError>);
        let (frame, _) = assemble::build(&raw, &grid, &raw.client, &heads, all)?;
        let recorded = Recorded::new(&raw, &frame)?;
        let t_s = now_unix_s - raw.windows()?.load_start_unix_s;
        let mut seen = recorded.observation(service, t_s).unwrap_or_else(|| Observation {
            metrics: recorded.metrics(service, t_s),
            ..Observation::default()
        });
        (seen.t_s, seen.replicas) = (now_unix_s, replicas);
        seen.service = service.to_owned();
        let own = Tasks { service, series: &series, bins: frame.bins(), now_unix_s };
        seen.tasks = own.all(&lives, replicas);
        for reading in seen.metrics.values_mut() {
            // What JSON cannot hold could not be decided on again.
            reading.v = reading.v.filter(|v| v.is_finite());
        }
        Ok(Some(seen))
    }

    /// The run as if it had ended with the last bin that is over, and the bins that are looked at.
    fn until(&self, now_unix_s: f64) -> Option<(Raw, Grid)> {
        let windows = self.raw.manifest.windows?;
        let width_s = self.raw.manifest.plan.bin_s;
        let over = ((now_unix_s - windows.grid_unix_s + SAME_S) / width_s).floor();
        let bins = (self.keep_s / width_s).ceil().max(1.0);
        let end = windows.grid_unix_s + over * width_s;
        let from = windows.grid_unix_s + (over - bins) * width_s;
        let mut raw = self.raw.clone();
        raw.manifest.state = State::Complete;
        raw.manifest.windows = Some(Windows {
            grid_unix_s: from,
            load_start_unix_s: windows.load_start_unix_s.min(end),
            load_end_unix_s: end,
            drained_unix_s: end,
            settled_unix_s: now_unix_s,
        });
        raw.client.retain(|r| r.t_unix_s > from - SAME_S && r.t_unix_s + r.width_s < end + SAME_S);
        (end > from).then_some((raw, Grid { origin_unix_s: from, width_s, widened: false }))
    }
}

/// The tasks of a service, each with what it uses itself, where samples name it.
struct Tasks<'a> {
    service: &'a str,
    series: &'a [Series],
    bins: &'a Bins,
    now_unix_s: f64,
}

impl Tasks<'_> {
    fn all(&self, lives: &[TaskLife], replicas: Replicas) -> Vec<Task> {
        // All tasks of a service are started from one definition: one that nobody has sampled yet has the limits of the
        // others. Without any it could not be judged, and would hold every decision on utilisation when it comes.
        let own = lives.iter().filter(|l| l.service == self.service);
        let others: BTreeMap<String, f64> = own.flat_map(|l| self.limits(&l.task)).collect();
        let uses = |life: &TaskLife| {
            let mut limits = others.clone();
            limits.extend(self.limits(&life.task));
            (self.used(&life.task), limits)
        };
        tasks(lives, self.service, self.now_unix_s, replicas, uses)
    }

    fn used(&self, task: &str) -> BTreeMap<String, TaskReading> {
        let cpu = self.reading(task, &Meaning::CPU).map(|r| (names::CPU.to_owned(), r));
        let memory = self.reading(task, &Meaning::MEMORY).map(|r| (names::MEMORY.to_owned(), r));
        cpu.into_iter().chain(memory).collect()
    }

    fn limits(&self, task: &str) -> BTreeMap<String, f64> {
        let limit = |name: &str, meaning| {
            let v = self.reading(task, &meaning)?.v.filter(|v| *v > 0.0)?;
            Some((name.to_owned(), v))
        };
        let cpu = limit(names::CPU, Meaning::CPU_LIMIT);
        cpu.into_iter().chain(limit(names::MEMORY, Meaning::MEMORY_LIMIT)).collect()
    }

    /// The newest value of a bin that is over.
    fn reading(&self, task: &str, meaning: &Meaning) -> Option<TaskReading> {
        let is = |s: &&Series| {
            let is = &s.identity;
            is.service == self.service && is.task == task && is.meaning == *meaning
        };
        let series = self.series.iter().find(is)?;
        let tolerance = Tolerance::default();
        let (values, window_s) = match series.identity.kind {
            Kind::Counter => (counter_rate(series, self.bins, tolerance), self.bins.width_s()),
            _ => (gauge_last(series, self.bins, tolerance), 0.0),
        };
        let (_, found) = newest(self.bins, &values, self.bins.count(), self.now_unix_s)?;
        let v = found.v.map(|v| v * series.identity.scale).filter(|v| v.is_finite());
        Some(TaskReading { v, age_s: found.age_s, window_s })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use swarmlab_control::controllers::Hpa;
    use swarmlab_control::controllers::hpa::metric::{MetricSpec, Target};
    use swarmlab_control::{Autoscaler, Bounds, Outcome, Reading};
    use swarmlab_record::client::{ALL_ENDPOINTS, fixture::row};
    use swarmlab_record::events::Event;
    use swarmlab_record::series::{Identity, Sample, fixture};
    use swarmlab_record::topology::{ReplicaEvent, Role, Service, Topology};

    use super::*;
    use crate::assemble::fixture::load_alone;

    /// A load of 100 s from 1000 on that is at its 20th second: `web` has had two tasks since 900 and a third since 1018.
    fn live() -> Live {
        let mut raw = load_alone(100);
        raw.manifest.plan.target_service = "web".into();
        let service =
            Service { name: "web".into(), role: Role::Application, replicas: 2, image: String::new() };
        raw.manifest.topology = Topology { services: vec![service], ..Topology::default() };
        raw.client = (0..20).map(|i| row(1000.0 + f64::from(i), ALL_ENDPOINTS)).collect();
        let life = |task: &str, born| {
            Event::Task(TaskLife {
                service: "web".into(),
                task: task.into(),
                born_unix_s: Some(born),
                died_unix_s: None,
            })
        };
        raw.events = vec![
            life("a", 900.0),
            life("b", 901.0),
            told(990.0, 2, 2),
            life("c", 1018.0),
            told(1018.0, 3, 2),
        ];
        // Half a core and a quarter of one, sampled each second at .3; the new task was not looked at yet.
        let series = vec![used("a", 0.5), used("b", 0.25)];
        Live { raw, series, keep_s: 30.0 }
    }

    fn told(t_unix_s: f64, desired: u64, healthy: u64) -> Event {
        Event::Replicas(ReplicaEvent {
            t_unix_s,
            service: "web".into(),
            desired,
            running: desired,
            healthy,
            health_checked: Some(true),
            cause: String::new(),
        })
    }

    fn used(task: &str, cores: f64) -> Series {
        let samples = (0..30).map(|i| Sample::new(990.3 + f64::from(i), cores * f64::from(i))).collect();
        Series::new(
            Arc::new(Identity { task_is_exact: true, ..fixture::identity("web", task) }),
            samples,
            1.0,
        )
    }

    #[test]
    fn values_are_those_of_the_last_bin_that_is_known_with_the_time_since_its_end() {
        let seen = live().observe("web", 1019.8).unwrap().unwrap();
        // The last samples are of 1019.3: at 1019 the counters are known, at 1020 they are not.
        let Reading { v, age_s } = seen.metrics["cpu"];
        assert!((v.unwrap() - 0.75).abs() < 1e-9 && (age_s - 0.8).abs() < 1e-6, "{v:?} {age_s}");
        assert_eq!(seen.metrics["web.cpu"], seen.metrics["cpu"]);
        assert_eq!(seen.metrics["request_rate"].age_s, 0.8);
        assert!(!seen.metrics.contains_key("cpu_utilization"), "there is no limit");
        assert_eq!(seen.t_s, 1019.8);
    }

    #[test]
    fn replicas_and_tasks_are_those_of_now() {
        let seen = live().observe("web", 1018.1).unwrap().unwrap();
        assert_eq!(seen.replicas, Replicas { desired: 3, running: 3, ready: 2 });
        let tasks: Vec<(&str, Option<bool>, Option<f64>)> = seen
            .tasks
            .iter()
            .map(|t| (t.id.as_str(), t.ready, t.usage.get("cpu").and_then(|r| r.v)))
            .collect();
        let [("a", Some(true), Some(a)), ("b", Some(true), Some(b)), ("c", Some(false), None)] = tasks[..]
        else {
            panic!("{tasks:?}")
        };
        assert!((a - 0.5).abs() < 1e-9 && (b - 0.25).abs() < 1e-9);
        assert_eq!(seen.tasks[2].started_s, Some(1018.0));
    }

    #[test]
    fn a_task_that_was_not_sampled_yet_has_the_limits_of_the_others_and_holds_no_decision() {
        let mut live = live();
        let limit = |task: &str| {
            let identity = Identity {
                metric: "container_spec_cpu_quota".into(),
                meaning: Meaning::CPU_LIMIT,
                kind: Kind::Gauge,
                unit: "cores".into(),
                ..fixture::identity("web", task)
            };
            let samples = (0..30).map(|i| Sample::new(990.3 + f64::from(i), 0.5)).collect();
            Series::new(Arc::new(identity), samples, 1.0)
        };
        live.series.extend(["a", "b"].map(limit));
        let seen = live.observe("web", 1018.1).unwrap().unwrap();
        let of_new = &seen.tasks[2];
        assert_eq!(
            (of_new.id.as_str(), of_new.requests.get("cpu"), of_new.usage.len()),
            ("c", Some(&0.5), 0)
        );
        let cpu = MetricSpec::Resource { metric: "cpu".into(), target: Target::Utilization(50) };
        let decision = Autoscaler::new(Bounds::default(), Hpa::new(vec![cpu]).into()).decide(&seen, 1018.1);
        // 75 % of what a and b may use; with nothing for c it is 50 %.
        assert_eq!((decision.replicas, decision.outcome), (3, Outcome::Keep), "{}", decision.reason);
    }

    #[test]
    fn in_a_hole_the_value_before_grows_old_and_what_is_too_far_back_is_gone() {
        let mut live = live();
        let age_s =
            |live: &Live, now| live.observe("web", now).unwrap().unwrap().metrics.get("cpu").map(|r| r.age_s);
        assert_eq!(age_s(&live, 1029.5), Some(10.5));
        assert_eq!(age_s(&live, 1060.0), None);
        live.raw.events.clear();
        assert!(live.observe("web", 1019.8).unwrap().is_none(), "nobody knows the replicas");
    }

    #[test]
    fn it_is_what_a_replay_of_the_finished_run_sees_but_for_what_came_later() {
        let live = live();
        let seen = live.observe("web", 1010.0).unwrap().unwrap();
        let mut raw = live.raw.clone();
        raw.manifest.windows = Some(Windows::alone(1000.0, 1020.0, 1020.0));
        let mut heads: Vec<Head> = live.series.iter().map(Head::of).collect();
        assemble::give_lives(&mut heads, &lives(&raw.events));
        let all =
            live.series.iter().zip(&heads).map(|(s, h)| Ok::<_, AssembleError>(h.with(s.samples.clone())));
        let grid = Grid { origin_unix_s: 1000.0, width_s: 1.0, widened: false };
        let (frame, _) = assemble::build(&raw, &grid, &raw.client, &heads, all).unwrap();
        let after = Recorded::new(&raw, &frame).unwrap().observation("web", 10.0).unwrap();
        let (one, other) = (seen.metrics["cpu"], after.metrics["cpu"]);
        assert!(
            (one.v.unwrap() - other.v.unwrap()).abs() < 1e-9 && one.age_s == other.age_s,
            "{one:?} {other:?}"
        );
        assert_eq!(seen.metrics["p95"], after.metrics["p95"]);
    }
}
