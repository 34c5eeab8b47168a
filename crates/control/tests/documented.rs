//! The reference names what there is: every controller, every metric with its unit and meaning, every hold.
#![allow(clippy::unwrap_used)]

use swarmlab_control::{Strategy, metrics};

const DOCS: &str = include_str!("../../../docs/autoscaling.md");

#[test]
fn every_controller_has_its_section_in_order() {
    let controllers = DOCS.split("## Controllers").nth(1).unwrap();
    let sections: Vec<&str> = controllers.lines().filter_map(|l| l.strip_prefix("### ")).collect();
    assert_eq!(sections[..Strategy::NAMES.len()], *Strategy::NAMES);
    assert_eq!(sections.len(), Strategy::NAMES.len() + 1, "and one for commands");
}

#[test]
fn every_metric_is_told_with_its_unit() {
    for metric in metrics::ALL {
        let row = DOCS.lines().find(|l| l.starts_with("| `") && l.contains(&format!("`{}`", metric.name)));
        let row = row.unwrap_or_else(|| panic!("{} has no row", metric.name));
        assert!(row.contains(&format!("| {} |", metric.unit)), "{row}");
    }
}
