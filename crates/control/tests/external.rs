//! Controllers outside: the protocol as its schema says, what is late, invalid or stale, replay, and the examples in
//! Python as they are.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use serde_json::Value;
use swarmlab_control::external::{
    Conversation, Decide, Exchange, Message, PROTOCOL, Promise, Ready, Reply, Way,
};
use swarmlab_control::{Bounds, Observation, Outcome, Reading, Replicas};

const BOUNDS: Bounds = Bounds { min: 1, max: 8, min_cpu_cores: 0.1, max_cpu_cores: 4.0, stale_after_s: 30.0 };

fn seen(seq: u64, t_s: f64) -> Observation {
    Observation {
        seq,
        t_s,
        service: "web".into(),
        metrics: [
            ("cpu_utilization".to_owned(), Reading::new(0.9, 2.0)),
            ("request_rate".to_owned(), Reading::new(120.0, 1.0)),
            ("p95".to_owned(), Reading::new(0.2, 300.0)),
        ]
        .into(),
        replicas: Replicas { desired: 2, running: 2, ready: 2 },
        ..Observation::default()
    }
}

fn decide(seq: u64, replicas: u64) -> String {
    let decide = Decide { seq, replicas, cpu_limit_cores: None, reason: "so".into(), debug: [].into() };
    serde_json::to_string(&Reply::Decide(decide)).unwrap()
}

fn hold(decision: &swarmlab_control::Decision) -> &'static str {
    match &decision.outcome {
        Outcome::Hold { cause } => cause.name(),
        _ => "none",
    }
}

#[test]
fn an_answer_in_time_is_taken_and_bounded() {
    let mut talk = Conversation::new(BOUNDS, 1.0);
    let line = talk.ask(&seen(0, 100.0), 100.5).unwrap();
    let shown: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(shown["metrics"]["cpu_utilization"]["v"], 0.9);
    assert_eq!(shown["metrics"]["p95"]["v"], Value::Null, "what is too old is shown without a value");
    let decision = talk.hear(&decide(0, 50), 101.0).unwrap();
    assert_eq!((decision.replicas, decision.wanted), (8, Some(50)));
    assert_eq!(decision.reason, "so, of which at most 8 are allowed");
    assert!(talk.counts().is_empty());
}

#[test]
fn late_invalid_and_stale_answers_hold_and_are_counted_by_name() {
    let mut talk = Conversation::new(BOUNDS, 1.0);
    talk.ask(&seen(0, 100.0), 100.0).unwrap();
    let late = talk.expire(101.1).unwrap();
    assert_eq!((hold(&late), late.replicas), ("late", 2));
    talk.ask(&seen(1, 110.0), 110.0).unwrap();
    assert_eq!(talk.hear(&decide(0, 7), 110.1), None, "the answer of before is none to this question");
    assert_eq!(
        hold(&talk.hear("{\"type\":\"decide\",\"seq\":1,\"replicas\":-3}", 110.2).unwrap()),
        "bad_answer"
    );
    assert_eq!(talk.hear(&decide(1, 4), 110.3), None, "the question has its answer");
    // Nobody looked at the clock: the answer is late all the same.
    talk.ask(&seen(2, 120.0), 120.0).unwrap();
    assert_eq!(hold(&talk.hear(&decide(2, 4), 125.0).unwrap()), "late");
    talk.ask(&seen(3, 130.0), 130.0).unwrap();
    assert_eq!(hold(&talk.ended(130.1).unwrap()), "gone");
    assert_eq!(hold(&talk.ask(&seen(4, 140.0), 140.0).unwrap_err()), "gone");
    assert_eq!(hold(&talk.ask(&seen(5, 0.0), 140.0).unwrap_err()), "gone");
    let counts: Vec<_> = talk.counts().iter().map(|(n, c)| (*n, *c)).collect();
    assert_eq!(counts, [("bad_answer", 1), ("gone", 3), ("late", 2), ("old_answer", 2)]);
}

