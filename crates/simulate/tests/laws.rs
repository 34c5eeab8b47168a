//! What must hold of every simulation, whatever is simulated.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use swarmlab_shapes::shape::{Constant, Ramp};
use swarmlab_shapes::{Arrivals, Shape};
use swarmlab_simulate::{
    Action, Balance, Call, Clients, Failure, Law, Load, Model, Quota, ReplicaState, Second, Service,
    Simulation, Step,
};

fn constant(level: f64, duration_s: f64) -> Shape {
    Shape::Constant(Constant { level, duration_s })
}

fn open(level: f64, duration_s: f64) -> Clients {
    let load = Load::Open { shape: constant(level, duration_s), arrivals: Arrivals::Poisson };
    Clients { load, timeout_s: None }
}

fn call(service: usize, times: f64, timeout_s: Option<f64>) -> Call {
    Call { service, times, timeout_s }
}

/// A front that calls two services at the same time and then one of them perhaps again.
fn shop() -> Model {
    let front = Service {
        steps: vec![
            Step::Parallel(vec![call(1, 1.0, Some(0.4)), call(2, 2.0, None)]),
            Step::Sequential(call(2, 0.5, Some(0.3))),
        ],
        after: Law::Gamma { mean_s: 0.002, scv: 0.5 },
        replicas: 2,
        balance: Balance::LeastRequest,
        ..Service::new("front", Law::Lognormal { mean_s: 0.004, scv: 1.0 })
    };
    let stock = Service {
        concurrency: Some(4),
        queue: Some(20),
        limit_cores: 0.5,
        quota: Some(Quota::default()),
        start_up: Law::Exponential { mean_s: 2.0 },
        drain_s: 0.2,
        replicas: 2,
        balance: Balance::Random,
        ..Service::new("stock", Law::Exponential { mean_s: 0.008 })
    };
    let prices = Service {
        wait: Law::Constant { mean_s: 0.01 },
        replicas: 3,
        ..Service::new("prices", Law::Empirical(vec![0.001, 0.002, 0.01]))
    };
    Model { services: vec![front, stock, prices], entry: 0 }
}

fn run(simulation: &mut Simulation, seconds: usize) -> Vec<Second> {
    (0..seconds).map(|_| simulation.next_second()).collect()
}

/// A run of the shop with everything that can be done to it.
fn disturbed(seed: u64) -> Vec<Second> {
    let clients = Clients { timeout_s: Some(0.8), ..open(70.0, 30.0) };
    let mut model = shop();
    model.services[0].steps[0] = Step::Parallel(vec![call(1, 1.0, Some(0.1)), call(2, 2.0, None)]);
    model.services[1] = Service {
        queue: Some(6),
        drain_s: 0.002,
        wait: Law::Constant { mean_s: 0.03 },
        ..model.services[1].clone()
    };
    let mut simulation = Simulation::new(model, clients, seed).unwrap();
    for (at_s, action) in [
        (5.25, Action::Scale { service: 1, replicas: 6 }),
        (9.0, Action::Scale { service: 1, replicas: 1 }),
        (12.0, Action::Limit { service: 1, cores: 2.0 }),
        (15.0, Action::Scale { service: 2, replicas: 0 }),
        (16.0, Action::Scale { service: 2, replicas: 3 }),
        (20.0, Action::Limit { service: 0, cores: 0.15 }),
    ] {
        simulation.at(at_s, action).unwrap();
    }
    run(&mut simulation, 60)
}

