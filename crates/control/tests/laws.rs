//! What must hold of every controller, whatever it is shown and when: on random histories.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use swarmlab_control::controllers::cooldown::Cooldown;
use swarmlab_control::controllers::hpa::behavior::Behavior;
use swarmlab_control::controllers::hpa::metric::{MetricSpec, Target};
use swarmlab_control::controllers::{
    Fixed, Hpa, MmcScaling, OptCtrl, PidScaling, Predictive, Schedule, StepScaling, TargetTracking,
    Threshold, mmc, optctrl, pid, step, target, threshold,
};
use swarmlab_control::forecast::{Ar, Forecast, HoltWinters};
use swarmlab_control::{
    Autoscaler, Bounds, Observation, Outcome, Reading, Replicas, Strategy as Controller, Task, TaskReading,
    TaskState, metrics,
};

const STALE_S: f64 = 30.0;

/// One of each, and two that go around others.
fn all() -> Vec<Controller> {
    let cpu = || metrics::CPU_UTILIZATION.to_owned();
    let hpa = || {
        let resource = MetricSpec::Resource { metric: metrics::CPU.into(), target: Target::Utilization(60) };
        let pods = MetricSpec::Pods { metric: "qps".into(), target: Target::AverageValue(20.0) };
        let outside =
            MetricSpec::External { metric: metrics::REQUEST_RATE.into(), target: Target::AverageValue(50.0) };
        Hpa { behavior: Some(Behavior::default()), ..Hpa::new(vec![resource, pods, outside]) }
    };
    let object = MetricSpec::Object { metric: metrics::IN_FLIGHT.into(), target: Target::Value(30.0) };
    let tracking = TargetTracking {
        metric: cpu(),
        of: target::Of::Mean,
        target: 0.6,
        only_up: false,
        cooldown: Cooldown::new(0.0, 60.0),
    };
    let rule = |when, change| threshold::Rule { metric: cpu(), when, for_s: 15.0, change, since_s: None };
    let ahead = |forecast, around: Controller| Predictive {
        metric: cpu(),
        forecast,
        step_s: 15.0,
        delay_s: 20.0,
        around: Box::new(around),
        last_s: None,
    };
    vec![
        Fixed { replicas: 4 }.into(),
        Schedule {
            entries: Schedule::parse("t,replicas\n0,1\n60,7\n90,200\n").unwrap(),
            repeat_s: Some(120.0),
            begun_s: None,
        }
        .into(),
        Threshold {
            rules: vec![
                rule(threshold::When::Above(0.8), threshold::Change::Percent(50.0)),
                rule(threshold::When::Below(0.2), threshold::Change::By(-1)),
            ],
            cooldown: Cooldown::new(30.0, 60.0),
        }
        .into(),
        StepScaling {
            metric: cpu(),
            threshold: 0.6,
            steps: vec![
                step::Step { from: Some(0.0), to: Some(0.2), change: threshold::Change::By(1) },
                step::Step { from: Some(0.2), to: None, change: threshold::Change::Percent(100.0) },
                step::Step { from: None, to: Some(-0.3), change: threshold::Change::By(-2) },
            ],
            cooldown: Cooldown::new(15.0, 15.0),
        }
        .into(),
        tracking.clone().into(),
        hpa().into(),
        Hpa::new(vec![object]).into(),
        PidScaling {
            metric: cpu(),
            setpoint: 0.6,
            deadband: 0.02,
            pid: pid::Pid::new(4.0, 0.1, 1.0, 0.0),
            asked_s: None,
            gave: None,
        }
        .into(),
        MmcScaling {
            arrivals: metrics::REQUEST_RATE.into(),
            demand: mmc::Demand::Cpu,
            servers_per_replica: 1,
            variability: 1.0,
            objective: mmc::Objective::ResponseQuantile { share: 0.95, t_s: 0.25 },
        }
        .into(),
        OptCtrl {
            users: metrics::USERS.into(),
            requests: metrics::REQUEST_RATE.into(),
            think_s: 1.0,
            target: 0.6,
            min_cores: 0.1,
            max_cores: 16.0,
            hold_rounds: 3,
            act: optctrl::Act::Cores,
            recent: vec![],
        }
        .into(),
        ahead(Forecast::HoltWinters(HoltWinters::new(0.5, 0.1, 0.2, 4)), tracking.into()).into(),
        ahead(Forecast::Ar(Ar::new(2, 20)), hpa().into()).into(),
    ]
}

