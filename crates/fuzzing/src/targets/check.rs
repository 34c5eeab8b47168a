//! Thresholds: `p95(response) < 250ms`.

use swarmlab_checks::{Outcome, Source, evaluate, parse};

/// Words of its language.
pub const WORDS: &[&str] = &[
    "p95(response)", "max(", "ms-exercise.cpu", ")", "errors", "/", "sent", "<", "<=", ">", ">=", "250ms", "0.9 cores", "1 %",
    "% of", "throughput", "offered", "\"", "requests/s", "p99.9", ":",
];

/// A run that has one figure and one column, whatever they are called.
struct Any;

impl Source for Any {
    fn figure(&self, key: &str) -> Option<(f64, String)> {
        key.len().is_multiple_of(2).then(|| (1.5, "ms".to_owned()))
    }
    fn column(&self, _: &str) -> Option<(Vec<Option<f64>>, String)> {
        Some((vec![None, Some(2.0), Some(0.5)], "cores".to_owned()))
    }
    fn columns(&self) -> Vec<String> {
        vec!["ms_exercise_cpu_cores".to_owned(), "client_offered_per_s".to_owned()]
    }
}

/// Runs the target.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match parse(text) {
        Ok(check) => {
            assert_eq!(parse(&check.text).as_ref(), Ok(&check));
            if let Outcome::Judged { value, limit, .. } = evaluate(&check, &Any) {
                assert!(value.kind == limit.kind && !value.value.is_nan());
            }
        }
        Err(e) => assert!(e.at <= text.chars().count() && !e.expected.is_empty()),
    }
}
