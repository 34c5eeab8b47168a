//! What answers come to: cookies that come back, checks, GraphQL errors, bodies of all kinds.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::*;
use serde_json::{Value, json};
use swarmlab_intervals::{ErrorKind, Outcome};
use swarmlab_loadgen::{
    Body, Check, Feeder, FieldTest, GraphQl, HttpRequest, Order, Scenario, Source, Step, Table, Wait,
};

fn get(path: &str) -> Step {
    Step::new(path, "GET", template(path))
}

fn run_steps(server: &Server, steps: Vec<Step>, cookies: bool) -> Outcome {
    let mut scenario = Scenario::journey("s", steps, Wait::Constant { s: 0.01 });
    scenario.classes[0].cookies = cookies;
    run(spec(server.address, users(2.0, 0.2), scenario))
}

#[test]
fn cookies_come_back_to_who_set_them_as_long_as_they_last() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let written = Arc::clone(&seen);
    let server = Server::start(move |request, stream| {
        let cookie = request.header("cookie").unwrap_or("-").to_owned();
        written.lock().unwrap().push(format!("{} {cookie}", request.path));
        let fields = match request.path.split('?').next().unwrap() {
            "/login" => {
                let user = request.path.split_once("?u=").unwrap().1;
                format!("Set-Cookie: sid={user}; Path=/\r\nSet-Cookie: shop=1; Path=/shop\r\n")
            }
            "/logout" => "Set-Cookie: sid=; Path=/; Max-Age=0\r\n".to_owned(),
            _ => String::new(),
        };
        respond(stream, "200 OK", &fields, b"");
        Then::Stay
    });
    let steps = || {
        vec![
            get("/login?u={{user}}"),
            get("/a?{{user}}"),
            get("/shop/b?{{user}}"),
            get("/logout"),
            get("/end"),
        ]
    };
    let outcome = run_steps(&server, steps(), true);
    assert_eq!(outcome.overall.tally.errors(), [].into());
    let seen_now = std::mem::take(&mut *seen.lock().unwrap());
    let of =
        |start: &str| seen_now.iter().filter(|line| line.starts_with(start)).cloned().collect::<Vec<_>>();
    for user in ["0", "1"] {
        let (a, shop) = (format!("/a?{user} "), format!("/shop/b?{user} "));
        assert!(
            !of(&a).is_empty() && of(&a).iter().all(|line| *line == format!("{a}sid={user}")),
            "{seen_now:?}"
        );
        let expected = [format!("{shop}sid={user}; shop=1"), format!("{shop}shop=1; sid={user}")];
        assert!(of(&shop).iter().all(|line| expected.contains(line)), "{seen_now:?}");
    }
    assert!(of("/logout ").iter().all(|line| line.contains("sid=")), "{seen_now:?}");
    assert!(!of("/end ").is_empty() && of("/end ").iter().all(|line| line == "/end -"), "{seen_now:?}");
    // Who keeps none sends none.
    run_steps(&server, steps(), false);
    assert!(seen.lock().unwrap().iter().all(|line| line.ends_with(" -")));
}

#[test]
fn what_a_check_refuses_is_counted_by_name_and_ends_the_iteration() {
    let server = Server::start(|request, stream| {
        if request.path == "/slow" {
            std::thread::sleep(Duration::from_millis(30));
        }
        respond(stream, "200 OK", "Content-Type: application/json\r\n", b"{\"success\": false, \"n\": 3}");
        Then::Stay
    });
    let json = |pointer: &str, equals| Check::Json { pointer: pointer.into(), equals };
    let kind =
        Check::Header { name: "content-type".into(), test: FieldTest::Matches("^application/json".into()) };
    let good =
        get("/good").check(json("/n", json!(3))).check(kind).check(Check::BodyContains("success".into()));
    let good = good.check(Check::LatencyBelow { s: 5.0 });
    for (bad, error) in [
        (get("/bad").check(json("/success", json!(true))), ErrorKind::CheckFailed),
        (get("/slow").check(Check::LatencyBelow { s: 0.02 }), ErrorKind::TooSlow),
    ] {
        let outcome = run_steps(&server, vec![good.clone(), bad, get("/after")], false);
        let [good, bad, after] = [0, 1, 2].map(|index| &outcome.endpoints[index].tally);
        assert!(good.succeeded > 0 && good.failed == 0, "{good:?}");
        assert_eq!((bad.errors_of(error), bad.succeeded), (bad.completed, 0));
        assert_eq!((after.offered, outcome.iterations_completed), (0, 0));
    }
}

