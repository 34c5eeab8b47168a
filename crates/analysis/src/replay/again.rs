//! The controllers of a run, shown again what they saw in it: they decide the same, byte for byte, or something has changed.

use std::collections::BTreeMap;

use swarmlab_control::external::{Conversation, Exchange};
use swarmlab_control::{Autoscaler, Decision, Observation};
use swarmlab_record::decisions::{By, Controlled, Decided, Line as Recorded, text};

use super::Line;
use super::tally::Tally;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Again {
    /// The log as it is now, a line each, without their ends.
    pub log: Vec<String>,
    /// The first line that is another one than it was.
    pub difference: Option<Difference>,
    /// One a service, in the order of the log.
    pub tallies: Vec<Tally>,
}

/// A line that is another one than it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Its number in the file, from 1.
    pub line: usize,
    /// As it was recorded; none where the log is shorter.
    pub recorded: Option<String>,
    /// As it is now; none where nothing is decided any more.
    pub now: Option<String>,
}

/// Who decides again.
enum Decider {
    House(Box<Autoscaler>),
    /// What a conversation comes to does not depend on when its lines are looked at: all of it is gone through at first.
    Program(std::vec::IntoIter<Decision>),
}

/// Decides again on what a run recorded; `load_start_unix_s` is where the times of the tallies begin.
pub fn again(recorded: &[(Recorded, String)], load_start_unix_s: f64) -> Again {
    let mut deciders: BTreeMap<&str, Decider> = BTreeMap::new();
    let mut lines: BTreeMap<&str, (&Controlled, Vec<Line>)> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    let mut out = Again::default();
    for (i, (line, was)) in recorded.iter().enumerate() {
        let now = match line {
            Recorded::Controller(c) => {
                let decider = match &c.by {
                    By::House(autoscaler) => Decider::House(Box::new(autoscaler.clone())),
                    By::Command { .. } => Decider::Program(conversation(c, recorded)),
                };
                deciders.insert(&c.service, decider);
                lines.insert(&c.service, (c, Vec::new()));
                order.push(&c.service);
                text(line).ok()
            }
            Recorded::Exchange(_) => text(line).ok(),
            Recorded::Decision(decided) => {
                let decision = decide(deciders.get_mut(decided.decision.service.as_str()), decided);
                if let Some((decision, (_, lines))) =
                    decision.as_ref().zip(lines.get_mut(decided.decision.service.as_str()))
                {
                    let t_s = decision.at_s - load_start_unix_s;
                    lines.push(super::line(t_s, decided.observation.replicas, decision.clone()));
                }
                let again = |d| Decided::of(decided.id, decided.observation.clone(), d);
                decision.and_then(|d| text(&Recorded::Decision(Box::new(again(d)))).ok())
            }
        };
        if now.as_ref() != Some(was) && out.difference.is_none() {
            out.difference = Some(Difference { line: i + 1, recorded: Some(was.clone()), now: now.clone() });
        }
        out.log.extend(now);
    }
    // A program may have decided what was not written down.
    let left = deciders.values().any(|d| matches!(d, Decider::Program(rest) if rest.len() > 0));
    if left && out.difference.is_none() {
        out.difference = Some(Difference { line: recorded.len() + 1, recorded: None, now: None });
    }
    let tally = |service| {
        let (c, lines) = lines.get(service)?;
        Some(Tally::of(&c.service, c.by.name(), c.every_s, lines, 0))
    };
    out.tallies = order.into_iter().filter_map(tally).collect();
    out
}

fn decide(decider: Option<&mut Decider>, decided: &Decided) -> Option<Decision> {
    match decider? {
        Decider::House(autoscaler) => Some(autoscaler.decide(&decided.observation, decided.decision.at_s)),
        Decider::Program(decisions) => decisions.next(),
    }
}

