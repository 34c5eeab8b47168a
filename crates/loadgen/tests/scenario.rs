//! Classes, tasks, starts and stops, variants and feeders against a server that writes down what it is asked.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use common::*;
use swarmlab_intervals::{End, ErrorKind, Outcome};
use swarmlab_loadgen::{
    Body, Exhausted, Feeder, HttpRequest, Model, Order, Scenario, Source, Step, Table, Task, UserClass,
    Variants, Wait,
};
use swarmlab_shapes::Arrivals;
use swarmlab_shapes::shape::{Ramp, Shape};

/// What was asked, in the order of arrival: `METHOD path` and the body.
type Log = Arc<Mutex<Vec<(String, String)>>>;

/// Answers everything with 200; what it is asked is in the log.
fn logging(answer: impl Fn(&str) -> (&'static str, String) + Send + Sync + 'static) -> (Server, Log) {
    let log = Log::default();
    let written = Arc::clone(&log);
    let server = Server::start(move |request, stream| {
        let body = String::from_utf8(request.body.clone()).unwrap();
        written.lock().unwrap().push((format!("{} {}", request.method, request.path), body));
        let (status, body) = answer(&request.path);
        respond(stream, status, "", body.as_bytes());
        Then::Stay
    });
    (server, log)
}

fn fine(_: &str) -> (&'static str, String) {
    ("200 OK", "{\"token\":\"t\"}".to_owned())
}

fn step(path: &str) -> Step {
    let name = path.split(['?', '{']).next().unwrap();
    Step::new(name, "GET", template(path))
}

fn task(weight: f64, steps: &[Step]) -> Task {
    Task { weight, ..Task::new("t", steps.to_vec()) }
}

fn scenario(classes: Vec<UserClass>) -> Scenario {
    Scenario { classes, ..Scenario::journey("s", vec![], Wait::default()) }
}

fn paths(log: &Log) -> Vec<String> {
    log.lock().unwrap().iter().map(|(path, _)| path.clone()).collect()
}

fn count(log: &Log, part: &str) -> usize {
    paths(log).iter().filter(|path| path.contains(part)).count()
}

/// Every moment of a user is a request or a wait (Little's law, exactly).
fn assert_accounted(outcome: &Outcome) {
    let busy_s = outcome.overall.tally.response_sum_s + outcome.think_s;
    assert!((outcome.user_s - busy_s).abs() < 0.02 * outcome.user_s + 0.005, "{} {busy_s}", outcome.user_s);
}

/// Logs in with a token, works with it, and logs out.
fn worker() -> UserClass {
    let mut class = UserClass::new("worker", vec![task(1.0, &[step("/work?u={{user}}&t={{token}}")])]);
    class.on_start = vec![
        step("/login?u={{user}}").extract("token", Source::JsonPointer("/token".into())),
        step("/hello?u={{user}}"),
    ];
    class.on_stop = vec![step("/bye?u={{user}}&t={{token}}"), step("/logout?u={{user}}")];
    class.wait = Wait::Constant { s: 0.01 };
    class
}

/// The steps of each user, in order, as letters.
fn lives(log: &Log) -> BTreeMap<String, String> {
    let mut lives: BTreeMap<String, String> = BTreeMap::new();
    for path in paths(log) {
        let (step, rest) = path.strip_prefix("GET /").unwrap().split_once("?u=").unwrap();
        let user = rest.split('&').next().unwrap().to_owned();
        let letter = match step {
            "login" => 'i',
            "hello" => 'h',
            "work" => 'w',
            "bye" => 'b',
            "logout" => 'o',
            _ => '?',
        };
        lives.entry(user).or_default().push(letter);
    }
    lives
}

fn is_life(life: &str) -> bool {
    life.strip_prefix("ih")
        .and_then(|rest| rest.strip_suffix("bo"))
        .is_some_and(|work| work.bytes().all(|b| b == b'w'))
}

#[test]
fn each_user_starts_once_works_and_stops_once() {
    let (server, log) = logging(fine);
    let mut spec = spec(server.address, users(6.0, 0.5), scenario(vec![worker()]));
    spec.threads = 2;
    let outcome = run(spec);
    assert_eq!((outcome.end, outcome.overall.tally.errors()), (End::Completed, [].into()));
    let lives = lives(&log);
    assert_eq!(lives.len(), 6);
    assert!(lives.values().all(|life| is_life(life)), "{lives:?}");
    assert_eq!(outcome.overall.tally.sent, server.requests());
    // Only tasks are iterations.
    assert_eq!(outcome.iterations_completed, server.requests_of("/work"));
    assert_accounted(&outcome);
}

#[test]
fn users_whom_the_shape_drops_stop_at_once_and_begin_anew_when_it_rises() {
    let (server, log) = logging(fine);
    let shape = Shape::Ramp(Ramp { from: 5.0, to: 0.0, duration_s: 0.6 });
    let model = Model::Closed { users: shape, spawn_rate_per_s: None };
    let outcome = run(spec(server.address, model, scenario(vec![worker()])));
    assert_eq!(outcome.overall.tally.errors(), [].into());
    let all = lives(&log);
    assert_eq!(all.len(), 5);
    assert!(all.values().all(|life| is_life(life)), "{all:?}");
    // The last to come is the first to go.
    assert!(all["0"].len() > all["4"].len(), "{all:?}");
    assert_accounted(&outcome);
}

#[test]
fn a_start_that_fails_is_tried_again_and_is_followed_by_no_stop() {
    let (server, log) = logging(|path| {
        (if path.starts_with("/hello") { "503 Unavailable" } else { "200 OK" }, "{\"token\":1}".to_owned())
    });
    let outcome = run(spec(server.address, users(1.0, 0.2), scenario(vec![worker()])));
    assert!(lives(&log)["0"].starts_with("ihihih"), "{:?}", lives(&log));
    assert_eq!(count(&log, "work") + count(&log, "bye") + count(&log, "logout"), 0);
    assert_eq!(outcome.iterations_completed, 0);
}

#[test]
fn stops_happen_when_the_load_is_stopped_and_not_when_it_is_aborted() {
    for (abort, end) in [(false, End::Stopped), (true, End::Aborted)] {
        let (server, log) = logging(fine);
        let mut spec = spec(server.address, users(4.0, 60.0), scenario(vec![worker()]));
        // Some users wait for a connection when it ends.
        spec.limits.max_connections = 2;
        let handle = swarmlab_loadgen::start(spec).unwrap();
        while count(&log, "/work") < 20 {
            std::thread::yield_now();
        }
        if abort {
            handle.abort()
        } else {
            handle.stop()
        }
        let outcome = finish(handle, 0.25);
        assert_eq!(outcome.end, end);
        assert_eq!(count(&log, "/logout"), if abort { 0 } else { 4 });
    }
}

#[test]
fn stops_that_take_too_long_end_with_the_drain_time() {
    let server = Server::start(|request, stream| {
        if !request.path.starts_with("/bye") {
            respond(stream, "200 OK", "", b"{\"token\":1}");
        }
        Then::Stay
    });
    for model in [users(3.0, 0.2), rate(50.0, 0.2)] {
        let mut spec = spec(server.address, model, scenario(vec![worker()]));
        spec.drain_s = 0.2;
        let outcome = run(spec);
        let aborted = outcome.overall.tally.errors_of(ErrorKind::Aborted);
        assert!(aborted > 0, "{:?}", outcome.overall.tally);
        assert_eq!(outcome.overall.tally.errors().len(), 1);
    }
}

#[test]
fn sessions_start_before_their_first_task_and_stop_at_the_end() {
    let (server, log) = logging(fine);
    let mut spec = spec(server.address, rate(200.0, 0.5), scenario(vec![worker()]));
    spec.threads = 2;
    let outcome = run(spec);
    assert_eq!(outcome.overall.tally.errors(), [].into());
    let lives = lives(&log);
    // A session that the load's end met before the end of its start stops nothing.
    assert!(lives.values().all(|life| is_life(life) || life == "i"), "{lives:?}");
    assert!(lives.values().any(|life| is_life(life)));
    // Arrivals are all steps but those at the stop, which come on top.
    let stops = count(&log, "/bye") + count(&log, "/logout");
    assert_eq!(outcome.offered, 100 + stops as u64);
    assert_eq!(server.requests(), outcome.offered);
}

#[test]
fn users_and_requests_follow_the_weights_of_classes_and_tasks() {
    let class = |name: &str, weight, path: &str, wait_s| UserClass {
        weight,
        wait: Wait::Pacing { s: wait_s },
        ..UserClass::new(name, vec![task(1.0, &[step(path)])])
    };
    let classes = vec![class("a", 3.0, "/a?u={{user}}", 0.02), class("b", 1.0, "/b?u={{user}}", 0.02)];
    let (server, log) = logging(fine);
    let mut closed = spec(server.address, users(10.0, 0.3), scenario(classes.clone()));
    closed.threads = 3;
    run(closed);
    let users_of = |part: &str| {
        let mut users: Vec<String> = paths(&log).into_iter().filter(|path| path.contains(part)).collect();
        users.sort();
        users.dedup();
        users.len()
    };
    // 7.5 and 2.5, to within less than one.
    assert_eq!(users_of("/a") + users_of("/b"), 10);
    assert!((7..=8).contains(&users_of("/a")), "{}", users_of("/a"));

    // In the open model the weights are shares of the arrivals: here three in four, and of the tasks of b half.
    let mut classes = classes;
    classes[1].tasks.push(task(1.0, &[step("/c")]));
    let (server, log) = logging(fine);
    let model = Model::Open { rate_per_s: constant(4000.0, 0.5), arrivals: Arrivals::Poisson };
    let outcome = run(spec(server.address, model, scenario(classes)));
    let sent = outcome.overall.tally.sent as f64;
    for (part, share) in [("/a", 0.75), ("/b", 0.125), ("/c", 0.125)] {
        let off = count(&log, part) as f64 - share * sent;
        assert!(off.abs() < 5.0 * (share * (1.0 - share) * sent).sqrt(), "{part} {off} of {sent}");
    }
}

#[test]
fn variants_have_statistics_of_their_own() {
    let (server, log) =
        logging(|path| (if path.contains("bad") { "500 Error" } else { "200 OK" }, String::new()));
    let mut class = UserClass::new("c", vec![task(1.0, &[step("/chat?m={{model}}"), step("/done")])]);
    class.wait = Wait::Constant { s: 0.01 };
    let mut scenario = scenario(vec![class]);
    let choices = vec![("good".to_owned(), 50.0), ("bad".to_owned(), 50.0)];
    scenario.variants = Some(Variants { variable: "model".into(), choices });
    for model in [users(7.0, 0.3), rate(400.0, 0.3)] {
        log.lock().unwrap().clear();
        let outcome = run(spec(server.address, model, scenario.clone()));
        let of = |name: &str| &outcome.endpoints.iter().find(|e| e.endpoint == name).unwrap().tally;
        assert_eq!(outcome.endpoints.len(), 4);
        let (good, bad) = (of("/chat [good]"), of("/chat [bad]"));
        assert_eq!(good.succeeded, count(&log, "m=good") as u64);
        assert_eq!((bad.succeeded, bad.statuses.class(5)), (0, count(&log, "m=bad") as u64));
        assert!(good.sent > 0 && bad.sent > 0);
        // A failed step ends the iteration.
        assert_eq!(of("/done [bad]").offered, 0);
        assert!(of("/done [good]").sent > 0);
    }
}

fn feeder(order: Order, exhausted: Exhausted, rows: usize) -> Feeder {
    let lines: String = (0..rows).map(|row| format!("\"row, {row}\"\n")).collect();
    let table = Arc::new(Table::csv(format!("text\n{lines}").as_bytes()).unwrap());
    Feeder { name: "f".into(), order, exhausted, table }
}

fn fed(order: Order, exhausted: Exhausted, rows: usize) -> Scenario {
    let post = HttpRequest::new("POST", template("/")).body(Body::Text(template("{{user}}:{{f.text}}")));
    let mut class = UserClass::new("c", vec![task(1.0, &[Step::http("post", post)])]);
    class.wait = Wait::Constant { s: 0.005 };
    let mut scenario = scenario(vec![class]);
    scenario.feeders = vec![feeder(order, exhausted, rows)];
    scenario
}

fn rows_of(log: &Log) -> Vec<(usize, usize)> {
    let number = |text: &str| text.parse::<usize>().unwrap();
    let read = |body: &str| {
        let (user, row) = body.split_once(":row, ").unwrap();
        (number(user), number(row))
    };
    log.lock().unwrap().iter().map(|(_, body)| read(body)).collect()
}

#[test]
fn rows_go_round_over_all_users() {
    let (server, log) = logging(fine);
    run(spec(server.address, users(1.0, 0.3), fed(Order::Sequential, Exhausted::Cycle, 4)));
    let rows: Vec<usize> = rows_of(&log).into_iter().map(|(_, row)| row).collect();
    assert!(rows.len() > 8);
    assert!(rows.iter().enumerate().all(|(index, row)| *row == index % 4), "{rows:?}");

    let (server, log) = logging(fine);
    let mut spec = spec(server.address, rate(400.0, 0.5), fed(Order::Sequential, Exhausted::Cycle, 100));
    spec.threads = 2;
    run(spec);
    let mut counts = vec![0; 100];
    rows_of(&log).into_iter().for_each(|(_, row)| counts[row] += 1);
    // 200 arrivals, alternating between two threads: each row twice.
    assert_eq!(counts, vec![2; 100]);
}

#[test]
fn unique_rows_belong_to_their_users() {
    let (server, log) = logging(fine);
    let mut spec = spec(server.address, users(5.0, 0.2), fed(Order::Unique, Exhausted::Stop, 5));
    spec.threads = 2;
    let outcome = run(spec);
    assert_eq!(outcome.overall.tally.errors(), [].into());
    let rows = rows_of(&log);
    assert!(rows.len() >= 10 && rows.iter().all(|(user, row)| user == row), "{rows:?}");
}

#[test]
fn a_feeder_that_stops_ends_its_users_by_name() {
    let (server, log) = logging(fine);
    let outcome = run(spec(server.address, users(3.0, 0.3), fed(Order::Sequential, Exhausted::Stop, 10)));
    let mut rows: Vec<usize> = rows_of(&log).into_iter().map(|(_, row)| row).collect();
    rows.sort_unstable();
    assert_eq!(rows, (0..10).collect::<Vec<_>>());
    // Each user asks once more, and leaves.
    assert_eq!(outcome.overall.tally.errors(), [(ErrorKind::FeederExhausted, 3)].into());
    assert_eq!(outcome.overall.tally.sent, 10);
    assert!(outcome.user_s < 0.8, "{}", outcome.user_s);
    assert_accounted(&outcome);
    // In the open model each further arrival fails.
    let outcome = run(spec(server.address, rate(100.0, 0.3), fed(Order::Sequential, Exhausted::Stop, 10)));
    assert_eq!(outcome.overall.tally.errors(), [(ErrorKind::FeederExhausted, 20)].into());
    assert_eq!(outcome.overall.tally.sent, 10);
}

#[test]
fn steps_are_skipped_by_chance_without_costing_time() {
    let (server, log) = logging(fine);
    let rare = Step { probability: 0.2, ..step("/rare") };
    let mut class = UserClass::new("c", vec![task(1.0, &[step("/always"), rare.clone()])]);
    let mixed = scenario(vec![class.clone()]);
    let outcome = run(spec(server.address, rate(4000.0, 0.5), mixed));
    let (always, rare_count) = (count(&log, "/always") as f64, count(&log, "/rare") as f64);
    assert!((rare_count - 0.2 * always).abs() < 5.0 * (0.16 * always).sqrt(), "{rare_count} of {always}");
    assert_eq!(outcome.overall.tally.errors(), [].into());
    // A user with nothing else to do and no wait neither hangs nor sends more than it may.
    class.tasks = vec![task(1.0, &[Step { probability: 1e-6, ..rare }])];
    let outcome = run(spec(server.address, users(2.0, 0.2), scenario(vec![class.clone()])));
    assert!(outcome.iterations_completed > 1000, "{}", outcome.iterations_completed);
    assert!(outcome.overall.tally.sent < 5);
    assert_accounted(&outcome);
    // An arrival that finds no request has failed, by name; it neither hangs nor sends what was skipped.
    let outcome = run(spec(server.address, rate(100.0, 0.1), scenario(vec![class])));
    let tally = &outcome.overall.tally;
    assert_eq!(tally.offered, 10);
    assert_eq!(tally.errors().values().sum::<u64>() + tally.sent, 10);
    assert!(tally.errors().get(&ErrorKind::EvaluationFailed) >= Some(&9), "{:?}", tally.errors());
    assert_accounted(&outcome);
}
