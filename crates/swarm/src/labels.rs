//! The labels that make single objects a stack, and the filters that find them again.

use std::collections::HashMap;

/// The label by which Docker's own tools know a stack; its value is the stack's name.
pub const LABEL_NAMESPACE: &str = "com.docker.stack.namespace";
/// The label that marks a stack as deployed by swarmlab; its value is the stack's name.
pub const LABEL_SWARMLAB: &str = "swarmlab.stack";

pub(crate) const LABEL_TASK_ID: &str = "com.docker.swarm.task.id";
pub(crate) const LABEL_SERVICE_ID: &str = "com.docker.swarm.service.id";

/// The Engine's filter parameter: `{"label": ["com.docker.stack.namespace=<stack>"]}`.
pub(crate) fn stack_filter(stack: &str) -> HashMap<String, Vec<String>> {
    label_filter(&format!("{LABEL_NAMESPACE}={stack}"))
}

pub(crate) fn label_filter(label: &str) -> HashMap<String, Vec<String>> {
    HashMap::from([("label".to_string(), vec![label.to_string()])])
}

/// Adds the stack's labels to whatever is there.
pub(crate) fn stamp(labels: &mut Option<HashMap<String, String>>, stack: &str) {
    let labels = labels.get_or_insert_default();
    labels.insert(LABEL_NAMESPACE.to_string(), stack.to_string());
    labels.insert(LABEL_SWARMLAB.to_string(), stack.to_string());
}

/// A service's name without its stack's prefix.
pub(crate) fn short_name(stack: &str, full: &str) -> String {
    full.strip_prefix(stack).and_then(|rest| rest.strip_prefix('_')).unwrap_or(full).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamping_keeps_what_was_there() {
        let mut labels = Some(HashMap::from([("team".to_string(), "a".to_string())]));
        stamp(&mut labels, "lab");
        let labels = labels.unwrap_or_default();
        assert_eq!(labels.len(), 3);
        assert_eq!(labels.get("team").map(String::as_str), Some("a"));
        assert_eq!(labels.get(LABEL_SWARMLAB).map(String::as_str), Some("lab"));
    }

    #[test]
    fn only_the_own_prefix_is_cut() {
        assert_eq!(short_name("lab", "lab_web"), "web");
        assert_eq!(short_name("lab", "lab_web_envoy"), "web_envoy");
        assert_eq!(short_name("lab", "laboratory_web"), "laboratory_web");
        assert_eq!(short_name("lab", "other"), "other");
    }
}
