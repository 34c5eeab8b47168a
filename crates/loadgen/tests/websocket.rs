//! WebSocket steps against a server of the standard library.
#![allow(clippy::unwrap_used)]

#[path = "common/certificates.rs"]
mod certificates;
mod common;
#[path = "common/nginx.rs"]
mod nginx;
#[path = "common/ws.rs"]
mod ws;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use certificates::Certificates;
use common::{rate, run, template, users};
use nginx::Nginx;
use serde_json::json;
use swarmlab_intervals::{ErrorKind, Outcome};
use swarmlab_loadgen::{
    Check, Endpoint, HttpVersion, LoadError, LoadSpec, LoadTarget, Model, Scenario, Scheme, Source, Step,
    TlsOptions, Wait, WebsocketAction, WebsocketMessage,
};
use ws::serve;

fn spec(address: SocketAddr, model: Model, steps: Vec<Step>) -> LoadSpec {
    common::spec(address, model, Scenario::journey("s", steps, Wait::Constant { s: 0.005 }))
}

fn connect(path: &str) -> Step {
    let (path, protocols, headers) = (template(path), Vec::new(), Vec::new());
    Step::websocket("connect", "", WebsocketAction::Connect { path, protocols, headers })
}

fn text(text: &str) -> WebsocketMessage {
    WebsocketMessage::Text(template(text))
}

fn send(message: &str, awaits: Option<Vec<Check>>) -> Step {
    Step::websocket("send", "", WebsocketAction::Send { message: text(message), awaits })
}

fn awaits(checks: Vec<Check>) -> Step {
    Step::websocket("await", "", WebsocketAction::Await(checks))
}

fn close() -> Step {
    Step::websocket("close", "", WebsocketAction::Close { code: 1000, reason: "done".into() })
}

fn contains(text: &str) -> Check {
    Check::BodyContains(text.into())
}

fn only(kind: ErrorKind, count: u64) -> BTreeMap<ErrorKind, u64> {
    [(kind, count)].into()
}

fn assert_clean(outcome: &Outcome, least: u64) {
    assert_eq!(outcome.overall.tally.errors(), [].into(), "{:?}", outcome.first_errors);
    assert!(outcome.overall.tally.succeeded >= least, "{}", outcome.overall.tally.succeeded);
}

fn of<'a>(outcome: &'a Outcome, endpoint: &str) -> &'a swarmlab_intervals::EndpointStats {
    outcome.endpoints.iter().find(|stats| stats.endpoint == endpoint).unwrap()
}

