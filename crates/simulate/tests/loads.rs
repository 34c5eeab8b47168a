//! Loads that begin and end while the services go on: warm-up, quiet, load.
#![allow(clippy::unwrap_used)]

use swarmlab_shapes::{Arrivals, Shape, shape::Constant};
use swarmlab_simulate::{Action, Clients, Errand, Errands, Law, Load, Model, Service, Simulation, Turn};

fn clients(level: f64, duration_s: f64, is_closed: bool) -> Clients {
    let shape = Shape::Constant(Constant { level, duration_s });
    let load = match is_closed {
        true => Load::Closed { shape, think: Law::Exponential { mean_s: 0.05 } },
        false => Load::Open { shape, arrivals: Arrivals::Poisson },
    };
    Clients { load, timeout_s: Some(5.0) }
}

fn one() -> Model {
    let service = Service {
        start_up: Law::Constant { mean_s: 2.5 },
        ..Service::new("web", Law::Exponential { mean_s: 0.02 })
    };
    Model { services: vec![service], entry: 0 }
}

/// Two endpoints after each other, or a third alone.
fn errands() -> Errands {
    let errand = |weight, requests: &[u32]| Errand { weight, requests: requests.to_vec() };
    Errands::new(3, vec![errand(3.0, &[0, 1]), errand(1.0, &[2])]).unwrap()
}

#[test]
fn a_load_begins_when_it_is_told_to_and_nothing_of_the_one_before_is_counted() {
    for is_closed in [false, true] {
        let mut simulation = Simulation::at_rest(one(), 3).unwrap();
        simulation.go_on_until(4.0);
        assert_eq!((simulation.take_clients().sent, simulation.in_flight()), (0, 0));
        simulation.begin(clients(20.0, 10.0, is_closed), errands(), 1).unwrap();
        simulation.go_on_until(9.0);
        assert!(simulation.take_clients().sent > 50);
        simulation.stop();
        // Somebody may still be waited for: the next load does not know of it.
        simulation.begin(clients(20.0, 10.0, is_closed), errands(), 2).unwrap();
        assert_eq!(simulation.in_flight(), 0);
        let (mut sent, mut ended, mut last) = (0, 0, 0);
        for second in 10..40 {
            simulation.go_on_until(f64::from(second));
            let c = simulation.take_clients();
            let of_endpoints: u64 = c.endpoints.iter().map(|e| e.sent).sum();
            assert_eq!(of_endpoints, c.sent);
            sent += c.sent;
            ended += c.answered + c.failed();
            last = c.in_flight_end;
        }
        assert!(sent > 100, "{sent}");
        assert_eq!((ended, last), (sent, 0), "closed: {is_closed}");
    }
}

#[test]
fn after_a_stop_nothing_is_sent_and_who_waits_is_answered() {
    for is_closed in [false, true] {
        let mut simulation = Simulation::at_rest(one(), 3).unwrap();
        simulation.begin(clients(30.0, 1e4, is_closed), errands(), 1).unwrap();
        simulation.go_on_until(5.0);
        let before = simulation.take_clients();
        simulation.stop();
        simulation.go_on_until(30.0);
        let after = simulation.take_clients();
        assert_eq!(after.sent, 0, "closed: {is_closed}");
        assert_eq!(after.answered + after.failed(), before.in_flight_end);
        assert_eq!(simulation.in_flight(), 0);
        let again = (simulation.take_clients(), simulation.take_services(), simulation.take_services());
        assert_eq!((again.0.in_flight, again.2[0].ready), (0.0, 1.0), "of no time at all");
    }
}

#[test]
fn requests_of_an_errand_come_one_after_the_other() {
    let mut simulation = Simulation::at_rest(one(), 3).unwrap();
    simulation.begin(clients(2.0, 300.0, true), errands(), 1).unwrap();
    simulation.go_on_until(320.0);
    let c = simulation.take_clients();
    let sent: Vec<u64> = c.endpoints.iter().map(|e| e.sent).collect();
    // Each that begins one of two ends it; a third of the errands of two are the others.
    assert!(sent[0] - sent[1] <= 2, "{sent:?}");
    assert!((sent[0] as f64 / sent[2] as f64 - 3.0).abs() < 0.3, "{sent:?}");
    assert_eq!(c.errands, sent[1] + sent[2]);
}

#[test]
fn the_lives_of_replicas_are_told_with_their_moments() {
    let mut simulation = Simulation::at_rest(one(), 3).unwrap();
    simulation.take_lives();
    simulation.at(1.25, Action::Scale { service: 0, replicas: 2 }).unwrap();
    simulation.at(10.0, Action::Scale { service: 0, replicas: 1 }).unwrap();
    simulation.go_on_until(11.0);
    let lives: Vec<_> = simulation.take_lives().iter().map(|l| (l.at_s, l.number, l.turn)).collect();
    let expected = [
        (1.25, 2, Turn::Asked),
        (3.75, 2, Turn::Ready),
        (10.0, 2, Turn::Stopping { was_ready: true }),
        (10.0, 2, Turn::Gone),
    ];
    assert_eq!(lives, expected);
}
