#![allow(clippy::unwrap_used)]
use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::scenario::{
    Body, Check, Exhausted, Expect, Extract, Feeder, FieldTest, Filter, GraphQl, HttpRequest, Order, Source,
    Table, Task, Template, Variants,
};
use crate::wait::Wait;

fn template(text: &str) -> Template {
    Template::parse(text).unwrap()
}

fn scenario(steps: Vec<Step>) -> Scenario {
    Scenario::journey("s", steps, Wait::default())
}

fn feeder(name: &str, csv: &str) -> Feeder {
    let table = Arc::new(Table::csv(csv.as_bytes()).unwrap());
    Feeder { name: name.into(), order: Order::Sequential, exhausted: Exhausted::Cycle, table }
}

fn get(name: &str, path: &str) -> Step {
    Step::new(name, "GET", template(path))
}

fn token() -> Source {
    Source::JsonPointer("/token".into())
}

#[test]
fn a_variable_must_be_extracted_before_its_use() {
    let login = Step::new("login", "POST", template("/login?u={{user}}"));
    let list = HttpRequest::new("GET", template("/list"));
    let list = Step::http("list", list.header("Authorization", template("Bearer {{token}}")));
    let errors = scenario(vec![login.clone(), list.clone()]).validate().unwrap_err();
    assert_eq!(errors.len(), 1);
    assert!(errors[0].to_string().contains("{{token}} is neither built in"), "{}", errors[0]);
    let login = login.extract("token", token());
    assert_eq!(scenario(vec![login.clone(), list.clone()]).validate(), Ok(()));
    assert!(scenario(vec![list.clone(), login.clone()]).validate().is_err());
    // What is extracted only sometimes is not there surely.
    let sometimes = Step { probability: 0.5, ..login };
    assert!(scenario(vec![sometimes, list]).validate().is_err());
}

#[test]
fn what_the_start_extracts_is_known_everywhere_and_what_a_task_extracts_only_in_it() {
    let mut class = UserClass::new("c", vec![Task::new("t", vec![get("a", "/{{s}}").extract("x", token())])]);
    class.on_start.push(get("start", "/").extract("s", token()));
    class.on_stop.push(get("stop", "/{{s}}"));
    let mut scenario = scenario(vec![]);
    scenario.classes = vec![class];
    assert_eq!(scenario.validate(), Ok(()));
    scenario.classes[0].tasks.push(Task::new("u", vec![get("b", "/{{x}}")]));
    scenario.classes[0].on_stop.push(get("c", "/{{x}}"));
    assert_eq!(scenario.validate().unwrap_err().len(), 2);
}

#[test]
fn columns_and_variants_are_variables() {
    let mut scenario = scenario(vec![get("a", "/{{people.name}}/{{model}}")]);
    assert_eq!(scenario.validate().unwrap_err().len(), 2);
    scenario.feeders.push(feeder("people", "name,note\nx,\"a\nb\"\n"));
    let choices = vec![("a".into(), 1.0), ("b".into(), 2.0)];
    scenario.variants = Some(Variants { variable: "model".into(), choices });
    assert_eq!(scenario.validate(), Ok(()));
    let request = HttpRequest::new("GET", template("/{{people.age}}"));
    let step = Step::http("b", request.header("x", template("{{people.note}}"))).extract("model", token());
    scenario.classes[0].tasks[0].steps.push(step);
    let errors: Vec<String> = scenario.validate().unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert!(errors[0].contains("known here: model, people.name, people.note"), "{errors:?}");
    assert!(errors[1].contains("{{people.note}} holds line ends"), "{errors:?}");
    assert!(errors[2].contains("\"model\" cannot name"), "{errors:?}");
}

#[test]
fn all_problems_are_told_at_once() {
    let mut request = HttpRequest::new("get", template("no slash"));
    request = request.header("Content-Length", template("3")).header("a b", template("x\r\ny"));
    request = request.expect(Expect(vec![(300, 200)]));
    let mut step = Step::http("", request);
    step.timeout_s = Some(0.0);
    step.probability = 0.0;
    step.extract.push(Extract {
        variable: "user".into(),
        from: Source::JsonPointer("x".into()),
        optional: false,
    });
    let mut scenario = scenario(vec![step]);
    scenario.classes[0].wait = Wait::Constant { s: -1.0 };
    assert_eq!(scenario.validate().unwrap_err().len(), 12);
}

#[test]
fn checks_and_sources_are_checked() {
    let regex = |pattern: &str, group| Source::Regex { pattern: pattern.into(), group };
    let step = get("a", "/")
        .extract("v", regex("(", 0))
        .extract("w", regex("a(b)", 2))
        .check(Check::BodyMatches("[".into()))
        .check(Check::Header { name: "a b".into(), test: FieldTest::Present })
        .check(Check::Json { pointer: "x".into(), equals: json!(1) })
        .check(Check::LatencyBelow { s: 0.0 });
    assert_eq!(scenario(vec![step]).validate().unwrap_err().len(), 6);
    let redis =
        Step::redis("r", template("c"), template("{{random}}")).extract("v", Source::Header("x".into()));
    assert!(matches!(
        scenario(vec![redis]).validate().unwrap_err()[..],
        [ScenarioError::Step { problem: StepProblem::HttpOnly(_), .. }]
    ));
}

#[test]
fn graphql_variables_are_an_object_of_templates() {
    let step = |variables| {
        let operation = GraphQl { query: "{ a { b }}".into(), operation: None, variables: Some(variables) };
        scenario(vec![Step::graphql("g", template("/graphql"), operation)])
    };
    assert_eq!(step(json!({"id": ["{{user}}", 1]})).validate(), Ok(()));
    for wrong in [json!([1]), json!({"a": "{{"}), json!({"a": {"b": "{{unknown}}"}})] {
        assert_eq!(step(wrong).validate().unwrap_err().len(), 1);
    }
}

#[test]
fn paths_take_no_filter_that_could_break_them() {
    for (path, filter) in [("/{{user|json}}", Filter::Json), ("/{{user|raw}}", Filter::Raw)] {
        let problem = StepProblem::PathFilter(filter);
        let expected = vec![ScenarioError::Step { step: "a".into(), problem }];
        assert_eq!(scenario(vec![get("a", path)]).validate(), Err(expected));
    }
    assert_eq!(scenario(vec![get("a", "/?q={{user|url}}")]).validate(), Ok(()));
}

#[test]
fn classes_tasks_and_names_are_checked() {
    assert!(matches!(
        scenario(vec![]).validate().unwrap_err()[0],
        ScenarioError::Empty { lacking: "steps", .. }
    ));
    let mut wrong = scenario(vec![get("a", "/")]);
    wrong.classes.push(UserClass { weight: 0.0, ..wrong.classes[0].clone() });
    wrong.classes[0].tasks.clear();
    wrong.feeders = vec![feeder("user", "a\n1"), feeder("b.c", "a\n1")];
    wrong.variants = Some(Variants { variable: "m".into(), choices: vec![] });
    assert_eq!(wrong.validate().unwrap_err().len(), 6);
    wrong.classes.clear();
    assert!(matches!(wrong.validate().unwrap_err()[0], ScenarioError::Empty { lacking: "classes", .. }));
    let body = HttpRequest::new("POST", template("/")).body(Body::Bytes(vec![0, 255]));
    assert_eq!(scenario(vec![Step::http("raw", body)]).validate(), Ok(()));
}
