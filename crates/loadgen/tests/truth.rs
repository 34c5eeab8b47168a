//! What the engine says against what a server with known service times wrote down.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/known.rs"]
mod known;

use common::{constant, get, rate, run, spec};
use known::{KnownServer, Record, Served, Witness, alone, bound_to, cpus, in_attempts, quantile};
use swarmlab_intervals::{Outcome, duration_s};
use swarmlab_loadgen::{Model, Wait};
use swarmlab_shapes::shape::{Ramp, Step};
use swarmlab_shapes::{Arrivals, Schedule, Shape};

/// Runs an open loop against a server with that law.
fn open(law: &str, model: Model, seed: u64, threads: usize) -> (Outcome, Record) {
    let (own, other) = cpus();
    let server = KnownServer::start(other, 7, law);
    let mut spec = spec(server.address, model, get("/", Wait::default()));
    (spec.seed, spec.threads) = (seed, threads);
    let outcome = bound_to(own, || run(spec));
    (outcome, server.finish())
}

/// Quantiles of the service time within 0.5 % + 50 us of what the server did, request by request. The server's
/// own time is the least that a client can see: what the wire and two wake-ups add must fit into the tolerance.
///
/// Nobody sees anything while a CPU runs nobody. A witness on each of the two CPUs tells when that was: a request
/// that came to the server meanwhile waited from the beginning of it, an answer was there for the client at its end.
fn service_times_are_those_of_the_server(law: &str) {
    let _alone = alone();
    in_attempts(10, || {
        let model = Model::Open { rate_per_s: constant(150.0, 4.0), arrivals: Arrivals::Poisson };
        let (here, there) = (Witness::of(cpus().0), Witness::of(cpus().1));
        let (outcome, record) = open(law, model, 5, 1);
        let (here, there) = (here.ask(), there.ask());
        let quantiles_s = |time_ns: &dyn Fn(&Served) -> u64| {
            let mut times: Vec<f64> = record.requests.iter().map(|r| time_ns(r) as f64 / 1e9).collect();
            times.sort_by(f64::total_cmp);
            [0.5, 0.9, 0.99].map(|q| (q, quantile(&times, q)))
        };
        let served = record.requests.len() as u64;
        assert_eq!((served, outcome.overall.tally.succeeded), (outcome.offered, outcome.offered));
        let own = quantiles_s(&|r| r.written_ns - r.read_ns);
        let seeable = quantiles_s(&|r| here.runs_from(r.written_ns) - there.waited_from(r.read_ns));
        for ((q, own_s), (_, seeable_s)) in own.into_iter().zip(seeable) {
            let seen_s = duration_s(outcome.overall.service.value_at_quantile(q));
            // Half a unit of the third digit, and a microsecond.
            assert!(seen_s >= own_s * (1.0 - 5e-4) - 1e-6, "q{q}: {seen_s} is less than {own_s}");
            if seen_s > seeable_s * 1.005 + 50e-6 {
                return Err(format!("q{q}: {seen_s} s, the server says {own_s} s, the CPUs {seeable_s} s"));
            }
        }
        Ok(())
    });
}

#[test]
fn constant_service_times_are_measured_as_they_were() {
    service_times_are_those_of_the_server("constant 60");
}

#[test]
fn exponential_service_times_are_measured_as_they_were() {
    service_times_are_those_of_the_server("exponential 100");
}

#[test]
fn bimodal_service_times_are_measured_as_they_were() {
    service_times_are_those_of_the_server("bimodal 50 150 0.2");
}

/// Moments at which the server read the requests, seconds since the start of the load, ascending.
fn arrivals(outcome: &Outcome, record: &Record) -> Vec<f64> {
    let start_unix_s = outcome.start_unix_s;
    let mut times: Vec<f64> =
        record.requests.iter().map(|r| record.seconds_since(start_unix_s, r.read_ns)).collect();
    times.sort_by(f64::total_cmp);
    times
}

/// On the wire each request comes after its moment of the schedule and, at the median, at most half a
/// millisecond after it, on any number of threads.
#[test]
fn the_wire_sees_the_seeds_schedule_on_any_number_of_threads() {
    let _alone = alone();
    let shape = Shape::Ramp(Ramp { from: 100.0, to: 500.0, duration_s: 2.0 });
    let schedule = |seed| -> Vec<f64> { Schedule::new(&shape, Arrivals::Poisson, seed).collect() };
    let expected = schedule(11);
    let late = |seen: &[f64], due: &[f64]| -> Vec<f64> {
        let mut late: Vec<f64> = seen.iter().zip(due).map(|(seen, due)| seen - due).collect();
        late.sort_by(f64::total_cmp);
        late
    };
    for threads in [1, 2, 4] {
        in_attempts(10, || {
            let model = Model::Open { rate_per_s: shape.clone(), arrivals: Arrivals::Poisson };
            let (outcome, record) = open("constant 1", model, 11, threads);
            let seen = arrivals(&outcome, &record);
            assert_eq!(seen.len(), expected.len());
            let late = late(&seen, &expected);
            // Never early; the start is known in Unix seconds, to a few microseconds.
            assert!(late[0] > -20e-6, "{}", late[0]);
            let median_s = quantile(&late, 0.5);
            if median_s < 0.5e-3 { Ok(()) } else { Err(format!("{threads} threads: {median_s} s late")) }
        });
    }
    // Another seed is another schedule: the same comparison tells them apart.
    let other = schedule(12);
    let mut apart = late(&other, &expected);
    apart.iter_mut().for_each(|s| *s = s.abs());
    apart.sort_by(f64::total_cmp);
    assert!(quantile(&apart, 0.5) > 1e-3, "{}", quantile(&apart, 0.5));
}

