//! What steers steps, computed values and bodies, as they are written, and what is said of mistakes in them.
#![allow(clippy::unwrap_used)]
use swarmlab_loadgen::{
    Action, Batch, Body, Check, Condition, Group, NodeTest, PartContent, Repeat, Source, Step, Test,
};

use super::tests::{bad, good, parsed};

fn steps(text: &str) -> Vec<Step> {
    let lines: String = text.lines().map(|line| format!("  {line}\n")).collect();
    good(&format!("name: s\nsteps:\n{lines}")).classes.swap_remove(0).tasks.swap_remove(0).steps
}

fn group(step: &Step) -> &Group {
    match &step.action {
        Action::Group(group) => group,
        other => panic!("{other:?}"),
    }
}

fn compare(value: &str, test: Test) -> Condition {
    Condition::Compare { value: value.parse().unwrap(), test }
}

#[test]
fn each_key_steers_as_it_says() {
    let steps = steps(
        r#"
- set: { n: 3, id: "{{uuid()}}", rest: "{{n % 2}}" }
- name: first
  request: GET /a
  extract: { ids: { jsonpath: $.ids, all: true }, state: { json: /state, optional: true } }
- if: { value: "{{n}}", at_least: 2, less: 10 }
  steps: [{ request: GET /b }]
  else: [{ request: GET /c }]
- repeat: "{{n}}"
  index: i
  request: "GET /d/{{i}}"
  probability: 50%
- while: { not: { defined: state } }
  max: 4
  steps: [{ request: GET /e }]
- request: GET /f
  extract: { state: { json: /state } }
  until: { any: [{ value: "{{state}}", one_of: [done, failed] }, { value: "{{state}}", matches: ^x }] }
  max: 5
- for_each: { id: "{{ids}}" }
  steps: [{ request: "GET /g/{{id}}" }]
- batch: [{ request: GET /h }, { request: GET /i }]
  connections: 2
- steps: [{ request: GET /j }]
"#
        .trim_start(),
    );
    assert!(matches!(&steps[0].action, Action::Set(values) if values.len() == 3 && values[2].0 == "rest"));
    assert!(steps[1].extract[1].optional && !steps[1].extract[0].optional);
    assert_eq!(steps[1].extract[0].from, Source::JsonPath { path: "$.ids".into(), all: true });
    let t = |text: &str| text.parse().unwrap();
    let both = vec![compare("{{n}}", Test::Less(t("10"))), compare("{{n}}", Test::AtLeast(t("2")))];
    assert_eq!(group(&steps[2]).condition, Some(Condition::All(both)));
    assert_eq!(group(&steps[2]).otherwise.len(), 1);
    let repeat = group(&steps[3]);
    assert_eq!((&repeat.repeat, repeat.index.as_deref()), (&Repeat::Times(t("{{n}}")), Some("i")));
    // The group is skipped as a whole; its request is not drawn again.
    assert_eq!((steps[3].probability, repeat.steps[0].probability), (0.5, 1.0));
    let defined = Condition::Not(Box::new(Condition::Defined("state".into())));
    assert_eq!(group(&steps[4]).repeat, Repeat::While { condition: defined, max: 4 });
    let Repeat::Until { condition: Condition::Any(any), max: 5 } = &group(&steps[5]).repeat else { panic!() };
    assert_eq!(any[0], compare("{{state}}", Test::OneOf(vec![t("done"), t("failed")])));
    assert_eq!(group(&steps[5]).steps[0].extract.len(), 1);
    let each = Repeat::ForEach { variable: "id".into(), list: t("{{ids}}"), max: 1_000_000 };
    assert_eq!(group(&steps[6]).repeat, each);
    assert!(matches!(&steps[7].action, Action::Batch(Batch { connections: 2, steps }) if steps.len() == 2));
    assert_eq!(group(&steps[8]).repeat, Repeat::Once);
}

