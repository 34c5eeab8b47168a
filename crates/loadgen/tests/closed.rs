//! The closed model against a server that counts.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::*;
use swarmlab_intervals::{End, ErrorKind};
use swarmlab_loadgen::{Body, Extract, HttpRequest, Model, Scenario, Source, Step, Wait};
use swarmlab_shapes::shape::{Ramp, Shape};

/// Login gives a token that listing must bring along; logout answers 204.
fn journey_server() -> Server {
    Server::start(|request, stream| {
        let user = request.header("x-user").unwrap_or_default().to_owned();
        match request.path.split('?').next().unwrap_or_default() {
            "/login" => {
                assert_eq!(request.body, format!("{{\"user\":{user}}}").into_bytes());
                let fields = format!("Content-Type: application/json\r\nX-Session: s{user}\r\n");
                respond(
                    stream,
                    "200 OK",
                    &fields,
                    format!("{{\"auth\":{{\"token\":\"t {user}\"}}}}").as_bytes(),
                );
            }
            "/list" => {
                let expected = (format!("Bearer t {user}"), format!("/list?s=s{user}&t=t%20{user}"));
                let given = (request.header("authorization").unwrap_or_default(), request.path.as_str());
                let ok = given == (expected.0.as_str(), expected.1.as_str());
                respond(stream, if ok { "200 OK" } else { "401 Unauthorized" }, "", b"[]");
            }
            _ => raw(stream, b"HTTP/1.1 204 No Content\r\n\r\n"),
        }
        Then::Stay
    })
}

fn journey(wait: Wait) -> Scenario {
    let request = HttpRequest::new("POST", template("/login")).header("X-User", template("{{user}}"));
    let login = Step::http("login", request.body(Body::Text(template("{\"user\":{{user}}}"))))
        .extract("token", Source::JsonPointer("/auth/token".into()))
        .extract("session", Source::Header("x-session".into()));
    let request = HttpRequest::new("GET", template("/list?s={{session}}&t={{token}}"))
        .header("X-User", template("{{user}}"))
        .header("Authorization", template("Bearer {{token}}"));
    let list = Step::http("list", request);
    let logout = Step::new("logout", "DELETE", template("/logout"));
    Scenario::journey("journey", vec![login, list, logout], wait)
}

#[test]
fn counts_equal_the_servers_exactly() {
    let server = journey_server();
    let mut spec = spec(server.address, users(8.0, 1.0), journey(Wait::Between { min_s: 0.0, max_s: 0.01 }));
    spec.threads = 2;
    let outcome = run(spec);
    assert_eq!(outcome.end, End::Completed);
    assert_eq!(outcome.overall.tally.errors(), [].into());
    assert_eq!(outcome.overall.tally.sent, server.requests());
    for endpoint in &outcome.endpoints {
        assert_eq!(endpoint.tally.succeeded, server.requests_of(&format!("/{}", endpoint.endpoint)));
        assert!(endpoint.tally.succeeded > 0);
    }
    // Each user keeps its connection.
    assert_eq!(outcome.connections_opened, 8);
    // A journey is complete when its logout is.
    assert_eq!(outcome.iterations_completed, outcome.endpoints[2].tally.succeeded);
    // Users were there for the whole second.
    assert!(outcome.user_s >= 7.99, "{}", outcome.user_s);
    // Every moment of a user is a request or a wait (Little's law, exactly).
    let busy_s = outcome.overall.tally.response_sum_s + outcome.think_s;
    assert!((outcome.user_s - busy_s).abs() < 0.02 * outcome.user_s, "{} {busy_s}", outcome.user_s);
}

#[test]
fn users_share_connections_when_these_are_fewer() {
    let server = Server::plain();
    let mut spec = spec(server.address, users(10.0, 0.5), get("/", Wait::default()));
    spec.limits.max_connections = 3;
    let outcome = run(spec);
    assert_eq!(outcome.overall.tally.errors(), [].into());
    assert_eq!(outcome.overall.tally.sent, server.requests());
    assert_eq!(server.counts.connections.load(std::sync::atomic::Ordering::SeqCst), 3);
}

