//! One iteration, looked at.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/ws.rs"]
mod ws;

use common::*;
use swarmlab_intervals::ErrorKind;
use swarmlab_loadgen::debug::{Chosen, Debugged, Exchange, debug};
use swarmlab_loadgen::{
    Body, Check, FieldTest, HttpRequest, LoadSpec, NodeTest, Scenario, Source, Step, Task, UserClass, Wait,
    WebsocketAction, WebsocketMessage,
};

fn server() -> Server {
    Server::start(|request, stream| {
        let (status, fields, body) = match request.path.as_str() {
            "/login" => {
                ("200 OK", "Set-Cookie: sid=abc\r\nX-Kind: j\r\n", "{\"token\":\"t-secret\",\"id\":7}")
            }
            "/moved" => ("302 Found", "Location: /item?id=7\r\n", ""),
            path if path.starts_with("/item") => ("200 OK", "", "{\"name\":\"spade\"}"),
            _ => ("503 Service Unavailable", "Retry-After: 3\r\n", "{\"why\":\"busy\"}"),
        };
        respond(stream, status, fields, body.as_bytes());
        Then::Stay
    })
}

fn scenario() -> Scenario {
    let body = Body::Text(template("{\"user\":\"u\",\"password\":\"p-secret\"}"));
    let login = Step::http("login", HttpRequest::new("POST", template("/login")).body(body))
        .extract("token", Source::JsonPointer("/token".into()))
        .extract("id", Source::JsonPointer("/id".into()));
    let request = HttpRequest::new("GET", template("/item?id={{id}}"));
    let item = Step {
        probability: 0.001,
        ..Step::http("item", request.header("authorization", template("Bearer {{token}}")))
    }
    .check(Check::Json { pointer: "/name".into(), equals: "rake".into() })
    .check(Check::BodyContains("spade".into()));
    let moved = Step::http("moved", HttpRequest::new("GET", template("/moved")).follow(2));
    let busy = Step::new("busy", "GET", template("/busy"));
    let bye = Step::new("bye", "GET", template("/item?bye"));
    let tasks = vec![Task::new("shop", vec![item]), Task::new("go", vec![moved, busy])];
    let class = UserClass { on_start: vec![login], on_stop: vec![bye], ..UserClass::new("visitor", tasks) };
    Scenario { classes: vec![class], ..Scenario::journey("s", vec![], Wait::default()) }
}

fn look(spec: &LoadSpec, chosen: &Chosen) -> (Vec<Exchange>, Debugged) {
    let mut seen = Vec::new();
    let sum = debug(spec, chosen, &mut |exchange| seen.push(exchange.clone())).unwrap();
    (seen, sum)
}

#[test]
fn each_task_is_done_once_and_all_of_it_is_told() {
    let server = server();
    let spec = spec(server.address, users(50.0, 60.0), scenario());
    let (seen, sum) = look(&spec, &Chosen::default());
    let steps: Vec<(&str, &str)> = seen.iter().map(|e| (e.task.as_str(), e.step.as_str())).collect();
    let shop = [("shop", "login"), ("shop", "item"), ("shop", "bye")];
    let go = [("go", "login"), ("go", "moved"), ("go", "moved"), ("go", "busy"), ("go", "bye")];
    assert_eq!(steps, [&shop[..], &go[..]].concat());
    assert_eq!((sum.chosen, sum.tasks), (2, 2));
    assert_eq!((sum.exchanges, sum.answered, server.requests()), (8, 8, 8));
    assert_eq!(sum.errors, [(ErrorKind::UnexpectedStatus, 1), (ErrorKind::CheckFailed, 1)].into());

    let login = &seen[0];
    let request = login.request.as_ref().unwrap();
    assert!(request.head.starts_with("POST /login HTTP/1.1\nHost: test.example\n"), "{}", request.head);
    assert_eq!(request.body, "{\"user\":\"u\",\"password\":\"***\"}");
    let answer = login.answer.as_ref().unwrap();
    assert_eq!((answer.status, answer.is_expected), (200, true));
    assert!(
        answer.headers.contains("x-kind: j\n") && answer.headers.contains("set-cookie: ***\n"),
        "{}",
        answer.headers
    );
    assert_eq!(answer.body, "{\"token\":\"***\",\"id\":7}");
    let values: Vec<_> = login.extracted.iter().map(|e| (e.variable.as_str(), e.value.as_deref())).collect();
    assert_eq!(values, [("token", Some("***")), ("id", Some("7"))]);

    let item = &seen[1];
    assert!(item.request.as_ref().unwrap().head.contains("authorization: ***"));
    assert_eq!(item.error, Some(ErrorKind::CheckFailed));
    let checks: Vec<_> =
        item.checks.iter().map(|c| (c.check.as_str(), c.holds, c.found.as_deref())).collect();
    let expected = [
        ("the status is 200 to 399", true, Some("200")),
        ("/name equals \"rake\"", false, Some("\"spade\"")),
        ("the body contains \"spade\"", true, None),
    ];
    assert_eq!(checks, expected);

    assert_eq!((seen[4].redirects, seen[5].redirects), (0, 1));
    assert_eq!(seen[4].answer.as_ref().unwrap().status, 302);
    assert!(seen[5].request.as_ref().unwrap().head.starts_with("GET /item?id=7 "));
    let busy = &seen[6];
    assert_eq!((busy.error, busy.redirects), (Some(ErrorKind::UnexpectedStatus), 0));
    assert!(busy.answer.as_ref().unwrap().headers.contains("retry-after: 3"));
    let checks: Vec<_> = busy.checks.iter().map(|c| (c.holds, c.found.as_deref())).collect();
    assert_eq!(checks, [(false, Some("503"))]);
    assert!(seen.iter().all(|e| e.address.as_deref() == Some(&server.address.to_string())), "{seen:?}");
    let all = serde_json::to_string(&seen).unwrap();
    assert!(!all.contains("t-secret") && !all.contains("p-secret") && !all.contains("sid=abc"), "{all}");
}

