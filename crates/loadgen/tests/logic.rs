//! Conditions, loops, computed values, batches and bodies as data, against a server that writes down what it is asked.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/h2.rs"]
mod h2;

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Barrier, Mutex};

use common::*;
use serde_json::json;
use swarmlab_intervals::ErrorKind;
use swarmlab_loadgen::{
    Body, Check, Condition, Group, HttpRequest, HttpVersion, LoadTarget, NodeTest, Part, PartContent, Repeat,
    Scenario, Source, Step, Test, Wait,
};

type Log = Arc<Mutex<Vec<String>>>;

/// Answers `/cart` with three items, `/job` with `done` from the third time on, and all else with nothing.
fn shop() -> (Server, Log) {
    let log = Log::default();
    let written = Arc::clone(&log);
    let server = Server::start(move |request, stream| {
        let mut log = written.lock().unwrap();
        log.push(request.path.clone());
        let jobs = log.iter().filter(|path| path.starts_with("/job")).count();
        drop(log);
        let body = match request.path.as_str() {
            path if path.starts_with("/cart") => {
                json!({ "items": [{ "id": "a b", "n": 1 }, { "id": "c", "n": 20 }, { "id": 7, "n": 30 }] })
            }
            path if path.starts_with("/job") => {
                json!({ "state": if jobs % 3 == 0 { "done" } else { "busy" } })
            }
            _ => json!({}),
        };
        respond(stream, "200 OK", "", body.to_string().as_bytes());
        Then::Stay
    });
    (server, log)
}

fn get(name: &str, path: &str) -> Step {
    Step::new(name, "GET", template(path))
}

fn journey(steps: Vec<Step>, wait_s: f64) -> Scenario {
    Scenario::journey("s", steps, Wait::Constant { s: wait_s })
}

fn path(path: &str, all: bool) -> Source {
    Source::JsonPath { path: path.into(), all }
}

/// Fetches a cart, then each dear item of it, then waits for a job, and says goodbye if there was something.
fn shopping() -> Vec<Step> {
    let cart = get("cart", "/cart?u={{user}}")
        .extract("ids", path("$.items[?@.n > 10].id", true))
        .extract("first", path("$.items[0].id", false))
        .check(Check::JsonPath {
            path: "$.items[*].n".into(),
            test: NodeTest::Within { least: Some(1.0), most: None },
        })
        .check(Check::JsonPath { path: "$.items".into(), test: NodeTest::Present })
        .check(Check::JsonPath { path: "$..id".into(), test: NodeTest::Count(3) });
    let each = Repeat::ForEach { variable: "id".into(), list: template("{{ids}}"), max: 10 };
    let items = Group::new(vec![get("item", "/item/{{id}}?of={{first|url}}")]).repeat(each);
    let done = Condition::Compare { value: template("{{state}}"), test: Test::Equals(template("done")) };
    let job = get("job", "/job?n={{iteration * 10 + 1}}").extract("state", path("$.state", false));
    let polling = Group::new(vec![job]).repeat(Repeat::Until { condition: done, max: 10 });
    let missing = get("bye", "/bye").extract("none", Source::JsonPointer("/none".into()));
    let mut missing = missing;
    missing.extract[0].optional = true;
    let never = Group::new(vec![get("never", "/never")]).when(Condition::Defined("none".into()));
    vec![
        cart,
        Step::group("items", items),
        Step::group("polling", polling),
        missing,
        Step::group("never", never),
    ]
}

#[test]
fn a_journey_follows_what_it_is_answered() {
    let (server, log) = shop();
    let outcome = run(spec(server.address, users(1.0, 0.5), journey(shopping(), 0.02)));
    assert_eq!(outcome.overall.tally.errors(), [].into());
    assert_eq!(outcome.overall.tally.sent, server.requests());
    let log = log.lock().unwrap();
    let first: Vec<&str> = log.iter().take(7).map(String::as_str).collect();
    let expected =
        ["/cart?u=0", "/item/c?of=a%20b", "/item/7?of=a%20b", "/job?n=1", "/job?n=1", "/job?n=1", "/bye"];
    assert_eq!(first, expected);
    assert_eq!(log[10], "/job?n=11");
    assert!(outcome.iterations_completed > 5);
    assert_eq!(outcome.iterations_completed, server.requests_of("/bye"));
    assert_eq!(server.requests_of("/never"), 0);
}

