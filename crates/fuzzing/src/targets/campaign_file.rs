//! Campaign files, and the trials of what was read.

use std::collections::BTreeSet;
use std::path::Path;

use swarmlab_campaign::folder::Recorded;
use swarmlab_campaign::from_text;

/// Words of its language.
pub const WORDS: &[&str] = &[
    "name: a\n",
    "experiment: e.yml\n",
    "axes:\n",
    "  POOL: [4, 8]\n",
    "  load.shape: [a.yml, b.yml]\n",
    "  actions[0].at: [1s]\n",
    "  x: { a: , b: { slo.p95: 2s } }\n",
    "labels.\"a.b\": ",
    "variables.POOL: ",
    "exclude: [{ POOL: 4 }]\n",
    "exclude: [{ POOL: [4, 8] }]\n",
    "repetitions: 5\n",
    "seed: 9\n",
    "attempts: 1\n",
    "require_valid: true\n",
    "null",
    "[",
    "]",
    "{",
    "}",
    "'",
    "\"",
];

/// Runs the target.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let campaign = match from_text(text, Path::new("campaign.yml")) {
        Ok(campaign) => campaign,
        Err(findings) => return assert!(!findings.to_string().is_empty()),
    };
    let trials = campaign.trials();
    assert_eq!(trials.len(), campaign.variants.len() * campaign.repetitions as usize);
    let folders: BTreeSet<_> = trials.iter().map(|trial| trial.folder()).collect();
    assert_eq!(folders.len(), trials.len());
    let recorded = Recorded::of(&campaign, "");
    assert!(recorded.goes_on(&recorded, Path::new(".")).is_ok());
    for variant in &recorded.variants {
        // Each word is one that `run` takes, and says the same there.
        for with in variant.settings.iter().filter_map(|word| word.strip_prefix("--with ")) {
            let read = swarmlab_experiment::With::parse(with);
            assert!(read.is_ok_and(|read| format!("{}={}", read.key, read.text) == with), "{with}");
        }
    }
}
