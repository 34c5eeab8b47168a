//! Connections that end when they have been used for long enough, between two requests.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/h2.rs"]
mod h2;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use common::*;
use swarmlab_intervals::Outcome;
use swarmlab_loadgen::{ConnectionLifetime, HttpVersion, LoadError, LoadSpec, Model, Wait};

/// A server that notes how many requests each connection has carried.
fn noting() -> (Server, Arc<Mutex<Vec<usize>>>) {
    let notes = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&notes);
    let server = Server::start(move |request, stream| {
        noted.lock().unwrap().push(request.nth);
        respond(stream, "200 OK", "", b"");
        Then::Stay
    });
    (server, notes)
}

fn bounded(
    address: std::net::SocketAddr,
    model: Model,
    wait: Wait,
    lifetime: ConnectionLifetime,
) -> LoadSpec {
    let mut spec = spec(address, model, get("/", wait));
    spec.targets[0].lifetime = lifetime;
    spec
}

/// Runs it, without an error; the number of connections.
fn connections(spec: LoadSpec, server: &Server) -> (Outcome, u64) {
    let outcome = run(spec);
    assert_eq!(outcome.overall.tally.errors(), [].into());
    assert_eq!(outcome.overall.tally.sent, server.requests());
    let connections = server.counts.connections.load(Ordering::SeqCst);
    assert_eq!(outcome.connections_opened, connections);
    (outcome, connections)
}

#[test]
fn a_connection_carries_so_many_requests_and_no_more() {
    let (server, notes) = noting();
    let lifetime = ConnectionLifetime { max_requests: Some(7), ..Default::default() };
    let (outcome, connections) =
        connections(bounded(server.address, users(3.0, 0.5), Wait::Constant { s: 0.002 }, lifetime), &server);
    assert_eq!(notes.lock().unwrap().iter().max(), Some(&6));
    let least = outcome.overall.tally.sent / 7;
    assert!(connections >= least && connections <= least + 3, "{connections} {least}");
    // All but those that the load's end found in use.
    let retired = outcome.connections_retired;
    assert!(connections - retired.max_requests <= 3, "{retired:?} of {connections}");
    assert_eq!(retired.total(), retired.max_requests);
}

#[test]
fn a_connection_grows_so_old_and_no_older() {
    let (server, _) = noting();
    let lifetime = ConnectionLifetime { max_age_s: Some(0.1), ..Default::default() };
    let spec = bounded(server.address, users(2.0, 0.95), Wait::Constant { s: 0.005 }, lifetime);
    let (outcome, connections) = connections(spec, &server);
    // Ten lives each, or fewer on a busy machine; not one per request.
    assert!((10..=22).contains(&connections), "{connections}");
    let retired = outcome.connections_retired;
    assert!(retired.total() == retired.max_age && connections - retired.max_age <= 2, "{retired:?}");
}

#[test]
fn who_pauses_for_long_finds_its_connection_closed() {
    for (max_idle_s, is_short) in [(0.05, true), (5.0, false)] {
        let (server, _) = noting();
        let lifetime = ConnectionLifetime { max_idle_s: Some(max_idle_s), ..Default::default() };
        let mut spec = bounded(server.address, users(1.0, 0.9), Wait::Constant { s: 0.2 }, lifetime);
        spec.interval_s = 0.1;
        let handle = swarmlab_loadgen::start(spec).unwrap();
        let open: Vec<u64> =
            handle.intervals().iter().map(|interval| interval.connections_open_end).collect();
        let outcome = handle.join().unwrap();
        assert_eq!(outcome.overall.tally.errors(), [].into());
        let sent = outcome.overall.tally.sent;
        assert!(sent >= 2 && outcome.connections_opened == if is_short { sent } else { 1 }, "{outcome:?}");
        let retired = outcome.connections_retired;
        // That of the last request may be found open by the load's end.
        let fits = if is_short { sent - retired.max_idle <= 1 } else { retired.max_idle == 0 };
        assert!(fits && retired.total() == retired.max_idle, "{retired:?} of {sent}");
        // It does not wait for the next request to end.
        let is_closed_meanwhile = open.iter().take(8).any(|&open| open == 0);
        assert_eq!(is_closed_meanwhile, is_short, "{open:?}");
    }
}

#[test]
fn streams_are_counted_too_and_end_before_their_connection_does() {
    let serve = || {
        let most = Arc::new(Mutex::new(0));
        let noted = Arc::clone(&most);
        let (address, connections) = h2::serve(&[], move |peer, stream| {
            let mut most = noted.lock().unwrap();
            *most = peer.requests.max(*most);
            peer.answer(stream);
            true
        });
        (address, connections, most)
    };
    for (lifetime, range) in [
        (ConnectionLifetime { max_requests: Some(10), ..Default::default() }, 8..=12),
        (ConnectionLifetime { max_age_s: Some(0.1), ..Default::default() }, 3..=5),
        (ConnectionLifetime::default(), 1..=1),
    ] {
        let (address, connections, most) = serve();
        let mut spec = bounded(address, rate(200.0, 0.4), Wait::default(), lifetime);
        spec.targets[0].http = HttpVersion::Http2;
        let outcome = run(spec);
        assert_eq!((outcome.overall.tally.errors(), outcome.overall.tally.succeeded), ([].into(), 80));
        let connections = connections.load(Ordering::SeqCst);
        assert!(range.contains(&connections), "{lifetime:?}: {connections}");
        let retired = outcome.connections_retired;
        let by_bound = match lifetime {
            ConnectionLifetime { max_requests: Some(_), .. } => retired.max_requests,
            ConnectionLifetime { max_age_s: Some(_), .. } => retired.max_age,
            _ => 0,
        };
        let others = connections - by_bound;
        assert!(retired.total() == by_bound && others <= 2, "{lifetime:?}: {retired:?} of {connections}");
        assert!(*most.lock().unwrap() <= lifetime.max_requests.unwrap_or(80));
    }
    let (address, connections, _) = serve();
    let lifetime = ConnectionLifetime { max_idle_s: Some(0.03), ..Default::default() };
    let mut spec = bounded(address, users(1.0, 0.6), Wait::Constant { s: 0.1 }, lifetime);
    spec.targets[0].http = HttpVersion::Http2;
    let outcome = run(spec);
    assert_eq!(outcome.overall.tally.errors(), [].into());
    assert!(outcome.overall.tally.succeeded >= 2);
    assert_eq!(connections.load(Ordering::SeqCst), outcome.overall.tally.succeeded);
}

#[test]
fn bounds_that_are_none_are_refused() {
    for lifetime in [
        ConnectionLifetime { max_requests: Some(0), ..Default::default() },
        ConnectionLifetime { max_age_s: Some(0.0), ..Default::default() },
        ConnectionLifetime { max_idle_s: Some(f64::NAN), ..Default::default() },
    ] {
        let spec = bounded("127.0.0.1:1".parse().unwrap(), users(1.0, 1.0), Wait::default(), lifetime);
        assert!(matches!(spec.validate(), Err(LoadError::Target { .. })), "{lifetime:?}");
    }
}
