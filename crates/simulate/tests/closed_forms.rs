//! Simulated means and 95th percentiles against closed forms, over 20 seeds: mean within 1 %, p95 within 2 %.
//!
//! The whole table takes minutes: `scripts/test --long`, or
//! `cargo test --release --workspace --test closed_forms -- --ignored --nocapture --test-threads 1`, which prints it.
#![allow(clippy::unwrap_used)]

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use swarmlab_intervals::{Histogram, new_histogram};
use swarmlab_queueing::mmc::Queue;
use swarmlab_queueing::mva::{self, Station};
use swarmlab_queueing::{mg1, mm1};
use swarmlab_shapes::shape::Constant;
use swarmlab_shapes::{Arrivals, Shape};
use swarmlab_simulate::{Call, Clients, Law, Load, Model, Service, Simulation, Step};

const SEEDS: u64 = 20;
/// Mean time of service in all cases with one station.
const SERVICE_S: f64 = 0.001;
const MEAN_WITHIN: f64 = 0.01;
const P95_WITHIN: f64 = 0.02;

/// A model with what it should give.
struct Case {
    name: String,
    rho: f64,
    model: Model,
    load: Load,
    /// Requests a second, about.
    rate: f64,
    mean_s: f64,
    p95_s: Option<f64>,
    /// Requests a second that should come through, in the closed model.
    throughput: Option<f64>,
    /// Requests over all seeds.
    requests: f64,
}

/// Requests over all seeds that make the standard error of the mean about so much: the asymptotic variance of the mean
/// wait of M/M/1 (Daley 1968; Whitt 1989), larger where the service varies more, and in a line more so.
fn requests(rho: f64, law: &Law, first_come: bool, error: f64) -> f64 {
    let varies = ((1.0 + law.scv()) / 2.0).powi(if first_come { 2 } else { 1 });
    let variance = rho * (2.0 + 5.0 * rho - 4.0 * rho * rho + rho.powi(3)) / (1.0 - rho).powi(4);
    let mean = 1.0 / (1.0 - rho);
    (variance * varies / (error * mean).powi(2)).max(9.0 / error.powi(2))
}

fn open(rate: f64) -> Load {
    let shape = Shape::Constant(Constant { level: rate, duration_s: 1e8 });
    Load::Open { shape, arrivals: Arrivals::Poisson }
}

/// One station with so many servers; `first_come` has one request at a time on each.
fn station(law: Law, servers: u64, first_come: bool) -> Model {
    let limit_cores = servers as f64;
    let concurrency = first_come.then_some(servers as usize);
    Model { services: vec![Service { limit_cores, concurrency, ..Service::new("station", law) }], entry: 0 }
}

fn exponential(mean_s: f64) -> Law {
    Law::Exponential { mean_s }
}

/// Cases with one station at a utilisation.
fn stations(rho: f64, error: f64) -> Vec<Case> {
    let rate = rho / SERVICE_S;
    let mu = 1.0 / SERVICE_S;
    let case = |name: &str, model: Model, rate: f64, mean_s: Option<f64>, p95_s: Option<f64>| Case {
        name: name.to_owned(),
        rho,
        load: open(rate),
        rate,
        mean_s: mean_s.unwrap(),
        p95_s,
        throughput: None,
        requests: requests(rho, &model.services[0].before, model.services[0].concurrency.is_some(), error),
        model,
    };
    let mut cases = vec![
        case(
            "M/M/1, first come first served",
            station(exponential(SERVICE_S), 1, true),
            rate,
            mm1::mean_response(rate, mu),
            mm1::response_quantile(rate, mu, 0.95),
        ),
        case(
            "M/M/1, processor sharing",
            station(exponential(SERVICE_S), 1, false),
            rate,
            mm1::mean_response(rate, mu),
            None,
        ),
    ];
    for servers in [2, 8] {
        let rate = rate * servers as f64;
        let queue = Queue::new(rate, mu, servers);
        cases.push(case(
            &format!("M/M/{servers}"),
            station(exponential(SERVICE_S), servers, true),
            rate,
            queue.mean_response(),
            Some(quantile(&queue, 0.95)),
        ));
    }
    for (name, law) in [
        ("constant", Law::Constant { mean_s: SERVICE_S }),
        ("gamma, scv 0.25", Law::Gamma { mean_s: SERVICE_S, scv: 0.25 }),
        ("gamma, scv 2", Law::Gamma { mean_s: SERVICE_S, scv: 2.0 }),
    ] {
        let scv = law.scv();
        cases.push(case(
            &format!("M/G/1 ({name}), first come first served"),
            station(law.clone(), 1, true),
            rate,
            mg1::mean_response(rate, SERVICE_S, scv),
            None,
        ));
        cases.push(case(
            &format!("M/G/1 ({name}), processor sharing"),
            station(law, 1, false),
            rate,
            mg1::shared_mean_response(rate, SERVICE_S),
            None,
        ));
    }
    cases.push(case(
        "M/G/1 (lognormal, scv 2), processor sharing",
        station(Law::Lognormal { mean_s: SERVICE_S, scv: 2.0 }, 1, false),
        rate,
        mg1::shared_mean_response(rate, SERVICE_S),
        None,
    ));
    cases
}

