//! Scenario files.

use swarmlab_experiment::scenario_from_text;

/// Words of its language.
pub const WORDS: &[&str] = &[
    "name: x\n", "steps:\n", "  - name: a\n", "    request: GET /\n", "    extract: { t: { json: /t } }\n", "{{t}}",
    "    expect: [200, 4xx]\n", "wait: { between: [1s, 3s] }\n", "    timeout: 1s\n", "    body: '{}'\n", ": ", "- ",
];

/// Runs the target.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match scenario_from_text(text) {
        Ok(scenario) => assert_eq!(scenario.validate(), Ok(())),
        Err(findings) => assert!(!findings.to_string().is_empty()),
    }
}