#[test]
fn users_come_and_go_with_the_shape() {
    let server = Server::start(|_, stream| {
        std::thread::sleep(Duration::from_millis(5));
        respond(stream, "200 OK", "", b"");
        Then::Stay
    });
    let shape = Shape::Ramp(Ramp { from: 10.0, to: 0.0, duration_s: 1.0 });
    let model = Model::Closed { users: shape, spawn_rate_per_s: None };
    let mut spec = spec(server.address, model, get("/", Wait::Constant { s: 0.002 }));
    spec.threads = 2;
    let handle = swarmlab_loadgen::start(spec).unwrap();
    let means: Vec<f64> = handle.intervals().iter().map(|interval| interval.users).collect();
    let outcome = handle.join().unwrap();
    assert_eq!(outcome.overall.tally.errors(), [].into());
    assert_eq!(outcome.overall.tally.sent, server.requests());
    // The integer part of a ramp from 10 to 0, in quarters: 8.3, 5.8, 3.3, 0.8; users stay for the end of
    // their request, so a loaded machine may only raise these.
    for (mean, expected) in means.iter().zip([8.25, 5.75, 3.25, 0.75]) {
        assert!(*mean > expected - 0.2 && *mean < expected + 2.0, "{means:?}");
    }
}

#[test]
fn a_failed_step_starts_the_journey_again() {
    let server = Server::start(|request, stream| {
        let status = if request.path == "/b" { "503 Unavailable" } else { "200 OK" };
        respond(stream, status, "", b"{}");
        Then::Stay
    });
    let steps = ["a", "b", "c"].map(|name| Step::new(name, "GET", template(&format!("/{name}"))));
    let scenario = Scenario::journey("s", steps.into(), Wait::default());
    let outcome = run(spec(server.address, users(2.0, 0.3), scenario));
    let [a, b, c] = [0, 1, 2].map(|index| &outcome.endpoints[index].tally);
    assert_eq!(b.errors_of(ErrorKind::UnexpectedStatus), b.completed);
    assert_eq!((b.statuses.class(5), b.succeeded, c.offered), (b.completed, 0, 0));
    assert!(a.succeeded >= b.completed && a.succeeded <= b.completed + 2);
    assert_eq!(outcome.iterations_completed, 0);
    assert_eq!(server.requests(), outcome.overall.tally.sent);
}

#[test]
fn a_missing_value_is_a_failed_extraction() {
    let server = Server::plain();
    let mut scenario = get("/", Wait::Constant { s: 0.01 });
    scenario.classes[0].tasks[0].steps[0].extract.push(Extract {
        variable: "x".into(),
        from: Source::JsonPointer("/x".into()),
        optional: false,
    });
    let outcome = run(spec(server.address, users(1.0, 0.2), scenario));
    let tally = &outcome.overall.tally;
    assert!(tally.completed > 0);
    assert_eq!(tally.errors_of(ErrorKind::ExtractionFailed), tally.completed);
}

#[test]
fn connections_are_spread_over_all_addresses() {
    let servers = [Server::plain(), Server::plain(), Server::plain()];
    let mut spec = spec(servers[0].address, users(6.0, 0.3), get("/", Wait::Constant { s: 0.005 }));
    let addresses = servers.iter().map(|server| server.address).collect();
    spec.targets = vec![swarmlab_loadgen::LoadTarget::plain(addresses, "test.example")];
    let outcome = run(spec);
    let sent: Vec<u64> = servers.iter().map(Server::requests).collect();
    assert_eq!(sent.iter().sum::<u64>(), outcome.overall.tally.sent);
    for server in &servers {
        assert_eq!(server.counts.connections.load(std::sync::atomic::Ordering::SeqCst), 2);
    }
}

#[test]
fn pacing_keeps_the_rhythm() {
    let server = Server::plain();
    let outcome = run(spec(server.address, users(4.0, 1.0), get("/", Wait::Pacing { s: 0.1 })));
    // Ten starts a second and user; a loaded machine may only lose some.
    let sent = outcome.overall.tally.sent;
    assert!((24..=40).contains(&sent), "{sent}");
    assert_eq!(outcome.overall.tally.succeeded, sent);
}
