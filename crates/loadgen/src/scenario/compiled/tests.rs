#![allow(clippy::unwrap_used)]
use std::sync::Arc;

use rand::SeedableRng;
use rand::rngs::SmallRng;
use serde_json::json;

use super::*;
use crate::scenario::cookie::Jar;
use crate::scenario::{GraphQl, HttpRequest, Source, Table, Task, UserClass, Variants};

const HOST: &str = "Host: example:80\r\n";

fn template(text: &str) -> Template {
    Template::parse(text).unwrap()
}

fn compile(scenario: &Scenario) -> Compiled {
    scenario.validate().unwrap();
    let target = |name| TargetText { name, host: "example:80", base_path: "", closes: false };
    let other = TargetText { name: "other", host: "o", base_path: "/v1", closes: true };
    Compiled::new(scenario, &[target(""), other], 1.5)
}

fn steps(steps: Vec<Step>) -> Compiled {
    compile(&Scenario::journey("s", steps, Wait::default()))
}

/// What a test gives to a request.
#[derive(Default)]
struct Given<'a> {
    slots: &'a [String],
    rows: &'a [u32],
    variant: usize,
    jar: Option<(&'a Jar, i64)>,
}

impl<'a> Given<'a> {
    fn values(self, compiled: &'a Compiled, random: &'a mut SmallRng) -> Values<'a> {
        let Given { slots, rows, variant, jar } = self;
        Values { user: 7, iteration: 30, slots, feeders: &compiled.feeders, rows, variant, jar, random }
    }
}

fn request(compiled: &Compiled, step: usize, given: Given<'_>) -> String {
    let mut random = SmallRng::seed_from_u64(1);
    let mut scratch = Scratch::default();
    let mut values = given.values(compiled, &mut random);
    String::from_utf8(compiled.steps[step].render(&mut values, &mut scratch).to_vec()).unwrap()
}

fn body_with(content_type: &str, body: &str, value: &str) -> String {
    let mut post = HttpRequest::new("POST", template("/")).body(Body::Text(template(body)));
    if !content_type.is_empty() {
        post = post.header("content-type", template(content_type));
    }
    let first = Step::new("a", "GET", template("/")).extract("x", Source::JsonPointer(String::new()));
    let compiled = steps(vec![first, Step::http("b", post)]);
    let text = request(&compiled, 1, Given { slots: &[value.to_owned()], ..Given::default() });
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("Content-Length: {}", body.len())), "{text}");
    body.to_owned()
}

#[test]
fn a_request_without_variables_is_built_once() {
    let compiled = steps(vec![Step::new("root", "GET", template("/a?b=c"))]);
    assert_eq!(request(&compiled, 0, Given::default()), format!("GET /a?b=c HTTP/1.1\r\n{HOST}\r\n"));
    assert_eq!(compiled.steps[0].timeout_ns, 1_500_000_000);
    let mut scratch = Scratch::default();
    let mut random = SmallRng::seed_from_u64(1);
    let given = Given { jar: Some((&Jar::default(), 0)), ..Given::default() };
    let mut values = given.values(&compiled, &mut random);
    // The same bytes each time, not a copy.
    let first = compiled.steps[0].render(&mut values, &mut scratch).as_ptr();
    assert_eq!(compiled.steps[0].render(&mut values, &mut scratch).as_ptr(), first);
}

#[test]
fn variables_are_filled_in_and_the_length_fits() {
    let login =
        Step::new("login", "POST", template("/login/{{user}}")).extract("t", Source::Header("X-T".into()));
    let put = HttpRequest::new("PUT", template("/p/{{t}}?i={{iteration}}&q={{t|url}}"))
        .header("host", template("other"))
        .header("X", template("a {{t}}"))
        .body(Body::Text(template("[{{random}},{{t}}]")));
    let compiled = steps(vec![login, Step::http("put", put)]);
    assert_eq!(compiled.slots, 1);
    assert_eq!(
        request(&compiled, 0, Given::default()),
        format!("POST /login/7 HTTP/1.1\r\n{HOST}Content-Length: 0\r\n\r\n")
    );
    let slots = ["ä b&".to_owned()];
    let text = request(&compiled, 1, Given { slots: &slots, ..Given::default() });
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let expected =
        "PUT /p/%C3%A4%20b&?i=30&q=%C3%A4%20b%26 HTTP/1.1\r\nhost: other\r\nX: a ä b&\r\nContent-Length: ";
    assert_eq!(head, format!("{expected}{}", body.len()));
    assert!(body.starts_with('[') && body.ends_with(",ä b&]"), "{body}");
}

