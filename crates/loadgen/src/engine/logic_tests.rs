//! Programs against a second interpreter, which walks the groups as they are written.
#![allow(clippy::unwrap_used)]
use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::engine::journey::Turns;
use crate::scenario::compiled::TargetText;
use crate::scenario::{
    Action, Condition, Group, HttpRequest, Repeat, Scenario, Source, Step, Task, Template, Test, UserClass,
};
use crate::wait::Wait;

fn template(text: &str) -> Template {
    Template::parse(text).unwrap()
}

fn get(name: &str) -> Step {
    Step::new(name, "GET", template("/"))
}

fn compile(steps: Vec<Step>) -> Compiled {
    let scenario = Scenario::journey("s", steps, Wait::default());
    scenario.validate().unwrap_or_else(|errors| panic!("{errors:?}"));
    let target = TargetText { name: "", host: "h", base_path: "", closes: false };
    Compiled::new(&scenario, &[target], 1.0)
}

fn compare(value: &str, test: fn(Template) -> Test, other: &str) -> Condition {
    Condition::Compare { value: template(value), test: test(template(other)) }
}

/// What one iteration sends, up to a number of requests, all of which go well; and how it ends.
fn iteration(compiled: &Compiled, seed: u64, most: usize) -> (Vec<String>, Next, Actor) {
    let mut turns = Turns::new(compiled, 0, 1);
    let mut actor = Actor::new(0, 0, 0, seed);
    let mut next = actor.enter(compiled, &mut turns);
    let mut sent = Vec::new();
    while next == Next::Request && sent.len() < most {
        let mut under_way = vec![actor.step];
        sent.push(actor.step);
        loop {
            while let Some(step) = actor.next_of_batch(compiled) {
                sent.push(step);
                under_way.push(step);
            }
            under_way.pop();
            match actor.leave_batch(None, true, compiled) {
                InBatch::GoesOn(Some(step)) => {
                    sent.push(step);
                    under_way.push(step);
                }
                InBatch::GoesOn(None) => assert!(!under_way.is_empty()),
                InBatch::Over(_) => break,
            }
        }
        assert!(under_way.is_empty());
        next = actor.after(true, compiled, &mut turns);
    }
    let names = sent.iter().map(|&step| compiled.endpoints[compiled.endpoint(step, 0)].clone()).collect();
    (names, next, actor)
}

fn sent(steps: Vec<Step>) -> Vec<String> {
    let (names, next, _) = iteration(&compile(steps), 1, 1000);
    assert_eq!(next, Next::Rest { completed: true });
    names
}

/// Why an iteration fails, and the request that is charged with it.
fn failure(steps: Vec<Step>) -> (String, String) {
    let compiled = compile(steps);
    let (_, next, actor) = iteration(&compiled, 1, 1000);
    assert_eq!(next, Next::Failed);
    let charged = compiled.endpoints[compiled.endpoint(actor.step, 0)].clone();
    (actor.logic.problem.unwrap().to_string(), charged)
}

#[test]
fn conditions_choose_between_two_ways() {
    let either = |value: &str| {
        let mut group = Group::new(vec![get("yes")]).when(compare("{{v}}", Test::Equals, "1"));
        group.otherwise = vec![get("no"), get("never")];
        vec![Step::set("v", template(value)), Step::group("g", group), get("end")]
    };
    assert_eq!(sent(either("1.0")), ["yes", "end"]);
    assert_eq!(sent(either("one")), ["no", "never", "end"]);
}

#[test]
fn conditions_compare_numbers_by_value_and_texts_by_the_letter() {
    let holds = |value: &str, test: Test| {
        let condition = Condition::Compare { value: template("{{v}}"), test };
        let group = Group::new(vec![get("yes")]).when(condition);
        sent(vec![Step::set("v", template(value)), Step::group("g", group), get("end")]).len() == 2
    };
    let t = template;
    for (value, test, expected) in [
        ("10", Test::Greater(t("9")), true),
        ("10", Test::Less(t("9.5")), false),
        ("10", Test::AtMost(t("{{v + 0}}")), true),
        ("10", Test::AtLeast(t("10.0")), true),
        ("9007199254740993", Test::Greater(t("9007199254740992")), true),
        ("9007199254740993", Test::Equals(t("9007199254740992")), false),
        ("010", Test::Equals(t("10")), true),
        ("a", Test::NotEquals(t("A")), true),
        ("abc", Test::Contains(t("bc")), true),
        ("abc", Test::Matches("^b".into()), false),
        ("b", Test::OneOf(vec![t("a"), t("b")]), true),
        ("c", Test::OneOf(vec![t("a"), t("b")]), false),
    ] {
        assert_eq!(holds(value, test.clone()), expected, "{value} {test:?}");
    }
}