#[test]
fn each_action_is_an_endpoint_and_values_go_on_to_the_next() {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&heads);
    let (address, connections) = serve(move |peer| {
        seen.lock().unwrap().push(peer.head.clone());
        peer.accept("Sec-WebSocket-Protocol: chat.v1\r\n");
        peer.text("welcome");
        while let Some((first, payload)) = peer.next() {
            if first == 0x88 {
                // The end of the load may come before that of an iteration.
                assert!(payload == b"\x03\xe8done" || payload == b"\x03\xe9", "{payload:?}");
                return peer.frame(0x88, b"\x03\xe8");
            }
            // Something else first, a ping, and then the answer in two pieces.
            peer.text("noise");
            peer.frame(0x89, b"p");
            let text = String::from_utf8(payload).unwrap();
            let answer = format!(r#"{{"type":"ack","id":"n-{}"}}"#, text.len());
            let (head, tail) = answer.as_bytes().split_at(5);
            peer.frame(0x01, head);
            peer.frame(0x80, tail);
            assert_eq!(peer.next(), Some((0x8A, b"p".to_vec())));
        }
    });
    let ack = || vec![Check::Json { pointer: "/type".into(), equals: json!("ack") }];
    let opening = WebsocketAction::Connect {
        path: template("/room?u={{user}}"),
        protocols: vec!["chat.v1".into()],
        headers: vec![("X-User".into(), template("u{{user}}"))],
    };
    let steps = vec![
        Step::websocket("connect", "", opening),
        awaits(vec![contains("welcome")]),
        send("hello {{user}}", Some(ack())).extract("id", Source::JsonPointer("/id".into())),
        send(r#"{"re":"{{id}}"}"#, Some(ack())).check(contains("n-12")),
        close(),
    ];
    let outcome = run(spec(address, users(3.0, 0.4), steps));
    assert_clean(&outcome, 100);
    assert_eq!(connections.load(Ordering::SeqCst), outcome.connections_opened);
    let completed = |name| of(&outcome, name).tally.completed;
    assert!(completed("connect") > 20 && completed("connect") == outcome.connections_opened);
    // Each of the three users may have been cut short once.
    let iterations = completed("connect");
    assert!((2 * (iterations - 3)..=2 * iterations).contains(&completed("send")));
    assert!((iterations - 3..=iterations).contains(&completed("close")));
    assert_eq!(of(&outcome, "connect").tally.statuses.by_name()["101"], completed("connect"));
    assert!(of(&outcome, "send").tally.bytes_sent > 0 && of(&outcome, "send").tally.bytes_received > 0);
    let heads = heads.lock().unwrap();
    assert!(heads[0].starts_with("GET /room?u=") && heads[0].contains("\r\nSec-WebSocket-Version: 13\r\n"));
    assert!(heads[0].contains("\r\nX-User: u"), "{}", heads[0]);
    let keys: std::collections::BTreeSet<_> = heads
        .iter()
        .map(|head| head.lines().find(|line| line.starts_with("Sec-WebSocket-Key")).unwrap())
        .collect();
    assert_eq!(keys.len(), heads.len());
}

#[test]
fn a_connection_outlives_iterations_and_goes_with_its_user() {
    let ends = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&ends);
    let (address, connections) = serve(move |peer| {
        peer.accept("");
        while let Some((first, payload)) = peer.next() {
            if first == 0x88 {
                return seen.lock().unwrap().push(payload);
            }
            peer.frame(first, &payload);
        }
    });
    let mut spec = spec(address, users(4.0, 0.3), vec![send("{{iteration}}", Some(vec![]))]);
    spec.scenario.classes[0].on_start = vec![connect("/")];
    let outcome = run(spec);
    assert_clean(&outcome, 100);
    assert_eq!((outcome.connections_opened, connections.load(Ordering::SeqCst)), (4, 4));
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while ends.lock().unwrap().len() < 4 {
        assert!(std::time::Instant::now() < deadline, "each is told of the end");
        std::thread::yield_now();
    }
    assert!(ends.lock().unwrap().iter().all(|payload| payload[..] == 1001_u16.to_be_bytes()));
}

#[test]
fn the_response_time_is_that_of_the_awaited_message() {
    let (address, _) = serve(|peer| {
        peer.accept("");
        while let Some((_, payload)) = peer.next() {
            peer.text("at once");
            std::thread::sleep(Duration::from_millis(30));
            peer.frame(0x81, &payload);
        }
    });
    let mut spec = spec(address, users(1.0, 0.4), vec![send("mine", Some(vec![contains("mine")]))]);
    spec.scenario.classes[0].on_start = vec![connect("/")];
    let outcome = run(spec);
    assert_clean(&outcome, 5);
    let lowest_us = of(&outcome, "send").response.min();
    assert!((30_000..200_000).contains(&lowest_us), "{lowest_us}");
}

#[test]
fn users_who_only_send_or_only_listen_do_not_hold_up_others() {
    let (address, _) = serve(|peer| {
        peer.accept("");
        peer.echo();
    });
    // Without any wait, in both models, and with fewer connections than there are users.
    let steps = || vec![connect("/"), send("a", None), send("b", None), awaits(vec![contains("b")]), close()];
    let mut closed = spec(address, users(8.0, 0.4), steps());
    closed.scenario.classes[0].wait = Wait::default();
    closed.limits.max_connections = 3;
    assert_clean(&run(closed), 100);
    let open = spec(address, rate(500.0, 0.4), steps());
    let outcome = run(open);
    assert_eq!(outcome.overall.tally.errors(), [].into(), "{:?}", outcome.first_errors);
    assert_eq!(outcome.overall.tally.succeeded, 200);
    let mut only_send = spec(address, users(2.0, 0.3), vec![send("x", None)]);
    only_send.scenario.classes[0].wait = Wait::default();
    only_send.scenario.classes[0].on_start = vec![connect("/")];
    assert_clean(&run(only_send), 500);
}

