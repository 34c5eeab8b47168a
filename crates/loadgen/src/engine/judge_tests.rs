#![allow(clippy::unwrap_used)]
use serde_json::{Value, json};

use super::super::judge::Judge;
use super::*;
use crate::scenario::compiled::{Compiled, TargetText};
use crate::scenario::{Action, Check, Expect, FieldTest, GraphQl, Scenario, Source, Step, Template};
use crate::wait::Wait;
use swarmlab_intervals::ErrorKind;

fn template(text: &str) -> Template {
    Template::parse(text).unwrap()
}

fn get() -> Step {
    Step::new("s", "GET", template("/"))
}

fn kept_of(status: u16) -> Kept {
    let mut kept = Kept::default();
    kept.begin(b"");
    kept.status = status;
    kept
}

/// The verdict on an answer, and what was extracted.
fn judge(step: Step, status: u16, headers: &[(&str, &str)], body: &str) -> (Option<ErrorKind>, Vec<String>) {
    let scenario = Scenario::journey("s", vec![step], Wait::default());
    scenario.validate().unwrap();
    let target = TargetText { name: "", host: "h", base_path: "", closes: false };
    let compiled = Compiled::new(&scenario, &[target], 1.0);
    let step = &compiled.steps[0];
    let mut kept = kept_of(status);
    for (name, value) in headers {
        if let Some(wanted) = step.wanted.iter().position(|wanted| wanted.eq_ignore_ascii_case(name)) {
            kept.push_field(wanted, value.as_bytes());
        }
    }
    kept.push_body(body.as_bytes());
    let mut slots = vec!["before".to_owned(); compiled.slots];
    // 10 ms from the intended moment on.
    (Judge::new(&compiled.patterns).judge(step, &kept, 10_000_000, &mut slots), slots)
}

fn pointer(text: &str) -> Source {
    Source::JsonPointer(text.into())
}