#[test]
fn loops_count_their_rounds() {
    let times =
        |text: &str| Step::group("g", Group::new(vec![get("a")]).repeat(Repeat::Times(template(text))));
    assert_eq!(sent(vec![times("3"), get("end")]), ["a", "a", "a", "end"]);
    assert_eq!(sent(vec![times("0"), get("end")]), ["end"]);
    let mut outer = Group::new(vec![times("{{i + 1}}"), get("b")]).repeat(Repeat::Times(template("2")));
    outer.index = Some("i".into());
    assert_eq!(sent(vec![Step::group("o", outer)]), ["a", "b", "a", "a", "b"]);
}

#[test]
fn while_is_asked_before_and_until_after_each_round() {
    let body = || vec![get("a"), Step::set("n", template("{{n + 1}}"))];
    let journey = |start: &str, repeat| {
        vec![Step::set("n", template(start)), Step::group("g", Group::new(body()).repeat(repeat)), get("end")]
    };
    let below = || compare("{{n}}", Test::Less, "3");
    let from = || compare("{{n}}", Test::AtLeast, "3");
    let as_long_as = |max| Repeat::While { condition: below(), max };
    let until = |max| Repeat::Until { condition: from(), max };
    for (start, repeat, rounds) in [
        ("0", as_long_as(10), 3),
        ("3", as_long_as(10), 0),
        ("0", as_long_as(2), 2),
        ("0", until(10), 3),
        ("3", until(10), 1),
        ("-5", until(4), 4),
    ] {
        assert_eq!(sent(journey(start, repeat.clone())).len(), rounds + 1, "{start} {repeat:?}");
    }
}

#[test]
fn each_value_of_a_list_has_its_round() {
    let repeat = |max| Repeat::ForEach { variable: "v".into(), list: template("{{list}}"), max };
    let journey = |list: &str, max| {
        let name = Step::set("all", template("{{all}}[{{v}}]"));
        let group = Group::new(vec![get("a"), name]).repeat(repeat(max));
        let list = Step::set("list", Template::parse(list).unwrap());
        vec![Step::set("all", template("")), list, Step::group("g", group), get("end")]
    };
    let seen = |list: &str, max| {
        let compiled = compile(journey(list, max));
        let (names, _, actor) = iteration(&compiled, 1, 100);
        (names.len(), actor.slots.iter().find(|slot| slot.starts_with('[') && slot.ends_with(']')).cloned())
    };
    let list = r#"["a\"b", 1.50, null, {"x": [1]}]"#;
    assert_eq!(seen(list, 10).0, 5);
    assert!(seen(list, 10).1.unwrap().len() > 10);
    assert_eq!(seen(list, 2).0, 3);
    assert_eq!(seen("[ ]", 9).0, 1);
    let (why, charged) = failure(journey("no list", 9));
    assert_eq!((why.as_str(), charged.as_str()), ("\"no list\" is no JSON list", "a"));
}

#[test]
fn what_cannot_be_computed_fails_by_name_at_the_next_request() {
    let set = || vec![get("first"), Step::set("n", template("{{'x' + 1}}")), get("second"), get("third")];
    assert_eq!(failure(set()), ("\"x\" is no number".into(), "second".into()));
    let group = Group::new(vec![get("a")]).repeat(Repeat::Times(template("{{'x'}}")));
    let (why, charged) = failure(vec![get("first"), Step::group("g", group)]);
    assert!(why.starts_with("x is no number of rounds"), "{why}");
    assert_eq!(charged, "a");
    let idle = Group::new(vec![Step::set("n", template("1"))]).repeat(Repeat::Times(template("1000000")));
    let (why, charged) = failure(vec![get("first"), Step::group("g", idle)]);
    assert_eq!((why.as_str(), charged.as_str()), (EvaluationError::Idle.to_string().as_str(), "first"));
}

