//! `checks: [ "p95(response) < 250ms", "max(ms-exercise.cpu) < 0.9 cores" ]`

use swarmlab_checks::{Check, parse};
use swarmlab_codes as codes;
use swarmlab_yaml::Value;

/// Reads one threshold.
pub(super) fn read(value: &Value<'_>) -> Option<Check> {
    let text = value.string()?;
    match parse(&text) {
        Ok(check) => Some(check),
        Err(e) => {
            let message = format!("{}: {} at character {}", value.path(), e.problem, e.at + 1);
            value.fail(codes::BAD_CHECK, message, e.expected);
            None
        }
    }
}