#[test]
fn graphql_errors_fail_though_the_status_is_200() {
    let server = Server::start(|request, stream| {
        let asked: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(request.header("content-type"), Some("application/json"));
        assert_eq!(asked["query"], "query Find($q: String!) { find(q: $q) { id } }");
        let body = match asked["variables"]["q"].as_str().unwrap() {
            "\"}{\"" => json!({"data": {"find": {"id": 7}}}),
            _ => json!({"errors": [{"message": "no"}], "data": null}),
        };
        respond(stream, "200 OK", "", body.to_string().as_bytes());
        Then::Stay
    });
    let table = Arc::new(Table::jsonl(b"{\"q\": \"\\\"}{\\\"\"}\n{\"q\": \"unknown\"}\n").unwrap());
    let find = |name: &str| {
        let operation = GraphQl {
            query: "query Find($q: String!) { find(q: $q) { id } }".into(),
            operation: Some("Find".into()),
            variables: Some(json!({"q": "{{f.q}}"})),
        };
        Step::graphql(name, template("/graphql"), operation)
            .extract("id", Source::JsonPointer("/data/find/id".into()))
    };
    let mut scenario = Scenario::journey("s", vec![find("find")], Wait::Constant { s: 0.01 });
    let (order, exhausted) = (Order::Sequential, Default::default());
    scenario.feeders = vec![Feeder { name: "f".into(), order, exhausted, table }];
    let outcome = run(spec(server.address, rate(100.0, 0.2), scenario));
    let tally = &outcome.overall.tally;
    assert_eq!((tally.completed, tally.succeeded), (20, 10));
    assert_eq!(tally.errors(), [(ErrorKind::GraphqlErrors, 10)].into());
    assert_eq!(tally.statuses.class(2), 20);
}

/// The prompts that should not work: empty, 5000 letters, emoji, control characters, quotes.
const ERROR_PROMPTS: &[u8] = include_bytes!("../../../loadshapes/scenarios/error-prompts.jsonl");

#[test]
fn any_text_of_a_feeder_arrives_as_it_is() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let written = Arc::clone(&seen);
    let server = Server::start(move |request, stream| {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        written.lock().unwrap().push(body["message"].as_str().unwrap().to_owned());
        assert_eq!(body["model"], "a");
        respond(stream, "200 OK", "", b"{\"response\": \"\"}");
        Then::Stay
    });
    let text = "{\"message\": \"{{errors.text}}\", \"model\": \"a\"}";
    let chat = HttpRequest::new("POST", template("/chat")).body(Body::Text(template(text)));
    let mut scenario = Scenario::journey("s", vec![Step::http("chat", chat)], Wait::default());
    let table = Arc::new(Table::jsonl(ERROR_PROMPTS).unwrap());
    let rows = table.rows();
    let (order, exhausted) = (Order::Sequential, Default::default());
    scenario.feeders = vec![Feeder { name: "errors".into(), order, exhausted, table: Arc::clone(&table) }];
    let outcome = run(spec(server.address, rate(rows as f64 * 10.0, 0.1), scenario));
    assert_eq!(outcome.overall.tally.errors(), [].into());
    let mut expected: Vec<&str> = (0..rows).map(|row| table.cell(row, 1)).collect();
    let mut seen = seen.lock().unwrap().clone();
    seen.sort();
    expected.sort_unstable();
    assert_eq!(seen, expected);
}

#[test]
fn bodies_are_sent_as_bytes_or_with_their_values() {
    let server = Server::start(|request, stream| {
        let ok = match request.path.as_str() {
            "/bytes" => request.body == [0, 255, b'{', b'{'],
            _ => {
                serde_json::from_slice::<Value>(&request.body).is_ok_and(|body| body == json!({"x": "a\"b"}))
            }
        };
        respond(stream, if ok { "200 OK" } else { "400 Bad" }, "X-Value: a\"b\r\n", b"");
        Then::Stay
    });
    let bytes = HttpRequest::new("PUT", template("/bytes")).body(Body::Bytes(vec![0, 255, b'{', b'{']));
    let text = HttpRequest::new("POST", template("/text")).body(Body::Text(template("{\"x\": \"{{x}}\"}")));
    let steps = vec![
        Step::http("bytes", bytes).extract("x", Source::Header("x-value".into())),
        Step::http("text", text),
    ];
    let outcome = run_steps(&server, steps, false);
    assert_eq!(outcome.overall.tally.errors(), [].into());
    assert!(outcome.iterations_completed > 0);
}
