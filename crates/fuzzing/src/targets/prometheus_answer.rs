//! Answers of Prometheus' HTTP API.

use swarmlab_catalogue::answer::{AnswerError, read};

/// Words of its language.
pub const WORDS: &[&str] = &[
    "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[",
    "{\"metric\":{\"__name__\":\"a\"},\"values\":[",
    "[1.5,\"1\"]",
    "\"value\":[1,\"NaN\"]",
    "\"histograms\":",
    "+Inf",
    "\\ud83d\\ude00",
    "]}",
    "}}",
    ",",
    "null",
    "\"isPartial\":true",
    "\"warnings\":[\"x\"]",
];

/// Runs the target.
pub fn run(data: &[u8]) {
    let (mut series, mut samples) = (0, 0);
    let whole = read(data, &mut |labels, points| {
        assert!(labels.values().all(|value| !value.is_empty()));
        (series, samples) = (series + 1, samples + points.len() as u64);
        Ok(())
    });
    match whole {
        Ok(answer) => {
            assert_eq!((answer.series, answer.samples), (series, samples));
            // Without its last byte that is no white space it is cut, and says so.
            let end = data.iter().rposition(|b| !b.is_ascii_whitespace()).unwrap_or(0);
            let cut = read(&data[..end], &mut |_, _| Ok(()));
            assert!(matches!(cut, Err(AnswerError::Cut(_))), "{cut:?}");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