#[test]
fn sessions_of_the_open_model_follow_it_too() {
    let (server, log) = shop();
    let outcome = run(spec(server.address, rate(200.0, 0.5), journey(shopping(), 0.0)));
    assert_eq!(outcome.overall.tally.errors(), [].into());
    // Each arrival is a request, whatever the sessions are at.
    assert_eq!((outcome.overall.tally.sent, outcome.offered), (100, 100));
    assert!(log.lock().unwrap().iter().any(|path| path.starts_with("/item/c")));
}

#[test]
fn a_batch_is_under_way_all_at_once() {
    // Each answer waits until four requests are there: one after the other they would wait for ever.
    let barrier = Arc::new(Barrier::new(4));
    let server = Server::start(move |request, stream| {
        if request.path.starts_with("/part") {
            barrier.wait();
        }
        respond(stream, "200 OK", "", b"");
        Then::Stay
    });
    let parts = (0..4).map(|n| get("part", &format!("/part/{n}"))).collect();
    let steps = vec![get("page", "/"), Step::batch("parts", 4, parts), get("end", "/end")];
    let outcome = run(spec(server.address, users(1.0, 0.5), journey(steps, 0.01)));
    assert_eq!(outcome.overall.tally.errors(), [].into());
    assert_eq!(outcome.overall.tally.sent, server.requests());
    let counts: BTreeSet<u64> = (0..4).map(|n| server.requests_of(&format!("/part/{n}"))).collect();
    // The load may end behind a batch.
    let batches = counts.first().copied().unwrap();
    assert!(counts.len() == 1 && batches > 3 && batches - outcome.iterations_completed <= 1, "{counts:?}");
    assert_eq!(server.requests_of("/end"), outcome.iterations_completed);
    // The connections are used again.
    assert_eq!(server.counts.connections.load(Ordering::SeqCst), 4);
}

