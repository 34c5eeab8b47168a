//! Unix sockets, a connection per request, several targets, and names whose addresses change.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/nginx.rs"]
mod nginx;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::{Server, Then, finish, get, rate, respond, run, users};
use nginx::Nginx;
use swarmlab_intervals::ErrorKind;
use swarmlab_loadgen::{LoadError, LoadSpec, LoadTarget, Model, Resolve, Reuse, Wait, start_with_resolver};

fn spec(target: LoadTarget, model: Model) -> LoadSpec {
    let mut spec =
        common::spec("127.0.0.1:1".parse().unwrap(), model, get("/x", Wait::Constant { s: 0.002 }));
    spec.targets = vec![target];
    spec
}

fn only(kind: ErrorKind, count: u64) -> BTreeMap<ErrorKind, u64> {
    [(kind, count)].into()
}

#[test]
fn a_unix_socket_is_a_target_like_any_other() {
    let server = "listen unix:FOLDER/socket; location = /base/x { return 200 'hello, world!'; }";
    let nginx = Nginx::start(server);
    let path = nginx.path("socket").display().to_string();
    let target = LoadTarget::parse(&format!("http+unix://{}/base", path.replace('/', "%2F"))).unwrap();
    let outcome = run(spec(target.clone(), users(3.0, 0.3)));
    assert_eq!(outcome.overall.tally.errors(), [].into());
    assert!(outcome.overall.tally.succeeded > 30);
    assert_eq!((outcome.connections_opened, outcome.connect.len(), outcome.tls.len()), (3, 3, 0));
    let mut per_request = target;
    per_request.connections = Reuse::PerRequest;
    let outcome = run(spec(per_request, rate(200.0, 0.2)));
    assert_eq!((outcome.overall.tally.succeeded, outcome.connections_opened), (40, 40));
    assert_eq!(nginx.into_log().iter().filter(|line| line[4] == "close").count(), 40);
}

#[test]
fn a_socket_file_that_is_not_there_is_named() {
    let target = LoadTarget::parse("unix:/nowhere/at.all").unwrap();
    let outcome = run(spec(target, rate(100.0, 0.1)));
    assert_eq!(outcome.overall.tally.errors(), only(ErrorKind::ConnectFailed, 10));
    let text = &outcome.first_errors[&ErrorKind::ConnectFailed];
    assert!(text.starts_with("/nowhere/at.all: ") && text.contains("No such file"), "{text}");
}

#[test]
fn a_connection_per_request_says_so_and_is_never_used_again() {
    let nginx = Nginx::start("listen PORT; location / { return 200 'hello, world!'; }");
    let mut target = LoadTarget::plain(vec![nginx.address], "test.example");
    target.connections = Reuse::PerRequest;
    let outcome = run(spec(target, users(3.0, 0.4)));
    let tally = &outcome.overall.tally;
    assert_eq!(tally.errors(), [].into());
    assert!(tally.succeeded > 20);
    assert_eq!((outcome.connections_opened, outcome.connect.len()), (tally.sent, tally.sent));
    let log = nginx.into_log();
    assert_eq!(log.len() as u64, tally.sent);
    assert!(log.iter().all(|line| line[3] == "1" && line[4] == "close"), "{:?}", log[0]);
}

#[test]
fn a_server_that_keeps_nothing_alive_gets_new_connections() {
    let nginx = Nginx::start("listen PORT; keepalive_timeout 0; location / { return 200 'hi'; }");
    let target = LoadTarget::plain(vec![nginx.address], "test.example");
    let outcome = run(spec(target, users(3.0, 0.3)));
    assert_eq!(outcome.overall.tally.errors(), [].into());
    assert_eq!(outcome.connections_opened, outcome.overall.tally.sent);
}

/// A name service of the test's own.
#[derive(Debug)]
struct Names {
    answer: Mutex<Result<Vec<SocketAddr>, String>>,
    questions: AtomicU64,
}

impl Names {
    fn new(addresses: Vec<SocketAddr>) -> Arc<Self> {
        Arc::new(Self { answer: Mutex::new(Ok(addresses)), questions: AtomicU64::new(0) })
    }

    fn say(&self, answer: Result<Vec<SocketAddr>, &str>) {
        *self.answer.lock().unwrap() = answer.map_err(str::to_owned);
    }
}

impl Resolve for Names {
    fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        assert_eq!((host, port), ("shop.example", 8080));
        self.questions.fetch_add(1, Ordering::SeqCst);
        self.answer.lock().unwrap().clone().map_err(io::Error::other)
    }
}

fn named() -> LoadTarget {
    let mut target = LoadTarget::parse("http://shop.example:8080").unwrap();
    target.resolve_every_s = 0.02;
    target
}

