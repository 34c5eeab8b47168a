//! The Kubernetes autoscaler over time, by hand: rounds one after the other, of which each sees what the ones before did.
//! What a single round comes to is in `oracle.rs`.
#![allow(clippy::unwrap_used)]

use swarmlab_control::controllers::Hpa;
use swarmlab_control::controllers::hpa::behavior::{Behavior, Policy, PolicyKind, Rules, Select};
use swarmlab_control::controllers::hpa::calculator::by_value_per_replica;
use swarmlab_control::controllers::hpa::metric::{MetricSpec, Target};
use swarmlab_control::{Autoscaler, Bounds, Observation, Outcome, Reading, Replicas, Task, TaskReading};

/// A round: when (seconds), how many replicas the load asks for at 10 each, what must be asked for.
type Round = (f64, u64, u64);

/// Each round is shown what the one before asked for, as if it had been done at once.
fn all_done(hpa: &Hpa, begins_at: u64, (min, max): (u64, u64), rounds: &[Round]) {
    let mut one = Autoscaler::new(Bounds { min, max, ..Bounds::default() }, hpa.clone().into());
    let mut desired = begins_at;
    for (i, (t_s, asks, expected)) in rounds.iter().enumerate() {
        let decision = one.decide(&seen(*t_s, desired, *asks), *t_s);
        assert_eq!(decision.replicas, *expected, "round {i}, from {desired}: {}", decision.reason);
        desired = decision.replicas;
    }
}

fn seen(t_s: f64, desired: u64, asks: u64) -> Observation {
    Observation {
        t_s,
        service: "web".into(),
        metrics: [("load".to_owned(), Reading::new(asks as f64 * 10.0, 0.0))].into(),
        replicas: Replicas { desired, running: desired, ready: desired },
        ..Observation::default()
    }
}

fn hpa(behavior: Option<Behavior>) -> Hpa {
    let load = MetricSpec::External { metric: "load".into(), target: Target::AverageValue(10.0) };
    Hpa { behavior, ..Hpa::new(vec![load]) }
}

/// So many pods a minute in both directions, at once.
fn pods_a_minute(value: i64) -> Option<Behavior> {
    let policies = vec![Policy { kind: PolicyKind::Pods, value, period_s: 60.0 }];
    let rules = Rules { stabilization_s: Some(0.0), select: Select::Max, policies };
    Some(Behavior { up: rules.clone(), down: rules })
}

#[test]
fn without_rules_it_doubles_and_comes_down_when_the_last_high_recommendation_is_too_old() {
    all_done(
        &hpa(None),
        1,
        (1, 100),
        &[
            // The greater of twice the count and 4.
            (0.0, 10, 4),
            (15.0, 10, 8),
            (30.0, 10, 10),
            // 3 is asked for from here on; the 10 of second 30 counts for 300 s, that moment included.
            (45.0, 3, 10),
            (330.0, 3, 10),
            (330.5, 3, 3),
        ],
    );
}

#[test]
fn rules_of_kubernetes_count_what_a_period_has_used_up() {
    all_done(
        &hpa(Some(Behavior::default())),
        1,
        (1, 100),
        &[
            // 4 pods or 100 % in 15 s, whichever is more: 1 + 4.
            (0.0, 40, 5),
            // The period began at 1, and 5 is as far as it goes.
            (10.0, 40, 5),
            // The change is 15 s ago and counts no more: twice 5.
            (15.0, 40, 10),
            (30.0, 40, 20),
            (45.0, 40, 40),
            // Down stabilised: within 300 s, the oldest moment not included, the highest counts.
            (60.0, 2, 40),
            (344.5, 2, 40),
            (345.0, 2, 2),
        ],
    );
}

#[test]
fn what_brings_a_count_within_its_bounds_uses_up_the_policies_too() {
    // Up from 1 to at least 5 are the 4 pods of that minute, whatever the load asks for.
    let up = [(0.0, 20, 5), (15.0, 20, 5), (59.0, 20, 5), (60.0, 20, 9), (75.0, 20, 9), (120.0, 20, 13)];
    all_done(&hpa(pods_a_minute(4)), 1, (5, 100), &up);
    // Down from 20 to at most 10 are more than 4 pods.
    let down = [(0.0, 1, 10), (15.0, 1, 10), (60.0, 1, 6), (75.0, 1, 6), (120.0, 1, 2), (180.0, 1, 1)];
    all_done(&hpa(pods_a_minute(4)), 20, (1, 10), &down);
    // A policy of the other direction gives back what was used up: after 4 down there are 4 more to go up.
    all_done(&hpa(pods_a_minute(4)), 10, (1, 100), &[(0.0, 1, 6), (15.0, 30, 14)]);
}