/// The time that a share of customers stays below.
fn quantile(queue: &Queue, share: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1e6);
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if queue.response_tail(middle).unwrap() > 1.0 - share { low = middle } else { high = middle }
    }
    high
}

/// Users with pauses before a front that calls one service twice and another once: whatever the laws are, processor sharing
/// has the same means (Baskett, Chandy, Muntz and Palacios 1975), which mean value analysis gives.
fn interactive(rho: f64, requests: f64) -> Case {
    let call = |service| Step::Sequential(Call { service, times: 1.0, timeout_s: None });
    let twice = |service| Step::Sequential(Call { service, times: 2.0, timeout_s: None });
    let front = Service {
        steps: vec![call(2), twice(1)],
        after: Law::Constant { mean_s: 0.001 },
        ..Service::new("front", Law::Gamma { mean_s: 0.001, scv: 0.5 })
    };
    let middle = Service::new("middle", Law::Lognormal { mean_s: 0.002, scv: 2.0 });
    let store = Service { wait: exponential(0.02), ..Service::new("store", exponential(0.001)) };
    let model = Model { services: vec![front, middle, store], entry: 0 };
    let stations =
        [Station::Queue(0.002), Station::Queue(0.004), Station::Queue(0.001), Station::Delay(0.02)];
    let think_s = 0.2;
    // As many users as bring the middle nearest to this utilisation.
    let solve = |users| mva::solve(&stations, users, think_s).unwrap();
    let off = |users: &u64| ((solve(*users).throughput * 0.004 - rho).abs() * 1e12) as u64;
    let users = (1..=200).min_by_key(off).unwrap();
    let solution = solve(users);
    let shape = Shape::Constant(Constant { level: users as f64, duration_s: 1e8 });
    Case {
        name: format!("closed interactive, {users} users"),
        rho: solution.throughput * 0.004,
        model,
        load: Load::Closed { shape, think: exponential(think_s) },
        rate: solution.throughput,
        mean_s: solution.response_s,
        p95_s: None,
        throughput: Some(solution.throughput),
        requests,
    }
}

/// What one seed gives.
struct Measured {
    mean_s: f64,
    rate: f64,
    response: Histogram,
}

fn measure(case: &Case, seed: u64) -> Measured {
    let clients = Clients { load: case.load.clone(), timeout_s: None };
    let mut simulation = Simulation::new(case.model.clone(), clients, seed).unwrap();
    // Many times the time in which the queue forgets how it began.
    let warm_up_s = (40.0 * SERVICE_S / (1.0 - case.rho.sqrt()).powi(2)).ceil().max(10.0) as u64;
    for _ in 0..warm_up_s {
        simulation.next_second();
    }
    let seconds = (case.requests / SEEDS as f64 / case.rate).ceil() as u64;
    let (mut answered, mut sum_s, mut response) = (0, 0.0, new_histogram());
    for _ in 0..seconds {
        let second = simulation.next_second();
        answered += second.clients.answered;
        sum_s += second.clients.response_sum_s;
        response.add(&second.clients.response).unwrap();
    }
    Measured { mean_s: sum_s / answered as f64, rate: answered as f64 / seconds as f64, response }
}

