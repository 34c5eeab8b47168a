//! Catalogue files.

use std::collections::BTreeMap;

use swarmlab_catalogue::{Catalogues, Context, Identified, parse};
use swarmlab_record::topology::Topology;

/// Words of its language.
pub const WORDS: &[&str] = &[
    "name: x\n", "extends: envoy\n", "role: proxy\n", "metrics:\n", "  - { metric: ", "x_bucket", "{a=\"b\"}", "{a!~\"b|c\"}",
    "meaning: cpu, ", "kind: histogram, ", "unit: ms, ", "factor: 1000, ", "proof: true }\n", "service: ", "task: { label: a, or: b }\n",
    "edge: none\n", "class: [code, status]\n", "keep: all\n", "where: { a: { not: [b] } }\n", "interval: 15s\n",
    "form: stack_service", "names: { a: b }", "{stack}_", "é",
];

/// Runs the target.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match parse(text, "f.yml") {
        Ok(catalogue) => {
            let metrics: Vec<String> = catalogue.rows.iter().map(|r| r.selector.name.clone()).collect();
            let catalogues = Catalogues::builtin().with([catalogue]);
            let topology = Topology::default();
            for metric in metrics {
                assert!(catalogues.names_for_prometheus().contains(&metric.as_str()));
                let labels = ["job", "instance", "a", "code", "le"].map(|l| (l.to_owned(), "2xx".to_owned()));
                let mut labels = BTreeMap::from(labels);
                labels.insert("__name__".to_owned(), metric.clone());
                if let Identified::Series(is) = catalogues.identify(&labels, &Context { stack: "s", topology: &topology }) {
                    assert_eq!(is.metric, metric);
                    assert!(is.scale > 0.0);
                }
            }
        }
        Err(findings) => assert!(!findings.to_string().is_empty()),
    }
}