#[test]
fn a_batch_shares_a_connection_of_http2() {
    // A page, then four streams that are answered when all of them are there; one of them is refused first.
    let waiting = Mutex::new((Vec::new(), 0_u64, false));
    let (address, connections) = h2::serve(&[], move |peer, stream| {
        let (streams, seen, has_refused) = &mut *waiting.lock().unwrap();
        if *seen == 2 && !*has_refused {
            *has_refused = true;
            peer.frame(h2::RST_STREAM, 0, stream, &[0, 0, 0, 7]);
            return true;
        }
        *seen += 1;
        if *seen % 5 == 1 {
            peer.answer(stream);
            return true;
        }
        streams.push(stream);
        if streams.len() == 4 {
            streams.drain(..).for_each(|stream| peer.answer(stream));
        }
        true
    });
    let parts = (0..4).map(|n| get("part", &format!("/part/{n}?k={{{{counter()}}}}"))).collect();
    let steps = vec![get("page", "/"), Step::batch("parts", 4, parts)];
    let mut spec = spec("127.0.0.1:1".parse().unwrap(), users(1.0, 0.4), journey(steps, 0.01));
    spec.targets = vec![LoadTarget::plain(vec![address], "test.example")];
    spec.targets[0].http = HttpVersion::Http2;
    let outcome = run(spec);
    assert_eq!(outcome.overall.tally.errors(), [].into(), "{:?}", outcome.first_errors);
    assert!(outcome.iterations_completed > 3, "{}", outcome.iterations_completed);
    // The load may end behind a page.
    assert!(outcome.overall.tally.sent - 5 * outcome.iterations_completed <= 1);
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[test]
fn an_arrival_of_the_open_model_is_a_whole_batch() {
    let server = Server::plain();
    let parts = (0..5).map(|n| get("part", &format!("/part/{n}"))).collect();
    let steps = vec![Step::batch("parts", 3, parts)];
    let outcome = run(spec(server.address, rate(100.0, 0.5), journey(steps, 0.0)));
    assert_eq!(outcome.overall.tally.errors(), [].into());
    assert_eq!((outcome.offered, outcome.overall.tally.sent, server.requests()), (250, 250, 250));
    assert_eq!(outcome.iterations_completed, 50);
}

#[test]
fn a_batch_with_a_failure_ends_the_iteration_after_all_of_it() {
    let server = Server::start(|request, stream| {
        let status = if request.path == "/part/1" { "500 No" } else { "200 OK" };
        respond(stream, status, "", b"");
        Then::Stay
    });
    let parts = (0..6).map(|n| get("part", &format!("/part/{n}"))).collect();
    let steps = vec![Step::batch("parts", 2, parts), get("end", "/end")];
    let outcome = run(spec(server.address, users(2.0, 0.3), journey(steps, 0.05)));
    let failed = outcome.overall.tally.errors()[&ErrorKind::UnexpectedStatus];
    assert_eq!(failed, server.requests_of("/part/5"));
    assert_eq!((server.requests_of("/end"), outcome.iterations_completed), (0, 0));
}

#[test]
fn a_batch_ends_with_the_load() {
    for stop in [true, false] {
        let server = Server::plain();
        let parts = (0..40).map(|n| get("part", &format!("/part/{n}"))).collect();
        let mut spec =
            spec(server.address, users(4.0, 60.0), journey(vec![Step::batch("parts", 6, parts)], 0.0));
        spec.limits.max_connections = 5;
        let handle = swarmlab_loadgen::start(spec).unwrap();
        while server.requests() < 200 {
            std::thread::yield_now();
        }
        if stop {
            handle.stop()
        } else {
            handle.abort()
        }
        finish(handle, 0.25);
    }
}

#[test]
fn what_cannot_be_computed_is_a_named_error_that_is_never_sent() {
    let (server, _) = shop();
    let cart = get("cart", "/cart").extract("id", path("$.items[0].id", false));
    for (steps, sent) in [
        (vec![cart.clone(), get("next", "/next/{{id + 1}}")], 1),
        (
            vec![
                cart.clone(),
                Step::set("n", template("{{1 / (length(id) - 3)}}")),
                get("next", "/next/{{n}}"),
            ],
            1,
        ),
    ] {
        for model in [users(1.0, 0.3), rate(50.0, 0.3)] {
            let before = server.requests();
            let outcome = run(spec(server.address, model, journey(steps.clone(), 0.0)));
            let failed = outcome.overall.tally.errors()[&ErrorKind::EvaluationFailed];
            assert!(failed > 0 && outcome.overall.tally.errors().len() == 1);
            assert!(server.requests() - before >= sent && outcome.iterations_completed == 0);
            assert_eq!(server.requests_of("/next"), 0);
            let text = &outcome.first_errors[&ErrorKind::EvaluationFailed];
            assert!(text.starts_with("next: "), "{text}");
            assert!(text.contains("is no number") || text.contains("1 / 0 has no finite result"), "{text}");
        }
    }
}

#[test]
fn the_same_seed_sends_the_same_requests() {
    let asked = |seed| {
        let (server, log) = shop();
        let text = "/x?i={{uuid()}}&n={{random_int(1, 9)}}&c={{choice('a', 'b')}}&k={{counter()}}&s={{random_string(4)}}";
        let twice = Group::new(vec![get("x", text)]).repeat(Repeat::Times(template("{{random_int(0, 3)}}")));
        let mut spec = spec(
            server.address,
            users(1.0, 0.3),
            journey(vec![Step::group("g", twice), get("y", "/y")], 0.0),
        );
        spec.seed = seed;
        run(spec);
        let mut log = log.lock().unwrap().clone();
        log.truncate(50);
        log
    };
    let first = asked(7);
    assert!(first.len() == 50 && first.iter().any(|path| path.contains("&k=5&")), "{first:?}");
    assert_eq!(first, asked(7));
    assert_ne!(first, asked(8));
}

#[test]
fn bodies_are_written_as_their_kinds_demand() {
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let written = Arc::clone(&bodies);
    let server = Server::start(move |request, stream| {
        let kind = request.header("content-type").unwrap_or_default().to_owned();
        written.lock().unwrap().push((kind, String::from_utf8(request.body.clone()).unwrap()));
        respond(stream, "200 OK", "", b"{\"v\":\"a\\\"b&c\"}");
        Then::Stay
    });
    let post = |name: &str, body| Step::http(name, HttpRequest::new("POST", template("/")).body(body));
    let value =
        json!({ "v": "{{v}}", "n": "{{1 + 1|raw}}", "k": "{{concat(v, \"!\")}}", "list": [1, true, null] });
    let parts = vec![
        Part {
            name: "a\"b".into(),
            file_name: None,
            content_type: None,
            content: PartContent::Text(template("{{v}}")),
        },
        Part {
            name: "f".into(),
            file_name: Some("x.txt".into()),
            content_type: Some("text/plain".into()),
            content: PartContent::Bytes(b"----swarmlab-form-0000000000000000".to_vec()),
        },
    ];
    let steps = vec![
        get("first", "/").extract("v", Source::JsonPointer("/v".into())),
        post("json", Body::Json(value)),
        post(
            "form",
            Body::Form(vec![("a b".into(), template("x&{{v}}")), ("c".into(), template("{{2 * 3}}"))]),
        ),
        post("multipart", Body::Multipart(parts)),
    ];
    let handle =
        swarmlab_loadgen::start(spec(server.address, users(1.0, 60.0), journey(steps, 60.0))).unwrap();
    while bodies.lock().unwrap().len() < 4 {
        std::thread::yield_now();
    }
    handle.stop();
    finish(handle, 0.25);
    let bodies = bodies.lock().unwrap();
    let sent: serde_json::Value = serde_json::from_str(&bodies[1].1).unwrap();
    assert_eq!(sent, json!({ "v": "a\"b&c", "n": 2, "k": "a\"b&c!", "list": [1, true, null] }));
    assert_eq!(bodies[1].0, "application/json");
    assert_eq!(bodies[2], ("application/x-www-form-urlencoded".into(), "a%20b=x%26a%22b%26c&c=6".into()));
    let boundary = bodies[3].0.strip_prefix("multipart/form-data; boundary=").unwrap();
    let expected = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"a%22b\"\r\n\r\na\"b&c\r\n--{boundary}\r\n\
         Content-Disposition: form-data; name=\"f\"; filename=\"x.txt\"\r\nContent-Type: text/plain\r\n\r\n\
         ----swarmlab-form-0000000000000000\r\n--{boundary}--\r\n"
    );
    assert_eq!(bodies[3].1, expected);
}

#[test]
fn an_arrival_whose_session_sends_nothing_has_failed() {
    let server = Server::plain();
    let never = Condition::Compare { value: template("{{user}}"), test: Test::Equals(template("nobody")) };
    let steps = vec![Step::group("never", Group::new(vec![get("secret", "/secret")]).when(never))];
    let outcome = run(spec(server.address, rate(20.0, 0.2), journey(steps, 0.0)));
    assert_eq!(outcome.overall.tally.errors(), [(ErrorKind::EvaluationFailed, 4)].into());
    assert_eq!((outcome.overall.tally.offered, outcome.overall.tally.sent, server.requests()), (4, 0, 0));
    let why = &outcome.first_errors[&ErrorKind::EvaluationFailed];
    assert_eq!(why, "secret: 1000 iterations in a row without a request, though an arrival needs one");
}