#[test]
fn large_and_binary_messages_go_through() {
    let (address, _) = serve(|peer| {
        peer.accept("");
        peer.echo();
    });
    let bytes: Vec<u8> = (0..300_000_u32).map(|n| n as u8).collect();
    let binary = WebsocketAction::Send { message: WebsocketMessage::Binary(bytes), awaits: Some(vec![]) };
    let outcome =
        run(spec(address, users(2.0, 0.3), vec![connect("/"), Step::websocket("big", "", binary), close()]));
    assert_clean(&outcome, 9);
    let big = &of(&outcome, "big").tally;
    assert!(big.bytes_sent >= 300_000 * big.sent && big.bytes_received >= 300_000 * big.completed);
}

#[test]
fn handshakes_fail_by_name_and_keep_their_status() {
    let (refusing, _) = serve(|peer| {
        peer.raw(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\nRetry-After: 9\r\n\r\nno way");
    });
    let outcome = run(spec(refusing, rate(50.0, 0.2), vec![connect("/")]));
    assert_eq!(outcome.overall.tally.errors(), only(ErrorKind::UnexpectedStatus, 10));
    assert_eq!(outcome.overall.tally.statuses.by_name()["403"], 10);
    let [answer] = outcome.first_answers.as_slice() else { panic!("{:?}", outcome.first_answers) };
    assert_eq!(
        (answer.status, answer.body.as_str(), answer.headers.contains("retry-after: 9")),
        (403, "no way", true)
    );

    let fine = "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    for (answer, part) in [
        (format!("{fine}Sec-WebSocket-Accept: AAAA\r\n\r\n"), "does not answer the key"),
        ("HTTP/1.1 101 X\r\n\r\n".to_owned(), "without `Upgrade"),
        (format!("{fine}\r\n"), "without `Sec-WebSocket-Accept`"),
    ] {
        let (address, _) = serve(move |peer| peer.raw(answer.as_bytes()));
        let outcome = run(spec(address, rate(50.0, 0.2), vec![connect("/")]));
        assert_eq!(outcome.overall.tally.errors(), only(ErrorKind::BadResponse, 10));
        let text = &outcome.first_errors[&ErrorKind::BadResponse];
        assert!(text.contains(part), "{text}");
    }
    let (closing, _) = serve(|_| {});
    let outcome = run(spec(closing, rate(50.0, 0.2), vec![connect("/")]));
    assert_eq!(outcome.overall.tally.errors(), only(ErrorKind::ConnectionClosed, 10));
}

