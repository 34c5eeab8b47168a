#![allow(clippy::unwrap_used)]

use std::path::Path;

use swarmlab_simulate::{Balance, Quota, Step};

use super::*;

fn read_text(text: &str) -> Result<SimulationFile, Diagnostics> {
    from_text(text, Path::new("simulation.yml"))
}

fn said(text: &str, parts: &[&str]) {
    let told = read_text(text).unwrap_err().to_string();
    for part in parts {
        assert!(told.contains(part), "{part:?} is not in\n{told}");
    }
}

#[test]
fn everything_of_a_file_is_read() {
    let text = "
entry: front
services:
  store: { demand: { law: gamma, mean: 2ms, scv: 0.5 }, quota: { period: 50ms, node_cores: 2 }, cpu: 0.5, idle: 0.02 }
  front:
    demand: { law: lognormal, mean: 4ms, scv: 2 }
    wait: { values: [1ms, 9ms] }
    after: 250us
    replicas: 3
    concurrency: 10
    queue: 100
    start_up: { law: exponential, mean: 4s }
    drain: 2s
    balance: least-request
    quota: true
    calls:
      - store
      - { service: store, times: 1.5, timeout: 300ms }
      - parallel: [store, { service: store, times: 2 }]
load: { model: closed, shape: { shape: constant, level: 30, duration: 1m }, think: 1s, requests: 4, timeout: 5s }
slo: { p95: 250ms }
observed_after: 2s
";
    let read = read_text(text).unwrap();
    assert_eq!((read.model.entry, read.timeout_s, read.observed_after_s), (1, 5.0, 2.0));
    assert_eq!(read.behaviour, Behaviour::Closed(Law::Constant { mean_s: 1.0 }));
    let four = Errands::new(1, vec![Errand { weight: 1.0, requests: vec![0; 4] }]).unwrap();
    assert_eq!((read.requests, read.errands()), (4, four));
    assert_eq!(read.shape.as_ref().unwrap().duration_s(), 60.0);
    assert_eq!(read.slo.as_ref().unwrap().p95, Some(Duration::from_millis(250)));
    let [store, front] = &read.model.services[..] else { panic!("two services") };
    assert_eq!(store.before, Law::Gamma { mean_s: 0.002, scv: 0.5 });
    assert_eq!((store.quota, store.limit_cores), (Some(Quota { period_s: 0.05, node_cores: 2.0 }), 0.5));
    assert_eq!((store.idle_cores, front.idle_cores), (0.02, 0.0));
    assert_eq!(front.before, Law::Lognormal { mean_s: 0.004, scv: 2.0 });
    assert_eq!(front.wait, Law::Empirical(vec![0.001, 0.009]));
    assert_eq!(front.after, Law::Constant { mean_s: 0.00025 });
    assert_eq!(front.start_up, Law::Exponential { mean_s: 4.0 });
    assert_eq!((front.replicas, front.concurrency, front.queue), (3, Some(10), Some(100)));
    assert_eq!(
        (front.drain_s, front.balance, front.quota),
        (2.0, Balance::LeastRequest, Some(Quota::default()))
    );
    let calls: Vec<(usize, f64)> =
        front.steps.iter().flat_map(Step::calls).map(|c| (c.service, c.times)).collect();
    assert_eq!(calls, [(0, 1.0), (0, 1.5), (0, 1.0), (0, 2.0)]);
    assert_eq!(front.steps[1].calls()[0].timeout_s, Some(0.3));
    assert_eq!(read.model.check(), Ok(()));
}

#[test]
fn what_is_not_said_has_its_default() {
    let read = read_text("services: { a: { demand: 1ms } }").unwrap();
    let mut plain = Service::new("a", Law::Constant { mean_s: 0.001 });
    assert_eq!(read.model, Model { services: vec![plain.clone()], entry: 0 });
    assert_eq!((read.behaviour, read.timeout_s), (Behaviour::Open(Arrivals::Uniform), 30.0));
    assert_eq!(read.requests, 1);
    plain.quota = None;
    assert_eq!(read_text("services: { a: { demand: 1ms, quota: false } }").unwrap().model.services, [plain]);
}

#[test]
fn everything_that_is_wrong_is_said_at_once_at_its_place() {
    said(
        "services:
  front: { demand: 4, cpu: 0, calls: [stroe], balance: least-requests }
  store: { demand: { law: gamma, mean: 2ms }, concurency: 3 }
entry: frnt
load: { model: open, think: 1s, requests: 3 }
",
        &[
            "load.requests has no meaning here",
            "simulation.yml:2:20",
            "write the unit",
            "simulation.yml:2:28",
            "no service `stroe`",
            "did you mean `store`?",
            "did you mean `least-request`?",
            "services.store.demand",
            "`scv`",
            "did you mean `concurrency`?",
            "load.think has no meaning here",
        ],
    );
    said("services: { a: { demand: 1ms } }\nentry: b\n", &["no service `b`", "one of a"]);
    said("services: {}\n", &["is empty"]);
    said(
        "services: { a: { demand: 1ms, cpu: 0.5, idle: 0.5 } }\n",
        &["services.a.idle leaves nothing of the 0.5 cores", "less than `cpu`"],
    );
    said(
        "services: { a: { demand: 1ms, quota: { period: 1ns } } }\n",
        &["quota.period is shorter", "at least 1ms"],
    );
    said("services: { a: { demand: { values: [] } } }\n", &["is empty"]);
    said("services: { a: { demand: { law: constant, mean: 1ms, scv: 1 } } }\n", &["unknown key `scv`"]);
    said(
        "services: { a: { demand: 1ms, calls: [b] }, b: { demand: 1ms, calls: [a] } }\n",
        &["CALLS-IN-A-CIRCLE".to_lowercase().as_str(), "`a` calls itself in the end"],
    );
    said(
        "services: { a: { demand: 1ms, calls: [{ service: b, times: 9999.5 }, b] }, b: { demand: 1ms } }\n",
        &["too-many-visits", "10002 visits"],
    );
    said("services: { a: { demand: 1ms } }\nload: { shape: nowhere.yml }\n", &["nowhere.yml", "2:16"]);
}