#[test]
fn each_check_that_fails_says_what_it_found_and_no_secret() {
    let server = server();
    let json = |pointer: &str| Check::Json { pointer: pointer.into(), equals: "x".into() };
    let path = |path: &str, test| Check::JsonPath { path: path.into(), test };
    let login = Step::http("login", HttpRequest::new("GET", template("/login")))
        .check(json("/token"))
        .check(json("/nowhere"))
        .check(path("$.id", NodeTest::Within { least: Some(8.0), most: None }))
        .check(path("$['token']", NodeTest::Matches("^x$".into())))
        .check(path("$.items[*]", NodeTest::Present))
        .check(path("$.*", NodeTest::Count(7)))
        .check(Check::Header { name: "x-kind".into(), test: FieldTest::Equals("k".into()) })
        .check(Check::Header { name: "x-other".into(), test: FieldTest::Present })
        .check(Check::BodyContains("spade".into()))
        .check(Check::BodyMatches("^[0-9]+$".into()));
    let scenario = Scenario::journey("s", vec![login], Wait::default());
    let (seen, _) = look(&spec(server.address, users(1.0, 1.0), scenario), &Chosen::default());
    let found: Vec<_> = seen[0].checks.iter().map(|c| (c.holds, c.found.as_deref())).collect();
    let body = Some("{\"token\":\"***\",\"id\":7}");
    assert_eq!(found[0], (true, Some("200")));
    let expected = [
        Some("***"),
        None,
        Some("7"),
        Some("***"),
        Some("nothing"),
        // Selected without its name.
        Some("***, 7"),
        Some("j"),
        None,
        body,
        body,
    ];
    assert_eq!(found[1..], expected.map(|found| (false, found)));
}

/// However a secret is taken from an answer, and whatever the variable is called.
#[test]
fn a_secret_that_is_extracted_or_expected_is_not_shown() {
    let server = server();
    let path = |path: &str, all| Source::JsonPath { path: path.into(), all };
    let login = Step::http("login", HttpRequest::new("GET", template("/login")))
        .extract("a", path("$.*", false))
        .extract("b", path("$.*", true))
        .extract("c", Source::regex(r"t-\w+"))
        .extract("d", Source::regex("\"token\":\"([^\"]+)\""))
        .extract("e", path("$", false))
        .extract("f", Source::regex("\"id\":([0-9]+)"))
        .extract("g", Source::Header("x-kind".into()))
        .check(Check::Json { pointer: "/token".into(), equals: "t-secret".into() })
        .check(Check::JsonPath { path: "$.token".into(), test: NodeTest::Matches("^t-secret$".into()) })
        .check(Check::BodyContains("\"token\":\"t-secret\"".into()))
        .check(Check::Header { name: "x-session".into(), test: FieldTest::Equals("t-secret".into()) });
    let scenario = Scenario::journey("s", vec![login], Wait::default());
    let (seen, _) = look(&spec(server.address, users(1.0, 1.0), scenario), &Chosen::default());
    let values: Vec<_> = seen[0].extracted.iter().map(|e| e.value.as_deref().unwrap()).collect();
    let tree = "{\"token\":\"***\",\"id\":7}";
    assert_eq!(values[..4], ["***"; 4]);
    assert!(values[4].contains("\"***\"") && values[4].len() == tree.len(), "{}", values[4]);
    assert_eq!(values[5..], ["7", "j"]);
    let checks: Vec<&str> = seen[0].checks.iter().skip(1).map(|c| c.check.as_str()).collect();
    let expected = [
        "/token equals ***",
        "$.token matches ***",
        "the body contains \"\\\"token\\\":\\\"***\\\"\"",
        "header x-session equals ***",
    ];
    assert_eq!(checks, expected);
    assert!(seen[0].checks.iter().take(4).all(|check| check.holds), "what is not shown is judged");
    assert!(!serde_json::to_string(&seen).unwrap().contains("t-secret"));
}