#[test]
fn ends_and_broken_rules_have_names() {
    let cases: [(&'static [u8], ErrorKind, &str); 5] = [
        (b"\x88\x06\x03\xf3full", ErrorKind::WebsocketClosed, "1011 (internal error): full"),
        (b"\x83\x00", ErrorKind::WebsocketError, "unknown opcode 0x3"),
        (b"\x81\x01\xff", ErrorKind::WebsocketError, "not UTF-8"),
        (b"\x81\x05he", ErrorKind::ResponseTruncated, ""),
        (b"", ErrorKind::ConnectionClosed, ""),
    ];
    for (bytes, kind, part) in cases {
        let (address, _) = serve(move |peer| {
            peer.accept("");
            let _ = peer.next();
            peer.raw(bytes);
        });
        let steps = vec![connect("/"), send("x", Some(vec![contains("never")]))];
        let outcome = run(spec(address, users(1.0, 0.2), steps));
        let failed = of(&outcome, "send").tally.failed;
        assert!(failed > 2);
        assert_eq!(outcome.overall.tally.errors(), only(kind, failed), "{:?}", outcome.first_errors);
        assert!(
            outcome.first_errors.get(&kind).is_none_or(|text| text.contains(part)),
            "{:?}",
            outcome.first_errors
        );
        assert!(part.is_empty() || outcome.first_errors.contains_key(&kind));
    }
}

#[test]
fn a_step_on_a_connection_that_is_gone_is_not_sent() {
    let (address, _) = serve(|peer| {
        peer.accept("");
        let _ = peer.next();
        peer.frame(0x88, b"\x03\xe9");
    });
    let pause = Step::websocket("first", "", WebsocketAction::Send { message: text("x"), awaits: None });
    let mut spec = spec(address, users(1.0, 0.5), vec![pause]);
    spec.scenario.classes[0].on_start = vec![connect("/")];
    spec.scenario.classes[0].wait = Wait::Constant { s: 0.05 };
    let outcome = run(spec);
    let tally = &outcome.overall.tally;
    assert_eq!(tally.errors().keys().copied().collect::<Vec<_>>(), [ErrorKind::NotConnected]);
    assert_eq!((tally.sent, of(&outcome, "first").tally.sent), (2, 1));
    let words = &outcome.first_errors[&ErrorKind::NotConnected];
    assert!(words.contains("1001 (going away)"), "{words}");
}

#[test]
fn a_wait_that_is_too_long_ends_but_its_connection_stays() {
    let (address, connections) = serve(|peer| {
        peer.accept("");
        while let Some((first, payload)) = peer.next() {
            if payload != b"silent" {
                peer.frame(first, &payload);
            }
        }
    });
    let mut silent = send("silent", Some(vec![]));
    silent.timeout_s = Some(0.05);
    let mut spec = spec(address, users(2.0, 0.4), vec![send("loud", Some(vec![])), silent]);
    spec.scenario.classes[0].on_start = vec![connect("/")];
    let outcome = run(spec);
    let timeouts = outcome.overall.tally.errors_of(ErrorKind::Timeout);
    assert!(timeouts >= 6, "{:?}", outcome.overall.tally.errors());
    assert_eq!(outcome.overall.tally.errors(), only(ErrorKind::Timeout, timeouts));
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

#[test]
fn what_does_not_fit_is_told_before_the_start() {
    let address = "127.0.0.1:1".parse().unwrap();
    let wrong = |steps: Vec<Step>| match swarmlab_loadgen::start(spec(address, users(1.0, 0.1), steps)) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("accepted"),
    };
    let wrong_of = |step: Step| wrong(vec![connect("/"), step]);
    assert!(wrong(vec![send("x", None)]).contains("no step of this class opens a WebSocket connection"));
    let other = Step::websocket("other", "b", WebsocketAction::Await(vec![]));
    assert!(wrong_of(other).contains("opens the WebSocket connection \"b\""));
    assert!(wrong(vec![connect("x")]).contains("must start with `/`"));
    let end = |code, reason: &str| {
        Step::websocket("end", "", WebsocketAction::Close { code, reason: reason.into() })
    };
    assert!(wrong_of(end(1005, "")).contains("1005 is no code to close with"));
    assert!(wrong_of(end(1000, &"x".repeat(124))).contains("124 bytes"));
    assert!(wrong_of(send("x", None).check(contains("y"))).contains("nothing is awaited"));
    assert!(wrong_of(send("x", Some(vec![Check::BodyMatches("(".into())]))).contains("regular expression"));
    assert!(wrong_of(awaits(vec![]).extract("x", Source::Header("y".into()))).contains("HTTP answers"));
    let mut http2 = spec(address, users(1.0, 0.1), vec![connect("/")]);
    http2.targets[0].http = HttpVersion::Http2;
    assert!(matches!(swarmlab_loadgen::start(http2), Err(LoadError::NotHttp1 { .. })));
}

#[test]
fn it_goes_through_a_real_proxy_under_tls() {
    let (behind, _) = serve(|peer| {
        peer.accept("");
        peer.echo();
    });
    let certificates = Certificates::new();
    let pair = certificates.sign("server", "DNS:localhost", 2);
    let (certificate, key) = (pair.certificate.display(), pair.key.display());
    let nginx = Nginx::start(&format!(
        "listen PORT ssl; ssl_certificate {certificate}; ssl_certificate_key {key};
         location / {{ proxy_pass http://{behind}; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;
         proxy_set_header Connection $http_connection; }}"
    ));
    let bytes: Vec<u8> = (0..100_000_u32).map(|n| n as u8).collect();
    let binary = WebsocketAction::Send { message: WebsocketMessage::Binary(bytes), awaits: Some(vec![]) };
    let steps = vec![
        connect("/x"),
        send("hello {{iteration}}", Some(vec![contains("hello")])),
        Step::websocket("big", "", binary),
        send("no answer", None),
        close(),
    ];
    let mut spec = spec("127.0.0.1:1".parse().unwrap(), users(3.0, 0.4), steps);
    let mut target = LoadTarget::new(Scheme::Https, "localhost", Endpoint::Addresses(vec![nginx.address]));
    target.tls = TlsOptions { ca_pem: Some(certificates.ca_pem()), ..TlsOptions::default() };
    spec.targets = vec![target];
    let outcome = run(spec);
    assert_clean(&outcome, 20);
    let log = nginx.into_log();
    assert_eq!(log.len() as u64, outcome.connections_opened);
    assert!(log.iter().all(|line| line.last().is_some_and(|status| status == "101")), "{:?}", log[0]);
}