#[test]
fn a_header_takes_no_line_ends() {
    let request = HttpRequest::new("GET", template("/")).header("X-A", template("{{v}}{{upper(v)}}"));
    let step = get("a").extract("list", Source::JsonPointer("/l".into()));
    let each = Repeat::ForEach { variable: "v".into(), list: template(r#"["a\nb"]"#), max: 5 };
    let steps = vec![step, Step::group("g", Group::new(vec![Step::http("b", request)]).repeat(each))];
    assert_eq!(failure(steps), (EvaluationError::BreaksHeader.to_string(), "b".into()));
}

#[test]
fn a_batch_keeps_to_its_connections_and_fails_with_its_requests() {
    let steps = (0..7).map(|n| get(&format!("r{n}"))).collect();
    let compiled = compile(vec![get("page"), Step::batch("b", 3, steps), get("end")]);
    let mut turns = Turns::new(&compiled, 0, 1);
    let mut actor = Actor::new(0, 0, 0, 1);
    assert_eq!(actor.enter(&compiled, &mut turns), Next::Request);
    assert_eq!(actor.leave_batch(None, true, &compiled), InBatch::Over(None));
    assert_eq!(actor.after(true, &compiled, &mut turns), Next::Request);
    let mut begun = vec![actor.step];
    begun.extend(std::iter::from_fn(|| actor.next_of_batch(&compiled)));
    assert_eq!(begun, [1, 2, 3]);
    for step in 4..8 {
        let error = (step == 5).then_some(ErrorKind::Timeout);
        assert_eq!(actor.leave_batch(error, true, &compiled), InBatch::GoesOn(Some(step)));
    }
    assert_eq!(actor.leave_batch(None, true, &compiled), InBatch::GoesOn(None));
    assert_eq!(actor.leave_batch(Some(ErrorKind::Aborted), true, &compiled), InBatch::GoesOn(None));
    assert_eq!(actor.leave_batch(None, true, &compiled), InBatch::Over(Some(ErrorKind::Timeout)));
    assert_eq!(actor.after(false, &compiled, &mut turns), Next::Rest { completed: false });
}

#[test]
fn a_batch_that_may_not_go_on_ends_with_what_is_under_way() {
    let compiled = compile(vec![Step::batch("b", 2, (0..5).map(|n| get(&format!("r{n}"))).collect())]);
    let mut turns = Turns::new(&compiled, 0, 1);
    let mut actor = Actor::new(0, 0, 0, 1);
    assert_eq!(actor.enter(&compiled, &mut turns), Next::Request);
    assert_eq!(actor.next_of_batch(&compiled), Some(1));
    assert_eq!(actor.leave_batch(None, false, &compiled), InBatch::GoesOn(None));
    assert_eq!(actor.leave_batch(None, false, &compiled), InBatch::Over(None));
}

#[test]
fn the_same_seed_sends_the_same_and_another_one_something_else() {
    let steps = || {
        let maybe =
            Group::new(vec![get("a"), get("b")]).repeat(Repeat::Times(template("{{random_int(0, 5)}}")));
        vec![
            Step { probability: 0.5, ..Step::group("g", maybe) },
            Step { probability: 0.5, ..get("c") },
            get("end"),
        ]
    };
    let compiled = compile(steps());
    let of = |seed| iteration(&compiled, seed, 100).0;
    assert!((0..20).all(|seed| of(seed) == of(seed)));
    assert!((0..20).any(|seed| of(seed) != of(0)));
}

#[test]
fn a_start_and_a_stop_may_have_logic_too() {
    let twice =
        |name: &str| Step::group("g", Group::new(vec![get(name)]).repeat(Repeat::Times(template("2"))));
    let class = UserClass {
        on_start: vec![twice("in")],
        on_stop: vec![twice("out")],
        ..UserClass::new("c", vec![Task::new("t", vec![get("a")])])
    };
    let scenario = Scenario { classes: vec![class], ..Scenario::journey("s", vec![], Wait::default()) };
    scenario.validate().unwrap();
    let target = TargetText { name: "", host: "h", base_path: "", closes: false };
    let compiled = Compiled::new(&scenario, &[target], 1.0);
    let (names, next, mut actor) = iteration(&compiled, 1, 100);
    assert_eq!((names.join(" ").as_str(), next), ("in in a", Next::Rest { completed: true }));
    let mut turns = Turns::new(&compiled, 0, 1);
    assert_eq!(actor.begin_stop(&compiled, &mut turns), Next::Request);
    assert_eq!(actor.after(true, &compiled, &mut turns), Next::Request);
    assert_eq!(actor.after(true, &compiled, &mut turns), Next::Gone);
}

#[test]
fn a_start_may_do_nothing_but_set() {
    let journey = |value: &str| {
        let class = UserClass {
            on_start: vec![Step::set("v", template(value))],
            ..UserClass::new("c", vec![Task::new("t", vec![Step::new("a", "GET", template("/{{v}}"))])])
        };
        let scenario = Scenario { classes: vec![class], ..Scenario::journey("s", vec![], Wait::default()) };
        scenario.validate().unwrap();
        let target = TargetText { name: "", host: "h", base_path: "", closes: false };
        Compiled::new(&scenario, &[target], 1.0)
    };
    let (names, next, actor) = iteration(&journey("{{1 + 1}}"), 1, 100);
    assert_eq!((names.join(" ").as_str(), next), ("a", Next::Rest { completed: true }));
    assert!(actor.started && actor.slots.contains(&"2".to_owned()));
    let (names, next, actor) = iteration(&journey("{{1 / 0}}"), 1, 100);
    assert!(names.is_empty() && !actor.started);
    assert_eq!((next, actor.step), (Next::Failed, 0));
}

/// Random steps: requests, counting, conditions on the count, loops, batches; nested.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let leaf = prop_oneof![
        (0..6_u8).prop_map(|n| get(&format!("r{n}"))),
        (1..4_i64).prop_map(|n| Step::set("n", template(&format!("{{{{n + {n}}}}}")))),
        (1..5_u32, 1..6_u8).prop_map(|(connections, count)| {
            Step::batch("b", connections, (0..count).map(|n| get(&format!("b{n}"))).collect())
        }),
    ];
    let tree = leaf.prop_recursive(4, 40, 4, |inner| {
        let some = prop::collection::vec(inner, 1..4);
        (some.clone(), prop::collection::vec(get_any(), 0..3), 0..6_u8, 0..4_u32, 0..30_i64).prop_map(
            |(steps, otherwise, kind, count, bound)| {
                let below = compare("{{n}}", Test::Less, &bound.to_string());
                let mut group = Group::new(steps);
                match kind {
                    0 => {
                        group.condition = Some(below);
                        group.otherwise = otherwise;
                    }
                    1 => group.repeat = Repeat::While { condition: below, max: count + 1 },
                    2 => {
                        let condition = Condition::Not(Box::new(below));
                        group.repeat = Repeat::Until { condition, max: count + 1 };
                    }
                    3 => {
                        let list = template(&format!("{:?}", vec![1; count as usize]));
                        group.repeat = Repeat::ForEach { variable: "v".into(), list, max: 3 };
                    }
                    _ => group.repeat = Repeat::Times(template(&count.to_string())),
                }
                Step::group("g", group)
            },
        )
    });
    prop::collection::vec(tree, 1..5)
}