#[test]
fn another_protocol_ends_the_conversation() {
    let mut talk = Conversation::new(BOUNDS, 1.0);
    let ready =
        |protocol| serde_json::to_string(&Reply::Ready(Ready { protocol, name: "mine".into() })).unwrap();
    assert_eq!(talk.hear(&ready(PROTOCOL), 0.0), None);
    assert_eq!(talk.name(), Some("mine"));
    talk.ask(&seen(0, 1.0), 1.0).unwrap();
    let decision = talk.hear(&ready(7), 1.1).unwrap();
    assert!(decision.reason.contains("it speaks protocol 7, and this is 1"), "{}", decision.reason);
    assert!(talk.ask(&seen(1, 2.0), 2.0).is_err());
}

/// Every key that is written stands in the schema, and every key that the schema demands is written.
#[test]
fn the_schema_says_what_is_written() {
    let text = include_str!("../../../controllers/protocol.schema.json");
    let schema: Value = serde_json::from_str(text).unwrap();
    let mut talk = Conversation::new(BOUNDS, 1.0);
    let hello: Message = serde_json::from_str(&talk.hello("web", 7, Promise::default())).unwrap();
    let observe: Message = serde_json::from_str(&talk.ask(&seen(0, 1.0), 1.0).unwrap()).unwrap();
    let ready = Reply::Ready(Ready { protocol: PROTOCOL, name: "x".into() });
    let all = [
        serde_json::to_value(hello).unwrap(),
        serde_json::to_value(observe).unwrap(),
        serde_json::to_value(ready).unwrap(),
        serde_json::from_str(&decide(0, 1)).unwrap(),
    ];
    for message in &all {
        let name = message["type"].as_str().unwrap();
        keys(&schema, &schema["$defs"][name], message, name);
    }
    assert_eq!(schema["oneOf"].as_array().unwrap().len(), all.len());
}

fn keys(schema: &Value, part: &Value, value: &Value, at: &str) {
    let part = match part["$ref"].as_str() {
        Some(reference) => &schema["$defs"][reference.rsplit('/').next().unwrap()],
        None => part,
    };
    if let Some(fixed) = part.get("const") {
        assert_eq!(fixed, value, "{at}");
    }
    let Some(object) = value.as_object() else { return };
    for (key, inner) in object {
        let inner_part = match part["properties"].get(key) {
            Some(p) => p,
            None => {
                part.get("additionalProperties").unwrap_or_else(|| panic!("{at}.{key} is not in the schema"))
            }
        };
        keys(schema, inner_part, inner, &format!("{at}.{key}"));
    }
    for required in part["required"].as_array().into_iter().flatten() {
        assert!(
            object.contains_key(required.as_str().unwrap()),
            "{at}: {required} is demanded and not written"
        );
    }
}

/// What may happen in a conversation.
#[derive(Debug, Clone)]
enum Event {
    Ask,
    Answer { back: u64, replicas: u64 },
    Noise(String),
    Look,
    GiveUp,
    End,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => Just(Event::Ask),
        4 => (0u64..3, 0u64..100).prop_map(|(back, replicas)| Event::Answer { back, replicas }),
        1 => ".{0,60}".prop_map(Event::Noise),
        1 => r#"\{"type":"decide","seq":[0-9]{1,2},"replicas":(-?[0-9]{1,25}|1e9|null|"3")\}"#.prop_map(Event::Noise),
        2 => Just(Event::Look),
        1 => Just(Event::GiveUp),
        1 => Just(Event::End),
    ]
}

