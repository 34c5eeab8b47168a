//! Redirects that are followed, against servers that write down what they are asked.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/h2.rs"]
mod h2;

use std::sync::{Arc, Mutex};

use common::*;
use swarmlab_intervals::{ErrorKind, Outcome};
use swarmlab_loadgen::{
    Body, Check, Expect, HttpRequest, HttpVersion, LoadTarget, Scenario, Source, Step, UserClass, Wait,
};

type Log = Arc<Mutex<Vec<String>>>;

/// Writes down each request; `answer` gives status and headers, and the body is the path.
fn logging(answer: impl Fn(&Request) -> (String, String) + Send + Sync + 'static) -> (Server, Log) {
    let log = Log::default();
    let written = Arc::clone(&log);
    let server = Server::start(move |request, stream| {
        let cookie = request.header("cookie").map(|c| format!(" [{c}]")).unwrap_or_default();
        let auth = if request.header("authorization").is_some() { " +auth" } else { "" };
        let body = String::from_utf8(request.body.clone()).unwrap();
        written
            .lock()
            .unwrap()
            .push(format!("{} {}{cookie}{auth} {body}", request.method, request.path).trim().to_owned());
        let (status, fields) = answer(request);
        respond(stream, &status, &fields, format!("{{\"path\":\"{}\"}}", request.path).as_bytes());
        Then::Stay
    });
    (server, log)
}

fn to(status: &str, location: &str) -> (String, String) {
    (status.to_owned(), format!("Location: {location}\r\n"))
}

fn fine() -> (String, String) {
    ("200 OK".to_owned(), String::new())
}

fn step(method: &str, path: &str) -> HttpRequest {
    HttpRequest::new(method, template(path)).follow(3)
}

/// A user that does these steps once.
fn once(steps: Vec<Step>) -> Scenario {
    Scenario::journey("s", steps, Wait::Constant { s: 100.0 })
}

fn ran(server: &Server, scenario: Scenario) -> Outcome {
    run(spec(server.address, users(1.0, 0.3), scenario))
}

#[test]
fn the_last_answer_is_what_counts() {
    let (server, log) = logging(|request| match request.path.as_str() {
        "/a" => to("302 Found", "b/c?x=1"),
        "/b/c?x=1" => to("307 Temporary Redirect", "../d"),
        _ => fine(),
    });
    let follow = Step::http("s", step("GET", "/a").expect(Expect(vec![(200, 200)])))
        .extract("path", Source::JsonPointer("/path".into()))
        .check(Check::Json { pointer: "/path".into(), equals: "/d".into() });
    let after = Step::new("after", "GET", template("/next?from={{path}}"));
    let outcome = ran(&server, once(vec![follow, after]));
    assert_eq!(*log.lock().unwrap(), ["GET /a", "GET /b/c?x=1", "GET /d", "GET /next?from=/d"]);
    let tally = &outcome.endpoints[0].tally;
    // Each hop is a request of its own, by its own status.
    assert_eq!((tally.offered, tally.sent, tally.completed, tally.succeeded), (3, 3, 3, 3));
    let by_name = tally.statuses.by_name();
    assert_eq!((by_name["302"], by_name["307"], by_name["200"]), (1, 1, 1));
    assert_eq!((outcome.overall.tally.failed, outcome.iterations_completed), (0, 1));
    assert!(outcome.first_answers.is_empty(), "{:?}", outcome.first_answers);
}

#[test]
fn a_post_becomes_a_get_or_stays_what_it_is() {
    let (server, log) = logging(|request| match request.path.as_str() {
        "/see-other" => to("303 See Other", "/z"),
        "/found" => to("302 Found", "/z"),
        "/again" => to("308 Permanent Redirect", "/z"),
        _ => fine(),
    });
    let post = |path: &str| Step::http(path, step("POST", path).body(Body::Text(template("n={{random}}"))));
    ran(&server, once(vec![post("/see-other"), post("/found"), post("/again")]));
    let log = log.lock().unwrap();
    assert_eq!(log.len(), 6);
    assert_eq!((log[1].as_str(), log[3].as_str()), ("GET /z", "GET /z"));
    // The very same body, although it is another number each time.
    assert_eq!(log[5], log[4].replace("/again", "/z"));
}

#[test]
fn a_circle_ends_with_a_name() {
    let (server, log) = logging(|_| to("302 Found", "/round"));
    let outcome = ran(
        &server,
        once(vec![Step::http("s", step("GET", "/round")), Step::new("never", "GET", template("/n"))]),
    );
    assert_eq!(log.lock().unwrap().len(), 4, "one, and three redirects");
    assert_eq!(outcome.overall.tally.errors().get(&ErrorKind::TooManyRedirects), Some(&1));
    assert_eq!(outcome.overall.tally.succeeded, 3);
    let why = &outcome.first_errors[&ErrorKind::TooManyRedirects];
    assert!(why.contains("more than 3 redirects"), "{why}");
}

