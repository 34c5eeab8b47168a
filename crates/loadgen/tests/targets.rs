//! Several targets in one load: HTTP/1.1, HTTP/2, a Unix socket and Redis, each step at its own, also where there are
//! fewer connections than users.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/nginx.rs"]
mod nginx;

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{rate, run, template, users};
use nginx::Nginx;
use swarmlab_intervals::Outcome;
use swarmlab_loadgen::{
    HttpRequest, HttpVersion, LoadError, LoadSpec, LoadTarget, Model, Scenario, Step, Task, UserClass, Wait,
};

struct Redis {
    child: Child,
    port: u16,
}

impl Redis {
    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""])
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("redis-server (Debian package redis-server): {e}"));
        let patience = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < patience, "redis-server does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
        Self { child, port }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn named(name: &str, url: &str) -> LoadTarget {
    let mut target = LoadTarget::parse(url).unwrap();
    name.clone_into(&mut target.name);
    target
}

fn at(target: &str, mut step: Step) -> Step {
    step.target = Some(target.to_owned());
    step
}

/// A journey over four targets, one after the other; each answers only its own path.
fn outcome(model: Model, connections: usize) -> Outcome {
    let plain = Nginx::start("listen PORT; location = /one { return 200; } location / { return 404; }");
    let streams = Nginx::start(
        "listen PORT http2; location = /two { return 200; } location / { return 404; }
         if ($server_protocol != 'HTTP/2.0') { return 505; }",
    );
    let local = Nginx::start(
        "listen unix:FOLDER/socket; location = /three { return 200; } location / { return 404; }",
    );
    let redis = Redis::start();
    let mut two = named("two", &format!("http://{}", streams.address));
    two.http = HttpVersion::Http2;
    let targets = vec![
        named("one", &format!("http://{}", plain.address)),
        two,
        named("three", &format!("unix:{}", local.path("socket").display())),
        named("four", &format!("redis://127.0.0.1:{}", redis.port)),
    ];
    let get = |path: &str| HttpRequest::new("GET", template(path));
    let steps = vec![
        Step::http("one", get("/one")),
        at("two", Step::http("two", get("/two"))),
        at("three", Step::http("three", get("/three"))),
        at("four", Step::redis("four", template("news"), template("{{user}}"))),
    ];
    let mut class = UserClass::new("all", vec![Task::new("journey", steps)]);
    class.wait = Wait::Constant { s: 0.001 };
    let scenario = Scenario { name: "targets".into(), classes: vec![class], feeders: vec![], variants: None };
    let mut spec = LoadSpec::new(Vec::new(), "", model, scenario);
    spec.targets = targets;
    spec.limits.max_connections = connections;
    spec.limits.max_in_flight = connections;
    run(spec)
}

#[test]
fn each_step_goes_to_its_own_target() {
    let outcome = outcome(users(8.0, 0.6), 64);
    assert_eq!(outcome.overall.tally.errors(), [].into(), "{:?}", outcome.first_errors);
    let names: Vec<&str> = outcome.endpoints.iter().map(|e| e.endpoint.as_str()).collect();
    assert_eq!(names, ["one", "two", "three", "four"]);
    for endpoint in &outcome.endpoints {
        assert!(endpoint.tally.succeeded > 50, "{}: {:?}", endpoint.endpoint, endpoint.tally);
    }
}

#[test]
fn targets_make_room_for_each_other_where_connections_are_few() {
    for model in [users(8.0, 0.6), rate(300.0, 0.6)] {
        let outcome = outcome(model, 3);
        assert_eq!(outcome.overall.tally.errors(), [].into(), "{:?}", outcome.first_errors);
        assert_eq!(outcome.overall.tally.offered, outcome.overall.tally.succeeded);
        assert!(outcome.unassigned_errors.is_empty(), "{:?}", outcome.unassigned_errors);
        for endpoint in &outcome.endpoints {
            assert!(endpoint.tally.succeeded > 20, "{}: {:?}", endpoint.endpoint, endpoint.tally);
        }
    }
}

#[test]
fn a_target_that_is_not_there_is_named_with_those_that_are() {
    let steps = vec![at("elsewhere", Step::new("s", "GET", template("/")))];
    let scenario = Scenario::journey("s", steps, Wait::default());
    let mut spec = LoadSpec::new(Vec::new(), "", rate(10.0, 0.1), scenario);
    spec.targets = vec![named("one", "http://127.0.0.1:1"), named("two", "http://127.0.0.1:2")];
    let error = swarmlab_loadgen::start(spec).unwrap_err();
    assert!(matches!(error, LoadError::UnknownTarget { .. }));
    assert_eq!(
        error.to_string(),
        "step \"s\" goes to target \"elsewhere\", which the load does not have (known: one, two)"
    );
}