/// A server that counts its open connections.
fn counting() -> (Server, Arc<AtomicU64>) {
    let requests = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&requests);
    let server = Server::start(move |_, stream| {
        seen.fetch_add(1, Ordering::SeqCst);
        respond(stream, "200 OK", "", b"hello, world!");
        Then::Stay
    });
    (server, requests)
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn connections_follow_the_newest_answer_and_leave_vanished_addresses() {
    let ((one, at_one), (two, at_two)) = (counting(), counting());
    let names = Names::new(vec![one.address, two.address]);
    let handle = start_with_resolver(spec(named(), users(6.0, 60.0)), names.clone()).unwrap();
    let now = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
    until("both are asked", || now(&at_one) > 10 && now(&at_two) > 10);
    // Spread in turn.
    assert_eq!(one.counts.connections.load(Ordering::SeqCst), 3);
    assert_eq!(two.counts.connections.load(Ordering::SeqCst), 3);

    names.say(Ok(vec![two.address]));
    until("all connections are with the second", || two.counts.connections.load(Ordering::SeqCst) == 6);
    let (left, asked) = (now(&at_one), now(&at_two));
    until("only the second is asked", || now(&at_two) > asked + 50);
    assert_eq!(now(&at_one), left);

    // A name service that fails changes nothing, but is counted.
    names.say(Err("the name service is down"));
    let before = names.questions.load(Ordering::SeqCst);
    until("it was asked in vain", || names.questions.load(Ordering::SeqCst) > before + 3);
    let asked = now(&at_two);
    until("the second is still asked", || now(&at_two) > asked + 50);

    names.say(Ok(vec![one.address]));
    until("the first is asked again", || now(&at_one) > left + 50);
    handle.stop();
    let outcome = finish(handle, 0.25);
    assert_eq!(outcome.overall.tally.errors(), [].into());
    assert_eq!(outcome.overall.tally.succeeded, now(&at_one) + now(&at_two));
    assert!(outcome.resolve_failures >= 3);
    let text = &outcome.first_errors[&ErrorKind::DnsFailed];
    assert!(text.contains("shop.example") && text.contains("the name service is down"), "{text}");
    assert_eq!(outcome.connections_opened, 3 + 3 + 3 + 6);
}

/// A server that counts what it answers, until it is told to end: then it closes connections instead, as a container that is
/// stopped does.
fn replica(ends: &Arc<AtomicBool>) -> (Server, Arc<AtomicU64>) {
    let answered = Arc::new(AtomicU64::new(0));
    let (count, ends) = (Arc::clone(&answered), Arc::clone(ends));
    let server = Server::start(move |_, stream| {
        if ends.load(Ordering::SeqCst) {
            return Then::Close;
        }
        count.fetch_add(1, Ordering::SeqCst);
        respond(stream, "200 OK", "", b"hello, world!");
        Then::Stay
    });
    (server, answered)
}

/// A name that stands for each replica (`endpoint_mode: dnsrr`) while a service is scaled from 1 to 4 to 1.
#[test]
fn no_request_of_an_open_load_is_lost_unnamed_while_replicas_come_and_go() {
    let now = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
    for name_goes_first in [true, false] {
        let (never, ends) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let (stays, by_first) = replica(&never);
        let (others, by_others): (Vec<Server>, Vec<_>) = (0..3).map(|_| replica(&ends)).unzip();
        let names = Names::new(vec![stays.address]);
        let mut spec = spec(named(), rate(300.0, 60.0));
        // Kept connections would stay with the first for ever.
        spec.targets[0].lifetime.max_age_s = Some(0.1);
        let handle = start_with_resolver(spec, names.clone()).unwrap();
        until("the first is asked", || now(&by_first) > 20);
        let all = [&stays].into_iter().chain(&others).map(|server| server.address);
        names.say(Ok(all.collect()));
        until("each is asked", || by_others.iter().all(|count| now(count) > 10));
        let alone = |handle: &str| {
            let asked = now(&by_first);
            until(handle, || now(&by_first) > asked + 60);
        };
        if name_goes_first {
            names.say(Ok(vec![stays.address]));
            alone("the first is asked alone");
            ends.store(true, Ordering::SeqCst);
        } else {
            ends.store(true, Ordering::SeqCst);
            alone("the first goes on");
            names.say(Ok(vec![stays.address]));
        }
        drop(others);
        alone("the first is asked alone in the end");
        handle.stop();
        // It looks into the books: what was due was answered, or has failed by one name.
        let outcome = finish(handle, 0.25);
        let answered = now(&by_first) + by_others.iter().map(|count| now(count)).sum::<u64>();
        let tally = &outcome.overall.tally;
        assert_eq!(tally.succeeded, answered);
        assert_eq!(tally.offered, answered + tally.failed);
        let errors = tally.errors();
        if name_goes_first {
            assert_eq!(errors, [].into(), "{:?}", outcome.first_errors);
        } else {
            let named = [ErrorKind::ConnectionClosed, ErrorKind::ConnectionReset, ErrorKind::ConnectRefused];
            assert!(tally.failed > 0 && errors.keys().all(|kind| named.contains(kind)), "{errors:?}");
        }
        assert!(outcome.connections_retired.max_age > 3, "{:?}", outcome.connections_retired);
    }
}

#[test]
fn a_name_without_an_address_keeps_a_load_from_starting() {
    let names = Names::new(Vec::new());
    let error = start_with_resolver(spec(named(), users(1.0, 1.0)), names.clone()).unwrap_err();
    assert!(matches!(error, LoadError::DnsFailed { .. }));
    assert!(error.to_string().contains("\"shop.example\"") && error.to_string().contains("/etc/hosts"));
    names.say(Err("no such name"));
    let error = start_with_resolver(spec(named(), users(1.0, 1.0)), names).unwrap_err();
    assert!(error.to_string().contains("no such name"), "{error}");
}

#[test]
fn the_resolver_ends_with_the_load() {
    let (server, _) = counting();
    let names = Names::new(vec![server.address]);
    let handle = start_with_resolver(spec(named(), users(1.0, 0.2)), names.clone()).unwrap();
    finish(handle, 0.25);
    until("nobody holds the resolver", || Arc::strong_count(&names) == 1);
    assert!(names.questions.load(Ordering::SeqCst) >= 2);
}
