#![allow(clippy::unwrap_used)]
use std::path::PathBuf;

use swarmlab_loadgen::{
    Action, Body, Check, ContentCoding, Exhausted, FieldTest, Order, Source, Wait, WebsocketAction,
    WebsocketMessage,
};

use super::*;

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../loadshapes/scenarios")
}

pub(super) fn parsed(text: &str) -> Result<Scenario, String> {
    // As if it stood beside the shipped ones, for their feeders.
    FileKind::Scenario
        .parse(&shipped().join("test.yml"), text, element)
        .map(|(scenario, _)| scenario)
        .map_err(|findings| findings.to_string())
}

pub(super) fn good(text: &str) -> Scenario {
    parsed(text).unwrap_or_else(|findings| panic!("{findings}"))
}

/// The findings, which must be of this number and hold these texts.
pub(super) fn bad(text: &str, expected: &[&str]) -> String {
    let findings = parsed(text).unwrap_err();
    for part in expected {
        assert!(findings.contains(part), "no {part:?} in\n{findings}");
    }
    assert_eq!(findings.matches("error[").count(), expected.len(), "{findings}");
    findings
}

#[test]
fn a_load_shape_given_as_a_scenario_is_one_finding() {
    bad(
        "shape: sine\nmin: 0\nmax: 100\nperiod: 60s\nduration: 300s\n",
        &["this is a load shape, not a scenario"],
    );
}

#[test]
fn every_shipped_scenario_can_be_run() {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(shipped()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "yml") {
            let scenario = read(&path).unwrap_or_else(|findings| panic!("{findings}"));
            assert!(
                scenario
                    .targets()
                    .iter()
                    .all(|target| ["app", "agent", "cart", "chat", "redis"].contains(target))
            );
            names.push(scenario.name);
        }
    }
    names.sort();
    let expected = [
        "ai-agent",
        "basic",
        "chat-ab",
        "exercise-journey",
        "graphql",
        "grpc",
        "logic",
        "passive-load",
        "redis",
        "repair-ab",
        "target-app",
        "websocket",
    ];
    assert_eq!(names, expected);
}

#[test]
fn the_users_of_the_agent_are_as_they_were_described() {
    let scenario = read(&shipped().join("ai-agent.yml")).unwrap();
    let names: Vec<&str> = scenario.classes.iter().map(|class| class.name.as_str()).collect();
    let expected =
        ["TargetAppUser", "ModelAUser", "ModelBUser", "ChatModelAUser", "ChatModelBUser", "PassiveLoadUser"];
    assert_eq!(names, expected);
    let weights =
        |class: usize| scenario.classes[class].tasks.iter().map(|task| task.weight).collect::<Vec<_>>();
    assert_eq!(weights(0), [3.0, 2.0, 2.0, 1.0, 1.0]);
    assert_eq!(scenario.classes[0].wait, Wait::Between { min_s: 1.0, max_s: 3.0 });
    assert_eq!(scenario.classes[1].wait, Wait::Pacing { s: 30.0 });
    let repair = &scenario.classes[2].tasks[0].steps[1];
    assert_eq!((repair.probability, repair.timeout_s), (0.2, Some(120.0)));
    assert_eq!(repair.checks, [Check::Json { pointer: "/success".into(), equals: true.into() }]);
    assert_eq!((repair.target.as_deref(), repair.name.as_str()), (Some("agent"), "repair (model b)"));
    assert_eq!(weights(5), [40.0, 50.0, 10.0]);
    let rows = |name: &str| scenario.feeders.iter().find(|f| f.name == name).unwrap().table.rows();
    assert_eq!(["tools", "simple", "errors", "messages"].map(rows), [15, 16, 8, 5]);
    let errors = &scenario.feeders.iter().find(|f| f.name == "errors").unwrap().table;
    let texts: Vec<&str> = (0..8).map(|row| errors.cell(row, 1)).collect();
    assert!(texts.contains(&"") && texts.iter().any(|text| text.chars().count() == 5000));
    assert!(
        texts.iter().any(|text| text.contains('\u{1F525}')) && texts.iter().any(|text| text.contains('\0'))
    );
}

#[test]
fn steps_alone_are_one_class_with_one_task() {
    let scenario = good("name: n\nwait: { pacing: 2s }\nsteps:\n  - { name: a, request: GET /a }\n");
    assert_eq!(scenario.classes.len(), 1);
    let class = &scenario.classes[0];
    assert_eq!((class.wait, class.cookies, class.tasks.len()), (Wait::Pacing { s: 2.0 }, false, 1));
}

