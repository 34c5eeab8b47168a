//! Shape files.

use swarmlab_experiment::shape_from_text;

/// Words of its language.
pub const WORDS: &[&str] = &[
    "shape: ", "constant", "ramp", "step", "spike", "cyclical", "level: 5\n", "duration: 10s\n", "from: 1\n",
    "to: 9\n", "rise: 0s\n", "period: 1ms\n", "cycles: 3\n", "1e7", "-1", ".nan", ".inf", "\n",
];

/// Runs the target.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match shape_from_text(text) {
        Ok(shape) => {
            assert_eq!(shape.validate(), Ok(()));
            let end_s = shape.duration_s();
            assert!(end_s.is_finite() && end_s >= 0.0, "{end_s}");
            for part in 0..=16 {
                let level = shape.value_at(end_s * f64::from(part) / 16.0);
                assert!(level.is_finite() && level >= 0.0, "{level} at {part}/16");
            }
        }
        Err(findings) => assert!(!findings.to_string().is_empty()),
    }
}