#[test]
fn bodies_and_checks_are_data() {
    let steps = steps(
        r#"
- request: POST /json
  body: { a: 1, b: "{{user}}", c: [true, null, 1.5], d: { e: "{{iteration|raw}}" } }
  check:
    jsonpath:
      "$.items[*].price": { at_least: 0, at_most: 9.5 }
      $.error: absent
      $.items: { count: 1 }
      $.id: { equals: 7 }
      $.none: { equals: null }
      $.name: { matches: ^a }
- request: POST /form
  form: { a: "{{user}}", b: [1, x y] }
- request: POST /parts
  multipart:
    text: "{{user}}"
    table: { file: products.csv }
    both: [one, { value: "{}", type: application/json }]
"#
        .trim_start(),
    );
    let body = |step: &Step| match &step.action {
        Action::Http(request) => request.body.clone().unwrap(),
        other => panic!("{other:?}"),
    };
    let json = serde_json::json!({ "a": 1, "b": "{{user}}", "c": [true, null, 1.5], "d": { "e": "{{iteration|raw}}" } });
    assert_eq!(body(&steps[0]), Body::Json(json));
    let within = NodeTest::Within { least: Some(0.0), most: Some(9.5) };
    assert_eq!(steps[0].checks[0], Check::JsonPath { path: "$.items[*].price".into(), test: within });
    assert_eq!(
        steps[0].checks[4],
        Check::JsonPath { path: "$.none".into(), test: NodeTest::Equals(serde_json::Value::Null) }
    );
    assert_eq!(steps[0].checks.len(), 6);
    let Body::Form(fields) = body(&steps[1]) else { panic!() };
    assert_eq!(
        fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>(),
        ["a={{user}}", "b=1", "b=x y"]
    );
    let Body::Multipart(parts) = body(&steps[2]) else { panic!() };
    assert_eq!(parts[1].file_name.as_deref(), Some("products.csv"));
    assert_eq!(parts[1].content_type.as_deref(), Some("text/csv"));
    assert!(matches!(&parts[1].content, PartContent::Bytes(bytes) if !bytes.is_empty()));
    assert_eq!((parts.len(), parts[3].content_type.as_deref()), (4, Some("application/json")));
}

/// The findings in a list of steps.
fn wrong(text: &str, expected: &[&str]) -> String {
    let lines: String = text.lines().map(|line| format!("  {line}\n")).collect();
    bad(&format!("name: s\nsteps:\n{lines}"), expected)
}