#[test]
fn values_are_taken_from_everywhere() {
    let regex = |pattern: &str, group| Source::Regex { pattern: pattern.into(), group };
    let step = get()
        .extract("a", pointer("/a/0"))
        .extract("b", pointer("/n"))
        .extract("c", Source::Header("Location".into()))
        .extract("d", Source::Cookie("sid".into()))
        .extract("e", regex(r#""n":(\d+)\.(\d+)"#, 2))
        .extract("f", regex("x..", 0));
    let headers = [("location", "/y"), ("Set-Cookie", "a=b"), ("set-cookie", "sid=42; Path=/")];
    let (error, slots) = judge(step, 200, &headers, r#"{"a":["x\n"],"n":12.5}"#);
    assert_eq!(error, None);
    assert_eq!(slots, ["x\n", "12.5", "/y", "42", "5", "x\\n"]);
}

#[test]
fn what_is_missing_or_dangerous_fails_and_changes_nothing() {
    let kept = vec!["before".to_owned(); 2];
    for body in ["", "{", "{}", r#"{"a":null}"#] {
        let step = get().extract("b", pointer("")).extract("a", pointer("/a"));
        assert_eq!(judge(step, 200, &[], body), (Some(ErrorKind::ExtractionFailed), kept.clone()), "{body}");
    }
    for missing in [
        Source::Header("X".into()),
        Source::Cookie("c".into()),
        Source::Regex { pattern: "(x)?y".into(), group: 1 },
    ] {
        let (error, _) = judge(get().extract("a", missing), 200, &[("set-cookie", "d=1")], "y");
        assert_eq!(error, Some(ErrorKind::ExtractionFailed));
    }
    // A value that goes into a header must not hold line ends; elsewhere it may.
    let mut step = get().extract("a", pointer("/a"));
    assert_eq!(judge(step.clone(), 200, &[], r#"{"a":"x\r\ny"}"#).1, ["x\r\ny"]);
    let mut scenario = Scenario::journey("s", vec![step.clone(), get()], Wait::default());
    if let Action::Http(request) = &mut scenario.classes[0].tasks[0].steps[1].action {
        request.headers.push(("x".into(), template("{{a}}")));
    }
    let target = TargetText { name: "", host: "h", base_path: "", closes: false };
    let compiled = Compiled::new(&scenario, &[target], 1.0);
    let mut kept = kept_of(200);
    kept.push_body(br#"{"a":"x\r\ny"}"#);
    let mut judge = Judge::new(&compiled.patterns);
    let verdict = judge.judge(&compiled.steps[0], &kept, 0, &mut [String::new()]);
    assert_eq!(verdict, Some(ErrorKind::ExtractionFailed));
    // One that fits into no request.
    step = get().extract("a", pointer(""));
    let long = format!("\"{}\"", "x".repeat(MAXIMUM_VALUE_BYTES + 1));
    assert_eq!(self::judge(step, 200, &[], &long).0, Some(ErrorKind::ExtractionFailed));
}

#[test]
fn assertions_hold_or_name_the_error() {
    let header = |test| Check::Header { name: "X-A".into(), test };
    let json = |pointer: &str, equals: Value| Check::Json { pointer: pointer.into(), equals };
    let body = r#"{"s":"a\"b","n":1.50,"t":true,"z":null,"l":[1, {"a":2}]}"#;
    for (check, holds) in [
        (header(FieldTest::Present), true),
        (header(FieldTest::Equals("two".into())), true),
        (header(FieldTest::Equals("tw".into())), false),
        (header(FieldTest::Matches("^t.o$".into())), true),
        (header(FieldTest::Matches("^w".into())), false),
        (Check::Header { name: "X-B".into(), test: FieldTest::Present }, false),
        (Check::BodyContains("\"t\":true".into()), true),
        (Check::BodyContains("t.true".into()), false),
        (Check::BodyMatches("n.:1".into()), true),
        (Check::BodyMatches("n.:2".into()), false),
        (json("/s", json!("a\"b")), true),
        (json("/s", json!("a")), false),
        (json("/n", json!(1.5)), true),
        (json("/n", json!("1.5")), false),
        (json("/t", json!(true)), true),
        (json("/t", json!(1)), false),
        (json("/z", Value::Null), true),
        (json("/l", json!([1, {"a": 2}])), true),
        (json("/l/1", json!({"a": 3})), false),
        (json("/x", json!(1)), false),
    ] {
        let headers = [("x-a", "one"), ("x-a", "two")];
        let (error, _) = judge(get().check(check.clone()), 200, &headers, body);
        assert_eq!(error, (!holds).then_some(ErrorKind::CheckFailed), "{check:?}");
    }
    for (s, error) in [(0.0101, None), (0.01, Some(ErrorKind::TooSlow))] {
        assert_eq!(judge(get().check(Check::LatencyBelow { s }), 200, &[], "").0, error);
    }
}

#[test]
fn the_first_that_does_not_hold_names_the_error() {
    let mut step =
        Step::graphql("g", template("/"), GraphQl { query: "{a}".into(), operation: None, variables: None });
    step = step.check(Check::LatencyBelow { s: 0.001 }).check(Check::BodyContains("data".into()));
    step = step.extract("a", pointer("/data"));
    let verdict = |status, body| judge(step.clone(), status, &[], body).0;
    assert_eq!(verdict(500, r#"{"errors":[1]}"#), Some(ErrorKind::UnexpectedStatus));
    assert_eq!(verdict(200, r#"{"errors":[1]}"#), Some(ErrorKind::GraphqlErrors));
    assert_eq!(verdict(200, r#"{"errors":[]}"#), Some(ErrorKind::CheckFailed));
    assert_eq!(verdict(200, r#"{"data":null}"#), Some(ErrorKind::TooSlow));
    step.checks.remove(0);
    assert_eq!(judge(step.clone(), 200, &[], r#"{"data":null}"#).0, Some(ErrorKind::ExtractionFailed));
    assert_eq!(judge(step, 200, &[], r#"{"data":1}"#), (None, vec!["1".to_owned()]));
    let mut narrow = get();
    if let Action::Http(request) = &mut narrow.action {
        request.expect = Expect(vec![(404, 404)]);
    }
    assert_eq!(judge(narrow, 404, &[], "").0, None);
}
