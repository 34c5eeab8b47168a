#![allow(clippy::unwrap_used)]
use std::sync::Arc;

use super::*;
use crate::engine::roster::{Lots, Roster};
use crate::scenario::compiled::TargetText;
use crate::scenario::{Exhausted, Feeder, Order, Scenario, Step, Table, Task, Template, UserClass, Variants};
use crate::wait::Wait;

fn step(path: &str, probability: f64) -> Step {
    Step { probability, ..Step::new(path, "GET", Template::parse(path).unwrap()) }
}

fn compile(scenario: &Scenario) -> Compiled {
    scenario.validate().unwrap();
    let target = TargetText { name: "", host: "h", base_path: "", closes: false };
    Compiled::new(scenario, &[target], 1.0)
}

fn class(weight: f64, tasks: &[(f64, &[Step])]) -> UserClass {
    let task = |(weight, steps): &(f64, &[Step])| Task { weight: *weight, ..Task::new("t", steps.to_vec()) };
    UserClass { weight, ..UserClass::new(format!("c{weight}"), tasks.iter().map(task).collect()) }
}

fn scenario(classes: Vec<UserClass>) -> Scenario {
    Scenario { classes, ..Scenario::journey("s", vec![], Wait::default()) }
}

fn endpoint(compiled: &Compiled, actor: &Actor) -> String {
    compiled.endpoints[compiled.endpoint(actor.step, actor.variant)].clone()
}

#[test]
fn the_start_comes_first_and_again_until_it_goes_well() {
    let mut only = class(1.0, &[(1.0, &[step("/a", 1.0), step("/b", 1.0)])]);
    only.on_start = vec![step("/in", 1.0), step("/in2", 1.0)];
    only.on_stop = vec![step("/out", 1.0)];
    let compiled = compile(&scenario(vec![only]));
    let mut turns = Turns::new(&compiled, 0, 1);
    let mut actor = Actor::new(0, 0, 0, 7);
    let mut way = Vec::new();
    let mut next = actor.enter(&compiled, &mut turns);
    assert_eq!(actor.begin_stop(&compiled, &mut turns), Next::Gone, "nothing was started");
    for went_well in [true, false, true, true, true, true, false] {
        if next == (Next::Rest { completed: false }) || next == (Next::Rest { completed: true }) {
            way.push(format!("{next:?}"));
            next = actor.resume(&compiled, &mut turns);
        }
        assert_eq!(next, Next::Request);
        way.push(endpoint(&compiled, &actor));
        next = actor.after(went_well, &compiled, &mut turns);
    }
    let (bad, good) = ("Rest { completed: false }", "Rest { completed: true }");
    assert_eq!(way, ["/in", "/in2", bad, "/in", "/in2", "/a", "/b", good, "/a"]);
    assert_eq!((next, actor.iteration), (Next::Rest { completed: false }, 2));
    assert_eq!(actor.begin_stop(&compiled, &mut turns), Next::Request);
    assert_eq!(endpoint(&compiled, &actor), "/out");
    assert_eq!(actor.after(true, &compiled, &mut turns), Next::Gone);
    // A new life begins at the start again.
    actor.enter(&compiled, &mut turns);
    assert_eq!(endpoint(&compiled, &actor), "/in");
}

#[test]
fn tasks_and_steps_are_drawn_by_their_weights() {
    let tasks: [(f64, &[Step]); 2] = [(3.0, &[step("/a", 1.0)]), (1.0, &[step("/b", 1.0), step("/c", 0.2)])];
    let compiled = compile(&scenario(vec![class(1.0, &tasks)]));
    let mut turns = Turns::new(&compiled, 0, 1);
    let mut actor = Actor::new(3, 0, 0, 11);
    let mut counts = std::collections::BTreeMap::new();
    let mut next = actor.enter(&compiled, &mut turns);
    while actor.iteration < 20_000 {
        next = match next {
            Next::Rest { .. } => actor.resume(&compiled, &mut turns),
            _ => {
                *counts.entry(endpoint(&compiled, &actor)).or_insert(0.0) += 1.0;
                actor.after(true, &compiled, &mut turns)
            }
        };
    }
    // Five standard deviations of a binomial law.
    for (name, share) in [("/a", 0.75), ("/b", 0.25), ("/c", 0.05)] {
        let expected: f64 = 20_000.0 * share;
        let count: f64 = counts[name];
        assert!((count - expected).abs() < 5.0 * (expected * (1.0 - share)).sqrt(), "{name} {count}");
    }
}