/// The decisions of a program, of its conversation as it was recorded.
fn conversation(c: &Controlled, recorded: &[(Recorded, String)]) -> std::vec::IntoIter<Decision> {
    let By::Command { bounds, answer_within_s, .. } = &c.by else { return Vec::new().into_iter() };
    let exchange = |(line, _): &(Recorded, String)| match line {
        Recorded::Exchange(said) if said.service == c.service => Some(said.exchange.clone()),
        _ => None,
    };
    let question = |(line, _): &(Recorded, String)| match line {
        Recorded::Decision(d) if d.decision.service == c.service => Some(d.observation.clone()),
        _ => None,
    };
    let exchanges: Vec<Exchange> = recorded.iter().filter_map(exchange).collect();
    let questions: Vec<Observation> = recorded.iter().filter_map(question).collect();
    Conversation::new(*bounds, *answer_within_s).replay(&exchanges, &questions).into_iter()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use swarmlab_control::controllers::TargetTracking;
    use swarmlab_control::controllers::cooldown::Cooldown;
    use swarmlab_control::controllers::target::Of;
    use swarmlab_control::external::{Promise, Way};
    use swarmlab_control::{Bounds, Reading, Replicas};
    use swarmlab_record::decisions::{FORMAT, Said};

    use super::*;

    fn seen(i: u64) -> Observation {
        Observation {
            seq: i,
            t_s: 1000.0 + 15.0 * i as f64,
            service: "web".to_owned(),
            metrics: [("cpu".to_owned(), Reading::new(0.1 * (i % 7) as f64 + 1.0 / 3.0, 0.7))].into(),
            replicas: Replicas { desired: 1 + i % 3, running: 1, ready: 1 },
            ..Observation::default()
        }
    }

    fn with_text(lines: Vec<Recorded>) -> Vec<(Recorded, String)> {
        // As they come out of a file.
        let read = |line: &Recorded| {
            let text = text(line).unwrap();
            (serde_json::from_str(&text).unwrap(), text)
        };
        lines.iter().map(read).collect()
    }

    fn house() -> Vec<(Recorded, String)> {
        let strategy = TargetTracking {
            metric: "cpu".to_owned(),
            of: Of::Total,
            target: 0.25,
            only_up: false,
            cooldown: Cooldown::new(0.0, 45.0),
        };
        let mut autoscaler = Autoscaler::new(Bounds::default(), strategy.into());
        let mut lines = vec![Recorded::Controller(Box::new(Controlled {
            format: FORMAT,
            service: "web".to_owned(),
            every_s: 15.0,
            acts: true,
            by: By::House(autoscaler.clone()),
        }))];
        for i in 0..40 {
            let decision = autoscaler.decide(&seen(i), seen(i).t_s);
            lines.push(Recorded::Decision(Box::new(Decided::of(i as usize, seen(i), decision))));
        }
        with_text(lines)
    }

    #[test]
    fn the_same_controller_decides_the_same_byte_for_byte() {
        let recorded = house();
        let again = again(&recorded, 1000.0);
        assert_eq!(again.difference, None);
        assert!(again.log.iter().eq(recorded.iter().map(|(_, text)| text)));
        let tally = &again.tallies[0];
        assert_eq!((tally.decisions, tally.controller), (40, "target-tracking"));
        assert!(tally.acts > 3 && tally.reversals > 0, "{tally:?}");
    }

    #[test]
    fn the_first_line_that_differs_is_named() {
        let mut recorded = house();
        let Recorded::Decision(d) = &mut recorded[7].0 else { panic!() };
        d.observation.metrics.get_mut("cpu").unwrap().v = Some(9.0);
        let difference = again(&recorded, 1000.0).difference.unwrap();
        assert_eq!((difference.line, difference.recorded.as_ref()), (8, Some(&recorded[7].1)));
        assert!(difference.now.unwrap().contains("9.0"));
    }

    #[test]
    fn a_program_is_replayed_from_what_was_said() {
        let bounds = Bounds::default();
        let mut talk = Conversation::new(bounds, 1.0);
        let exchange = |at_s, way, line: &str| {
            let exchange = Exchange { at_s, way, line: line.to_owned() };
            Recorded::Exchange(Said { service: "web".to_owned(), exchange })
        };
        let hello = talk.hello("web", 42, Promise::default());
        let by = By::Command {
            command: vec!["mine".to_owned()],
            bounds,
            answer_within_s: 1.0,
            slo: Promise::default(),
            seed: 42,
        };
        let mut lines = vec![
            Recorded::Controller(Box::new(Controlled {
                format: FORMAT,
                service: "web".to_owned(),
                every_s: 15.0,
                acts: true,
                by,
            })),
            exchange(999.0, Way::Sent, &hello),
        ];
        // An answer, one that comes too late, one that makes no sense, one that nobody waited for, and the end.
        for i in 0..6_u64 {
            let t = seen(i).t_s;
            let note = |lines: &mut Vec<Recorded>, decision: Option<Decision>| {
                let line = |d| Recorded::Decision(Box::new(Decided::of(i as usize, seen(i), d)));
                lines.extend(decision.map(line));
            };
            match talk.ask(&seen(i), t) {
                Ok(question) => lines.push(exchange(t, Way::Sent, &question)),
                Err(decision) => {
                    lines.push(exchange(t, Way::Sent, ""));
                    note(&mut lines, Some(*decision));
                    continue;
                }
            }
            let answer = format!("{{\"type\":\"decide\",\"seq\":{i},\"replicas\":{}}}", i + 1);
            let (way, line, decision) = match i {
                0 | 1 => (Way::Heard, answer.clone(), talk.hear(&answer, t + 2.0 * i as f64)),
                2 => (Way::Heard, "{".to_owned(), talk.hear("{", t)),
                3 => (Way::GivenUp, String::new(), talk.give_up(t)),
                _ => (Way::Ended, String::new(), talk.ended(t)),
            };
            lines.push(exchange(t + if i == 1 { 2.0 } else { 0.0 }, way, &line));
            note(&mut lines, decision);
        }
        let again = again(&with_text(lines), 1000.0);
        assert_eq!(again.difference, None);
        let holds = &again.tallies[0].holds;
        assert_eq!(*holds, BTreeMap::from([("bad_answer", 1), ("gone", 2), ("late", 2)]));
    }
}