fn assert_nobody_is_lost(seconds: &[Second]) {
    let (mut sent, mut ended) = (0, 0);
    for second in seconds {
        let clients = &second.clients;
        sent += clients.sent;
        ended += clients.answered + clients.failed();
        assert_eq!(sent, ended + clients.in_flight_end, "at {} s", second.start_s);
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let told = |seed| format!("{:?}", disturbed(seed));
    assert_eq!(told(1), told(1));
    assert_ne!(told(1), told(2));
}

#[test]
fn nobody_is_lost_whatever_is_done_to_them() {
    let seconds = disturbed(3);
    assert_nobody_is_lost(&seconds);
    let failures = |f: Failure| seconds.iter().map(|s| s.clients.failures[f as usize]).sum::<u64>();
    // Everything that can go wrong did.
    let missing: Vec<Failure> = Failure::ALL.into_iter().filter(|f| failures(*f) == 0).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(seconds.last().unwrap().clients.in_flight_end, 0);
}

#[test]
fn time_in_flight_is_time_of_requests() {
    // Little's law, exactly: the area below the requests in flight is the sum of their times.
    let mut simulation = Simulation::new(shop(), open(60.0, 20.0), 5).unwrap();
    let seconds = run(&mut simulation, 60);
    assert_eq!(seconds[59].clients.in_flight_end, 0);
    let area: f64 = seconds.iter().map(|s| s.clients.in_flight).sum();
    let failed: u64 = seconds.iter().map(|s| s.clients.failed()).sum();
    assert_eq!(failed, 0, "failures have a time, too");
    let times: f64 = seconds.iter().map(|s| s.clients.response_sum_s).sum();
    assert!((area / times - 1.0).abs() < 1e-9, "{area} {times}");
    for i in 0..3 {
        let area: f64 = seconds.iter().map(|s| s.services[i].in_service + s.services[i].queued).sum();
        let times: f64 = seconds.iter().map(|s| s.services[i].response_sum_s).sum();
        assert!((area / times - 1.0).abs() < 1e-9, "service {i}: {area} {times}");
    }
}

#[test]
fn work_is_neither_lost_nor_made() {
    let mut simulation = Simulation::new(shop(), open(60.0, 20.0), 6).unwrap();
    let seconds = run(&mut simulation, 60);
    for i in 0..3 {
        let used: f64 = seconds.iter().map(|s| s.services[i].cpu_s).sum();
        let asked: f64 = seconds.iter().map(|s| s.services[i].demand_s).sum();
        assert!((used / asked - 1.0).abs() < 1e-9, "service {i}: {used} {asked}");
    }
}

#[test]
fn no_discipline_lets_a_processor_idle_while_there_is_work() {
    // What is left to do does not depend on the order in which it is done, so neither does when there is nothing.
    let with = |concurrency| {
        let service = Service { concurrency, ..Service::new("s", Law::Lognormal { mean_s: 0.01, scv: 2.0 }) };
        let model = Model { services: vec![service], entry: 0 };
        let mut simulation = Simulation::new(model, open(80.0, 60.0), 7).unwrap();
        run(&mut simulation, 80)
    };
    for (shared, in_line) in with(None).iter().zip(with(Some(1))) {
        let (a, b) = (shared.services[0].cpu_s, in_line.services[0].cpu_s);
        assert!((a - b).abs() < 1e-9, "at {} s: {a} {b}", shared.start_s);
    }
}

#[test]
fn variants_share_their_demands() {
    // Another limit, another balance, other times: the same requests ask for the same.
    let asked = |change: fn(&mut Service)| {
        let mut model = shop();
        // Not those that depend on how long others took.
        model.services[0].steps.iter_mut().for_each(|s| match s {
            Step::Parallel(calls) => calls.iter_mut().for_each(|c| c.timeout_s = None),
            Step::Sequential(call) => call.timeout_s = None,
        });
        model.services[1].queue = None;
        change(&mut model.services[1]);
        let mut simulation = Simulation::new(model, open(60.0, 20.0), 8).unwrap();
        let seconds = run(&mut simulation, 100);
        (0..3).map(|i| seconds.iter().map(|s| s.services[i].demand_s).sum::<f64>()).collect::<Vec<_>>()
    };
    let plain = asked(|_| {});
    for change in [|s: &mut Service| s.limit_cores = 4.0, |s: &mut Service| s.balance = Balance::RoundRobin] {
        for (a, b) in plain.iter().zip(asked(change)) {
            assert!((a / b - 1.0).abs() < 1e-9, "{a} {b}");
        }
    }
}

#[test]
fn replicas_start_and_stop_when_they_should() {
    let service = Service {
        start_up: Law::Constant { mean_s: 3.0 },
        drain_s: 1.5,
        // A request takes three seconds: those under way at the scale-in are cut.
        wait: Law::Constant { mean_s: 3.0 },
        ..Service::new("s", Law::Constant { mean_s: 0.001 })
    };
    let model = Model { services: vec![service], entry: 0 };
    let load = Load::Open { shape: constant(10.0, 20.0), arrivals: Arrivals::Uniform };
    let mut simulation = Simulation::new(model, Clients { load, timeout_s: None }, 1).unwrap();
    simulation.at(2.5, Action::Scale { service: 0, replicas: 3 }).unwrap();
    simulation.at(9.0, Action::Scale { service: 0, replicas: 1 }).unwrap();
    let seconds = run(&mut simulation, 30);
    let service = |second: usize| &seconds[second].services[0];
    assert_eq!((service(1).desired, service(2).desired), (1, 3));
    assert!((service(2).starting - 1.0).abs() < 1e-9, "two for half a second");
    assert!((service(5).ready - 2.0).abs() < 1e-9 && (service(5).starting - 1.0).abs() < 1e-9);
    assert_eq!(
        service(6).replicas.iter().map(|r| r.ready_s).collect::<Vec<_>>()[1..],
        [Some(5.5), Some(5.5)]
    );
    assert!((service(9).draining - 2.0).abs() < 1e-9 && (service(10).draining - 1.0).abs() < 1e-9);
    assert_eq!(service(9).replicas.iter().filter(|r| r.state == ReplicaState::Draining).count(), 2);
    assert_eq!(service(11).replicas.len(), 1);
    let stopped: u64 = seconds.iter().map(|s| s.clients.failures[Failure::Stopped as usize]).sum();
    // Sent to the two from 7.5 s on, when those of 1.5 s before 9 s cannot end by 10.5 s.
    assert_eq!(stopped, 10);
    assert_nobody_is_lost(&seconds);
}

#[test]
fn one_that_has_not_started_stops_first_and_at_once() {
    let service = Service { start_up: Law::Constant { mean_s: 5.0 }, ..Service::new("s", Law::NOTHING) };
    let model = Model { services: vec![service], entry: 0 };
    let mut simulation = Simulation::new(model, open(1.0, 20.0), 1).unwrap();
    simulation.at(1.0, Action::Scale { service: 0, replicas: 3 }).unwrap();
    simulation.at(3.0, Action::Scale { service: 0, replicas: 2 }).unwrap();
    let seconds = run(&mut simulation, 8);
    assert_eq!(seconds[3].services[0].replicas.iter().map(|r| r.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(seconds[7].services[0].replicas[1].ready_s, Some(6.0));
}

#[test]
fn who_is_given_up_goes_on_working() {
    let service = Service { concurrency: Some(1), ..Service::new("s", Law::Constant { mean_s: 0.4 }) };
    let model = Model { services: vec![service], entry: 0 };
    let load = Load::Open { shape: constant(5.0, 2.0), arrivals: Arrivals::Uniform };
    let mut simulation = Simulation::new(model, Clients { load, timeout_s: Some(0.5) }, 1).unwrap();
    let seconds = run(&mut simulation, 10);
    // Arrivals at 0.1, 0.3, …; the first is served at 0.5; the second, at 0.9, is 0.6 s old.
    let answered: u64 = seconds.iter().map(|s| s.clients.answered).sum();
    let timeouts: u64 = seconds.iter().map(|s| s.clients.failures[Failure::Timeout as usize]).sum();
    assert_eq!((answered, timeouts), (1, 9));
    let used: f64 = seconds.iter().map(|s| s.services[0].cpu_s).sum();
    assert!((used - 4.0).abs() < 1e-9, "all ten were worked on: {used}");
}

#[test]
fn users_follow_their_shape() {
    let shape = Shape::Ramp(Ramp { from: 0.0, to: 10.0, duration_s: 10.0 });
    let model = Model { services: vec![Service::new("s", Law::Constant { mean_s: 0.001 })], entry: 0 };
    let load = Load::Closed { shape, think: Law::Constant { mean_s: 0.1 } };
    let mut simulation = Simulation::new(model, Clients { load, timeout_s: None }, 1).unwrap();
    let seconds = run(&mut simulation, 12);
    for (i, second) in seconds[..10].iter().enumerate() {
        let users = second.clients.users.unwrap();
        assert!((users - i as f64).abs() < 0.15, "{i} s: {users}");
    }
    assert_eq!(seconds[11].clients.users, Some(0.0));
    assert_nobody_is_lost(&seconds);
}

#[test]
fn users_of_a_service_that_is_not_there_do_not_stop_time() {
    let model =
        Model { services: vec![Service { replicas: 0, ..Service::new("s", Law::NOTHING) }], entry: 0 };
    let load = Load::Closed { shape: constant(3.0, 2.0), think: Law::NOTHING };
    let mut simulation = Simulation::new(model, Clients { load, timeout_s: None }, 1).unwrap();
    let seconds = run(&mut simulation, 3);
    assert!(seconds[1].clients.failures[Failure::Unavailable as usize] > 1000);
    assert_nobody_is_lost(&seconds);
}

#[test]
fn what_cannot_be_is_refused() {
    let mut simulation = Simulation::new(shop(), open(1.0, 1.0), 1).unwrap();
    assert!(simulation.at(0.0, Action::Scale { service: 3, replicas: 1 }).is_err());
    assert!(simulation.at(0.0, Action::Limit { service: 0, cores: 0.0 }).is_err());
    assert!(simulation.at(0.0, Action::Scale { service: 0, replicas: 1_000_000 }).is_err());
    assert!(Simulation::new(shop(), open(f64::NAN, 1.0), 1).is_err());
    let crowd = Load::Closed { shape: constant(1e8, 1.0), think: Law::NOTHING };
    let refused = Simulation::new(shop(), Clients { load: crowd, timeout_s: None }, 1);
    assert!(refused.is_err_and(|e| e.to_string().contains("users")));
}

#[test]
fn memory_does_not_grow_with_time() {
    let places = |seconds| {
        let clients = Clients { timeout_s: Some(1.0), ..open(50.0, 1e6) };
        let mut simulation = Simulation::new(shop(), clients, 9).unwrap();
        run(&mut simulation, seconds);
        simulation.places()
    };
    assert!(places(3000) <= 4 * places(100), "{} {}", places(100), places(3000));
}

#[test]
fn balances_differ_as_they_should() {
    let share = |balance| {
        let service =
            Service { replicas: 10, balance, ..Service::new("s", Law::Exponential { mean_s: 0.01 }) };
        let model = Model { services: vec![service], entry: 0 };
        let mut simulation = Simulation::new(model, open(700.0, 200.0), 10).unwrap();
        let seconds = run(&mut simulation, 200);
        let answered: u64 = seconds.iter().map(|s| s.clients.answered).sum();
        seconds.iter().map(|s| s.clients.response_sum_s).sum::<f64>() / answered as f64
    };
    let (random, turns, least) =
        (share(Balance::Random), share(Balance::RoundRobin), share(Balance::LeastRequest));
    // Ten M/M/1 at 0.7 are 33 ms; evener arrivals and a look at the queues are better.
    assert!((random * 1e3 - 33.3).abs() < 1.5, "{random}");
    assert!(turns < 0.8 * random && least < 0.6 * random, "{turns} {least}");
}

fn law() -> impl Strategy<Value = Law> {
    prop_oneof![
        (0.0..0.02).prop_map(|mean_s| Law::Constant { mean_s }),
        (0.0..0.02).prop_map(|mean_s| Law::Exponential { mean_s }),
        (0.0..0.02, 0.1..3.0).prop_map(|(mean_s, scv)| Law::Gamma { mean_s, scv }),
    ]
}

fn service(number: usize) -> impl Strategy<Value = Service> {
    let limits = (0.2_f64..2.0, proptest::option::of(1_usize..5), proptest::option::of(0_usize..10));
    let balance = prop_oneof![Just(Balance::RoundRobin), Just(Balance::LeastRequest), Just(Balance::Random)];
    let times = proptest::collection::vec((0.0_f64..2.5, proptest::option::of(0.01_f64..0.5)), 0..3);
    ((law(), law(), law()), limits, any::<bool>(), balance, times, any::<bool>(), 0_usize..4).prop_map(
        move |(
            (before, wait, after),
            (limit_cores, concurrency, queue),
            quota,
            balance,
            times,
            at_once,
            n,
        )| {
            // Calls of those that come later in the list: no circles.
            let calls: Vec<Call> = times
                .into_iter()
                .enumerate()
                .map(|(i, (times, timeout_s))| Call { service: number + 1 + i, times, timeout_s })
                .filter(|c| c.service < 4)
                .collect();
            let steps = if at_once {
                vec![Step::Parallel(calls)]
            } else {
                calls.into_iter().map(Step::Sequential).collect()
            };
            Service {
                before,
                wait,
                after,
                steps,
                limit_cores,
                concurrency,
                queue,
                balance,
                quota: quota.then_some(Quota { period_s: 0.1, node_cores: 2.0 }),
                replicas: n,
                start_up: Law::Exponential { mean_s: 0.5 },
                drain_s: 0.3,
                ..Service::new("s", Law::NOTHING)
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn of_any_model(
        services in (service(0), service(1), service(2), service(3)),
        closed in any::<bool>(),
        timeout_s in proptest::option::of(0.05_f64..1.0),
        actions in proptest::collection::vec((0.0_f64..8.0, 0_usize..4, 0_usize..6, any::<bool>()), 0..8),
        seed in any::<u64>(),
    ) {
        let services = vec![services.0, services.1, services.2, services.3];
        let load = if closed {
            Load::Closed { shape: constant(10.0, 8.0), think: Law::Exponential { mean_s: 0.1 } }
        } else {
            Load::Open { shape: constant(40.0, 8.0), arrivals: Arrivals::Poisson }
        };
        let model = Model { services, entry: 0 };
        let mut simulation = Simulation::new(model.clone(), Clients { load, timeout_s }, seed).unwrap();
        let mut greatest: Vec<f64> = model.services.iter().map(|s| s.limit_cores).collect();
        for (at_s, service, n, scales) in actions {
            if scales {
                simulation.at(at_s, Action::Scale { service, replicas: n }).unwrap();
            } else {
                let cores = 0.2 + n as f64 * 0.3;
                greatest[service] = greatest[service].max(cores);
                simulation.at(at_s, Action::Limit { service, cores }).unwrap();
            }
        }
        let seconds = run(&mut simulation, 12);
        assert_nobody_is_lost(&seconds);
        for second in &seconds {
            for (i, service) in second.services.iter().enumerate() {
                // A quota limits its own periods (the processor's tests); a second has parts of others.
                let cores = if model.services[i].quota.is_some() { 2.0 } else { greatest[i] };
                let most = cores * (service.ready + service.draining) + 1e-9;
                prop_assert!(service.cpu_s <= most, "{} {}", service.cpu_s, most);
                prop_assert!(service.in_service >= -1e-9 && service.queued >= -1e-9);
            }
        }
    }
}