fn get_any() -> impl Strategy<Value = Step> {
    (0..6_u8).prop_map(|n| get(&format!("e{n}")))
}

/// The reference: walks the tree, and writes down what would be sent.
fn walk(steps: &[Step], n: &mut i64, sent: &mut BTreeMap<String, u64>) {
    let holds = |condition: &Condition, n: i64| -> bool {
        let bound = |condition: &Condition| match condition {
            Condition::Compare { test: Test::Less(bound), .. } => bound.source().parse::<i64>().unwrap(),
            _ => unreachable!(),
        };
        match condition {
            Condition::Not(inner) => n >= bound(inner),
            other => n < bound(other),
        }
    };
    for step in steps {
        match &step.action {
            Action::Set(values) => {
                let text = values[0].1.source();
                *n += text.trim_matches(['{', '}']).split('+').nth(1).unwrap().trim().parse::<i64>().unwrap();
            }
            Action::Batch(batch) => {
                batch.steps.iter().for_each(|step| *sent.entry(step.name.clone()).or_default() += 1);
            }
            Action::Group(group) => match &group.repeat {
                Repeat::Once if group.condition.as_ref().is_none_or(|condition| holds(condition, *n)) => {
                    walk(&group.steps, n, sent);
                }
                Repeat::Once => walk(&group.otherwise, n, sent),
                Repeat::Times(times) => {
                    (0..times.source().parse().unwrap()).for_each(|_| walk(&group.steps, n, sent));
                }
                Repeat::ForEach { list, max, .. } => {
                    let length = list.source().matches('1').count().min(*max as usize);
                    (0..length).for_each(|_| walk(&group.steps, n, sent));
                }
                Repeat::While { condition, max } => {
                    for _ in 0..*max {
                        if !holds(condition, *n) {
                            break;
                        }
                        walk(&group.steps, n, sent);
                    }
                }
                Repeat::Until { condition, max } => {
                    for _ in 0..*max {
                        walk(&group.steps, n, sent);
                        if holds(condition, *n) {
                            break;
                        }
                    }
                }
            },
            _ => *sent.entry(step.name.clone()).or_default() += 1,
        }
    }
}

proptest! {
    #[test]
    fn any_nesting_ends_and_sends_what_the_reference_sends(steps in steps()) {
        let mut all = vec![Step::set("n", template("0")), get("start")];
        all.extend(steps);
        let mut expected = BTreeMap::new();
        walk(&all[1..], &mut 0, &mut expected);
        let most: u64 = expected.values().sum();
        let (names, next, _) = iteration(&compile(all), 1, most as usize + 1);
        let mut found: BTreeMap<String, u64> = BTreeMap::new();
        names.into_iter().for_each(|name| *found.entry(name).or_default() += 1);
        prop_assert_eq!(next, Next::Rest { completed: true });
        prop_assert_eq!(found, expected);
    }
}
