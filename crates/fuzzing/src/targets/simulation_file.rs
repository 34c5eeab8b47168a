//! Model files; what was read can be simulated.

use swarmlab_experiment::simulation_from_text;

/// Words of its language.
pub const WORDS: &[&str] = &[
    "services: { web: { ", "demand: ", "4ms, ", "{ law: lognormal, mean: 4ms, scv: 1 }, ", "{ law: gamma, ",
    "{ law: exponential, mean: 1ms }, ", "{ values: [1ms, 2ms] }, ", "after: 1ms, ", "wait: 0s, ", "cpu: 0.5, ",
    "quota: true, ", "quota: { period: 100ms, node_cores: 4 }, ", "replicas: 3, ", "concurrency: 8, ", "queue: 0, ",
    "start_up: 5s, ", "drain: 1s, ", "balance: least-request, ", "calls: [db], ", "calls: [{ service: db, times: 1.5, ",
    "timeout: 1s }], ", "parallel: [", "entry: web\n", "load: { model: closed, think: 1s }\n", "slo: { p95: 1s }\n",
    "observed_after: 2s\n", " }", "]", "1e9", "-1",
];

/// Runs the target.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match simulation_from_text(text) {
        Ok(read) => assert_eq!(read.model.check(), Ok(())),
        Err(findings) => assert!(!findings.to_string().is_empty()),
    }
}