#[test]
fn steps_of_one_name_share_an_endpoint_which_each_variant_has_for_itself() {
    let step = |name: &str| Step::new(name, "GET", template("/{{v}}"));
    let mut scenario = Scenario::journey("s", vec![step("A"), step("a"), step("A")], Wait::default());
    let choices = vec![("x".into(), 1.0), ("y".into(), 3.0)];
    scenario.variants = Some(Variants { variable: "v".into(), choices });
    let compiled = compile(&scenario);
    assert_eq!(compiled.endpoints, ["A [x]", "A [y]", "a [x]", "a [y]"]);
    assert_eq!([0, 1, 2].map(|step| compiled.endpoint(step, 1)), [1, 3, 1]);
    assert_eq!(
        request(&compiled, 0, Given { variant: 1, ..Given::default() }),
        format!("GET /y HTTP/1.1\r\n{HOST}\r\n")
    );
}

#[test]
fn values_cannot_break_out_of_json_strings_or_forms() {
    let evil = "\",\"admin\":true,\"x\":\"\\\n";
    for kind in ["application/json; charset=utf-8", ""] {
        let body = body_with(kind, "{\"a\\\"\": \"{{x}}\", \"b\": [\"-{{ x }}-\"]}", evil);
        let expected = json!({"a\"": evil, "b": [format!("-{evil}-")]});
        assert_eq!(serde_json::from_str::<serde_json::Value>(&body).unwrap(), expected);
    }
    // Outside of quotes a value is JSON already.
    assert_eq!(body_with("", "{\"a\": {{x}}}", "{\"b\":1}"), "{\"a\": {\"b\":1}}");
    assert_eq!(body_with("", "{\"a\": \"{{x|raw}}\"}", "\\n"), "{\"a\": \"\\n\"}");
    assert_eq!(body_with("application/x-www-form-urlencoded", "a={{x}}&b=1", "1&b=2"), "a=1%26b%3D2&b=1");
    assert_eq!(body_with("text/plain", "{\"a\": \"{{x}}\"}", "\""), "{\"a\": \"\"\"}");
    assert_eq!(body_with("", "{{x}} \"{{x}}\" {{x|json}}", "\""), "\" \"\"\" \\\"");
}

#[test]
fn graphql_is_json_with_escaped_variables() {
    let operation = GraphQl {
        query: "query Q($n: Int) { a(n: $n) { b {{c}} } }".into(),
        operation: Some("Q".into()),
        variables: Some(json!({"n": "{{user|raw}}", "s": ["u{{x}}", true, {}], "o": {"k\"": null}})),
    };
    let first = Step::new("a", "GET", template("/")).extract("x", Source::JsonPointer(String::new()));
    let compiled = steps(vec![first, Step::graphql("g", template("/graphql"), operation)]);
    let slots = ["\"},\"".to_owned()];
    let text = request(&compiled, 1, Given { slots: &slots, ..Given::default() });
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with("POST /graphql HTTP/1.1\r\n") && head.contains("Content-Type: application/json\r\n")
    );
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(body).unwrap(),
        json!({
            "query": "query Q($n: Int) { a(n: $n) { b {{c}} } }",
            "operationName": "Q",
            "variables": {"n": 7, "s": ["u\"},\"", true, {}], "o": {"k\"": null}}
        })
    );
    assert!(compiled.steps[1].wants_body && compiled.steps[1].graphql_errors.is_some());
}

#[test]
fn cookies_are_put_into_fixed_and_rendered_requests() {
    let step = |path: &str| Step::new("s", "POST", template(path));
    let compiled = steps(vec![step("/a/b"), step("/a/{{user}}"), step("/b")]);
    let mut jar = Jar::default();
    jar.store(b"k=v; Path=/a", b"/", 100);
    let with_jar = |step| request(&compiled, step, Given { jar: Some((&jar, 100)), ..Given::default() });
    let expected =
        |path: &str, cookie: &str| format!("POST {path} HTTP/1.1\r\n{HOST}Content-Length: 0\r\n{cookie}\r\n");
    assert_eq!(with_jar(0), expected("/a/b", "Cookie: k=v\r\n"));
    assert_eq!(with_jar(1), expected("/a/7", "Cookie: k=v\r\n"));
    assert_eq!(with_jar(2), expected("/b", ""));
}