proptest! {
    /// Whatever comes whenever: each question has at most one decision, within the bounds or holding, and the record
    /// replays to the same.
    #[test]
    fn any_conversation(events in prop::collection::vec((event(), 0.0f64..2.0), 0..60)) {
        let mut talk = Conversation::new(BOUNDS, 1.0);
        let (mut now_s, mut seq) = (100.0, 0);
        let (mut record, mut questions, mut decisions) = (Vec::new(), Vec::new(), Vec::new());
        for (event, wait_s) in events {
            now_s += wait_s;
            let mut note = |way, line: String| record.push(Exchange { at_s: now_s, way, line });
            match event {
                Event::Ask => {
                    let question = seen(seq, now_s - 0.1);
                    seq += 1;
                    questions.push(question.clone());
                    match talk.ask(&question, now_s) {
                        Ok(line) => note(Way::Sent, line),
                        Err(decision) => { note(Way::Sent, String::new()); decisions.push(*decision); }
                    }
                }
                Event::Answer { back, replicas } => {
                    let line = decide((seq.saturating_sub(1)).saturating_sub(back), replicas);
                    decisions.extend(talk.hear(&line, now_s));
                    note(Way::Heard, line);
                }
                Event::Noise(line) => { decisions.extend(talk.hear(&line, now_s)); note(Way::Heard, line); }
                Event::Look => { decisions.extend(talk.expire(now_s)); note(Way::Expired, String::new()); }
                Event::GiveUp => { decisions.extend(talk.give_up(now_s)); note(Way::GivenUp, String::new()); }
                Event::End => { decisions.extend(talk.ended(now_s)); note(Way::Ended, String::new()); }
            }
        }
        let mut answered: Vec<u64> = decisions.iter().map(|d| d.seq).collect();
        answered.dedup();
        prop_assert_eq!(answered.len(), decisions.len(), "one decision for a question");
        for d in &decisions {
            let holds = matches!(d.outcome, Outcome::Hold { .. });
            let allowed = if holds { 2..=2 } else { 1..=8 };
            prop_assert!(allowed.contains(&d.replicas));
        }
        let again = Conversation::new(BOUNDS, 1.0).replay(&record, &questions);
        let told = |d: &[swarmlab_control::Decision]| serde_json::to_string(d).unwrap();
        prop_assert_eq!(told(&decisions), told(&again));
    }
}

/// Runs an example of `controllers/` over a few questions.
fn run(script: &str, arguments: &[&str]) -> Option<Vec<swarmlab_control::Decision>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../controllers").join(script);
    let child = Command::new("python3")
        .arg(path)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        eprintln!("python3 is not here: {script} is not tried");
        return None;
    };
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    // Generous: the clock of the conversation is the test's own.
    let mut talk = Conversation::new(BOUNDS, 1.0);
    writeln!(input, "{}", talk.hello("web", 1, Promise::default())).unwrap();
    assert_eq!(talk.hear(&output.next().unwrap().unwrap(), 0.0), None);
    assert!(talk.name().is_some_and(|n| !n.is_empty()), "it says its name");
    let mut decisions = Vec::new();
    for seq in 0..4 {
        let t_s = 100.0 + 15.0 * seq as f64;
        let mut question = seen(seq, t_s);
        if seq == 3 {
            question.metrics.clear();
        }
        question.metrics.entry("request_rate".into()).and_modify(|r| r.v = Some(60.0 + 30.0 * seq as f64));
        writeln!(input, "{}", talk.ask(&question, t_s).unwrap()).unwrap();
        decisions.extend(talk.hear(&output.next().unwrap().unwrap(), t_s));
    }
    drop(input);
    assert!(child.wait().unwrap().success(), "it ends when its input does");
    assert!(talk.counts().is_empty());
    Some(decisions)
}

#[test]
fn the_example_of_target_tracking() {
    let Some(decisions) = run("target_tracking.py", &["0.6"]) else { return };
    let counts: Vec<u64> = decisions.iter().map(|d| d.replicas).collect();
    assert_eq!(counts, [3, 3, 3, 2], "ceil(2 * 0.9 / 0.6), and the count it had without a metric");
}

#[test]
fn the_example_of_a_trend() {
    let Some(decisions) = run("rate_trend.py", &["50", "30"]) else { return };
    let counts: Vec<u64> = decisions.iter().map(|d| d.replicas).collect();
    // 60, 90, 120 requests/s, 2 more each second: 30 s later 60 (no trend yet), 150, 180.
    assert_eq!(counts, [2, 3, 4, 2]);
}
