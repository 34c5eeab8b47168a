//! A known model is simulated, and found again in what clients and containers tell of it.
#![allow(clippy::unwrap_used)]

use swarmlab_calibrate::evidence::{Seen, Sent};
use swarmlab_calibrate::lives::Lives;
use swarmlab_calibrate::{Calibration, Evidence, Fronts, Ground, Hints, NotCalibrated, fit};
use swarmlab_shapes::shape::Ramp;
use swarmlab_shapes::{Arrivals, Shape};
use swarmlab_simulate::{Clients, Errands, Law, Load, Model, Service, Simulation};

const SECONDS: usize = 240;

/// What is seen of a service alone under a load that grows.
fn seen(truth: Service, seconds: usize) -> Evidence {
    let shape = Shape::Ramp(Ramp { from: 10.0, to: 30.0, duration_s: seconds as f64 });
    let load = Load::Open { shape: shape.clone(), arrivals: Arrivals::Poisson };
    let clients = Clients { load, timeout_s: Some(30.0) };
    let model = Model { services: vec![truth.clone()], entry: 0 };
    let mut simulation = Simulation::new(model, clients.clone(), 99).unwrap();
    let all: Vec<_> = (0..seconds).map(|_| simulation.next_second()).collect();
    let cores = truth.limit_cores * truth.replicas as f64;
    let web = Seen {
        name: truth.name.clone(),
        cpu_cores: all.iter().map(|s| Some(s.services[0].cpu_s)).collect(),
        per_s: all.iter().map(|s| Some(s.services[0].arrived as f64)).collect(),
        requests: all.iter().map(|s| s.services[0].arrived as f64).sum(),
        running: vec![Some(truth.replicas as f64); seconds],
        limit_cores: Some(truth.limit_cores),
        utilization: all.iter().map(|s| Some(s.services[0].cpu_s / cores)).collect(),
        has_quota: truth.quota.is_some(),
        lives: Lives { starts_s: vec![2.5], checked: true, ..Lives::default() },
        serving_lag_s: Some(1.0),
        replicas: truth.replicas,
    };
    Evidence {
        entry: truth.name,
        front: None,
        width_s: 1.0,
        bins: seconds,
        level: (0..seconds).map(|i| shape.value_at(i as f64 + 0.5)).collect(),
        sent: Sent { clients, errands: Errands::default(), requests: 1.0 },
        felt: all.into_iter().map(|s| Some(s.clients.response)).collect(),
        fronts: Fronts::default(),
        services: vec![web],
        acts: Vec::new(),
        replicas: [("web".to_owned(), truth.replicas)].into(),
    }
}

fn found(truth: Service) -> (Calibration, Service) {
    let calibration = fit(&seen(truth, SECONDS), &Hints::default()).unwrap();
    let service = calibration.model.services[0].clone();
    (calibration, service)
}

#[test]
fn mean_variation_and_wait_of_a_demand_are_told_apart() {
    for (law, scvs) in [
        (Law::Constant { mean_s: 0.015 }, 0.0..=0.03),
        (Law::Lognormal { mean_s: 0.015, scv: 0.5 }, 0.3..=0.8),
        (Law::Exponential { mean_s: 0.015 }, 0.7..=1.4),
        (Law::Gamma { mean_s: 0.015, scv: 2.0 }, 1.4..=2.8),
    ] {
        let truth = Service { wait: Law::Constant { mean_s: 0.006 }, ..Service::new("web", law.clone()) };
        let (_, service) = found(truth);
        let (mean_s, scv, wait_s) = (service.before.mean_s(), service.before.scv(), service.wait.mean_s());
        assert!((mean_s / 0.015 - 1.0).abs() < 0.05, "{law:?}: {mean_s}");
        assert!(scvs.contains(&scv), "{law:?}: {:?}", service.before);
        assert!((wait_s - 0.006).abs() < 0.0015, "{law:?}: {wait_s}");
    }
}

#[test]
fn a_service_that_only_computes_has_no_wait_and_what_it_uses_without_load_is_told() {
    let truth = Service {
        idle_cores: 0.1,
        replicas: 2,
        ..Service::new("web", Law::Gamma { mean_s: 0.015, scv: 0.1 })
    };
    let (calibration, service) = found(truth);
    assert_eq!(service.wait, Law::NOTHING, "{service:?}");
    assert!((service.before.mean_s() / 0.015 - 1.0).abs() < 0.08, "{service:?}");
    assert!((service.idle_cores - 0.1).abs() < 0.03, "{service:?}");
    // From healthy to serving it takes another second.
    assert_eq!(service.start_up, Law::Constant { mean_s: 3.5 });
    let assumed: Vec<&str> = calibration.assumed(0).map(|n| n.key).collect();
    assert_eq!(assumed, ["drain", "after", "concurrency", "balance"]);
    assert!(calibration.notes[0].iter().any(|n| n.key == "idle" && n.ground == Ground::Measured));
}

#[test]
fn too_few_requests_at_the_entry_are_no_model_but_a_reason() {
    let evidence = seen(Service::new("web", Law::Exponential { mean_s: 0.015 }), 4);
    match fit(&evidence, &Hints::default()) {
        Err(NotCalibrated::Entry { entry, why }) => {
            assert_eq!(entry, "web");
            assert!(why.contains("4 of 4 bins"), "{why}");
        }
        other => panic!("{other:?}"),
    }
}