#[test]
fn targets_give_host_path_and_connection() {
    let step = Step { target: Some("other".into()), ..Step::new("s", "GET", template("/x")) };
    let compiled = steps(vec![step]);
    assert_eq!(compiled.steps[0].target, 1);
    assert_eq!(
        request(&compiled, 0, Given::default()),
        "GET /v1/x HTTP/1.1\r\nHost: o\r\nConnection: close\r\n\r\n"
    );
}

#[test]
fn redis_steps_have_a_channel_and_a_message() {
    let compiled = steps(vec![Step::redis("r", template("c{{user}}"), template("{\"u\": \"{{user}}\"}"))]);
    let mut random = SmallRng::seed_from_u64(1);
    let mut values = Given::default().values(&compiled, &mut random);
    let mut scratch = Scratch::default();
    let rendered = compiled.steps[0].render_message(&mut values, &mut scratch);
    assert_eq!(rendered, Some((&b"c7"[..], &b"{\"u\": \"7\"}"[..])));
}

fn with_feeder(order: Order, exhausted: Exhausted) -> Compiled {
    let table = Arc::new(Table::csv(b"a\n0\n1\n2\n").unwrap());
    let path = |path: &str| vec![Step::new("s", "GET", template(path))];
    let mut class = UserClass::new("c", vec![Task::new("t", path("/{{f.a}}/{{g.a}}"))]);
    class.on_start = path("/{{g.a}}");
    class.on_stop = path("/{{f.a}}{{g.a}}");
    let feeder = |name: &str| Feeder { name: name.into(), order, exhausted, table: Arc::clone(&table) };
    let mut scenario = Scenario::journey("s", vec![], Wait::default());
    scenario.classes = vec![class];
    scenario.feeders = vec![feeder("f"), feeder("g")];
    compile(&scenario)
}

#[test]
fn rows_of_the_start_are_kept_and_others_are_taken_by_task() {
    let compiled = with_feeder(Order::Sequential, Exhausted::Cycle);
    let class = &compiled.classes[0];
    assert_eq!(class.on_start.feeders, [1]);
    assert_eq!((&class.tasks[0].feeders[..], &class.on_stop.feeders[..]), (&[0][..], &[0][..]));
    let rows = [2, 1];
    let text = request(&compiled, 1, Given { rows: &rows, ..Given::default() });
    assert!(text.starts_with("GET /2/1 HTTP"), "{text}");
}

#[test]
fn a_row_is_taken_for_what_only_a_condition_looks_at() {
    let table = Arc::new(Table::csv(b"b\n1\n").unwrap());
    let defined = Condition::Not(Box::new(Condition::Defined("f.b".into())));
    let get = || Step::new("a", "GET", template("/"));
    for group in [
        Group::new(vec![get()]).when(defined.clone()),
        Group::new(vec![get()]).repeat(Repeat::Until { condition: defined.clone(), max: 2 }),
        Group::new(vec![get()]).repeat(Repeat::While { condition: defined.clone(), max: 2 }),
    ] {
        let mut scenario = Scenario::journey("s", vec![Step::group("g", group), get()], Wait::default());
        let (name, order, exhausted) = ("f".into(), Order::Random, Exhausted::Cycle);
        scenario.feeders = vec![Feeder { name, order, exhausted, table: Arc::clone(&table) }];
        assert_eq!(compile(&scenario).classes[0].tasks[0].feeders, [0]);
    }
}

#[test]
fn threads_share_the_rows_without_asking_each_other() {
    for (exhausted, end) in [(Exhausted::Cycle, Some(0)), (Exhausted::Stop, None)] {
        let compiled = with_feeder(Order::Sequential, exhausted);
        let mut turns = [0, 0];
        let mut row = |thread: usize| compiled.row(0, 9, &mut turns[thread], (thread, 2), |_| 9);
        assert_eq!([row(0), row(0), row(1), row(1)], [Some(0), Some(2), Some(1), end]);
    }
    let compiled = with_feeder(Order::Unique, Exhausted::Stop);
    assert_eq!([0, 2, 3].map(|user| compiled.row(0, user, &mut 5, (0, 1), |_| 9)), [Some(0), Some(2), None]);
    let compiled = with_feeder(Order::Random, Exhausted::Stop);
    assert_eq!(compiled.row(0, 7, &mut 5, (0, 1), |rows| rows - 1), Some(2));
}