/// All seeds on all cores; the results in the order of the seeds, so that they are the same on any number of them.
fn all_seeds(case: &Case, first: u64) -> Vec<Measured> {
    let next = AtomicU64::new(0);
    let found = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= SEEDS {
                        break;
                    }
                    let measured = measure(case, first + seed);
                    found.lock().unwrap().push((seed, measured));
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap();
    found.sort_by_key(|f| f.0);
    found.into_iter().map(|f| f.1).collect()
}

/// Simulates, prints a row, and says what is off. Each case has seeds of its own, so that none is off because another is.
fn check((number, case): (usize, &Case)) -> Vec<String> {
    let all = all_seeds(case, number as u64 * SEEDS);
    let mean = |of: &dyn Fn(&Measured) -> f64| all.iter().map(of).sum::<f64>() / SEEDS as f64;
    let mean_s = mean(&|m| m.mean_s);
    let error = (mean(&|m| (m.mean_s - mean_s).powi(2)) / (SEEDS - 1) as f64).sqrt() / mean_s;
    let mut response = new_histogram();
    all.iter().for_each(|m| response.add(&m.response).unwrap());
    let p95_s = response.value_at_quantile(0.95) as f64 / 1e6;
    let off = |found: f64, expected: f64| found / expected - 1.0;
    let mean_off = off(mean_s, case.mean_s);
    let p95_off = case.p95_s.map(|e| off(p95_s, e));
    let rate_off = case.throughput.map(|e| off(mean(&|m| m.rate), e));
    let percent = |v: Option<f64>| v.map_or("".to_owned(), |v| format!("{:+.2} %", 100.0 * v));
    println!(
        "| {} | {:.2} | {:.3} ms | {:.3} ms | {} (± {:.2} %) | {} | {} |",
        case.name,
        case.rho,
        case.mean_s * 1e3,
        mean_s * 1e3,
        percent(Some(mean_off)),
        100.0 * error,
        percent(p95_off),
        percent(rate_off),
    );
    let mut wrong = Vec::new();
    for (what, off, within) in [
        ("mean", Some(mean_off), MEAN_WITHIN),
        ("p95", p95_off, P95_WITHIN),
        ("throughput", rate_off, MEAN_WITHIN),
    ] {
        if off.is_some_and(|o| o.is_nan() || o.abs() > within) {
            wrong.push(format!("{} at {:.2}: {what} is off by {}", case.name, case.rho, percent(off)));
        }
    }
    wrong
}

fn check_all(cases: Vec<Case>) {
    println!(
        "| model | rho | mean, closed form | simulated | off (standard error) | p95 off | throughput off |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|");
    let wrong: Vec<String> = cases.iter().enumerate().flat_map(check).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A few requests at low utilisations, where they say enough.
#[test]
fn queues_at_low_load() {
    check_all([0.3, 0.6].into_iter().flat_map(|rho| stations(rho, 0.005)).collect());
}

#[test]
fn interactive_users_at_low_load() {
    check_all([0.3, 0.6].into_iter().map(|rho| interactive(rho, 4e5)).collect());
}

/// The utilisations of the whole table.
const RHOS: [f64; 6] = [0.3, 0.5, 0.7, 0.8, 0.9, 0.95];

#[test]
#[ignore = "minutes: scripts/test --long"]
fn the_whole_table_of_queues() {
    check_all(RHOS.into_iter().flat_map(|rho| stations(rho, 0.003)).collect());
}

#[test]
#[ignore = "minutes: scripts/test --long"]
fn the_whole_table_of_interactive_users() {
    check_all(RHOS.into_iter().map(|rho| interactive(rho, 4e6)).collect());
}