#[test]
fn every_key_has_its_meaning() {
    let scenario = good(
        r##"
name: n
cookies: true
target: t
wait: { constant_throughput: 0.5 }
feeders: { p: { file: products.csv, order: unique, exhausted: stop } }
variants: { v: { x: 1, y: 3 } }
classes:
  - name: c
    weight: 2.5
    wait: { constant_pacing: 10s }
    on_start: [{ request: "GET /in/{{v}}" }]
    tasks:
      - { request: "GET /{{p.id}}", weight: 4, probability: 0.5, timeout: 2s }
      - name: long
        target: u
        steps:
          - name: s
            target: w
            request: POST /s
            body_file: products.csv
            accept_encoding: [gzip, deflate]
            expect: [200, 4xx]
            extract:
              a: { json: /a }
              b: { cookie: sid }
              c: { regex: "x(.)y" }
              d: { regex: "x(.)y", group: 0 }
            check:
              headers: { a: present, b: { equals: "1" }, c: { matches: ^x } }
              contains: [one, two]
              matches: three
              json: { /n: 3, /l: [1, { k: null }] }
              latency: 250ms
          - { graphql: { query: "{a}", variables: { n: 1, s: "{{a}}" } } }
    on_stop: [{ publish: { channel: c, message: "{{v}}" } }]
  - { name: d, cookies: false, target: z, steps: [{ request: GET /d, body_template: chat-messages.csv }] }
"##,
    );
    let [c, d] = &scenario.classes[..] else { panic!("{scenario:?}") };
    assert_eq!((c.weight, c.wait, c.cookies), (2.5, Wait::Pacing { s: 10.0 }, true));
    assert_eq!((d.weight, d.wait, d.cookies), (1.0, Wait::ConstantThroughput { per_s: 0.5 }, false));
    let targets: Vec<_> = scenario.steps().map(|step| step.target.as_deref().unwrap()).collect();
    assert_eq!(targets, ["t", "t", "w", "u", "t", "z"]);
    let names: Vec<_> = scenario.steps().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["GET /in/{{v}}", "GET /{{p.id}}", "s", "graphql", "publish", "GET /d"]);
    assert_eq!((c.tasks[0].weight, c.tasks[0].steps[0].probability), (4.0, 0.5));
    let feeder = &scenario.feeders[0];
    assert_eq!((feeder.order, feeder.exhausted, feeder.table.rows()), (Order::Unique, Exhausted::Stop, 10));
    assert_eq!(scenario.variants.as_ref().unwrap().choices, [("x".into(), 1.0), ("y".into(), 3.0)]);
    let step = &c.tasks[1].steps[0];
    let Action::Http(request) = &step.action else { panic!("{step:?}") };
    assert!(matches!(&request.body, Some(Body::Bytes(bytes)) if bytes.starts_with(b"id,quantity")));
    assert_eq!(request.accept_encoding, [ContentCoding::Gzip, ContentCoding::Deflate]);
    assert_eq!(request.expect.0, [(200, 200), (400, 499)]);
    let regex = |group| Source::Regex { pattern: "x(.)y".into(), group };
    let sources: Vec<_> = step.extract.iter().map(|extract| extract.from.clone()).collect();
    let expected = [Source::JsonPointer("/a".into()), Source::Cookie("sid".into()), regex(1), regex(0)];
    assert_eq!(sources, expected);
    assert_eq!(step.checks.len(), 9);
    assert_eq!(step.checks[1], Check::Header { name: "b".into(), test: FieldTest::Equals("1".into()) });
    assert_eq!(step.checks[8], Check::LatencyBelow { s: 0.25 });
    assert!(matches!(&c.on_stop[0].action, Action::Redis { .. }));
}

#[test]
fn codings_are_those_that_can_be_read_and_belong_to_requests() {
    let step = |text: &str| format!("name: n\nclasses: [{{ name: c, steps: [{{ {text} }}] }}]\n");
    bad(&step("request: GET /, accept_encoding: br"), &["gzip or deflate"]);
    bad(&step("publish: { channel: c, message: m }, accept_encoding: gzip"), &["accept_encoding"]);
    let twice = "request: GET /, headers: { Accept-Encoding: gzip }, accept_encoding: gzip";
    bad(&step(twice), &["stands beside accept_encoding"]);
}