#[test]
fn each_name_is_tried() {
    let tried: std::collections::BTreeSet<_> = all().iter().map(Controller::name).collect();
    let names: std::collections::BTreeSet<_> = Controller::NAMES.iter().copied().collect();
    assert_eq!(tried, names);
}

fn value() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        8 => (0.0f64..3.0).prop_map(Some),
        4 => (0.0f64..500.0).prop_map(Some),
        1 => Just(None),
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, -1.0, 0.0, 1e300, -1e300, f64::MAX]).prop_map(Some),
    ]
}

fn age() -> impl Strategy<Value = f64> {
    prop_oneof![8 => 0.0f64..20.0, 1 => 0.0f64..400.0, 1 => Just(f64::NAN), 1 => -100.0f64..0.0]
}

fn reading() -> impl Strategy<Value = Reading> {
    (value(), age()).prop_map(|(v, age_s)| Reading { v, age_s })
}

fn task() -> impl Strategy<Value = Task> {
    let state = prop::sample::select(vec![
        TaskState::Running,
        TaskState::Running,
        TaskState::Running,
        TaskState::Pending,
        TaskState::Failed,
        TaskState::Stopping,
    ]);
    (
        state,
        any::<Option<bool>>(),
        prop::option::of(-400.0f64..0.0),
        value(),
        age(),
        prop::option::of(0.0f64..4.0),
    )
        .prop_map(|(state, ready, started, v, age_s, request)| Task {
            id: String::new(),
            state,
            ready,
            started_s: started,
            ready_changed_s: started.map(|s| s + 10.0),
            usage: ["cpu", "qps"].map(|k| (k.to_owned(), TaskReading { v, age_s, window_s: 15.0 })).into(),
            requests: request.map(|r| ("cpu".to_owned(), r)).into_iter().collect(),
        })
}

/// A moment: how much later, how old the observation, metrics, replicas, tasks.
type Moment = (f64, f64, Vec<(usize, Reading)>, (u64, u64, u64), Vec<Task>);

fn moment() -> impl Strategy<Value = Moment> {
    let wait = prop_oneof![6 => Just(15.0), 2 => 0.0f64..60.0, 1 => 0.0f64..5000.0];
    let late = prop_oneof![8 => 0.0f64..5.0, 1 => 0.0f64..100.0];
    let seen = prop::collection::vec((0..metrics::ALL.len(), reading()), 0..24);
    let counts = (0u64..30, 0u64..30, 0u64..30);
    (wait, late, seen, counts, prop::collection::vec(task(), 0..6))
}

fn history(moments: Vec<Moment>) -> Vec<(Observation, f64)> {
    let mut now_s = 1000.0;
    let moments = moments.into_iter().enumerate();
    moments
        .map(|(seq, (wait, late, seen, (desired, running, ready), mut tasks))| {
            now_s += wait;
            for (i, task) in tasks.iter_mut().enumerate() {
                task.id = format!("web.{i}");
                task.started_s = task.started_s.map(|s| s + now_s);
                task.ready_changed_s = task.ready_changed_s.map(|s| s + now_s);
            }
            let metrics = seen.into_iter().map(|(i, r)| (metrics::ALL[i].name.to_owned(), r)).collect();
            let observation = Observation {
                seq: seq as u64,
                t_s: now_s - late,
                service: "web".into(),
                metrics,
                replicas: Replicas { desired, running, ready },
                cpu_limit_cores: None,
                tasks,
            };
            (observation, now_s)
        })
        .collect()
}

