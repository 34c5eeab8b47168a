//! Controllers files, and a few decisions of what was read.

use swarmlab_control::metrics::ALL;
use swarmlab_control::{Autoscaler, Observation, Outcome, Reading, Replicas};
use swarmlab_experiment::{Decider, controllers_from_text};

/// Words of its language.
pub const WORDS: &[&str] = &[
    "autoscale: { web: { ", "min: 0, ", "max: 8, ", "every: 1s, ", "stale_after: 1m, ", "controller: { kind: ", "fixed, replicas: 3",
    "threshold, rules: [{ ", "step, ", "target-tracking, ", "hpa, metrics: [{ ", "pid, ", "mmc, objective: { ", "optctrl, ",
    "predictive, ", "around: { ", "metric: p95, ", "metric: cpu_utilization, ", "target: 60%", "setpoint: 200ms, kp: 4, ",
    "above: 80%, ", "for: 30s, ", "change: +50%", "cooldown: { up: 0s }", "season: 10m, ", "delay: 20s, ", " }", "]", "1e9", "-1",
];

/// Runs the target.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let read = match controllers_from_text(text) {
        Ok(read) => read,
        Err(findings) => return assert!(!findings.to_string().is_empty()),
    };
    for one in read.services {
        let Decider::House(strategy) = one.controller else { continue };
        let mut autoscaler = Autoscaler::new(one.bounds, strategy);
        for seq in 0..4 {
            let t_s = seq as f64 * one.every.as_secs_f64();
            // Nothing at first; then all metrics, rising.
            let reading = |name: &str| (name.to_owned(), Reading::new(seq as f64 * 0.4, 0.0));
            let metrics = ALL.iter().filter(|_| seq > 0).map(|m| reading(m.name)).collect();
            let replicas = Replicas { desired: seq, running: seq, ready: seq };
            let seen = Observation { seq, t_s, service: one.service.clone(), metrics, replicas, ..Observation::default() };
            let decision = autoscaler.decide(&seen, t_s);
            assert!(!decision.reason.is_empty());
            match decision.outcome {
                Outcome::Hold { .. } => assert_eq!(decision.replicas, seq),
                _ => assert_eq!(decision.replicas, one.bounds.clamp(decision.replicas)),
            }
        }
    }
}
