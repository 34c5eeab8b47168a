//! HTTP/2 against nginx and nghttpd, and against servers that break its rules.
#![allow(clippy::unwrap_used)]

#[path = "common/certificates.rs"]
mod certificates;
mod common;
#[path = "common/h2.rs"]
mod h2;
#[path = "common/known.rs"]
mod known;
#[path = "common/nginx.rs"]
mod nginx;

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use certificates::Certificates;
use common::{Server, get, rate, run, template, users};
use h2::{DATA, END, END_HEADERS, GOAWAY, HEADERS, PING, RST_STREAM, SETTINGS, serve};
use known::{KnownServer, cpus};
use nginx::Nginx;
use swarmlab_intervals::{ErrorKind, Outcome};
use swarmlab_loadgen::{
    Body, Endpoint, HttpRequest, HttpVersion, LoadSpec, LoadTarget, Model, Scenario, Scheme, Source, Step,
    TlsOptions, Wait,
};

/// Refuses whatever is not HTTP/2.
const ONLY_HTTP2: &str = "if ($server_protocol != 'HTTP/2.0') { return 505; }";

fn target(address: SocketAddr) -> LoadTarget {
    let mut target = LoadTarget::plain(vec![address], "test.example");
    target.http = HttpVersion::Http2;
    target
}

fn spec(target: LoadTarget, model: Model) -> LoadSpec {
    let mut spec =
        common::spec("127.0.0.1:1".parse().unwrap(), model, get("/x", Wait::Constant { s: 0.002 }));
    spec.targets = vec![target];
    spec
}

fn only(kind: ErrorKind, count: u64) -> BTreeMap<ErrorKind, u64> {
    [(kind, count)].into()
}

/// A server of HTTP/2 without TLS.
fn nginx(more: &str) -> Nginx {
    Nginx::start(&format!(
        "listen PORT http2; {more} location / {{ {ONLY_HTTP2} return 200 'hello, world!'; }}"
    ))
}

fn assert_clean(outcome: &Outcome) {
    assert_eq!(outcome.overall.tally.errors(), [].into(), "{:?}", outcome.first_errors);
}

#[test]
fn users_share_a_connection_up_to_the_wanted_number_of_streams() {
    let nginx = nginx("");
    let outcome = run(spec(target(nginx.address), users(30.0, 0.4)));
    assert_clean(&outcome);
    assert!(outcome.overall.tally.succeeded > 300, "{}", outcome.overall.tally.succeeded);
    assert_eq!(outcome.connections_opened, 1);
    assert!(outcome.overall.tally.bytes_received > 13 * outcome.overall.tally.succeeded);
    let mut ten = target(nginx.address);
    ten.streams = 10;
    let outcome = run(spec(ten, users(30.0, 0.4)));
    assert_clean(&outcome);
    assert_eq!(outcome.connections_opened, 3);
    let mut open = spec(target(nginx.address), rate(1000.0, 0.3));
    open.limits.max_connections = 1;
    let outcome = run(open);
    assert_clean(&outcome);
    assert_eq!((outcome.overall.tally.succeeded, outcome.connections_opened), (300, 1));
}