#[test]
fn other_hosts_are_not_followed_to_but_other_targets_are() {
    let (other, other_log) = logging(|_| fine());
    let there = format!("http://{}/there", other.address);
    let (server, log) = logging(move |request| match request.path.as_str() {
        "/other" => to("302 Found", &there),
        _ => to("302 Found", "https://elsewhere.example/x?token=secret"),
    });
    let request = step("GET", "/other").header("authorization", template("Bearer x"));
    let steps = vec![Step::http("known", request), Step::http("unknown", step("GET", "/away"))];
    let mut spec = spec(server.address, users(1.0, 0.3), once(steps));
    let host = other.address.to_string();
    spec.targets
        .push(LoadTarget { name: "other".to_owned(), ..LoadTarget::plain(vec![other.address], host) });
    let outcome = run(spec);
    assert_eq!(*other_log.lock().unwrap(), ["GET /there"], "without the credentials of the other origin");
    assert_eq!(*log.lock().unwrap(), ["GET /other +auth", "GET /away"]);
    assert_eq!(outcome.overall.tally.errors().get(&ErrorKind::RedirectRefused), Some(&1));
    let why = &outcome.first_errors[&ErrorKind::RedirectRefused];
    assert!(why.contains("elsewhere.example") && !why.contains("secret"), "{why}");
}

#[test]
fn cookies_of_a_redirect_are_kept() {
    let (server, log) = logging(|request| match request.path.as_str() {
        "/login" => {
            ("303 See Other".to_owned(), "Location: /home\r\nSet-Cookie: sid=7; Path=/\r\n".to_owned())
        }
        _ => fine(),
    });
    let mut scenario = once(vec![Step::http("login", step("POST", "/login"))]);
    scenario.classes = vec![UserClass { cookies: true, ..scenario.classes.remove(0) }];
    ran(&server, scenario);
    assert_eq!(*log.lock().unwrap(), ["POST /login", "GET /home [sid=7]"]);
}

#[test]
fn without_the_option_a_redirect_is_an_answer() {
    let (server, log) = logging(|_| to("302 Found", "/z"));
    let outcome = ran(&server, once(vec![Step::new("s", "GET", template("/a"))]));
    assert_eq!(*log.lock().unwrap(), ["GET /a"]);
    assert_eq!(outcome.overall.tally.succeeded, 1);
    assert_eq!(outcome.first_answers[0].location(), Some("/z"));
    // A redirect that names no place is one, too.
    let (server, log) = logging(|_| ("302 Found".to_owned(), String::new()));
    let outcome = ran(&server, once(vec![Step::http("s", step("GET", "/a"))]));
    assert_eq!((log.lock().unwrap().len(), outcome.overall.tally.succeeded), (1, 1));
}

#[test]
fn redirects_of_a_schedule_are_on_top_of_it() {
    let (server, _) = logging(|request| if request.path == "/a" { to("301 Moved", "/b") } else { fine() });
    let scenario = Scenario::journey("s", vec![Step::http("s", step("GET", "/a"))], Wait::default());
    let outcome = run(spec(server.address, rate(40.0, 1.0), scenario));
    assert_eq!((server.requests_of("/a"), server.requests_of("/b")), (40, 40));
    assert_eq!((outcome.offered, outcome.overall.tally.succeeded), (80, 80));
}

#[test]
fn over_http_2_they_take_another_stream() {
    let (address, connections) = h2::serve(&[], |peer, stream| {
        if peer.requests == 1 {
            // `:status` 302 and `location` /z, both literal (RFC 7541, section 6.2.2).
            let block = b"\x08\x03302\x0f\x1f\x02/z";
            peer.frame(h2::HEADERS, h2::END | h2::END_HEADERS, stream, block);
        } else {
            peer.answer(stream);
        }
        true
    });
    let mut spec = spec(address, users(1.0, 0.3), once(vec![Step::http("s", step("GET", "/a"))]));
    spec.targets[0].http = HttpVersion::Http2;
    let outcome = run(spec);
    let by_name = outcome.overall.tally.statuses.by_name();
    assert_eq!((by_name["302"], by_name["200"]), (1, 1), "{:?}", outcome.first_errors);
    assert_eq!(connections.load(std::sync::atomic::Ordering::SeqCst), 1);
}

#[test]
fn what_a_request_computes_is_computed_once_redirects_or_not() {
    let (server, log) = logging(|request| match request.path.split('?').next() {
        Some("/from") => to("302 Found", &request.path.replace("/from", "/to")),
        _ => fine(),
    });
    let steps = vec![
        Step::http("a", step("GET", "/from?n={{counter()}}")),
        Step::http("b", step("GET", "/from?n={{counter()}}")),
    ];
    let outcome = ran(&server, once(steps));
    assert_eq!(outcome.overall.tally.failed, 0, "{:?}", outcome.first_errors);
    assert_eq!(*log.lock().unwrap(), ["GET /from?n=0", "GET /to?n=0", "GET /from?n=1", "GET /to?n=1"]);
}
