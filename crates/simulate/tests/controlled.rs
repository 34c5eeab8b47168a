//! Controllers in the loop.
#![allow(clippy::unwrap_used)]

use swarmlab_control::controllers::cooldown::Cooldown;
use swarmlab_control::controllers::{Fixed, TargetTracking, target};
use swarmlab_control::{Autoscaler, Bounds, Outcome, Strategy, metrics};
use swarmlab_elasticity::violations::{Window, judge};
use swarmlab_shapes::shape::{Constant, Step};
use swarmlab_shapes::{Arrivals, Shape};
use swarmlab_simulate::totals::Adder;
use swarmlab_simulate::{
    Action, Clients, Controlled, Controller, Errand, Errands, Law, Load, Model, Second, Service, Slo, Taken,
    Totals,
};

/// One core a replica, 20 ms a request, five seconds to start.
fn model() -> Model {
    let service = Service {
        start_up: Law::Constant { mean_s: 5.0 },
        ..Service::new("web", Law::Exponential { mean_s: 0.02 })
    };
    Model { services: vec![service], entry: 0 }
}

fn clients(shape: Shape) -> Clients {
    Clients { load: Load::Open { shape, arrivals: Arrivals::Poisson }, timeout_s: Some(10.0) }
}

fn tracking() -> Strategy {
    TargetTracking {
        metric: metrics::CPU_UTILIZATION.into(),
        of: target::Of::Mean,
        target: 0.6,
        only_up: false,
        cooldown: Cooldown::new(0.0, 60.0),
    }
    .into()
}

fn run(strategy: Strategy, shape: Shape, seconds: usize) -> (Vec<Second>, Vec<Taken>, Totals) {
    let model = model();
    let controller =
        Controller { service: 0, every_s: 5.0, autoscaler: Autoscaler::new(Bounds::default(), strategy) };
    let slo = Slo { p95_s: Some(0.1), error_rate: Some(0.01) };
    let mut adder = Adder::new(&model, Some(slo));
    let mut controlled = Controlled::new(model, clients(shape), 3, vec![controller], 1.0).unwrap();
    let (mut all, mut decisions) = (Vec::new(), Vec::new());
    for _ in 0..seconds {
        let (second, taken) = controlled.next_second().unwrap();
        adder.add(&second);
        all.push(second);
        decisions.extend(taken);
    }
    (all, decisions, adder.totals())
}

fn steps() -> Shape {
    Shape::Step(Step { first: 40.0, increment: 60.0, steps: 3, hold_s: 150.0, down: false })
}

#[test]
fn a_controller_holds_its_target_after_the_load_has_grown() {
    let (seconds, decisions, _) = run(tracking(), steps(), 450);
    let mean = |from: usize, to: usize| {
        let cpu: f64 = seconds[from..to].iter().map(|s| s.services[0].cpu_s).sum();
        cpu / seconds[from..to].iter().map(|s| s.services[0].ready).sum::<f64>()
    };
    // 160 requests/s of 20 ms are 3.2 cores: six replicas at 60 %.
    let last = seconds.last().unwrap();
    assert!((5..=7).contains(&last.services[0].desired), "{}", last.services[0].desired);
    assert!((mean(400, 450) - 0.6).abs() < 0.15, "{}", mean(400, 450));
    // It saw what was a second old, and what it asked for came five seconds later.
    let first = decisions.iter().find(|d| d.decision.outcome == Outcome::Change).unwrap();
    let seen = first.decision.seen[metrics::CPU_UTILIZATION];
    assert!((seen.age_s - 1.0).abs() < 1e-6, "{seen:?}");
    let asked_s = first.decision.at_s;
    let ready = seconds.iter().find(|s| s.services[0].ready > 1.0).unwrap();
    assert!((ready.start_s - (asked_s + 5.0)).abs() < 1e-6, "{} {asked_s}", ready.start_s);
}

#[test]
fn the_same_seed_gives_the_same_decisions() {
    let told = || format!("{:?}", run(tracking(), steps(), 200));
    assert_eq!(told(), told());
}

#[test]
fn decisions_fall_on_their_moments_and_know_what_they_had() {
    let shape = Shape::Constant(Constant { level: 10.0, duration_s: 30.0 });
    let (_, decisions, totals) = run(Fixed { replicas: 3 }.into(), shape, 21);
    assert_eq!(decisions.iter().map(|d| d.decision.at_s).collect::<Vec<_>>(), [5.0, 10.0, 15.0, 20.0]);
    let had: Vec<_> = decisions.iter().map(|d| (d.had.desired, d.had.running, d.had.ready)).collect();
    // Asked for at 5 s, ready at 10 s: what happens at a moment is not yet known to those who decide at it.
    assert_eq!(had, [(1, 1, 1), (3, 3, 1), (3, 3, 3), (3, 3, 3)]);
    let web = &totals.services[0];
    assert_eq!((web.least, web.most, web.changes, web.reversals), (1, 3, 1, 0));
    assert!((web.replica_s - (21.0 + 2.0 * 16.0)).abs() < 1e-9, "{}", web.replica_s);
}