#[test]
fn what_the_target_allows_is_respected() {
    // All sixteen users wait at once: each answer takes longer than it takes to start them.
    let slow = KnownServer::start(cpus().1, 1, "constant 500");
    let nginx = Nginx::start(&format!(
        "listen PORT http2; http2_max_concurrent_streams 4;
         location /slow {{ {ONLY_HTTP2} proxy_pass http://{}; }}
         location / {{ {ONLY_HTTP2} return 200 'hello, world!'; }}",
        slow.address
    ));
    let mut few = spec(target(nginx.address), users(16.0, 0.3));
    few.scenario = get("/slow", Wait::default());
    let outcome = run(few.clone());
    assert_clean(&outcome);
    assert_eq!((outcome.connections_opened, outcome.overall.tally.succeeded), (4, 16));
    // Only one connection: the others wait, and nothing is refused.
    few.limits.max_connections = 1;
    few.scenario = get("/x", Wait::default());
    let outcome = run(few);
    assert_clean(&outcome);
    assert_eq!(outcome.connections_opened, 1);
    assert!(outcome.overall.tally.succeeded > 100);
}

#[test]
fn a_goodbye_of_the_target_costs_no_request() {
    let nginx = nginx("keepalive_requests 25;");
    let outcome = run(spec(target(nginx.address), rate(2000.0, 0.5)));
    assert_clean(&outcome);
    assert_eq!(outcome.overall.tally.succeeded, 1000);
    assert!(outcome.connections_opened >= 1000 / 30, "{}", outcome.connections_opened);
}

#[test]
fn values_are_taken_from_the_answers_of_each_stream() {
    let nginx = Nginx::start(
        r#"listen PORT http2;
           location /login { add_header X-Token "t$arg_u"; return 200 '{"a":{"id":"i$arg_u"}}'; }
           location /check { if ($uri = "/check/i$arg_u/t$arg_u") { return 200 ok; } return 403 no; }"#,
    );
    let login = Step::new("login", "GET", template("/login?u={{user}}"))
        .extract("token", Source::Header("x-token".into()))
        .extract("id", Source::JsonPointer("/a/id".into()));
    let check = Step::new("check", "GET", template("/check/{{id}}/{{token}}?u={{user}}"));
    let mut spec = spec(target(nginx.address), users(20.0, 0.4));
    spec.scenario = Scenario::journey("s", vec![login, check], Wait::default());
    let outcome = run(spec);
    assert_clean(&outcome);
    assert!(outcome.iterations_completed > 100);
    assert_eq!(outcome.connections_opened, 1);
}

#[test]
fn alpn_decides_where_it_may_and_http2_is_not_given_up_where_it_must() {
    let certificates = Certificates::new();
    let pair = certificates.sign("server", "DNS:localhost", 2);
    let (certificate, key) = (pair.certificate.display(), pair.key.display());
    let start = |listen: &str, check: &str| {
        Nginx::start(&format!(
            "listen PORT ssl {listen}; ssl_certificate {certificate}; ssl_certificate_key {key};
             location / {{ {check} return 200 'hello, world!'; }}"
        ))
    };
    let with = |nginx: &Nginx, http: HttpVersion| {
        let mut target =
            LoadTarget::new(Scheme::Https, "localhost", Endpoint::Addresses(vec![nginx.address]));
        target.tls = TlsOptions { ca_pem: Some(certificates.ca_pem()), ..TlsOptions::default() };
        target.http = http;
        run(spec(target, users(12.0, 0.3)))
    };
    let both = start("http2", ONLY_HTTP2);
    for http in [HttpVersion::Http2, HttpVersion::Negotiate] {
        let outcome = with(&both, http);
        assert_clean(&outcome);
        assert!(outcome.overall.tally.succeeded > 100);
        assert_eq!((outcome.connections_opened, outcome.tls.len()), (1, 1));
    }
    let old = start("", "");
    let outcome = with(&old, HttpVersion::Negotiate);
    assert_clean(&outcome);
    assert_eq!(outcome.connections_opened, 12);
    let outcome = with(&old, HttpVersion::Http2);
    let errors = outcome.overall.tally.errors();
    assert_eq!(errors.keys().collect::<Vec<_>>(), [&ErrorKind::TlsFailed]);
    assert!(!outcome.first_errors[&ErrorKind::TlsFailed].is_empty());
}

/// nghttpd (Debian package `nghttp2-server`), which sends back what is uploaded.
struct Nghttpd(Child, SocketAddr);

impl Nghttpd {
    fn start() -> Self {
        for _ in 0..10 {
            let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            let child = Command::new("nghttpd")
                .args(["--no-tls", "--echo-upload", "--address", "127.0.0.1", &address.port().to_string()])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("nghttpd is needed (Debian package nghttp2-server)");
            let mut server = Self(child, address);
            let deadline = Instant::now() + Duration::from_secs(20);
            while server.0.try_wait().unwrap().is_none() {
                if TcpStream::connect(address).is_ok() {
                    return server;
                }
                assert!(Instant::now() < deadline, "nghttpd does not accept connections");
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        panic!("nghttpd does not start");
    }
}

impl Drop for Nghttpd {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn large_bodies_go_both_ways_within_the_windows() {
    let server = Nghttpd::start();
    // Larger than the windows that the server begins with (65535), together with those beside it.
    let body = format!(r#"{{"a":"{}","v":"u{{{{user}}}}"}}"#, "x".repeat(200_000));
    let request = HttpRequest::new("POST", template("/")).body(Body::Text(template(&body)));
    let echo = Step::http("echo", request).extract("v", Source::JsonPointer("/v".into()));
    let mut spec = spec(target(server.1), users(5.0, 0.5));
    spec.scenario = Scenario::journey("s", vec![echo], Wait::default());
    let outcome = run(spec);
    assert_clean(&outcome);
    let tally = &outcome.overall.tally;
    assert!(tally.succeeded >= 5);
    assert!(tally.bytes_received > tally.succeeded * 200_000);
    assert_eq!(outcome.connections_opened, 1);
}

#[test]
fn a_target_that_does_not_speak_it_gets_no_request() {
    let server = Server::plain();
    let outcome = run(spec(target(server.address), rate(100.0, 0.2)));
    assert_eq!(outcome.overall.tally.errors(), only(ErrorKind::ConnectFailed, 20));
    let text = &outcome.first_errors[&ErrorKind::ConnectFailed];
    assert!(text.contains("not_http2"), "{text}");
    assert_eq!(outcome.overall.tally.sent, 0);
}

/// Twenty requests, one every 10 ms, to a server of frames.
fn twenty(address: SocketAddr) -> Outcome {
    let mut spec = spec(target(address), rate(100.0, 0.2));
    spec.timeout_s = 0.3;
    run(spec)
}

/// All of twenty requests ended with `kind`, for a reason whose text holds `reason`.
fn assert_all(outcome: &Outcome, kind: ErrorKind, reason: &str) {
    assert_eq!(outcome.overall.tally.errors(), only(kind, 20), "{:?}", outcome.first_errors);
    let text = outcome.first_errors.get(&kind).map_or("", String::as_str);
    assert!(text.contains(reason), "{text}");
}

#[test]
fn each_way_to_break_a_request_has_a_name() {
    let (reset, _) = serve(&[], |peer, stream| {
        peer.frame(RST_STREAM, 0, stream, &[0, 0, 0, 2]);
        true
    });
    assert_all(&twenty(reset), ErrorKind::StreamReset, "INTERNAL_ERROR");

    let (malformed, _) = serve(&[], |peer, stream| {
        peer.frame(HEADERS, END | END_HEADERS, stream, b"\x82");
        true
    });
    let outcome = twenty(malformed);
    assert_all(&outcome, ErrorKind::BadResponse, "pseudo-header");
    assert_eq!(outcome.connections_opened, 1);

    let (violating, _) = serve(&[], |peer, stream| {
        peer.frame(SETTINGS, 0, stream, &[]);
        true
    });
    assert_all(&twenty(violating), ErrorKind::Http2Error, "stream_id: a SETTINGS frame");

    let (closing, _) = serve(&[], |_, _| false);
    assert_all(&twenty(closing), ErrorKind::ConnectionClosed, "");

    let (truncating, _) = serve(&[], |peer, stream| {
        peer.frame(HEADERS, END_HEADERS, stream, b"\x88\x0f\x0d\x015");
        peer.frame(DATA, 0, stream, b"abc");
        false
    });
    // One request a connection: another one would end before its answer has begun.
    let mut alone = spec(target(truncating), rate(100.0, 0.2));
    alone.targets[0].streams = 1;
    assert_all(&run(alone), ErrorKind::ResponseTruncated, "");

    let (refusing, _) = serve(&[], |peer, _| {
        peer.frame(GOAWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 11]);
        true
    });
    assert_all(&twenty(refusing), ErrorKind::StreamRefused, "ENHANCE_YOUR_CALM");

    let (closed, _) = serve(&[(0x3, 0)], |_, _| true);
    assert_all(&twenty(closed), ErrorKind::ConnectFailed, "MAX_CONCURRENT_STREAMS");
}

#[test]
fn a_refused_request_is_sent_again_and_counted_once() {
    // The first connection says good-bye to its second request, the next refuses two.
    let (address, connections) = serve(&[], |peer, stream| {
        if peer.requests == 2 && peer.connection == 0 {
            peer.frame(GOAWAY, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 0]);
        } else if [2, 4].contains(&peer.requests) {
            peer.frame(RST_STREAM, 0, stream, &[0, 0, 0, 7]);
        } else {
            peer.answer(stream);
        }
        true
    });
    let outcome = twenty(address);
    assert_clean(&outcome);
    let tally = &outcome.overall.tally;
    assert_eq!((tally.sent, tally.succeeded), (20, 20));
    assert_eq!((outcome.connections_opened, connections.load(Ordering::SeqCst)), (2, 2));
}

#[test]
fn a_silent_target_costs_the_time_limit_and_its_connection() {
    let (silent, connections) = serve(&[], |peer, stream| {
        if peer.connection > 0 {
            peer.answer(stream);
        }
        true
    });
    let mut spec = spec(target(silent), rate(100.0, 0.6));
    spec.timeout_s = 0.2;
    let outcome = run(spec);
    let timeouts = outcome.overall.tally.errors()[&ErrorKind::Timeout];
    // Those until the first of them has timed out.
    assert!((10..=40).contains(&timeouts), "{timeouts}");
    assert_eq!(outcome.overall.tally.succeeded, 60 - timeouts);
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

#[test]
fn a_target_that_never_says_its_settings_is_not_established() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let outcome = twenty(listener.local_addr().unwrap());
    assert_all(&outcome, ErrorKind::ConnectTimeout, "");
    assert_eq!(outcome.overall.tally.sent, 0);
}

#[test]
fn floods_and_endless_bodies_are_bounded() {
    let (flood, _) = serve(&[], |peer, _| {
        // Until the client has had enough, and much longer than it may take.
        (0..300_000).for_each(|_| peer.frame(PING, 0, 0, &[0; 8]));
        false
    });
    let mut one = spec(target(flood), rate(10.0, 0.1));
    one.timeout_s = 20.0;
    one.drain_s = 20.0;
    let outcome = run(one);
    assert_eq!(outcome.overall.tally.errors(), only(ErrorKind::Http2Error, 1), "{:?}", outcome.first_errors);
    assert!(outcome.first_errors[&ErrorKind::Http2Error].contains("flood"));

    let (endless, _) = serve(&[], |peer, stream| {
        peer.frame(HEADERS, END_HEADERS, stream, b"\x88");
        for _ in 0..40 {
            peer.frame(DATA, 0, stream, &[0; 16_384]);
        }
        true
    });
    let mut limited = spec(target(endless), rate(100.0, 0.2));
    limited.limits.max_body_bytes = 100_000;
    let outcome = run(limited);
    assert_all(&outcome, ErrorKind::BodyTooLarge, "");
    assert_eq!(outcome.connections_opened, 1);
}

#[test]
fn the_first_failing_answer_keeps_its_head_though_no_step_wants_it() {
    let server = Nginx::start(
        "listen PORT http2; location / { add_header Retry-After 7 always; add_header Set-Cookie sid=1 always; \
         return 503 'too much'; }",
    );
    let outcome = run(spec(target(server.address), rate(50.0, 0.2)));
    assert_eq!(outcome.overall.tally.errors(), only(ErrorKind::UnexpectedStatus, 10));
    let [answer] = outcome.first_answers.as_slice() else { panic!("{:?}", outcome.first_answers) };
    assert_eq!((answer.status, answer.body.as_str()), (503, "too much"));
    assert!(answer.headers.contains("retry-after: 7\n"), "{}", answer.headers);
    assert!(
        answer.headers.contains("server: nginx") && !answer.headers.contains("sid"),
        "{}",
        answer.headers
    );
}
