//! Figures against the definitions written out with numpy (`tests/reference/generate.py`), and against examples worked out
//! by hand.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use swarmlab_elasticity::accuracy::{Accuracy, judge};
use swarmlab_elasticity::deviation::{Undefined, elastic_deviation, elastic_speedup};
use swarmlab_elasticity::violations::{self, Window};
use swarmlab_elasticity::{Steps, cost};
use swarmlab_reference::{Value, all_close, close, number};

fn values() -> Value {
    swarmlab_reference::values(include_str!("reference/values.json"))
}

fn steps(case: &Value, key: &str) -> Steps {
    let pairs = case[key].as_array().unwrap().iter();
    let changes: Vec<_> = pairs.map(|p| (p[0].as_f64().unwrap(), p[1].as_f64().unwrap())).collect();
    Steps::known(&changes, number(case, "end")).unwrap()
}

fn accuracy(case: &Value) -> Accuracy {
    judge(&steps(case, "demand"), &steps(case, "supply"), number(case, "sample")).unwrap()
}

#[test]
fn accuracy_timeshare_instability_jitter() {
    let all = values();
    for case in all["cases"].as_array().unwrap().iter().chain([&all["none"]]) {
        let a = accuracy(case);
        let relative = a.relative_percent.unwrap();
        let pairs =
            [("relative", relative), ("absolute", a.absolute_replicas), ("timeshare", a.timeshare_percent)];
        for (key, pair) in pairs {
            all_close(&[pair.under, pair.over], &case[key]);
        }
        close(a.instability_percent, number(case, "instability"));
        close(a.jitter_per_s, number(case, "jitter"));
        assert_eq!(a.unknown_s, 0.0);
        let took = cost::count(&steps(case, "supply"), None);
        close(took.replica_s, number(case, "replica_s"));
        assert_eq!(took.actions, case["actions"].as_u64().unwrap());
        assert_eq!(took.reversals, case["reversals"].as_u64().unwrap());
    }
}

#[test]
fn deviation_and_speedup() {
    let all = values();
    let none = accuracy(&all["none"]);
    for case in all["cases"].as_array().unwrap().iter().filter(|c| c.get("speedup").is_some()) {
        let a = accuracy(case);
        close(elastic_speedup(&a, &none).unwrap(), number(case, "speedup"));
        close(elastic_deviation(&a), number(case, "deviation"));
    }
    close(elastic_speedup(&none, &none).unwrap(), 1.0);
}

/// Demand 2 for 10 s, then 4; supply 2, from 15 s on 5. Of 20 s: 5 s with 2 too few of 4, 5 s with 1 too many of 4.
#[test]
fn by_hand() {
    let demand = Steps::known(&[(0.0, 2.0), (10.0, 4.0)], 20.0).unwrap();
    let supply = Steps::known(&[(0.0, 2.0), (15.0, 5.0)], 20.0).unwrap();
    let a = judge(&demand, &supply, 1.0).unwrap();
    let relative = a.relative_percent.unwrap();
    assert_eq!((relative.under, relative.over), (12.5, 6.25));
    assert_eq!((a.absolute_replicas.under, a.absolute_replicas.over), (0.5, 0.25));
    assert_eq!((a.timeshare_percent.under, a.timeshare_percent.over), (25.0, 25.0));
    // Of 19 differences two: where demand rose alone, and where supply did.
    close(a.instability_percent, 200.0 / 19.0);
    assert_eq!(a.jitter_per_s, 0.0);
    let cores = Steps::known(&[(0.0, 0.5)], 20.0).unwrap();
    let took = cost::count(&supply, Some(&cores));
    assert_eq!((took.replica_s, took.core_s, took.actions, took.reversals), (55.0, Some(27.5), 1, 0));
    assert_eq!(took.actions_per_h, Some(180.0));
}

#[test]
fn what_has_no_value_has_none() {
    let steps = |changes: &[(f64, f64)]| Steps::known(changes, 10.0).unwrap();
    // Demand of nothing: the relative accuracy divides by it.
    let idle = judge(&steps(&[(0.0, 0.0), (5.0, 2.0)]), &steps(&[(0.0, 1.0)]), 1.0).unwrap();
    assert_eq!(idle.relative_percent, None);
    assert_eq!((idle.absolute_replicas.under, idle.absolute_replicas.over), (0.5, 0.5));
    assert_eq!(elastic_speedup(&idle, &idle), Err(Undefined::NoAccuracy));
    let perfect = judge(&steps(&[(0.0, 2.0)]), &steps(&[(0.0, 2.0)]), 1.0).unwrap();
    assert_eq!(elastic_deviation(&perfect), Some(0.0));
    assert_eq!(elastic_speedup(&perfect, &idle), Err(Undefined::NoAccuracy));
    assert_eq!(elastic_speedup(&perfect, &perfect), Err(Undefined::Perfect));
    // What is unknown is left out, and said.
    let hole = Steps::new([(0.0, Some(2.0)), (4.0, None), (6.0, Some(2.0))], 10.0).unwrap();
    let a = judge(&hole, &steps(&[(0.0, 1.0)]), 1.0).unwrap();
    assert_eq!((a.judged_s, a.unknown_s, a.timeshare_percent.under), (8.0, 2.0, 100.0));
    assert_eq!(Steps::known(&[(20.0, 1.0)], 10.0), None);
    assert_eq!(judge(&Steps::new([(0.0, None)], 10.0).unwrap(), &hole, 1.0), None);
    assert_eq!(cost::count(&steps(&[(0.0, 3.0)]), Some(&hole)).core_s, None, "a time without a limit");
}

#[test]
fn objectives() {
    let window = |requests, violating, latency_s| Window { length_s: 2.0, requests, violating, latency_s };
    let windows =
        [window(100, 0, Some(0.1)), window(50, 30, Some(0.7)), window(50, 10, Some(0.3)), window(0, 0, None)];
    let v = violations::judge(&windows, 0.3);
    assert_eq!(v.requests, Some(0.2));
    close(v.windows.unwrap(), 1.0 / 3.0);
    close(v.integral_s2, 0.8);
    assert_eq!(v.unknown_s, 2.0);
    let none = violations::judge(&[], 0.3);
    assert_eq!((none.requests, none.windows), (None, None));
}