#[test]
fn all_that_is_wrong_is_told_with_its_place() {
    let findings = bad(
        r#"
name: n
wait: { constant: 1s, pacing: 2s }
feeders:
  f: { file: missing.csv }
  e: { file: /dev/zero }
  g: { file: exercise.yml }
  h: { file: products.csv, order: random, exhausted: stop }
variants: { a: { x: 1 }, b: { y: 1 } }
classes:
  - name: c
    wieght: 2
    steps:
      - { name: s, request: GET / }
    tasks: []
"#,
        &[
            "wait names more than one way to wait",
            "missing.csv cannot be read",
            "/dev/zero cannot be read: not a file",
            "exercise.yml:2: 1 fields",
            "feeders.h.exhausted has no meaning here",
            "variants must name one variable",
            "unknown key `wieght` in classes[0]",
            "classes[0].tasks stands beside `steps`",
        ],
    );
    assert!(findings.contains("did you mean `weight`?") && findings.contains("test.yml:12:5"), "{findings}");
    bad(
        r#"
name: n
steps:
  - { name: s, request: GET /, probability: 0, check: { json: { a: 1 }, latencey: 1s } }
  - { name: t, request: GET /, body: x, body_file: products.csv }
  - { name: u, request: GET /, extract: { v: { json: /a, header: b }, w: { header: x, group: 1 } } }
  - { name: v, request: GET /, publish: { channel: a, message: b } }
  - { name: w, graphql: { query: a, query_file: b } }
  - { name: x }
"#,
        &[
            "steps[0].probability must be above 0",
            "steps[0].check.json.a is no JSON pointer",
            "unknown key `latencey`",
            "steps[1].body_file is a second body",
            "steps[2].extract.v must name one source",
            "steps[2].extract.w.group has no meaning here",
            "steps[3].publish stands beside a request",
            "steps[4].graphql.query_file is a second query",
            "`request` is missing in steps[5]",
        ],
    );
}

#[test]
fn what_cannot_be_run_is_told_at_its_step() {
    let text = "name: n\nclasses:\n  - name: c\n    tasks:\n      - { request: \"GET /{{x}}\" }\n      - { request: GET /, check: { matches: \"(\" } }\n";
    let findings = bad(text, &["{{x}} is neither built in", "regular expression"]);
    assert!(findings.contains("test.yml:5:9") && findings.contains("test.yml:6:9"), "{findings}");
}

#[test]
fn redirects_are_followed_where_the_step_the_class_or_the_file_says_so() {
    let scenario = good(
        "name: s
redirects: 3
classes:
  - name: a
    steps: [{ request: GET /a }, { request: GET /b, redirects: follow }, { request: GET /c, redirects: keep }]
  - name: b
    redirects: keep
    steps: [{ request: GET /d }]
",
    );
    let followed: Vec<_> = scenario
        .steps()
        .map(|step| match &step.action {
            Action::Http(request) => request.max_redirects,
            _ => None,
        })
        .collect();
    assert_eq!(followed, [Some(3), Some(10), Some(0), Some(0)]);
    let not_said = good("name: s\nsteps: [{ request: GET / }]\n");
    assert!(
        not_said.steps().all(|step| matches!(&step.action, Action::Http(r) if r.max_redirects.is_none()))
    );
    bad("name: s\nsteps: [{ request: GET /, redirects: 51 }]\n", &["redirects"]);
    bad("name: s\nsteps: [{ request: GET /, redirects: folow }]\n", &["did you mean `follow`"]);
}

#[test]
fn websocket_steps_are_read_in_all_forms() {
    let steps =
        |steps: &str| format!("name: n\nsteps:\n  - websocket: {{ connect: '/x?{{{{user}}}}' }}\n{steps}");
    let scenario = good(&steps(
        "  - websocket: { send: 'hi {{user}}', await: any }\n  - websocket: { send: { json: { a: 1, b: '{{user}}' } } }\n  \
         - websocket: { send: { binary: AAEC }, await: { matches: 'a.b', json: { /a: 1 } } }\n  \
         - websocket: { await: tick }\n  - websocket: { close: 4000 }\n  \
         - websocket: { connection: b, connect: /, protocols: p, headers: { X-A: y } }\n  \
         - { name: end, websocket: { connection: b, close: { reason: bye } } }\n",
    ));
    let steps_of = &scenario.classes[0].tasks[0].steps;
    let names: Vec<&str> = steps_of.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names[..3], ["websocket connect /x?{{user}}", "websocket send", "websocket send"]);
    let action = |at: usize| match &steps_of[at].action {
        Action::Websocket(websocket) => websocket,
        other => panic!("{other:?}"),
    };
    assert_eq!(action(1).awaits(), Some(&[][..]));
    let WebsocketAction::Send { message: WebsocketMessage::Text(text), awaits: None } = &action(2).action
    else {
        panic!("{:?}", action(2))
    };
    assert_eq!(text.source(), r#"{"a":1,"b":"{{user}}"}"#);
    let WebsocketAction::Send { message, awaits: Some(awaits) } = &action(3).action else { panic!() };
    assert_eq!((message, awaits.len()), (&WebsocketMessage::Binary(vec![0, 1, 2]), 2));
    assert_eq!(action(4).awaits(), Some(&[Check::BodyContains("tick".into())][..]));
    assert_eq!(action(5).action, WebsocketAction::Close { code: 4000, reason: String::new() });
    assert_eq!((action(6).connection.as_str(), action(0).connection.as_str()), ("b", ""));
    assert_eq!(action(7).action, WebsocketAction::Close { code: 1000, reason: "bye".into() });
}

