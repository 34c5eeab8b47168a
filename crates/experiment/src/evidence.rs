//! Whether the load can give evidence for anything: what would not be judged afterwards is said before.

use std::time::Duration;

use swarmlab_codes as codes;
use swarmlab_yaml::Value;

use super::{Load, ModelKind};

/// From fewer bins no correlation is concluded, and hardly a demand (docs/measurement.md). The analysis has the same number,
/// and knows nothing of experiments; whoever knows both sees that they agree.
pub const LEAST_BINS: usize = 8;

/// Warns of loads that send nothing, or end before there are bins enough; `value` is the load's element.
pub(super) fn warn(value: &Value<'_>, load: &Load, bin: Duration) {
    let shape = value.mapping().and_then(|map| map.get("shape")).unwrap_or_else(|| value.clone());
    let highest = load.shape.maximum();
    match load.model {
        ModelKind::Closed { .. } if highest < 1.0 => {
            let message = format!("its highest level is {highest}: with less than one user nothing is sent");
            return shape.warn(codes::NO_EVIDENCE, message);
        }
        ModelKind::Open { .. } if highest <= 0.0 => {
            return shape.warn(codes::NO_EVIDENCE, "its level is 0 throughout: nothing is sent");
        }
        _ => {}
    }
    let (length_s, bin_s) = (load.shape.duration_s(), bin.as_secs_f64());
    let bins = (length_s / bin_s + 1e-9).floor();
    if bins < LEAST_BINS as f64 {
        let message = format!(
            "{length_s} s of load are {bins:.0} bins of {bin_s} s: of fewer than {LEAST_BINS} no correlation is judged, and \
             CPU demands hardly"
        );
        shape.warn(codes::NO_EVIDENCE, message);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    fn warnings(model: &str, level: f64, duration: &str, bin: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("stack.yml", "services:\n  web: { image: nginx }\n");
        write("shape.yml", &format!("shape: constant\nlevel: {level}\nduration: {duration}\n"));
        write("scenario.yml", "name: a\nsteps: [{ name: a, request: GET / }]\n");
        write(
            "experiment.yml",
            &format!(
                "name: a\nstack: stack.yml\ntarget: {{ service: web, port: 80 }}\nmeasure: {{ bin: {bin} }}\n\
                 load: {{ model: {model}, shape: shape.yml, scenario: scenario.yml }}\n"
            ),
        );
        let read = crate::read(&folder.path().join("experiment.yml"), &|_| None);
        read.map_or_else(|wrong| panic!("{wrong}"), |loaded| loaded.warnings.to_string())
    }

    #[test]
    fn what_cannot_be_judged_is_said_before() {
        assert!(warnings("closed", 0.5, "30s", "1s").contains("less than one user"));
        assert!(warnings("open", 0.0, "30s", "1s").contains("0 throughout"));
        assert!(warnings("open", 5.0, "12s", "60s").contains("12 s of load are 0 bins of 60 s"));
        assert!(warnings("open", 5.0, "12s", "4s").contains("3 bins"));
        assert_eq!(warnings("open", 0.5, "8s", "1s"), "0 warnings");
        assert_eq!(warnings("closed", 1.0, "30s", "1s"), "0 warnings");
    }
}
