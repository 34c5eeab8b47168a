//! A line that a controller outside answers: whatever it is, there is one decision, within the bounds or none.

use swarmlab_control::external::Conversation;
use swarmlab_control::{Bounds, Observation, Outcome, Replicas};

/// Words of its language.
pub const WORDS: &[&str] = &[
    "{\"type\":\"decide\",\"seq\":0,\"replicas\":",
    "{\"type\":\"ready\",\"protocol\":1}",
    "\"cpu_limit_cores\":",
    "\"reason\":\"",
    "\"debug\":{\"a\":1e999}",
    "null",
];

/// Gives it the bytes.
pub fn run(data: &[u8]) {
    let line = String::from_utf8_lossy(data);
    let bounds = Bounds { min: 2, max: 5, ..Bounds::default() };
    let mut talk = Conversation::new(bounds, 1.0);
    let replicas = Replicas { desired: 3, running: 3, ready: 3 };
    let seen = Observation { t_s: 10.0, service: "web".into(), replicas, ..Observation::default() };
    assert!(talk.ask(&seen, 10.0).is_ok());
    let decision = talk.hear(&line, 10.5).or_else(|| talk.expire(12.0));
    if let Some(d) = decision {
        match d.outcome {
            Outcome::Hold { .. } => assert_eq!((d.replicas, d.cpu_limit_cores), (3, None)),
            _ => assert!((2..=5).contains(&d.replicas)),
        }
    }
    assert!(talk.hear(&line, 12.5).is_none(), "the question has its decision");
}