#[test]
fn one_task_can_be_chosen_and_what_fails_before_is_told() {
    let server = server();
    let mut spec = spec(server.address, users(1.0, 1.0), scenario());
    let chosen = Chosen { class: Some("visitor".to_owned()), task: Some("go".to_owned()) };
    assert_eq!(look(&spec, &chosen).0.len(), 5);
    let nobody = Chosen { class: Some("nobody".to_owned()), task: None };
    assert_eq!(look(&spec, &nobody).1.chosen, 0);
    drop(server);
    // A port that nobody listens on.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    spec.targets[0].endpoint = swarmlab_loadgen::Endpoint::Addresses(vec![address]);
    let (seen, sum) = look(&spec, &chosen);
    assert_eq!((sum.answered, seen.len()), (0, 1));
    // The user never came to its task.
    assert_eq!((sum.chosen, sum.tasks), (1, 0));
    assert_eq!((seen[0].step.as_str(), seen[0].error), ("login", Some(ErrorKind::ConnectRefused)));
    assert_eq!((seen[0].request.is_none(), seen[0].answer.is_none()), (true, true));
}

#[test]
fn what_fails_before_its_request_is_told_with_the_reason() {
    let server = server();
    let computed = Step::set("n", template("{{1 / user}}"));
    let steps = vec![computed, Step::new("buy", "GET", template("/item?n={{n}}"))];
    let (seen, sum) = look(
        &spec(server.address, users(1.0, 1.0), Scenario::journey("s", steps, Wait::default())),
        &Chosen::default(),
    );
    assert_eq!((seen.len(), sum.chosen, sum.tasks, server.requests()), (1, 1, 1, 0));
    assert_eq!((seen[0].step.as_str(), seen[0].error), ("buy", Some(ErrorKind::EvaluationFailed)));
    assert!(seen[0].request.is_none() && seen[0].answer.is_none());
    assert!(seen[0].why.as_ref().is_some_and(|why| why.starts_with("buy: ")), "{:?}", seen[0].why);
}

#[test]
fn what_is_sent_on_a_websocket_is_shown() {
    let (address, _) = ws::serve(|peer| {
        peer.accept("");
        peer.echo();
    });
    let connect = WebsocketAction::Connect { path: template("/ws"), protocols: vec![], headers: vec![] };
    let message = WebsocketMessage::Text(template("{\"n\":{{iteration}},\"password\":\"p-secret\"}"));
    let steps = vec![
        Step::websocket("connect", "", connect),
        Step::websocket("send", "", WebsocketAction::Send { message, awaits: Some(vec![]) }),
        Step::websocket("close", "", WebsocketAction::Close { code: 1000, reason: "done".into() }),
    ];
    let (seen, sum) = look(
        &spec(address, users(1.0, 1.0), Scenario::journey("s", steps, Wait::default())),
        &Chosen::default(),
    );
    assert_eq!((seen.len(), sum.errors), (3, [].into()));
    let sent: Vec<_> = seen.iter().map(|exchange| exchange.request.as_ref().unwrap()).collect();
    assert!(sent[0].head.starts_with("GET /ws HTTP/1.1\nHost: test.example\n"), "{}", sent[0].head);
    assert!(sent[0].head.contains("Upgrade: websocket"), "{}", sent[0].head);
    let shown = |n: usize| (sent[n].head.as_str(), sent[n].body.as_str());
    assert_eq!(shown(1), ("TEXT", "{\"n\":0,\"password\":\"***\"}"));
    assert_eq!(shown(2), ("CLOSE 1000 done", ""));
    assert_eq!(seen[1].answer.as_ref().unwrap().body, "{\"n\":0,\"password\":\"***\"}");
}

#[test]
fn messages_that_a_step_does_not_wait_for_are_shown() {
    let (address, _) = ws::serve(|peer| {
        peer.accept("");
        peer.echo();
    });
    let connect = WebsocketAction::Connect { path: template("/ws"), protocols: vec![], headers: vec![] };
    let send = |text: &str, awaits| WebsocketAction::Send {
        message: WebsocketMessage::Text(template(text)),
        awaits,
    };
    let wanted = Check::BodyContains("second".into());
    let steps = vec![
        Step::websocket("connect", "", connect),
        Step::websocket("first", "", send("first token=abc", None)),
        Step::websocket("second", "", send("second", None)),
        Step::websocket("await", "", WebsocketAction::Await(vec![wanted])),
    ];
    let scenario = Scenario::journey("s", steps, Wait::default());
    let (seen, sum) = look(&spec(address, users(1.0, 1.0), scenario), &Chosen::default());
    assert_eq!((seen.len(), sum.errors), (4, [].into()));
    assert_eq!(seen[3].passed_over, ["first token=***"]);
    assert_eq!(seen[3].answer.as_ref().unwrap().body, "second");
}