/// Users over time, as the server sees their connections, follow the shape: the k-th user comes when the shape
/// reaches k, at the latest one tick (20 ms) later, and goes within a tick of when the shape falls below it.
#[test]
fn users_follow_the_shape_within_one_tick() {
    const TICK_S: f64 = 0.02;
    /// What a request, a wake-up and a connection may take on top; of a machine at work with other things.
    const SLACK_S: f64 = 0.01;
    let _alone = alone();
    let up = Shape::Ramp(Ramp { from: 0.0, to: 20.0, duration_s: 2.0 });
    let down = Shape::Ramp(Ramp { from: 20.0, to: 0.0, duration_s: 2.0 });
    let stairs = Shape::Step(Step { first: 4.0, increment: 4.0, steps: 4, hold_s: 0.5, down: false });
    for (shape, threads) in [(up, 1), (down, 2), (stairs, 3)] {
        in_attempts(10, || {
            let (own, other) = cpus();
            let server = KnownServer::start(other, 7, "constant 1");
            let model = Model::Closed { users: shape.clone(), spawn_rate_per_s: None };
            // Users nearly always think: they go at once when they are to go.
            let mut spec = spec(server.address, model, get("/", Wait::Constant { s: 0.1 }));
            spec.threads = threads;
            let outcome = bound_to(own, || run(spec));
            let record = server.finish();
            let times = |events: &[(u64, u64)]| -> Vec<f64> {
                let mut times: Vec<f64> =
                    events.iter().map(|e| record.seconds_since(outcome.start_unix_s, e.1)).collect();
                times.sort_by(f64::total_cmp);
                times
            };
            let (opened, closed) = (times(&record.opened), times(&record.closed));
            let users = |t_s: f64| shape.value_at(t_s.max(0.0)) as i64;
            // At each millisecond the connections are as many as the users at some moment of the last tick,
            // in which time the shape moves monotonically.
            let mut wrong_ms = 0;
            let end_ms = (shape.duration_s() * 1e3) as usize;
            for ms in 0..end_ms {
                let t_s = ms as f64 / 1e3;
                let before = |times: &[f64]| times.partition_point(|&at| at <= t_s) as i64;
                let count = before(&opened) - before(&closed);
                let (then, now) = (users(t_s - TICK_S - SLACK_S), users(t_s));
                let starting = ms as f64 / 1e3 < SLACK_S;
                wrong_ms += usize::from(!starting && !(then.min(now)..=then.max(now)).contains(&count));
            }
            let most = opened.len();
            assert_eq!(outcome.overall.tally.errors(), [].into());
            // A request under way when its user is to go ends first: 1 ms of 101.
            let allowed = end_ms / 50;
            if wrong_ms <= allowed {
                Ok(())
            } else {
                Err(format!("{wrong_ms} of {end_ms} ms, {most} opened"))
            }
        });
    }
}

/// The rate at the server, by least squares over the moments of all requests, against the one asked for.
fn rate_error(duration_s: f64) -> f64 {
    let (outcome, record) = open("constant 1", rate(500.0, duration_s), 1, 1);
    let times = arrivals(&outcome, &record);
    assert_eq!(times.len() as f64, 500.0 * duration_s);
    let n = times.len() as f64;
    let (mean_k, mean_t) = ((n - 1.0) / 2.0, times.iter().sum::<f64>() / n);
    let (mut cross, mut square) = (0.0, 0.0);
    for (k, t) in times.iter().enumerate() {
        cross += (k as f64 - mean_k) * (t - mean_t);
        square += (k as f64 - mean_k).powi(2);
    }
    ((square / cross) / 500.0 - 1.0).abs()
}

#[test]
fn the_rate_is_kept() {
    let _alone = alone();
    in_attempts(10, || {
        let error = rate_error(5.0);
        if error <= 1e-4 { Ok(()) } else { Err(format!("{error}")) }
    });
}

#[test]
#[ignore = "takes a minute; scripts/test runs it"]
fn the_rate_is_kept_for_a_minute() {
    let _alone = alone();
    in_attempts(4, || {
        let error = rate_error(60.0);
        if error <= 1e-4 { Ok(()) } else { Err(format!("{error}")) }
    });
}
