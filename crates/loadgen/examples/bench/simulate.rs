//! What a simulated hour costs.

use std::time::Instant;

use swarmlab_shapes::shape::Constant;
use swarmlab_shapes::{Arrivals, Shape};
use swarmlab_simulate::{Balance, Call, Clients, Law, Load, Model, Service, Simulation, Step};

use super::process::resident_mb;

/// A front of four replicas that calls another service of six.
fn model(rate_per_s: f64) -> Model {
    let call = Call { service: 1, times: 1.0, timeout_s: Some(5.0) };
    let front = Service {
        steps: vec![Step::Sequential(call)],
        replicas: 4,
        // A utilisation of 0.7, whatever the rate.
        limit_cores: rate_per_s * 0.002 / 4.0 / 0.7,
        balance: Balance::LeastRequest,
        ..Service::new("front", Law::Exponential { mean_s: 0.002 })
    };
    let back = Service {
        replicas: 6,
        limit_cores: rate_per_s * 0.004 / 6.0 / 0.7,
        balance: Balance::LeastRequest,
        ..Service::new("back", Law::Lognormal { mean_s: 0.004, scv: 1.0 })
    };
    Model { services: vec![front, back], entry: 0 }
}

/// Simulates so many requests a second for so many seconds, on one core, and prints time and memory.
pub fn run(rate_per_s: f64, seconds: usize) {
    let shape = Shape::Constant(Constant { level: rate_per_s, duration_s: seconds as f64 });
    let clients = Clients { load: Load::Open { shape, arrivals: Arrivals::Poisson }, timeout_s: Some(30.0) };
    let mut simulation = Simulation::new(model(rate_per_s), clients, 1).unwrap();
    let started = Instant::now();
    let (mut answered, mut early_mb) = (0, 0.0);
    for second in 0..seconds {
        answered += simulation.next_second().clients.answered;
        if second == seconds / 10 {
            early_mb = resident_mb();
        }
    }
    let took_s = started.elapsed().as_secs_f64();
    let memory_mb = resident_mb();
    println!(
        "{answered} requests of two services in {seconds} simulated seconds: {took_s:.2} s, {:.2} us a request; {memory_mb:.1} \
         MB, {:+.2} MB since a tenth of it",
        took_s * 1e6 / answered.max(1) as f64,
        memory_mb - early_mb
    );
}