#[test]
fn wrong_websocket_steps_are_told_at_their_place() {
    let with = |step: &str| format!("name: n\nsteps:\n  - websocket: {{ connect: / }}\n  - {step}\n");
    bad(&with("websocket: {}"), &["does nothing"]);
    bad(&with("websocket: { connect: /, close: 1000 }"), &["several things (connect, close)"]);
    bad(&with("websocket: { send: x, headers: { a: b } }"), &["has no meaning here"]);
    bad(&with("websocket: { send: { text: x, binary: AA== } }"), &["must be one message"]);
    bad(&with("websocket: { send: { binary: '*' } }"), &["base64"]);
    bad(&with("{ request: GET /, websocket: { send: x } }"), &["stands beside a request"]);
    bad(&with("websocket: { sent: x }"), &["unknown key", "does nothing"]);
    let findings =
        bad(&with("websocket: { connection: other, send: x }"), &["opens the WebSocket connection"]);
    assert!(findings.contains("test.yml:4:"), "{findings}");
}

#[test]
fn a_batch_holds_what_can_go_on_side_by_side() {
    let with =
        |batch: &str| format!("name: n\nsteps:\n  - websocket: {{ connect: / }}\n  - batch: [{batch}]\n");
    bad(&with("{ request: GET / }, { websocket: { send: x } }"), &["a batch holds no WebSocket steps"]);
    bad(&with("{ request: GET /, redirects: follow }"), &["requests of a batch follow no redirects"]);
    let scenario = good(&format!(
        "redirects: follow\n{}",
        with("{ request: GET / }, { request: GET /a, redirects: keep }")
    ));
    let follows =
        |step: &swarmlab_loadgen::Step| matches!(&step.action, Action::Http(r) if r.max_redirects != Some(0));
    assert!(!scenario.steps().any(follows));
}

#[test]
fn grpc_steps_are_read_and_their_messages_compared_with_the_descriptor() {
    let with = |rest: &str| format!("name: n\nsteps:\n  - grpc:\n      descriptor: cart.binpb\n{rest}");
    let scenario = good(&with(
        "      method: shop.Cart/Add\n      message: { cart: 'c-{{user}}', quantity: '{{user|raw}}', currency: EUR }\n      \
         metadata: { x-a: b }\n      expect: [OK, NOT_FOUND, 10]\n",
    ));
    let step = &scenario.classes[0].tasks[0].steps[0];
    let Action::Grpc(call) = &step.action else { panic!("{step:?}") };
    assert_eq!((step.name.as_str(), call.method.path()), ("shop.Cart/Add", "/shop.Cart/Add"));
    assert_eq!(call.expect, [0, 5, 10]);

    // What is computed is no constant, though it has no variable.
    good(&with(
        "      method: shop.Cart/Add\n      message: { quantity: '{{random_int(1, 6)}}', cart: '{{unix_ms()}}' }\n",
    ));

    let findings = bad(&with("      method: shop.Cart/Ad\n"), &["the descriptor has no method shop.Cart/Ad"]);
    assert!(
        findings.contains("did you mean `shop.Cart/Add`?") && findings.contains("test.yml:5:15"),
        "{findings}"
    );
    bad(&with("      method: shop.Cart/Watch\n"), &["streams answers: only unary methods"]);
    let findings = bad(
        &with(
            "      method: shop.Cart/Add\n      message:\n        quantity: many\n        curency: EUR\n        \
             currency: EURO\n        labels: { a: 1 }\n",
        ),
        &[
            "quantity is \"many\"",
            "curency is no field",
            "currency is no value of shop.Currency",
            "labels.a is 1",
        ],
    );
    for part in
        ["test.yml:7:19", "test.yml:8:9", "did you mean `currency`?", "did you mean `EUR`?", "test.yml:10:22"]
    {
        assert!(findings.contains(part), "no {part} in {findings}");
    }
    let missing = "name: n\nsteps: [{ grpc: { descriptor: nowhere.binpb, method: a.B/C } }]\n";
    bad(missing, &["nowhere.binpb cannot be read"]);
    let wrong = "name: n\nsteps: [{ grpc: { descriptor: cart.proto, method: a.B/C } }]\n";
    bad(wrong, &["no descriptor set"]);
    bad(&with("      method: shop.Cart/Get\n      metadata: { Grpc-X: a }\n"), &["lower case"]);
}
