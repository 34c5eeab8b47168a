//! Values that other programs computed (`tests/reference/*.py` beside the tests that use them), and how close ours must be.
//! For tests alone: whatever is not as expected panics.
#![allow(clippy::unwrap_used)]

pub use serde_json::Value;

/// A whole file.
#[track_caller]
pub fn values(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The cases of a file under a name; there is at least one.
#[track_caller]
pub fn section(text: &str, name: &str) -> Vec<Value> {
    let cases = values(text)[name].as_array().unwrap().clone();
    assert!(!cases.is_empty(), "{name}");
    cases
}

/// A number of a case.
#[track_caller]
pub fn number(case: &Value, key: &str) -> f64 {
    case[key].as_f64().unwrap()
}

/// A list of numbers.
#[track_caller]
pub fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// Ours is there, and equal to a part in 1e9, or to 1e-12 where the reference is that small itself.
#[track_caller]
pub fn close(ours: impl Into<Option<f64>>, theirs: f64) {
    let ours = ours.into().unwrap();
    assert!(is_close(ours, theirs), "{ours} against {theirs}");
}

fn is_close(ours: f64, theirs: f64) -> bool {
    (ours - theirs).abs() <= 1e-9 * theirs.abs() + 1e-12
}

/// As many, and each [`close`].
#[track_caller]
pub fn all_close(ours: &[f64], theirs: &Value) {
    let theirs = numbers(theirs);
    assert_eq!(ours.len(), theirs.len());
    for (at, (a, b)) in ours.iter().zip(theirs).enumerate() {
        assert!(is_close(*a, b), "{at}: {a} against {b}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the tests of four rooms rest on: that it fails where it should.
    #[test]
    fn what_is_not_close_panics() {
        close(1.0 + 5e-10, 1.0);
        close(Some(5e-13), 0.0);
        let list = values("[1.0, 2.0]");
        all_close(&[1.0, 2.0], &list);
        let refused: [fn(); 6] = [
            || close(1.0 + 2e-9, 1.0),
            || close(2e-12, 0.0),
            || close(f64::NAN, 1.0),
            || close(None, 1.0),
            || all_close(&[1.0], &values("[1.0, 2.0]")),
            || drop(section(r#"{"a": []}"#, "a")),
        ];
        for (at, refused) in refused.into_iter().enumerate() {
            assert!(std::panic::catch_unwind(refused).is_err(), "{at}");
        }
    }
}