#[test]
fn a_change_that_was_not_carried_out_uses_up_nothing() {
    for (begins_at, bounds) in [(1, (5, 100)), (6, (1, 100))] {
        let bounds = Bounds { min: bounds.0, max: bounds.1, ..Bounds::default() };
        let mut dry = Autoscaler::new(bounds, hpa(pods_a_minute(4)).into());
        let asked: Vec<u64> = (0..4)
            .map(|i| dry.decide(&seen(f64::from(i) * 15.0, begins_at, 20), f64::from(i) * 15.0).replicas)
            .collect();
        assert_eq!(asked, [asked[0]; 4], "from {begins_at}");
    }
}

#[test]
fn a_direction_that_is_disabled_is_left_only_for_the_bounds() {
    let mut behavior = Behavior::default();
    behavior.up.select = Select::Disabled;
    behavior.down = Rules { select: Select::Disabled, stabilization_s: Some(0.0), ..Rules::default_down() };
    all_done(&hpa(Some(behavior.clone())), 5, (1, 8), &[(0.0, 20, 5), (15.0, 1, 5)]);
    all_done(&hpa(Some(behavior.clone())), 20, (1, 8), &[(0.0, 20, 8), (15.0, 1, 8)]);
    all_done(&hpa(Some(behavior)), 1, (3, 8), &[(0.0, 20, 3), (15.0, 20, 3)]);
}

#[test]
fn waves_within_both_windows_move_nothing() {
    let policies = vec![Policy { kind: PolicyKind::Percent, value: 1000, period_s: 15.0 }];
    let up = Rules { stabilization_s: Some(60.0), select: Select::Max, policies };
    let down = Rules { stabilization_s: Some(60.0), ..Rules::default_down() };
    let hpa = hpa(Some(Behavior { up, down }));
    let waves = [(0.0, 9, 5), (15.0, 2, 5), (30.0, 9, 5), (45.0, 2, 5), (60.0, 9, 5)];
    all_done(&hpa, 5, (1, 100), &waves);
    // The lowest of a minute rises, and with it the count: the present one was the first recommendation.
    let rise = [(0.0, 9, 5), (15.0, 8, 5), (45.0, 9, 5), (60.0, 9, 8), (75.0, 9, 9)];
    all_done(&hpa, 5, (1, 100), &rise);
}

/// Kubernetes looks at the start-up of resources alone: a metric of pods counts from its first value on, however it is
/// called.
#[test]
fn a_young_task_is_trusted_in_a_metric_of_pods_that_is_called_cpu() {
    let young = |i: usize| Task {
        id: format!("web.{i}"),
        ready: Some(false),
        started_s: Some(990.0),
        usage: [("cpu".to_owned(), TaskReading { v: Some(0.8), age_s: 0.0, window_s: 15.0 })].into(),
        requests: [("cpu".to_owned(), 1.0)].into(),
        ..Task::default()
    };
    let seen = Observation {
        t_s: 1000.0,
        service: "web".into(),
        replicas: Replicas { desired: 2, running: 2, ready: 0 },
        tasks: (0..2).map(young).collect(),
        ..Observation::default()
    };
    let target = Target::AverageValue(0.4);
    let decide =
        |metric| Autoscaler::new(Bounds::default(), Hpa::new(vec![metric]).into()).decide(&seen, 1000.0);
    let pods = decide(MetricSpec::Pods { metric: "cpu".into(), target });
    assert_eq!(pods.replicas, 4, "{}", pods.reason);
    let resource = decide(MetricSpec::Resource { metric: "cpu".into(), target });
    assert!(matches!(resource.outcome, Outcome::Hold { .. }), "{}", resource.reason);
}

/// Nine terabytes over three replicas: counts end where 32 bits end, amounts do not.
#[test]
fn an_amount_per_replica_may_be_more_than_32_bits_hold() {
    let count = by_value_per_replica(3, 1_000_000_000_000, 9_000_000_000_000_000, &Default::default());
    assert_eq!((count.replicas, count.usage), (9_000, 3_000_000_000_000_000));
    let count = by_value_per_replica(3, 1, i64::MAX, &Default::default());
    assert_eq!(count.replicas, i64::from(i32::MAX));
}