#[test]
fn an_iteration_without_a_request_is_an_iteration() {
    let compiled = compile(&scenario(vec![class(1.0, &[(1.0, &[step("/a", 1e-9)])])]));
    let mut turns = Turns::new(&compiled, 0, 1);
    let mut actor = Actor::new(0, 0, 0, 1);
    assert_eq!(actor.enter(&compiled, &mut turns), Next::Rest { completed: true });
    assert_eq!(actor.iteration, 1);
}

#[test]
fn a_row_is_taken_when_a_task_begins_and_lacking_when_none_is_left() {
    let table = Arc::new(Table::csv(b"a\nx\ny\n").unwrap());
    let feeder = |name: &str, order| Feeder {
        name: name.into(),
        order,
        exhausted: Exhausted::Stop,
        table: Arc::clone(&table),
    };
    let mut scenario =
        scenario(vec![class(1.0, &[(1.0, &[step("/{{f.a}}{{u.a}}", 1.0), step("/{{f.a}}", 1.0)])])]);
    scenario.feeders = vec![feeder("f", Order::Sequential), feeder("u", Order::Unique)];
    let compiled = compile(&scenario);
    let mut turns = Turns::new(&compiled, 0, 1);
    let mut first = Actor::new(1, 0, 0, 1);
    assert_eq!(first.enter(&compiled, &mut turns), Next::Request);
    assert_eq!(first.after(true, &compiled, &mut turns), Next::Request);
    assert_eq!(first.rows, [0, 1], "the same row in the whole task");
    assert_eq!(first.after(true, &compiled, &mut turns), Next::Rest { completed: true });
    assert_eq!(first.resume(&compiled, &mut turns), Next::Request);
    assert_eq!(first.rows, [1, 1]);
    assert_eq!(first.resume(&compiled, &mut turns), Next::Exhausted);
    let mut third = Actor::new(2, 0, 0, 1);
    assert_eq!(third.enter(&compiled, &mut Turns::new(&compiled, 0, 1)), Next::Exhausted);
}

fn mixed() -> Compiled {
    let steps = [step("/{{m}}", 1.0)];
    let tasks: [(f64, &[Step]); 1] = [(1.0, &steps)];
    let mut scenario = scenario(vec![class(3.0, &tasks), class(2.0, &tasks), class(1.0, &tasks)]);
    let choices = vec![("a".to_owned(), 50.0), ("b".to_owned(), 50.0)];
    scenario.variants = Some(Variants { variable: "m".into(), choices });
    compile(&scenario)
}

#[test]
fn users_follow_the_weights_at_any_number_on_any_number_of_threads() {
    let compiled = mixed();
    let mut one = Roster::new(&compiled, 5);
    let all: Vec<_> = (0..600).map(|user| one.assign(user)).collect();
    for threads in [2, 3] {
        for thread in 0..threads {
            let mut roster = Roster::new(&compiled, 5);
            for user in (thread..600).step_by(threads) {
                assert_eq!(roster.assign(user as u64), all[user]);
            }
        }
    }
    for users in 1..=600 {
        for (class, share) in [0.5, 1.0 / 3.0, 1.0 / 6.0].into_iter().enumerate() {
            let of_class: Vec<_> = all[..users].iter().filter(|user| user.0 == class).collect();
            assert!((of_class.len() as f64 - share * users as f64).abs() <= 0.75 + 1e-6);
            let a = of_class.iter().filter(|user| user.1 == 0).count();
            assert!((2 * a).abs_diff(of_class.len()) <= 1, "{users} {class}");
        }
    }
    // Which variant is first in a class is a matter of the seed.
    let firsts: std::collections::BTreeSet<_> =
        (0..20).map(|seed| Roster::new(&compiled, seed).assign(0).1).collect();
    assert_eq!(firsts.len(), 2);
}

#[test]
fn arrivals_are_drawn_by_the_weights() {
    let compiled = mixed();
    let lots = Lots::new(&compiled, 9);
    let mut counts = vec![0.0; lots.groups()];
    (0..60_000).for_each(|arrival| counts[lots.draw(arrival)] += 1.0);
    for (group, count) in counts.iter().enumerate() {
        let (class, variant) = lots.class_and_variant(group);
        assert_eq!(lots.group(class, variant), group);
        let expected = 60_000.0 * [3.0, 2.0, 1.0][class] / 12.0;
        let off: f64 = count - expected;
        assert!(off.abs() < 5.0 * f64::sqrt(expected), "{group} {count}");
    }
}