#[test]
fn mistakes_are_told_with_place_and_advice() {
    let found = wrong(
        "- request: GET /job\n  extract: { state: { json: /state } }\n  until: { value: \"{{state}}\", equals: done }",
        &["error[E320-unbounded-loop]"],
    );
    assert!(found.contains("test.yml:5:12") && found.contains("expected `max` beside it"), "{found}");
    let found = wrong(
        "- request: GET /\n  extract: { token: { json: /t, optional: true } }\n- if: { defined: tokne }\n  request: GET /b",
        &["error[E322-never-set]"],
    );
    assert!(
        found.contains("test.yml:5:9") && found.contains("nothing sets \"tokne\": did you mean \"token\"?"),
        "{found}"
    );
    let found = wrong(
        "- request: GET /\n  extract: { id: { jsonpath: \"$.items[0.id\" } }",
        &["error[E321-bad-jsonpath]"],
    );
    assert!(found.contains("test.yml:4:") && found.contains("expected `,` or `]` at byte 9"), "{found}");
    let found = wrong(
        "- { request: GET /, check: { jsonpath: { \"$..\": present } } }",
        &["error[E321-bad-jsonpath]"],
    );
    assert!(found.contains("expected a name, or `*` at byte 3"), "{found}");
    let found = wrong("- request: GET /?n={{radnom_int(1, 2)}}", &["error[E004-bad-value]"]);
    assert!(found.contains("there is no function `radnom_int`: did you mean `random_int`?"), "{found}");
    let found = wrong("- request: POST /\n  body: { a: { b: [\"{{now(}}\"] } }", &["error[E004-bad-value]"]);
    assert!(found.contains("test.yml:4:22"), "{found}");
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let get = "request: GET /";
    for (text, expected) in [
        (format!("- {{ {get}, else: [{{ {get} }}] }}"), "else has no meaning here"),
        (format!("- {{ {get}, repeat: 2, max: 3 }}"), "max has no meaning here"),
        (format!("- {{ {get}, index: i }}"), "index has no meaning here"),
        (format!("- {{ {get}, connections: 2 }}"), "connections has no meaning here"),
        (format!("- {{ {get}, repeat: 2, for_each: {{ a: '[]' }} }}"), "is more than one loop"),
        (format!("- {{ {get}, repeat: -1 }}"), "\"-1\" is no number of rounds"),
        (format!("- {{ {get}, set: {{ a: 1 }} }}"), "stands beside a request"),
        (format!("- {{ batch: [{{ {get} }}], steps: [{{ {get} }}] }}"), "one action a step"),
        (format!("- {{ batch: [{{ {get}, repeat: 2 }}] }}"), "a batch is made of requests alone"),
        (format!("- {{ batch: [{{ {get} }}], connections: 0 }}"), "connections"),
        ("- { steps: [] }".to_owned() + &format!("\n- {{ {get} }}"), "it has no steps"),
        (format!("- {{ {get}, if: {{ value: 1 }} }}"), "is no condition"),
        (format!("- {{ {get}, if: {{ defined: a, value: 1, less: 2 }} }}"), "is no condition"),
        (format!("- {{ {get}, if: {{ value: 1, matches: '(' }} }}"), "regular expression"),
        (format!("- {{ {get}, if: {{ value: 1, lees: 2 }} }}"), "lees"),
        ("- { set: { a: 1 } }".to_owned(), "has no requests"),
        (format!("- {{ set: {{ user: 1 }} }}\n- {{ {get} }}"), "\"user\" cannot name a variable"),
        (format!("- {{ steps: [{{ {get} }}], timeout: 1s }}"), "`timeout` belongs to a request"),
        (format!("- {{ {get}, form: {{ a: 1 }}, body: x }}"), "is a second body"),
        (format!("- {{ {get}, multipart: {{ a: {{ type: x }} }} }}"), "is no part"),
        (
            format!("- {{ {get}, multipart: {{ a: 1 }}, headers: {{ content-type: x }} }}"),
            "beside a multipart body",
        ),
        (format!("- {{ {get}, extract: {{ a: {{ json: /a, all: true }} }} }}"), "all has no meaning here"),
    ] {
        let lines: String = text.lines().map(|line| format!("  {line}\n")).collect();
        let found = parsed(&format!("name: s\nsteps:\n{lines}")).expect_err(&text);
        assert!(found.contains(expected), "{text}: no {expected:?} in\n{found}");
    }
}

#[test]
fn what_may_be_skipped_sets_nothing_surely() {
    let cond = "if: { value: 1, less: 2 }";
    let set = "set: { a: 1 }";
    let uses = "- { request: 'GET /{{a}}' }";
    for (text, is_known) in [
        (format!("- {{ {set} }}"), true),
        (format!("- {{ {set}, probability: 50% }}"), false),
        (format!("- {{ {set}, {cond} }}"), false),
        (format!("- {{ {set}, {cond}, else: [{{ set: {{ a: 2 }} }}] }}"), true),
        (format!("- {{ {set}, repeat: 2 }}"), true),
        (format!("- {{ {set}, repeat: 0 }}"), false),
        (format!("- {{ {set}, repeat: '{{{{user}}}}' }}"), false),
        (format!("- {{ {set}, until: {{ value: 1, less: 2 }}, max: 3 }}"), true),
        (format!("- {{ {set}, while: {{ value: 1, less: 2 }}, max: 3 }}"), false),
        (format!("- {{ {set}, for_each: {{ x: '[1]' }} }}"), false),
        ("- batch: [{ request: GET /, extract: { a: { json: /a } } }]".to_owned(), true),
        (
            "- batch: [{ request: GET /, extract: { a: { json: /a } } }, { request: 'GET /{{a}}' }]"
                .to_owned(),
            false,
        ),
    ] {
        let text = format!("name: s\nsteps:\n{text}\n{uses}\n");
        match parsed(&text) {
            Ok(_) => assert!(is_known, "{text}"),
            Err(found) => assert!(!is_known && found.contains("nor surely"), "{text}{found}"),
        }
    }
    good(&format!("name: s\nsteps:\n- {{ {set}, {cond} }}\n- {{ request: 'GET /{{{{default(a, 2)}}}}' }}\n"));
}