#[test]
fn what_was_broken_is_what_the_room_of_elasticity_says() {
    let (seconds, _, totals) = run(tracking(), steps(), 450);
    let windows: Vec<Window> = seconds
        .iter()
        .map(|s| {
            let c = &s.clients;
            let slow = c.response.iter_recorded().filter(|v| v.value_iterated_to() > 100_000);
            let p95 = c.response.value_at_quantile(0.95) as f64 / 1e6;
            Window {
                length_s: 1.0,
                requests: c.answered + c.failed(),
                violating: c.failed() + slow.map(|v| v.count_since_last_iteration()).sum::<u64>(),
                latency_s: (c.answered > 0).then_some(p95),
            }
        })
        .collect();
    let judged = judge(&windows, 0.1);
    let slo = totals.slo.unwrap();
    assert!((judged.integral_s2 / slo.integral_s2 - 1.0).abs() < 1e-9);
    let ended = (totals.answered + totals.failed) as f64;
    let share = slo.requests as f64 / ended;
    assert!((judged.requests.unwrap() - share).abs() < 0.002, "{:?} {share}", judged.requests);
    let known = 450.0 - judged.unknown_s;
    assert!(judged.windows.unwrap() * known <= slo.seconds as f64 + 1e-9);
    assert_eq!(judged.unknown_s as u64, slo.not_judged);
    assert!(slo.seconds > 0 && slo.kept.is_some());
}

#[test]
fn a_controller_of_nothing_is_refused() {
    let autoscaler = Autoscaler::new(Bounds::default(), Fixed { replicas: 3 }.into());
    let shape = Shape::Constant(Constant { level: 10.0, duration_s: 30.0 });
    for (service, every_s) in [(1, 5.0), (0, 0.0)] {
        let controller = Controller { service, every_s, autoscaler: autoscaler.clone() };
        assert!(Controlled::new(model(), clients(shape.clone()), 1, vec![controller], 1.0).is_err());
    }
}

#[test]
fn what_is_done_beside_controllers_is_done_and_clients_run_errands() {
    let shape = Shape::Constant(Constant { level: 5.0, duration_s: 60.0 });
    let load = Load::Closed { shape, think: Law::Constant { mean_s: 1.0 } };
    let clients = Clients { load, timeout_s: None };
    // Three requests before each pause: 1 s and three times some 22 ms.
    let errands = Errands::new(1, vec![Errand { weight: 1.0, requests: vec![0; 3] }]).unwrap();
    let mut controlled = Controlled::with_errands(model(), clients, errands, 3, Vec::new(), 1.0).unwrap();
    controlled.at(10.0, Action::Scale { service: 0, replicas: 3 }).unwrap();
    assert!(controlled.at(10.0, Action::Scale { service: 1, replicas: 3 }).is_err());
    let all: Vec<Second> = (0..60).map(|_| controlled.next_second().unwrap().0).collect();
    let answered: u64 = all.iter().map(|s| s.clients.answered).sum();
    assert!((780..900).contains(&answered), "{answered}");
    let ready = |second: usize| all[second].services[0].ready;
    assert_eq!((ready(12), ready(20)), (1.0, 3.0), "they take 5 s to start");
}

#[test]
fn what_replicas_use_without_requests_counts_and_slows_requests() {
    let cpu = |idle_cores: f64| {
        let service = Service { idle_cores, ..Service::new("web", Law::Constant { mean_s: 0.02 }) };
        let model = Model { services: vec![Service { replicas: 2, ..service }], entry: 0 };
        let shape = Shape::Constant(Constant { level: 20.0, duration_s: 100.0 });
        let mut controlled = Controlled::new(model, clients(shape), 3, Vec::new(), 1.0).unwrap();
        let all: Vec<Second> = (0..100).map(|_| controlled.next_second().unwrap().0).collect();
        let used: f64 = all.iter().map(|s| s.services[0].cpu_s).sum();
        let times: f64 = all.iter().map(|s| s.clients.response_sum_s).sum();
        let answered: u64 = all.iter().map(|s| s.clients.answered).sum();
        (used / 100.0, times / answered as f64)
    };
    let ((without, fast_s), (with, slow_s)) = (cpu(0.0), cpu(0.25));
    assert!((with - without - 0.5).abs() < 0.01, "two replicas with a quarter each: {with} {without}");
    assert!(slow_s > fast_s * 1.25, "{slow_s} {fast_s}");
}