/// The most digits behind a point.
fn decimals(text: &str) -> usize {
    let behind = text.split('.').skip(1);
    behind.map(|part| part.chars().take_while(char::is_ascii_digit).count()).max().unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Within the bounds or as it was; the same again gives the same; writing the state down and reading it back changes
    /// nothing; what is not seen fresh moves nothing.
    #[test]
    fn laws(moments in prop::collection::vec(moment(), 1..30), min in 0u64..4, more in 0u64..20) {
        let bounds = Bounds { min, max: min + more, stale_after_s: STALE_S, ..Bounds::default() };
        let history = history(moments);
        for strategy in all() {
            let mut one = Autoscaler::new(bounds, strategy.clone());
            let mut other = Autoscaler::new(bounds, strategy);
            for (seen, now_s) in &history {
                let decision = one.decide(seen, *now_s);
                let name = one.strategy.name();
                let holds = matches!(decision.outcome, Outcome::Hold { .. });
                if holds {
                    prop_assert_eq!(decision.replicas, seen.replicas.desired, "{}: {:?}", name, &decision);
                    prop_assert_eq!(decision.cpu_limit_cores, None);
                } else {
                    prop_assert!((min..=min + more).contains(&decision.replicas), "{}: {:?}", name, &decision);
                    prop_assert!(decision.cpu_limit_cores.is_none_or(|c| (0.1..=16.0).contains(&c)), "{}", name);
                }
                if now_s - seen.t_s > STALE_S {
                    prop_assert!(holds, "{} acted on an old observation", name);
                }
                prop_assert!(!decision.reason.is_empty() && !decision.reason.contains('\n'));
                prop_assert!(!decision.reason.contains("NaN"), "{}: {}", name, &decision.reason);
                prop_assert!(decimals(&decision.reason) <= 4, "{}: {}", name, &decision.reason);

                // What was written down is what goes on.
                let text = serde_json::to_string(&other).unwrap();
                other = serde_json::from_str(&text).unwrap();
                let again = other.decide(seen, *now_s);
                let line = serde_json::to_string(&decision).unwrap();
                prop_assert_eq!(&line, &serde_json::to_string(&again).unwrap(), "{}", name);
                let read: swarmlab_control::Decision = serde_json::from_str(&line).unwrap();
                prop_assert_eq!(read, decision);
            }
        }
    }

    /// All readings too old, or none: whoever looks at readings holds.
    #[test]
    fn nothing_moves_on_old_data(moments in prop::collection::vec(moment(), 1..10), gone in any::<bool>()) {
        let bounds = Bounds { min: 0, max: 40, stale_after_s: STALE_S, ..Bounds::default() };
        let mut history = history(moments);
        for (seen, _) in &mut history {
            seen.t_s = seen.t_s.max(0.0);
            if gone {
                seen.metrics.clear();
                seen.tasks.iter_mut().for_each(|t| t.usage.clear());
            }
            seen.metrics.values_mut().for_each(|r| r.age_s = STALE_S + 1.0);
            seen.tasks.iter_mut().flat_map(|t| t.usage.values_mut()).for_each(|r| r.age_s = STALE_S + 1.0);
        }
        for strategy in all() {
            if matches!(strategy.name(), "fixed" | "schedule") {
                continue;
            }
            let mut one = Autoscaler::new(bounds, strategy);
            for (seen, now_s) in &history {
                let decision = one.decide(seen, *now_s);
                prop_assert_eq!(decision.replicas, seen.replicas.desired, "{}: {:?}", one.strategy.name(), &decision);
                prop_assert!(matches!(decision.outcome, Outcome::Hold { .. }), "{}: {:?}", one.strategy.name(), &decision);
            }
        }
    }
}

#[test]
fn what_was_looked_at_is_all_that_is_needed_to_decide_again() {
    use rand_like::Draw;
    for (n, strategy) in all().into_iter().enumerate() {
        let mut draw = Draw(n as u64 + 1);
        let bounds = Bounds { stale_after_s: STALE_S, ..Bounds::default() };
        let mut first = Autoscaler::new(bounds, strategy);
        let text = serde_json::to_string(&first).unwrap();
        let mut again: Autoscaler = serde_json::from_str(&text).unwrap();
        for i in 0..400_u32 {
            let t_s = 1000.0 + 15.0 * f64::from(i);
            let mut seen = Observation {
                seq: u64::from(i),
                t_s,
                service: "web".to_owned(),
                replicas: Replicas { desired: 1 + draw.below(8), running: 4, ready: draw.below(5) },
                ..Observation::default()
            };
            for metric in metrics::ALL {
                if draw.below(10) > 0 {
                    let v = Some(draw.below(2000) as f64 / 700.0).filter(|_| draw.below(10) > 0);
                    let age_s = draw.below(40) as f64;
                    seen.metrics.insert(metric.name.to_owned(), Reading { v, age_s });
                }
            }
            let decision = first.decide(&seen, t_s);
            seen.metrics.retain(|name, _| decision.seen.contains_key(name));
            let line = serde_json::to_string(&seen).unwrap();
            let read: Observation = serde_json::from_str(&line).unwrap();
            let repeated = again.decide(&read, t_s);
            assert_eq!(
                serde_json::to_string(&repeated).unwrap(),
                serde_json::to_string(&decision).unwrap(),
                "{} at {i}",
                first.strategy.name()
            );
        }
    }
}

/// Numbers without a pattern, the same each time.
mod rand_like {
    pub struct Draw(pub u64);

    impl Draw {
        pub fn below(&mut self, n: u64) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0 % n
        }
    }
}
